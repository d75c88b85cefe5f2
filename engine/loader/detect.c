/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which chip is it?
 *
 * New chips say their id in GET_SECURITY_INFO. Those before it do not know the command, or leave the id out,
 * and are told apart by a word of their ROM. Secure download mode forbids reading that word, so there a chip
 * without an id stays unknown.
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

static enum eg_code by_magic(struct eg_loader *loader, struct eg_error *err)
{
    char names[200];
    uint32_t magic;

    const enum eg_code code = eg_loader_read_reg(loader, MAGIC_ADDR, &magic, err);
    if (code == EG_UNSUPPORTED) {
        loader->secure_download = true;
        return eg_error_set(err, EG_UNKNOWN_CHIP, "the chip is in secure download mode and tells no chip id");
    }
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

enum eg_code eg_loader_detect(struct eg_loader *loader, struct eg_error *err)
{
    /* Neither the question nor the answer has a checksum: one flipped bit makes any chip an unknown one. */
    if (ask(loader, err) != EG_OK && (err->code != EG_UNKNOWN_CHIP || ask(loader, err) != EG_OK))
        return err->code;

    /* Over USB-Serial/JTAG nobody else feeds them, and they bite in the middle of a long erase. */
    if ((loader->target->quirks & EG_QUIRK_USB_WATCHDOGS) != 0 && loader->port->pid == EG__USB_JTAG_PID &&
        !loader->stub && !loader->secure_download &&
        eg__write_registers(loader, loader->target->watchdogs_off, err) != EG_OK)
        return eg_error_prefix(err, "switching watchdogs off: ");
    return EG_OK;
}
