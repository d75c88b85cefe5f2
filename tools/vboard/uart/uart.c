/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The board's UART: what it sends and receives, at which rate, and what a wrong rate makes of it.
 *
 * Bytes from the host wait on the wire until their stop bit has passed. Bytes to the host reach it later by
 * the latency of the USB-serial bridge.
 */

#include "tools/vboard/uart/uart.h"

#include "tools/vboard/chip/chip.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_BAUD 115200u
#define MS_NS        UINT64_C(1000000)
#define NOISE_MAX    64 /* bytes, by a fault */

#define DAMAGED_OF 500u /* bytes at a rate that the wire does not carry */

/* A carrier is not woken more often than this while bytes flow. */
#define WAKE_NS 1000000u

enum eg_code vb__uart_init(struct vb_board *board, struct eg_error *err)
{
    struct vb__uart *const uart = &board->uart;

    uart->host_baud = vb__usb_native(board) ? 0 : DEFAULT_BAUD;
    uart->random = ~(board->config.seed ^ (uint64_t)board->config.number << 32);
    uart->rx.instant = uart->tx.instant = board->config.fast;
    return eg_alloc(&uart->decoder.frame, VB__FRAME_MAX, 1, err);
}

void vb__uart_finish(struct vb_board *board)
{
    vb__wire_finish(&board->uart.rx);
    vb__wire_finish(&board->uart.tx);
    free(board->uart.decoder.frame);
}

void vb__send(struct vb_board *board, const uint8_t *data, size_t size)
{
    if (!vb__faulty(board, VB__SILENT) && !vb__faulty(board, VB__POWER_CUT) &&
        board->clock.state != VB__CRASHED)
        vb__wire_put(&board->uart.tx, vb__idle_ns(board), board->uart.baud, data, size);
}

static void send_noise(struct vb_board *board)
{
    uint8_t noise[NOISE_MAX];
    const size_t size = 1 + vb__random(&board->uart.random) % sizeof noise;

    for (size_t i = 0; i < size; i++)
        noise[i] = (uint8_t)vb__random(&board->uart.random);
    vb__send(board, noise, size);
}

void vb__send_frame(struct vb_board *board, const uint8_t *data, size_t size)
{
    uint8_t wire[2 * VB__REPLY_MAX + 3]; /* one more than a frame, for the byte that comes twice */
    size_t length = vb__slip_frame(wire, data, size);

    vb__delay(board, vb__faults_take_delay(board) * MS_NS);
    if (vb__faults_take(board, VB__DROP_REPLY))
        return;
    if (vb__faults_take(board, VB__NOISE))
        send_noise(board);
    if (vb__faults_take(board, VB__GARBLE_REPLY))
        wire[vb__random(&board->uart.random) % length] ^=
            (uint8_t)(1u << vb__random(&board->uart.random) % 8);
    if (vb__faults_take(board, VB__LOSE_BACK)) {
        const size_t at = vb__random(&board->uart.random) % length--;

        memmove(wire + at, wire + at + 1, length - at);
    }
    if (vb__faults_take(board, VB__DOUBLE_BACK)) {
        const size_t at = vb__random(&board->uart.random) % length++;

        memmove(wire + at + 1, wire + at, length - 1 - at);
    }
    vb__send(board, wire, length);
}

void vb__set_baud(struct vb_board *board, uint32_t baud)
{
    if (baud == 0)
        return;
    board->uart.baud = vb__usb_native(board) ? VB__USB_BAUD : baud;
    vb__crystal_divide(board, baud);
}

void vb__uart_autobaud(struct vb_board *board, bool on)
{
    board->uart.autobaud = on;
}

/* Bytes reach the host this much after they have left the board. */
static uint64_t latency_ns(const struct vb_board *board)
{
    return board->config.fast || vb__usb_native(board) ? 0 : (uint64_t)board->config.latency_us * 1000;
}

/* Return when bytes must have left the board to be at the host now. */
static uint64_t left_ns(const struct vb_board *board)
{
    const uint64_t latency = latency_ns(board);

    return board->clock.now_ns > latency ? board->clock.now_ns - latency : 0;
}

static void judge(struct vb_board *board)
{
    if (board->uart.host_baud != 0)
        vb__wire_judge(&board->uart.tx, board->clock.now_ns, board->uart.host_baud, &board->uart.random);
}

/* Return the rate that the bridge makes of the one that it is asked for. */
static uint32_t bridge_rate(const struct vb_board *board, uint32_t baud)
{
    const uint32_t clock = board->config.bridge_clock;

    if (clock == 0 || baud == 0 || vb__usb_native(board))
        return baud;
    const uint32_t divider = (clock + baud / 2) / baud;
    return clock / (divider > 0 ? divider : 1);
}

void vb__uart_set_host_baud(struct vb_board *board, uint32_t baud)
{
    judge(board);
    board->uart.host_baud = bridge_rate(board, baud);
}

/* Return whether the wire damages bytes at this rate. */
static bool wears(const struct vb_board *board, uint32_t baud)
{
    const uint32_t most = board->config.wire_baud;

    return most != 0 && baud > most && !vb__usb_native(board);
}

static void wear(struct vb_board *board, uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (vb__random(&board->uart.random) % DAMAGED_OF == 0)
            data[i] ^= (uint8_t)(1u << vb__random(&board->uart.random) % 8);
}

void vb__uart_restart(struct vb_board *board)
{
    board->uart.decoder.inside = false;
}

void vb__uart_stop(struct vb_board *board)
{
    vb__wire_take_passed(&board->uart.rx, board->clock.now_ns);
    vb__wire_cut(&board->uart.tx, board->clock.now_ns);
}

void vb__uart_unplug(struct vb_board *board)
{
    vb__wire_cut(&board->uart.rx, board->clock.now_ns);
}

void vb__uart_from_host(struct vb_board *board, const uint8_t *data, size_t size)
{
    const struct vb__uart *const uart = &board->uart;

    vb__wire_put(&board->uart.rx, board->clock.now_ns, uart->host_baud != 0 ? uart->host_baud : uart->baud,
                 data, size);
}

size_t vb__uart_to_host(struct vb_board *board, uint8_t *data, size_t size)
{
    struct vb__wire *const tx = &board->uart.tx;
    size_t count, taken = 0;

    judge(board);
    while (taken < size && vb__wire_passed(tx, left_ns(board), &count) != NULL && count != 0) {
        if (count > size - taken)
            count = size - taken;
        memcpy(data + taken, vb__wire_bytes(tx), count);
        if (wears(board, board->uart.baud))
            wear(board, data + taken, count);
        vb__wire_take(tx, count);
        taken += count;
    }
    return taken;
}

void vb__uart_discard(struct vb_board *board)
{
    vb__wire_take_passed(&board->uart.tx, left_ns(board));
}

uint64_t vb__uart_next_to_host(const struct vb_board *board)
{
    const struct vb__wire *const tx = &board->uart.tx;
    const struct vb__run *const run = tx->run_count != 0 ? &tx->runs[tx->run_head] : NULL;

    if (run == NULL)
        return VB__NEVER;
    const uint64_t first = vb__wire_time(tx, run, run->done) + latency_ns(board);
    const uint64_t last = vb__wire_time(tx, run, run->count - 1) + latency_ns(board);
    if (first <= board->clock.now_ns)
        return board->clock.now_ns;
    return last - first > WAKE_NS ? first + WAKE_NS : last;
}

uint64_t vb__uart_next_frame(const struct vb_board *board)
{
    const struct vb__wire *const rx = &board->uart.rx;
    const uint8_t *const data = vb__wire_bytes(rx);
    const uint8_t *end = rx->size != 0 ? memchr(data, 0xc0, rx->size) : NULL;

    if (end != NULL && !board->uart.decoder.inside)
        end = memchr(end + 1, 0xc0, rx->size - (size_t)(end + 1 - data));
    return end != NULL ? vb__wire_arrival(rx, (size_t)(end - data)) : VB__NEVER;
}

size_t vb__uart_arrived(struct vb_board *board, uint64_t until_ns, const uint8_t **data, uint32_t *host_baud)
{
    size_t count;
    const struct vb__run *const run = vb__wire_passed(&board->uart.rx, until_ns, &count);

    if (run == NULL)
        return 0;
    *data = vb__wire_bytes(&board->uart.rx);
    *host_baud = run->baud;
    return count;
}

uint64_t vb__uart_arrival(const struct vb_board *board, size_t index)
{
    return vb__wire_arrival(&board->uart.rx, index);
}

void vb__uart_take(struct vb_board *board, size_t count)
{
    vb__wire_take(&board->uart.rx, count);
}

size_t vb__uart_decode(struct vb_board *board, const uint8_t *data, size_t size, uint32_t host_baud,
                       bool *complete)
{
    struct vb__uart *const uart = &board->uart;
    uint8_t arrived[256];

    if (board->clock.state == VB__ROM && uart->autobaud && vb__autobauds(board, host_baud))
        uart->baud = host_baud;
    if (vb__same_rate(host_baud, uart->baud) && !wears(board, host_baud))
        return vb__slip_feed(&uart->decoder, data, size, complete);
    if (size > sizeof arrived)
        size = sizeof arrived;
    memcpy(arrived, data, size);
    if (wears(board, host_baud))
        wear(board, arrived, size);
    for (size_t i = 0; i < size && !vb__same_rate(host_baud, uart->baud); i++)
        arrived[i] ^= (uint8_t)(vb__random(&uart->random) % 255 + 1);
    return vb__slip_feed(&uart->decoder, arrived, size, complete);
}
