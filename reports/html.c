/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The report of one batch as one HTML file.
 *
 * It is read on a screen, printed on A4 and filed, so it has no script, loads nothing, and says with words
 * and shapes what it says with colour. Every text that came from a job, a board or a person goes through
 * eg__out_escaped().
 *
 * The tables are written row by row as the ledger gives them; a batch of any size takes no memory.
 *
 * Not here: what the numbers mean and how they are counted, which is db/query.h's.
 */

#include "reports/report.h"

#include "db/query.h"
#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "reports/out.h"

#include <inttypes.h>
#include <string.h>

static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                           "style-src 'unsafe-inline'\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

static const char style[] =
    "<style>\n"
    "@page { size: A4 landscape; margin: 12mm }\n"
    "body { font: 14px/1.4 system-ui, sans-serif; color: #000; background: #fff; margin: 1.5rem }\n"
    "h1 { font-size: 1.5rem; margin: 0 0 .5rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }\n"
    "table { border-collapse: collapse; width: 100% }\n"
    "th, td { border: 1px solid #888; padding: .2rem .4rem; text-align: left; vertical-align: top;"
    " overflow-wrap: anywhere }\n"
    "thead { display: table-header-group } tr { break-inside: avoid }"
    " th { background: #eee; overflow-wrap: normal }\n"
    ".n { text-align: right; white-space: nowrap } .d { font: 11px monospace }\n"
    ".k { white-space: nowrap; overflow-wrap: normal } .s { min-width: 6.5em } .c { min-width: 9em }\n"
    "ul.facts { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0 }\n"
    "ul.facts li { border: 1px solid #888; padding: .3rem .8rem } ul.facts b { display: block;"
    " font-size: 1.3rem }\n"
    ".bad { font-weight: bold; border-left: 4px solid #000 }\n"
    "@media print { body { margin: 0; font-size: 9pt } .d { font-size: 7pt } }\n"
    "</style>\n";

/* A value that is not the report's own. */
static void cell(struct eg__out *out, const char *class, const char *value)
{
    fprintf(out->file, "<td%s%s%s>", class[0] != '\0' ? " class=\"" : "", class,
            class[0] != '\0' ? "\"" : "");
    eg__out_escaped(out, value);
    fputs("</td>", out->file);
}

/* A number and its unit; -1 is not known. */
static void number_cell(struct eg__out *out, int64_t value, const char *unit)
{
    if (value < 0)
        fputs("<td class=\"n\"></td>", out->file);
    else
        fprintf(out->file, "<td class=\"n\">%" PRId64 "%s</td>", value, unit);
}

static void seconds_cell(struct eg__out *out, int64_t duration_ms)
{
    if (duration_ms < 0)
        fputs("<td class=\"n\"></td>", out->file);
    else
        fprintf(out->file, "<td class=\"n\">%" PRId64 ".%03d s</td>", duration_ms / 1000,
                (int)(duration_ms % 1000));
}

static void begin_table(struct eg__out *out, const char *id, const char *title, const char *const *columns)
{
    fprintf(out->file, "<h2>%s</h2>\n<table id=\"%s\">\n<thead><tr>", title, id);
    for (; *columns != NULL; columns++)
        fprintf(out->file, "<th scope=\"col\">%s</th>", *columns);
    fputs("</tr></thead>\n<tbody>\n", out->file);
}

static void end_table(struct eg__out *out)
{
    fputs("</tbody>\n</table>\n", out->file);
}

static enum eg_code session_row(void *context, const struct eg_batch_session *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fputs("<tr>", out->file);
    cell(out, "k", row->started_utc);
    cell(out, "", row->station);
    cell(out, "", row->operator_name);
    cell(out, "", row->job);
    cell(out, "k", row->job_version);
    cell(out, "k", row->chip);
    cell(out, "d", row->job_sha256);
    cell(out, "k", row->tool_version);
    number_cell(out, row->runs, "");
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static enum eg_code region_row(void *context, const struct eg_batch_region *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fprintf(out->file, "<tr><td class=\"k\">0x%08" PRIx64 "</td>", row->flash_addr);
    cell(out, "", row->name);
    cell(out, "", row->file);
    number_cell(out, row->size, "");
    cell(out, "d", row->expected_md5);
    cell(out, "d", row->expected_sha256);
    number_cell(out, row->equal, "");
    number_cell(out, row->different, "");
    number_cell(out, row->not_checked, "");
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static enum eg_code mismatch_row(void *context, const struct eg_batch_mismatch *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fputs("<tr>", out->file);
    number_cell(out, row->run, "");
    cell(out, "s", row->slot);
    cell(out, "k", row->mac);
    cell(out, "", row->region);
    fprintf(out->file, "<td class=\"k\">0x%08" PRIx64 "</td>", row->flash_addr);
    cell(out, "d", row->expected_md5);
    cell(out, "d", row->read_md5);
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static bool passed(const struct eg_batch_run *row)
{
    return strcmp(row->outcome, "pass") == 0 || strcmp(row->outcome, "pass-marginal") == 0;
}

static enum eg_code not_passed_row(void *context, const struct eg_batch_run *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fputs("<tr>", out->file);
    number_cell(out, row->run, "");
    cell(out, "s", row->slot);
    cell(out, "k", row->mac);
    cell(out, "k bad", row->outcome);
    cell(out, "k", row->code);
    cell(out, "k", row->blame);
    cell(out, "c", row->sentence);
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static void flash_cell(struct eg__out *out, const struct eg_batch_run *row)
{
    char jedec[EG_JEDEC_TEXT];

    if (row->flash_jedec < 0) {
        fputs("<td></td>", out->file);
        return;
    }
    eg_jedec_text(jedec, (uint32_t)row->flash_jedec);
    fprintf(out->file, "<td class=\"k\">%s, ", jedec);
    if (row->flash_size % (1 << 20) == 0)
        fprintf(out->file, "%" PRId64 " MB</td>", row->flash_size >> 20);
    else
        fprintf(out->file, "%" PRId64 " KB</td>", row->flash_size >> 10);
}

static enum eg_code run_row(void *context, const struct eg_batch_run *row, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fputs("<tr>", out->file);
    number_cell(out, row->run, "");
    cell(out, "s", row->slot);
    cell(out, "k", row->mac);
    cell(out, "k", row->chip);
    cell(out, "k", row->revision);
    flash_cell(out, row);
    cell(out, passed(row) ? "k" : "k bad", row->outcome);
    cell(out, "k", strcmp(row->code, "ok") == 0 ? "" : row->code);
    cell(out, "k", row->blame);
    cell(out, "c", row->sentence[0] != '\0' ? row->sentence : row->marginal);
    cell(out, "k d", row->started_utc);
    seconds_cell(out, row->duration_ms);
    number_cell(out, row->attempts, "");
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static void fact(struct eg__out *out, const char *id, const char *label, int64_t value, int64_t of)
{
    fprintf(out->file, "<li><b id=\"%s\">%" PRId64 "</b>%s", id, value, label);
    if (of > 0)
        fprintf(out->file, " (%.1f %%)", 100.0 * (double)value / (double)of);
    fputs("</li>\n", out->file);
}

static void facts(struct eg__out *out, const struct eg_batch *batch, const char *ledger)
{
    char now[EG_UTC_TEXT];

    eg_clock_utc(now);
    fputs(head, out->file);
    fputs("<title>Batch ", out->file);
    eg__out_escaped(out, batch->name);
    fprintf(out->file, "</title>\n%s</head>\n<body>\n<h1>Batch ", style);
    eg__out_escaped(out, batch->name);
    fprintf(out->file, "</h1>\n<p>%s to %s. Report of %s from ledger ",
            batch->first_utc[0] != '\0' ? batch->first_utc : "no run yet",
            batch->last_utc[0] != '\0' ? batch->last_utc : "now", now);
    eg__out_escaped(out, ledger);
    fputs(".</p>\n<ul class=\"facts\">\n", out->file);
    fact(out, "units", "units", batch->units, 0);
    fact(out, "passed", "pass", batch->passed, batch->units);
    fact(out, "marginal", "pass-marginal", batch->marginal, batch->units);
    fact(out, "failed", "fail", batch->failed, batch->units);
    fact(out, "errors", "error", batch->errors, batch->units);
    fact(out, "aborted", "aborted", batch->aborted, batch->units);
    fact(out, "first-pass", "first pass", batch->first_pass, batch->units);
    fact(out, "runs", "runs", batch->runs, 0);
    fact(out, "unfinished", "unfinished runs", batch->unfinished, 0);
    fputs("</ul>\n<p>A unit is a MAC, or a run whose board was never identified, and counts by its last "
          "finished run"
          " in this batch. First pass: its first run passed in its first attempt.</p>\n",
          out->file);
}

static enum eg_code tables(struct eg__out *out, struct eg_query *query, const char *batch,
                           struct eg_error *err)
{
    static const char *const sessions[] = {"Started (UTC)", "Station",     "Operator", "Job",  "Version",
                                           "Chip",          "Job SHA-256", "espgang",  "Runs", NULL};
    static const char *const not_passed[] = {"Run", "Slot", "MAC", "Outcome", "Code", "Blame", "Cause", NULL};
    static const char *const regions[] = {"Address", "Region", "File",      "Bytes",       "MD5",
                                          "SHA-256", "Equal",  "Different", "Not checked", NULL};
    static const char *const mismatches[] = {
        "Run", "Slot", "MAC", "Region", "Address", "Expected MD5", "MD5 by the chip", NULL};
    static const char *const runs[] = {"Run",           "Slot",     "MAC",      "Chip",  "Revision",
                                       "Flash",         "Outcome",  "Code",     "Blame", "Cause",
                                       "Started (UTC)", "Duration", "Attempts", NULL};

    begin_table(out, "sessions-table", "Sessions", sessions);
    EG_TRY(eg_query_sessions(query, batch, session_row, out, err));
    end_table(out);
    begin_table(out, "not-passed-table", "Runs that did not pass", not_passed);
    EG_TRY(eg_query_runs(query, batch, false, not_passed_row, out, err));
    end_table(out);
    begin_table(out, "regions-table",
                "Regions, and how often the chip's digest of the flash was the expected one", regions);
    EG_TRY(eg_query_regions(query, batch, region_row, out, err));
    end_table(out);
    begin_table(out, "mismatches-table", "Regions with another digest", mismatches);
    EG_TRY(eg_query_mismatches(query, batch, mismatch_row, out, err));
    end_table(out);
    begin_table(out, "runs-table", "All runs", runs);
    EG_TRY(eg_query_runs(query, batch, true, run_row, out, err));
    end_table(out);
    fputs("</body>\n</html>\n", out->file);
    return EG_OK;
}

enum eg_code eg_report_html(const char *ledger_path, const char *batch, const char *html_path,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg__out_discard) struct eg__out out = {0};
    struct eg_batch found;

    EG_TRY(eg_query_open(&query, ledger_path, err));
    EG_TRY(eg_query_batch(query, batch, &found, err));
    EG_TRY(eg__out_open(&out, html_path, err));
    facts(&out, &found, eg_query_path(query));
    EG_TRY(tables(&out, query, found.name, err));
    return eg__out_commit(&out, err);
}
