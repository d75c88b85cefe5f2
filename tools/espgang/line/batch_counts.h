/* SPDX-License-Identifier: Apache-2.0 */

/* The counts of the batch, from the ledger into the state of the line: as a report counts, sessions before
 * this one too. */

#ifndef TOOLS_ESPGANG_LINE_BATCH_COUNTS_H
#define TOOLS_ESPGANG_LINE_BATCH_COUNTS_H

#include "tools/espgang/line/view.h"

struct cli_batch_counts {
    const char *ledger, *batch; /* the caller's; the ledger must be open in this program */
    uint64_t next_ms;           /* not before; 0 at first */
};

/** Ask the ledger again if a run has ended, but spend no more than a twentieth of the time on it. A ledger
 * that does not answer leaves the counts as they are. One thread per struct; the view's lock is not held. */
void cli_batch_counts_refresh(struct cli_batch_counts *counts, struct cli_view *view);

#endif
