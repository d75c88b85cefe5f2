/* SPDX-License-Identifier: Apache-2.0 */

/* espgang purge: logs that are old enough go. */

#include "db/files/purge.h"
#include "engine/base/bytes.h"
#include "tools/espgang/cli.h"

#include <inttypes.h>
#include <stdio.h>

static enum cli_status purge(struct eg_purge_request *request, bool yes)
{
    const char *reason = request->reason;
    struct eg_purged purged;
    struct eg_error err;

    if (!yes)
        request->reason = NULL;
    if (eg_purge_logs(&purged, request, &err) != EG_OK)
        return cli_fail(&err);
    printf("%" PRId64 " log%s with %" PRId64 " bytes, of runs that ended before %s, ", purged.logs,
           purged.logs == 1 ? "" : "s", purged.bytes, purged.before_utc);
    if (yes)
        puts(purged.logs == 1 ? "is removed" : "are removed");
    else
        printf("would be removed; %s\n",
               reason != NULL ? "add --yes" : "say why with --reason, and add --yes");
    return CLI_OK;
}

enum cli_status cli_purge(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) char *before = NULL;
    EG_CLEANUP(eg_free_cleanup) char *reason = NULL;
    EG_CLEANUP(eg_free_cleanup) char *operator_name = NULL;
    int yes = 0;
    const struct poptOption options[] = {
        {"before", 0, POPT_ARG_STRING, &before, 0,
         "remove the logs of runs that ended before this day or time, UTC", "DATE"},
        {"reason", 0, POPT_ARG_STRING, &reason, 0, "why; it stays on record", "TEXT"},
        {"yes", 0, POPT_ARG_NONE, &yes, 0, "remove them; else only say what would be removed", NULL},
        {"operator", 0, POPT_ARG_STRING, &operator_name, 0, "who removes them (default: the login name)",
         "NAME"},
        {"ledger", 0, POPT_ARG_STRING, &ledger, 0,
         "ledger to use (default: $ESPGANG_LEDGER, else the station's)", "FILE"},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;

    if (!cli_options(&context, argc, argv, options, ""))
        return CLI_USAGE;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "takes no argument, but got '%s'", poptPeekArg(context));
    if (before == NULL)
        return cli_usage(context, "purge what? name a day with --before");
    if (yes && reason == NULL)
        return cli_usage(context, "why? --reason goes on record");
    if (!cli_check_name(context, "--operator", operator_name) || !cli_check_name(context, "--reason", reason))
        return CLI_USAGE;
    struct eg_purge_request request = {
        .ledger = ledger, .before = before, .operator_name = operator_name, .reason = reason};
    return purge(&request, yes != 0);
}
