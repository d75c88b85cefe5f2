/* SPDX-License-Identifier: Apache-2.0 */

/* One pass over the runs and one over their values, then arithmetic in memory. */

#include "reports/trend_internal.h"

#include "engine/base/bytes.h"

#include <math.h>
#include <stdlib.h>

/* Units */

static enum eg_code count_unit(struct eg__tally *tally, const struct eg__gathered_unit *unit, size_t cause,
                               size_t causes, struct eg_error *err)
{
    if (tally->causes == NULL)
        EG_TRY(eg_alloc(&tally->causes, causes + 1, sizeof *tally->causes, err));
    tally->units++;
    tally->of[unit->outcome]++;
    tally->first_pass += unit->first_passed && eg_outcome_passed((enum eg_outcome)unit->outcome);
    if (cause != EG__NONE)
        tally->causes[cause]++;
    return EG_OK;
}

static enum eg_code count_units(struct eg__gathered *gathered, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) size_t *causes = NULL;
    struct eg__trend *const trend = gathered->trend;

    EG_TRY(eg_alloc(&causes, gathered->unit_count + 1, sizeof *causes, err));
    EG_TRY(eg__trend_causes(gathered, causes, err));
    for (size_t i = 0; i < gathered->unit_count; i++) {
        const struct eg__gathered_unit *const unit = &gathered->units[i];
        if (!unit->chosen)
            continue;
        struct eg__tally *const tallies[] = {&trend->total,
                                             &trend->batches[trend->sessions[unit->session].at].tally,
                                             &trend->periods[eg__trend_period_of(trend, unit->ended_ms)]};
        for (size_t at = 0; at < 3; at++)
            EG_TRY(count_unit(tallies[at], unit, causes[i], trend->cause_count, err));
    }
    return EG_OK;
}

/* Runs */

static bool is_chosen(const struct eg__gathered *gathered, const struct eg__gathered_run *run)
{
    return run->unit == EG__NONE ? !gathered->trend->by_outcome : gathered->units[run->unit].chosen;
}

enum kind { TOTAL, BATCH, PERIOD };

static size_t place_of(const struct eg__trend *trend, const struct eg__gathered_run *run, enum kind kind)
{
    return kind == TOTAL   ? 0
           : kind == BATCH ? trend->sessions[run->session].at
                           : eg__trend_period_of(trend, run->ended_ms);
}

static struct eg__tally *tally_at(struct eg__trend *trend, enum kind kind, size_t at)
{
    return kind == TOTAL ? &trend->total : kind == BATCH ? &trend->batches[at].tally : &trend->periods[at];
}

/* Count the runs of all tallies of a kind, and find the median of their cycles. `scratch` has room for all.
 */
static enum eg_code count_runs(struct eg__gathered *gathered, enum kind kind, double *scratch,
                               struct eg_error *err)
{
    struct eg__trend *const trend = gathered->trend;
    const size_t tallies = kind == TOTAL ? 1 : kind == BATCH ? trend->batch_count : trend->period_count;
    EG_CLEANUP(eg_free_cleanup) size_t *begin = NULL;

    EG_TRY(eg_alloc(&begin, tallies + 1, sizeof *begin, err));
    for (size_t i = 0; i < gathered->run_count; i++) {
        const struct eg__gathered_run *const run = &gathered->runs[i];
        if (!is_chosen(gathered, run))
            continue;
        struct eg__tally *const tally = tally_at(trend, kind, place_of(trend, run, kind));
        tally->runs++;
        tally->cycles += run->passed && run->duration_us >= 0;
        if (kind == PERIOD)
            continue;
        tally->begin_ms =
            tally->runs == 1 || run->ended_ms < tally->begin_ms ? run->ended_ms : tally->begin_ms;
        tally->end_ms = tally->runs == 1 || run->ended_ms > tally->end_ms ? run->ended_ms : tally->end_ms;
    }
    for (size_t i = 0; i < tallies; i++)
        begin[i + 1] = begin[i] + (size_t)tally_at(trend, kind, i)->cycles;
    for (size_t i = gathered->run_count; i-- > 0;) {
        const struct eg__gathered_run *const run = &gathered->runs[i];
        if (is_chosen(gathered, run) && run->passed && run->duration_us >= 0)
            scratch[--begin[place_of(trend, run, kind) + 1]] = (double)run->duration_us / 1e6;
    }
    for (size_t i = 0; i < tallies; i++) {
        struct eg__tally *const tally = tally_at(trend, kind, i);
        const size_t count = (size_t)tally->cycles;
        double *const values = scratch + begin[i + 1];
        tally->cycle_median = count == 0 ? NAN : eg__quantile(values, count, 0.5);
        tally->cycle_p95 = count == 0 ? NAN : eg__quantile(values, count, 0.95);
    }
    return EG_OK;
}

/* Sums */

static enum eg_code complete(struct eg__trend *trend, struct eg__tally *tally, struct eg_error *err)
{
    EG_TRY(eg__trend_fit_measures(tally, trend->measure_count, err));
    return tally->causes != NULL
               ? EG_OK
               : eg_alloc(&tally->causes, trend->cause_count + 1, sizeof *tally->causes, err);
}

static enum eg_code complete_all(struct eg__trend *trend, struct eg_error *err)
{
    const int64_t units = trend->total.units;
    const double bad = units == 0 ? 0 : 1 - (double)eg__tally_good(&trend->total) / (double)units;

    EG_TRY(complete(trend, &trend->total, err));
    for (size_t i = 0; i < trend->batch_count; i++)
        EG_TRY(complete(trend, &trend->batches[i].tally, err));
    for (size_t i = 0; i < trend->period_count; i++) {
        EG_TRY(complete(trend, &trend->periods[i], err));
        if (trend->periods[i].units > 0)
            trend->periods[i].limits = eg__control_limits(bad, trend->periods[i].units);
    }
    return EG_OK;
}

enum eg_code eg__trend_collect(struct eg__trend *trend, struct eg_query *query,
                               const struct eg_selection *selection, enum eg_trend_by by,
                               struct eg_error *err)
{
    EG_CLEANUP(eg__gathered_finish) struct eg__gathered gathered = {.trend = trend, .last_ms = -1};
    EG_CLEANUP(eg_free_cleanup) double *scratch = NULL;

    trend->by = by;
    trend->by_outcome = selection->outcomes != NULL || selection->code != NULL;
    EG_TRY(eg__gather(&gathered, query, selection, err));
    EG_TRY(eg__trend_make_periods(trend, gathered.first_ms, gathered.last_ms, err));
    EG_TRY(eg__trend_values(&gathered, query, err));
    EG_TRY(count_units(&gathered, err));
    EG_TRY(complete_all(trend, err));
    EG_TRY(eg_alloc(&scratch, gathered.run_count + 1, sizeof *scratch, err));
    EG_TRY(count_runs(&gathered, TOTAL, scratch, err));
    EG_TRY(count_runs(&gathered, BATCH, scratch, err));
    EG_TRY(count_runs(&gathered, PERIOD, scratch, err));
    eg__trend_sort_causes(trend);
    if (!trend->by_outcome)
        eg__trend_find_shifts(trend);
    return EG_OK;
}

static void tally_finish(struct eg__tally *tally)
{
    free(tally->causes);
    free(tally->measures);
}

void eg__trend_finish(struct eg__trend *trend)
{
    tally_finish(&trend->total);
    for (size_t i = 0; i < trend->period_count; i++)
        tally_finish(&trend->periods[i]);
    for (size_t i = 0; i < trend->batch_count; i++)
        tally_finish(&trend->batches[i].tally);
    for (size_t i = 0; i < trend->cause_count; i++)
        free(trend->causes[i]);
    for (size_t i = 0; i < trend->measure_count; i++) {
        free(trend->measures[i].name);
        free(trend->measures[i].limits);
        free(trend->measures[i].unit);
        free(trend->measures[i].seen);
    }
    for (size_t i = 0; i < trend->session_count; i++) {
        free(trend->sessions[i].batch);
        free(trend->sessions[i].job);
        free(trend->sessions[i].job_version);
    }
    free(trend->periods);
    free(trend->batches);
    free(trend->causes);
    free(trend->measures);
    free(trend->sessions);
}
