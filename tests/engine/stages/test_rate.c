/* SPDX-License-Identifier: Apache-2.0 */

/* `link.baud: auto`, on simulated boards whose wires and bridges cannot do every rate. */

#include "engine/stages/rate.h"

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"
#include "tools/vboard/model/model.h"

#include <string.h>

static const struct fake_run *run_line(struct fake_line *line)
{
    fake_line_run(line);
    return &line->recorder.runs[line->recorder.run_count - 1];
}

static void plug(struct fake_line *line, struct vb_config config, const char *const *faults)
{
    if (eg_stub_by_name("esp32") == NULL) {
        print_message("SKIPPED: no stubs in this build\n");
        skip();
    }
    config.fast = true;
    fake_plan_set(line->plan, "link.baud", "auto");
    fake_line_plug(line, &config, 1, faults);
}

static void the_highest_rate_of_chip_and_bridge_is_taken(void **state)
{
    static const struct {
        const char *chip;
        uint16_t vid, pid;
        uint32_t of_slot, baud;
    } rows[] = {
        {"esp32", 0, 0, 0, 3000000},           {"esp32c3", 0, 0, 0, 2000000},
        {"esp8266", 0, 0, 0, 921600},          {"esp32", 0x1a86, 0x7523, 0, 2000000},
        {"esp32", 0x10c4, 0xea60, 0, 3000000}, {"esp32", 0, 0, 1500000, 1500000},
        {"esp32", 0, 0, 460800, 460800},
    };
    struct fake_line *line = *state;

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        line->plan->target = eg_target_by_name(rows[i].chip);
        plug(line, (struct vb_config){0}, NO_FAULTS);
        line->slots[0].bridge = (struct eg_bridge){.vid = rows[i].vid, .pid = rows[i].pid};
        line->slots[0].baud = rows[i].of_slot;
        const struct fake_run *const run = run_line(line);
        assert_int_equal(line->results[0].outcome, EG_PASS);
        fake_line_assert_written(line, 1);
        assert_int_equal(run->link.baud, rows[i].baud);
        assert_int_equal(run->link.baud_most, 3000000);
        assert_int_equal(run->link.baud_failed, 0);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

static void a_small_region_before_a_large_one_is_written_at_the_higher_rate_too(void **state)
{
    struct fake_line *line = *state;
    const struct eg_region *const small = &line->plan->regions[0];

    plug(line, (struct vb_config){0}, NO_FAULTS);
    const struct fake_run *const run = run_line(line);
    assert_int_equal(line->results[0].outcome, EG_PASS);
    assert_true(small->data.size < line->plan->regions[1].data.size);
    assert_true(run->regions[0].times.wire_us < small->zlib.size * 10 * 1000000 / EG_RATE_USUAL);
}

static void a_rate_that_the_wire_damages_is_given_up_before_anything_is_written(void **state)
{
    struct fake_line *line = *state;

    plug(line, (struct vb_config){.wire_baud = 1500000}, NO_FAULTS);
    const struct fake_run *const run = run_line(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_int_equal(run->link.baud, 1500000);
    assert_int_equal(run->link.baud_most, 1500000);
    assert_int_equal(run->link.baud_failed, 2000000);
    assert_non_null(strstr(line->recorder.transcript, "note 3000000 baud does not work on this cable: "));
    assert_non_null(strstr(line->recorder.transcript, "note 2000000 baud does not work on this cable: "));
}

static void fall_silent(void *context, const struct eg_log_record *record)
{
    struct fake_line *const line = context;
    struct vb__faults *const faults = &vb_gang_board(line->gang, 1)->faults;

    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "write") == 0)
        faults->next = faults->states[0].next = faults->received + 60;
}

static void a_board_that_is_gone_after_a_rate_that_failed_is_told_with_the_rate(void **state)
{
    struct fake_line *line = *state;

    plug(line, (struct vb_config){0}, FAULTS("1:silent@1000000"));
    line->recorder.at_log = fall_silent;
    line->recorder.context = line;
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_ERROR, EG_NO_SYNC,
        "write: connecting again after 3000000 baud: no answer in 7 attempts: check power, "
        "cable and the seat of the board");
    assert_true(fake_line_blank(line, 1));
}

static void a_bridge_that_rounds_a_rate_too_far_gets_a_lower_one(void **state)
{
    struct fake_line *line = *state;

    plug(line, (struct vb_config){.bridge_clock = 16000000}, NO_FAULTS);
    const struct fake_run *const run = run_line(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(run->link.baud, 2000000);
    assert_int_equal(run->link.baud_failed, 3000000);
}

static void the_ledger_says_where_to_begin(void **state)
{
    static const struct {
        struct eg_rates_seen seen;
        uint32_t baud;
    } rows[] = {{{2000000, 0}, 2000000},
                {{2000000, 49}, 2000000},
                {{2000000, 50}, 3000000},
                {{460800, 3}, 460800},
                {{460800, 50}, 921600}};
    struct fake_line *line = *state;

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        line->recorder.rates = rows[i].seen;
        plug(line, (struct vb_config){0}, NO_FAULTS);
        const struct fake_run *const run = run_line(line);
        assert_int_equal(line->results[0].outcome, EG_PASS);
        assert_int_equal(run->link.baud, rows[i].baud);
        assert_int_equal(run->link.baud_most, rows[i].baud);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

static void resends_lower_the_rate_for_the_boards_after_it_too(void **state)
{
    struct fake_line *line = *state;

    plug(line, (struct vb_config){0}, FAULTS("flip@50000x4"));
    line->recorder.rates = (struct eg_rates_seen){2000000, 3};
    fake_plan_add(line->plan, "more", 0x40000, 0x40000);
    const struct fake_run *const run = run_line(line);
    fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_string_equal(run->marginal, "the rate was lowered in mid-write");
    assert_true(run->record.resends >= 2);
    assert_int_equal(run->link.baud, run->link.baud_most);
    assert_true(run->link.baud < 2000000);
    assert_true(run->link.baud_failed <= 2000000);
}

static void a_failed_attempt_lowers_the_rate_and_not_that_of_connecting(void **state)
{
    struct fake_line *line = *state;

    plug(line, (struct vb_config){0}, FAULTS("brownout@50000"));
    fake_plan_set(line->plan, "retry.attempts", "2");
    const struct fake_run *const run = run_line(line);
    fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_int_equal(run->link.baud_failed, 3000000);
    assert_int_equal(run->link.baud, 2000000);
    assert_non_null(strstr(line->recorder.transcript, "note attempt 2 of 2 at 921600 baud\n"));
}

static void a_port_that_was_gone_leaves_the_rate_of_its_cable(void **state)
{
    struct fake_line *line = *state;

    plug(line, (struct vb_config){0}, FAULTS("gone@50000:1200"));
    fake_plan_set(line->plan, "retry.attempts", "2");
    const struct fake_run *const run = run_line(line);
    fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
    assert_string_equal(run->marginal, "needed another attempt");
    assert_int_equal(run->link.baud, 3000000);
    assert_int_equal(run->link.baud_most, 3000000);
    assert_int_equal(run->link.baud_failed, 0);
}

static void a_board_that_cannot_be_reset_keeps_the_usual_rate(void **state)
{
    struct fake_line *line = *state;

    plug(line, (struct vb_config){.strap_low = true}, NO_FAULTS);
    fake_plan_set(line->plan, "link.before", "no-reset");
    const struct fake_run *const run = run_line(line);
    assert_int_equal(line->results[0].outcome, EG_PASS);
    assert_int_equal(run->link.baud, EG_RATE_USUAL);
}

static void a_job_that_names_its_rate_gets_it(void **state)
{
    struct fake_line *line = *state;

    plug(line, (struct vb_config){0}, FAULTS("flip@30000x3"));
    fake_plan_set(line->plan, "link.baud", "1500000");
    const struct fake_run *const run = run_line(line);
    assert_int_equal(line->results[0].outcome, EG_PASS_MARGINAL);
    assert_int_equal(run->link.baud, 1500000);
    assert_int_equal(run->link.baud_most, 0);
    assert_int_equal(run->link.baud_failed, 0);
}

static void the_record_names_the_stub(void **state)
{
    struct fake_line *line = *state;
    char text[EG_STUB_TEXT];

    plug(line, (struct vb_config){0}, NO_FAULTS);
    snprintf(text, sizeof text, "esp32 of %s", eg_stub_source());
    assert_string_equal(run_line(line)->link.stub, text);
    fake_plan_set(line->plan, "link.stub", "off");
    assert_string_equal(run_line(line)->link.stub, "ROM");
}

static void a_faster_cpu_keeps_up_with_a_higher_rate(void **state)
{
    struct fake_line *line = *state;

    line->plan->target = eg_target_by_name("esp32c6");
    plug(line, (struct vb_config){0}, NO_FAULTS);
    fake_plan_set(line->plan, "link.cpu", "fast");
    assert_int_equal(run_line(line)->link.baud, 3000000);
    assert_int_equal(line->results[0].outcome, EG_PASS);
    fake_line_assert_written(line, 1);
}

/* Whatever the wire does: green only with the right flash. */
static void no_seed_of_a_bad_wire_makes_a_wrong_board_green(void **state)
{
    struct fake_line *line = *state;
    unsigned passed = 0;

    for (uint64_t seed = 1; seed <= 12; seed++) {
        plug(line, (struct vb_config){.seed = seed, .wire_baud = seed % 2 == 0 ? 2000000 : 921600},
             NO_FAULTS);
        (void)run_line(line);
        if (eg_outcome_passed(line->results[0].outcome)) {
            passed++;
            fake_line_assert_written(line, 1);
        }
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
    assert_int_equal(passed, 12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_highest_rate_of_chip_and_bridge_is_taken),
        TEST(a_small_region_before_a_large_one_is_written_at_the_higher_rate_too),
        TEST(a_rate_that_the_wire_damages_is_given_up_before_anything_is_written),
        TEST(a_board_that_is_gone_after_a_rate_that_failed_is_told_with_the_rate),
        TEST(a_bridge_that_rounds_a_rate_too_far_gets_a_lower_one),
        TEST(the_ledger_says_where_to_begin),
        TEST(resends_lower_the_rate_for_the_boards_after_it_too),
        TEST(a_failed_attempt_lowers_the_rate_and_not_that_of_connecting),
        TEST(a_port_that_was_gone_leaves_the_rate_of_its_cable),
        TEST(a_board_that_cannot_be_reset_keeps_the_usual_rate),
        TEST(a_job_that_names_its_rate_gets_it),
        TEST(the_record_names_the_stub),
        TEST(a_faster_cpu_keeps_up_with_a_higher_rate),
        TEST(no_seed_of_a_bad_wire_makes_a_wrong_board_green),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
