/* SPDX-License-Identifier: Apache-2.0 */

/* espgang backup: a copy of the ledger, also while a line records. */

#include "db/files/backup.h"

#include "engine/base/bytes.h"
#include "engine/line/json.h"
#include "tools/espgang/document.h"

#include <inttypes.h>
#include <stdio.h>

static enum eg_code backup(struct cli_call *call, struct eg_error *err)
{
    const struct eg_backup backup = {.ledger = cli_text(call, "ledger"),
                                     .path = call->argument[0],
                                     .force = cli_flag(call, "force"),
                                     .cancel = cli_cancel()};
    struct eg_backed_up copied;

    if (backup.path[0] == '\0')
        return cli_usage(call, err, "the name of the file is empty");
    cli_catch_signals(NULL, NULL);
    EG_TRY(eg_ledger_backup(&backup, &copied, err));
    if (cli_flag(call, "json"))
        return cli_print_document(call,
                                  json_pack("{so sI so}", "file", eg_json_text(backup.path), "runs",
                                            (json_int_t)copied.finished, "hash", cli_json_text(copied.hash)),
                                  err);
    printf("%" PRId64 " finished run%s in %s, checked%s%s\n", copied.finished,
           copied.finished == 1 ? "" : "s", backup.path,
           copied.finished > 0 ? "; the last has the hash " : "", copied.hash);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_LEDGER("Ledger to copy"),
    {.name = "force", .help = "Replace a file that exists", .more = "A ledger in use is not replaced."},
    CLI_OPTION_JSON,
    {.name = NULL}};

const struct cli_command cli_command_backup = {
    .name = "backup",
    .group = CLI_LEDGER,
    .summary = "Copy the ledger, also while a line records",
    .arguments = "FILE",
    .details =
        "The copy is the ledger at one moment. It has the mode of the ledger and gets its name when it is "
        "whole, "
        "checked and on the disk. It needs no other file, so it can be read where nothing can be written. "
        "The hash of its last run is printed.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = backup,
};
