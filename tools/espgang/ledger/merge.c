/* SPDX-License-Identifier: Apache-2.0 */

/* espgang merge: the runs of another station's ledger into this one. */

#include "db/files/merge.h"

#include "engine/base/bytes.h"
#include "tools/espgang/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static void show_progress(void *context, const char *what, int64_t done, int64_t total)
{
    (void)context;
    fprintf(stderr, "\r%s %" PRId64 " of %" PRId64 " runs%s", what, done, total, done == total ? "\n" : "");
}

static enum eg_code merge(struct cli_call *call, struct eg_error *err)
{
    const struct eg_merge merge = {.ledger = cli_text(call, "ledger"),
                                   .other = call->argument[0],
                                   .dry_run = cli_flag(call, "dry-run"),
                                   .cancel = cli_cancel(),
                                   .progress = isatty(STDERR_FILENO) ? show_progress : NULL};
    struct eg_merged merged;

    if (merge.other[0] == '\0')
        return cli_usage(call, err, "the name of the other ledger is empty");
    EG_TRY(cli_file_check(merge.other, err));
    EG_TRY(eg_ledger_merge(&merge, &merged, err));
    printf("%" PRId64 " run%s %s, %" PRId64 " here already, %" PRId64 " unfinished and left there\n",
           merged.runs, merged.runs == 1 ? "" : "s", merge.dry_run ? "would be merged" : "merged",
           merged.known, merged.unfinished);
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "ledger",
     .value = "FILE",
     .help = "Ledger that gets the runs (default: $ESPGANG_LEDGER, else the station's)",
     .more = "While a line records into it, a merge is refused."},
    {.name = "dry-run", .help = "Show what would be merged, and keep nothing of it"},
    {.name = NULL}};

const struct cli_command cli_command_merge = {
    .name = "merge",
    .group = CLI_LEDGER,
    .summary = "Add the runs of another station's ledger",
    .arguments = "OTHER.db",
    .details =
        "Every finished run of the other ledger that is not here yet is added, a thousand at a time: when "
        "anything is wrong, or after Ctrl-C, what was added stays, and merging again goes on from "
        "there. The other ledger is audited first: one that was changed after it was recorded "
        "is refused, and "
        "so is a run that is here already with other contents. Merging again, or by way of a third "
        "ledger, adds "
        "nothing twice. Of pools, the rows that were written to boards are added; a row that two "
        "stations gave to "
        "two boards is refused. Runs that have not ended stay where they are, and so do seals. A run "
        "of a batch "
        "that is sealed here is refused.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = merge,
};
