/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part's status registers and its SFDP table.
 *
 * Parts differ in how they take a status of two bytes: both with one command, or each with its own. So both
 * ways are gone, one after the other; which of them the part has taken only reading tells.
 */

#include "engine/base/bytes.h"
#include "engine/loader/loader_internal.h"

enum {
    CMD_WRITE_ENABLE = 0x06,
    CMD_WRITE_ENABLE_VOLATILE = 0x50,
    CMD_WRITE_DISABLE = 0x04,
    CMD_READ_SFDP = 0x5a,

    STATUS_BYTES = 3,
    SFDP_ADDR_BITS = 24,
    SFDP_DUMMY_BITS = 8,
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
        EG_TRY(eg_loader_spi_command(loader, read_commands[i], NULL, 0, 8, 0, 0, 0, &byte, err));
        all |= byte << 8 * i;
    }
    *status = all;
    return EG_OK;
}

static enum eg_code write_one(struct eg_loader *loader, uint8_t enable, uint8_t command, const uint8_t *data,
                              size_t size, struct eg_error *err)
{
    EG_TRY(eg_loader_spi_command(loader, enable, NULL, 0, 0, 0, 0, 0, NULL, err));
    return eg_loader_spi_command(loader, command, data, size, 0, 0, 0, 0, NULL, err);
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
    return eg_loader_spi_command(loader, CMD_WRITE_DISABLE, NULL, 0, 0, 0, 0, 0, NULL, err);
}

enum eg_code eg_loader_read_sfdp(struct eg_loader *loader, uint32_t addr, unsigned bytes, uint32_t *word,
                                 struct eg_error *err)
{
    if (bytes < 1 || bytes > 4 || addr > 0xffffff)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%u bytes of SFDP at 0x%x; 1 to 4 below 0x1000000", bytes,
                            (unsigned)addr);
    return eg_loader_spi_command(loader, CMD_READ_SFDP, NULL, 0, bytes * 8, addr, SFDP_ADDR_BITS,
                                 SFDP_DUMMY_BITS, word, err);
}
