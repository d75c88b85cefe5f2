/* SPDX-License-Identifier: Apache-2.0 */

/* RAM of the chip: writing blocks, and jumping. A running stub is not overwritten. */

#include "engine/loader/loader_internal.h"

enum {
    RAM_BLOCK = 0x1800,
    USB_OTG_BLOCK = 0x800,
};

uint32_t eg_loader_ram_block_size(const struct eg_loader *loader)
{
    const bool small = eg_loader_usb_otg(loader) &&
                       (loader->stub || (loader->target->quirks & EG_QUIRK_SMALL_ROM_BLOCKS) != 0);

    return small ? USB_OTG_BLOCK : RAM_BLOCK;
}

static enum eg_code check_stub(const struct eg_loader *loader, uint32_t addr, uint32_t size,
                               struct eg_error *err)
{
    for (size_t i = 0; loader->stub && i < sizeof loader->stub_ram / sizeof *loader->stub_ram; i++) {
        const struct eg_range *stub = &loader->stub_ram[i];
        if (addr < stub->end && (uint64_t)addr + size > stub->start)
            return eg_error_set(
                err, EG_BAD_ARGUMENT,
                "0x%08x to 0x%08x is where the stub runs, 0x%08x to 0x%08x: load it without a "
                "stub",
                (unsigned)addr, (unsigned)(addr + size), (unsigned)stub->start, (unsigned)stub->end);
    }
    return EG_OK;
}

enum eg_code eg_loader_mem_begin(struct eg_loader *loader, uint32_t size, uint32_t addr, struct eg_error *err)
{
    const uint32_t block_size = eg_loader_ram_block_size(loader);
    const uint32_t words[] = {size, eg_div_up(size, block_size), block_size, addr};

    EG_TRY(check_stub(loader, addr, size, err));
    if (eg__simple(loader, EG_OP_MEM_BEGIN, words, 4, 0, err) != EG_OK)
        return eg_error_prefix(err, "beginning %u bytes of RAM at 0x%08x: ", (unsigned)size, (unsigned)addr);
    loader->mem_sequence = 0;
    return EG_OK;
}

static enum eg_code send_block(struct eg_loader *loader, const uint8_t *data, uint32_t size,
                               struct eg_error *err)
{
    const struct eg__request block = {
        .opcode = EG_OP_MEM_DATA, .data = data, .data_size = size, .sequence = loader->mem_sequence};

    EG_TRY(eg__send_block(loader, &block, err));
    loader->mem_sequence++;
    return EG_OK;
}

enum eg_code eg_loader_mem_block(struct eg_loader *loader, const uint8_t *data, uint32_t size,
                                 struct eg_error *err)
{
    const uint32_t block_size = eg_loader_ram_block_size(loader);

    if (size == 0 || size > block_size)
        return eg_error_set(err, EG_BAD_ARGUMENT, "a block of %u bytes; a block of RAM has 1 to %u",
                            (unsigned)size, (unsigned)block_size);
    if (send_block(loader, data, size, err) != EG_OK)
        return eg_error_prefix(err, "block %u: ", (unsigned)loader->mem_sequence + 1);
    return EG_OK;
}

/* The started program may suppress the reply, or send something else. */
static bool may_have_jumped(enum eg_code code)
{
    return code == EG_TIMEOUT || code == EG_BAD_FRAME || code == EG_BAD_REPLY || code == EG_BOARD_RESET;
}

enum eg_code eg_loader_mem_finish(struct eg_loader *loader, uint32_t entry, struct eg_error *err)
{
    const uint32_t words[] = {entry == 0, entry};
    const uint32_t timeout_ms = loader->stub ? 0 : loader->settings.mem_end_rom_timeout_ms;
    const enum eg_code code = eg__simple(loader, EG_OP_MEM_END, words, 2, timeout_ms, err);

    if (code == EG_OK || (!loader->stub && may_have_jumped(code)))
        return EG_OK;
    return entry == 0 ? eg_error_prefix(err, "ending the load: ")
                      : eg_error_prefix(err, "starting at 0x%08x: ", (unsigned)entry);
}

enum eg_code eg_loader_load_mem(struct eg_loader *loader, uint32_t addr, const uint8_t *data, uint32_t size,
                                struct eg_error *err)
{
    const uint32_t block_size = eg_loader_ram_block_size(loader);
    const uint32_t blocks = eg_div_up(size, block_size);

    if (size == 0)
        return EG_OK;
    EG_TRY(eg_loader_mem_begin(loader, size, addr, err));
    for (uint32_t i = 0; i < blocks; i++) {
        const uint32_t left = size - i * block_size;
        if (send_block(loader, data + (size_t)i * block_size, left < block_size ? left : block_size, err) !=
            EG_OK)
            return eg_error_prefix(err, "block %u of %u at 0x%08x: ", (unsigned)i + 1, (unsigned)blocks,
                                   (unsigned)(addr + i * block_size));
    }
    return EG_OK;
}
