/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/trend.h"
#include "tests/db/batches.h"

#include <math.h>

struct seen {
    char text[2000];
    struct eg_trend_value last; /* its texts are gone */
};

static enum eg_code see_run(void *context, const void *row, struct eg_error *err)
{
    struct seen *const seen = context;
    const struct eg_trend_run *const run = row;

    (void)err;
    snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%d %s '%s'\n",
             (int)run->run, run->outcome, run->unit);
    return EG_OK;
}

static enum eg_code see_session(void *context, const void *row, struct eg_error *err)
{
    struct seen *const seen = context;
    const struct eg_trend_session *const session = row;

    (void)err;
    snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%d %s %s %s\n",
             (int)session->session, session->batch, session->job, session->job_version);
    return EG_OK;
}

static enum eg_code see_value(void *context, const struct eg_trend_value *value, struct eg_error *err)
{
    struct seen *const seen = context;

    (void)err;
    if (!isnan(value->number))
        snprintf(seen->text + strlen(seen->text), sizeof seen->text - strlen(seen->text), "%d %s %g\n",
                 (int)value->run, value->name, value->number);
    seen->last = *value;
    return EG_OK;
}

static void finished_runs_come_with_their_units(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_selection all = {.batches = NULL}, none = {.slot = "x"}, nobody = {.operator_name = "x"},
                              of_job = {.job = "acme-sensor", .chip = "esp32c3"},
                              of_chip = {.chip = "esp32c3"}, of_another = {.chip = "esp32"};
    struct seen seen = {.text = ""}, nothing = {.text = ""}, sessions = {.text = ""}, same = {.text = ""};
    struct eg_error err;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_trend_runs(query, &all, see_run, &seen, &err), err);
#define FLASH " d1644561093a2f2c'\n"
    assert_string_equal(seen.text,
                        "1 pass '7c:df:a1:00:00:01" FLASH "2 fail '7c:df:a1:00:00:02" FLASH
                        "3 pass '7c:df:a1:00:00:02" FLASH "4 pass-marginal '7c:df:a1:00:00:03" FLASH
                        "5 fail '7c:df:a1:00:00:04" FLASH
                        "6 error ''\n7 aborted ''\n8 pass '7c:df:a1:00:00:01" FLASH);
    assert_ok(eg_query_trend_runs(query, &of_chip, see_run, &same, &err), err);
    assert_string_equal(same.text, seen.text); /* a run without an answer is of the job's chip */
    same.text[0] = '\0';
    assert_ok(eg_query_trend_runs(query, &of_job, see_run, &same, &err), err);
    assert_string_equal(same.text, seen.text);
    assert_ok(eg_query_trend_runs(query, &none, see_run, &nothing, &err), err);
    assert_ok(eg_query_trend_runs(query, &nobody, see_run, &nothing, &err), err);
    assert_ok(eg_query_trend_runs(query, &of_another, see_run, &nothing, &err), err);
    assert_string_equal(nothing.text, "");
    assert_ok(eg_query_trend_sessions(query, see_session, &sessions, &err), err);
    assert_string_equal(sessions.text, "1 batch-1 acme-sensor 1.4.0\n2 batch-2 acme-sensor 1.4.0\n"
                                       "3 batch-1 acme-sensor 1.4.0\n");
}

/* A selection by label is read in another order, and one by job with one table more. */
static void a_run_without_a_flash_is_of_the_board_with_its_mac(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_selection selections[] = {{.batches = NULL}, {.label = "A-17"}, {.job = "acme-sensor"}};
    struct eg_error err;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    free(sample_sql(sample->path, "DROP TRIGGER run_device_stays"));
    free(sample_sql(sample->path, "DELETE FROM run_device WHERE run_id IN (4, 8)"));
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    for (size_t i = 0; i < sizeof selections / sizeof selections[0]; i++) {
        struct seen seen = {.text = ""};
        assert_ok(eg_query_trend_runs(query, &selections[i], see_run, &seen, &err), err);
        assert_non_null(strstr(seen.text, "1 pass '7c:df:a1:00:00:01" FLASH));
        assert_non_null(strstr(seen.text, "8 pass '7c:df:a1:00:00:01" FLASH)); /* as run 1 */
        assert_non_null(strstr(seen.text, "4 pass-marginal '7c:df:a1:00:00:03'\n"));
    }
}

static void measured_values_come_by_run(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct sample_end end = {.outcome = EG_PASS, .measured = true};
    struct seen seen = {.text = ""};
    struct eg_error err;
    char *expected;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 1; i <= 3; i++) {
        const struct eg_unit unit = sample_unit(i);
        assert_ok(sample_run(sample, ledger, "a", &unit, &end, &run, &err), err);
    }
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_trend_values(query, 2, 3, see_value, &seen, &err), err);
    expected =
        sample_sql(sample->path, "SELECT group_concat(printf('%d %s %g', run, name, number) || char(10), '')"
                                 " FROM measurements WHERE run IN (2, 3) AND number IS NOT NULL");
    assert_true(strlen(seen.text) > 0);
    assert_true(strncmp(seen.text, expected, strlen(seen.text)) == 0);
    free(expected);
    struct eg_trend_measure measure;
    assert_ok(eg_query_trend_measure(query, &seen.last, &measure, &err), err);
    assert_string_equal(measure.unit, "V");
    assert_true(measure.lower == 3.0 && measure.upper == 3.6);
    free(measure.unit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finished_runs_come_with_their_units, sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(a_run_without_a_flash_is_of_the_board_with_its_mac, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(measured_values_come_by_run, sample_setup, sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
