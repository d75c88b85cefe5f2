/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of this folder share. */

#ifndef DB_INTERNAL_H
#define DB_INTERNAL_H

#include "engine/plan/recorder.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

/* path.c: which file, and whether it may be used */

/** The path to use for `given`, which may be NULL; `*path` is the caller's, for free(). */
enum eg_code eg__path_choose(char **path, const char *given, struct eg_error *err) EG_CHECKED;

/**
 * The path without symbolic links or relative parts, after checking that the file is one's own to use.
 *
 * @param create  make the folders and an empty file when they are absent
 * @param full    the caller's, for free()
 */
enum eg_code eg__path_resolve(char **full, const char *path, bool create, struct eg_error *err) EG_CHECKED;

/**
 * Take the right to record into a resolved path; the kernel gives it back when `*fd` is closed, by whatever.
 *
 * @param fd  the caller's to close, after a failure too; -1 when there is none
 */
enum eg_code eg__path_lock(int *fd, const char *full, struct eg_error *err) EG_CHECKED;

/** The files of an open ledger as its path led to them when it was opened. */
struct eg__place {
    char *full;
    struct {
        dev_t device;
        ino_t number; /* 0 = there is none */
    } ledger, wal;
};

/** Note the files at a resolved path, after the first commit; the place owns `full` afterwards, even on
 * failure. */
enum eg_code eg__place_note(struct eg__place *place, char *full, struct eg_error *err) EG_CHECKED;

/** EG_LEDGER when the path leads to other files now, or to none: what is written goes where nobody will look.
 */
enum eg_code eg__place_check(const struct eg__place *place, struct eg_error *err) EG_CHECKED;

void eg__place_finish(struct eg__place *place);

/* sqlite.c: one connection */

enum eg__statement {
    EG__BEGIN,
    EG__COMMIT,
    EG__ROLLBACK,
    EG__SAVEPOINT,
    EG__RELEASE,
    EG__BACK_TO_SAVEPOINT,
    EG__ADD_JOB,
    EG__FIND_JOB,
    EG__ADD_SESSION,
    EG__ADD_RUN,
    EG__ADD_INTENT,
    EG__ADD_OUTCOME,
    EG__ADD_STAGE,
    EG__ADD_REGION,
    EG__ADD_VALUE,
    EG__ADD_LOG,
    EG__ADD_BRIDGE,
    EG__ADD_LABEL,
    EG__ADD_DEVICE,
    EG__ADD_TIMES,
    EG__FIND_ORPHAN,
    EG__ADD_ORPHAN_OUTCOME,
    EG__SEEN,
    EG__FIND_POOL,
    EG__FIND_ROW_OF_RUN,
    EG__FIND_ROW_HELD,
    EG__FIND_ROW_FOR_MAC,
    EG__FIND_ROW_FREE,
    EG__READ_ROW,
    EG__RESERVE_ROW,
    EG__MARK_ROWS,
    EG__CONSUME_ROWS,
    EG__RELEASE_ROWS,
    EG__CHAIN_LAST,
    EG__CHAIN_SESSION,
    EG__CHAIN_RUN,
    EG__CHAIN_INTENTS,
    EG__CHAIN_OUTCOME,
    EG__CHAIN_STAGES,
    EG__CHAIN_REGIONS,
    EG__CHAIN_VALUES,
    EG__CHAIN_LOG,
    EG__CHAIN_ROWS,
    EG__CHAIN_ALL_OF_ROWS,
    EG__CHAIN_EVENTS,
    EG__CHAIN_BRIDGE,
    EG__CHAIN_LABEL,
    EG__CHAIN_DEVICE,
    EG__CHAIN_TIMES,
    EG__CHAIN_MERGED_RUN,
    EG__CHAIN_MERGED_SESSION,
    EG__CHAIN_LEDGER,
    EG__ADD_LINK,
    EG__STATEMENT_COUNT,
};

/** A connection for recording. One thread at a time. */
struct eg__store {
    sqlite3 *db;
    sqlite3_stmt *statements[EG__STATEMENT_COUNT];
    bool alone; /* the last failure is of this record (a rule of the schema) and harms no other */
    bool busy;  /* the last failure: another program holds the file; nothing was written */
};

/** Open a resolved path, refuse what is not a ledger of a version known here. */
enum eg_code eg__sqlite_open(sqlite3 **db, const char *full, bool read_only, struct eg_error *err) EG_CHECKED;

/** The code and sentence of SQLite's last failure on this connection. */
enum eg_code eg__sqlite_error(sqlite3 *db, struct eg_error *err);

enum eg_code eg__sqlite_exec(sqlite3 *db, const char *sql, struct eg_error *err) EG_CHECKED;
enum eg_code eg__sqlite_number(sqlite3 *db, const char *sql, int64_t *number,
                               struct eg_error *err) EG_CHECKED;

/** Read all of it; EG_LEDGER with what SQLite finds wrong first. */
enum eg_code eg__sqlite_look_through(sqlite3 *db, struct eg_error *err) EG_CHECKED;

void eg__sqlite_close_cleanup(sqlite3 **db);
void eg__sqlite_finalize_cleanup(sqlite3_stmt **statement);

/** Run a statement that gives no rows, and make it ready for the next time. */
enum eg_code eg__store_run(struct eg__store *store, enum eg__statement which,
                           struct eg_error *err) EG_CHECKED;

/** The next row of a statement; without one it is ready for the next time. */
enum eg_code eg__store_next(struct eg__store *store, enum eg__statement which, bool *row,
                            struct eg_error *err) EG_CHECKED;
void eg__store_finish(struct eg__store *store);

/* statements.c: what is recorded, as SQL */

/** Prepare every statement of a migrated ledger; the store owns `db` afterwards, even on failure. */
enum eg_code eg__store_init(struct eg__store *store, sqlite3 *db, struct eg_error *err) EG_CHECKED;

/* Binding fails only for want of memory, which the step that follows reports: the column is NOT NULL or the
 * text is one that may be missing. Texts live until the statement is stepped. */
void eg__bind_text(sqlite3_stmt *statement, int column, const char *text);
void eg__bind_number(sqlite3_stmt *statement, int column, uint64_t number);
void eg__bind_digest(sqlite3_stmt *statement, int column, const uint8_t *digest, size_t size);
void eg__bind_now(sqlite3_stmt *statement, int column);

/* migrate.c */

/** Texts of schema/NNN.sql from 001 on, NULL-terminated. */
extern const unsigned char *const eg__schemas[];

/** The number of the last of them. */
int64_t eg__migrate_newest(void);

/** EG_LEDGER for a file that is no ledger, EG_LEDGER_NEWER; `*version` is 0 for an empty file. */
enum eg_code eg__migrate_check(sqlite3 *db, int64_t *version, struct eg_error *err) EG_CHECKED;

/**
 * Open a resolved path for writing; its schema is then the newest.
 *
 * @param alone  nobody else writes, so that an old schema is brought to the newest; else that is refused
 */
enum eg_code eg__migrate_open(sqlite3 **db, const char *full, bool alone, struct eg_error *err) EG_CHECKED;

/* record.c: the rows of each kind of record; inside a transaction of the caller */

struct eg__session {
    const char *station, *operator_name, *batch;
    const struct eg_plan *plan;
};

enum eg_code eg__record_session(struct eg__store *store, const struct eg__session *session, int64_t *number,
                                struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_begin(struct eg__store *store, int64_t session, const struct eg_run_begin *begin,
                              int64_t *run, struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_intent(struct eg__store *store, int64_t run, const struct eg_unit *unit,
                               struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_finish(struct eg__store *store, int64_t run, const struct eg_run_record *record,
                               struct eg_error *err) EG_CHECKED;
enum eg_code eg__record_seen(struct eg__store *store, const char *mac, struct eg_seen *seen,
                             struct eg_error *err) EG_CHECKED;
/** Close every run without an outcome as aborted. */
enum eg_code eg__record_orphans(struct eg__store *store, unsigned *count, struct eg_error *err) EG_CHECKED;

/* pool.c: rows of pools; as record.c */

/** As the recorder's reserve(); `row` may be begun after a failure too. */
enum eg_code eg__pool_reserve(struct eg__store *store, int64_t run, const char *pool, const char *mac,
                              struct eg_pool_row *row, struct eg_error *err) EG_CHECKED;
enum eg_code eg__pool_mark(struct eg__store *store, int64_t run, enum eg_pool_state state,
                           struct eg_error *err) EG_CHECKED;
/** What becomes of its rows with the end of a run, whose outcome is there already. */
enum eg_code eg__pool_end(struct eg__store *store, int64_t run, bool passed, struct eg_error *err) EG_CHECKED;

/** "7c:df:a1:00:00:01" from that, with '-' for ':', or without; of either case. */
bool eg__pool_mac(char mac[EG_MAC_TEXT], const char *text);

/* ledger.c */

/** The name of the one who started the program, from the system and not from a variable that may say
 * anything. */
void eg__login_name(char *name, size_t size);

/* chain.c */

/** What the first of a chain follows. */
#define EG__CHAIN_START "0000000000000000000000000000000000000000000000000000000000000000"

/** Rows and checksum of up to twenty parts, as text. */
#define EG__MARKS_TEXT 600

/** A part of the text that is hashed: the statement that reads its rows by run, and whose they are. */
struct eg__chain_part {
    enum eg__statement statement;
    const char *table; /* NULL = behind the last part */
};

/** The parts of a form, in order; NULL = there is no such form. */
const struct eg__chain_part *eg__chain_parts(int64_t form);

/** A link to compute, one after the other with the same memory. */
struct eg__chain_link {
    int64_t run;
    char hash[EG_SHA256_TEXT];
    char marks[EG__MARKS_TEXT];
    int64_t rows[EG__STATEMENT_COUNT]; /* added up over all links, by the statement that read them */
    struct eg_buffer text;             /* the caller's to finish */
};

/** Hash and marks of the run's rows as link `number` of a form that there is. */
enum eg_code eg__chain_hash(struct eg__chain_link *link, struct eg__store *store, int64_t number,
                            int64_t form, const char *previous, struct eg_error *err) EG_CHECKED;

/** The present row of a statement, as a line. */
enum eg_code eg__chain_add_row(struct eg_buffer *text, sqlite3_stmt *row, struct eg_error *err) EG_CHECKED;

/** Append the mark of a part to those before it. */
void eg__chain_mark(char marks[EG__MARKS_TEXT], int64_t rows, const uint8_t *part, size_t size);

/** Add the run, whose rows are all there, to the chain. */
enum eg_code eg__chain_append(struct eg__store *store, int64_t run, struct eg_error *err) EG_CHECKED;

/* journal.c: what no run's hash has; inside a transaction of the caller */

enum eg__entry {
    EG__ENTRY_JOB,
    EG__ENTRY_SESSION,
    EG__ENTRY_IMPORT,
    EG__ENTRY_SEAL,
    EG__ENTRY_PURGE,
    EG__ENTRY_COUNT
};

/** A part of an entry, as of a run: its table, and the statement that reads its rows by number. */
struct eg__entry_part {
    const char *table, *sql;
};

struct eg__entry_kind {
    const char *name, *table, *id;
    struct eg__entry_part parts[4];
};

extern const struct eg__entry_kind eg__entry_kinds[EG__ENTRY_COUNT];

/** An entry to compute, and what it comes to. */
struct eg__journal_entry {
    int64_t entry, number, chain_id;
    enum eg__entry kind;
    char chain_hash[EG_SHA256_TEXT], previous[EG_SHA256_TEXT];
    char hash[EG_SHA256_TEXT], marks[EG__MARKS_TEXT];
};

enum eg_code eg__journal_hash(struct eg__journal_entry *entry, sqlite3 *db, struct eg_error *err) EG_CHECKED;
/** Add the row with this number, which is there with all that belongs to it. */
enum eg_code eg__journal_append(sqlite3 *db, enum eg__entry kind, int64_t number,
                                struct eg_error *err) EG_CHECKED;
/** Add what was there before there was a journal. */
enum eg_code eg__journal_begin(sqlite3 *db, struct eg_error *err) EG_CHECKED;

/* seal.c */

/** A row of the table, as its columns are named; the texts are the statement's. */
struct eg__seal {
    const char *batch, *runs_sha256, *chain_hash, *journal, *sealed_utc, *operator_name;
    int64_t runs, passed, units, chain_id;
};

/** EG_BAD_ARGUMENT, with when and by whom, when the batch is sealed. */
enum eg_code eg__seal_refuse(sqlite3 *db, const char *batch, struct eg_error *err) EG_CHECKED;

/** What is signed of a seal. */
enum eg_code eg__seal_signed_text(struct eg_buffer *text, const struct eg__seal *seal,
                                  struct eg_error *err) EG_CHECKED;

/** What a batch comes to: runs of the chain up to `seal->chain_id`, those that passed, units, and the digest.
 */
enum eg_code eg__seal_count(struct eg__seal *seal, char runs_sha256[EG_SHA256_TEXT], sqlite3 *db,
                            struct eg_error *err) EG_CHECKED;

/* writer.c */

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
