/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A connection by gensio, and its bytes both ways.
 *
 * gensio is driven by callbacks, because its blocking calls never see the answers to RFC 2217 requests. Every
 * port has its own selector, without threads, locks or signals. It runs only while a call of this file waits,
 * on the thread of that call. So ports share nothing, and a callback needs no lock.
 *
 * "Drained" means that the bytes have left this process: only a server knows when it has sent them on.
 *
 * gensio's selector has a table for descriptors below FD_SETSIZE and does not check it, so a port is refused
 * before that is full.
 *
 * Not here: addresses and their kinds (gensio.c); rate and lines over RFC 2217 (rfc2217.c); telnet itself,
 * which is gensio's part, byte 0xff included.
 */

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "engine/link/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <gensio/gensio.h>
#include <gensio/gensio_unix.h>
#include <gensio/selector.h>
#include <gensio/sergensio.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#define CLOSE_TIMEOUT_MS 500
#define CLOSE_ROUNDS     1000

#define SLIP_END 0xc0 /* of a loader's frames */

#define DESCRIPTORS_LEFT 64 /* for what other threads open meanwhile */

/*
 * gensio makes its tables and loads its plugins at first use, and a thread that comes while another is at it
 * finds them half done. The os functions they were made with stay, because locks in the tables are theirs.
 */
static void prepare_gensio(void)
{
    static struct gensio_os_funcs *os;
    struct selector_s *selector;
    struct gensio *io; /* never opened */

    if (sel_alloc_selector_nothread(&selector) != 0 || gensio_unix_funcs_alloc(selector, 0, &os) != 0)
        return;
    if (str_to_gensio("telnet,tcp,127.0.0.1,1", os, NULL, NULL, &io) == 0)
        gensio_free(io);
    if (str_to_gensio("serialdev(nouucplock),/dev/null,115200N81", os, NULL, NULL, &io) == 0)
        gensio_free(io);
}

void eg__sigpipe_hold(sigset_t *before)
{
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, before);
}

void eg__sigpipe_release(const sigset_t *before)
{
    const struct timespec at_once = {0, 0};
    sigset_t pipe_only;

    if (sigismember(before, SIGPIPE))
        return;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigtimedwait(&pipe_only, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

bool eg__channel_serve(struct eg__channel *channel, uint64_t until_us)
{
    const uint64_t now_us = eg_clock_us();
    const uint64_t left_us = until_us > now_us ? until_us - now_us : 0;
    gensio_time left = {(int64_t)(left_us / 1000000), (int32_t)(left_us % 1000000 * 1000)};
    sigset_t before;

    eg__sigpipe_hold(&before);
    const int result = gensio_os_funcs_service(channel->os, &left);
    eg__sigpipe_release(&before);
    return result != GE_TIMEDOUT;
}

static void keep_said(struct eg__channel *channel, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && !channel->said_more; i++) {
        const bool text = data[i] == '\r' || data[i] == '\n' || data[i] == '\t' || data[i] >= ' ';

        if (channel->said_size == sizeof channel->said - 1 || !text || data[i] == SLIP_END)
            channel->said_more = true;
        else
            channel->said[channel->said_size++] = (char)data[i];
    }
}

static size_t take(struct eg__channel *channel, const uint8_t *data, size_t size)
{
    if (channel->at > 0 && channel->end + size > sizeof channel->input) {
        memmove(channel->input, channel->input + channel->at, channel->end - channel->at);
        channel->end -= channel->at;
        channel->at = 0;
    }
    if (size > sizeof channel->input - channel->end)
        size = sizeof channel->input - channel->end;
    keep_said(channel, data, size);
    memcpy(channel->input + channel->end, data, size);
    channel->end += size;
    return size;
}

static int on_event(struct gensio *io, void *context, int event, int error, unsigned char *data,
                    gensiods *size, const char *const *auxdata)
{
    struct eg__channel *channel = context;

    (void)auxdata;
    if (event == GENSIO_EVENT_WRITE_READY) {
        channel->writable = true;
        gensio_set_write_callback_enable(io, false);
        return 0;
    }
    if (event != GENSIO_EVENT_READ)
        return GE_NOTSUP;
    if (error != 0) {
        channel->lost = error;
        gensio_set_read_callback_enable(io, false);
        gensio_set_write_callback_enable(io, false);
        return 0;
    }
    const size_t taken = take(channel, data, *size);
    if (taken < *size)
        gensio_set_read_callback_enable(io, false);
    *size = taken;
    return 0;
}

static void on_open(struct gensio *io, int error, void *context)
{
    struct eg__channel *channel = context;

    (void)io;
    channel->opened = true;
    channel->open_error = error;
}

static void on_close(struct gensio *io, void *context)
{
    (void)io;
    ((struct eg__channel *)context)->closed = true;
}

/* Find the last line that is not empty; false if there is none. */
static bool last_line(char line[sizeof((struct eg__channel *)0)->said], const struct eg__channel *channel)
{
    char text[sizeof channel->said];
    char *rest, *word;

    memcpy(text, channel->said, sizeof text);
    line[0] = '\0';
    for (word = strtok_r(text, "\r\n", &rest); word != NULL; word = strtok_r(NULL, "\r\n", &rest))
        if (word[strspn(word, " \t")] != '\0')
            memmove(line, word, strlen(word) + 1);
    eg_text_make_harmless(line);
    return line[0] != '\0';
}

enum eg_code eg__channel_gone(const struct eg__channel *channel, struct eg_error *err)
{
    char line[sizeof channel->said];

    if (channel->port.remote && !channel->said_more && last_line(line, channel))
        return eg_error_set(err, EG_PORT_REFUSED, "%s: the server said \"%s\" and closed the connection",
                            channel->port.url, line);
    return eg_error_set(err, EG_PORT_GONE, "%s: %s", channel->port.url,
                        channel->lost == GE_REMCLOSE ? "the other end closed the connection"
                                                     : gensio_err_to_str(channel->lost));
}

enum eg_code eg__channel_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                              uint32_t timeout_ms, struct eg_error *err)
{
    struct eg__channel *channel = (struct eg__channel *)port;
    const uint64_t until_us = eg__after_ms(timeout_ms);

    while (channel->at == channel->end && channel->lost == 0)
        if (!eg__channel_serve(channel, until_us) && eg_clock_us() >= until_us)
            break;
    const size_t waiting = channel->end - channel->at;
    if (waiting == 0 && channel->lost != 0)
        return eg__channel_gone(channel, err);
    *got = size < waiting ? size : waiting;
    memcpy(data, channel->input + channel->at, *got);
    channel->at += *got;
    if (channel->at == channel->end) {
        channel->at = channel->end = 0;
        if (channel->lost == 0)
            gensio_set_read_callback_enable(channel->io, true);
    }
    return EG_OK;
}

/* Wait until gensio has nothing left to send. */
static enum eg_code wait_writable(struct eg__channel *channel, uint64_t until_us, struct eg_error *err)
{
    channel->writable = false;
    gensio_set_write_callback_enable(channel->io, true);
    while (!channel->writable && channel->lost == 0)
        if (!eg__channel_serve(channel, until_us) && eg_clock_us() >= until_us)
            return EG_OK;
    return channel->lost != 0 ? eg__channel_gone(channel, err) : EG_OK;
}

enum eg_code eg__channel_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                               uint32_t timeout_ms, struct eg_error *err)
{
    struct eg__channel *channel = (struct eg__channel *)port;
    const uint64_t until_us = eg__after_ms(timeout_ms);

    for (;;) {
        gensiods taken = 0;
        sigset_t before;

        if (channel->lost == 0) {
            eg__sigpipe_hold(&before);
            channel->lost = gensio_write(channel->io, &taken, data, size, NULL);
            eg__sigpipe_release(&before);
        }
        if (channel->lost != 0)
            return eg__channel_gone(channel, err);
        *put = taken;
        if (taken > 0)
            return EG_OK;
        EG_TRY(wait_writable(channel, until_us, err));
        if (!channel->writable)
            return EG_OK;
    }
}

enum eg_code eg__channel_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    struct eg__channel *channel = (struct eg__channel *)port;

    EG_TRY(wait_writable(channel, eg__after_ms(timeout_ms), err));
    *done = channel->writable;
    return EG_OK;
}

enum eg_code eg__channel_discard(struct eg_port *port, struct eg_error *err)
{
    struct eg__channel *channel = (struct eg__channel *)port;
    size_t rounds = 0;

    do {
        channel->at = channel->end = 0;
        if (channel->lost != 0)
            return eg__channel_gone(channel, err);
        gensio_set_read_callback_enable(channel->io, true);
    } while (eg__channel_serve(channel, 0) && ++rounds < 100); /* a board that never stops talking */
    channel->at = channel->end = 0;
    return EG_OK;
}

void eg__channel_close(struct eg_port *port)
{
    struct eg__channel *channel = (struct eg__channel *)port;
    const uint64_t until_us = eg__after_ms(CLOSE_TIMEOUT_MS);

    if (channel->io != NULL) {
        if (gensio_close(channel->io, on_close, channel) == 0) {
            while (!channel->closed && eg_clock_us() < until_us)
                eg__channel_serve(channel, until_us);
            for (unsigned i = 0; !channel->closed && i < CLOSE_ROUNDS && eg__channel_serve(channel, 0); i++)
                ; /* a slow machine: gensio_disable() crashes when only the last steps are missing */
            if (!channel->closed)
                gensio_disable(channel->io); /* a peer that reads nothing */
        }
        gensio_free(channel->io);
        while (eg__channel_serve(channel, 0)) /* what gensio put off */
            ;
    }
    if (channel->os != NULL)
        gensio_os_funcs_free(channel->os);
    if (channel->selector != NULL)
        sel_free_selector(channel->selector);
    if (channel->lock_fd >= 0)
        close(channel->lock_fd);
    free(channel);
}

static void close_cleanup(struct eg__channel **channel)
{
    if (*channel != NULL)
        eg__channel_close(&(*channel)->port);
}

static enum eg_code code_of(int error)
{
    switch (error) {
    case GE_INUSE:
        return EG_PORT_BUSY;
    case GE_PERM:
    case GE_NOTSUP:
    case GE_INVAL:
        return EG_PORT_REFUSED;
    case GE_NOMEM:
        return EG_NO_MEMORY;
    case GE_REMCLOSE:
        return EG_PORT_GONE;
    default:
        return EG_NO_PORT;
    }
}

/* Return whether gensio may use these descriptors: its selector has a table of FD_SETSIZE and does not check
 * the index. */
static bool has_room(void)
{
    const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    close(fd);
    return fd + DESCRIPTORS_LEFT < FD_SETSIZE;
}

static enum eg_code no_room(const char *url, struct eg_error *err)
{
    return eg_error_set(
        err, EG_PORT_REFUSED,
        "%s: too many open files: network ports of one program must have descriptors below %d, so "
        "about %d can be open at once",
        url, FD_SETSIZE, (FD_SETSIZE - DESCRIPTORS_LEFT) / 2);
}

/* Opened by one thread at a time, so that none of them takes the room that another has seen. */
static enum eg_code start(struct eg__channel *channel, const char *address, struct eg_error *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const char *url = channel->port.url;

    pthread_mutex_lock(&lock);
    const bool selector_fits = has_room();
    const bool made = selector_fits && sel_alloc_selector_nothread(&channel->selector) == 0 &&
                      gensio_unix_funcs_alloc(channel->selector, 0, &channel->os) == 0 && channel->os != NULL;
    pthread_mutex_unlock(&lock);
    if (!selector_fits)
        return no_room(url, err);
    if (!made)
        return eg_error_set(err, EG_NO_MEMORY, "%s: no memory for the connection", url);

    int error = str_to_gensio(address, channel->os, on_event, channel, &channel->io); /* may ask a resolver */
    pthread_mutex_lock(&lock);
    const bool fits = has_room();
    if (error == 0 && fits)
        error = gensio_open(channel->io, on_open, channel);
    pthread_mutex_unlock(&lock);
    if (error == 0 && !fits)
        return no_room(url, err);
    return error == 0 ? EG_OK : eg_error_set(err, code_of(error), "%s: %s", url, gensio_err_to_str(error));
}

enum eg_code eg__channel_open(struct eg_port **port, const struct eg_port_ops *ops, const char *url,
                              const char *address, uint32_t timeout_ms, const struct eg_cancel *cancel,
                              struct eg_error *err)
{
    static pthread_once_t prepared = PTHREAD_ONCE_INIT; /* the library's tables are the process's */
    EG_CLEANUP(close_cleanup) struct eg__channel *channel = NULL;

    pthread_once(&prepared, prepare_gensio);
    EG_TRY(eg_alloc(&channel, 1, sizeof *channel, err));
    channel->port.ops = ops;
    channel->port.cancel = cancel;
    channel->lock_fd = -1;
    snprintf(channel->port.url, sizeof channel->port.url, "%s", url);
    EG_TRY(start(channel, address, err));

    const uint64_t until_us = eg__after_ms(timeout_ms);
    while (!channel->opened) {
        const uint64_t slice_us = eg__after_ms(EG_CANCEL_POLL_MS);
        if (eg_cancel_requested(cancel))
            return eg_error_set(err, EG_CANCELLED, "%s: cancelled", url);
        if (eg_clock_us() >= until_us)
            return eg_error_set(err, EG_NO_PORT, "%s: no connection within %g s", url, timeout_ms / 1000.0);
        eg__channel_serve(channel, slice_us < until_us ? slice_us : until_us);
    }
    if (channel->open_error != 0)
        return eg_error_set(err, code_of(channel->open_error), "%s: %s", url,
                            gensio_err_to_str(channel->open_error));
    gensio_set_read_callback_enable(channel->io, true);
    *port = &channel->port;
    channel = NULL;
    return EG_OK;
}
