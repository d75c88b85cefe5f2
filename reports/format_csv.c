/* SPDX-License-Identifier: Apache-2.0 */

/* The runs of a batch as a table for spreadsheets: RFC 4180, UTF-8, a column for each name of a value. */

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

const struct eg_report_format eg_report_format_csv = {
    .name = "csv",
    .summary = "Write a table with a row for each run and a column for each value, for spreadsheets",
    .more =
        "A measured value also has columns for its unit and limits: `measured:NAME`, `measured:NAME:unit`, "
        "`measured:NAME:lower`, `measured:NAME:upper`. "
        "RFC 4180, UTF-8. A text that would be taken for a formula gets an apostrophe in front.",
    .every_value = true,
    .write = write_csv,
};
