/* SPDX-License-Identifier: Apache-2.0 */

/* Rate and yield in the HTML report. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    static const struct sample_end lost = {
        .outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"};

    *slot = number % 4 == 2 ? "B2" : "A1";
    return number % 4 == 2 && number < 72 ? lost : pass;
}

static void the_lowest_yield_and_a_change_of_operator_are_told(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 80, end_of);
    sample->session.operator_name = "jonas";
    page_fill(sample, 2, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "</b> operator <bdi>jonas</bdi></span>");
    page_has(&page, "<b>Yield</b> of the last 40 units. Lowest 75.0\u202f% at ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_lowest_yield_and_a_change_of_operator_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
