/* SPDX-License-Identifier: Apache-2.0 */

/*
 * SLIP frames: C0 payload C0, with C0 sent as DB DC and DB as DB DD.
 *
 * A loader sends nothing between frames. So a byte there is never skipped: the line is bad, or the chip has
 * restarted and sends its boot log. One byte does not tell which, so a failing receive reads on while text
 * flows, for a tenth of a second at most.
 *
 * Not here: the meaning of frames, matching answers to requests, and retries. Those belong to the loader.
 */

#include "engine/link/slip.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define END         0xc0
#define ESCAPE      0xdb
#define ESCAPED_END 0xdc
#define ESCAPED_ESC 0xdd

#define HEX_BYTES 12 /* of noise in a sentence */

#define NOISE_IDLE_MS  20  /* a pause of 200 characters at 115200 is the end of the text */
#define NOISE_TOTAL_MS 100 /* longer than a panic's first lines at 115200 */

/* Signs of a restart, the most specific first. The first letters of a line may be lost. */
static const struct mark {
    const char *text;
    bool begins_line;
} marks[] = {
    {"Meditation Error", false}, {"panic'ed", false}, {"Fatal exception", false},
    {"Brownout", false},         {"brownout", false}, {"rst:0x", false},
    {"rst cause:", false},       {"ESP-ROM:", true},  {"ets ", true},
};

void eg_slip_init(struct eg_slip *slip, struct eg_port *port)
{
    *slip = (struct eg_slip){.port = port};
}

enum eg_code eg_slip_send(struct eg_slip *slip, const uint8_t *data, size_t size, uint32_t timeout_ms,
                          struct eg_error *err)
{
    const uint64_t deadline_ms = eg_clock_ms() + timeout_ms;
    uint8_t chunk[4096];
    size_t used = 0;

    if (size > EG_SLIP_FRAME_MAX)
        return eg_error_set(err, EG_BAD_FRAME, "a frame of %zu bytes exceeds the loader's %d", size,
                            EG_SLIP_FRAME_MAX);
    if (slip->trace != NULL)
        slip->trace->frame(slip->trace->context, true, data, size);
    chunk[used++] = END;
    for (size_t i = 0; i < size; i++) {
        if (used > sizeof chunk - 3) { /* an escaped byte and the end */
            EG_TRY(eg_port_write(slip->port, chunk, used, eg_clock_left_ms(deadline_ms), err));
            used = 0;
        }
        if (data[i] == END || data[i] == ESCAPE) {
            chunk[used++] = ESCAPE;
            chunk[used++] = data[i] == END ? ESCAPED_END : ESCAPED_ESC;
        } else {
            chunk[used++] = data[i];
        }
    }
    chunk[used++] = END;
    return eg_port_write(slip->port, chunk, used, eg_clock_left_ms(deadline_ms), err);
}

/* Keep the newest bytes. */
static void keep_noise(struct eg_slip *slip, const uint8_t *data, size_t size)
{
    if (size > sizeof slip->noise) {
        data += size - sizeof slip->noise;
        size = sizeof slip->noise;
    }
    if (slip->noise_size + size > sizeof slip->noise) {
        const size_t kept = sizeof slip->noise - size;
        memmove(slip->noise, slip->noise + slip->noise_size - kept, kept);
        slip->noise_size = kept;
    }
    memcpy(slip->noise + slip->noise_size, data, size);
    slip->noise_size += size;
}

/* Turn everything read ahead, and what still arrives, into noise. */
static enum eg_code swallow(struct eg_slip *slip, uint64_t deadline_ms, struct eg_error *err)
{
    const uint64_t flowing_ms = eg_clock_ms() + NOISE_TOTAL_MS;
    const uint64_t until_ms = deadline_ms < flowing_ms ? deadline_ms : flowing_ms;
    size_t got;

    do {
        const uint32_t left_ms = eg_clock_left_ms(until_ms);

        keep_noise(slip, slip->input + slip->at, slip->end - slip->at);
        slip->at = slip->end = 0;
        EG_TRY(eg_port_read(slip->port, slip->input, sizeof slip->input, &got,
                            left_ms < NOISE_IDLE_MS ? left_ms : NOISE_IDLE_MS, err));
        slip->end = got;
    } while (got > 0 && eg_clock_left_ms(until_ms) > 0);
    keep_noise(slip, slip->input, slip->end);
    slip->end = 0;
    return EG_OK;
}

/* Write the noise as one line of text: line ends become a blank, other bytes that cannot be printed a dot. */
static void printable(const struct eg_slip *slip, size_t from, char *text, size_t room)
{
    size_t used = 0;

    for (size_t i = from; i < slip->noise_size && used + 1 < room; i++) {
        const uint8_t byte = slip->noise[i];
        const bool blank = byte == '\r' || byte == '\n' || byte == '\t' || byte == ' ';

        if (!blank)
            text[used++] = byte > 0x20 && byte < 0x7f && byte != '"' ? (char)byte : '.';
        else if (used > 0 && text[used - 1] != ' ')
            text[used++] = ' ';
    }
    while (used > 0 && text[used - 1] == ' ')
        used--;
    text[used] = '\0';
}

/* A NUL after the mark means a string in a program that is being read back, not a log. */
static bool find_mark(const struct eg_slip *slip, const struct mark *mark, size_t *line)
{
    const size_t size = strlen(mark->text);

    *line = 0;
    for (size_t i = 0; i + size <= slip->noise_size; i++) {
        if (memcmp(slip->noise + i, mark->text, size) == 0 && (!mark->begins_line || i == *line))
            return memchr(slip->noise + i, 0, slip->noise_size - i) == NULL;
        if (slip->noise[i] == '\n')
            *line = i + 1;
    }
    return false;
}

static bool is_restart(struct eg_slip *slip, struct eg_error *err)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t line;
        if (find_mark(slip, &marks[i], &line)) {
            char text[200];
            printable(slip, line, text, sizeof text);
            eg_error_set(err, EG_BOARD_RESET, "the chip restarted and sent \"%s\"", text);
            return true;
        }
    }
    return false;
}

/* At least three quarters of it are printable. */
static bool is_text(const struct eg_slip *slip)
{
    size_t count = 0;

    for (size_t i = 0; i < slip->noise_size; i++)
        count += isprint(slip->noise[i]) || isspace(slip->noise[i]);
    return count >= slip->noise_size / 4 * 3;
}

/* Write the sentence for the noise: a few bytes in hex and as text, many bytes as what they look like. `what`
 * says why they are noise. */
static enum eg_code complain(struct eg_slip *slip, enum eg_code code, const char *what, struct eg_error *err)
{
    char hex[HEX_BYTES * 3 + 1] = "";
    char text[100];

    if (slip->trace != NULL)
        slip->trace->noise(slip->trace->context, slip->noise, slip->noise_size);
    if (is_restart(slip, err))
        return EG_BOARD_RESET;
    for (size_t i = 0; i < slip->noise_size && i < HEX_BYTES; i++)
        snprintf(hex + 3 * i, 4, " %02x", slip->noise[i]);
    printable(slip, 0, text, sizeof text);
    if (slip->noise_size <= HEX_BYTES)
        return eg_error_set(err, code, "%s:%s (\"%s\")", what, hex, text);
    if (is_text(slip))
        return eg_error_set(err, code, "%s: \"%s\"", what, text);
    return eg_error_set(err, code, "%s:%s ...", what, hex);
}

struct frame {
    uint8_t *data;
    size_t size, used;
    bool inside, escaped;
    char bad[64]; /* what is wrong with it */
};

enum progress { MORE, WHOLE, BAD };

/* Decode what was read ahead, up to the end of the frame. */
static enum progress decode(struct eg_slip *slip, struct frame *frame)
{
    while (slip->at < slip->end) {
        uint8_t byte = slip->input[slip->at];

        if (!frame->inside && byte != END) {
            snprintf(frame->bad, sizeof frame->bad, "bytes outside a frame");
            return BAD;
        }
        if (frame->escaped && byte != ESCAPED_END && byte != ESCAPED_ESC) {
            snprintf(frame->bad, sizeof frame->bad, "escape 0xdb followed by 0x%02x after %zu bytes", byte,
                     frame->used);
            return BAD;
        }
        if (byte == END) {
            slip->at++;
            if (frame->used > 0)
                return WHOLE;
            frame->inside = true; /* also after the end of a frame whose beginning was discarded */
            continue;
        }
        if (byte == ESCAPE) {
            slip->at++;
            frame->escaped = true;
            continue;
        }
        if (frame->used == frame->size) {
            snprintf(frame->bad, sizeof frame->bad, "a frame longer than %zu bytes", frame->size);
            return BAD;
        }
        if (frame->escaped) {
            byte = byte == ESCAPED_END ? END : ESCAPE;
            frame->escaped = false;
        }
        frame->data[frame->used++] = byte;
        slip->at++;
    }
    return MORE;
}

static enum eg_code late(struct eg_slip *slip, const struct frame *frame, uint32_t timeout_ms,
                         struct eg_error *err)
{
    char what[80];

    if (frame->used == 0)
        return eg_error_set(err, EG_TIMEOUT, "no answer within %u ms", (unsigned)timeout_ms);
    keep_noise(slip, frame->data, frame->used);
    snprintf(what, sizeof what, "a frame had no end after %zu bytes and %u ms", frame->used,
             (unsigned)timeout_ms);
    return complain(slip, EG_TIMEOUT, what, err);
}

enum eg_code eg_slip_receive(struct eg_slip *slip, uint8_t *data, size_t size, size_t *got,
                             uint32_t timeout_ms, struct eg_error *err)
{
    const uint64_t deadline_ms = eg_clock_ms() + timeout_ms;
    struct frame frame = {.data = data, .size = size};
    uint32_t left_ms = timeout_ms;

    for (bool looked = false;; looked = true) {
        switch (decode(slip, &frame)) {
        case MORE:
            break;
        case WHOLE:
            slip->noise_size = 0;
            *got = frame.used;
            if (slip->trace != NULL)
                slip->trace->frame(slip->trace->context, false, data, frame.used);
            return EG_OK;
        case BAD:
            keep_noise(slip, frame.data, frame.used);
            EG_TRY(swallow(slip, deadline_ms, err));
            return complain(slip, EG_BAD_FRAME, frame.bad, err);
        }
        if (looked && left_ms == 0)
            return late(slip, &frame, timeout_ms, err);
        slip->at = slip->end = 0;
        EG_TRY(eg_port_read(slip->port, slip->input, sizeof slip->input, &slip->end, left_ms, err));
        left_ms = slip->end > 0 ? eg_clock_left_ms(deadline_ms) : 0;
    }
}

enum eg_code eg_slip_discard(struct eg_slip *slip, struct eg_error *err)
{
    slip->at = slip->end = 0;
    slip->noise_size = 0;
    return eg_port_discard(slip->port, err);
}
