/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/ledger/columns.h"

#include "db/query/questions.h"
#include "engine/base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define TEXT_WIDTH    40 /* the most that a column gets */
#define LAST_WIDTH    20 /* the least of the last one, which goes on in further lines */
#define LEAST_WIDTH   7  /* of a column that is cut */
#define MINUTE_WIDTH  16 /* of a time to the minute, and of its day */
#define DAY_WIDTH     10
#define MEASURED_RUNS 500

/* Columns that only make sense within a batch report are not on offer. */
static bool is_offered(const struct eg_run_column *column)
{
    return column->place[EG_RUN_VIEW] > 0 || column->place[EG_RUN_HISTORY] > 0 ||
           column->place[EG_RUN_UNITS] > 0;
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
        const unsigned name = column->kind == EG_RUN_TIME ? CLI_ROWS_TIME : (unsigned)strlen(column->name);
        columns->shown[count] = cli_run_column(column, list == NULL && column->width[answer] == 0 ? 0 : name);
        read = read || strcmp(column->name, needed) == 0;
    }
    if (!read)
        columns->asked[count] = find(needed, strlen(needed));
    return EG_OK;
}

static enum eg_code measure(void *context, const void *row, struct eg_error *err)
{
    struct cli_run_columns *const columns = context;

    (void)err;
    for (struct cli_column *column = columns->shown; column->name != NULL; column++) {
        const unsigned width = cli_rows_text_width(column, row);
        if (column->width > 0 && column->kind != CLI_COLUMN_TIME && width > column->width)
            column->width = width;
    }
    return EG_OK;
}

/* What tells boards apart is of no use without its end. */
static bool is_whole(const struct cli_column *column)
{
    return strcmp(column->name, "mac") == 0 || strcmp(column->name, "serial") == 0;
}

/* Make the widest column that may be cut narrower, a time by a part of it; false = there is none. */
static bool narrow(struct cli_column *columns)
{
    struct cli_column *best = NULL;

    for (struct cli_column *column = columns; column->name != NULL; column++) {
        const unsigned least = column->kind == CLI_COLUMN_TIME ? DAY_WIDTH : LEAST_WIDTH;
        if ((column->kind == CLI_COLUMN_TEXT || column->kind == CLI_COLUMN_TIME) && !is_whole(column) &&
            column->width > least && (best == NULL || column->width > best->width))
            best = column;
    }
    if (best == NULL)
        return false;
    best->width = best->kind != CLI_COLUMN_TIME ? best->width - 1
                  : best->width > MINUTE_WIDTH  ? MINUTE_WIDTH
                                                : DAY_WIDTH;
    return true;
}

static unsigned line_width(const struct cli_column *columns)
{
    unsigned width = 0;

    for (; columns->name != NULL; columns++)
        width += columns->width > 0 ? columns->width + CLI_ROWS_GAP : 0;
    return width > CLI_ROWS_GAP ? width - CLI_ROWS_GAP : 0;
}

enum eg_code cli_run_columns_fit(struct cli_run_columns *columns, struct eg_query *query,
                                 const struct eg_selection *selection, int64_t newest, struct eg_error *err)
{
    const unsigned window = cli_rows_window(stdout);
    struct cli_column *last = NULL;

    if (newest == 0 || newest > MEASURED_RUNS)
        newest = MEASURED_RUNS;
    EG_TRY(eg_query_selected_runs(query, selection, newest, columns->asked, measure, columns, err));
    for (struct cli_column *column = columns->shown; column->name != NULL; column++) {
        if (column->kind == CLI_COLUMN_TEXT && !is_whole(column) && column->width > TEXT_WIDTH)
            column->width = TEXT_WIDTH;
        if (column->width > 0)
            last = column;
    }
    if (last != NULL && last->kind == CLI_COLUMN_TEXT && last->width > LAST_WIDTH)
        last->width = LAST_WIDTH;
    while (!columns->upright && line_width(columns->shown) > window)
        columns->upright = !narrow(columns->shown);
    return EG_OK;
}
