/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A batch with boards shown again, dead contacts, clones and aborted runs: the counts of each format are
 * compared with independent queries.
 */

#include "db/query/questions.h"
#include "tests/reports/one_report.h"

#include "engine/base/file.h"
#include "tests/db/sample.h"

#include <jansson.h>

/* The last run of each unit, from the tables alone. */
#define UNITS                                                                                                \
    "WITH r AS (SELECT run, mac, flash_unique_id AS f, outcome, code, attempts, finish_order FROM runs"      \
    "  WHERE batch = 'batch-1' AND finished IS NOT NULL AND code <> 'seen-before' AND chip IS NOT NULL),"    \
    " k AS (SELECT *, CASE WHEN f IS NOT NULL THEN mac || '/' || f"                                          \
    "   WHEN mac IS NULL OR code = 'duplicate-mac' AND attempts > 0 THEN 'r' || run"                         \
    "   WHEN (SELECT count(DISTINCT f) FROM r AS o WHERE o.mac = r.mac) > 1 THEN 'r' || run"                 \
    "   ELSE mac || '/' || coalesce((SELECT max(f) FROM r AS o WHERE o.mac = r.mac), '') END AS u FROM r),"  \
    " last AS (SELECT * FROM k WHERE finish_order = (SELECT max(finish_order) FROM k AS o WHERE o.u = "      \
    "k.u)),"                                                                                                 \
    " first AS (SELECT * FROM k WHERE finish_order = (SELECT min(finish_order) FROM k AS o WHERE o.u = "     \
    "k.u))"

#define PASSED "IN ('pass', 'pass-marginal')"

static const struct {
    const char *json, *sql;
    int64_t expected;
} counts[] = {
    {"units", UNITS "SELECT count(*) FROM last", 10},
    {"pass", UNITS "SELECT count(*) FROM last WHERE outcome = 'pass'", 4},
    {"fail", UNITS "SELECT count(*) FROM last WHERE outcome = 'fail'", 5},
    {"error", UNITS "SELECT count(*) FROM last WHERE outcome = 'error'", 0},
    {"aborted", UNITS "SELECT count(*) FROM last WHERE outcome = 'aborted'", 1},
    {"first_pass",
     UNITS "SELECT count(*) FROM first JOIN last USING (u) WHERE first.outcome " PASSED
           " AND first.attempts = 1 AND last.outcome " PASSED,
     3},
    {"repeats", "SELECT count(*) FROM runs WHERE batch = 'batch-1' AND code = 'seen-before'", 1},
    {"no_board", "SELECT count(*) FROM runs WHERE batch = 'batch-1' AND chip IS NULL", 2},
    {"clones",
     "SELECT count(*) FROM (SELECT mac FROM runs WHERE batch = 'batch-1' GROUP BY mac"
     " HAVING count(DISTINCT flash_unique_id) > 1)",
     1},
};

static void fill(struct sample *sample)
{
    static const struct {
        unsigned unit; /* 0 = no board, 99 = a chip whose MAC is unknown */
        const char *flash;
        struct sample_end end;
    } runs[] = {
        {1, "f1", {.outcome = EG_PASS}},
        {1, "f1", {.outcome = EG_FAIL, .code = EG_SEEN_BEFORE, .text = "passed before"}},
        {2, "", {.outcome = EG_FAIL, .code = EG_TEST_FAILED, .text = "no boot"}},
        {2, "f2", {.outcome = EG_PASS, .attempts = 2}},
        {3, "aa", {.outcome = EG_PASS}},
        {3, "bb", {.outcome = EG_FAIL, .code = EG_CLONE, .text = "a clone"}},
        {0, "", {.outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"}},
        {0, "", {.outcome = EG_ABORTED, .code = EG_CANCELLED, .text = "cancelled"}},
        {4, "f4", {.outcome = EG_PASS}},
        {4, "f4", {.outcome = EG_ABORTED, .code = EG_CANCELLED, .text = "cancelled"}},
        {6, "", {.outcome = EG_FAIL, .code = EG_DUPLICATE_MAC, .text = "two boards"}},
        {6, "", {.outcome = EG_FAIL, .code = EG_DUPLICATE_MAC, .text = "two boards"}},
        {6, "f6", {.outcome = EG_PASS}},
        {7, "", {.outcome = EG_PASS}}, /* a flash without an id */
        {7, "", {.outcome = EG_FAIL, .code = EG_DUPLICATE_MAC, .text = "two boards", .withdrawn = true}},
        {99, "", {.outcome = EG_FAIL, .code = EG_SECURED, .text = "secure download mode"}},
    };
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        struct eg_unit unit = sample_unit(runs[i].unit);
        snprintf(unit.flash_unique_id, sizeof unit.flash_unique_id, "%s", runs[i].flash);
        if (runs[i].unit == 99)
            unit.mac[0] = '\0';
        assert_ok(sample_run(sample, ledger, "a", runs[i].unit != 0 ? &unit : NULL, &runs[i].end, &run, &err),
                  err);
    }
}

static void make(const struct sample *sample, const char *format, const char *path, struct eg_buffer *text)
{
    struct eg_error err;

    text->size = 0;
    assert_ok(eg_report_write(sample->path, "batch-1", ONE_REPORT(format, path), 1, NULL, NULL, &err), err);
    assert_ok(eg_file_read(text, path, 1 << 20, &err), err);
}

static void assert_text(const struct eg_buffer *text, const char *format, const char *name, int64_t count)
{
    char part[100];

    snprintf(part, sizeof part, format, name, (long long)count);
    if (strstr((const char *)text->data, part) == NULL)
        fail_msg("no %s in %s", part, (const char *)text->data);
}

static int64_t rows_that(const struct eg_buffer *csv, const char *one, const char *other)
{
    int64_t found = 0;

    for (const char *line = (const char *)csv->data; line != NULL && *line != '\0';
         line = strchr(line, '\n')) {
        line += *line == '\n';
        char row[2000];
        snprintf(row, sizeof row, "%.*s", (int)strcspn(line, "\r\n"), line);
        found += strstr(row, one) != NULL && strstr(row, other) != NULL;
    }
    return found;
}

static enum eg_code count_unit(void *context, const void *row, struct eg_error *err)
{
    (void)row;
    (void)err;
    ++*(int64_t *)context;
    return EG_OK;
}

static void every_format_counts_units_as_an_independent_query_does(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    char path[200];
    int64_t units = 0, failed = 0;

    fill(sample);
    snprintf(path, sizeof path, "%s/report", sample->folder);
    make(sample, "json", path, &text);
    json_t *root = json_loadb((const char *)text.data, text.size, 0, NULL);
    const json_t *batch = json_object_get(root, "batch");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)counts[i].expected);
        assert_sql(sample->path, counts[i].sql, number);
        if (json_integer_value(json_object_get(batch, counts[i].json)) != counts[i].expected)
            fail_msg("JSON %s: %lld, not %s", counts[i].json,
                     (long long)json_integer_value(json_object_get(batch, counts[i].json)), number);
    }
    assert_true(json_real_value(json_object_get(batch, "first_pass_yield")) <=
                json_real_value(json_object_get(batch, "yield")));
    assert_string_equal(json_string_value(json_object_get(batch, "definition")), EG_UNIT_DEFINITION);
    json_decref(root);

    make(sample, "html", path, &text);
    assert_text(&text, "<b id=\"%s\">%lld</b>", "units", 10);
    assert_text(&text, "<b id=\"%s\">%lld</b>", "passed", 4);
    assert_text(&text, "<b id=\"%s\">%lld</b>", "failed", 5);
    assert_text(&text, "<b id=\"%s\">%lld</b>", "aborted", 1);
    assert_text(&text, "<b id=\"%s\">%lld</b>", "first-pass", 3);
    assert_text(&text, "<b id=\"%s\">%lld</b>", "no-board", 2);
    assert_text(&text, "<b id=\"%s\">%lld</b>", "repeats", 1);
    assert_text(&text, "<b id=\"%s\">%lld</b>", "clones", 1);
    assert_non_null(strstr((const char *)text.data, EG_UNIT_DEFINITION));

    make(sample, "junit", path, &text);
    assert_non_null(
        strstr((const char *)text.data, "tests=\"10\" failures=\"5\" errors=\"0\" skipped=\"1\""));
    assert_text(&text, "<property name=\"%s\" value=\"%lld\"/>", "no_board", 2);
    assert_text(&text, "<property name=\"%s\" value=\"%lld\"/>", "repeats", 1);
    assert_text(&text, "<property name=\"%s\" value=\"%lld\"/>", "first_pass", 3);

    make(sample, "csv", path, &text);
    assert_int_equal(rows_that(&text, ",last", ""), 10);
    assert_int_equal(rows_that(&text, ",last", ",pass,"), 4);
    assert_int_equal(rows_that(&text, ",last", ",fail,"), 5);
    assert_int_equal(rows_that(&text, ",repeat", ""), 1);
    assert_int_equal(rows_that(&text, ",no board", ""), 2);
    assert_int_equal(rows_that(&text, ",earlier", ""), 3);

    assert_ok(eg_query_open(&query, sample->path, &err), err);
    const struct eg_run_column *columns[EG_RUN_COLUMNS];
    eg_run_columns(columns, EG_RUN_UNITS);
    const struct eg_selection first = {.batches = (const char *const[]){"batch-1", NULL}};
    assert_ok(eg_query_units(query, &first, columns, count_unit, &units, &err), err);
    assert_int_equal(units, 10);
    const struct eg_selection fails = {.outcomes = (const char *const[]){"fail", NULL}};
    assert_ok(eg_query_units(query, &fails, columns, count_unit, &failed, &err), err);
    assert_int_equal(failed, 5);
}

static enum eg_code keep_summary(void *context, const void *row, struct eg_error *err)
{
    const struct eg_unit_summary *unit = row;
    char *text = context;

    (void)err;
    snprintf(text, 200, "%s %d runs, %d passed, last %s, %d repeats, %d flashes", unit->mac, (int)unit->runs,
             (int)unit->passed, unit->outcome, (int)unit->repeats, (int)unit->flashes);
    return EG_OK;
}

static void a_good_board_that_is_shown_again_stays_good(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    char text[200];
    struct eg_error err;

    fill(sample);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_find_units(query, "7c:df:a1:00:00:01", keep_summary, text, &err), err);
    assert_string_equal(text, "7c:df:a1:00:00:01 1 runs, 1 passed, last pass, 1 repeats, 1 flashes");
    assert_ok(eg_query_find_units(query, "7c:df:a1:00:00:03", keep_summary, text, &err), err);
    assert_string_equal(text, "7c:df:a1:00:00:03 2 runs, 1 passed, last fail, 0 repeats, 2 flashes");
}

int main(void)
{
#define with_sample(test) cmocka_unit_test_setup_teardown(test, sample_setup, sample_teardown)
    const struct CMUnitTest tests[] = {
        with_sample(every_format_counts_units_as_an_independent_query_does),
        with_sample(a_good_board_that_is_shown_again_stays_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
