/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/batch_counts.h"

#define SHARE 20 /* part of the time that may be spent on asking */

void cli_batch_counts_refresh(struct cli_batch_counts *counts, struct cli_view *view)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_batch batch = {.units = 0};
    struct eg_error ignored;
    const uint64_t begun_ms = eg_clock_ms();

    if (begun_ms < counts->next_ms)
        return;
    cli_view_lock(view);
    const bool stale = view->stale;
    view->stale = false; /* a run that ends from here on is for the next time */
    cli_view_unlock(view);
    if (!stale)
        return;
    const bool answered = eg_query_open(&query, counts->ledger, &ignored) == EG_OK &&
                          eg_query_batch(query, counts->batch, &batch, &ignored) == EG_OK;
    cli_view_lock(view);
    if (answered)
        cli_view_set_batch(view, &batch);
    else
        view->stale = true;
    cli_view_unlock(view);
    const uint64_t now_ms = eg_clock_ms();
    counts->next_ms = now_ms + (now_ms - begun_ms + 5) * SHARE;
}
