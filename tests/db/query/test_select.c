/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/questions.h"
#include "tests/db/batches.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void change(const char *path, const char *sql)
{
    char *const text = sample_sql(path, sql);

    assert_string_equal(text, "");
    free(text);
}

static enum eg_code note_run(void *context, const void *row, struct eg_error *err)
{
    char *const text = context;

    (void)err;
    snprintf(text + strlen(text), 200 - strlen(text), "%d ", (int)((const struct eg_run_row *)row)->run);
    return EG_OK;
}

static void runs_are_selected_by_every_condition_finished_or_not(void **state)
{
    const struct {
        struct eg_selection selection;
        int64_t newest;
        const char *expected;
    } cases[] = {
        {{.batches = NULL}, 0, "1 2 3 4 5 6 7 8 9 "},
        {{.batches = NULL}, 2, "8 9 "},
        {{.batches = LIST("batch-2")}, 0, "8 "},
        {{.batches = LIST("batch-2", "batch-1")}, 3, "7 8 9 "},
        {{.station = "line 3", .operator_name = "mira", .job = "acme-sensor"}, 1, "9 "},
        {{.station = "line 4"}, 0, ""},
        {{.operator_name = "jo"}, 0, ""},
        {{.job = "other"}, 0, ""},
        {{.slot = "slot <1>", .outcomes = LIST("fail", "aborted")}, 0, "2 5 7 "},
        {{.code = "no-sync"}, 0, "6 "},
        {{.chip = "esp32c3", .slot = "slot 3"}, 0, "9 "},
        {{.label = "L-1"}, 0, "8 "},
        {{.since_utc = "2000-01-01", .until_utc = "2099-01-01", .slot = "slot 3"}, 0, "9 "},
        {{.until_utc = "2000-01-01"}, 0, ""},
        {{.slot = "x' OR 1 --"}, 0, ""},
    };
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_run_column *columns[EG_RUN_COLUMNS];
    struct eg_error err;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    change(sample->path, "DROP TRIGGER run_label_keeps");
    change(sample->path, "UPDATE run_label SET label = 'L-1' WHERE run_id = 8");
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    eg_run_columns(columns, EG_RUN_VIEW);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char runs[200] = "";
        assert_ok(eg_query_selected_runs(query, &cases[i].selection, cases[i].newest, columns, note_run, runs,
                                         &err),
                  err);
        assert_string_equal(runs, cases[i].expected);
        assert_int_equal(eg_selection_is_all(&cases[i].selection), i < 2);
    }
    assert_true(eg_selection_is_all(NULL));
}

static void an_unknown_batch_is_refused_with_the_newest_ones(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    char expected[300];

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_refuse_unknown_batch(query, "batch-2", &err), err);
    snprintf(expected, sizeof expected, "ledger %s: has no batch x; the newest are batch-1, batch-2",
             sample->path);
    assert_error(eg_query_refuse_unknown_batch(query, "x", &err), err, EG_LEDGER, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(runs_are_selected_by_every_condition_finished_or_not, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(an_unknown_batch_is_refused_with_the_newest_ones, sample_setup,
                                        sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
