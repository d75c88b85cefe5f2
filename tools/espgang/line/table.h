/* SPDX-License-Identifier: Apache-2.0 */

/* The live table: one line per slot, redrawn in place on a terminal. And the table of results, for any
 * output. */

#ifndef TOOLS_ESPGANG_LINE_TABLE_H
#define TOOLS_ESPGANG_LINE_TABLE_H

#include "engine/line/station.h"
#include "tools/espgang/line/outlet.h"

struct cli_table;

/**
 * A logger that draws on the terminal of `out`, which is `outlet`'s, or a stream of its own when that is
 * NULL. Slots that are not among `slots` get a row when they first say something.
 *
 * @param table  NULL afterwards when `out` is no terminal that can redraw: use plain lines then; never an
 * error
 */
enum eg_code cli_table_create(struct cli_table **table, FILE *out, struct cli_outlet *outlet,
                              const struct eg_plan *plan, const struct eg_slot *slots, unsigned slot_count,
                              struct eg_error *err) EG_CHECKED;

/** Takes the live table off the screen. NULL is allowed. */
void cli_table_destroy(struct cli_table *table);
void cli_table_destroy_cleanup(struct cli_table **table);

struct eg_logger *cli_table_logger(struct cli_table *table);

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
