/* SPDX-License-Identifier: Apache-2.0 */

/* espgang audit: whether a ledger is what was recorded. */

#include "db/proof/audit.h"
#include "engine/base/bytes.h"
#include "engine/line/json.h"
#include "tools/espgang/document.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

struct seals {
    FILE *out;
    unsigned count;
};

static void print_seal(void *context, const struct eg_audit_seal *seal)
{
    struct seals *seals = context;

    seals->count++;
    fprintf(seals->out,
            "batch %s: %" PRId64 " run%s and %" PRId64 " unit%s that passed, sealed at %s by %s, ",
            seal->batch, seal->runs, plural(seal->runs), seal->units, plural(seal->units), seal->sealed_utc,
            seal->operator_name);
    if (seal->key[0] != '\0')
        fprintf(seals->out, "signed by key %s\n", seal->key);
    else
        fputs("not signed\n", seals->out);
}

static void add_seal(void *context, const struct eg_audit_seal *seal)
{
    json_t *key = seal->key[0] != '\0' ? json_string(seal->key) : json_null();

    json_array_append_new(context,
                          json_pack("{so sI sI sI ss so so}", "batch", eg_json_text(seal->batch), "runs",
                                    (json_int_t)seal->runs, "passed", (json_int_t)seal->passed, "units",
                                    (json_int_t)seal->units, "sealed", seal->sealed_utc, "operator",
                                    eg_json_text(seal->operator_name), "key", key));
}

static void print_text(const struct eg_audit *audit, const char *batch, unsigned seals)
{
    printf("%" PRId64 " run%s in the chain, whole and untouched\nchain %s\njournal %s, %" PRId64 " entr%s\n",
           audit->runs, plural(audit->runs), audit->chain_hash, audit->journal_hash, audit->entries,
           audit->entries == 1 ? "y" : "ies");
    if (audit->unfinished > 0)
        printf("%" PRId64 " run%s not ended, and not in the chain yet\n", audit->unfinished,
               audit->unfinished == 1 ? " has" : "s have");
    if (audit->purged > 0)
        printf("%" PRId64 " log%s removed by a purge\n", audit->purged,
               audit->purged == 1 ? " was" : "s were");
    if (batch != NULL && seals == 0)
        printf("batch %s is not sealed\n", batch);
}

static enum eg_code audit_as_text(struct cli_call *call, struct eg_error *err)
{
    const char *const batch = cli_text(call, "batch");
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    size_t size = 0;
    struct seals seals = {.out = open_memstream(&text, &size)}; /* they are printed last */
    struct eg_audit audit;

    if (seals.out == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory");
    const enum eg_code code = eg_audit(&audit, cli_text(call, "ledger"), batch, print_seal, &seals, err);
    fclose(seals.out);
    EG_TRY(code);
    if (audit.bad.text[0] != '\0') {
        fprintf(stderr, "espgang: %s\n", audit.bad.text);
        call->status = CLI_NOT_PASSED;
        return EG_OK;
    }
    print_text(&audit, batch, seals.count);
    fputs(text, stdout);
    return EG_OK;
}

static enum eg_code audit_as_json(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_json_cleanup) json_t *seals = json_array();
    struct eg_audit audit;

    EG_TRY(eg_audit(&audit, cli_text(call, "ledger"), cli_text(call, "batch"), add_seal, seals, err));
    const bool whole = audit.bad.text[0] == '\0';
    json_t *bad = whole ? json_null()
                        : json_pack("{ss sI so}", "table", audit.bad.table, "number",
                                    (json_int_t)audit.bad.number, "text", eg_json_text(audit.bad.text));
    call->status = whole ? CLI_OK : CLI_NOT_PASSED;
    return cli_print_document(call,
                              json_pack("{sb so sI sI ss ss sI sI sO}", "whole", whole, "bad", bad, "runs",
                                        (json_int_t)audit.runs, "unfinished", (json_int_t)audit.unfinished,
                                        "chain", audit.chain_hash, "journal", audit.journal_hash, "entries",
                                        (json_int_t)audit.entries, "purged_logs", (json_int_t)audit.purged,
                                        "seals", seals),
                              err);
}

static enum eg_code audit(struct cli_call *call, struct eg_error *err)
{
    return cli_flag(call, "json") ? audit_as_json(call, err) : audit_as_text(call, err);
}

static const struct cli_option options[] = {
    {.name = "batch",
     .value = "NAME",
     .help = "Show of this batch alone whether it is sealed; audit everything"},
    CLI_OPTION_LEDGER("Ledger to audit"),
    CLI_OPTION_JSON,
    {.name = NULL}};

const struct cli_command cli_command_audit = {
    .name = "audit",
    .group = CLI_LEDGER,
    .summary = "Check that the ledger is what was recorded",
    .arguments = "",
    .details =
        "The chain of runs and the journal are computed again from the rows, seals and their signatures are "
        "verified, and every row is compared with them. The last hash of both is printed, and then each "
        "sealed "
        "batch and the key that signed it. Otherwise the first row that was changed, removed, added or "
        "exchanged "
        "is named, and the exit status is 1. Nothing is changed, and a line may go on recording.\n"
        "\n"
        "Anyone who may write to the file can also compute its hashes anew, or cut off its end, but not "
        "against "
        "hashes that were noted elsewhere: print them with the delivery of a batch, or sign its seal.",
    .options = options,
    .run = audit,
};
