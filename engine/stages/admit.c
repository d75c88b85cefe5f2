/* SPDX-License-Identifier: Apache-2.0 */

/*
 * admit: may this board be programmed with this job, here and now?
 *
 * Everything that can be refused is refused here, while the board still holds what it came with: the chip
 * against the job; revision, flash and security state by the rules of the guard; the MAC against the other
 * slots; all of it against the job's own rules. Then the intent is made durable, and only after that may
 * anything be erased.
 */

#include "engine/stages/admit.h"

#include "engine/stages/accept.h"
#include "engine/stages/claims.h"

static enum eg_code check_chip(const struct eg_run *run, struct eg_error *err)
{
    const struct eg_target *target = run->loader.target;

    if (target != run->plan->target)
        return eg_error_set(err, EG_WRONG_CHIP, "the board is an %s, the job is for %s", target->label,
                            run->plan->target->label);
    return EG_OK;
}

static enum eg_code check_identity(struct eg_run *run, struct eg_error *err)
{
    const struct eg_claimant claimant = {run->slot, run->address, run->presence, run->schemes};
    char rival[EG_CLAIM_SLOT];

    if (!eg_claims_take(run->claims, run->unit.mac, &claimant, rival)) {
        if (rival[0] == '\0')
            return eg_error_set(err, EG_NO_MEMORY, "out of memory for the claim on %s", run->unit.mac);
        return eg_error_set(err, EG_DUPLICATE_MAC, "the board in slot %s shows the same MAC %s", rival,
                            run->unit.mac);
    }
    return EG_OK;
}

/* The flash's unique id tells boards of one MAC apart; reading it through the ROM takes long, so it is read
 * here only when the ledger knows the MAC. */
static enum eg_code look_up(struct eg_run *run, struct eg_seen *seen, struct eg_error *err)
{
    EG_TRY(run->recorder->ops->seen(run->recorder, &run->unit, seen, err));
    if (!seen->mac_known || run->unit.flash_unique_id[0] != '\0' || run->chip.secure_download)
        return EG_OK;
    EG_TRY(eg_loader_flash_unique_id(&run->loader, run->unit.flash_unique_id, err));
    return run->recorder->ops->seen(run->recorder, &run->unit, seen, err);
}

static enum eg_code claim_label(const struct eg_run *run, struct eg_error *err)
{
    const struct eg_claim label = {.kind = EG_CLAIM_LABEL, .name = "", .value = run->label};

    if (run->label == NULL)
        return EG_OK;
    return run->recorder->ops->claim(run->recorder, run->number, &run->unit, &label, 1, err);
}

enum eg_code eg__admit_known(struct eg_run *run, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(run);
    struct eg_seen seen;

    EG_TRY(check_identity(run, err));
    EG_TRY(look_up(run, &seen, err));
    run->written_before = seen.admitted > 0;
    if (seen.runs != 0 && run->attempt == 1)
        eg_log_note(run->logger, &origin, "seen before: %u %s, %u passed, the last at %s (%s)", seen.runs,
                    seen.runs == 1 ? "run" : "runs", seen.passed, seen.last_utc, seen.last_outcome);
    EG_TRY(eg__accept(run, &seen, err));
    return claim_label(run, err);
}

/* Nothing will be written to it, and its MAC may only be known once the application has told it; `prove` asks
 * the rest. */
static enum eg_code admit_closed(struct eg_run *run, struct eg_error *err)
{
    EG_TRY(eg_accept_board(run, err));
    run->facts |= EG_FACT_CLOSED;
    return EG_OK;
}

static enum eg_code admit(struct eg_run *run, struct eg_error *err)
{
    EG_TRY(check_chip(run, err));
    if (run->chip.secure_download && eg__accept_closed(run->plan))
        return admit_closed(run, err);
    EG_TRY(eg_run_ask_guard(run, NULL, err));
    EG_TRY(eg__admit_known(run, err));
    return run->recorder->ops->intent(run->recorder, run->number, &run->unit, err);
}

const struct eg_stage eg_stage_admit = {
    .name = "admit",
    .summary = "check chip, revision, security, flash and MAC against job and line; record the intent",
    .order = 30,
    .options = eg__accept_options,
    .needs = EG_FACT_CONNECTED | EG_FACT_IDENTIFIED,
    .gives = EG_FACT_ADMITTED,
    .weight = 1,
    .boards = EG_BOARDS_ALL,
    .check = eg__accept_check,
    .run = admit,
};
