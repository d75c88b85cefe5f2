/* SPDX-License-Identifier: Apache-2.0 */

/* The first screen of the HTML report. */

#include "tests/reports/page.h"

static struct sample_end end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    static const struct sample_end lost = {
        .outcome = EG_ERROR, .code = EG_NO_SYNC, .text = "the loader does not answer"};

    *slot = number % 4 == 2 ? "B2" : "A1";
    return number % 4 == 2 && number < 72 ? lost : pass;
}

static void a_bad_slot_is_a_fact_with_what_to_do(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 120, end_of);
    page_make(sample, &(struct eg_report_look){.target = 90}, &page);
    page_has(
        &page,
        "Below target</h2></div><p class=\"vs\"><b>102 of 120 units are good: 85.0\u202f%.</b> The target is "
        "90\u202f%; 108 good units were needed, <b>6 are missing</b>. <b><bdi>Contact lost</bdi></b> cluster "
        "in "
        "slot <b><bdi>B2</bdi></b>, since ");
    page_has(
        &page,
        "<b>Slot <bdi>B2</bdi></b>: contact or link lost in 18 of 30 insertions, out of its limit since <b>");
    page_has(&page, "Clean or change its contacts.");
    page_has(&page, "100\u202f% of not good, since ");
}

static void the_strip_explains_each_colour_that_it_has(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 8, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "<i class=\"sw k-g\"></i>good</span>");
    page_has(&page, "<i class=\"sw k-e\"></i>error, full height</span>");
    page_lacks(&page, "marginal, taller");
    page_lacks(&page, "fail, full height");
}

static struct sample_end ends_stuck(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS},
                                   stuck = {.outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "bits stay 0"};

    *slot = number % 2 == 0 ? "A1" : "B2";
    return number == 1 || number >= 4 ? stuck : pass;
}

static void a_batch_that_ends_with_failures_alike_says_stop(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 19, ends_stuck);
    page_make(sample, NULL, &page);
    page_lacks(&page, "<b>Stop</b>");
    sample->session.batch = "longer";
    page_fill(sample, 20, ends_stuck);
    page_make(sample, NULL, &page);
    page_has(&page, "<b>Stop</b>: the last 16 units failed alike, <bdi>Flash faults</bdi>, since <b>");
}

static struct sample_end refused(unsigned number, const char **slot)
{
    (void)number;
    *slot = "A1";
    return (struct sample_end){.outcome = EG_FAIL, .code = EG_SEEN_BEFORE, .text = "passed before"};
}

static void a_batch_without_units_says_what_there_was(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 1, refused);
    page_make(sample, NULL, &page);
    page_has(&page,
             "Nothing finished yet</h2></div><p class=\"vs\">No unit has been identified and finished. "
             "0 contacts without a board, 1 board refused, 0 runs not finished.</p>");
    page_has(&page, "<p class=\"ks\">good units an hour</p>");
}

static void a_single_good_unit_is_pointed_to_its_certificate(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 1, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "<b>1 of 1 unit is good: 100\u202f%.</b>");
    page_has(&page, "<code>espgang certificate 7c:df:a1:00:00:01 --pdf FILE</code>");
    page_fill(sample, 2, end_of);
    page_make(sample, NULL, &page);
    page_lacks(&page, "espgang certificate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_bad_slot_is_a_fact_with_what_to_do),
        with_sample(the_strip_explains_each_colour_that_it_has),
        with_sample(a_batch_that_ends_with_failures_alike_says_stop),
        with_sample(a_batch_without_units_says_what_there_was),
        with_sample(a_single_good_unit_is_pointed_to_its_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
