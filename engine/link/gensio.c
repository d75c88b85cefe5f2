/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A port over RFC 2217, TCP or a tty that is not a serial port, by gensio.
 *
 * gensio is driven by callbacks, because its blocking calls never see the answers to RFC 2217 requests. Every
 * port has its own selector, without threads, locks or signals. It runs only while a call of this file waits,
 * on the thread of that call. So ports share nothing, and a callback needs no lock.
 *
 * Over RFC 2217 a change of rate or lines is complete when the server has acknowledged it, because the timing
 * of a reset depends on it. Lines that change together go in one packet, and unchanged lines are left out:
 * esp_rfc2217_server takes each request as a step of a reset, which it then runs itself. It acknowledges no
 * line, nor does ser2net for a device without lines; a server that does not answer the first request is told
 * of lines without waiting. "Drained" means that the bytes have left this process: only the server knows when
 * it has sent them on.
 *
 * gensio's selector has a table for descriptors below FD_SETSIZE and does not check it, so a port is refused
 * before that is full.
 *
 * Not here: telnet and RFC 2217 themselves, which are gensio's part, byte 0xff included.
 */

#include "engine/base/bytes.h"
#include "engine/base/text.h"
#include "engine/link/carriers.h"

#include <errno.h>
#include <fcntl.h>
#include <gensio/gensio.h>
#include <gensio/gensio_unix.h>
#include <gensio/selector.h>
#include <gensio/sergensio.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 5000
#define LINES_TIMEOUT_MS   2000
#define ANSWER_TIMEOUT_MS  10000 /* gensio gives up before */
#define AGREE_TIMEOUT_MS   1000
#define AGREE_POLL_MS      10
#define CLOSE_TIMEOUT_MS   500

#define SLIP_END 0xc0 /* of a loader's frames */

#define DESCRIPTORS_LEFT 64 /* for what other threads open meanwhile */

struct channel {
    struct eg_port port;
    struct selector_s *selector;
    struct gensio_os_funcs *os;
    struct gensio *io;
    int lock_fd;    /* of a tty, held against other programs; -1 = none */
    char said[200]; /* the first bytes received, as text of a server that closes at once */
    size_t said_size;
    bool said_more;       /* more came than fits, or no text: a board is talking */
    uint8_t input[65536]; /* received, not read: bytes at..end */
    size_t at, end;
    bool opened, closed, writable;
    bool mute_lines; /* the server does not acknowledge lines */
    int open_error;  /* of gensio, as the next two */
    int lost;        /* why the connection is no more; 0 = it is there */
    int refused;     /* the first bad answer to a change */
    unsigned asked;  /* changes without an answer yet */
    uint32_t answer; /* the value in the last answer */
};

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

/* gensio writes to sockets in a way that raises SIGPIPE when the peer is gone. */
static void hold_sigpipe(sigset_t *before)
{
    sigset_t pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, before);
}

static void release_sigpipe(const sigset_t *before)
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

/* Let gensio do one round of work, waiting for some until then; false when there was none. */
static bool serve(struct channel *channel, uint64_t until_us)
{
    const uint64_t now_us = eg_clock_us();
    const uint64_t left_us = until_us > now_us ? until_us - now_us : 0;
    gensio_time left = {(int64_t)(left_us / 1000000), (int32_t)(left_us % 1000000 * 1000)};
    sigset_t before;

    hold_sigpipe(&before);
    const int result = gensio_os_funcs_service(channel->os, &left);
    release_sigpipe(&before);
    return result != GE_TIMEDOUT;
}

static uint64_t after_ms(uint32_t duration_ms)
{
    return eg_clock_us() + (uint64_t)duration_ms * 1000;
}

static void keep_said(struct channel *channel, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && !channel->said_more; i++) {
        const bool text = data[i] == '\r' || data[i] == '\n' || data[i] == '\t' || data[i] >= ' ';

        if (channel->said_size == sizeof channel->said - 1 || !text || data[i] == SLIP_END)
            channel->said_more = true;
        else
            channel->said[channel->said_size++] = (char)data[i];
    }
}

static size_t take(struct channel *channel, const uint8_t *data, size_t size)
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
    struct channel *channel = context;

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
    struct channel *channel = context;

    (void)io;
    channel->opened = true;
    channel->open_error = error;
}

static void on_close(struct gensio *io, void *context)
{
    (void)io;
    ((struct channel *)context)->closed = true;
}

static void on_answer(struct sergensio *serial, int error, unsigned value, void *context)
{
    struct channel *channel = context;

    (void)serial;
    channel->asked--;
    channel->answer = value;
    if (error != 0 && channel->refused == 0)
        channel->refused = error;
}

/* The last line that is not empty; false when there is none. */
static bool last_line(char line[sizeof((struct channel *)0)->said], const struct channel *channel)
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

/* A server that cannot give the port says why in a line and closes; ser2net and labgrid do. */
static enum eg_code gone(const struct channel *channel, struct eg_error *err)
{
    char line[sizeof channel->said];

    if (channel->port.remote && !channel->said_more && last_line(line, channel))
        return eg_error_set(err, EG_PORT_REFUSED, "%s: the server said \"%s\" and closed the connection",
                            channel->port.url, line);
    return eg_error_set(err, EG_PORT_GONE, "%s: %s", channel->port.url,
                        channel->lost == GE_REMCLOSE ? "the other end closed the connection"
                                                     : gensio_err_to_str(channel->lost));
}

static enum eg_code channel_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                                 uint32_t timeout_ms, struct eg_error *err)
{
    struct channel *channel = (struct channel *)port;
    const uint64_t until_us = after_ms(timeout_ms);

    while (channel->at == channel->end && channel->lost == 0)
        if (!serve(channel, until_us) && eg_clock_us() >= until_us)
            break;
    const size_t waiting = channel->end - channel->at;
    if (waiting == 0 && channel->lost != 0)
        return gone(channel, err);
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
static enum eg_code wait_writable(struct channel *channel, uint64_t until_us, struct eg_error *err)
{
    channel->writable = false;
    gensio_set_write_callback_enable(channel->io, true);
    while (!channel->writable && channel->lost == 0)
        if (!serve(channel, until_us) && eg_clock_us() >= until_us)
            return EG_OK;
    return channel->lost != 0 ? gone(channel, err) : EG_OK;
}

static enum eg_code channel_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                  uint32_t timeout_ms, struct eg_error *err)
{
    struct channel *channel = (struct channel *)port;
    const uint64_t until_us = after_ms(timeout_ms);

    for (;;) {
        gensiods taken = 0;
        sigset_t before;

        if (channel->lost == 0) {
            hold_sigpipe(&before);
            channel->lost = gensio_write(channel->io, &taken, data, size, NULL);
            release_sigpipe(&before);
        }
        if (channel->lost != 0)
            return gone(channel, err);
        *put = taken;
        if (taken > 0)
            return EG_OK;
        EG_TRY(wait_writable(channel, until_us, err));
        if (!channel->writable)
            return EG_OK;
    }
}

static enum eg_code channel_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    struct channel *channel = (struct channel *)port;

    EG_TRY(wait_writable(channel, after_ms(timeout_ms), err));
    *done = channel->writable;
    return EG_OK;
}

/* Wait for the answers to all requests. */
static enum eg_code wait_answers(struct channel *channel, const char *what, struct eg_error *err)
{
    const uint64_t until_us = after_ms(ANSWER_TIMEOUT_MS);

    while (channel->asked > 0 && channel->lost == 0 && eg_clock_us() < until_us) {
        if (eg_cancel_requested(channel->port.cancel))
            return eg_error_set(err, EG_CANCELLED, "%s: cancelled", channel->port.url);
        serve(channel, after_ms(EG_CANCEL_POLL_MS));
    }
    if (channel->lost != 0)
        return gone(channel, err);
    if (channel->asked > 0)
        channel->refused = GE_TIMEDOUT;
    switch (channel->refused) {
    case 0:
        return EG_OK;
    case GE_NOTSUP:
        return eg_error_set(err, EG_PORT_REFUSED, "%s: the server does not take RFC 2217 requests (%s)",
                            channel->port.url, what);
    case GE_TIMEDOUT:
        return eg_error_set(err, EG_PORT_REFUSED, "%s: the server did not acknowledge %s", channel->port.url,
                            what);
    default:
        return eg_error_set(err, EG_PORT_REFUSED, "%s: %s: %s", channel->port.url, what,
                            gensio_err_to_str(channel->refused));
    }
}

typedef int request_function(struct sergensio *serial, unsigned value, sergensio_done done, void *context);

/* A server may still be saying that it takes RFC 2217 when gensio calls the connection open: pySerial's
 * offers it (WILL) before it asks for it (DO), and gensio refuses requests in between. */
static void ask(struct channel *channel, request_function *request, unsigned value)
{
    const uint64_t until_us = after_ms(AGREE_TIMEOUT_MS);
    int error;

    channel->asked++;
    while ((error = request(gensio_to_sergensio(channel->io), value, on_answer, channel)) == GE_NOTSUP &&
           channel->lost == 0 && !eg_cancel_requested(channel->port.cancel) && eg_clock_us() < until_us)
        serve(channel, after_ms(AGREE_POLL_MS));
    if (error != 0)
        on_answer(NULL, error, 0, channel);
}

static enum eg_code channel_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    struct channel *channel = (struct channel *)port;
    char what[32];

    channel->refused = 0;
    ask(channel, sergensio_baud, baud);
    snprintf(what, sizeof what, "%u baud", (unsigned)baud);
    EG_TRY(wait_answers(channel, what, err));
    if (channel->answer != baud)
        return eg_error_set(err, EG_PORT_REFUSED, "%s: asked for %u baud, got %u", port->url, (unsigned)baud,
                            (unsigned)channel->answer);
    return EG_OK;
}

/* Values of SET-CONTROL in RFC 2217. */
enum { LINE_DTR_ON = 8, LINE_DTR_OFF = 9, LINE_RTS_ON = 11, LINE_RTS_OFF = 12 };

#define LINE_REQUEST_SIZE 7

static size_t line_request(uint8_t *message, uint8_t value)
{
    /* IAC SB COM-PORT-OPTION SET-CONTROL value IAC SE */
    const uint8_t request[LINE_REQUEST_SIZE] = {255, 250, 44, 5, value, 255, 240};

    memcpy(message, request, sizeof request);
    return sizeof request;
}

static void ask_lines(struct channel *channel, bool change_dtr, bool dtr, bool change_rts, bool rts)
{
    if (change_dtr)
        ask(channel, sergensio_dtr, dtr ? SERGENSIO_DTR_ON : SERGENSIO_DTR_OFF);
    if (change_rts)
        ask(channel, sergensio_rts, rts ? SERGENSIO_RTS_ON : SERGENSIO_RTS_OFF);
}

/* Tell a server that will not answer. Not by gensio's requests: gensio would match a later answer to the
 * oldest request without one. */
static enum eg_code tell_lines(struct channel *channel, bool change_dtr, bool dtr, bool change_rts, bool rts,
                               struct eg_error *err)
{
    uint8_t message[2 * LINE_REQUEST_SIZE];
    size_t size = 0;
    gensiods taken = 0;
    sigset_t before;

    if (change_dtr)
        size += line_request(message + size, dtr ? LINE_DTR_ON : LINE_DTR_OFF);
    if (change_rts)
        size += line_request(message + size, rts ? LINE_RTS_ON : LINE_RTS_OFF);
    if (size == 0)
        return EG_OK;
    EG_TRY(
        eg_port_drain(&channel->port, LINES_TIMEOUT_MS, err)); /* after everything that telnet still holds */
    hold_sigpipe(&before);
    channel->lost = gensio_write(gensio_get_child(channel->io, 1), &taken, message, size, NULL);
    release_sigpipe(&before);
    if (channel->lost != 0)
        return gone(channel, err);
    if (taken != size)
        return eg_error_set(err, EG_TIMEOUT, "%s: no room to send DTR and RTS", channel->port.url);
    return EG_OK;
}

static enum eg_code channel_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    struct channel *channel = (struct channel *)port;

    if (channel->mute_lines)
        return tell_lines(channel, dtr != port->dtr, dtr, rts != port->rts, rts, err);
    channel->refused = 0;
    ask_lines(channel, dtr != port->dtr, dtr, rts != port->rts, rts);
    return wait_answers(channel, "DTR and RTS", err);
}

/* Release both lines: their state at the server is unknown. Without ign_set_control in the URL, this also
 * finds out whether the server acknowledges. */
static enum eg_code release_lines(struct channel *channel, struct eg_error *err)
{
    if (channel->mute_lines)
        return tell_lines(channel, true, false, true, false, err);
    ask_lines(channel, true, false, true, false);
    const enum eg_code code = wait_answers(channel, "DTR and RTS", err);
    channel->mute_lines = code == EG_PORT_REFUSED && channel->refused == GE_TIMEDOUT;
    return channel->mute_lines ? EG_OK : code;
}

static enum eg_code channel_discard(struct eg_port *port, struct eg_error *err)
{
    struct channel *channel = (struct channel *)port;
    size_t rounds = 0;

    do {
        channel->at = channel->end = 0;
        if (channel->lost != 0)
            return gone(channel, err);
        gensio_set_read_callback_enable(channel->io, true);
    } while (serve(channel, 0) && ++rounds < 100); /* a board that never stops talking */
    channel->at = channel->end = 0;
    return EG_OK;
}

static void channel_close(struct eg_port *port)
{
    struct channel *channel = (struct channel *)port;
    const uint64_t until_us = after_ms(CLOSE_TIMEOUT_MS);

    if (channel->io != NULL) {
        if (gensio_close(channel->io, on_close, channel) == 0) {
            while (!channel->closed && eg_clock_us() < until_us)
                serve(channel, until_us);
            if (!channel->closed)
                gensio_disable(channel->io); /* a peer that reads nothing */
        }
        gensio_free(channel->io);
        while (serve(channel, 0)) /* what gensio put off */
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

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void close_cleanup(struct channel **channel)
{
    if (*channel != NULL)
        channel_close(&(*channel)->port);
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
    default:
        return EG_NO_PORT;
    }
}

/* Whether gensio may be given descriptors: its selector has a table of FD_SETSIZE and does not look whether
 * they fit. */
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
static enum eg_code start(struct channel *channel, const char *address, struct eg_error *err)
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

/* `address` in gensio's language. */
static enum eg_code open_channel(struct eg_port **port, const struct eg_port_ops *ops, const char *url,
                                 const char *address, uint32_t timeout_ms, const struct eg_cancel *cancel,
                                 struct eg_error *err)
{
    static pthread_once_t prepared = PTHREAD_ONCE_INIT; /* the library's tables are the process's */
    EG_CLEANUP(close_cleanup) struct channel *channel = NULL;

    pthread_once(&prepared, prepare_gensio);
    EG_TRY(eg_alloc(&channel, 1, sizeof *channel, err));
    channel->port.ops = ops;
    channel->port.cancel = cancel;
    channel->lock_fd = -1;
    snprintf(channel->port.url, sizeof channel->port.url, "%s", url);
    EG_TRY(start(channel, address, err));

    const uint64_t until_us = after_ms(timeout_ms);
    while (!channel->opened) {
        const uint64_t slice_us = after_ms(EG_CANCEL_POLL_MS);
        if (eg_cancel_requested(cancel))
            return eg_error_set(err, EG_CANCELLED, "%s: cancelled", url);
        if (eg_clock_us() >= until_us)
            return eg_error_set(err, EG_NO_PORT, "%s: no connection within %g s", url, timeout_ms / 1000.0);
        serve(channel, slice_us < until_us ? slice_us : until_us);
    }
    if (channel->open_error != 0)
        return eg_error_set(err, code_of(channel->open_error), "%s: %s", url,
                            gensio_err_to_str(channel->open_error));
    gensio_set_read_callback_enable(channel->io, true);
    *port = &channel->port;
    channel = NULL;
    return EG_OK;
}

static const struct eg_port_ops tcp_ops = {
    .read = channel_read,
    .write = channel_write,
    .drain = channel_drain,
    .discard = channel_discard,
    .close = channel_close,
};

static const struct eg_port_ops tty_ops = {
    .read = channel_read,
    .write = channel_write,
    .drain = channel_drain,
    .set_baud = channel_set_baud,
    .discard = channel_discard,
    .close = channel_close,
};

static const struct eg_port_ops rfc2217_ops = {
    .read = channel_read,
    .write = channel_write,
    .drain = channel_drain,
    .set_baud = channel_set_baud,
    .set_lines = channel_set_lines,
    .discard = channel_discard,
    .close = channel_close,
};

static enum eg_code open_remote(struct eg_port **port, const struct eg_port_ops *ops, const char *filters,
                                const char *url, const struct eg_cancel *cancel, struct eg_error *err)
{
    struct eg__address address;
    char text[400];

    EG_TRY(eg__parse_address(&address, url, err));
    snprintf(text, sizeof text, "%stcp(nodelay,readbuf=16384),%s", filters, address.text);
    EG_TRY(open_channel(port, ops, url, text,
                        address.timeout_ms != 0 ? address.timeout_ms : CONNECT_TIMEOUT_MS, cancel, err));
    (*port)->remote = true;
    ((struct channel *)*port)->mute_lines = address.mute;
    return EG_OK;
}

enum eg_code eg__gensio_open_rfc2217(struct eg_port **port, const char *url, void *context,
                                     const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_port_close_cleanup) struct eg_port *opened = NULL;

    (void)context;
    EG_TRY(open_remote(&opened, &rfc2217_ops, "telnet(rfc2217,readbuf=16384,writebuf=16384),", url, cancel,
                       err));
    EG_TRY(release_lines((struct channel *)opened, err));
    *port = opened;
    opened = NULL;
    return EG_OK;
}

enum eg_code eg__gensio_open_tcp(struct eg_port **port, const char *url, void *context,
                                 const struct eg_cancel *cancel, struct eg_error *err)
{
    (void)context;
    return open_remote(port, &tcp_ops, "", url, cancel, err);
}

enum eg_code eg__gensio_open_tty(struct eg_port **port, const char *url, const char *path,
                                 const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(close_fd) int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    char address[PATH_MAX + 80];

    if (fd < 0)
        return eg__tty_cannot_open(url, path, errno, err);
    if (!isatty(fd) || strchr(path, ',') != NULL) /* a comma ends a name in gensio's language */
        return eg_error_set(err, EG_NO_PORT, "%s: is not a serial port", url);
    const int errnum = eg__tty_lock(fd);
    if (errnum != 0)
        return eg__tty_cannot_open(url, path, errnum, err);
    snprintf(address, sizeof address, "serialdev(nouucplock,drain_time=0,readbuf=16384),%s,%dN81,local", path,
             EG_PORT_OPEN_BAUD);
    EG_TRY(open_channel(port, &tty_ops, url, address, CONNECT_TIMEOUT_MS, cancel, err));
    ((struct channel *)*port)->lock_fd = fd;
    fd = -1;
    return EG_OK;
}
