/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ledger: one SQLite file with every run of every board, append only, implementing the line's recorder.
 *
 * Workers never touch SQLite. They hand a record to their program's only writer thread and wait. The writer
 * commits all queued records in one transaction (WAL, synchronous=FULL), so a call that returns EG_OK has its
 * record on the disk.
 */

#ifndef DB_LEDGER_H
#define DB_LEDGER_H

#include "engine/plan/recorder.h"

struct eg_ledger;

/** Data that all runs of one program start share. Strings are copied. */
struct eg_session {
    const char *station;       /* station name; NULL = the host's name */
    const char *operator_name; /* NULL = the login name */
    const char *batch;         /* NULL = a new one, built from the job's name and the time */
    bool simulated;            /* simulated boards: marked, never counted, and no pool gives them a row */
    const struct eg_cancel *cancel; /* ends waiting for another program; NULL = never */
    uint32_t patience_ms;           /* how long to wait for a program that holds the file; 0 = five minutes */
    const char *shown; /* path of a ledger whose pools and claims are shown to simulated boards; it is only
                          read and must have the newest schema; NULL = this ledger's own */
};

/**
 * Open for recording; created if absent (mode 0600), migrated if old. Folders (mode 0700) are created for the
 * default path only: in any other path a missing folder means a typing error or a disk that is not mounted.
 *
 * Other programs may record at the same time. Runs that never ended because their program was killed are
 * closed as aborted before this returns.
 *
 * @param path      NULL: $ESPGANG_LEDGER, else $XDG_STATE_HOME/espgang/ledger.db, else
 * ~/.local/state/espgang/ledger.db
 * @param orphans   number of runs closed as aborted; may be NULL
 *
 * @return EG_OK; EG_BAD_ARGUMENT: the batch is sealed, or it has real boards and the session is simulated, or
 * the reverse; EG_LEDGER (the sentence names file and cause); EG_LEDGER_LOCKED: another process has the
 * ledger to itself; EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO
 */
enum eg_code eg_ledger_open(struct eg_ledger **ledger, const char *path, const struct eg_session *session,
                            const struct eg_plan *plan, unsigned *orphans, struct eg_error *err) EG_CHECKED;

/**
 * Start a session for a further job, in the batch of the first. Its rules and failures are those of
 * eg_ledger_open().
 *
 * @param recorder  for the job's runs; lives as long as the ledger
 */
enum eg_code eg_ledger_add_job(struct eg_ledger *ledger, const struct eg_plan *plan,
                               struct eg_recorder **recorder, struct eg_error *err) EG_CHECKED;

/** Find the path that eg_ledger_open() would use, for free(), and whether it has a file that is not empty. */
enum eg_code eg_ledger_locate(char **found, bool *exists, const char *path, struct eg_error *err) EG_CHECKED;

/**
 * Check, changing nothing, that eg_ledger_open() would accept this path. Same codes; the batch and the right
 * to record are not checked.
 */
enum eg_code eg_ledger_check(const char *path, struct eg_error *err) EG_CHECKED;

/** Find out whether the ledger at a path has an older schema, which eg_ledger_open() would migrate. */
enum eg_code eg_ledger_outdated(bool *outdated, const char *path, struct eg_error *err) EG_CHECKED;

/** Close the ledger after writing all queued records. NULL is allowed. */
void eg_ledger_close(struct eg_ledger *ledger);
void eg_ledger_close_cleanup(struct eg_ledger **ledger);

/**
 * Log when another program holds the file: a warning that names it, progress of each board that waits for it,
 * and a note when it is free again. NULL = no log. Nothing is recorded meanwhile, so no board turns green.
 */
void eg_ledger_tell(struct eg_ledger *ledger, struct eg_logger *logger);

/** Return the recorder of the first job; it lives as long as the ledger. */
struct eg_recorder *eg_ledger_recorder(struct eg_ledger *ledger);

/** Return the ledger's number of the session that a recorder of it records into. */
int64_t eg_ledger_session(const struct eg_recorder *recorder);

/** Return the batch name and the file path in use; the strings are the ledger's. */
const char *eg_ledger_batch(const struct eg_ledger *ledger);
const char *eg_ledger_path(const struct eg_ledger *ledger);

/** Return whether opening created the file. */
bool eg_ledger_is_new(const struct eg_ledger *ledger);

#endif
