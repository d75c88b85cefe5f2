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

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(few_values_are_in_the_table_and_too_few_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
