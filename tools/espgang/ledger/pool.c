/* SPDX-License-Identifier: Apache-2.0 */

/* espgang pool: data for single boards goes into the ledger, and how much of it is left. */

#include "db/files/import.h"
#include "db/query/query.h"
#include "engine/base/bytes.h"
#include "tools/espgang/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pool_options {
    char *ledger, *pool;
    char **secrets, **uniques, **shared;
    int csv;
};

static void free_list(char **list)
{
    for (char **word = list; word != NULL && *word != NULL; word++)
        free(*word);
    free(list);
}

static void pool_options_finish(struct pool_options *options)
{
    free_list(options->secrets);
    free_list(options->uniques);
    free_list(options->shared);
    free(options->ledger);
    free(options->pool);
}

static enum cli_status import(const struct pool_options *options, const char *path)
{
    const struct eg_pool_import import = {
        .ledger = options->ledger,
        .pool = options->pool,
        .path = path,
        .secrets = (const char *const *)options->secrets,
        .uniques = (const char *const *)options->uniques,
        .shared = (const char *const *)options->shared,
    };
    struct eg_pool_imported imported;
    struct eg_error err;

    if (eg_pool_import(&import, &imported, &err) != EG_OK)
        return cli_fail(&err);
    if (imported.new_ledger)
        puts("new ledger");
    printf("%" PRId64 " row%s imported; pool %s has %" PRId64 "\n", imported.rows,
           imported.rows == 1 ? "" : "s", imported.pool, imported.total);
    return CLI_OK;
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

static enum cli_status list(const struct pool_options *options)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    unsigned count = 0;

    if (eg_query_open(&query, options->ledger, &err) != EG_OK ||
        eg_query_pools(query, print_pool, &count, &err) != EG_OK)
        return cli_fail(&err);
    if (count == 0)
        puts("no pool");
    return CLI_OK;
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

static enum cli_status show(const struct pool_options *options, const char *pool)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct eg_error err;
    bool begun = false;

    if (eg_query_open(&query, options->ledger, &err) != EG_OK ||
        eg_query_pool(query, pool, options->csv ? print_entry_csv : print_entry, &begun, &err) != EG_OK)
        return cli_fail(&err);
    return CLI_OK;
}

enum cli_status cli_pool(int argc, const char **argv)
{
    EG_CLEANUP(pool_options_finish) struct pool_options options = {0};
    /* clang-format off */
    const struct poptOption table[] = {
        {"pool", 0, POPT_ARG_STRING, &options.pool, 0, "import: the pool's name (default: the file's)", "NAME"},
        {"secret", 0, POPT_ARG_ARGV, &options.secrets, 0, "import: never show the values of this column; may be repeated", "COLUMN"},
        {"unique", 0, POPT_ARG_ARGV, &options.uniques, 0, "import: each value of this column belongs to one board, as that of a secret column does; may be repeated", "COLUMN"},
        {"shared", 0, POPT_ARG_ARGV, &options.shared, 0, "import: a secret column whose values may repeat; may be repeated", "COLUMN"},
        {"csv", 0, POPT_ARG_NONE, &options.csv, 0, "show: as CSV", NULL},
        {"ledger", 0, POPT_ARG_STRING, &options.ledger, 0, "ledger to use (default: $ESPGANG_LEDGER, else the station's)", "FILE"},
        POPT_AUTOHELP POPT_TABLEEND};
    /* clang-format on */
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;

    if (!cli_options(&context, argc, argv, table, "import FILE.csv | list | show POOL"))
        return CLI_USAGE;
    const char *action = poptGetArg(context);
    if (action == NULL)
        return cli_usage(context, "pool what? one of import, list and show");
    const bool imports = strcmp(action, "import") == 0, lists = strcmp(action, "list") == 0;
    if (!imports && !lists && strcmp(action, "show") != 0)
        return cli_usage(context, "'%s' is none of import, list and show", action);
    const char *argument = lists ? NULL : poptGetArg(context);
    if (!lists && argument == NULL)
        return cli_usage(context, imports ? "import what? name a CSV file" : "show what? name a pool");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "'%s' is too much", poptPeekArg(context));
    if (!imports && (options.pool != NULL || options.secrets != NULL))
        return cli_usage(context, "--pool and --secret go with import");
    if (!imports && (options.uniques != NULL || options.shared != NULL))
        return cli_usage(context, "--unique and --shared go with import");
    if (options.csv && (imports || lists))
        return cli_usage(context, "--csv goes with show");
    if (imports)
        return import(&options, argument);
    return lists ? list(&options) : show(&options, argument);
}
