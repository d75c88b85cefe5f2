/* SPDX-License-Identifier: Apache-2.0 */

/* Times of stages, slow flash and the slowest boards in the HTML report. */

#include "tests/reports/page.h"

static struct sample_end good(unsigned number, const char **slot)
{
    (void)number;
    *slot = "A1";
    return (struct sample_end){.outcome = EG_PASS};
}

/* 8 of the 15 boards in slot B2 had a slow flash, none of the 45 in A1. */
static struct sample_end slow_in_b2(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS};
    static const struct sample_end slow = {.outcome = EG_PASS_MARGINAL, .marginal = EG_MARGINAL_SLOW};

    *slot = number % 4 == 2 ? "B2" : "A1";
    return number % 4 == 2 && number < 32 ? slow : pass;
}

static struct sample_end one_slow(unsigned number, const char **slot)
{
    *slot = "A1";
    return number == 3 ? (struct sample_end){.outcome = EG_PASS_MARGINAL, .marginal = EG_MARGINAL_SLOW}
                       : (struct sample_end){.outcome = EG_PASS};
}

/* 700 bytes and 500 at 115200 take 0.104 s; the stage takes 0.15 s. */
static void a_stage_stands_beside_what_its_bytes_need(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 4, good);
    page_make(sample, NULL, &page);
    page_has(
        &page,
        "<tr><th scope=\"row\"><bdi>connect</bdi></th><td class=\"n\">0.10</td><td class=\"n\">0.15</td>");
    page_has(&page, "<td class=\"n\">+44\u202f%</td><td></td>");
    page_has(&page, "<td class=\"n\">+4\u202f%</td><td>resends 4</td>");
    page_has(&page, "<p class=\"in\">Slowest stage: <bdi>write</bdi>, 2.50\u202fs (median), of which "
                    "2.40\u202fs on the wire; limited by resends.</p>");
    page_lacks(&page, "Slow flash");
    page_lacks(&page, "slowest-table"); /* of too few boards */
}

static void boards_with_a_slow_flash_are_counted_and_their_slot_is_named(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 60, slow_in_b2);
    page_make(sample, NULL, &page);
    page_has(&page, "<b>Slow flash:</b> on 8 boards that passed, a region took longer to write than on the "
                    "others of the same flash part, 8 of 8 in slot <bdi>B2</bdi> (");
    page_has(&page, "). Look at the cable and supply of the slot.</p>");
    struct eg_error err;
    char path[200];
    snprintf(path, sizeof path, "%s/page.json", sample->folder);
    assert_ok(eg_report_write(sample->path, NULL, ONE_REPORT("json", path), 1, NULL, NULL, &err), err);
    page.size = 0;
    assert_ok(eg_file_read(&page, path, 16 << 20, &err), err);
    assert_ok(eg_buffer_append(&page, "", 1, &err), err);
    page_has(&page,
             "\"slow_flash\":{\"units\":8,\n\"slots\":1,\n\"cluster\":{\"kind\":\"slot\",\n\"name\":\"B2\",\n"
             "\"units\":8,\n\"of\":15,\n");
}

static void one_board_with_a_slow_flash_clusters_nowhere(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 4, one_slow);
    page_make(sample, NULL, &page);
    page_has(&page, "on 1 board that passed, ");
    page_has(&page, ", a single unit.</p>");
}

static void the_slowest_boards_are_listed_slowest_first(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer page = {0};

    page_fill(sample, 20, one_slow);
    free(sample_sql(sample->path, "DROP TRIGGER outcome_keeps"));
    free(sample_sql(sample->path, "UPDATE outcome SET duration_us = 6420000 WHERE run_id = 4"));
    free(sample_sql(sample->path, "UPDATE outcome SET duration_us = 4815000 WHERE run_id = 9"));
    page_make(sample, NULL, &page);
    const char *const table = strstr((const char *)page.data, "Slowest boards that passed");
    assert_non_null(table);
    const char *const first = strstr(
                          table,
                          "<td class=\"n\">6.42</td><td class=\"n\">+100\u202f%</td><td>a region took"),
                      *const second =
                          strstr(table, "<td class=\"n\">4.82</td><td class=\"n\">+50\u202f%</td>");
    assert_true(first != NULL && second != NULL && first < second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_stage_stands_beside_what_its_bytes_need),
        with_sample(boards_with_a_slow_flash_are_counted_and_their_slot_is_named),
        with_sample(one_board_with_a_slow_flash_clusters_nowhere),
        with_sample(the_slowest_boards_are_listed_slowest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
