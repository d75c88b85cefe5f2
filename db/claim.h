/* SPDX-License-Identifier: Apache-2.0 */

/* Values that belong to one board. Every call runs inside a transaction of its caller. */

#ifndef DB_CLAIM_H
#define DB_CLAIM_H

#include "db/store.h"
#include "engine/plan/recorder.h"

/** The board that already has a value. */
struct eg__owner {
    char mac[EG_MAC_TEXT];
    bool for_good; /* the run that gave it the value has ended */
};

/**
 * Claim values for a board, as the recorder's claim() does.
 *
 * @param owner  set on EG_NOT_UNIQUE; may be NULL
 */
enum eg_code eg__claim(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                       const struct eg_claim *claims, unsigned count, struct eg__owner *owner,
                       struct eg_error *err) EG_CHECKED;

#endif
