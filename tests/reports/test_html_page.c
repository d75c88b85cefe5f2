/* SPDX-License-Identifier: Apache-2.0 */

/* What every page begins with. */

#include "tests/db/look.h"
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
    sample->session.batch = "\u00fc123456789012345678901234567890123456789";
    page_fill(sample, 1, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "@bottom-left{content:\"Batch \u00fc123456789012345678901234567890123456789\"}");
    sample->session.batch = "\u00fc1234567890123456789012345678901234567890";
    page_fill(sample, 1, end_of);
    page_make(sample, NULL, &page);
    page_has(&page, "@bottom-left{content:\"Batch \u00fc123456789012345678901234567890123456789\u2026\"}");
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

/* PHN2ZyB4bWxucz0n... is LOOK_SVG in base64. */
static void what_the_job_says_is_shown_unless_another_is_asked_for(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};
    const struct eg_report_look look = {.customer = "Other", .target = 50};

    look_set(sample, "Acme", "100", LOOK_SVG);
    page_fill(sample, 1, end_of);
    look_forget(sample);
    page_make(sample, NULL, &page);
    page_has(&page, "<p class=\"cu\"><bdi>Acme</bdi></p>");
    page_has(&page, "src=\"data:image/svg+xml;base64,PHN2ZyB4bWxucz0n");
    page_has(&page, "100\u202f%");
    page_has(&page, "On target");
    page_make(sample, &look, &page);
    page_has(&page, "<p class=\"cu\"><bdi>Other</bdi></p>");
    page_has(&page, "src=\"data:image/svg+xml;base64,PHN2ZyB4bWxucz0n");
    page_has(&page, " 50\u202f%");
}

static void a_logo_that_is_none_is_refused_with_its_name(void **state)
{
    struct sample *sample = *state;
    char path[200], html[200], sentence[400];
    const struct eg_report_look look = {.logo_path = path};
    struct eg_error err;

    page_fill(sample, 1, end_of);
    snprintf(path, sizeof path, "%s/l.svg", sample->folder);
    snprintf(html, sizeof html, "%s/l.html", sample->folder);
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    fputs("<svg onload='x'/>", file);
    fclose(file);
    snprintf(sentence, sizeof sentence,
             "logo %s: is an SVG file with a handler of events (on...=); export it as a plain one", path);
    assert_error(eg_report_write(sample->path, NULL, ONE_REPORT("html", html), 1, &look, NULL, &err), err,
                 EG_BAD_ARGUMENT, sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_foot_of_a_sheet_has_the_batch_escaped_for_css),
        with_sample(customer_and_order_are_text),
        with_sample(what_the_job_says_is_shown_unless_another_is_asked_for),
        with_sample(a_logo_that_is_none_is_refused_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
