/* SPDX-License-Identifier: Apache-2.0 */

/* A ledger with rows in every table, and what spoils a ledger. Include it first, as tests/db/sample.h says.
 */

#ifndef TESTS_DB_PROOF_SPOIL_H
#define TESTS_DB_PROOF_SPOIL_H

#include "db/files/merge.h"
#include "db/files/printed.h"
#include "db/files/purge.h"
#include "db/files/reset.h"
#include "db/journal.h"
#include "db/proof/audit.h"
#include "db/proof/seal.h"
#include "tests/db/look.h"
#include "tests/db/pools.h"

static inline void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static inline void open_batch(struct sample *sample, struct eg_ledger **ledger, const char *batch)
{
    struct eg_error err;

    eg_ledger_close(*ledger);
    *ledger = NULL;
    sample->session.batch = batch;
    assert_ok(eg_ledger_open(ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
}

/* Merge two boards of another station, each with a pool row. */
static inline void merge_another(struct sample *sample)
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

static inline void record_label(const struct sample *sample)
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
static inline void fill(struct sample *sample)
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

static inline void drop_triggers(const char *path)
{
    char *sql = sample_sql(path, "SELECT group_concat('DROP TRIGGER ' || name, '; ') FROM sqlite_master"
                                 " WHERE type = 'trigger'");

    run_sql(path, sql);
    free(sql);
}

static inline void copy(const char *from, const char *to)
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

#endif
