/* SPDX-License-Identifier: Apache-2.0 */

/* A rehearsal leaves no mark: it records into a ledger of its own, reads pools and claims in the real one,
 * and runs no program of the job. */

#ifndef TOOLS_ESPGANG_LINE_REHEARSAL_H
#define TOOLS_ESPGANG_LINE_REHEARSAL_H

#include "engine/plan/plan.h"
#include "tools/espgang/command.h"
#include "tools/vboard/board.h"

/** Zero-initialise it; EG_CLEANUP(cli_rehearsal_finish) removes the ledger. */
struct cli_rehearsal {
    char *folder; /* NULL = there is none */
    char *ledger; /* path of the ledger to record into */
    char *shown;  /* the ledger that is only read; NULL = there is none */
};

/**
 * Make the folder of a ledger that lasts as long as the rehearsal, which begins empty: pools and claims are
 * read in the ledger that eg_ledger_open() would use. Where that one has an older schema it begins as a copy
 * of it.
 *
 * The folder also goes when a signal ends the program. One rehearsal at a time.
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

/** Take the programs of the job out of the plan: hooks do not run, answers of unit.generate.program are
 * simulated. */
void cli_leave_programs_out(struct eg_plan *plan);

#endif
