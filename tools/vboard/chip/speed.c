/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How fast a chip works for its loaders, in time per byte, reading flash and hashing it together: that is
 * what has been seen. Both are code of the ROM, which ROM loader and stub call, at the clock that the loader
 * runs at: over a UART the stubs raise it on the ESP32, the ESP32-S2 and the ESP32-P4 alone.
 *
 * Where it is from, and how sure: ESP8266, a trace of a real one, 261840 bytes in 0.309 s. ESP32-S3, a user's
 * 7 MB in 40 s. ESP32-C3, ROM and stub in an emulator with a timed flash, 1 MiB in 1.76 s, and in 1.25 s at
 * twice the clock of the flash; a model of it says 1.3 to 2.1 us, which is taken for the others at their
 * crystal's clock, too, with the same gain. The chips with a raised clock: the same model, 0.4 to 0.6 us.
 *
 * Inflating: one user's ESP32-S3 took 83 KB/s of what does not compress where the wire had 300, that is 12 us
 * per byte, of which programming is 4. Of other chips nothing is known; their time is left out.
 */

#include "tools/vboard/chip/chip.h"

#include <string.h>

#define CRYSTAL_CLOCK_NS 1700u
#define FAST_CLOCK_NS    700u /* with a clock that the host has raised, by the same model */

static const struct {
    const char *target;
    uint32_t read_ns, inflate_ns;
    uint32_t read_20mhz_ns; /* with the flash's clock at 20 MHz; only of a target that tells how */
} speeds[] = {
    {"esp8266", 1180, 0, 0},     {"esp32", 500, 0, 0},       {"esp32s2", 500, 0, 0},
    {"esp32p4", 500, 0, 0},      {"esp32s3", 5700, 8000, 0}, {"esp32c3", 1680, 0, 1190},
    {"esp32c2", 1700, 0, 1210},  {"esp32c5", 1700, 0, 1210}, {"esp32c6", 1700, 0, 1210},
    {"esp32c61", 1700, 0, 1210}, {"esp32h2", 1700, 0, 1210},
};

static bool reads_at_20mhz(struct vb_board *board)
{
    const uint16_t clock = board->target->spi.clock;

    return clock != 0 &&
           vb__memory_get(board, board->target->spi.base + clock) == board->target->spi.clock_fast;
}

/* Return whether the host has raised the CPU's clock by its registers. */
static bool cpu_is_fast(struct vb_board *board)
{
    const struct eg_register_write *write = board->target->cpu_fast;

    for (; write != NULL && write->addr != 0; write++)
        if ((vb__memory_get(board, write->addr) & (write->set_mask | write->clear_mask)) != write->set_mask)
            return false;
    return write != NULL;
}

uint32_t vb__read_ns(struct vb_board *board)
{
    if (cpu_is_fast(board))
        return FAST_CLOCK_NS;
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
        if (strcmp(speeds[i].target, board->target->name) != 0)
            continue;
        return reads_at_20mhz(board) ? speeds[i].read_20mhz_ns : speeds[i].read_ns;
    }
    return CRYSTAL_CLOCK_NS;
}

uint32_t vb__inflate_ns(const struct vb_board *board)
{
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (strcmp(speeds[i].target, board->target->name) == 0)
            return speeds[i].inflate_ns;
    return 0;
}
