/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/ledger/columns.h"

#include "engine/base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define TEXT_WIDTH   16 /* of a column that an answer gives no width */
#define NUMBER_WIDTH 9
#define TIME_WIDTH   19

/* Columns that only make sense within a batch report are not on offer. */
static bool is_offered(const struct eg_run_column *column)
{
    return column->place[EG_RUN_VIEW] > 0 || column->place[EG_RUN_HISTORY] > 0 ||
           column->place[EG_RUN_UNITS] > 0;
}

static unsigned width_of(const struct eg_run_column *column)
{
    const unsigned name = (unsigned)strlen(column->name);
    unsigned width = column->kind == EG_RUN_TIME ? TIME_WIDTH
                     : eg_run_is_text(column)    ? TEXT_WIDTH
                                                 : NUMBER_WIDTH;

    if (column->width[EG_RUN_UNITS] > 0 && column->kind == EG_RUN_TEXT)
        width = column->width[EG_RUN_UNITS];
    return width > name ? width : name;
}

static const struct eg_run_column *find(const char *name, size_t length)
{
    const struct eg_run_column *column;

    for (unsigned i = 0; (column = eg_run_column_of_all(i)) != NULL; i++)
        if (is_offered(column) && strlen(column->name) == length && strncmp(column->name, name, length) == 0)
            return column;
    return NULL;
}

/* All names are too many for a sentence. */
static enum eg_code refuse(const struct cli_call *call, const char *name, size_t length, struct eg_error *err)
{
    const struct eg_run_column *column;
    const char *nearest = NULL;
    char word[EG_WORD_MAX + 1];
    unsigned least = UINT_MAX;

    snprintf(word, sizeof word, "%.*s", (int)length, name);
    for (unsigned i = 0; (column = eg_run_column_of_all(i)) != NULL; i++) {
        const unsigned distance = is_offered(column) ? eg_text_distance(word, column->name) : UINT_MAX;
        if (distance < least && 2 * distance <= length) { /* else it is another word */
            least = distance;
            nearest = column->name;
        }
    }
    if (nearest != NULL)
        return cli_usage(call, err, "--columns: there is no column '%.80s'; did you mean '%s'", word,
                         nearest);
    return cli_usage(
        call, err,
        "--columns: there is no column '%.80s'; the first line of '--columns all --csv' has all names", word);
}

static enum eg_code choose(struct cli_run_columns *columns, const struct cli_call *call, const char *list,
                           struct eg_error *err)
{
    const struct eg_run_column *column;
    unsigned count = 0;

    if (strcmp(list, "all") == 0) {
        for (unsigned i = 0; (column = eg_run_column_of_all(i)) != NULL; i++)
            if (is_offered(column))
                columns->asked[count++] = column;
        return EG_OK;
    }
    for (size_t length;; list += length + 1) {
        length = strcspn(list, ",");
        column = find(list, length);
        if (column == NULL)
            return refuse(call, list, length, err);
        for (unsigned i = 0; i < count; i++)
            if (columns->asked[i] == column)
                return cli_usage(call, err, "--columns: '%s' is there twice", column->name);
        columns->asked[count++] = column;
        if (list[length] == '\0')
            return EG_OK;
    }
}

enum eg_code cli_run_columns(struct cli_run_columns *columns, const struct cli_call *call,
                             enum eg_run_answer answer, const char *needed, struct eg_error *err)
{
    const char *const list = cli_text(call, "columns");
    unsigned count = 0;
    bool read = false;

    *columns = (struct cli_run_columns){.upright = answer == EG_RUN_HISTORY};
    if (list != NULL)
        EG_TRY(choose(columns, call, list, err));
    else
        eg_run_columns(columns->asked, answer);
    for (; columns->asked[count] != NULL; count++) {
        const struct eg_run_column *const column = columns->asked[count];
        columns->shown[count] =
            cli_run_column(column, list != NULL ? width_of(column) : column->width[answer]);
        read = read || strcmp(column->name, needed) == 0;
    }
    if (!read)
        columns->asked[count] = find(needed, strlen(needed));
    if (!columns->upright && !cli_rows_fit(columns->shown, cli_rows_window(stdout)))
        columns->upright = true;
    return EG_OK;
}
