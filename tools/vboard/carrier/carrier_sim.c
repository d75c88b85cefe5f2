/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Simulated boards in this process: the scheme "sim:" over a gang.
 *
 * A wait is a sleep until the board will do something, never a look every so often. A board with `fast` set
 * leaves time out: nothing sleeps, and a wait moves the board's time on instead, so that even silence costs
 * nothing.
 *
 * Threads: a board belongs to the thread that has its port open; ports may be opened and closed in any.
 */

#include "tools/vboard/carrier/gang.h"

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A write waits for room for this much, so that a long one does not wake for every byte that leaves. */
#define WORTH_WRITING (VB_ADAPTER_SIZE / 2)

struct sim_port {
    struct vb__sim_port sim; /* first: the ops get a pointer to it */
    struct vb_gang *gang;
    struct vb__place *place;
};

static struct vb__sim_port *sim_port_of(struct eg_port *port)
{
    return (struct vb__sim_port *)port;
}

static struct vb_adapter *adapter_of(struct eg_port *port)
{
    return sim_port_of(port)->adapter;
}

static enum eg_code check_present(struct eg_port *port, struct eg_error *err)
{
    if (!vb_adapter_present(adapter_of(port)))
        return eg_error_set(err, EG_PORT_GONE, "%s: the simulated board was unplugged", port->url);
    return EG_OK;
}

/* Returns with the time at or after `until_us`. */
static void wait_until_us(struct eg_port *port, uint64_t until_us)
{
    struct vb_adapter *adapter = adapter_of(port);

    if (sim_port_of(port)->fast)
        vb_adapter_skip_to_us(adapter, until_us);
    else
        eg_clock_sleep_until_us(until_us);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static enum eg_code sim_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                             uint32_t timeout_ms, struct eg_error *err)
{
    struct vb_adapter *adapter = adapter_of(port);
    uint64_t now_us = vb_adapter_now_us(adapter);
    const uint64_t deadline_us = now_us + (uint64_t)timeout_ms * 1000;

    for (;;) {
        EG_TRY(check_present(port, err));
        *got = vb_adapter_read(adapter, data, size);
        now_us = vb_adapter_now_us(adapter);
        if (*got > 0 || now_us >= deadline_us)
            return EG_OK;
        const uint64_t next_us = earlier(vb_adapter_next_us(adapter), deadline_us);
        wait_until_us(port,
                      earlier((next_us > now_us ? next_us : now_us) + VB_ADAPTER_GATHER_US, deadline_us));
    }
}

static enum eg_code sim_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                              uint32_t timeout_ms, struct eg_error *err)
{
    struct vb_adapter *adapter = adapter_of(port);
    const uint64_t deadline_us = vb_adapter_now_us(adapter) + (uint64_t)timeout_ms * 1000;
    const size_t wanted = size < WORTH_WRITING ? size : WORTH_WRITING;

    EG_TRY(check_present(port, err));
    if (vb_adapter_room(adapter) < wanted) {
        wait_until_us(port, earlier(vb_adapter_room_us(adapter, wanted), deadline_us));
        EG_TRY(check_present(port, err));
    }
    const size_t room = vb_adapter_room(adapter);
    *put = size < room ? size : room;
    vb_adapter_write(adapter, data, *put);
    return EG_OK;
}

static enum eg_code sim_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    struct vb_adapter *adapter = adapter_of(port);
    const uint64_t deadline_us = vb_adapter_now_us(adapter) + (uint64_t)timeout_ms * 1000;
    const uint64_t empty_us = vb_adapter_room_us(adapter, VB_ADAPTER_SIZE);

    wait_until_us(port, earlier(empty_us, deadline_us));
    EG_TRY(check_present(port, err));
    *done = empty_us <= deadline_us;
    return EG_OK;
}

static enum eg_code sim_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    if (baud == 0)
        return eg_error_set(err, EG_PORT_REFUSED, "%s: a rate of 0 baud", port->url);
    EG_TRY(check_present(port, err));
    vb_adapter_set_baud(adapter_of(port), baud);
    return EG_OK;
}

static enum eg_code sim_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    EG_TRY(check_present(port, err));
    vb_adapter_set_lines(adapter_of(port), dtr, rts);
    return EG_OK;
}

static enum eg_code sim_discard(struct eg_port *port, struct eg_error *err)
{
    EG_TRY(check_present(port, err));
    vb_adapter_discard(adapter_of(port));
    return EG_OK;
}

static void sim_close(struct eg_port *port)
{
    struct sim_port *sim = (struct sim_port *)port;

    vb_adapter_set_lines(&sim->place->adapter, false, false);
    pthread_mutex_lock(&sim->gang->lock);
    sim->place->open = false;
    pthread_mutex_unlock(&sim->gang->lock);
    free(sim);
}

const struct eg_port_ops vb__sim_ops = {
    .read = sim_read,
    .write = sim_write,
    .drain = sim_drain,
    .set_baud = sim_set_baud,
    .set_lines = sim_set_lines,
    .discard = sim_discard,
};

static const struct eg_port_ops gang_ops = {
    .read = sim_read,
    .write = sim_write,
    .drain = sim_drain,
    .set_baud = sim_set_baud,
    .set_lines = sim_set_lines,
    .discard = sim_discard,
    .close = sim_close,
};

/* The place of "sim:esp32/3"; NULL = none. */
static struct vb__place *place_of(struct vb_gang *gang, const char *url)
{
    for (unsigned number = 1; number <= gang->count; number++) {
        char known[64];

        vb_gang_url(gang, number, known, sizeof known);
        if (strcmp(known, url) == 0)
            return &gang->places[number - 1];
    }
    return NULL;
}

static bool claim(struct vb_gang *gang, struct vb__place *place)
{
    pthread_mutex_lock(&gang->lock);
    const bool claimed = !place->open;
    place->open = true;
    pthread_mutex_unlock(&gang->lock);
    return claimed;
}

static enum eg_code sim_open(struct eg_port **port, const char *url, void *context,
                             const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *opened = NULL;
    struct vb_gang *gang = context;
    struct vb__place *place = place_of(gang, url);
    struct sim_port *sim;

    if (place == NULL)
        return eg_error_set(err, EG_NO_PORT,
                            "%s: there is no such simulated board, only sim:%s/1 to sim:%s/%u", url,
                            gang->chip, gang->chip, gang->count);
    EG_TRY(eg_alloc(&sim, 1, sizeof *sim, err));
    if (!claim(gang, place)) {
        free(sim);
        return eg_error_set(err, EG_PORT_BUSY, "%s: the simulated board is open already", url);
    }
    sim->sim = (struct vb__sim_port){
        .base = {.ops = &gang_ops, .cancel = cancel}, .adapter = &place->adapter, .fast = gang->fast};
    snprintf(sim->sim.base.url, sizeof sim->sim.base.url, "%s", url);
    vb_board_usb_ids(place->adapter.board, &sim->sim.base.vid, &sim->sim.base.pid);
    sim->gang = gang;
    sim->place = place;
    opened = &sim->sim.base;
    if (!vb_adapter_present(&place->adapter))
        return eg_error_set(err, EG_NO_PORT, "%s: the simulated board is unplugged", url);
    *port = opened;
    opened = NULL;
    return EG_OK;
}

void vb__sim_scheme_init(struct vb_gang *gang)
{
    gang->scheme = (struct eg_port_scheme){
        .scheme = "sim:",
        .help = "sim:CHIP/NUMBER, a simulated board in this process",
        .open = sim_open,
        .context = gang,
    };
}

void vb_gang_url(const struct vb_gang *gang, unsigned number, char *url, size_t size)
{
    snprintf(url, size, "sim:%s/%u", gang->chip, number);
}

const struct eg_port_scheme *vb_gang_scheme(struct vb_gang *gang)
{
    return &gang->scheme;
}
