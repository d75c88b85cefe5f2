/* SPDX-License-Identifier: Apache-2.0 */

/* The page about many batches. */

#include "tests/reports/trend_page.h"

static void periods_causes_and_batches_stand_in_tables(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection all = {.batches = NULL};

    trend_fill(sample, 1);
    trend_make(sample, &all, NULL, &page);
    page_has(
        &page,
        "<tr><th scope=\"row\">11\u00a0Nov\u00a02026</th><td class=\"n\">40</td><td class=\"n\">15</td>");
    page_has(&page, "<th scope=\"row\"><bdi>Flash faults</bdi></th><td class=\"n\">35</td>");
    page_has(&page,
             "<th scope=\"row\"><bdi>b &amp; 2</bdi></th><td><bdi>acme-sensor</bdi> <bdi>1.4.0</bdi></td>");
    page_has(&page, "<bdi>Flash faults</bdi>, 25</td>");
    page_has(&page, "<bdi>supply</bdi>");
}

static void junit_is_of_one_batch(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_selection all = {.batches = NULL};
    struct eg_error err;
    char path[200];

    page_fill(sample, 1, trend_end_of);
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
        with_sample(periods_causes_and_batches_stand_in_tables),
        with_sample(junit_is_of_one_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
