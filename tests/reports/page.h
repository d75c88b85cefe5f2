/* SPDX-License-Identifier: Apache-2.0 */

/* The HTML report of a batch that was made up, for asking what stands in it. */

#ifndef TESTS_REPORTS_PAGE_H
#define TESTS_REPORTS_PAGE_H

#include "engine/base/file.h"
#include "tests/db/sample.h"
#include "tests/reports/one_report.h"

/** A ledger in which `count` units have run, each in the slot and with the end that `end_of` gives. */
static inline void page_fill(struct sample *sample, unsigned count,
                             struct sample_end (*end_of)(unsigned number, const char **slot))
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 0; i < count; i++) {
        const struct eg_unit unit = sample_unit(i + 1);
        const char *slot = "A1";
        const struct sample_end end = end_of(i, &slot);
        assert_ok(sample_run(sample, ledger, slot, &unit, &end, &run, &err), err);
    }
}

/** Write the report of the newest batch; replaces the content of `page`. */
static inline void page_make(const struct sample *sample, const struct eg_report_look *look,
                             struct eg_buffer *page)
{
    struct eg_error err;
    char path[200];

    page->size = 0;
    snprintf(path, sizeof path, "%s/page.html", sample->folder);
    assert_ok(eg_report_write(sample->path, NULL, ONE_REPORT("html", path), 1, look, NULL, &err), err);
    assert_ok(eg_file_read(page, path, 16 << 20, &err), err);
    assert_ok(eg_buffer_append(page, "", 1, &err), err);
}

static inline void page_has(const struct eg_buffer *page, const char *text)
{
    if (strstr((const char *)page->data, text) == NULL)
        fail_msg("the page lacks \"%s\"", text);
}

static inline void page_lacks(const struct eg_buffer *page, const char *text)
{
    if (strstr((const char *)page->data, text) != NULL)
        fail_msg("the page has \"%s\"", text);
}

#define with_sample(test) cmocka_unit_test_setup_teardown(test, sample_setup, sample_teardown)

#endif
