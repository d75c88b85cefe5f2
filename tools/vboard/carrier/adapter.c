/* SPDX-License-Identifier: Apache-2.0 */

/* The adapter between a carrier and a simulated board; see the header. */

#include "tools/vboard/carrier/adapter.h"

#include "engine/base/clock.h"

#define BYTE_US_BAUD UINT64_C(10000000) /* microseconds of a byte, 10 bits, times the rate */

/* For the buffer only, where the rate is not known; a slower board is given less ahead. */
#define ASSUMED_BAUD 921600

static uint32_t rate(const struct vb_adapter *adapter)
{
    return adapter->baud != 0 ? adapter->baud : ASSUMED_BAUD;
}

uint64_t vb_adapter_now_us(const struct vb_adapter *adapter)
{
    return eg_clock_us() + adapter->skipped_us;
}

static uint64_t board_now_us(const struct vb_adapter *adapter)
{
    return vb_adapter_now_us(adapter) - adapter->start_us;
}

void vb_adapter_skip_to_us(struct vb_adapter *adapter, uint64_t until_us)
{
    const uint64_t now_us = vb_adapter_now_us(adapter);

    if (until_us > now_us)
        adapter->skipped_us += until_us - now_us;
}

bool vb_adapter_present(const struct vb_adapter *adapter)
{
    return vb_board_present(adapter->board, board_now_us(adapter));
}

uint64_t vb_adapter_next_us(const struct vb_adapter *adapter)
{
    const uint64_t next_us = vb_board_next_us(adapter->board, board_now_us(adapter));

    return next_us == UINT64_MAX ? VB_ADAPTER_NEVER : next_us + adapter->start_us;
}

size_t vb_adapter_room(const struct vb_adapter *adapter)
{
    const uint64_t free_us = vb_board_wire_free_us(adapter->board);
    const uint64_t now_us = board_now_us(adapter);

    if (free_us <= now_us)
        return VB_ADAPTER_SIZE;
    const uint64_t ahead = (free_us - now_us) * rate(adapter) / BYTE_US_BAUD;
    return ahead < VB_ADAPTER_SIZE ? VB_ADAPTER_SIZE - (size_t)ahead : 0;
}

uint64_t vb_adapter_room_us(const struct vb_adapter *adapter, size_t size)
{
    const uint64_t free_us = vb_board_wire_free_us(adapter->board) + adapter->start_us;
    const uint64_t before_us = (VB_ADAPTER_SIZE - size) * BYTE_US_BAUD / rate(adapter);

    return free_us > before_us ? free_us - before_us : 0;
}

void vb_adapter_power_on(struct vb_adapter *adapter)
{
    vb_board_power_on(adapter->board, board_now_us(adapter));
}

void vb_adapter_set_baud(struct vb_adapter *adapter, uint32_t baud)
{
    adapter->baud = baud;
    vb_board_set_host_baud(adapter->board, board_now_us(adapter), baud);
}

void vb_adapter_set_lines(struct vb_adapter *adapter, bool dtr, bool rts)
{
    adapter->dtr = dtr;
    adapter->rts = rts;
    vb_board_set_lines(adapter->board, board_now_us(adapter), dtr, rts);
}

void vb_adapter_write(struct vb_adapter *adapter, const uint8_t *data, size_t size)
{
    vb_board_receive(adapter->board, board_now_us(adapter), data, size);
}

size_t vb_adapter_read(struct vb_adapter *adapter, uint8_t *data, size_t size)
{
    return vb_board_transmit(adapter->board, board_now_us(adapter), data, size);
}

void vb_adapter_discard(struct vb_adapter *adapter)
{
    uint8_t thrown_away[1024];

    while (vb_adapter_read(adapter, thrown_away, sizeof thrown_away) == sizeof thrown_away)
        ;
}
