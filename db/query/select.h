/* SPDX-License-Identifier: Apache-2.0 */

/* A selection of runs, the same for every question that takes one. */

#ifndef DB_QUERY_SELECT_H
#define DB_QUERY_SELECT_H

#include "db/query/query.h"

/** Number of outcomes that a list may have. */
#define EG_SELECTION_OUTCOMES 5

/** All conditions must hold; NULL = no condition. Lists end with NULL. */
struct eg_selection {
    const char *const *batches;
    const char *station, *operator_name, *slot, *label, *job, *chip;
    /* A run's time is its end, or its beginning while it goes on. In the ledger's format, of any precision:
     * `since` <= time < `until`. */
    const char *since_utc, *until_utc;
    /* How a run ended. Where units are asked for: how the run ended by which a unit counts. */
    const char *const *outcomes; /* as eg_outcome_name() */
    const char *code;
};

/** Return whether every run is selected. `selection` may be NULL. */
bool eg_selection_is_all(const struct eg_selection *selection);

/** Refuse a batch that the ledger does not have: EG_LEDGER; the sentence lists the newest ones. */
enum eg_code eg_query_refuse_unknown_batch(struct eg_query *query, const char *name,
                                           struct eg_error *err) EG_CHECKED;

#endif
