/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A batch, or a trend, for programs. What is not known is null; times are UTC, durations and cycle times
 * seconds.
 *
 * A field may be added at any time; one that goes or changes its meaning makes VERSION grow.
 */

#include "engine/base/clock.h"
#include "reports/report_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define VERSION       2
#define TREND_VERSION 1

struct json {
    struct eg__out *out;
    const struct eg__report *report;
    bool more; /* the list or object that is open has something already */
};

static void separate(struct json *json)
{
    if (json->more)
        fputs(",\n", json->out->file);
    json->more = true;
}

/* The name of what comes next; NULL in a list. */
static void name(struct json *json, const char *text)
{
    separate(json);
    if (text != NULL) {
        eg__out_json(json->out, text);
        putc(':', json->out->file);
    }
}

static void begin(struct json *json, const char *text, char bracket)
{
    name(json, text);
    putc(bracket, json->out->file);
    json->more = false;
}

static void end(struct json *json, char bracket)
{
    putc(bracket, json->out->file);
    json->more = true;
}

static void text(struct json *json, const char *key, const char *value)
{
    name(json, key);
    if (value[0] == '\0')
        fputs("null", json->out->file);
    else
        eg__out_json(json->out, value);
}

static void number(struct json *json, const char *key, int64_t value)
{
    name(json, key);
    if (value < 0)
        fputs("null", json->out->file);
    else
        fprintf(json->out->file, "%" PRId64, value);
}

static void real(struct json *json, const char *key, double value)
{
    name(json, key);
    fprintf(json->out->file, "%.9g", value);
}

/* A decimal number as it was read; NAN is null. */
static void measure(struct json *json, const char *key, double value)
{
    name(json, key);
    if (isnan(value))
        fputs("null", json->out->file);
    else
        fprintf(json->out->file, "%.15g", value);
}

static void truth(struct json *json, const char *key, bool value)
{
    name(json, key);
    fputs(value ? "true" : "false", json->out->file);
}

static void share(struct json *json, const char *key, int64_t part, int64_t whole)
{
    if (whole > 0)
        real(json, key, (double)part / (double)whole);
    else
        text(json, key, "");
}

static void batch_object(struct json *json)
{
    const struct eg__numbers *numbers = json->report->numbers;
    const struct eg_batch *batch = &numbers->batch;

    begin(json, "batch", '{');
    text(json, "name", batch->name);
    text(json, "first_utc", batch->first_utc);
    text(json, "last_utc", batch->last_utc);
    number(json, "runs", batch->runs);
    number(json, "unfinished", batch->unfinished);
    number(json, "units", batch->units);
    number(json, "pass", batch->passed);
    number(json, "pass_marginal", batch->marginal);
    number(json, "fail", batch->failed);
    number(json, "error", batch->errors);
    number(json, "aborted", batch->aborted);
    number(json, "first_pass", batch->first_pass);
    number(json, "repeats", batch->repeats);
    number(json, "no_board", batch->no_board);
    number(json, "clones", batch->clones);
    truth(json, "simulated", batch->simulated != 0);
    text(json, "definition", EG_UNIT_DEFINITION);
    share(json, "yield", batch->passed + batch->marginal, batch->units);
    share(json, "first_pass_yield", batch->first_pass, batch->units);
    number(json, "retried_runs", numbers->retried_runs);
    number(json, "retries", numbers->retries);
    number(json, "chain_id", numbers->chain_id > 0 ? numbers->chain_id : -1);
    text(json, "chain_hash", numbers->chain_hash);
    end(json, '}');
}

static enum eg_code seal_field(void *context, const char *key, const char *value, struct eg_error *err)
{
    (void)err;
    text(context, key, value);
    return EG_OK;
}

static enum eg_code session_object(void *context, const struct eg_batch_session *row, struct eg_error *err)
{
    struct json *json = context;

    (void)err;
    begin(json, NULL, '{');
    text(json, "started_utc", row->started_utc);
    text(json, "station", row->station);
    text(json, "operator", row->operator_name);
    text(json, "job", row->job);
    text(json, "job_version", row->job_version);
    text(json, "job_sha256", row->job_sha256);
    text(json, "chip", row->chip);
    text(json, "tool_version", row->tool_version);
    number(json, "runs", row->runs);
    end(json, '}');
    return EG_OK;
}

static enum eg_code region_object(void *context, const struct eg_batch_region *row, struct eg_error *err)
{
    struct json *json = context;

    (void)err;
    begin(json, NULL, '{');
    text(json, "name", row->name);
    text(json, "file", row->file);
    number(json, "flash_addr", row->flash_addr);
    number(json, "size", row->size);
    text(json, "md5", row->expected_md5);
    text(json, "sha256", row->expected_sha256);
    number(json, "equal", row->equal);
    number(json, "different", row->different);
    number(json, "not_checked", row->not_checked);
    end(json, '}');
    return EG_OK;
}

static void group_list(struct json *json, const char *key, const struct eg__groups *groups)
{
    begin(json, key, '[');
    for (size_t i = 0; i < groups->count; i++) {
        const struct eg__group *group = &groups->items[i];
        if (group->trials == 0)
            continue;
        begin(json, NULL, '{');
        text(json, "name", group->name);
        number(json, "trials", group->trials);
        number(json, "bad", group->bad);
        real(json, "low", group->limits.low);
        real(json, "high", group->limits.high);
        text(json, "limits", group->limits.exact ? "exact" : "3-sigma");
        text(json, "verdict", eg__group_verdict(group));
        end(json, '}');
    }
    end(json, ']');
}

static void summary(struct json *json, const struct eg__series *series)
{
    number(json, "count", (int64_t)series->count);
    if (series->count == 0)
        return;
    real(json, "min", series->least);
    real(json, "median", series->median);
    real(json, "p95", series->p95);
    real(json, "max", series->most);
}

static void lists(struct json *json)
{
    const struct eg__numbers *numbers = json->report->numbers;

    begin(json, "failures", '[');
    for (size_t i = 0; i < numbers->failure_count; i++) {
        begin(json, NULL, '{');
        text(json, "code", numbers->failures[i].code);
        text(json, "blame", numbers->failures[i].blame);
        number(json, "runs", numbers->failures[i].runs);
        end(json, '}');
    }
    end(json, ']');
    group_list(json, "slots", &numbers->slots);
    group_list(json, "flash", &numbers->flash);
    begin(json, "cycle", '{');
    summary(json, &numbers->cycle);
    end(json, '}');
    begin(json, "stages", '[');
    for (size_t i = 0; i < numbers->stage_count; i++) {
        begin(json, NULL, '{');
        text(json, "name", numbers->stages[i].series.name);
        summary(json, &numbers->stages[i].series);
        measure(json, "floor",
                numbers->stages[i].floors > 0
                    ? numbers->stages[i].floor_sum / (double)numbers->stages[i].floors
                    : NAN);
        begin(json, "limited_by", '{');
        for (size_t limit = EG_LIMIT_RATE; limit <= EG_LIMIT_DIGEST; limit++)
            if (numbers->stages[i].limits[limit] > 0)
                number(json, eg_limit_name((enum eg_limit)limit), numbers->stages[i].limits[limit]);
        end(json, '}');
        end(json, '}');
    }
    end(json, ']');
    begin(json, "measured", '[');
    for (size_t i = 0; i < numbers->measure_count; i++) {
        const struct eg__measure *measured = &numbers->measures[i];
        begin(json, NULL, '{');
        text(json, "name", measured->series.name);
        text(json, "unit", measured->unit);
        measure(json, "lower", measured->low);
        measure(json, "upper", measured->high);
        text(json, "limits", measured->limits);
        number(json, "outside", measured->outside);
        number(json, "not_numbers", measured->texts);
        summary(json, &measured->series);
        if (measured->series.count > 0) {
            real(json, "mean", measured->capability.mean);
            real(json, "sd", measured->capability.sd);
            measure(json, "cp", measured->capability.cp);
            measure(json, "cpk", measured->capability.cpk);
        }
        end(json, '}');
    }
    end(json, ']');
}

static void cluster(struct json *json, const struct eg__cause *cause)
{
    if (cause->cluster.name == NULL) {
        text(json, "cluster", "");
        return;
    }
    begin(json, "cluster", '{');
    text(json, "kind", cause->cluster.slot ? "slot" : "flash");
    text(json, "name", cause->cluster.name);
    number(json, "units", cause->cluster.here);
    number(json, "of", cause->cluster.units);
    real(json, "p", cause->cluster.p);
    end(json, '}');
}

static void cause_list(struct json *json)
{
    const struct eg__causes *const causes = json->report->causes;
    char since[EG__TIME_TEXT];

    begin(json, "causes", '[');
    for (size_t i = 0; i < causes->count; i++) {
        const struct eg__cause *const cause = &causes->items[i];
        begin(json, NULL, '{');
        text(json, "name", cause->name);
        text(json, "codes", cause->codes);
        number(json, "units", (int64_t)cause->count);
        number(json, "slots", (int64_t)cause->slots);
        eg__utc_text(since, cause->since_ms);
        text(json, "since_utc", since);
        cluster(json, cause);
        end(json, '}');
    }
    end(json, ']');
}

/* Good units with a slow flash. */
static void slow_flash(struct json *json)
{
    const struct eg__cause *const slow = &json->report->causes->slow;

    begin(json, "slow_flash", '{');
    number(json, "units", (int64_t)slow->count);
    number(json, "slots", (int64_t)slow->slots);
    cluster(json, slow);
    end(json, '}');
}

static void throughput(struct json *json)
{
    const struct eg__numbers *numbers = json->report->numbers;
    char utc[EG__TIME_TEXT];

    begin(json, "throughput", '[');
    for (unsigned i = 0; numbers->batch.runs > 0 && i < numbers->parts; i++) {
        eg__utc_text(utc, numbers->begin_ms + i * numbers->step_ms);
        begin(json, NULL, '{');
        text(json, "from_utc", utc);
        real(json, "seconds", (double)numbers->step_ms / 1000);
        number(json, "finished", numbers->finished[i]);
        number(json, "passed", numbers->passed[i]);
        end(json, '}');
    }
    end(json, ']');
}

/* A duration is in seconds here, and its name without "_ms". */
static void run_member(struct json *json, const struct eg_run_column *column, const struct eg_run_row *run)
{
    const char *const member = (const char *)run + column->offset;
    const int64_t value = eg_run_is_text(column) ? -1 : *(const int64_t *)(const void *)member;
    char jedec[EG_JEDEC_TEXT] = "", key[40];

    switch (column->kind) {
    case EG_RUN_TEXT:
    case EG_RUN_TIME:
        text(json, column->member, *(const char *const *)(const void *)member);
        break;
    case EG_RUN_NUMBER:
        number(json, column->member, value);
        break;
    case EG_RUN_JEDEC:
        if (value >= 0)
            eg_jedec_text(jedec, (uint32_t)value);
        text(json, column->member, jedec);
        break;
    case EG_RUN_MS:
        snprintf(key, sizeof key, "%.*s", (int)(strlen(column->member) - strlen("_ms")), column->member);
        if (value < 0)
            text(json, key, "");
        else
            real(json, key, (double)value / 1000);
        break;
    }
}

static enum eg_code run_object(void *context, const struct eg_run_row *row, struct eg_error *err)
{
    struct json *json = context;
    const struct eg__values *values = json->report->values;
    const struct eg_run_column *column;
    size_t count;
    const struct eg__value *of_run = eg__values_of(values, row->run, &count);

    (void)err;
    begin(json, NULL, '{');
    for (unsigned i = 0; (column = eg_run_column(EG_RUN_REPORT, i)) != NULL; i++)
        if (column->offset != offsetof(struct eg_run_row, batch)) /* the document's */
            run_member(json, column, row);
    begin(json, "values", '[');
    for (size_t i = 0; i < count; i++) {
        begin(json, NULL, '{');
        const struct eg__value_name *const value_name = &values->names[of_run[i].name];
        text(json, "kind", value_name->given ? "unit" : "measured");
        text(json, "name", value_name->name);
        text(json, "value", of_run[i].text);
        measure(json, "number", of_run[i].number);
        text(json, "unit", value_name->unit);
        measure(json, "lower", of_run[i].lower);
        measure(json, "upper", of_run[i].upper);
        truth(json, "passed", of_run[i].passed);
        end(json, '}');
    }
    end(json, ']');
    end(json, '}');
    return EG_OK;
}

static enum eg_code write_json(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    struct json json = {out, report, false};
    const char *batch = report->numbers->batch.name;
    char now[EG_UTC_TEXT];

    eg_clock_utc(now);
    begin(&json, NULL, '{');
    text(&json, "espgang", "report");
    number(&json, "version", VERSION);
    text(&json, "made_utc", now);
    text(&json, "ledger", eg_query_path(report->query));
    batch_object(&json);
    begin(&json, "seal", '{');
    EG_TRY(eg_query_seal(report->query, batch, seal_field, &json, err));
    end(&json, '}');
    begin(&json, "sessions", '[');
    EG_TRY(eg_query_sessions(report->query, batch, session_object, &json, err));
    end(&json, ']');
    begin(&json, "regions", '[');
    EG_TRY(eg_query_regions(report->query, batch, region_object, &json, err));
    end(&json, ']');
    lists(&json);
    cause_list(&json);
    slow_flash(&json);
    throughput(&json);
    begin(&json, "runs", '[');
    EG_TRY(eg_query_runs(report->query, batch, true, run_object, &json, err));
    end(&json, ']');
    end(&json, '}');
    putc('\n', out->file);
    return EG_OK;
}

static void moment_time(struct json *json, const char *key, int64_t time_ms)
{
    char utc[EG__TIME_TEXT] = "";

    if (time_ms >= 0)
        eg__utc_text(utc, time_ms);
    text(json, key, utc);
}

static void tally_members(struct json *json, const struct eg__trend *trend, const struct eg__tally *tally)
{
    const bool any = tally->units > 0 && !trend->by_outcome;

    number(json, "runs", tally->runs);
    number(json, "units", tally->units);
    number(json, "pass", tally->of[EG_PASS]);
    number(json, "pass_marginal", tally->of[EG_PASS_MARGINAL]);
    number(json, "fail", tally->of[EG_FAIL]);
    number(json, "error", tally->of[EG_ERROR]);
    number(json, "aborted", tally->of[EG_ABORTED]);
    share(json, "yield", eg__tally_good(tally), any ? tally->units : 0);
    share(json, "first_pass_yield", tally->first_pass, any ? tally->units : 0);
    number(json, "cycles", tally->cycles);
    measure(json, "cycle_median", tally->cycle_median);
    measure(json, "cycle_p95", tally->cycle_p95);
    begin(json, "causes", '[');
    for (size_t i = 0; i < trend->cause_count; i++)
        if (tally->causes[i] > 0) {
            begin(json, NULL, '{');
            text(json, "name", trend->causes[i]);
            number(json, "units", tally->causes[i]);
            end(json, '}');
        }
    end(json, ']');
    begin(json, "measured", '[');
    for (size_t i = 0; i < trend->measure_count; i++) {
        const struct eg__moments *const moments = &tally->measures[i];
        if (moments->count == 0)
            continue;
        const struct eg__capability capability = eg__moments_capability(moments, &trend->measures[i]);
        begin(json, NULL, '{');
        text(json, "name", trend->measures[i].name);
        text(json, "limits", trend->measures[i].limits);
        text(json, "unit", trend->measures[i].unit);
        measure(json, "lower", trend->measures[i].low);
        measure(json, "upper", trend->measures[i].high);
        number(json, "n", moments->count);
        number(json, "outside", moments->outside);
        measure(json, "mean", moments->mean);
        measure(json, "sd", capability.sd);
        measure(json, "least", moments->least);
        measure(json, "most", moments->most);
        measure(json, "cp", capability.cp);
        measure(json, "cpk", capability.cpk);
        end(json, '}');
    }
    end(json, ']');
}

static void shift_object(struct json *json, const char *key, const char *cause, const struct eg__shift *shift)
{
    if (!shift->known) {
        text(json, key, "");
        return;
    }
    begin(json, key, '{');
    if (cause != NULL)
        text(json, "cause", cause);
    number(json, "last", shift->here);
    number(json, "last_units", shift->units);
    number(json, "before", shift->before);
    number(json, "before_units", shift->units_before);
    measure(json, "p", shift->p);
    end(json, '}');
}

static enum eg_code write_trend(struct eg__out *out, const struct eg__trend_report *report,
                                struct eg_error *err)
{
    const struct eg__trend *const trend = report->trend;
    struct json json = {out, NULL, false};
    char now[EG_UTC_TEXT];

    (void)err;
    eg_clock_utc(now);
    begin(&json, NULL, '{');
    text(&json, "espgang", "trend");
    number(&json, "version", TREND_VERSION);
    text(&json, "made_utc", now);
    text(&json, "by", eg__trend_by_name(trend->by));
    truth(&json, "simulated", trend->simulated);
    text(&json, "definition", EG_UNIT_DEFINITION);
    begin(&json, "total", '{');
    tally_members(&json, trend, &trend->total);
    end(&json, '}');
    shift_object(&json, "good_in_last_period", NULL, &trend->yield_shift);
    shift_object(&json, "cause_in_last_period",
                 trend->cause_count > 0 ? trend->causes[trend->shifted_cause] : NULL, &trend->cause_shift);
    begin(&json, "periods", '[');
    for (size_t i = 0; i < trend->period_count; i++) {
        if (trend->periods[i].runs == 0)
            continue;
        begin(&json, NULL, '{');
        moment_time(&json, "begin_utc", trend->periods[i].begin_ms);
        moment_time(&json, "end_utc", trend->periods[i].end_ms);
        tally_members(&json, trend, &trend->periods[i]);
        end(&json, '}');
    }
    end(&json, ']');
    begin(&json, "batches", '[');
    for (size_t i = 0; i < trend->batch_count; i++) {
        const struct eg__trend_batch *const batch = &trend->batches[i];
        if (batch->tally.runs == 0)
            continue;
        begin(&json, NULL, '{');
        text(&json, "batch", batch->name);
        text(&json, "job", batch->job);
        text(&json, "job_version", batch->job_version);
        moment_time(&json, "first_utc", batch->tally.begin_ms);
        moment_time(&json, "last_utc", batch->tally.end_ms);
        tally_members(&json, trend, &batch->tally);
        end(&json, '}');
    }
    end(&json, ']');
    end(&json, '}');
    putc('\n', out->file);
    return EG_OK;
}

const struct eg_report_format eg_report_format_json = {
    .name = "json",
    .summary = "Write everything for programs",
    .more = "It begins with `{\"espgang\":\"report\",\"version\":2`, of a trend with "
            "`{\"espgang\":\"trend\",\"version\":1`.",
    .every_value = true,
    .write = write_json,
    .write_trend = write_trend,
};
