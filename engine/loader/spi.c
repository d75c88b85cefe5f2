/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Raw commands to the flash, through the registers of the chip's SPI controller, which ROM and stub both let
 * us write.
 *
 * Each command restores USR and USR2, on which the loader's flash routines rely; every user sets the lengths
 * in USR1 and DLEN itself.
 *
 * There are two ways. eg__spi_command() writes one register per request, as esptool does, and waits for the
 * end of each command; every loader takes that. eg__spi_run() puts the registers of several commands into one
 * request, with a pause after each command, and waits for the end of the last. It saves four requests in
 * five.
 */

#include "engine/loader/loader_internal.h"

#include <string.h>

enum {
    SPI_DATA_MAX = 64, /* the controller's buffer */
    SPI_BITS_MAX = 32,
    SPI_DUMMY_MAX = 256,
    SPI_POLLS = 10,
    WRITE_WORDS = 4, /* of an entry of WRITE_REG: address, word, mask, pause */
    WRITES_MAX = 6 + SPI_DATA_MAX / 4 + 1,
    PAUSE_US = 50, /* for a command whose end is not waited for: 64 bytes at 10 MHz */
};

#define USR_COMMAND 0x80000000u
#define USR_ADDR    0x40000000u
#define USR_DUMMY   0x20000000u
#define USR_MISO    0x10000000u
#define USR_MOSI    0x08000000u
#define CMD_USR     0x00040000u

/* The writes of registers that make one command. */
struct writes {
    uint32_t words[EG__SPI_BATCH_MAX * WRITES_MAX][WRITE_WORDS];
    size_t count;
};

static void add(struct writes *writes, uint32_t addr, uint32_t word, uint32_t pause_us)
{
    uint32_t *const words = writes->words[writes->count++];

    words[0] = addr;
    words[1] = word;
    words[2] = 0xffffffff;
    words[3] = pause_us;
}

/* The lengths of the phases, where the chip keeps them. */
static void add_lengths(struct writes *writes, const struct eg_target *target,
                        const struct eg_spi_command *command)
{
    const unsigned out_bits = (unsigned)command->size * 8, in_bits = command->read_bits;
    uint32_t usr1 = 0;

    if (command->addr_bits > 0)
        usr1 |= (command->addr_bits - 1) << 26;
    if (command->dummy_bits > 0)
        usr1 |= command->dummy_bits - 1;
    if (target->spi.mosi_dlen == 0) {
        if (out_bits > 0)
            usr1 |= (out_bits - 1) << 17;
        if (in_bits > 0)
            usr1 |= (in_bits - 1) << 8;
        add(writes, target->spi.base + target->spi.usr1, usr1, 0);
        return;
    }
    if (out_bits > 0)
        add(writes, target->spi.base + target->spi.mosi_dlen, out_bits - 1, 0);
    if (in_bits > 0)
        add(writes, target->spi.base + target->spi.miso_dlen, in_bits - 1, 0);
    if (usr1 != 0)
        add(writes, target->spi.base + target->spi.usr1, usr1, 0);
}

static uint32_t phases(const struct eg_spi_command *command)
{
    return USR_COMMAND | (command->read_bits > 0 ? USR_MISO : 0) | (command->size > 0 ? USR_MOSI : 0) |
           (command->addr_bits > 0 ? USR_ADDR : 0) | (command->dummy_bits > 0 ? USR_DUMMY : 0);
}

static void add_command(struct writes *writes, const struct eg_target *target,
                        const struct eg_spi_command *command, uint32_t pause_us)
{
    const uint32_t base = target->spi.base;
    const unsigned addr_bits = command->addr_bits;
    const unsigned shift = target->spi.address_left_aligned && addr_bits > 0 ? 32 - addr_bits : 0;
    uint8_t data[SPI_DATA_MAX] = {0};

    add_lengths(writes, target, command);
    add(writes, base + target->spi.usr, phases(command), 0);
    add(writes, base + target->spi.usr2, 7u << 28 | command->opcode, 0);
    if (addr_bits > 0)
        add(writes, base + target->spi.addr, command->addr << shift, 0);
    if (command->size > 0)
        memcpy(data, command->data, command->size);
    for (size_t at = 0; at == 0 || at < command->size; at += 4)
        add(writes, base + target->spi.w0 + (uint32_t)at, eg_get32(data + at), 0);
    add(writes, base + target->spi.cmd, CMD_USR, pause_us);
}

static enum eg_code send_singly(struct eg_loader *loader, const struct writes *writes, struct eg_error *err)
{
    for (size_t i = 0; i < writes->count; i++)
        EG_TRY(eg_loader_write_reg(loader, writes->words[i][0], writes->words[i][1], 0xffffffff, 0, err));
    return EG_OK;
}

static enum eg_code send_together(struct eg_loader *loader, const struct writes *writes, struct eg_error *err)
{
    if (eg__simple(loader, EG_OP_WRITE_REG, writes->words[0], writes->count * WRITE_WORDS, 0, err) != EG_OK)
        return eg_error_prefix(err, "writing %zu registers from 0x%08x: ", writes->count,
                               (unsigned)writes->words[0][0]);
    return EG_OK;
}

static enum eg_code await_end(struct eg_loader *loader, struct eg_error *err)
{
    const uint32_t cmd_addr = loader->target->spi.base + loader->target->spi.cmd;
    uint32_t cmd;

    for (unsigned i = 0; i < SPI_POLLS; i++) {
        EG_TRY(eg_loader_read_reg(loader, cmd_addr, &cmd, err));
        if ((cmd & CMD_USR) == 0)
            return EG_OK;
    }
    return eg_error_set(err, EG_FLASH_ABSENT, "the flash controller is still busy after %d reads", SPI_POLLS);
}

enum eg_code eg__spi_command(struct eg_loader *loader, const struct eg_spi_command *command, uint32_t *result,
                             struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    const uint32_t usr_addr = target->spi.base + target->spi.usr;
    const uint32_t usr2_addr = target->spi.base + target->spi.usr2;
    const unsigned read_bits = command->read_bits;
    struct writes writes = {.count = 0}, restore = {.count = 0};
    uint32_t saved_usr, saved_usr2, word;

    EG_TRY(eg_loader_read_reg(loader, usr_addr, &saved_usr, err));
    EG_TRY(eg_loader_read_reg(loader, usr2_addr, &saved_usr2, err));
    add_command(&writes, target, command, 0);
    EG_TRY(send_singly(loader, &writes, err));
    EG_TRY(await_end(loader, err));
    EG_TRY(eg_loader_read_reg(loader, target->spi.base + target->spi.w0, &word, err));
    add(&restore, usr_addr, saved_usr, 0);
    add(&restore, usr2_addr, saved_usr2, 0);
    EG_TRY(send_singly(loader, &restore, err));
    if (result != NULL)
        *result = read_bits < 32 ? word & ((1u << read_bits) - 1) : word;
    return EG_OK;
}

bool eg__spi_batches(const struct eg_loader *loader)
{
    return loader->stub || (loader->target->quirks & EG_QUIRK_ONE_REGISTER) == 0;
}

enum eg_code eg__spi_begin(struct eg__spi *spi, struct eg_loader *loader, struct eg_error *err)
{
    const struct eg_target *target = loader->target;

    *spi = (struct eg__spi){.loader = loader};
    EG_TRY(eg_loader_read_reg(loader, target->spi.base + target->spi.usr, &spi->usr, err));
    EG_TRY(eg_loader_read_reg(loader, target->spi.base + target->spi.usr1, &spi->usr1, err));
    return eg_loader_read_reg(loader, target->spi.base + target->spi.usr2, &spi->usr2, err);
}

static enum eg_code run(struct eg_loader *loader, const struct writes *writes, uint32_t *word,
                        struct eg_error *err)
{
    EG_TRY(send_together(loader, writes, err));
    EG_TRY(await_end(loader, err));
    return eg_loader_read_reg(loader, loader->target->spi.base + loader->target->spi.w0, word, err);
}

enum eg_code eg__spi_run(struct eg__spi *spi, const struct eg__spi_step *steps, size_t count, uint32_t *word,
                         struct eg_error *err)
{
    struct writes writes = {.count = 0};

    for (size_t i = 0; i < count; i++)
        add_command(&writes, spi->loader->target, &steps[i].command,
                    steps[i].pause_us > 0 ? steps[i].pause_us : PAUSE_US);
    if (run(spi->loader, &writes, word, err) != EG_OK)
        return count == 1 ? eg_error_prefix(err, "flash command 0x%02x: ", steps[0].command.opcode)
                          : eg_error_prefix(err, "flash commands 0x%02x to 0x%02x: ", steps[0].command.opcode,
                                            steps[count - 1].command.opcode);
    return EG_OK;
}

enum eg_code eg__spi_end(const struct eg__spi *spi, struct eg_error *err)
{
    const struct eg_target *const target = spi->loader->target;
    struct writes restore = {.count = 0};

    add(&restore, target->spi.base + target->spi.usr, spi->usr, 0);
    add(&restore, target->spi.base + target->spi.usr1, spi->usr1, 0);
    add(&restore, target->spi.base + target->spi.usr2, spi->usr2, 0);
    return send_together(spi->loader, &restore, err);
}

enum eg_code eg_loader_spi_command(struct eg_loader *loader, const struct eg_spi_command *command,
                                   uint32_t *result, struct eg_error *err)
{
    if (command->size > SPI_DATA_MAX || command->read_bits > SPI_BITS_MAX ||
        command->addr_bits > SPI_BITS_MAX || command->dummy_bits > SPI_DUMMY_MAX)
        return eg_error_set(
            err, EG_BAD_ARGUMENT,
            "flash command 0x%02x: %zu bytes out, %u bits in, %u of address, %u dummy; at most %d, %d, "
            "%d and %d",
            command->opcode, command->size, command->read_bits, command->addr_bits, command->dummy_bits,
            SPI_DATA_MAX, SPI_BITS_MAX, SPI_BITS_MAX, SPI_DUMMY_MAX);
    if (eg__spi_command(loader, command, result, err) != EG_OK)
        return eg_error_prefix(err, "flash command 0x%02x: ", command->opcode);
    return EG_OK;
}
