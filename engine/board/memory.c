/* SPDX-License-Identifier: Apache-2.0 */

/* Registers and RAM of a connected board. */

#include "engine/board/board_internal.h"

#include "engine/image/image.h"

#include <stdlib.h>

#define DUMP_STEP 1024u /* bytes between two progress reports */

#define CANNOT_BE_READ "its memory cannot be read or written"

enum eg_code eg_board_read_mem(struct eg_board *board, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    return eg_loader_read_reg(&board->loader, addr, word, err);
}

enum eg_code eg_board_write_mem(struct eg_board *board, uint32_t addr, uint32_t word, uint32_t mask,
                                struct eg_error *err)
{
    return eg_board_write_reg(board, addr, word, mask, 0, err);
}

enum eg_code eg_board_read_reg(struct eg_board *board, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    return eg_board_read_mem(board, addr, word, err);
}

enum eg_code eg_board_write_reg(struct eg_board *board, uint32_t addr, uint32_t word, uint32_t mask,
                                uint32_t delay_us, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    return eg_loader_write_reg(&board->loader, addr, word, mask, delay_us, err);
}

enum eg_code eg_board_update_reg(struct eg_board *board, uint32_t addr, uint32_t mask, uint32_t value,
                                 struct eg_error *err)
{
    uint32_t word;
    unsigned shift = 0;

    if (mask == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "register 0x%08x: a mask of no bits", (unsigned)addr);
    while ((mask >> shift & 1) == 0)
        shift++;
    EG_TRY(eg_board_read_mem(board, addr, &word, err));
    return eg_loader_write_reg(&board->loader, addr, (word & ~mask) | (value << shift & mask), 0xffffffff, 0,
                               err);
}

enum eg_code eg_board_dump_mem(struct eg_board *board, uint32_t addr, uint32_t size,
                               const struct eg_output *output, struct eg_error *err)
{
    EG_CLEANUP(eg__sink_close) struct eg__sink sink = {0};
    uint8_t bytes[4];
    uint32_t word;

    EG_TRY(eg__need_readable(board, CANNOT_BE_READ, err));
    if (addr % 4 != 0 || size % 4 != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "memory 0x%08x, 0x%x bytes: both must be multiples of 4",
                            (unsigned)addr, (unsigned)size);
    EG_TRY(eg__sink_open(&sink, output, 0, size, err));
    for (uint32_t done = 0; done < size; done += 4) {
        EG_TRY(eg_loader_read_reg(&board->loader, addr + done, &word, err));
        eg_put32(bytes, word);
        EG_TRY(eg__sink_put(&sink, bytes, sizeof bytes, err));
        if ((done + 4) % DUMP_STEP == 0 || done + 4 == size)
            eg__progress(board, "reading memory", done + 4, size);
    }
    return eg__sink_commit(&sink, err);
}

static enum eg_code load_segments(struct eg_board *board, const struct eg_image_info *info,
                                  const struct eg_buffer *image, struct eg_error *err)
{
    size_t at = eg_image_header_size(info);

    for (unsigned i = 0; i < info->segment_count; i++) {
        const uint32_t addr = eg_get32(image->data + at), size = eg_get32(image->data + at + 4);

        EG_TRY(eg_loader_load_mem(&board->loader, addr, image->data + at + 8, size, err));
        at += 8 + size;
        eg__progress(board, "loading RAM", at, image->size > at ? image->size : at);
    }
    return EG_OK;
}

enum eg_code eg_board_load_ram(struct eg_board *board, const struct eg_input *input, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    struct eg_image_info info;

    EG_TRY(eg__need_readable(board, "nothing can be loaded into its RAM", err));
    EG_TRY(eg__input_read_range(input, &image, &name, err));
    if (eg_image_check_chip(board->loader.target, image.data, image.size, err) != EG_OK ||
        eg_image_parse(&info, board->loader.target, image.data, image.size, err) != EG_OK ||
        eg_image_check(&info, image.data, image.size, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", name);
    if (load_segments(board, &info, &image, err) != EG_OK ||
        eg_loader_mem_finish(&board->loader, info.entry, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", name);
    return EG_OK;
}

uint32_t eg_board_ram_block_size(const struct eg_board *board)
{
    return board->port != NULL ? eg_loader_ram_block_size(&board->loader) : 0;
}

enum eg_code eg_board_mem_begin(struct eg_board *board, uint32_t size, uint32_t addr, struct eg_error *err)
{
    EG_TRY(eg__need_readable(board, "nothing can be loaded into its RAM", err));
    return eg_loader_mem_begin(&board->loader, size, addr, err);
}

enum eg_code eg_board_mem_block(struct eg_board *board, const void *data, uint32_t size, struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    return eg_loader_mem_block(&board->loader, data, size, err);
}

enum eg_code eg_board_mem_finish(struct eg_board *board, uint32_t entry, struct eg_error *err)
{
    EG_TRY(eg__need_connected(board, err));
    return eg_loader_mem_finish(&board->loader, entry, err);
}
