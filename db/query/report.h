/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Questions for a batch report only. As in query.h, rows go to a visitor one by one, their strings live as
 * long as its call, unknown values are "" and -1.
 */

#ifndef DB_QUERY_REPORT_H
#define DB_QUERY_REPORT_H

#include "db/query/query.h"
#include "engine/base/bytes.h"
#include "engine/base/digest.h"

/** The counted columns of a finished run. */
struct eg_report_run {
    int64_t run, chain_id; /* its place in the chain: the order in which runs finished */
    int64_t session;       /* as in struct eg_batch_session */
    const char *started_utc, *finished_utc, *slot, *outcome, *code, *blame;
    int64_t attempts, duration_us;
    int64_t flash_jedec, flash_size;
    int64_t unit;        /* number of its unit in the batch, from 0; -1 = it is a run of none */
    int64_t first, last; /* 1: its unit's first, last finished run */
    int64_t secure_boot, flash_encryption, secure_download; /* 1 = on, 0 = off, as found */
    const char *marginal;                                   /* why a pass is marginal */
};

/** A stage that ended well, in a run that passed. */
struct eg_report_stage {
    const char *stage, *started_utc;
    int64_t duration_us;
    int64_t wire_us;        /* the least time that its bytes need on the wire */
    const char *limited_by; /* eg_limit_name() */
};

/** A unit, counted as struct eg_batch does, by its last finished run in this batch. */
struct eg_report_unit {
    int64_t runs;           /* finished runs in this batch */
    struct eg_run_row last; /* with the columns of reports */
};

typedef enum eg_code eg_report_run_visitor(void *context, const struct eg_report_run *row,
                                           struct eg_error *err);
typedef enum eg_code eg_report_stage_visitor(void *context, const struct eg_report_stage *row,
                                             struct eg_error *err);
typedef enum eg_code eg_report_unit_visitor(void *context, const struct eg_report_unit *row,
                                            struct eg_error *err);
typedef enum eg_code eg_report_seal_visitor(void *context, const char *name, const char *value,
                                            struct eg_error *err);

/** Visit the finished runs of a batch in the order they began. */
enum eg_code eg_query_report_runs(struct eg_query *query, const char *batch, eg_report_run_visitor *visit,
                                  void *context, struct eg_error *err) EG_CHECKED;

/** Visit the stages of a batch by run. */
enum eg_code eg_query_report_stages(struct eg_query *query, const char *batch, eg_report_stage_visitor *visit,
                                    void *context, struct eg_error *err) EG_CHECKED;

/** Visit the units of a batch in the order their last finished runs began. */
enum eg_code eg_query_report_units(struct eg_query *query, const char *batch, eg_report_unit_visitor *visit,
                                   void *context, struct eg_error *err) EG_CHECKED;

/** Read chain position and hash of the batch's last finished run; 0 and "" = none. */
enum eg_code eg_query_chain_head(struct eg_query *query, const char *batch, int64_t *chain_id,
                                 char hash[EG_SHA256_TEXT], struct eg_error *err) EG_CHECKED;

/**
 * Visit the newest seal of a batch, column by column; not called if the ledger has no seals or the batch is
 * not sealed.
 */
enum eg_code eg_query_seal(struct eg_query *query, const char *batch, eg_report_seal_visitor *visit,
                           void *context, struct eg_error *err) EG_CHECKED;

/** What a batch's job says of its reports, by the batch's newest session. */
struct eg_batch_look {
    char *customer;        /* NULL = nothing */
    double target;         /* yield in percent; 0 = nothing */
    struct eg_buffer logo; /* a PNG, JPEG or SVG file; size 0 = nothing */
};

/** Zero-initialise it; EG_CLEANUP(eg_batch_look_finish). */
enum eg_code eg_query_batch_look(struct eg_query *query, const char *batch, struct eg_batch_look *look,
                                 struct eg_error *err) EG_CHECKED;
void eg_batch_look_finish(struct eg_batch_look *look);

#endif
