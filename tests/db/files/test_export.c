/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/export.h"
#include "engine/base/text.h"

#include "tests/db/batches.h"
#include "tests/db/old_ledger.h"
#include "tests/db/pools.h"

#include <jansson.h>

#define LINES_MAX 20

struct lines {
    json_t *line[LINES_MAX];
    unsigned count;
};

static void lines_finish(struct lines *lines)
{
    for (unsigned i = 0; i < lines->count; i++)
        json_decref(lines->line[i]);
    lines->count = 0;
}

static enum eg_code take(void *context, const char *line, size_t size, struct eg_error *err)
{
    struct lines *lines = context;

    assert_ok(eg_text_check(line, size - 1, err), *err); /* no control characters for a terminal */
    assert_true(lines->count < LINES_MAX);
    assert_int_equal(line[size - 1], '\n');
    assert_null(memchr(line, '\n', size - 1));
    lines->line[lines->count] = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    if (lines->line[lines->count++] == NULL)
        fail_msg("no JSON: %.*s", (int)size, line);
    return EG_OK;
}

static enum eg_code export(const struct sample *sample, const struct eg_export *what, struct lines *lines,
                           struct eg_error *err) {
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;

    EG_TRY(eg_query_open(&query, sample->path, err));
    return eg_query_export(query, what, take, lines, err);
}

/* Check the JSON value at a place: names and array indexes separated by dots. */
static void assert_at(const json_t *line, const char *place, const char *expected)
{
    char names[200], *rest = NULL;

    snprintf(names, sizeof names, "%s", place);
    const json_t *at = line;
    for (char *name = strtok_r(names, ".", &rest); name != NULL; name = strtok_r(NULL, ".", &rest))
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(name)) : json_object_get(at, name);
    char *text = at != NULL ? json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15))
                            : strdup("(none)");
    if (strcmp(text, expected) != 0)
        fail_msg("%s: got %s, wanted %s", place, text, expected);
    free(text);
}

static void a_line_has_all_of_a_run_but_secrets(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(lines_finish) struct lines lines = {0};
    const struct eg_export what = {.logs = false}, with_logs = {.logs = true};
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end end = {.outcome = EG_FAIL,
                                   .code = EG_STUCK_BITS,
                                   .text = "\"quoted\" \\ \n\x01\x7f\xc2\x9b é",
                                   .measured = true};
    struct eg_error err;
    int64_t run = 0, row;

    pools_open(sample, &ledger);
    assert_ok(pools_reserve(ledger, 1, "serials", &run, &row, &err), err);
    assert_ok(pools_reserve(ledger, 1, "keys", &run, &row, &err), err);
    struct eg_recorder *recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->intent(recorder, run, &unit, &err), err);
    assert_ok(pools_mark(ledger, run, EG_POOL_WRITTEN, &err), err);
    assert_ok(sample_finish(sample, ledger, run, &unit, &end, &err), err);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "unfinished", .port = "sim:"},
                                   &run, &err),
              err);

    assert_ok(export(sample, &what, &lines, &err), err);
    assert_int_equal(lines.count, 1);
    const json_t *line = lines.line[0];
    static const struct {
        const char *place, *expected;
    } wanted[] = {
        {"espgang", "\"run\""},
        {"version", "2"},
        {"run", "1"},
        {"slot", "\"a\""},
        {"port", "\"sim:\""},
        {"session.station", "\"line 3\""},
        {"session.operator", "\"mira\""},
        {"session.batch", "\"batch-1\""},
        {"job.name", "\"acme-sensor\""},
        {"job.sha256", "\"ab00000000000000000000000000000000000000000000000000000000000000\""},
        {"unit.mac", "\"7c:df:a1:00:00:01\""},
        {"unit.revision", "4"},
        {"outcome.outcome", "\"fail\""},
        {"outcome.code", "\"flash-stuck-bits\""},
        {"outcome.sentence", "\"\\\"quoted\\\" \\\\ \\n\\u0001\x7f\xc2\x9b é\""},
        {"intents.0.mac", "\"7c:df:a1:00:00:01\""},
        {"stages.0.stage", "\"connect\""},
        {"stages.1.sentence", "\"tab\\there, back\\\\slash\""},
        {"stages.2", "(none)"},
        {"regions.1.name", "\"app\""},
        {"regions.1.verdict", "\"equal\""},
        {"values.2",
         "{\"position\":3,\"kind\":\"measured\",\"name\":\"supply\",\"value\":\"2.9\",\"limits\":\"3.0 to "
         "3.6 V\",\"passed\":0,\"unit\":\"V\",\"lower\":\"3.0\",\"upper\":\"3.6\",\"number\":2.9}"},
        {"log.size", "17"},
        {"log_zstd", "(none)"},
        {"pools.0.pool", "\"serials\""},
        {"pools.0.fields", "{\"serial\":\"A-1\",\"label\":\"one\"}"},
        {"pools.0.events.1.state", "\"written\""},
        {"pools.1.fields", "{\"id\":\"k1\",\"MAC\":\"7CDFA1000001\",\"key\":null}"},
        {"merged", "null"},
        {"chain.chain_id", "1"},
        {"chain.previous", "\"0000000000000000000000000000000000000000000000000000000000000000\""},
    };
    for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        assert_at(line, wanted[i].place, wanted[i].expected);
    char *hash = sample_sql(sample->path, "SELECT '\"' || hash || '\"' FROM chain");
    assert_at(line, "chain.hash", hash);
    free(hash);
    char *identity = sample_sql(sample->path, "SELECT '\"' || identity || '\"' FROM ledger");
    assert_at(line, "ledger", identity);
    free(identity);
    lines_finish(&lines);
    assert_ok(export(sample, &with_logs, &lines, &err), err);
    assert_at(lines.line[0], "log_zstd", "\"KLUv/QAgYXMgaWYgenN0ZAA=\"");
}

/* Check which runs are exported, by number. */
static void assert_runs(const struct sample *sample, const struct eg_export *what, const char *expected)
{
    EG_CLEANUP(lines_finish) struct lines lines = {0};
    struct eg_error err;
    char runs[200] = "";

    assert_ok(export(sample, what, &lines, &err), err);
    for (unsigned i = 0; i < lines.count; i++)
        snprintf(runs + strlen(runs), sizeof runs - strlen(runs), "%s%lld", i > 0 ? " " : "",
                 json_integer_value(json_object_get(lines.line[i], "run")));
    assert_string_equal(runs, expected);
}

static void runs_are_chosen_by_batch_time_and_run(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(lines_finish) struct lines lines = {0};
    struct eg_error err;
    char expected[300];

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_runs(sample, &(struct eg_export){.logs = true}, "1 2 3 4 5 6 7 8");
    assert_runs(sample, &(struct eg_export){.runs.batches = (const char *const[]){"batch-2", NULL}}, "8");
    assert_runs(sample, &(struct eg_export){.after_run = 5}, "6 7 8");
    assert_runs(sample,
                &(struct eg_export){.after_run = 5, .runs.batches = (const char *const[]){"batch-1", NULL}},
                "6 7");
    assert_runs(sample, &(struct eg_export){.runs.since_utc = "2001-01-01"}, "1 2 3 4 5 6 7 8");
    assert_runs(sample, &(struct eg_export){.runs.since_utc = "2999-01-01T10:00"}, "");
    snprintf(expected, sizeof expected, "ledger %s: has no finished run 9", sample->path);
    assert_error(export(sample, &(struct eg_export){.after_run = 9}, &lines, &err), err, EG_LEDGER, expected);
}

static void an_old_ledger_is_exported_with_what_it_has(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(lines_finish) struct lines lines = {0};
    struct eg_error err;

    old_ledger_make(sample->path);
    assert_ok(export(sample, &(struct eg_export){.logs = true}, &lines, &err), err);
    assert_int_equal(lines.count, 2);
    assert_at(lines.line[0], "ledger", "null");
    assert_at(lines.line[0], "chain.form", "1");
    assert_at(lines.line[0], "pools", "(none)");
    assert_at(lines.line[1], "unit.mac", "null");
    assert_at(lines.line[1], "intents", "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_line_has_all_of_a_run_but_secrets),
        with_sample(runs_are_chosen_by_batch_time_and_run),
        with_sample(an_old_ledger_is_exported_with_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
