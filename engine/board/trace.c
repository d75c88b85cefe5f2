/* SPDX-License-Identifier: Apache-2.0 */

/* Every frame as a line of the log: when, which way, what it is, its bytes. */

#include "engine/board/board_internal.h"

#include <stdio.h>

#define SHOWN_MAX 64 /* bytes of a frame */

static const char *frame_name(const uint8_t *data, size_t size, char text[32])
{
    if (size >= 8 && data[0] <= 1) {
        const char *name = eg_opcode_name(data[1]);
        if (name != NULL)
            return name;
        snprintf(text, 32, "command 0x%02x", data[1]);
        return text;
    }
    return "data";
}

static void say(struct eg_board *board, const char *way, const char *what, const uint8_t *data, size_t size)
{
    const size_t shown = size < SHOWN_MAX ? size : SHOWN_MAX;
    char hex[2 * SHOWN_MAX + 1], text[2 * SHOWN_MAX + 128];

    eg_hex(hex, data, shown);
    snprintf(text, sizeof text, "%9.4f s %s %-17s %5zu bytes  %s%s",
             (double)(eg_clock_us() - board->trace_began_us) / 1e6, way, what, size, hex,
             size > shown ? "..." : "");
    eg_log_record(board->options.logger, &(struct eg_log_record){.kind = EG_LOG_PRINT,
                                                                 .level = EG_TRACE,
                                                                 .origin = eg__origin(board),
                                                                 .text = text,
                                                                 .stage = "",
                                                                 .outcome = ""});
}

static void trace_frame(void *context, bool sent, const uint8_t *data, size_t size)
{
    char text[32];

    say(context, sent ? ">" : "<", frame_name(data, size, text), data, size);
}

static void trace_noise(void *context, const uint8_t *data, size_t size)
{
    say(context, "<", "noise", data, size);
}

void eg__trace_init(struct eg_board *board)
{
    if (!board->options.trace)
        return;
    board->trace = (struct eg_slip_trace){trace_frame, trace_noise, board};
    board->trace_began_us = eg_clock_us();
    board->loader.slip.trace = &board->trace;
}
