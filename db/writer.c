/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The one thread that writes to the ledger.
 *
 * A worker puts a request, which lies on its stack, into the queue and waits. The writer takes all that has
 * queued up, does it in one transaction, and wakes everybody when that is on the disk. While it waits for the
 * disk the next group gathers, so that 64 workers cost hardly more syncs than one.
 *
 * A record that breaks a rule of the schema (ending a run twice) or finds a pool empty is undone alone. Any
 * other failure undoes the whole group, and nothing more is recorded afterwards: what the disk holds is no
 * longer certain, and no slot may turn green on it. A group that could not begin because another program
 * holds the file has changed nothing; only that group fails.
 *
 * Lock order: none. `lock` is the only mutex here and never held during a call into SQLite.
 */

#include "db/writer.h"

#include <semaphore.h>
#include <signal.h>

struct eg__request {
    eg__writer_call *call;
    void *context;
    struct eg_error *err; /* the submitter's */
    enum eg_code code;
    sem_t done; /* not a condition variable: a woken thread continues without waiting for the lock */
    struct eg__request *next;
};

static enum eg_code serve_one(struct eg__store *store, const char *path, struct eg__request *request,
                              struct eg_error *err)
{
    EG_TRY(eg__store_run(store, EG__SAVEPOINT, err));
    store->alone = false;
    request->code = request->call(store, request->context, request->err);
    if (request->code != EG_OK && !store->alone) {
        *err = *request->err;
        return err->code;
    }
    if (request->code != EG_OK) {
        if (request->code != EG_NOT_UNIQUE) /* which is no failure of the ledger */
            eg_error_prefix(request->err, "ledger %s: ", path);
        EG_TRY(eg__store_run(store, EG__BACK_TO_SAVEPOINT, err));
    }
    return eg__store_run(store, EG__RELEASE, err);
}

static enum eg_code serve_all(struct eg__store *store, const char *path, struct eg__request *first,
                              struct eg_error *err)
{
    EG_TRY(eg__store_run(store, EG__BEGIN, err));
    for (struct eg__request *request = first; request != NULL; request = request->next)
        EG_TRY(serve_one(store, path, request, err));
    return eg__store_run(store, EG__COMMIT, err);
}

/* Committed where the records will be found. */
static enum eg_code serve_in_place(struct eg__writer *writer, struct eg__request *first, struct eg_error *err)
{
    EG_TRY(serve_all(writer->store, writer->path, first, err));
    return eg__place_check(writer->place, err);
}

static void fail_all(struct eg__request *first, const struct eg_error *err)
{
    for (struct eg__request *request = first; request != NULL; request = request->next) {
        *request->err = *err;
        request->code = err->code;
    }
}

static void serve(struct eg__writer *writer, struct eg__request *first)
{
    struct eg__store *store = writer->store;
    struct eg_error err;

    if (writer->refusal.code != EG_OK) {
        fail_all(first, &writer->refusal);
        return;
    }
    if (serve_in_place(writer, first, &err) == EG_OK)
        return;
    eg_error_prefix(&err, "ledger %s: ", writer->path);
    const bool nothing_written = store->busy && sqlite3_get_autocommit(store->db) != 0;
    if (!sqlite3_get_autocommit(store->db)) {
        struct eg_error ignored; /* the transaction is void whether or not its end can be told to the file */
        (void)!eg__store_run(store, EG__ROLLBACK, &ignored);
    }
    fail_all(first, &err);
    if (!nothing_written) {
        writer->refusal = err;
        eg_error_prefix(&writer->refusal, "the ledger refused an earlier record: ");
    }
}

static void *work(void *argument)
{
    struct eg__writer *writer = argument;

    pthread_mutex_lock(&writer->lock);
    for (;;) {
        while (writer->first == NULL && !writer->stop)
            pthread_cond_wait(&writer->wake, &writer->lock);
        struct eg__request *first = writer->first;
        if (first == NULL)
            break;
        writer->first = NULL;
        writer->last = &writer->first;
        pthread_mutex_unlock(&writer->lock);
        serve(writer, first);
        while (first != NULL) {
            struct eg__request *next = first->next; /* the request is gone once its owner is awake */
            sem_post(&first->done);
            first = next;
        }
        pthread_mutex_lock(&writer->lock);
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

enum eg_code eg__writer_submit(struct eg__writer *writer, eg__writer_call *call, void *context,
                               struct eg_error *err)
{
    struct eg__request request = {.call = call, .context = context, .err = err};

    sem_init(&request.done, 0, 0);
    pthread_mutex_lock(&writer->lock);
    *writer->last = &request;
    writer->last = &request.next;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->lock);
    while (sem_wait(&request.done) != 0) /* interrupted by a signal */
        ;
    sem_destroy(&request.done);
    return request.code;
}

enum eg_code eg__writer_start(struct eg__writer *writer, struct eg__store *store, const char *path,
                              const struct eg__place *place, struct eg_error *err)
{
    sigset_t all, before;

    *writer = (struct eg__writer){.store = store, .path = path, .place = place};
    writer->last = &writer->first;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, NULL);
    /* Signals are for the thread that started the program. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int errnum = pthread_create(&writer->thread, NULL, work, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errnum == 0)
        return EG_OK;
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    return eg_error_errno(err, EG_IO, errnum, "starting the ledger's thread");
}

void eg__writer_stop(struct eg__writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->stop = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
}
