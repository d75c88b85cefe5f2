/* SPDX-License-Identifier: Apache-2.0 */

/* The formats for programs, each read by an independent reader. */

#include "tests/reports/one_report.h"

#include "engine/base/file.h"
#include "tests/db/batches.h"

#include <jansson.h>

static void read_file(const char *path, struct eg_buffer *text)
{
    struct eg_error err;

    assert_ok(eg_file_read(text, path, 1 << 20, &err), err);
}

#define assert_contains(text, part)                                                                          \
    do {                                                                                                     \
        if (strstr((const char *)(text).data, part) == NULL)                                                 \
            fail_msg("no \"%s\" in: %s", part, (const char *)(text).data);                                   \
    } while (0)

/* Make a report of batch-1 in one format; it must succeed. */
static void make(const struct sample *sample, const char *format, struct eg_buffer *text)
{
    struct eg_error err;
    char path[200];

    snprintf(path, sizeof path, "%s/b.%s", sample->folder, format);
    assert_ok(eg_report_write(sample->path, "batch-1", ONE_REPORT(format, path), 1, NULL, NULL, &err), err);
    read_file(path, text);
}

static void fill(struct sample *sample)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    assert_ok(fill_batches(sample, &ledger, &err), err);
}

/* Record a batch of a single run. */
static void one_run(struct sample *sample, const char *slot, bool known, const struct sample_end *run_end)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_ok(sample_run(sample, ledger, slot, known ? &unit : NULL, run_end, &run, &err), err);
}

static json_t *load(const struct eg_buffer *text)
{
    json_error_t wrong;
    json_t *root = json_loadb((const char *)text->data, text->size, JSON_REJECT_DUPLICATES, &wrong);

    if (root == NULL)
        fail_msg("line %d: %s", wrong.line, wrong.text);
    return root;
}

/* Compare a number of the report with an independent query. */
static void assert_equals_sql(const struct sample *sample, json_t *object, const char *key, const char *sql)
{
    char *wanted = sample_sql(sample->path, sql);
    char got[30];

    snprintf(got, sizeof got, "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(object, key)));
    if (strcmp(got, wanted) != 0)
        fail_msg("%s is %s, not %s", key, got, wanted);
    free(wanted);
}

static void the_json_equals_independent_queries(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};

    fill(sample);
    make(sample, "json", &text);
    json_t *root = load(&text), *batch = json_object_get(root, "batch");
    assert_string_equal(json_string_value(json_object_get(root, "espgang")), "report");
    assert_int_equal(json_integer_value(json_object_get(root, "version")), 2);
    assert_equals_sql(sample, batch, "runs", "SELECT count(*) FROM runs WHERE batch = 'batch-1'");
    assert_equals_sql(sample, batch, "unfinished",
                      "SELECT count(*) FROM runs WHERE batch = 'batch-1' AND finished IS NULL");
    assert_equals_sql(sample, batch, "units",
                      "SELECT count(DISTINCT mac) FROM runs WHERE batch = 'batch-1' AND "
                      "finished IS NOT NULL");
    assert_equals_sql(sample, batch, "retries", "SELECT sum(attempts - 1) FROM runs WHERE batch = 'batch-1'");
    assert_equals_sql(sample, batch, "chain_id",
                      "SELECT max(finish_order) FROM runs WHERE batch = 'batch-1'");
    char *hash = sample_sql(
        sample->path, "SELECT hash FROM runs WHERE batch = 'batch-1' ORDER BY finish_order DESC LIMIT 1");
    assert_string_equal(json_string_value(json_object_get(batch, "chain_hash")), hash);
    free(hash);
    assert_true(json_real_value(json_object_get(batch, "yield")) == 0.75);

    json_t *slot = json_array_get(json_object_get(root, "slots"), 0);
    assert_string_equal(json_string_value(json_object_get(slot, "name")), "slot <1>");
    assert_equals_sql(
        sample, slot, "trials",
        "SELECT count(*) FROM runs WHERE batch = 'batch-1' AND slot = 'slot <1>' AND outcome NOT "
        "IN ('aborted', 'unfinished')");
    assert_equals_sql(sample, slot, "bad",
                      "SELECT count(*) FROM runs WHERE batch = 'batch-1' AND outcome IN ('fail', 'error')");
    json_t *flash = json_array_get(json_object_get(root, "flash"), 0);
    assert_string_equal(json_string_value(json_object_get(flash, "name")), "c84016 GigaDevice, 4 MB");
    assert_equals_sql(sample, flash, "bad",
                      "SELECT count(*) FROM runs WHERE batch = 'batch-1' AND outcome = 'fail'");
    assert_int_equal(json_array_size(json_object_get(root, "failures")), 4);
    assert_equals_sql(sample, json_array_get(json_object_get(root, "stages"), 1), "count",
                      "SELECT count(*) FROM stages JOIN runs USING (run) WHERE stages.batch = 'batch-1' AND "
                      "stage = 'write' AND stages.code = 'ok' AND outcome LIKE 'pass%'");
    json_t *write = json_array_get(json_object_get(root, "stages"), 1);
    assert_true(json_real_value(json_object_get(write, "floor")) == 2.4);
    assert_equals_sql(sample, json_object_get(write, "limited_by"), "resends",
                      "SELECT count(*) FROM stages JOIN runs USING (run) WHERE stages.batch = 'batch-1' AND "
                      "stage = 'write' AND stages.code = 'ok' AND outcome LIKE 'pass%'");
    assert_equals_sql(sample, json_object_get(root, "cycle"), "count",
                      "SELECT count(*) FROM runs WHERE batch = 'batch-1' AND outcome LIKE 'pass%'");
    assert_int_equal(json_array_size(json_object_get(root, "runs")), 8);
    json_decref(root);
}

static void the_csv_has_a_row_for_each_run(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    unsigned rows = 0;

    fill(sample);
    make(sample, "csv", &text);
    for (const char *at = (const char *)text.data; (at = strstr(at, "\r\n")) != NULL; at += 2)
        rows++;
    assert_int_equal(rows, 1 + 8);
    assert_contains(text, "run,batch,slot,port,mac,chip,revision,package,flash_jedec,flash_size,started_utc,"
                          "finished_utc,outcome,"
                          "code,blame,sentence,marginal,attempts,duration_ms,counts,security,label,serial,"
                          "stub,baud,slowest\r\n");
    assert_contains(text, "\r\n1,batch-1,slot <1>,sim:esp32c3,7c:df:a1:00:00:01,esp32c3,v0.4,"
                          "ESP32-C3 (QFN32),c84016,4194304,");
    assert_contains(text, ",fail,flash-stuck-bits,board,flash bits stay 0,,1,3210,earlier");
    assert_contains(text, ",unfinished,,,,,,,");
}

static void values_are_columns_and_members_and_a_secret_is_empty(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer csv = {0}, json = {0}, html = {0};

    one_run(sample, "1", true, &(struct sample_end){.outcome = EG_PASS, .measured = true});
    make(sample, "csv", &csv);
    assert_contains(csv, ",counts,security,label,serial,stub,baud,slowest,unit:serial,unit:key,measured:"
                         "supply,measured:supply:unit,"
                         "measured:supply:lower,"
                         "measured:supply:upper\r\n");
    assert_contains(csv, ",1,3210,last,,A-17,A-1,");
    assert_contains(csv, ",A-1,,2.9,V,3,3.6\r\n");
    make(sample, "json", &json);
    json_t *root = load(&json), *measure = json_array_get(json_object_get(root, "measured"), 0);
    assert_string_equal(json_string_value(json_object_get(measure, "limits")), "3.0 to 3.6 V");
    assert_int_equal(json_integer_value(json_object_get(measure, "outside")), 1);
    assert_true(json_real_value(json_object_get(measure, "median")) == 2.9);
    assert_string_equal(json_string_value(json_object_get(measure, "unit")), "V");
    assert_true(json_number_value(json_object_get(measure, "lower")) == 3.0);
    assert_true(json_number_value(json_object_get(measure, "upper")) == 3.6);
    json_t *run = json_array_get(json_object_get(root, "runs"), 0);
    json_t *value = json_array_get(json_object_get(run, "values"), 2);
    assert_string_equal(json_string_value(json_object_get(value, "value")), "2.9");
    assert_true(json_real_value(json_object_get(value, "number")) == 2.9);
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(run, "values"), 0), "number")));
    json_decref(root);
    make(sample, "html", &html);
    assert_contains(html, "<td class=\"mo\">A-1</td>");
    assert_contains(html, "<td class=\"n mv o\">2.9</td>");
    assert_contains(html, "<tr><th scope=\"row\"><bdi>supply</bdi></th><td>V</td><td class=\"n\">3.0</td><td "
                          "class=\"n\">3.6</td><td class=\"n\">1</td>");
}

static void formulas_quotes_and_control_characters_stay_text(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer csv = {0}, json = {0}, xml = {0};

    one_run(sample, "=cmd|'x'!A1", true,
            &(struct sample_end){.outcome = EG_FAIL,
                                 .code = EG_TEST_FAILED,
                                 .text = "a \"b\",\n\x01\xff\xc2\x9b ]]> \xef\xbf\xbf"});
    one_run(sample, "-61 dBm", false,
            &(struct sample_end){.outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "-1+2"});
    make(sample, "csv", &csv);
    assert_contains(csv, ",'=cmd|'x'!A1,");
    assert_contains(csv, ",\"a \"\"b\"\",\n\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ]]> \xef\xbf\xbf\",");
    assert_contains(csv, ",-61 dBm,");
    assert_contains(csv, ",'-1+2,");
    make(sample, "junit", &xml);
    assert_contains(
        xml,
        "<failure type=\"test-failed\" message=\"a &quot;b&quot;,&#10;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
        "]]&gt; \xef\xbf\xbd\">");
    assert_null(strchr((const char *)xml.data, 1));
    make(sample, "json", &json);
    assert_contains(json, "\\u0001\xef\xbf\xbd\\u009b ]]>");
    json_t *root = load(&json), *run = json_array_get(json_object_get(root, "runs"), 0);
    assert_string_equal(json_string_value(json_object_get(run, "slot")), "=cmd|'x'!A1");
    assert_string_equal(json_string_value(json_object_get(run, "sentence")),
                        "a \"b\",\n\x01\xef\xbf\xbd\xc2\x9b ]]> \xef\xbf\xbf");
    json_decref(root);
}

static void junit_has_a_case_for_each_unit(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer xml = {0};
    unsigned cases = 0;

    fill(sample);
    make(sample, "junit", &xml);
    for (const char *at = (const char *)xml.data; (at = strstr(at, "<testcase ")) != NULL; at++)
        cases++;
    assert_int_equal(cases, 4);
    assert_contains(xml, "<testsuite name=\"batch-1\" tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"0\"");
    assert_contains(xml, " hostname=\"line 3\">\n<properties>\n<property name=\"batch\" "
                         "value=\"batch-1\"/>\n<property name=\"job\" value=\"acme-sensor\"/>");
    assert_contains(xml,
                    "<testcase classname=\"acme-sensor.esp32c3\" name=\"7c:df:a1:00:00:02\" "
                    "time=\"3.210\">\n<properties>\n"
                    "<property name=\"run\" value=\"3\"/>\n<property name=\"batch\" value=\"batch-1\"/>");
    assert_contains(xml, "<failure type=\"verify-mismatch\" message=\"&lt;script&gt;");
    one_run(
        sample, "a", true,
        &(struct sample_end){.outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"});
    make(sample, "junit", &xml);
    assert_contains(xml, "<property name=\"slot\" value=\"a\"/>\n</properties>\n"
                         "<error type=\"no-sync\" message=\"the loader does not answer\">"
                         "the loader does not answer</error>");
    one_run(sample, "a", true,
            &(struct sample_end){.outcome = EG_ABORTED, .code = EG_CANCELLED, .text = "cancelled"});
    make(sample, "junit", &xml);
    assert_contains(xml, "<skipped message=\"cancelled\"/>");
}

static void a_batch_without_runs_has_reports(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer html = {0}, json = {0}, xml = {0}, csv = {0};
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    make(sample, "html", &html);
    assert_contains(html, "<h2 class=\"vh\">Nothing finished yet</h2>");
    assert_contains(html, "<b id=\"units\">0</b>");
    assert_null(strstr((const char *)html.data, "<section id=\"where\""));
    make(sample, "json", &json);
    json_t *root = load(&json), *batch = json_object_get(root, "batch");
    assert_true(json_is_null(json_object_get(batch, "yield")));
    assert_true(json_is_null(json_object_get(batch, "chain_id")));
    assert_int_equal(json_array_size(json_object_get(root, "throughput")), 0);
    json_decref(root);
    make(sample, "junit", &xml);
    assert_contains(xml, "tests=\"0\"");
    make(sample, "csv", &csv);
    assert_string_equal(strstr((const char *)csv.data, "\r\n"), "\r\n");
}

static void aborted_runs_are_no_trials(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer html = {0};

    one_run(sample, "1", true,
            &(struct sample_end){.outcome = EG_ABORTED, .code = EG_CANCELLED, .text = "cancelled"});
    make(sample, "html", &html);
    assert_contains(html, "<b id=\"aborted\">1</b>");
    assert_contains(html, "<b><bdi>Aborted</bdi></b><code>cancelled 1</code>");
    assert_null(strstr((const char *)html.data, "<section id=\"where\""));
    assert_null(strstr((const char *)html.data, "<section id=\"how-long\""));
}

static void a_bad_socket_is_marked_in_words_and_shape(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer html = {0};
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct sample_end pass = {.outcome = EG_PASS};
    const struct sample_end bad = {.outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "no answer"};
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 0; i < 120; i++) {
        const struct eg_unit unit = sample_unit(i + 1);
        assert_ok(sample_run(sample, ledger, i % 4 == 2 ? "socket 3" : "other", &unit,
                             i % 4 == 2 && i < 72 ? &bad : &pass, &run, &err),
                  err);
    }
    make(sample, "html", &html);
    /* 18 of 30, where 18 of 120 are lost; of 30 with p = 0.15 more than 11 are rarer than 0.135 %. */
    assert_contains(html, "<tr class=\"hot e\"><th scope=\"row\"><bdi>socket 3</bdi></th>");
    assert_contains(
        html,
        "<b>Slot <bdi>socket 3</bdi></b>: contact or link lost in 18 of 30 insertions, out of its limit "
        "since <b>");
    assert_contains(html, "use href=\"#s-err\"");
    assert_contains(html, "<b><bdi>Contact lost</bdi></b> cluster in slot <b><bdi>socket 3</bdi></b>");
    assert_contains(html, "<td class=\"vw\">within its limit</td>");
}

static void a_seal_is_shown_where_there_is_one(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer html = {0}, json = {0};

    fill(sample);
    free(sample_sql(sample->path, "DROP TABLE IF EXISTS seal"));
    free(sample_sql(sample->path, "CREATE TABLE seal (batch TEXT, key TEXT, signature BLOB)"));
    free(sample_sql(sample->path,
                    "INSERT INTO seal VALUES ('batch-1', 'old', x'00'), ('batch-1', 'acme', x'00')"));
    make(sample, "html", &html);
    assert_contains(html, "<dt>key</dt><dd class=\"mo dg\">acme</dd></dl>");
    make(sample, "json", &json);
    assert_contains(json, "\"seal\":{\"batch\":\"batch-1\",\n\"key\":\"acme\"}");
}

static void a_failure_leaves_all_old_reports(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;
    char csv[200], json[200], expected[400];

    fill(sample);
    snprintf(csv, sizeof csv, "%s/b.csv", sample->folder);
    snprintf(json, sizeof json, "%s/none/b.json", sample->folder);
    FILE *old = fopen(csv, "w");
    assert_non_null(old);
    fputs("the old one", old);
    fclose(old);
    snprintf(expected, sizeof expected, "report %s: No such file or directory", json);
    const struct eg_report_file files[] = {{eg_report_find_format("csv"), csv},
                                           {eg_report_find_format("json"), json}};
    assert_error(eg_report_write(sample->path, NULL, files, 2, NULL, NULL, &err), err, EG_BAD_ARGUMENT,
                 expected);
    read_file(csv, &text);
    assert_string_equal((const char *)text.data, "the old one");
}

#define with_sample(test) cmocka_unit_test_setup_teardown(test, sample_setup, sample_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_json_equals_independent_queries),
        with_sample(the_csv_has_a_row_for_each_run),
        with_sample(values_are_columns_and_members_and_a_secret_is_empty),
        with_sample(formulas_quotes_and_control_characters_stay_text),
        with_sample(junit_has_a_case_for_each_unit),
        with_sample(a_batch_without_runs_has_reports),
        with_sample(aborted_runs_are_no_trials),
        with_sample(a_bad_socket_is_marked_in_words_and_shape),
        with_sample(a_seal_is_shown_where_there_is_one),
        with_sample(a_failure_leaves_all_old_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
