/* SPDX-License-Identifier: Apache-2.0 */

/* The only thread that writes to the ledger. */

#ifndef DB_WRITER_H
#define DB_WRITER_H

#include "db/holder.h"
#include "db/path.h"
#include "db/store.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"

#include <pthread.h>

/** Write or read within the writer's transaction. `context` is the submitter's. */
typedef enum eg_code eg__writer_call(struct eg__store *store, void *context, struct eg_error *err);

struct eg__request;

/** A record to write. */
struct eg__record {
    eg__writer_call *call;
    void *context;
    bool ends;                      /* ends a run: worth waiting for when everything is cancelled */
    const struct eg_log_origin *of; /* the board; NULL = not known */
};

struct eg__writer {
    struct eg__store *store; /* belongs to the writer's thread while it runs */
    const char *path;        /* for messages */
    const struct eg__place *place;
    const struct eg_cancel *cancel; /* may be NULL */
    uint32_t patience_ms;           /* how long to wait for a program that holds the file */
    /* the writer thread's */
    struct eg_error refusal; /* why nothing more is recorded; EG_OK = recording works */
    struct eg__request *group;
    bool only_ends; /* all requests of the group end runs */
    bool told;      /* it is logged that the file is held */
    uint64_t held_since_ms, cancelled_ms;
    char holder[EG__HOLDER_TEXT];
    pthread_t thread;
    pthread_mutex_t lock; /* of the members below; held for queue operations only */
    pthread_cond_t wake;
    struct eg__request *first, **last;
    struct eg_logger *logger;
    bool stop;
};

/**
 * Start the thread. The arguments must not change until it has stopped.
 *
 * @param cancel       may be NULL
 * @param patience_ms  how long to wait for another program that holds the file; 0 = five minutes
 */
enum eg_code eg__writer_start(struct eg__writer *writer, struct eg__store *store, const char *path,
                              const struct eg__place *place, const struct eg_cancel *cancel,
                              uint32_t patience_ms, struct eg_error *err) EG_CHECKED;
/** Log when the file is held and boards wait, and when it is free again; NULL = no log. */
void eg__writer_tell(struct eg__writer *writer, struct eg_logger *logger);
/** Stop the thread after it has written all queued requests. */
void eg__writer_stop(struct eg__writer *writer);

/**
 * Run a call in a transaction together with all other queued calls; return when that is durable. Any thread.
 *
 * @return the call's code; EG_LEDGER if another program has held the file for too long; EG_CANCELLED if it
 * holds the file and everything is cancelled
 */
enum eg_code eg__writer_submit(struct eg__writer *writer, const struct eg__record *record,
                               struct eg_error *err) EG_CHECKED;

#endif
