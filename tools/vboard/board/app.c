/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Print the application's output after the boot messages, line by line from a file, each time an application
 * in the flash is started. At the beginning of a line
 *
 *     @500ms TEXT    waits this long before it prints TEXT (also in s, and in fast mode); without TEXT it
 * only waits
 *     @part TEXT     prints TEXT without an end of line
 *     @mac TEXT      prints TEXT and then the MAC of the board
 *     @await TEXT    prints nothing and goes on when the host has sent TEXT
 *     @baud N        prints at N baud from there on; at 115200 before
 *     @@TEXT         prints @TEXT
 *
 * A last line without an end is printed without one: a prompt.
 */

#include "tools/vboard/board/life.h"

#include "engine/base/file.h"
#include "engine/base/mac.h"
#include "tools/vboard/uart/uart.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX   (1u << 20)
#define APP_BAUD   115200u
#define CRASH_NS   400000000u /* from the last word to the restart */
#define MS_NS      UINT64_C(1000000)
#define WAIT_MAX   UINT64_C(3600000)
#define BAUD_LEAST 300u
#define BAUD_MOST  5000000u

static const char crash[] = "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was "
                            "unhandled.\r\n\r\nRebooting...\r\n";
static const char simple_crash[] = "Fatal exception 28(LoadProhibitedCause):\r\n"; /* ESP8266 */

/* Read digits from `*at`; false = none, or a number above `most`. */
static bool number(const char **at, const char *end, uint64_t most, uint64_t *value)
{
    const char *const begin = *at;

    for (*value = 0; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        *value = *value * 10 + (uint64_t)(**at - '0');
        if (*value > most)
            return false;
    }
    return *at > begin;
}

static bool skip(const char **at, const char *end, const char *word)
{
    const size_t size = strlen(word);

    if ((size_t)(end - *at) < size || memcmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

/* Parse the text after an @; false = unknown. */
static bool parse_order(struct vb__app_line *line, const char *at, const char *end)
{
    uint64_t value;

    if (skip(&at, end, "part ")) {
        line->text = at;
        line->text_size = (size_t)(end - at);
        line->part = true;
        return true;
    }
    if (skip(&at, end, "mac ")) {
        line->text = at;
        line->text_size = (size_t)(end - at);
        line->mac = true;
        return true;
    }
    if (skip(&at, end, "await ")) {
        line->await = at;
        line->await_size = (size_t)(end - at);
        return line->await_size > 0 && line->await_size <= VB__AWAIT_MAX;
    }
    if (skip(&at, end, "baud ")) {
        const bool is_rate = number(&at, end, BAUD_MOST, &value) && value >= BAUD_LEAST && at == end;
        line->baud = is_rate ? (uint32_t)value : 0;
        return is_rate;
    }
    if (!number(&at, end, WAIT_MAX, &value))
        return false;
    if (skip(&at, end, "ms"))
        line->wait_ns = value * MS_NS;
    else if (skip(&at, end, "s"))
        line->wait_ns = value * 1000 * MS_NS;
    else
        return false;
    if (at == end)
        return true;
    line->text = at + 1;
    line->text_size = (size_t)(end - line->text);
    return *at == ' ';
}

static enum eg_code parse(struct vb__app *app, const char *path, struct eg_error *err)
{
    const char *at = (const char *)app->text.data;
    const char *const file_end = at + app->text.size;
    size_t lines = 1;

    for (const char *c = at; c < file_end; c++)
        lines += *c == '\n';
    EG_TRY(eg_alloc(&app->lines, lines, sizeof *app->lines, err));
    while (at < file_end) {
        const char *const newline = memchr(at, '\n', (size_t)(file_end - at));
        const char *const end = newline != NULL ? newline : file_end;
        struct vb__app_line *const line = &app->lines[app->count++];

        *line = (struct vb__app_line){.text = at, .text_size = (size_t)(end - at)};
        if (*at == '@' && end - at > 1 && at[1] == '@') {
            line->text++;
            line->text_size--;
        } else if (*at == '@') {
            *line = (struct vb__app_line){0};
            if (!parse_order(line, at + 1, end))
                return eg_error_set(
                    err, EG_BAD_JOB,
                    "%s:%zu: a line that begins with @ must be @500ms TEXT, @part TEXT, @mac TEXT, "
                    "@await TEXT of up to %d bytes, @baud N or @@TEXT",
                    path, app->count, VB__AWAIT_MAX);
        }
        at = end + 1;
    }
    return EG_OK;
}

enum eg_code vb__app_init(struct vb_board *board, const char *path, struct eg_error *err)
{
    struct vb__app *const app = &board->app;

    app->next_ns = VB__NEVER;
    if (path != NULL) {
        EG_TRY(eg_file_read(&app->text, path, FILE_MAX, err));
        EG_TRY(parse(app, path, err));
    }
    app->panics = board->faults.panics;
    app->panic_at = (size_t)(board->faults.panic_draw % (app->count + 1));
    return EG_OK;
}

void vb__app_finish(struct vb_board *board)
{
    eg_buffer_finish(&board->app.text);
    free(board->app.lines);
}

/* Return when everything printed so far has left. */
static uint64_t printed_ns(const struct vb_board *board)
{
    const uint64_t left_ns = board->uart.tx.free_ns, idle_ns = vb__idle_ns(board);

    return left_ns > idle_ns ? left_ns : idle_ns;
}

static const struct vb__app_line *line_of(const struct vb__app *app)
{
    return app->at < app->count ? &app->lines[app->at] : NULL;
}

/* Set when the current line is due. */
static void schedule(struct vb_board *board)
{
    struct vb__app *const app = &board->app;
    const struct vb__app_line *const line = line_of(app);

    app->next_ns = VB__NEVER;
    app->heard_size = 0;
    if (app->panics > 0 && app->at == app->panic_at)
        app->next_ns = printed_ns(board);
    else if (line != NULL && line->await == NULL)
        app->next_ns = printed_ns(board) + line->wait_ns;
}

void vb__app_start(struct vb_board *board)
{
    struct vb__app *const app = &board->app;

    if (vb__faulty(board, VB__APP_SILENT) || (app->count == 0 && app->panics == 0))
        return;
    vb__set_baud(board, APP_BAUD);
    app->at = 0;
    app->crashed = false;
    schedule(board);
}

void vb__app_stop(struct vb_board *board)
{
    board->app.next_ns = VB__NEVER;
    board->app.at = board->app.count;
}

static void panic(struct vb_board *board)
{
    struct vb__app *const app = &board->app;
    const char *const words = board->target->image_chip_id < 0 ? simple_crash : crash;

    vb__send(board, (const uint8_t *)words, strlen(words));
    app->crashed = true;
    app->panics -= app->panics != UINT_MAX;
    app->next_ns = printed_ns(board) + CRASH_NS;
}

static void print(struct vb_board *board, const struct vb__app_line *line)
{
    const struct eg_buffer *const file = &board->app.text;
    const bool ends = line->text + line->text_size < (const char *)file->data + file->size;

    char mac[EG_MAC_TEXT];

    vb__send(board, (const uint8_t *)line->text, line->text_size);
    if (line->mac) {
        eg_mac_text(mac, board->identity.mac);
        vb__send(board, (const uint8_t *)mac, strlen(mac));
    }
    if (ends && !line->part)
        vb__send(board, (const uint8_t *)"\r\n", 2);
}

bool vb__app_go_on(struct vb_board *board)
{
    struct vb__app *const app = &board->app;
    const struct vb__app_line *const line = line_of(app);

    if (app->crashed)
        return true;
    if (app->panics > 0 && app->at == app->panic_at) {
        panic(board);
        return false;
    }
    vb__set_baud(board, line->baud);
    if (line->text != NULL)
        print(board, line);
    app->at++;
    schedule(board);
    return false;
}

bool vb__app_awaits(const struct vb_board *board)
{
    const struct vb__app_line *const line = line_of(&board->app);

    return board->clock.state == VB__APP && line != NULL && line->await != NULL;
}

void vb__app_hear(struct vb_board *board, const uint8_t *data, size_t size)
{
    struct vb__app *const app = &board->app;

    for (; size > 0 && vb__app_awaits(board); data++, size--) {
        const struct vb__app_line *const line = line_of(app);

        if (app->heard_size == line->await_size)
            memmove(app->heard, app->heard + 1, --app->heard_size);
        app->heard[app->heard_size++] = (char)*data;
        if (app->heard_size != line->await_size || memcmp(app->heard, line->await, line->await_size) != 0)
            continue;
        app->at++;
        schedule(board);
    }
}
