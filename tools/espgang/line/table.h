/* SPDX-License-Identifier: Apache-2.0 */

/* The table of results, and the counts of runs. */

#ifndef TOOLS_ESPGANG_LINE_TABLE_H
#define TOOLS_ESPGANG_LINE_TABLE_H

#include "engine/line/station.h"

/** How many runs ended in which way. */
struct cli_counts {
    unsigned of[EG_ABORTED + 1];
};

unsigned cli_counts_all(const struct cli_counts *counts);
unsigned cli_counts_passed(const struct cli_counts *counts);

/** "7 of 8 passed in 9.5 s, 1 fail". */
void cli_table_counts(FILE *out, const struct cli_counts *counts, uint64_t duration_ms);

/** One line per slot with outcome, board and time, and the sentences of all that did not pass plainly. */
void cli_table_results(FILE *out, const struct eg_result *results, unsigned count);

#endif
