/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/label.h"
#include "engine/plan/unit.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

static const struct vb_config fast = {.fast = true};

/* Run one board with a label; NULL = none. */
static void run_with(struct fake_line *line, const char *label)
{
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    line->slots[0].label = label;
    fake_line_run(line);
}

static void expect_pass(struct fake_line *line, const char *label)
{
    run_with(line, label);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
}

static void expect_refusal(struct fake_line *line, const char *label, const char *sentence)
{
    run_with(line, label);
    fake_line_assert_result(line, 1, EG_FAIL, EG_NOT_ACCEPTED, sentence);
    assert_true(fake_line_blank(line, 1));
}

static void without_label_keys_any_label_and_none_is_taken(void **state)
{
    const struct fake_line *const line = *state;
    struct eg_error err;

    assert_false(eg_label_used(line->plan));
    assert_ok(eg_label_check(line->plan, NULL, &err), err);
    expect_pass(*state, NULL);
}

static void a_board_without_a_required_label_is_as_it_came(void **state)
{
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "label.required", "yes");
    expect_refusal(line, NULL, "label: the board has no label, and the job requires one");
}

static void a_board_with_the_required_label_is_written(void **state)
{
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "label.required", "yes");
    expect_pass(line, "anything");
}

static void a_label_matches_the_pattern_as_a_whole(void **state)
{
    const struct fake_line *const line = *state;
    struct eg_error err;

    fake_plan_set(line->plan, "label.pattern", "ACME-[0-9]{6}|OLD-[0-9]+");
    assert_ok(eg_label_check(line->plan, "ACME-000017", &err), err);
    assert_ok(eg_label_check(line->plan, "OLD-1", &err), err);
    assert_ok(eg_label_check(line->plan, "", &err), err);
    assert_error(eg_label_check(line->plan, "ACME-0000170", &err), err, EG_NOT_ACCEPTED,
                 "label 'ACME-0000170' is not as label.pattern has it: ACME-[0-9]{6}|OLD-[0-9]+");
    assert_int_equal(eg_label_check(line->plan, "xACME-000017", &err), EG_NOT_ACCEPTED);
    assert_int_equal(eg_label_check(line->plan, "xOLD-1", &err), EG_NOT_ACCEPTED);
}

static void a_board_whose_label_does_not_match_is_as_it_came(void **state)
{
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "label.pattern", "ACME-[0-9]{6}");
    expect_refusal(line, "ACNE-000017", "label: label 'ACNE-000017' is not as label.pattern has it: ACME-*");
}

static void a_label_is_the_boards_mac_in_any_form(void **state)
{
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "label.equals", "{mac}");
    expect_pass(line, "026567000001");
}

static void a_label_with_the_mac_of_another_board_is_refused(void **state)
{
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "label.equals", "{mac}");
    expect_refusal(line, "02:65:67:00:00:02",
                   "label: label '02:65:67:00:00:02' is not 02:65:67:00:00:01, which is {mac} of this board");
}

static void of_a_longer_label_the_group_of_the_pattern_is_compared(void **state)
{
    struct fake_line *const line = *state;

    fake_plan_set(line->plan, "label.pattern", "MAC:([0-9A-F]{12});LOT:.*");
    fake_plan_set(line->plan, "label.equals", "{mac}");
    expect_pass(line, "MAC:026567000001;LOT:7");
}

static void a_label_is_the_serial_that_the_pool_gives(void **state)
{
    struct fake_line *const line = *state;

    line->recorder.serial = "17";
    fake_plan_set(line->plan, "unit.serial.pool", "serials");
    fake_plan_set(line->plan, "unit.serial.format", "ACME-{:06d}");
    fake_plan_set(line->plan, "label.equals", "{serial}");
    expect_pass(line, "ACME-000017");
}

static void a_label_with_another_serial_is_refused(void **state)
{
    struct fake_line *const line = *state;

    line->recorder.serial = "17";
    fake_plan_set(line->plan, "unit.serial.pool", "serials");
    fake_plan_set(line->plan, "label.equals", "{serial}");
    expect_refusal(line, "18", "label: label '18' is not 17, which is {serial} of this board");
}

static void a_secret_that_the_label_must_be_is_not_told(void **state)
{
    struct fake_line *const line = *state;

    fake_plan_add_item(line->plan, "unit.values", "claim", "s3cret-{mac}");
    fake_plan_add_item(line->plan, "unit.secret", NULL, "claim");
    fake_plan_set(line->plan, "label.equals", "{claim}");
    expect_refusal(line, "guess", "label: the label is not {claim} of this board, which is secret");
}

static void a_name_that_no_board_has_is_refused_with_the_job(void **state)
{
    const struct fake_line *const line = *state;
    const char *place = NULL;
    struct eg_error err;

    fake_plan_set(line->plan, "label.equals", "{nothing}");
    assert_error(
        eg_unit_names_check(line->plan, &place, &err), err, EG_BAD_JOB,
        "label.equals has {nothing}, which is none of mac, mac_plain, mac_nic, chip, revision, slot, job, "
        "version, run, date");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_label_keys_any_label_and_none_is_taken),
        TEST(a_board_without_a_required_label_is_as_it_came),
        TEST(a_board_with_the_required_label_is_written),
        TEST(a_label_matches_the_pattern_as_a_whole),
        TEST(a_board_whose_label_does_not_match_is_as_it_came),
        TEST(a_label_is_the_boards_mac_in_any_form),
        TEST(a_label_with_the_mac_of_another_board_is_refused),
        TEST(of_a_longer_label_the_group_of_the_pattern_is_compared),
        TEST(a_label_is_the_serial_that_the_pool_gives),
        TEST(a_label_with_another_serial_is_refused),
        TEST(a_secret_that_the_label_must_be_is_not_told),
        TEST(a_name_that_no_board_has_is_refused_with_the_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
