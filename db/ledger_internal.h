/* SPDX-License-Identifier: Apache-2.0 */

/* What opening a ledger and the recorder's calls share. */

#ifndef DB_LEDGER_INTERNAL_H
#define DB_LEDGER_INTERNAL_H

#include "db/ledger.h"

#include "db/path.h"
#include "db/store.h"
#include "db/writer.h"

#include <pthread.h>

/* The board that a thread is running. */
struct eg__ledger_board {
    pthread_t worker;
    struct eg_log_origin origin; /* its strings follow the struct */
    bool admitted;
    int64_t chain; /* its last link when the board was admitted first */
    struct eg__ledger_board *next;
};

/* The runs of one job. */
struct eg__ledger_session {
    struct eg_recorder recorder; /* first member: a worker's recorder is cast to its session */
    struct eg_ledger *ledger;
    int64_t number;
    struct eg__ledger_session *next; /* in any order */
};

struct eg_ledger {
    char *path, *batch;
    char station[256], operator_name[256];
    int lock_fd; /* -1 = not taken */
    struct eg__place place;
    struct eg__ledger_session first, *more;
    struct eg__store store;
    struct eg__writer writer;
    bool writing; /* the writer's thread runs */
    bool is_new;
    pthread_mutex_t lock;            /* in progress; each belongs to one worker's thread */
    struct eg__ledger_board *boards; /* in progress; each belongs to one worker's thread */
};

/* The calls of the workers. Any number of threads may make them. */
extern const struct eg_recorder_ops eg__ledger_recorder_ops;

/** Have the writer make a call, and wait for it. */
enum eg_code eg__ledger_submit(struct eg_recorder *recorder, eg__writer_call *call, void *context,
                               struct eg_error *err) EG_CHECKED;

#endif
