/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One pass over the runs and one over their values, then arithmetic in memory. Units are told apart by a hash
 * table, so that a million runs need no sorting.
 */

#include "reports/trend.h"

#include "db/query/trend.h"
#include "engine/base/bytes.h"
#include "reports/causes.h"
#include "reports/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** A unit, by its first and last finished runs. */
struct unit {
    char *name; /* as in struct eg_trend_run */
    int64_t last_chain, first_chain, last_run, ended_ms;
    size_t session, outside; /* outside: the measure that its last run did not pass; EG__NONE = none */
    uint16_t code;           /* in the codes */
    uint8_t outcome;
    bool first_passed, chosen;
};

struct run {
    int64_t run, ended_ms, duration_us;
    size_t session, unit; /* EG__NONE = no unit */
    bool passed;
};

struct collect {
    struct eg__trend *trend;
    struct run *runs; /* by number */
    size_t run_count;
    struct unit *units;
    size_t unit_count;
    uint32_t *slots; /* of the hash table: 0, or 1 + number of a unit */
    size_t slot_count;
    char **codes;
    size_t code_count;
    size_t at;                 /* where the walk over the values is in the runs */
    int64_t first_ms, last_ms; /* ends of runs; -1 = none yet */
    size_t session;            /* that of the last run */
};

const char *eg__trend_by_name(enum eg_trend_by by)
{
    static const char *const names[] = {[EG_TREND_BEST] = "best",
                                        [EG_TREND_DAY] = "day",
                                        [EG_TREND_WEEK] = "week",
                                        [EG_TREND_MONTH] = "month"};

    return names[by];
}

static void collect_finish(struct collect *collect)
{
    for (size_t i = 0; i < collect->unit_count; i++)
        free(collect->units[i].name);
    for (size_t i = 0; i < collect->code_count; i++)
        free(collect->codes[i]);
    free(collect->units);
    free(collect->codes);
    free(collect->runs);
    free(collect->slots);
}

static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash ^ hash >> 29;
}

static size_t find_slot(const struct collect *collect, const char *name)
{
    size_t at = (size_t)hash_of(name) & (collect->slot_count - 1);

    while (collect->slots[at] != 0 && strcmp(collect->units[collect->slots[at] - 1].name, name) != 0)
        at = (at + 1) & (collect->slot_count - 1);
    return at;
}

/* Keep the table at most half full. */
static enum eg_code make_room(struct collect *collect, struct eg_error *err)
{
    const size_t wanted = collect->slot_count == 0 ? 1024 : collect->slot_count * 2;

    if (collect->slot_count > 0 && collect->unit_count * 2 < collect->slot_count)
        return EG_OK;
    if (wanted > UINT32_MAX)
        return eg_error_set(err, EG_NO_MEMORY, "too many units for one report; select fewer");
    free(collect->slots);
    collect->slots = NULL;
    collect->slot_count = 0;
    EG_TRY(eg_alloc(&collect->slots, wanted, sizeof *collect->slots, err));
    collect->slot_count = wanted;
    for (size_t i = 0; i < collect->unit_count; i++)
        collect->slots[find_slot(collect, collect->units[i].name)] = (uint32_t)i + 1;
    return EG_OK;
}

static enum eg_code take_unit(struct collect *collect, const char *name, size_t *at, struct eg_error *err)
{
    EG_TRY(make_room(collect, err));
    const size_t slot = find_slot(collect, name);
    if (collect->slots[slot] == 0) {
        EG_TRY(eg_grow(&collect->units, collect->unit_count, sizeof *collect->units, err));
        struct unit *const unit = &collect->units[collect->unit_count];
        EG_TRY(eg_strdup(&unit->name, name, err));
        unit->outside = EG__NONE;
        collect->slots[slot] = (uint32_t)++collect->unit_count;
    }
    *at = collect->slots[slot] - 1;
    return EG_OK;
}

static enum eg_code take_code(struct collect *collect, const char *code, uint16_t *at, struct eg_error *err)
{
    size_t i = 0;

    while (i < collect->code_count && strcmp(collect->codes[i], code) != 0)
        i++;
    if (i == collect->code_count) {
        if (i > UINT16_MAX)
            return eg_error_set(err, EG_LEDGER, "the ledger has too many codes");
        EG_TRY(eg_grow(&collect->codes, i, sizeof *collect->codes, err));
        EG_TRY(eg_strdup(&collect->codes[i], code, err));
        collect->code_count++;
    }
    *at = (uint16_t)i;
    return EG_OK;
}

static enum eg_outcome outcome_of(const char *name)
{
    enum eg_outcome outcome = EG_PASS;

    while (outcome < EG_ABORTED && strcmp(eg_outcome_name(outcome), name) != 0)
        outcome++;
    return outcome;
}

static enum eg_code collect_session(void *context, const void *row, struct eg_error *err)
{
    struct eg__trend *const trend = context;
    const struct eg_trend_session *const session = row;

    EG_TRY(eg_grow(&trend->sessions, trend->session_count, sizeof *trend->sessions, err));
    struct eg__trend_session *const kept = &trend->sessions[trend->session_count++];
    kept->number = session->session;
    kept->at = EG__NONE;
    EG_TRY(eg_strdup(&kept->batch, session->batch, err));
    EG_TRY(eg_strdup(&kept->job, session->job, err));
    return eg_strdup(&kept->job_version, session->job_version, err);
}

/* Return the session of this number; most runs have that of the run before. */
static size_t find_session(struct collect *collect, int64_t number)
{
    const struct eg__trend *const trend = collect->trend;
    size_t low = 0, high = trend->session_count;

    if (collect->session < high && trend->sessions[collect->session].number == number)
        return collect->session;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (trend->sessions[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return collect->session = low;
}

static enum eg_code take_batch(struct collect *collect, size_t session, struct eg_error *err)
{
    struct eg__trend *const trend = collect->trend;
    struct eg__trend_session *const of = &trend->sessions[session];
    size_t i = trend->batch_count;

    if (of->at != EG__NONE)
        return EG_OK;
    while (i > 0 && strcmp(trend->batches[i - 1].name, of->batch) != 0)
        i--;
    of->at = i - 1;
    if (i > 0)
        return EG_OK;
    EG_TRY(eg_grow(&trend->batches, trend->batch_count, sizeof *trend->batches, err));
    of->at = trend->batch_count++;
    struct eg__trend_batch *const batch = &trend->batches[of->at];
    batch->name = of->batch;
    batch->job = of->job;
    batch->job_version = of->job_version;
    batch->tally.begin_ms = batch->tally.end_ms = -1;
    return EG_OK;
}

static enum eg_code collect_run(void *context, const void *row, struct eg_error *err)
{
    struct collect *const collect = context;
    const struct eg_trend_run *const given = row;
    const int64_t ended_ms = eg__utc_ms(given->finished_utc);
    const enum eg_outcome outcome = outcome_of(given->outcome);
    size_t at = EG__NONE;

    if (ended_ms < 0)
        return eg_error_set(err, EG_LEDGER, "run %lld has no time of its end", (long long)given->run);
    const size_t session = find_session(collect, given->session);
    EG_TRY(take_batch(collect, session, err));
    EG_TRY(eg_grow(&collect->runs, collect->run_count, sizeof *collect->runs, err));
    collect->first_ms =
        collect->run_count == 0 || ended_ms < collect->first_ms ? ended_ms : collect->first_ms;
    collect->last_ms = collect->run_count == 0 || ended_ms > collect->last_ms ? ended_ms : collect->last_ms;
    struct run *const run = &collect->runs[collect->run_count++];
    *run =
        (struct run){given->run, ended_ms, given->duration_us, session, EG__NONE, eg_outcome_passed(outcome)};
    if (given->unit[0] == '\0')
        return EG_OK;
    EG_TRY(take_unit(collect, given->unit, &at, err));
    run->unit = at;
    struct unit *const unit = &collect->units[at];
    if (unit->first_chain == 0 || given->chain_id < unit->first_chain) {
        unit->first_chain = given->chain_id;
        unit->first_passed = run->passed && given->attempts == 1;
    }
    if (given->chain_id <= unit->last_chain)
        return EG_OK;
    unit->last_chain = given->chain_id;
    unit->last_run = given->run;
    unit->ended_ms = ended_ms;
    unit->session = session;
    unit->outcome = (uint8_t)outcome;
    return take_code(collect, given->code, &unit->code, err);
}

static int by_number(const void *one, const void *other)
{
    const struct run *const a = one, *const b = other;

    return a->run < b->run ? -1 : a->run > b->run;
}

/* Runs come by session, so mostly in order. */
static void sort_runs(struct collect *collect)
{
    for (size_t i = 1; i < collect->run_count; i++)
        if (collect->runs[i - 1].run > collect->runs[i].run) {
            qsort(collect->runs, collect->run_count, sizeof *collect->runs, by_number);
            return;
        }
}

static bool in_list(const char *const *list, const char *text)
{
    for (; list != NULL && *list != NULL; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return list == NULL;
}

static void choose_units(struct collect *collect, const struct eg_selection *selection)
{
    for (size_t i = 0; i < collect->unit_count; i++) {
        struct unit *const unit = &collect->units[i];
        unit->chosen = in_list(selection->outcomes, eg_outcome_name(unit->outcome)) &&
                       (selection->code == NULL || strcmp(selection->code, collect->codes[unit->code]) == 0);
    }
}

/* Periods */

/* The beginning of the local day, week (Monday) or month of a time. */
static struct tm period_begin(int64_t time_ms, enum eg_trend_by by)
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm = {0};

    if (localtime_r(&seconds, &tm) == NULL)
        return tm;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    if (by == EG_TREND_WEEK)
        tm.tm_mday -= (tm.tm_wday + 6) % 7;
    if (by == EG_TREND_MONTH)
        tm.tm_mday = 1;
    return tm;
}

#define DAY_MS       86400000
#define DAYS_SHOWN   35 /* up to so many days are shown by day */
#define WEEKS_SHOWN  53
#define PERIODS_MOST 20000

static enum eg_code make_periods(struct collect *collect, struct eg_error *err)
{
    struct eg__trend *const trend = collect->trend;
    const int64_t span_ms = collect->last_ms - collect->first_ms;

    if (trend->by == EG_TREND_BEST)
        trend->by = span_ms <= (int64_t)DAYS_SHOWN * DAY_MS        ? EG_TREND_DAY
                    : span_ms <= (int64_t)WEEKS_SHOWN * 7 * DAY_MS ? EG_TREND_WEEK
                                                                   : EG_TREND_MONTH;
    if (collect->run_count == 0)
        return EG_OK;
    struct tm tm = period_begin(collect->first_ms, trend->by);
    for (int64_t begin_ms = (int64_t)mktime(&tm) * 1000; begin_ms <= collect->last_ms;) {
        if (trend->period_count == PERIODS_MOST)
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "the selection has more than %d %ss; choose a longer --by", PERIODS_MOST,
                                eg__trend_by_name(trend->by));
        EG_TRY(eg_grow(&trend->periods, trend->period_count, sizeof *trend->periods, err));
        struct eg__tally *const period = &trend->periods[trend->period_count++];
        period->begin_ms = begin_ms;
        tm.tm_mday += trend->by == EG_TREND_DAY ? 1 : trend->by == EG_TREND_WEEK ? 7 : 0;
        tm.tm_mon += trend->by == EG_TREND_MONTH;
        tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
        tm.tm_isdst = -1;
        period->end_ms = begin_ms = (int64_t)mktime(&tm) * 1000;
    }
    return EG_OK;
}

static size_t period_of(const struct eg__trend *trend, int64_t time_ms)
{
    size_t low = 0, high = trend->period_count;

    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;
        if (trend->periods[middle].begin_ms <= time_ms)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Values */

static enum eg_code take_measure(struct collect *collect, const struct eg_trend_value *row, size_t *at,
                                 struct eg_error *err)
{
    struct eg__trend *const trend = collect->trend;
    size_t i = 0;

    while (i < trend->measure_count && (strcmp(trend->measures[i].name, row->name) != 0 ||
                                        strcmp(trend->measures[i].limits, row->limits) != 0))
        i++;
    *at = i;
    if (i < trend->measure_count)
        return EG_OK;
    EG_TRY(eg_grow(&trend->measures, i, sizeof *trend->measures, err));
    struct eg__trend_measure *const made = &trend->measures[trend->measure_count++];
    EG_TRY(eg_alloc(&made->seen, collect->unit_count / 8 + 1, 1, err));
    EG_TRY(eg_strdup(&made->name, row->name, err));
    EG_TRY(eg_strdup(&made->limits, row->limits, err));
    EG_TRY(eg_strdup(&made->unit, row->unit, err));
    made->low = row->lower;
    made->high = row->upper;
    return EG_OK;
}

/* Give a tally moments of each measure that is known so far. */
static enum eg_code fit_measures(struct eg__tally *tally, size_t count, struct eg_error *err)
{
    while (tally->measure_count < count) {
        EG_TRY(eg_grow(&tally->measures, tally->measure_count, sizeof *tally->measures, err));
        tally->measure_count++;
    }
    return EG_OK;
}

static enum eg_code add_value(struct collect *collect, struct eg__tally *tally, size_t at,
                              const struct eg_trend_value *row, struct eg_error *err)
{
    EG_TRY(fit_measures(tally, collect->trend->measure_count, err));
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

/* The values come by run, as the runs are. */
static enum eg_code collect_value(void *context, const struct eg_trend_value *row, struct eg_error *err)
{
    struct collect *const collect = context;
    struct eg__trend *const trend = collect->trend;
    size_t at;

    while (collect->at < collect->run_count && collect->runs[collect->at].run < row->run)
        collect->at++;
    if (collect->at == collect->run_count || collect->runs[collect->at].run != row->run)
        return EG_OK;
    const struct run *const run = &collect->runs[collect->at];
    if (strcmp(row->name, EG_VALUE_ALLOWED) == 0 || run->unit == EG__NONE ||
        !collect->units[run->unit].chosen)
        return EG_OK;
    struct unit *const unit = &collect->units[run->unit];
    EG_TRY(take_measure(collect, row, &at, err));
    if (row->passed == 0 && unit->last_run == row->run && unit->outside == EG__NONE)
        unit->outside = at;
    uint8_t *const seen = &trend->measures[at].seen[run->unit / 8];
    if ((*seen & 1u << run->unit % 8) != 0)
        return EG_OK;
    *seen |= (uint8_t)(1u << run->unit % 8);
    if (isnan(row->number))
        return EG_OK;
    EG_TRY(add_value(collect, &trend->total, at, row, err));
    EG_TRY(add_value(collect, &trend->batches[trend->sessions[run->session].at].tally, at, row, err));
    return add_value(collect, &trend->periods[period_of(trend, run->ended_ms)], at, row, err);
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

/* Units */

static enum eg_code take_cause(struct eg__trend *trend, const char *name, size_t *at, struct eg_error *err)
{
    size_t i = 0;

    while (i < trend->cause_count && strcmp(trend->causes[i], name) != 0)
        i++;
    *at = i;
    if (i < trend->cause_count)
        return EG_OK;
    EG_TRY(eg_grow(&trend->causes, i, sizeof *trend->causes, err));
    trend->cause_count++;
    return eg_strdup(&trend->causes[i], name, err);
}

/* Find the cause of each unit that is not good, in `causes`, by unit. */
static enum eg_code name_causes(struct collect *collect, size_t *causes, struct eg_error *err)
{
    struct eg__trend *const trend = collect->trend;
    char name[EG__CAUSE_TEXT];

    for (size_t i = 0; i < collect->unit_count; i++) {
        const struct unit *const unit = &collect->units[i];
        causes[i] = EG__NONE;
        if (!unit->chosen || eg_outcome_passed((enum eg_outcome)unit->outcome))
            continue;
        eg__cause_name(name, collect->codes[unit->code],
                       unit->outside == EG__NONE ? NULL : trend->measures[unit->outside].name);
        EG_TRY(take_cause(trend, name, &causes[i], err));
    }
    return EG_OK;
}

static enum eg_code count_unit(struct eg__tally *tally, const struct unit *unit, size_t cause, size_t causes,
                               struct eg_error *err)
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

static enum eg_code count_units(struct collect *collect, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) size_t *causes = NULL;
    struct eg__trend *const trend = collect->trend;

    EG_TRY(eg_alloc(&causes, collect->unit_count + 1, sizeof *causes, err));
    EG_TRY(name_causes(collect, causes, err));
    for (size_t i = 0; i < collect->unit_count; i++) {
        const struct unit *const unit = &collect->units[i];
        if (!unit->chosen)
            continue;
        struct eg__tally *const tallies[] = {&trend->total,
                                             &trend->batches[trend->sessions[unit->session].at].tally,
                                             &trend->periods[period_of(trend, unit->ended_ms)]};
        for (size_t at = 0; at < 3; at++)
            EG_TRY(count_unit(tallies[at], unit, causes[i], trend->cause_count, err));
    }
    return EG_OK;
}

/* Runs */

static bool is_chosen(const struct collect *collect, const struct run *run)
{
    return run->unit == EG__NONE ? !collect->trend->by_outcome : collect->units[run->unit].chosen;
}

enum kind { TOTAL, BATCH, PERIOD };

static size_t place_of(const struct eg__trend *trend, const struct run *run, enum kind kind)
{
    return kind == TOTAL   ? 0
           : kind == BATCH ? trend->sessions[run->session].at
                           : period_of(trend, run->ended_ms);
}

static struct eg__tally *tally_at(struct eg__trend *trend, enum kind kind, size_t at)
{
    return kind == TOTAL ? &trend->total : kind == BATCH ? &trend->batches[at].tally : &trend->periods[at];
}

/* Count the runs of all tallies of a kind, and find the median of their cycles. `scratch` has room for all.
 */
static enum eg_code count_runs(struct collect *collect, enum kind kind, double *scratch, struct eg_error *err)
{
    struct eg__trend *const trend = collect->trend;
    const size_t tallies = kind == TOTAL ? 1 : kind == BATCH ? trend->batch_count : trend->period_count;
    EG_CLEANUP(eg_free_cleanup) size_t *begin = NULL;

    EG_TRY(eg_alloc(&begin, tallies + 1, sizeof *begin, err));
    for (size_t i = 0; i < collect->run_count; i++) {
        const struct run *const run = &collect->runs[i];
        if (!is_chosen(collect, run))
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
    for (size_t i = collect->run_count; i-- > 0;) {
        const struct run *const run = &collect->runs[i];
        if (is_chosen(collect, run) && run->passed && run->duration_us >= 0)
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
    EG_TRY(fit_measures(tally, trend->measure_count, err));
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

/* The most frequent first, in the names and in all tallies. */
static void sort_causes(struct eg__trend *trend)
{
    for (size_t i = 0; i < trend->cause_count; i++) {
        size_t most = i;
        for (size_t k = i + 1; k < trend->cause_count; k++)
            if (trend->total.causes[k] > trend->total.causes[most])
                most = k;
        char *const name = trend->causes[i];
        trend->causes[i] = trend->causes[most];
        trend->causes[most] = name;
        for (size_t k = 0; k < 1 + trend->batch_count + trend->period_count; k++) {
            int64_t *const counts = k == 0 ? trend->total.causes
                                    : k <= trend->batch_count
                                        ? trend->batches[k - 1].tally.causes
                                        : trend->periods[k - 1 - trend->batch_count].causes;
            const int64_t count = counts[i];
            counts[i] = counts[most];
            counts[most] = count;
        }
    }
}

#define SHIFT_UNITS 20 /* with fewer on one side nothing is said */

/* Hold the last period with units against all before it. */
static void find_shifts(struct eg__trend *trend)
{
    const struct eg__tally *last = NULL;

    for (size_t i = trend->period_count; i-- > 0 && last == NULL;)
        if (trend->periods[i].units > 0)
            last = &trend->periods[i];
    if (last == NULL || last->units < SHIFT_UNITS || trend->total.units - last->units < SHIFT_UNITS)
        return;
    const int64_t before = trend->total.units - last->units;
    struct eg__shift *const yield = &trend->yield_shift;
    *yield = (struct eg__shift){true,        eg__tally_good(last),
                                last->units, eg__tally_good(&trend->total) - eg__tally_good(last),
                                before,      1};
    yield->p = eg_stats_fisher(yield->here, yield->units, yield->before, yield->units_before);
    for (size_t i = 0; i < trend->cause_count; i++) {
        struct eg__shift shift = {
            true, last->causes[i], last->units, trend->total.causes[i] - last->causes[i], before, 1};
        shift.p = eg_stats_fisher(shift.here, shift.units, shift.before, shift.units_before);
        if (!trend->cause_shift.known || shift.p < trend->cause_shift.p) {
            trend->cause_shift = shift;
            trend->shifted_cause = i;
        }
    }
}

enum eg_code eg__trend_collect(struct eg__trend *trend, struct eg_query *query,
                               const struct eg_selection *selection, enum eg_trend_by by,
                               struct eg_error *err)
{
    EG_CLEANUP(collect_finish) struct collect collect = {.trend = trend};
    EG_CLEANUP(eg_free_cleanup) double *scratch = NULL;

    trend->by = by;
    trend->by_outcome = selection->outcomes != NULL || selection->code != NULL;
    EG_TRY(eg_query_trend_sessions(query, collect_session, trend, err));
    EG_TRY(eg_query_trend_runs(query, selection, collect_run, &collect, err));
    sort_runs(&collect);
    choose_units(&collect, selection);
    EG_TRY(make_periods(&collect, err));
    if (collect.run_count > 0)
        EG_TRY(eg_query_trend_values(query, collect.runs[0].run, collect.runs[collect.run_count - 1].run,
                                     collect_value, &collect, err));
    EG_TRY(count_units(&collect, err));
    EG_TRY(complete_all(trend, err));
    EG_TRY(eg_alloc(&scratch, collect.run_count + 1, sizeof *scratch, err));
    EG_TRY(count_runs(&collect, TOTAL, scratch, err));
    EG_TRY(count_runs(&collect, BATCH, scratch, err));
    EG_TRY(count_runs(&collect, PERIOD, scratch, err));
    sort_causes(trend);
    if (!trend->by_outcome)
        find_shifts(trend);
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
