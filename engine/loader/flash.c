/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part: attaching it, its id and its SFDP table, raw SPI commands.
 *
 * A stub attaches the flash before it greets; a ROM must be told to. Raw commands use the chip's SPI
 * registers, so they work on both. They restore USR and USR2, on which the loader's flash routines rely;
 * every user sets the lengths in USR1 and DLEN itself.
 */

#include "engine/loader/loader_internal.h"

#include <string.h>

enum {
    CMD_READ_ID = 0x9f,
    CMD_READ_SFDP = 0x5a,
    CMD_RESET_ENABLE = 0x66,
    CMD_RESET = 0x99,
    CMD_DEEP_POWER_DOWN = 0xb9,
    CMD_ULTRA_DEEP_POWER_DOWN = 0x79,
    CMD_EXIT_ULTRA_DEEP = 0xff,
    CMD_RELEASE_POWER_DOWN = 0xab,

    XMC_MAKER = 0x20,
    XMC_SFDP_MAKER_ADDR = 0x10,
    ADESTO_MAKER = 0x1f,

    SPI_DATA_MAX = 64, /* the controller's buffer */
    SPI_BITS_MAX = 32,
    SPI_DUMMY_MAX = 256,
    SPI_POLLS = 10,
    SFDP_ADDR_BITS = 24,
    SFDP_DUMMY_BITS = 8,
};

enum { PAD_HD = 3, PADS = 5 };

/* Places of CLK, Q, D, HD, CS, the order of the fields too, in the word of SPI_ATTACH. */
static const unsigned pad_shifts[PADS] = {0, 6, 12, 24, 18};

#define USR_COMMAND 0x80000000u
#define USR_ADDR    0x40000000u
#define USR_DUMMY   0x20000000u
#define USR_MISO    0x10000000u
#define USR_MOSI    0x08000000u
#define CMD_USR     0x00040000u

static enum eg_code write_all(struct eg_loader *loader, uint32_t addr, uint32_t word, struct eg_error *err)
{
    return eg_loader_write_reg(loader, addr, word, 0xffffffff, 0, err);
}

/* Set the lengths of the phases, where the chip keeps them. */
static enum eg_code set_lengths(struct eg_loader *loader, const struct eg_spi_command *command,
                                struct eg_error *err)
{
    const struct eg_target *target = loader->target;
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
        return write_all(loader, target->spi.base + target->spi.usr1, usr1, err);
    }
    if (out_bits > 0)
        EG_TRY(write_all(loader, target->spi.base + target->spi.mosi_dlen, out_bits - 1, err));
    if (in_bits > 0)
        EG_TRY(write_all(loader, target->spi.base + target->spi.miso_dlen, in_bits - 1, err));
    if (usr1 != 0)
        EG_TRY(write_all(loader, target->spi.base + target->spi.usr1, usr1, err));
    return EG_OK;
}

static enum eg_code execute(struct eg_loader *loader, struct eg_error *err)
{
    const uint32_t cmd_addr = loader->target->spi.base + loader->target->spi.cmd;
    uint32_t cmd;

    EG_TRY(write_all(loader, cmd_addr, CMD_USR, err));
    for (unsigned i = 0; i < SPI_POLLS; i++) {
        EG_TRY(eg_loader_read_reg(loader, cmd_addr, &cmd, err));
        if ((cmd & CMD_USR) == 0)
            return EG_OK;
    }
    return eg_error_set(err, EG_FLASH_ABSENT, "the flash controller is still busy after %d reads", SPI_POLLS);
}

static uint32_t phases(const struct eg_spi_command *command)
{
    return USR_COMMAND | (command->read_bits > 0 ? USR_MISO : 0) | (command->size > 0 ? USR_MOSI : 0) |
           (command->addr_bits > 0 ? USR_ADDR : 0) | (command->dummy_bits > 0 ? USR_DUMMY : 0);
}

enum eg_code eg__spi_command(struct eg_loader *loader, const struct eg_spi_command *command, uint32_t *result,
                             struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    const uint32_t usr_addr = target->spi.base + target->spi.usr;
    const uint32_t usr2_addr = target->spi.base + target->spi.usr2;
    const uint32_t w0_addr = target->spi.base + target->spi.w0;
    const unsigned addr_bits = command->addr_bits, read_bits = command->read_bits;
    const unsigned shift = target->spi.address_left_aligned && addr_bits > 0 ? 32 - addr_bits : 0;
    uint8_t words[SPI_DATA_MAX] = {0};
    uint32_t saved_usr, saved_usr2, word;

    EG_TRY(eg_loader_read_reg(loader, usr_addr, &saved_usr, err));
    EG_TRY(eg_loader_read_reg(loader, usr2_addr, &saved_usr2, err));
    EG_TRY(set_lengths(loader, command, err));
    EG_TRY(write_all(loader, usr_addr, phases(command), err));
    EG_TRY(write_all(loader, usr2_addr, 7u << 28 | command->opcode, err));
    if (addr_bits > 0)
        EG_TRY(write_all(loader, target->spi.base + target->spi.addr, command->addr << shift, err));
    if (command->size > 0)
        memcpy(words, command->data, command->size);
    for (size_t at = 0; at == 0 || at < command->size; at += 4)
        EG_TRY(write_all(loader, w0_addr + (uint32_t)at, eg_get32(words + at), err));
    EG_TRY(execute(loader, err));
    EG_TRY(eg_loader_read_reg(loader, w0_addr, &word, err));
    EG_TRY(write_all(loader, usr_addr, saved_usr, err));
    EG_TRY(write_all(loader, usr2_addr, saved_usr2, err));
    if (result != NULL)
        *result = read_bits < 32 ? word & ((1u << read_bits) - 1) : word;
    return EG_OK;
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

enum eg_code eg_loader_read_sfdp(struct eg_loader *loader, uint32_t addr, unsigned bytes, uint32_t *word,
                                 struct eg_error *err)
{
    if (bytes < 1 || bytes > 4 || addr > 0xffffff)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%u bytes of SFDP at 0x%x; 1 to 4 below 0x1000000", bytes,
                            (unsigned)addr);
    const struct eg_spi_command command = {.opcode = CMD_READ_SFDP,
                                           .read_bits = bytes * 8,
                                           .addr = addr,
                                           .addr_bits = SFDP_ADDR_BITS,
                                           .dummy_bits = SFDP_DUMMY_BITS};
    return eg_loader_spi_command(loader, &command, word, err);
}

static enum eg_code read_id(struct eg_loader *loader, uint32_t *jedec, struct eg_error *err)
{
    return eg_loader_spi_command(loader, &(struct eg_spi_command){.opcode = CMD_READ_ID, .read_bits = 24},
                                 jedec, err);
}

static enum eg_code plain_command(struct eg_loader *loader, uint8_t opcode, struct eg_error *err)
{
    return eg_loader_spi_command(loader, &(struct eg_spi_command){.opcode = opcode}, NULL, err);
}

/* Five bits cannot hold GPIO 32 and 33; the eFuse has 30 and 31 for them, which the chip does not have. */
static uint32_t pad(uint32_t efuse)
{
    return efuse >= 30 ? efuse + 2 : efuse;
}

/* Find the word of SPI_ATTACH: 0 = the chip's default pins. */
static enum eg_code efuse_pads(struct eg_loader *loader, uint32_t *word, struct eg_error *err)
{
    struct eg__registers registers = {.loader = loader, .err = err};
    uint32_t packed = 0;

    for (size_t i = 0; i < PADS; i++) {
        uint32_t value;
        if (!eg_field_read(&loader->target->field[EG_FIELD_PAD_CLK + i], eg__registers_read, &registers,
                           &value))
            return err->code;
        packed |= pad(value) << pad_shifts[i];
    }
    *word = packed;
    return EG_OK;
}

static enum eg_code send_attach(struct eg_loader *loader, uint32_t word, struct eg_error *err)
{
    const uint32_t words[] = {word, 0}; /* the second is a legacy flag of ROMs */

    if (!loader->stub && (loader->target->quirks & EG_QUIRK_ATTACH_BY_BEGIN) != 0)
        return eg__flash_begin(loader, &(struct eg__begin){EG_OP_FLASH_BEGIN, .block_size = 0x400}, 0, err);
    return eg__simple(loader, EG_OP_SPI_ATTACH, words, loader->stub ? 1 : 2, 0, err);
}

static enum eg_code attach_rom(struct eg_loader *loader, struct eg_error *err)
{
    uint32_t word = 0;

    if ((loader->target->quirks & EG_QUIRK_EFUSE_PADS) != 0 && !loader->secure_download)
        EG_TRY(efuse_pads(loader, &word, err));
    return send_attach(loader, word, err);
}

/* Bytes; 0 = not known. */
static uint32_t flash_size(uint32_t jedec)
{
    const uint32_t capacity = jedec >> 16 & 0xff;

    if ((jedec & 0xff) == ADESTO_MAKER) {
        const uint32_t code = jedec >> 8 & 0x1f;
        return code >= 0x04 && code <= 0x09 ? 512u * 1024 << (code - 0x04) : 0;
    }
    if (capacity >= 0x12 && capacity <= 0x1c)
        return 1u << capacity;
    if (capacity >= 0x20 && capacity <= 0x22)
        return 1u << (capacity - 0x20 + 26);
    if (capacity >= 0x32 && capacity <= 0x3a)
        return 1u << (capacity - 0x20);
    return 0;
}

/* Return whether a part that started correctly can have this id. */
static bool is_healthy(uint32_t jedec)
{
    const uint32_t maker = jedec & 0xff, type = jedec >> 8 & 0xff, capacity = jedec >> 16 & 0xff;

    if (maker != XMC_MAKER)
        return maker != 0 && maker != 0xff && flash_size(jedec) != 0;
    return (type == 0x40 && capacity >= 0x13 && capacity <= 0x20) ||
           (type == 0x41 && capacity >= 0x17 && capacity <= 0x20) ||
           (type == 0x50 && capacity >= 0x15 && capacity <= 0x16);
}

/* Some XMC parts start with a wrong id, even a wrong maker, when their supply rises slowly; power-down and
 * wake-up cures them. */
static enum eg_code wake_xmc(struct eg_loader *loader, struct eg_error *err)
{
    uint32_t jedec = 0, maker = 0;

    EG_TRY(read_id(loader, &jedec, err));
    if (is_healthy(jedec))
        return EG_OK;
    EG_TRY(eg_loader_read_sfdp(loader, XMC_SFDP_MAKER_ADDR, 1, &maker, err));
    if (maker != XMC_MAKER)
        return EG_OK;
    EG_TRY(plain_command(loader, CMD_DEEP_POWER_DOWN, err));
    EG_TRY(plain_command(loader, CMD_ULTRA_DEEP_POWER_DOWN, err));
    EG_TRY(plain_command(loader, CMD_EXIT_ULTRA_DEEP, err));
    EG_TRY(eg_sleep_ms(loader->port->cancel, 2, err));
    EG_TRY(plain_command(loader, CMD_RELEASE_POWER_DOWN, err));
    return eg_sleep_ms(loader->port->cancel, 1, err);
}

/* An application may have left the flash in a mode that the loader does not support. */
static enum eg_code reset_flash(struct eg_loader *loader, struct eg_error *err)
{
    EG_TRY(plain_command(loader, CMD_RESET_ENABLE, err));
    EG_TRY(plain_command(loader, CMD_RESET, err));
    return eg_sleep_ms(loader->port->cancel, 1, err);
}

/* `attached` is how SPI_ATTACH ended. */
static enum eg_code make_ready(struct eg_loader *loader, enum eg_code attached, struct eg_error *err)
{
    if (attached != EG_OK)
        return eg_error_prefix(err, "attaching the flash: ");
    if (loader->secure_download)
        return EG_OK;
    EG_TRY(wake_xmc(loader, err));
    return reset_flash(loader, err);
}

enum eg_code eg_loader_attach_flash(struct eg_loader *loader, struct eg_error *err)
{
    return make_ready(loader, loader->stub ? EG_OK : attach_rom(loader, err), err);
}

enum eg_code eg_loader_attach_flash_at(struct eg_loader *loader, uint32_t word, struct eg_error *err)
{
    return make_ready(loader, send_attach(loader, word, err), err);
}

enum eg_code eg_loader_spi_pins(const struct eg_target *target, const uint8_t pins[5], uint32_t *word,
                                struct eg_error *err)
{
    static const char *const names[] = {"CLK", "Q", "D", "HD", "CS"};
    uint32_t packed = 0;

    if (target->spi_pins[0].last == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s has its flash at fixed pins", target->label);
    for (size_t i = 0; i < PADS; i++) {
        const struct eg_pin_range *range = target->spi_pins;
        while (range->last != 0 && (pins[i] < range->first || pins[i] > range->last))
            range++;
        if (range->last == 0 || (i == PAD_HD && pins[i] > target->spi_hd_max))
            return eg_error_set(err, EG_BAD_ARGUMENT, "%s has no GPIO %u that could be %s of its flash",
                                target->label, pins[i], names[i]);
        packed |= (uint32_t)pins[i] << pad_shifts[i];
    }
    *word = packed;
    return EG_OK;
}

enum eg_code eg_loader_flash_info(struct eg_loader *loader, struct eg_flash_info *info, struct eg_error *err)
{
    uint32_t jedec = 0, again;

    if (loader->secure_download) {
        *info = (struct eg_flash_info){0};
        return EG_OK;
    }
    EG_TRY(read_id(loader, &jedec, err));
    /* Replies have no checksum, and a wrong size from a flipped bit would refuse a good board or be recorded.
     */
    EG_TRY(eg_loader_read_reg(loader, loader->target->spi.base + loader->target->spi.w0, &again, err));
    again &= 0xffffff;
    char text[EG_JEDEC_TEXT], again_text[EG_JEDEC_TEXT];
    eg_jedec_text(text, jedec);
    eg_jedec_text(again_text, again);
    if (again != jedec)
        return eg_error_set(err, EG_BAD_REPLY, "the flash gives id %s, then %s", text, again_text);
    if (jedec == 0xffffff || jedec == 0 || jedec == 0xffff3f)
        return eg_error_set(err, EG_FLASH_ABSENT, "the flash does not answer (its id reads %s)", text);
    *info = (struct eg_flash_info){.jedec = jedec, .size = flash_size(jedec)};
    return EG_OK;
}

enum eg_code eg_loader_set_flash_size(struct eg_loader *loader, uint32_t size, struct eg_error *err)
{
    const uint32_t words[] = {0, size, 0x10000, EG_FLASH_SECTOR, 0x100, 0xffff};

    if (eg__has(loader, EG_OP_SPI_SET_PARAMS) &&
        eg__simple(loader, EG_OP_SPI_SET_PARAMS, words, 6, 0, err) != EG_OK)
        return eg_error_prefix(err, "setting the flash size to %u bytes: ", (unsigned)size);
    loader->flash_size = size;
    return EG_OK;
}
