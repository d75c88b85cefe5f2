/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writing flash, as ROM and stub share it: what BEGIN opened, inflating, erasing ahead of the data.
 *
 * The ROM erases everything in BEGIN. The stub erases as data arrives: 64 KiB where the address is a multiple
 * and so much is left, else 4 KiB, the first piece already in BEGIN (stub 1.0.0 of esptool-js 0.7.0; it
 * erases blank sectors too).
 */

#include "engine/base/bytes.h"
#include "tools/vboard/board_internal.h"

#include <string.h>

#define OUT_SIZE 0x4000u

void vb__write_close(struct vb_board *board)
{
    if (board->write.inflating)
        inflateEnd(&board->write.z);
    board->write = (struct vb__write){.mem_addr = board->write.mem_addr, .mem_left = board->write.mem_left};
}

static void erase_one(struct vb_board *board)
{
    struct vb__write *write = &board->write;
    const bool whole = write->erased_to % VB__BLOCK == 0 && write->erase_end - write->erased_to >= VB__BLOCK;
    const uint32_t size = whole ? VB__BLOCK : VB__SECTOR;

    vb__flash_erase(board, write->erased_to, size);
    write->erased_to += size;
}

void vb__write_open(struct vb_board *board, const uint8_t *payload, bool deflate, bool encrypted)
{
    struct vb__write *write = &board->write;
    const uint32_t size = eg_get32(payload), addr = eg_get32(payload + 12);

    vb__write_close(board);
    write->open = true;
    write->deflate = deflate;
    write->encrypted = encrypted;
    write->addr = addr;
    write->left = size;
    write->block_size = eg_get32(payload + 8);
    write->erased_to = addr - addr % VB__SECTOR;
    write->erase_end = write->erased_to + eg_div_up(addr % VB__SECTOR + size, VB__SECTOR) * VB__SECTOR;
    if (deflate)
        write->inflating = inflateInit(&write->z) == Z_OK;
    if (board->state == VB__STUB && write->erased_to < write->erase_end)
        erase_one(board);
}

static bool holds(const struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (board->flash[(addr + i) % board->flash_size] != data[i])
            return false;
    }
    return true;
}

static enum vb__write_result put(struct vb_board *board, uint8_t *data, uint32_t size)
{
    struct vb__write *write = &board->write;
    bool same;

    if (size > write->left)
        return VB__WRITE_TOO_MUCH;
    if (write->encrypted)
        vb__flash_encrypt(board, write->addr, data, size);
    while (board->state == VB__STUB && write->erased_to < write->erase_end &&
           write->erased_to < write->addr + size)
        erase_one(board);
    vb__flash_program(board, write->addr, data, size);
    /* The ROM reads back what it wrote. A part that lies, lies to it too. */
    same = board->state == VB__STUB || board->lie || holds(board, write->addr, data, size);
    write->addr += size;
    write->left -= size;
    return same ? VB__WRITE_OK : VB__WRITE_READBACK;
}

static enum vb__write_result put_inflated(struct vb_board *board, const uint8_t *data, uint32_t size)
{
    struct vb__write *write = &board->write;
    z_stream *z = &write->z;
    uint8_t out[OUT_SIZE];

    if (!write->inflating || write->stream_ended)
        return VB__WRITE_TOO_MUCH;
    z->next_in = (z_const Bytef *)data;
    z->avail_in = size;
    do {
        int result;
        enum vb__write_result written;

        z->next_out = out;
        z->avail_out = sizeof out;
        result = inflate(z, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return VB__WRITE_BAD_STREAM;
        written = put(board, out, (uint32_t)(sizeof out - z->avail_out));
        if (written != VB__WRITE_OK)
            return written;
        write->stream_ended = result == Z_STREAM_END;
    } while (!write->stream_ended && (z->avail_in != 0 || z->avail_out == 0));
    return VB__WRITE_OK;
}

enum vb__write_result vb__write_data(struct vb_board *board, const uint8_t *data, uint32_t size)
{
    uint8_t copy[OUT_SIZE + 0x100];

    if (board->write.deflate)
        return put_inflated(board, data, size);
    if (size > sizeof copy)
        return VB__WRITE_TOO_MUCH;
    memcpy(copy, data, size);
    return put(board, copy, size);
}
