/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"

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

#define REVOCABLE 3
static const uint32_t revoked[REVOCABLE] = {EG_SECURITY_KEY0_REVOKED, EG_SECURITY_KEY1_REVOKED,
                                            EG_SECURITY_KEY2_REVOKED};

static void tell_secure_boot(const struct cli_call *call, uint32_t flags)
{
    cli_say(call, "Secure Boot:        %s", on_off((flags & EG_SECURITY_SECURE_BOOT) != 0));
    if ((flags & EG_SECURITY_SECURE_BOOT) == 0)
        return;
    if ((flags & EG_SECURITY_AGGRESSIVE_REVOKE) != 0)
        cli_say(call, "  aggressive revocation of keys");
    for (unsigned i = 0; i < REVOCABLE; i++)
        if ((flags & revoked[i]) != 0)
            cli_say(call, "  key %u is revoked", i);
}

/* Print the members that the chip tells, in this order; the others are null. Frees `known`. */
static enum eg_code print_json(const struct cli_call *call, json_t *known, struct eg_error *err)
{
    static const char *const names[] = {"secure_boot",
                                        "secure_boot_v1",
                                        "flash_encryption",
                                        "secure_download",
                                        "encrypting_loader",
                                        "flags",
                                        "keys",
                                        "revoked_keys",
                                        "aggressive_revocation",
                                        "chip_id",
                                        "api_version",
                                        "flash_crypt_count",
                                        "dcache_in_download",
                                        "icache_in_download",
                                        "jtag",
                                        "usb"};
    json_t *const members = json_object();

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        json_object_set_new(members, names[i], json_null());
    const bool failed = json_object_update_new(members, known) != 0;
    if (failed)
        json_decref(members);
    return cli_print_document(call, failed ? NULL : members, err);
}

static json_t *key_rows(const struct cli_call *call, const struct eg_security_info *info)
{
    const unsigned count = eg_board_key_blocks(call->board);
    json_t *const rows = json_array();

    for (unsigned i = 0; i < count && i < EG_SECURITY_KEYS; i++) {
        char block[16];

        snprintf(block, sizeof block, "BLOCK_KEY%u", i);
        json_array_append_new(
            rows,
            json_pack("{s:s, s:i, s:o}", "block", block, "purpose", info->key_purposes[i], "purpose_name",
                      cli_json_text(eg_board_key_purpose(call->board, info->key_purposes[i]))));
    }
    return rows;
}

static json_t *revoked_numbers(uint32_t flags)
{
    json_t *const numbers = json_array();

    for (unsigned i = 0; i < REVOCABLE; i++)
        if ((flags & revoked[i]) != 0)
            json_array_append_new(numbers, json_integer(i));
    return numbers;
}

static enum eg_code print_info_json(const struct cli_call *call, const struct eg_security_info *info,
                                    struct eg_error *err)
{
    const uint32_t flags = info->flags;
    json_t *const known = json_pack(
        "{s:b, s:b, s:b, s:b, s:I, s:o, s:o, s:b, s:i, s:b, s:b, s:s, s:b}", "secure_boot",
        (flags & EG_SECURITY_SECURE_BOOT) != 0, "secure_boot_v1", false, "flash_encryption",
        odd_bits(info->flash_crypt_count) != 0, "secure_download", (flags & EG_SECURITY_SECURE_DOWNLOAD) != 0,
        "flags", (json_int_t)flags, "keys", key_rows(call, info), "revoked_keys", revoked_numbers(flags),
        "aggressive_revocation", (flags & EG_SECURITY_AGGRESSIVE_REVOKE) != 0, "flash_crypt_count",
        info->flash_crypt_count, "dcache_in_download", (flags & EG_SECURITY_DOWNLOAD_DCACHE_OFF) == 0,
        "icache_in_download", (flags & EG_SECURITY_DOWNLOAD_ICACHE_OFF) == 0, "jtag",
        (flags & EG_SECURITY_JTAG_HARD_OFF) != 0   ? "disabled"
        : (flags & EG_SECURITY_JTAG_SOFT_OFF) != 0 ? "soft-disabled"
                                                   : "enabled",
        "usb", (flags & EG_SECURITY_USB_OFF) == 0);

    if (info->has_chip_id) {
        json_object_set_new(known, "chip_id", json_integer(info->chip_id));
        json_object_set_new(known, "api_version", json_integer(info->api_version));
    }
    return print_json(call, known, err);
}

/* Of the ESP32, whose loader does not know the command: from its eFuses. */
static enum eg_code tell_state(const struct cli_call *call, struct eg_error *err)
{
    struct eg_security_state state;

    EG_TRY(eg_board_read_security_state(call->board, &state, err));
    if (cli_flag(call, "json"))
        return print_json(call,
                          json_pack("{s:b, s:b, s:b, s:b, s:b}", "secure_boot", state.secure_boot,
                                    "secure_boot_v1", state.secure_boot_v1, "flash_encryption",
                                    state.flash_encryption, "secure_download", state.secure_download,
                                    "encrypting_loader", !state.manual_encrypt_off),
                          err);
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
    if (cli_flag(call, "json"))
        return print_info_json(call, &info, err);
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

static const struct cli_option options[] = {CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_get_security_info = {
    .name = "get-security-info",
    .group = CLI_ONE_BOARD,
    .summary = "Show secure boot, flash encryption, keys and what is disabled",
    .arguments = "",
    .details =
        "An ESP32 has less to tell: secure boot, flash encryption, and whether its loader may encrypt.",
    .options = options,
    .flags = CLI_BOARD | CLI_SECURE,
    .run = get_security_info,
};
