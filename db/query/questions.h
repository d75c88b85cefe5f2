/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Questions for quality assurance: the history of a unit, the units of a selection, two batches side by side,
 * and values that should be unique but are not.
 *
 * As in query.h: a query sees one moment, rows come one by one, their strings live as long as the visitor's
 * call, unknown values are "" and -1. A visitor is given a pointer to the struct that the question names.
 */

#ifndef DB_QUERY_QUESTIONS_H
#define DB_QUERY_QUESTIONS_H

#include "db/query/query.h"
#include "db/query/select.h"

/** A unit by MAC. Refusals because it had passed are not counted as runs and do not change its outcome. */
struct eg_unit_summary {
    const char *mac;
    int64_t runs, passed; /* runs: including unfinished ones */
    const char *outcome;  /* of the last finished run */
    int64_t reworked;     /* 1: it came back after a run that should have written it; else 0 */
    int64_t repeats;      /* runs refused because the unit had passed */
    int64_t flashes;      /* number of flash unique ids; 2: boards with the same MAC, or a new flash */
    int64_t simulated;    /* 1: only simulated boards have this MAC, and their runs are counted; else 0 */
    int64_t last_run;     /* number of the last finished run; -1 = none */
    int64_t open_run;     /* number of the newest run without an end on record; -1 = none */
};

/** A finished run with everything that its table row says of unit, job and place. */
struct eg_run_record_row {
    const char *mac, *serial, *label, *chip, *revision, *package; /* revision: "v0.4" */
    int64_t flash_jedec, flash_size;
    const char *flash_unique_id;
    const char *batch, *station, *operator_name, *job, *job_version, *job_sha256, *tool_version;
    const char *slot, *started_utc, *finished_utc, *outcome, *marginal;
    int64_t run, attempts, duration_ms;
    const char *secure_boot, *flash_encryption, *secure_download; /* "on" or "off", as found */
    const char *security; /* the last step reached in the job's section `secure` */
    int64_t chain_id;
    const char *hash; /* in the chain */
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
    int64_t baud, bytes_sent, bytes_received, resends, wire_ms;
    const char *limited_by, *sentence;
};

/** A pool row that a unit has or had. */
struct eg_unit_row {
    const char *pool;
    int64_t row;
    const char *key;   /* a secret key is "(secret)" */
    const char *state; /* as eg_pool_state_name(); "released": another unit may have it by now */
    int64_t run;       /* the unit's last run that had it */
    const char *since_utc;
};

/** Facts about a run's application log; eg_query_run_log() reads the log itself. */
struct eg_run_log {
    int64_t run;
    const char *mac, *slot, *finished_utc;
    const char *outcome;                   /* "unfinished", or as eg_outcome_name() */
    int64_t size;                          /* bytes of the compressed log; -1 = the run has none */
    const char *purged_utc, *purge_reason; /* of a log that was purged */
};

/** One line of a comparison. */
struct eg_comparison {
    const char *section; /* "counts", "codes", "stages", "firmware", "jobs", "values", in this order */
    const char *name;
    const char *first, *second; /* numbers in the first three sections; "" = not on this side */
    const char *difference;     /* second - first; "" = no difference can be given */
};

/** A quantity of one run: "cycle_ms", or the name of a measured value. */
struct eg_sample {
    const char *name;
    bool second; /* of the second selection */
    double number;
};

/** The numbers of units in a selection, as in struct eg_batch. */
struct eg_unit_counts {
    int64_t units, passed, marginal, failed, errors, aborted, first_pass, repeats, no_board;
};

/** A value that should be unique but is not. */
struct eg_duplicate {
    /* "serials-of-mac": passed under several serials; "macs-of-serial": passed on several MACs;
     * "slots-at-once": in several slots at the same time; "macs-of-flash": one unique id in several flashes;
     * "flashes-of-mac": one MAC with several flashes, a clone or a board with a new flash;
     * "batches-of-mac": passed in several batches. */
    const char *kind;
    const char *value; /* the MAC, serial or id */
    const char *among; /* its serials, MACs, slots or batches, separated by ", " */
    const char *runs;  /* their numbers, in the same format */
};

/** Contacts of a slot with boards: every run that began, passed or not. */
struct eg_slot_contacts {
    const char *station, *slot;
    int64_t contacts; /* since the last reset */
    int64_t passed;   /* of those */
    int64_t total;
    const char *last_utc;                      /* of the last run */
    const char *reset_utc, *reset_by, *reason; /* of the last reset: when, by whom, why */
};

/**
 * Find every unit that a text names: by MAC, as eg_mac_parse() reads it; by value `serial` or label of one of
 * its runs; by key of a pool row that it has, unless the key is secret.
 *
 * @param visit  given a struct eg_unit_summary, by MAC; not called if nothing matches
 */
enum eg_code eg_query_find_units(struct eg_query *query, const char *text, eg_row_visitor *visit,
                                 void *context, struct eg_error *err) EG_CHECKED;

/**
 * Visit the runs of a MAC in the order they began, as struct eg_run_row.
 *
 * @param selection  NULL = all its runs
 * @param columns    NULL after the last; others are unknown
 */
enum eg_code eg_query_unit_runs(struct eg_query *query, const char *mac, const struct eg_selection *selection,
                                const struct eg_run_column *const *columns, eg_row_visitor *visit,
                                void *context, struct eg_error *err) EG_CHECKED;

/**
 * Visit the selected runs, finished or not, in the order they began, as struct eg_run_row.
 *
 * @param newest   only so many of them, the newest; 0 = all
 * @param columns  NULL after the last; others are unknown
 */
enum eg_code eg_query_selected_runs(struct eg_query *query, const struct eg_selection *selection,
                                    int64_t newest, const struct eg_run_column *const *columns,
                                    eg_row_visitor *visit, void *context, struct eg_error *err) EG_CHECKED;

/** Visit the finished run with this number, as struct eg_run_record_row; not called if there is none. */
enum eg_code eg_query_run_record(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                                 struct eg_error *err) EG_CHECKED;

/** Visit the run with this number, as struct eg_run_log; `visit` is not called if it does not exist. */
enum eg_code eg_query_log(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                          struct eg_error *err) EG_CHECKED;

/** Return the place in the chain of the run that finished last; 0 = none. */
enum eg_code eg_query_chain_end(struct eg_query *query, int64_t *chain_id, struct eg_error *err) EG_CHECKED;

/**
 * Visit the selected runs that finished after that place in the chain, in the order they finished, as struct
 * eg_run_log.
 *
 * @param chain_id  becomes the place of the last one
 */
enum eg_code eg_query_logs_after(struct eg_query *query, const struct eg_selection *selection,
                                 int64_t *chain_id, eg_row_visitor *visit, void *context,
                                 struct eg_error *err) EG_CHECKED;

/** Visit the regions of a run by address, as struct eg_run_region; an unfinished run has none. */
enum eg_code eg_query_run_regions(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                                  struct eg_error *err) EG_CHECKED;

/** Visit the stages of a run in their order, as struct eg_run_stage; an unfinished run has none. */
enum eg_code eg_query_run_stages(struct eg_query *query, int64_t run, eg_row_visitor *visit, void *context,
                                 struct eg_error *err) EG_CHECKED;

/** Visit the pool rows that runs of a MAC had, as struct eg_unit_row, by pool and row. */
enum eg_code eg_query_unit_rows(struct eg_query *query, const char *mac, eg_row_visitor *visit, void *context,
                                struct eg_error *err) EG_CHECKED;

/**
 * Visit units (EG_UNIT_DEFINITION) by the run that counts, as struct eg_run_row, in the order those runs
 * finished. Place, job and time select runs; each unit counts by its last selected run, as in struct
 * eg_batch; outcomes and code then select among those.
 *
 * @param columns  NULL after the last; others are unknown
 */
enum eg_code eg_query_units(struct eg_query *query, const struct eg_selection *selection,
                            const struct eg_run_column *const *columns, eg_row_visitor *visit, void *context,
                            struct eg_error *err) EG_CHECKED;

/** Count the units of the selected runs; outcomes and code select runs here. */
enum eg_code eg_query_count_units(struct eg_query *query, const struct eg_selection *selection,
                                  struct eg_unit_counts *counts, struct eg_error *err) EG_CHECKED;

/**
 * Compare two selections, as struct eg_comparison; outcomes and code select runs.
 *
 * Codes are those of finished runs that did not pass. Times are medians: a cycle's over passed runs, a
 * stage's over stages that ended well. Firmware and jobs are listed if only one side has them. Measured
 * values that begin with a number are sorted by it. The median of an even count is the lower one.
 */
enum eg_code eg_query_compare(struct eg_query *query, const struct eg_selection *first,
                              const struct eg_selection *second, eg_row_visitor *visit, void *context,
                              struct eg_error *err) EG_CHECKED;

/**
 * Visit samples of both selections for a test of significance, as struct eg_sample, by name: the cycle of
 * each run that passed, and each board's first measured value of a name.
 */
enum eg_code eg_query_compare_samples(struct eg_query *query, const struct eg_selection *first,
                                      const struct eg_selection *second, eg_row_visitor *visit, void *context,
                                      struct eg_error *err) EG_CHECKED;

/**
 * Visit values that are not unique, as struct eg_duplicate, by kind and value.
 *
 * @param batch  only values with a run in this batch; their runs elsewhere are included; NULL = all
 */
enum eg_code eg_query_duplicates(struct eg_query *query, const char *batch, eg_row_visitor *visit,
                                 void *context, struct eg_error *err) EG_CHECKED;

/** A key of a board in escrow. */
struct eg_escrow_row {
    const char *key;    /* "XTS_AES_128_KEY", "HMAC_UP in BLOCK_KEY4" */
    const char *sealed; /* for eg_escrow_recover() */
    const char *print;  /* its fingerprint */
};

/** Visit the keys in escrow of a board, as struct eg_escrow_row, by name; of a key that was burnt, the one in
 * the chip. */
enum eg_code eg_query_escrow(struct eg_query *query, const char *mac, eg_row_visitor *visit, void *context,
                             struct eg_error *err) EG_CHECKED;

/**
 * Append one sealed value of a pool's column, without its mark and fingerprint, for eg_escrow_recover(), and
 * a zero byte; nothing if the column is not sealed, or the board has no row.
 *
 * @param mac  of the board whose row it is; NULL = any row
 *
 * @return EG_OK; EG_BAD_ARGUMENT the pool has no such column; EG_LEDGER
 */
enum eg_code eg_query_sealed(struct eg_query *query, const char *pool, const char *column, const char *mac,
                             struct eg_buffer *text, struct eg_error *err) EG_CHECKED;

/** Visit the slots of a station, NULL = all stations, as struct eg_slot_contacts, by station and slot. */
enum eg_code eg_query_contacts(struct eg_query *query, const char *station, eg_row_visitor *visit,
                               void *context, struct eg_error *err) EG_CHECKED;

/** The printed label of a run that passed at a line with a printer. */
struct eg_label_row {
    int64_t run;
    const char *mac, *serial, *batch, *station, *slot, *finished_utc;
    /* "missing"; "in doubt": begun, and its program ended before it knew the end; "printed"; "failed";
     * "dropped": not wanted; "withdrawn": missing, and a later run of the board did not pass. */
    const char *state;
    int64_t prints;
    const char *printer, *printed_by, *reason, *recorded_utc; /* of the last record */
};

/**
 * Visit the printed labels as struct eg_label_row, by run.
 *
 * @param station, batch  only of these; NULL = all
 * @param open            only those that are missing, in doubt or failed
 */
enum eg_code eg_query_labels(struct eg_query *query, const char *station, const char *batch, bool open,
                             eg_row_visitor *visit, void *context, struct eg_error *err) EG_CHECKED;

/**
 * Visit the versions of a job that real boards were admitted to, each once, as a const char *: the row points
 * to it.
 */
enum eg_code eg_query_versions(struct eg_query *query, const char *job, eg_row_visitor *visit, void *context,
                               struct eg_error *err) EG_CHECKED;

/**
 * Read the application's output during a run, as read from the board.
 *
 * @param text  its content is replaced; empty if there is none
 *
 * @return EG_OK; EG_LEDGER: it differs from what was recorded
 */
enum eg_code eg_query_run_log_text(struct eg_query *query, int64_t run, struct eg_buffer *text,
                                   struct eg_error *err) EG_CHECKED;

#endif
