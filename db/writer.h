/* SPDX-License-Identifier: Apache-2.0 */

/* The one thread that writes to the ledger. */

#ifndef DB_WRITER_H
#define DB_WRITER_H

#include "db/path.h"
#include "db/store.h"

#include <pthread.h>

/** Writes or reads within the writer's transaction. `context` is the submitter's. */
typedef enum eg_code eg__writer_call(struct eg__store *store, void *context, struct eg_error *err);

struct eg__request;

struct eg__writer {
    struct eg__store *store; /* the writer thread's while it runs */
    const char *path;        /* for sentences */
    const struct eg__place *place;
    struct eg_error refusal; /* why nothing more is recorded; EG_OK = all is well; the writer thread's */
    pthread_t thread;
    pthread_mutex_t lock; /* of what is below; held for queue operations only */
    pthread_cond_t wake;
    struct eg__request *first, **last;
    bool stop;
};

/** What it is given must stay as it is until it has stopped. */
enum eg_code eg__writer_start(struct eg__writer *writer, struct eg__store *store, const char *path,
                              const struct eg__place *place, struct eg_error *err) EG_CHECKED;
/** Waits for what is queued. */
void eg__writer_stop(struct eg__writer *writer);

/** Have `call` done in a transaction with whatever else is queued; returns when that is durable. Any thread.
 */
enum eg_code eg__writer_submit(struct eg__writer *writer, eg__writer_call *call, void *context,
                               struct eg_error *err) EG_CHECKED;

#endif
