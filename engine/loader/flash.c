/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The flash part: attaching it, its id and its SFDP table.
 *
 * A stub attaches the flash before it greets; a ROM must be told to. Where the loader takes several registers
 * in one request, the commands to a healthy part go that way; an unhealthy part gets them one by one.
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

    ID_BITS = 24,
    ID_MASK = 0xffffff,
    RESET_US = 1000, /* what a part may take to come out of a reset */
    SFDP_ADDR_BITS = 24,
    SFDP_DUMMY_BITS = 8,
};

enum { PAD_HD = 3, PADS = 5 };

/* Places of CLK, Q, D, HD, CS, the order of the fields too, in the word of SPI_ATTACH. */
static const unsigned pad_shifts[PADS] = {0, 6, 12, 24, 18};

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
    return eg_loader_spi_command(
        loader, &(struct eg_spi_command){.opcode = CMD_READ_ID, .read_bits = ID_BITS}, jedec, err);
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
    uint32_t maker = 0;

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

/* Wake the part if it is `ill`. Then reset it: an application may have left it in a mode that the loader does
 * not support. */
static enum eg_code reset_singly(struct eg_loader *loader, bool ill, struct eg_error *err)
{
    if (ill)
        EG_TRY(wake_xmc(loader, err));
    EG_TRY(plain_command(loader, CMD_RESET_ENABLE, err));
    EG_TRY(plain_command(loader, CMD_RESET, err));
    return eg_sleep_ms(loader->port->cancel, RESET_US / 1000, err);
}

/* Take an id that was read, and read it from the controller once more: replies have no checksum, and a wrong
 * size from a flipped bit would refuse a good board or be recorded. */
static enum eg_code take_id(struct eg_loader *loader, uint32_t jedec, struct eg_flash_info *info,
                            struct eg_error *err)
{
    uint32_t again;

    EG_TRY(eg_loader_read_reg(loader, loader->target->spi.base + loader->target->spi.w0, &again, err));
    again &= ID_MASK;
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

static enum eg_code reset_one_by_one(struct eg_loader *loader, struct eg_flash_info *info,
                                     struct eg_error *err)
{
    uint32_t jedec = 0;

    EG_TRY(read_id(loader, &jedec, err));
    EG_TRY(reset_singly(loader, !is_healthy(jedec), err));
    return info != NULL ? eg_loader_flash_info(loader, info, err) : EG_OK;
}

static enum eg_code reset_together(struct eg_loader *loader, struct eg_flash_info *info, struct eg_error *err)
{
    static const struct eg__spi_step steps[] = {
        {.command = {.opcode = CMD_RESET_ENABLE}},
        {.command = {.opcode = CMD_RESET}, .pause_us = RESET_US},
        {.command = {.opcode = CMD_READ_ID, .read_bits = ID_BITS}},
    };
    struct eg__spi spi;
    uint32_t jedec;

    EG_TRY(eg__spi_begin(&spi, loader, err));
    EG_TRY(eg__spi_run(&spi, &steps[2], 1, &jedec, err));
    if (!is_healthy(jedec & ID_MASK)) {
        EG_TRY(eg__spi_end(&spi, err));
        EG_TRY(reset_singly(loader, true, err));
        return info != NULL ? eg_loader_flash_info(loader, info, err) : EG_OK;
    }
    EG_TRY(eg__spi_run(&spi, steps, info != NULL ? 3 : 2, &jedec, err));
    if (info != NULL)
        EG_TRY(take_id(loader, jedec & ID_MASK, info, err));
    return eg__spi_end(&spi, err);
}

/* `attached` is how SPI_ATTACH ended. */
static enum eg_code make_ready(struct eg_loader *loader, enum eg_code attached, struct eg_flash_info *info,
                               struct eg_error *err)
{
    if (attached != EG_OK)
        return eg_error_prefix(err, "attaching the flash: ");
    if (info != NULL)
        *info = (struct eg_flash_info){0};
    if (loader->secure_download)
        return EG_OK;
    return eg__spi_batches(loader) ? reset_together(loader, info, err) : reset_one_by_one(loader, info, err);
}

enum eg_code eg_loader_attach_flash(struct eg_loader *loader, struct eg_flash_info *info,
                                    struct eg_error *err)
{
    return make_ready(loader, loader->stub ? EG_OK : attach_rom(loader, err), info, err);
}

enum eg_code eg_loader_attach_flash_at(struct eg_loader *loader, uint32_t word, struct eg_error *err)
{
    return make_ready(loader, send_attach(loader, word, err), NULL, err);
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
    uint32_t jedec = 0;

    if (loader->secure_download) {
        *info = (struct eg_flash_info){0};
        return EG_OK;
    }
    EG_TRY(read_id(loader, &jedec, err));
    return take_id(loader, jedec, info, err);
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
