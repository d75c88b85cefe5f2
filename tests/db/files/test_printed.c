/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/printed.h"

#include "db/proof/audit.h"
#include "tests/db/sample.h"

static const struct sample_end passes = {.outcome = EG_PASS};
static const struct sample_end fails = {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "stuck"};

struct bench {
    const struct sample *sample;
    struct eg_ledger *ledger;
    struct eg_printed *printed;
};

static void bench_finish(struct bench *bench)
{
    eg_printed_close(bench->printed);
    eg_ledger_close(bench->ledger);
}

static void bench_init(struct bench *bench, struct sample *sample)
{
    struct eg_error err;

    bench->sample = sample;
    sample_use_job(sample, "espgang: 1\njob: acme-sensor\n");
    assert_ok(eg_ledger_open(&bench->ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(eg_printed_open(&bench->printed, sample->path, "jo", &err), err);
    assert_ok(eg_printed_form(bench->printed, eg_ledger_session(eg_ledger_recorder(bench->ledger)), "zpl",
                              "^XA", &err),
              err);
}

static int64_t run_board(const struct bench *bench, unsigned number, const struct sample_end *end)
{
    const struct eg_unit unit = sample_unit(number);
    struct eg_error err;
    int64_t run;

    assert_ok(sample_run(bench->sample, bench->ledger, "a", &unit, end, &run, &err), err);
    return run;
}

static int64_t next_run(const struct bench *bench)
{
    struct eg_printed_due due = {.run = 0};
    struct eg_error err;
    bool found;

    assert_ok(eg_printed_next(bench->printed, &due, &found, &err), err);
    return found ? due.run : 0;
}

/* "" = the print is begun, else why not. */
static void begin(const struct bench *bench, int64_t run, const char *reason, const char *expected)
{
    const struct eg_print print = {run, "p", reason, "abc", 3};
    struct eg_error refusal, err;

    assert_ok(eg_printed_begin(bench->printed, &print, &refusal, &err), err);
    assert_string_equal(refusal.code == EG_OK ? "" : refusal.text, expected);
}

static void end(const struct bench *bench, int64_t run, const char *failure)
{
    const struct eg_print print = {run, "p", NULL, "abc", 3};
    struct eg_error err;

    assert_ok(eg_printed_end(bench->printed, &print, failure, &err), err);
}

static void expect_states(const struct bench *bench, int64_t run, const char *expected)
{
    char sql[200];

    snprintf(
        sql, sizeof sql,
        "SELECT group_concat(state) FROM (SELECT state FROM label_print WHERE of_run = %d ORDER BY print_id)",
        (int)run);
    assert_sql(bench->sample->path, sql, expected);
}

static void expect_whole(const struct bench *bench)
{
    struct eg_audit audit;
    struct eg_error err;

    assert_ok(eg_audit(&audit, bench->sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");
}

static void passes_are_due_in_the_order_they_finished_and_once(void **state)
{
    EG_CLEANUP(bench_finish) struct bench bench = {0};

    bench_init(&bench, *state);
    assert_int_equal(next_run(&bench), 0);
    const int64_t first = run_board(&bench, 1, &passes);
    (void)run_board(&bench, 2, &fails);
    const int64_t third = run_board(&bench, 3, &passes);
    assert_int_equal(next_run(&bench), first);
    assert_int_equal(next_run(&bench), first);
    begin(&bench, first, NULL, "");
    assert_int_equal(next_run(&bench), third);
    end(&bench, first, NULL);
    begin(&bench, third, NULL, "");
    end(&bench, third, NULL);
    assert_int_equal(next_run(&bench), 0);
    expect_states(&bench, first, "begun,printed");
    expect_whole(&bench);
}

static void a_label_is_printed_again_with_a_reason_only(void **state)
{
    EG_CLEANUP(bench_finish) struct bench bench = {0};

    bench_init(&bench, *state);
    const int64_t run = run_board(&bench, 1, &passes);
    begin(&bench, run, NULL, "");
    begin(&bench, run, NULL, "the label of run 1 may be printed already; give a reason to print it again");
    end(&bench, run, NULL);
    begin(&bench, run, NULL, "the label of run 1 is printed already; give a reason to print it again");
    begin(&bench, run, "torn", "");
    end(&bench, run, NULL);
    expect_states(&bench, run, "begun,printed,begun,printed");
    assert_sql(bench.sample->path, "SELECT reason, operator FROM label_print WHERE print_id = 3", "torn|jo");
    begin(&bench, run_board(&bench, 1, &passes), NULL, "board 7c:df:a1:00:00:01 has its label since run 1");
    expect_states(&bench, 2, "dropped");
    expect_whole(&bench);
}

static void a_failed_print_is_tried_again_and_told_once(void **state)
{
    EG_CLEANUP(bench_finish) struct bench bench = {0};

    bench_init(&bench, *state);
    const int64_t run = run_board(&bench, 1, &passes);
    for (unsigned i = 0; i < 3; i++) {
        begin(&bench, run, NULL, "");
        end(&bench, run, "no paper");
    }
    expect_states(&bench, run, "begun,failed");
    begin(&bench, run, NULL, "");
    end(&bench, run, NULL);
    expect_states(&bench, run, "begun,failed,printed");
}

static void a_board_that_is_not_green_gets_no_label(void **state)
{
    EG_CLEANUP(bench_finish) struct bench bench = {0};
    const struct eg_unit unit = sample_unit(3);
    struct eg_error err;
    int64_t open;

    bench_init(&bench, *state);
    const int64_t failed = run_board(&bench, 1, &fails), withdrawn = run_board(&bench, 2, &passes);
    begin(&bench, failed, "please", "run 1 did not pass: it gets no label");
    (void)run_board(&bench, 2, &fails);
    begin(&bench, withdrawn, NULL, "board 7c:df:a1:00:00:02 gets no label: its last run, 3, did not pass");
    expect_states(&bench, withdrawn, "dropped");
    const int64_t again = run_board(&bench, 3, &passes);
    struct eg_recorder *const recorder = eg_ledger_recorder(bench.ledger);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &open, &err),
        err);
    assert_ok(recorder->ops->intent(recorder, open, &unit, &err), err);
    begin(&bench, again, NULL, "board 7c:df:a1:00:00:03 gets no label: its run 5 has no end on record");
    assert_sql(bench.sample->path, "INSERT INTO label_print VALUES (9, 1, 'printed', '', '', '', '', '')",
               "a label is for a board that passed");
}

static void only_labels_of_own_sessions_are_due_and_others_are_seen_to_go_on(void **state)
{
    EG_CLEANUP(bench_finish) struct bench bench = {0};
    EG_CLEANUP(eg_printed_close_cleanup) struct eg_printed *other = NULL;
    struct eg_printed_due due;
    struct eg_error err;
    bool found, goes_on;

    bench_init(&bench, *state);
    const int64_t run = run_board(&bench, 1, &passes);
    assert_ok(eg_printed_open(&other, bench.sample->path, NULL, &err), err);
    assert_ok(eg_printed_next(other, &due, &found, &err), err);
    assert_false(found);
    assert_ok(eg_printed_goes_on(other, run, &goes_on, &err), err);
    assert_true(goes_on);
    eg_ledger_close(bench.ledger);
    bench.ledger = NULL;
    assert_ok(eg_printed_goes_on(other, run, &goes_on, &err), err);
    assert_false(goes_on);
    assert_ok(eg_printed_of_run(other, run, &due, &err), err);
    assert_string_equal(due.template, "^XA");
    assert_ok(eg_printed_drop(other, run, "scrapped", &err), err);
    expect_states(&bench, run, "dropped");
    assert_int_equal(eg_printed_of_run(other, 99, &due, &err), EG_BAD_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sample_setup, sample_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(passes_are_due_in_the_order_they_finished_and_once),
        TEST(a_label_is_printed_again_with_a_reason_only),
        TEST(a_failed_print_is_tried_again_and_told_once),
        TEST(a_board_that_is_not_green_gets_no_label),
        TEST(only_labels_of_own_sessions_are_due_and_others_are_seen_to_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
