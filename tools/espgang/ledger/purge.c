/* SPDX-License-Identifier: Apache-2.0 */

/* espgang purge: logs that are old enough go. */

#include "db/files/purge.h"
#include "engine/base/bytes.h"
#include "engine/line/json.h"
#include "tools/espgang/document.h"

#include <inttypes.h>
#include <stdio.h>

static enum eg_code purge(struct cli_call *call, struct eg_error *err)
{
    const char *const reason = cli_text(call, "reason");
    const bool yes = cli_flag(call, "yes");
    const struct eg_purge_request request = {.ledger = cli_text(call, "ledger"),
                                             .before = cli_text(call, "before"),
                                             .operator_name = cli_text(call, "operator"),
                                             .reason = yes ? reason : NULL};
    struct eg_purged purged;

    if (request.before == NULL)
        return cli_usage(call, err, "missing option: --before DATE");
    if (yes && reason == NULL)
        return cli_usage(call, err, "missing option: --reason TEXT, which goes on record");
    EG_TRY(cli_check_name(call, "operator", err));
    EG_TRY(cli_check_name(call, "reason", err));
    EG_TRY(eg_purge_logs(&purged, &request, err));
    if (cli_flag(call, "json"))
        return cli_print_document(call,
                                  json_pack("{sI sI ss sb}", "logs", (json_int_t)purged.logs, "bytes",
                                            (json_int_t)purged.bytes, "before", purged.before_utc, "removed",
                                            yes),
                                  err);
    printf("%" PRId64 " log%s with %" PRId64 " bytes, of runs that ended before %s, ", purged.logs,
           purged.logs == 1 ? "" : "s", purged.bytes, purged.before_utc);
    if (yes)
        puts(purged.logs == 1 ? "is removed" : "are removed");
    else
        printf("would be removed; %s\n", reason != NULL ? "add --yes" : "add --reason TEXT and --yes");
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "before",
     .value = "DATE",
     .help = "Remove the logs of runs that ended before this day or time, UTC",
     .more = "`2026-11-23` or `2026-11-23T08:24:00Z`."},
    {.name = "reason", .value = "TEXT", .help = "Reason; it goes on record"},
    {.name = "yes",
     .help = "Remove them; without it only show how many there are",
     .more = "While a line records into the ledger, a purge is refused."},
    {.name = "operator", .value = "NAME", .help = "Name of the operator (default: the login name)"},
    CLI_OPTION_JSON,
    CLI_OPTION_LEDGER("Ledger to use"),
    {.name = NULL}};

const struct cli_command cli_command_purge = {
    .name = "purge",
    .group = CLI_LEDGER,
    .summary = "Remove old application logs from the ledger",
    .arguments = "",
    .details =
        "Only the logs of applications are removed. Their digests stay, so that the ledger is still whole to "
        "`audit`, and so does a record of what was removed, by whom and why.",
    .options = options,
    .run = purge,
};
