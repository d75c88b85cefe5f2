/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/file.h"
#include "tests/reports/one_report.h"
#include "tests/db/batches.h"

#include <time.h>

static void read_report(const char *path, struct eg_buffer *report)
{
    struct eg_error err;

    assert_ok(eg_file_read(report, path, 1 << 20, &err), err);
}

static void assert_contains(const struct eg_buffer *report, const char *text)
{
    if (strstr((const char *)report->data, text) == NULL)
        fail_msg("the report lacks \"%s\"", text);
}

/* Compare a number of the report with an independent query. */
static void assert_number(const struct sample *sample, const struct eg_buffer *report, const char *id,
                          const char *sql)
{
    char *number = sample_sql(sample->path, sql);
    char expected[100];

    snprintf(expected, sizeof expected, "<b id=\"%s\">%s</b>", id, number);
    free(number);
    assert_contains(report, expected);
}

/* The last finished run of each unit, in other words than the report's own query. */
#define LAST_OF_UNITS(condition)                                                                             \
    "SELECT count(*) FROM runs AS r WHERE batch = 'batch-1' AND " condition                                  \
    " AND outcome <> 'unfinished' AND mac IS NOT NULL AND NOT EXISTS (SELECT 1 FROM runs AS later WHERE "    \
    "later.batch = r.batch"                                                                                  \
    " AND later.mac = r.mac AND later.finish_order > r.finish_order)"

static void the_numbers_equal_those_of_an_independent_query(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer report = {0};
    struct eg_error err;
    char path[200];

    assert_ok(fill_batches(sample, &ledger, &err), err);
    snprintf(path, sizeof path, "%s/b.html", sample->folder);
    assert_ok(eg_report_write(sample->path, "batch-1", ONE_REPORT("html", path), 1, NULL, NULL, &err), err);
    read_report(path, &report);
    assert_number(sample, &report, "units", LAST_OF_UNITS("1"));
    assert_number(sample, &report, "passed", LAST_OF_UNITS("outcome = 'pass'"));
    assert_number(sample, &report, "marginal", LAST_OF_UNITS("outcome = 'pass-marginal'"));
    assert_number(sample, &report, "failed", LAST_OF_UNITS("outcome = 'fail'"));
    assert_number(sample, &report, "errors", LAST_OF_UNITS("outcome = 'error'"));
    assert_number(sample, &report, "aborted", LAST_OF_UNITS("outcome = 'aborted'"));
    assert_number(
        sample, &report, "first-pass",
        "SELECT count(*) FROM runs AS r WHERE batch = 'batch-1' AND outcome LIKE 'pass%' AND"
        " attempts = 1 AND NOT EXISTS (SELECT 1 FROM runs AS sooner WHERE sooner.batch = r.batch AND"
        " sooner.mac = r.mac AND sooner.finish_order < r.finish_order)");
    assert_number(sample, &report, "runs", "SELECT count(*) FROM runs WHERE batch = 'batch-1'");
    assert_number(sample, &report, "unfinished",
                  "SELECT count(*) FROM runs WHERE batch = 'batch-1' AND finished IS NULL");
    assert_contains(&report, "<b id=\"units\">4</b>");
}

static void every_unit_and_digest_of_the_batch_is_in_its_tables(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer report = {0};
    struct eg_error err;
    char path[200];

    assert_ok(fill_batches(sample, &ledger, &err), err);
    snprintf(path, sizeof path, "%s/b.html", sample->folder);
    assert_ok(eg_report_write(sample->path, NULL, ONE_REPORT("html", path), 1, NULL, NULL, &err), err);
    read_report(path, &report);
    assert_contains(&report, "<h1>Batch <bdi>batch-1</bdi></h1>");
    assert_contains(
        &report,
        "<td>line 3</td><td>mira</td><td><bdi>acme-sensor</bdi> <bdi>1.4.0</bdi></td><td>esp32c3</td>"
        "<td class=\"mo dg\">"
        "ab00000000000000000000000000000000000000000000000000000000000000</td>");
    assert_contains(&report, "<tr><th scope=\"row\"><bdi>app</bdi></th><td class=\"mo\">0x00010000</td>"
                             "<td class=\"n\">65\u202f536</td><td class=\"mo dg\">"
                             "0400000000000000000000000000000000000000000000000000000000000000</td>"
                             "<td class=\"n\">4</td><td class=\"n o\">1</td><td class=\"n\">0</td></tr>");
    assert_contains(&report, "<td>app</td><td class=\"mo\">0x00010000</td><td class=\"mo dg\">"
                             "03000000000000000000000000000000</td><td class=\"mo dg\">"
                             "ee000000000000000000000000000000</td></tr>");
    /* The unit that is not good, with its cause; the one that came again; the one that needed two attempts.
     */
    assert_contains(&report,
                    "<span class=\"pn\"><b><bdi>Flash faults</bdi></b><code>verify-mismatch 1</code>");
    assert_contains(&report, "<li><b class=\"mo\">A-17</b> slot <bdi>slot &lt;1&gt;</bdi>");
    assert_contains(&report,
                    "Marginal</span></td><td class=\"mo\">A-17</td><td class=\"mo\">7c:df:a1:00:00:03</td>"
                    "<td><bdi>slot &lt;1&gt;</bdi></td>");
    assert_contains(&report,
                    "<td class=\"n\">3.2</td><td class=\"n\">1</td><td class=\"nt\">blocks were sent "
                    "again</td></tr>");
    assert_contains(&report, "<td class=\"mo\">7c:df:a1:00:00:02</td><td><bdi>slot &lt;1&gt;</bdi></td>");
    assert_null(strstr((const char *)report.data, "slot 2"));
}

static void count_rows(const struct eg_buffer *report, const char *class, unsigned expected)
{
    char begin[40];
    unsigned rows = 0;

    snprintf(begin, sizeof begin, "<tr class=\"%s\">", class);
    for (const char *row = (const char *)report->data; (row = strstr(row, begin)) != NULL; row++)
        rows++;
    assert_int_equal(rows, expected);
}

/* Unit 1 is plainly good, unit 2 came again, unit 3 is marginal, unit 4 failed. */
static void units_are_marked_as_exceptions_unless_they_are_plainly_good(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer report = {0};
    struct eg_error err;
    char path[200];

    assert_ok(fill_batches(sample, &ledger, &err), err);
    snprintf(path, sizeof path, "%s/b.html", sample->folder);
    assert_ok(eg_report_write(sample->path, NULL, ONE_REPORT("html", path), 1, NULL, NULL, &err), err);
    read_report(path, &report);
    count_rows(&report, "p", 1);
    count_rows(&report, "x-good", 1);
    assert_contains(&report, "<td class=\"nt\">passed at insertion 2</td>");
    count_rows(&report, "x-marg", 1);
    count_rows(&report, "x-fail", 1);
    assert_contains(&report, "<ol><li>A-17</li></ol><p>1 unit</p>");
}

static void assert_verdict(const struct sample *sample, const struct eg_report_look *look,
                           const char *expected)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer report = {0};
    struct eg_error err;
    char path[200];

    snprintf(path, sizeof path, "%s/b.html", sample->folder);
    assert_ok(eg_report_write(sample->path, "batch-1", ONE_REPORT("html", path), 1, look, NULL, &err), err);
    read_report(path, &report);
    assert_contains(&report, expected);
}

static void the_verdict_is_in_words(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    assert_verdict(sample, NULL,
                   "No target set</h2></div><p class=\"vs\"><b>3 of 4 units are good: 75.0\u202f%.</b>");
    assert_verdict(
        sample, &(struct eg_report_look){.target = 75},
        "On target</h2></div><p class=\"vs\"><b>3 of 4 units are good: 75.0\u202f%.</b> The target is "
        "75\u202f%.");
    assert_verdict(
        sample, &(struct eg_report_look){.target = 75.5},
        "Below target</h2></div><p class=\"vs\"><b>3 of 4 units are good: 75.0\u202f%.</b> The target is "
        "75.5\u202f%; 4 good units were needed, <b>1 is missing</b>.");
    assert_verdict(
        sample, &(struct eg_report_look){.customer = "A & <B>", .order = "N-1", .title = "Lamp"},
        "<p class=\"cu\"><bdi>A &amp; &lt;B&gt;</bdi> \u00b7 order <bdi>N-1</bdi></p><h1><bdi>Lamp</bdi>, "
        "batch <bdi>batch-1</bdi></h1>");
}

static void times_have_utc_beside_them_where_it_differs(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;

    assert_ok(fill_batches(sample, &ledger, &err), err);
    free(sample_sql(sample->path, "DROP TRIGGER run_keeps"));
    free(sample_sql(sample->path, "DROP TRIGGER outcome_keeps"));
    free(sample_sql(sample->path, "UPDATE run SET started_utc = '2026-11-23T08:24:00.000Z'"));
    free(sample_sql(sample->path, "UPDATE outcome SET finished_utc = '2026-11-23T08:24:09.000Z'"));
    assert_int_equal(setenv("TZ", "UTC0", 1), 0);
    tzset();
    assert_verdict(sample, NULL,
                   "<dd>23\u00a0Nov\u00a02026, 08:24:00 to 08:24:09 <span class=\"sm\">(UTC)</span>");
    assert_int_equal(setenv("TZ", "XYZ-5:30", 1), 0);
    tzset();
    assert_verdict(sample, NULL,
                   "<dd>23\u00a0Nov\u00a02026, 13:54:00 to 13:54:09 <span class=\"sm\">(UTC+5:30; "
                   "2026-11-23T08:24Z to 2026-11-23T08:24Z)</span>");
    free(sample_sql(sample->path, "UPDATE outcome SET finished_utc = '2026-11-23T20:24:09.000Z'"));
    assert_verdict(sample, NULL,
                   "<dd>23 Nov 2026, 13:54 to 24 Nov 2026, 01:54 <span class=\"sm\">(UTC+5:30; ");
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

static void hostile_text_stays_text(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer report = {0};
    struct eg_error err;
    char path[200];

    sample->plan.job_name = (char *)(uintptr_t) "</title><img src=x onerror=alert(1)>";
    sample->session.operator_name = "\"><b>\xff";
    assert_ok(fill_batches(sample, &ledger, &err), err);
    snprintf(path, sizeof path, "%s/b.html", sample->folder);
    assert_ok(eg_report_write(sample->path, "batch-1", ONE_REPORT("html", path), 1, NULL, NULL, &err), err);
    read_report(path, &report);
    const char *text = (const char *)report.data;
    const char *const script = strstr(text, "<script");
    assert_non_null(script); /* our own, and no other */
    assert_null(strstr(script + 1, "<script"));
    assert_null(strstr(text, "<img"));
    assert_null(strchr(text, 1));
    assert_contains(&report, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;quoted&quot; "
                             "\xef\xbf\xbd end");
    assert_contains(&report, "<td><bdi>&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;</bdi> ");
    assert_contains(&report, "<td>&quot;&gt;&lt;b&gt;\xef\xbf\xbd</td>");
    assert_contains(&report, "<td><bdi>slot &lt;1&gt;</bdi></td>");
}

static void a_report_loads_nothing(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer report = {0};
    struct eg_error err;
    char path[200];

    assert_ok(fill_batches(sample, &ledger, &err), err);
    snprintf(path, sizeof path, "%s/b.html", sample->folder);
    assert_ok(eg_report_write(sample->path, "batch-1", ONE_REPORT("html", path), 1, NULL, NULL, &err), err);
    read_report(path, &report);
    const char *text = (const char *)report.data;
    assert_null(strstr(text, "://"));
    assert_null(strstr(text, "src="));
    for (const char *link = text; (link = strstr(link, "href=\"")) != NULL; link++)
        assert_int_equal(link[6], '#'); /* within the page */
    assert_null(strstr(text, "url("));
}

static void a_failure_leaves_the_old_report(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer report = {0};
    struct eg_error err;
    char path[200], expected[400];

    snprintf(path, sizeof path, "%s/b.html", sample->folder);
    FILE *old = fopen(path, "w");
    assert_non_null(old);
    fputs("the old one", old);
    fclose(old);
    assert_ok(fill_batches(sample, &ledger, &err), err);
    snprintf(expected, sizeof expected, "ledger %s: has no batch batch-7; the newest are batch-1, batch-2",
             sample->path);
    assert_error(eg_report_write(sample->path, "batch-7", ONE_REPORT("html", path), 1, NULL, NULL, &err), err,
                 EG_LEDGER, expected);
    read_report(path, &report);
    assert_string_equal((const char *)report.data, "the old one");

    snprintf(path, sizeof path, "%s/none/b.html", sample->folder);
    snprintf(expected, sizeof expected, "report %s: No such file or directory", path);
    assert_error(eg_report_write(sample->path, NULL, ONE_REPORT("html", path), 1, NULL, NULL, &err), err,
                 EG_BAD_ARGUMENT, expected);

    snprintf(expected, sizeof expected, "report %s: is there and not a regular file", sample->folder);
    assert_error(eg_report_write(sample->path, NULL, ONE_REPORT("html", sample->folder), 1, NULL, NULL, &err),
                 err, EG_BAD_ARGUMENT, expected);
}

#define with_sample(test) cmocka_unit_test_setup_teardown(test, sample_setup, sample_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_numbers_equal_those_of_an_independent_query),
        with_sample(every_unit_and_digest_of_the_batch_is_in_its_tables),
        with_sample(units_are_marked_as_exceptions_unless_they_are_plainly_good),
        with_sample(the_verdict_is_in_words),
        with_sample(times_have_utc_beside_them_where_it_differs),
        with_sample(hostile_text_stays_text),
        with_sample(a_report_loads_nothing),
        with_sample(a_failure_leaves_the_old_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
