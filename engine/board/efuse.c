/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/board/efuse.h"

#include "engine/board/board_internal.h"

static enum eg_code read_register(void *context, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    struct eg_board *board = context;

    EG_TRY(eg__need_readable(board, "its eFuses can be neither read nor burnt", err));
    return eg_loader_read_reg(&board->loader, addr, word, err);
}

static enum eg_code write_register(void *context, uint32_t addr, uint32_t word, uint32_t pause_us,
                                   struct eg_error *err)
{
    struct eg_board *board = context;

    EG_TRY(eg__need_readable(board, "its eFuses can be neither read nor burnt", err));
    if (pause_us > 0)
        return eg_loader_write_reg_and_pause(&board->loader, addr, word, pause_us, err);
    return eg_loader_write_reg(&board->loader, addr, word, 0xffffffff, 0, err);
}

static void hide(void *context, bool on)
{
    ((struct eg_board *)context)->trace_hidden = on;
}

static enum eg_code reconnect(void *context, bool *secure_download, struct eg_error *err)
{
    struct eg_board *board = context;

    EG_TRY(eg_board_connect(board, err));
    *secure_download = eg_board_secure_download(board);
    return EG_OK;
}

struct eg_efuse_io eg_board_efuse_io(struct eg_board *board)
{
    return (struct eg_efuse_io){read_register, write_register, hide, reconnect, board};
}
