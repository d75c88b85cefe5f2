/* SPDX-License-Identifier: Apache-2.0 */

/*
 * test: reset into the application and read its log, step by step: wait for a line, and meanwhile for none
 * that is forbidden.
 *
 * The steps share one stream: each begins where the one before has found its line. A line that does not end,
 * such as a prompt, is looked at once nothing has come for a moment; values are taken from whole lines only,
 * so that none is cut.
 *
 * A chip whose USB is its own may leave the bus with the reset, and what it prints until it is back is lost.
 */

#include "engine/stages/capture.h"
#include "engine/stages/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SILENCE_MS = 100, /* an unfinished line is looked at */
    COME_BACK_PAUSE_MS = 100,
    SHOW_MS = 100,
    SEND_MS = 1000,
    SEND_MAX = 500,
};

/* The bytes of a text with \n, \r, \t, \\ and \xNN; false = another escape. `bytes` has room for all of
 * `text`. */
static bool unescape(const char *text, uint8_t *bytes, size_t *size)
{
    static const char letters[] = "nrt\\", meant[] = "\n\r\t\\";

    for (*size = 0; *text != '\0'; (*size)++) {
        const char *const letter = text[0] == '\\' && text[1] != '\0' ? strchr(letters, text[1]) : NULL;
        char hex[3] = "";

        if (text[0] != '\\') {
            bytes[*size] = (uint8_t)*text++;
        } else if (letter != NULL) {
            bytes[*size] = (uint8_t)meant[letter - letters];
            text += 2;
        } else {
            if (text[1] == 'x')
                snprintf(hex, sizeof hex, "%s", text + 2);
            if (!eg_hex_parse(&bytes[*size], 1, hex))
                return false;
            text += 4;
        }
    }
    return true;
}

static enum eg_code check_send(const char *text, struct eg_error *err)
{
    uint8_t bytes[SEND_MAX];
    size_t size;

    if (strlen(text) > SEND_MAX)
        return eg_error_set(err, EG_BAD_JOB, "has %zu bytes, more than %d", strlen(text), SEND_MAX);
    if (!unescape(text, bytes, &size))
        return eg_error_set(err, EG_BAD_JOB,
                            "is \"%.80s\", with an escape that is none of \\n \\r \\t \\\\ \\xNN", text);
    return EG_OK;
}

static const char *const no_yes[] = {"no", "yes", NULL};

static const struct eg_option step_options[] = {
    {.key = "expect",
     .type = EG_OPTION_TEXT,
     .without = "the step lasts its whole time",
     .help = "what a line of the log must match within the time: a POSIX extended regular expression"},
    {.key = "forbid",
     .type = EG_OPTION_TEXT_LIST,
     .without = "none",
     .help = "what no line may match meanwhile, one or a list; a crash (Guru Meditation, abort(), brown-out, "
             "…) fails "
             "the test without it"},
    {.key = "literal",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = no_yes,
     .help = "whether `expect` and `forbid` are texts to be found as they are, not regular expressions"},
    {.key = "timeout",
     .type = EG_OPTION_DURATION,
     .fallback = "10s",
     .least = 1,
     .most = 60 * 60 * 1000,
     .help = "how long to wait for it, up to an hour"},
    {.key = "baud",
     .type = EG_OPTION_NUMBER,
     .fallback = "115200",
     .least = 300,
     .most = 5000000,
     .help = "rate of the log; the ROM of an ESP8266, and of an ESP32-C2 with a crystal of 26 MHz, prints at "
             "74880"},
    {.key = "send",
     .type = EG_OPTION_TEXT,
     .without = "nothing",
     .check = check_send,
     .help = "what to send to the application as the step begins, with `\\n`, `\\r`, `\\t`, `\\\\`, `\\xNN`; "
             "let a step before it wait until the application listens"},
    {.key = NULL},
};

static const struct eg_option options[] = {
    {.key = "test",
     .type = EG_OPTION_GROUPS,
     .group = step_options,
     .without = "the application is not watched",
     .help = "what the application must print after the reset: one step, or a list of steps in their order"},
    {.key = "capture",
     .type = EG_OPTION_GROUPS,
     .group = eg_capture_options,
     .without = "none",
     .help = "values to take from the log of the test into the ledger: one, or a list"},
    {.key = NULL},
};

struct step {
    struct eg_pattern expect; /* its text NULL = none */
    struct eg_pattern *forbid;
    unsigned forbid_count;
    uint32_t timeout_ms, baud;
    const char *send; /* NULL = nothing */
};

struct test {
    struct eg_run *run;
    struct step *steps;
    unsigned step_count;
    struct eg_capture *captures;
    unsigned capture_count;

    struct eg_app_log log;
    uint64_t gone_ms;  /* when the port was seen to be gone; 0 = it is there */
    unsigned at;       /* the step */
    bool begun;        /* what it sends is sent */
    uint64_t start_ms; /* of the step */
    uint64_t shown_ms; /* when progress was shown last */
    size_t passed;     /* so much of the line under way belongs to steps before */
    size_t looked_at;  /* so much of it was there when it was last looked at */
    unsigned boots;
    char last[EG_APP_QUOTE_MAX]; /* line */
};

static void test_finish(struct test *test)
{
    for (unsigned i = 0; i < test->step_count; i++) {
        eg_pattern_finish(&test->steps[i].expect);
        for (unsigned j = 0; j < test->steps[i].forbid_count; j++)
            eg_pattern_finish(&test->steps[i].forbid[j]);
        free(test->steps[i].forbid);
    }
    for (unsigned i = 0; i < test->capture_count; i++)
        eg_capture_finish(&test->captures[i]);
    free(test->steps);
    free(test->captures);
    eg_app_log_finish(&test->log);
}

static enum eg_code init_step(struct step *step, const struct eg_setting_group *group, const char **place,
                              struct eg_error *err)
{
    const struct eg_setting *const expect = eg_group_setting(group, "expect");
    const struct eg_setting *const forbid = eg_group_setting(group, "forbid");
    const bool literal = eg_group_setting(group, "literal")->choice == 1;

    step->timeout_ms = (uint32_t)eg_group_setting(group, "timeout")->number[0];
    step->baud = (uint32_t)eg_group_setting(group, "baud")->number[0];
    step->send = eg_group_setting(group, "send")->text;
    *place = group->place;
    if (expect->text == NULL && forbid->item_count == 0)
        return eg_error_set(err, EG_BAD_JOB, "a step of the test has neither expect nor forbid");
    *place = expect->place;
    if (expect->text != NULL && eg_pattern_init(&step->expect, expect->text, literal, err) != EG_OK)
        return eg_error_prefix(err, "expect ");
    EG_TRY(eg_alloc(&step->forbid, forbid->item_count, sizeof *step->forbid, err));
    for (; step->forbid_count < forbid->item_count; step->forbid_count++) {
        const struct eg_setting_item *const item = &forbid->items[step->forbid_count];
        *place = item->place;
        if (eg_pattern_init(&step->forbid[step->forbid_count], item->text, literal, err) != EG_OK)
            return eg_error_prefix(err, "forbid ");
    }
    *place = NULL;
    return EG_OK;
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

/* What the plan says, ready to be used; a defect of it has its place. */
static enum eg_code init(struct test *test, const struct eg_plan *plan, const char **place,
                         struct eg_error *err)
{
    const struct eg_setting *const steps = eg_plan_setting(plan, "test");

    EG_TRY(eg_alloc(&test->steps, steps->group_count, sizeof *test->steps, err));
    for (unsigned i = 0; i < steps->group_count; i++) {
        test->step_count++;
        EG_TRY(init_step(&test->steps[i], &steps->groups[i], place, err));
    }
    return init_captures(test, eg_plan_setting(plan, "capture"), place, err);
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
    if (test.capture_count > 0 && test.step_count == 0)
        return eg_error_set(err, EG_BAD_JOB,
                            "capture takes values from the log of a test, and there is no test");
    *place = after->place;
    if (test.step_count > 0 && stays_in_loader((enum eg_after)after->choice))
        return eg_error_set(err, EG_BAD_JOB,
                            "link.after is %s, so that the application never runs; the test needs a reset",
                            after->text);
    *place = NULL;
    return EG_OK;
}

static struct step *step_of(const struct test *test)
{
    return &test->steps[test->at];
}

static void next_step(struct test *test)
{
    test->at++;
    test->begun = false;
    test->start_ms = eg_clock_ms();
}

/* What is said of one of several steps begins with its number. */
static enum eg_code fail(const struct test *test, struct eg_error *err)
{
    err->code = EG_TEST_FAILED;
    return test->step_count > 1 ? eg_error_prefix(err, "step %u: ", test->at + 1) : err->code;
}

static bool is_crash(const char *line)
{
    static const char *const signs[] = {
        "Guru Meditation Error",
        "abort() was called",
        "assert failed:",
        "Brownout detector was triggered",
        "A stack overflow in task",
        "Stack smashing protect failure",
        "Fatal exception",                /* ESP8266 */
        "CUT HERE FOR EXCEPTION DECODER", /* its Arduino */
    };

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strstr(line, signs[i]) != NULL)
            return true;
    return false;
}

/* Handle a line, or an incomplete line. Bytes that arrived before a step sent its text are not an answer. */
static enum eg_code look(struct test *test, const char *line, struct eg_error *err)
{
    const struct step *const step = step_of(test);
    const bool waits = test->begun || step->send == NULL;
    char quote[EG_APP_QUOTE_MAX];

    eg_app_quote(quote, line, strlen(line));
    for (unsigned i = 0; waits && i < step->forbid_count; i++) {
        if (!eg_pattern_matches(&step->forbid[i], line))
            continue;
        (void)eg_error_set(err, EG_TEST_FAILED, "\"%.80s\" is forbidden, and a line was \"%s\"",
                           step->forbid[i].text, quote);
        return fail(test, err);
    }
    if (waits && step->expect.text != NULL && eg_pattern_matches(&step->expect, line)) {
        next_step(test);
        return EG_OK;
    }
    if (!is_crash(line))
        return EG_OK;
    (void)eg_error_set(err, EG_TEST_FAILED, "the application crashed: \"%s\"", quote);
    return fail(test, err);
}

static void take_values(struct test *test)
{
    for (unsigned i = 0; i < test->capture_count; i++)
        eg_capture_look(&test->captures[i], test->log.line);
}

static enum eg_code take_line(struct test *test, struct eg_error *err)
{
    const struct eg_log_origin origin = eg_run_origin(test->run);
    const size_t passed = test->passed;

    eg_app_quote(test->last, test->log.line, test->log.line_size);
    eg_log_verbose(test->run->logger, &origin, "log: %s", test->last);
    test->boots += strstr(test->log.line, "rst:0x") != NULL || strstr(test->log.line, "rst cause:") != NULL;
    test->passed = test->looked_at = 0;
    take_values(test);
    return passed < test->log.line_size ? look(test, test->log.line + passed, err) : EG_OK;
}

static enum eg_code take_partial(struct test *test, struct eg_error *err)
{
    const unsigned at = test->at;

    if (test->log.complete || test->log.line_size == test->looked_at)
        return EG_OK;
    test->looked_at = test->log.line_size;
    EG_TRY(look(test, test->log.line + test->passed, err));
    if (test->at != at)
        test->passed = test->log.line_size;
    return EG_OK;
}

static uint32_t left_ms(const struct test *test)
{
    return eg_clock_left_ms(test->start_ms + step_of(test)->timeout_ms);
}

static enum eg_code begin_step(struct test *test, struct eg_error *err)
{
    const struct step *const step = step_of(test);
    struct eg_port *const port = test->run->port;
    uint8_t bytes[SEND_MAX];
    size_t size;

    if (port->baud != step->baud)
        EG_TRY(eg_port_set_baud(port, step->baud, err));
    if (step->send != NULL && unescape(step->send, bytes, &size)) {
        EG_TRY(eg_port_write(port, bytes, size, SEND_MS, err));
        test->passed = test->looked_at = test->log.complete ? 0 : test->log.line_size;
    }
    test->begun = true;
    return EG_OK;
}

static enum eg_code read_some(struct test *test, struct eg_error *err)
{
    const uint32_t left = left_ms(test);
    uint8_t data[1024];
    size_t got, eaten = 0;

    if (!test->begun)
        EG_TRY(begin_step(test, err));
    EG_TRY(
        eg_port_read(test->run->port, data, sizeof data, &got, left < SILENCE_MS ? left : SILENCE_MS, err));
    if (got == 0)
        return take_partial(test, err);
    EG_TRY(eg_app_log_keep(&test->log, data, got, err));
    while (eaten < got && test->at < test->step_count) {
        eaten += eg_app_log_feed(&test->log, data + eaten, got - eaten);
        if (test->log.complete)
            EG_TRY(take_line(test, err));
    }
    return EG_OK;
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
        snprintf(last, sizeof last, "%s", test->last);
    else
        eg_app_quote(last, test->log.line, test->log.line_size);
    if (test->boots > 1)
        snprintf(restarts, sizeof restarts, "the board restarted %u time%s, the", test->boots - 1,
                 test->boots == 2 ? "" : "s");
    snprintf(text, size, "%s last line was \"%s\"", restarts, last);
}

static enum eg_code end_of_time(struct test *test, struct eg_error *err)
{
    const struct step *const step = step_of(test);
    const bool seconds = step->timeout_ms % 1000 == 0;
    char instead[300];

    if (step->expect.text == NULL) {
        next_step(test);
        return EG_OK;
    }
    tell_instead(test, instead, sizeof instead);
    (void)eg_error_set(err, EG_TEST_FAILED, "no line matched \"%.80s\" within %" PRIu32 " %s; %s",
                       step->expect.text, seconds ? step->timeout_ms / 1000 : step->timeout_ms,
                       seconds ? "s" : "ms", instead);
    return fail(test, err);
}

static void show_progress(struct test *test)
{
    const struct step *const step = step_of(test);
    const uint64_t gone_ms = step->timeout_ms - left_ms(test);

    if (eg_clock_ms() - test->shown_ms < SHOW_MS)
        return;
    test->shown_ms = eg_clock_ms();
    eg_run_progress(test->run, step->expect.text != NULL ? step->expect.text : "watching the log",
                    test->at * UINT64_C(1000) + gone_ms * 1000 / step->timeout_ms,
                    test->step_count * UINT64_C(1000));
}

static enum eg_code follow(struct test *test, struct eg_error *err)
{
    test->start_ms = eg_clock_ms();
    while (test->at < test->step_count) {
        const unsigned at = test->at;
        enum eg_code code = read_some(test, err);

        if (code == EG_PORT_GONE && test->run->native_usb)
            code = come_back(test, err);
        EG_TRY(code);
        if (test->at == at && left_ms(test) == 0)
            EG_TRY(end_of_time(test, err));
        if (test->at < test->step_count)
            show_progress(test);
    }
    return EG_OK;
}

static enum eg_code start_application(struct test *test, struct eg_error *err)
{
    struct eg_run *const run = test->run;
    const enum eg_after after = (enum eg_after)eg_plan_choice(run->plan, "link.after");

    if (after == EG_AFTER_HARD_RESET && !eg_port_has_lines(run->port))
        return eg_error_set(err, EG_PORT_REFUSED,
                            "%s: no modem lines by which the board could be reset into its application",
                            run->port->url);
    run->loader.log_baud = test->steps[0].baud;
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

    if (test->log.cut)
        eg_log_warning(run->logger, &origin,
                       "the application's log is longer than %u KiB; the rest is not kept",
                       EG_APP_LOG_MAX / 1024);
    for (unsigned i = 0; i < test->capture_count; i++)
        EG_TRY(eg_capture_record(&test->captures[i], run, err));
    return eg_app_log_compress(&test->log, &run->log, err);
}

/* Whatever becomes of the test, what was read is kept. */
static enum eg_code conclude(struct test *test, enum eg_code code, struct eg_error *err)
{
    struct eg_error other;

    if (!test->log.complete)
        take_values(test);
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
    EG_TRY(start_application(&test, err));
    return conclude(&test, follow(&test, err), err);
}

const struct eg_stage eg_stage_test = {
    .name = "test",
    .summary = "reset into the application and watch its log, where the job says what for",
    .order = 80,
    .options = options,
    .needs = EG_FACT_CONNECTED | EG_FACT_VERIFIED,
    .weight = 4,
    .applies = applies,
    .check = check,
    .run = run_test,
};
