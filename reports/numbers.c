/* SPDX-License-Identifier: Apache-2.0 */

/* Slots, codes, stages and measured names are few, so they are looked for one after the other. */

#include "reports/numbers.h"

#include "reports/values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum eg_code add_value(struct eg__series *series, double value, int64_t time_ms, struct eg_error *err)
{
    size_t room = series->room;

    EG_TRY(eg__grow(&series->values, series->count, &room, sizeof *series->values, err));
    EG_TRY(eg__grow(&series->times_ms, series->count, &series->room, sizeof *series->times_ms, err));
    series->values[series->count] = value;
    series->times_ms[series->count++] = time_ms;
    return EG_OK;
}

static enum eg_code count_trial(struct eg__groups *groups, const char *name, const struct eg_report_run *row,
                                bool bad, struct eg_error *err)
{
    size_t i = 0;

    while (i < groups->count && strcmp(groups->items[i].name, name) != 0)
        i++;
    if (i == groups->count) {
        EG_TRY(eg__grow(&groups->items, groups->count, &groups->room, sizeof *groups->items, err));
        EG_TRY(eg_strdup(&groups->items[i].name, name, err));
        groups->items[i].flash_jedec = row->flash_jedec;
        groups->items[i].flash_size = row->flash_size;
        groups->count++;
    }
    groups->items[i].trials++;
    groups->items[i].bad += bad;
    return EG_OK;
}

static enum eg_code count_failure(struct eg__numbers *numbers, const struct eg_report_run *row,
                                  struct eg_error *err)
{
    size_t i = 0;

    while (i < numbers->failure_count && (strcmp(numbers->failures[i].code, row->code) != 0 ||
                                          strcmp(numbers->failures[i].blame, row->blame) != 0))
        i++;
    if (i == numbers->failure_count) {
        EG_TRY(eg__grow(&numbers->failures, i, &numbers->failure_room, sizeof *numbers->failures, err));
        numbers->failure_count++;
        EG_TRY(eg_strdup(&numbers->failures[i].code, row->code, err));
        EG_TRY(eg_strdup(&numbers->failures[i].blame, row->blame, err));
    }
    numbers->failures[i].runs++;
    return EG_OK;
}

static void count_time(struct eg__numbers *numbers, const char *utc, bool passed)
{
    const int64_t part = (eg__utc_ms(utc) - numbers->begin_ms) / numbers->step_ms;
    const unsigned at = part < 0 ? 0 : part >= numbers->parts ? numbers->parts - 1 : (unsigned)part;

    numbers->finished[at]++;
    numbers->passed[at] += passed;
}

static enum eg_code collect_run(void *context, const struct eg_report_run *row, struct eg_error *err)
{
    struct eg__numbers *numbers = context;
    const bool passed = strcmp(row->outcome, "pass") == 0 || strcmp(row->outcome, "pass-marginal") == 0;
    char flash[EG__FLASH_TEXT];

    if (strcmp(row->code, "seen-before") == 0)
        return EG_OK; /* it says nothing of slot or board */
    count_time(numbers, row->finished_utc, passed);
    if (row->attempts > 1) {
        numbers->retried_runs++;
        numbers->retries += row->attempts - 1;
    }
    if (!passed)
        EG_TRY(count_failure(numbers, row, err));
    if (strcmp(row->outcome, "aborted") == 0)
        return EG_OK;
    numbers->trials++;
    numbers->bad += !passed;
    EG_TRY(count_trial(&numbers->slots, row->slot, row, !passed, err));
    eg__flash_text(flash, row->flash_jedec, row->flash_size);
    if (flash[0] != '\0')
        EG_TRY(count_trial(&numbers->flash, flash, row, !passed, err));
    return !passed || row->duration_us < 0 ? EG_OK
                                           : add_value(&numbers->cycle, (double)row->duration_us / 1e6,
                                                       eg__utc_ms(row->finished_utc), err);
}

static enum eg_code collect_stage(void *context, const struct eg_report_stage *row, struct eg_error *err)
{
    struct eg__numbers *numbers = context;
    size_t i = 0;

    while (i < numbers->stage_count && strcmp(numbers->stages[i].name, row->stage) != 0)
        i++;
    if (i == numbers->stage_count) {
        EG_TRY(eg__grow(&numbers->stages, i, &numbers->stage_room, sizeof *numbers->stages, err));
        EG_TRY(eg_strdup(&numbers->stages[i].name, row->stage, err));
        numbers->stage_count++;
    }
    return add_value(&numbers->stages[i], (double)row->duration_us / 1e6, eg__utc_ms(row->started_utc), err);
}

static enum eg_code collect_value(void *context, const struct eg_run_value *row, struct eg_error *err)
{
    struct eg__numbers *numbers = context;
    struct eg__measure *measure = numbers->measures;
    size_t i = 0;

    if (strcmp(row->kind, "measured") != 0)
        return EG_OK;
    while (i < numbers->measure_count && (strcmp(numbers->measures[i].series.name, row->name) != 0 ||
                                          strcmp(numbers->measures[i].limits, row->limits) != 0))
        i++;
    if (i == numbers->measure_count) {
        EG_TRY(eg__grow(&numbers->measures, i, &numbers->measure_room, sizeof *numbers->measures, err));
        measure = &numbers->measures[numbers->measure_count++];
        EG_TRY(eg_strdup(&measure->series.name, row->name, err));
        EG_TRY(eg_strdup(&measure->limits, row->limits, err));
        EG_TRY(eg_strdup(&measure->unit, row->unit, err));
        measure->low = row->lower;
        measure->high = row->upper;
    }
    measure = &numbers->measures[i];
    measure->outside += !row->passed;
    if (!isnan(row->number))
        return add_value(&measure->series, row->number, 0, err);
    measure->texts++;
    return EG_OK;
}

/* The median of each part of the batch's time; `scratch` has room for all values. */
static void part_medians(struct eg__series *series, const struct eg__numbers *numbers, double *scratch)
{
    size_t begin[EG__PARTS + 1] = {0}, used[EG__PARTS] = {0};

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < series->count; i++) {
            const int64_t part = (series->times_ms[i] - numbers->begin_ms) / numbers->step_ms;
            const unsigned at = part < 0 ? 0 : part >= numbers->parts ? numbers->parts - 1 : (unsigned)part;
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
static void show_all(struct eg__series *series)
{
    series->bins_most = series->most;
    if (series->count > 0)
        eg__histogram(series->values, series->count, series->least, series->most, series->bins, EG__BINS);
}

static void set_limits(struct eg__groups *groups)
{
    int64_t trials = 0, bad = 0;

    for (size_t i = 0; i < groups->count; i++) {
        trials += groups->items[i].trials;
        bad += groups->items[i].bad;
    }
    for (size_t i = 0; i < groups->count; i++)
        groups->items[i].limits = eg__control_limits((double)bad / (double)trials, groups->items[i].trials);
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

enum eg_code eg__numbers_collect(struct eg__numbers *numbers, struct eg_query *query, const char *batch,
                                 struct eg_error *err)
{
    EG_TRY(eg_query_batch(query, batch, &numbers->batch, err));
    batch = numbers->batch.name;
    set_parts(numbers);
    EG_TRY(eg_query_chain_head(query, batch, &numbers->chain_id, numbers->chain_hash, err));
    EG_TRY(eg_query_report_runs(query, batch, collect_run, numbers, err));
    EG_TRY(eg_query_report_stages(query, batch, collect_stage, numbers, err));
    EG_TRY(eg_query_batch_values(query, batch, collect_value, numbers, err));
    EG_TRY(sum_up(&numbers->cycle, numbers, err));
    for (size_t i = 0; i < numbers->stage_count; i++)
        EG_TRY(sum_up(&numbers->stages[i], numbers, err));
    for (size_t i = 0; i < numbers->measure_count; i++) {
        EG_TRY(sum_up(&numbers->measures[i].series, numbers, err));
        show_all(&numbers->measures[i].series);
    }
    set_limits(&numbers->slots);
    set_limits(&numbers->flash);
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
        series_finish(&numbers->stages[i]);
    free(numbers->stages);
    for (size_t i = 0; i < numbers->measure_count; i++) {
        series_finish(&numbers->measures[i].series);
        free(numbers->measures[i].limits);
        free(numbers->measures[i].unit);
    }
    free(numbers->measures);
}

const char *eg__group_verdict(const struct eg__group *group)
{
    const double share = (double)group->bad / (double)group->trials;

    if (share > group->limits.high + 1e-12)
        return "above the limit";
    return share < group->limits.low - 1e-12 ? "below the limit" : "within the limits";
}

void eg__flash_text(char text[EG__FLASH_TEXT], int64_t jedec, int64_t size)
{
    /* First bytes of flash ids (JEP106, bank 1). XMC shares its one with Micron. */
    static const struct {
        uint8_t id;
        const char *name;
    } makers[] = {
        {0x1f, " Adesto"},     {0x68, " Boya"}, {0x1c, " EON"},      {0xa1, " Fudan"},
        {0xc8, " GigaDevice"}, {0x9d, " ISSI"}, {0xc2, " Macronix"}, {0x85, " Puya"},
        {0xef, " Winbond"},    {0x20, " XMC"},  {0x0b, " XTX"},      {0x5e, " Zbit"},
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
