/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Simulated boards on pseudo-terminals, for programs that want a path.
 *
 * One thread and one poll, as with RFC 2217. A pty has no wire, so its rate means nothing here: it is always
 * the board's. Without a client a pty hangs up, which poll() reports for ever; so such a pty is looked at
 * only every VB_WAIT_MAX_US, and what the board sends meanwhile is thrown away.
 *
 * A board whose port is gone closes its pty; when it comes back it has another one, like a replugged adapter.
 * A link of --link follows.
 */

#include "tools/vboard/adapter.h"
#include "tools/vboard/wait.h"

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define READ_SIZE 1024

struct terminal {
    struct vb_adapter *adapter;
    int master; /* -1 = the board is unplugged */
    bool idle;  /* no client had it open when last looked at */
    char path[64];
    char link[512]; /* "" = none */
    uint8_t out[READ_SIZE];
    size_t out_at, out_size;
};

struct vb_pty {
    struct terminal *terminals;
    unsigned count;
    struct pollfd *polls; /* stop, then every terminal */
};

/* It stays so when the descriptor is closed, because the master is open. */
static enum eg_code set_raw(const char *path, struct eg_error *err)
{
    struct termios settings;
    const int slave = open(path, O_RDWR | O_NOCTTY);

    if (slave < 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "%s", path);
    const bool done = tcgetattr(slave, &settings) == 0;
    if (done) {
        settings.c_iflag = 0;
        settings.c_oflag = 0;
        settings.c_lflag = 0;
        settings.c_cflag = CS8 | CREAD | CLOCAL;
        settings.c_cc[VMIN] = 1;
        settings.c_cc[VTIME] = 0;
    }
    const bool set = done && tcsetattr(slave, TCSANOW, &settings) == 0;
    const int reason = errno;
    close(slave);
    return set ? EG_OK : eg_error_errno(err, EG_NO_PORT, reason, "%s: making it raw", path);
}

/* A link left by a program that was killed is in the way; anything else there is left alone. */
static enum eg_code make_link(const struct terminal *terminal, struct eg_error *err)
{
    char there[1];

    if (terminal->link[0] == '\0')
        return EG_OK;
    if (readlink(terminal->link, there, sizeof there) >= 0)
        unlink(terminal->link);
    if (symlink(terminal->path, terminal->link) != 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "link %s", terminal->link);
    return EG_OK;
}

static enum eg_code open_terminal(struct terminal *terminal, struct eg_error *err)
{
    terminal->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal->master < 0 || grantpt(terminal->master) != 0 || unlockpt(terminal->master) != 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "opening a pseudo-terminal");
    EG_TRY(vb__set_nonblocking(terminal->master, err));
    snprintf(terminal->path, sizeof terminal->path, "%s", ptsname(terminal->master));
    EG_TRY(set_raw(terminal->path, err));
    terminal->idle = true;
    vb_adapter_set_baud(terminal->adapter, 0);
    return make_link(terminal, err);
}

static void close_terminal(struct terminal *terminal)
{
    char there[sizeof terminal->path + 1];

    if (terminal->master < 0)
        return;
    close(terminal->master);
    terminal->master = -1;
    terminal->out_at = terminal->out_size = 0;
    if (terminal->link[0] == '\0')
        return;
    const ssize_t length = readlink(terminal->link, there, sizeof there - 1);
    if (length < 0)
        return;
    there[length] = '\0';
    if (strcmp(there, terminal->path) == 0)
        unlink(terminal->link);
}

static enum eg_code follow_presence(struct terminal *terminal, struct eg_error *err)
{
    const bool present = vb_adapter_present(terminal->adapter);

    if (present && terminal->master < 0)
        return open_terminal(terminal, err);
    if (!present)
        close_terminal(terminal);
    return EG_OK;
}

static void flush(struct terminal *terminal)
{
    while (terminal->out_at < terminal->out_size) {
        const ssize_t put =
            write(terminal->master, terminal->out + terminal->out_at, terminal->out_size - terminal->out_at);

        if (put <= 0)
            return; /* full: poll tells when there is room; hung up: poll tells that too */
        terminal->out_at += (size_t)put;
    }
    terminal->out_at = terminal->out_size = 0;
}

/* What the board has sent by now. */
static void write_client(struct terminal *terminal)
{
    if (terminal->master < 0)
        return;
    if (terminal->idle) {
        vb_adapter_discard(terminal->adapter);
        return;
    }
    while (terminal->out_size == 0) {
        terminal->out_size = vb_adapter_read(terminal->adapter, terminal->out, sizeof terminal->out);
        if (terminal->out_size == 0)
            return;
        flush(terminal);
    }
}

static void read_client(struct terminal *terminal)
{
    uint8_t data[READ_SIZE];
    const ssize_t got = read(terminal->master, data, sizeof data);

    if (got > 0)
        vb_adapter_write(terminal->adapter, data, (size_t)got);
}

/* What to wait for at one terminal; returns until when at most. */
static uint64_t prepare(struct terminal *terminal, struct pollfd *slot)
{
    const uint64_t now_us = vb_adapter_now_us(terminal->adapter);
    uint64_t until_us = now_us + VB_WAIT_MAX_US;

    *slot = (struct pollfd){.fd = terminal->idle ? -1 : terminal->master};
    if (slot->fd < 0)
        return until_us;
    if (vb_adapter_room(terminal->adapter) >= READ_SIZE) {
        slot->events |= POLLIN;
    } else {
        const uint64_t room_us = vb_adapter_room_us(terminal->adapter, READ_SIZE);
        until_us = room_us < until_us ? room_us : until_us;
    }
    if (terminal->out_size > 0) {
        slot->events |= POLLOUT;
        return until_us;
    }
    const uint64_t next_us = vb_adapter_next_us(terminal->adapter);
    if (next_us < until_us)
        until_us = (next_us > now_us ? next_us : now_us) + VB_ADAPTER_GATHER_US;
    return until_us;
}

static void serve(struct terminal *terminal, const struct pollfd *slot)
{
    if ((slot->revents & POLLOUT) != 0)
        flush(terminal);
    if ((slot->revents & POLLIN) != 0)
        read_client(terminal);
    else if ((slot->revents & (POLLHUP | POLLERR)) != 0) {
        terminal->idle = true;
        terminal->out_at = terminal->out_size = 0;
    }
}

/* Whether somebody has opened an idle terminal: it no longer hangs up, or there are bytes to read. */
static void look_for_client(struct terminal *terminal, struct eg_error *err)
{
    struct pollfd slot = {.fd = terminal->master, .events = POLLIN};

    if (!terminal->idle || terminal->master < 0 || vb__wait_until_us(&slot, 1, 0, err) != EG_OK)
        return;
    terminal->idle = (slot.revents & POLLIN) == 0 && (slot.revents & (POLLHUP | POLLERR)) != 0;
}

enum eg_code vb_pty_run(struct vb_pty *server, int stop_fd, struct eg_error *err)
{
    struct pollfd *const polls = server->polls;

    for (;;) {
        uint64_t until_us = UINT64_MAX;

        polls[0] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
        for (unsigned i = 0; i < server->count; i++) {
            EG_TRY(follow_presence(&server->terminals[i], err));
            look_for_client(&server->terminals[i], err);
            write_client(&server->terminals[i]);
            const uint64_t wanted_us = prepare(&server->terminals[i], &polls[1 + i]);
            until_us = wanted_us < until_us ? wanted_us : until_us;
        }
        EG_TRY(vb__wait_until_us(polls, 1 + server->count, until_us, err));
        if (polls[0].revents != 0)
            return EG_OK;
        for (unsigned i = 0; i < server->count; i++)
            serve(&server->terminals[i], &polls[1 + i]);
    }
}

enum eg_code vb_pty_create(struct vb_pty **server, struct vb_gang *gang, const char *link_dir,
                           struct eg_error *err)
{
    EG_CLEANUP(vb_pty_destroy_cleanup) struct vb_pty *made = NULL;
    const unsigned count = vb_gang_count(gang);

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    EG_TRY(eg_alloc(&made->polls, 1 + (size_t)count, sizeof *made->polls, err));
    EG_TRY(eg_alloc(&made->terminals, count, sizeof *made->terminals, err));
    for (; made->count < count; made->count++) {
        struct terminal *terminal = &made->terminals[made->count];

        terminal->adapter = vb_gang_adapter(gang, made->count + 1);
        terminal->master = -1;
        if (link_dir != NULL && (size_t)snprintf(terminal->link, sizeof terminal->link, "%s/board%u",
                                                 link_dir, made->count + 1) >= sizeof terminal->link)
            return eg_error_set(err, EG_NO_PORT, "%.64s...: longer than %zu characters", link_dir,
                                sizeof terminal->link - 1);
    }
    for (unsigned i = 0; i < count; i++)
        EG_TRY(follow_presence(&made->terminals[i], err));
    *server = made;
    made = NULL;
    return EG_OK;
}

void vb_pty_destroy(struct vb_pty *server)
{
    if (server == NULL)
        return;
    for (unsigned i = 0; i < server->count; i++)
        close_terminal(&server->terminals[i]);
    free(server->terminals);
    free(server->polls);
    free(server);
}

void vb_pty_destroy_cleanup(struct vb_pty **server)
{
    vb_pty_destroy(*server);
}

const char *vb_pty_path(const struct vb_pty *server, unsigned number)
{
    const struct terminal *terminal = &server->terminals[number - 1];

    return terminal->link[0] != '\0' ? terminal->link : terminal->path;
}
