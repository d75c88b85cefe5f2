/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/merge.h"
#include "db/lock.h"
#include "tests/db/old_ledger.h"
#include "tests/db/pools.h"

/* Return the newest version as SQL text. */
static const char *newest(char text[24])
{
    snprintf(text, 24, "%d", (int)eg__migrate_newest());
    return text;
}

static void make(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void assert_refused(const struct sample *sample, enum eg_code code, const char *cause)
{
    struct eg_ledger *ledger = NULL;
    struct eg_error err;
    char expected[300];

    snprintf(expected, sizeof expected, "ledger %s: %s", sample->path, cause);
    assert_error(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err,
                 code, expected);
    assert_null(ledger);
}

static void a_newer_ledger_is_refused_and_left_as_it_is(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    char version[24], cause[100];

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    eg_ledger_close(ledger);
    ledger = NULL;
    make(sample->path, "PRAGMA user_version = 99");
    snprintf(cause, sizeof cause, "has schema version 99, newer than %s, the newest that this espgang knows",
             newest(version));
    assert_refused(sample, EG_LEDGER_NEWER, cause);
    assert_sql(sample->path, "PRAGMA user_version", "99");
    assert_sql(sample->path, "SELECT count(*) FROM session", "1");
}

static void a_database_of_another_program_is_refused_and_left_as_it_is(void **state)
{
    const struct sample *sample = *state;

    make(sample->path, "CREATE TABLE bookmark (url TEXT)");
    assert_refused(sample, EG_LEDGER, "is a SQLite database of another program");
    assert_sql(sample->path, "SELECT name FROM sqlite_master", "bookmark");
    assert_sql(sample->path, "PRAGMA journal_mode", "delete");
}

static void a_file_that_is_no_database_is_refused_and_left_as_it_is(void **state)
{
    const struct sample *sample = *state;
    char text[8192] = "", after[8192] = "";

    memset(text, 'x', sizeof text);
    FILE *file = fopen(sample->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, sizeof text, file), sizeof text);
    fclose(file);
    assert_refused(sample, EG_LEDGER, "file is not a database");
    file = fopen(sample->path, "r");
    assert_non_null(file);
    assert_int_equal(fread(after, 1, sizeof after, file), sizeof after);
    fclose(file);
    assert_memory_equal(text, after, sizeof text);
}

/*
 * SHA-256 of "type|name|tbl_name|sql", one line for each row of sqlite_master, after the schema files of a
 * version.
 */
static void the_schemas_that_are_released_stay_what_they_are(void **state)
{
    static const char *const released[] = {
        "7978e066a7b04c26e8938f7fedc611a5440d298ce66bbcf64319fb33a65138f2",
        "b0cc3ead050e47ac664f5ce7666ac8137abb55c581a79cd3d9b37b36f19bf61a",
        "335e97dcb043e3d8511cc519b79dafdb0a0c408fe3fd5689b4a009f407ad97ad",
        "6df58e31a6b508e726868a837f9bbe94de7401934a06bbc0a87156febedd88c4",
        "104705812e4712e8437a52c625732291583a0748165a600b8db6164ddc134bd5",
        "5f3baf1af36b94d1dfd093c46ddad3a16d986cf362c8ad4b2292d468678b8740",
    };
    uint8_t digest[EG_SHA256_SIZE];
    char hex[EG_SHA256_TEXT];
    struct eg_error err;
    sqlite3 *db = NULL;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof released / sizeof released[0]; i++) {
        sqlite3_stmt *rows = NULL;
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        assert_int_equal(sqlite3_exec(db, (const char *)eg__schemas[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db,
                                            "SELECT type || '|' || name || '|' || tbl_name || '|'"
                                            " || coalesce(sql, '') FROM sqlite_master ORDER BY rowid",
                                            -1, &rows, NULL),
                         SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW)
            fprintf(out, "%s\n", (const char *)sqlite3_column_text(rows, 0));
        fclose(out);
        assert_ok(eg_sha256(digest, text, size, &err), err);
        free(text);
        eg_hex(hex, digest, sizeof digest);
        assert_string_equal(hex, released[i]);
        sqlite3_finalize(rows);
    }
    sqlite3_close(db);
}

static void nothing_is_recorded_into_a_ledger_that_has_lost_a_rule(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    static const struct {
        const char *sql, *cause;
    } cases[] = {
        {"DROP TRIGGER outcome_keeps",
         "trigger outcome_keeps of table outcome is missing or is not what it was"},
        {"DROP VIEW runs; CREATE VIEW runs AS SELECT 1 AS run",
         "view runs of table runs is missing or is not what it was"},
        {"CREATE TRIGGER more AFTER INSERT ON outcome BEGIN SELECT 1; END",
         "trigger more of table outcome is not one of a ledger"},
    };
    struct eg_error err;
    char cause[300];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unlink(sample->path);
        assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
        eg_ledger_close(ledger);
        ledger = NULL;
        make(sample->path, cases[i].sql);
        snprintf(cause, sizeof cause, "%s; nothing is recorded into it: go on with a backup or a new ledger",
                 cases[i].cause);
        assert_refused(sample, EG_LEDGER, cause);
        assert_sql(sample->path, "SELECT count(*) FROM session", "1");
    }
}

static void an_empty_file_becomes_a_ledger(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    char version[24];

    FILE *file = fopen(sample->path, "w");
    assert_non_null(file);
    fclose(file);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_sql(sample->path, "PRAGMA user_version", newest(version));
    assert_sql(sample->path, "PRAGMA application_id", "1162300487");
    assert_sql(sample->path, "PRAGMA journal_mode", "wal");
}

static void an_old_ledger_is_migrated_with_what_it_has(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    unsigned orphans;
    char version[24];

    old_ledger_make(sample->path);
    static const char columns[] =
        "SELECT run, batch, station, operator, job, job_version, job_sha256, slot, port, mac, chip, revision,"
        " package, flash_jedec, flash_size, started, finished, outcome, code, blame, sentence, marginal,"
        " attempts, duration_ms, bytes_sent, bytes_received, resends, tool_version, finish_order, hash"
        " FROM runs WHERE run < 3";
    char *before = sample_sql(sample->path, columns);
    static const char stage_columns[] =
        "SELECT run_id, position, stage, attempt, started_utc, duration_us, code, sentence, baud, bytes_sent,"
        " bytes_received, resends FROM stage";
    char *stages = sample_sql(sample->path, stage_columns);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, 1);
    assert_sql(sample->path, "PRAGMA user_version", newest(version));
    assert_sql(sample->path, columns, before);
    assert_sql(sample->path, stage_columns, stages);
    assert_sql(
        sample->path,
        "SELECT label, bridge, bridge_serial, flash_unique_id, psram, psram_size, secure_boot FROM runs",
        "NULL|NULL|NULL|NULL|NULL|NULL|off;NULL|NULL|NULL|NULL|NULL|NULL|NULL;"
        "NULL|NULL|NULL|NULL|NULL|NULL|off");
    assert_sql(sample->path, "SELECT count(*), max(blocks), max(slowest_block) FROM regions", "2|NULL|NULL");
    assert_sql(sample->path, "SELECT count(*), max(slowest_block_ms), max(wire_ms) FROM stages",
               "4|NULL|NULL");
    assert_sql(sample->path, "SELECT count(*) FROM pools", "0");
    free(before);
    free(stages);
}

static void an_old_ledger_is_migrated_unless_somebody_records_into_it(void **state)
{
    struct sample *sample = *state;
    struct eg_error err;
    char expected[300], version[24];
    int lock_fd;

    old_ledger_make(sample->path);
    assert_ok(eg__lock(&lock_fd, sample->path, EG__BESIDE, &err), err);
    snprintf(expected, sizeof expected,
             "ledger %s: its schema is of an older espgang and changes only while nobody else records: "
             "process %ld (test_db.migrate) records into it",
             sample->path, (long)getpid());
    assert_error(pools_import(sample, "serials.csv", "serial\nA-1\n", &err), err, EG_LEDGER_LOCKED, expected);
    assert_sql(sample->path, "PRAGMA user_version", "1");
    close(lock_fd);
    assert_ok(pools_import(sample, "serials.csv", "serial\nA-1\n", &err), err);
    assert_sql(sample->path, "PRAGMA user_version", newest(version));
    assert_sql(sample->path, "SELECT name, total, free FROM pools", "serials|1|1");
}

/* Merge one run of another ledger into the sample's. */
static void merge_another(struct sample *sample)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *other = NULL;
    const struct eg_unit unit = sample_unit(7);
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_merged merged;
    struct eg_error err;
    char path[200];
    int64_t run;

    snprintf(path, sizeof path, "%s/other.db", sample->folder);
    assert_ok(eg_ledger_open(&other, path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, other, "a", &unit, &pass, &run, &err), err);
    const struct eg_merge merge = {.ledger = sample->path, .other = path};
    assert_ok(eg_ledger_merge(&merge, &merged, &err), err);
}

static void no_row_can_be_changed_removed_or_replaced(void **state)
{
    static const char *const tables[] = {
        "job",        "session",        "run",        "intent",      "outcome",      "stage",
        "region_row", "chain",          "pool",       "pool_column", "pool_import",  "pool_row",
        "pool_event", "pool_free",      "run_value",  "run_log",     "run_bridge",   "run_label",
        "run_device", "region_time",    "journal",    "seal",        "purge",        "purged_log",
        "ledger",     "merged_session", "merged_run", "run_claim",   "run_security", "slot_reset",
        "image",      "run_erased",     "run_link",   "label_form",  "label_print",  "report_form"};
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS, .measured = true, .link = {.stub = "ROM"}};
    struct eg_error err;
    int64_t run;

    pools_open(sample, &ledger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    const struct eg_claim claim = {EG_CLAIM_VALUE, "serial", "A-9", false};
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    assert_ok(recorder->ops->claim(recorder, run, &unit, &claim, 1, &err), err);
    const struct eg_security_record burn = {EG_SECURITY_INTENDED, "SECURE_BOOT_EN", "1"};
    assert_ok(recorder->ops->secure(recorder, run, &burn, 1, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &unit, &pass, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    pools_run(sample, ledger, 1, EG_POOL_CONSUMED);
    eg_ledger_close(ledger);
    ledger = NULL;
    merge_another(sample);
    assert_sql(sample->path,
               "INSERT INTO seal VALUES (1, 'batch-9', 3, 3, 1, '', 3, '', '', '', '', NULL, NULL)", "");
    assert_sql(sample->path, "INSERT INTO purge VALUES (1, '2999', 1, 20, '', '', 'old')", "");
    assert_sql(sample->path, "INSERT INTO slot_reset VALUES (1, 'line 3', 'a', 2, 2, '', 'jo', 'needles')",
               "");
    assert_sql(sample->path, "INSERT INTO label_form VALUES (1, 1, 'zpl', '^XA')", "");
    assert_sql(sample->path, "INSERT INTO report_form VALUES (1, 1, 'Acme', '', x'')", "");
    assert_sql(sample->path,
               "INSERT INTO label_print SELECT 1, run_id, 'begun', '', '', '', '', '' FROM outcome LIMIT 1",
               "");
    assert_sql(sample->path,
               "INSERT INTO purged_log SELECT run_id, 1, size, sha256 FROM run_log WHERE run_id = 2", "");
    char *tables_there = sample_sql(sample->path, "SELECT count(*) FROM sqlite_master WHERE type = 'table'");
    assert_int_equal(atoi(tables_there), sizeof tables / sizeof tables[0]);
    free(tables_there);
    for (unsigned i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
        assert_sql(sample->path, sql, "the ledger is append only");
        snprintf(sql, sizeof sql, "UPDATE %s SET rowid = 9", tables[i]);
        char *without = sample_sql(sample->path, sql);
        const bool without_rowid = strstr(without, "no such column") != NULL;
        free(without);
        if (without_rowid)
            snprintf(sql, sizeof sql, "UPDATE %s SET position = 9", tables[i]);
        assert_sql(sample->path, sql, "the ledger is append only");
        snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO %s SELECT * FROM %s", tables[i], tables[i]);
        char *refusal = sample_sql(sample->path, sql);
        if (strstr(refusal, " already") == NULL)
            fail_msg("%s: %s", sql, refusal);
        free(refusal);
    }
    assert_sql(sample->path,
               "INSERT INTO stage SELECT run_id, 3, stage, attempt, started_utc, duration_us, code,"
               " sentence, baud, bytes_sent, bytes_received, resends, wire_us, limited_by FROM stage WHERE "
               "run_id = 1 LIMIT 1",
               "the stage is recorded already");
    assert_sql(sample->path, "SELECT (SELECT count(*) FROM stage), (SELECT count(*) FROM region)", "8|8");
}

/* A new table needs its triggers. */
static void every_table_has_its_triggers(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_sql(sample->path, "SELECT count(*) > 7 FROM sqlite_master WHERE type = 'table'", "1");
    assert_sql(
        sample->path,
        "SELECT t.name FROM sqlite_master AS t WHERE t.type = 'table' AND"
        " (SELECT count(*) FROM sqlite_master AS g WHERE g.type = 'trigger' AND g.tbl_name = t.name AND"
        "  g.name IN (t.name || '_keeps', t.name || '_stays', t.name || '_once')) <> 3",
        "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_newer_ledger_is_refused_and_left_as_it_is),
        with_sample(a_database_of_another_program_is_refused_and_left_as_it_is),
        with_sample(a_file_that_is_no_database_is_refused_and_left_as_it_is),
        with_sample(the_schemas_that_are_released_stay_what_they_are),
        with_sample(nothing_is_recorded_into_a_ledger_that_has_lost_a_rule),
        with_sample(an_empty_file_becomes_a_ledger),
        with_sample(an_old_ledger_is_migrated_with_what_it_has),
        with_sample(an_old_ledger_is_migrated_unless_somebody_records_into_it),
        with_sample(no_row_can_be_changed_removed_or_replaced),
        with_sample(every_table_has_its_triggers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
