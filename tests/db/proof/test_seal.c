/* SPDX-License-Identifier: Apache-2.0 */

#include "db/proof/audit.h"
#include "db/journal.h"
#include "db/proof/seal.h"
#include "tests/db/batches.h"

struct shown {
    unsigned count;
    char text[400];
};

static void show(void *context, const struct eg_audit_seal *seal)
{
    struct shown *shown = context;

    shown->count++;
    snprintf(shown->text, sizeof shown->text, "%s: %d %d %d by %s, key %s", seal->batch, (int)seal->runs,
             (int)seal->passed, (int)seal->units, seal->operator_name, seal->key);
}

/* Record two batches whose runs have all ended. */
static void fill_and_end(struct sample *sample)
{
    struct eg_ledger *ledger = NULL;
    struct eg_error err;

    sample->plan.job_text.size = 0;
    assert_ok(eg_sha256(sample->plan.job_sha256, "", 0, &err), err);
    assert_ok(fill_batches(sample, &ledger, &err), err);
    eg_ledger_close(ledger);
    sample->session.batch = "batch-3";
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    eg_ledger_close(ledger);
}

static enum eg_code seal(const struct sample *sample, const char *batch, const char *key,
                         struct eg_seal_made *made, struct eg_error *err)
{
    const struct eg_seal_request request = {
        .ledger = sample->path, .batch = batch, .operator_name = "jo", .key = key};

    return eg_seal_batch(made, &request, err);
}

static void a_sealed_batch_takes_no_more_runs(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_seal_made made;
    struct eg_error err;
    char expected[400], *utc;

    fill_and_end(sample);
    assert_ok(seal(sample, "batch-1", NULL, &made, &err), err);
    assert_int_equal(made.runs, 8);
    assert_int_equal(made.passed, 3);
    assert_int_equal(made.units, 3);
    assert_string_equal(made.fingerprint, "");
    utc = sample_sql(sample->path, "SELECT sealed_utc FROM seal");
    snprintf(expected, sizeof expected,
             "ledger %s: batch batch-1 was sealed at %s by jo and takes no more runs", sample->path, utc);
    free(utc);
    sample->session.batch = "batch-1";
    assert_error(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err,
                 EG_BAD_ARGUMENT, expected);
    assert_error(seal(sample, "batch-1", NULL, &made, &err), err, EG_BAD_ARGUMENT, expected);
    assert_sql(sample->path, "SELECT count(*) FROM session", "4");
    assert_sql(sample->path,
               "INSERT INTO run (session_id, slot, port, started_utc) VALUES (1, 'a', 'b', 'c')",
               "the batch is sealed");
    sample->session.batch = "batch-2";
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
}

static void an_impossible_seal_is_refused_with_the_reason(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_seal_made made;
    struct eg_error err;
    char expected[400];

    assert_ok(fill_batches(sample, &ledger, &err), err);
    snprintf(expected, sizeof expected,
             "ledger %s: a line records into batch batch-1 and must end before it can be sealed",
             sample->path);
    assert_error(seal(sample, "batch-1", NULL, &made, &err), err, EG_LEDGER_LOCKED, expected);
    assert_ok(seal(sample, "batch-2", NULL, &made, &err), err); /* another batch may be in use */
    eg_ledger_close(ledger);
    ledger = NULL;
    snprintf(expected, sizeof expected,
             "ledger %s: run 9 of batch batch-1 has not ended; the next 'espgang run' closes it as aborted, "
             "and then the "
             "batch can be sealed",
             sample->path);
    assert_error(seal(sample, "batch-1", NULL, &made, &err), err, EG_BAD_ARGUMENT, expected);
    assert_sql(sample->path,
               "INSERT INTO seal VALUES (2, 'batch-1', 1, 1, 1, '', 1, '', '', '', '', NULL, NULL)",
               "the batch has a run that has not ended");
    snprintf(expected, sizeof expected, "ledger %s: has no batch batch-9", sample->path);
    assert_error(seal(sample, "batch-9", NULL, &made, &err), err, EG_LEDGER, expected);
    sample->session.batch = "batch-3";
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    eg_ledger_close(ledger);
    ledger = NULL;
    snprintf(expected, sizeof expected, "ledger %s: batch batch-3 has no run", sample->path);
    assert_error(seal(sample, "batch-3", NULL, &made, &err), err, EG_BAD_ARGUMENT, expected);
}

static void the_audit_verifies_seals_and_their_signatures(void **state)
{
    struct sample *sample = *state;
    struct shown shown = {0};
    struct eg_seal_made made;
    struct eg_audit audit;
    struct eg_error err;
    struct eg_key key;
    char path[100], expected[200];

    fill_and_end(sample);
    snprintf(path, sizeof path, "%s/key", sample->folder);
    assert_ok(eg_key_create(path, &key, &err), err);
    assert_ok(seal(sample, "batch-2", NULL, &made, &err), err);
    assert_ok(seal(sample, "batch-1", path, &made, &err), err);
    assert_ok(eg_audit(&audit, sample->path, NULL, show, &shown, &err), err);
    assert_string_equal(audit.bad.text, "");
    assert_int_equal(shown.count, 2);
    assert_string_equal(audit.journal_hash, made.hash);
    snprintf(expected, sizeof expected, "batch-1: 8 3 3 by jo, key %s", made.fingerprint);
    assert_string_equal(shown.text, expected);
    shown.count = 0;
    assert_ok(eg_audit(&audit, sample->path, "batch-2", show, &shown, &err), err);
    assert_int_equal(shown.count, 1);
    assert_string_equal(shown.text, "batch-2: 1 1 1 by jo, key ");
    snprintf(expected, sizeof expected, "ledger %s: has no batch batch-9", sample->path);
    assert_error(eg_audit(&audit, sample->path, "batch-9", show, &shown, &err), err, EG_LEDGER, expected);
}

/* Someone who changes a seal and computes the journal again has no key to sign it. */
static void a_recomputed_seal_does_not_verify(void **state)
{
    struct sample *sample = *state;
    struct eg_seal_made made;
    struct eg_audit audit;
    struct eg_error err;
    struct eg_key key;
    sqlite3 *db = NULL;
    char path[100];

    fill_and_end(sample);
    snprintf(path, sizeof path, "%s/key", sample->folder);
    assert_ok(eg_key_create(path, &key, &err), err);
    assert_ok(seal(sample, "batch-1", path, &made, &err), err);
    assert_int_equal(sqlite3_open(sample->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "DROP TRIGGER seal_keeps; DROP TRIGGER journal_stays;"
                     "UPDATE seal SET operator = 'somebody'; DELETE FROM journal WHERE kind = 'seal'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_ok(eg__journal_append(db, EG__ENTRY_SEAL, 1, &err), err);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER seal_keeps BEFORE UPDATE ON seal"
                                  " BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END;"
                                  "CREATE TRIGGER journal_stays BEFORE DELETE ON journal"
                                  " BEGIN SELECT RAISE(ABORT, 'the ledger is append only'); END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_ok(eg_audit(&audit, sample->path, NULL, NULL, NULL, &err), err);
    assert_string_equal(audit.bad.text, "seal 1 does not hold: the signature is not one of it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sealed_batch_takes_no_more_runs, sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(an_impossible_seal_is_refused_with_the_reason, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(the_audit_verifies_seals_and_their_signatures, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(a_recomputed_seal_does_not_verify, sample_setup, sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
