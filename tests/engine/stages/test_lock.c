/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

static void run(struct fake_line *line)
{
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
}

static void fields_that_the_job_names_are_burnt(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_item(line->plan, "secure.efuses", "DIS_FORCE_DOWNLOAD", "1");
    fake_plan_add_item(line->plan, "secure.efuses", "UART_PRINT_CONTROL", "2");
    run(line);
    assert_int_equal(fake_secure_field(line, 1, "DIS_FORCE_DOWNLOAD"), 1);
    assert_int_equal(fake_secure_field(line, 1, "UART_PRINT_CONTROL"), 2);
}

static void in_development_mode_the_board_stays_open(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.mode", "development");
    fake_plan_set(line->plan, "secure.download", "open");
    run(line);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 1);
    assert_int_equal(fake_secure_field(line, 1, "DIS_PAD_JTAG"), 0);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_KEY_REVOKE1"), 0);
    assert_int_equal(fake_secure_field(line, 1, "WR_DIS") & 1, 0);
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 0);
}

static void jtag_alone_can_be_switched_off(void **state)
{
    struct fake_line *line = *state;

    eg_setting_clear(eg_plan_setting(line->plan, "secure.boot.keys"));
    fake_plan_set(line->plan, "secure.download", "open");
    fake_plan_set(line->plan, "secure.jtag", "off");
    run(line);
    assert_int_equal(fake_secure_field(line, 1, "DIS_PAD_JTAG"), 1);
    assert_int_equal(fake_secure_field(line, 1, "DIS_USB_JTAG"), 1);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_that_the_job_names_are_burnt, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(in_development_mode_the_board_stays_open, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(jtag_alone_can_be_switched_off, fake_secure_setup,
                                        fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
