/* SPDX-License-Identifier: Apache-2.0 */

/* Merging the runs of one ledger into another. */

#ifndef DB_FILES_MERGE_H
#define DB_FILES_MERGE_H

#include "engine/base/clock.h"
#include "engine/base/error.h"

#include <stdint.h>

struct eg_merge {
    const char *ledger;             /* the ledger that grows; as eg_ledger_open() takes it */
    const char *other;              /* ledger to read */
    bool dry_run;                   /* all but the last step */
    const struct eg_cancel *cancel; /* may be NULL */
    /** Told now and then how many runs are checked, or merged; may be NULL. */
    void (*progress)(void *context, const char *what, int64_t done, int64_t total);
    void *context;
};

struct eg_merged {
    int64_t runs;       /* copied runs; after a failure, those that stay */
    int64_t known;      /* runs that were here already */
    int64_t unfinished; /* unfinished runs, which are not copied */
    bool new_ledger;    /* the merge created the file of the ledger that grows */
};

/**
 * Append every finished run of the other ledger that is not here yet, in the order they finished there.
 *
 * A thousand runs are one transaction. A refusal, a failure or a kill leaves the ledger as it was after the
 * last of them, or as it was at all; merging again goes on after the runs that are here. Cancelling keeps
 * every run that was copied. Of pools, only the rows that those runs have written are copied.
 *
 * @return EG_OK; EG_LEDGER: the other ledger is damaged, older, the same as this one, or contradicts it;
 * EG_CANCELLED; EG_LEDGER_NEWER; EG_LEDGER_LOCKED: a process records into this one; EG_IO, EG_NO_ROOM
 */
enum eg_code eg_ledger_merge(const struct eg_merge *merge, struct eg_merged *merged,
                             struct eg_error *err) EG_CHECKED;

#endif
