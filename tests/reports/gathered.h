/* SPDX-License-Identifier: Apache-2.0 */

/* The runs of a ledger that was made up, gathered for a trend. */

#ifndef TESTS_REPORTS_GATHERED_H
#define TESTS_REPORTS_GATHERED_H

#include "reports/trend_internal.h"
#include "tests/reports/page.h"

struct gathered {
    struct eg_query *query;
    struct eg__trend trend;
    struct eg__gathered gathered;
};

static inline void gather(struct gathered *all, const struct sample *sample,
                          const struct eg_selection *selection)
{
    struct eg_error err;

    all->gathered = (struct eg__gathered){.trend = &all->trend, .last_ms = -1};
    assert_ok(eg_query_open(&all->query, sample->path, &err), err);
    assert_ok(eg__gather(&all->gathered, all->query, selection, &err), err);
}

static inline void gathered_finish(struct gathered *all)
{
    eg__gathered_finish(&all->gathered);
    eg__trend_finish(&all->trend);
    eg_query_close_cleanup(&all->query);
}

#endif
