/* SPDX-License-Identifier: Apache-2.0 */

/* Tables of the HTML report, written row by row as the ledger gives them. */

#include "reports/html.h"

#include <inttypes.h>
#include <string.h>

/* A value that is not the report's own. */
void eg__html_cell(struct eg__out *out, const char *class, const char *value)
{
    fprintf(out->file, "<td%s%s%s>", class[0] != '\0' ? " class=\"" : "", class,
            class[0] != '\0' ? "\"" : "");
    eg__out_escaped(out, value);
    fputs("</td>", out->file);
}

/* -1 is not known. */
void eg__html_number(struct eg__out *out, int64_t value)
{
    if (value < 0)
        fputs("<td class=\"n\"></td>", out->file);
    else
        fprintf(out->file, "<td class=\"n\">%" PRId64 "</td>", value);
}

static void seconds_cell(struct eg__out *out, int64_t duration_ms)
{
    if (duration_ms < 0)
        fputs("<td class=\"n\"></td>", out->file);
    else
        fprintf(out->file, "<td class=\"n\">%" PRId64 ".%03d s</td>", duration_ms / 1000,
                (int)(duration_ms % 1000));
}

void eg__html_begin_table(struct eg__out *out, const char *id, const char *title, const char *const *columns)
{
    fprintf(out->file, "<h2>%s</h2>\n<div class=\"t\"><table id=\"%s\">\n<thead><tr>", title, id);
    for (; *columns != NULL; columns++)
        fprintf(out->file, "<th scope=\"col\">%s</th>", *columns);
    fputs("</tr></thead>\n<tbody>\n", out->file);
}

void eg__html_end_table(struct eg__out *out)
{
    fputs("</tbody>\n</table></div>\n", out->file);
}

static enum eg_code session_row(void *context, const struct eg_batch_session *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fputs("<tr>", out->file);
    eg__html_cell(out, "k", row->started_utc);
    eg__html_cell(out, "", row->station);
    eg__html_cell(out, "", row->operator_name);
    eg__html_cell(out, "", row->job);
    eg__html_cell(out, "k", row->job_version);
    eg__html_cell(out, "k", row->chip);
    eg__html_cell(out, "d", row->job_sha256);
    eg__html_cell(out, "k", row->tool_version);
    eg__html_number(out, row->runs);
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static enum eg_code region_row(void *context, const struct eg_batch_region *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fprintf(out->file, "<tr><td class=\"k\">0x%08" PRIx64 "</td>", row->flash_addr);
    eg__html_cell(out, "", row->name);
    eg__html_cell(out, "", row->file);
    eg__html_number(out, row->size);
    eg__html_cell(out, "d", row->expected_md5);
    eg__html_cell(out, "d", row->expected_sha256);
    eg__html_number(out, row->equal);
    eg__html_number(out, row->different);
    eg__html_number(out, row->not_checked);
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static enum eg_code mismatch_row(void *context, const struct eg_batch_mismatch *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fputs("<tr>", out->file);
    eg__html_number(out, row->run);
    eg__html_cell(out, "s", row->slot);
    eg__html_cell(out, "k", row->mac);
    eg__html_cell(out, "", row->region);
    fprintf(out->file, "<td class=\"k\">0x%08" PRIx64 "</td>", row->flash_addr);
    eg__html_cell(out, "d", row->expected_md5);
    eg__html_cell(out, "d", row->read_md5);
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static enum eg_code not_passed_row(void *context, const struct eg_run_row *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fputs("<tr>", out->file);
    eg__html_number(out, row->run);
    eg__html_cell(out, "s", row->slot);
    eg__html_cell(out, "k", row->mac);
    eg__html_cell(out, "k bad", row->outcome);
    eg__html_cell(out, "k", row->code);
    eg__html_cell(out, "k", row->blame);
    eg__html_cell(out, "c", row->sentence);
    eg__html_cell(out, "k d", row->started_utc);
    eg__html_number(out, row->attempts);
    fputs("</tr>\n", out->file);
    return EG_OK;
}

struct unit_rows {
    struct eg__out *out;
    const struct eg__values *values;
};

/* What was given to the board, then what was measured. */
static void values_cell(struct eg__out *out, const struct eg__values *values, int64_t run)
{
    size_t count;
    const struct eg__value *of_run = eg__values_of(values, run, &count);

    fputs("<td class=\"c\">", out->file);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? "; " : "", out->file);
        const struct eg__value_name *const name = &values->names[of_run[i].name];
        eg__out_escaped(out, name->name);
        putc(' ', out->file);
        eg__out_escaped(out, of_run[i].text[0] != '\0' ? of_run[i].text : "(not shown)");
        fputs(name->unit[0] != '\0' ? " " : "", out->file);
        eg__out_escaped(out, name->unit);
        if (!of_run[i].passed)
            fputs(" (out of limits)", out->file);
    }
    fputs("</td>", out->file);
}

static enum eg_code unit_row(void *context, const struct eg_report_unit *row, struct eg_error *err)
{
    const struct unit_rows *rows = context;
    struct eg__out *out = rows->out;
    const struct eg_run_row *last = &row->last;
    const bool passed = strncmp(last->outcome, "pass", 4) == 0;
    char flash[EG__FLASH_TEXT];

    (void)err;
    eg__flash_text(flash, last->flash_jedec, last->flash_size);
    fputs("<tr>", out->file);
    eg__html_cell(out, "k", last->mac);
    eg__html_number(out, row->runs);
    eg__html_number(out, last->run);
    eg__html_cell(out, "s", last->slot);
    fputs("<td class=\"k\">", out->file);
    eg__out_escaped(out, last->chip);
    putc(' ', out->file);
    eg__out_escaped(out, last->revision);
    fputs("</td>", out->file);
    eg__html_cell(out, "f", flash);
    eg__html_cell(out, passed ? "k" : "k bad", last->outcome);
    eg__html_cell(out, "", passed ? last->marginal : last->code);
    values_cell(out, rows->values, last->run);
    eg__html_cell(out, "k d", last->finished_utc);
    seconds_cell(out, last->duration_ms);
    eg__html_number(out, last->attempts);
    fputs("</tr>\n", out->file);
    return EG_OK;
}

enum eg_code eg__html_sessions(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    static const char *const columns[] = {"Started (UTC)", "Station",     "Operator", "Job",  "Version",
                                          "Chip",          "Job SHA-256", "espgang",  "Runs", NULL};

    eg__html_begin_table(out, "sessions-table", "Sessions", columns);
    EG_TRY(eg_query_sessions(report->query, report->numbers->batch.name, session_row, out, err));
    eg__html_end_table(out);
    return EG_OK;
}

static enum eg_code units_table(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    static const char *const columns[] = {"MAC",      "Runs",     "Last run", "Slot",   "Chip",
                                          "Flash",    "Outcome",  "Why",      "Values", "Finished (UTC)",
                                          "Duration", "Attempts", NULL};
    struct unit_rows rows = {out, report->values};

    if (report->numbers->batch.units > EG__UNITS_SHOWN) {
        fprintf(out->file,
                "<h2>Units</h2>\n<p>The batch has %" PRId64 " units, too many to print; espgang report --csv "
                "and --json have every run.</p>\n",
                report->numbers->batch.units);
        return EG_OK;
    }
    eg__html_begin_table(out, "units-table", "Units, each by its last finished run", columns);
    EG_TRY(eg_query_report_units(report->query, report->numbers->batch.name, unit_row, &rows, err));
    eg__html_end_table(out);
    return EG_OK;
}

enum eg_code eg__html_tables(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    static const char *const not_passed[] = {"Run",   "Slot",  "MAC",           "Outcome",  "Code",
                                             "Blame", "Cause", "Started (UTC)", "Attempts", NULL};
    static const char *const regions[] = {"Address", "Region", "File",      "Bytes",       "MD5",
                                          "SHA-256", "Equal",  "Different", "Not checked", NULL};
    static const char *const mismatches[] = {
        "Run", "Slot", "MAC", "Region", "Address", "Expected MD5", "MD5 by the chip", NULL};
    const char *batch = report->numbers->batch.name;

    eg__html_begin_table(out, "not-passed-table", "Runs that did not pass", not_passed);
    EG_TRY(eg_query_runs(report->query, batch, false, not_passed_row, out, err));
    eg__html_end_table(out);
    eg__html_begin_table(
        out, "regions-table",
        "Firmware: regions, and how often the chip's digest of the flash was the expected one", regions);
    EG_TRY(eg_query_regions(report->query, batch, region_row, out, err));
    eg__html_end_table(out);
    eg__html_begin_table(out, "mismatches-table", "Regions with another digest", mismatches);
    EG_TRY(eg_query_mismatches(report->query, batch, mismatch_row, out, err));
    eg__html_end_table(out);
    return units_table(out, report, err);
}
