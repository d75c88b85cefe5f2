/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reading flash into a file or memory, and comparing it with files.
 *
 * Flash is read in chunks. The chip sends a digest of each, so that only a damaged chunk is read again, and
 * an interrupted read can be resumed. Bytes left by an interrupted read are used only if the chip's digest of
 * the same flash agrees.
 */

#include "engine/board/board_internal.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STRETCH = 256 << 10,
    SHORT = 64 << 10, /* too short for progress reports */
    ATTEMPTS = 3,
    DIFFERENCES_MAX = 64, /* lines per file */
    RESUME_MAX = 256 << 20,
};

static bool may_read_again(enum eg_code code)
{
    return code == EG_TIMEOUT || code == EG_BAD_FRAME || code == EG_BAD_REPLY || code == EG_CORRUPTED ||
           code == EG_DEVICE_REFUSED;
}

static bool is_final(enum eg_code code)
{
    return code == EG_PORT_GONE || code == EG_CANCELLED || code == EG_BOARD_RESET;
}

/* Read a chunk and check it. A ROM sends no digest, and its replies have no checksum, so it is asked for a
 * digest. */
static enum eg_code read_and_check(struct eg_board *board, uint32_t addr, uint8_t *data, uint32_t size,
                                   struct eg__working *working, struct eg_error *err)
{
    uint8_t chip[EG_MD5_SIZE], here[EG_MD5_SIZE];

    EG_TRY(eg_loader_read_flash(&board->loader, addr, data, size, eg__work_progress, working, err));
    if (board->loader.stub)
        return EG_OK;
    EG_TRY(eg_md5(here, data, size, err));
    EG_TRY(eg_loader_md5(&board->loader, addr, size, chip, err));
    if (memcmp(chip, here, EG_MD5_SIZE) != 0)
        return eg_error_set(err, EG_BAD_REPLY,
                            "reading %u bytes at 0x%08x: what arrived does not have the digest that the chip "
                            "computes",
                            (unsigned)size, (unsigned)addr);
    return EG_OK;
}

static enum eg_code read_stretch(struct eg_board *board, uint32_t addr, uint8_t *data, uint32_t size,
                                 struct eg__working *working, struct eg_error *err)
{
    for (unsigned attempt = 1;; attempt++) {
        struct eg_error resync;
        const enum eg_code code = read_and_check(board, addr, data, size, working, err);
        if (!may_read_again(code) || attempt == ATTEMPTS)
            return code;
        const enum eg_code in_step = eg_loader_resync(&board->loader, &resync);
        if (is_final(in_step))
            *err = resync; /* otherwise the first error says more */
        if (in_step != EG_OK)
            return err->code;
    }
}

/* Find how much of PATH.part the chip confirms, and discard the rest. */
static enum eg_code confirmed(struct eg_board *board, const struct eg_output *output, uint32_t addr,
                              uint32_t size, uint32_t *done, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer part = {0};
    uint8_t chip[EG_MD5_SIZE], file[EG_MD5_SIZE];
    struct eg_error ignored;
    char path[4096];

    *done = 0;
    if (output->path == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "only a file that is named by its path can be resumed");
    snprintf(path, sizeof path, "%s.part", output->path);
    if (eg_file_read(&part, path, RESUME_MAX, &ignored) != EG_OK || part.size == 0)
        return EG_OK;
    if (part.size > size) {
        eg_log_note(board->options.logger, &origin, "%s is longer than what is read: beginning anew", path);
        return EG_OK;
    }
    EG_TRY(eg_md5(file, part.data, part.size, err));
    EG_TRY(eg_loader_md5(&board->loader, addr, (uint32_t)part.size, chip, err));
    if (memcmp(chip, file, EG_MD5_SIZE) != 0) {
        eg_log_note(board->options.logger, &origin, "%s is not what the flash holds: beginning anew", path);
        return EG_OK;
    }
    eg_log_note(board->options.logger, &origin, "%s: %zu bytes are there already", path, part.size);
    *done = (uint32_t)part.size;
    return EG_OK;
}

static enum eg_code read_flash(struct eg_board *board, uint32_t addr, uint32_t size,
                               const struct eg_output *output, bool resume, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) uint8_t *data = NULL;
    EG_CLEANUP(eg__sink_close) struct eg__sink sink = {0};
    struct eg__working working = {board, "reading", 0, size, size < SHORT};
    uint32_t done = 0;

    EG_TRY(eg__need_readable(board, "its flash cannot be read", err));
    EG_TRY(eg__ask_range(board, EG_GUARD_READ, addr, size, false, err));
    EG_TRY(eg__set_flash_size(board, 0, err));
    EG_TRY(eg_alloc(&data, STRETCH, 1, err));
    if (resume)
        EG_TRY(confirmed(board, output, addr, size, &done, err));
    EG_TRY(eg__sink_open(&sink, output, done, size, err));
    sink.keep = output->path != NULL;
    while (done < size) {
        const uint32_t left = size - done, part = left < STRETCH ? left : STRETCH;

        working.done_before = done;
        EG_TRY(read_stretch(board, addr + done, data, part, &working, err));
        EG_TRY(eg__sink_put(&sink, data, part, err));
        done += part;
    }
    return eg__sink_commit(&sink, err);
}

enum eg_code eg_board_read_flash(struct eg_board *board, uint32_t addr, uint32_t size,
                                 const struct eg_output *output, bool resume, struct eg_error *err)
{
    const struct eg__stage stage = eg__stage_begin(board, "read");

    return eg__stage_end(&stage, read_flash(board, addr, size, output, resume, err), err);
}

static void tell_differences(struct eg_board *board, const struct eg__piece *piece, const uint8_t *is)
{
    const struct eg_log_origin origin = eg__origin(board);
    size_t count = 0;

    for (size_t i = 0; i < piece->data.size; i++) {
        if (is[i] == piece->data.data[i])
            continue;
        if (count++ < DIFFERENCES_MAX)
            eg_log_print(board->options.logger, &origin, "  0x%08x: 0x%02x instead of 0x%02x",
                         (unsigned)(piece->addr + i), is[i], piece->data.data[i]);
    }
    eg_log_print(board->options.logger, &origin, "%s: %zu of %zu bytes differ%s", piece->name, count,
                 piece->data.size, count > DIFFERENCES_MAX ? ", the first of them are listed" : "");
}

static enum eg_code show_difference(struct eg_board *board, const struct eg__piece *piece,
                                    struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) uint8_t *is = NULL;
    const uint32_t size = (uint32_t)piece->data.size;
    struct eg__working working = {board, piece->name, 0, size, false};

    EG_TRY(eg_alloc(&is, size, 1, err));
    for (uint32_t done = 0; done < size; done += STRETCH) {
        const uint32_t part = size - done < STRETCH ? size - done : STRETCH;
        working.done_before = done;
        EG_TRY(read_stretch(board, piece->addr + done, is + done, part, &working, err));
    }
    tell_differences(board, piece, is);
    return EG_OK;
}

/* Compare a piece with the flash; `*equal` is set to whether the flash holds it. */
static enum eg_code compare(struct eg_board *board, const struct eg__piece *piece, bool diff, bool *equal,
                            struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(board);
    uint8_t chip[EG_MD5_SIZE], file[EG_MD5_SIZE];
    const uint32_t size = (uint32_t)piece->data.size;

    *equal = true;
    if (size == 0)
        return EG_OK;
    EG_TRY(eg_md5(file, piece->data.data, size, err));
    EG_TRY(eg_loader_md5(&board->loader, piece->addr, size, chip, err));
    *equal = memcmp(chip, file, EG_MD5_SIZE) == 0;
    eg_log_print(board->options.logger, &origin, "%s: %u bytes at 0x%08x %s", piece->name, (unsigned)size,
                 (unsigned)piece->addr, *equal ? "are in the flash" : "are not what the flash holds");
    return *equal || !diff ? EG_OK : show_difference(board, piece, err);
}

static bool is_empty(const struct eg__pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        if (pieces->piece[i].data.size > 0)
            return false;
    return true;
}

static enum eg_code verify(struct eg_board *board, const struct eg_flash_file *files, size_t count,
                           const struct eg_verify_flash_options *options, struct eg_error *err)
{
    const struct eg_verify_flash_options chosen =
        options != NULL ? *options : (struct eg_verify_flash_options){0};
    EG_CLEANUP(eg__pieces_finish) struct eg__pieces pieces = {0};
    const struct eg__piece *wrong = NULL;
    struct eg__flash_words words;
    struct eg_guard_chip chip;

    EG_TRY(eg__need_connected(board, err));
    EG_TRY(eg__pieces_read(&pieces, files, count, err));
    if (is_empty(&pieces))
        return eg_error_set(err, EG_BAD_ARGUMENT, "nothing to verify: %s",
                            count == 0 ? "no file is given" : "every file is empty");
    EG_TRY(eg__flash_words(board, chosen.flash_mode, chosen.flash_freq, chosen.flash_size, &words, err));
    struct eg_guard_request request = {.action = EG_GUARD_READ, .declared_size = words.declared};
    EG_TRY(eg__ask_pieces(board, &request, &pieces, &chip, err));
    EG_TRY(eg_loader_identify(&board->loader, &chip.info, err));
    for (size_t i = 0; i < pieces.count; i++)
        EG_TRY(eg__finish_piece(board, &chip, &pieces.piece[i], &words, err));
    EG_TRY(eg__set_flash_size(board, words.declared, err));
    for (size_t i = 0; i < pieces.count; i++) {
        bool equal;
        EG_TRY(compare(board, &pieces.piece[i], chosen.diff, &equal, err));
        if (!equal && wrong == NULL)
            wrong = &pieces.piece[i];
    }
    if (wrong == NULL)
        return EG_OK;
    (void)eg_error_set(err, EG_VERIFY_MISMATCH, "its digest is another");
    (void)eg_loader_diagnose(&board->loader, wrong->addr, wrong->data.data, (uint32_t)wrong->data.size, false,
                             err);
    return eg_error_prefix(err, "%s at 0x%08x is not what the flash holds: ", wrong->name,
                           (unsigned)wrong->addr);
}

enum eg_code eg_board_verify_flash(struct eg_board *board, const struct eg_flash_file *files, size_t count,
                                   const struct eg_verify_flash_options *options, struct eg_error *err)
{
    const struct eg__stage stage = eg__stage_begin(board, "verify");

    return eg__stage_end(&stage, verify(board, files, count, options, err), err);
}
