/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of this folder share: the board itself, files in and out, asking the guard. */

#ifndef ENGINE_BOARD_BOARD_INTERNAL_H
#define ENGINE_BOARD_BOARD_INTERNAL_H

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/mac.h"
#include "engine/espgang.h"
#include "engine/guard/guard.h"
#include "engine/image/image.h"
#include "engine/loader/loader.h"

struct eg_board {
    struct eg_board_options options; /* of its pointers only those to logger, progress and schemes are used */
    char *port_name, *chip_name, *stub_dir;
    char **filters;
    size_t filter_count;
    const struct eg_target *wanted; /* the chip that was named; NULL = any */
    struct eg_settings settings;
    struct eg_cancel cancel;
    bool began;        /* connecting has been tried: the next attempt takes a cancel back */
    const char *stage; /* what is going on, for the logger; NULL = nothing */
    struct eg_slip_trace trace;
    uint64_t trace_began_us;
    bool trace_hidden; /* what goes over the wire is part of a key */

    struct eg_port *port; /* NULL = not connected */
    char url[256];        /* of the port; "" = not connected */
    struct eg_loader loader;
    char mac_text[EG_MAC_TEXT]; /* "" until it is known */

    uint32_t baud;        /* to go back to when the board had to be connected again */
    uint32_t crystal_mhz; /* 0 = not measured before the stub started */
    bool attached;
    bool pins_given; /* the flash is at `spi_word`, else where it usually is */
    uint32_t spi_word;
    bool has_flash; /* `flash` was read */
    struct eg_flash_info flash;
};

/** Attach the flash where `pins_given` and `spi_word` say. */
enum eg_code eg__attach(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Where the board's records come from. */
struct eg_log_origin eg__origin(const struct eg_board *board);

/** A stage of the work on a board, for the logger. One within another is part of it and is not told. */
struct eg__stage {
    struct eg_board *board;
    const char *name; /* NULL = within another */
    uint64_t began_ms;
};

/** Begin a stage; `name` is static. */
struct eg__stage eg__stage_begin(struct eg_board *board, const char *name);

/** End it with the result of the work; returns `code`. */
enum eg_code eg__stage_end(const struct eg__stage *stage, enum eg_code code, const struct eg_error *err);

/** Progress of long work, to the logger and to the caller's function. */
void eg__progress(struct eg_board *board, const char *what, uint64_t done, uint64_t total);

/** An eg_progress of the loader's whose context is a struct eg__working. */
struct eg__working {
    struct eg_board *board;
    const char *what;
    uint64_t done_before, total;
    bool quiet;
};
void eg__work_progress(void *context, uint64_t done, uint64_t total);

/** EG_CANCELLED when the board is. */
enum eg_code eg__check_cancelled(const struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Also EG_NO_PORT when the board is not connected. */
enum eg_code eg__need_connected(const struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Also EG_SECURED in secure download mode, where nothing can be read; `what` is the half of a sentence that
 * says what therefore cannot be done. */
enum eg_code eg__need_readable(const struct eg_board *board, const char *what,
                               struct eg_error *err) EG_CHECKED;

/** After a port was lost in the middle of work: wait for it, connect, and bring stub, rate and flash back. On
 * failure the board is not connected: another one may be there. */
enum eg_code eg__reconnect(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Frames to the logger; see eg_board_options.trace. */
void eg__trace_init(struct eg_board *board);

/** Id and size of the flash, read once. */
enum eg_code eg__flash_info(struct eg_board *board, struct eg_flash_info *info,
                            struct eg_error *err) EG_CHECKED;

/** Tell the loader the size of the flash, when that is known. */
enum eg_code eg__set_flash_size(struct eg_board *board, uint32_t declared, struct eg_error *err) EG_CHECKED;

/* ---- files.c ---- */

/** Bytes of a firmware file and their place. */
struct eg__piece {
    char *name;  /* for sentences */
    size_t file; /* index of the file it came from */
    uint32_t addr;
    struct eg_buffer data;
    bool encrypt;
    bool raw;               /* an Intel HEX or UF2 file goes to the flash as it is */
    uint32_t uf2_family_id; /* of chips that the file is for; 0 = it does not say */
    bool is_diff;           /* `before` is what was flashed there */
    struct eg_buffer before;
};

struct eg__pieces {
    struct eg__piece *piece;
    size_t count;
};

void eg__pieces_finish(struct eg__pieces *pieces);

/** Read an input whole; `name` is what sentences call it, the caller's for free(). */
enum eg_code eg__input_read(const struct eg_input *input, struct eg_buffer *data, char **name,
                            struct eg_error *err) EG_CHECKED;

bool eg__input_is_given(const struct eg_input *input);

/** The same of an input that is one range of addresses: as it is, or out of an Intel HEX file. EG_BAD_IMAGE
 * when it has more of them. */
enum eg_code eg__input_read_range(const struct eg_input *input, struct eg_buffer *data, char **name,
                                  struct eg_error *err) EG_CHECKED;

/** Read all files; an Intel HEX or UF2 file becomes as many pieces as it has ranges of addresses. */
enum eg_code eg__pieces_read(struct eg__pieces *pieces, const struct eg_flash_file *files, size_t count,
                             struct eg_error *err) EG_CHECKED;

/** The same pieces as the guard takes them, in a list for free() that refers to them. */
enum eg_code eg__guard_pieces(const struct eg__pieces *pieces, struct eg_guard_piece **list,
                              struct eg_error *err) EG_CHECKED;

/** An output under way. */
struct eg__sink {
    const struct eg_output *output;
    FILE *file;        /* NULL = into the caller's memory */
    char *path, *part; /* of an output that is a path */
    uint64_t done;
    bool keep; /* a failure leaves PATH.part for a later resume */
};

/** For `size` bytes, of which PATH.part has the first `done` already. EG_BAD_ARGUMENT when the caller's
 * memory is too small. */
enum eg_code eg__sink_open(struct eg__sink *sink, const struct eg_output *output, uint64_t done,
                           uint64_t size, struct eg_error *err) EG_CHECKED;
enum eg_code eg__sink_put(struct eg__sink *sink, const void *data, size_t size,
                          struct eg_error *err) EG_CHECKED;
/** All is there: a path gets its name. */
enum eg_code eg__sink_commit(struct eg__sink *sink, struct eg_error *err) EG_CHECKED;
/** Close, and unless it was committed, take away what was begun. */
void eg__sink_close(struct eg__sink *sink);

/* ---- safety.c ---- */

/**
 * Ask the guard, with what the board tells of its chip and its flash; warnings go to the board's logger.
 *
 * @param request  all but the target and what the board tells
 * @param chip     what was read of the chip
 *
 * @return EG_OK; what eg_guard_ask() refuses; what reading registers can end with
 */
enum eg_code eg__ask(struct eg_board *board, struct eg_guard_request *request, struct eg_guard_chip *chip,
                     struct eg_error *err) EG_CHECKED;

/** The same for pieces of files. */
enum eg_code eg__ask_pieces(struct eg_board *board, struct eg_guard_request *request,
                            const struct eg__pieces *pieces, struct eg_guard_chip *chip,
                            struct eg_error *err) EG_CHECKED;

/** The same for a range of flash that is read or erased. */
enum eg_code eg__ask_range(struct eg_board *board, enum eg_guard_action action, uint32_t addr, uint32_t size,
                           bool force, struct eg_error *err) EG_CHECKED;

/* ---- image headers ---- */

/** Flash mode, frequency and size as esptool names them become the codes of the board's chip; "detect" and
 * the size's bytes by what the flash says. */
struct eg__flash_words {
    struct eg_flash_settings settings;
    uint32_t declared; /* bytes; 0 = keep */
};

/** NULL and "keep". */
bool eg__is_keep(const char *word);

enum eg_code eg__flash_words(struct eg_board *board, const char *mode, const char *freq, const char *size,
                             struct eg__flash_words *words, struct eg_error *err) EG_CHECKED;

/** Pad a piece and, where the guard lets it, change the header of a bootloader: as it will be in the flash.
 */
enum eg_code eg__finish_piece(struct eg_board *board, const struct eg_guard_chip *chip,
                              struct eg__piece *piece, const struct eg__flash_words *words,
                              struct eg_error *err) EG_CHECKED;

#endif
