/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writing flash, shared by ROM and stub: what BEGIN opened, inflating, erasing ahead of the data.
 *
 * The ROM erases everything in BEGIN. The stub (1.2, of esptool-js 0.7.0) erases ahead of the data: it begins
 * the first piece in BEGIN, another one with every round of inflating if the flash is idle, and erases what
 * is still missing before it programs. It skips blank sectors until it meets one that is not; from there on
 * it erases 64 KiB where the address is a multiple and so much is left, else 4 KiB. It waits for an erase
 * only when it must program.
 */

#include "tools/vboard/loader/loader.h"

#include <string.h>

#define CHUNK 32u /* bytes of one program command, by all ROMs, whose code the stubs use */

void vb__write_close(struct vb_board *board)
{
    if (board->write.inflating)
        inflateEnd(&board->write.z);
    board->write = (struct vb__write){0};
}

static bool flash_idle(const struct vb_board *board)
{
    return board->flash.busy_ns <= vb__idle_ns(board);
}

static bool sector_is_blank(struct vb_board *board, uint32_t addr)
{
    uint8_t sector[EG_FLASH_SECTOR];

    vb__flash_wait(board);
    vb__flash_read(board, addr, sector, sizeof sector);
    for (uint32_t i = 0; i < sizeof sector; i++) {
        if (sector[i] != 0xff)
            return false;
    }
    return true;
}

/* Erase the next piece ahead, unless the flash is busy with the last one. False when the stub cannot look
 * there. */
static bool erase_next(struct vb_board *board)
{
    struct vb__write *write = &board->write;

    if (write->erased_to >= write->erase_end)
        return true;
    if (!write->dirty_seen && !vb__attach_reaches(board, write->erased_to, EG_FLASH_SECTOR))
        return false;
    if (!write->dirty_seen && sector_is_blank(board, write->erased_to)) {
        write->erased_to += EG_FLASH_SECTOR;
        return true;
    }
    write->dirty_seen = true;
    if (!flash_idle(board))
        return true;
    const bool whole = write->erased_to % VB__BLOCK == 0 && write->erase_end - write->erased_to >= VB__BLOCK;
    const uint32_t size = whole ? VB__BLOCK : EG_FLASH_SECTOR;
    vb__flash_erase(board, write->erased_to, size);
    write->erased_to += size;
    return true;
}

bool vb__write_open(struct vb_board *board, const uint8_t *payload, uint32_t size, bool deflate,
                    bool encrypted)
{
    struct vb__write *write = &board->write;
    const uint32_t erased = eg_get32(payload), addr = eg_get32(payload + 12);

    vb__write_close(board);
    write->open = true;
    write->deflate = deflate;
    write->encrypted = encrypted;
    write->addr = addr;
    write->left = size;
    write->block_size = eg_get32(payload + 8);
    write->erased_to = addr - addr % EG_FLASH_SECTOR;
    write->erase_end =
        write->erased_to + eg_div_up(addr % EG_FLASH_SECTOR + erased, EG_FLASH_SECTOR) * EG_FLASH_SECTOR;
    if (deflate)
        write->inflating = inflateInit(&write->z) == Z_OK;
    return board->clock.state != VB__STUB || erase_next(board);
}

/* The chip's cipher takes whole blocks. */
static bool fits_cipher(const struct vb_board *board, uint32_t size)
{
    const struct vb__write *write = &board->write;
    const uint32_t align = board->target->encrypted_align;

    if (!write->encrypted)
        return true;
    return board->target->key_rule != EG_KEY_NONE && write->addr % align == 0 && size % align == 0;
}

static enum vb__write_result put(struct vb_board *board, uint8_t *data, uint32_t size)
{
    struct vb__write *write = &board->write;
    bool same;

    if (size > write->left)
        return VB__WRITE_TOO_MUCH;
    if (size == 0)
        return VB__WRITE_OK;
    if (board->clock.state == VB__STUB && !vb__attach_reaches(board, write->addr, size))
        return VB__WRITE_REFUSED;
    while (board->clock.state == VB__STUB && write->erased_to < write->erase_end &&
           write->erased_to < write->addr + size) {
        vb__flash_wait(board);
        if (!erase_next(board))
            return VB__WRITE_REFUSED;
    }
    if (!fits_cipher(board, size))
        return VB__WRITE_REFUSED;
    if (vb__faults_take(board, VB__WRITE_ERROR))
        return board->clock.state == VB__STUB ? VB__WRITE_REFUSED : VB__WRITE_READBACK;
    if (write->encrypted)
        vb__encrypt(board, write->addr, data, size);
    /* This is how the stub writes with four address bytes. */
    if (write->encrypted && board->attach.addr_mask == UINT32_MAX)
        vb__flash_unlock(board);
    vb__flash_wait(board);
    vb__flash_program(board, write->addr, data, size, CHUNK);
    vb__flash_wait(board);
    /* The ROM reads back what it wrote. A part that lies deceives this check, too. */
    same = board->clock.state == VB__STUB || vb__faulty(board, VB__LIE) ||
           vb__flash_holds(board, write->addr, data, size);
    write->addr += size;
    write->left -= size;
    return same ? VB__WRITE_OK : VB__WRITE_READBACK;
}

/* A ROM inflates pieces of any size; for the cipher it is assumed to put them together, and to fill up the
 * last. */
static enum vb__write_result put_window(struct vb_board *board)
{
    struct vb__write *write = &board->write;
    const uint32_t align = board->target->encrypted_align;
    const bool by_rom = write->encrypted && board->clock.state == VB__ROM && align != 0;
    uint32_t left = by_rom ? write->window_used % align : 0;

    if (left != 0 && write->stream_ended) {
        memset(write->window + write->window_used, 0xff, align - left);
        write->window_used += align - left;
        write->left += align - left;
        left = 0;
    }
    const uint32_t size = write->window_used - left;
    const enum vb__write_result result = put(board, write->window, size);
    memmove(write->window, write->window + size, left);
    write->window_used = left;
    return result;
}

static enum vb__write_result put_inflated(struct vb_board *board, const uint8_t *data, uint32_t size)
{
    struct vb__write *write = &board->write;
    z_stream *z = &write->z;

    if (!write->inflating || write->stream_ended)
        return VB__WRITE_TOO_MUCH;
    z->next_in = (z_const Bytef *)data;
    z->avail_in = size;
    do {
        if (board->clock.state == VB__STUB && !erase_next(board))
            return VB__WRITE_REFUSED;
        z->next_out = write->window + write->window_used;
        z->avail_out = VB__WINDOW - write->window_used;
        const int result = inflate(z, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return VB__WRITE_BAD_STREAM;
        vb__busy(board, (uint64_t)(VB__WINDOW - z->avail_out - write->window_used) * vb__inflate_ns(board));
        write->window_used = VB__WINDOW - z->avail_out;
        write->stream_ended = result == Z_STREAM_END;
        if (write->stream_ended || write->window_used == VB__WINDOW) {
            const enum vb__write_result written = put_window(board);
            if (written != VB__WRITE_OK)
                return written;
        }
    } while (!write->stream_ended && z->avail_in != 0);
    /* The ROM answers when all data so far is in the flash. */
    return board->clock.state == VB__STUB ? VB__WRITE_OK : put_window(board);
}

enum vb__write_result vb__write_data(struct vb_board *board, const uint8_t *data, uint32_t size)
{
    uint8_t copy[VB__FRAME_MAX];

    if (board->write.deflate)
        return put_inflated(board, data, size);
    if (size > sizeof copy)
        return VB__WRITE_TOO_MUCH;
    memcpy(copy, data, size);
    return put(board, copy, size);
}
