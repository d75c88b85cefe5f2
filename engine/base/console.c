/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The logger that writes text for people.
 *
 * One line for each record, which begins with the slot if there are several. With one board it shows progress
 * too: on a terminal as a bar in the last line, which the next record replaces; in a file or a pipe as a line
 * for every tenth.
 */

#include "engine/base/bytes.h"
#include "engine/base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_LENGTH 30
#define STEPS      10

/* Remove the bar; the next line starts in its place. */
static void clear_bar(struct eg_console_logger *console)
{
    if (console->bar_width > 0)
        fprintf(console->out, "\r%*s\r", (int)console->bar_width, "");
    console->bar_width = 0;
}

static void draw_bar(struct eg_console_logger *console, const struct eg_log_record *record)
{
    const unsigned filled = (unsigned)(record->done * BAR_LENGTH / record->total);
    char bar[BAR_LENGTH + 1];
    char line[160];

    memset(bar, '.', BAR_LENGTH);
    memset(bar, '#', filled);
    bar[BAR_LENGTH] = '\0';
    const int length =
        snprintf(line, sizeof line, "%.60s [%s] %3u %%  %" PRIu64 "/%" PRIu64 " bytes", record->text, bar,
                 (unsigned)(record->done * 100 / record->total), record->done, record->total);
    const unsigned width = (unsigned)length < sizeof line ? (unsigned)length : sizeof line - 1;
    const unsigned gap = console->bar_width > width ? console->bar_width - width : 0;
    fprintf(console->out, "\r%s%*s", line, (int)gap, "");
    console->bar_width = width + gap;
    if (record->done == record->total) {
        fputc('\n', console->out);
        console->bar_width = 0;
    }
}

static void show_progress(struct eg_console_logger *console, const struct eg_log_record *record)
{
    if (record->total == 0 || record->done > record->total)
        return;
    if (console->terminal) {
        draw_bar(console, record);
        return;
    }
    const unsigned step = (unsigned)(record->done * STEPS / record->total);
    if (step == console->step)
        return;
    if (step > 0)
        fprintf(console->out, "%s: %3u %%\n", record->text, step * 100 / STEPS);
    console->step = step == STEPS ? 0 : step;
}

static void say(struct eg_console_logger *console, const struct eg_log_record *record)
{
    const char *slot = record->origin.slot;
    const char *gap = slot[0] != '\0' ? ": " : "";

    if (record->kind != EG_LOG_PROGRESS)
        clear_bar(console);
    switch (record->kind) {
    case EG_LOG_PRINT:
        fprintf(console->out, "%s%s%s\n", slot, gap, record->text);
        break;
    case EG_LOG_NOTE:
        fprintf(console->out, "%s%snote: %s\n", slot, gap, record->text);
        break;
    case EG_LOG_WARNING:
        fprintf(console->out, "%s%swarning: %s\n", slot, gap, record->text);
        break;
    case EG_LOG_ERROR:
        fprintf(console->out, "%s%serror: %s\n", slot, gap, record->text);
        break;
    case EG_LOG_PROGRESS:
        if (slot[0] == '\0')
            show_progress(console, record);
        break;
    case EG_LOG_STAGE_BEGIN:
    case EG_LOG_UNPLUGGED:
        break;
    case EG_LOG_STAGE_END:
        if (record->code == EG_OK)
            fprintf(console->out, "%s%s%s, %.2f s%s%s\n", slot, gap, record->stage,
                    (double)record->duration_ms / 1000, record->text[0] != '\0' ? ", " : "", record->text);
        else
            fprintf(console->out, "%s%s%s, attempt %u: %s (%s)\n", slot, gap, record->stage, record->attempt,
                    record->text, eg_code_name(record->code));
        break;
    case EG_LOG_OUTCOME:
        fprintf(console->out, "%s%s%s, %.2f s%s%s\n", slot, gap, record->outcome,
                (double)record->duration_ms / 1000, record->text[0] != '\0' ? ": " : "", record->text);
        break;
    }
    fflush(console->out);
}

static void console_log(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct eg_console_logger *console = (struct eg_console_logger *)logger;

    pthread_mutex_lock(&console->lock);
    if (console->out != NULL && record->level <= console->verbosity)
        say(console, record);
    pthread_mutex_unlock(&console->lock);
}

static void console_set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity)
{
    struct eg_console_logger *console = (struct eg_console_logger *)logger;

    pthread_mutex_lock(&console->lock);
    console->verbosity = verbosity;
    pthread_mutex_unlock(&console->lock);
}

struct eg_logger *eg_console_logger_init(struct eg_console_logger *console, FILE *out)
{
    const int fd = fileno(out);

    *console = (struct eg_console_logger){
        .logger = {console_log, console_set_verbosity},
        .out = out,
        .terminal = fd >= 0 && isatty(fd),
        .verbosity = EG_NORMAL,
    };
    pthread_mutex_init(&console->lock, NULL);
    return &console->logger;
}

void eg_console_logger_end_line(struct eg_console_logger *console)
{
    pthread_mutex_lock(&console->lock);
    if (console->bar_width > 0)
        fputc('\n', console->out);
    console->bar_width = 0;
    fflush(console->out);
    pthread_mutex_unlock(&console->lock);
}

void eg_console_logger_end(struct eg_console_logger *console)
{
    pthread_mutex_lock(&console->lock);
    console->out = NULL;
    pthread_mutex_unlock(&console->lock);
}

void eg_console_logger_finish(struct eg_console_logger *console)
{
    eg_console_logger_end_line(console);
    pthread_mutex_destroy(&console->lock);
}

enum eg_code eg_console_create(struct eg_logger **logger, FILE *out, struct eg_error *err)
{
    struct eg_console_logger *console;

    EG_TRY(eg_alloc(&console, 1, sizeof *console, err));
    *logger = eg_console_logger_init(console, out);
    return EG_OK;
}

void eg_console_destroy(struct eg_logger *logger)
{
    if (logger == NULL)
        return;
    eg_console_logger_finish((struct eg_console_logger *)logger);
    free(logger);
}
