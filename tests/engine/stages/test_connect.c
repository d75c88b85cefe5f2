/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <string.h>

static void a_port_that_is_not_there_is_named(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    line->slots[0].url = "sim:esp32/9";
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_ERROR, EG_NO_PORT,
        "connect: sim:esp32/9: there is no such simulated board, only sim:esp32/1 to sim:esp32/1");
    assert_int_equal(line->results[0].attempts, 1);
}

static void a_port_that_comes_back_is_used_again(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "retry.attempts", "2");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("gone@20000:1200"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
    assert_string_equal(line->results[0].marginal, "needed another attempt");
    fake_line_assert_written(line, 1);
}

static void a_port_that_stays_away_is_gone(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "retry.attempts", "2");
    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("gone@20000"));
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_ERROR, EG_PORT_GONE,
        "first write: app at 0x00010000: block * of 32 at 0x0001*: sim:esp32/1: the simulated "
        "board was unplugged; then connect: the port did not come back in 7 s: sim:esp32/1: the "
        "simulated board is unplugged");
    assert_int_equal(line->results[0].attempts, 2);
}

static void the_rate_is_raised_where_the_rom_can(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.baud", "460800");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_string_equal(run->stages[0].stage, "connect");
    assert_int_equal(run->stages[0].baud, 460800);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_port_that_is_not_there_is_named),
        TEST(a_port_that_comes_back_is_used_again),
        TEST(a_port_that_stays_away_is_gone),
        TEST(the_rate_is_raised_where_the_rom_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
