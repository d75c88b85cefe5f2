/* SPDX-License-Identifier: Apache-2.0 */

/* The runs of a batch as a table for spreadsheets: RFC 4180, UTF-8, a column for each name of a value. */

#include "reports/formats.h"

#include <inttypes.h>

struct csv {
    struct eg__out *out;
    const struct eg__report *report;
};

static void text_field(struct eg__out *out, const char *text)
{
    putc(',', out->file);
    eg__out_csv(out, text);
}

static void number_field(struct eg__out *out, int64_t number)
{
    putc(',', out->file);
    if (number >= 0)
        fprintf(out->file, "%" PRId64, number);
}

static enum eg_code run_row(void *context, const struct eg_batch_run *row, struct eg_error *err)
{
    const struct csv *csv = context;
    struct eg__out *out = csv->out;
    const struct eg__values *values = csv->report->values;
    char jedec[EG_JEDEC_TEXT] = "";
    size_t count;
    const struct eg__value *of_run = eg__values_of(values, row->run, &count);

    (void)err;
    if (row->flash_jedec >= 0)
        eg_jedec_text(jedec, (uint32_t)row->flash_jedec);
    fprintf(out->file, "%" PRId64, row->run);
    text_field(out, csv->report->numbers->batch.name);
    text_field(out, row->slot);
    text_field(out, row->port);
    text_field(out, row->mac);
    text_field(out, row->chip);
    text_field(out, row->revision);
    text_field(out, row->package);
    text_field(out, jedec);
    number_field(out, row->flash_size);
    text_field(out, row->started_utc);
    text_field(out, row->finished_utc);
    text_field(out, row->outcome);
    text_field(out, row->code);
    text_field(out, row->blame);
    text_field(out, row->sentence);
    text_field(out, row->marginal);
    number_field(out, row->attempts);
    number_field(out, row->duration_ms);
    text_field(out, row->counts);
    for (size_t name = 0; name < values->name_count; name++) {
        const char *text = "";
        for (size_t i = 0; i < count; i++)
            if (of_run[i].name == name)
                text = of_run[i].text;
        text_field(out, text);
    }
    fputs("\r\n", out->file);
    return EG_OK;
}

enum eg_code eg__csv(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    struct csv csv = {out, report};

    fputs("run,batch,slot,port,mac,chip,revision,package,flash_jedec,flash_size,started_utc,finished_utc,"
          "outcome,code,blame,sentence,marginal,attempts,duration_ms,counts",
          out->file);
    for (size_t i = 0; i < report->values->name_count; i++) {
        fputs(report->values->given[i] ? ",unit:" : ",measured:", out->file);
        eg__out_csv(out, report->values->names[i]);
    }
    fputs("\r\n", out->file);
    return eg_query_runs(report->query, report->numbers->batch.name, true, run_row, &csv, err);
}
