/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The report of one batch as one HTML file.
 *
 * It is read on a screen, printed on A4 and filed, so it has no script, loads nothing, and says with words
 * and shapes what it says with colour. Every text that came from a job, a board or a person goes through
 * eg__out_escaped().
 *
 * Not here: what the numbers mean and how they are counted, which is db/query/query.h's and numbers.h's.
 */

#include "reports/html.h"

#include "engine/base/clock.h"

#include <inttypes.h>

static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                           "style-src 'unsafe-inline'\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

static const char style[] =
    "<style>\n"
    "@page { size: A4 landscape; margin: 12mm }\n"
    "body { font: 14px/1.4 system-ui, sans-serif; color: #000; background: #fff; margin: 1.5rem;"
    " overflow-wrap: anywhere }\n"
    "h1 { font-size: 1.5rem; margin: 0 0 .5rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem;"
    " break-after: avoid }\n"
    ".t { overflow-x: auto } table { border-collapse: collapse; width: 100% }\n"
    "th, td { border: 1px solid #888; padding: .2rem .4rem; text-align: left; vertical-align: top;"
    " overflow-wrap: anywhere }\n"
    "tbody:not(:has(tr))::after { content: \"none\" }\n"
    "thead { display: table-header-group } tr { break-inside: avoid }"
    " th { background: #eee; overflow-wrap: normal }\n"
    ".n { text-align: right; white-space: nowrap } .d { font: 11px monospace }\n"
    ".k { white-space: nowrap; overflow-wrap: normal } .s { min-width: 6.5em } .f, .c { min-width: 9em }\n"
    "ul.facts { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; padding: 0 }\n"
    "ul.facts li { border: 1px solid #888; padding: .3rem .8rem } ul.facts b { display: block;"
    " font-size: 1.3rem }\n"
    ".bad { font-weight: bold; border-left: 4px solid #000 }\n"
    ".g { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start }\n"
    "figure { margin: 0; width: 360px; max-width: 100%; break-inside: avoid }"
    " figcaption { font-size: 12px; text-align: center }\n"
    "svg { display: block; width: 100%; height: auto } svg text { font: 10.5px sans-serif }\n"
    ".a { stroke: #000 } .l { stroke: #000; stroke-dasharray: 4 3 } .b { fill: #bbb; stroke: #000 }\n"
    ".o { fill: #000; stroke: #000 } .w { fill: #ddd; stroke: #888 } .p { fill: #fff; stroke: #000;"
    " stroke-width: 1.5 }\n"
    "@media screen and (max-width: 60rem) { th, td { overflow-wrap: break-word } }\n"
    "@media print { body { margin: 0; font-size: 9pt; print-color-adjust: exact } td, th { font-size: 7.5pt; "
    "padding: 1pt 3pt } .d { font-size: 6.5pt }"
    " .t { overflow: visible } }\n"
    "</style>\n";

static void fact(struct eg__out *out, const char *id, const char *label, int64_t value, int64_t of)
{
    fprintf(out->file, "<li><b id=\"%s\">%" PRId64 "</b>%s", id, value, label);
    if (of > 0)
        fprintf(out->file, " (%.1f %%)", 100.0 * (double)value / (double)of);
    fputs("</li>\n", out->file);
}

static void share(struct eg__out *out, const char *id, const char *label, int64_t part, int64_t whole)
{
    if (whole > 0)
        fprintf(out->file, "<li><b id=\"%s\">%.1f %%</b>%s</li>\n", id, 100.0 * (double)part / (double)whole,
                label);
}

static void facts(struct eg__out *out, const struct eg__numbers *numbers)
{
    const struct eg_batch *batch = &numbers->batch;

    fputs("<ul class=\"facts\">\n", out->file);
    share(out, "yield", "yield", batch->passed + batch->marginal, batch->units);
    share(out, "first-pass-yield", "first-pass yield", batch->first_pass, batch->units);
    fact(out, "units", "units", batch->units, 0);
    fact(out, "passed", "pass", batch->passed, batch->units);
    fact(out, "marginal", "pass-marginal", batch->marginal, batch->units);
    fact(out, "failed", "fail", batch->failed, batch->units);
    fact(out, "errors", "error", batch->errors, batch->units);
    fact(out, "aborted", "aborted", batch->aborted, batch->units);
    fact(out, "first-pass", "first pass", batch->first_pass, batch->units);
    fact(out, "runs", "runs", batch->runs, 0);
    fact(out, "retries", "retries", numbers->retries, 0);
    fact(out, "unfinished", "unfinished runs", batch->unfinished, 0);
    fact(out, "no-board", "contacts without a board", batch->no_board, 0);
    fact(out, "repeats", "good boards shown again", batch->repeats, 0);
    if (batch->clones > 0)
        fact(out, "clones", "MACs with several flashes", batch->clones, 0);
    fputs("</ul>\n<p>" EG_UNIT_DEFINITION " Retries: further attempts within runs.</p>\n", out->file);
}

static void beginning(struct eg__out *out, const struct eg_batch *batch, const char *ledger)
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
    fputs(".</p>\n", out->file);
    if (batch->simulated != 0)
        fputs("<p id=\"simulated\" class=\"bad\">The boards of this batch were simulated.</p>\n", out->file);
}

static enum eg_code seal_field(void *context, const char *name, const char *value, struct eg_error *err)
{
    struct eg__out *out = context;

    (void)err;
    fputs("<tr><td class=\"k\">Seal: ", out->file);
    eg__out_escaped(out, name);
    fputs("</td>", out->file);
    eg__html_cell(out, "d", value);
    fputs("</tr>\n", out->file);
    return EG_OK;
}

static enum eg_code record(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    const struct eg__numbers *numbers = report->numbers;

    fputs("<h2>Record</h2>\n<div class=\"t\"><table id=\"record-table\"><tbody>\n", out->file);
    if (numbers->chain_id > 0)
        fprintf(out->file,
                "<tr><td class=\"k\">The batch's last finished run in the ledger's chain</td><td class=\"d\">"
                "%" PRId64 ": %s</td></tr>\n",
                numbers->chain_id, numbers->chain_hash);
    else
        fputs("<tr><td colspan=\"2\">No run of the batch is in the ledger's chain yet.</td></tr>\n",
              out->file);
    EG_TRY(eg_query_seal(report->query, numbers->batch.name, seal_field, out, err));
    eg__html_end_table(out);
    return EG_OK;
}

enum eg_code eg__html(struct eg__out *out, const struct eg__report *report, struct eg_error *err)
{
    beginning(out, &report->numbers->batch, eg_query_path(report->query));
    facts(out, report->numbers);
    EG_TRY(eg__html_sessions(out, report, err));
    EG_TRY(record(out, report, err));
    eg__html_charts(out, report);
    EG_TRY(eg__html_tables(out, report, err));
    fputs("</body>\n</html>\n", out->file);
    return EG_OK;
}

const struct eg_report_format eg_report_format_html = {
    .name = "html",
    .summary = "Write one HTML file that needs no network and prints on A4",
    .more =
        "It shows yield, why runs did not pass, slots and flash parts with control limits, throughput, cycle "
        "times, measured values, firmware digests, and units.",
    .write = eg__html,
};
