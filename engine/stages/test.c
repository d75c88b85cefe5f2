/* SPDX-License-Identifier: Apache-2.0 */

/*
 * test: reset into the application, read its log while the steps of the job last, and a moment longer.
 *
 * All that is read is judged and kept. A chip whose USB is its own may leave the bus with the reset, and what
 * it prints until it is back is lost.
 */

#include "engine/stages/restart.h"

#include "engine/stages/judge.h"
#include "engine/stages/slot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_MS = 100,
    COME_BACK_PAUSE_MS = 100,
    SHOW_MS = 100,
    SEND_MS = 1000,
    SETTLE_MOST_MS = 60 * 1000,
    LATE_MAX = 256 * 1024, /* 22 s at 115200 baud */
};

static const struct eg_option options[] = {
    {.key = "test",
     .type = EG_OPTION_GROUPS,
     .group = eg_step_options,
     .without = "the application is not watched",
     .help = "what the application must print after the reset: one step, or a list of steps in their order"},
    {.key = "settle",
     .type = EG_OPTION_DURATION,
     .fallback = "200ms",
     .least = 0,
     .most = SETTLE_MOST_MS,
     .help = "how long the log is watched after the last step of the test, for crashes and for what any step "
             "forbids; up to a minute"},
    {.key = "capture",
     .type = EG_OPTION_GROUPS,
     .group = eg_capture_options,
     .without = "none",
     .help = "values to take from the log of the test into the ledger: one, or a list"},
    {.key = NULL},
};

struct test {
    struct eg_run *run;
    struct eg_steps steps;
    struct eg_capture *captures;
    unsigned capture_count;
    bool start_only; /* the first line that a step expects is enough */

    struct eg_app_log log;
    struct eg_judge judge;
    uint64_t gone_ms;  /* when the port was seen to be gone; 0 = it is there */
    uint64_t start_ms; /* of the step */
    uint64_t shown_ms; /* when progress was shown last */
    size_t late;       /* bytes read after the time of the step */
};

static void test_finish(struct test *test)
{
    eg_steps_finish(&test->steps);
    for (unsigned i = 0; i < test->capture_count; i++)
        eg_capture_finish(&test->captures[i]);
    free(test->captures);
    eg_app_log_finish(&test->log);
}

static enum eg_code init_captures(struct test *test, const struct eg_setting *captures, const char **place,
                                  struct eg_error *err)
{
    EG_TRY(eg_alloc(&test->captures, captures->group_count, sizeof *test->captures, err));
    for (unsigned i = 0; i < captures->group_count; i++) {
        const struct eg_setting *const name = eg_group_setting(&captures->groups[i], "name");

        for (unsigned j = 0; j < i; j++) {
            *place = name->place;
            if (strcmp(test->captures[j].name, name->text) == 0)
                return eg_error_set(err, EG_BAD_JOB, "two values have the name %s", name->text);
        }
        test->capture_count++;
        EG_TRY(eg_capture_init(&test->captures[i], &captures->groups[i], place, err));
    }
    return EG_OK;
}

/* Read the plan's settings; a defect names its place. */
static enum eg_code init(struct test *test, const struct eg_plan *plan, const char **place,
                         struct eg_error *err)
{
    EG_TRY(eg_steps_init(&test->steps, plan, place, err));
    EG_TRY(init_captures(test, eg_plan_setting(plan, "capture"), place, err));
    test->judge = (struct eg_judge){.steps = &test->steps,
                                    .captures = test->captures,
                                    .capture_count = test->capture_count,
                                    .log = &test->log};
    return EG_OK;
}

static bool stays_in_loader(enum eg_after after)
{
    return after == EG_AFTER_NO_RESET || after == EG_AFTER_NO_RESET_STUB;
}

static enum eg_code check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    EG_CLEANUP(test_finish) struct test test = {0};
    const struct eg_setting *const after = eg_plan_setting(plan, "link.after");
    const struct eg_setting *const capture = eg_plan_setting(plan, "capture");

    EG_TRY(init(&test, plan, place, err));
    *place = capture->place;
    if (test.capture_count > 0 && test.steps.count == 0)
        return eg_error_set(err, EG_BAD_JOB,
                            "capture takes values from the log of a test, and there is no test");
    *place = after->place;
    if (test.steps.count > 0 && stays_in_loader((enum eg_after)after->choice))
        return eg_error_set(err, EG_BAD_JOB,
                            "link.after is %s, so that the application never runs; the test needs a reset",
                            after->text);
    *place = NULL;
    return EG_OK;
}

static uint32_t left_ms(const struct test *test)
{
    return eg_clock_left_ms(test->start_ms + eg_judge_step(&test->judge)->timeout_ms);
}

/* The judge may have gone on from a step. */
static void note_step(struct test *test, unsigned from)
{
    struct eg_judge *const judge = &test->judge;

    if (judge->at == from)
        return;
    test->start_ms = eg_clock_ms();
    if (test->start_only && from < test->steps.count && test->steps.list[from].expect.text != NULL)
        judge->at = test->steps.count;
}

static enum eg_code take_line(struct test *test, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(test->run);
    const unsigned at = test->judge.at;

    const enum eg_code code = eg_judge_line(&test->judge, err);
    eg_log_verbose(test->run->logger, &origin, "log: %s", test->judge.last);
    note_step(test, at);
    return code;
}

/* Read what arrives within `wait_ms`, and judge it. */
static enum eg_code receive(struct test *test, uint32_t wait_ms, size_t *got, struct eg_error *err)
{
    uint8_t data[1024];

    EG_TRY(eg_port_read(test->run->port, data, sizeof data, got, wait_ms, err));
    EG_TRY(eg_app_log_keep(&test->log, data, *got, err));
    for (size_t eaten = 0; eaten < *got;) {
        eaten += eg_app_log_feed(&test->log, data + eaten, *got - eaten);
        if (test->log.complete)
            EG_TRY(take_line(test, err));
    }
    return test->log.too_long ? eg_judge_unfinished(&test->judge, err) : EG_OK;
}

/* Return whether more is to be read, after these bytes. What waits to be read when the time of a step is over
 * came in time, as far as anybody knows: this program may have been kept from reading. */
static bool reads_on(struct test *test, size_t got)
{
    test->late = left_ms(test) > 0 ? 0 : test->late + got;
    return got > 0 && test->late < LATE_MAX;
}

/* Output from before a text was sent is not an answer to it. */
static enum eg_code begin_step(struct test *test, struct eg_error *err)
{
    const struct eg_step *const step = eg_judge_step(&test->judge);
    struct eg_port *const port = test->run->port;
    uint8_t bytes[EG_STEP_SEND_MAX];
    const size_t size = eg_step_bytes(step, bytes);
    size_t got = 0;

    if (size > 0)
        do
            EG_TRY(receive(test, 0, &got, err));
        while (reads_on(test, got));
    if (port->baud != step->baud)
        EG_TRY(eg_port_set_baud(port, step->baud, err));
    if (size > 0)
        EG_TRY(eg_port_write(port, bytes, size, SEND_MS, err));
    eg_judge_begin(&test->judge);
    return EG_OK;
}

static enum eg_code read_some(struct test *test, size_t *got, struct eg_error *err)
{
    *got = 0;
    if (!test->judge.begun)
        EG_TRY(begin_step(test, err));
    const uint32_t left = left_ms(test);
    return receive(test, left < WAIT_MS ? left : WAIT_MS, got, err);
}

/* The chip's own USB has left the bus; the step's time goes on. */
static enum eg_code come_back(struct test *test, struct eg_error *err)
{
    struct eg_run *const run = test->run;
    struct eg_error cancelled;

    test->log.complete = true; /* what follows is another line */
    if (test->gone_ms == 0)
        test->gone_ms = eg_clock_ms();
    const enum eg_code code = eg_run_reopen(run, err);
    if (code == EG_OK)
        test->gone_ms = 0;
    if (code == EG_OK || !eg_port_may_come_back(code))
        return code;
    if (eg_judge_settles(&test->judge) && left_ms(test) == 0)
        return EG_OK; /* a tested application may leave the bus */
    if (left_ms(test) == 0 || eg_clock_left_ms(test->gone_ms + eg_run_return_ms(run)) == 0) {
        err->code = EG_PORT_GONE;
        return eg_error_prefix(err, "the port did not come back after the reset: ");
    }
    if (eg_sleep_ms(run->cancel, COME_BACK_PAUSE_MS, &cancelled) == EG_OK)
        return EG_OK;
    *err = cancelled;
    return err->code;
}

/* "; the board restarted 3 times, its last line was ...": what there was instead. */
static void tell_instead(const struct test *test, char *text, size_t size)
{
    char last[EG_APP_QUOTE_MAX], restarts[60] = "the";

    if (test->log.kept.size == 0) {
        snprintf(text, size, "the board printed nothing at %" PRIu32 " baud", test->run->port->baud);
        return;
    }
    if (eg_app_log_is_noise(&test->log)) {
        snprintf(text, size, "what the board printed is no text at %" PRIu32 " baud", test->run->port->baud);
        return;
    }
    if (test->log.complete || test->log.line_size == 0)
        snprintf(last, sizeof last, "%s", test->judge.last);
    else
        eg_app_quote(last, test->log.line, test->log.line_size);
    if (test->judge.boots > 1)
        snprintf(restarts, sizeof restarts, "the board restarted %u time%s, the", test->judge.boots - 1,
                 test->judge.boots == 2 ? "" : "s");
    snprintf(text, size, "%s last line was \"%s\"", restarts, last);
}

static void next_step(struct test *test)
{
    eg_judge_next(&test->judge);
    test->start_ms = eg_clock_ms();
}

static enum eg_code end_of_time(struct test *test, struct eg_error *err)
{
    struct eg_judge *const judge = &test->judge;
    const struct eg_step *const step = eg_judge_step(judge);
    const bool seconds = step->timeout_ms % 1000 == 0;
    const unsigned at = judge->at;
    char instead[300];

    EG_TRY(eg_judge_unfinished(judge, err));
    note_step(test, at);
    if (judge->at != at)
        return EG_OK;
    if (step->expect.text == NULL) {
        next_step(test);
        return EG_OK;
    }
    tell_instead(test, instead, sizeof instead);
    (void)eg_error_set(err, EG_TEST_FAILED, "no line matched \"%.80s\" within %" PRIu32 " %s; %s",
                       step->expect.text, seconds ? step->timeout_ms / 1000 : step->timeout_ms,
                       seconds ? "s" : "ms", instead);
    return eg_judge_prefix(judge, err);
}

static void show_progress(struct test *test)
{
    const struct eg_step *const step = eg_judge_step(&test->judge);
    const uint64_t gone_ms = step->timeout_ms - left_ms(test);

    if (step->timeout_ms == 0 || eg_clock_ms() - test->shown_ms < SHOW_MS)
        return;
    test->shown_ms = eg_clock_ms();
    eg_run_progress(test->run, step->expect.text != NULL ? step->expect.text : "watching the log",
                    test->judge.at * UINT64_C(1000) + gone_ms * 1000 / step->timeout_ms,
                    (test->steps.count + 1) * UINT64_C(1000));
}

static enum eg_code follow(struct test *test, struct eg_error *err)
{
    test->start_ms = eg_clock_ms();
    while (test->judge.at <= test->steps.count) {
        const unsigned at = test->judge.at;
        size_t got;
        enum eg_code code = read_some(test, &got, err);

        if (code == EG_PORT_GONE && test->run->native_usb)
            code = come_back(test, err);
        EG_TRY(code);
        if (test->judge.at == at && !reads_on(test, got) && left_ms(test) == 0)
            EG_TRY(end_of_time(test, err));
        if (test->judge.at <= test->steps.count)
            show_progress(test);
    }
    return EG_OK;
}

static enum eg_code start_application(struct test *test, enum eg_after after, struct eg_error *err)
{
    struct eg_run *const run = test->run;

    run->loader.log_baud = test->steps.list[0].baud;
    run->facts |= EG_FACT_LEFT;
    const enum eg_code code = eg_loader_leave(&run->loader, after, err);
    return code == EG_PORT_GONE && run->native_usb ? EG_OK : code;
}

/* Every value that does not pass, in one sentence; of a test that failed, those that were found. */
static enum eg_code judge_values(const struct test *test, bool found_only, struct eg_error *err)
{
    struct eg_error one;

    err->code = EG_OK;
    for (unsigned i = test->capture_count; i-- > 0;) {
        if ((found_only && !test->captures[i].found) || eg_capture_judge(&test->captures[i], &one) == EG_OK)
            continue;
        if (err->code == EG_OK)
            *err = one;
        else
            (void)eg_error_prefix(err, "%s; ", one.text);
    }
    return err->code;
}

static enum eg_code put_on_record(struct test *test, struct eg_error *err)
{
    struct eg_run *const run = test->run;
    const struct eg_log_origin origin = eg_run_origin(run);

    const uint64_t dropped = eg_app_log_dropped(&test->log);

    if (dropped > 0)
        eg_log_warning(run->logger, &origin,
                       "the application's log has %" PRIu64 " bytes; the first and the last %u KiB are kept",
                       test->log.received, EG_APP_LOG_MAX / 2048);
    for (unsigned i = 0; i < test->capture_count; i++)
        EG_TRY(eg_capture_record(&test->captures[i], run, err));
    return eg_app_log_compress(&test->log, &run->log, err);
}

/* The log is kept, whatever the result of the test. */
static enum eg_code conclude(struct test *test, enum eg_code code, struct eg_error *err)
{
    struct eg_error other;

    if (put_on_record(test, &other) != EG_OK && code == EG_OK) {
        *err = other;
        return err->code;
    }
    if (code == EG_OK)
        return judge_values(test, false, err);
    if (code == EG_TEST_FAILED && judge_values(test, true, &other) != EG_OK)
        return eg_error_prefix(err, "%s; ", other.text);
    return code;
}

static bool applies(const struct eg_plan *plan)
{
    return eg_plan_setting(plan, "test")->group_count > 0;
}

static enum eg_code run_test(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(test_finish) struct test test = {.run = run};
    const char *ignored;

    EG_TRY(init(&test, run->plan, &ignored, err));
    EG_TRY(start_application(&test, (enum eg_after)eg_plan_choice(run->plan, "link.after"), err));
    return conclude(&test, follow(&test, err), err);
}

enum eg_code eg_run_start_again(struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(test_finish) struct test test = {.run = run, .start_only = true};
    const char *ignored;
    struct eg_error other;

    EG_TRY(init(&test, run->plan, &ignored, err));
    test.judge.capture_count = 0;
    EG_TRY(start_application(&test, EG_AFTER_HARD_RESET, err));
    const enum eg_code code = follow(&test, err);
    if (code == EG_OK || test.log.kept.size == 0)
        return code;
    eg_buffer_finish(&run->log);
    if (eg_app_log_compress(&test.log, &run->log, &other) != EG_OK)
        eg_buffer_finish(&run->log);
    return code;
}

const struct eg_stage eg_stage_test = {
    .name = "test",
    .summary = "reset into the application and watch its log, where the job says what for",
    .order = 80,
    .options = options,
    .needs = EG_FACT_CONNECTED | EG_FACT_VERIFIED,
    .weight = 4,
    .boards = EG_BOARDS_ALL,
    .applies = applies,
    .check = check,
    .run = run_test,
};
