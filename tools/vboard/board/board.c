/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The board's public calls, and the order in which things happen to it.
 *
 * Every public call first lets the board live up to the moment it is told (live()): resets, restarts and
 * received bytes happen in the order of their times. Received bytes wait until the loader is idle; a frame is
 * then handled at once and its reply queued for when the loader will have finished.
 */

#include "tools/vboard/board/life.h"

#include "tools/vboard/loader/loader.h"

#include <stdlib.h>
#include <string.h>

/* A board that nobody looked at for longer than this skips to the present. */
#define UNSEEN_NS UINT64_C(10000000000)

static uint64_t earliest(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The next thing that happens by itself, bytes aside. */
static uint64_t next_event(const struct vb_board *board)
{
    uint64_t next = earliest(vb__port_next(board), board->clock.ends_ns);

    next = earliest(next, board->app.next_ns);
    return earliest(next, vb__watchdog_next(board));
}

static void count_request(struct vb_board *board, const uint8_t *frame, size_t size)
{
    if (size < 8 || frame[0] != 0)
        return;
    board->requests.all++;
    if (frame[1] == EG_OP_FLASH_DATA || frame[1] == EG_OP_FLASH_DEFL_DATA)
        board->requests.data = true;
    if (!board->requests.data)
        board->requests.before_data++;
}

struct vb_tally vb_board_tally(const struct vb_board *board)
{
    return (struct vb_tally){.requests = board->requests.all,
                             .before_data = board->requests.before_data,
                             .flash_us = board->flash.work_ns / 1000};
}

/* The supply drops while a frame is handled. */
static bool loses_power(struct vb_board *board)
{
    const bool cut = vb__faults_take(board, VB__POWER_CUT);

    if (cut)
        vb__reset(board, VB__CAUSE_BROWNOUT);
    return cut;
}

static void handle_frame(struct vb_board *board)
{
    const struct vb__decoder *const frame = &board->uart.decoder;
    struct vb__leave leave;

    if (vb__usb_loses(board, frame->size))
        return;
    count_request(board, frame->frame, frame->size);
    if (board->clock.state == VB__ROM)
        leave = vb__rom_frame(board, frame->frame, frame->size);
    else
        leave = vb__stub_frame(board, frame->frame, frame->size);
    if (loses_power(board))
        return;
    switch (leave.to) {
    case VB__STAYS:
        break;
    case VB__RESTARTS:
        vb__reset(board, VB__CAUSE_SOFTWARE);
        break;
    case VB__BOOTS:
        vb__boot(board, false, VB__CAUSE_SOFTWARE);
        break;
    case VB__JUMPS:
        vb__boot_jump(board, leave.entry);
        break;
    }
}

/* Pass bytes to the running program; return how many it took, at most up to the end of a frame. */
static size_t deliver(struct vb_board *board, const uint8_t *data, size_t size, uint32_t host_baud,
                      bool *complete)
{
    *complete = false;
    if (vb__listening(board))
        return vb__uart_decode(board, data, size, host_baud, complete);
    if (vb__same_rate(host_baud, board->uart.baud))
        vb__app_hear(board, data, size);
    return size;
}

static void suffer(struct vb_board *board, enum vb__mishap mishap, uint32_t back_ms)
{
    switch (mishap) {
    case VB__MISHAP_NONE:
        break;
    case VB__MISHAP_UNPLUGGED:
        vb__port_unplug(board, back_ms);
        vb__stop(board);
        vb__uart_unplug(board);
        break;
    case VB__MISHAP_BROWNOUT:
        vb__reset(board, VB__CAUSE_BROWNOUT);
        break;
    case VB__MISHAP_WATCHDOG:
        vb__reset(board, VB__CAUSE_WATCHDOG);
        break;
    }
}

/* Receive one byte at which a fault strikes; returns whether it ends a frame. */
static bool receive_struck(struct vb_board *board, uint8_t byte, uint32_t host_baud)
{
    bool complete = false;
    unsigned copies;
    uint32_t back_ms;

    vb__uart_take(board, 1);
    const enum vb__mishap mishap = vb__faults_strike(board, &byte, &copies, &back_ms);
    suffer(board, mishap, back_ms);
    for (; copies > 0 && !complete; copies--)
        deliver(board, &byte, 1, host_baud, &complete);
    return complete;
}

/* Take bytes that have arrived by `until_ns`, until none is left, the loader is busy or something else comes
 * first. */
static void receive(struct vb_board *board, uint64_t until_ns)
{
    const uint8_t *data;
    uint32_t host_baud;
    size_t count;

    while ((count = vb__uart_arrived(board, until_ns, &data, &host_baud)) != 0) {
        size_t reach = vb__faults_reach(board, count);
        bool complete;

        if (vb__listening(board) && board->clock.cpu_ns > until_ns)
            return;
        if (reach == 0) {
            vb__reach_time(board, vb__uart_arrival(board, 0));
            complete = receive_struck(board, data[0], host_baud);
        } else {
            reach = deliver(board, data, reach, host_baud, &complete);
            vb__reach_time(board, vb__uart_arrival(board, reach - 1));
            vb__faults_pass(board, reach);
            vb__uart_take(board, reach);
        }
        if (complete) {
            vb__reach_time(board, board->clock.cpu_ns);
            handle_frame(board);
        }
        if (next_event(board) < until_ns)
            return;
    }
}

/* The present state ends by itself. */
static void end_state(struct vb_board *board)
{
    switch (board->clock.state) {
    case VB__HELD:
        vb__reset(board, VB__CAUSE_EN);
        break;
    case VB__START:
        vb__rom_start(board);
        break;
    case VB__APP:
    case VB__ROM:
    case VB__STUB:
    case VB__CRASHED:
        vb__boot_complain(board);
        break;
    }
}

static void happen(struct vb_board *board, uint64_t now_ns, uint64_t until_ns)
{
    const bool unplugged = board->port.back_ns <= now_ns;

    vb__reach_time(board, now_ns);
    if (vb__port_next(board) <= now_ns) {
        vb__port_return(board);
        if (unplugged)
            vb__reset(board, VB__CAUSE_POWER);
        else
            vb__uart_discard(board); /* nobody has heard it */
    } else if (vb__watchdog_next(board) <= now_ns) {
        vb__reset(board, VB__CAUSE_WATCHDOG);
    } else if (board->app.next_ns <= now_ns) {
        if (board->app.crashed && until_ns - now_ns > UNSEEN_NS)
            vb__reach_time(board, until_ns);
        if (vb__app_go_on(board))
            vb__reset(board, VB__CAUSE_SOFTWARE);
    } else {
        /* Of many complaints only the last one matters. */
        if (board->clock.state == VB__APP && until_ns - now_ns > UNSEEN_NS)
            vb__reach_time(board, until_ns);
        end_state(board);
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
    vb__reach_time(board, until_ns);
}

void vb_board_set_lines(struct vb_board *board, uint64_t now_us, bool dtr, bool rts)
{
    live(board, now_us * 1000);
    if (!vb__port_away(board))
        vb__pins_set(board, dtr, rts);
}

void vb_board_set_host_baud(struct vb_board *board, uint64_t now_us, uint32_t baud)
{
    live(board, now_us * 1000);
    if (!vb__usb_native(board))
        vb__uart_set_host_baud(board, baud);
}

void vb_board_power_on(struct vb_board *board, uint64_t now_us)
{
    live(board, now_us * 1000);
    vb__stop(board);
    vb__uart_unplug(board);
    vb__reset(board, VB__CAUSE_POWER);
}

void vb_board_receive(struct vb_board *board, uint64_t now_us, const uint8_t *data, size_t size)
{
    live(board, now_us * 1000);
    if (!vb__port_away(board))
        vb__uart_from_host(board, data, size);
}

uint64_t vb_board_wire_free_us(const struct vb_board *board)
{
    return (board->uart.rx.free_ns + 999) / 1000;
}

size_t vb_board_transmit(struct vb_board *board, uint64_t now_us, uint8_t *data, size_t size)
{
    live(board, now_us * 1000);
    return vb__port_away(board) ? 0 : vb__uart_to_host(board, data, size);
}

/* Return when received bytes next have an effect. */
static uint64_t next_received(const struct vb_board *board)
{
    const size_t size = board->uart.rx.size, reach = vb__faults_reach(board, size);
    const uint64_t struck = reach < size ? vb__uart_arrival(board, reach) : VB__NEVER;

    if (size == 0)
        return VB__NEVER;
    if (!vb__listening(board))
        return vb__app_awaits(board) ? earliest(struck, vb__uart_arrival(board, size - 1)) : struck;
    const uint64_t next = earliest(struck, vb__uart_next_frame(board));

    return next > board->clock.cpu_ns ? next : board->clock.cpu_ns;
}

uint64_t vb_board_next_us(struct vb_board *board, uint64_t now_us)
{
    uint64_t next;

    live(board, now_us * 1000);
    next = next_event(board);
    if (!vb__port_away(board))
        next = earliest(next, earliest(next_received(board), vb__uart_next_to_host(board)));
    return next == VB__NEVER ? UINT64_MAX : (next + 999) / 1000;
}

bool vb_board_present(struct vb_board *board, uint64_t now_us)
{
    live(board, now_us * 1000);
    return !vb__port_away(board);
}

const uint8_t *vb_board_flash(const struct vb_board *board, size_t *size)
{
    *size = board->flash.size;
    return board->flash.data;
}

const uint8_t *vb_board_mac(const struct vb_board *board)
{
    return board->identity.mac;
}

static enum eg_code set_up(struct vb_board *board, const struct vb_config *config, struct eg_error *err)
{
    EG_TRY(vb__config_check(config, err));
    board->config = *config;
    board->config.flash_path = board->config.efuse_path = board->config.stub_dir = board->config.app_log =
        NULL;
    board->target = config->target;
    board->part = config->part != NULL ? config->part : &vb_flash_parts[0];
    vb__faults_init(board);
    vb__identity_init(board);
    vb__port_init(board);
    EG_TRY(vb__uart_init(board, err));
    EG_TRY(vb__app_init(board, config->app_log, err));
    EG_TRY(vb__flash_open(board, config->flash_path, err));
    EG_TRY(vb__efuse_open(board, config->efuse_path, err));
    vb__status_init(board);
    vb__attach_reset(board);
    vb__reset(board, VB__CAUSE_POWER);
    if (config->force_download) {
        vb__rtc_force_download(board, true);
        vb__watchdog_reset(board); /* none runs */
        vb__reset(board, VB__CAUSE_SOFTWARE);
        vb__port_init(board); /* it has long been back on the bus */
    }
    return vb__ram_init(board, config->stub_dir, err);
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
    vb__flash_close(board);
    vb__efuse_close(board);
    vb__memory_finish(board);
    vb__uart_finish(board);
    vb__ram_finish(board);
    vb__stub_finish(board);
    free(board);
}
