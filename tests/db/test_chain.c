/* SPDX-License-Identifier: Apache-2.0 */

/* The chain computed a second time, from db/README.md and the tables alone. */

#include "db/chain.h"
#include "tests/db/old_ledger.h"
#include "tests/db/pools.h"

#define OUTCOME                                                                                              \
    "run_id, finished_utc, outcome, code, blame, sentence, marginal, attempts, duration_us, bytes_sent, "    \
    "bytes_received, resends,"                                                                               \
    " mac, chip, revision, package, flash_jedec, flash_size, secure_boot, flash_encryption, secure_download"

/*
 * The parts of the newest form, in order; columns are those of the tables from left to right. Form 1 ends
 * with the regions, form 2 with the events, form 3 with the times, form 4 with the ledger, form 6 with the
 * claims.
 */
static const char *const parts[] = {
    ("SELECT 'session', s.session_id, s.started_utc, s.station, s.operator, s.batch, j.sha256, s.job_path,"
     " s.tool_version FROM session AS s, job AS j, run AS r"
     " WHERE r.run_id = ?1 AND r.session_id = s.session_id AND j.job_id = s.job_id"),
    "SELECT 'run', * FROM run WHERE run_id = ?1",
    "SELECT 'intent', * FROM intent WHERE run_id = ?1 ORDER BY 2",
    "SELECT 'outcome', " OUTCOME " FROM outcome WHERE run_id = ?1",
    ("SELECT 'stage', run_id, position, stage, attempt, started_utc, duration_us, code, sentence, baud, "
     "bytes_sent,"
     " bytes_received, resends FROM stage WHERE run_id = ?1 ORDER BY 3"),
    ("SELECT 'region', run_id, position, name, file, flash_addr, size, attempt, expected_md5, "
     "expected_sha256,"
     " read_md5, method, verdict, write_us FROM region WHERE run_id = ?1 ORDER BY 3"),
    ("SELECT 'value', run_id, position, kind, name, value, limits, passed FROM run_value WHERE run_id = ?1 "
     "ORDER BY 3"),
    "SELECT 'log', run_id, size, sha256 FROM run_log WHERE run_id = ?1",
    ("SELECT 'row', r.row_id, p.name, r.position, r.mac, r.fields FROM pool_row AS r, pool AS p"
     " WHERE p.pool_id = r.pool_id AND r.row_id IN (SELECT row_id FROM pool_event WHERE run_id = ?1)"
     " ORDER BY 2"),
    ("SELECT 'event', event_id, row_id, run_id, mac, state, recorded_utc FROM pool_event WHERE run_id = ?1"
     " ORDER BY 2"),
    "SELECT 'bridge', * FROM run_bridge WHERE run_id = ?1",
    "SELECT 'label', * FROM run_label WHERE run_id = ?1",
    "SELECT 'device', * FROM run_device WHERE run_id = ?1",
    "SELECT 'time', * FROM region_time WHERE run_id = ?1 ORDER BY 3",
    "SELECT 'merged', * FROM merged_run WHERE run_id = ?1",
    ("SELECT 'merged session', s.* FROM merged_session AS s, run AS r"
     " WHERE r.run_id = ?1 AND r.session_id = s.session_id"),
    "SELECT 'ledger', * FROM ledger WHERE ?1 > 0",
    "SELECT 'claim', * FROM run_claim WHERE run_id = ?1 ORDER BY 3",
    "SELECT 'security', * FROM run_security WHERE run_id = ?1 ORDER BY 3",
    "SELECT 'erased', * FROM run_erased WHERE run_id = ?1 ORDER BY 3",
    "SELECT 'link', * FROM run_link WHERE run_id = ?1",
};
#define ALL_PARTS (sizeof parts / sizeof parts[0])
static const unsigned parts_of_form[] = {0, 6, 10, 14, 17, 18, 18, 19, 19, ALL_PARTS, ALL_PARTS};
#define SESSION 0 /* from form 5 on: */
static const char kind_of_session[] =
    "SELECT 'session', s.session_id, s.started_utc, s.station, s.operator, s.batch, j.sha256, s.job_path,"
    " s.tool_version, s.simulated FROM session AS s, job AS j, run AS r"
    " WHERE r.run_id = ?1 AND r.session_id = s.session_id AND j.job_id = s.job_id";
#define STAGES 4 /* from form 10 on: */
static const char all_of_stages[] = "SELECT 'stage', * FROM stage WHERE run_id = ?1 ORDER BY 3";
#define REGIONS 5 /* from form 8 on: */
static const char all_of_regions[] = "SELECT 'region', * FROM region WHERE run_id = ?1 ORDER BY 3";
#define VALUES 6 /* from form 6 on: */
static const char numbers_of_values[] = "SELECT 'value', * FROM run_value WHERE run_id = ?1 ORDER BY 3";
#define ROWS 8 /* from form 4 on: */
static const char all_of_rows[] = "SELECT 'row', r.*, p.name FROM pool_row AS r, pool AS p"
                                  " WHERE p.pool_id = r.pool_id AND r.row_id IN (SELECT row_id FROM "
                                  "pool_event WHERE run_id = ?1) ORDER BY 2";

static void print_value(FILE *out, const char *value)
{
    if (value == NULL)
        value = "\\N";
    else
        for (; *value != '\0'; value++)
            if (*value == '\\')
                fputs("\\\\", out);
            else if (*value == '\t')
                fputs("\\t", out);
            else if (*value == '\n')
                fputs("\\n", out);
            else
                fputc(*value, out);
    fputs(value, out);
}

static void compute(sqlite3 *db, int64_t link, int64_t run, int form, const char *previous,
                    char hash[EG_SHA256_TEXT])
{
    uint8_t digest[EG_SHA256_SIZE];
    struct eg_error err;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    fprintf(out, "chain\t%lld\t%d\t%s\n", (long long)link, form, previous);
    for (unsigned i = 0; i < parts_of_form[form]; i++) {
        const char *sql = form >= 4 && i == ROWS      ? all_of_rows
                          : form >= 5 && i == SESSION ? kind_of_session
                          : form >= 6 && i == VALUES  ? numbers_of_values
                          : form >= 8 && i == REGIONS ? all_of_regions
                          : form >= 10 && i == STAGES ? all_of_stages
                                                      : parts[i];
        sqlite3_stmt *rows = NULL;
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &rows, NULL), SQLITE_OK);
        sqlite3_bind_int64(rows, 1, run);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            for (int column = 0; column < sqlite3_column_count(rows); column++) {
                if (column > 0)
                    fputc('\t', out);
                print_value(out, (const char *)sqlite3_column_text(rows, column));
            }
            fputc('\n', out);
        }
        sqlite3_finalize(rows);
    }
    fclose(out);
    assert_ok(eg_sha256(digest, text, size, &err), err);
    free(text);
    eg_hex(hash, digest, sizeof digest);
}

/*
 * Check every link and return their number: the first `form_1` links have form 1, the next one form `then`
 * unless that is 0, the others the newest.
 */
static int64_t verify(const char *path, int64_t form_1, int64_t then)
{
    char previous[EG_SHA256_TEXT], hash[EG_SHA256_TEXT];
    sqlite3 *db = NULL;
    sqlite3_stmt *links = NULL;
    int64_t count = 0;

    memset(previous, '0', sizeof previous - 1);
    previous[sizeof previous - 1] = '\0';
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT chain_id, run_id, form, previous, hash FROM chain ORDER BY 1",
                                        -1, &links, NULL),
                     SQLITE_OK);
    while (sqlite3_step(links) == SQLITE_ROW) {
        assert_int_equal(sqlite3_column_int64(links, 0), ++count);
        assert_int_equal(sqlite3_column_int64(links, 2), count <= form_1                    ? 1
                                                         : then != 0 && count == form_1 + 1 ? then
                                                                                            : EG__CHAIN_FORM);
        assert_string_equal((const char *)sqlite3_column_text(links, 3), previous);
        compute(db, count, sqlite3_column_int64(links, 1), sqlite3_column_int(links, 2), previous, hash);
        assert_string_equal((const char *)sqlite3_column_text(links, 4), hash);
        strcpy(previous, hash);
    }
    sqlite3_finalize(links);
    sqlite3_close(db);
    return count;
}

static void every_finished_run_is_hashed_with_the_one_that_finished_before(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS};
    const struct sample_end odd = {
        .outcome = EG_ERROR, .code = EG_BAD_REPLY, .text = "tab\tback\\slash\nline é"};
    struct eg_error err;
    int64_t first, second, third;

    sample->session.station = "a\tb\\c\nd";
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &first, &err),
        err);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &second, &err),
        err);
    assert_ok(recorder->ops->intent(recorder, second, &unit, &err), err);
    assert_ok(recorder->ops->intent(recorder, second, &unit, &err), err);
    assert_ok(sample_finish(sample, ledger, second, &unit, &pass, &err), err);
    assert_ok(sample_finish(sample, ledger, first, NULL, &odd, &err), err);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "c", .port = "sim:"}, &third, &err),
        err);
    assert_ok(recorder->ops->intent(recorder, third, &unit, &err), err);
    assert_int_equal(verify(sample->path, 0, 0), 2);
    assert_sql(sample->path, "SELECT run_id FROM chain ORDER BY chain_id", "2;1");

    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_int_equal(verify(sample->path, 0, 0), 3);
}

static void values_log_and_rows_of_a_run_are_hashed_with_it(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    struct eg_error err;
    int64_t run = 0, row;

    pools_open(sample, &ledger);
    pools_run(sample, ledger, 1, EG_POOL_RESERVED);
    pools_run(sample, ledger, 1, EG_POOL_WRITTEN);
    assert_ok(pools_reserve(ledger, 1, "serials", &run, &row, &err), err);
    assert_ok(pools_reserve(ledger, 1, "keys", &run, &row, &err), err);
    assert_ok(pools_mark(ledger, run, EG_POOL_WRITTEN, &err), err);
    assert_ok(pools_mark(ledger, run, EG_POOL_VERIFIED, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &unit, &pass, &err), err);
    pools_run(sample, ledger, 1, EG_POOL_CONSUMED);
    assert_int_equal(verify(sample->path, 0, 0), 4);
    assert_sql(sample->path,
               "SELECT (SELECT count(*) FROM run_value), (SELECT count(*) FROM run_log),"
               " (SELECT count(*) FROM pool_event)",
               "3|1|15");
}

/* A ledger of version 1: new runs continue its chain. */
static void links_of_version_1_stay_right(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    unsigned orphans;

    old_ledger_make(sample->path);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, &orphans, &err), err);
    assert_int_equal(orphans, 1);
    assert_ok(pools_import(sample, "serials.csv", "serial\nA-1\n", &err), err);
    pools_run(sample, ledger, 1, EG_POOL_CONSUMED);
    assert_int_equal(verify(sample->path, 2, 0), 4);
    assert_sql(sample->path, "SELECT run, outcome FROM runs", "1|pass;2|fail;3|aborted;4|pass");
}

/*
 * An espgang of that version, with the form of the same number, has ended one more run, with values and log.
 */
static void assert_stays_right(struct sample *sample, int version)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(3);
    const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    char previous[EG_SHA256_TEXT], hash[EG_SHA256_TEXT], *sql = NULL;
    struct eg_error err;
    int64_t run;
    sqlite3 *db = NULL;

    old_ledger_make(sample->path);
    assert_int_equal(sqlite3_open(sample->path, &db), SQLITE_OK);
    for (int i = 1; i < version; i++)
        assert_int_equal(sqlite3_exec(db, (const char *)eg__schemas[i], NULL, NULL, NULL), SQLITE_OK);
    sql = sqlite3_mprintf("PRAGMA user_version = %d", version);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
    assert_int_equal(
        sqlite3_exec(
            db,
            "INSERT INTO outcome SELECT 3, '2026-11-27T09:00:00.000Z', outcome, code, blame, sentence,"
            " marginal, attempts, duration_us, bytes_sent, bytes_received, resends, mac, chip,"
            " revision, package, flash_jedec, flash_size, secure_boot, flash_encryption,"
            " secure_download FROM outcome WHERE run_id = 1;"
            "INSERT INTO run_value VALUES (3, 1, 'unit', 'serial', 'A-1', '', 1);"
            "INSERT INTO run_log VALUES (3, 1, 'ab', x'28')",
            NULL, NULL, NULL),
        SQLITE_OK);
    char *last = sample_sql(sample->path, "SELECT hash FROM chain WHERE chain_id = 2");
    strcpy(previous, last);
    free(last);
    compute(db, 3, 3, version, previous, hash);
    sql = sqlite3_mprintf("INSERT INTO chain VALUES (3, 3, %d, %Q, %Q)", version, previous, hash);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(sql);
    sqlite3_close(db);

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    assert_int_equal(verify(sample->path, 2, version), 4);
    assert_sql(sample->path,
               "SELECT (SELECT count(*) FROM run_bridge), (SELECT count(*) FROM run_label),"
               " (SELECT count(*) FROM run_device), (SELECT count(*) FROM region_time)",
               "1|1|1|2");
}

/* The same run always has the same hash, in each form. */
static void a_known_run_keeps_its_hash_in_every_form(void **state)
{
    static const char *const known[] = {
        "f612d300970f2154862580eaf13ee9e983db360a50f553109ac6ffa50676d81c",
        "128657dd4190f797dc9903322c1e90026914f673249d0208b2127f4800d04e06",
        "acad2fd138d364e141b7b24ecf334bf7c822ad349603700e6297277448cfacf1",
        "2aac8ce61c8edd537f2bbd7f5a4d5c333c46730ddef5bb4cdba6e3a9fea9d4d7",
        "f3f20e7cc6b97682f1f418ff6d1d73989ba692d5eeae260c597eab66958bbff3",
        "ec24128f9b863a7d115f7b34f067edd1094892ea028779a46698e58aefdec3c3",
        "4aba3ccf88129d215aeb4ed5c21954a1fc209c3984e5e34e9f5e3672ef841418",
        "486feb8db291857230ddc00c507d8c5be8986486523e667b7a682522616cc472",
        "6a626bf536703825688ec30fb997180b9527873b0d468f00db4275fe78e49ed6",
        "eac6b8baf5ac32cb2d236e06b26751d2223b259bfae62fd46a31aebc2e5fe5ae",
    };
    static const char rows[] =
        "DROP TRIGGER ledger_once; INSERT INTO ledger (ledger_id, identity) VALUES (1, "
        "'00112233445566778899aabbccddeeff');"
        "INSERT INTO job VALUES (1, 'ab', 'acme', '1.0', 'esp32c3', 'espgang: 1');"
        "INSERT INTO session VALUES (1, 1, '2026-11-29T08:00:00.000Z', 'line\t3', 'mira', 'b', 'job.yaml', "
        "'0.1.0', 0);"
        "INSERT INTO run VALUES (1, 1, 'a', '/dev/ttyUSB0', '2026-11-29T08:00:01.000Z');"
        "INSERT INTO run_bridge VALUES (1, 4292, 60000, '0001');"
        "INSERT INTO run_label VALUES (1, 'L7');"
        "INSERT INTO intent VALUES (1, 1, '2026-11-29T08:00:02.000Z', '7c:df:a1:00:00:01', 'esp32c3', 4, "
        "'QFN32',"
        " 1458376, 4194304, 0, 0, 0);"
        "INSERT INTO run_claim VALUES (1, 1, 'label', '', 'L7', '7c:df:a1:00:00:01', 'd1644561093a2f2c');"
        "INSERT INTO run_security VALUES (1, 1, 'intended', 'SECURE_BOOT_EN', '1', "
        "'2026-11-29T08:00:04.000Z');"
        "INSERT INTO pool VALUES (1, 'serials', NULL);"
        "INSERT INTO pool_column VALUES (1, 1, 'serial', 0, NULL);"
        "INSERT INTO pool_import VALUES (1, 1, 's.csv', 'cd', '2026-11-29T07:00:00.000Z', 'mira', 1);"
        "INSERT INTO pool_row VALUES (1, 1, 1, 1, 'A-1', NULL, '[\"A-1\"]', NULL);"
        "INSERT INTO pool_event VALUES (1, 1, 1, 1, '7c:df:a1:00:00:01', 'reserved', "
        "'2026-11-29T08:00:03.000Z');"
        "INSERT INTO pool_event VALUES (2, 1, 1, 1, '7c:df:a1:00:00:01', 'written', "
        "'2026-11-29T08:00:04.000Z');"
        "INSERT INTO outcome (" OUTCOME
        ") VALUES (1, '2026-11-29T08:00:09.000Z', 'fail', 'test-failed', 'board', 'no \\ "
        "boot', '', 2,"
        " 8000000, 100, 200, 3, '7c:df:a1:00:00:01', 'esp32c3', 4, 'QFN32', 1458376, 4194304, 0, 0, 0);"
        "INSERT INTO stage VALUES (1, 1, 'connect', 1, '2026-11-29T08:00:01.000Z', 150000, 'ok', '', 115200, "
        "5, 7, 0, 1042, 'latency');"
        "INSERT INTO region VALUES (1, 1, 'app', 'a.bin', 65536, 4096, 1, 'e1', 'e2', NULL, 'none', "
        "'not-checked', 9, 4096, 7);"
        "INSERT INTO run_value VALUES (1, 1, 'unit', 'serial', 'A-1', '', 1, NULL, NULL, NULL, NULL);"
        "INSERT INTO run_log VALUES (1, 1, 'ef', x'28');"
        "INSERT INTO run_erased VALUES (1, 1, 'nvs', 36864, 24576, 1, 0, 5000, 'e3', 'md5-by-chip', 'equal');"
        "INSERT INTO run_device VALUES (1, 'd1644561093a2f2c', 'none', 0);"
        "INSERT INTO region_time VALUES (1, 1, 4, NULL, 1, 2, 3, 65536);"
        "INSERT INTO run_link VALUES (1, 'ROM', 921600, 2000000, 3000000);";
    struct eg__chain_link link = {.run = 1};
    char hash[EG_SHA256_TEXT];
    struct eg__store store;
    struct eg_error err;
    sqlite3 *db = NULL;

    (void)state;
    assert_ok(eg__migrate_fresh(&db, &err), err);
    if (sqlite3_exec(db, rows, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_ok(eg__store_init(&store, db, false, &err), err);
    for (int form = 1; form <= EG__CHAIN_FORM; form++) {
        assert_ok(eg__chain_hash(&link, &store, 1, form, EG__CHAIN_START, &err), err);
        compute(db, 1, 1, form, EG__CHAIN_START, hash);
        assert_string_equal(link.hash, hash);
        assert_string_equal(link.hash, known[form - 1]);
    }
    eg_buffer_finish(&link.text);
    eg__store_finish(&store);
}

static void links_of_version_2_stay_right(void **state)
{
    assert_stays_right(*state, 2);
}

static void links_of_version_3_stay_right(void **state)
{
    assert_stays_right(*state, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_finished_run_is_hashed_with_the_one_that_finished_before,
                                        sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(values_log_and_rows_of_a_run_are_hashed_with_it, sample_setup,
                                        sample_teardown),
        cmocka_unit_test(a_known_run_keeps_its_hash_in_every_form),
        cmocka_unit_test_setup_teardown(links_of_version_1_stay_right, sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(links_of_version_2_stay_right, sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(links_of_version_3_stay_right, sample_setup, sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
