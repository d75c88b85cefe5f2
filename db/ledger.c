/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ledger as the line's recorder: opening, session, and the calls of the workers.
 *
 * Opening begins with the harmless steps: the path is checked, the right to record is taken, a foreign or
 * newer file is refused. Only then is the file made a ledger; after that, runs of dead sessions are closed
 * and the session is recorded, both in one transaction. The session takes its lock before that transaction
 * ends, so whoever sees its runs also sees that it is alive.
 *
 * Threads: any number of threads may make the recorder's calls; one thread opens and closes.
 */

#include "db/ledger.h"

#include "db/claim.h"
#include "db/fingerprint.h"
#include "db/login.h"
#include "db/migrate.h"
#include "db/pool.h"
#include "db/record.h"
#include "db/session_lock.h"
#include "db/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The runs of one job. */
struct session {
    struct eg_recorder recorder; /* first member: a worker's recorder is cast to its session */
    struct eg_ledger *ledger;
    int64_t number;
    struct session *next; /* in any order */
};

struct eg_ledger {
    char *path, *batch;
    char station[256], operator_name[256];
    int lock_fd; /* -1 = not taken */
    struct eg__place place;
    struct session first, *more;
    struct eg__store store;
    struct eg__writer writer;
    bool writing; /* the writer's thread runs */
    bool is_new;
    pthread_mutex_t lock; /* in progress; each belongs to one worker's thread */
    struct board *boards; /* in progress; each belongs to one worker's thread */
};

struct add_session {
    struct eg_ledger *ledger;
    const struct eg__session *session;
    int64_t number;
};

/* The board that a thread is running. */
struct board {
    pthread_t worker;
    struct eg_log_origin origin; /* its strings follow the struct */
    struct board *next;
};

struct begin {
    int64_t session;
    const struct eg_run_begin *begin;
    int64_t run;
};

struct intent {
    int64_t run;
    const struct eg_unit *unit;
};

struct finish {
    int64_t run;
    const struct eg_run_record *record;
};

struct seen {
    const struct eg_unit *unit;
    struct eg_seen *seen;
};

struct holds {
    const struct eg_unit *unit;
    const struct eg_region *region;
    bool *probably;
};

struct rates {
    const char *station, *slot;
    const struct eg_bridge *bridge;
    struct eg_rates_seen *seen;
};

struct claim {
    int64_t run;
    const struct eg_unit *unit;
    const struct eg_claim *claims;
    unsigned count;
};

struct reserve {
    int64_t run;
    const struct eg_pool_wish *wish;
    struct eg_pool_row *row;
};

struct mark {
    int64_t run;
    enum eg_pool_state state;
};

struct secure {
    int64_t run;
    const struct eg_security_record *records;
    unsigned count;
};

static enum eg_code write_begin(struct eg__store *store, void *context, struct eg_error *err)
{
    struct begin *begin = context;

    return eg__record_begin(store, begin->session, begin->begin, &begin->run, err);
}

static enum eg_code write_intent(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct intent *intent = context;

    return eg__record_intent(store, intent->run, intent->unit, err);
}

static enum eg_code write_finish(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct finish *finish = context;

    return eg__record_finish(store, finish->run, finish->record, err);
}

static enum eg_code read_seen(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct seen *seen = context;

    return eg__record_seen(store, seen->unit, seen->seen, err);
}

static enum eg_code read_holds(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct holds *holds = context;

    return eg__record_holds(store, holds->unit, holds->region, holds->probably, err);
}

static enum eg_code read_rates(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct rates *rates = context;

    return eg__record_rates(store, rates->station, rates->slot, rates->bridge, rates->seen, err);
}

static enum eg_code write_claim(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct claim *claim = context;

    return eg__claim(store, claim->run, claim->unit, claim->claims, claim->count, NULL, err);
}

static enum eg_code write_reserve(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct reserve *reserve = context;

    return eg__pool_reserve(store, reserve->run, reserve->wish, reserve->row, err);
}

static enum eg_code write_mark(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct mark *mark = context;

    return eg__pool_mark(store, mark->run, mark->state, err);
}

struct secured {
    const struct eg_unit *unit;
    enum eg_security_event event;
    const char *item;
    char *value;
};

static enum eg_code read_secured(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct secured *secured = context;

    return eg__record_secured(store, secured->unit, secured->event, secured->item, secured->value, err);
}

static enum eg_code write_secure(struct eg__store *store, void *context, struct eg_error *err)
{
    const struct secure *secure = context;

    return eg__record_secure(store, secure->run, secure->records, secure->count, err);
}

/* Find the list position of this thread's board, or the end of the list. */
static struct board **place_of_board(struct eg_ledger *ledger)
{
    struct board **at = &ledger->boards;

    while (*at != NULL && !pthread_equal((*at)->worker, pthread_self()))
        at = &(*at)->next;
    return at;
}

/* Note the board for messages about waiting. Without memory it is left out: it is only shown. */
static void add_board(struct eg_ledger *ledger, const struct eg_run_begin *given)
{
    const size_t slot_size = strlen(given->slot) + 1, port_size = strlen(given->port) + 1;
    struct board *const board = calloc(1, sizeof *board + slot_size + port_size);

    if (board == NULL)
        return;
    char *const slot = (char *)(board + 1), *const port = slot + slot_size;
    memcpy(slot, given->slot, slot_size);
    memcpy(port, given->port, port_size);
    board->origin = (struct eg_log_origin){slot, port, ""};
    board->worker = pthread_self();
    pthread_mutex_lock(&ledger->lock);
    board->next = ledger->boards;
    ledger->boards = board;
    pthread_mutex_unlock(&ledger->lock);
}

static void remove_board(struct eg_ledger *ledger)
{
    pthread_mutex_lock(&ledger->lock);
    struct board **const at = place_of_board(ledger);
    struct board *const board = *at;
    if (board != NULL)
        *at = board->next;
    pthread_mutex_unlock(&ledger->lock);
    free(board);
}

static struct eg_ledger *ledger_of(struct eg_recorder *recorder)
{
    return ((struct session *)recorder)->ledger;
}

static enum eg_code submit(struct eg_recorder *recorder, eg__writer_call *call, void *context,
                           struct eg_error *err)
{
    struct eg_ledger *const ledger = ledger_of(recorder);

    pthread_mutex_lock(&ledger->lock);
    const struct board *const board = *place_of_board(ledger);
    pthread_mutex_unlock(&ledger->lock);
    const struct eg__record record = {.call = call,
                                      .context = context,
                                      .ends = call == write_finish,
                                      .of = board != NULL ? &board->origin : NULL};
    return eg__writer_submit(&ledger->writer, &record, err);
}

static enum eg_code recorder_begin(struct eg_recorder *recorder, const struct eg_run_begin *given,
                                   int64_t *run, struct eg_error *err)
{
    struct eg_ledger *const ledger = ledger_of(recorder);
    struct begin begin = {.session = ((struct session *)recorder)->number, .begin = given};

    remove_board(ledger);
    add_board(ledger, given);
    if (submit(recorder, write_begin, &begin, err) != EG_OK) {
        remove_board(ledger);
        return err->code;
    }
    *run = begin.run;
    return EG_OK;
}

static enum eg_code recorder_intent(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                                    struct eg_error *err)
{
    struct intent intent = {run, unit};

    return submit(recorder, write_intent, &intent, err);
}

static enum eg_code recorder_finish(struct eg_recorder *recorder, int64_t run,
                                    const struct eg_run_record *record, struct eg_error *err)
{
    struct finish finish = {run, record};

    const enum eg_code code = submit(recorder, write_finish, &finish, err);
    remove_board(ledger_of(recorder));
    return code;
}

static enum eg_code recorder_seen(struct eg_recorder *recorder, const struct eg_unit *unit,
                                  struct eg_seen *seen, struct eg_error *err)
{
    struct seen query = {unit, seen};

    return submit(recorder, read_seen, &query, err);
}

static enum eg_code recorder_holds(struct eg_recorder *recorder, const struct eg_unit *unit,
                                   const struct eg_region *region, bool *probably, struct eg_error *err)
{
    struct holds query = {unit, region, probably};

    return submit(recorder, read_holds, &query, err);
}

static enum eg_code recorder_rates(struct eg_recorder *recorder, const char *slot,
                                   const struct eg_bridge *bridge, struct eg_rates_seen *seen,
                                   struct eg_error *err)
{
    struct rates query = {ledger_of(recorder)->station, slot, bridge, seen};

    return submit(recorder, read_rates, &query, err);
}

static enum eg_code recorder_claim(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                                   const struct eg_claim *claims, unsigned count, struct eg_error *err)
{
    struct claim claim = {run, unit, claims, count};

    return submit(recorder, write_claim, &claim, err);
}

static enum eg_code recorder_reserve(struct eg_recorder *recorder, int64_t run,
                                     const struct eg_pool_wish *wish, struct eg_pool_row *row,
                                     struct eg_error *err)
{
    struct reserve reserve = {run, wish, row};

    *row = (struct eg_pool_row){0};
    if (submit(recorder, write_reserve, &reserve, err) == EG_OK)
        return EG_OK;
    eg_pool_row_finish(row); /* it may have been read before the commit failed */
    return err->code;
}

static enum eg_code recorder_mark(struct eg_recorder *recorder, int64_t run, enum eg_pool_state state,
                                  struct eg_error *err)
{
    struct mark mark = {run, state};

    return submit(recorder, write_mark, &mark, err);
}

static enum eg_code recorder_secure(struct eg_recorder *recorder, int64_t run,
                                    const struct eg_security_record *records, unsigned count,
                                    struct eg_error *err)
{
    struct secure secure = {run, records, count};

    return submit(recorder, write_secure, &secure, err);
}

static enum eg_code recorder_secured(struct eg_recorder *recorder, const struct eg_unit *unit,
                                     enum eg_security_event event, const char *item,
                                     char value[EG_SECURITY_VALUE], struct eg_error *err)
{
    struct secured secured = {unit, event, item, value};

    return submit(recorder, read_secured, &secured, err);
}

static enum eg_code recorder_fingerprint(struct eg_recorder *recorder, const uint8_t *key, size_t size,
                                         char print[EG_FINGERPRINT_TEXT], struct eg_error *err)
{
    struct eg_ledger *const ledger = ledger_of(recorder);

    pthread_mutex_lock(&ledger->lock);
    const enum eg_code code = eg__fingerprint(ledger->path, key, size, print, err);
    pthread_mutex_unlock(&ledger->lock);
    return code;
}

static const struct eg_recorder_ops recorder_ops = {
    .begin = recorder_begin,
    .intent = recorder_intent,
    .finish = recorder_finish,
    .seen = recorder_seen,
    .holds = recorder_holds,
    .rates = recorder_rates,
    .claim = recorder_claim,
    .reserve = recorder_reserve,
    .mark = recorder_mark,
    .secure = recorder_secure,
    .secured = recorder_secured,
    .fingerprint = recorder_fingerprint,
};

static enum eg_code begin_session(struct eg_ledger *ledger, const struct eg__session *session,
                                  unsigned *orphans, struct eg_error *err)
{
    struct eg__store *const store = &ledger->store;

    EG_TRY(eg__store_run(store, EG__BEGIN, err));
    EG_TRY(eg__record_orphans(store, ledger->lock_fd, orphans, err));
    EG_TRY(eg__record_session(store, session, &ledger->first.number, err));
    EG_TRY(eg__session_lock(ledger->lock_fd, ledger->first.number, err));
    return eg__store_run(store, EG__COMMIT, err);
}

static enum eg_code name_batch(char **batch, const char *given, const char *job, struct eg_error *err)
{
    const time_t now = time(NULL);
    struct tm utc;
    char stamp[32];

    if (given != NULL)
        return eg_strdup(batch, given, err);
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof stamp, "-%Y%m%d-%H%M%S", &utc);
    const size_t size = strlen(job) + strlen(stamp) + 1;
    EG_TRY(eg_alloc(batch, 1, size, err));
    snprintf(*batch, size, "%s%s", job, stamp);
    return EG_OK;
}

static enum eg_code attach_shown(sqlite3 *db, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;

    EG_TRY(eg__path_resolve(&full, path, err));
    return eg__sqlite_attach(db, full, "shown", err);
}

static enum eg_code open_store(struct eg_ledger *ledger, const char *full, const struct eg_session *session,
                               struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    struct eg__store *const store = &ledger->store;

    EG_TRY(eg__open_recording(&db, &ledger->lock_fd, full, EG__BESIDE, err));
    if (session->shown != NULL && attach_shown(db, session->shown, err) != EG_OK)
        return eg_error_prefix(err, "what it shows of %s: ", session->shown);
    sqlite3 *const ready = db;
    db = NULL;
    EG_TRY(eg__store_init(store, ready, session->shown != NULL, err));
    store->simulated = session->simulated;
    return EG_OK;
}

static struct eg__session session_of(const struct eg_ledger *ledger, const struct eg_plan *plan)
{
    return (struct eg__session){
        .station = ledger->station,
        .operator_name = ledger->operator_name,
        .batch = ledger->batch,
        .plan = plan,
        .simulated = ledger->store.simulated,
    };
}

static enum eg_code name_station(struct eg_ledger *ledger, const struct eg_session *given,
                                 struct eg_error *err)
{
    if (given->station != NULL)
        snprintf(ledger->station, sizeof ledger->station, "%s", given->station);
    else if (gethostname(ledger->station, sizeof ledger->station - 1) != 0)
        return eg_error_errno(err, EG_IO, errno, "asking for the host's name");
    if (given->operator_name != NULL)
        snprintf(ledger->operator_name, sizeof ledger->operator_name, "%s", given->operator_name);
    else
        eg__login_name(ledger->operator_name, sizeof ledger->operator_name);
    return EG_OK;
}

static enum eg_code open_ledger(struct eg_ledger *ledger, const struct eg_session *given,
                                const struct eg_plan *plan, unsigned *orphans, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;

    EG_TRY(eg__path_make(&full, ledger->path, &ledger->is_new, err));
    EG_TRY(open_store(ledger, full, given, err));
    EG_TRY(name_station(ledger, given, err));
    const struct eg__session session = session_of(ledger, plan);
    EG_TRY(begin_session(ledger, &session, orphans, err));
    char *const resolved = full;
    full = NULL;
    EG_TRY(eg__place_note(&ledger->place, resolved, err));
    EG_TRY(eg__writer_start(&ledger->writer, &ledger->store, ledger->path, &ledger->place, given->cancel,
                            given->patience_ms, err));
    ledger->writing = true;
    return EG_OK;
}

enum eg_code eg_ledger_open(struct eg_ledger **ledger, const char *path, const struct eg_session *session,
                            const struct eg_plan *plan, unsigned *orphans, struct eg_error *err)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *opened = NULL;
    unsigned closed = 0;

    EG_TRY(eg_alloc(&opened, 1, sizeof *opened, err));
    opened->first = (struct session){.recorder = {&recorder_ops}, .ledger = opened};
    opened->lock_fd = -1;
    pthread_mutex_init(&opened->lock, NULL);
    EG_TRY(eg__path_choose(&opened->path, path, err));
    EG_TRY(name_batch(&opened->batch, session->batch, plan->job_name, err));
    if (open_ledger(opened, session, plan, &closed, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", opened->path);
    if (orphans != NULL)
        *orphans = closed;
    *ledger = opened;
    opened = NULL;
    return EG_OK;
}

static enum eg_code write_session(struct eg__store *store, void *context, struct eg_error *err)
{
    struct add_session *const add = context;

    EG_TRY(eg__record_session(store, add->session, &add->number, err));
    return eg__session_lock(add->ledger->lock_fd, add->number, err);
}

enum eg_code eg_ledger_add_job(struct eg_ledger *ledger, const struct eg_plan *plan,
                               struct eg_recorder **recorder, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct session *more = NULL;
    const struct eg__session session = session_of(ledger, plan);
    struct add_session add = {.ledger = ledger, .session = &session};

    EG_TRY(eg_alloc(&more, 1, sizeof *more, err));
    EG_TRY(submit(&ledger->first.recorder, write_session, &add, err));
    *more = (struct session){
        .recorder = {&recorder_ops}, .ledger = ledger, .number = add.number, .next = ledger->more};
    ledger->more = more;
    *recorder = &more->recorder;
    more = NULL;
    return EG_OK;
}

enum eg_code eg_ledger_locate(char **found, bool *exists, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    struct eg_error ignored; /* whoever opens what cannot be read is told */
    struct stat info;
    bool made;

    EG_TRY(eg__path_choose(found, path, err));
    *exists = lstat(*found, &info) == 0 ? info.st_size > 0 : errno != ENOENT;
    if (*exists && eg__path_resolve(&full, *found, &ignored) == EG_OK &&
        eg__is_made(&made, full, &ignored) == EG_OK)
        *exists = made;
    return EG_OK;
}

/* Open a ledger to read it once, and get its version. */
static enum eg_code look_at(sqlite3 **db, const char *full, int64_t *version, struct eg_error *err)
{
    EG_TRY(eg__open_reading(db, full, err));
    return eg__sqlite_number(*db, "PRAGMA user_version", version, err);
}

enum eg_code eg_ledger_outdated(bool *outdated, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    int64_t version;

    enum eg_code code = eg__path_resolve(&full, path, err);
    if (code == EG_OK)
        code = look_at(&db, full, &version, err);
    if (code != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", path);
    *outdated = version < eg__migrate_newest();
    return EG_OK;
}

static enum eg_code check_path(const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    int64_t version;
    bool made = false;

    EG_TRY(eg__path_check(&full, path, err));
    if (full != NULL)
        EG_TRY(eg__is_made(&made, full, err));
    if (!made)
        return EG_OK;
    EG_TRY(look_at(&db, full, &version, err));
    return version == eg__migrate_newest() ? eg__schema_refuse_changed(db, err) : EG_OK;
}

enum eg_code eg_ledger_check(const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *chosen = NULL;

    EG_TRY(eg__path_choose(&chosen, path, err));
    return check_path(chosen, err) == EG_OK ? EG_OK : eg_error_prefix(err, "ledger %s: ", chosen);
}

void eg_ledger_close(struct eg_ledger *ledger)
{
    if (ledger == NULL)
        return;
    if (ledger->writing)
        eg__writer_stop(&ledger->writer);
    eg__store_finish(&ledger->store);
    if (ledger->lock_fd >= 0)
        close(ledger->lock_fd);
    eg__place_finish(&ledger->place);
    for (struct session *session = ledger->more, *next; session != NULL; session = next) {
        next = session->next;
        free(session);
    }
    for (struct board *board = ledger->boards, *next; board != NULL; board = next) {
        next = board->next;
        free(board);
    }
    pthread_mutex_destroy(&ledger->lock);
    free(ledger->path);
    free(ledger->batch);
    free(ledger);
}

void eg_ledger_close_cleanup(struct eg_ledger **ledger)
{
    eg_ledger_close(*ledger);
}

void eg_ledger_tell(struct eg_ledger *ledger, struct eg_logger *logger)
{
    eg__writer_tell(&ledger->writer, logger);
}

struct eg_recorder *eg_ledger_recorder(struct eg_ledger *ledger)
{
    return &ledger->first.recorder;
}

int64_t eg_ledger_session(const struct eg_recorder *recorder)
{
    return ((const struct session *)recorder)->number;
}

const char *eg_ledger_batch(const struct eg_ledger *ledger)
{
    return ledger->batch;
}

const char *eg_ledger_path(const struct eg_ledger *ledger)
{
    return ledger->path;
}

bool eg_ledger_is_new(const struct eg_ledger *ledger)
{
    return ledger->is_new;
}
