/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/purge.h"

#include "db/proof/audit.h"
#include "tests/db/sample.h"

static void sleep_until_later_than(const char *utc)
{
    char now[EG_UTC_TEXT];

    do
        eg_clock_utc(now);
    while (strncmp(now, utc, 19) <= 0); /* of the second */
}

/*
 * Record three runs with logs, the last at least a second after the first two; `between` is a time between
 * them.
 */
static void fill(struct sample *sample, struct eg_ledger **ledger, char between[EG_UTC_TEXT])
{
    const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    const struct eg_unit unit = sample_unit(1);
    struct eg_error err;
    int64_t run;

    sample->plan.job_text.size = 0;
    assert_ok(eg_sha256(sample->plan.job_sha256, "", 0, &err), err);
    assert_ok(eg_ledger_open(ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, *ledger, "a", &unit, &pass, &run, &err), err);
    assert_ok(sample_run(sample, *ledger, "a", &unit, &pass, &run, &err), err);
    char *last = sample_sql(sample->path, "SELECT max(finished_utc) FROM outcome");
    sleep_until_later_than(last);
    free(last);
    eg_clock_utc(between);
    memcpy(between + 19, "Z", 2);
    assert_ok(sample_run(sample, *ledger, "a", &unit, &pass, &run, &err), err);
}

static void old_logs_go_and_the_ledger_stays_whole(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    char between[EG_UTC_TEXT], expected[300];
    struct eg_purge_request request = {.ledger = sample->path, .before = between, .operator_name = "jo"};
    struct eg_purged purged;
    struct eg_audit audit;
    struct eg_error err;

    fill(sample, &ledger, between);
    assert_ok(eg_purge_logs(&purged, &request, &err), err); /* without a reason, only count */
    assert_int_equal(purged.logs, 2);
    assert_int_equal(purged.bytes, 2 * sizeof SAMPLE_LOG);
    assert_sql(sample->path, "SELECT (SELECT count(*) FROM run_log), (SELECT count(*) FROM purge)", "3|0");

    request.reason = "two years are over";
    snprintf(expected, sizeof expected, "ledger %s: process %ld (test_db.files.p) records into it",
             sample->path, (long)getpid());
    assert_error(eg_purge_logs(&purged, &request, &err), err, EG_LEDGER_LOCKED, expected);
    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(eg_purge_logs(&purged, &request, &err), err);
    assert_int_equal(purged.logs, 2);
    assert_sql(sample->path, "SELECT run_id FROM run_log", "3");
    assert_sql(sample->path, "SELECT logs, bytes, operator, reason FROM purge", "2|34|jo|two years are over");
    assert_sql(sample->path, "SELECT run_id, purge_id, size FROM purged_log", "1|1|17;2|1|17");
    assert_ok(eg_purge_logs(&purged, &request, &err), err);
    assert_int_equal(purged.logs, 0);
    assert_sql(sample->path, "SELECT count(*) FROM purge", "1");
    assert_ok(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");
    assert_int_equal(audit.purged, 2);
}

static void nothing_goes_that_no_purge_covers(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    char between[EG_UTC_TEXT];
    const struct eg_purge_request request = {.ledger = sample->path, .before = between, .reason = "old"};
    static const char move[] =
        "INSERT INTO purged_log SELECT run_id, 1, size, sha256 FROM run_log WHERE run_id = 3";
    struct eg_purged purged;
    struct eg_error err;

    fill(sample, &ledger, between);
    eg_ledger_close(ledger);
    ledger = NULL;
    assert_sql(sample->path, "DELETE FROM run_log", "the ledger is append only");
    assert_sql(sample->path, "UPDATE run_log SET size = 1", "the ledger is append only");
    assert_sql(sample->path, move, "no purge covers the log");
    assert_ok(eg_purge_logs(&purged, &request, &err), err);
    assert_sql(sample->path, move, "no purge covers the log");
    assert_sql(sample->path, "INSERT INTO purge VALUES (2, '2999', 1, 1, '', '', 'mine')", "");
    assert_sql(sample->path, "INSERT INTO purged_log SELECT run_id, 2, size + 1, sha256 FROM run_log",
               "there is no such log, or it is removed already");
    assert_sql(sample->path, "DELETE FROM run_log", "the ledger is append only");
    assert_sql(sample->path, "DELETE FROM purged_log", "the ledger is append only");
}

static void a_time_is_one_of_the_past(void **state)
{
    const struct sample *sample = *state;
    static const struct {
        const char *before, *text;
    } wrong[] = {
        {"yesterday",
         "'yesterday' is no time; write 2026-11-23, or with a time of day 2026-11-23T08:24:00Z, both UTC"},
        {"2026-1-1",
         "'2026-1-1' is no time; write 2026-11-23, or with a time of day 2026-11-23T08:24:00Z, both UTC"},
        {"2026-02-30", "'2026-02-30' is no time of the calendar"},
        {"2026-02-03T24:00:00Z", "'2026-02-03T24:00:00Z' is no time of the calendar"},
        {"2999-01-01", "'2999-01-01' has not come yet"},
    };
    struct eg_purged purged;
    struct eg_error err;

    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct eg_purge_request request = {.ledger = sample->path, .before = wrong[i].before};
        assert_error(eg_purge_logs(&purged, &request, &err), err, EG_BAD_ARGUMENT, wrong[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(old_logs_go_and_the_ledger_stays_whole, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(nothing_goes_that_no_purge_covers, sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(a_time_is_one_of_the_past, sample_setup, sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
