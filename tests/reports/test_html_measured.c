/* SPDX-License-Identifier: Apache-2.0 */

/* Measured values in the HTML report. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    static const struct sample_end lost = {
        .outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"};

    *slot = number % 4 == 2 ? "B2" : "A1";
    return number % 4 == 2 && number < 72 ? lost : pass;
}

static void few_values_are_in_the_table_and_too_few_to_say(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 8, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "<h3><bdi>supply</bdi> <span class=\"vd ref\">too few to say</span></h3>");
    page_has(&page, "mean 2.90 · sd 0.00 <bdi>V</bdi> · 6 units · 6 outside");
    page_has(&page, "<tr><th scope=\"row\"><bdi>supply</bdi></th><td>V</td><td class=\"n\">3.0</td><td "
                    "class=\"n\">3.6</td><td "
                    "class=\"n\">6</td><td class=\"n\">2.9</td><td class=\"n\">2.90</td>");
}

static void an_axis_without_limits_says_the_least_and_the_most(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 8, end_of);
    free(sample_sql(sample->path, "DROP TRIGGER run_value_keeps"));
    free(sample_sql(sample->path,
                    "UPDATE run_value SET lower = NULL, upper = NULL, limits = '' WHERE kind = 'measured'"));
    page_make(sample, NULL, &page);
    page_has(&page, "%\">least 2.9</span></div>");
    free(sample_sql(
        sample->path,
        "UPDATE run_value SET value = '3.1', number = 3.1 WHERE kind = 'measured' AND run_id = 1"));
    page_make(sample, NULL, &page);
    page_has(&page, "%\">least 2.9</span>");
    page_has(&page, "%\">most 3.1</span></div>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(few_values_are_in_the_table_and_too_few_to_say),
        with_sample(an_axis_without_limits_says_the_least_and_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
