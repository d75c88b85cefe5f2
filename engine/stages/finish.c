/* SPDX-License-Identifier: Apache-2.0 */

/* finish: leave the loader, unless a stage before has done so and the application runs. The outcome is the
 * pipeline's to record, and the slot turns green only after that. */

#include "engine/stages/run.h"

/* In the order of enum eg_after. */
static const char *const afters[] = {"hard-reset",    "soft-reset",     "no-reset",
                                     "no-reset-stub", "watchdog-reset", NULL};

static const struct eg_option options[] = {
    {.key = "link.after",
     .type = EG_OPTION_CHOICE,
     .fallback = "hard-reset",
     .choices = afters,
     .help = "how to leave the loader"},
    {.key = NULL},
};

static enum eg_code leave(struct eg_run *run, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(run);

    if ((run->facts & EG_FACT_LEFT) != 0)
        return EG_OK;
    EG_TRY(eg_loader_leave(&run->loader, (enum eg_after)eg_plan_choice(run->plan, "link.after"), err));
    if (run->loader.left == EG_LEFT_WITHOUT_LINES)
        eg_log_warning(run->logger, &origin,
                       "%s has no DTR and RTS: the board stays in its loader until it is reset by hand",
                       run->port->url);
    return EG_OK;
}

const struct eg_stage eg_stage_finish = {
    .name = "finish",
    .summary = "leave the loader, as a rule by a reset into the application",
    .order = 90,
    .options = options,
    .needs = EG_FACT_CONNECTED | EG_FACT_VERIFIED,
    .gives = EG_FACT_LEFT,
    .weight = 1,
    .boards = EG_BOARDS_ALL,
    .run = leave,
};
