/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/secure/secure.h"

static enum eg_code digest_secure_bootloader(struct cli_call *call, struct eg_error *err)
{
    return secure_run(call, secure_digest_bootloader, err);
}

static const struct cli_option options[] = {
    SECURE_KEYFILE("Key of secure boot v1"),
    SECURE_OUTPUT("Output file (default: IMAGE-digest-0x0000.bin)"),
    {.name = "iv", .value = "FILE", .help = "128 bytes to begin with, for tests (default: random)"},
    {.name = NULL}};

const struct cli_command cli_command_digest_secure_bootloader = {
    .name = "secure digest-secure-bootloader",
    .group = CLI_SECURITY,
    .summary = "Write what an ESP32 with secure boot v1 has at address 0: digest and bootloader",
    .arguments = "IMAGE",
    .options = options,
    .least = 1,
    .most = 1,
    .run = digest_secure_bootloader,
};
