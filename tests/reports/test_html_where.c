/* SPDX-License-Identifier: Apache-2.0 */

/* Slots and flash parts in the HTML report. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    static const struct sample_end lost = {
        .outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"};

    *slot = number % 4 == 2 ? "B2" : "A1";
    return number % 4 == 2 && number < 72 ? lost : pass;
}

static void a_slot_is_judged_by_its_contact_over_time(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 120, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "All slots: 18 of 120, 15.0\u202f%.");
    page_has(&page, "<tr class=\"hot e\"><th scope=\"row\"><bdi>B2</bdi></th>");
    page_has(&page, "<td class=\"n\">30</td><td class=\"n\">18</td><td class=\"n\">60.0\u202f%</td><td "
                    "class=\"n wide\">0</td>");
    page_has(&page, "<td class=\"n\">90</td><td class=\"n\">0</td><td class=\"n\">0.0\u202f%</td>");
    page_has(&page, "<td class=\"vw\">within its limit</td>");
}

static struct sample_end stuck_in_b2(unsigned number, const char **slot)
{
    static const struct sample_end stuck = {
        .outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "flash bits stay 0"};
    const struct sample_end as_before = end_of(number, slot);

    return as_before.outcome == EG_PASS ? as_before : stuck;
}

/* The fault is the boards', so the slot keeps its limit; that they are all in one slot is said beside it. */
static void a_cause_that_clusters_in_a_good_slot_is_named(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 120, stuck_in_b2);
    page_make(sample, NULL, &page);
    page_has(&page, "<td class=\"vw\">within its limit; <bdi>Flash faults</bdi> cluster here</td>");
    page_has(&page, "<td class=\"vw\">within its limit</td>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_slot_is_judged_by_its_contact_over_time),
        with_sample(a_cause_that_clusters_in_a_good_slot_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
