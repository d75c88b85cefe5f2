/* SPDX-License-Identifier: Apache-2.0 */

/* One pass over the measured values of the runs: count, mean, spread. */

#include "reports/trend_internal.h"

#include "db/query/trend.h"
#include "engine/base/bytes.h"
#include "reports/causes.h"

#include <math.h>
#include <string.h>

static enum eg_code take_measure(struct eg__gathered *gathered, struct eg_query *query,
                                 const struct eg_trend_value *row, size_t *at, struct eg_error *err)
{
    struct eg__trend *const trend = gathered->trend;
    struct eg_trend_measure facts;
    size_t i = 0;

    while (i < trend->measure_count && (strcmp(trend->measures[i].name, row->name) != 0 ||
                                        strcmp(trend->measures[i].limits, row->limits) != 0))
        i++;
    *at = i;
    if (i < trend->measure_count)
        return EG_OK;
    EG_TRY(eg_grow(&trend->measures, i, sizeof *trend->measures, err));
    struct eg__trend_measure *const made = &trend->measures[trend->measure_count++];
    EG_TRY(eg_alloc(&made->seen, gathered->unit_count / 8 + 1, 1, err));
    EG_TRY(eg_strdup(&made->name, row->name, err));
    EG_TRY(eg_strdup(&made->limits, row->limits, err));
    EG_TRY(eg_query_trend_measure(query, row, &facts, err));
    made->unit = facts.unit;
    made->low = facts.lower;
    made->high = facts.upper;
    return EG_OK;
}

enum eg_code eg__trend_fit_measures(struct eg__tally *tally, size_t count, struct eg_error *err)
{
    while (tally->measure_count < count) {
        EG_TRY(eg_grow(&tally->measures, tally->measure_count, sizeof *tally->measures, err));
        tally->measure_count++;
    }
    return EG_OK;
}

static enum eg_code add_value(struct eg__gathered *gathered, struct eg__tally *tally, size_t at,
                              const struct eg_trend_value *row, struct eg_error *err)
{
    EG_TRY(eg__trend_fit_measures(tally, gathered->trend->measure_count, err));
    struct eg__moments *const moments = &tally->measures[at];
    const double delta = row->number - moments->mean;
    moments->least = moments->count == 0 ? row->number : fmin(moments->least, row->number);
    moments->most = moments->count == 0 ? row->number : fmax(moments->most, row->number);
    moments->count++;
    moments->mean += delta / (double)moments->count;
    moments->squares += delta * (row->number - moments->mean);
    moments->outside += row->passed == 0;
    return EG_OK;
}

struct walk {
    struct eg__gathered *gathered;
    struct eg_query *query;
    size_t at; /* in the runs */
};

/* The values come by run, as the runs are. */
static enum eg_code collect_value(void *context, const struct eg_trend_value *row, struct eg_error *err)
{
    struct walk *const walk = context;
    struct eg__gathered *const gathered = walk->gathered;
    struct eg__trend *const trend = gathered->trend;
    size_t at;

    while (walk->at < gathered->run_count && gathered->runs[walk->at].run < row->run)
        walk->at++;
    if (walk->at == gathered->run_count || gathered->runs[walk->at].run != row->run)
        return EG_OK;
    const struct eg__gathered_run *const run = &gathered->runs[walk->at];
    if (strcmp(row->name, EG_VALUE_ALLOWED) == 0 || run->unit == EG__NONE ||
        !gathered->units[run->unit].chosen)
        return EG_OK;
    struct eg__gathered_unit *const unit = &gathered->units[run->unit];
    EG_TRY(take_measure(gathered, walk->query, row, &at, err));
    if (row->passed == 0 && unit->last_run == row->run && unit->outside == EG__NONE)
        unit->outside = at;
    uint8_t *const seen = &trend->measures[at].seen[run->unit / 8];
    if ((*seen & 1u << run->unit % 8) != 0)
        return EG_OK;
    *seen |= (uint8_t)(1u << run->unit % 8);
    if (isnan(row->number))
        return EG_OK;
    EG_TRY(add_value(gathered, &trend->total, at, row, err));
    EG_TRY(add_value(gathered, &trend->batches[trend->sessions[run->session].at].tally, at, row, err));
    return add_value(gathered, &trend->periods[eg__trend_period_of(trend, run->ended_ms)], at, row, err);
}

double eg__moments_sd(const struct eg__moments *moments)
{
    return moments->count > 1 ? sqrt(moments->squares / (double)(moments->count - 1)) : 0;
}

struct eg__capability eg__moments_capability(const struct eg__moments *moments,
                                             const struct eg__trend_measure *measure)
{
    return eg__capability_of(moments->mean, eg__moments_sd(moments), measure->low, measure->high);
}

enum eg_code eg__trend_values(struct eg__gathered *gathered, struct eg_query *query, struct eg_error *err)
{
    struct walk walk = {.gathered = gathered, .query = query};

    if (gathered->run_count == 0)
        return EG_OK;
    return eg_query_trend_values(query, gathered->runs[0].run, gathered->runs[gathered->run_count - 1].run,
                                 collect_value, &walk, err);
}
