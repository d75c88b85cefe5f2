/* SPDX-License-Identifier: Apache-2.0 */

/* A port whose board follows a script; see the header. */

#include "tests/fakes/scripted_port.h"

#include <stdio.h>
#include <string.h>

/* Skip turns in which the host has nothing more to send: the board sends there. */
static void advance(struct scripted_port *script)
{
    while (script->heard < script->turn_count &&
           script->heard_at == script->turns[script->heard].expect_size) {
        script->heard++;
        script->heard_at = 0;
    }
}

static enum eg_code gone(struct eg_error *err)
{
    return eg_error_set(err, EG_PORT_GONE, "script: unplugged");
}

static enum eg_code scripted_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                                  uint32_t timeout_ms, struct eg_error *err)
{
    struct scripted_port *script = (struct scripted_port *)port;

    (void)timeout_ms;
    if (script->read_max != 0 && size > script->read_max)
        size = script->read_max;
    *got = 0;
    while (*got < size && script->said < script->heard) {
        const struct turn *turn = &script->turns[script->said];
        if (script->said_at < turn->reply_size) {
            data[(*got)++] = turn->reply[script->said_at++];
        } else {
            script->said++;
            script->said_at = 0;
        }
    }
    return *got == 0 && script->unplugged ? gone(err) : EG_OK;
}

static enum eg_code scripted_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                   uint32_t timeout_ms, struct eg_error *err)
{
    struct scripted_port *script = (struct scripted_port *)port;

    (void)timeout_ms;
    if (script->unplugged)
        return gone(err);
    *put = size;
    for (size_t i = 0; i < size && script->complaint[0] == '\0'; i++) {
        if (script->heard == script->turn_count)
            snprintf(script->complaint, sizeof script->complaint, "after the script: host sent 0x%02x",
                     data[i]);
        else if (data[i] != script->turns[script->heard].expect[script->heard_at])
            snprintf(script->complaint, sizeof script->complaint, "turn %zu, byte %zu: host sent 0x%02x",
                     script->heard, script->heard_at, data[i]);
        script->heard_at++;
        if (script->complaint[0] == '\0')
            advance(script);
    }
    return EG_OK;
}

static enum eg_code scripted_drain(struct eg_port *port, bool *done, uint32_t timeout_ms,
                                   struct eg_error *err)
{
    (void)port;
    (void)timeout_ms;
    (void)err;
    *done = true;
    return EG_OK;
}

static void note(struct scripted_port *script, const char *event)
{
    const size_t used = strlen(script->events);

    snprintf(script->events + used, sizeof script->events - used, "%s%s", used > 0 ? " " : "", event);
}

static enum eg_code scripted_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    char event[16];

    (void)err;
    snprintf(event, sizeof event, "B%u", (unsigned)baud);
    note((struct scripted_port *)port, event);
    return EG_OK;
}

static enum eg_code scripted_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    char event[8];

    (void)err;
    snprintf(event, sizeof event, "D%dR%d", dtr, rts);
    note((struct scripted_port *)port, event);
    return EG_OK;
}

static enum eg_code scripted_keep_lines(struct eg_port *port, struct eg_error *err)
{
    (void)err;
    note((struct scripted_port *)port, "K");
    return EG_OK;
}

static enum eg_code scripted_discard(struct eg_port *port, struct eg_error *err)
{
    struct scripted_port *script = (struct scripted_port *)port;

    (void)err;
    note(script, "X");
    script->said = script->heard;
    script->said_at = 0;
    return EG_OK;
}

static void scripted_close(struct eg_port *port)
{
    (void)port;
}

struct eg_port *scripted_port_init(struct scripted_port *script, const struct turn *turns, size_t turn_count)
{
    static const struct eg_port_ops ops = {
        .read = scripted_read,
        .write = scripted_write,
        .drain = scripted_drain,
        .set_baud = scripted_set_baud,
        .set_lines = scripted_set_lines,
        .keep_lines = scripted_keep_lines,
        .discard = scripted_discard,
        .close = scripted_close,
    };

    *script = (struct scripted_port){
        .port = {.ops = &ops, .url = "script", .baud = EG_PORT_OPEN_BAUD},
        .turns = turns,
        .turn_count = turn_count,
    };
    advance(script);
    return &script->port;
}

bool scripted_port_heard_all(const struct scripted_port *script)
{
    return script->heard == script->turn_count && script->complaint[0] == '\0';
}
