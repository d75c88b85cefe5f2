/* SPDX-License-Identifier: Apache-2.0 */

/* espgang pool: data for single boards goes into the ledger, and how much of it is left. */

#include "db/files/import.h"
#include "db/query/query.h"
#include "engine/base/bytes.h"
#include "tools/espgang/document.h"
#include "tools/espgang/dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum eg_code import(const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **secrets = NULL;
    EG_CLEANUP(eg_free_cleanup) const char **uniques = NULL;
    EG_CLEANUP(eg_free_cleanup) const char **shared = NULL;
    EG_CLEANUP(eg_free_cleanup) const char **seals = NULL;
    int secret_count, unique_count, shared_count, seal_count;

    cli_dump_hold_secrets();
    EG_TRY(cli_list(call, "secret", &secrets, &secret_count, err));
    EG_TRY(cli_list(call, "unique", &uniques, &unique_count, err));
    EG_TRY(cli_list(call, "shared", &shared, &shared_count, err));
    EG_TRY(cli_list(call, "seal", &seals, &seal_count, err));
    const struct eg_pool_import import = {
        .ledger = cli_text(call, "ledger"),
        .pool = cli_text(call, "pool"),
        .path = call->argument[1],
        .secrets = secret_count > 0 ? secrets : NULL,
        .uniques = unique_count > 0 ? uniques : NULL,
        .shared = shared_count > 0 ? shared : NULL,
        .seals = seal_count > 0 ? seals : NULL,
        .seal_to = cli_text(call, "to"),
    };
    struct eg_pool_imported imported;

    EG_TRY(eg_pool_import(&import, &imported, err));
    if (imported.new_ledger)
        fputs("espgang: a new ledger was made\n", stderr);
    printf("%" PRId64 " row%s imported; pool %s has %" PRId64 "\n", imported.rows,
           imported.rows == 1 ? "" : "s", imported.pool, imported.total);
    return EG_OK;
}

static enum eg_code print_pool(void *context, const struct eg_pool_summary *pool, struct eg_error *err)
{
    unsigned *count = context;

    (void)err;
    if ((*count)++ == 0)
        printf("%-24s  %9s  %9s  %9s  %9s  %9s  %9s\n", "POOL", "ROWS", "FREE", "RESERVED", "WRITTEN",
               "VERIFIED", "CONSUMED");
    printf("%-24s  %9" PRId64 "  %9" PRId64 "  %9" PRId64 "  %9" PRId64 "  %9" PRId64 "  %9" PRId64 "\n",
           pool->name, pool->total, pool->free, pool->reserved, pool->written, pool->verified,
           pool->consumed);
    return EG_OK;
}

static enum eg_code add_pool(void *context, const struct eg_pool_summary *pool, struct eg_error *err)
{
    (void)err;
    json_array_append_new(
        context, json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "pool", cli_json_text(pool->name), "rows",
                           (json_int_t)pool->total, "free", (json_int_t)pool->free, "reserved",
                           (json_int_t)pool->reserved, "written", (json_int_t)pool->written, "verified",
                           (json_int_t)pool->verified, "consumed", (json_int_t)pool->consumed));
    return EG_OK;
}

/* Print the rows that a question gathered under this name, and free them; or pass its error on. */
static enum eg_code print_json(const struct cli_call *call, enum eg_code code, const char *name, json_t *rows,
                               struct eg_error *err)
{
    if (code == EG_OK)
        return cli_print_document(call, json_pack("{s:o}", name, rows), err);
    json_decref(rows);
    return code;
}

static enum eg_code list(const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    unsigned count = 0;

    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    if (cli_flag(call, "json")) {
        json_t *const rows = json_array();
        return print_json(call, eg_query_pools(query, add_pool, rows, err), "pools", rows, err);
    }
    EG_TRY(eg_query_pools(query, print_pool, &count, err));
    if (count == 0)
        puts("no pool");
    return EG_OK;
}

static enum eg_code print_entry(void *context, const struct eg_pool_entry *entry, struct eg_error *err)
{
    char run[24] = "";
    bool *begun = context;

    (void)err;
    if (!*begun) {
        printf("%7s  %-8s  %-17s  %7s", "ROW", "STATE", "MAC", "RUN");
        for (unsigned i = 0; i < entry->count; i++)
            printf("  %s", entry->names[i]);
        puts("");
        *begun = true;
    }
    if (entry->run >= 0)
        snprintf(run, sizeof run, "%" PRId64, entry->run);
    printf("%7" PRId64 "  %-8s  %-17s  %7s", entry->position, entry->state, entry->mac, run);
    for (unsigned i = 0; i < entry->count; i++)
        printf("  %s", entry->values[i]);
    puts("");
    return EG_OK;
}

static void print_csv(const char *value)
{
    if (strpbrk(value, ",\"") == NULL) {
        fputs(value, stdout);
        return;
    }
    putchar('"');
    for (; *value != '\0'; value++) {
        if (*value == '"')
            putchar('"');
        putchar(*value);
    }
    putchar('"');
}

static enum eg_code print_entry_csv(void *context, const struct eg_pool_entry *entry, struct eg_error *err)
{
    bool *begun = context;

    (void)err;
    for (unsigned i = 0; !*begun && i < entry->count; i++) {
        print_csv(entry->names[i]);
        putchar(',');
    }
    if (!*begun)
        puts("pool_row,pool_state,pool_mac,pool_run,pool_since,pool_import");
    *begun = true;
    for (unsigned i = 0; i < entry->count; i++) {
        print_csv(entry->values[i]);
        putchar(',');
    }
    printf("%" PRId64 ",%s,%s,", entry->position, entry->state, entry->mac);
    if (entry->run >= 0)
        printf("%" PRId64, entry->run);
    printf(",%s,", entry->since_utc);
    print_csv(entry->imported_from);
    puts("");
    return EG_OK;
}

static enum eg_code add_entry(void *context, const struct eg_pool_entry *entry, struct eg_error *err)
{
    json_t *const values = json_object();

    (void)err;
    for (unsigned i = 0; i < entry->count; i++)
        json_object_set_new(values, entry->names[i], cli_json_text(entry->values[i]));
    json_array_append_new(context,
                          json_pack("{s:I, s:s, s:o, s:o, s:o, s:o, s:o}", "row", (json_int_t)entry->position,
                                    "state", entry->state, "mac", cli_json_text(entry->mac), "run",
                                    entry->run >= 0 ? json_integer(entry->run) : json_null(), "since",
                                    cli_json_text(entry->since_utc), "import",
                                    cli_json_text(entry->imported_from), "values", values));
    return EG_OK;
}

static enum eg_code show(const struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    bool begun = false;

    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    if (cli_flag(call, "json")) {
        json_t *const rows = json_array();
        return print_json(call, eg_query_pool(query, call->argument[1], add_entry, rows, err), "rows", rows,
                          err);
    }
    return eg_query_pool(query, call->argument[1], cli_flag(call, "csv") ? print_entry_csv : print_entry,
                         &begun, err);
}

static enum eg_code pool(struct cli_call *call, struct eg_error *err)
{
    const char *const action = call->argument[0];
    const bool imports = strcmp(action, "import") == 0, lists = strcmp(action, "list") == 0;

    if (!imports && !lists && strcmp(action, "show") != 0)
        return cli_usage(call, err, "'%s' is none of import, list and show", action);
    if (!lists && call->count < 2)
        return cli_usage(call, err, "missing argument: %s", imports ? "FILE.csv" : "POOL");
    if (lists && call->count > 1)
        return cli_usage(call, err, "unexpected argument '%s'", call->argument[1]);
    if (!imports && (cli_text(call, "pool") != NULL || cli_text(call, "secret") != NULL))
        return cli_usage(call, err, "--pool and --secret go with import");
    if (!imports && (cli_text(call, "unique") != NULL || cli_text(call, "shared") != NULL))
        return cli_usage(call, err, "--unique and --shared go with import");
    if (!imports && (cli_text(call, "seal") != NULL || cli_text(call, "to") != NULL))
        return cli_usage(call, err, "--seal and --to go with import");
    if ((cli_text(call, "seal") != NULL) != (cli_text(call, "to") != NULL))
        return cli_usage(call, err, "--seal COLUMN and --to FILE go together");
    if (cli_flag(call, "csv") && (imports || lists))
        return cli_usage(call, err, "--csv goes with show");
    if (cli_flag(call, "json") && (imports || cli_flag(call, "csv")))
        return cli_usage(call, err, "--json goes with list and show, without --csv");
    if (imports)
        return import(call, err);
    return lists ? list(call, err) : show(call, err);
}

static const char *const actions[] = {"import", "list", "show", NULL};

static const struct cli_option options[] = {
    {.name = "pool",
     .value = "NAME",
     .help = "import: name of the pool (default: the name of the file)",
     .more = "Letters, digits, `-` and `_`."},
    {.name = "secret",
     .value = "COLUMN",
     .help = "import: never show the values of this column; may be repeated",
     .more =
         "Given with the first file of a pool, it holds for all. The values are in the ledger as they "
         "are, so "
         "protect the ledger as you protect them. Each belongs to one board and is in one row of the pool."},
    {.name = "unique",
     .value = "COLUMN",
     .help = "import: each value of this column belongs to one board, like those of a secret column; may be "
             "repeated",
     .more = "No two rows of the pool may have the same."},
    {.name = "shared",
     .value = "COLUMN",
     .help = "import: the values of this secret column may be in several rows and on several boards; may be "
             "repeated"},
    {.name = "seal",
     .value = "COLUMN",
     .help = "import: encrypt the keys in this column to the public key of `--to`; may be repeated",
     .more =
         "The column has a key in each row, as hexadecimal digits. The ledger gets no key: only what the "
         "private key decrypts, and a fingerprint, by which the same key is refused a second time. A sealed "
         "column is secret, and no name for templates. `secure.flash.key` of a job takes the flash key of "
         "each "
         "board from it; `run --private-key` decrypts it."},
    {.name = "to", .value = "FILE", .help = "import: public key in PEM, RSA or EC, for `--seal`"},
    {.name = "csv", .help = "show: print CSV"},
    CLI_OPTION_JSON,
    CLI_OPTION_LEDGER("Ledger to use"),
    {.name = NULL}};

const struct cli_command cli_command_pool = {
    .name = "pool",
    .group = CLI_LEDGER,
    .summary = "Import and show serial numbers, keys and other data of single boards",
    .arguments = "import FILE.csv\nlist\nshow POOL",
    .details =
        "A pool is a table in the ledger, and each row is given to one board, once.\n"
        "\n"
        "`import` adds the rows of a CSV file to a pool and makes the pool when it does not exist. The first "
        "line "
        "names the columns, which are the same in every file of a pool. Fields are UTF-8 between commas, in "
        "double "
        "quotes where they contain a comma or a quote; a row is one line. The first column has the key of a "
        "row, "
        "such as its serial number: no two rows of a pool have the same. A column `mac` has the MAC of the "
        "board "
        "that the row is for, in any form that `history` takes; such a row goes to no other board. A file "
        "that is "
        "refused is "
        "named with line and cause, and nothing of it is imported; nor is the same file imported twice. "
        "While a "
        "line records into the ledger, a file may have 20000 rows; more would keep the line waiting.\n"
        "\n"
        "`list` counts the rows of every pool:\n"
        "\n"
        "- free: no board has it.\n"
        "- reserved: a run has it and has not yet written it; it is free again when the run ends without.\n"
        "- written, verified: it went to the flash of a board, and was read back; from then on it stays with "
        "that "
        "MAC, and is used again when the board comes again.\n"
        "- consumed: the run passed.\n"
        "\n"
        "`show` lists the rows of one pool with state, MAC and last run.",
    .options = options,
    .words = actions,
    .least = 1,
    .most = 2,
    .run = pool,
};
