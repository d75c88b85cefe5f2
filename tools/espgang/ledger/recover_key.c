/* SPDX-License-Identifier: Apache-2.0 */

/* espgang secure recover-key: a board's key out of escrow. */

#include "db/query/questions.h"
#include "engine/base/mac.h"
#include "engine/secure/escrow.h"
#include "tools/espgang/command.h"

#include <stdio.h>
#include <string.h>

enum { KEY_MAX = 64 };

struct recovery {
    const char *wanted, *private_key;
    struct eg_secret key;
    char names[400]; /* that are in escrow */
};

/* Keys of the flash have these names; of one in two halves both go into the file. */
static bool is_of_flash(const char *name)
{
    return strncmp(name, "XTS_AES_", strlen("XTS_AES_")) == 0 || strcmp(name, "flash_encryption") == 0;
}

static enum eg_code see(void *context, const void *row, struct eg_error *err)
{
    struct recovery *const recovery = context;
    const struct eg_escrow_row *const held = row;
    EG_CLEANUP(eg_secret_finish) struct eg_secret part = {0};
    const size_t used = strlen(recovery->names);

    snprintf(recovery->names + used, sizeof recovery->names - used, "%s%s", used > 0 ? ", " : "", held->key);
    if (recovery->wanted != NULL ? strcmp(recovery->wanted, held->key) != 0 : !is_of_flash(held->key))
        return EG_OK;
    EG_TRY(eg_escrow_recover(&part, recovery->private_key, held->sealed, err));
    if (recovery->key.size + part.size > KEY_MAX)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "the board has had several flash keys: say which by --key; in escrow are %s",
                            recovery->names);
    memcpy(recovery->key.data + recovery->key.size, part.data, part.size);
    recovery->key.size += part.size;
    return EG_OK;
}

/* The key in the board's row of a pool. */
static enum eg_code recover_from_pool(struct eg_query *query, const char *pool, const char *column,
                                      const char *mac, struct recovery *recovery, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer sealed = {0};

    EG_TRY(eg_query_sealed(query, pool, column, mac, &sealed, err));
    if (sealed.size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "pool %s has no sealed key of %s in column %s", pool, mac,
                            column);
    return eg_escrow_recover(&recovery->key, recovery->private_key, (const char *)sealed.data, err);
}

static enum eg_code recover(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    struct recovery recovery = {.wanted = cli_text(call, "key"), .private_key = cli_text(call, "keyfile")};
    const char *const output = cli_text(call, "output");
    const char *const pool = cli_text(call, "pool"), *const column = cli_text(call, "column");
    char mac[EG_MAC_TEXT];

    if (recovery.private_key == NULL || output == NULL)
        return cli_usage(call, err, "missing option: --keyfile FILE and --output FILE");
    if ((pool == NULL) != (column == NULL) || (pool != NULL && recovery.wanted != NULL))
        return cli_usage(call, err, "--pool POOL and --column COLUMN go together, without --key");
    if (!eg_mac_normalise(mac, call->argument[0]))
        return cli_usage(call, err, "\"%.40s\" is no MAC address", call->argument[0]);
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(eg_secret_init(&recovery.key, KEY_MAX, err));
    recovery.key.size = 0;
    enum eg_code code = pool != NULL ? recover_from_pool(query, pool, column, mac, &recovery, err)
                                     : eg_query_escrow(query, mac, see, &recovery, err);
    if (code == EG_OK && recovery.key.size == 0)
        code = recovery.names[0] == '\0'
                   ? eg_error_set(err, EG_BAD_ARGUMENT, "no key of %s is in escrow in %s", mac,
                                  eg_query_path(query))
                   : eg_error_set(err, EG_BAD_ARGUMENT, "%s is not in escrow for %s; in escrow are %s",
                                  recovery.wanted != NULL ? recovery.wanted : "a flash key", mac,
                                  recovery.names);
    if (code == EG_OK)
        code = eg_secret_write(output, recovery.key.data, recovery.key.size, err);
    if (code == EG_OK)
        printf("%s: a key of %zu bits of %s\n", output, 8 * recovery.key.size, mac);
    eg_secret_finish(&recovery.key);
    return code;
}

static const struct cli_option options[] = {
    {.name = "keyfile", .letter = 'k', .value = "FILE", .help = "The private key in PEM, RSA or EC"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "File for the key, which is never replaced"},
    {.name = "key",
     .value = "NAME",
     .help = "Recover this key instead of the flash key: \"HMAC_UP in BLOCK_KEY4\""},
    {.name = "pool", .value = "POOL", .help = "Recover the key in the board's row of this pool"},
    {.name = "column", .value = "COLUMN", .help = "Sealed column of that pool"},
    CLI_OPTION_LEDGER("The ledger that recorded the board"),
    {.name = NULL}};

const struct cli_command cli_command_recover_key = {
    .name = "secure recover-key",
    .group = CLI_SECURITY,
    .summary = "Recover the key of a board from escrow in the ledger",
    .arguments = "MAC",
    .details =
        "A job with `secure.flash.escrow` has the key of each board encrypted to a public key and recorded "
        "before "
        "it is burnt. This decrypts it with the private one, away from the line. The file is readable by its "
        "owner alone.\n\n"
        "  espgang secure recover-key -k escrow.pem -o flash.key 7c:df:a1:00:11:22\n\n"
        "With `--pool` and `--column` it decrypts the key that the board got from a pool (`pool import "
        "--seal`).",
    .options = options,
    .least = 1,
    .most = 1,
    .run = recover,
};
