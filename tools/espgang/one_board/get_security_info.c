/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/command.h"

#include <stdio.h>

static unsigned odd_bits(unsigned bits)
{
    unsigned odd = 0;

    for (; bits != 0; bits &= bits - 1)
        odd ^= 1;
    return odd;
}

static const char *on_off(bool on)
{
    return on ? "enabled" : "disabled";
}

static void tell_keys(const struct cli_call *call, const struct eg_security_info *info)
{
    const unsigned count = eg_board_key_blocks(call->board);

    for (unsigned i = 0; i < count && i < EG_SECURITY_KEYS; i++) {
        const char *purpose = eg_board_key_purpose(call->board, info->key_purposes[i]);
        char line[64];

        snprintf(line, sizeof line, "  BLOCK_KEY%u", i);
        cli_say(call, "%-19s %u, %s", line, info->key_purposes[i], purpose != NULL ? purpose : "not known");
    }
}

static void tell_secure_boot(const struct cli_call *call, uint32_t flags)
{
    static const uint32_t revoked[] = {EG_SECURITY_KEY0_REVOKED, EG_SECURITY_KEY1_REVOKED,
                                       EG_SECURITY_KEY2_REVOKED};

    cli_say(call, "Secure Boot:        %s", on_off((flags & EG_SECURITY_SECURE_BOOT) != 0));
    if ((flags & EG_SECURITY_SECURE_BOOT) == 0)
        return;
    if ((flags & EG_SECURITY_AGGRESSIVE_REVOKE) != 0)
        cli_say(call, "  aggressive revocation of keys");
    for (unsigned i = 0; i < sizeof revoked / sizeof *revoked; i++)
        if ((flags & revoked[i]) != 0)
            cli_say(call, "  key %u is revoked", i);
}

/* Of the ESP32, whose loader does not know the command: from its eFuses. */
static enum eg_code tell_state(const struct cli_call *call, struct eg_error *err)
{
    struct eg_security_state state;

    EG_TRY(eg_board_read_security_state(call->board, &state, err));
    cli_say(call, "Secure Boot:        %s%s", on_off(state.secure_boot),
            state.secure_boot_v1 ? ", version 1" : "");
    cli_say(call, "Flash Encryption:   %s", on_off(state.flash_encryption));
    cli_say(call, "Encrypting loader:  %s", on_off(!state.manual_encrypt_off));
    return EG_OK;
}

static enum eg_code get_security_info(struct cli_call *call, struct eg_error *err)
{
    struct eg_security_info info;

    const enum eg_code code = eg_board_get_security_info(call->board, &info, err);
    if (code == EG_UNSUPPORTED)
        return tell_state(call, err);
    EG_TRY(code);
    cli_say(call, "Flags:              0x%08x", (unsigned)info.flags);
    cli_say(call, "Key purposes:       %s", eg_board_key_blocks(call->board) == 0 ? "none to show" : "");
    tell_keys(call, &info);
    if (info.has_chip_id) {
        cli_say(call, "Chip ID:            %u", (unsigned)info.chip_id);
        cli_say(call, "API Version:        %u", (unsigned)info.api_version);
    }
    tell_secure_boot(call, info.flags);
    cli_say(call, "Flash Encryption:   %s", on_off(odd_bits(info.flash_crypt_count) != 0));
    cli_say(call, "Flash crypt count:  0x%x", info.flash_crypt_count);
    cli_say(call, "Secure Download:    %s", on_off((info.flags & EG_SECURITY_SECURE_DOWNLOAD) != 0));
    cli_say(call, "DCache in download: %s", on_off((info.flags & EG_SECURITY_DOWNLOAD_DCACHE_OFF) == 0));
    cli_say(call, "ICache in download: %s", on_off((info.flags & EG_SECURITY_DOWNLOAD_ICACHE_OFF) == 0));
    cli_say(call, "JTAG:               %s",
            (info.flags & EG_SECURITY_JTAG_HARD_OFF) != 0   ? "disabled for good"
            : (info.flags & EG_SECURITY_JTAG_SOFT_OFF) != 0 ? "disabled, software may enable it"
                                                            : "enabled");
    cli_say(call, "USB:                %s", on_off((info.flags & EG_SECURITY_USB_OFF) == 0));
    return EG_OK;
}

const struct cli_command cli_command_get_security_info = {
    .name = "get-security-info",
    .group = CLI_ONE_BOARD,
    .summary = "Show secure boot, flash encryption, keys and what is disabled",
    .arguments = "",
    .details =
        "An ESP32 has less to tell: secure boot, flash encryption, and whether its loader may encrypt.",
    .flags = CLI_BOARD | CLI_SECURE,
    .run = get_security_info,
};
