/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/questions.h"

#include "db/sqlite.h"
#include "tests/db/sample.h"

static enum eg_code see(void *context, const void *row, struct eg_error *err)
{
    const struct eg_run_log *log = row;

    (void)err;
    snprintf(context, 200, "%d %s %s %s %d %d '%s'", (int)log->run, log->mac, log->slot, log->outcome,
             (int)log->size, log->purged_utc[0] != '\0', log->purge_reason);
    return EG_OK;
}

static void assert_log(const struct sample *sample, int64_t run, const char *expected)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    char seen[200] = "";

    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_log(query, run, see, seen, &err), err);
    assert_string_equal(seen, expected);
}

static void a_log_is_there_missing_or_removed(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end with_log = {.outcome = EG_PASS, .measured = true};
    const struct sample_end without_log = {.outcome = EG_PASS};
    struct eg_error err;
    sqlite3 *db = NULL;
    int64_t run;

    sample_use_job(sample, "");
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &with_log, &run, &err), err);
    assert_log(sample, run, "1 7c:df:a1:00:00:01 a pass 17 0 ''");
    assert_ok(sample_run(sample, ledger, "b", &unit, &without_log, &run, &err), err);
    assert_log(sample, run, "2 7c:df:a1:00:00:01 b pass -1 0 ''");
    assert_log(sample, 3, "");
    eg_ledger_close(ledger);
    ledger = NULL;
    assert_int_equal(sqlite3_open(sample->path, &db), SQLITE_OK);
    assert_ok(eg__sqlite_exec(
                  db,
                  "INSERT INTO purge VALUES (1, '2999-01-01T00:00:00.000Z', 1, 17, '2027', 'jo', 'old');"
                  "INSERT INTO purged_log SELECT run_id, 1, size, sha256 FROM run_log WHERE run_id = 1;"
                  "DELETE FROM run_log WHERE run_id = 1",
                  &err),
              err);
    sqlite3_close(db);
    assert_log(sample, 1, "1 7c:df:a1:00:00:01 a pass -1 1 'old'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_log_is_there_missing_or_removed, sample_setup, sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
