/* SPDX-License-Identifier: Apache-2.0 */

/* espgang audit: whether a ledger is what was recorded. */

#include "db/proof/audit.h"
#include "engine/base/bytes.h"
#include "engine/line/json.h"
#include "tools/espgang/cli.h"

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

static enum cli_status audit_as_text(const char *ledger, const char *batch)
{
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    size_t size = 0;
    struct seals seals = {.out = open_memstream(&text, &size)}; /* they are said last */
    struct eg_audit audit;
    struct eg_error err;

    if (seals.out == NULL) {
        eg_error_set(&err, EG_NO_MEMORY, "out of memory");
        return cli_fail(&err);
    }
    const enum eg_code code = eg_audit(&audit, ledger, batch, print_seal, &seals, &err);
    fclose(seals.out);
    if (code != EG_OK)
        return cli_fail(&err);
    if (audit.bad.text[0] != '\0') {
        fprintf(stderr, "espgang: %s\n", audit.bad.text);
        return CLI_NOT_PASSED;
    }
    print_text(&audit, batch, seals.count);
    fputs(text, stdout);
    return CLI_OK;
}

static enum cli_status audit_as_json(const char *ledger, const char *batch)
{
    json_t *seals = json_array();
    struct eg_audit audit;
    struct eg_error err;

    if (eg_audit(&audit, ledger, batch, add_seal, seals, &err) != EG_OK) {
        json_decref(seals);
        return cli_fail(&err);
    }
    const bool whole = audit.bad.text[0] == '\0';
    json_t *bad = whole ? json_null()
                        : json_pack("{ss sI so}", "table", audit.bad.table, "number",
                                    (json_int_t)audit.bad.number, "text", eg_json_text(audit.bad.text));
    json_t *all = json_pack(
        "{sb so sI sI ss ss sI sI so}", "whole", whole, "bad", bad, "runs", (json_int_t)audit.runs,
        "unfinished", (json_int_t)audit.unfinished, "chain", audit.chain_hash, "journal", audit.journal_hash,
        "entries", (json_int_t)audit.entries, "purged_logs", (json_int_t)audit.purged, "seals", seals);
    char *line = all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
    if (line != NULL)
        puts(line);
    free(line);
    json_decref(all);
    return whole ? CLI_OK : CLI_NOT_PASSED;
}

enum cli_status cli_audit(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) char *batch = NULL;
    int json = 0;
    const struct poptOption options[] = {
        {"batch", 0, POPT_ARG_STRING, &batch, 0, "say of this batch alone whether it is sealed", "NAME"},
        {"ledger", 0, POPT_ARG_STRING, &ledger, 0,
         "ledger to audit (default: $ESPGANG_LEDGER, else the station's)", "FILE"},
        {"json", 0, POPT_ARG_NONE, &json, 0, "one JSON object instead of text", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;

    if (!cli_options(&context, argc, argv, options, ""))
        return CLI_USAGE;
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "takes no argument, but got '%s'", poptPeekArg(context));
    return json != 0 ? audit_as_json(ledger, batch) : audit_as_text(ledger, batch);
}
