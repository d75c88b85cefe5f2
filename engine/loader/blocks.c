/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The commands of a write to flash, block by block.
 *
 *     BEGIN   a ROM erases here, a stub as data arrives
 *     DATA    a ROM answers when it has programmed the block, a stub when it has received it
 *     END     stubs only: its reply says that the last block is in the flash (a ROM would leave the loader)
 *
 * A stub programs a block while the next one arrives, so the next command gets the time limit of the block.
 *
 * Not here: whole regions, and recovering from failures (write.c).
 */

#include "engine/loader/loader_internal.h"

enum {
    ROM_BLOCK = 0x400,
    STUB_BLOCK = 0x4000,
    USB_OTG_BLOCK = 0x800,
    STUB_ERASE_UNIT = 0x10000, /* what each inflate round may have to wait for */
    STUB_INFLATE_ROUND = 0x8000,
};

uint32_t eg_loader_flash_block_size(const struct eg_loader *loader)
{
    if (!loader->stub)
        return ROM_BLOCK;
    return eg_loader_usb_otg(loader) ? USB_OTG_BLOCK : STUB_BLOCK;
}

enum eg_code eg__flash_begin(struct eg_loader *loader, const struct eg__begin *begin, uint32_t timeout_ms,
                             struct eg_error *err)
{
    const uint32_t words[] = {begin->size, begin->blocks, begin->block_size, begin->flash_addr,
                              begin->encrypted};
    const bool fifth = loader->stub || (loader->target->quirks & EG_QUIRK_ENCRYPT_WORD) != 0;

    if (begin->encrypted && !fifth)
        return eg_error_set(err, EG_UNSUPPORTED, "the ROM of %s encrypts nothing", loader->target->label);
    if (begin->encrypted && loader->target->key_rule == EG_KEY_NONE)
        return eg_error_set(err, EG_UNSUPPORTED, "%s encrypts nothing", loader->target->label);
    return eg__simple(loader, begin->opcode, words, fifth ? 5 : 4, timeout_ms, err);
}

/* The ROM counts the sectors up to the next 64 KiB boundary twice. */
uint32_t eg__esp8266_erase_size(uint32_t flash_addr, uint32_t size)
{
    const uint32_t sectors = eg_div_up(size, EG_FLASH_SECTOR);
    const uint32_t to_boundary = 16 - flash_addr / EG_FLASH_SECTOR % 16;
    const uint32_t head = to_boundary < sectors ? to_boundary : sectors;

    return (sectors < 2 * head ? eg_div_up(sectors, 2) : sectors - head) * EG_FLASH_SECTOR;
}

static enum eg_code begin_write(struct eg_loader *loader, uint32_t flash_addr, uint32_t size,
                                uint32_t source_size, bool compressed, bool encrypted, struct eg_error *err)
{
    const uint32_t block_size = eg_loader_flash_block_size(loader);
    struct eg__begin begin = {.opcode = compressed ? EG_OP_FLASH_DEFL_BEGIN : EG_OP_FLASH_BEGIN,
                              .size = size,
                              .blocks = eg_div_up(source_size, block_size),
                              .block_size = block_size,
                              .flash_addr = flash_addr,
                              .encrypted = encrypted};
    uint32_t timeout_ms = loader->settings.timeout_ms;

    if (!loader->stub) {
        timeout_ms = eg__scaled_ms(loader, size, loader->settings.erase_region_timeout_per_mb_ms);
        if (compressed)
            begin.size = eg_div_up(size, ROM_BLOCK) * ROM_BLOCK;
        else if ((loader->target->quirks & EG_QUIRK_ERASE_SIZE_BUG) != 0)
            begin.size = eg__esp8266_erase_size(flash_addr, size);
    }
    if (eg__flash_begin(loader, &begin, timeout_ms, err) != EG_OK)
        return eg_error_prefix(err, "beginning %u bytes at 0x%08x: ", (unsigned)size, (unsigned)flash_addr);
    return EG_OK;
}

uint32_t eg__program_ms(const struct eg_loader *loader, uint32_t size)
{
    const uint64_t erased =
        loader->stub ? (uint64_t)STUB_ERASE_UNIT * (eg_div_up(size, STUB_INFLATE_ROUND) + 1) : 0;

    return eg__scaled_ms(loader, size + erased, loader->settings.erase_write_timeout_per_mb_ms);
}

static enum eg_code begin(struct eg_loader *loader, uint32_t flash_addr, uint32_t size, uint32_t source_size,
                          bool compressed, bool encrypted, struct eg_error *err)
{
    EG_TRY(begin_write(loader, flash_addr, size, source_size, compressed, encrypted, err));
    loader->flash_write.compressed = compressed;
    loader->flash_write.encrypted = encrypted;
    loader->flash_write.sequence = 0;
    loader->flash_write.size = size;
    loader->flash_write.next_ms = loader->settings.timeout_ms;
    return EG_OK;
}

enum eg_code eg_loader_flash_begin(struct eg_loader *loader, uint32_t size, uint32_t flash_addr,
                                   bool encrypted, struct eg_error *err)
{
    return begin(loader, flash_addr, size, size, false, encrypted, err);
}

enum eg_code eg_loader_flash_defl_begin(struct eg_loader *loader, uint32_t size, uint32_t compressed_size,
                                        uint32_t flash_addr, bool encrypted, struct eg_error *err)
{
    if (!eg__has(loader, EG_OP_FLASH_DEFL_BEGIN))
        return eg_error_set(err, EG_UNSUPPORTED, "the ROM of %s inflates nothing", loader->target->label);
    return begin(loader, flash_addr, size, compressed_size, true, encrypted, err);
}

enum eg_code eg__flash_block(struct eg_loader *loader, const uint8_t *data, uint32_t size, uint32_t work_ms,
                             struct eg_error *err)
{
    const bool compressed = loader->flash_write.compressed;
    const struct eg__request block = {
        .opcode = compressed ? EG_OP_FLASH_DEFL_DATA : EG_OP_FLASH_DATA,
        .data = data,
        .data_size = size,
        .padded_size = compressed ? 0 : eg_loader_flash_block_size(loader),
        .sequence = loader->flash_write.sequence,
        .timeout_ms = loader->stub ? loader->flash_write.next_ms : work_ms,
    };

    EG_TRY(eg__send_block(loader, &block, err));
    loader->flash_write.sequence++;
    loader->flash_write.next_ms = work_ms;
    return EG_OK;
}

enum eg_code eg_loader_flash_block(struct eg_loader *loader, const uint8_t *data, uint32_t size,
                                   struct eg_error *err)
{
    const uint32_t block_size = eg_loader_flash_block_size(loader);
    /* Nobody knows how much comes out of a compressed block. */
    const uint32_t most = loader->flash_write.compressed ? loader->flash_write.size : size;

    if (size == 0 || size > block_size)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a block of %u bytes; a block has 1 to %u", (unsigned)size,
                            (unsigned)block_size);
    if (eg__flash_block(loader, data, size, eg__program_ms(loader, most), err) != EG_OK)
        return eg_error_prefix(err, "block %u: ", (unsigned)loader->flash_write.sequence + 1);
    return EG_OK;
}

enum eg_code eg_loader_flash_finish(struct eg_loader *loader, bool reboot, struct eg_error *err)
{
    const uint32_t stay[] = {!reboot};
    /* As esptool has it; both end either kind of write. */
    const bool deflated = loader->flash_write.compressed && !loader->flash_write.encrypted;

    if (!loader->stub && !reboot)
        return EG_OK;
    if (eg__simple(loader, deflated ? EG_OP_FLASH_DEFL_END : EG_OP_FLASH_END, stay, 1,
                   loader->flash_write.next_ms, err) != EG_OK)
        return eg_error_prefix(err, "ending %u bytes: ", (unsigned)loader->flash_write.size);
    return EG_OK;
}
