/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/proof/spoil.h"

#include "db/chain.h"
#include "tests/db/old_ledger.h"

static void assert_says(struct sample *sample, const char *sql, const char *expected)
{
    char path[130];
    struct eg_audit audit;
    struct eg_error err;

    snprintf(path, sizeof path, "%s/spoiled.db", sample->folder);
    copy(sample->path, path);
    run_sql(path, sql);
    assert_ok(eg_audit(&audit, path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, expected);
}

static void the_sentence_says_table_run_and_what_was_done(void **state)
{
    struct sample *sample = *state;

    fill(sample);
    run_sql(sample->path, "PRAGMA journal_mode = DELETE");
    assert_says(sample, "SELECT 1", "");
    assert_says(sample, "DROP TRIGGER stage_keeps",
                "trigger stage_keeps of table stage is missing or is not what it was");
    assert_says(sample, "CREATE TRIGGER mine AFTER INSERT ON run BEGIN SELECT 1; END",
                "trigger mine of table run is not one of a ledger");
    drop_triggers(sample->path);
    assert_says(sample, "UPDATE stage SET duration_us = 1 WHERE run_id = 2 AND position = 2",
                "stage of run 2 is not what was recorded: a row was changed");
    assert_says(sample, "DELETE FROM region_row WHERE run_id = 1 AND position = 1",
                "region of run 1 is not what was recorded: a row was removed");
    assert_says(sample,
                "INSERT INTO run_value VALUES (6, 9, 'unit', 'a', 'b', '', 1, NULL, NULL, NULL, NULL)",
                "run_value of run 6 is not what was recorded: a row was added");
    assert_says(sample, "UPDATE outcome SET sentence = sentence || char(0) || 'x' WHERE run_id = 2",
                "outcome of run 2 is not what was recorded: a row was changed");
    assert_says(sample, "DELETE FROM chain WHERE chain_id = 3", "chain 3 is missing");
    assert_says(sample,
                "DELETE FROM chain WHERE run_id = (SELECT run_id FROM chain ORDER BY chain_id DESC LIMIT 1)",
                "chain of run 9 is missing, and the run has ended");
    assert_says(sample, "UPDATE job SET text = 'x' WHERE job_id = 2",
                "job 2 is not what was recorded: a row was changed");
    assert_says(sample, "UPDATE run_log SET zstd = zeroblob(size) WHERE run_id = 6",
                "run_log of run 6 is not what was recorded: its SHA-256 is another");
    assert_says(sample, "DELETE FROM run_log WHERE run_id = 6",
                "run_log of run 6 is not what was recorded: a row was removed");
    assert_says(sample, "UPDATE slot_reset SET contacts = 0",
                "slot_reset of reset 1 is not what was recorded: a row was changed");
    assert_says(sample, "UPDATE label_form SET template = 'mine'",
                "label_form of label form 1 is not what was recorded: a row was changed");
    assert_says(sample, "UPDATE label_print SET state = 'printed'",
                "label_print of label print 1 is not what was recorded: a row was changed");
    assert_says(sample, "DELETE FROM label_print",
                "label_print of label print 1 is not what was recorded: a row was removed");
    assert_says(sample, "DELETE FROM purged_log WHERE run_id = 2",
                "purged_log of run 2 is not what was recorded");
    assert_says(sample,
                "INSERT INTO stage SELECT 99, position, stage, attempt, started_utc, duration_us, code,"
                " sentence, baud, bytes_sent, bytes_received, resends, wire_us, limited_by FROM stage WHERE "
                "run_id = 1",
                "stage of run 99 has a row that is not part of the chain");
    assert_says(sample,
                "INSERT INTO session SELECT 9, job_id, started_utc, station, operator, batch, job_path,"
                " tool_version, simulated FROM session WHERE session_id = 1",
                "journal of session 9 is missing");
    assert_says(sample, "UPDATE pool_row SET fields = '[\"A-9\",\"three\"]' WHERE row_id = 3",
                "pool_row of import 1 is not what was recorded: a row was changed");
    assert_says(sample, "UPDATE pool_row SET key = 'B-9' WHERE key = 'B-2'",
                "pool_row of run 9 is not what was recorded: a row was changed");
    assert_says(sample, "INSERT INTO pool_row VALUES (9, 1, 3, 6, 'B-9', NULL, '[\"B-9\",\"x\"]', 8)",
                "pool_row 9 did not come with its run");
    assert_says(sample, "UPDATE merged_run SET source = 9 WHERE run_id = 8",
                "merged_run of run 8 is not what was recorded: a row was changed");
    assert_says(sample, "DELETE FROM merged_session WHERE source = 2",
                "merged_session of run 9 is not what was recorded: a row was removed");
    assert_says(sample, "INSERT INTO merged_session VALUES (1, 'a', 1)",
                "merged_session of run 1 is not what was recorded: a row was added");
    assert_says(sample, "INSERT INTO merged_session VALUES (77, 'a', 1)",
                "merged_session of session 77 has no run that was merged");
    assert_says(sample, "UPDATE ledger SET identity = 'a'",
                "ledger of run 1 is not what was recorded: a row was changed");
    assert_says(sample, "DELETE FROM pool_free WHERE row_id = 3",
                "pool_free of row 3 does not say whether the row is free");
}

/* Someone who can drop a trigger gives a link another predecessor and computes its hash again. */
static void a_link_with_a_wrong_predecessor_is_named(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct sample_end pass = {.outcome = EG_PASS};
    const struct eg_unit unit = sample_unit(1);
    struct eg__chain_link link = {.run = 2};
    struct eg__store store;
    struct eg_audit audit;
    struct eg_error err;
    char other[EG_SHA256_TEXT], sql[700];
    sqlite3 *db = NULL;
    int64_t run;

    sample_use_job(sample, "espgang: 1\njob: acme-sensor\n");
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (int i = 0; i < 2; i++)
        assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");

    memset(other, 'f', sizeof other - 1);
    other[sizeof other - 1] = '\0';
    assert_int_equal(sqlite3_open(sample->path, &db), SQLITE_OK);
    assert_ok(eg__store_init(&store, db, false, &err), err);
    assert_ok(eg__chain_hash(&link, &store, 2, EG__CHAIN_FORM, other, &err), err);
    eg_buffer_finish(&link.text);
    eg__store_finish(&store);
    char *trigger = sample_sql(sample->path, "SELECT sql FROM sqlite_master WHERE name = 'chain_keeps'");
    snprintf(sql, sizeof sql,
             "DROP TRIGGER chain_keeps; UPDATE chain SET previous = '%s', hash = '%s' WHERE chain_id = 2; %s",
             other, link.hash, trigger);
    free(trigger);
    run_sql(sample->path, sql);
    assert_ok(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "chain 2 does not follow the one before it");
}

static void unfinished_runs_are_counted(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_audit audit;
    struct eg_error err;
    int64_t run = 0, row;

    sample_use_job(sample, "espgang: 1\n");
    pools_open(sample, &ledger);
    pools_run(sample, ledger, 1, EG_POOL_CONSUMED);
    assert_ok(pools_reserve(ledger, 2, "serials", &run, &row, &err), err);
    assert_ok(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");
    assert_int_equal(audit.runs, 1);
    assert_int_equal(audit.unfinished, 1);
    assert_int_equal(audit.entries, 4);
    char *hash = sample_sql(sample->path, "SELECT hash FROM chain");
    assert_string_equal(audit.chain_hash, hash);
    free(hash);
}

/*
 * The job's text does not match the digest. Form 1 does not hash values and its links have no marks, so a
 * wrong hash names only the run.
 */
static void an_old_ledger_is_audited_once_it_is_migrated(void **state)
{
    struct sample *sample = *state;
    struct eg_audit audit;
    struct eg_error err;
    char expected[300];

    old_ledger_make(sample->path);
    snprintf(expected, sizeof expected,
             "ledger %s: has schema version 1; what next records into it, 'espgang run' for one, brings it "
             "to %d, and "
             "then it can be audited",
             sample->path, (int)eg__migrate_newest());
    assert_error(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err, EG_LEDGER, expected);
    assert_ok(pools_import(sample, "serials.csv", "serial\nA-1\n", &err), err);
    drop_triggers(sample->path);
    run_sql(sample->path, "PRAGMA journal_mode = DELETE");
    assert_says(sample, "SELECT 1", "job 1 is not what was recorded: its SHA-256 is another");
    assert_says(sample, "UPDATE stage SET baud = 1 WHERE run_id = 1",
                "chain of run 1 is not what was recorded: one of its rows was changed");
    assert_says(sample,
                "INSERT INTO run_value VALUES (2, 1, 'unit', 'a', 'b', '', 1, NULL, NULL, NULL, NULL)",
                "run_value of run 2 has a row that is not part of the chain");
}

static void damaged_pages_are_said_to_be_that(void **state)
{
    struct sample *sample = *state;
    struct eg_audit audit;
    struct eg_error err;
    char beginning[300];
    static const uint8_t damage[64] = {0xff, 0xff, 0xff};

    fill(sample);
    run_sql(sample->path, "PRAGMA journal_mode = DELETE");
    char *page = sample_sql(sample->path, "SELECT rootpage FROM sqlite_master WHERE name = 'outcome'");
    FILE *file = fopen(sample->path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (atol(page) - 1) * 4096, SEEK_SET), 0);
    assert_int_equal(fwrite(damage, sizeof damage, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    free(page);
    assert_int_equal(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), EG_LEDGER);
    snprintf(beginning, sizeof beginning, "ledger %s: its pages are damaged: ", sample->path);
    if (strncmp(err.text, beginning, strlen(beginning)) != 0)
        fail_msg("%s", err.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_sentence_says_table_run_and_what_was_done, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(a_link_with_a_wrong_predecessor_is_named, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(unfinished_runs_are_counted, sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(an_old_ledger_is_audited_once_it_is_migrated, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(damaged_pages_are_said_to_be_that, sample_setup, sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
