/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/sample.h"

/* Two programs that record into one ledger. */
struct lines {
    struct eg_ledger *ledger[2];
    int64_t run[2];
};

static void lines_finish(struct lines *lines)
{
    eg_ledger_close(lines->ledger[0]);
    eg_ledger_close(lines->ledger[1]);
}

/* Begin a run in each program. */
static void lines_begin(struct lines *lines, const struct sample *sample)
{
    struct eg_error err;

    for (unsigned line = 0; line < 2; line++) {
        assert_ok(
            eg_ledger_open(&lines->ledger[line], sample->path, &sample->session, &sample->plan, NULL, &err),
            err);
        struct eg_recorder *const recorder = eg_ledger_recorder(lines->ledger[line]);
        const struct eg_run_begin begins = {.slot = line == 0 ? "left" : "right", .port = "/dev/ttyUSB0"};
        assert_ok(recorder->ops->begin(recorder, &begins, &lines->run[line], &err), err);
    }
}

static enum eg_code admit(const struct lines *lines, unsigned line, struct eg_error *err)
{
    struct eg_recorder *const recorder = eg_ledger_recorder(lines->ledger[line]);
    const struct eg_unit unit = sample_unit(1);

    return recorder->ops->intent(recorder, lines->run[line], &unit, err);
}

static enum eg_code finish(const struct lines *lines, const struct sample *sample, unsigned line,
                           const struct sample_end *end, struct eg_error *err)
{
    const struct eg_unit unit = sample_unit(1);

    return sample_finish(sample, lines->ledger[line], lines->run[line], &unit, end, err);
}

static const struct sample_end pass = {.outcome = EG_PASS},
                               refused = {.outcome = EG_ERROR, .code = EG_DUPLICATE_MAC, .text = "refused"};

static void of_two_boards_of_one_mac_in_two_programs_neither_passes(void **state)
{
    struct sample *const sample = *state;
    EG_CLEANUP(lines_finish) struct lines lines = {0};
    struct eg_error err;

    lines_begin(&lines, sample);
    assert_ok(admit(&lines, 0, &err), err);
    assert_ok(admit(&lines, 0, &err), err); /* another attempt */
    assert_error(admit(&lines, 1, &err), err, EG_DUPLICATE_MAC,
                 "the board in slot left of station line 3 shows the same MAC 7c:df:a1:00:00:01 (run 1)");
    assert_ok(finish(&lines, sample, 1, &refused, &err), err);
    assert_error(finish(&lines, sample, 0, &pass, &err), err, EG_DUPLICATE_MAC,
                 "the board in slot right of station line 3 shows the same MAC 7c:df:a1:00:00:01 (run 2)");
    assert_ok(finish(&lines, sample, 0, &refused, &err), err);
}

static void one_after_the_other_they_are_one_board(void **state)
{
    struct sample *const sample = *state;
    EG_CLEANUP(lines_finish) struct lines lines = {0};
    struct eg_error err;

    lines_begin(&lines, sample);
    assert_ok(admit(&lines, 0, &err), err);
    assert_ok(finish(&lines, sample, 0, &pass, &err), err);
    assert_ok(admit(&lines, 1, &err), err);
    assert_ok(finish(&lines, sample, 1, &pass, &err), err);
}

static void a_program_that_died_has_no_board_at_work(void **state)
{
    struct sample *const sample = *state;
    EG_CLEANUP(lines_finish) struct lines lines = {0};
    struct eg_error err;

    lines_begin(&lines, sample);
    assert_ok(admit(&lines, 0, &err), err);
    eg_ledger_close(lines.ledger[0]);
    lines.ledger[0] = NULL;
    assert_ok(admit(&lines, 1, &err), err);
    assert_ok(finish(&lines, sample, 1, &pass, &err), err);
}

static void rehearsals_have_the_same_boards(void **state)
{
    struct sample *const sample = *state;
    EG_CLEANUP(lines_finish) struct lines lines = {0};
    struct eg_error err;

    sample->session.simulated = true;
    lines_begin(&lines, sample);
    assert_ok(admit(&lines, 0, &err), err);
    assert_ok(admit(&lines, 1, &err), err);
    assert_ok(finish(&lines, sample, 1, &refused, &err), err);
    assert_ok(finish(&lines, sample, 0, &pass, &err), err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(of_two_boards_of_one_mac_in_two_programs_neither_passes),
        with_sample(one_after_the_other_they_are_one_board),
        with_sample(a_program_that_died_has_no_board_at_work),
        with_sample(rehearsals_have_the_same_boards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
