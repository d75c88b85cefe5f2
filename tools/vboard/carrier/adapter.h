/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The USB-serial adapter between a carrier and a simulated board: it maps the board's time to the monotonic
 * clock, keeps the rate and the lines, and takes at most VB_ADAPTER_SIZE bytes ahead of the wire.
 *
 * Threads: as the board's, one at a time.
 */

#ifndef TOOLS_VBOARD_CARRIER_ADAPTER_H
#define TOOLS_VBOARD_CARRIER_ADAPTER_H

#include "tools/vboard/carrier.h"

/** Bytes between the host and the wire, as in common bridges with their driver. */
#define VB_ADAPTER_SIZE 4096

/** How long bytes are gathered before the host hears of them; real bridges take 125 us to 1 ms. */
#define VB_ADAPTER_GATHER_US 250

/** Nothing will happen. */
#define VB_ADAPTER_NEVER UINT64_MAX

struct vb_adapter {
    struct vb_board *board; /* not owned */
    uint64_t start_us;      /* when the board's time was 0, by eg_clock_us() */
    uint64_t skipped_us;    /* by how much the board is ahead of the clock; see vb_adapter_skip_to_us() */
    uint32_t baud;          /* 0 = the board's, whatever it is */
    bool dtr, rts;
};

/** The adapter of a board from 1; the gang's. */
struct vb_adapter *vb_gang_adapter(struct vb_gang *gang, unsigned number);

/** Time for all that follows, in microseconds: eg_clock_us() plus what was skipped. */
uint64_t vb_adapter_now_us(const struct vb_adapter *adapter);

/** Let the time until `until_us` have passed for the board without waiting for it. */
void vb_adapter_skip_to_us(struct vb_adapter *adapter, uint64_t until_us);

bool vb_adapter_present(const struct vb_adapter *adapter);

/** When the board will do something next; VB_ADAPTER_NEVER. */
uint64_t vb_adapter_next_us(const struct vb_adapter *adapter);

/** How many bytes vb_adapter_write() may be given now. */
size_t vb_adapter_room(const struct vb_adapter *adapter);

/** When there will be room for `size` bytes, at most VB_ADAPTER_SIZE. */
uint64_t vb_adapter_room_us(const struct vb_adapter *adapter, size_t size);

void vb_adapter_power_on(struct vb_adapter *adapter);
void vb_adapter_set_baud(struct vb_adapter *adapter, uint32_t baud);
void vb_adapter_set_lines(struct vb_adapter *adapter, bool dtr, bool rts);
void vb_adapter_write(struct vb_adapter *adapter, const uint8_t *data, size_t size);

/** Take what has arrived by now. */
size_t vb_adapter_read(struct vb_adapter *adapter, uint8_t *data, size_t size);

/** Throw away what has arrived by now. */
void vb_adapter_discard(struct vb_adapter *adapter);

#endif
