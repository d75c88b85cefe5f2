/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A board of the public interface (engine/espgang.h) with a simulated one behind its port, a logger that
 * keeps what it was told, and a folder for files.
 *
 * The simulated boards leave time out and wait in their ROM loader, and the options connect without a reset,
 * so that connecting costs nothing; a test that is about resets says so. A second board of the same chip is
 * there to take the place of the first.
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

/** Lines of text, "warning: it is late": one per record, but progress, which is counted. */
struct fake_log {
    struct eg_logger logger;
    struct eg_buffer text;
    char port[256], board[32]; /* where the newest record came from */
    unsigned progress;
    uint64_t done, total; /* of the newest progress */
    char stages[256];     /* "connect connect:ok write write:port-gone": each beginning and end */
    char progress_stage[16];
};

struct fake_board {
    const struct eg_target *target;
    struct vb_gang *gang;
    unsigned number;   /* the simulated board that FAKE_PORT leads to, from 1 */
    unsigned refusals; /* so many openings are refused from now on */
    unsigned opened;   /* so many were not */
    uint16_t vid, pid; /* that the port shows */
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

/** cmocka setup: nothing is plugged in, and an empty folder is made. The teardown goes back to the present
 * folder. */
int fake_board_setup(void **state);
int fake_board_teardown(void **state);

#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, fake_board_setup, fake_board_teardown)

/** Of a simulated board: the usual one but for what is given. */
#define FAKE_CONFIG(...) (&(const struct vb_config){.fast = true, .strap_low = true, __VA_ARGS__})
/* One that runs its application unless a reset leads into the loader. */
#define FAKE_APP   (&(const struct vb_config){.fast = true})
#define FAKE_USUAL (&(const struct vb_config){.fast = true, .strap_low = true})

/** Faults as vb_gang_create() takes them, "1:lie". */
#define FAULTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FAULTS   ((const char *const[]){NULL})

/** Plug in two boards of a chip. */
void fake_board_plug(struct fake_board *fake, const char *chip, const struct vb_config *config,
                     const char *const *faults);

/** Connect, start the stub if it is wanted, and attach the flash; asserts that all of it works. */
void fake_board_connect(struct fake_board *fake, enum fake_loader loader);

/** Both, with nothing special. */
void fake_board_start(struct fake_board *fake, const char *chip, enum fake_loader loader);

/** The reverse; something else can be plugged in then. */
void fake_board_unplug(struct fake_board *fake);

/** Give an efuse field, or another register, another value until the board is reset. */
void fake_board_burn(struct fake_board *fake, enum eg_field_id field, uint32_t value);
void fake_board_poke(struct fake_board *fake, uint32_t addr, uint32_t word);

/** A word of its RAM or a register. */
uint32_t fake_board_peek(struct fake_board *fake, uint32_t addr);

/** How many bytes it has received: where a fault that strikes now would be. */
unsigned fake_board_received(struct fake_board *fake);

/** Contents of the flash of the board behind the port. */
uint8_t *fake_board_flash(struct fake_board *fake);
size_t fake_board_flash_size(struct fake_board *fake);

/** Fill the flash with what no test writes and remember it. */
void fake_board_fill(struct fake_board *fake);

/** Asserts that the flash is as fake_board_fill() left it; but for `from` up to `to`. */
void fake_board_assert_untouched(struct fake_board *fake);
void fake_board_assert_untouched_but(struct fake_board *fake, size_t from, size_t to);

/** Asserts that all of these bytes of flash are FF. */
void fake_board_assert_blank(struct fake_board *fake, size_t from, size_t to);

/** Whether the logger was told exactly this line, "note: …". */
bool fake_board_said(const struct fake_board *fake, const char *line);

/** How many lines begin so. */
unsigned fake_board_count(const struct fake_board *fake, const char *beginning);

/** Path in the test's folder; `path` has room for 4096. */
char *fake_board_path(const struct fake_board *fake, char path[4096], const char *name);

/** Write a file there. */
void fake_board_write(const struct fake_board *fake, const char *name, const void *data, size_t size);

/** Asserts what a file there holds; NULL = there is none. */
void fake_board_assert_file(const struct fake_board *fake, const char *name, const void *data, size_t size);

/** Bytes that compress to about a third, and bytes that do not. */
void fake_data(uint8_t *data, size_t size, uint32_t seed);
void fake_noise(uint8_t *data, size_t size, uint32_t seed);

/** What to put into an image; zero is what an image of the chip usually has. */
struct fake_image {
    uint32_t load_addr;
    uint32_t size; /* of its one segment, a multiple of 4; 0 = 100 */
    uint8_t min_rev;
    uint16_t min_rev_full, max_rev_full; /* 0 = no limit */
    bool hash;
    bool old; /* from before there were full revisions */
};

/** Make an image that is right in all its sums; returns its size. `data` has room for `size` + 100. */
size_t fake_image_make(uint8_t *data, const char *chip, const struct fake_image *image);

/** Intel HEX of two ranges; returns a text that the caller frees. */
char *fake_hex(uint32_t addr, const uint8_t *data, size_t size, uint32_t second_addr, const uint8_t *second,
               size_t second_size);

#endif
