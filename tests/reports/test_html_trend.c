/* SPDX-License-Identifier: Apache-2.0 */

/* The page about many batches. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    static const struct sample_end stuck = {
        .outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "flash bits stay 0"};

    *slot = "A1";
    return number % 4 == 3 ? stuck : pass;
}

static void make(const struct sample *sample, const struct eg_selection *selection,
                 const struct eg_report_look *look, struct eg_buffer *page)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    char path[200];

    page->size = 0;
    snprintf(path, sizeof path, "%s/page.html", sample->folder);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(
        eg_report_write_trend(query, selection, EG_TREND_DAY, ONE_REPORT("html", path), 1, look, NULL, &err),
        err);
    assert_ok(eg_file_read(page, path, 16 << 20, &err), err);
    assert_ok(eg_buffer_append(page, "", 1, &err), err);
}

/* 40 units of 25 % stuck flash in a first batch; in a second one, a day later, half of the units. */
static void the_page_says_whether_the_last_period_differs_from_those_before(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection all = {.batches = NULL};
    const struct eg_report_look look = {.customer = "<Acme>", .title = "Sensor", .target = 90};

    page_fill(sample, 40, end_of);
    sample->session.batch = "b & 2";
    page_fill(sample, 40, end_of);
    static const char *const changes[] = {
        "DROP TRIGGER outcome_keeps",
        "UPDATE outcome SET finished_utc = '2026-11-27T08:00:00.000Z' WHERE run_id <= 40",
        "UPDATE outcome SET finished_utc = '2026-11-28T08:00:00.000Z' WHERE run_id > 40",
        "UPDATE outcome SET outcome = 'fail', code = 'flash-stuck-bits' WHERE run_id > 60",
        "UPDATE outcome SET mac = replace(mac, '7c:', '8c:') WHERE run_id > 40",
    };
    for (unsigned i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char *const text = sample_sql(sample->path, changes[i]);
        assert_string_equal(text, "");
        free(text);
    }
    make(sample, &all, NULL, &page);
    page_has(&page, "<h1>Trend of 2 batches</h1>");
    page_has(&page, "<h2 class=\"vh\">Getting worse</h2>");
    page_has(&page, "<b>worse than chance explains</b>");
    page_has(&page, "<bdi>b &amp; 2</bdi>");
    page_has(&page, "<bdi>Flash faults</bdi>");
    make(sample, &all, &look, &page);
    page_has(&page, "<h1><bdi>Sensor</bdi>, trend of 2 batches</h1>");
    page_has(&page, "<bdi>&lt;Acme&gt;</bdi>");
    page_has(&page, "<h2 class=\"vh\">Below target</h2>");
}

static void units_selected_by_their_outcome_have_no_yield(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection fails = {.outcomes = (const char *const[]){"fail", NULL}};

    page_fill(sample, 8, end_of);
    make(sample, &fails, NULL, &page);
    page_has(&page, "<h2 class=\"vh\">Selected by outcome</h2>");
    page_has(&page, "2 units ended so.");
    page_lacks(&page, "0.0\u202f%");
}

static void an_empty_selection_has_a_page_that_says_so(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection none = {.station = "<nowhere>"};

    page_fill(sample, 2, end_of);
    make(sample, &none, NULL, &page);
    page_has(&page, "<h2 class=\"vh\">No unit selected</h2>");
    page_has(&page, "station <bdi>&lt;nowhere&gt;</bdi>");
    page_lacks(&page, "<figure");
}

static void junit_is_of_one_batch(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_selection all = {.batches = NULL};
    struct eg_error err;
    char path[200];

    page_fill(sample, 1, end_of);
    snprintf(path, sizeof path, "%s/t.xml", sample->folder);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_error(
        eg_report_write_trend(query, &all, EG_TREND_BEST, ONE_REPORT("junit", path), 1, NULL, NULL, &err),
        err, EG_BAD_ARGUMENT, "--junit is a report of one batch: give one --batch and no other selection");
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_page_says_whether_the_last_period_differs_from_those_before),
        with_sample(units_selected_by_their_outcome_have_no_yield),
        with_sample(an_empty_selection_has_a_page_that_says_so),
        with_sample(junit_is_of_one_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
