/* SPDX-License-Identifier: Apache-2.0 */

/* The page about many batches, of a ledger that was made up. */

#ifndef TESTS_REPORTS_TREND_PAGE_H
#define TESTS_REPORTS_TREND_PAGE_H

#include "tests/reports/page.h"

static inline struct sample_end trend_end_of(unsigned number, const char **slot)
{
    static const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    static const struct sample_end stuck = {
        .outcome = EG_FAIL, .code = EG_STUCK_BITS, .text = "flash bits stay 0"};

    *slot = "A1";
    return number % 4 == 3 ? stuck : pass;
}

static inline void trend_make(const struct sample *sample, const struct eg_selection *selection,
                              const struct eg_report_look *look, struct eg_buffer *page)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    char path[200];

    page->size = 0;
    snprintf(path, sizeof path, "%s/page.html", sample->folder);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(
        eg_report_write_trend(query, selection, EG_TREND_DAY, ONE_REPORT("html", path), 1, look, NULL, &err),
        err);
    assert_ok(eg_file_read(page, path, 16 << 20, &err), err);
    assert_ok(eg_buffer_append(page, "", 1, &err), err);
}

/* 40 units of 25 % stuck flash in a first batch; in a second one, `days` later, half of the units. */
static inline void trend_fill(struct sample *sample, unsigned days)
{
    page_fill(sample, 40, trend_end_of);
    sample->session.batch = "b & 2";
    page_fill(sample, 40, trend_end_of);
    char second[120];
    snprintf(second, sizeof second,
             "UPDATE outcome SET finished_utc = '2026-11-%02uT08:00:00.000Z' WHERE run_id > 40", 10 + days);
    const char *const changes[] = {
        "DROP TRIGGER outcome_keeps",
        "UPDATE outcome SET finished_utc = '2026-11-10T08:00:00.000Z' WHERE run_id <= 40",
        second,
        "UPDATE outcome SET outcome = 'fail', code = 'flash-stuck-bits' WHERE run_id > 60",
        "UPDATE outcome SET mac = replace(mac, '7c:', '8c:') WHERE run_id > 40",
    };
    for (unsigned i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char *const text = sample_sql(sample->path, changes[i]);
        assert_string_equal(text, "");
        free(text);
    }
}

#endif
