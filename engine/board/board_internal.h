/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the files of this folder: the board itself, input and output files, questions to the guard. */

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
    struct eg_board_options options; /* only its pointers to logger, progress and schemes are used */
    char *port_name, *chip_name, *stub_dir;
    char **filters;
    size_t filter_count;
    const struct eg_target *wanted; /* the chip that the caller named; NULL = any */
    struct eg_settings settings;
    struct eg_cancel cancel;
    bool began;        /* connecting was tried before: the next attempt clears the cancel flag */
    const char *stage; /* stage in progress, for the logger; NULL = none */
    struct eg_slip_trace trace;
    uint64_t trace_began_us;
    bool trace_hidden; /* what goes over the wire is part of a key */

    struct eg_port *port; /* NULL = not connected */
    char url[256];        /* name of the port; "" = not connected */
    struct eg_loader loader;
    char mac_text[EG_MAC_TEXT]; /* "" until it is known */

    uint32_t baud;        /* restored when the board had to be connected again */
    uint32_t crystal_mhz; /* 0 = it was not measured before the stub started */
    bool attached;
    bool pins_given; /* the flash is on the pins of `spi_word`, else on the usual ones */
    uint32_t spi_word;
    bool has_flash; /* `flash` was read */
    struct eg_flash_info flash;
};

/** Attach the flash on the pins of `pins_given` and `spi_word`. */
enum eg_code eg__attach(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Return the origin of the board's log records. */
struct eg_log_origin eg__origin(const struct eg_board *board);

/** A stage of the work on a board, for the logger. A stage inside another one is part of it and is not
 * logged.
 */
struct eg__stage {
    struct eg_board *board;
    const char *name; /* NULL = inside another stage */
    uint64_t began_ms;
};

/** Begin a stage; `name` is static. */
struct eg__stage eg__stage_begin(struct eg_board *board, const char *name);

/** End it with the result of the work; returns `code`. */
enum eg_code eg__stage_end(const struct eg__stage *stage, enum eg_code code, const struct eg_error *err);

/** Report progress of long work to the logger and to the caller's function. */
void eg__progress(struct eg_board *board, const char *what, uint64_t done, uint64_t total);

/** The loader's eg_progress function; its context is a struct eg__working. */
struct eg__working {
    struct eg_board *board;
    const char *what;
    uint64_t done_before, total;
    bool quiet;
};
void eg__work_progress(void *context, uint64_t done, uint64_t total);

/** Return EG_CANCELLED if the board is cancelled. */
enum eg_code eg__check_cancelled(const struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Do the same, and return EG_NO_PORT if the board is not connected. */
enum eg_code eg__need_connected(const struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Do the same, and return EG_SECURED in secure download mode, where nothing can be read. `what` is the half
 * of the sentence that says what cannot be done. */
enum eg_code eg__need_readable(const struct eg_board *board, const char *what,
                               struct eg_error *err) EG_CHECKED;

/** After a port was lost during work: wait for it, connect, and restore stub, rate and flash. After a failure
 * the board is not connected, because another board may be there. */
enum eg_code eg__reconnect(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Send frames to the logger; see eg_board_options.trace. */
void eg__trace_init(struct eg_board *board);

/** Return id and size of the flash, which are read once. */
enum eg_code eg__flash_info(struct eg_board *board, struct eg_flash_info *info,
                            struct eg_error *err) EG_CHECKED;

/** Tell the loader the size of the flash, if it is known. */
enum eg_code eg__set_flash_size(struct eg_board *board, uint32_t declared, struct eg_error *err) EG_CHECKED;

/* ---- files.c ---- */

/** Bytes of a firmware file and their address. */
struct eg__piece {
    char *name;  /* for sentences */
    size_t file; /* index of the source file */
    uint32_t addr;
    struct eg_buffer data;
    bool encrypt;
    bool raw;               /* an Intel HEX or UF2 file goes to the flash as it is */
    uint32_t uf2_family_id; /* chips that the file is for; 0 = not in the file */
    bool is_diff;           /* `before` has what was flashed there earlier */
    struct eg_buffer before;
};

struct eg__pieces {
    struct eg__piece *piece;
    size_t count;
};

void eg__pieces_finish(struct eg__pieces *pieces);

/** Read an input whole. `name` is its name in sentences; the caller frees it with free(). */
enum eg_code eg__input_read(const struct eg_input *input, struct eg_buffer *data, char **name,
                            struct eg_error *err) EG_CHECKED;

bool eg__input_is_given(const struct eg_input *input);

/** Read an input that is one range of addresses: raw data, or an Intel HEX file. EG_BAD_IMAGE: it has several
 * ranges. */
enum eg_code eg__input_read_range(const struct eg_input *input, struct eg_buffer *data, char **name,
                                  struct eg_error *err) EG_CHECKED;

/** Read all files; an Intel HEX or UF2 file becomes one piece for each range of addresses. */
enum eg_code eg__pieces_read(struct eg__pieces *pieces, const struct eg_flash_file *files, size_t count,
                             struct eg_error *err) EG_CHECKED;

/** List the pieces in the guard's form. The list refers to them; the caller frees it with free(). */
enum eg_code eg__guard_pieces(const struct eg__pieces *pieces, struct eg_guard_piece **list,
                              struct eg_error *err) EG_CHECKED;

/** An output that is being written. */
struct eg__sink {
    const struct eg_output *output;
    FILE *file;        /* NULL = write to the caller's memory */
    char *path, *part; /* path of the output, if it is a file */
    uint64_t done;
    bool keep; /* after a failure keep PATH.part for a later resume */
};

/** Open an output for `size` bytes, the first `done` of which are in PATH.part. EG_BAD_ARGUMENT: the caller's
 * memory is too small. */
enum eg_code eg__sink_open(struct eg__sink *sink, const struct eg_output *output, uint64_t done,
                           uint64_t size, struct eg_error *err) EG_CHECKED;
enum eg_code eg__sink_put(struct eg__sink *sink, const void *data, size_t size,
                          struct eg_error *err) EG_CHECKED;
/** Complete the output: rename PATH.part to PATH. */
enum eg_code eg__sink_commit(struct eg__sink *sink, struct eg_error *err) EG_CHECKED;
/** Close the output. Unless it was committed, remove the unfinished file. */
void eg__sink_close(struct eg__sink *sink);

/* ---- safety.c ---- */

/**
 * Ask the guard with the facts of this board's chip and flash; warnings go to the board's logger.
 *
 * @param request  everything except the target and the facts of the board
 * @param chip     the facts read from the chip
 *
 * @return EG_OK; what eg_guard_ask() returns; errors of reading registers
 */
enum eg_code eg__ask(struct eg_board *board, struct eg_guard_request *request, struct eg_guard_chip *chip,
                     struct eg_error *err) EG_CHECKED;

/** Do the same for pieces of files. */
enum eg_code eg__ask_pieces(struct eg_board *board, struct eg_guard_request *request,
                            const struct eg__pieces *pieces, struct eg_guard_chip *chip,
                            struct eg_error *err) EG_CHECKED;

/** Do the same for a range of flash to read or erase. */
enum eg_code eg__ask_range(struct eg_board *board, enum eg_guard_action action, uint32_t addr, uint32_t size,
                           bool force, struct eg_error *err) EG_CHECKED;

/* ---- image headers ---- */

/** Flash mode, frequency and size: esptool's words, and their codes for the board's chip. "detect" takes the
 * size of the real flash. */
struct eg__flash_words {
    struct eg_flash_settings settings;
    uint32_t declared; /* bytes; 0 = keep */
};

/** Return whether the word is NULL or "keep". */
bool eg__is_keep(const char *word);

enum eg_code eg__flash_words(struct eg_board *board, const char *mode, const char *freq, const char *size,
                             struct eg__flash_words *words, struct eg_error *err) EG_CHECKED;

/** Pad a piece and, if the guard allows it, change the header of a bootloader. The result is what the flash
 * gets. */
enum eg_code eg__finish_piece(struct eg_board *board, const struct eg_guard_chip *chip,
                              struct eg__piece *piece, const struct eg__flash_words *words,
                              struct eg_error *err) EG_CHECKED;

#endif
