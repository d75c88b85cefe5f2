/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Opening and closing a ledger, and its sessions.
 *
 * Opening begins with the harmless steps: the path is checked, the right to record is taken, a foreign or
 * newer file is refused. Only then is the file made a ledger; after that, runs of dead sessions are closed
 * and the session is recorded, both in one transaction. The session takes its lock before that transaction
 * ends, so whoever sees its runs also sees that it is alive.
 *
 * Threads: one thread opens and closes.
 */

#include "db/ledger_internal.h"

#include "db/login.h"
#include "db/migrate.h"
#include "db/record.h"
#include "db/session_lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_NUMBER_TEXT = 12 }; /* "-2", which makes a name new, and the NUL */

struct add_session {
    struct eg_ledger *ledger;
    const struct eg__session *session;
    int64_t number;
};

/* Give a batch that nobody named a name that no other has, such as of a line that began in the same second.
 */
static enum eg_code make_batch_new(struct eg_ledger *ledger, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *same = NULL;
    sqlite3 *const db = ledger->store.db;
    char *const end = ledger->batch + strlen(ledger->batch);
    int status;

    if (sqlite3_prepare_v2(db, "SELECT 1 FROM main.session WHERE batch = ?1 LIMIT 1", -1, &same, NULL) !=
        SQLITE_OK)
        return eg__sqlite_error(db, err);
    eg__bind_text(same, 1, ledger->batch);
    for (unsigned next = 2; (status = sqlite3_step(same)) == SQLITE_ROW; next++) {
        sqlite3_reset(same);
        snprintf(end, BATCH_NUMBER_TEXT, "-%u", next);
        eg__bind_text(same, 1, ledger->batch);
    }
    return status == SQLITE_DONE ? EG_OK : eg__sqlite_error(db, err);
}

static enum eg_code begin_session(struct eg_ledger *ledger, const struct eg__session *session, bool named,
                                  unsigned *orphans, struct eg_error *err)
{
    struct eg__store *const store = &ledger->store;

    EG_TRY(eg__store_run(store, EG__BEGIN, err));
    if (!named)
        EG_TRY(make_batch_new(ledger, err));
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
    const size_t size = strlen(job) + strlen(stamp) + BATCH_NUMBER_TEXT;
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
    EG_TRY(begin_session(ledger, &session, given->batch != NULL, orphans, err));
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
    opened->first = (struct eg__ledger_session){.recorder = {&eg__ledger_recorder_ops}, .ledger = opened};
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
    EG_CLEANUP(eg_free_cleanup) struct eg__ledger_session *more = NULL;
    const struct eg__session session = session_of(ledger, plan);
    struct add_session add = {.ledger = ledger, .session = &session};

    EG_TRY(eg_alloc(&more, 1, sizeof *more, err));
    EG_TRY(eg__ledger_submit(&ledger->first.recorder, write_session, &add, err));
    *more = (struct eg__ledger_session){
        .recorder = {&eg__ledger_recorder_ops}, .ledger = ledger, .number = add.number, .next = ledger->more};
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
    for (struct eg__ledger_session *session = ledger->more, *next; session != NULL; session = next) {
        next = session->next;
        free(session);
    }
    for (struct eg__ledger_board *board = ledger->boards, *next; board != NULL; board = next) {
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
    return ((const struct eg__ledger_session *)recorder)->number;
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
