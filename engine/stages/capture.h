/* SPDX-License-Identifier: Apache-2.0 */

/* A value that the application's log gives: where it stands in a line, and within which limits it must be. */

#ifndef ENGINE_STAGES_CAPTURE_H
#define ENGINE_STAGES_CAPTURE_H

#include "engine/stages/app_log.h"
#include "engine/stages/pattern.h"
#include "engine/stages/run.h"

/** Keys of one capture in the job file. */
extern const struct eg_option eg_capture_options[];

/** eg_capture_finish() frees what is in it; its texts are of the group's settings. */
struct eg_capture {
    const char *name, *unit;  /* "" = none */
    const char *least, *most; /* NULL = none */
    struct eg_pattern pattern;
    bool required;
    bool found;
    char value[EG_APP_QUOTE_MAX]; /* as the log has it */
};

/** Of one group of the job file. EG_BAD_JOB; `*place` is then that of the setting at fault. */
enum eg_code eg_capture_init(struct eg_capture *capture, const struct eg_setting_group *group,
                             const char **place, struct eg_error *err) EG_CHECKED;
void eg_capture_finish(struct eg_capture *capture);

/** Look for the value in a whole line; the first that is found counts. As eg_pattern_match(). */
enum eg_code eg_capture_look(struct eg_capture *capture, const char *line, struct eg_error *err) EG_CHECKED;

/** EG_TEST_FAILED when it is not within its limits, or required and not found. */
enum eg_code eg_capture_judge(const struct eg_capture *capture, struct eg_error *err) EG_CHECKED;

/** Put what was found on record. */
enum eg_code eg_capture_record(const struct eg_capture *capture, struct eg_run *run,
                               struct eg_error *err) EG_CHECKED;

#endif
