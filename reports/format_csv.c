/* SPDX-License-Identifier: Apache-2.0 */

/* The runs of a batch, or the periods of many, as a table for spreadsheets: RFC 4180, UTF-8. */

#include "engine/base/csv.h"
#include "reports/report_internal.h"

#include <inttypes.h>
#include <math.h>

struct csv {
    struct eg__out *out;
    const struct eg__report *report;
};

static void run_field(struct eg__out *out, const struct eg_run_column *column, const struct eg_run_row *run)
{
    const char *const member = (const char *)run + column->offset;
    const int64_t number = eg_run_is_text(column) ? -1 : *(const int64_t *)(const void *)member;
    char jedec[EG_JEDEC_TEXT];

    if (eg_run_is_text(column))
        eg_csv_put(out->file, *(const char *const *)(const void *)member);
    else if (number >= 0 && column->kind == EG_RUN_JEDEC)
        eg_jedec_text(jedec, (uint32_t)number), fputs(jedec, out->file);
    else if (number >= 0)
        fprintf(out->file, "%" PRId64, number);
}

static void put_limit(struct eg__out *out, double limit)
{
    if (isnan(limit))
        putc(',', out->file);
    else
        fprintf(out->file, ",%.15g", limit);
}

/* NULL: the run has none of the name. */
static void put_value(struct eg__out *out, const struct eg__values *values, const struct eg__value_name *name,
                      const struct eg__value *value)
{
    putc(',', out->file);
    eg_csv_put(out->file, value != NULL ? value->text : "");
    if (name->given)
        return;
    putc(',', out->file);
    eg_csv_put(out->file, value != NULL ? values->names[value->name].unit : "");
    put_limit(out, value != NULL ? value->lower : NAN);
    put_limit(out, value != NULL ? value->upper : NAN);
}

/* The columns of a name: a measured value has its unit and limits in columns of their own. */
static void put_names(struct eg__out *out, const struct eg__value_name *name)
{
    static const char *const more[] = {"", ":unit", ":lower", ":upper"};
    char text[400];

    for (size_t i = 0; i < (name->given ? 1 : sizeof more / sizeof more[0]); i++) {
        snprintf(text, sizeof text, "%s%s", name->name, more[i]);
        fputs(name->given ? ",unit:" : ",measured:", out->file);
        eg_csv_put(out->file, text);
    }
}

static enum eg_code run_row(void *context, const struct eg_run_row *row, struct eg_error *err)
{
    const struct csv *csv = context;
    struct eg__out *out = csv->out;
    const struct eg__values *values = csv->report->values;
    const struct eg_run_column *column;
    size_t count;
    const struct eg__value *of_run = eg__values_of(values, row->run, &count);

    (void)err;
    for (unsigned i = 0; (column = eg_run_column(EG_RUN_REPORT, i)) != NULL; i++) {
        fputs(i > 0 ? "," : "", out->file);
        run_field(out, column, row);
    }
    for (size_t name = 0; name < values->name_count; name++) {
        const struct eg__value *value = NULL;
        if (values->names[name].column != name)
            continue;
        for (size_t i = 0; i < count; i++)
            if (values->names[of_run[i].name].column == name)
                value = &of_run[i];
        put_value(out, values, &values->names[name], value);
    }
    fputs("\r\n", out->file);
    return EG_OK;
}

static enum eg_code write_csv(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    struct csv csv = {out, report};
    const struct eg_run_column *column;

    for (unsigned i = 0; (column = eg_run_column(EG_RUN_REPORT, i)) != NULL; i++)
        fprintf(out->file, "%s%s", i > 0 ? "," : "", column->member);
    for (size_t i = 0; i < report->values->name_count; i++)
        if (report->values->names[i].column == i)
            put_names(out, &report->values->names[i]);
    fputs("\r\n", out->file);
    return eg_query_runs(report->query, report->numbers->batch.name, true, run_row, &csv, err);
}

static void put_share(struct eg__out *out, int64_t part, const struct eg__tally *tally,
                      const struct eg__trend *trend)
{
    if (tally->units > 0 && !trend->by_outcome)
        fprintf(out->file, ",%.9g", (double)part / (double)tally->units);
    else
        putc(',', out->file);
}

static void put_real(struct eg__out *out, double number, bool known)
{
    if (known && !isnan(number))
        fprintf(out->file, ",%.9g", number);
    else
        putc(',', out->file);
}

/* Moments are `measured:NAME` and more; limits tell apart values of the same name. */
static void trend_heads(struct eg__out *out, const struct eg__trend *trend)
{
    static const char *const more[] = {"n", "mean", "sd", "least", "most", "cpk", "outside"};
    char text[1000];

    fputs("begin,end,runs,units,pass,pass_marginal,fail,error,aborted,yield,first_pass_yield,cycle_median_s,"
          "cycle_p95_s",
          out->file);
    for (size_t i = 0; i < trend->cause_count; i++) {
        fputs(",cause:", out->file);
        eg_csv_put(out->file, trend->causes[i]);
    }
    for (size_t i = 0; i < trend->measure_count; i++)
        for (size_t k = 0; k < sizeof more / sizeof more[0]; k++) {
            const struct eg__trend_measure *const measure = &trend->measures[i];
            snprintf(text, sizeof text, "%s%s%s%s:%s", measure->name, measure->limits[0] != '\0' ? " (" : "",
                     measure->limits, measure->limits[0] != '\0' ? ")" : "", more[k]);
            fputs(",measured:", out->file);
            eg_csv_put(out->file, text);
        }
    fputs("\r\n", out->file);
}

static enum eg_code write_trend(struct eg__out *out, const struct eg__trend_report *report,
                                struct eg_error *err)
{
    const struct eg__trend *const trend = report->trend;
    char begin[EG__TIME_TEXT], end[EG__TIME_TEXT];

    (void)err;
    trend_heads(out, trend);
    for (size_t at = 0; at < trend->period_count; at++) {
        const struct eg__tally *const period = &trend->periods[at];
        if (period->runs == 0)
            continue;
        eg__utc_text(begin, period->begin_ms);
        eg__utc_text(end, period->end_ms);
        fprintf(out->file, "%s,%s,%" PRId64 ",%" PRId64, begin, end, period->runs, period->units);
        for (int i = 0; i <= EG_ABORTED; i++)
            fprintf(out->file, ",%" PRId64, period->of[i]);
        put_share(out, eg__tally_good(period), period, trend);
        put_share(out, period->first_pass, period, trend);
        put_real(out, period->cycle_median, true);
        put_real(out, period->cycle_p95, true);
        for (size_t i = 0; i < trend->cause_count; i++)
            fprintf(out->file, ",%" PRId64, period->causes[i]);
        for (size_t i = 0; i < trend->measure_count; i++) {
            const struct eg__moments *const moments = &period->measures[i];
            const bool any = moments->count > 0;
            fprintf(out->file, ",%" PRId64, moments->count);
            put_real(out, moments->mean, any);
            put_real(out, eg__moments_sd(moments), any);
            put_real(out, moments->least, any);
            put_real(out, moments->most, any);
            put_real(out, eg__moments_capability(moments, &trend->measures[i]).cpk, any);
            fprintf(out->file, ",%" PRId64, moments->outside);
        }
        fputs("\r\n", out->file);
    }
    return EG_OK;
}

const struct eg_report_format eg_report_format_csv = {
    .name = "csv",
    .summary = "Write a table with a row for each run, or for each period of a trend, for spreadsheets",
    .more = "Each value has a column. A measured value also has columns for its unit and limits: "
            "`measured:NAME`, `measured:NAME:unit`, "
            "`measured:NAME:lower`, `measured:NAME:upper`. "
            "RFC 4180, UTF-8. A text that would be taken for a formula gets an apostrophe in front.",
    .every_value = true,
    .write = write_csv,
    .write_trend = write_trend,
};
