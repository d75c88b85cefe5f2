/* SPDX-License-Identifier: Apache-2.0 */

/* espgang seal: a batch takes no more runs. */

#include "db/proof/seal.h"
#include "engine/base/bytes.h"
#include "engine/line/json.h"
#include "tools/espgang/document.h"

#include <inttypes.h>
#include <stdio.h>

static enum eg_code seal(struct cli_call *call, struct eg_error *err)
{
    const struct eg_seal_request request = {.ledger = cli_text(call, "ledger"),
                                            .batch = cli_text(call, "batch"),
                                            .operator_name = cli_text(call, "operator"),
                                            .key = cli_text(call, "key")};
    struct eg_seal_made made;

    if (request.batch == NULL)
        return cli_usage(call, err, "missing option: --batch NAME");
    EG_TRY(cli_check_name(call, "operator", err));
    if (!cli_flag(call, "yes"))
        return cli_usage(call, err, "sealing batch %s cannot be undone; add --yes", request.batch);
    EG_TRY(eg_seal_batch(&made, &request, err));
    if (cli_flag(call, "json"))
        return cli_print_document(call,
                                  json_pack("{so sI sI sI so ss ss}", "batch", eg_json_text(request.batch),
                                            "runs", (json_int_t)made.runs, "passed", (json_int_t)made.passed,
                                            "units", (json_int_t)made.units, "signed_by",
                                            cli_json_text(made.fingerprint), "runs_sha256", made.runs_sha256,
                                            "journal", made.hash),
                                  err);
    printf("batch %s is sealed: %" PRId64 " run%s, %" PRId64 " unit%s that passed\n", request.batch,
           made.runs, made.runs == 1 ? "" : "s", made.units, made.units == 1 ? "" : "s");
    if (made.fingerprint[0] != '\0')
        printf("signed by key %s\n", made.fingerprint);
    printf("runs %s\njournal %s\n", made.runs_sha256, made.hash);
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "batch", .value = "NAME", .help = "Batch to seal"},
    {.name = "key",
     .value = "FILE",
     .help = "Sign the seal with this private key (see `espgang sign --new-key`)"},
    {.name = "yes", .help = "Seal it, although this cannot be undone"},
    {.name = "operator", .value = "NAME", .help = "Name of the operator (default: the login name)"},
    CLI_OPTION_JSON,
    CLI_OPTION_LEDGER("Ledger of the batch"),
    {.name = NULL}};

const struct cli_command cli_command_seal = {
    .name = "seal",
    .group = CLI_LEDGER,
    .summary = "Close a batch: it takes no more runs",
    .arguments = "",
    .details =
        "The number of its runs, their digest and the last hashes of the ledger are recorded. A batch "
        "with a run "
        "that has not ended, or that a line records into, is not sealed; lines of other batches go on. "
        "This cannot be undone.",
    .options = options,
    .run = seal,
};
