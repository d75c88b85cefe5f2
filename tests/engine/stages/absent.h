/* SPDX-License-Identifier: Apache-2.0 */

/* A board whose port cannot be opened for some times once a stage has begun. */

#ifndef TESTS_ENGINE_STAGES_ABSENT_H
#define TESTS_ENGINE_STAGES_ABSENT_H

#include "tests/fakes/fake_line.h"

#include <string.h>

struct absence {
    const char *stage;
    unsigned times;
    const struct eg_port_scheme *sim;
    unsigned left;
};

static inline void absence_begin(void *context, const struct eg_log_record *record)
{
    struct absence *const absence = context;

    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, absence->stage) == 0)
        absence->left = absence->times;
}

static inline enum eg_code absence_open(struct eg_port **port, const char *url, void *context,
                                        const struct eg_cancel *cancel, struct eg_error *err)
{
    struct absence *const absence = context;

    if (absence->left > 0) {
        absence->left--;
        return eg_error_set(err, EG_NO_PORT, "%s: is not there", url);
    }
    return absence->sim->open(port, url, absence->sim->context, cancel, err);
}

/* Run the line, into which one board is plugged. */
static inline void run_absent(struct fake_line *line, const char *stage, unsigned times)
{
    struct absence absence = {.stage = stage, .times = times, .sim = line->schemes[0]};
    struct eg_port_scheme scheme = *absence.sim;

    scheme.open = absence_open;
    scheme.context = &absence;
    line->schemes[0] = &scheme;
    line->recorder.at_log = absence_begin;
    line->recorder.context = &absence;
    fake_line_run(line);
    line->schemes[0] = absence.sim;
    line->recorder.at_log = NULL;
}

#endif
