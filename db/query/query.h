/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reading a ledger: for reports and for questions about single boards.
 *
 * A query sees the ledger as it was when the query was opened, while another process goes on recording. A
 * visitor gets the rows one by one, so memory does not grow with the batch. Strings of a row live as long as
 * the visitor's call. Unknown texts are "", unknown numbers -1.
 *
 * Threads: one query, one thread. Different queries are independent.
 */

#ifndef DB_QUERY_QUERY_H
#define DB_QUERY_QUERY_H

#include "db/run.h"
#include "engine/base/bytes.h"

#include <stdint.h>

struct eg_query;

/** Receive a row. Any code but EG_OK ends the walk, which then returns that code. */
typedef enum eg_code eg_row_visitor(void *context, const void *row, struct eg_error *err);

/**
 * Open for reading only.
 *
 * @param path  as eg_ledger_open() takes it; nothing is created or migrated
 *
 * @return EG_OK; EG_LEDGER (also if the file does not exist), EG_LEDGER_NEWER, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_query_open(struct eg_query **query, const char *path, struct eg_error *err) EG_CHECKED;

/** NULL is allowed. */
void eg_query_close(struct eg_query *query);
void eg_query_close_cleanup(struct eg_query **query);

/** Return the ledger's file as messages name it; the query owns it. */
const char *eg_query_path(const struct eg_query *query);

/** A batch as a whole. */
struct eg_batch {
    const char *name;
    const char *first_utc, *last_utc; /* start of the first run, end of the last */
    int64_t runs, unfinished;         /* unfinished: in progress, or its program was killed */
    /* By EG_UNIT_DEFINITION. */
    int64_t units, passed, marginal, failed, errors, aborted;
    int64_t first_pass; /* passed units whose first run passed at the first attempt */
    int64_t repeats;    /* runs refused because their board had passed: not counted as units */
    int64_t no_board;   /* finished runs that identified no board: not counted as units */
    int64_t clones;     /* MACs shared by boards with different flashes */
    int64_t simulated;  /* 1: simulated boards; else 0 */
};

/** The definition of a unit in all answers, for people. */
#define EG_UNIT_DEFINITION                                                                                   \
    "A unit is a board that was identified, by its MAC and the unique id of its flash. It counts by its "    \
    "last finished run, except refusals because it had passed before. Yield: units that passed, also "       \
    "marginally, of all units. First pass: units that passed, and whose first run passed in its first "      \
    "attempt. Contacts in which no board was identified are not units."

/** A session: one start of the program for a batch. */
struct eg_batch_session {
    const char *started_utc, *station, *operator_name;
    const char *job, *job_version, *job_sha256, *chip, *tool_version;
    int64_t runs;
    bool simulated;
    int64_t session; /* the ledger's number of it */
};

/**
 * Data that finished runs had to write to an address, and how many runs gave which verdict on it. The same
 * bytes from two files are one row, with the name of either.
 */
struct eg_batch_region {
    const char *name, *file;
    int64_t flash_addr, size;
    const char *expected_md5, *expected_sha256;
    int64_t equal, different, not_checked;
};

/** A region whose digest, read back from the chip, differs. */
struct eg_batch_mismatch {
    int64_t run;
    const char *slot, *mac, *region;
    int64_t flash_addr;
    const char *expected_md5, *read_md5;
};

/** A pool as a whole: its rows by state. A kept row has the state that its last run gave it. */
struct eg_pool_summary {
    const char *name;
    int64_t total, free, reserved, written, verified, consumed;
};

struct eg_pool_entry {
    int64_t position;  /* in the pool, from 1 */
    const char *state; /* "free", or as eg_pool_state_name() */
    int64_t run;       /* the last run that had it; -1 while it is free */
    const char *mac;   /* of the board that has it or for which it is meant */
    const char *since_utc, *imported_from;
    const char *const *names, *const *values; /* of the columns; a secret value is "(secret)" */
    unsigned count;
};

/** A value that a finished run gave to its board or read from its log. */
struct eg_run_value {
    int64_t run;
    const char *mac;
    const char *kind; /* "unit", "measured" */
    const char *name;
    const char *value;  /* as read, without its unit; a secret value is "" */
    const char *limits; /* in words; "" = no limits */
    const char *unit;
    double number, lower, upper; /* NAN = `value` is not a number; no limit */
    bool passed;
};

/* Any code but EG_OK from a visitor ends the walk, which then returns that code. */
typedef enum eg_code eg_batch_session_visitor(void *context, const struct eg_batch_session *row,
                                              struct eg_error *err);
typedef enum eg_code eg_run_visitor(void *context, const struct eg_run_row *row, struct eg_error *err);
typedef enum eg_code eg_batch_region_visitor(void *context, const struct eg_batch_region *row,
                                             struct eg_error *err);
typedef enum eg_code eg_batch_mismatch_visitor(void *context, const struct eg_batch_mismatch *row,
                                               struct eg_error *err);
typedef enum eg_code eg_pool_summary_visitor(void *context, const struct eg_pool_summary *row,
                                             struct eg_error *err);
typedef enum eg_code eg_pool_entry_visitor(void *context, const struct eg_pool_entry *row,
                                           struct eg_error *err);
typedef enum eg_code eg_run_value_visitor(void *context, const struct eg_run_value *row,
                                          struct eg_error *err);

/**
 * Read the numbers of a batch.
 *
 * @param name   NULL = the newest; simulated boards count only if the ledger has no others
 * @param batch  written on EG_OK only; its strings live until the next eg_query_batch() or the close
 *
 * @return EG_OK; EG_LEDGER: no batch of that name (the sentence lists the newest ones), or no batch at all
 */
enum eg_code eg_query_batch(struct eg_query *query, const char *name, struct eg_batch *batch,
                            struct eg_error *err) EG_CHECKED;

/** Refuse a batch that is sealed: EG_BAD_ARGUMENT. */
enum eg_code eg_query_refuse_sealed(struct eg_query *query, const char *batch,
                                    struct eg_error *err) EG_CHECKED;

/** Visit the sessions of a batch, oldest first; an unknown batch has none. */
enum eg_code eg_query_sessions(struct eg_query *query, const char *batch, eg_batch_session_visitor *visit,
                               void *context, struct eg_error *err) EG_CHECKED;

/**
 * Visit the runs of a batch in the order they began, with the columns of reports; without `passed_too`, only
 * failed and unfinished runs.
 */
enum eg_code eg_query_runs(struct eg_query *query, const char *batch, bool passed_too, eg_run_visitor *visit,
                           void *context, struct eg_error *err) EG_CHECKED;

/** Visit the regions of a batch by address. */
enum eg_code eg_query_regions(struct eg_query *query, const char *batch, eg_batch_region_visitor *visit,
                              void *context, struct eg_error *err) EG_CHECKED;

/** Visit the regions that read back differently, by run. */
enum eg_code eg_query_mismatches(struct eg_query *query, const char *batch, eg_batch_mismatch_visitor *visit,
                                 void *context, struct eg_error *err) EG_CHECKED;

/** Visit every pool, by name. */
enum eg_code eg_query_pools(struct eg_query *query, eg_pool_summary_visitor *visit, void *context,
                            struct eg_error *err) EG_CHECKED;

/**
 * Visit the rows of a pool in the order they were imported.
 *
 * @return EG_OK; EG_LEDGER: unknown pool (the sentence lists the known ones)
 */
enum eg_code eg_query_pool(struct eg_query *query, const char *pool, eg_pool_entry_visitor *visit,
                           void *context, struct eg_error *err) EG_CHECKED;

/** Visit the values of a run in the order they were recorded; an unknown or unfinished run has none. */
enum eg_code eg_query_run_values(struct eg_query *query, int64_t run, eg_run_value_visitor *visit,
                                 void *context, struct eg_error *err) EG_CHECKED;

/** Visit the values of all finished runs of a batch, by run. */
enum eg_code eg_query_batch_values(struct eg_query *query, const char *batch, eg_run_value_visitor *visit,
                                   void *context, struct eg_error *err) EG_CHECKED;

/**
 * Read the application's output during a run, compressed with zstd.
 *
 * @param log  its content is replaced; empty if the run has none
 *
 * @return EG_OK; EG_LEDGER: it differs from what was recorded
 */
enum eg_code eg_query_run_log(struct eg_query *query, int64_t run, struct eg_buffer *log,
                              struct eg_error *err) EG_CHECKED;

#endif
