/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The only thread of this program that writes to the ledger.
 *
 * A worker queues a request, which lies on its stack, and waits. The writer takes all queued requests, runs
 * them in one transaction, and wakes all workers when it is on the disk. While it waits for the disk the next
 * group gathers, so 64 workers cost hardly more syncs than one.
 *
 * A record that breaks a rule of the schema (ending a run twice) or finds a pool empty is undone alone. Any
 * other failure undoes the whole group, and nothing more is recorded afterwards: the disk's contents are no
 * longer certain, and no slot may turn green on them.
 *
 * A group that cannot begin because another program holds the file has changed nothing, and waits: a few
 * milliseconds for another line, or minutes, so that a person with a database browser costs time but no
 * board. Waiting boards are reported. When everything is cancelled, requests that begin or continue runs are
 * given up at once, and ends of runs a little later. When the time is over the group fails, and only that
 * group.
 *
 * Lock order: none. `lock` is the only mutex here and never held during a call into SQLite.
 */

#include "db/writer.h"

#include "engine/base/thread.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE_MS  300000 /* five minutes */
#define LOOK_MS      50     /* between two attempts to begin */
#define SOON_MS      4      /* between the first attempts: another line needs a few milliseconds */
#define SOON_TRIES   10
#define TELL_MS      1000  /* another program's short transaction is not reported */
#define ENDING_MS    10000 /* patience for ends of runs after cancelling */
#define TELL_AT_ONCE 64

struct eg__request {
    eg__writer_call *call;
    void *context;
    struct eg_error *err; /* the submitter's */
    enum eg_code code;
    bool ends;                      /* a run */
    bool told;                      /* reported as waiting */
    const struct eg_log_origin *of; /* the board; NULL = not known */
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
        if (request->code != EG_NOT_UNIQUE && request->code != EG_DUPLICATE_MAC) /* of the board */
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

/* Serve a group, committed in the file that the path leads to. */
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

/* Wake the owners of these requests. The requests no longer exist afterwards. */
static void answer(struct eg__request *first)
{
    while (first != NULL) {
        struct eg__request *next = first->next;
        sem_post(&first->done);
        first = next;
    }
}

/* Collect the requests of a list that are not reported as waiting yet, and mark them reported. */
static unsigned take_untold(struct eg__request *first, struct eg__request **untold, unsigned count)
{
    for (struct eg__request *request = first; request != NULL && count < TELL_AT_ONCE;
         request = request->next)
        if (!request->told) {
            request->told = true;
            untold[count++] = request;
        }
    return count;
}

/* Log which program holds the file, and each waiting board. Requests stay until this thread answers them. */
static void tell(struct eg__writer *writer)
{
    struct eg__request *untold[TELL_AT_ONCE];
    char text[EG__HOLDER_TEXT + 60];

    pthread_mutex_lock(&writer->lock);
    struct eg_logger *const logger = writer->logger;
    const unsigned queued = logger != NULL ? take_untold(writer->first, untold, 0) : 0;
    pthread_mutex_unlock(&writer->lock);

    if (logger == NULL)
        return;
    if (!writer->told) {
        eg__holder(writer->holder, writer->place->full);
        eg_log_warning(logger, NULL, "%s holds ledger %s: boards that need it wait, for %u s at most",
                       writer->holder, writer->path, (unsigned)(writer->patience_ms / 1000));
    }
    writer->told = true;
    const unsigned count = take_untold(writer->group, untold, queued);
    snprintf(text, sizeof text, "waits for the ledger, which %s holds", writer->holder);
    for (unsigned i = 0; i < count; i++)
        if (untold[i]->of != NULL)
            eg_log_progress(logger, untold[i]->of, "", text, 0, 0);
}

/* Decide whether to try again. SQLite calls this in the writer's thread. */
static int go_on_waiting(void *context, int tries)
{
    struct eg__writer *const writer = context;
    const uint64_t now_ms = eg_clock_ms();
    struct eg_error ignored;

    if (tries == 0)
        writer->held_since_ms = now_ms;
    if (eg_cancel_requested(writer->cancel)) {
        if (writer->cancelled_ms == 0)
            writer->cancelled_ms = now_ms;
        if (!writer->only_ends || now_ms - writer->cancelled_ms >= ENDING_MS)
            return 0;
    }
    if (now_ms - writer->held_since_ms >= writer->patience_ms)
        return 0;
    if (now_ms - writer->held_since_ms >= TELL_MS)
        tell(writer);
    (void)!eg_sleep_ms(NULL, tries < SOON_TRIES ? SOON_MS : LOOK_MS, &ignored);
    return 1;
}

static void fail_held(struct eg__writer *writer, struct eg__request *first)
{
    const uint64_t waited_ms = eg_clock_ms() - writer->held_since_ms;
    char holder[EG__HOLDER_TEXT];
    struct eg_error err;

    eg__holder(holder, writer->place->full);
    if (eg_cancel_requested(writer->cancel) && !writer->only_ends)
        eg_error_set(&err, EG_CANCELLED, "cancelled while %s holds ledger %s", holder, writer->path);
    else
        eg_error_set(&err, EG_LEDGER, "ledger %s: %s has kept it locked for %u s", writer->path, holder,
                     (unsigned)(waited_ms / 1000));
    fail_all(first, &err);
    answer(first);
}

/* Remove the requests that end runs from a list, in their order. */
static struct eg__request *take_ends(struct eg__request **first)
{
    struct eg__request *ends = NULL, **last = &ends;

    while (*first != NULL) {
        struct eg__request *const request = *first;
        if (!request->ends) {
            first = &request->next;
            continue;
        }
        *first = request->next;
        request->next = NULL;
        *last = request;
        last = &request->next;
    }
    return ends;
}

/* Try a group. Return whether it is finished, well or not; false = it did not begin: the file is held. */
static bool try_group(struct eg__writer *writer, struct eg__request *first)
{
    struct eg__store *store = writer->store;
    struct eg_error err;

    if (writer->refusal.code != EG_OK) {
        fail_all(first, &writer->refusal);
        return true;
    }
    writer->group = first;
    writer->only_ends = true;
    for (const struct eg__request *request = first; request != NULL; request = request->next)
        writer->only_ends &= request->ends;
    if (serve_in_place(writer, first, &err) == EG_OK)
        return true;
    if (store->busy && sqlite3_get_autocommit(store->db) != 0)
        return false;
    eg_error_prefix(&err, "ledger %s: ", writer->path);
    if (!sqlite3_get_autocommit(store->db)) {
        struct eg_error ignored; /* the transaction is void even if the rollback fails */
        (void)!eg__store_run(store, EG__ROLLBACK, &ignored);
    }
    fail_all(first, &err);
    writer->refusal = err;
    eg_error_prefix(&writer->refusal, "the ledger refused an earlier record: ");
    return true;
}

static void serve(struct eg__writer *writer, struct eg__request *first)
{
    bool done = try_group(writer, first);

    if (!done && eg_cancel_requested(writer->cancel) && !writer->only_ends) {
        struct eg__request *const ends = take_ends(&first);
        fail_held(writer, first);
        first = ends;
        done = ends == NULL || try_group(writer, ends);
    }
    if (done)
        answer(first);
    else
        fail_held(writer, first);
    if (writer->told && done)
        eg_log_note(writer->logger, NULL, "ledger %s is free again after %u s", writer->path,
                    (unsigned)((eg_clock_ms() - writer->held_since_ms) / 1000));
    writer->told = false;
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
        pthread_mutex_lock(&writer->lock);
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

enum eg_code eg__writer_submit(struct eg__writer *writer, const struct eg__record *record,
                               struct eg_error *err)
{
    struct eg__request request = {
        .call = record->call, .context = record->context, .err = err, .ends = record->ends, .of = record->of};

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
                              const struct eg__place *place, const struct eg_cancel *cancel,
                              uint32_t patience_ms, struct eg_error *err)
{
    *writer = (struct eg__writer){.store = store,
                                  .path = path,
                                  .place = place,
                                  .cancel = cancel,
                                  .patience_ms = patience_ms != 0 ? patience_ms : PATIENCE_MS};
    writer->last = &writer->first;
    sqlite3_busy_handler(store->db, go_on_waiting, writer);
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, NULL);
    const int errnum = eg_thread_start(&writer->thread, 0, work, writer);
    if (errnum == 0)
        return EG_OK;
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    return eg_error_errno(err, EG_IO, errnum, "starting the ledger's thread");
}

void eg__writer_tell(struct eg__writer *writer, struct eg_logger *logger)
{
    pthread_mutex_lock(&writer->lock);
    writer->logger = logger;
    pthread_mutex_unlock(&writer->lock);
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
