/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/vboard/hands.h"

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/mac.h"
#include "tools/vboard/carrier/gang.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PULL_PERCENT = 15,       /* of the insertions end too early */
    PUT_BACK_PERCENT = 50,   /* of those the same board is put in again */
    AGAIN_PERCENT = 5,       /* of the others, too */
    FIRST_BYTES = 16 * 1024, /* that a whole run is taken to send, until one has been seen */
    EMPTY_MS = 100,
    EMPTY_MAX_MS = 3000,
    REACTION_MS = 100,
    REACTION_MAX_MS = 1500,
};

#define NEVER UINT64_MAX

/* A board that a hand has made. */
struct board {
    struct vb_adapter adapter;
    unsigned number;
    unsigned users; /* socket and calls of open ports; guarded by the lock */
    bool powered;   /* since it was put in; likewise */
    char mac[EG_MAC_TEXT];
};

struct socket {
    unsigned number;
    uint64_t random;
    struct board *board; /* in it, or that was in it last; NULL = none yet */
    bool in;
    bool again;       /* it is put in once more */
    bool open;        /* a port */
    uint64_t at_ms;   /* when the board is put in, or taken out */
    unsigned made;    /* boards */
    unsigned left;    /* insertions to come, where they have an end */
    size_t current;   /* index of the newest insertion */
    uint64_t bytes;   /* that it has received */
    uint64_t pull_at; /* so many are too early; NEVER */
    uint64_t whole;   /* bytes of the last whole run */
};

struct vb_hands {
    struct vb_hands_config config;
    struct vb_config pattern;
    char **faults;
    unsigned fault_count;
    struct eg_port_scheme scheme;
    pthread_mutex_t lock; /* of what is below */
    struct socket *sockets;
    struct vb_insertion *insertions;
    size_t count;
    struct eg_error failed;
};

struct hand_port {
    struct vb__sim_port sim; /* first: the ops get a pointer to it */
    struct vb_hands *hands;
    struct socket *socket;
    size_t insertion; /* whose port it is, where insertions can be told apart */
    size_t shown;     /* insertion, from 1, whose board has the lines and the rate below */
    bool dtr, rts;
    uint32_t baud;
};

static bool stays(const struct vb_hands *hands)
{
    return hands->config.way != VB_HANDS_PLUG;
}

static uint64_t pause_ms(const struct vb_hands *hands, struct socket *socket, unsigned least, unsigned most)
{
    return (least + vb__draw(&socket->random, most - least)) / hands->config.pace;
}

static void drop(struct board *board)
{
    if (board == NULL || --board->users > 0)
        return;
    vb_board_destroy(board->adapter.board);
    free(board);
}

static enum eg_code make_board(struct vb_hands *hands, struct socket *socket, struct eg_error *err)
{
    const unsigned number = socket->number + socket->made * hands->config.sockets;
    EG_CLEANUP(eg_free_cleanup) struct board *board = NULL;

    EG_TRY(eg_alloc(&board, 1, sizeof *board, err));
    EG_TRY(vb__gang_make_alone(&board->adapter, &hands->pattern, number, (const char *const *)hands->faults,
                               hands->fault_count, err));
    board->number = number;
    eg_mac_text(board->mac, vb_board_mac(board->adapter.board));
    board->users = 1;
    drop(socket->board);
    socket->board = board;
    socket->made++;
    board = NULL;
    return EG_OK;
}

static enum eg_code note_insertion(struct vb_hands *hands, struct socket *socket, uint64_t now_ms,
                                   struct eg_error *err)
{
    EG_TRY(eg_grow(&hands->insertions, hands->count, sizeof *hands->insertions, err));
    socket->current = hands->count++;
    hands->insertions[socket->current] = (struct vb_insertion){
        .socket = socket->number, .board = socket->board->number, .again = socket->again, .begun_ms = now_ms};
    memcpy(hands->insertions[socket->current].mac, socket->board->mac, sizeof socket->board->mac);
    return EG_OK;
}

static enum eg_code put_in(struct vb_hands *hands, struct socket *socket, uint64_t now_ms,
                           struct eg_error *err)
{
    if (!socket->again)
        EG_TRY(make_board(hands, socket, err));
    EG_TRY(note_insertion(hands, socket, now_ms, err));
    socket->board->powered = !socket->again;
    socket->in = true;
    socket->at_ms = NEVER;
    socket->bytes = 0;
    socket->pull_at = NEVER;
    if (!stays(hands) && vb__draw(&socket->random, 100) < PULL_PERCENT)
        socket->pull_at = 1 + vb__draw(&socket->random, (unsigned)socket->whole);
    socket->left--;
    return EG_OK;
}

static void take_out(struct vb_hands *hands, struct socket *socket, uint64_t now_ms)
{
    const bool ready = hands->config.way == VB_HANDS_READY;
    struct vb_insertion *const one = &hands->insertions[socket->current];

    one->taken_out_ms = now_ms;
    socket->in = false;
    socket->again =
        !stays(hands) && vb__draw(&socket->random, 100) < (one->pulled ? PUT_BACK_PERCENT : AGAIN_PERCENT);
    socket->at_ms = now_ms + (ready ? 0 : pause_ms(hands, socket, EMPTY_MS, EMPTY_MAX_MS));
}

/* Do what was to be done by now. With the lock. A board that was taken out too early is put back when the
 * line has said what became of it: at once, it would be the same board to the line, and get no run of its
 * own. */
static void move(struct vb_hands *hands, struct socket *socket)
{
    const uint64_t now_ms = eg_clock_ms();

    while (socket->at_ms <= now_ms && hands->failed.code == EG_OK) {
        const uint64_t due_ms = socket->at_ms;

        if (socket->in)
            take_out(hands, socket, due_ms);
        else if (hands->config.insertions != 0 && socket->left == 0)
            socket->at_ms = NEVER;
        else if ((socket->again && !hands->insertions[socket->current].told) ||
                 put_in(hands, socket, due_ms, &hands->failed) != EG_OK)
            return;
    }
}

/* The board that a call of an open port goes to, with its lines and rate; NULL = there is none in the
 * fixture. It is the caller's until leave(). EG_PORT_GONE. */
static enum eg_code enter(struct board **entered, struct hand_port *port, struct eg_error *err)
{
    struct vb_hands *const hands = port->hands;
    struct socket *const socket = port->socket;

    pthread_mutex_lock(&hands->lock);
    move(hands, socket);
    const bool here = socket->in && (stays(hands) || port->insertion == socket->current);
    struct board *const board = here ? socket->board : NULL;
    const size_t current = socket->current + 1;
    const bool without_power = board != NULL && !board->powered;
    if (board != NULL) {
        board->users++;
        board->powered = true;
    }
    pthread_mutex_unlock(&hands->lock);
    if (without_power)
        vb_adapter_power_on(&board->adapter);
    *entered = board;
    if (board == NULL && !stays(hands))
        return eg_error_set(err, EG_PORT_GONE, "%s: the simulated board was taken out", port->sim.base.url);
    if (board == NULL || port->shown == current)
        return EG_OK;
    port->shown = current;
    port->sim.adapter = &board->adapter;
    vb_adapter_set_lines(&board->adapter, port->dtr, port->rts);
    if (port->baud != 0)
        vb_adapter_set_baud(&board->adapter, port->baud);
    return EG_OK;
}

static void leave(struct hand_port *port, struct board *board, uint64_t bytes)
{
    struct vb_hands *const hands = port->hands;
    struct socket *const socket = port->socket;

    pthread_mutex_lock(&hands->lock);
    if (socket->in && socket->board == board && (stays(hands) || port->insertion == socket->current)) {
        socket->bytes += bytes;
        if (socket->bytes >= socket->pull_at) {
            hands->insertions[socket->current].pulled = true;
            take_out(hands, socket, eg_clock_ms());
        }
    }
    drop(board);
    pthread_mutex_unlock(&hands->lock);
}

/* A call that moves nothing waits its whole time. */
static void idle(const struct hand_port *port, uint32_t timeout_ms)
{
    if (!port->sim.fast)
        eg_clock_sleep_until_us(eg_clock_us() + (uint64_t)timeout_ms * 1000);
}

static enum eg_code hand_read(struct eg_port *base, uint8_t *data, size_t size, size_t *got,
                              uint32_t timeout_ms, struct eg_error *err)
{
    struct hand_port *const port = (struct hand_port *)base;
    struct board *board;

    EG_TRY(enter(&board, port, err));
    if (board == NULL) {
        *got = 0;
        idle(port, timeout_ms);
        return EG_OK;
    }
    const enum eg_code code = vb__sim_ops.read(base, data, size, got, timeout_ms, err);
    leave(port, board, 0);
    return code;
}

static enum eg_code hand_write(struct eg_port *base, const uint8_t *data, size_t size, size_t *put,
                               uint32_t timeout_ms, struct eg_error *err)
{
    struct hand_port *const port = (struct hand_port *)base;
    struct board *board;

    *put = size;
    EG_TRY(enter(&board, port, err));
    if (board == NULL)
        return EG_OK;
    const enum eg_code code = vb__sim_ops.write(base, data, size, put, timeout_ms, err);
    leave(port, board, code == EG_OK ? *put : 0);
    return code;
}

static enum eg_code hand_drain(struct eg_port *base, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    struct hand_port *const port = (struct hand_port *)base;
    struct board *board;

    *done = true;
    EG_TRY(enter(&board, port, err));
    if (board == NULL)
        return EG_OK;
    const enum eg_code code = vb__sim_ops.drain(base, done, timeout_ms, err);
    leave(port, board, 0);
    return code;
}

static enum eg_code hand_set_baud(struct eg_port *base, uint32_t baud, struct eg_error *err)
{
    struct hand_port *const port = (struct hand_port *)base;
    struct board *board;

    port->baud = baud;
    EG_TRY(enter(&board, port, err));
    if (board == NULL)
        return EG_OK;
    const enum eg_code code = vb__sim_ops.set_baud(base, baud, err);
    leave(port, board, 0);
    return code;
}

static enum eg_code hand_set_lines(struct eg_port *base, bool dtr, bool rts, struct eg_error *err)
{
    struct hand_port *const port = (struct hand_port *)base;
    struct board *board;

    port->dtr = dtr;
    port->rts = rts;
    EG_TRY(enter(&board, port, err));
    if (board == NULL)
        return EG_OK;
    const enum eg_code code = vb__sim_ops.set_lines(base, dtr, rts, err);
    leave(port, board, 0);
    return code;
}

static enum eg_code hand_discard(struct eg_port *base, struct eg_error *err)
{
    struct hand_port *const port = (struct hand_port *)base;
    struct board *board;

    EG_TRY(enter(&board, port, err));
    if (board == NULL)
        return EG_OK;
    const enum eg_code code = vb__sim_ops.discard(base, err);
    leave(port, board, 0);
    return code;
}

static void hand_close(struct eg_port *base)
{
    struct hand_port *const port = (struct hand_port *)base;
    struct eg_error ignored;
    struct board *board;

    if (enter(&board, port, &ignored) == EG_OK && board != NULL) {
        vb_adapter_set_lines(&board->adapter, false, false);
        leave(port, board, 0);
    }
    pthread_mutex_lock(&port->hands->lock);
    port->socket->open = false;
    pthread_mutex_unlock(&port->hands->lock);
    free(port);
}

static const struct eg_port_ops hand_ops = {
    .read = hand_read,
    .write = hand_write,
    .drain = hand_drain,
    .set_baud = hand_set_baud,
    .set_lines = hand_set_lines,
    .discard = hand_discard,
    .close = hand_close,
};

static struct socket *socket_of(struct vb_hands *hands, const char *url)
{
    for (unsigned i = 0; i < hands->config.sockets; i++) {
        char known[64];

        vb_hands_url(hands, i + 1, known, sizeof known);
        if (strcmp(known, url) == 0)
            return &hands->sockets[i];
    }
    return NULL;
}

static enum eg_code find_socket(struct socket **socket, struct vb_hands *hands, const char *url,
                                struct eg_error *err)
{
    *socket = socket_of(hands, url);
    if (*socket != NULL)
        return EG_OK;
    return eg_error_set(err, EG_NO_PORT, "%s: there is no such simulated socket, only sim:%s/1 to sim:%s/%u",
                        url, vb__chip_in_urls(&hands->pattern), vb__chip_in_urls(&hands->pattern),
                        hands->config.sockets);
}

static struct eg_presence presence_of(const struct vb_hands *hands, const struct socket *socket)
{
    if (stays(hands))
        return (struct eg_presence){.device = 0};
    return (struct eg_presence){.device = socket->number, .initialized_us = socket->current + 1};
}

static enum eg_code hand_find(struct eg_found_port *found, const char *address, void *context,
                              struct eg_error *err)
{
    struct vb_hands *const hands = context;
    struct socket *socket;

    EG_TRY(find_socket(&socket, hands, address, err));
    pthread_mutex_lock(&hands->lock);
    move(hands, socket);
    const bool there = socket->in || stays(hands);
    *found = (struct eg_found_port){.presence = presence_of(hands, socket)};
    if (socket->in)
        vb_board_usb_ids(socket->board->adapter.board, &found->vid, &found->pid);
    pthread_mutex_unlock(&hands->lock);
    snprintf(found->path, sizeof found->path, "%s", address);
    snprintf(found->slot, sizeof found->slot, "%s", address);
    return there ? EG_OK : eg_error_set(err, EG_NO_PORT, "%s: no simulated board is in it", address);
}

static enum eg_code hand_open(struct eg_port **opened, const char *url, void *context,
                              const struct eg_cancel *cancel, struct eg_error *err)
{
    struct vb_hands *const hands = context;
    struct socket *socket;
    struct hand_port *port;

    EG_TRY(find_socket(&socket, hands, url, err));
    EG_TRY(eg_alloc(&port, 1, sizeof *port, err));
    pthread_mutex_lock(&hands->lock);
    move(hands, socket);
    const bool there = socket->in || stays(hands), busy = socket->open;
    if (there && !busy)
        socket->open = true;
    *port = (struct hand_port){
        .sim = {.base = {.ops = &hand_ops, .cancel = cancel, .presence = presence_of(hands, socket)},
                .fast = hands->pattern.fast},
        .hands = hands,
        .socket = socket,
        .insertion = socket->current,
    };
    if (socket->in)
        vb_board_usb_ids(socket->board->adapter.board, &port->sim.base.vid, &port->sim.base.pid);
    pthread_mutex_unlock(&hands->lock);
    if (!there || busy) {
        free(port);
        return there ? eg_error_set(err, EG_PORT_BUSY, "%s: the simulated board is open already", url)
                     : eg_error_set(err, EG_NO_PORT, "%s: no simulated board is in it", url);
    }
    snprintf(port->sim.base.url, sizeof port->sim.base.url, "%s", url);
    *opened = &port->sim.base;
    return EG_OK;
}

static enum eg_code copy_faults(struct vb_hands *hands, const char *const *faults, unsigned count,
                                struct eg_error *err)
{
    EG_TRY(eg_alloc(&hands->faults, count + 1, sizeof *hands->faults, err));
    for (; hands->fault_count < count; hands->fault_count++)
        EG_TRY(eg_strdup(&hands->faults[hands->fault_count], faults[hands->fault_count], err));
    return EG_OK;
}

enum eg_code vb_hands_create(struct vb_hands **hands, const struct vb_hands_config *config,
                             const struct vb_config *pattern, const char *const *faults, unsigned fault_count,
                             struct eg_error *err)
{
    EG_CLEANUP(vb_hands_destroy_cleanup) struct vb_hands *made = NULL;
    const uint64_t now_ms = eg_clock_ms();

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    pthread_mutex_init(&made->lock, NULL);
    made->config = *config;
    made->pattern = *pattern;
    made->scheme = (struct eg_port_scheme){
        .scheme = "sim:",
        .help = "sim:CHIP/NUMBER, a simulated socket in this process",
        .open = hand_open,
        .context = made,
        .find = hand_find,
    };
    EG_TRY(copy_faults(made, faults, fault_count, err));
    EG_TRY(eg_alloc(&made->sockets, config->sockets, sizeof *made->sockets, err));
    for (unsigned i = 0; i < config->sockets; i++) {
        struct socket *const socket = &made->sockets[i];

        *socket = (struct socket){.number = i + 1, .random = pattern->seed << 16 ^ i, .whole = FIRST_BYTES};
        socket->left = config->insertions / config->sockets + (i < config->insertions % config->sockets);
        socket->at_ms =
            now_ms + (config->way == VB_HANDS_READY ? 0 : pause_ms(made, socket, 0, EMPTY_MAX_MS));
    }
    /* What cannot be made is refused at once. */
    EG_TRY(vb__gang_check_alone(pattern, faults, fault_count, err));
    EG_TRY(make_board(made, &made->sockets[0], err));
    drop(made->sockets[0].board);
    made->sockets[0].board = NULL;
    made->sockets[0].made = 0;
    *hands = made;
    made = NULL;
    return EG_OK;
}

void vb_hands_destroy(struct vb_hands *hands)
{
    if (hands == NULL)
        return;
    for (unsigned i = 0; hands->sockets != NULL && i < hands->config.sockets; i++)
        drop(hands->sockets[i].board);
    for (unsigned i = 0; i < hands->fault_count; i++)
        free(hands->faults[i]);
    free(hands->faults);
    free(hands->sockets);
    free(hands->insertions);
    pthread_mutex_destroy(&hands->lock);
    free(hands);
}

void vb_hands_destroy_cleanup(struct vb_hands **hands)
{
    vb_hands_destroy(*hands);
}

void vb_hands_url(const struct vb_hands *hands, unsigned socket, char *url, size_t size)
{
    snprintf(url, size, "sim:%s/%u", vb__chip_in_urls(&hands->pattern), socket);
}

const struct eg_port_scheme *vb_hands_scheme(struct vb_hands *hands)
{
    return &hands->scheme;
}

/* The insertion that the result is of; NULL = none waits for one. */
static struct vb_insertion *told_of(struct vb_hands *hands, const struct socket *socket, const char *mac)
{
    for (size_t i = 0; i < hands->count; i++) {
        struct vb_insertion *const one = &hands->insertions[i];

        if (one->socket == socket->number && !one->told && (mac[0] == '\0' || strcmp(one->mac, mac) == 0))
            return one;
    }
    return NULL;
}

void vb_hands_tell(struct vb_hands *hands, const char *url, const char *mac)
{
    struct socket *const socket = socket_of(hands, url);

    if (socket == NULL)
        return;
    pthread_mutex_lock(&hands->lock);
    move(hands, socket);
    struct vb_insertion *const one = told_of(hands, socket, mac);
    if (one != NULL)
        one->told = true;
    if (one == &hands->insertions[socket->current] && socket->in) {
        socket->at_ms = eg_clock_ms();
        if (hands->config.way != VB_HANDS_READY)
            socket->at_ms += pause_ms(hands, socket, REACTION_MS, REACTION_MAX_MS);
        socket->whole = socket->bytes > 0 ? socket->bytes : socket->whole;
        socket->pull_at = NEVER;
    }
    pthread_mutex_unlock(&hands->lock);
}

bool vb_hands_done(struct vb_hands *hands)
{
    bool done = hands->config.insertions != 0;

    pthread_mutex_lock(&hands->lock);
    for (unsigned i = 0; i < hands->config.sockets && done; i++) {
        move(hands, &hands->sockets[i]);
        done = hands->sockets[i].left == 0;
    }
    for (size_t i = 0; i < hands->count && done; i++)
        done = hands->insertions[i].told;
    pthread_mutex_unlock(&hands->lock);
    return done;
}

enum eg_code vb_hands_check(struct vb_hands *hands, struct eg_error *err)
{
    pthread_mutex_lock(&hands->lock);
    *err = hands->failed;
    pthread_mutex_unlock(&hands->lock);
    return err->code;
}

const struct vb_insertion *vb_hands_insertions(const struct vb_hands *hands, unsigned *count)
{
    *count = (unsigned)hands->count;
    return hands->insertions;
}
