/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/stages/erasing.h"

static void a_rom_erases_and_reads_back(void **state)
{
    struct fake_line *line = *state;

    erase_by(line, "nvs", NULL);
    fake_plan_set(line->plan, "link.stub", "off");
    fake_plan_set(line->plan, "verify", "read-back");
    const uint8_t *const flash = plug_used(line, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_all(flash, NVS, NVS_SIZE, 0xff);
    assert_string_equal(fake_recorder_run(&line->recorder, "1")->erased[0].method, "read-back");
}

static void a_bit_that_stays_0_after_erasing_fails_the_board(void **state)
{
    struct fake_line *line = *state;

    erase_by(line, "nvs", NULL);
    plug_used(line, FAULTS("stuck@0x9123.5=0"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_STUCK_BITS, "*nvs, erased at 0x00009000: *");
    assert_string_equal(fake_recorder_run(&line->recorder, "1")->erased[0].verdict, "different");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_rom_erases_and_reads_back),
        TEST(a_bit_that_stays_0_after_erasing_fails_the_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
