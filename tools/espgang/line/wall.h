/* SPDX-License-Identifier: Apache-2.0 */

/* The view for a screen on the wall: nothing but the action line, a field for each slot, and the counts, as
 * large as the window allows. */

#ifndef TOOLS_ESPGANG_LINE_WALL_H
#define TOOLS_ESPGANG_LINE_WALL_H

#include "tools/espgang/line/look.h"

/** Draw into cells that are cleared, with the view's lock held. */
void cli_wall_draw(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look);

#endif
