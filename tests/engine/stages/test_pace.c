/* SPDX-License-Identifier: Apache-2.0 */

/* Whether a region took longer than on the other boards. */

#include "engine/stages/pace.h"
#include "tests/fakes/check.h"

#define WIRE_US  UINT64_C(5000000)
#define TOTAL_US UINT64_C(6000000)

static const struct eg_pace_work app = {&app, 2, 0x1640c8, 1 << 20, 921600};

static void pace_cleanup(struct eg_pace **pace)
{
    eg_pace_destroy(*pace);
}

/* Take usual times, which differ by up to 30 ms each way. */
static void take(struct eg_pace *pace, const struct eg_pace_work *work, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_false(eg_pace_take(pace, work, WIRE_US, TOTAL_US + i * 7919 % 61 * 1000 - 30000));
}

static void a_time_far_above_the_others_is_slow(void **state)
{
    (void)state;
    EG_CLEANUP(pace_cleanup) struct eg_pace *pace = eg_pace_create();

    take(pace, &app, EG_PACE_FEW - 1);
    assert_false(eg_pace_take(pace, &app, WIRE_US, 9000000)); /* too few before it */
    assert_false(eg_pace_take(pace, &app, WIRE_US, 7000000)); /* within 9 times 2 % of the median */
    assert_true(eg_pace_take(pace, &app, WIRE_US, 7200000));
    for (unsigned i = 0; i < EG_PACE_FEW / 2; i++) /* slow ones do not make the next look good */
        assert_true(eg_pace_take(pace, &app, WIRE_US, 7200000));
}

static void the_newest_times_count(void **state)
{
    (void)state;
    EG_CLEANUP(pace_cleanup) struct eg_pace *pace = eg_pace_create();

    take(pace, &app, EG_PACE_KEPT);
    for (unsigned i = 0; i < EG_PACE_KEPT; i++)
        (void)eg_pace_take(pace, &app, WIRE_US, 8000000);
    assert_false(eg_pace_take(pace, &app, WIRE_US, 8000000)); /* another reel: that is how it is now */
}

static void only_the_same_work_is_compared(void **state)
{
    (void)state;
    EG_CLEANUP(pace_cleanup) struct eg_pace *pace = eg_pace_create();
    struct eg_pace_work other[] = {app, app, app, app, app};

    other[0].plan = &other;
    other[4].region++;
    other[1].flash_jedec++;
    other[2].written--;
    other[3].baud = 460800;
    take(pace, &app, EG_PACE_FEW);
    for (unsigned i = 0; i < 5; i++)
        assert_false(eg_pace_take(pace, &other[i], WIRE_US, 12000000));
    assert_true(eg_pace_take(pace, &app, WIRE_US, 12000000));
    for (uint32_t i = 0; i < 200; i++) /* more kinds of work than are kept */
        take(pace, &(struct eg_pace_work){&app, 0, i, 4096, 115200}, 1);
    assert_false(eg_pace_take(pace, &app, WIRE_US, 12000000));
}

static void times_without_a_wire_say_nothing(void **state)
{
    (void)state;
    EG_CLEANUP(pace_cleanup) struct eg_pace *pace = eg_pace_create();

    take(pace, &app, EG_PACE_FEW);
    assert_false(eg_pace_take(pace, &app, 0, 12000000));
    assert_false(eg_pace_take(pace, &app, 12000001, 12000000));
    assert_false(eg_pace_take(NULL, &app, WIRE_US, 12000000));
}

/* Times so short that a busy computer can make them longer. */
static void a_small_excess_is_not_slow(void **state)
{
    (void)state;
    EG_CLEANUP(pace_cleanup) struct eg_pace *pace = eg_pace_create();

    for (unsigned i = 0; i < EG_PACE_FEW; i++)
        assert_false(eg_pace_take(pace, &app, 1000, 2000));
    assert_false(eg_pace_take(pace, &app, 1000, 200000));
    assert_true(eg_pace_take(pace, &app, 1000, 300000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_far_above_the_others_is_slow),
        cmocka_unit_test(the_newest_times_count),
        cmocka_unit_test(only_the_same_work_is_compared),
        cmocka_unit_test(times_without_a_wire_say_nothing),
        cmocka_unit_test(a_small_excess_is_not_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
