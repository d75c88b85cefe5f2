/* SPDX-License-Identifier: Apache-2.0 */

/* What every page begins with. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    (void)number;
    *slot = "A1";
    return (struct sample_end){.outcome = EG_PASS};
}

/* A batch's name may hold anything; in the style sheet it is a string that it cannot end. */
static void the_foot_of_a_sheet_has_the_batch_escaped_for_css(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    sample->session.batch = "a\"</style>\\";
    page_fill(sample, 1, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "@bottom-left{content:\"Batch a\\22 \\3c /style\\3e \\5c \"}");
    page_has(&page, "<title>Batch a&quot;&lt;/style&gt;\\</title>");
    page_has(&page, "@bottom-center{content:\"Not sealed; record 1: ");
}

static void customer_and_order_are_text(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_report_look both = {.customer = "A & <B>", .order = "4711"}, order = {.order = "4711"};

    page_fill(sample, 1, end_of);
    page_make(sample, &both, &page);
    page_has(&page, "<p class=\"cu\"><bdi>A &amp; &lt;B&gt;</bdi> · order <bdi>4711</bdi></p>");
    page_make(sample, &order, &page);
    page_has(&page, "<p class=\"cu\">order <bdi>4711</bdi></p>");
    page_make(sample, NULL, &page);
    page_lacks(&page, "class=\"cu\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_foot_of_a_sheet_has_the_batch_escaped_for_css),
        with_sample(customer_and_order_are_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
