/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

/* The flash of board 1 loses its application when a stage begins. */
static void spoil(void *context, const struct eg_log_record *record)
{
    struct fake_line *const line = context;
    size_t size;

    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "restart") == 0)
        ((uint8_t *)vb_board_flash(vb_gang_board(line->gang, 1), &size))[0x10000] = 0;
}

static void the_application_starts_once_more_after_the_loader_was_closed(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    const char *const closed = strstr(line->recorder.transcript, "stage-end close 1 ok\n");
    assert_non_null(closed);
    assert_non_null(strstr(closed, "stage-end restart 1 ok\n"));
}

static void a_board_that_does_not_start_after_it_was_closed_is_not_green(void **state)
{
    struct fake_line *line = *state;

    line->recorder.at_log = spoil;
    line->recorder.context = line;
    eg_setting_clear(eg_plan_setting(line->plan, "test"));
    fake_plan_add_group(line->plan, "test",
                        (const char *const[]){"expect", "self-test: OK", "timeout", "300ms", NULL});
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_TEST_FAILED,
                            "restart: no line matched \"self-test: OK\" within 300 ms; *");
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
    assert_true(line->recorder.runs[0].log_size > 0);
}

static void nothing_is_captured_twice(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_group(line->plan, "capture",
                        (const char *const[]){"name", "self-test", "pattern", "self-test: (.*)", NULL});
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(line->recorder.runs[0].value_count, 1);
}

static void a_board_whose_loader_stays_open_starts_once(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_null(strstr(line->recorder.transcript, "restart"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_secure_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_application_starts_once_more_after_the_loader_was_closed),
        TEST(a_board_that_does_not_start_after_it_was_closed_is_not_green),
        TEST(nothing_is_captured_twice),
        TEST(a_board_whose_loader_stays_open_starts_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
