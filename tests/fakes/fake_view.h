/* SPDX-License-Identifier: Apache-2.0 */

/* The state of a line without boards: slots A1, A2, ..., eight to a letter, and a window. One thread. */

#ifndef TESTS_FAKES_FAKE_VIEW_H
#define TESTS_FAKES_FAKE_VIEW_H

#include "tools/espgang/line/look.h"

struct fake_view {
    struct cli_view view;
    struct cli_look look; /* a person with keys, at the grid; tests change it */
    struct cli_cells cells;
    char row[4096];
};

void fake_view_begin(struct fake_view *fake, unsigned slots, unsigned rows, unsigned columns);
void fake_view_end(struct fake_view *fake);

/** End a run of 10.2 s in a slot; its MAC ends in the slot's number, from 1. */
void fake_view_run(struct fake_view *fake, unsigned slot, enum eg_outcome outcome, enum eg_code code,
                   const char *text);

/** Put a board to work in this stage, 46 % of all done. */
void fake_view_work(struct fake_view *fake, unsigned slot, const char *stage);

void fake_view_set_counts(struct fake_view *fake, int64_t good, int64_t not_good, unsigned target);

/** Draw the screen. */
void fake_view_draw(struct fake_view *fake);

/** Return a row as UTF-8, valid until the next call. */
const char *fake_view_row(struct fake_view *fake, unsigned row);

/** Check how a row begins. */
void fake_view_expect(struct fake_view *fake, unsigned row, const char *text);

/** Return the row that contains the text; one must. */
unsigned fake_view_find(struct fake_view *fake, const char *text);

#endif
