/* SPDX-License-Identifier: Apache-2.0 */

/*
 * fuses-check: can this board become what the job's section `secure` says?
 *
 * Everything is decided on the chip's eFuses as they are, the last burn included, so that a board that would
 * be refused later is refused before anything is written to it. A board that is so already, or half done, is
 * accepted: what is missing is burnt. In the mode `check` this is all, and it tells what would be burnt.
 */

#include "engine/stages/board_keys.h"
#include "engine/stages/custom_mac.h"

static void tell(void *context, const struct eg_provision_line *line)
{
    struct eg_run *const run = context;
    const struct eg_log_origin origin = eg_run_origin(run);

    eg_log_note(run->logger, &origin, "would burn (%s %u) %s %s: %s", eg_provision_step_name(line->step),
                line->burn, line->field, line->value, line->reason);
}

/* A block is damaged on a new board, or because power failed while a run of this ledger burnt it. */
static enum eg_code check_errors(struct eg_run *run, const struct eg_provision *wishes,
                                 const struct eg_efuses *fuses, struct eg_error *err)
{
    char value[EG_SECURITY_VALUE] = "";
    unsigned block = 0;

    while (block < fuses->block_count && !eg_run_is_damaged(fuses, block))
        block++;
    if (block == fuses->block_count)
        return EG_OK;
    for (unsigned i = 0; i < wishes->count && value[0] == '\0'; i++)
        EG_TRY(run->recorder->ops->secured(run->recorder, &run->unit, EG_SECURITY_INTENDED,
                                           wishes->items[i].name, value, sizeof value, err));
    if (value[0] != '\0')
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "%s has errors (%u), and no run of this ledger has burnt anything into the board",
                        fuses->chip->blocks[block].name, fuses->block[block].errors);
}

static enum eg_code check_fuses(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
    EG_CLEANUP(eg_free_cleanup) struct eg_provision *wishes = NULL;

    EG_TRY(eg_alloc(&wishes, 1, sizeof *wishes, err));
    EG_TRY(eg_run_wishes(run, wishes, err));
    EG_TRY(eg_loader_crystal_mhz(&run->loader, &run->crystal_mhz, err));
    EG_TRY(eg_run_fuses(run, &fuses, err));
    EG_TRY(check_errors(run, wishes, &fuses, err));
    EG_TRY(eg_run_find_mac(run, wishes, &fuses, err));
    EG_TRY(eg_run_find_keys(run, wishes, &fuses, err));
    EG_TRY(eg_run_wishes(run, wishes, err)); /* with what is the board's own */
    EG_TRY(eg_run_record_blocks(run, &fuses, EG_SECURITY_FOUND, err));
    return eg_provision_rehearse(wishes, &fuses, wishes->mode == EG_PROVISION_CHECK ? tell : NULL, run, err);
}

const struct eg_stage eg_stage_fuses_check = {
    .name = "fuses-check",
    .summary = "read the eFuses and decide whether the board can become what the job's `secure` says",
    .order = 38,
    .options = eg_provision_options,
    .needs = EG_FACT_CONNECTED | EG_FACT_ADMITTED,
    .weight = 1,
    .applies = eg_provision_applies,
    .check = eg_provision_check,
    .run = check_fuses,
};
