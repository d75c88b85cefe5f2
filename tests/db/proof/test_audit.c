/* SPDX-License-Identifier: Apache-2.0 */

/* Changes every column of every row, removes every row, exchanges all neighbours: the audit names the row. */

#include "db/chain.h"
#include "db/journal.h"
#include "db/proof/audit.h"
#include "db/files/merge.h"
#include "db/files/printed.h"
#include "db/files/purge.h"
#include "db/files/reset.h"
#include "db/proof/seal.h"
#include "tests/db/old_ledger.h"
#include "tests/db/look.h"
#include "tests/db/pools.h"

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void open_batch(struct sample *sample, struct eg_ledger **ledger, const char *batch)
{
    struct eg_error err;

    eg_ledger_close(*ledger);
    *ledger = NULL;
    sample->session.batch = batch;
    assert_ok(eg_ledger_open(ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
}

/* Merge two boards of another station, each with a pool row. */
static void merge_another(struct sample *sample)
{
    struct sample other = *sample;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_merge merge = {.ledger = sample->path, .other = other.path};
    struct eg_merged merged;
    struct eg_error err;

    snprintf(other.path, sizeof other.path, "%s/other.db", sample->folder);
    other.session.batch = "batch-4";
    sample_use_job(&other, "espgang: 1\njob: acme-third\n");
    assert_ok(pools_import(&other, "serials.csv", "serial,label\nB-1,one\nB-2,two\n", &err), err);
    assert_ok(eg_ledger_open(&ledger, other.path, &other.session, &other.plan, NULL, &err), err);
    pools_run(&other, ledger, 5, EG_POOL_CONSUMED);
    other.session.batch = "batch-5";
    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(eg_ledger_open(&ledger, other.path, &other.session, &other.plan, NULL, &err), err);
    pools_run(&other, ledger, 6, EG_POOL_CONSUMED);
    assert_ok(eg_ledger_merge(&merge, &merged, &err), err);
    assert_int_equal(merged.runs, 2);
}

static void record_label(const struct sample *sample)
{
    EG_CLEANUP(eg_printed_close_cleanup) struct eg_printed *printed = NULL;
    char *run = sample_sql(sample->path, "SELECT max(run_id) FROM outcome WHERE outcome = 'pass'");
    const struct eg_print print = {.run = atoi(run), .printer = "file:labels", .data = "^XA", .size = 3};
    struct eg_error refusal, err;

    free(run);
    assert_ok(eg_printed_open(&printed, sample->path, "jo", &err), err);
    assert_ok(eg_printed_form(printed, 1, "zpl", "^XA", &err), err);
    assert_ok(eg_printed_begin(printed, &print, &refusal, &err), err);
    assert_int_equal(refusal.code, EG_OK);
}

/*
 * Fill three batches from two jobs: runs with rows of two pools, values and logs; one failed run; one killed
 * and closed as aborted; a seal; a purge of the first batch's logs; a slot that counts anew; a printed label;
 * two runs of another ledger.
 */
static void fill(struct sample *sample)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct sample_end pass = {
        .outcome = EG_PASS, .measured = true, .link = {"ROM", 921600, 2000000, 3000000}};
    const struct sample_end fail = {
        .outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "stuck", .measured = true};
    const struct eg_unit first = sample_unit(1), second = sample_unit(2), third = sample_unit(3);
    const struct eg_seal_request seal = {.ledger = sample->path, .batch = "batch-1"};
    struct eg_purge_request purge = {.ledger = sample->path, .before = "2026-01-01", .reason = "old"};
    struct eg_seal_made made;
    struct eg_purged purged;
    struct eg_error err;
    int64_t run = 0, row;

    sample_use_job(sample, "espgang: 1\njob: acme-sensor\n");
    pools_open(sample, &ledger);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(pools_reserve(ledger, 1, "serials", &run, &row, &err), err);
    assert_ok(pools_reserve(ledger, 1, "keys", &run, &row, &err), err);
    assert_ok(recorder->ops->intent(recorder, run, &first, &err), err);
    const struct eg_claim claims[] = {{EG_CLAIM_LABEL, "", "17", false},
                                      {EG_CLAIM_VALUE, "serial", "A-1", false},
                                      {EG_CLAIM_VALUE, "key", "c2VjcmV0", true}};
    assert_ok(recorder->ops->claim(recorder, run, &first, claims, 3, &err), err);
    const struct eg_security_record security[] = {{EG_SECURITY_WANTED, "SECURE_BOOT_EN", "1"},
                                                  {EG_SECURITY_INTENDED, "SECURE_BOOT_EN", "1"},
                                                  {EG_SECURITY_OBSERVED, "SECURE_BOOT_EN", "yes"}};
    assert_ok(recorder->ops->secure(recorder, run, security, 3, &err), err);
    assert_ok(pools_mark(ledger, run, EG_POOL_WRITTEN, &err), err);
    assert_ok(pools_mark(ledger, run, EG_POOL_VERIFIED, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &first, &pass, &err), err);
    assert_ok(sample_run(sample, ledger, "b", &second, &fail, &run, &err), err);
    look_set(sample, "Acme", "98.5", LOOK_SVG);
    open_batch(sample, &ledger, "batch-2");
    look_forget(sample);
    assert_ok(eg_seal_batch(&made, &seal, &err), err);
    sample_use_job(sample, "espgang: 1\njob: acme-other\n");
    pools_run(sample, ledger, 2, EG_POOL_RESERVED);
    pools_run(sample, ledger, 2, EG_POOL_WRITTEN);
    run = 0;
    assert_ok(pools_reserve(ledger, 3, "serials", &run, &row, &err), err); /* never ends */
    recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->intent(recorder, run, &third, &err), err);
    open_batch(sample, &ledger, "batch-3");
    assert_ok(sample_run(sample, ledger, "a", &first, &pass, &run, &err), err);
    assert_ok(sample_run(sample, ledger, "b", &third, &fail, &run, &err), err);
    eg_ledger_close(ledger);
    ledger = NULL;

    /* Make two logs a year old: anyone who may drop a trigger can change the dates, and the purge believes
     * them. */
    assert_ok(eg_purge_logs(&purged, &purge, &err), err);
    assert_int_equal(purged.logs, 0);
    run_sql(sample->path,
            "INSERT INTO purge (before_utc, logs, bytes, purged_utc, operator, reason)"
            " VALUES ('2999-01-01T00:00:00.000Z', 2, 40, '2027-01-01T00:00:00.000Z', 'mira', 'old');"
            "INSERT INTO purged_log (run_id, purge_id, size, sha256)"
            " SELECT run_id, 1, size, sha256 FROM run_log WHERE run_id IN (1, 2)");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(sample->path, &db), SQLITE_OK);
    assert_ok(eg__journal_append(db, EG__ENTRY_PURGE, 1, &err), err);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    const struct eg_slot_reset reset = {.ledger = sample->path,
                                        .station = sample->session.station,
                                        .slot = "b",
                                        .operator_name = "jo",
                                        .reason = "needles replaced"};
    assert_ok(eg_slot_reset(&row, &reset, &err), err);
    record_label(sample);
    merge_another(sample);
    assert_sql(sample->path, "PRAGMA wal_checkpoint(TRUNCATE)", "0|0|0");
}

static void drop_triggers(const char *path)
{
    char *sql = sample_sql(path, "SELECT group_concat('DROP TRIGGER ' || name, '; ') FROM sqlite_master"
                                 " WHERE type = 'trigger'");

    run_sql(path, sql);
    free(sql);
}

static void copy(const char *from, const char *to)
{
    char buffer[4096];
    size_t size;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");

    assert_non_null(in);
    assert_non_null(out);
    while ((size = fread(buffer, 1, sizeof buffer, in)) > 0)
        assert_int_equal(fwrite(buffer, 1, size, out), size);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(to, 0600), 0);
}

struct tampering {
    char good[120], path[120]; /* the ledger without its triggers, and a copy to tamper with */
    sqlite3 *db;               /* of `good`, to ask */
    unsigned done, missed;
};

/* The columns of a table, and its primary key. */
struct table {
    char name[40], columns[30][40], key[200];
    int64_t rows;
    unsigned count;
    bool has_run; /* a column run_id */
};

static char *ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    char *result = strdup(text != NULL ? text : "");
    sqlite3_finalize(statement);
    return result;
}

/* The audit must name this table and, if the table has run ids, one of these runs. */
static void expect_named(struct tampering *tampering, const struct table *table, const char *where,
                         const char *other, const char *sql)
{
    /* the facts of an image are facts of the regions that have it */
    const bool of_region = strcmp(table->name, "image") == 0 || strcmp(table->name, "region_row") == 0;
    struct eg_audit audit;
    struct eg_error err;
    bool named = true;
    sqlite3 *db = NULL;

    copy(tampering->good, tampering->path);
    assert_int_equal(sqlite3_open(tampering->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            db, "PRAGMA ignore_check_constraints = ON; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
            NULL, NULL, NULL),
        SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
    tampering->done++;
    if (eg_audit(&audit, tampering->path, NULL, NULL, NULL, &err) != EG_OK) {
        print_error("%s\n  fails: %s\n", sql, err.text);
        tampering->missed++;
        return;
    }
    if (audit.bad.text[0] == '\0' || strcmp(audit.bad.table, of_region ? "region" : table->name) != 0)
        named = false;
    if (named && table->has_run && strcmp(table->name, "chain") != 0) {
        char question[300];
        snprintf(question, sizeof question, "SELECT count(*) FROM %s WHERE run_id = %lld AND (%s OR %s)",
                 table->name, (long long)audit.bad.number, where, other);
        char *count = ask(tampering->db, question);
        named = strcmp(count, "0") != 0;
        free(count);
    }
    if (!named) {
        print_error("%s\n  says: '%s'\n", sql, audit.bad.text);
        tampering->missed++;
    }
}

static void read_table(struct tampering *tampering, struct table *table, const char *name)
{
    sqlite3_stmt *columns = NULL;
    char sql[120];

    *table = (struct table){.rows = 0};
    snprintf(table->name, sizeof table->name, "%s", name);
    snprintf(sql, sizeof sql, "SELECT name, pk FROM pragma_table_info('%s')", name);
    assert_int_equal(sqlite3_prepare_v2(tampering->db, sql, -1, &columns, NULL), SQLITE_OK);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(columns, 0);
        assert_true(table->count < 30);
        snprintf(table->columns[table->count++], 40, "%s", column);
        table->has_run = table->has_run || strcmp(column, "run_id") == 0;
        if (sqlite3_column_int(columns, 1) != 0)
            snprintf(table->key + strlen(table->key), sizeof table->key - strlen(table->key), "%s%s",
                     table->key[0] != '\0' ? " || ' AND ' || " : "", "");
        if (sqlite3_column_int(columns, 1) != 0)
            snprintf(table->key + strlen(table->key), sizeof table->key - strlen(table->key), "'%s = ' || %s",
                     column, column);
    }
    sqlite3_finalize(columns);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", name);
    char *rows = ask(tampering->db, sql);
    table->rows = atoi(rows);
    free(rows);
    assert_true(table->rows > 0);
    assert_true(table->key[0] != '\0');
}

/* Return the condition that selects one row by its place in key order. */
static char *where_of(struct tampering *tampering, const struct table *table, int64_t row)
{
    char sql[400];

    snprintf(sql, sizeof sql, "SELECT %s FROM %s ORDER BY 1 LIMIT 1 OFFSET %lld", table->key, table->name,
             (long long)row);
    return ask(tampering->db, sql);
}

static void change_each_column(struct tampering *tampering, const struct table *table, const char *where)
{
    for (unsigned i = 0; i < table->count; i++) {
        const char *column = table->columns[i];
        char sql[700];
        snprintf(sql, sizeof sql,
                 "UPDATE %s SET %s = CASE typeof(%s) WHEN 'integer' THEN %s + 1000 WHEN 'null' THEN '1'"
                 " WHEN 'blob' THEN zeroblob(length(%s)) ELSE CASE WHEN %s = '' THEN 'x' ELSE"
                 " substr(%s, 1, length(%s) - 1) || iif(substr(%s, -1) = '0', '1', '0') END END WHERE %s",
                 table->name, column, column, column, column, column, column, column, column, where);
        expect_named(tampering, table, where, where, sql);
    }
}

/* Exchange all columns but the key with those of the next row. */
static void exchange(struct tampering *tampering, const struct table *table, const char *where,
                     const char *next)
{
    char columns[1000] = "";

    for (unsigned i = 0; i < table->count; i++) {
        char quoted[60];
        snprintf(quoted, sizeof quoted, "'%s = '", table->columns[i]);
        if (strstr(table->key, quoted) == NULL)
            snprintf(columns + strlen(columns), sizeof columns - strlen(columns), "%s%s",
                     columns[0] != '\0' ? ", " : "", table->columns[i]);
    }
    if (columns[0] == '\0' || strcmp(table->name, "run_log") == 0) /* all logs of the sample are equal */
        return;
    char *sql = sqlite3_mprintf("SELECT (SELECT json_array(%s) FROM (SELECT %s FROM %s WHERE %s)) <>"
                                " (SELECT json_array(%s) FROM (SELECT %s FROM %s WHERE %s))",
                                columns, columns, table->name, where, columns, columns, table->name, next);
    char *different = ask(tampering->db, sql);
    const bool same = strcmp(different, "0") == 0;
    free(different);
    sqlite3_free(sql);
    if (same)
        return;
    /* Exchange the rows in a temporary table, which has no unique indexes. */
    sql = sqlite3_mprintf("CREATE TABLE temp.one AS SELECT %s FROM %s WHERE %s; CREATE TABLE temp.other AS "
                          "SELECT %s FROM %s WHERE %s;"
                          "CREATE TABLE temp.rest AS SELECT * FROM %s WHERE NOT (%s) AND NOT (%s);"
                          "CREATE TABLE temp.keys AS SELECT * FROM %s WHERE %s OR %s;"
                          "DELETE FROM %s WHERE %s OR %s;"
                          "UPDATE temp.keys SET (%s) = (SELECT %s FROM temp.other) WHERE %s;"
                          "UPDATE temp.keys SET (%s) = (SELECT %s FROM temp.one) WHERE %s;"
                          "INSERT INTO %s SELECT * FROM temp.keys",
                          columns, table->name, where, columns, table->name, next, table->name, where, next,
                          table->name, where, next, table->name, where, next, columns, columns, where,
                          columns, columns, next, table->name);
    expect_named(tampering, table, where, next, sql);
    sqlite3_free(sql);
}

static void spoil_table(struct tampering *tampering, const char *name)
{
    struct table table;
    char sql[400];

    read_table(tampering, &table, name);
    for (int64_t row = 0; row < table.rows; row++) {
        char *where = where_of(tampering, &table, row);
        change_each_column(tampering, &table, where);
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE %s", name, where);
        expect_named(tampering, &table, where, where, sql);
        if (row + 1 < table.rows) {
            char *next = where_of(tampering, &table, row + 1);
            exchange(tampering, &table, where, next);
            free(next);
        }
        free(where);
    }
}

static void whatever_is_changed_removed_or_exchanged_is_named(void **state)
{
    struct sample *sample = *state;
    struct tampering tampering = {.done = 0};
    sqlite3_stmt *tables = NULL;
    struct eg_audit audit;
    struct eg_error err;

    fill(sample);
    assert_ok(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "");
    assert_int_equal(audit.runs, 9);
    assert_int_equal(audit.purged, 2);
    drop_triggers(sample->path);
    snprintf(tampering.good, sizeof tampering.good, "%s/good.db", sample->folder);
    snprintf(tampering.path, sizeof tampering.path, "%s/bad.db", sample->folder);
    run_sql(sample->path, "PRAGMA journal_mode = DELETE");
    copy(sample->path, tampering.good);
    assert_int_equal(sqlite3_open(tampering.good, &tampering.db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(tampering.db,
                                        "SELECT name FROM sqlite_master WHERE type = 'table'"
                                        " AND name NOT LIKE 'sqlite_%' ORDER BY name",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        spoil_table(&tampering, (const char *)sqlite3_column_text(tables, 0));
    sqlite3_finalize(tables);
    sqlite3_close(tampering.db);
    print_message("%u ways of tampering\n", tampering.done);
    assert_int_equal(tampering.missed, 0);
    assert_true(tampering.done > 1000);
}

/* Audit a ledger after one SQL statement, without its triggers. */
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
        cmocka_unit_test_setup_teardown(whatever_is_changed_removed_or_exchanged_is_named, sample_setup,
                                        sample_teardown),
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
