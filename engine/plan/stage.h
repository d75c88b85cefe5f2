/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a stage is, for those that read jobs, show plans and run boards. A stage brings its job-file keys with
 * it; neither the parser nor the pipeline is touched for a new one. The stages themselves are in
 * engine/stages/, and whoever needs all of them is given them: a NULL-terminated list in no particular order.
 */

#ifndef ENGINE_PLAN_STAGE_H
#define ENGINE_PLAN_STAGE_H

#include "engine/plan/plan.h"

/** One board's way through the stages; belongs to engine/stages/. */
struct eg_run;

#define EG_STAGES_MAX 32 /* with the NULL */

/** Facts about a board that stages establish and rely on. */
enum {
    EG_FACT_CONNECTED = 1u << 0,  /* the ROM or a stub answers; loader is set */
    EG_FACT_IDENTIFIED = 1u << 1, /* unit is set, flash is attached */
    EG_FACT_ADMITTED = 1u << 2,   /* intent is durable: destructive commands are allowed */
    EG_FACT_LOADER = 1u << 3,     /* the loader that will write is running */
    EG_FACT_WRITTEN = 1u << 4,
    EG_FACT_VERIFIED = 1u << 5,
    EG_FACT_LEFT = 1u << 6,   /* the board has left the loader */
    EG_FACT_CLOSED = 1u << 7, /* it is in secure download mode: proved again, never written */
};

/** The boards that a stage is for: those whose loader is open, all, or those that are only proved again. */
enum eg_stage_boards { EG_BOARDS_OPEN, EG_BOARDS_ALL, EG_BOARDS_CLOSED };

struct eg_stage {
    const char *name;
    const char *summary;             /* one line for help */
    unsigned order;                  /* place in the pipeline, ascending */
    const struct eg_option *options; /* may be NULL */
    unsigned needs, gives;           /* EG_FACT_* */
    unsigned weight;                 /* share of the progress display */
    enum eg_stage_boards boards;     /* others pass it over; it is not recorded then */
    /** Return whether the plan has work for it. If not, the stage is left out and not recorded, so it must
     * not give facts. NULL = always. */
    bool (*applies)(const struct eg_plan *plan);
    /** Refuse a plan that no board could be taken through, before any is touched. May be NULL. `*place` may
     * be set to the place of the setting or item at fault, which belongs to the plan; it is NULL before. */
    enum eg_code (*check)(const struct eg_plan *plan, const char **place, struct eg_error *err);
    /** Do it. EG_OK, or a code and a sentence; the pipeline prefixes the stage's name. */
    enum eg_code (*run)(struct eg_run *run, struct eg_error *err);
};

/** Put the stages in the order they run, NULL-terminated, in `ordered`. EG_INTERNAL when a stage's needs are
 * not met by those before it. */
enum eg_code eg_stages_order(const struct eg_stage *const *stages,
                             const struct eg_stage *ordered[EG_STAGES_MAX], struct eg_error *err) EG_CHECKED;

#endif
