/* SPDX-License-Identifier: Apache-2.0 */

/* A rehearsal leaves no mark: a ledger of its own, with the pools of the real one, and no hooks. */

#ifndef TOOLS_ESPGANG_LINE_REHEARSAL_H
#define TOOLS_ESPGANG_LINE_REHEARSAL_H

#include "engine/plan/plan.h"
#include "tools/espgang/command.h"
#include "tools/vboard/board.h"

/** Zero-initialise it; EG_CLEANUP(cli_rehearsal_finish) removes the ledger. */
struct cli_rehearsal {
    char *folder; /* NULL = there is none */
    char *ledger; /* its path */
};

/**
 * Make a ledger that lasts as long as the rehearsal: a copy of the one that eg_ledger_open() would use, or
 * none yet when there is no such file.
 *
 * @param ledger  as eg_ledger_open() takes it
 */
enum eg_code cli_rehearsal_init(struct cli_rehearsal *rehearsal, const char *ledger,
                                struct eg_error *err) EG_CHECKED;
void cli_rehearsal_finish(struct cli_rehearsal *rehearsal);

/** Choose the flash of the simulated boards: the default part, or one that holds the job's flash size and its
 * partition table. Where no part is large enough the default stays, and the boards are refused. */
enum eg_code cli_rehearsal_part(const struct vb_flash_part **part, const struct eg_plan *plan,
                                struct eg_error *err) EG_CHECKED;

/** Take the hooks out of the plan. Returns whether there was one. */
bool cli_drop_hooks(struct eg_plan *plan);

#endif
