/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/questions.h"
#include "tests/db/batches.h"
#include "tests/db/old_ledger.h"
#include "tests/db/pools.h"

#include <stdarg.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct eg_run_column *const *columns_of(enum eg_run_answer answer)
{
    static const struct eg_run_column *columns[EG_RUN_ANSWERS][EG_RUN_COLUMNS];

    eg_run_columns(columns[answer], answer);
    return columns[answer];
}

/* The rows that visitors received, one line each. */
struct seen {
    char text[6000];
};

static void say(struct seen *seen, const char *format, ...) EG_PRINTF(2, 3);

static void say(struct seen *seen, const char *format, ...)
{
    const size_t used = strlen(seen->text);
    va_list args;

    va_start(args, format);
    vsnprintf(seen->text + used, sizeof seen->text - used, format, args);
    va_end(args);
}

static enum eg_code see_unit(void *context, const void *row, struct eg_error *err)
{
    const struct eg_unit_summary *unit = row;

    (void)err;
    say(context, "%s %d runs %d passed %s reworked=%d\n", unit->mac, (int)unit->runs, (int)unit->passed,
        unit->outcome, (int)unit->reworked);
    return EG_OK;
}

static enum eg_code see_run(void *context, const void *row, struct eg_error *err)
{
    const struct eg_run_row *run = row;

    (void)err;
    say(context, "%d %s %s %s '%s' %s %s\n", (int)run->run, run->mac, run->outcome, run->code, run->serial,
        run->batch, run->slot);
    return EG_OK;
}

static enum eg_code see_row(void *context, const void *row, struct eg_error *err)
{
    const struct eg_unit_row *held = row;

    (void)err;
    say(context, "%s %d %s %s %d\n", held->pool, (int)held->row, held->key, held->state, (int)held->run);
    return EG_OK;
}

static enum eg_code see_comparison(void *context, const void *row, struct eg_error *err)
{
    const struct eg_comparison *line = row;

    (void)err;
    say(context, "%s %s: %.20s|%.20s|%s\n", line->section, line->name, line->first, line->second,
        line->difference);
    return EG_OK;
}

static enum eg_code see_duplicate(void *context, const void *row, struct eg_error *err)
{
    const struct eg_duplicate *twice = row;

    (void)err;
    say(context, "%s %s: %s (%s)\n", twice->kind, twice->value, twice->among, twice->runs);
    return EG_OK;
}

static void change(const char *path, const char *sql)
{
    char *text = sample_sql(path, sql);

    assert_string_equal(text, "");
    free(text);
}

#define assert_found(query, who, expected)                                                                   \
    do {                                                                                                     \
        struct seen found = {""};                                                                            \
        assert_ok(eg_query_find_units(query, who, see_unit, &found, &err), err);                             \
        assert_string_equal(found.text, expected);                                                           \
    } while (0)

static void a_unit_is_found_by_its_mac_in_any_spelling_and_by_its_serial(void **state)
{
    static const char *const spellings[] = {"7c:df:a1:00:00:01", "7C-DF-A1-00-00-01", "7cdfa1000001",
                                            "7CDF.A100.0001", "A-1"};
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct sample_end measured = {.outcome = EG_PASS, .measured = true};
    const struct eg_unit first = sample_unit(1), second = sample_unit(2);
    struct seen seen = {""};
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &first, &pools_fail, &run, &err), err);
    assert_ok(sample_run(sample, ledger, "b", &first, &measured, &run, &err), err);
    assert_ok(sample_run(sample, ledger, "c", &second, &pools_fail, &run, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "d", .port = "sim:"}, &run, &err),
              err);
    assert_ok(recorder->ops->intent(recorder, run, &second, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    for (unsigned i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        assert_found(query, spellings[i], "7c:df:a1:00:00:01 2 runs 1 passed pass reworked=1\n");
    assert_found(query, "7c:df:a1:00:00:02", "7c:df:a1:00:00:02 2 runs 0 passed fail reworked=1\n");
    assert_found(query, "7c:df:a1:00:00:03", "");
    assert_found(query, "7c:df:a1:00:00:01:02", "");
    assert_found(query, "a-1", "");
    assert_found(query, "", "");
    assert_ok(eg_query_unit_runs(query, first.mac, NULL, columns_of(EG_RUN_HISTORY), see_run, &seen, &err),
              err);
    assert_ok(eg_query_unit_runs(query, second.mac, NULL, columns_of(EG_RUN_HISTORY), see_run, &seen, &err),
              err);
    assert_string_equal(seen.text, "1 7c:df:a1:00:00:01 fail flash-stuck-bits '' batch-1 a\n"
                                   "2 7c:df:a1:00:00:01 pass ok 'A-1' batch-1 b\n"
                                   "3 7c:df:a1:00:00:02 fail flash-stuck-bits '' batch-1 c\n"
                                   "4 7c:df:a1:00:00:02 unfinished  '' batch-1 d\n");
}

static void a_pool_key_leads_to_whoever_has_it_now_unless_it_is_secret(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_unit third = sample_unit(3);
    struct seen seen = {""};
    struct eg_error err;
    int64_t run = 0, row;

    assert_ok(pools_import(sample, "secrets.csv", "key,label\nhidden,x\n", &err), err);
    pools_open(sample, &ledger);
    pools_run(sample, ledger, 1, EG_POOL_RESERVED); /* and gives A-1 back */
    pools_run(sample, ledger, 2, EG_POOL_CONSUMED); /* it goes to unit 2 */
    pools_run(sample, ledger, 4, EG_POOL_WRITTEN);
    assert_ok(pools_reserve(ledger, 3, "secrets", &run, &row, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &third, &pools_fail, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_found(query, "A-1", "7c:df:a1:00:00:02 1 runs 1 passed pass reworked=0\n");
    assert_found(query, "A-2", "7c:df:a1:00:00:04 1 runs 0 passed fail reworked=0\n");
    assert_found(query, "A-3", "");
    assert_found(query, "hidden", "");
    assert_ok(eg_query_unit_rows(query, "7c:df:a1:00:00:01", see_row, &seen, &err), err);
    assert_ok(eg_query_unit_rows(query, "7c:df:a1:00:00:02", see_row, &seen, &err), err);
    assert_ok(eg_query_unit_rows(query, "7c:df:a1:00:00:03", see_row, &seen, &err), err);
    assert_ok(eg_query_unit_rows(query, "7c:df:a1:00:00:04", see_row, &seen, &err), err);
    assert_string_equal(seen.text, "serials 1 A-1 released 1\nserials 1 A-1 consumed 2\n"
                                   "secrets 1 (secret) released 4\nserials 2 A-2 written 3\n");
}

static void units_count_by_their_last_run_in_the_selection(void **state)
{
    const struct {
        struct eg_selection filter;
        const char *expected;
    } cases[] = {
        {{.batches = LIST("batch-1")}, "1 3 4 5 "},
        {{.batches = LIST("batch-1"), .outcomes = LIST("fail")}, "5 "},
        {{.batches = LIST("batch-1"), .outcomes = LIST("pass-marginal", "error")}, "4 "},
        {{.batches = LIST("batch-1"), .code = "flash-stuck-bits"}, ""},
        {{.code = "no-sync"}, ""},
        {{.slot = "slot 2"}, "8 "},
        {{.batches = LIST("batch-1", "batch-2")}, "3 4 5 8 "},
        {{.station = "nowhere"}, ""},
        {{.operator_name = "nobody"}, ""},
        {{.label = "none"}, ""},
        {{.job = "acme-sensor"}, "3 4 5 8 "},
        {{.job = "another"}, ""},
        {{.chip = "esp32c3", .batches = LIST("batch-2")}, "8 "},
        {{.chip = "esp32"}, ""},
        {{.since_utc = "2099-01-01"}, ""},
        {{.until_utc = "2000-01-01"}, ""},
        {{.until_utc = "2099-01-01", .since_utc = "2000-01-01"}, "3 4 5 8 "},
        {{.batches = LIST("batch-3")}, ""},
    };
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen = {""};
        char numbers[100] = "";
        assert_ok(eg_query_units(query, &cases[i].filter, columns_of(EG_RUN_UNITS), see_run, &seen, &err),
                  err);
        for (const char *line = seen.text; *line != '\0'; line = strchr(line, '\n') + 1)
            snprintf(numbers + strlen(numbers), sizeof numbers - strlen(numbers), "%d ", atoi(line));
        assert_string_equal(numbers, cases[i].expected);
    }
}

static void a_selection_begins_with_since_and_ends_before_until(void **state)
{
    const struct {
        struct eg_selection filter;
        const char *expected;
    } cases[] = {
        {{.since_utc = "2026-11-27", .until_utc = "2026-11-28"}, "1"},
        {{.since_utc = "2026-11-27T08:30", .until_utc = "2026-11-27T08:31"}, "1"},
        {{.until_utc = "2026-11-27T08:30:15.233Z"}, ""},
        {{.since_utc = "2026-11-27T08:30:15.233Z"}, "1"},
        {{.since_utc = "2026-11-27T08:31"}, ""},
    };
    const struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;

    old_ledger_make(sample->path); /* the run that counts ended at 08:30:15.233 */
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen seen = {""};
        assert_ok(eg_query_units(query, &cases[i].filter, columns_of(EG_RUN_UNITS), see_run, &seen, &err),
                  err);
        if (cases[i].expected[0] == '\0')
            assert_string_equal(seen.text, "");
        else
            assert_string_equal(seen.text, "1 7c:df:a1:00:00:01 pass ok '' batch-1 a\n");
    }
}

static void two_batches_are_compared_by_their_units_and_runs(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct sample_end measured = {.outcome = EG_PASS, .measured = true};
    const struct eg_unit unit = sample_unit(9);
    struct seen seen = {""};
    struct eg_error err;
    int64_t run;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    eg_ledger_close(ledger);
    ledger = NULL;
    sample->session.batch = "batch-3";
    sample->plan.job_sha256[0] = 0xcd;
    sample->plan.job_version = "1.5.0";
    sample->regions[1].sha256[0] = 5;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &measured, &run, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_compare(query, &(struct eg_selection){.batches = LIST("batch-1")},
                               &(struct eg_selection){.batches = LIST("batch-3")}, see_comparison, &seen,
                               &err),
              err);
    assert_string_equal(seen.text, "counts units: 5|1|-4\n"
                                   "counts passed: 2|1|-1\n"
                                   "counts marginal: 1|0|-1\n"
                                   "counts failed: 1|0|-1\n"
                                   "counts errors: 0|0|0\n"
                                   "counts aborted: 1|0|-1\n"
                                   "counts repeats: 0|0|0\n"
                                   "counts no_board: 2|0|-2\n"
                                   "counts yield_percent: 60.0|100.0|40.0\n"
                                   "counts first_pass_percent: 20.0|100.0|80.0\n"
                                   "counts cycle_ms: 3210|3210|0\n"
                                   "codes abandoned: 1|0|-1\n"
                                   "codes cancelled: 1|0|-1\n"
                                   "codes flash-stuck-bits: 1|0|-1\n"
                                   "codes no-sync: 1|0|-1\n"
                                   "codes verify-mismatch: 1|0|-1\n"
                                   "stages connect: 150|150|0\n"
                                   "stages write: 2500|2500|0\n"
                                   "firmware 0x00010000 app: 04000000000000000000|05000000000000000000|\n"
                                   "jobs acme-sensor 1.4.0: ab000000000000000000||\n"
                                   "jobs acme-sensor 1.5.0: |cd000000000000000000|\n"
                                   "values supply min: |2.9 V|\n"
                                   "values supply median: |2.9 V|\n"
                                   "values supply max: |2.9 V|\n");
}

static void medians_are_the_lower_and_values_are_ordered_by_their_numbers(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct sample_end measured = {.outcome = EG_PASS, .measured = true};
    struct seen seen = {""};
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 0; i < 5; i++) {
        const struct eg_unit unit = sample_unit(i + 1);
        assert_ok(sample_run(sample, ledger, "a", &unit, &measured, &run, &err), err);
    }
    change(sample->path, "DROP TRIGGER run_value_keeps");
    change(sample->path, "DROP TRIGGER outcome_keeps");
    change(sample->path, "UPDATE run_value SET value = CASE run_id WHEN 1 THEN '10' WHEN 2 THEN '9.5'"
                         " WHEN 3 THEN '-1' WHEN 4 THEN '100' ELSE 'none' END WHERE name = 'supply'");
    change(sample->path,
           "UPDATE run_value SET number = iif(value = 'none', NULL, value) WHERE name = 'supply'");
    change(sample->path, "UPDATE outcome SET duration_us = run_id * 1000000");
    change(sample->path, "UPDATE outcome SET outcome = 'fail' WHERE run_id = 1");
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_compare(query, &(struct eg_selection){.batches = LIST("batch-1")},
                               &(struct eg_selection){.batches = LIST("batch-1")}, see_comparison, &seen,
                               &err),
              err);
    assert_non_null(strstr(seen.text, "values supply min: -1 V|-1 V|0\n"
                                      "values supply median: 9.5 V|9.5 V|0\n"
                                      "values supply max: 100 V|100 V|0\n"));
    assert_non_null(strstr(seen.text, "counts cycle_ms: 3000|3000|0\n"));
}

static void unique_values_are_no_duplicates(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct sample_end measured = {.outcome = EG_PASS, .measured = true};
    const struct eg_unit unit = sample_unit(1);
    struct seen seen = {""};
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &unit, &measured, &run, &err), err);
    eg_clock_sleep_until_us(eg_clock_us() + 2000);
    assert_ok(sample_run(sample, ledger, "b", &unit, &measured, &run, &err), err);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_duplicates(query, NULL, see_duplicate, &seen, &err), err);
    assert_string_equal(seen.text, "");
}

static void duplicates_are_named_with_their_runs(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct sample_end measured = {.outcome = EG_PASS, .measured = true};
    const struct eg_unit first = sample_unit(1), second = sample_unit(2), third = sample_unit(3);
    struct seen seen = {""};
    struct eg_error err;
    int64_t run, other;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(sample_run(sample, ledger, "a", &first, &measured, &run, &err), err); /* run 1 */
    assert_ok(sample_run(sample, ledger, "a", &second, &measured, &run, &err), err);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "b", .port = "sim:"}, &run, &err),
              err); /* runs 3 and 4 at once */
    assert_ok(recorder->ops->intent(recorder, run, &third, &err), err);
    assert_ok(
        recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "c", .port = "sim:"}, &other, &err),
        err);
    assert_ok(recorder->ops->intent(recorder, other, &third, &err), err);
    eg_clock_sleep_until_us(eg_clock_us() + 2000);
    assert_ok(sample_finish(sample, ledger, run, &third, &pools_fail, &err), err);
    eg_ledger_close(ledger);
    ledger = NULL;
    sample->session.batch = "batch-2";
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, "a", &first, &measured, &run, &err), err); /* run 5 */
    change(sample->path, "DROP TRIGGER run_device_stays");
    change(sample->path, "DELETE FROM run_device"); /* all boards of the sample have the same flash */
    change(sample->path, "DROP TRIGGER run_value_keeps");
    change(sample->path, "UPDATE run_value SET value = 'A-2' WHERE name = 'serial' AND run_id = 5");
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_duplicates(query, NULL, see_duplicate, &seen, &err), err);
    assert_string_equal(seen.text, "batches-of-mac 7c:df:a1:00:00:01: batch-1, batch-2 (1, 5)\n"
                                   "macs-of-serial A-1: 7c:df:a1:00:00:01, 7c:df:a1:00:00:02 (1, 2)\n"
                                   "serials-of-mac 7c:df:a1:00:00:01: A-1, A-2 (1, 5)\n"
                                   "slots-at-once 7c:df:a1:00:00:03: b, c (3, 4)\n");
    assert_found(query, "A-1",
                 "7c:df:a1:00:00:01 2 runs 2 passed pass reworked=1\n"
                 "7c:df:a1:00:00:02 1 runs 1 passed pass reworked=0\n");
    seen.text[0] = '\0';
    assert_ok(eg_query_duplicates(query, "batch-2", see_duplicate, &seen, &err), err);
    assert_string_equal(seen.text, "batches-of-mac 7c:df:a1:00:00:01: batch-1, batch-2 (1, 5)\n"
                                   "serials-of-mac 7c:df:a1:00:00:01: A-1, A-2 (1, 5)\n");
    eg_query_close(query);
    query = NULL;
    seen.text[0] = '\0';
    change(sample->path, "DROP TRIGGER run_device_once");
    change(sample->path,
           "INSERT INTO run_device SELECT run_id, 'd163', NULL, NULL FROM outcome WHERE run_id < 3");
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_duplicates(query, "batch-1", see_duplicate, &seen, &err), err);
    assert_non_null(strstr(seen.text, "macs-of-flash d163: 7c:df:a1:00:00:01, 7c:df:a1:00:00:02 (1, 2)\n"));
}

static void a_ledger_of_version_1_answers_with_what_it_has(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_selection all = {.batches = NULL};
    struct seen seen = {""};
    struct eg_error err;

    old_ledger_make(sample->path);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_found(query, "7c:df:a1:00:00:02", "7c:df:a1:00:00:02 1 runs 0 passed  reworked=0\n");
    assert_ok(eg_query_unit_runs(query, "7c:df:a1:00:00:02", NULL, columns_of(EG_RUN_HISTORY), see_run, &seen,
                                 &err),
              err);
    assert_ok(eg_query_unit_rows(query, "7c:df:a1:00:00:01", see_row, &seen, &err), err);
    assert_ok(eg_query_units(query, &all, columns_of(EG_RUN_UNITS), see_run, &seen, &err), err);
    assert_ok(eg_query_duplicates(query, NULL, see_duplicate, &seen, &err), err);
    assert_string_equal(seen.text, "3 7c:df:a1:00:00:02 unfinished  '' batch-1 c\n"
                                   "1 7c:df:a1:00:00:01 pass ok '' batch-1 a\n");
    seen.text[0] = '\0';
    assert_ok(eg_query_compare(query, &(struct eg_selection){.batches = LIST("batch-1")},
                               &(struct eg_selection){.batches = LIST("batch-1")}, see_comparison, &seen,
                               &err),
              err);
    assert_non_null(strstr(seen.text, "codes flash-stuck-bits: 1|1|0\n"));
}

static void one_unit_is_asked_for_by_indexes_alone(void **state)
{
    static const char *const questions[] = {
        ("SELECT mac FROM run_value JOIN outcome USING (run_id)"
         " WHERE kind = 'unit' AND name = 'serial' AND value = 'A-1'"),
        "SELECT run_id FROM intent WHERE mac = 'x'",
        "SELECT run_id FROM outcome WHERE mac = 'x'",
    };
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        char sql[300];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", questions[i]);
        char *plan = sample_sql(sample->path, sql);
        assert_null(strstr(plan, "SCAN"));
        free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_unit_is_found_by_its_mac_in_any_spelling_and_by_its_serial),
        with_sample(a_pool_key_leads_to_whoever_has_it_now_unless_it_is_secret),
        with_sample(units_count_by_their_last_run_in_the_selection),
        with_sample(a_selection_begins_with_since_and_ends_before_until),
        with_sample(two_batches_are_compared_by_their_units_and_runs),
        with_sample(medians_are_the_lower_and_values_are_ordered_by_their_numbers),
        with_sample(unique_values_are_no_duplicates),
        with_sample(duplicates_are_named_with_their_runs),
        with_sample(a_ledger_of_version_1_answers_with_what_it_has),
        with_sample(one_unit_is_asked_for_by_indexes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
