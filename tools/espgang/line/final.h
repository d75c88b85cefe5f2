/* SPDX-License-Identifier: Apache-2.0 */

/* What stays on a terminal when the live view has ended: a table that fits the window, what did not pass
 * first. */

#ifndef TOOLS_ESPGANG_LINE_FINAL_H
#define TOOLS_ESPGANG_LINE_FINAL_H

#include "tools/espgang/line/view.h"

#include <stdio.h>

/** What a terminal can show. */
struct cli_shows {
    unsigned columns;
    bool utf8, colours;
};

/** Print a row for each slot that is done; only sentences are cut. A window of less than 60 columns names
 * those that passed in one line. */
void cli_final_slots(FILE *out, struct cli_view *view, struct cli_shows shows);

/** Print the last failures of a line, newest first. */
void cli_final_failures(FILE *out, struct cli_view *view, struct cli_shows shows);

#endif
