/* SPDX-License-Identifier: Apache-2.0 */

/* The hooks of a job, programs that run before and after boards: their one list. Running them is
 * engine/line/hooks.h. */

#ifndef ENGINE_STAGES_HOOK_H
#define ENGINE_STAGES_HOOK_H

/** X(enumerator, word in job files, name as an event and as a stage of the record, help text of its key) */
#define EG_HOOKS(X)                                                                                          \
    X(BEFORE_BATCH, "before_batch", "before-batch", "program to run before any board is touched")            \
    X(BEFORE_BOARD, "before_board", "before-board",                                                          \
      "program to run for every board before its first attempt, such as a power switch")                     \
    X(AFTER_BOARD, "after_board", "after-board",                                                             \
      "program to run for every board when its outcome is on record, such as a label printer")               \
    X(AFTER_BATCH, "after_batch", "after-batch", "program to run when every board has ended")

enum eg_hook {
#define ENUMERATOR(enumerator, word, name, help) EG_HOOK_##enumerator,
    EG_HOOKS(ENUMERATOR)
#undef ENUMERATOR
};

#endif
