/* SPDX-License-Identifier: Apache-2.0 */

/* What the chip says of itself, starting its application, and resetting it. */

#include "engine/base/mac.h"
#include "tools/espgang/verbs.h"

#include <stdio.h>

static enum eg_code read_mac(struct cli_call *call, struct eg_error *err)
{
    char base[EG_MAC_TEXT];
    struct eg_mac mac;

    EG_TRY(eg_board_read_mac(call->board, &mac, err));
    eg_mac_text(base, mac.base);
    if (!mac.has_extension) {
        cli_say(call, "MAC:                %s", base);
        return EG_OK;
    }
    cli_say(call, "MAC:                %02x:%02x:%02x:%02x:%02x:%02x:%02x:%02x", mac.eui64[0], mac.eui64[1],
            mac.eui64[2], mac.eui64[3], mac.eui64[4], mac.eui64[5], mac.eui64[6], mac.eui64[7]);
    cli_say(call, "BASE MAC:           %s", base);
    cli_say(call, "MAC_EXT:            %02x:%02x", mac.extension[0], mac.extension[1]);
    return EG_OK;
}

const struct cli_verb cli_read_mac = {
    .name = "read-mac",
    .summary = "show the chip's MAC",
    .arguments = "",
    .run = read_mac,
};

static enum eg_code chip_id(struct cli_call *call, struct eg_error *err)
{
    uint32_t id;

    const enum eg_code code = eg_board_chip_id(call->board, &id, err);
    if (code == EG_UNSUPPORTED) {
        eg_log_warning(call->logger, NULL, "%s", err->text);
        return read_mac(call, err);
    }
    EG_TRY(code);
    cli_say(call, "Chip ID:            0x%08x", (unsigned)id);
    return EG_OK;
}

const struct cli_verb cli_chip_id = {
    .name = "chip-id",
    .summary = "show the number of an ESP8266, the MAC of any other chip",
    .arguments = "",
    .run = chip_id,
};

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

const struct cli_verb cli_get_security_info = {
    .name = "get-security-info",
    .summary = "show secure boot, flash encryption, keys and what is disabled",
    .arguments = "",
    .flags = CLI_VERB_SECURE,
    .run = get_security_info,
};

static enum eg_code run_application(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(eg_board_run(call->board, err));
    cli_say(call, "the application runs");
    return EG_OK;
}

const struct cli_verb cli_run_application = {
    .name = "run",
    .summary = "without a job file: start the application in the board's flash",
    .arguments = "",
    .flags = CLI_VERB_FLASH | CLI_VERB_STAYS,
    .run = run_application,
};

/* Leaves the loader itself, to say how that went. */
static enum eg_code reset(struct cli_call *call, struct eg_error *err)
{
    EG_TRY(eg_board_reset_chip(call->board, cli_after(call), err));
    cli_say(call, "left the loader: %s", eg_board_left_by(call->board));
    return EG_OK;
}

const struct cli_verb cli_reset = {
    .name = "reset",
    .summary = "connect, and leave the loader as --after says",
    .arguments = "",
    .flags = CLI_VERB_SECURE | CLI_VERB_LEAVES,
    .run = reset,
};
