/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Replies of a board: each command is answered with a piece of the input, length first. A piece of odd length
 * is the rest of a frame that answers this command; a piece of even length is sent as it is.
 */

#include "engine/loader/loader.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

struct board {
    struct eg_port port;
    const uint8_t *script; /* pieces not sent yet */
    size_t left;
    uint8_t said[1200]; /* the current reply: bytes at..end */
    size_t at, end;
};

static enum eg_code board_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                               uint32_t timeout_ms, struct eg_error *err)
{
    struct board *const board = (struct board *)port;

    (void)timeout_ms;
    (void)err;
    *got = size < board->end - board->at ? size : board->end - board->at;
    memcpy(data, board->said + board->at, *got);
    board->at += *got;
    return EG_OK;
}

static void say_escaped(struct board *board, uint8_t byte)
{
    if (byte == 0xc0 || byte == 0xdb) {
        board->said[board->end++] = 0xdb;
        byte = byte == 0xc0 ? 0xdc : 0xdd;
    }
    board->said[board->end++] = byte;
}

static enum eg_code board_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                uint32_t timeout_ms, struct eg_error *err)
{
    struct board *const board = (struct board *)port;

    (void)timeout_ms;
    (void)err;
    *put = size;
    board->at = board->end = 0;
    if (board->left == 0)
        return EG_OK;
    const uint8_t length = board->script[0] < board->left ? board->script[0] : (uint8_t)(board->left - 1);
    const uint8_t *const stretch = board->script + 1;
    board->script += 1 + (size_t)length;
    board->left -= 1 + (size_t)length;
    if (length % 2 == 0) {
        memcpy(board->said, stretch, length);
        board->end = length;
        return EG_OK;
    }
    board->said[board->end++] = 0xc0;
    say_escaped(board, 1);
    say_escaped(board, size > 2 ? data[2] : 0);
    for (size_t i = 0; i < length; i++)
        say_escaped(board, stretch[i]);
    board->said[board->end++] = 0xc0;
    return EG_OK;
}

static enum eg_code board_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    (void)port;
    (void)timeout_ms;
    (void)err;
    *done = true;
    return EG_OK;
}

static enum eg_code board_discard(struct eg_port *port, struct eg_error *err)
{
    struct board *const board = (struct board *)port;

    (void)err;
    board->at = board->end;
    return EG_OK;
}

static void board_close(struct eg_port *port)
{
    (void)port;
}

static const struct eg_port_ops board_ops = {.read = board_read,
                                             .write = board_write,
                                             .drain = board_drain,
                                             .discard = board_discard,
                                             .close = board_close};

/* Check that every failure has a sentence. */
static bool ended(enum eg_code code, const struct eg_error *err)
{
    HOLDS(code == EG_OK || (code == err->code && err->text[0] != '\0'));
    return code == EG_OK;
}

static void ask(struct eg_loader *loader)
{
    struct eg_chip_info chip;
    struct eg_flash_info flash;
    struct eg_mac mac;
    struct eg_psram psram;
    struct eg_error err;
    char text[EG_FEATURES_TEXT > EG_FLASH_UNIQUE_TEXT ? EG_FEATURES_TEXT : EG_FLASH_UNIQUE_TEXT];
    uint8_t md5[EG_MD5_SIZE], data[64];
    uint32_t word;
    bool is;

    ended(eg_loader_identify(loader, &chip, &err), &err);
    ended(eg_loader_read_mac(loader, &mac, &err), &err);
    ended(eg_loader_features(loader, text, &err), &err);
    ended(eg_loader_psram(loader, &psram, &err), &err);
    ended(eg_loader_has_flash_key(loader, &is, &err), &err);
    ended(eg_loader_flash_info(loader, &flash, &err), &err);
    if (ended(eg_loader_flash_unique_id(loader, text, &err), &err))
        HOLDS(strspn(text, "0123456789abcdef") == strlen(text));
    ended(eg_loader_read_status(loader, 2, &word, &err), &err);
    ended(eg_loader_md5(loader, 0, 4096, md5, &err), &err);
    ended(eg_loader_read_flash(loader, 0, data, sizeof data, NULL, NULL, &err), &err);
    ended(eg_loader_mem_begin(loader, 4, 0x40080000, &err), &err);
    ended(eg_loader_mem_block(loader, data, 4, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct board board = {.port = {.ops = &board_ops, .url = "board", .baud = 115200}};
    struct eg_loader loader;
    struct eg_error err;
    size_t targets = 0;

    while (eg_targets[targets] != NULL)
        targets++;
    if (size < 2)
        return 0;
    board.script = data + 2;
    board.left = size - 2;
    eg_loader_init(&loader, &board.port);
    if (data[0] % 2 == 0 && !ended(eg_loader_detect(&loader, NULL, &err), &err))
        return 0;
    loader.stub = data[0] % 4 >= 2;
    loader.secure_download = data[0] % 16 == 15;
    if (loader.target == NULL)
        loader.target = eg_targets[data[1] % targets];
    ask(&loader);
    return 0;
}
