/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/questions.h"
#include "tests/db/batches.h"

static enum eg_code see(void *context, const void *row, struct eg_error *err)
{
    (void)err;
    strcat(context, *(const char *const *)row);
    strcat(context, ";");
    return EG_OK;
}

/* Record a session of this version; the board is admitted or not. */
static void record(struct sample *sample, const char *version, const char *batch, bool simulated,
                   bool admitted)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    struct eg_error err;
    int64_t run;

    sample_use_job(sample, version);
    sample->plan.job_version = (char *)(uintptr_t)version;
    sample->session.batch = batch;
    sample->session.simulated = simulated;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *const recorder = eg_ledger_recorder(ledger);
    const struct eg_run_begin begin = {.slot = "slot", .port = "port"};
    assert_ok(recorder->ops->begin(recorder, &begin, &run, &err), err);
    if (admitted)
        assert_ok(recorder->ops->intent(recorder, run, &unit, &err), err);
}

static void versions_count_from_the_first_real_board_that_is_admitted(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    char seen[200] = "";

    record(sample, "1.4", "a", false, true);
    record(sample, "1.4", "b", false, true);
    record(sample, "1.3", "c", false, true);
    record(sample, "1.5", "d", true, true);
    record(sample, "1.6", "e", false, false);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_versions(query, sample->plan.job_name, see, seen, &err), err);
    assert_string_equal(seen, "1.4;1.3;");
    assert_ok(eg_query_versions(query, "another", see, seen, &err), err);
    assert_string_equal(seen, "1.4;1.3;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(versions_count_from_the_first_real_board_that_is_admitted,
                                        sample_setup, sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
