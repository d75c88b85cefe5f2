/* SPDX-License-Identifier: Apache-2.0 */

/* The test stage, on simulated boards whose application prints the contents of a file. */

#include "tests/engine/stages/absent.h"
#include "tests/engine/stages/testing.h"

#include "engine/stages/app_log.h"
#include "tools/vboard/carrier/adapter.h"

#include <pthread.h>

static void a_line_that_is_expected_passes_and_the_log_is_kept(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "self-test: OK", NULL);
    run(line, "starting\n\033[0;32mself-test: \033[1mOK\033[0m\nmore\n");
    assert_passes(line);
    assert_true(fake_recorder_run(&line->recorder, "1")->log_size > 0);
}

static void without_a_test_nothing_is_read(void **state)
{
    struct fake_line *line = *state;

    run(line, "Guru Meditation Error\n");
    assert_passes(line);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->log_size, 0);
}

static void the_application_goes_on_without_a_second_reset(void **state)
{
    struct fake_line *line = *state;
    uint8_t data[256];

    add(line, "test", "expect", "OK", NULL);
    run(line, "OK\n");
    assert_passes(line);
    assert_int_equal(vb_adapter_read(vb_gang_adapter(line->gang, 1), data, sizeof data), 0);
}

static void steps_are_taken_in_their_order(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "second", NULL);
    add(line, "test", "expect", "first", "timeout", "300ms", NULL);
    run(line, "first\nsecond\nthird\n");
    assert_fails(line, "test: step 2: no line matched \"first\" within 300 ms; the last line was \"third\"");
}

static void what_is_forbidden_fails_at_once(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "OK", "forbid", "FAIL", "forbid", "E \\([0-9]+\\)", "timeout", "1h", NULL);
    run(line, "\033[0;31mE (12) wifi: no antenna\033[0m\nOK\n");
    assert_fails(line, "test: \"E \\([0-9]+\\)\" is forbidden, and a line was \"E (12) wifi: no antenna\"");
}

static void texts_may_be_literal(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "[OK] (100%)", "forbid", ".+", "literal", "yes", NULL);
    run(line, "[OK] (100%)\n");
    assert_passes(line);
}

static void a_step_may_only_watch(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "forbid", "E \\(", "timeout", "300ms", NULL);
    run(line, "quiet\n");
    assert_passes(line);
}

static void a_watching_step_reads_late_output(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "forbid", "late", "timeout", "1h", NULL);
    run(line, "quiet\n@200ms too late\n");
    assert_fails(line, "test: \"late\" is forbidden, and a line was \"too late\"");
}

static void a_crash_is_told_even_when_nobody_asked(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "OK", "timeout", "1h", NULL);
    plug(line, (struct vb_config){0}, "starting\nOK\n", FAULTS("app-panic"));
    fake_line_run(line);
    assert_fails(line, "test: the application crashed: \"Guru Meditation Error: Core  0 panic'ed "
                       "(LoadProhibited). Exception was unhandled.\"");
}

static void a_crash_can_be_the_expected_text(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "assert failed: on_purpose", NULL);
    run(line, "assert failed: on_purpose\n");
    assert_passes(line);
}

static void a_silent_board_is_told_from_a_wrong_line(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "OK", "timeout", "300ms", NULL);
    plug(line, (struct vb_config){0}, "OK\n", FAULTS("app-silent"));
    fake_line_run(line);
    assert_fails(line, "test: no line matched \"OK\" within 300 ms; the last line was \"entry 0x9c005400\"");
}

static void a_wrong_rate_is_told(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "OK", "timeout", "300ms", "baud", "74880", NULL);
    run(line, "OK\n");
    assert_fails(
        line, "test: no line matched \"OK\" within 300 ms; what the board printed is no text at 74880 baud");
}

static void each_step_has_its_rate(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "go", NULL);
    add(line, "test", "expect", "OK", "baud", "9600", NULL);
    run(line, "go\n@baud 9600\n@300ms OK\n");
    assert_passes(line);
}

static void a_board_that_restarts_over_and_over_is_told(void **state)
{
    struct fake_line *line = *state;

    put_region(line->plan, "bootloader", 0x1000, (const uint8_t[]){0xff}, 1);
    add(line, "test", "expect", "OK", "timeout", "1s", NULL);
    run(line, "OK\n");
    assert_string_equal(eg_code_name(line->results[0].code), "test-failed");
    assert_non_null(strstr(line->results[0].text, "no line matched \"OK\" within 1 s; the board restarted "));
    assert_non_null(strstr(line->results[0].text, "s, the last line was \"invalid header: 0x"));
}

static void the_text_that_the_application_waits_for_is_sent(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "ready", NULL);
    add(line, "test", "send", "\\x73elf-test\\n", "expect", "OK", NULL);
    run(line, "ready, not OK yet\n@await self-test\nOK\n");
    assert_passes(line);
}

static void plug_native_usb(struct fake_line *line, const char *chip, enum vb_usb usb)
{
    line->plan->target = eg_target_by_name(chip);
    line->plan->regions[0].flash_addr = line->plan->target->bootloader_addr;
    add(line, "test", "expect", "self-test: OK", NULL);
    if (usb == VB_USB_OTG) /* a reset into the loader would lose the port, too */
        fake_plan_set(line->plan, "link.before", "no-reset");
    plug(line, (struct vb_config){.usb = usb, .force_download = usb == VB_USB_OTG},
         "early\n@800ms self-test: OK\n", NO_FAULTS);
}

static void by_native_usb(struct fake_line *line, const char *chip, enum vb_usb usb)
{
    plug_native_usb(line, chip, usb);
    fake_line_run(line);
    assert_passes(line);
}

static void a_board_on_usb_serial_jtag_is_tested(void **state)
{
    by_native_usb(*state, "esp32c3", VB_USB_SERIAL_JTAG);
}

static void a_port_that_leaves_with_the_reset_is_opened_again(void **state)
{
    struct fake_line *line = *state;

    by_native_usb(line, "esp32s3", VB_USB_OTG);
    const struct fake_run *const recorded = fake_recorder_run(&line->recorder, "1");
    assert_true(recorded->record.bytes_received > 100); /* before and after */
    assert_true(recorded->record.bytes_received < 1000000);
}

static void a_port_that_does_not_come_back_after_the_reset_is_told(void **state)
{
    struct fake_line *line = *state;

    plug_native_usb(line, "esp32s3", VB_USB_OTG);
    fake_plan_set(line->plan, "link.return", "300ms");
    run_absent(line, "test", 1000000);
    fake_line_assert_result(line, 1, EG_ERROR, EG_PORT_GONE,
                            "test: the port did not come back after the reset: sim:esp32s3/1: is not there");
}

static void a_watchdog_may_start_the_application(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.after", "watchdog-reset");
    by_native_usb(line, "esp32c3", VB_USB_SERIAL_JTAG);
}

static void a_crash_after_the_last_step_fails(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "OK", NULL);
    fake_plan_set(line->plan, "settle", "10s");
    run(line, "OK\n@300ms abort() was called at PC 0x40\n");
    assert_fails(line,
                 "test: after the last step: the application crashed: \"abort() was called at PC 0x40\"");
}

/* Keep this program from reading until the time of a step is over, as a suspended or busy host does. */
static void stand_still(void *context, const struct eg_log_record *record)
{
    struct eg_error ignored;

    if (strcmp(record->text, context) == 0)
        (void)!eg_sleep_ms(NULL, 300, &ignored);
}

/* Write the first line, so many others, and the last. */
static void print_lines(char *log, size_t size, const char *first, unsigned others, const char *last)
{
    size_t used = (size_t)snprintf(log, size, "%s\n", first);

    for (unsigned i = 0; i < others; i++)
        used += (size_t)snprintf(log + used, size - used, "line %u\n", i);
    snprintf(log + used, size - used, "%s\n", last);
}

static void what_waits_to_be_read_when_the_time_is_over_is_judged(void **state)
{
    struct fake_line *line = *state;
    char log[8000];

    line->recorder.at_log = stand_still;
    line->recorder.context = (char[]){"log: line 3"};
    add(line, "test", "expect", "^ready", NULL);
    print_lines(log, sizeof log, "ready", 500, "abort() was called at PC 0x400d1234 on core 0");
    run(line, log);
    assert_fails(line, "test: after the last step: the application crashed: \"abort() was called at PC "
                       "0x400d1234 on core 0\"");
}

static void what_came_in_time_is_found_when_the_time_is_over(void **state)
{
    struct fake_line *line = *state;
    char log[8000];

    line->recorder.at_log = stand_still;
    line->recorder.context = (char[]){"log: line 3"};
    add(line, "test", "expect", "^ready", "timeout", "200ms", NULL);
    print_lines(log, sizeof log, "begins", 500, "ready");
    run(line, log);
    assert_passes(line);
}

static void without_settling_the_output_is_judged_too(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "OK", "forbid", "FAIL", NULL);
    fake_plan_set(line->plan, "settle", "0ms");
    run(line, "OK\nFAIL\n");
    assert_fails(line, "test: after the last step: \"FAIL\" is forbidden, and a line was \"FAIL\"");
}

static void a_line_without_end_is_told(void **state)
{
    struct fake_line *line = *state;
    static char log[EG_APP_LINE_MAX + 20];

    memset(log, 'x', EG_APP_LINE_MAX + 1);
    strcpy(log + EG_APP_LINE_MAX + 1, "\nOK\n");
    add(line, "test", "expect", "OK", NULL);
    run(line, log);
    assert_int_equal(line->results[0].code, EG_TEST_FAILED);
    assert_non_null(strstr(line->results[0].text, "test: a line of the log has more than 16384 bytes, so it "
                                                  "cannot be judged: \"xxx"));
}

static void *cancel_soon(void *context)
{
    eg_clock_sleep_until_us(eg_clock_us() + 300000);
    eg_cancel_request(context);
    return NULL;
}

static void a_test_is_cancelled_while_it_waits(void **state)
{
    struct fake_line *line = *state;
    pthread_t thread;

    add(line, "test", "expect", "OK", "timeout", "1h", NULL);
    plug(line, (struct vb_config){0}, "waiting\n", NO_FAULTS);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &line->cancel), 0);
    fake_line_run(line);
    pthread_join(thread, NULL);
    assert_string_equal(eg_outcome_name(line->results[0].outcome), "aborted");
}

static void a_bad_pattern_of_a_list_is_refused_at_its_place(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "ab", "forbid", "fine", "forbid", "a{2", NULL);
    assert_refused(
        line, "job.yaml:item",
        "forbid is \"a{2\", where { begins no repeat such as {2}, {2,} or {0,5}: write \\{ for the "
        "character");
}

static void a_step_that_asks_for_nothing_is_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "timeout", "1s", NULL);
    assert_refused(line, "job.yaml:test", "a step of the test has neither expect nor forbid");
}

static void a_board_that_stays_in_its_loader_cannot_be_tested(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "v", NULL);
    fake_plan_set(line->plan, "link.after", "no-reset");
    assert_refused(line, NULL,
                   "link.after is no-reset, so that the application never runs; the test needs a reset");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_that_is_expected_passes_and_the_log_is_kept),
        TEST(without_a_test_nothing_is_read),
        TEST(the_application_goes_on_without_a_second_reset),
        TEST(steps_are_taken_in_their_order),
        TEST(what_is_forbidden_fails_at_once),
        TEST(texts_may_be_literal),
        TEST(a_step_may_only_watch),
        TEST(a_watching_step_reads_late_output),
        TEST(a_crash_is_told_even_when_nobody_asked),
        TEST(a_crash_can_be_the_expected_text),
        TEST(a_silent_board_is_told_from_a_wrong_line),
        TEST(a_wrong_rate_is_told),
        TEST(each_step_has_its_rate),
        TEST(a_board_that_restarts_over_and_over_is_told),
        TEST(the_text_that_the_application_waits_for_is_sent),
        TEST(a_board_on_usb_serial_jtag_is_tested),
        TEST(a_port_that_leaves_with_the_reset_is_opened_again),
        TEST(a_port_that_does_not_come_back_after_the_reset_is_told),
        TEST(a_watchdog_may_start_the_application),
        TEST(a_crash_after_the_last_step_fails),
        TEST(what_waits_to_be_read_when_the_time_is_over_is_judged),
        TEST(what_came_in_time_is_found_when_the_time_is_over),
        TEST(without_settling_the_output_is_judged_too),
        TEST(a_line_without_end_is_told),
        TEST(a_test_is_cancelled_while_it_waits),
        TEST(a_bad_pattern_of_a_list_is_refused_at_its_place),
        TEST(a_step_that_asks_for_nothing_is_refused),
        TEST(a_board_that_stays_in_its_loader_cannot_be_tested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
