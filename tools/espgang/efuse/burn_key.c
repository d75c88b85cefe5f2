/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/session.h"

#include <stdio.h>
#include <string.h>

static enum eg_code want_key(struct efuse_session *session, const struct cli_call *call, const char *block,
                             const char *path, const char *purpose_name, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret data = {0};
    struct eg_efuse_purpose purpose;
    struct eg_efuse_key key = {
        .block = block,
        .purpose = purpose_name,
        .readable = cli_flag(call, "no-read-protect") || cli_flag(call, "no-protect-key"),
        .writable = cli_flag(call, "no-write-protect") || cli_flag(call, "no-protect-key")};

    if (purpose_name != NULL)
        EG_TRY(eg_efuse_get_purpose(&session->fuses, purpose_name, &purpose, err));
    EG_TRY(efuse_read_key(session, path, purpose_name != NULL ? &purpose : NULL, &data, err));
    key.data = data.data;
    key.size = data.size;
    if (cli_flag(call, "show-sensitive-info")) {
        char hex[2 * 64 + 1];

        for (size_t i = 0; i < data.size && i < 64; i++)
            sprintf(hex + 2 * i, "%02x", data.data[i]);
        cli_say(call, "%s: %s", path, hex);
        eg_wipe(hex, sizeof hex);
    }
    if (eg_efuse_want_key(&session->plan, &key, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    return EG_OK;
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;
    const int group = session->fuses.chip->purposes != NULL ? 3 : 2;

    EG_TRY(efuse_check_blocks(call, group, err));
    session->plan.force = session->plan.force || cli_flag(call, "force-write-always");
    for (int i = 0; i < call->count; i += group)
        EG_TRY(want_key(session, call, call->argument[i], call->argument[i + 1],
                        group == 3 ? call->argument[i + 2] : NULL, err));
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "no-protect-key", .help = "ESP32: leave the key readable and writable"},
    {.name = "no-write-protect", .help = "Leave the block writable"},
    {.name = "no-read-protect", .help = "Leave a key readable that only hardware should see"},
    {.name = "show-sensitive-info", .help = "Show the key"},
    EFUSE_FORCE,
    EFUSE_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_burn_key = {
    .name = "efuse burn-key",
    .group = CLI_SECURITY,
    .summary = "Burn keys with their purpose and protection",
    .arguments = "BLOCK FILE PURPOSE...\nBLOCK FILE...",
    .details = "The second form is the ESP32's, whose blocks `flash_encryption` and `secure_boot_v1` take "
               "keys that only "
               "hardware sees; `secure_boot_v2` and the block numbers take bytes as they are.\n\n"
               "A key is a file of 32 bytes; 64 for `XTS_AES_256_KEY`, which is divided over two blocks; a "
               "PEM file for "
               "ECDSA keys. Keys of only one byte value, and keys that are published for tests, are refused.",
    .options = options,
    .least = 2,
    .most = -1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .run = efuse_run,
    .step = step,
};
