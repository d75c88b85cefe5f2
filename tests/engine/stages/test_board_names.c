/* SPDX-License-Identifier: Apache-2.0 */

/* The names of a board and their values: from a pool, and from the job's program. */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <string.h>

static const struct vb_config fast = {.fast = true};

#define RAW_ADDR 0x200000

#define GROUP(...) ((const char *const[]){__VA_ARGS__, NULL})

static void give_serials(struct fake_line *line)
{
    line->recorder.serial = "17";
    fake_plan_set(line->plan, "unit.serial.pool", "serials");
    fake_plan_set(line->plan, "unit.serial.format", "ACME-{:06d}");
}

static void set_program(struct fake_line *line, const char *script)
{
    fake_plan_add_item(line->plan, "unit.generate.program", NULL, "sh");
    fake_plan_add_item(line->plan, "unit.generate.program", NULL, "-c");
    fake_plan_add_item(line->plan, "unit.generate.program", NULL, script);
}

/* Check that the board's names cannot be made, and that its flash stays as it came. */
static void assert_unmade(struct fake_line *line, enum eg_code code, const char *text)
{
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, eg_outcome_of(code), code, text);
    assert_true(fake_line_blank(line, 1));
}

static void assert_has(const struct fake_line *line, const char *text)
{
    if (strstr(line->recorder.transcript, text) == NULL)
        fail_msg("no \"%s\" in\n%s", text, line->recorder.transcript);
}

static void a_serial_that_another_board_has_is_refused_before_anything_is_erased(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    line->recorder.taken = "ACME-000017";
    assert_unmade(line, EG_NOT_UNIQUE, "unit: another board has it");
    assert_has(line, "reserve serials\nclaim serial ACME-000017\n");
}

static void values_declared_unique_are_claimed_and_a_secret_is_not_shown(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    fake_plan_add_item(line->plan, "unit.values", "key_a", "s3cret");
    fake_plan_add_item(line->plan, "unit.values", "lot", "L7");
    fake_plan_add_item(line->plan, "unit.unique", NULL, "key_*");
    fake_plan_add_item(line->plan, "unit.secret", NULL, "key_*");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    assert_has(line, "claim serial ACME-000017\n");
    assert_has(line, "claim key_a (secret)\n");
    assert_null(strstr(line->recorder.transcript, "claim lot"));
}

static void an_empty_pool_leaves_the_board_as_it_came(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    line->recorder.serial = NULL;
    assert_unmade(line, EG_POOL_EMPTY, "unit: pool serials has no row left");
}

static void a_program_is_told_the_board_and_answers_with_names(void **state)
{
    struct fake_line *line = *state;

    line->recorder.serial = "17";
    fake_plan_set(line->plan, "unit.serial.pool", "serials");
    fake_plan_add_item(line->plan, "unit.secret", NULL, "password");
    set_program(line, "grep -q '\"mac\":\"02:65:67:00:00:01\".*\"slot\":\"1\".*\"run\":1,.*\"serial\":\"17\"'"
                      " && echo '{\"password\": \"s3cret\", \"count\": 5, \"gain\": 1.5}'");
    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "2MB", "value", "{password} {count:03d} {gain}"));
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    size_t size;
    const uint8_t *const flash = vb_board_flash(vb_gang_board(line->gang, 1), &size);
    assert_memory_equal(flash + RAW_ADDR, "s3cret 005 1.5\xff", 15);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_int_equal(run->value_count, 4);
    assert_string_equal(run->values[1].name, "password");
    assert_string_equal(run->values[1].value, "");
    assert_string_equal(run->values[2].value, "5");
    assert_string_equal(run->values[3].value, "1.5");
}

static void assert_answer_refused(struct fake_line *line, const char *script, enum eg_code code,
                                  const char *text)
{
    set_program(line, script);
    assert_unmade(line, code, text);
}

static void an_answer_that_is_not_json_is_refused_without_showing_it(void **state)
{
    assert_answer_refused(*state, "echo '{\"key\": hunter2}'", EG_BAD_UNIT_DATA,
                          "unit: the answer of sh is not JSON, see its line 1, column 14");
}

static void an_answer_that_is_no_object_is_refused(void **state)
{
    assert_answer_refused(*state, "echo '[1]'", EG_BAD_UNIT_DATA,
                          "unit: the answer of sh is JSON, but not an object of names and values");
}

static void an_answer_with_something_else_than_text_and_numbers_is_refused(void **state)
{
    assert_answer_refused(*state, "echo '{\"a\": null}'", EG_BAD_UNIT_DATA,
                          "unit: the answer of sh: a is neither text nor a number");
}

static void an_answer_with_a_nul_is_refused(void **state)
{
    assert_answer_refused(*state, "echo '{\"a\": \"b\\u0000c\"}'", EG_BAD_UNIT_DATA,
                          "unit: the answer of sh: a has the control character 0x00");
}

static void an_answer_with_a_name_of_the_board_is_refused(void **state)
{
    assert_answer_refused(*state, "echo '{\"mac\": \"x\"}'", EG_BAD_UNIT_DATA,
                          "unit: the answer of sh has the name mac, which is there already");
}

static void a_program_that_fails_fails_the_run(void **state)
{
    assert_answer_refused(*state, "echo no server >&2; exit 3", EG_PROGRAM_FAILED,
                          "unit: sh exited with status 3: no server");
}

static void a_program_that_takes_too_long_fails_the_run(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "unit.generate.timeout", "200ms");
    assert_answer_refused(line, "sleep 60", EG_PROGRAM_FAILED, "unit: sh did not end within 200 ms");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_serial_that_another_board_has_is_refused_before_anything_is_erased),
        TEST(values_declared_unique_are_claimed_and_a_secret_is_not_shown),
        TEST(an_empty_pool_leaves_the_board_as_it_came),
        TEST(a_program_is_told_the_board_and_answers_with_names),
        TEST(an_answer_that_is_not_json_is_refused_without_showing_it),
        TEST(an_answer_that_is_no_object_is_refused),
        TEST(an_answer_with_something_else_than_text_and_numbers_is_refused),
        TEST(an_answer_with_a_nul_is_refused),
        TEST(an_answer_with_a_name_of_the_board_is_refused),
        TEST(a_program_that_fails_fails_the_run),
        TEST(a_program_that_takes_too_long_fails_the_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
