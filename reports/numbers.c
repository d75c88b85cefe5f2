/* SPDX-License-Identifier: Apache-2.0 */

/* Slots, codes, stages and measured names are few, so they are looked for one after the other. */

#include "reports/numbers.h"

#include "engine/base/bytes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum eg_code add_value(struct eg__series *series, double value, int64_t time_ms, struct eg_error *err)
{
    EG_TRY(eg_grow(&series->values, series->count, sizeof *series->values, err));
    EG_TRY(eg_grow(&series->times_ms, series->count, sizeof *series->times_ms, err));
    series->values[series->count] = value;
    series->times_ms[series->count++] = time_ms;
    return EG_OK;
}

static size_t find_group(const struct eg__groups *groups, const char *name)
{
    size_t i = 0;

    while (i < groups->count && strcmp(groups->items[i].name, name) != 0)
        i++;
    return i;
}

static enum eg_code take_group(struct eg__groups *groups, const char *name, const struct eg_report_run *row,
                               size_t *at, struct eg_error *err)
{
    *at = find_group(groups, name);
    if (*at < groups->count)
        return EG_OK;
    EG_TRY(eg_grow(&groups->items, groups->count, sizeof *groups->items, err));
    EG_TRY(eg_strdup(&groups->items[*at].name, name, err));
    groups->items[*at].flash_jedec = row->flash_jedec;
    groups->items[*at].flash_size = row->flash_size;
    groups->count++;
    return EG_OK;
}

static void count_trial(struct eg__group *group, const struct eg__run *run)
{
    group->trials++;
    group->bad += !eg__run_passed(run);
    group->contact += run->contact;
}

static enum eg_code take_failure(struct eg__numbers *numbers, const struct eg_report_run *row,
                                 struct eg__failure **failure, struct eg_error *err)
{
    size_t i = 0;

    while (i < numbers->failure_count && (strcmp(numbers->failures[i].code, row->code) != 0 ||
                                          strcmp(numbers->failures[i].blame, row->blame) != 0))
        i++;
    if (i == numbers->failure_count) {
        EG_TRY(eg_grow(&numbers->failures, i, sizeof *numbers->failures, err));
        numbers->failure_count++;
        EG_TRY(eg_strdup(&numbers->failures[i].code, row->code, err));
        EG_TRY(eg_strdup(&numbers->failures[i].blame, row->blame, err));
    }
    *failure = &numbers->failures[i];
    return EG_OK;
}

unsigned eg__numbers_part(const struct eg__numbers *numbers, int64_t time_ms)
{
    const int64_t part = (time_ms - numbers->begin_ms) / numbers->step_ms;

    return part < 0 ? 0 : part >= numbers->parts ? numbers->parts - 1 : (unsigned)part;
}

static enum eg_outcome outcome_of(const char *name)
{
    enum eg_outcome outcome = EG_PASS;

    while (outcome < EG_ABORTED && strcmp(eg_outcome_name(outcome), name) != 0)
        outcome++;
    return outcome;
}

static size_t find_session(const struct eg__numbers *numbers, int64_t number)
{
    size_t i = numbers->session_count;

    while (i-- > 0 && numbers->sessions[i].number != number)
        ;
    return i;
}

/* Put a run in the list; its code is that of a failure, which stays where it is. */
static enum eg_code keep_run(struct eg__numbers *numbers, const struct eg_report_run *row,
                             struct eg__run **kept, struct eg_error *err)
{
    char flash[EG__FLASH_TEXT];

    EG_TRY(eg_grow(&numbers->runs, numbers->run_count, sizeof *numbers->runs, err));
    struct eg__run *const run = *kept = &numbers->runs[numbers->run_count];
    *run = (struct eg__run){
        .run = row->run,
        .chain_id = row->chain_id,
        .begun_ms = eg__utc_ms(row->started_utc),
        .ended_ms = eg__utc_ms(row->finished_utc),
        .duration_us = row->duration_us,
        .attempts = row->attempts,
        .flash = EG__NONE,
        .rank = EG__NONE,
        .session = find_session(numbers, row->session),
        .unit = row->unit < 0 ? EG__NONE : (size_t)row->unit,
        .first = row->first == 1,
        .last = row->last == 1,
        .slow = strcmp(row->marginal, EG_MARGINAL_SLOW) == 0,
        .repeat = strcmp(row->code, "seen-before") == 0,
        .contact = strcmp(row->blame, eg_blame_name(EG_BLAME_LINK)) == 0,
        .outcome = outcome_of(row->outcome),
        .code = "ok",
        .secure_boot = (int8_t)row->secure_boot,
        .flash_encryption = (int8_t)row->flash_encryption,
        .secure_download = (int8_t)row->secure_download,
    };
    EG_TRY(take_group(&numbers->slots, row->slot, row, &run->slot, err));
    eg__flash_text(flash, row->flash_jedec, row->flash_size);
    if (flash[0] != '\0')
        EG_TRY(take_group(&numbers->flash, flash, row, &run->flash, err));
    numbers->run_count++;
    return EG_OK;
}

static enum eg_code collect_run(void *context, const struct eg_report_run *row, struct eg_error *err)
{
    struct eg__numbers *numbers = context;
    struct eg__failure *failure;
    struct eg__run *run;

    EG_TRY(keep_run(numbers, row, &run, err));
    if (run->repeat)
        return EG_OK;
    const bool passed = eg__run_passed(run);
    const unsigned part = eg__numbers_part(numbers, run->ended_ms);
    numbers->finished[part]++;
    numbers->passed[part] += passed;
    if (row->attempts > 1) {
        numbers->retried_runs++;
        numbers->retries += row->attempts - 1;
    }
    if (!passed) {
        EG_TRY(take_failure(numbers, row, &failure, err));
        failure->runs++;
        run->code = failure->code;
    }
    if (run->outcome == EG_ABORTED)
        return EG_OK;
    numbers->trials++;
    numbers->bad += !passed;
    count_trial(&numbers->slots.items[run->slot], run);
    if (run->flash != EG__NONE)
        count_trial(&numbers->flash.items[run->flash], run);
    return !passed || row->duration_us < 0
               ? EG_OK
               : add_value(&numbers->cycle, (double)row->duration_us / 1e6, run->ended_ms, err);
}

static enum eg_code collect_session(void *context, const struct eg_batch_session *row, struct eg_error *err)
{
    struct eg__numbers *numbers = context;

    EG_TRY(eg_grow(&numbers->sessions, numbers->session_count, sizeof *numbers->sessions, err));
    struct eg__session *const session = &numbers->sessions[numbers->session_count++];
    session->number = row->session;
    session->runs = row->runs;
    EG_TRY(eg_strdup(&session->started_utc, row->started_utc, err));
    EG_TRY(eg_strdup(&session->station, row->station, err));
    EG_TRY(eg_strdup(&session->operator_name, row->operator_name, err));
    EG_TRY(eg_strdup(&session->job, row->job, err));
    EG_TRY(eg_strdup(&session->job_version, row->job_version, err));
    EG_TRY(eg_strdup(&session->job_sha256, row->job_sha256, err));
    EG_TRY(eg_strdup(&session->chip, row->chip, err));
    return eg_strdup(&session->tool_version, row->tool_version, err);
}

static enum eg_code collect_stage(void *context, const struct eg_report_stage *row, struct eg_error *err)
{
    struct eg__numbers *numbers = context;
    size_t i = 0;

    while (i < numbers->stage_count && strcmp(numbers->stages[i].series.name, row->stage) != 0)
        i++;
    if (i == numbers->stage_count) {
        EG_TRY(eg_grow(&numbers->stages, i, sizeof *numbers->stages, err));
        EG_TRY(eg_strdup(&numbers->stages[i].series.name, row->stage, err));
        numbers->stage_count++;
    }
    if (row->wire_us > 0) {
        numbers->stages[i].floor_sum += (double)row->wire_us / 1e6;
        numbers->stages[i].floors++;
    }
    for (size_t limit = EG_LIMIT_RATE; limit <= EG_LIMIT_DIGEST; limit++)
        numbers->stages[i].limits[limit] += strcmp(row->limited_by, eg_limit_name((enum eg_limit)limit)) == 0;
    return add_value(&numbers->stages[i].series, (double)row->duration_us / 1e6, eg__utc_ms(row->started_utc),
                     err);
}

static enum eg_code count_allowed(struct eg__numbers *numbers, const char *rule, struct eg_error *err)
{
    size_t i = 0;

    while (i < numbers->allowed_count && strcmp(numbers->allowed[i].rule, rule) != 0)
        i++;
    if (i == numbers->allowed_count) {
        EG_TRY(eg_grow(&numbers->allowed, i, sizeof *numbers->allowed, err));
        EG_TRY(eg_strdup(&numbers->allowed[i].rule, rule, err));
        numbers->allowed_count++;
    }
    numbers->allowed[i].runs++;
    return EG_OK;
}

static enum eg_code take_measure(struct eg__numbers *numbers, const struct eg_run_value *row,
                                 struct eg__measure **measure, struct eg_error *err)
{
    size_t i = 0;

    while (i < numbers->measure_count && (strcmp(numbers->measures[i].series.name, row->name) != 0 ||
                                          strcmp(numbers->measures[i].limits, row->limits) != 0))
        i++;
    if (i == numbers->measure_count) {
        EG_TRY(eg_grow(&numbers->measures, i, sizeof *numbers->measures, err));
        struct eg__measure *const made = &numbers->measures[numbers->measure_count++];
        EG_TRY(eg_alloc(&made->seen, (size_t)numbers->batch.units / 8 + 1, 1, err));
        EG_TRY(eg_strdup(&made->series.name, row->name, err));
        EG_TRY(eg_strdup(&made->limits, row->limits, err));
        EG_TRY(eg_strdup(&made->unit, row->unit, err));
        made->low = row->lower;
        made->high = row->upper;
    }
    *measure = &numbers->measures[i];
    return EG_OK;
}

/* The values come by run, as the runs are. */
static const struct eg__run *run_of_value(struct eg__numbers *numbers, int64_t run)
{
    while (numbers->value_run < numbers->run_count && numbers->runs[numbers->value_run].run < run)
        numbers->value_run++;
    return numbers->value_run < numbers->run_count && numbers->runs[numbers->value_run].run == run
               ? &numbers->runs[numbers->value_run]
               : NULL;
}

static enum eg_code note_outside(struct eg__numbers *numbers, int64_t run, const char *name,
                                 struct eg_error *err)
{
    if (numbers->outside_count > 0 && numbers->outside[numbers->outside_count - 1].run == run)
        return EG_OK;
    EG_TRY(eg_grow(&numbers->outside, numbers->outside_count, sizeof *numbers->outside, err));
    numbers->outside[numbers->outside_count++] = (struct eg__outside){run, name};
    return EG_OK;
}

static enum eg_code collect_value(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    struct eg__numbers *numbers = context;
    struct eg__measure *measure;

    if (strcmp(row->kind, "measured") != 0)
        return EG_OK;
    if (strcmp(row->name, EG_VALUE_ALLOWED) == 0)
        return count_allowed(numbers, row->value, err);
    EG_TRY(take_measure(numbers, row, &measure, err));
    if (!row->passed)
        EG_TRY(note_outside(numbers, row->run, measure->series.name, err));
    const struct eg__run *const run = run_of_value(numbers, row->run);
    if (run == NULL || run->unit == EG__NONE || (measure->seen[run->unit / 8] & (1u << run->unit % 8)) != 0)
        return EG_OK;
    measure->seen[run->unit / 8] |= (uint8_t)(1u << run->unit % 8);
    measure->outside += !row->passed;
    if (isnan(row->number)) {
        measure->texts++;
        return EG_OK;
    }
    const char *const point = strchr(row->value, '.');
    const int decimals = point == NULL ? 0 : (int)strlen(point + 1);
    measure->decimals = decimals > measure->decimals ? decimals : measure->decimals;
    return add_value(&measure->series, row->number, run->ended_ms, err);
}

/* The median of each part of the batch's time; `scratch` has room for all values. */
static void part_medians(struct eg__series *series, const struct eg__numbers *numbers, double *scratch)
{
    size_t begin[EG__PARTS + 1] = {0}, used[EG__PARTS] = {0};

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < series->count; i++) {
            const unsigned at = eg__numbers_part(numbers, series->times_ms[i]);
            if (pass == 0)
                begin[at + 1]++;
            else
                scratch[begin[at] + used[at]++] = series->values[i];
        }
        for (unsigned at = 0; pass == 0 && at < EG__PARTS; at++)
            begin[at + 1] += begin[at];
    }
    for (unsigned at = 0; at < EG__PARTS; at++)
        series->medians[at] = used[at] == 0 ? -1 : eg__quantile(scratch + begin[at], used[at], 0.5);
}

static enum eg_code sum_up(struct eg__series *series, const struct eg__numbers *numbers, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) double *scratch = NULL;

    if (series->count == 0)
        return EG_OK;
    EG_TRY(eg_alloc(&scratch, series->count, sizeof *scratch, err));
    part_medians(series, numbers, scratch);
    series->least = series->most = series->values[0];
    for (size_t i = 1; i < series->count; i++) {
        series->least = fmin(series->least, series->values[i]);
        series->most = fmax(series->most, series->values[i]);
    }
    series->median = eg__quantile(scratch, series->count, 0.5);
    series->p95 = eg__quantile(scratch, series->count, 0.95);
    series->bins_most = eg__quantile(scratch, series->count, 0.99);
    eg__histogram(series->values, series->count, series->least, series->bins_most, series->bins, EG__BINS);
    return EG_OK;
}

/* All of a measure is shown, also the few far outside of its limits. */
static enum eg_code sum_up_measure(struct eg__measure *measure, const struct eg__numbers *numbers,
                                   struct eg_error *err)
{
    struct eg__series *const series = &measure->series;

    if (series->count == 0)
        return EG_OK;
    EG_TRY(sum_up(series, numbers, err));
    series->bins_most = series->most;
    eg__histogram(series->values, series->count, series->least, series->most, series->bins, EG__BINS);
    measure->capability = eg__capability(series->values, series->count, measure->low, measure->high);
    return EG_OK;
}

static void set_limits(struct eg__groups *groups)
{
    int64_t trials = 0, bad = 0, contact = 0;

    for (size_t i = 0; i < groups->count; i++) {
        trials += groups->items[i].trials;
        bad += groups->items[i].bad;
        contact += groups->items[i].contact;
    }
    for (size_t i = 0; i < groups->count; i++) {
        struct eg__group *const group = &groups->items[i];
        if (group->trials == 0)
            continue;
        group->limits = eg__control_limits((double)bad / (double)trials, group->trials);
        group->contact_limits = eg__control_limits((double)contact / (double)trials, group->trials);
    }
}

/* When the contact faults of a slot were above their limit for the first time, as far as they stayed above.
 */
static int64_t contact_since(const struct eg__numbers *numbers, size_t slot)
{
    const struct eg__group *const group = &numbers->slots.items[slot];
    int64_t trials = 0, faults = 0, all_trials = 0, all_faults = 0;

    if ((double)group->contact / (double)group->trials <= group->contact_limits.high + EG__SAME)
        return -1;
    for (size_t i = 0; i < numbers->slots.count; i++) {
        all_trials += numbers->slots.items[i].trials;
        all_faults += numbers->slots.items[i].contact;
    }
    for (size_t i = 0; i < numbers->run_count; i++) {
        const struct eg__run *const run = &numbers->runs[i];
        if (run->slot != slot || run->repeat || run->outcome == EG_ABORTED)
            continue;
        trials++;
        faults += run->contact;
        const double mean = (double)all_faults / (double)all_trials;
        if (run->contact &&
            (double)faults / (double)trials > eg__control_limits(mean, trials).high + EG__SAME)
            return run->ended_ms;
    }
    return -1;
}

static int more_frequent(const void *one, const void *other)
{
    const struct eg__failure *a = one, *b = other;

    if (a->runs != b->runs)
        return a->runs < b->runs ? 1 : -1;
    return strcmp(a->code, b->code);
}

static void set_parts(struct eg__numbers *numbers)
{
    const int64_t begin_ms = eg__utc_ms(numbers->batch.first_utc);
    const int64_t end_ms = eg__utc_ms(numbers->batch.last_utc);
    const int64_t span_ms = end_ms > begin_ms ? end_ms - begin_ms + 1 : 1;

    numbers->begin_ms = begin_ms;
    numbers->step_ms = eg__time_step_ms(span_ms, EG__PARTS);
    numbers->parts = (unsigned)((span_ms + numbers->step_ms - 1) / numbers->step_ms);
}

static int by_end(const void *one, const void *other)
{
    const struct eg__run *const a = *(const struct eg__run *const *)one;
    const struct eg__run *const b = *(const struct eg__run *const *)other;

    return a->chain_id < b->chain_id ? -1 : a->chain_id > b->chain_id;
}

static enum eg_code set_order(struct eg__numbers *numbers, struct eg_error *err)
{
    size_t count = 0;

    EG_TRY(eg_alloc(&numbers->order, (size_t)numbers->batch.units + 1, sizeof numbers->order[0], err));
    for (size_t i = 0; i < numbers->run_count; i++)
        if (numbers->runs[i].last)
            numbers->order[count++] = &numbers->runs[i];
    if (count > 0)
        qsort(numbers->order, count, sizeof numbers->order[0], by_end);
    for (size_t i = 0; i < count; i++)
        numbers->runs[numbers->order[i] - numbers->runs].rank = i;
    return EG_OK;
}

enum eg_code eg__numbers_collect(struct eg__numbers *numbers, struct eg_query *query, const char *batch,
                                 struct eg_error *err)
{
    EG_TRY(eg_query_batch(query, batch, &numbers->batch, err));
    batch = numbers->batch.name;
    set_parts(numbers);
    EG_TRY(eg_query_chain_head(query, batch, &numbers->chain_id, numbers->chain_hash, err));
    EG_TRY(eg_query_sessions(query, batch, collect_session, numbers, err));
    EG_TRY(eg_query_report_runs(query, batch, collect_run, numbers, err));
    EG_TRY(set_order(numbers, err));
    EG_TRY(eg_query_report_stages(query, batch, collect_stage, numbers, err));
    EG_TRY(eg_query_batch_values(query, batch, collect_value, numbers, err));
    EG_TRY(sum_up(&numbers->cycle, numbers, err));
    for (size_t i = 0; i < numbers->stage_count; i++)
        EG_TRY(sum_up(&numbers->stages[i].series, numbers, err));
    for (size_t i = 0; i < numbers->measure_count; i++)
        EG_TRY(sum_up_measure(&numbers->measures[i], numbers, err));
    set_limits(&numbers->slots);
    set_limits(&numbers->flash);
    for (size_t i = 0; i < numbers->slots.count; i++)
        numbers->slots.items[i].since_ms =
            numbers->slots.items[i].trials > 0 ? contact_since(numbers, i) : -1;
    if (numbers->failure_count > 0)
        qsort(numbers->failures, numbers->failure_count, sizeof *numbers->failures, more_frequent);
    return EG_OK;
}

static void series_finish(struct eg__series *series)
{
    free(series->name);
    free(series->values);
    free(series->times_ms);
}

static void groups_finish(struct eg__groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        free(groups->items[i].name);
    free(groups->items);
}

static void measure_finish(struct eg__measure *measure)
{
    series_finish(&measure->series);
    free(measure->limits);
    free(measure->unit);
    free(measure->seen);
}

static void session_finish(struct eg__session *session)
{
    free(session->started_utc);
    free(session->station);
    free(session->operator_name);
    free(session->job);
    free(session->job_version);
    free(session->job_sha256);
    free(session->chip);
    free(session->tool_version);
}

void eg__numbers_finish(struct eg__numbers *numbers)
{
    groups_finish(&numbers->slots);
    groups_finish(&numbers->flash);
    for (size_t i = 0; i < numbers->failure_count; i++) {
        free(numbers->failures[i].code);
        free(numbers->failures[i].blame);
    }
    free(numbers->failures);
    series_finish(&numbers->cycle);
    for (size_t i = 0; i < numbers->stage_count; i++)
        series_finish(&numbers->stages[i].series);
    free(numbers->stages);
    for (size_t i = 0; i < numbers->measure_count; i++)
        measure_finish(&numbers->measures[i]);
    free(numbers->measures);
    for (size_t i = 0; i < numbers->session_count; i++)
        session_finish(&numbers->sessions[i]);
    free(numbers->sessions);
    for (size_t i = 0; i < numbers->allowed_count; i++)
        free(numbers->allowed[i].rule);
    free(numbers->allowed);
    free(numbers->outside);
    free(numbers->order);
    free(numbers->runs);
}

const struct eg__run *eg__numbers_run(const struct eg__numbers *numbers, int64_t run)
{
    size_t low = 0, high = numbers->run_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (numbers->runs[middle].run < run)
            low = middle + 1;
        else
            high = middle;
    }
    return low < numbers->run_count && numbers->runs[low].run == run ? &numbers->runs[low] : NULL;
}

const char *eg__numbers_outside(const struct eg__numbers *numbers, int64_t run)
{
    size_t low = 0, high = numbers->outside_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (numbers->outside[middle].run < run)
            low = middle + 1;
        else
            high = middle;
    }
    return low < numbers->outside_count && numbers->outside[low].run == run ? numbers->outside[low].name
                                                                            : NULL;
}

const char *eg__group_verdict(const struct eg__group *group)
{
    const double share = (double)group->bad / (double)group->trials;

    if (share > group->limits.high + EG__SAME)
        return "above the limit";
    return share < group->limits.low - EG__SAME ? "below the limit" : "within the limits";
}

void eg__flash_text(char text[EG__FLASH_TEXT], int64_t jedec, int64_t size)
{
    /* First bytes of flash ids (JEP106, bank 1). XMC shares its one with Micron. A line that nobody drives
     * reads as all zeros or ones. */
    static const struct {
        uint8_t id;
        const char *name;
    } makers[] = {
        {0x1f, " Adesto"},     {0x68, " Boya"},      {0x1c, " EON"},      {0xa1, " Fudan"},
        {0xc8, " GigaDevice"}, {0x9d, " ISSI"},      {0xc2, " Macronix"}, {0x85, " Puya"},
        {0xef, " Winbond"},    {0x20, " XMC"},       {0x0b, " XTX"},      {0x5e, " Zbit"},
        {0x00, " no answer"},  {0xff, " no answer"},
    };
    char id[EG_JEDEC_TEXT];
    const char *maker = "";

    text[0] = '\0';
    if (jedec < 0)
        return;
    eg_jedec_text(id, (uint32_t)jedec);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (makers[i].id == (jedec & 0xff))
            maker = makers[i].name;
    const int used = snprintf(text, EG__FLASH_TEXT, "%s%s", id, maker);
    if (size > 0)
        snprintf(text + used, EG__FLASH_TEXT - (size_t)used,
                 size % (1 << 20) == 0 ? ", %lld MB" : ", %lld KB",
                 (long long)(size % (1 << 20) == 0 ? size >> 20 : size >> 10));
}
