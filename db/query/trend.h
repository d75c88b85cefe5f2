/* SPDX-License-Identifier: Apache-2.0 */

/* Questions for a report over many batches. As in query.h, rows go to a visitor one by one. */

#ifndef DB_QUERY_TREND_H
#define DB_QUERY_TREND_H

#include "db/query/select.h"

/** A finished run of a selection. */
struct eg_trend_run {
    int64_t run, chain_id, session, attempts, duration_us;
    const char *finished_utc, *outcome, *code;
    const char *unit; /* equal for the runs of a unit (EG_UNIT_DEFINITION); "" = it is a run of none */
};

/** A session of the ledger. */
struct eg_trend_session {
    int64_t session;
    const char *batch, *started_utc, *station, *operator_name, *job, *job_version, *chip, *tool_version;
    int64_t simulated; /* 1 or 0 */
};

/** A measured value. */
struct eg_trend_value {
    int64_t run, position; /* position: among the values of the run */
    const char *name, *limits;
    double number;  /* NAN = it is none */
    int64_t passed; /* 1 or 0 */
};

/** What a value is measured in, and between. */
struct eg_trend_measure {
    char *unit;
    double lower, upper; /* NAN = no limit */
};

typedef enum eg_code eg_trend_value_visitor(void *context, const struct eg_trend_value *row,
                                            struct eg_error *err);

/** Visit the finished runs that count with these conditions on place, job and time, in any order. */
enum eg_code eg_query_trend_runs(struct eg_query *query, const struct eg_selection *selection,
                                 eg_row_visitor *visit, void *context, struct eg_error *err) EG_CHECKED;

/** Visit all sessions, by number. */
enum eg_code eg_query_trend_sessions(struct eg_query *query, eg_row_visitor *visit, void *context,
                                     struct eg_error *err) EG_CHECKED;

/** Read what one of the values is measured in: the same for all with its name and limits. The caller frees
 * the unit. */
enum eg_code eg_query_trend_measure(struct eg_query *query, const struct eg_trend_value *value,
                                    struct eg_trend_measure *measure, struct eg_error *err) EG_CHECKED;

/** Visit the measured values of the runs from `first` to `last`, by run. */
enum eg_code eg_query_trend_values(struct eg_query *query, int64_t first, int64_t last,
                                   eg_trend_value_visitor *visit, void *context,
                                   struct eg_error *err) EG_CHECKED;

#endif
