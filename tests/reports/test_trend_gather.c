/* SPDX-License-Identifier: Apache-2.0 */

/* Runs, units and batches of a trend. */

#include "tests/reports/gathered.h"

/* 12 units in two batches; the first three come back into the second one, and the very first passes there. */
static struct sample_end first_end(unsigned number, const char **slot)
{
    (void)slot;
    return (struct sample_end){.outcome = number < 3 ? EG_FAIL : EG_PASS,
                               .code = number < 3 ? EG_STUCK_BITS : EG_OK,
                               .text = number < 3 ? "stuck" : NULL,
                               .attempts = 1};
}

static struct sample_end second_end(unsigned number, const char **slot)
{
    (void)slot;
    return (struct sample_end){.outcome = number > 0 ? EG_ERROR : EG_PASS,
                               .code = number > 0 ? EG_NO_SYNC : EG_OK,
                               .text = number > 0 ? "no answer" : NULL,
                               .attempts = 1};
}

static void fill(struct sample *sample)
{
    page_fill(sample, 12, first_end);
    sample->session.batch = "batch-2";
    page_fill(sample, 3, second_end);
}

static void a_unit_is_what_its_last_run_says(void **state)
{
    EG_CLEANUP(gathered_finish) struct gathered all = {.query = NULL};
    const struct eg_selection selection = {.batches = NULL};

    fill(*state);
    gather(&all, *state, &selection);
    assert_int_equal(all.gathered.run_count, 15);
    assert_int_equal(all.gathered.unit_count, 12);
    assert_int_equal(all.trend.batch_count, 2);
    assert_string_equal(all.trend.batches[0].name, "batch-1");
    assert_string_equal(all.trend.batches[1].name, "batch-2");
    for (size_t i = 0; i < 15; i++) {
        const struct eg__gathered_run *const run = &all.gathered.runs[i];
        const struct eg__gathered_unit *const unit = &all.gathered.units[run->unit];
        assert_int_equal(run->run, i + 1);
        assert_int_equal(all.trend.sessions[run->session].at, i < 12 ? 0 : 1);
        assert_int_equal(unit->last_run, i % 12 < 3 ? i % 12 + 13 : i + 1);
        assert_int_equal(unit->outcome, i % 12 == 1 || i % 12 == 2 ? EG_ERROR : EG_PASS);
        assert_int_equal(unit->first_passed, i % 12 >= 3);
        assert_true(unit->chosen);
    }
}

static void an_outcome_and_a_code_choose_units_by_their_last_run(void **state)
{
    EG_CLEANUP(gathered_finish) struct gathered fails = {.query = NULL}, errors = {.query = NULL};
    const struct eg_selection fail = {.outcomes = (const char *const[]){"fail", NULL}},
                              code = {.code = "no-sync"};
    size_t chosen = 0;

    fill(*state);
    gather(&fails, *state, &fail);
    for (size_t i = 0; i < fails.gathered.unit_count; i++)
        assert_false(fails.gathered.units[i].chosen);
    gather(&errors, *state, &code);
    for (size_t i = 0; i < errors.gathered.unit_count; i++)
        chosen += errors.gathered.units[i].chosen;
    assert_int_equal(chosen, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_unit_is_what_its_last_run_says),
        with_sample(an_outcome_and_a_code_choose_units_by_their_last_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
