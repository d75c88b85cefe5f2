/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/judge.h"

#include <string.h>

struct eg_step *eg_judge_step(const struct eg_judge *judge)
{
    return &judge->steps->list[judge->at];
}

bool eg_judge_settles(const struct eg_judge *judge)
{
    return judge->at >= judge->steps->count;
}

/* The step whose rules hold: one that has something to send begins by sending it. */
static unsigned in_force(const struct eg_judge *judge)
{
    const bool waits = !judge->begun && eg_judge_step(judge)->send != NULL;

    return waits && judge->at > 0 ? judge->at - 1 : judge->at;
}

/* What has come of the line under way is of the steps before. */
static void pass(struct eg_judge *judge)
{
    judge->passed = judge->log->complete ? 0 : judge->log->line_size;
    if (judge->passed == 0)
        judge->origin = in_force(judge);
}

void eg_judge_begin(struct eg_judge *judge)
{
    judge->begun = true;
    if (eg_judge_step(judge)->send != NULL)
        pass(judge);
}

void eg_judge_next(struct eg_judge *judge)
{
    judge->at++;
    judge->begun = false;
    if (judge->at <= judge->steps->count)
        pass(judge);
}

enum eg_code eg_judge_prefix(const struct eg_judge *judge, struct eg_error *err)
{
    if (eg_judge_settles(judge))
        return eg_error_prefix(err, "after the last step: ");
    return judge->steps->count > 1 ? eg_error_prefix(err, "step %u: ", judge->at + 1) : err->code;
}

/* Where a line tells of a crash; NULL = it does not. Each sign lacks its first letter, which ends an escape
 * sequence that the crash has cut, and is taken out with it. */
static char *find_crash(char *line, size_t *size)
{
    static const char *const signs[] = {
        "uru Meditation Error",
        "bort() was called",
        "ssert failed:",
        "rownout detector was triggered",
        " stack overflow in task",
        "tack smashing protect failure",
        "atal exception",                /* ESP8266 */
        "UT HERE FOR EXCEPTION DECODER", /* its Arduino */
    };
    char *first = NULL;

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        char *const found = strstr(line, signs[i]);

        if (found != NULL && (first == NULL || found < first)) {
            first = found;
            *size = strlen(signs[i]);
        }
    }
    return first;
}

static enum eg_code check_forbidden(const struct eg_step *step, const char *line, struct eg_error *err)
{
    char quote[EG_APP_QUOTE_MAX];

    for (unsigned i = 0; i < step->forbid_count; i++) {
        bool matches;

        if (eg_pattern_match(&step->forbid[i], line, &matches, err) != EG_OK)
            return eg_error_prefix(err, "forbid ");
        if (!matches)
            continue;
        eg_app_quote(quote, line, strlen(line));
        return eg_error_set(err, EG_TEST_FAILED, "\"%.80s\" is forbidden, and a line was \"%s\"",
                            step->forbid[i].text, quote);
    }
    return EG_OK;
}

/* By the steps in which a part of the line came: by the earlier ones the whole line, by the last its part. */
static enum eg_code check_all_forbidden(const struct eg_judge *judge, struct eg_error *err)
{
    const char *const line = judge->log->line;
    const unsigned last = in_force(judge);

    for (unsigned i = judge->origin; i < last; i++)
        EG_TRY(check_forbidden(&judge->steps->list[i], line, err));
    for (unsigned i = eg_judge_settles(judge) ? 0 : last; i <= last; i++)
        EG_TRY(check_forbidden(&judge->steps->list[i], line + judge->passed, err));
    return EG_OK;
}

static enum eg_code matches_expected(const struct eg_judge *judge, bool *matches, struct eg_error *err)
{
    const struct eg_step *const step = eg_judge_step(judge);

    *matches = false;
    if (step->expect.text == NULL || in_force(judge) != judge->at || (!judge->begun && step->send != NULL))
        return EG_OK;
    if (eg_pattern_match(&step->expect, judge->log->line + judge->passed, matches, err) != EG_OK)
        return eg_error_prefix(err, "expect ");
    return EG_OK;
}

/* A crash is what the step expects if the line does not match with other words in place of the crash's. */
static enum eg_code is_expected_crash(const struct eg_judge *judge, char *crash, size_t size, bool *expected,
                                      struct eg_error *err)
{
    enum eg_code code = EG_OK;
    char words[64];

    *expected = crash >= judge->log->line + judge->passed;
    memcpy(words, crash, size);
    for (const char *other = "x \x01"; *other != '\0' && *expected && code == EG_OK; other++) {
        bool without;

        memset(crash, *other, size);
        code = matches_expected(judge, &without, err);
        *expected = !without;
    }
    memcpy(crash, words, size);
    return code;
}

static enum eg_code look(struct eg_judge *judge, struct eg_error *err)
{
    size_t crash_size = 0;
    char *const line = judge->log->line, *const crash = find_crash(line, &crash_size);
    char quote[EG_APP_QUOTE_MAX];
    bool matches, expected = false;

    EG_TRY(check_all_forbidden(judge, err));
    EG_TRY(matches_expected(judge, &matches, err));
    if (crash != NULL && matches)
        EG_TRY(is_expected_crash(judge, crash, crash_size, &expected, err));
    judge->crashed = judge->crashed || expected;
    if (crash != NULL && !judge->crashed) {
        eg_app_quote(quote, line, strlen(line));
        return eg_error_set(err, EG_TEST_FAILED, "the application crashed: \"%s\"", quote);
    }
    if (matches)
        eg_judge_next(judge);
    return EG_OK;
}

static enum eg_code too_long(const struct eg_judge *judge, struct eg_error *err)
{
    return eg_error_set(err, EG_TEST_FAILED,
                        "a line of the log has more than %d bytes, so it cannot be judged: \"%s\"",
                        EG_APP_LINE_MAX, judge->last);
}

enum eg_code eg_judge_line(struct eg_judge *judge, struct eg_error *err)
{
    const struct eg_app_log *const log = judge->log;
    const bool boots = strstr(log->line, "rst:0x") != NULL || strstr(log->line, "rst cause:") != NULL;

    eg_app_quote(judge->last, log->line, log->line_size);
    judge->boots += boots;
    judge->crashed = judge->crashed && !boots;
    if (log->too_long) {
        (void)too_long(judge, err);
        return eg_judge_prefix(judge, err);
    }
    for (unsigned i = 0; i < judge->capture_count; i++)
        EG_TRY(eg_capture_look(&judge->captures[i], log->line, err));
    if (look(judge, err) != EG_OK)
        return eg_judge_prefix(judge, err);
    judge->passed = 0;
    judge->origin = in_force(judge);
    return EG_OK;
}

enum eg_code eg_judge_unfinished(struct eg_judge *judge, struct eg_error *err)
{
    const struct eg_app_log *const log = judge->log;

    if (log->complete || log->line_size == 0)
        return EG_OK;
    eg_app_quote(judge->last, log->line, log->line_size);
    const enum eg_code code = log->too_long ? too_long(judge, err) : look(judge, err);
    if (code != EG_OK)
        return eg_judge_prefix(judge, err);
    return EG_OK;
}
