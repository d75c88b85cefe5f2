/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Merging ledgers: the source ledger is attached read-only to the connection of the target, and SQL copies
 * its runs. The rows of a run are found through the schema: every table with a column `run_id`. Rows keep
 * their contents and get new ids.
 *
 * Each run keeps the identity of the ledger that recorded it first, so that it is added once, whatever way it
 * takes.
 */

#include "db/files/merge.h"

#include "engine/base/file.h"

#include "db/files/merge_internal.h"
#include "db/journal.h"
#include "db/migrate.h"
#include "db/path.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One run to merge. */
struct run {
    int64_t there;      /* its id in the source */
    int64_t session;    /* likewise */
    const char *ledger; /* that recorded it first */
    int64_t source;     /* its id there */
    const char *hash;   /* the run's link in the source's chain */
    int64_t here;       /* its new id */
};

/* Statements for each run, prepared at their first use. */
enum ask { ASK_HASH, ASK_SEAL, ASK_ADD, ASK_COUNT };

/* A merge under way. */
struct work {
    struct eg__store store; /* of the ledger that grows */
    struct eg__copier copier;
    const struct eg_merge *merge;
    sqlite3_stmt *asks[ASK_COUNT];
    int64_t session_there, session_here; /* of the run before; 0 = none */
    bool pools;                          /* runs of the source have rows of pools */
    int64_t since;                       /* runs copied since the last commit */
    char tables[2][20][64]; /* tables with rows of a run: filled before, and after, its outcome; "" = end */
};

enum eg_code eg__merge_prepare(sqlite3_stmt **statement, sqlite3 *db, const char *sql, struct eg_error *err)
{
    return sqlite3_prepare_v2(db, sql, -1, statement, NULL) == SQLITE_OK ? EG_OK : eg__sqlite_error(db, err);
}

enum eg_code eg__merge_step(sqlite3_stmt *statement, bool *row, struct eg_error *err)
{
    const int status = sqlite3_step(statement);

    *row = status == SQLITE_ROW;
    return *row || status == SQLITE_DONE ? EG_OK : eg__sqlite_error(sqlite3_db_handle(statement), err);
}

/* Append a table's columns except its own id; the replaced column gets ?1. */
static enum eg_code add_columns(sqlite3 *db, sqlite3_str *names, sqlite3_str *values, const char *table,
                                const char *replaced, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *columns = NULL;
    bool row;

    EG_TRY(eg__merge_prepare(&columns, db,
                             "SELECT name, pk > 0 AND type = 'INTEGER' AND total(pk > 0) OVER () = 1"
                             " FROM pragma_table_info(?1, 'main')",
                             err));
    sqlite3_bind_text(columns, 1, table, -1, SQLITE_STATIC);
    for (;;) {
        EG_TRY(eg__merge_step(columns, &row, err));
        if (!row)
            return EG_OK;
        const char *name = (const char *)sqlite3_column_text(columns, 0);
        const bool is_replaced = replaced != NULL && strcmp(name, replaced) == 0;
        if (!is_replaced && sqlite3_column_int(columns, 1))
            continue;
        const char *comma = sqlite3_str_length(names) > 0 ? ", " : "";
        sqlite3_str_appendf(names, "%s\"%w\"", comma, name);
        if (is_replaced)
            sqlite3_str_appendf(values, "%s?1", comma);
        else
            sqlite3_str_appendf(values, "%s\"%w\"", comma, name);
    }
}

static enum eg_code prepare_copy(sqlite3_stmt **copy, sqlite3 *db, const char *table, const char *key,
                                 const char *replaced, struct eg_error *err)
{
    sqlite3_str *names = sqlite3_str_new(db), *values = sqlite3_str_new(db);

    enum eg_code code = add_columns(db, names, values, table, replaced, err);
    char *const columns = sqlite3_str_finish(names), *const from = sqlite3_str_finish(values);
    char *const sql =
        sqlite3_mprintf("INSERT INTO main.\"%w\" (%s) SELECT %s FROM other.\"%w\" WHERE \"%w\" = ?2", table,
                        columns, from, table, key);
    if (code == EG_OK && sql == NULL)
        code = eg_error_set(err, EG_NO_MEMORY, "out of memory");
    if (code == EG_OK)
        code = eg__merge_prepare(copy, db, sql, err);
    sqlite3_free(sql);
    sqlite3_free(columns);
    sqlite3_free(from);
    return code;
}

void eg__copier_finish(struct eg__copier *copier)
{
    for (unsigned i = 0; i < copier->count; i++)
        sqlite3_finalize(copier->copy[i].statement);
}

enum eg_code eg__merge_copy(struct eg__copier *copier, const char *table, const char *key, int64_t value,
                            const char *replaced, int64_t with, struct eg_error *err)
{
    unsigned i = 0;
    bool ignored;

    while (i < copier->count && strcmp(copier->copy[i].table, table) != 0)
        i++;
    if (i == sizeof copier->copy / sizeof copier->copy[0] || strlen(table) >= sizeof copier->copy[0].table)
        return eg_error_set(err, EG_INTERNAL, "the ledger has more tables than a merge has room for");
    if (i == copier->count) {
        EG_TRY(prepare_copy(&copier->copy[i].statement, copier->db, table, key, replaced, err));
        snprintf(copier->copy[copier->count++].table, sizeof copier->copy[0].table, "%s", table);
    }
    sqlite3_stmt *const copy = copier->copy[i].statement;
    sqlite3_bind_int64(copy, 1, with);
    sqlite3_bind_int64(copy, 2, value);
    const enum eg_code code = eg__merge_step(copy, &ignored, err);
    sqlite3_reset(copy);
    return code;
}

enum eg_code eg__merge_progress(const struct eg_merge *merge, const char *what, int64_t done, int64_t total,
                                struct eg_error *err)
{
    if (eg_cancel_requested(merge->cancel))
        return eg_error_set(err, EG_CANCELLED, "cancelled after %" PRId64 " of %" PRId64 " runs were %s",
                            done, total, what);
    if (merge->progress != NULL && (done % EG__MERGE_SLICE == 0 || done == total))
        merge->progress(merge->context, what, done, total);
    return EG_OK;
}

/* Return a statement of every run, ready to be bound. */
static enum eg_code ready(sqlite3_stmt **statement, struct work *work, enum ask which, const char *sql,
                          struct eg_error *err)
{
    if (work->asks[which] == NULL)
        EG_TRY(eg__merge_prepare(&work->asks[which], work->store.db, sql, err));
    *statement = work->asks[which];
    sqlite3_reset(*statement);
    return EG_OK;
}

/* Find a number by a text and a number; 0 = none. */
static enum eg_code find(sqlite3 *db, const char *sql, const char *text, int64_t number, int64_t *found,
                         struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *statement = NULL;
    bool row;

    EG_TRY(eg__merge_prepare(&statement, db, sql, err));
    sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, number);
    EG_TRY(eg__merge_step(statement, &row, err));
    *found = row ? sqlite3_column_int64(statement, 0) : 0;
    return EG_OK;
}

/* Check whether the run is here; EG_LEDGER: another run with the same origin is. */
static enum eg_code look_up(struct work *work, const struct run *run, bool *known, struct eg_error *err)
{
    sqlite3_stmt *find_hash;

    EG_TRY(ready(&find_hash, work, ASK_HASH,
                 "SELECT run_id, hash FROM main.merged_run WHERE ledger = ?1 AND source = ?2"
                 " UNION ALL SELECT ?2, (SELECT hash FROM main.chain WHERE run_id = ?2)"
                 "  FROM main.ledger WHERE identity = ?1",
                 err));
    sqlite3_bind_text(find_hash, 1, run->ledger, -1, SQLITE_STATIC);
    sqlite3_bind_int64(find_hash, 2, run->source);
    EG_TRY(eg__merge_step(find_hash, known, err));
    const char *hash = *known ? (const char *)sqlite3_column_text(find_hash, 1) : NULL;
    const int64_t here = *known ? sqlite3_column_int64(find_hash, 0) : 0;
    const bool same = hash != NULL && strcmp(hash, run->hash) == 0;
    sqlite3_reset(find_hash);
    if (!*known || same)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER,
                        "is not the run %" PRId64 " that is here of the same ledger, which was changed or "
                        "went on as two",
                        here);
}

static enum eg_code bring_job(struct eg__copier *copier, int64_t session, int64_t *job, struct eg_error *err)
{
    sqlite3 *const db = copier->db;
    int64_t there;

    EG_TRY(find(db, "SELECT job_id FROM other.session WHERE session_id = ?2", NULL, session, &there, err));
    EG_TRY(find(db,
                "SELECT job_id FROM main.job"
                " WHERE sha256 = (SELECT sha256 FROM other.job WHERE job_id = ?2)",
                NULL, there, job, err));
    if (*job != 0)
        return EG_OK;
    EG_TRY(eg__merge_copy(copier, "job", "job_id", there, NULL, 0, err));
    *job = sqlite3_last_insert_rowid(db);
    return eg__journal_append(db, EG__ENTRY_JOB, *job, err);
}

static enum eg_code add_merged_session(sqlite3 *db, int64_t there, int64_t here, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *add = NULL;
    bool ignored;

    EG_TRY(eg__merge_prepare(&add, db,
                             "INSERT INTO main.merged_session (session_id, ledger, source)"
                             " SELECT ?1, coalesce(ledger, identity), coalesce(source, ?2) FROM other.ledger"
                             " LEFT JOIN other.merged_session ON merged_session.session_id = ?2",
                             err));
    sqlite3_bind_int64(add, 1, here);
    sqlite3_bind_int64(add, 2, there);
    return eg__merge_step(add, &ignored, err);
}

/* Bring what a session's job says of its reports. */
static enum eg_code bring_report_form(struct eg__copier *copier, int64_t there, int64_t here,
                                      struct eg_error *err)
{
    sqlite3 *const db = copier->db;
    const int before = sqlite3_total_changes(db);

    EG_TRY(eg__merge_copy(copier, "report_form", "session_id", there, "session_id", here, err));
    return sqlite3_total_changes(db) == before
               ? EG_OK
               : eg__journal_append(db, EG__ENTRY_REPORT_FORM, sqlite3_last_insert_rowid(db), err);
}

static enum eg_code bring_session(struct eg__copier *copier, int64_t there, int64_t *here,
                                  struct eg_error *err)
{
    sqlite3 *const db = copier->db;
    int64_t job;

    EG_TRY(find(db,
                "SELECT mine.session_id FROM other.ledger LEFT JOIN other.merged_session AS its"
                " ON its.session_id = ?2 JOIN main.merged_session AS mine"
                " ON mine.ledger = coalesce(its.ledger, identity) AND mine.source = coalesce(its.source, ?2)",
                NULL, there, here, err));
    if (*here != 0)
        return EG_OK;
    EG_TRY(bring_job(copier, there, &job, err));
    EG_TRY(eg__merge_copy(copier, "session", "session_id", there, "job_id", job, err));
    *here = sqlite3_last_insert_rowid(db);
    EG_TRY(eg__journal_append(db, EG__ENTRY_SESSION, *here, err));
    EG_TRY(bring_report_form(copier, there, *here, err));
    return add_merged_session(db, there, *here, err);
}

/* Find the tables that have rows of a run. Rows of removed logs are not copied. */
static enum eg_code find_tables(struct work *work, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *tables = NULL;
    unsigned count[2] = {0, 0};
    bool row;

    EG_TRY(eg__merge_prepare(
        &tables, work->store.db,
        /* regions go through the view, which gives them their image here */
        "SELECT iif(name = 'region_row', 'region', name), EXISTS (SELECT 1 FROM "
        "pragma_foreign_key_list(m.name, 'main') WHERE \"table\" = "
        "'outcome')"
        " FROM main.sqlite_master AS m WHERE type = 'table'"
        " AND name NOT IN ('run', 'outcome', 'chain', 'pool_event', 'merged_run', 'purged_log')"
        " AND EXISTS (SELECT 1 FROM pragma_table_info(m.name, 'main') WHERE name = 'run_id') ORDER BY rowid",
        err));
    for (;;) {
        EG_TRY(eg__merge_step(tables, &row, err));
        if (!row)
            return EG_OK;
        const int after = sqlite3_column_int(tables, 1);
        if (count[after] == sizeof work->tables[0] / sizeof work->tables[0][0] - 1)
            return eg_error_set(err, EG_INTERNAL, "the ledger has more tables than a merge has room for");
        snprintf(work->tables[after][count[after]++], sizeof work->tables[0][0], "%s",
                 (const char *)sqlite3_column_text(tables, 0));
    }
}

static enum eg_code bring_tables(struct work *work, const struct run *run, bool after, struct eg_error *err)
{
    for (unsigned i = 0; work->tables[after][i][0] != '\0'; i++)
        EG_TRY(eg__merge_copy(&work->copier, work->tables[after][i], "run_id", run->there, "run_id",
                              run->here, err));
    return EG_OK;
}

static enum eg_code add_merged_run(struct work *work, const struct run *run, struct eg_error *err)
{
    sqlite3_stmt *add;
    bool ignored;

    EG_TRY(ready(
        &add, work, ASK_ADD,
        "INSERT INTO main.merged_run (run_id, ledger, source, hash, merged_utc) VALUES (?1, ?2, ?3, ?4, ?5)",
        err));
    sqlite3_bind_int64(add, 1, run->here);
    sqlite3_bind_text(add, 2, run->ledger, -1, SQLITE_STATIC);
    sqlite3_bind_int64(add, 3, run->source);
    sqlite3_bind_text(add, 4, run->hash, -1, SQLITE_STATIC);
    eg__bind_now(add, 5);
    const enum eg_code code = eg__merge_step(add, &ignored, err);
    sqlite3_reset(add);
    return code;
}

/* Refuse a sealed batch by its name; the schema's trigger would refuse the run without it. */
static enum eg_code check_unsealed(struct work *work, int64_t session, struct eg_error *err)
{
    sqlite3_stmt *find_seal;
    bool row;

    EG_TRY(ready(&find_seal, work, ASK_SEAL,
                 "SELECT batch FROM other.session JOIN main.seal USING (batch) WHERE session_id = ?1", err));
    sqlite3_bind_int64(find_seal, 1, session);
    EG_TRY(eg__merge_step(find_seal, &row, err));
    if (row)
        (void)eg_error_set(err, EG_LEDGER, "batch %s is sealed here", sqlite3_column_text(find_seal, 0));
    sqlite3_reset(find_seal);
    return row ? EG_LEDGER : EG_OK;
}

/* Find or bring a run's session. Runs of one session mostly follow each other. */
static enum eg_code session_of(struct work *work, const struct run *run, int64_t *session,
                               struct eg_error *err)
{
    if (run->session != work->session_there) {
        EG_TRY(check_unsealed(work, run->session, err));
        EG_TRY(bring_session(&work->copier, run->session, &work->session_here, err));
        work->session_there = run->session;
    }
    *session = work->session_here;
    return EG_OK;
}

static enum eg_code bring_run(struct work *work, struct run *run, struct eg_error *err)
{
    struct eg__copier *const copier = &work->copier;
    sqlite3 *const db = work->store.db;
    int64_t session;

    EG_TRY(session_of(work, run, &session, err));
    EG_TRY(eg__merge_copy(copier, "run", "run_id", run->there, "session_id", session, err));
    run->here = sqlite3_last_insert_rowid(db);
    EG_TRY(bring_tables(work, run, false, err));
    if (work->pools)
        EG_TRY(eg__merge_rows(copier, run->there, run->here, err));
    EG_TRY(eg__merge_copy(copier, "outcome", "run_id", run->there, "run_id", run->here, err));
    EG_TRY(bring_tables(work, run, true, err));
    if (work->pools)
        EG_TRY(eg__merge_rows_end(db, run->there, run->here, err));
    EG_TRY(add_merged_run(work, run, err));
    return eg__chain_append(&work->store, run->here, err);
}

static enum eg_code bring_or_know(struct work *work, struct run *run, struct eg_merged *merged,
                                  struct eg_error *err)
{
    bool known;

    EG_TRY(look_up(work, run, &known, err));
    if (known) {
        merged->known++;
        return EG_OK;
    }
    EG_TRY(bring_run(work, run, err));
    merged->runs++;
    work->since++;
    return EG_OK;
}

/* Commit what was copied, and begin the next transaction if there are more runs. */
static enum eg_code commit(struct work *work, bool more, struct eg_error *err)
{
    if (work->merge->dry_run)
        return EG_OK;
    EG_TRY(eg__store_run(&work->store, EG__COMMIT, err));
    work->since = 0;
    return more ? eg__store_run(&work->store, EG__BEGIN, err) : EG_OK;
}

static enum eg_code bring_all(struct work *work, int64_t links, struct eg_merged *merged,
                              struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *runs = NULL;
    bool row;

    EG_TRY(find_tables(work, err));
    EG_TRY(eg__merge_prepare(&runs, work->store.db,
                             "SELECT run_id, session_id, coalesce(merged_run.ledger, identity),"
                             " coalesce(source, run_id), coalesce(merged_run.hash, chain.hash)"
                             " FROM other.ledger, other.chain JOIN other.run USING (run_id)"
                             " LEFT JOIN other.merged_run USING (run_id) WHERE chain_id <= ?1"
                             " ORDER BY chain_id",
                             err));
    sqlite3_bind_int64(runs, 1, links);
    for (int64_t done = 0;; done++) {
        struct eg_error cancelled;

        EG_TRY(eg__merge_step(runs, &row, err));
        if (!row)
            return eg__merge_progress(work->merge, "merged", done, links, err);
        if (eg__merge_progress(work->merge, "merged", done, links, &cancelled) != EG_OK) {
            EG_TRY(commit(work, false, err));
            *err = cancelled;
            return err->code;
        }
        if (work->since == EG__MERGE_SLICE)
            EG_TRY(commit(work, true, err));
        struct run run = {
            .there = sqlite3_column_int64(runs, 0),
            .session = sqlite3_column_int64(runs, 1),
            .ledger = (const char *)sqlite3_column_text(runs, 2),
            .source = sqlite3_column_int64(runs, 3),
            .hash = (const char *)sqlite3_column_text(runs, 4),
        };
        if (bring_or_know(work, &run, merged, err) != EG_OK)
            return eg_error_prefix(err, "run %" PRId64 ": ", run.there);
    }
}

static enum eg_code bring(struct work *work, const struct eg__other *other, struct eg_merged *merged,
                          struct eg_error *err)
{
    int64_t same, pools;

    EG_TRY(eg__sqlite_number(
        work->store.db, "SELECT count(*) FROM main.ledger AS mine JOIN other.ledger AS its USING (identity)",
        &same, err));
    if (same != 0)
        return eg_error_set(err, EG_LEDGER,
                            "is the same ledger as the one it would go into, or a copy of it");
    EG_TRY(eg__sqlite_number(work->store.db,
                             "SELECT count(*) FROM other.run WHERE run_id NOT IN"
                             " (SELECT run_id FROM other.outcome)",
                             &merged->unfinished, err));
    EG_TRY(eg__sqlite_number(work->store.db, "SELECT EXISTS (SELECT 1 FROM other.pool_event)", &pools, err));
    work->pools = pools != 0;
    EG_TRY(bring_all(work, other->links, merged, err));
    return eg__store_run(&work->store, work->merge->dry_run ? EG__ROLLBACK : EG__COMMIT, err);
}

/*
 * Open both ledgers and begin a transaction. Closing the connection undoes what was not committed.
 */
static enum eg_code open_both(struct eg__store *store, int *lock_fd, const char *path, bool create,
                              bool *new_ledger, const struct eg__other *other, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    sqlite3 *db = NULL;

    EG_TRY(create ? eg__path_make(&full, path, new_ledger, err) : eg__path_resolve(&full, path, err));
    EG_TRY(eg__open_recording(&db, lock_fd, full, EG__ALONE, err));
    EG_TRY(eg__store_init(store, db, false, err));
    EG_TRY(eg__sqlite_attach(db, other->full, "other", err));
    return eg__store_run(store, EG__BEGIN, err);
}

static void work_finish(struct work *work)
{
    eg__copier_finish(&work->copier);
    for (unsigned i = 0; i < ASK_COUNT; i++)
        sqlite3_finalize(work->asks[i]);
    eg__store_finish(&work->store);
}

static void other_finish(struct eg__other *other)
{
    free(other->full);
}

enum eg_code eg_ledger_merge(const struct eg_merge *merge, struct eg_merged *merged, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    EG_CLEANUP(other_finish) struct eg__other other = {0};
    EG_CLEANUP(eg_fd_close_cleanup) int lock_fd = -1;
    EG_CLEANUP(work_finish) struct work work = {.merge = merge};

    *merged = (struct eg_merged){.runs = 0};
    EG_TRY(eg__path_choose(&path, merge->ledger, err));
    EG_TRY(eg__merge_check(&other, merge, err));
    if (open_both(&work.store, &lock_fd, path, !merge->dry_run, &merged->new_ledger, &other, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", path);
    work.copier.db = work.store.db;
    if (bring(&work, &other, merged, err) == EG_OK)
        return EG_OK;
    if (err->code != EG_CANCELLED)
        merged->runs -= work.since;
    if (merged->runs > 0 && err->code != EG_CANCELLED)
        (void)eg_error_prefix(err, "%" PRId64 " runs are merged; ", merged->runs);
    return eg_error_prefix(err, "ledger %s into %s: ", merge->other, path);
}
