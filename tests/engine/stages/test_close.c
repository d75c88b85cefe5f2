/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

static void a_board_whose_application_does_not_start_is_not_closed(void **state)
{
    struct fake_line *line = *state;

    eg_setting_clear(eg_plan_setting(line->plan, "test"));
    fake_plan_add_group(line->plan, "test",
                        (const char *const[]){"expect", "all is well", "timeout", "300ms", NULL});
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    assert_int_equal(line->results[0].code, EG_TEST_FAILED);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 1);
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 0);
}

static void the_loader_can_be_switched_off(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.download", "off");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_secure_field(line, 1, "DIS_DOWNLOAD_MODE"), 1);
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 0);
    assert_non_null(strstr(line->recorder.transcript, "intended DIS_DOWNLOAD_MODE 1\n"));
    assert_non_null(strstr(line->recorder.transcript, "reached release close\n"));
}

static void power_cut_while_the_loader_closes_is_made_good(void **state)
{
    struct fake_line *line = *state;

    eg_setting_clear(eg_plan_setting(line->plan, "secure.boot.keys"));
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("1:efuse-cut@0"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_board_whose_application_does_not_start_is_not_closed,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(the_loader_can_be_switched_off, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(power_cut_while_the_loader_closes_is_made_good, fake_secure_setup,
                                        fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
