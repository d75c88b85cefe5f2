/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The terminal view as cells: a pure function of the state of the line, how a person looks at it, and the
 * size of the window. No terminal is needed; `terminal.h` puts the cells on one.
 *
 * What fits is drawn in this order of importance: action line, counts, slots, what did not pass, keys.
 */

#ifndef TOOLS_ESPGANG_LINE_SCREEN_H
#define TOOLS_ESPGANG_LINE_SCREEN_H

#include "tools/espgang/line/look.h"

/** Draw all cells. Call it with the view's lock held. */
void cli_screen_draw(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look);

#endif
