/* SPDX-License-Identifier: Apache-2.0 */

/* espgang backup: a copy of the ledger, also while a line records. */

#include "db/files/backup.h"

#include "engine/base/bytes.h"
#include "tools/espgang/command.h"

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
    printf("%" PRId64 " finished run%s in %s, checked%s%s\n", copied.finished,
           copied.finished == 1 ? "" : "s", backup.path,
           copied.finished > 0 ? "; the last has the hash " : "", copied.hash);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_LEDGER("Ledger to copy"),
    {.name = "force", .help = "Replace a file that exists", .more = "A ledger in use is not replaced."},
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
