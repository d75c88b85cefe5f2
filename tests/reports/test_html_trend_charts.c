/* SPDX-License-Identifier: Apache-2.0 */

/* Charts of the page about many batches. */

#include "tests/reports/trend_page.h"

static void a_chart_has_a_mark_for_each_period_with_units(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection all = {.batches = NULL};
    const struct eg_report_look look = {.target = 80};

    trend_fill(sample, 4);
    free(sample_sql(sample->path,
                    "UPDATE outcome SET finished_utc = '2026-11-' || (11 + run_id % 3) || 'T08:00:00.000Z'"
                    " WHERE run_id > 30 AND run_id <= 40"));
    trend_make(sample, &all, &look, &page);
    page_has(&page, "<b>Yield</b> by day");
    page_has(&page, " Dashed: target 80\u202f%.");
    page_has(
        &page,
        "<path class=\"tgt\" d=\"M0 30.77H100\"/>"); /* 35 % is where the axis begins: below the lowest day */
    page_has(&page, "<b>Units</b> by day");
    page_has(&page, "<b>Cycle</b> of runs that passed");
    page_has(&page, "A measured value over time");
}

static void fewer_than_five_periods_have_no_chart(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection all = {.batches = NULL};

    trend_fill(sample, 4); /* the three days between them have no unit */
    trend_make(sample, &all, NULL, &page);
    page_lacks(&page, "<figure");
    page_has(&page, "id=\"periods-table\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_chart_has_a_mark_for_each_period_with_units),
        with_sample(fewer_than_five_periods_have_no_chart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
