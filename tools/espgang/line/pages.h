/* SPDX-License-Identifier: Apache-2.0 */

/* Pages of the terminal view beside the grid: help, one slot, its log. */

#ifndef TOOLS_ESPGANG_LINE_PAGES_H
#define TOOLS_ESPGANG_LINE_PAGES_H

#include "tools/espgang/line/look.h"

/** Draw `look->page`, which is not the grid, into cells that are cleared, with the view's lock held. */
void cli_page_draw(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look);

#endif
