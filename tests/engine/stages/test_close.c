/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/stages/absent.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"
#include "tools/vboard/model/model.h"

#include <string.h>

/* The first fault strikes `bytes` after the stage `close` begins. */
struct strike {
    struct fake_line *line;
    unsigned bytes;
};

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

static void begin_strike(void *context, const struct eg_log_record *record)
{
    struct strike *const strike = context;
    struct vb__faults *const faults = &vb_gang_board(strike->line->gang, 1)->faults;

    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "close") == 0)
        faults->next = faults->states[0].next = faults->received + strike->bytes;
}

static void the_port_of_a_board_with_its_own_usb_is_awaited_after_the_test(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &(struct vb_config){.fast = true, .usb = VB_USB_SERIAL_JTAG}, 1, NO_FAULTS);
    run_absent(line, "close", 3);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
}

static void a_board_with_its_own_usb_that_stays_away_after_the_test_is_not_green(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.return", "300ms");
    fake_line_plug(line, &(struct vb_config){.fast = true, .usb = VB_USB_SERIAL_JTAG}, 1, NO_FAULTS);
    run_absent(line, "close", 1000000);
    fake_line_assert_result(line, 1, EG_ERROR, EG_PORT_GONE,
                            "close: the port did not come back in 0.3 s: sim:esp32c6/1: is not there");
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 0);
}

/* Its own USB leaves the bus before the eFuse is burnt; when it is back, the application starts. */
static void a_board_that_leaves_while_its_loader_is_switched_off_is_not_green(void **state)
{
    for (unsigned bytes = 1650; bytes < 2250; bytes += 200) {
        struct fake_line *line = *state;
        struct strike strike = {.line = line, .bytes = bytes};

        fake_plan_set(line->plan, "secure.download", "off");
        line->recorder.at_log = begin_strike;
        line->recorder.context = &strike;
        fake_line_plug(line, &(struct vb_config){.fast = true, .usb = VB_USB_SERIAL_JTAG}, 1,
                       FAULTS("1:gone@1000000:1000"));
        fake_line_run(line);
        fake_line_assert_result(line, 1, EG_ERROR, EG_PORT_GONE, "close: burning BLOCK0: *");
        assert_int_equal(fake_secure_field(line, 1, "DIS_DOWNLOAD_MODE"), 0);
        assert_null(strstr(line->recorder.transcript, "reached release close"));
        fake_line_teardown(state);
        fake_secure_setup(state);
    }
}

/* The board starts again while its eFuse is burnt, and cannot be read back any more. */
static void a_loader_that_says_that_it_is_off_is_on_record_as_off(void **state)
{
    unsigned not_read_back = 0;

    for (unsigned bytes = 2240; bytes < 2340; bytes += 20) {
        struct fake_line *line = *state;
        struct strike strike = {.line = line, .bytes = bytes};

        fake_plan_set(line->plan, "secure.download", "off");
        line->recorder.at_log = begin_strike;
        line->recorder.context = &strike;
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("1:brownout@1000000"));
        fake_line_run(line);
        fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
        assert_int_equal(fake_secure_field(line, 1, "DIS_DOWNLOAD_MODE"), 1);
        assert_non_null(
            strstr(line->recorder.transcript, "observed DIS_DOWNLOAD_MODE yes\nreached release close\n"));
        not_read_back += strstr(line->recorder.transcript, "BLOCK0: burnt\nobserved DIS_DOWNLOAD") != NULL;
        fake_line_teardown(state);
        fake_secure_setup(state);
    }
    assert_true(not_read_back > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_board_whose_application_does_not_start_is_not_closed,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(the_loader_can_be_switched_off, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_board_that_leaves_while_its_loader_is_switched_off_is_not_green,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(the_port_of_a_board_with_its_own_usb_is_awaited_after_the_test,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_board_with_its_own_usb_that_stays_away_after_the_test_is_not_green,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_loader_that_says_that_it_is_off_is_on_record_as_off,
                                        fake_secure_setup, fake_line_teardown),
        cmocka_unit_test_setup_teardown(power_cut_while_the_loader_closes_is_made_good, fake_secure_setup,
                                        fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
