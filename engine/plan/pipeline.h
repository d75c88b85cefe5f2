/* SPDX-License-Identifier: Apache-2.0 */

/* The job-file keys that belong to no stage: how often a board is tried (retry.*), the job's programs
 * (hooks.*), and what its reports show (report.*). */

#ifndef ENGINE_PLAN_PIPELINE_H
#define ENGINE_PLAN_PIPELINE_H

#include "engine/plan/stage.h"

/** Every hook: enumerator, word in a job, name as a stage of the record, help. */
#define EG_HOOK_LIST(X)                                                                                      \
    X(BEFORE_BATCH, before_batch, "before-batch", "program to run before any board is touched")              \
    X(BEFORE_BOARD, before_board, "before-board",                                                            \
      "program to run for every board before its first attempt, such as a power switch")                     \
    X(AFTER_BOARD, after_board, "after-board",                                                               \
      "program to run for every board when its outcome is on record, such as a label printer")               \
    X(AFTER_BATCH, after_batch, "after-batch", "program to run when every board has ended")

#define EG_HOOK_NAME(name, word, stage, help) EG_##name,
enum eg_hook { EG_HOOK_LIST(EG_HOOK_NAME) EG_HOOKS };
#undef EG_HOOK_NAME

struct eg_hook_words {
    const char *key;  /* of the program: "hooks.before_batch" */
    const char *word; /* in hooks.required: "before_batch" */
    const char *name; /* as a stage of the record: "before-batch" */
};

extern const struct eg_hook_words eg_hook_words[EG_HOOKS];

/** The keys. Ends with a NULL key. */
extern const struct eg_option eg_pipeline_options[];

/** Fill `settings` with the fallbacks of every option of these stages and of the pipeline. */
enum eg_code eg_plan_init_settings(struct eg_plan *plan, const struct eg_stage *const *stages,
                                   struct eg_error *err) EG_CHECKED;

/** As the `check` of a stage, of these. */
enum eg_code eg_pipeline_check(const struct eg_plan *plan, const char **place,
                               struct eg_error *err) EG_CHECKED;

#endif
