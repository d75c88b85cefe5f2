/* SPDX-License-Identifier: Apache-2.0 */

/* espgang report: a batch as files for people, spreadsheets, programs and CI servers. */

#include "engine/base/bytes.h"
#include "reports/report.h"
#include "tools/espgang/command.h"

#include <string.h>

/* There is a file, and none twice. */
static enum eg_code check_files(const struct cli_call *call, struct eg_error *err)
{
    static const char *const name[] = {"html", "csv", "json", "junit", "pdf"};
    const size_t count = sizeof name / sizeof name[0];
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        const char *const path = cli_text(call, name[i]);
        any = any || path != NULL;
        for (size_t j = 0; path != NULL && j < i; j++)
            if (cli_text(call, name[j]) != NULL && strcmp(path, cli_text(call, name[j])) == 0)
                return cli_usage(call, err, "--%s and --%s name the same file '%s'", name[j], name[i], path);
    }
    if (!any)
        return cli_usage(call, err, "missing option: --html, --csv, --json, --junit or --pdf, with a FILE");
    return EG_OK;
}

static enum eg_code report(struct cli_call *call, struct eg_error *err)
{
    const struct eg_report_files files = {.html = cli_text(call, "html"),
                                          .csv = cli_text(call, "csv"),
                                          .json = cli_text(call, "json"),
                                          .junit = cli_text(call, "junit"),
                                          .pdf = cli_text(call, "pdf")};

    EG_TRY(check_files(call, err));
    if (files.pdf != NULL)
        cli_catch_signals(NULL, NULL);
    return eg_report_write(cli_text(call, "ledger"), cli_text(call, "batch"), &files, cli_cancel(), err);
}

static const struct cli_option options[] = {
    {.name = "html",
     .value = "FILE",
     .help = "Write one HTML file that needs no network and prints on A4",
     .more = "It shows yield, why runs did not pass, slots and flash parts with control limits, throughput, "
             "cycle "
             "times, measured values, firmware digests, and units."},
    {.name = "csv",
     .value = "FILE",
     .help = "Write a table with a row for each run and a column for each value, for spreadsheets",
     .more = "RFC 4180, UTF-8. A text that would be taken for a formula gets an apostrophe in front."},
    {.name = "json",
     .value = "FILE",
     .help = "Write everything for programs",
     .more = "It begins with `{\"espgang\":\"report\",\"version\":1`."},
    {.name = "junit",
     .value = "FILE",
     .help = "Write JUnit XML with a test case for each unit, for CI servers",
     .more = "`fail` is a failure, `error` an error, both with code and sentence; `aborted` is skipped."},
    {.name = "pdf",
     .value = "FILE",
     .help = "Write the HTML file printed by Chromium, which must be installed"},
    {.name = "batch", .value = "NAME", .help = "Batch to report on (default: the newest)"},
    CLI_OPTION_LEDGER("Ledger to read"),
    {.name = NULL}};

const struct cli_command cli_command_report = {
    .name = "report",
    .group = CLI_LEDGER,
    .summary = "Write the report of a batch",
    .arguments = "--html|csv|json|junit|pdf FILE...",
    .details = "All files that are asked for come from the same look at the ledger. A FILE `-` is standard "
               "output, for "
               "one of them. When anything fails, files that existed stay as they were.",
    .options = options,
    .run = report,
};
