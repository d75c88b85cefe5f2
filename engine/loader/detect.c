/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Detecting the chip.
 *
 * New chips return their id in GET_SECURITY_INFO. Older ones do not know the command or leave the id out; a
 * word of their ROM tells them apart. Secure download mode forbids reading that word; only one chip without
 * an id has that mode.
 */

#include "engine/loader/loader_internal.h"

#include <string.h>

enum {
    MAGIC_ADDR = 0x40001000,
    INFO_SIZE = 20,
    INFO_SIZE_WITHOUT_ID = 12, /* ESP32-S2 */
};

enum eg_code eg_loader_security_info(struct eg_loader *loader, struct eg_security_info *info,
                                     struct eg_error *err)
{
    const struct eg__request request = {.opcode = EG_OP_GET_SECURITY_INFO,
                                        .result_size = INFO_SIZE,
                                        .short_result_size = INFO_SIZE_WITHOUT_ID};
    struct eg__reply reply;

    if (loader->has_security) {
        *info = loader->security;
        return EG_OK;
    }
    if (loader->target != NULL && (loader->target->rom_commands & EG_ROM_HAS(EG_OP_GET_SECURITY_INFO)) == 0)
        return eg_error_set(err, EG_UNSUPPORTED, "%s has no security info", loader->target->label);
    if (eg__command(loader, &request, &reply, err) != EG_OK)
        return eg_error_prefix(err, "reading security info: ");

    struct eg_security_info read = {.flags = eg_get32(reply.result), .flash_crypt_count = reply.result[4]};
    memcpy(read.key_purposes, reply.result + 5, sizeof read.key_purposes);
    if (reply.result_size == INFO_SIZE) {
        read.has_chip_id = true;
        read.chip_id = eg_get32(reply.result + 12);
        read.api_version = eg_get32(reply.result + 16);
    }
    loader->security = read;
    loader->has_security = true;
    loader->secure_download = (read.flags & EG_SECURITY_SECURE_DOWNLOAD) != 0;
    *info = read;
    return EG_OK;
}

static enum eg_code by_id(struct eg_loader *loader, struct eg_error *err)
{
    char names[200];

    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        if (eg_targets[i]->detect == EG_DETECT_CHIP_ID &&
            eg_targets[i]->chip_id == loader->security.chip_id) {
            loader->target = eg_targets[i];
            return EG_OK;
        }
    }
    eg_target_names(names, sizeof names);
    return eg_error_set(err, EG_UNKNOWN_CHIP, "chip id %u is none of %s", (unsigned)loader->security.chip_id,
                        names);
}

/* It has security info without an id and refuses to read registers: an ESP32-S2 in secure download mode, the
 * only such chip. When the flags do not show that mode, the request for the register was damaged. */
static enum eg_code without_id(struct eg_loader *loader, struct eg_error *err)
{
    for (size_t i = 0; loader->secure_download && eg_targets[i] != NULL; i++) {
        if (eg_targets[i]->detect == EG_DETECT_MAGIC &&
            (eg_targets[i]->rom_commands & EG_ROM_HAS(EG_OP_GET_SECURITY_INFO)) != 0) {
            loader->target = eg_targets[i];
            return EG_OK;
        }
    }
    return eg_error_set(err, EG_UNKNOWN_CHIP, "the chip returns no chip id and refuses to read registers");
}

/* A ROM without security info refuses the request eight times; one register shows such a chip sooner. Any
 * other answer settles nothing. */
static enum eg_code by_expectation(struct eg_loader *loader, const struct eg_target *expected,
                                   struct eg_error *err)
{
    uint32_t magic;

    loader->has_security = loader->secure_download = false;
    loader->target = NULL;
    if (expected == NULL || expected->detect != EG_DETECT_MAGIC ||
        (expected->rom_commands & EG_ROM_HAS(EG_OP_GET_SECURITY_INFO)) != 0)
        return EG_OK;
    const enum eg_code code = eg_loader_read_reg(loader, MAGIC_ADDR, &magic, err);
    if (code == EG_OK && magic == expected->magic)
        loader->target = expected;
    return code == EG_UNSUPPORTED || code == EG_DEVICE_REFUSED ? EG_OK : code;
}

static enum eg_code by_magic(struct eg_loader *loader, struct eg_error *err)
{
    char names[200];
    uint32_t magic;

    const enum eg_code code = eg_loader_read_reg(loader, MAGIC_ADDR, &magic, err);
    if (code == EG_UNSUPPORTED)
        return without_id(loader, err);
    if (code != EG_OK)
        return code;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        if (eg_targets[i]->detect == EG_DETECT_MAGIC && eg_targets[i]->magic == magic) {
            loader->target = eg_targets[i];
            return EG_OK;
        }
    }
    eg_target_names(names, sizeof names);
    return eg_error_set(err, EG_UNKNOWN_CHIP, "chip magic 0x%08x is none of %s", (unsigned)magic, names);
}

static enum eg_code ask(struct eg_loader *loader, struct eg_error *err)
{
    struct eg_security_info info = {0};

    loader->target = NULL;
    loader->has_security = loader->secure_download = false;
    const enum eg_code code = eg_loader_security_info(loader, &info, err);
    if (code == EG_OK && info.has_chip_id)
        return by_id(loader, err);
    if (code == EG_OK || code == EG_UNSUPPORTED || code == EG_DEVICE_REFUSED)
        return by_magic(loader, err);
    return code;
}

/* If the ROM has powered the flash already, release it instead, because the ROM would force it on again. */
static enum eg_code switch_flash_on(struct eg_loader *loader, struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    uint32_t by_rom = 0, word;
    uint16_t revision;

    EG_TRY(eg_loader_revision(loader, &revision, err));
    if (revision < target->flash_on_from || revision > target->flash_on_to)
        return EG_OK;
    if (revision == target->flash_on_to)
        EG_TRY(eg__read_field(loader, EG_FIELD_DOWNLOAD_XPD_ON, &by_rom, err));
    if (by_rom == 0)
        return eg__write_registers(loader, target->flash_on, err);
    EG_TRY(eg_loader_read_reg(loader, target->flash_on_already->addr, &word, err));
    if ((~word & target->flash_on_already->clear_mask) != 0)
        return EG_OK;
    return eg__write_registers(loader, target->flash_on_already, err);
}

/* Do what the chip needs before any other command. */
static enum eg_code prepare(struct eg_loader *loader, struct eg_error *err)
{
    const struct eg_target *target = loader->target;

    if (loader->secure_download)
        return EG_OK;
    /* Over USB-Serial/JTAG nothing feeds them, and they bite in the middle of a long erase. */
    if ((target->quirks & EG_QUIRK_USB_WATCHDOGS) != 0 && eg_loader_usb_jtag(loader) && !loader->stub &&
        eg__write_registers(loader, target->watchdogs_off, err) != EG_OK)
        return eg_error_prefix(err, "switching watchdogs off: ");
    if (target->flash_on != NULL && switch_flash_on(loader, err) != EG_OK)
        return eg_error_prefix(err, "switching the flash on: ");
    return EG_OK;
}

/* Neither request nor answer has a checksum: one flipped bit makes any chip unknown. */
static enum eg_code ask_twice(struct eg_loader *loader, struct eg_error *err)
{
    const enum eg_code code = ask(loader, err);

    return code == EG_UNKNOWN_CHIP ? ask(loader, err) : code;
}

enum eg_code eg_loader_detect(struct eg_loader *loader, const struct eg_target *expected,
                              struct eg_error *err)
{
    EG_TRY(by_expectation(loader, expected, err));
    if (loader->target == NULL)
        EG_TRY(ask_twice(loader, err));
    return prepare(loader, err);
}

enum eg_code eg_loader_detect_as(struct eg_loader *loader, const struct eg_target *target,
                                 struct eg_error *err)
{
    const enum eg_code code = ask_twice(loader, err);

    if (code == EG_OK && loader->target != target)
        return eg_error_set(err, EG_WRONG_CHIP, "the chip is an %s, not an %s", loader->target->label,
                            target->label);
    if (code != EG_OK && code != EG_UNKNOWN_CHIP)
        return code;
    loader->target = target;
    return prepare(loader, err);
}
