/* SPDX-License-Identifier: Apache-2.0 */

/* espgang backup: a copy of the ledger, also while a line records. */

#include "db/files/backup.h"

#include "engine/base/bytes.h"
#include "tools/espgang/cli.h"

#include <inttypes.h>
#include <stdio.h>

enum cli_status cli_backup(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    int force = 0;
    const struct poptOption options[] = {
        {"ledger", 0, POPT_ARG_STRING, &ledger, 0,
         "ledger to copy (default: $ESPGANG_LEDGER, else the station's)", "FILE"},
        {"force", 0, POPT_ARG_NONE, &force, 0, "replace a file that is there", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    struct eg_backed_up copied;
    struct eg_error err;

    if (!cli_options(&context, argc, argv, options, "FILE"))
        return CLI_USAGE;
    const struct eg_backup backup = {
        .ledger = ledger, .path = poptGetArg(context), .force = force != 0, .cancel = cli_cancel()};
    if (backup.path == NULL || backup.path[0] == '\0')
        return cli_usage(context, "where to? name a file");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "'%s' is too much", poptPeekArg(context));
    cli_catch_signals(NULL, NULL);
    if (eg_ledger_backup(&backup, &copied, &err) != EG_OK)
        return cli_fail(&err);
    printf("%" PRId64 " finished run%s in %s, checked%s%s\n", copied.finished,
           copied.finished == 1 ? "" : "s", backup.path,
           copied.finished > 0 ? "; the last has the hash " : "", copied.hash);
    return CLI_OK;
}
