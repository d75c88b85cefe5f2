/* SPDX-License-Identifier: Apache-2.0 */

/* Causes in the HTML report. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    (void)slot;
    return number == 0 ? (struct sample_end){.outcome = EG_PASS}
                       : (struct sample_end){.outcome = EG_FAIL,
                                             .code = EG_TEST_FAILED,
                                             .text = "no <boot>",
                                             .measured = number == 1};
}

static void a_cause_opens_to_its_units_their_sentences_and_logs(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 3, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "<b><bdi>supply out of limits</bdi></b><code>test-failed 1</code>");
    page_has(&page, "<b><bdi>Test failed</bdi></b><code>test-failed 1</code>");
    page_has(&page, "<span class=\"c\">no &lt;boot&gt;</span>");
    page_has(&page, "<p class=\"sm\">the log of run 2 is not a zstd frame of a known size</p>");
    page_has(&page,
             "<span class=\"pq n\"><b>1</b> · 50.0\u202f%</span><span class=\"pc n\">100\u202f%</span>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_cause_opens_to_its_units_their_sentences_and_logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
