/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A board of the public interface (engine/espgang.h) with a simulated one at its port, a logger that keeps
 * the records, and a folder for files.
 *
 * The simulated boards leave time out and wait in their ROM loader, and the options connect without a reset,
 * so that connecting takes no time; tests of resets change that. A second board of the same chip can take the
 * place of the first.
 *
 * Threads: the test's and one that uses the board, one after the other.
 */

#ifndef TESTS_FAKES_FAKE_BOARD_H
#define TESTS_FAKES_FAKE_BOARD_H

#include "engine/base/bytes.h"
#include "engine/link/port.h"
#include "targets/target.h"
#include "tests/fakes/check.h"
#include "tools/vboard/carrier.h"

#define FAKE_PORT "/dev/fake"

/** Log lines, "warning: it is late", one per record except progress, which is counted. */
struct fake_log {
    struct eg_logger logger;
    struct eg_buffer text;
    char port[256], board[32]; /* origin of the newest record */
    unsigned progress;
    uint64_t done, total; /* of the newest progress */
    char stages[256];     /* each beginning and end of a stage: "connect connect:ok write write:port-gone" */
    char progress_stage[16];
};

struct fake_board {
    const struct eg_target *target;
    struct vb_gang *gang;
    unsigned number;   /* the simulated board at FAKE_PORT, from 1 */
    unsigned refusals; /* number of opens still to refuse */
    unsigned opened;   /* number of successful opens */
    uint16_t vid, pid; /* USB ids of the port */
    struct eg_port_scheme scheme;
    const struct eg_port_scheme *schemes[2];
    struct eg_board_options options; /* for the next board */
    struct eg_board *board;
    struct fake_log log;
    uint8_t *kept;
    char folder[64];
    char cwd[4096];
};

enum fake_loader { FAKE_ROM, FAKE_STUB };

/**
 * cmocka setup: nothing is plugged in, and an empty folder is created. The teardown returns to the folder
 * that was current before.
 */
int fake_board_setup(void **state);
int fake_board_teardown(void **state);

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, fake_board_setup, fake_board_teardown)

/** Configure a simulated board: defaults except for the given members. */
#define FAKE_CONFIG(...) (&(const struct vb_config){.fast = true, .strap_low = true, __VA_ARGS__})
/* Configure a board that runs its application unless a reset leads into the loader. */
#define FAKE_APP   (&(const struct vb_config){.fast = true})
#define FAKE_USUAL (&(const struct vb_config){.fast = true, .strap_low = true})

/** Faults as vb_gang_create() takes them, "1:lie". */
#define FAULTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FAULTS   ((const char *const[]){NULL})

/** Plug in two boards of a chip. */
void fake_board_plug(struct fake_board *fake, const char *chip, const struct vb_config *config,
                     const char *const *faults);

/** Connect, start the stub if `loader` asks for it, and attach the flash; assert that all steps succeed. */
void fake_board_connect(struct fake_board *fake, enum fake_loader loader);

/** Do both with defaults. */
void fake_board_start(struct fake_board *fake, const char *chip, enum fake_loader loader);

/** Unplug the boards; others can be plugged in afterwards. */
void fake_board_unplug(struct fake_board *fake);

/** Set an eFuse field, or another register, until the board is reset. */
void fake_board_burn(struct fake_board *fake, enum eg_field_id field, uint32_t value);
void fake_board_poke(struct fake_board *fake, uint32_t addr, uint32_t word);

/** Return a word of its RAM, or a register. */
uint32_t fake_board_peek(struct fake_board *fake, uint32_t addr);

/** Return how many bytes it has received: the position of a fault that strikes now. */
unsigned fake_board_received(struct fake_board *fake);

/** Return the contents of the flash of the board at the port. */
uint8_t *fake_board_flash(struct fake_board *fake);
size_t fake_board_flash_size(struct fake_board *fake);

/** Fill the flash with data that no test writes, and remember it. */
void fake_board_fill(struct fake_board *fake);

/** Check that the flash is as fake_board_fill() left it, or is except for `from` up to `to`. */
void fake_board_assert_untouched(struct fake_board *fake);
void fake_board_assert_untouched_but(struct fake_board *fake, size_t from, size_t to);

/** Check that all of these bytes of flash are FF. */
void fake_board_assert_blank(struct fake_board *fake, size_t from, size_t to);

/** Return whether exactly this line was logged, "note: …". */
bool fake_board_said(const struct fake_board *fake, const char *line);

/** Count the lines that begin with a text. */
unsigned fake_board_count(const struct fake_board *fake, const char *beginning);

/** Return a path in the test's folder; `path` has room for 4096. */
char *fake_board_path(const struct fake_board *fake, char path[4096], const char *name);

/** Write a file there. */
void fake_board_write(const struct fake_board *fake, const char *name, const void *data, size_t size);

/** Check the contents of a file there; NULL = the file must not exist. */
void fake_board_assert_file(const struct fake_board *fake, const char *name, const void *data, size_t size);

/** Make bytes that compress to about a third; make bytes that do not compress. */
void fake_data(uint8_t *data, size_t size, uint32_t seed);
void fake_noise(uint8_t *data, size_t size, uint32_t seed);

/** Settings of an image; zero means the usual value of the chip. */
struct fake_image {
    uint32_t load_addr;
    uint32_t size; /* of its only segment, a multiple of 4; 0 = 100 */
    uint8_t min_rev;
    uint16_t min_rev_full, max_rev_full; /* 0 = no limit */
    bool hash;
    bool old; /* header without full revisions, as old tools wrote it */
};

/** Make an image with correct checksums; return its size. `data` has room for `size` + 100. */
size_t fake_image_make(uint8_t *data, const char *chip, const struct fake_image *image);

/** Return Intel HEX of two ranges, a text that the caller frees. */
char *fake_hex(uint32_t addr, const uint8_t *data, size_t size, uint32_t second_addr, const uint8_t *second,
               size_t second_size);

#endif
