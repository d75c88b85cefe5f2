/* SPDX-License-Identifier: Apache-2.0 */

/* espgang report: a batch as files for people, spreadsheets, programs and CI servers. */

#include "engine/base/bytes.h"
#include "reports/report.h"
#include "tools/espgang/cli.h"

#include <string.h>

static void files_finish(struct eg_report_files *files)
{
    eg_free_cleanup(&files->html);
    eg_free_cleanup(&files->csv);
    eg_free_cleanup(&files->json);
    eg_free_cleanup(&files->junit);
    eg_free_cleanup(&files->pdf);
}

/* That there is a file at all, and none twice. */
static enum cli_status check_files(poptContext context, const struct eg_report_files *files)
{
    const char *const path[] = {files->html, files->csv, files->json, files->junit, files->pdf};
    const char *const name[] = {"--html", "--csv", "--json", "--junit", "--pdf"};
    const size_t count = sizeof path / sizeof path[0];
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        any = any || path[i] != NULL;
        for (size_t j = 0; path[i] != NULL && j < i; j++)
            if (path[j] != NULL && strcmp(path[i], path[j]) == 0)
                return cli_usage(context, "%s and %s name the same file '%s'", name[j], name[i], path[i]);
    }
    if (!any)
        return cli_usage(context, "where to? name a file with --html, --csv, --json, --junit or --pdf");
    return CLI_OK;
}

enum cli_status cli_report(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) char *batch = NULL;
    EG_CLEANUP(files_finish) struct eg_report_files files = {0};
    const struct poptOption options[] = {
        {"html", 0, POPT_ARG_STRING, &files.html, 0, "write one HTML file that needs no network", "FILE"},
        {"csv", 0, POPT_ARG_STRING, &files.csv, 0, "write a table with a row per run", "FILE"},
        {"json", 0, POPT_ARG_STRING, &files.json, 0, "write all of it for programs", "FILE"},
        {"junit", 0, POPT_ARG_STRING, &files.junit, 0, "write JUnit XML with a test case per unit", "FILE"},
        {"pdf", 0, POPT_ARG_STRING, &files.pdf, 0, "print the HTML file with Chromium", "FILE"},
        {"batch", 0, POPT_ARG_STRING, &batch, 0, "batch to report on (default: the newest)", "NAME"},
        {"ledger", 0, POPT_ARG_STRING, &ledger, 0,
         "ledger to read (default: $ESPGANG_LEDGER, else the station's)", "FILE"},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    struct eg_error err;

    if (!cli_options(&context, argc, argv, options, ""))
        return CLI_USAGE;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "takes no argument, but got '%s'", poptPeekArg(context));
    if (check_files(context, &files) != CLI_OK)
        return CLI_USAGE;
    if (files.pdf != NULL)
        cli_catch_signals(NULL, NULL);
    if (eg_report_write(ledger, batch, &files, cli_cancel(), &err) != EG_OK)
        return cli_fail(&err);
    return CLI_OK;
}
