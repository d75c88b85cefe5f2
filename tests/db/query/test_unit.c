/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/query.h"
#include "tests/db/old_ledger.h"
#include "tests/db/pools.h"

/* The rows that visitors received, one line each. */
struct seen {
    char text[2000];
};

static void say(struct seen *seen, const char *text)
{
    const size_t used = strlen(seen->text);

    snprintf(seen->text + used, sizeof seen->text - used, "%s", text);
}

static enum eg_code see_pool(void *context, const struct eg_pool_summary *pool, struct eg_error *err)
{
    char line[200];

    (void)err;
    snprintf(line, sizeof line, "%s %d %d %d %d %d %d\n", pool->name, (int)pool->total, (int)pool->free,
             (int)pool->reserved, (int)pool->written, (int)pool->verified, (int)pool->consumed);
    say(context, line);
    return EG_OK;
}

static enum eg_code see_entry(void *context, const struct eg_pool_entry *entry, struct eg_error *err)
{
    char line[200];

    (void)err;
    snprintf(line, sizeof line, "%d %s %d '%s' %s %d", (int)entry->position, entry->state, (int)entry->run,
             entry->mac, entry->imported_from, entry->since_utc[0] != '\0');
    say(context, line);
    for (unsigned i = 0; i < entry->count; i++) {
        snprintf(line, sizeof line, " %s=%s", entry->names[i], entry->values[i]);
        say(context, line);
    }
    say(context, "\n");
    return EG_OK;
}

static enum eg_code see_value(void *context, const struct eg_run_value *value, struct eg_error *err)
{
    char line[200];

    (void)err;
    snprintf(line, sizeof line, "%d %s %s %s '%s' '%s' %d %g '%s' %g %g\n", (int)value->run, value->mac,
             value->kind, value->name, value->value, value->limits, value->passed, value->number, value->unit,
             value->lower, value->upper);
    say(context, line);
    return EG_OK;
}

static void pools_are_counted_by_state_and_shown_without_their_secrets(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct seen seen = {""};
    struct eg_error err;
    char expected[200];
    int64_t run = 0, row;

    pools_open(sample, &ledger);
    pools_run(sample, ledger, 1, EG_POOL_CONSUMED);
    pools_run(sample, ledger, 2, EG_POOL_WRITTEN);
    pools_run(sample, ledger, 2, EG_POOL_RESERVED);
    pools_run(sample, ledger, 4, EG_POOL_VERIFIED);
    assert_ok(pools_reserve(ledger, 2, "keys", &run, &row, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_pools(query, see_pool, &seen, &err), err);
    assert_string_equal(seen.text, "keys 2 1 1 0 0 0\nserials 3 0 0 1 1 1\n");
    seen.text[0] = '\0';
    assert_ok(eg_query_pool(query, "serials", see_entry, &seen, &err), err);
    assert_string_equal(seen.text, "1 consumed 1 '7c:df:a1:00:00:01' serials.csv 1 serial=A-1 label=one\n"
                                   "2 written 3 '7c:df:a1:00:00:02' serials.csv 1 serial=A-2 label=t\"w\\o\n"
                                   "3 verified 4 '7c:df:a1:00:00:04' serials.csv 1 serial=A-3 label=three\n");
    seen.text[0] = '\0';
    assert_ok(eg_query_pool(query, "keys", see_entry, &seen, &err), err);
    assert_string_equal(
        seen.text, "1 free -1 '7c:df:a1:00:00:01' keys.csv 0 id=k1 MAC=7CDFA1000001 key=(secret)\n"
                   "2 reserved 5 '7c:df:a1:00:00:02' keys.csv 1 id=k2 MAC=7c-df-a1-00-00-02 key=(secret)\n");
    snprintf(expected, sizeof expected, "ledger %s: has no pool key; there is keys, serials", sample->path);
    assert_error(eg_query_pool(query, "key", see_entry, &seen, &err), err, EG_LEDGER, expected);
}

static void values_and_log_of_a_run_equal_the_records(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer log = {0};
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS}, measured = {.outcome = EG_PASS, .measured = true};
    struct seen seen = {""}, batch = {""};
    struct eg_error err;
    int64_t first, second;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &measured, &first, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &second, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_run_values(query, first, see_value, &seen, &err), err);
    assert_ok(eg_query_run_values(query, second, see_value, &seen, &err), err);
    assert_string_equal(seen.text,
                        "1 7c:df:a1:00:00:01 unit serial 'A-1' '' 1 nan '' nan nan\n"
                        "1 7c:df:a1:00:00:01 unit key '' '' 1 nan '' nan nan\n"
                        "1 7c:df:a1:00:00:01 measured supply '2.9' '3.0 to 3.6 V' 0 2.9 'V' 3 3.6\n");
    assert_ok(eg_query_batch_values(query, "batch-1", see_value, &batch, &err), err);
    assert_string_equal(batch.text, seen.text);
    assert_ok(eg_query_run_log(query, first, &log, &err), err);
    assert_int_equal(log.size, sizeof SAMPLE_LOG);
    assert_memory_equal(log.data, SAMPLE_LOG, sizeof SAMPLE_LOG);
    assert_ok(eg_query_run_log(query, second, &log, &err), err);
    assert_int_equal(log.size, 0);
    assert_sql(sample->path, "SELECT run, mac, name, value FROM unit_values ORDER BY name DESC",
               "1|7c:df:a1:00:00:01|serial|A-1;1|7c:df:a1:00:00:01|key|");
    assert_sql(sample->path,
               "SELECT run, batch, slot, mac, name, value, typeof(number), number, unit, lower, upper, "
               "limits, passed"
               " FROM measurements",
               "1|batch-1|a|7c:df:a1:00:00:01|supply|2.9|real|2.9|V|3.0|3.6|3.0 to 3.6 V|no");
}

/* An older version recorded "2.9 V" as the value, and the limits in words only. */
static void assert_splits(const char *path, const char *value, const char *limits, const char *expected)
{
    char *const sql = sqlite3_mprintf(
        "UPDATE run_value SET value = %Q, limits = %Q, unit = NULL, lower = NULL, upper = NULL, number = NULL"
        " WHERE name = 'supply'",
        value, limits);
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    sqlite3_free(sql);
    assert_sql(path, "SELECT value, number, unit, lower, upper FROM measurements", expected);
}

static void values_of_older_versions_are_split_into_number_unit_and_limits(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end measured = {.outcome = EG_PASS, .measured = true};
    struct eg_error err;
    sqlite3 *db = NULL;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &measured, &run, &err), err);
    assert_int_equal(sqlite3_open(sample->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TRIGGER run_value_keeps", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_splits(sample->path, "2.90 V", "3.0 to 3.6 V", "2.90|2.9|V|3.0|3.6");
    assert_splits(sample->path, "-61 dBm", "at least -70 dBm", "-61|-61.0|dBm|-70.0|NULL");
    assert_splits(sample->path, "+7", "at most 10", "+7|7.0|NULL|NULL|10.0");
    assert_splits(sample->path, "1.4.0-rc1 x", "", "1.4.0-rc1 x|NULL|NULL|NULL|NULL");
    assert_splits(sample->path, "2026-11-27", "", "2026-11-27|NULL|NULL|NULL|NULL");
    assert_splits(sample->path, "12. V", "", "12. V|NULL|NULL|NULL|NULL");
    assert_splits(sample->path, "", "", "|NULL|NULL|NULL|NULL");
}

static void a_log_that_was_tampered_with_is_not_shown(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer log = {0};
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end measured = {.outcome = EG_PASS, .measured = true};
    struct eg_error err;
    char expected[200];
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &measured, &run, &err), err);
    assert_sql(sample->path, "DROP TRIGGER run_log_keeps", "");
    assert_sql(sample->path, "UPDATE run_log SET zstd = zeroblob(size)", "");
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    snprintf(expected, sizeof expected, "ledger %s: the log of run 1 is not what was recorded", sample->path);
    assert_error(eg_query_run_log(query, run, &log, &err), err, EG_LEDGER, expected);
}

static void a_ledger_of_version_1_has_none_of_it(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer log = {0};
    struct seen seen = {""};
    struct eg_batch batch;
    struct eg_error err;
    char expected[200];

    old_ledger_make(sample->path);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_batch(query, NULL, &batch, &err), err);
    assert_int_equal(batch.runs, 3);
    assert_ok(eg_query_pools(query, see_pool, &seen, &err), err);
    assert_ok(eg_query_run_values(query, 1, see_value, &seen, &err), err);
    assert_ok(eg_query_batch_values(query, "batch-1", see_value, &seen, &err), err);
    assert_ok(eg_query_run_log(query, 1, &log, &err), err);
    assert_string_equal(seen.text, "");
    assert_int_equal(log.size, 0);
    snprintf(expected, sizeof expected, "ledger %s: has no pool yet", sample->path);
    assert_error(eg_query_pool(query, "serials", see_entry, &seen, &err), err, EG_LEDGER, expected);
    assert_sql(sample->path, "PRAGMA user_version", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(pools_are_counted_by_state_and_shown_without_their_secrets),
        with_sample(values_and_log_of_a_run_equal_the_records),
        with_sample(values_of_older_versions_are_split_into_number_unit_and_limits),
        with_sample(a_log_that_was_tampered_with_is_not_shown),
        with_sample(a_ledger_of_version_1_has_none_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
