/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The board's clock, its two lines, and the way of the bytes through it.
 *
 * Every public call first lets the board live up to the moment it is told (live()): resets, restarts and
 * received bytes happen in the order of their times. Bytes wait on the receiving wire until their stop bit
 * has passed and, when the loader is busy, until it is done; a frame is then handled in one go and its reply
 * queued for when the loader will have finished. Nothing is computed per byte but escapes and checksums.
 *
 * Not here: where a reset leads (reset.c), what the loaders answer (rom.c, stub.c) and what the flash does
 * (flash.c).
 */

#include "engine/base/bytes.h"
#include "tools/vboard/board_internal.h"

#include <stdlib.h>
#include <string.h>

/* EN rises over 10 kOhm and 1 uF, as Espressif's hardware guidelines have it, and counts as high at three
 * quarters: that is why DTR and RTS may change one after the other. In force in fast mode too, for the same
 * reason. */
#define EN_RISE_NS 14000000u

/* A carrier is woken no more often than this while bytes flow. */
#define WAKE_NS 1000000u

#define DEFAULT_BAUD 115200u

uint64_t vb__random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint8_t vb__checksum(const uint8_t *data, size_t size)
{
    uint8_t sum = 0xef;

    for (size_t i = 0; i < size; i++)
        sum ^= data[i];
    return sum;
}

void vb__busy(struct vb_board *board, uint64_t ns)
{
    if (board->cpu_ns < board->now_ns)
        board->cpu_ns = board->now_ns;
    if (!board->config.fast)
        board->cpu_ns += ns;
}

void vb__send(struct vb_board *board, const uint8_t *data, size_t size)
{
    if (!board->silent && board->state != VB__CRASHED)
        vb__wire_put(&board->tx, board->cpu_ns > board->now_ns ? board->cpu_ns : board->now_ns, board->baud,
                     data, size);
}

void vb__send_frame(struct vb_board *board, const uint8_t *data, size_t size)
{
    uint8_t wire[2 * VB__REPLY_MAX + 2];

    if (board->late_ms != 0) {
        if (board->cpu_ns < board->now_ns)
            board->cpu_ns = board->now_ns;
        board->cpu_ns += (uint64_t)board->late_ms * 1000000;
        board->late_ms = 0;
    }
    if (!board->drop_reply)
        vb__send(board, wire, vb__slip_frame(wire, data, size));
    board->drop_reply = false;
}

static bool same_rate(uint32_t a, uint32_t b)
{
    const uint64_t difference = a > b ? a - b : b - a;

    return difference * 100 <= (uint64_t)b * 3;
}

static void forget_passed(struct vb__wire *wire, uint64_t now_ns)
{
    size_t count;

    while (vb__wire_passed(wire, now_ns, &count) != NULL && count != 0)
        vb__wire_take(wire, count);
}

void vb__stop(struct vb_board *board)
{
    const uint64_t now_ns = board->now_ns;

    forget_passed(&board->rx, now_ns);
    vb__wire_cut(&board->tx, now_ns);
    board->state = VB__HELD;
    board->strap_ns = VB__NEVER;
    board->loop_ns = VB__NEVER;
    vb__app_stop(board);
    board->bite_ns = board->super_bite_ns = VB__NEVER;
    board->cpu_ns = now_ns;
    board->flash_ns = now_ns;
}

static void handle_frame(struct vb_board *board)
{
    if (vb__usb_loses(board, board->decoder.size))
        return;
    if (board->state == VB__ROM)
        vb__rom_frame(board, board->decoder.frame, board->decoder.size);
    else
        vb__stub_frame(board, board->decoder.frame, board->decoder.size);
}

static bool listening(const struct vb_board *board)
{
    return board->state == VB__ROM || board->state == VB__STUB;
}

/* Hands received bytes to the decoder; returns how many it ate, at most up to the end of a frame. */
static size_t decode(struct vb_board *board, const uint8_t *data, size_t size, uint32_t host_baud,
                     bool *complete)
{
    uint8_t garbled[256];

    if (board->state == VB__ROM && board->autobaud && vb__autobauds(board, host_baud))
        board->baud = host_baud;
    if (same_rate(host_baud, board->baud))
        return vb__slip_feed(&board->decoder, data, size, complete);
    if (size > sizeof garbled)
        size = sizeof garbled;
    for (size_t i = 0; i < size; i++)
        garbled[i] = (uint8_t)(data[i] ^ (vb__random(&board->random) % 255 + 1));
    return vb__slip_feed(&board->decoder, garbled, size, complete);
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The next thing that happens by itself, bytes aside. */
static uint64_t next_event(const struct vb_board *board)
{
    uint64_t next = earliest(earliest(board->strap_ns, board->back_ns), board->off_bus_ns);

    next = earliest(earliest(next, board->app.next_ns), vb__watchdog_next(board));
    if (board->state == VB__START)
        next = earliest(next, board->ready_ns);
    return earliest(next, board->loop_ns);
}

static void reach_time(struct vb_board *board, uint64_t ns)
{
    if (board->now_ns < ns)
        board->now_ns = ns;
}

/* Bytes for an application, when they come at its rate. */
static void hear(struct vb_board *board, const uint8_t *data, size_t size, uint32_t host_baud)
{
    if (same_rate(host_baud, board->baud))
        vb__app_hear(board, data, size);
}

/* One byte at which a fault strikes; returns whether it is the last of a frame. */
static bool receive_struck(struct vb_board *board, uint8_t byte, uint32_t host_baud)
{
    bool complete = false, kept;

    vb__wire_take(&board->rx, 1);
    kept = vb__faults_strike(board, &byte);
    board->received++;
    if (kept && listening(board))
        decode(board, &byte, 1, host_baud, &complete);
    else if (kept)
        hear(board, &byte, 1, host_baud);
    return complete;
}

/* Takes bytes that have arrived by `until_ns`, until none is left, the loader is busy or something else comes
 * first. */
static void receive(struct vb_board *board, uint64_t until_ns)
{
    struct vb__run *run;
    size_t count;

    while ((run = vb__wire_passed(&board->rx, until_ns, &count)) != NULL && count != 0) {
        const uint8_t *data = vb__wire_bytes(&board->rx);
        size_t reach = vb__faults_reach(board, count);
        bool complete = false;

        if (listening(board) && board->cpu_ns > until_ns)
            return;
        if (reach == 0) {
            reach_time(board, vb__wire_time(&board->rx, run, run->done));
            complete = receive_struck(board, data[0], run->baud);
        } else {
            if (listening(board))
                reach = decode(board, data, reach, run->baud, &complete);
            else
                hear(board, data, reach, run->baud);
            reach_time(board, vb__wire_time(&board->rx, run, run->done + reach - 1));
            board->received += reach;
            vb__wire_take(&board->rx, reach);
        }
        if (complete) {
            reach_time(board, board->cpu_ns);
            handle_frame(board);
        }
        if (next_event(board) < until_ns)
            return;
    }
}

static void happen(struct vb_board *board, uint64_t now_ns, uint64_t until_ns)
{
    reach_time(board, now_ns);
    if (board->back_ns <= now_ns) { /* plugged in again */
        board->gone_ns = board->back_ns = VB__NEVER;
        board->dtr = board->rts = false;
        vb__reset(board, VB__CAUSE_POWER);
    } else if (board->off_bus_ns <= now_ns) { /* what was said meanwhile nobody has heard */
        board->off_bus_ns = VB__NEVER;
        board->dtr = board->rts = false;
        forget_passed(&board->tx, now_ns);
    } else if (board->strap_ns <= now_ns) {
        vb__reset(board, VB__CAUSE_EN);
    } else if (vb__watchdog_next(board) <= now_ns) {
        vb__reset(board, VB__CAUSE_WATCHDOG);
    } else if (board->state == VB__START && board->ready_ns <= now_ns) {
        vb__rom_start(board);
    } else {
        const bool again = board->app.next_ns > now_ns || board->app.crashed;

        /* A board that nobody looked at for long has complained often; only the last time matters. */
        if (again && until_ns - now_ns > UINT64_C(10000000000))
            board->now_ns = until_ns;
        if (board->app.next_ns <= now_ns)
            vb__app_go_on(board);
        else
            vb__boot_complain(board);
    }
}

static void live(struct vb_board *board, uint64_t until_ns)
{
    uint64_t next, event;

    do {
        next = earliest(next_event(board), until_ns);
        receive(board, next);
        event = next_event(board);
        if (event == next)
            happen(board, event, until_ns);
    } while (event <= next || next < until_ns);
    reach_time(board, until_ns);
}

static bool away(const struct vb_board *board)
{
    return board->gone_ns <= board->now_ns || board->off_bus_ns != VB__NEVER;
}

void vb_board_set_lines(struct vb_board *board, uint64_t now_us, bool dtr, bool rts)
{
    live(board, now_us * 1000);
    if (away(board))
        return;
    if (vb__usb_native(board)) {
        vb__usb_lines(board, dtr, rts);
        return;
    }
    board->dtr = dtr;
    board->rts = rts;
    if (rts && !dtr)
        vb__stop(board);
    else if (board->state == VB__HELD && board->strap_ns == VB__NEVER)
        board->strap_ns = board->now_ns + EN_RISE_NS;
}

/* Garbles what has arrived at the host at a rate that was not the host's. */
static void judge(struct vb_board *board)
{
    struct vb__wire *tx = &board->tx;
    uint8_t *data;

    if (tx->run_count == 0)
        return;
    data = tx->data + tx->head;
    for (struct vb__run *run = tx->runs + tx->run_head, *end = run + tx->run_count; run != end; run++) {
        const size_t reached = vb__wire_reached(tx, run, board->now_ns);

        if (board->host_baud != 0 && !same_rate(board->host_baud, run->baud)) {
            for (size_t i = run->judged > run->done ? run->judged : run->done; i < reached; i++)
                data[i - run->done] ^= (uint8_t)(vb__random(&board->random) % 255 + 1);
        }
        if (run->judged < reached)
            run->judged = reached;
        data += run->count - run->done;
    }
}

void vb_board_set_host_baud(struct vb_board *board, uint64_t now_us, uint32_t baud)
{
    live(board, now_us * 1000);
    judge(board);
    if (!vb__usb_native(board))
        board->host_baud = baud;
}

void vb_board_receive(struct vb_board *board, uint64_t now_us, const uint8_t *data, size_t size)
{
    live(board, now_us * 1000);
    if (!away(board))
        vb__wire_put(&board->rx, board->now_ns, board->host_baud != 0 ? board->host_baud : board->baud, data,
                     size);
}

uint64_t vb_board_wire_free_us(const struct vb_board *board)
{
    return (board->rx.free_ns + 999) / 1000;
}

size_t vb_board_transmit(struct vb_board *board, uint64_t now_us, uint8_t *data, size_t size)
{
    struct vb__run *run;
    size_t count, taken = 0;

    live(board, now_us * 1000);
    if (away(board))
        return 0;
    judge(board);
    while (taken < size && (run = vb__wire_passed(&board->tx, board->now_ns, &count)) != NULL && count != 0) {
        if (count > size - taken)
            count = size - taken;
        memcpy(data + taken, vb__wire_bytes(&board->tx), count);
        vb__wire_take(&board->tx, count);
        taken += count;
    }
    return taken;
}

/* When byte `index` of all that are under way to the board has arrived. */
static uint64_t arrival(const struct vb__wire *wire, size_t index)
{
    const struct vb__run *run = &wire->runs[wire->run_head];

    while (index >= run->count - run->done) {
        index -= run->count - run->done;
        run++;
    }
    return vb__wire_time(wire, run, run->done + index);
}

static uint64_t next_received(const struct vb_board *board)
{
    const struct vb__wire *rx = &board->rx;
    const size_t reach = vb__faults_reach(board, rx->size);
    const uint8_t *data, *end;
    uint64_t next = VB__NEVER;

    if (rx->size == 0)
        return VB__NEVER;
    if (reach < rx->size)
        next = arrival(rx, reach);
    if (!listening(board))
        return vb__app_awaits(board) ? earliest(next, arrival(rx, rx->size - 1)) : next;
    data = vb__wire_bytes(rx);
    end = memchr(data, 0xc0, rx->size);
    if (end != NULL && !board->decoder.inside)
        end = memchr(end + 1, 0xc0, rx->size - (size_t)(end + 1 - data));
    if (end != NULL)
        next = earliest(next, arrival(rx, (size_t)(end - data)));
    return next > board->cpu_ns ? next : board->cpu_ns;
}

static uint64_t next_sent(const struct vb_board *board)
{
    const struct vb__wire *tx = &board->tx;
    const struct vb__run *run = tx->run_count != 0 ? &tx->runs[tx->run_head] : NULL;
    uint64_t first, last;

    if (run == NULL)
        return VB__NEVER;
    first = vb__wire_time(tx, run, run->done);
    last = vb__wire_time(tx, run, run->count - 1);
    if (first <= board->now_ns)
        return board->now_ns;
    return last - first > WAKE_NS ? first + WAKE_NS : last;
}

uint64_t vb_board_next_us(struct vb_board *board, uint64_t now_us)
{
    uint64_t next;

    live(board, now_us * 1000);
    next = next_event(board);
    if (!away(board))
        next = earliest(next, earliest(next_received(board), next_sent(board)));
    return next == VB__NEVER ? UINT64_MAX : (next + 999) / 1000;
}

bool vb_board_present(struct vb_board *board, uint64_t now_us)
{
    live(board, now_us * 1000);
    return !away(board);
}

const uint8_t *vb_board_flash(const struct vb_board *board, size_t *size)
{
    *size = board->flash_size;
    return board->flash;
}

const uint8_t *vb_board_mac(const struct vb_board *board)
{
    return board->mac;
}

/* A locally administered address, so that it is nobody's. */
static void make_mac(struct vb_board *board)
{
    static const uint8_t none[6];

    memcpy(board->mac, board->config.mac, sizeof board->mac);
    if (memcmp(board->mac, none, sizeof none) != 0)
        return;
    /* The ESP8266's OTP holds one of Espressif's vendor parts. */
    if (board->target->mac_layout == EG_MAC_ESP8266_OTP)
        memcpy(board->mac, (const uint8_t[]){0x18, 0xfe, 0x34}, 3);
    else
        memcpy(board->mac, (const uint8_t[]){0x02, 0x65, 0x67}, 3);
    board->mac[3] = (uint8_t)(board->config.number >> 16);
    board->mac[4] = (uint8_t)(board->config.number >> 8);
    board->mac[5] = (uint8_t)board->config.number;
}

static enum eg_code set_up(struct vb_board *board, const struct vb_config *config, struct eg_error *err)
{
    EG_TRY(vb__config_check(config, err));
    board->config = *config;
    board->config.flash_path = board->config.stub_dir = board->config.app_log = NULL;
    board->target = config->target;
    board->part = config->part != NULL ? config->part : &vb_flash_parts[0];
    board->host_baud = vb__usb_native(board) ? 0 : DEFAULT_BAUD;
    board->random = config->seed ^ (uint64_t)config->number << 32;
    board->strap_ns = board->loop_ns = board->gone_ns = board->back_ns = board->off_bus_ns = VB__NEVER;
    board->bite_ns = board->super_bite_ns = VB__NEVER;
    board->rx.instant = board->tx.instant = config->fast;
    board->addr_mask = VB__ADDR_24;
    board->app.next_ns = VB__NEVER;
    make_mac(board);
    if (config->app_log != NULL)
        EG_TRY(vb__app_open(board, config->app_log, err));
    EG_TRY(eg_alloc(&board->decoder.frame, VB__FRAME_MAX, 1, err));
    EG_TRY(vb__flash_open(board, config->flash_path, err));
    vb__status_init(board);
    vb__faults_init(board);
    vb__reset(board, VB__CAUSE_POWER);
    if (config->force_download) {
        board->rtc = (struct vb__rtc){.force_download = true}; /* nor does a watchdog run */
        vb__reset(board, VB__CAUSE_SOFTWARE);
        board->off_bus_ns = VB__NEVER; /* long ago */
    }
    /* Which stub that is depends on the revision, which the reset has put into efuse. */
    const char *stub = eg_target_stub(board->target, board->revision);
    if (config->stub_dir != NULL && stub != NULL)
        EG_TRY(eg_stub_load(&board->extra_stub, config->stub_dir, stub, err));
    return EG_OK;
}

enum eg_code vb_board_create(struct vb_board **board, const struct vb_config *config, struct eg_error *err)
{
    struct vb_board *made;

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    if (set_up(made, config, err) != EG_OK) {
        vb_board_destroy(made);
        return err->code;
    }
    *board = made;
    return EG_OK;
}

void vb_board_destroy(struct vb_board *board)
{
    if (board == NULL)
        return;
    vb__write_close(board);
    vb__app_finish(board);
    vb__flash_finish(board);
    vb__memory_finish(board);
    vb__wire_finish(&board->rx);
    vb__wire_finish(&board->tx);
    eg_stub_destroy(board->extra_stub);
    free(board->decoder.frame);
    free(board);
}
