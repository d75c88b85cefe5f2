/* SPDX-License-Identifier: Apache-2.0 */

/* What goes into a file with a batch, in the HTML report. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    static const struct sample_end lost = {
        .outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"};

    *slot = number % 4 == 2 ? "B2" : "A1";
    return number % 4 == 2 && number < 72 ? lost : pass;
}

static void sessions_with_nothing_changed_are_one_row(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 2, end_of);
    page_fill(sample, 1, end_of);
    sample->session.operator_name = "jonas";
    page_fill(sample, 1, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "<td class=\"n\">2</td><td class=\"n\">3</td></tr>");
    page_has(&page, "<td class=\"n\">1</td><td class=\"n\">1</td></tr>");
    page_has(&page, "<h3>Exceptions that the job allowed</h3><p>None.</p>");
    page_has(&page, "<dt>Secure boot</dt><dd>off in 2 </dd>");
    page_lacks(&page, "Regions that read back differently");
    page_has(&page, "<td><bdi>acme-sensor</bdi> <bdi>1.4.0</bdi></td>");
    page_has(&page, "<b id=\"units\">2</b> units</li>");
}

static void a_batch_without_a_run_has_no_table_of_firmware(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 0, end_of);
    page_make(sample, NULL, &page);
    page_lacks(&page, "regions-table");
    page_fill(sample, 1, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "id=\"regions-table\"");
    page_has(&page, "<b id=\"units\">1</b> unit</li>");
}

static struct sample_end differs(unsigned number, const char **slot)
{
    (void)number;
    *slot = "A1";
    return (struct sample_end){
        .outcome = EG_FAIL, .code = EG_VERIFY_MISMATCH, .text = "another digest", .mismatch = true};
}

static void regions_that_read_back_differently_are_listed(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 2, differs);
    page_make(sample, NULL, &page);
    const char *const first =
        strstr((const char *)page.data, "<summary>Regions that read back differently</summary>");
    assert_non_null(first);
    assert_null(strstr(first + 20, "Regions that read back differently"));
    page_has(&page, "<td class=\"n\">2</td><td>A1</td>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(sessions_with_nothing_changed_are_one_row),
        with_sample(a_batch_without_a_run_has_no_table_of_firmware),
        with_sample(regions_that_read_back_differently_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
