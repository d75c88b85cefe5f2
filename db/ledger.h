/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The ledger: one SQLite file with every run of every board, append only, implementing the line's recorder.
 *
 * Workers never touch SQLite. They hand a record to the one writer thread of their program and wait; the
 * writer commits what has queued up in one transaction (WAL, synchronous=FULL), so that a call that returned
 * EG_OK is on the disk.
 */

#ifndef DB_LEDGER_H
#define DB_LEDGER_H

#include "engine/plan/recorder.h"

struct eg_ledger;

/** What all runs of one program start have in common. Strings are copied. */
struct eg_session {
    const char *station;            /* name of the station; NULL = the host's name */
    const char *operator_name;      /* NULL = the login name */
    const char *batch;              /* NULL = made from the job's name and the time */
    bool simulated;                 /* its boards are: marked, never counted, and no pool gives them a row */
    const struct eg_cancel *cancel; /* what waits for another program gives up; NULL = never */
    uint32_t patience_ms;           /* with another program that holds the file; 0 = five minutes */
    const char *shown; /* path of the ledger whose pools and claims simulated boards are shown; it is only
                          read and has the newest schema; NULL = this one's */
};

/**
 * Open for recording; made when absent (mode 0600), migrated when old. Folders (mode 0700) are made for the
 * default path only: another path whose folder is not there is mistyped or not mounted.
 *
 * Other programs may record at the same time. Runs that never ended, because their program was killed, are
 * closed as aborted before this returns.
 *
 * @param path      NULL: $ESPGANG_LEDGER, else $XDG_STATE_HOME/espgang/ledger.db, else
 * ~/.local/state/espgang/ledger.db
 * @param orphans   number of runs closed as aborted; may be NULL
 *
 * @return EG_OK; EG_BAD_ARGUMENT the batch is sealed, or has real boards and these are simulated, or the
 * other way round; EG_LEDGER (the sentence names file and cause), EG_LEDGER_LOCKED another process has the
 * ledger to itself, EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO
 */
enum eg_code eg_ledger_open(struct eg_ledger **ledger, const char *path, const struct eg_session *session,
                            const struct eg_plan *plan, unsigned *orphans, struct eg_error *err) EG_CHECKED;

/**
 * Record runs of a further job: a session of its own, in the batch of the first. Its rules and failures are
 * those of eg_ledger_open().
 *
 * @param recorder  for its runs; lives as long as the ledger
 */
enum eg_code eg_ledger_add_job(struct eg_ledger *ledger, const struct eg_plan *plan,
                               struct eg_recorder **recorder, struct eg_error *err) EG_CHECKED;

/** Find the path that eg_ledger_open() would use, for free(), and whether there is a file with anything in
 * it. */
enum eg_code eg_ledger_locate(char **found, bool *exists, const char *path, struct eg_error *err) EG_CHECKED;

/** Check, changing nothing, that eg_ledger_open() would take this path: its codes, but for the batch and the
 * right to record. */
enum eg_code eg_ledger_check(const char *path, struct eg_error *err) EG_CHECKED;

/** Whether the ledger at a path has an older schema, which eg_ledger_open() would bring to the newest. */
enum eg_code eg_ledger_outdated(bool *outdated, const char *path, struct eg_error *err) EG_CHECKED;

/** Waits for what is queued. NULL is allowed. */
void eg_ledger_close(struct eg_ledger *ledger);
void eg_ledger_close_cleanup(struct eg_ledger **ledger);

/**
 * Have the logger told when another program holds the file: a warning that names it, progress of each board
 * that waits for it, and a note when it is free again. NULL = nobody. Nothing is recorded meanwhile, so
 * nothing turns green.
 */
void eg_ledger_tell(struct eg_ledger *ledger, struct eg_logger *logger);

/** The recorder of the first job; lives as long as the ledger. */
struct eg_recorder *eg_ledger_recorder(struct eg_ledger *ledger);

/** Batch name and file path in use; the ledger's. */
const char *eg_ledger_batch(const struct eg_ledger *ledger);
const char *eg_ledger_path(const struct eg_ledger *ledger);

/** Whether opening made the file. */
bool eg_ledger_is_new(const struct eg_ledger *ledger);

#endif
