/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Judges an application's log, line by line, by the steps of a test and its captures.
 *
 * The steps share one stream: each begins where the one before has found its line. Only whole lines count,
 * because a part of one can say something else; the unfinished line counts when a step's time is over.
 *
 * A step whose text is not sent yet has not begun: until then what the step before forbids is forbidden.
 * After the last step comes the settling: then what any step forbids is forbidden.
 */

#ifndef ENGINE_STAGES_JUDGE_H
#define ENGINE_STAGES_JUDGE_H

#include "engine/stages/capture.h"
#include "engine/stages/steps.h"

/** The caller sets the first group and starts with at = 0; the rest begins as zeros. */
struct eg_judge {
    const struct eg_steps *steps;
    struct eg_capture *captures;
    unsigned capture_count;
    struct eg_app_log *log;

    unsigned at;     /* step; steps->count = settling; steps->count + 1 = the end */
    bool begun;      /* it is under way, and what it sends is sent */
    size_t passed;   /* bytes of the line under way that came before the step began */
    unsigned origin; /* step in which that line began */
    bool crashed;    /* by a crash that a step expects; what else the crash says is no failure */
    unsigned boots;
    char last[EG_APP_QUOTE_MAX]; /* line */
};

/** Return the step at work. */
struct eg_step *eg_judge_step(const struct eg_judge *judge);

/** Whether all steps are done and the log is watched a moment longer. */
bool eg_judge_settles(const struct eg_judge *judge);

/** Let the step at work begin: what comes from here on is judged by it. */
void eg_judge_begin(struct eg_judge *judge);

/** Go on to the next step. */
void eg_judge_next(struct eg_judge *judge);

/**
 * Judge the line that log->complete announces, and take values from it. When it is what the step expects, the
 * next step is at work.
 *
 * @return EG_OK; EG_TEST_FAILED: a crash, or what is forbidden; EG_PATTERN_LIMIT; EG_NO_MEMORY
 */
enum eg_code eg_judge_line(struct eg_judge *judge, struct eg_error *err) EG_CHECKED;

/** Judge the line that has no end yet, as the time of the step is over. No values are taken from it. */
enum eg_code eg_judge_unfinished(struct eg_judge *judge, struct eg_error *err) EG_CHECKED;

/** Put the step before the sentence of a failure. Returns its code. */
enum eg_code eg_judge_prefix(const struct eg_judge *judge, struct eg_error *err);

#endif
