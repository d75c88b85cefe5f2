/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rate and modem lines over RFC 2217.
 *
 * Over RFC 2217 a change of rate or lines is complete when the server has acknowledged it, because the timing
 * of a reset depends on it. Lines that change together go in one packet, and unchanged lines are left out:
 * esp_rfc2217_server takes each request as a step of a reset, which it then runs itself. It acknowledges no
 * line, nor does ser2net for a device without lines; a server that does not answer the first request is told
 * of lines without waiting.
 */

#include "engine/link/channel.h"

#include <gensio/sergensio.h>
#include <stdio.h>
#include <string.h>

#define LINES_TIMEOUT_MS  2000
#define ANSWER_TIMEOUT_MS 10000 /* gensio gives up before */
#define AGREE_TIMEOUT_MS  1000
#define AGREE_POLL_MS     10

static void on_answer(struct sergensio *serial, int error, unsigned value, void *context)
{
    struct eg__channel *channel = context;

    (void)serial;
    channel->asked--;
    channel->answer = value;
    if (error != 0 && channel->refused == 0)
        channel->refused = error;
}

/* Wait for the answers to all requests. */
static enum eg_code wait_answers(struct eg__channel *channel, const char *what, struct eg_error *err)
{
    const uint64_t until_us = eg__after_ms(ANSWER_TIMEOUT_MS);

    while (channel->asked > 0 && channel->lost == 0 && eg_clock_us() < until_us) {
        if (eg_cancel_requested(channel->port.cancel))
            return eg_error_set(err, EG_CANCELLED, "%s: cancelled", channel->port.url);
        eg__channel_serve(channel, eg__after_ms(EG_CANCEL_POLL_MS));
    }
    if (channel->lost != 0)
        return eg__channel_gone(channel, err);
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
static void ask(struct eg__channel *channel, request_function *request, unsigned value)
{
    const uint64_t until_us = eg__after_ms(AGREE_TIMEOUT_MS);
    int error;

    channel->asked++;
    while ((error = request(gensio_to_sergensio(channel->io), value, on_answer, channel)) == GE_NOTSUP &&
           channel->lost == 0 && !eg_cancel_requested(channel->port.cancel) && eg_clock_us() < until_us)
        eg__channel_serve(channel, eg__after_ms(AGREE_POLL_MS));
    if (error != 0)
        on_answer(NULL, error, 0, channel);
}

enum eg_code eg__rfc2217_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    struct eg__channel *channel = (struct eg__channel *)port;
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

static void ask_lines(struct eg__channel *channel, bool change_dtr, bool dtr, bool change_rts, bool rts)
{
    if (change_dtr)
        ask(channel, sergensio_dtr, dtr ? SERGENSIO_DTR_ON : SERGENSIO_DTR_OFF);
    if (change_rts)
        ask(channel, sergensio_rts, rts ? SERGENSIO_RTS_ON : SERGENSIO_RTS_OFF);
}

/* Tell a server that will not answer. Not by gensio's requests: gensio would match a later answer to the
 * oldest request without one. */
static enum eg_code tell_lines(struct eg__channel *channel, bool change_dtr, bool dtr, bool change_rts,
                               bool rts, struct eg_error *err)
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
    eg__sigpipe_hold(&before);
    channel->lost = gensio_write(gensio_get_child(channel->io, 1), &taken, message, size, NULL);
    eg__sigpipe_release(&before);
    if (channel->lost != 0)
        return eg__channel_gone(channel, err);
    if (taken != size)
        return eg_error_set(err, EG_TIMEOUT, "%s: no room to send DTR and RTS", channel->port.url);
    return EG_OK;
}

enum eg_code eg__rfc2217_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    struct eg__channel *channel = (struct eg__channel *)port;

    if (channel->mute_lines)
        return tell_lines(channel, dtr != port->dtr, dtr, rts != port->rts, rts, err);
    channel->refused = 0;
    ask_lines(channel, dtr != port->dtr, dtr, rts != port->rts, rts);
    return wait_answers(channel, "DTR and RTS", err);
}

/* Release both lines: their state at the server is unknown. Without ign_set_control in the URL, this also
 * finds out whether the server acknowledges. */
enum eg_code eg__rfc2217_release_lines(struct eg__channel *channel, struct eg_error *err)
{
    if (channel->mute_lines)
        return tell_lines(channel, true, false, true, false, err);
    ask_lines(channel, true, false, true, false);
    const enum eg_code code = wait_answers(channel, "DTR and RTS", err);
    channel->mute_lines = code == EG_PORT_REFUSED && channel->refused == GE_TIMEDOUT;
    return channel->mute_lines ? EG_OK : code;
}
