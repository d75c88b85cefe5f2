/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part's status registers and its unique id.
 *
 * Flash parts differ in how they accept a status of two bytes: both by one command, or each by its own. So
 * both ways are used, one after the other; reading back tells what the part accepted.
 */

#include "engine/base/bytes.h"
#include "engine/loader/loader_internal.h"

#include <string.h>

enum {
    CMD_WRITE_ENABLE = 0x06,
    CMD_WRITE_ENABLE_VOLATILE = 0x50,
    CMD_WRITE_DISABLE = 0x04,
    CMD_READ_UNIQUE_ID = 0x4b,

    STATUS_BYTES = 3,
};

static const uint8_t read_commands[STATUS_BYTES] = {0x05, 0x35, 0x15};
static const uint8_t write_commands[STATUS_BYTES] = {0x01, 0x31, 0x11};

static enum eg_code check_bytes(unsigned bytes, struct eg_error *err)
{
    if (bytes >= 1 && bytes <= STATUS_BYTES)
        return EG_OK;
    return eg_error_set(err, EG_BAD_ARGUMENT, "%u bytes of flash status; there are 1 to %d", bytes,
                        STATUS_BYTES);
}

enum eg_code eg_loader_read_status(struct eg_loader *loader, unsigned bytes, uint32_t *status,
                                   struct eg_error *err)
{
    uint32_t all = 0, byte = 0;

    EG_TRY(check_bytes(bytes, err));
    for (unsigned i = 0; i < bytes; i++) {
        EG_TRY(eg_loader_spi_command(
            loader, &(struct eg_spi_command){.opcode = read_commands[i], .read_bits = 8}, &byte, err));
        all |= byte << 8 * i;
    }
    *status = all;
    return EG_OK;
}

static enum eg_code write_one(struct eg_loader *loader, uint8_t enable, uint8_t command, const uint8_t *data,
                              size_t size, struct eg_error *err)
{
    EG_TRY(eg_loader_spi_command(loader, &(struct eg_spi_command){.opcode = enable}, NULL, err));
    return eg_loader_spi_command(
        loader, &(struct eg_spi_command){.opcode = command, .data = data, .size = size}, NULL, err);
}

enum eg_code eg_loader_write_status(struct eg_loader *loader, uint32_t status, unsigned bytes,
                                    bool non_volatile, struct eg_error *err)
{
    const uint8_t enable = non_volatile ? CMD_WRITE_ENABLE : CMD_WRITE_ENABLE_VOLATILE;
    uint8_t data[4];

    EG_TRY(check_bytes(bytes, err));
    eg_put32(data, status);
    if (bytes == 2)
        EG_TRY(write_one(loader, enable, write_commands[0], data, 2, err));
    for (unsigned i = 0; i < bytes; i++)
        EG_TRY(write_one(loader, enable, write_commands[i], data + i, 1, err));
    return eg_loader_spi_command(loader, &(struct eg_spi_command){.opcode = CMD_WRITE_DISABLE}, NULL, err);
}

/* Four dummy bytes come before the answer. GigaDevice needs the first three to be zero, so they are sent as
 * an address. */
static const struct eg__spi_step unique_id = {.command = {.opcode = CMD_READ_UNIQUE_ID,
                                                          .read_bits = 8 * EG_FLASH_UNIQUE_SIZE,
                                                          .addr_bits = 24,
                                                          .dummy_bits = 8}};

/* The first word is known; read the rest, and all of it again. */
static enum eg_code take_unique_id(struct eg_loader *loader, uint32_t words[2], struct eg_error *err)
{
    const uint32_t w0_addr = loader->target->spi.base + loader->target->spi.w0;
    uint32_t again[2];

    EG_TRY(eg_loader_read_reg(loader, w0_addr + 4, &words[1], err));
    EG_TRY(eg_loader_read_reg(loader, w0_addr, &again[0], err));
    EG_TRY(eg_loader_read_reg(loader, w0_addr + 4, &again[1], err));
    if (memcmp(words, again, sizeof again) != 0)
        return eg_error_set(err, EG_BAD_REPLY, "it reads differently the second time");
    return EG_OK;
}

static enum eg_code read_unique_id(struct eg_loader *loader, uint32_t words[2], struct eg_error *err)
{
    const uint32_t usr1_addr = loader->target->spi.base + loader->target->spi.usr1;
    uint32_t saved_usr1;
    struct eg__spi spi;

    if (eg__spi_batches(loader)) {
        EG_TRY(eg__spi_begin(&spi, loader, err));
        EG_TRY(eg__spi_run(&spi, &unique_id, 1, &words[0], err));
        EG_TRY(take_unique_id(loader, words, err));
        return eg__spi_end(&spi, err);
    }
    /* The loader reads its flash with lengths that it may have set long ago. */
    EG_TRY(eg_loader_read_reg(loader, usr1_addr, &saved_usr1, err));
    EG_TRY(eg__spi_command(loader, &unique_id.command, &words[0], err));
    EG_TRY(take_unique_id(loader, words, err));
    return eg_loader_write_reg(loader, usr1_addr, saved_usr1, 0xffffffff, 0, err);
}

enum eg_code eg_loader_flash_unique_id(struct eg_loader *loader, char text[EG_FLASH_UNIQUE_TEXT],
                                       struct eg_error *err)
{
    uint8_t id[EG_FLASH_UNIQUE_SIZE];
    uint32_t words[2] = {0};

    text[0] = '\0';
    if (loader->secure_download)
        return EG_OK;
    if (read_unique_id(loader, words, err) != EG_OK)
        return eg_error_prefix(err, "reading the flash's unique id: ");
    if (words[0] == words[1] && (words[0] == 0 || words[0] == 0xffffffff))
        return EG_OK;
    eg_put32(id, words[0]);
    eg_put32(id + 4, words[1]);
    eg_hex(text, id, sizeof id);
    return EG_OK;
}
