/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Log records of a board: its stages, its progress, and a line for every frame with time, direction, command
 * and bytes.
 */

#include "engine/board/board_internal.h"

#include <stdio.h>

#define SHOWN_MAX 64 /* bytes of a frame */

struct eg_log_origin eg__origin(const struct eg_board *board)
{
    return (struct eg_log_origin){"", board->url, board->mac_text};
}

static void log_stage(const struct eg__stage *stage, enum eg_log_kind kind, enum eg_code code,
                      const char *text)
{
    const bool ended = kind == EG_LOG_STAGE_END;

    eg_log_record(stage->board->options.logger,
                  &(struct eg_log_record){.kind = kind,
                                          .level = EG_VERBOSE,
                                          .origin = eg__origin(stage->board),
                                          .text = text,
                                          .stage = stage->name,
                                          .outcome = "",
                                          .code = code,
                                          .attempt = 1,
                                          .duration_ms = ended ? eg_clock_ms() - stage->began_ms : 0});
}

struct eg__stage eg__stage_begin(struct eg_board *board, const char *name)
{
    const struct eg__stage stage = {board, board->stage == NULL ? name : NULL, eg_clock_ms()};

    if (stage.name == NULL)
        return stage;
    board->stage = name;
    log_stage(&stage, EG_LOG_STAGE_BEGIN, EG_OK, "");
    return stage;
}

enum eg_code eg__stage_end(const struct eg__stage *stage, enum eg_code code, const struct eg_error *err)
{
    if (stage->name == NULL)
        return code;
    log_stage(stage, EG_LOG_STAGE_END, code, code == EG_OK ? "" : err->text);
    stage->board->stage = NULL;
    return code;
}

void eg__progress(struct eg_board *board, const char *what, uint64_t done, uint64_t total)
{
    const struct eg_log_origin origin = eg__origin(board);

    eg_log_progress(board->options.logger, &origin, board->stage != NULL ? board->stage : "", what, done,
                    total);
    if (board->options.progress != NULL)
        board->options.progress(board->options.progress_context, done, total);
}

void eg__work_progress(void *context, uint64_t done, uint64_t total)
{
    const struct eg__working *working = context;

    (void)total;
    if (!working->quiet)
        eg__progress(working->board, working->what, working->done_before + done, working->total);
}

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

    if (board->trace_hidden)
        snprintf(hex, sizeof hex, "(part of a key)");
    else
        eg_hex(hex, data, shown);
    snprintf(text, sizeof text, "%9.4f s %s %-17s %5zu bytes  %s%s",
             (double)(eg_clock_us() - board->trace_began_us) / 1e6, way, what, size, hex,
             size > shown && !board->trace_hidden ? "..." : "");
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
