/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Simulated boards on pseudo-terminals, for programs that want a path.
 *
 * One thread and one poll, as with RFC 2217. Without a client a pty hangs up, which poll() reports for ever;
 * so such a pty is looked at only every VB_WAIT_MAX_US, and what the board sends meanwhile is thrown away.
 *
 * A pty has neither modem lines nor a wire. So the lines come by a socket (lines.h), if at all, and with them
 * the rate that the client has set counts; otherwise it is always the board's. The rate is looked up whenever
 * bytes or requests come, because nothing tells of a change.
 *
 * A board whose port is gone closes its pty; when it comes back it has another one, like a replugged adapter.
 * A link of --link follows.
 */

#define _DEFAULT_SOURCE /* TCGETS2 */

#include "tools/vboard/carrier/adapter.h"
#include "tools/vboard/carrier/lines.h"
#include "tools/vboard/carrier/termios2.h"
#include "tools/vboard/carrier/wait.h"

#include "engine/base/bytes.h"
#include "engine/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define READ_SIZE 1024

struct terminal {
    struct vb_adapter *adapter;
    int master; /* -1 = the board is unplugged */
    bool idle;  /* no client had it open when last looked at */
    char path[64];
    char link[512]; /* "" = none */
    bool has_lines;
    struct vb__lines lines;
    bool dtr, rts; /* as the client has set them */
    uint8_t out[READ_SIZE];
    size_t out_at, out_size;
};

struct vb_pty {
    struct terminal *terminals;
    unsigned count;
    struct pollfd *polls; /* stop, then every terminal, then the lines of every terminal */
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
        const speed_t rate = cfgetospeed(&settings);
        settings.c_iflag = 0;
        settings.c_oflag = 0;
        settings.c_lflag = 0;
        settings.c_cflag = CS8 | CREAD | CLOCAL;
        cfsetispeed(&settings, rate);
        cfsetospeed(&settings, rate);
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

/* Read the client's settings; false if the pty is gone. */
static bool settings_of(const struct terminal *terminal, struct termios2 *settings)
{
    return ioctl(terminal->master, TCGETS2, settings) == 0;
}

static void follow_rate(struct terminal *terminal)
{
    struct termios2 settings;

    if (terminal->has_lines && settings_of(terminal, &settings) && settings.c_ospeed != 0 &&
        settings.c_ospeed != terminal->adapter->baud)
        vb_adapter_set_baud(terminal->adapter, settings.c_ospeed);
}

static enum eg_code open_lines(struct terminal *terminal, struct eg_error *err)
{
    char path[sizeof terminal->link + sizeof VB_LINES_SUFFIX];

    terminal->dtr = terminal->rts = false;
    if (!terminal->has_lines)
        return EG_OK;
    snprintf(path, sizeof path, "%s%s", terminal->link, VB_LINES_SUFFIX);
    return vb__lines_open(&terminal->lines, path, err);
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
    follow_rate(terminal);
    vb_adapter_discard(terminal->adapter); /* what came at another rate, while there was no terminal */
    EG_TRY(open_lines(terminal, err));
    return make_link(terminal, err);
}

static void close_terminal(struct terminal *terminal)
{
    char there[sizeof terminal->path + 1];

    if (terminal->master < 0)
        return;
    close(terminal->master);
    terminal->master = -1;
    vb__lines_close(&terminal->lines);
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

static void set_lines(struct terminal *terminal, bool dtr, bool rts)
{
    vb_adapter_set_lines(terminal->adapter, dtr, rts);
    terminal->dtr = dtr;
    terminal->rts = rts;
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

/* Take what the board has sent by now. */
static void write_client(struct terminal *terminal)
{
    if (terminal->master < 0)
        return;
    if (terminal->idle) {
        vb_adapter_discard(terminal->adapter);
        return;
    }
    follow_rate(terminal);
    while (terminal->out_size == 0) {
        terminal->out_size = vb_adapter_read(terminal->adapter, terminal->out, sizeof terminal->out);
        if (terminal->out_size == 0)
            return;
        flush(terminal);
    }
}

/* False when nothing had come. */
static bool read_client(struct terminal *terminal)
{
    uint8_t data[READ_SIZE];
    const ssize_t got = read(terminal->master, data, sizeof data);

    follow_rate(terminal);
    if (got > 0)
        vb_adapter_write(terminal->adapter, data, (size_t)got);
    return got > 0;
}

static unsigned char answer_to(struct terminal *terminal, unsigned char request)
{
    if (request == VB_LINES_UNSENT) {
        const size_t unsent = VB_ADAPTER_SIZE - vb_adapter_room(terminal->adapter);
        return unsent < UINT8_MAX ? (unsigned char)unsent : UINT8_MAX;
    }
    if (request >= VB_LINES_SET && request <= VB_LINES_SET + (VB_LINES_DTR | VB_LINES_RTS))
        set_lines(terminal, (request & VB_LINES_DTR) != 0, (request & VB_LINES_RTS) != 0);
    return (unsigned char)(VB_LINES_SET + (terminal->dtr ? VB_LINES_DTR : 0) +
                           (terminal->rts ? VB_LINES_RTS : 0));
}

/* Bytes that the client wrote before its request are taken first, even if the adapter has no room. */
static void serve_lines(struct terminal *terminal)
{
    unsigned char request;

    if (!vb__lines_take(&terminal->lines, &request))
        return;
    while (read_client(terminal))
        ;
    vb__lines_answer(&terminal->lines, answer_to(terminal, request));
}

/* Set what to wait for at one terminal; return the latest time to wait until. */
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

/* Closing a serial port releases its lines, unless it was asked not to. */
static void release_lines(struct terminal *terminal)
{
    struct termios2 settings;

    if ((terminal->dtr || terminal->rts) && settings_of(terminal, &settings) &&
        (settings.c_cflag & HUPCL) != 0)
        set_lines(terminal, false, false);
}

/* Return whether a client has opened an idle terminal: it no longer hangs up, or there are bytes to read. */
static void look_for_client(struct terminal *terminal, struct eg_error *err)
{
    struct pollfd slot = {.fd = terminal->master, .events = POLLIN};

    if (!terminal->idle || terminal->master < 0 || vb__wait_until_us(&slot, 1, 0, err) != EG_OK)
        return;
    terminal->idle = (slot.revents & POLLIN) == 0 && (slot.revents & (POLLHUP | POLLERR)) != 0;
    if (terminal->idle)
        release_lines(terminal);
}

enum eg_code vb_pty_run(struct vb_pty *server, int stop_fd, struct eg_error *err)
{
    struct pollfd *const polls = server->polls;
    struct pollfd *const lines = polls + 1 + server->count;

    for (;;) {
        uint64_t until_us = UINT64_MAX;

        polls[0] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
        for (unsigned i = 0; i < server->count; i++) {
            EG_TRY(follow_presence(&server->terminals[i], err));
            look_for_client(&server->terminals[i], err);
            write_client(&server->terminals[i]);
            const uint64_t wanted_us = prepare(&server->terminals[i], &polls[1 + i]);
            until_us = wanted_us < until_us ? wanted_us : until_us;
            lines[i] = (struct pollfd){.fd = vb__lines_fd(&server->terminals[i].lines), .events = POLLIN};
        }
        EG_TRY(vb__wait_until_us(polls, 1 + 2 * (nfds_t)server->count, until_us, err));
        if (polls[0].revents != 0)
            return EG_OK;
        for (unsigned i = 0; i < server->count; i++) {
            serve(&server->terminals[i], &polls[1 + i]);
            if (lines[i].revents != 0)
                serve_lines(&server->terminals[i]);
        }
    }
}

enum eg_code vb_pty_create(struct vb_pty **server, struct vb_gang *gang, const char *link_dir, bool lines,
                           struct eg_error *err)
{
    EG_CLEANUP(vb_pty_destroy_cleanup) struct vb_pty *made = NULL;
    const unsigned count = vb_gang_count(gang);

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    EG_TRY(eg_alloc(&made->polls, 1 + 2 * (size_t)count, sizeof *made->polls, err));
    EG_TRY(eg_alloc(&made->terminals, count, sizeof *made->terminals, err));
    for (; made->count < count; made->count++) {
        struct terminal *terminal = &made->terminals[made->count];

        terminal->adapter = vb_gang_adapter(gang, made->count + 1);
        terminal->master = -1;
        terminal->lines.listener = terminal->lines.caller = -1;
        terminal->has_lines = lines && link_dir != NULL;
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
