/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writing files to the flash of a connected board.
 *
 * All refusals come before the first byte is erased: files are read, checked against chip and flash, padded
 * and patched first. Then each piece is compressed if that makes it smaller, written, and confirmed by the
 * chip's own digest; if the chip cannot compute digests, the result says so.
 *
 * With diff_with only the sectors that differ from what was flashed earlier are written. Only the caller
 * knows what was flashed, so the whole piece is still confirmed, and written whole if that fails.
 *
 * If the port is lost during a write, the region is started again when the port is back, once. Encrypted data
 * are not sent twice, because the flash may already hold some of them.
 */

#include "engine/board/board_internal.h"

#include "engine/base/digest.h"
#include "engine/image/compress.h"
#include "engine/image/image.h"

#include <stdlib.h>
#include <string.h>

struct work {
    struct eg_board *board;
    struct eg_write_flash_options options;
    struct eg__flash_words words;
    struct eg__pieces pieces;
    struct eg_flash_result *results; /* may be NULL */
};

/* A part of a piece, in the form in which it is sent. */
struct stretch {
    const struct eg__piece *piece;
    uint32_t addr;
    const uint8_t *data;
    uint32_t size;
};

static void work_finish(struct work *work)
{
    eg__pieces_finish(&work->pieces);
}

static enum eg_code check_options(const struct work *work, const struct eg_flash_file *files, size_t count,
                                  struct eg_error *err)
{
    bool diff = false;

    for (size_t i = 0; i < count; i++)
        diff = diff || eg__input_is_given(&files[i].diff_with);
    if (diff && work->options.skip_flashed)
        return eg_error_set(
            err, EG_BAD_ARGUMENT,
            "files are either compared with what was flashed before or with the flash, not both");
    if (work->options.trust_flash_content && !diff)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "there is nothing to trust: what was flashed before is not given");
    return EG_OK;
}

static enum eg_code put_blank_in_front(struct eg_buffer *data, uint32_t front, struct eg_error *err)
{
    const size_t size = data->size;

    if (size == 0)
        return EG_OK;
    EG_TRY(eg_buffer_resize(data, size + front, 0xff, err));
    memmove(data->data + front, data->data, size);
    memset(data->data, 0xff, front);
    return EG_OK;
}

/* The bytes before a piece in its first sector are erased with it (the guard has warned), so writing FF there
 * loses nothing more. A ROM writes from the start of a sector; a stub gets only enough FF bytes to start at a
 * word, so that the padding at the end does not reach into the next sector. */
static enum eg_code align_piece(struct eg_board *board, struct eg__piece *piece, struct eg_error *err)
{
    const uint32_t front = board->loader.stub ? piece->addr % 4 : piece->addr % EG_FLASH_SECTOR;
    const struct eg_log_origin origin = eg__origin(board);

    if (front == 0 || piece->data.size == 0)
        return EG_OK;
    if (!board->loader.stub)
        eg_log_note(board->options.logger, &origin,
                    "%s begins at 0x%08x instead: a ROM writes from the beginning of a sector", piece->name,
                    (unsigned)(piece->addr - front));
    EG_TRY(put_blank_in_front(&piece->data, front, err));
    EG_TRY(put_blank_in_front(&piece->before, front, err));
    piece->addr -= front;
    return EG_OK;
}

static int by_address(const void *a, const void *b)
{
    const struct eg__piece *first = a, *second = b;

    return first->addr < second->addr ? -1 : first->addr > second->addr;
}

/* A ROM with the erase fault may erase the sector after a piece, so that sector must be written later. */
static void put_in_order(struct work *work)
{
    const struct eg_loader *loader = &work->board->loader;

    if (!loader->stub && (loader->target->quirks & EG_QUIRK_ERASE_SIZE_BUG) != 0 && work->pieces.count > 0)
        qsort(work->pieces.piece, work->pieces.count, sizeof *work->pieces.piece, by_address);
}

/* Read the files, ask the guard, align, pad and patch. Nothing is erased before this has succeeded. */
static enum eg_code prepare(struct work *work, const struct eg_flash_file *files, size_t count,
                            struct eg_error *err)
{
    struct eg_board *board = work->board;
    struct eg_guard_chip chip;

    EG_TRY(eg__pieces_read(&work->pieces, files, count, err));
    EG_TRY(check_options(work, files, count, err));
    EG_TRY(eg__flash_words(board, work->options.flash_mode, work->options.flash_freq,
                           work->options.flash_size, &work->words, err));
    for (size_t i = 0; i < work->pieces.count; i++)
        work->pieces.piece[i].encrypt |= work->options.encrypt;
    struct eg_guard_request request = {.action = EG_GUARD_WRITE,
                                       .declared_size = work->words.declared,
                                       .settings = work->words.settings,
                                       .force = work->options.force,
                                       .ignore_flash_key = work->options.ignore_flash_enc_efuse};
    EG_TRY(eg__ask_pieces(board, &request, &work->pieces, &chip, err));
    if (work->options.erase_all)
        EG_TRY(eg__ask_range(board, EG_GUARD_ERASE, 0, EG_FLASH_SECTOR, work->options.force, err));
    for (size_t i = 0; i < work->pieces.count; i++) {
        EG_TRY(align_piece(board, &work->pieces.piece[i], err));
        EG_TRY(eg__finish_piece(board, &chip, &work->pieces.piece[i], &work->words, err));
    }
    put_in_order(work);
    return eg__set_flash_size(board, work->words.declared, err);
}

static bool can_hash(const struct eg_board *board, const struct eg__piece *piece)
{
    const bool knows =
        board->loader.stub || (board->loader.target->rom_commands & EG_ROM_HAS(EG_OP_SPI_FLASH_MD5)) != 0;

    return knows && !piece->encrypt && !board->loader.secure_download;
}

/* Ask for the chip's digest; `*there` is set to whether the flash holds the piece. */
static enum eg_code is_there(struct work *work, const struct eg__piece *piece, bool *there,
                             uint8_t chip[EG_MD5_SIZE], uint8_t file[EG_MD5_SIZE], struct eg_error *err)
{
    const uint32_t size = (uint32_t)piece->data.size;

    EG_TRY(eg_md5(file, piece->data.data, size, err));
    EG_TRY(eg_loader_md5(&work->board->loader, piece->addr, size, chip, err));
    *there = memcmp(chip, file, EG_MD5_SIZE) == 0;
    return EG_OK;
}

static bool compresses(const struct work *work)
{
    const struct eg_loader *loader = &work->board->loader;

    switch (work->options.compress) {
    case EG_COMPRESS_AUTO:
        return loader->stub;
    case EG_COMPRESS_ON: /* if the loader can inflate it */
        return loader->stub || (!loader->secure_download &&
                                (loader->target->rom_commands & EG_ROM_HAS(EG_OP_FLASH_DEFL_BEGIN)) != 0);
    case EG_COMPRESS_OFF:
        return false;
    }
    return false;
}

static enum eg_code write_once(struct work *work, const struct stretch *stretch, const struct eg_buffer *zlib,
                               uint64_t *sent, struct eg_error *err)
{
    struct eg_board *board = work->board;
    const bool smaller = zlib->size > 0 && zlib->size < stretch->size;
    const struct eg_flash_data data = {.flash_addr = stretch->addr,
                                       .data = stretch->data,
                                       .size = stretch->size,
                                       .zlib = smaller ? zlib->data : NULL,
                                       .zlib_size = (uint32_t)zlib->size,
                                       .encrypted = stretch->piece->encrypt};
    struct eg__working working = {board, stretch->piece->name, 0, stretch->size, work->options.no_progress};

    EG_TRY(eg_loader_write_flash(&board->loader, &data, eg__work_progress, &working, NULL, err));
    *sent += smaller ? zlib->size : stretch->size;
    return EG_OK;
}

static enum eg_code write_again(struct work *work, const struct stretch *stretch,
                                const struct eg_buffer *zlib, uint64_t *sent, struct eg_error *err)
{
    EG_TRY(eg__reconnect(work->board, err));
    EG_TRY(eg__set_flash_size(work->board, work->words.declared, err));
    return write_once(work, stretch, zlib, sent, err);
}

static enum eg_code write_stretch(struct work *work, const struct stretch *stretch, uint64_t *sent,
                                  struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(work->board);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};

    if (compresses(work))
        EG_TRY(eg_compress(&zlib, stretch->data, stretch->size, err));
    enum eg_code code = write_once(work, stretch, &zlib, sent, err);
    if (code == EG_PORT_GONE && !stretch->piece->encrypt) {
        eg_log_warning(work->board->options.logger, &origin, "%s: waiting for it to come back", err->text);
        code = write_again(work, stretch, &zlib, sent, err);
    }
    if (code != EG_OK)
        return eg_error_prefix(err, "%s: ", stretch->piece->name);
    return EG_OK;
}

static enum eg_code write_whole(struct work *work, const struct eg__piece *piece, uint64_t *sent,
                                struct eg_error *err)
{
    const struct stretch all = {piece, piece->addr, piece->data.data, (uint32_t)piece->data.size};

    return write_stretch(work, &all, sent, err);
}

static uint8_t byte_at(const struct eg_buffer *data, size_t at)
{
    return at < data->size ? data->data[at] : 0xff;
}

/* Return the offset in the piece where the next sector begins; it may be past the end of the piece. */
static uint32_t sector_end(const struct eg__piece *piece, uint32_t at)
{
    return at + EG_FLASH_SECTOR - (piece->addr + at) % EG_FLASH_SECTOR;
}

static bool sector_differs(const struct eg__piece *piece, uint32_t at)
{
    for (uint32_t i = at; i < sector_end(piece, at); i++)
        if (byte_at(&piece->data, i) != byte_at(&piece->before, i))
            return true;
    return false;
}

/* Write bytes `at` to `end` of a piece as whole sectors, with FF before and after it. */
static enum eg_code write_run(struct work *work, const struct eg__piece *piece, uint32_t at, uint32_t end,
                              uint64_t *sent, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer run = {0};
    const uint32_t size = (uint32_t)piece->data.size;
    const uint32_t front = (piece->addr + at) % EG_FLASH_SECTOR;

    EG_TRY(eg_buffer_resize(&run, (size_t)front + end - at, 0xff, err));
    memcpy(run.data + front, piece->data.data + at, (end < size ? end : size) - at);
    const struct stretch stretch = {piece, piece->addr + at - front, run.data, (uint32_t)run.size};
    return write_stretch(work, &stretch, sent, err);
}

/* Write the runs of sectors that differ; `*runs` is set to their number. */
static enum eg_code write_runs(struct work *work, const struct eg__piece *piece, unsigned *runs,
                               uint64_t *sent, struct eg_error *err)
{
    const uint32_t size = (uint32_t)piece->data.size;

    *runs = 0;
    for (uint32_t at = 0; at < size;) {
        uint32_t end = at;

        while (end < size && sector_differs(piece, end))
            end = sector_end(piece, end);
        if (end > at) {
            EG_TRY(write_run(work, piece, at, end, sent, err));
            (*runs)++;
            at = end;
        } else {
            at = sector_end(piece, at);
        }
    }
    return EG_OK;
}

static bool is_blank(const uint8_t md5[EG_MD5_SIZE], size_t size)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer blank = {0};
    uint8_t of_blank[EG_MD5_SIZE];
    struct eg_error ignored;

    return eg_buffer_resize(&blank, size, 0xff, &ignored) == EG_OK &&
           eg_md5(of_blank, blank.data, size, &ignored) == EG_OK && memcmp(of_blank, md5, EG_MD5_SIZE) == 0;
}

static enum eg_code mismatch(struct work *work, const struct eg__piece *piece,
                             const uint8_t chip[EG_MD5_SIZE], const uint8_t file[EG_MD5_SIZE],
                             struct eg_error *err)
{
    char chip_text[2 * EG_MD5_SIZE + 1], file_text[2 * EG_MD5_SIZE + 1];

    eg_hex(chip_text, chip, EG_MD5_SIZE);
    eg_hex(file_text, file, EG_MD5_SIZE);
    (void)eg_error_set(err, EG_VERIFY_MISMATCH, "the flash holds MD5 %s%s, written was %s", chip_text,
                       is_blank(chip, piece->data.size) ? " (it is empty)" : "", file_text);
    (void)eg_loader_diagnose(&work->board->loader, piece->addr, piece->data.data, (uint32_t)piece->data.size,
                             true, err);
    return eg_error_prefix(err, "%s at 0x%08x: ", piece->name, (unsigned)piece->addr);
}

/* `*verified` stays false if the chip cannot compute digests. */
static enum eg_code confirm(struct work *work, const struct eg__piece *piece, bool *verified,
                            struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(work->board);
    uint8_t chip[EG_MD5_SIZE], file[EG_MD5_SIZE];

    *verified = false;
    if (!can_hash(work->board, piece)) {
        eg_log_warning(work->board->options.logger, &origin,
                       "%s: what the flash holds cannot be verified, %s", piece->name,
                       piece->encrypt                        ? "it is encrypted"
                       : work->board->loader.secure_download ? "in secure download mode"
                                                             : "by this ROM");
        return EG_OK;
    }
    EG_TRY(is_there(work, piece, verified, chip, file, err));
    return *verified ? EG_OK : mismatch(work, piece, chip, file, err);
}

static enum eg_code write_changed(struct work *work, const struct eg__piece *piece,
                                  struct eg_flash_result *result, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(work->board);
    uint8_t chip[EG_MD5_SIZE], file[EG_MD5_SIZE];
    unsigned runs;

    EG_TRY(write_runs(work, piece, &runs, &result->sent, err));
    result->skipped = runs == 0;
    if (runs == 0 && work->options.trust_flash_content)
        return EG_OK;
    EG_TRY(is_there(work, piece, &result->verified, chip, file, err));
    if (result->verified)
        return EG_OK;
    eg_log_note(work->board->options.logger, &origin,
                "%s: the flash did not hold what was flashed before: writing all of it", piece->name);
    result->skipped = false;
    EG_TRY(write_whole(work, piece, &result->sent, err));
    return confirm(work, piece, &result->verified, err);
}

static enum eg_code write_piece(struct work *work, const struct eg__piece *piece,
                                struct eg_flash_result *result, struct eg_error *err)
{
    uint8_t chip[EG_MD5_SIZE], file[EG_MD5_SIZE];
    const bool hashed = can_hash(work->board, piece) && !work->options.erase_all;
    const struct eg_log_origin origin = eg__origin(work->board);

    if (hashed && work->options.skip_flashed) {
        EG_TRY(is_there(work, piece, &result->verified, chip, file, err));
        result->skipped = result->verified;
        if (result->skipped)
            return EG_OK;
    }
    if (hashed && piece->is_diff)
        return write_changed(work, piece, result, err);
    if (piece->is_diff || work->options.skip_flashed)
        eg_log_note(work->board->options.logger, &origin,
                    "%s: nothing to compare it with, %s: writing all of it", piece->name,
                    work->options.erase_all ? "the flash was erased" : "the flash tells no digest of it");
    EG_TRY(write_whole(work, piece, &result->sent, err));
    return confirm(work, piece, &result->verified, err);
}

static void tell(const struct work *work, const struct eg__piece *piece, const struct eg_flash_result *result)
{
    const struct eg_log_origin origin = eg__origin(work->board);
    struct eg_logger *logger = work->board->options.logger;

    if (result->skipped && !result->verified)
        eg_log_print(logger, &origin, "%s: skipped, it has not changed", piece->name);
    else if (result->skipped)
        eg_log_print(logger, &origin, "%s: skipped, the flash at 0x%08x has it already, verified",
                     piece->name, (unsigned)result->addr);
    else
        eg_log_print(logger, &origin, "%s: wrote %u bytes (%llu sent) at 0x%08x in %.1f s%s", piece->name,
                     (unsigned)result->size, (unsigned long long)result->sent, (unsigned)result->addr,
                     (double)result->duration_ms / 1000, result->verified ? ", verified" : "");
}

static bool is_first_of_its_file(const struct eg__pieces *pieces, size_t index)
{
    size_t i = 0;

    while (pieces->piece[i].file != pieces->piece[index].file)
        i++;
    return i == index;
}

/* Combine the results of all pieces of a file. */
static void add_result(struct eg_flash_result *all, const struct eg_flash_result *one, bool first)
{
    if (first) {
        *all = *one;
        return;
    }
    all->size += one->size;
    all->sent += one->sent;
    all->duration_ms += one->duration_ms;
    all->skipped = all->skipped && one->skipped;
    all->verified = all->verified && one->verified;
}

static enum eg_code write_and_tell(struct work *work, const struct eg__piece *piece,
                                   struct eg_flash_result *result, struct eg_error *err)
{
    const struct eg_log_origin origin = eg__origin(work->board);
    const uint64_t began_ms = eg_clock_ms();

    if (piece->data.size == 0) {
        eg_log_note(work->board->options.logger, &origin, "%s: is empty, nothing to write", piece->name);
        result->skipped = result->verified = true;
        return EG_OK;
    }
    const enum eg_code code = write_piece(work, piece, result, err);
    result->duration_ms = eg_clock_ms() - began_ms;
    if (code == EG_OK)
        tell(work, piece, result);
    return code;
}

static enum eg_code write_pieces(struct work *work, struct eg_error *err)
{
    for (size_t i = 0; i < work->pieces.count; i++) {
        const struct eg__piece *piece = &work->pieces.piece[i];
        struct eg_flash_result result = {.addr = piece->addr, .size = (uint32_t)piece->data.size};

        const enum eg_code code = write_and_tell(work, piece, &result, err);
        if (work->results != NULL)
            add_result(&work->results[piece->file], &result, is_first_of_its_file(&work->pieces, i));
        EG_TRY(code);
    }
    return EG_OK;
}

static enum eg_code write_files(struct eg_board *board, const struct eg_flash_file *files, size_t count,
                                const struct eg_write_flash_options *options, struct eg_flash_result *results,
                                struct eg_error *err)
{
    EG_CLEANUP(work_finish) struct work work = {.board = board, .results = results};

    if (options != NULL)
        work.options = *options;
    if (results != NULL)
        memset(results, 0, count * sizeof *results);
    EG_TRY(eg__need_connected(board, err));
    EG_TRY(prepare(&work, files, count, err));
    if (work.options.erase_all)
        EG_TRY(eg_loader_erase_flash(&board->loader, err));
    return write_pieces(&work, err);
}

enum eg_code eg_board_write_flash(struct eg_board *board, const struct eg_flash_file *files, size_t count,
                                  const struct eg_write_flash_options *options,
                                  struct eg_flash_result *results, struct eg_error *err)
{
    const struct eg__stage stage = eg__stage_begin(board, "write");

    return eg__stage_end(&stage, write_files(board, files, count, options, results, err), err);
}
