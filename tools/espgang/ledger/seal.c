/* SPDX-License-Identifier: Apache-2.0 */

/* espgang seal: a batch takes no more runs. */

#include "db/proof/seal.h"
#include "engine/base/bytes.h"
#include "tools/espgang/cli.h"

#include <inttypes.h>
#include <stdio.h>

static enum cli_status seal(const struct eg_seal_request *request)
{
    struct eg_seal_made made;
    struct eg_error err;

    if (eg_seal_batch(&made, request, &err) != EG_OK)
        return cli_fail(&err);
    printf("batch %s is sealed: %" PRId64 " run%s, %" PRId64 " unit%s that passed\n", request->batch,
           made.runs, made.runs == 1 ? "" : "s", made.units, made.units == 1 ? "" : "s");
    if (made.fingerprint[0] != '\0')
        printf("signed by key %s\n", made.fingerprint);
    printf("runs %s\njournal %s\n", made.runs_sha256, made.hash);
    return CLI_OK;
}

enum cli_status cli_seal(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) char *batch = NULL;
    EG_CLEANUP(eg_free_cleanup) char *key = NULL;
    EG_CLEANUP(eg_free_cleanup) char *operator_name = NULL;
    const struct poptOption options[] = {
        {"batch", 0, POPT_ARG_STRING, &batch, 0, "batch to seal", "NAME"},
        {"key", 0, POPT_ARG_STRING, &key, 0, "private key to sign with (see 'espgang sign --new-key')",
         "FILE"},
        {"operator", 0, POPT_ARG_STRING, &operator_name, 0, "who seals (default: the login name)", "NAME"},
        {"ledger", 0, POPT_ARG_STRING, &ledger, 0,
         "ledger of the batch (default: $ESPGANG_LEDGER, else the station's)", "FILE"},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;

    if (!cli_options(&context, argc, argv, options, ""))
        return CLI_USAGE;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "takes no argument, but got '%s'", poptPeekArg(context));
    if (batch == NULL)
        return cli_usage(context, "seal what? name a batch with --batch");
    if (!cli_check_name(context, "--operator", operator_name))
        return CLI_USAGE;
    return seal(&(struct eg_seal_request){
        .ledger = ledger, .batch = batch, .operator_name = operator_name, .key = key});
}
