/* SPDX-License-Identifier: Apache-2.0 */

/* espgang merge: the runs of another station's ledger into this one. */

#include "db/files/merge.h"

#include "engine/base/bytes.h"
#include "tools/espgang/cli.h"

#include <inttypes.h>
#include <stdio.h>

enum cli_status cli_merge(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    int dry_run = 0;
    const struct poptOption options[] = {
        {"ledger", 0, POPT_ARG_STRING, &ledger, 0,
         "ledger that gets the runs (default: $ESPGANG_LEDGER, else the station's)", "FILE"},
        {"dry-run", 0, POPT_ARG_NONE, &dry_run, 0, "say what would come, and keep nothing of it", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    struct eg_merged merged;
    struct eg_error err;

    if (!cli_options(&context, argc, argv, options, "OTHER.db"))
        return CLI_USAGE;
    const struct eg_merge merge = {.ledger = ledger, .other = poptGetArg(context), .dry_run = dry_run != 0};
    if (merge.other == NULL || merge.other[0] == '\0')
        return cli_usage(context, "merge what? name a ledger");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "'%s' is too much; ledgers are merged one by one", poptPeekArg(context));
    if (eg_ledger_merge(&merge, &merged, &err) != EG_OK)
        return cli_fail(&err);
    printf("%" PRId64 " run%s %s, %" PRId64 " here already, %" PRId64 " unfinished and left there\n",
           merged.runs, merged.runs == 1 ? "" : "s", merge.dry_run ? "would be merged" : "merged",
           merged.known, merged.unfinished);
    return CLI_OK;
}
