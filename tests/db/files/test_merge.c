/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/merge.h"

#include "db/proof/audit.h"
#include "db/files/merge_internal.h"
#include "db/journal.h"
#include "db/proof/seal.h"
#include "tests/db/look.h"
#include "tests/db/old_ledger.h"
#include "tests/db/pools.h"

#include <signal.h>
#include <sys/wait.h>

/* Return a sample of another station in the same folder. */
static struct sample station(const struct sample *sample, const char *name)
{
    struct sample other = *sample;

    snprintf(other.path, sizeof other.path, "%s/%s.db", sample->folder, name);
    other.session.station = name;
    sample_use_job(&other, "espgang: 1\n");
    return other;
}

/* Record passes of boards `first` to `last`, then an unfinished run if requested. */
static void record(const struct sample *sample, unsigned first, unsigned last, bool unfinished)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = first; i <= last; i++) {
        const struct eg_unit unit = sample_unit(i);
        assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    }
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    if (unfinished)
        assert_ok(
            recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
            err);
}

/* Let one board pass with the first free row of pool serials. */
static void record_serial(struct sample *sample, const char *csv, unsigned board)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    assert_ok(pools_import(sample, "serials.csv", csv, &err), err);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    pools_run(sample, ledger, board, EG_POOL_CONSUMED);
}

static enum eg_code merge(const struct sample *into, const struct sample *from, struct eg_merged *merged,
                          struct eg_error *err)
{
    const struct eg_merge what = {.ledger = into->path, .other = from->path};

    return eg_ledger_merge(&what, merged, err);
}

static void assert_merged(const struct sample *into, const struct sample *from, int64_t runs, int64_t known,
                          int64_t unfinished)
{
    const struct eg_merge check = {.other = into->path};
    struct eg__other whole = {0};
    struct eg_merged merged;
    struct eg_audit audit;
    struct eg_error err;

    assert_ok(merge(into, from, &merged, &err), err);
    assert_int_equal(merged.runs, runs);
    assert_int_equal(merged.known, known);
    assert_int_equal(merged.unfinished, unfinished);
    assert_ok(eg__merge_check(&whole, &check, &err), err);
    free(whole.full);
    assert_ok(eg_audit(&audit, into->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");
}

/* Check that the merge is refused and the ledger unchanged. */
static void assert_refused(const struct sample *into, const struct sample *from, enum eg_code code,
                           const char *format, ...)
{
    static const char counts[] = "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM session),"
                                 " (SELECT count(*) FROM pool_row), (SELECT count(*) FROM pool_event),"
                                 " (SELECT count(*) FROM job), (SELECT count(*) FROM merged_session),"
                                 " (SELECT max(hash) FROM chain)";
    char *before = sample_sql(into->path, counts);
    struct eg_merged merged;
    struct eg_error err;
    char expected[500];
    va_list args;

    va_start(args, format);
    vsnprintf(expected, sizeof expected, format, args);
    va_end(args);
    assert_error(merge(into, from, &merged, &err), err, code, expected);
    assert_sql(into->path, counts, before);
    free(before);
}

static void what_the_job_says_of_its_reports_comes_with_the_session(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");

    record(&one, 1, 1, false);
    look_set(&two, "Acme", "98.5", LOOK_SVG);
    record(&two, 2, 2, false);
    look_forget(&two);
    record(&two, 3, 3, false);
    assert_merged(&one, &two, 2, 0, 0);
    assert_sql(one.path,
               "SELECT form_id, station, customer, target, CAST(logo AS TEXT) = \"" LOOK_SVG "\" FROM session"
               " JOIN report_form USING (session_id) ORDER BY form_id",
               "1|two|Acme|98.5|1;2|two|||0");
}

static void every_finished_run_comes_once_with_all_it_has(void **state)
{
    static const char runs[] = "SELECT station, batch, slot, mac, outcome, started, finished, job_sha256"
                               " FROM runs WHERE outcome <> 'unfinished' AND station = 'two' ORDER BY run";
    struct sample one = station(*state, "one"), two = station(*state, "two");

    record(&one, 1, 2, false);
    record(&two, 3, 5, true);
    assert_merged(&one, &two, 3, 0, 1);
    char *there = sample_sql(two.path, runs);
    assert_sql(one.path, runs, there);
    free(there);
    assert_sql(one.path, "SELECT count(*), max(finish_order) FROM runs", "5|5");
    assert_sql(
        one.path,
        "SELECT (SELECT count(*) FROM stage), (SELECT count(*) FROM region),"
        " (SELECT count(*) FROM run_value), (SELECT count(*) FROM run_log), (SELECT count(*) FROM intent),"
        " (SELECT count(*) FROM job), (SELECT count(*) FROM session)",
        "10|10|15|5|5|1|2");
    assert_sql(one.path, "SELECT run_id, source FROM merged_run", "3|1;4|2;5|3");
    assert_merged(&one, &two, 0, 3, 1);
    record(&two, 6, 6, false); /* this also closes the unfinished run */
    assert_merged(&one, &two, 2, 3, 0);
    assert_sql(one.path, "SELECT count(*), count(DISTINCT hash) FROM runs", "7|7");
    record(&one, 7, 7, false);
    assert_merged(&one, &two, 0, 5, 0);
}

static void a_dry_run_reports_the_runs_and_keeps_nothing(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");
    const struct eg_merge dry = {.ledger = one.path, .other = two.path, .dry_run = true};
    struct eg_merged merged;
    struct eg_error err;
    char expected[300];

    record(&two, 3, 5, true);
    snprintf(expected, sizeof expected, "ledger %s: opening it: No such file or directory", one.path);
    assert_error(eg_ledger_merge(&dry, &merged, &err), err, EG_LEDGER, expected);
    record(&one, 1, 2, false);
    assert_ok(eg_ledger_merge(&dry, &merged, &err), err);
    assert_int_equal(merged.runs, 3);
    assert_sql(one.path, "SELECT count(*) FROM run", "2");
    assert_merged(&one, &two, 3, 0, 1);
}

struct watching {
    struct eg_cancel cancel;
    int64_t merged, total; /* as it was told last */
};

/* Cancel once the first run is copied. */
static void watch(void *context, const char *what, int64_t done, int64_t total)
{
    struct watching *const watching = context;

    if (strcmp(what, "merged") != 0)
        return;
    watching->merged = done;
    watching->total = total;
    watching->cancel.requested = true;
}

static void a_merge_that_is_cancelled_keeps_whole_runs_and_goes_on_later(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");
    struct watching watching = {.merged = -1};
    struct eg_merged merged;
    struct eg_audit audit;
    struct eg_error err;
    char expected[300];

    record(&two, 1, 3, false);
    const struct eg_merge what = {.ledger = one.path,
                                  .other = two.path,
                                  .cancel = &watching.cancel,
                                  .progress = watch,
                                  .context = &watching};
    snprintf(expected, sizeof expected, "ledger %s into %s: cancelled after 1 of 3 runs were merged",
             two.path, one.path);
    assert_error(eg_ledger_merge(&what, &merged, &err), err, EG_CANCELLED, expected);
    assert_int_equal(watching.merged, 0);
    assert_int_equal(watching.total, 3);
    assert_sql(one.path, "SELECT count(*) FROM runs", "1");
    assert_ok(eg_audit(&audit, one.path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");
    assert_merged(&one, &two, 2, 1, 0);
    assert_sql(one.path, "SELECT count(*), count(DISTINCT mac) FROM runs", "3|3");
}

static void what_a_region_should_hold_is_stored_once(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");

    record(&two, 1, 3, false);
    assert_sql(two.path, "SELECT (SELECT count(*) FROM region), (SELECT count(*) FROM image)", "6|2");
    record(&one, 4, 4, false);
    assert_merged(&one, &two, 3, 0, 0);
    assert_sql(one.path, "SELECT (SELECT count(*) FROM region), (SELECT count(*) FROM image)", "8|2");
    assert_sql(one.path,
               "SELECT DISTINCT name, file, address, size, read_md5 = expected_md5 FROM regions ORDER BY 3",
               "bootloader|b.bin|0x00000000|20480|1;app|a.bin|0x00010000|65536|1");
}

static void a_run_comes_once_by_whatever_way(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two"), all = station(*state, "all");

    record(&one, 1, 2, false);
    record(&two, 3, 3, false);
    assert_merged(&all, &one, 2, 0, 0);
    assert_merged(&two, &one, 2, 0, 0);
    assert_merged(&all, &two, 1, 2, 0);
    assert_merged(&one, &all, 1, 2, 0);
    assert_sql(all.path, "SELECT count(*), count(DISTINCT mac), count(DISTINCT station) FROM runs", "3|3|2");
    assert_sql(all.path, "SELECT count(*) FROM session", "2");
}

static void of_pools_come_the_rows_that_runs_have_written(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;

    record(&one, 9, 9, false);
    pools_open(&two, &ledger);
    pools_run(&two, ledger, 1, EG_POOL_RESERVED); /* and gives it back */
    pools_run(&two, ledger, 2, EG_POOL_WRITTEN);
    pools_run(&two, ledger, 2, EG_POOL_CONSUMED);
    pools_run(&two, ledger, 2, EG_POOL_CONSUMED);
    pools_run(&two, ledger, 3, EG_POOL_RESERVED);
    assert_merged(&one, &two, 5, 0, 0);
    assert_sql(one.path, "SELECT pool, key, state, run, mac, imported_from FROM serials",
               "serials|A-1|consumed|5|7c:df:a1:00:00:02|serials.csv");
    assert_sql(one.path, "SELECT name, total, free, consumed FROM pools", "serials|1|0|1");
    assert_sql(one.path, "SELECT group_concat(state) FROM pool_event",
               "reserved,written,reserved,written,verified,consumed,reserved,written,verified");
    pools_run(&two, ledger, 1, EG_POOL_CONSUMED);
    assert_merged(&one, &two, 1, 5, 0);
    assert_sql(one.path, "SELECT row, key, state FROM serials", "1|A-1|consumed;2|A-2|consumed");
}

/* Everything of the run is copied except the log's size and digest. */
static void a_purged_log_is_not_merged(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");
    struct eg_error err;
    sqlite3 *db = NULL;

    record(&one, 1, 1, false);
    record(&two, 2, 3, false);
    assert_int_equal(sqlite3_open(two.path, &db), SQLITE_OK);
    assert_ok(eg__sqlite_exec(
                  db,
                  "INSERT INTO purge VALUES (1, '2999-01-01T00:00:00.000Z', 1, 20, '2027', 'mira', 'old');"
                  "INSERT INTO purged_log SELECT run_id, 1, size, sha256 FROM run_log WHERE run_id = 1",
                  &err),
              err);
    assert_ok(eg__journal_append(db, EG__ENTRY_PURGE, 1, &err), err);
    sqlite3_close(db);
    assert_merged(&one, &two, 2, 0, 0);
    assert_sql(one.path, "SELECT group_concat(run_id), (SELECT count(*) FROM purged_log) FROM run_log",
               "1,3|0");
    assert_merged(&one, &two, 0, 2, 0);
}

static void a_seal_stays_where_it_is_and_keeps_runs_out_where_it_is(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two"),
                  three = station(*state, "three");
    const struct eg_seal_request there = {.ledger = two.path, .batch = "batch-1"},
                                 here = {.ledger = one.path, .batch = "batch-1"};
    struct eg_seal_made made;
    struct eg_error err;

    record(&one, 1, 1, false);
    record(&two, 2, 2, false);
    record(&three, 3, 3, false);
    assert_ok(eg_seal_batch(&made, &there, &err), err);
    assert_merged(&one, &two, 1, 0, 0);
    assert_sql(one.path, "SELECT count(*), (SELECT count(*) FROM seal) FROM run", "2|0");
    assert_ok(eg_seal_batch(&made, &here, &err), err);
    assert_merged(&one, &two, 0, 1, 0);
    assert_refused(&one, &three, EG_LEDGER, "ledger %s into %s: run 1: batch batch-1 is sealed here",
                   three.path, one.path);
}

static void a_row_that_two_stations_gave_to_two_boards_is_refused(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");

    record_serial(&one, "serial\nA-1\nA-2\n", 1);
    record_serial(&two, "serial\nA-1\nA-2\n", 2);
    record(&two, 7, 9, false);
    assert_refused(
        &one, &two, EG_LEDGER,
        "ledger %s into %s: run 1: row A-1 of pool serials was given to 7c:df:a1:00:00:02 there and"
        " to 7c:df:a1:00:00:01 here",
        two.path, one.path);
}

static void a_board_that_has_two_rows_is_refused(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");

    record(&two, 5, 5, false);
    record_serial(&one, "serial\nA-1\n", 1);
    record_serial(&two, "serial\nB-1\n", 1);
    assert_refused(&one, &two, EG_LEDGER,
                   "ledger %s into %s: run 2: 7c:df:a1:00:00:01 has row B-1 of pool serials there and row A-1"
                   " here",
                   two.path, one.path);
}

static void a_row_or_a_pool_that_is_another_here_is_refused(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two"),
                  three = station(*state, "three");

    record_serial(&one, "serial,label\nA-1,one\n", 1);
    record_serial(&two, "serial,label\nA-1,two\n", 1);
    assert_refused(&one, &two, EG_LEDGER,
                   "ledger %s into %s: run 1: row A-1 of pool serials has other values there than here",
                   two.path, one.path);
    record_serial(&three, "serial,sticker\nA-1,one\n", 1);
    assert_refused(&one, &three, EG_LEDGER,
                   "ledger %s into %s: run 1: pool serials has other columns there than here", three.path,
                   one.path);
}

/* The same board has the same row of the same file in both ledgers. */
static void a_row_that_exists_here_too_is_continued(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");

    record_serial(&one, "serial\nA-1\nA-2\n", 1);
    record_serial(&two, "serial\nA-1\nA-2\n", 1);
    assert_merged(&one, &two, 1, 0, 0);
    assert_sql(one.path, "SELECT key, state, run FROM serials", "A-1|consumed|2;A-2|free|NULL");
}

static void copy(const char *from, const char *to)
{
    char command[300];

    snprintf(command, sizeof command, "cp %s %s", from, to);
    assert_int_equal(system(command), 0);
}

static void a_ledger_that_went_on_as_two_is_refused(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two"), fork = station(*state, "fork");

    record(&two, 3, 3, false);
    copy(two.path, fork.path);
    record(&two, 4, 4, false);
    record(&fork, 5, 5, false);
    assert_merged(&one, &two, 2, 0, 0);
    assert_refused(&one, &fork, EG_LEDGER,
                   "ledger %s into %s: run 2: is not the run 2 that is here of the same ledger, which was"
                   " changed or went on as two",
                   fork.path, one.path);
    assert_refused(&two, &fork, EG_LEDGER,
                   "ledger %s into %s: is the same ledger as the one it would go into, or a copy of it",
                   fork.path, two.path);
    assert_refused(&two, &two, EG_LEDGER,
                   "ledger %s into %s: is the same ledger as the one it would go into, or a copy of it",
                   two.path, two.path);
}

static void tamper(const struct sample *sample, const char *trigger, const char *sql)
{
    char drop[100];

    snprintf(drop, sizeof drop, "DROP TRIGGER %s", trigger);
    assert_sql(sample->path, drop, "");
    assert_sql(sample->path, sql, "");
}

static void data_changed_after_it_was_recorded_is_refused(void **state)
{
    struct sample one = station(*state, "one");
    static const struct {
        const char *trigger, *sql, *cause;
    } tricks[] = {
        {"outcome_keeps", "UPDATE outcome SET outcome = 'fail' WHERE run_id = 2",
         "its chain is broken at run 2: it was changed after it was recorded"},
        {"chain_keeps", "UPDATE chain SET hash = previous WHERE run_id = 1",
         "its chain is broken at run 1: it was changed after it was recorded"},
        {"chain_stays", "DELETE FROM chain WHERE run_id = 1",
         "its chain is broken at run 2: it was changed after it was recorded"},
        {"chain_stays", "DELETE FROM chain WHERE run_id = 2",
         "2 of its runs have ended, and 1 are in its chain"},
        {"run_log_keeps", "UPDATE run_log SET zstd = zeroblob(size) WHERE run_id = 1",
         "the log of run 1 is not what was recorded"},
    };

    record(&one, 1, 1, false);
    for (unsigned i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        char name[20];
        snprintf(name, sizeof name, "two-%u", i);
        struct sample two = station(*state, name);
        record(&two, 3, 4, false);
        tamper(&two, tricks[i].trigger, tricks[i].sql);
        assert_refused(&one, &two, EG_LEDGER, "ledger %s: %s", two.path, tricks[i].cause);
    }
}

static void a_file_that_is_not_a_current_ledger_is_refused(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two"), old = station(*state, "old");

    record(&one, 1, 1, false);
    assert_refused(&one, &two, EG_LEDGER, "ledger %s: opening it: No such file or directory", two.path);
    old_ledger_make(old.path);
    assert_refused(&one, &old, EG_LEDGER,
                   "ledger %s: has schema version 1, older than %d; 'espgang run' and 'espgang pool import'"
                   " bring it there",
                   old.path, (int)eg__migrate_newest());
    record(&two, 2, 2, false);
    assert_sql(two.path, "PRAGMA user_version = 99", "");
    assert_refused(&one, &two, EG_LEDGER_NEWER,
                   "ledger %s: has schema version 99, newer than %d, the newest that this espgang knows",
                   two.path, (int)eg__migrate_newest());
}

static void a_ledger_that_is_recorded_into_is_read_but_does_not_grow(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    record(&one, 1, 1, false);
    assert_ok(eg_ledger_open(&ledger, two.path, &two.session, &two.plan, NULL, &err), err);
    assert_merged(&one, &two, 0, 0, 0);
    assert_refused(&two, &one, EG_LEDGER_LOCKED, "ledger %s: process %ld (test_db.files.m) records into it",
                   two.path, (long)getpid());
}

/* Killed at any moment, the merge has copied everything or nothing, and the next merge completes it. */
static void a_merge_that_is_killed_leaves_all_or_nothing(void **state)
{
    struct sample one = station(*state, "one"), two = station(*state, "two");
    struct eg_merged merged;
    struct eg_error err;

    record(&one, 1, 1, false);
    record(&two, 2, 21, false);
    for (unsigned i = 0; i < 8; i++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)!merge(&one, &two, &merged, &err);
            _exit(0);
        }
        assert_ok(eg_sleep_ms(NULL, i * i * 5 / 2, &err), err);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        char *count = sample_sql(one.path, "SELECT count(*), (SELECT count(*) FROM chain) FROM run");
        if (strcmp(count, "1|1") != 0)
            assert_string_equal(count, "21|21");
        free(count);
    }
    assert_ok(merge(&one, &two, &merged, &err), err);
    assert_int_equal(merged.runs + merged.known, 20);
    assert_merged(&one, &two, 0, 20, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(every_finished_run_comes_once_with_all_it_has),
        with_sample(what_the_job_says_of_its_reports_comes_with_the_session),
        with_sample(a_dry_run_reports_the_runs_and_keeps_nothing),
        with_sample(a_merge_that_is_cancelled_keeps_whole_runs_and_goes_on_later),
        with_sample(what_a_region_should_hold_is_stored_once),
        with_sample(a_run_comes_once_by_whatever_way),
        with_sample(of_pools_come_the_rows_that_runs_have_written),
        with_sample(a_purged_log_is_not_merged),
        with_sample(a_seal_stays_where_it_is_and_keeps_runs_out_where_it_is),
        with_sample(a_row_that_two_stations_gave_to_two_boards_is_refused),
        with_sample(a_board_that_has_two_rows_is_refused),
        with_sample(a_row_or_a_pool_that_is_another_here_is_refused),
        with_sample(a_row_that_exists_here_too_is_continued),
        with_sample(a_ledger_that_went_on_as_two_is_refused),
        with_sample(data_changed_after_it_was_recorded_is_refused),
        with_sample(a_file_that_is_not_a_current_ledger_is_refused),
        with_sample(a_ledger_that_is_recorded_into_is_read_but_does_not_grow),
        with_sample(a_merge_that_is_killed_leaves_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
