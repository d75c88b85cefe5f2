/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What quality assurance asks of a ledger: the life of a unit, the units of a selection, two batches side by
 * side, what should be there once and is there twice.
 *
 * As in query.h: a query sees one moment, rows come one by one, their strings live as long as the visitor's
 * call, what the ledger does not know is "" and -1. A visitor is given a pointer to the struct that the
 * question names.
 */

#ifndef DB_QUERY_QUESTIONS_H
#define DB_QUERY_QUESTIONS_H

#include "db/query/query.h"

/** A MAC that was asked for. Refusals because it had passed are not among its runs and leave its outcome. */
struct eg_unit_summary {
    const char *mac;
    int64_t runs, passed; /* runs: also those that go on */
    const char *outcome;  /* of the run that finished last */
    int64_t reworked;     /* 1: it came back after a run that was to write it; else 0 */
    int64_t repeats;      /* runs refused because it had passed */
    int64_t flashes;      /* different unique ids of flashes; 2: boards with the same MAC, or a new flash */
    int64_t simulated;    /* 1: only simulated boards have this MAC, and their runs are counted; else 0 */
};

struct eg_run_region {
    const char *name, *address, *file;
    int64_t size, attempt;
    const char *verdict, *method, *expected_sha256, *expected_md5, *read_md5;
    int64_t write_ms;
};

struct eg_run_stage {
    const char *stage;
    int64_t attempt;
    const char *started_utc;
    int64_t duration_ms;
    const char *code;
    int64_t baud, bytes_sent, bytes_received, resends;
    const char *sentence;
};

/** A row of a pool that a unit has or had. */
struct eg_unit_row {
    const char *pool;
    int64_t row;
    const char *key;   /* of a secret column "(secret)" */
    const char *state; /* as eg_pool_state_name(); "released": another may have it by now */
    int64_t run;       /* the unit's last run that had it */
    const char *since_utc;
};

/** What the ledger knows of the application log of a run; eg_query_run_log() reads the log itself. */
struct eg_run_log {
    int64_t run;
    const char *mac, *slot, *finished_utc;
    const char *outcome;                   /* "unfinished", or as eg_outcome_name() */
    int64_t size;                          /* bytes of the compressed log; -1 = the run has none */
    const char *purged_utc, *purge_reason; /* of a log that was removed by policy */
};

/** Which units; NULL is no condition. */
struct eg_unit_filter {
    const char *batch, *slot, *job, *chip;
    /* Beginnings of UTC times as the ledger has them ("2026-11-27T10:00"); by the end of the run, both
     * included as far as they are given. */
    const char *since, *until;
    const char *outcomes; /* ",pass,fail," */
    const char *code;
};

/** One line of a comparison. */
struct eg_comparison {
    const char *section; /* "counts", "codes", "stages", "firmware", "jobs", "values", in this order */
    const char *name;
    const char *first, *second; /* numbers in the first three sections; "" = the batch has none */
    const char *difference;     /* second - first; "" where there is none */
};

/** Something that should be there once. */
struct eg_duplicate {
    /* "serials-of-mac": passed under several serials; "macs-of-serial": passed on several MACs;
     * "slots-at-once": in several slots at the same time; "macs-of-flash": one unique id in several flashes;
     * "flashes-of-mac": one MAC with several flashes, a clone or a board with a new flash;
     * "batches-of-mac": passed in several batches. */
    const char *kind;
    const char *value; /* the MAC, serial or id */
    const char *among; /* its serials, MACs, slots or batches, separated by ", " */
    const char *runs;  /* their numbers, likewise */
};

/**
 * Every unit that a text means: its MAC, as eg_mac_parse() reads it; the value `serial` or the label of one
 * of its runs; the key of a row of a pool that it has, unless that is secret.
 *
 * @param visit  given a struct eg_unit_summary, by MAC; not called when there is none
 */
enum eg_code eg_query_find_units(struct eg_query *query, const char *text, eg_row_visitor *visit,
                                 void *context, struct eg_error *err) EG_CHECKED;

/** Runs of a MAC in the order they began, as struct eg_run_row with the columns of history. */
enum eg_code eg_query_unit_runs(struct eg_query *query, const char *mac, eg_row_visitor *visit, void *context,
                                struct eg_error *err) EG_CHECKED;

/** Visit the run with this number, as struct eg_run_log; `visit` is not called if there is none. */
enum eg_code eg_query_log(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                          struct eg_error *err) EG_CHECKED;

/** Visit the regions of a run by address, as struct eg_run_region; an unfinished run has none. */
enum eg_code eg_query_run_regions(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                                  struct eg_error *err) EG_CHECKED;

/** Visit the stages of a run in their order, as struct eg_run_stage; an unfinished run has none. */
enum eg_code eg_query_run_stages(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                                 struct eg_error *err) EG_CHECKED;

/** Rows of pools that runs of a MAC had, as struct eg_unit_row, by pool and row. */
enum eg_code eg_query_unit_rows(struct eg_query *query, const char *mac, eg_row_visitor *visit, void *context,
                                struct eg_error *err) EG_CHECKED;

/**
 * Units (EG_UNIT_DEFINITION) by the run they count by, as struct eg_run_row with the columns of units, in the
 * order those finished.
 *
 * Batch, slot, job, chip and times choose runs; of each unit the last of them is taken, as struct eg_batch
 * counts; outcomes and code choose among those.
 */
enum eg_code eg_query_units(struct eg_query *query, const struct eg_unit_filter *filter,
                            eg_row_visitor *visit, void *context, struct eg_error *err) EG_CHECKED;

/**
 * Two batches side by side, as struct eg_comparison.
 *
 * Codes are those of finished runs that did not pass; times are medians, of a cycle over runs that passed, of
 * a stage over those that ended well. Firmware and jobs are those that only one of the two has. Of values
 * measured, those that begin with a number are ordered by it. A median of an even count is the lower one.
 *
 * @return EG_OK; EG_LEDGER: there is no such batch
 */
enum eg_code eg_query_compare(struct eg_query *query, const char *first, const char *second,
                              eg_row_visitor *visit, void *context, struct eg_error *err) EG_CHECKED;

/**
 * What is there twice, as struct eg_duplicate, by kind and value.
 *
 * @param batch  only what has a run in this batch, whatever else it is with; NULL = all
 */
enum eg_code eg_query_duplicates(struct eg_query *query, const char *batch, eg_row_visitor *visit,
                                 void *context, struct eg_error *err) EG_CHECKED;

/** Versions of a job that real boards were admitted to, each once, as a const char *: the row points to it.
 */
enum eg_code eg_query_versions(struct eg_query *query, const char *job, eg_row_visitor *visit, void *context,
                               struct eg_error *err) EG_CHECKED;

/**
 * What the application printed during a run, as it was read from the board.
 *
 * @param text  its content is replaced; empty when there is none
 *
 * @return EG_OK; EG_LEDGER: it is not what was recorded
 */
enum eg_code eg_query_run_log_text(struct eg_query *query, int64_t run, struct eg_buffer *text,
                                   struct eg_error *err) EG_CHECKED;

#endif
