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
    page_has(&page, "<td class=\"n mv o\">2.9</td>");
    page_lacks(&page, "<div class=\"tw plain\"");
    page_has(
        &page,
        "<span class=\"scr\">Units, each by its last finished run</span><span class=\"prn\">Exceptions: ");
    page_make(sample, &(struct eg_report_look){.full = true}, &page);
    page_lacks(&page, "<div class=\"serials\">");
}

static struct sample_end good(unsigned number, const char **slot)
{
    (void)number;
    *slot = "A1";
    return (struct sample_end){.outcome = EG_PASS, .measured = true};
}

static void without_exceptions_all_units_are_shown_at_first(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 2, good);
    page_make(sample, NULL, &page);
    page_has(&page, "data-f=\"x\" aria-pressed=\"false\">Exceptions</button>");
    page_has(&page, "data-f=\"all\" aria-pressed=\"true\">All 2</button>");
    page_has(&page, "<div class=\"tw plain\""); /* not printed */
}

/* Paper has no room for their columns and the remark. */
static void more_than_two_measured_values_are_not_printed(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 2, good);
    page_make(sample, NULL, &page);
    page_has(&page, "id=\"units-table\">");
    free(sample_sql(sample->path, "DROP TRIGGER run_value_once"));
    free(sample_sql(
        sample->path,
        "INSERT INTO run_value SELECT run_id, position + n, kind, name || n, value, limits, passed,"
        " unit, lower, upper, number FROM run_value, (SELECT 7 AS n UNION SELECT 8)"
        " WHERE kind = 'measured'"));
    page_make(sample, NULL, &page);
    page_has(&page, "id=\"units-table\" class=\"many\">");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(the_full_list_has_no_serials_beside_it),
        with_sample(without_exceptions_all_units_are_shown_at_first),
        with_sample(more_than_two_measured_values_are_not_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
