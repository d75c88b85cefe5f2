/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct vb_config fast = {.fast = true};

/* Return whether a stub was uploaded: it has kilobytes, the ROM's preparations only a few dozen bytes. */
static bool uploaded(const struct fake_line *line)
{
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");

    for (unsigned i = 0; i < run->record.stage_count; i++)
        if (strcmp(run->stages[i].stage, "stub") == 0)
            return run->stages[i].bytes_sent > 1000;
    fail_msg("there was no stage stub");
    return false;
}

static void the_stub_is_used_when_there_is_one(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    const bool there_is_one = eg_stub_by_name("esp32") != NULL;
    assert_int_equal(uploaded(line), there_is_one);
    const char *warning = "warning there is no stub for ESP32, its ROM does the writing\n";
    assert_int_equal(strstr(line->recorder.transcript, warning) == NULL, there_is_one);
}

static void the_rom_writes_when_the_stub_is_off(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_false(uploaded(line));
}

static void a_stub_that_must_be_there_and_is_not_ends_the_run(void **state)
{
    struct fake_line *line = *state;

    if (eg_stub_by_name("esp32") != NULL) {
        print_message("SKIPPED: this build has stubs\n");
        skip();
    }
    fake_plan_set(line->plan, "link.stub", "on");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_BAD_STUB, "stub: there is no stub for ESP32");
}

static void a_stub_file_goes_before_the_stub_built_in(void **state)
{
    struct fake_line *line = *state;
    char folder[] = "/tmp/eg-stub-XXXXXX", path[64], text[160];

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/esp32.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("this is no stub", file);
    fclose(file);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    line->station.stub_dir = folder;
    fake_line_run(line);
    unlink(path);
    rmdir(folder);

    snprintf(text, sizeof text, "stub: %s: line 1, column 4: '[' or '{' expected near 'this'", path);
    fake_line_assert_result(line, 1, EG_ERROR, EG_BAD_STUB, text);
    assert_true(fake_line_blank(line, 1));
}

static void a_rate_the_rom_cannot_raise_is_raised_by_the_stub(void **state)
{
    struct fake_line *line = *state;

    if (eg_stub_by_name("esp8266") == NULL) {
        print_message("SKIPPED: this build has no stubs\n");
        skip();
    }
    line->plan->target = eg_target_by_name("esp8266");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_string_equal(run->stages[0].stage, "connect");
    assert_int_equal(run->stages[0].baud, 115200);
    assert_string_equal(run->stages[4].stage, "write");
    assert_int_equal(run->stages[4].baud, 921600);
}

static void a_rom_whose_work_cannot_be_verified_writes_nothing(void **state)
{
    struct fake_line *line = *state;

    line->plan->target = eg_target_by_name("esp8266");
    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_ERROR, EG_CANNOT_VERIFY,
        "stub: the ROM of ESP8266 can neither hash nor read its flash: what it writes cannot be "
        "verified without a stub");
    assert_true(fake_line_blank(line, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_stub_is_used_when_there_is_one),
        TEST(the_rom_writes_when_the_stub_is_off),
        TEST(a_stub_that_must_be_there_and_is_not_ends_the_run),
        TEST(a_stub_file_goes_before_the_stub_built_in),
        TEST(a_rom_whose_work_cannot_be_verified_writes_nothing),
        TEST(a_rate_the_rom_cannot_raise_is_raised_by_the_stub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
