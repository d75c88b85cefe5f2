/* SPDX-License-Identifier: Apache-2.0 */

/* Which columns of runs a command shows: those of --columns, or its own. */

#ifndef TOOLS_ESPGANG_LEDGER_COLUMNS_H
#define TOOLS_ESPGANG_LEDGER_COLUMNS_H

#include "db/query/select.h"
#include "tools/espgang/ledger/rows.h"

struct cli_run_columns {
    const struct eg_run_column *asked[EG_RUN_COLUMNS]; /* what the query reads; NULL after the last */
    struct cli_column shown[EG_RUN_COLUMNS];
    bool upright; /* too many for a line, or history's: one below the other */
};

/**
 * Choose the columns.
 *
 * @param answer  the columns without --columns, with their widths
 * @param needed  name of a column that is read, though it may not be shown
 *
 * @return EG_OK; EG_BAD_ARGUMENT: an unknown name (the sentence lists the known ones)
 */
enum eg_code cli_run_columns(struct cli_run_columns *columns, const struct cli_call *call,
                             enum eg_run_answer answer, const char *needed, struct eg_error *err) EG_CHECKED;

/**
 * Make the columns as wide as the values of the newest runs, and fit them to the window, or set them one
 * below the other.
 *
 * @param newest  how many runs are listed; 0 = all
 */
enum eg_code cli_run_columns_fit(struct cli_run_columns *columns, struct eg_query *query,
                                 const struct eg_selection *selection, int64_t newest,
                                 struct eg_error *err) EG_CHECKED;

#define CLI_OPTION_COLUMNS                                                                                   \
    {                                                                                                        \
        .name = "columns", .value = "LIST",                                                                  \
        .help = "Show these columns, in this order, with commas between them; `all` shows all",              \
        .more = "Names are those of the ledger's view `runs`, and `serial`, `firmware` and `written`; the "  \
                "first line of `--columns all --csv` has them. Columns that are too many for a line are "    \
                "shown one below the other."                                                                 \
    }

#endif
