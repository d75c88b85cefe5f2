/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The numbers of many batches by day, week or month, and by batch.
 *
 * Each unit counts once, by its last run in the selection, in the period and batch in which that run ended;
 * so the units of all periods add up. Cycle times are those of all runs that passed. A measured value counts
 * once for each unit: that of its first test.
 */

#ifndef REPORTS_TREND_H
#define REPORTS_TREND_H

#include "db/query/select.h"
#include "engine/plan/recorder.h"
#include "reports/stats.h"
#include "reports/trend_by.h"

/** "day", "week", "month". */
const char *eg__trend_by_name(enum eg_trend_by by);

/** A measured value of some units: mean and squares as Welford sums them. */
struct eg__moments {
    int64_t count, outside; /* outside: did not pass */
    double mean, squares, least, most;
};

/** Standard deviation of a sample; 0 of one value. */
double eg__moments_sd(const struct eg__moments *moments);

/** Some units: of a period, a batch, or all. */
struct eg__tally {
    int64_t begin_ms, end_ms; /* of a period; of a batch, the ends of its first and last run */
    int64_t runs;             /* finished */
    int64_t units, of[EG_ABORTED + 1], first_pass;
    int64_t *causes;              /* units, by cause */
    struct eg__moments *measures; /* by measure */
    size_t measure_count;
    int64_t cycles;
    double cycle_median, cycle_p95; /* seconds; NAN = none */
    struct eg__limits limits;       /* of a period: of the share of units that are not good */
};

static inline int64_t eg__tally_good(const struct eg__tally *tally)
{
    return tally->of[EG_PASS] + tally->of[EG_PASS_MARGINAL];
}

struct eg__trend_batch {
    const char *name, *job, *job_version; /* of its first session; the trend has them */
    struct eg__tally tally;
};

struct eg__trend_measure {
    char *name, *limits, *unit;
    double low, high; /* NAN = none */
    uint8_t *seen;    /* a bit for each unit that has a value */
};

/** Capability of a measured value in some units. */
struct eg__capability eg__moments_capability(const struct eg__moments *moments,
                                             const struct eg__trend_measure *measure);

/** What began or ended in the last period: whether it differs from those before by more than chance. */
struct eg__shift {
    bool known;          /* both sides have units enough */
    int64_t here, units; /* good units, or units of the cause, in the last period */
    int64_t before, units_before;
    double p; /* by Fisher */
};

struct eg__trend_session {
    int64_t number;
    char *batch, *job, *job_version;
    bool simulated;
    size_t at; /* its batch; EG__NONE = none of its runs is selected */
};

struct eg__trend {
    enum eg_trend_by by;
    bool by_outcome; /* units were selected by how they ended, so there is no yield */
    bool simulated;  /* the boards of all selected runs were */
    struct eg__tally total;
    struct eg__tally *periods; /* oldest first, also those without a run */
    size_t period_count;
    struct eg__trend_batch *batches; /* in the order of their first run */
    size_t batch_count;
    char **causes; /* most frequent first */
    size_t cause_count;
    struct eg__trend_measure *measures;
    size_t measure_count;
    struct eg__trend_session *sessions;
    size_t session_count;
    struct eg__shift yield_shift, cause_shift; /* of the cause whose change is the least likely */
    size_t shifted_cause;
};

/** Zero-initialise it; EG_CLEANUP(eg__trend_finish). */
enum eg_code eg__trend_collect(struct eg__trend *trend, struct eg_query *query,
                               const struct eg_selection *selection, enum eg_trend_by by,
                               struct eg_error *err) EG_CHECKED;
void eg__trend_finish(struct eg__trend *trend);

#endif
