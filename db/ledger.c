/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ledger as the line's recorder: opening, session, and the calls of the workers.
 *
 * Opening goes from what harms nobody to what changes things: the path is checked, the right to record is
 * taken, a foreign or newer file is refused, and only then the file is made a ledger, runs that never ended
 * are closed and the session is recorded, the last two in one transaction.
 *
 * Threads: the recorder's calls may come from any number of threads; opening and closing from one.
 */

#include "db/ledger.h"

#include "db/claim.h"
#include "db/login.h"
#include "db/migrate.h"
#include "db/pool.h"
#include "db/record.h"
#include "db/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct eg_ledger {
    struct eg_recorder recorder; /* first: a worker's recorder is a ledger */
    char *path, *batch;
    int lock_fd; /* -1 = not taken */
    struct eg__place place;
    int64_t session;
    struct eg__store store;
    struct eg__writer writer;
    bool writing; /* the writer's thread runs */
    bool is_new;
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

static enum eg_code recorder_begin(struct eg_recorder *recorder, const struct eg_run_begin *given,
                                   int64_t *run, struct eg_error *err)
{
    struct eg_ledger *ledger = (struct eg_ledger *)recorder;
    struct begin begin = {.session = ledger->session, .begin = given};

    EG_TRY(eg__writer_submit(&ledger->writer, write_begin, &begin, err));
    *run = begin.run;
    return EG_OK;
}

static enum eg_code recorder_intent(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                                    struct eg_error *err)
{
    struct intent intent = {run, unit};

    return eg__writer_submit(&((struct eg_ledger *)recorder)->writer, write_intent, &intent, err);
}

static enum eg_code recorder_finish(struct eg_recorder *recorder, int64_t run,
                                    const struct eg_run_record *record, struct eg_error *err)
{
    struct finish finish = {run, record};

    return eg__writer_submit(&((struct eg_ledger *)recorder)->writer, write_finish, &finish, err);
}

static enum eg_code recorder_seen(struct eg_recorder *recorder, const struct eg_unit *unit,
                                  struct eg_seen *seen, struct eg_error *err)
{
    struct seen query = {unit, seen};

    return eg__writer_submit(&((struct eg_ledger *)recorder)->writer, read_seen, &query, err);
}

static enum eg_code recorder_claim(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                                   const struct eg_claim *claims, unsigned count, struct eg_error *err)
{
    struct claim claim = {run, unit, claims, count};

    return eg__writer_submit(&((struct eg_ledger *)recorder)->writer, write_claim, &claim, err);
}

static enum eg_code recorder_reserve(struct eg_recorder *recorder, int64_t run,
                                     const struct eg_pool_wish *wish, struct eg_pool_row *row,
                                     struct eg_error *err)
{
    struct reserve reserve = {run, wish, row};

    *row = (struct eg_pool_row){0};
    if (eg__writer_submit(&((struct eg_ledger *)recorder)->writer, write_reserve, &reserve, err) == EG_OK)
        return EG_OK;
    eg_pool_row_finish(row); /* it may have been read before the commit failed */
    return err->code;
}

static enum eg_code recorder_mark(struct eg_recorder *recorder, int64_t run, enum eg_pool_state state,
                                  struct eg_error *err)
{
    struct mark mark = {run, state};

    return eg__writer_submit(&((struct eg_ledger *)recorder)->writer, write_mark, &mark, err);
}

static const struct eg_recorder_ops recorder_ops = {
    .begin = recorder_begin,
    .intent = recorder_intent,
    .finish = recorder_finish,
    .seen = recorder_seen,
    .claim = recorder_claim,
    .reserve = recorder_reserve,
    .mark = recorder_mark,
};

static enum eg_code begin_session(struct eg__store *store, const struct eg__session *session, int64_t *number,
                                  unsigned *orphans, struct eg_error *err)
{
    EG_TRY(eg__store_run(store, EG__BEGIN, err));
    EG_TRY(eg__record_orphans(store, orphans, err));
    EG_TRY(eg__record_session(store, session, number, err));
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

static enum eg_code open_store(struct eg__store *store, const char *full, const struct eg_session *session,
                               struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;

    EG_TRY(eg__open_recording(&db, full, true, err));
    if (session->shown != NULL && attach_shown(db, session->shown, err) != EG_OK)
        return eg_error_prefix(err, "what it shows of %s: ", session->shown);
    sqlite3 *const ready = db;
    db = NULL;
    EG_TRY(eg__store_init(store, ready, session->shown != NULL, err));
    store->simulated = session->simulated;
    return EG_OK;
}

static enum eg_code open_ledger(struct eg_ledger *ledger, const struct eg_session *given,
                                const struct eg_plan *plan, unsigned *orphans, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    char host[256] = "", login[256];

    EG_TRY(eg__path_make(&full, ledger->path, &ledger->is_new, err));
    EG_TRY(eg__path_lock(&ledger->lock_fd, full, err));
    EG_TRY(open_store(&ledger->store, full, given, err));
    if (gethostname(host, sizeof host - 1) != 0)
        return eg_error_errno(err, EG_IO, errno, "asking for the host's name");
    eg__login_name(login, sizeof login);
    const struct eg__session session = {
        .station = given->station != NULL ? given->station : host,
        .operator_name = given->operator_name != NULL ? given->operator_name : login,
        .batch = ledger->batch,
        .plan = plan,
        .simulated = given->simulated,
    };
    EG_TRY(begin_session(&ledger->store, &session, &ledger->session, orphans, err));
    char *const resolved = full;
    full = NULL;
    EG_TRY(eg__place_note(&ledger->place, resolved, err));
    EG_TRY(eg__writer_start(&ledger->writer, &ledger->store, ledger->path, &ledger->place, err));
    ledger->writing = true;
    return EG_OK;
}

enum eg_code eg_ledger_open(struct eg_ledger **ledger, const char *path, const struct eg_session *session,
                            const struct eg_plan *plan, unsigned *orphans, struct eg_error *err)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *opened = NULL;
    unsigned closed = 0;

    EG_TRY(eg_alloc(&opened, 1, sizeof *opened, err));
    opened->recorder.ops = &recorder_ops;
    opened->lock_fd = -1;
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

enum eg_code eg_ledger_locate(char **found, bool *exists, const char *path, struct eg_error *err)
{
    struct stat info;

    EG_TRY(eg__path_choose(found, path, err));
    *exists = lstat(*found, &info) == 0 ? info.st_size > 0 : errno != ENOENT;
    return EG_OK;
}

enum eg_code eg_ledger_outdated(bool *outdated, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    int64_t version;

    enum eg_code code = eg__path_resolve(&full, path, err);
    if (code == EG_OK)
        code = eg__open_reading(&db, full, err);
    if (code == EG_OK)
        code = eg__sqlite_number(db, "PRAGMA user_version", &version, err);
    if (code != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", path);
    *outdated = version < eg__migrate_newest();
    return EG_OK;
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
    free(ledger->path);
    free(ledger->batch);
    free(ledger);
}

void eg_ledger_close_cleanup(struct eg_ledger **ledger)
{
    eg_ledger_close(*ledger);
}

struct eg_recorder *eg_ledger_recorder(struct eg_ledger *ledger)
{
    return &ledger->recorder;
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
