/* SPDX-License-Identifier: Apache-2.0 */

/* espgang report: a batch as a file for people. */

#include "engine/base/bytes.h"
#include "reports/report.h"
#include "tools/espgang/cli.h"

enum cli_status cli_report(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) char *batch = NULL;
    EG_CLEANUP(eg_free_cleanup) char *html = NULL;
    const struct poptOption options[] = {
        {"html", 0, POPT_ARG_STRING, &html, 0, "write one HTML file that needs no network", "FILE"},
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
    if (html == NULL)
        return cli_usage(context, "where to? name a file with --html");
    if (eg_report_html(ledger, batch, html, &err) != EG_OK)
        return cli_fail(&err);
    return CLI_OK;
}
