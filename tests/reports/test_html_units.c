/* SPDX-License-Identifier: Apache-2.0 */

/* The table of units in the HTML report. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    static const struct sample_end lost = {
        .outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"};

    *slot = number % 4 == 2 ? "B2" : "A1";
    return number % 4 == 2 && number < 72 ? lost : pass;
}

static void the_full_list_has_no_serials_beside_it(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 4, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "<div class=\"serials\">");
    page_has(&page, "data-f=\"all\" aria-pressed=\"false\">All 4</button>");
    page_has(&page, "<td class=\"n o\">2.9</td>");
    page_make(sample, &(struct eg_report_look){.full = true}, &page);
    page_lacks(&page, "<div class=\"serials\">");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_full_list_has_no_serials_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
