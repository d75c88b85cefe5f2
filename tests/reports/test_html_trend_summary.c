/* SPDX-License-Identifier: Apache-2.0 */

/* The first screen of the page about many batches. */

#include "tests/db/look.h"
#include "tests/reports/trend_page.h"

static void the_page_says_whether_the_last_period_differs_from_those_before(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection all = {.batches = NULL};
    const struct eg_report_look look = {.customer = "<Acme>", .title = "Sensor", .target = 90};

    trend_fill(sample, 1);
    trend_make(sample, &all, NULL, &page);
    page_has(&page, "<h1>Trend of 2 batches</h1>");
    page_lacks(&page, "were simulated");
    page_has(&page, "<h2 class=\"vh\">Getting worse</h2>");
    page_has(&page, "<b>worse than chance explains</b>");
    page_has(&page, "<bdi>b &amp; 2</bdi>");
    page_has(&page, "<bdi>Flash faults</bdi>");
    trend_make(sample, &all, &look, &page);
    page_has(&page, "<title>Trend: Sensor</title>");
    page_has(&page, "<h1><bdi>Sensor</bdi>, trend of 2 batches</h1>");
    page_has(&page, "<bdi>&lt;Acme&gt;</bdi>");
    page_has(&page, "<h2 class=\"vh\">Below target</h2>");
}

static void units_selected_by_their_outcome_have_no_yield(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection fails = {.outcomes = (const char *const[]){"fail", NULL}};

    page_fill(sample, 8, trend_end_of);
    trend_make(sample, &fails, NULL, &page);
    page_has(&page, "<h2 class=\"vh\">Selected by outcome</h2>");
    page_has(&page, "2 units ended so.");
    page_has(&page, "<dd>units that ended as <bdi>fail</bdi></dd>");
    page_lacks(&page, "0.0\u202f%");
}

static void an_empty_selection_has_a_page_that_says_so(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection none = {.station = "<nowhere>"};

    page_fill(sample, 2, trend_end_of);
    trend_make(sample, &none, NULL, &page);
    page_has(&page, "<h2 class=\"vh\">No unit selected</h2>");
    page_has(&page, "station <bdi>&lt;nowhere&gt;</bdi>");
    page_has(&page, "No finished unit is among 0 selected runs.");
    page_lacks(&page, "<figure");
}

static void simulated_boards_are_said_to_be_some(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection all = {.batches = NULL};

    sample->session.simulated = true;
    page_fill(sample, 1, trend_end_of);
    trend_make(sample, &all, NULL, &page);
    page_has(&page, "<p id=\"simulated\" class=\"note\">The boards of these runs were simulated.</p>");
    page_has(&page, "<b>1 of 1 unit is good: 100\u202f%.</b>");
}

static void what_all_jobs_say_alike_is_shown(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_selection all = {.batches = NULL};

    look_set(sample, "Acme", "50", LOOK_SVG);
    page_fill(sample, 4, trend_end_of);
    look_forget(sample);
    sample->session.batch = "b & 2";
    look_set(sample, "Acme", "60", LOOK_SVG);
    page_fill(sample, 4, trend_end_of);
    look_forget(sample);
    trend_make(sample, &all, NULL, &page);
    page_has(&page, "<p class=\"cu\"><bdi>Acme</bdi></p>");
    page_has(&page, "src=\"data:image/svg+xml;base64,");
    page_lacks(&page, "The target is");
    sample->session.batch = "third";
    page_fill(sample, 1, trend_end_of);
    trend_make(sample, &all, NULL, &page);
    page_lacks(&page, "class=\"cu\"");
    page_lacks(&page, "data:image");
    trend_make(sample, &all, &(struct eg_report_look){.customer = "Other"}, &page);
    page_has(&page, "<p class=\"cu\"><bdi>Other</bdi></p>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_page_says_whether_the_last_period_differs_from_those_before),
        with_sample(units_selected_by_their_outcome_have_no_yield),
        with_sample(an_empty_selection_has_a_page_that_says_so),
        with_sample(simulated_boards_are_said_to_be_some),
        with_sample(what_all_jobs_say_alike_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
