/* SPDX-License-Identifier: Apache-2.0 */

/* The test stage, on simulated boards whose application prints the contents of a file. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include "engine/image/compress.h"
#include "engine/stages/app_log.h"
#include "engine/stages/run.h"
#include "tools/vboard/carrier/adapter.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct eg_stage eg_stage_test;

static char app_log[] = "/tmp/eg-app-log-XXXXXX";

/* Set the beginning of a region, which is added if the plan lacks it. */
static void put_region(struct eg_plan *plan, const char *name, uint32_t flash_addr, const uint8_t *data,
                       size_t size)
{
    struct eg_region *region = NULL;
    struct eg_error err;

    for (unsigned i = 0; i < plan->region_count; i++)
        if (strcmp(plan->regions[i].name, name) == 0)
            region = &plan->regions[i];
    if (region == NULL)
        region = fake_plan_add(plan, name, flash_addr, 0x1000);
    memcpy(region->data.data, data, size);
    eg_buffer_finish(&region->zlib);
    assert_ok(eg_compress(&region->zlib, region->data.data, region->data.size, &err), err);
    assert_ok(eg_md5(region->md5, region->data.data, region->data.size, &err), err);
    assert_ok(eg_sha256(region->sha256, region->data.data, region->data.size, &err), err);
}

static void make_bootable(struct eg_plan *plan)
{
    static const uint8_t table[64] = {0xaa, 0x50, 0x00, 0x10, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00};

    put_region(plan, "bootloader", 0x1000, (const uint8_t[]){0xe9, 0}, 2);
    put_region(plan, "partition-table", 0x8000, table, sizeof table);
    put_region(plan, "app", 0x10000, (const uint8_t[0x21]){0xe9}, 0x21);
}

static int set_up(void **state)
{
    fake_line_setup(state);
    make_bootable(((struct fake_line *)*state)->plan);
    strcpy(app_log, "/tmp/eg-app-log-XXXXXX");
    const int fd = mkstemp(app_log);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static int tear_down(void **state)
{
    remove(app_log);
    return fake_line_teardown(state);
}

/* Add a group of settings, given as key, text, key, text, NULL; the place is "job.yaml:KEY". */
static void add(struct fake_line *line, const char *key, ...)
{
    struct eg_setting_group *group;
    struct eg_error err;
    va_list words;
    char place[80];

    snprintf(place, sizeof place, "job.yaml:%s", key);
    assert_ok(eg_setting_add_group(eg_plan_setting(line->plan, key), place, &group, &err), err);
    va_start(words, key);
    for (const char *word; (word = va_arg(words, const char *)) != NULL;) {
        struct eg_setting *const setting = eg_settings_find(group->settings, group->setting_count, word);
        assert_non_null(setting);
        if (setting->option->type == EG_OPTION_TEXT_LIST) {
            assert_ok(eg_setting_add_item(setting, NULL, va_arg(words, const char *), "job.yaml:item", &err),
                      err);
            continue;
        }
        assert_ok(eg_setting_set(setting, va_arg(words, const char *), &err), err);
        snprintf(place, sizeof place, "job.yaml:%s.%s", key, word);
        free(setting->place);
        assert_ok(eg_strdup(&setting->place, place, &err), err);
    }
    va_end(words);
}

static void plug(struct fake_line *line, struct vb_config config, const char *log, const char *const *faults)
{
    FILE *const file = fopen(app_log, "wb");

    assert_non_null(file);
    assert_true(fputs(log, file) >= 0);
    assert_int_equal(fclose(file), 0);
    config.fast = true;
    config.app_log = app_log;
    fake_line_plug(line, &config, 1, faults);
}

static void run(struct fake_line *line, const char *log)
{
    plug(line, (struct vb_config){0}, log, NO_FAULTS);
    fake_line_run(line);
}

static void assert_fails(struct fake_line *line, const char *text)
{
    fake_line_assert_result(line, 1, EG_FAIL, EG_TEST_FAILED, text);
}

static void assert_passes(struct fake_line *line)
{
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
}

static void assert_value(const struct fake_line *line, unsigned index, const char *name, const char *value,
                         const char *limits, bool passed)
{
    const struct fake_run *const recorded = fake_recorder_run(&line->recorder, "1");

    assert_true(index < recorded->value_count);
    assert_int_equal(recorded->values[index].kind, EG_VALUE_MEASURED);
    assert_string_equal(recorded->values[index].name, name);
    assert_string_equal(recorded->values[index].value, value);
    assert_string_equal(recorded->values[index].limits, limits);
    assert_int_equal(recorded->values[index].passed, passed);
}

/* Check value and limits, each in its own column; "" = none, NAN = the value is not a number. */
static void assert_number(const struct fake_line *line, unsigned index, double number, const char *unit,
                          const char *lower, const char *upper)
{
    const struct fake_value *const value = &fake_recorder_run(&line->recorder, "1")->values[index];

    assert_true(isnan(number) ? isnan(value->number) : value->number == number);
    assert_string_equal(value->unit, unit);
    assert_string_equal(value->lower, lower);
    assert_string_equal(value->upper, upper);
}

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

static void a_prompt_is_found_when_the_time_of_its_step_is_over(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "^ready> $", "timeout", "300ms", NULL);
    add(line, "capture", "name", "v", "pattern", "v([0-9]+)", NULL);
    run(line, "v12\nready> ");
    assert_passes(line);
    assert_value(line, 0, "v", "12", "", true);
}

static void values_within_their_limits_are_recorded(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "end", NULL);
    add(line, "capture", "name", "firmware", "pattern", "version ([^ ]+)", NULL);
    add(line, "capture", "name", "3v3", "pattern", "3v3=([-0-9.]+)", "unit", "V", "least", "3.0", "most",
        "3.6", NULL);
    add(line, "capture", "name", "rssi", "pattern", "rssi (-?[0-9]+)", "unit", "dBm", "least", "-70", NULL);
    add(line, "capture", "name", "errors", "pattern", "([0-9]+) errors", "most", "0", NULL);
    add(line, "capture", "name", "lux", "pattern", "lux=([0-9]+)", "required", "no", NULL);
    run(line, "version 1.4.0-rc1 built\n3v3=3.60 rssi -70\n3v3=9.99\n0 errors\nend\n");
    assert_passes(line);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->value_count, 4);
    assert_value(line, 0, "firmware", "1.4.0-rc1", "", true);
    assert_number(line, 0, NAN, "", "", "");
    assert_value(line, 1, "3v3", "3.60", "3.0 to 3.6 V", true);
    assert_number(line, 1, 3.6, "V", "3.0", "3.6");
    assert_value(line, 2, "rssi", "-70", "at least -70 dBm", true);
    assert_number(line, 2, -70, "dBm", "-70", "");
    assert_value(line, 3, "errors", "0", "at most 0", true);
    assert_number(line, 3, 0, "", "", "0");
}

static void values_out_of_their_limits_fail_and_are_recorded(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "end", NULL);
    add(line, "capture", "name", "3v3", "pattern", "3v3=([^ ]+)", "unit", "V", "least", "3.0", "most", "3.6",
        NULL);
    add(line, "capture", "name", "rssi", "pattern", "rssi=([^ ]+)", "unit", "dBm", "most", "-1", NULL);
    add(line, "capture", "name", "temp", "pattern", "temp=([^ ]+)", "least", "-5", NULL);
    run(line, "3v3=2.91 rssi=-0.5 temp=n/a\nend\n");
    assert_fails(line, "test: 3v3 is 2.91 V, not 3.0 to 3.6 V; rssi is -0.5 dBm, not at most -1 dBm; "
                       "temp is \"n/a\", no number and so not at least -5");
    assert_value(line, 0, "3v3", "2.91", "3.0 to 3.6 V", false);
    assert_value(line, 1, "rssi", "-0.5", "at most -1 dBm", false);
    assert_value(line, 2, "temp", "n/a", "at least -5", false);
}

static void a_value_out_of_its_limits_is_told_of_a_test_that_fails_anyway(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "OK", "forbid", "FAILED", NULL);
    add(line, "capture", "name", "3v3", "pattern", "3v3=([^ ]+)", "least", "3.0", NULL);
    add(line, "capture", "name", "5v", "pattern", "5v=([^ ]+)", NULL);
    run(line, "3v3=2.91\nFAILED\n");
    assert_fails(line,
                 "test: 3v3 is 2.91, not at least 3.0; \"FAILED\" is forbidden, and a line was \"FAILED\"");
}

static void a_value_that_never_comes_fails(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "end", NULL);
    add(line, "capture", "name", "3v3", "pattern", "3v3=([^ ]+)", NULL);
    run(line, "end\n");
    assert_fails(line, "test: 3v3 is not in the log: no line matched \"3v3=([^ ]+)\"");
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->value_count, 0);
}

static void values_of_an_attempt_that_failed_are_forgotten(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "retry.attempts", "2");
    add(line, "test", "expect", "end", NULL);
    add(line, "capture", "name", "v", "pattern", "v=([^ ]+)", NULL);
    plug(line, (struct vb_config){.seed = 1}, "v=1\nv=2\nv=3\nend\n", FAULTS("app-panicx1"));
    fake_line_run(line);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->value_count, 1);
    assert_value(line, 0, "v", "1", "", true);
}

static void by_native_usb(struct fake_line *line, const char *chip, enum vb_usb usb)
{
    line->plan->target = eg_target_by_name(chip);
    line->plan->regions[0].flash_addr = line->plan->target->bootloader_addr;
    add(line, "test", "expect", "self-test: OK", NULL);
    if (usb == VB_USB_OTG) /* a reset into the loader would lose the port, too */
        fake_plan_set(line->plan, "link.before", "no-reset");
    plug(line, (struct vb_config){.usb = usb, .force_download = usb == VB_USB_OTG},
         "early\n@800ms self-test: OK\n", NO_FAULTS);
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

static void a_watchdog_may_start_the_application(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.after", "watchdog-reset");
    by_native_usb(line, "esp32c3", VB_USB_SERIAL_JTAG);
}

static void a_value_that_comes_in_two_parts_is_whole(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "temp=", NULL);
    add(line, "capture", "name", "temp", "pattern", "temp=([0-9]+)", "most", "85", NULL);
    run(line, "@part temp=1\n@400ms 25\n");
    assert_fails(line, "test: temp is 125, not at most 85");
    assert_value(line, 0, "temp", "125", "at most 85", false);
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

/* Check the refusal of check(), and its place. */
static void assert_refused(struct fake_line *line, const char *place, const char *text)
{
    const char *where = NULL;
    struct eg_error err;

    assert_error(eg_stage_test.check(line->plan, &where, &err), err, EG_BAD_JOB, text);
    if (place == NULL)
        assert_null(where);
    else
        assert_string_equal(where, place);
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

static void values_without_a_test_are_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "capture", "name", "v", "pattern", "(v)", NULL);
    assert_refused(line, NULL, "capture takes values from the log of a test, and there is no test");
}

static void a_pattern_without_a_group_is_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "v", NULL);
    add(line, "capture", "name", "v", "pattern", "v=[0-9]+", NULL);
    assert_refused(line, "job.yaml:capture.pattern",
                   "pattern is \"v=[0-9]+\", without a group in parentheses that would be the value");
}

static void limits_in_the_wrong_order_are_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "v", NULL);
    add(line, "capture", "name", "v", "pattern", "(v)", "least", "-1", "most", "-1.1", NULL);
    assert_refused(line, "job.yaml:capture.most", "most is -1.1, less than least, which is -1");
}

static void two_values_of_one_name_are_refused(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "v", NULL);
    add(line, "capture", "name", "v", "pattern", "(v)", NULL);
    add(line, "capture", "name", "v", "pattern", "(w)", NULL);
    assert_refused(line, "job.yaml:capture.name", "two values have the name v");
}

static void a_board_that_stays_in_its_loader_cannot_be_tested(void **state)
{
    struct fake_line *line = *state;

    add(line, "test", "expect", "v", NULL);
    fake_plan_set(line->plan, "link.after", "no-reset");
    assert_refused(line, NULL,
                   "link.after is no-reset, so that the application never runs; the test needs a reset");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        TEST(a_prompt_is_found_when_the_time_of_its_step_is_over),
        TEST(values_within_their_limits_are_recorded),
        TEST(values_out_of_their_limits_fail_and_are_recorded),
        TEST(a_value_out_of_its_limits_is_told_of_a_test_that_fails_anyway),
        TEST(a_value_that_never_comes_fails),
        TEST(values_of_an_attempt_that_failed_are_forgotten),
        TEST(a_board_on_usb_serial_jtag_is_tested),
        TEST(a_port_that_leaves_with_the_reset_is_opened_again),
        TEST(a_watchdog_may_start_the_application),
        TEST(a_value_that_comes_in_two_parts_is_whole),
        TEST(a_crash_after_the_last_step_fails),
        TEST(without_settling_the_output_is_judged_too),
        TEST(a_line_without_end_is_told),
        TEST(a_test_is_cancelled_while_it_waits),
        TEST(a_bad_pattern_of_a_list_is_refused_at_its_place),
        TEST(a_step_that_asks_for_nothing_is_refused),
        TEST(values_without_a_test_are_refused),
        TEST(a_pattern_without_a_group_is_refused),
        TEST(limits_in_the_wrong_order_are_refused),
        TEST(two_values_of_one_name_are_refused),
        TEST(a_board_that_stays_in_its_loader_cannot_be_tested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
