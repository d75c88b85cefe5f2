/* SPDX-License-Identifier: Apache-2.0 */

/* The boards of a rehearsal, and the hands of a rehearsed line. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_plan.h"
#include "tests/fakes/fake_recorder.h"

#include "tools/espgang/line/simulated.h"

#include <string.h>

struct rehearsal {
    struct eg_plan *plan;
    struct cli_slots slots;
    struct cli_simulated simulated;
    struct fake_recorder log;
    struct eg_error err;
};

static int setup(void **state)
{
    static struct rehearsal rehearsal;

    rehearsal = (struct rehearsal){.plan = fake_plan_create("esp32")};
    fake_recorder_init(&rehearsal.log);
    *state = &rehearsal;
    return 0;
}

static int teardown(void **state)
{
    struct rehearsal *const rehearsal = *state;

    cli_slots_finish(&rehearsal->slots);
    cli_simulated_finish(&rehearsal->simulated);
    fake_recorder_finish(&rehearsal->log);
    eg_plan_destroy(rehearsal->plan);
    return 0;
}

static const struct vb_config pattern = {.fast = true};
static const struct vb_hands_config hands = {
    .way = VB_HANDS_PLUG, .sockets = 2, .insertions = 2, .pace = 100000};

static void begin(struct rehearsal *rehearsal, const struct vb_hands_config *config)
{
    assert_ok(cli_simulated_init(&rehearsal->simulated, &(struct cli_jobs){&rehearsal->plan, 1}, &pattern,
                                 NULL, 2, config, &rehearsal->slots, &rehearsal->err),
              rehearsal->err);
    assert_int_equal(rehearsal->slots.count, 2);
    assert_string_equal(rehearsal->slots.slots[1].name, "sim:esp32/2");
}

static void boards_for_one_run_stay_in_their_slots(void **state)
{
    struct rehearsal *const rehearsal = *state;
    const struct eg_result result = {.slot = "sim:esp32/1", .mac = "02:65:67:00:00:01"};

    begin(rehearsal, NULL);
    assert_string_equal(cli_simulated_scheme(&rehearsal->simulated)->scheme, "sim:");
    assert_false(cli_simulated_tell(&rehearsal->simulated, &result));
    cli_simulated_report(&rehearsal->simulated, &rehearsal->log.logger);
    assert_string_equal(rehearsal->log.transcript, "");
}

static void a_line_finds_what_the_hands_have_put_in_and_ends_with_the_last_result(void **state)
{
    struct rehearsal *const rehearsal = *state;
    const struct eg_result first = {.slot = "sim:esp32/1", .mac = "02:65:67:00:00:01"},
                           last = {.slot = "sim:esp32/2", .mac = ""};
    const struct eg_slot *slots;
    unsigned count;

    begin(rehearsal, &hands);
    const struct eg_slot_source source = cli_simulated_source(&rehearsal->simulated);
    assert_ok(source.scan(source.context, &slots, &count, &rehearsal->err), rehearsal->err);
    assert_int_equal(count, 2);
    assert_string_equal(slots[1].name, "sim:esp32/2");
    assert_true(eg_presence_known(&slots[1].presence));
    assert_int_equal(slots[1].bridge.vid, 0x10c4);
    assert_false(cli_simulated_tell(&rehearsal->simulated, &first));
    assert_true(cli_simulated_tell(&rehearsal->simulated, &last));
    cli_simulated_report(&rehearsal->simulated, &rehearsal->log.logger);
    assert_string_equal(
        rehearsal->log.transcript,
        "note the simulated hands put in 2 boards, 0 of them once more, and took out 0 too early\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(boards_for_one_run_stay_in_their_slots),
        TEST(a_line_finds_what_the_hands_have_put_in_and_ends_with_the_last_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
