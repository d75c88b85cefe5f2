/* SPDX-License-Identifier: Apache-2.0 */

/* The loaders: ROM and stub, what they write to flash and load into RAM, and their view of the registers. */

#ifndef TOOLS_VBOARD_LOADER_LOADER_H
#define TOOLS_VBOARD_LOADER_LOADER_H

#include "tools/vboard/chip/chip.h"
#include "tools/vboard/flash/flash.h"
#include "tools/vboard/uart/uart.h"

#include "targets/opcode.h"

/** The effect of a frame. */
struct vb__leave {
    enum {
        VB__STAYS,    /* in the loader */
        VB__RESTARTS, /* the chip resets itself */
        VB__BOOTS,    /* what the flash holds is started */
        VB__JUMPS,    /* to `entry` in RAM */
    } to;
    uint32_t entry;
};

/** The checksum byte of data blocks. */
uint8_t vb__checksum(const uint8_t *data, size_t size);

/* registers.c */
/** Set all registers to their values after a reset, and read the board's state from them. */
void vb__registers_reset(struct vb_board *board);
/** READ_REG. */
uint32_t vb__registers_read(struct vb_board *board, uint32_t addr);
/** WRITE_REG: entries of address, value, mask, delay. */
void vb__registers_write(struct vb_board *board, const uint8_t *entries, size_t size);

/* ram.c */
/** Load the chip's stub of this folder beside the built-in one; NULL = none. */
enum eg_code vb__ram_init(struct vb_board *board, const char *stub_dir, struct eg_error *err) EG_CHECKED;
void vb__ram_finish(struct vb_board *board);
/** Forget what was loaded. */
void vb__ram_reset(struct vb_board *board);
/** Begin a segment. `payload`: of MEM_BEGIN; size, count, block size, address. */
void vb__ram_begin(struct vb_board *board, const uint8_t *payload);
/** Store data of MEM_DATA; false = more than the segment has left. */
bool vb__ram_data(struct vb_board *board, const uint8_t *data, size_t size);
/** End the segment. */
void vb__ram_end(struct vb_board *board);
/** Return whether a stub for this chip was loaded that starts at `entry`. */
bool vb__ram_holds_stub(struct vb_board *board, uint32_t entry);

/* write.c */
enum vb__write_result {
    VB__WRITE_OK,
    VB__WRITE_BAD_STREAM,
    VB__WRITE_TOO_MUCH,
    VB__WRITE_READBACK, /* the flash holds something else now */
    VB__WRITE_REFUSED,  /* nothing was written */
};
/** Open a write. `payload`: of a BEGIN; size, count, block size, address. `size` is how much may be written.
 * False when a stub finds that it cannot go there. */
bool vb__write_open(struct vb_board *board, const uint8_t *payload, uint32_t size, bool deflate,
                    bool encrypted);
/** Inflate or pass on, and program. */
enum vb__write_result vb__write_data(struct vb_board *board, const uint8_t *data, uint32_t size);
void vb__write_close(struct vb_board *board);

/* rom.c */
void vb__rom_start(struct vb_board *board);
/** Handle one whole frame. */
struct vb__leave vb__rom_frame(struct vb_board *board, const uint8_t *frame, size_t size);

/* stub.c */
void vb__stub_finish(struct vb_board *board);
void vb__stub_start(struct vb_board *board);
/** Handle one whole frame. */
struct vb__leave vb__stub_frame(struct vb_board *board, const uint8_t *frame, size_t size);
/** End a READ_FLASH that is going on. */
void vb__stub_stop(struct vb_board *board);

#endif
