/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The live table.
 *
 * Drawn below whatever has been printed and taken off before anything else is, so that notes scroll above it
 * and the results stay on the screen afterwards. Terminal capabilities come from terminfo.
 *
 * Threads: log() from every worker changes rows and queues text, under one lock. A thread of its own draws
 * every REDRAW_MS and writes without the lock: a terminal that takes nothing (Ctrl-S, a remote session that
 * hangs) stops the display and no board.
 */

#include "tools/espgang/line/table.h"

#include "engine/base/bytes.h"
#include "engine/base/mac.h"
#include "engine/stages/stages.h"
#include "tools/espgang/command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#define REDRAW_MS 100
#define BAR_WIDTH 20    /* at most */
#define SAID_MAX  65536 /* bytes to go above the table while nobody looks at it */

#define SLOT_WIDTH     14 /* at least; a longer slot widens the column */
#define SLOT_WIDTH_MAX 40

struct row {
    char *slot; /* own */
    char board[EG_MAC_TEXT];
    char doing[48];
    const char *outcome; /* static; NULL = still going */
    enum eg_code code;
    unsigned percent;
    uint64_t begun_us; /* 0 = not yet */
    uint64_t duration_ms;
};

struct cli_table {
    struct eg_logger logger;
    FILE *out;                 /* the display thread's */
    struct cli_outlet *outlet; /* what `out` prints into; NULL = `out` is a file */
    int terminal;              /* its descriptor */
    pthread_t thread;
    bool running;         /* the thread */
    pthread_mutex_t lock; /* of what is below */
    pthread_cond_t wake;
    bool stop;
    struct eg_buffer said; /* to go above the table */
    const struct eg_plan *plan;
    const struct eg_stage *stages[EG_STAGES_MAX];
    unsigned weight; /* of all stages */
    enum eg_verbosity verbosity;
    bool color;
    unsigned height; /* on the screen now */
    uint64_t begun_us;
    unsigned ended, passed; /* runs, also of boards that are gone */
    size_t slot_width;
    unsigned board_width, bar_width;
    unsigned row_count;
    struct row *rows;
};

static void put_capability(FILE *frame, const char *name)
{
    const char *text = tigetstr(name);

    if (text != NULL && text != (const char *)-1)
        fputs(text, frame);
}

static void take_off(struct cli_table *table, FILE *frame)
{
    for (; table->height > 0; table->height--)
        put_capability(frame, "cuu1");
    fputc('\r', frame);
    put_capability(frame, "ed");
}

/* A row of the table, cut to the terminal's width so that it never wraps and the count of lines stays right.
 */
static void put_line(struct cli_table *table, FILE *frame, unsigned width, const char *color,
                     const char *line)
{
    size_t size = strlen(line);

    if (size >= width)
        for (size = width - 1; size > 0 && ((unsigned char)line[size] & 0xc0) == 0x80; size--)
            ; /* not within a character */
    if (table->color && color[0] != '\0')
        fprintf(frame, "%s%.*s\033[0m\n", color, (int)size, line);
    else
        fprintf(frame, "%.*s\n", (int)size, line);
    table->height++;
}

static const char *outcome_color(const char *outcome)
{
    if (strcmp(outcome, "pass") == 0)
        return "\033[32m";
    if (strcmp(outcome, "pass-marginal") == 0)
        return "\033[33m";
    return "\033[31m";
}

static void draw_row(struct cli_table *table, FILE *frame, const struct row *row, unsigned width,
                     uint64_t now_us)
{
    char bar[BAR_WIDTH + 1];
    char line[400];
    const unsigned filled = row->percent * table->bar_width / 100;

    memset(bar, '.', table->bar_width);
    memset(bar, '#', filled);
    bar[table->bar_width] = '\0';
    if (row->outcome != NULL)
        snprintf(line, sizeof line, "%-*.*s  %-*.*s%-13s  %-*s  %6.1f s", (int)table->slot_width,
                 SLOT_WIDTH_MAX, row->slot, (int)table->board_width, (int)table->board_width, row->board,
                 row->outcome, (int)table->bar_width + 6, row->code == EG_OK ? "" : eg_code_name(row->code),
                 (double)row->duration_ms / 1000);
    else
        snprintf(line, sizeof line, "%-*.*s  %-*.*s%-13s  %s %3u %%  %6.1f s", (int)table->slot_width,
                 SLOT_WIDTH_MAX, row->slot, (int)table->board_width, (int)table->board_width, row->board,
                 row->doing, bar, row->percent,
                 row->begun_us != 0 ? (double)(now_us - row->begun_us) / 1e6 : 0.0);
    put_line(table, frame, width, row->outcome != NULL ? outcome_color(row->outcome) : "", line);
}

/* A narrow terminal costs the bar first, then the board. */
static void fit(struct cli_table *table, unsigned width)
{
    const unsigned fixed =
        (unsigned)table->slot_width + (unsigned)strlen("  STAGE--------    100 %  1234.5 s") + 1;
    const unsigned board = EG_MAC_TEXT - 1 + 2;

    table->board_width = width >= fixed + board ? board : 0;
    const unsigned left = width > fixed + table->board_width ? width - fixed - table->board_width : 0;
    table->bar_width = left < BAR_WIDTH ? left : BAR_WIDTH;
}

static void draw(struct cli_table *table, FILE *frame)
{
    const uint64_t now_us = eg_clock_us();
    struct winsize window = {0};
    unsigned running = 0;
    size_t size;
    char line[400];

    if (ioctl(table->terminal, TIOCGWINSZ, &window) != 0 || window.ws_row == 0 || window.ws_col == 0) {
        window.ws_row = 24;
        window.ws_col = 80;
    }
    fit(table, window.ws_col);
    snprintf(line, sizeof line, "%s%s%s on %s: %u slots, %.1f s%s", table->plan->job_name,
             table->plan->job_version[0] != '\0' ? " " : "", table->plan->job_version,
             table->plan->target->label, table->row_count, (double)(now_us - table->begun_us) / 1e6,
             eg_cancel_requested(cli_cancel()) || eg_cancel_requested(cli_ending()) ? ", ending" : "");
    put_line(table, frame, window.ws_col, "\033[1m", line);
    snprintf(line, sizeof line, "%-*s  %-*.*s%-13s  %-*s  %8s", (int)table->slot_width, "SLOT",
             (int)table->board_width, (int)table->board_width, "BOARD", "STAGE", (int)table->bar_width + 6,
             "PROGRESS", "TIME");
    put_line(table, frame, window.ws_col, "", line);

    /* With more slots than lines, those still going come first. */
    const unsigned room = window.ws_row > 6 ? window.ws_row - 5u : 1;
    unsigned shown = 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < table->row_count; i++) {
            const struct row *row = &table->rows[i];
            const bool first = table->row_count <= room || row->outcome == NULL;
            if (first == (pass == 0) && shown < room) {
                draw_row(table, frame, row, window.ws_col, now_us);
                shown++;
            }
        }
    }
    for (unsigned i = 0; i < table->row_count; i++)
        running += table->rows[i].outcome == NULL && table->rows[i].begun_us != 0;
    size = (size_t)snprintf(line, sizeof line, "passed %u, not passed %u, running %u", table->passed,
                            table->ended - table->passed, running);
    if (shown < table->row_count)
        snprintf(line + size, sizeof line - size, "; %u more slots not shown", table->row_count - shown);
    put_line(table, frame, window.ws_col, "", line);
}

/* Called and left with the lock held, which is released while the terminal is written to. */
static void show(struct cli_table *table)
{
    char *text = NULL;
    size_t size = 0;
    FILE *frame = open_memstream(&text, &size);

    if (frame == NULL)
        return;
    if (table->outlet != NULL && !table->stop && !cli_outlet_idle(table->outlet)) {
        fclose(frame);
        free(text);
        return; /* nobody looks: no picture before the last one is on the screen */
    }
    take_off(table, frame);
    if (table->said.size > 0)
        fwrite(table->said.data, 1, table->said.size, frame);
    table->said.size = 0;
    if (!table->stop)
        draw(table, frame);
    fclose(frame);
    pthread_mutex_unlock(&table->lock);
    fwrite(text, 1, size, table->out);
    fflush(table->out);
    free(text);
    pthread_mutex_lock(&table->lock);
}

static void *display(void *argument)
{
    struct cli_table *table = argument;
    struct timespec until;

    pthread_mutex_lock(&table->lock);
    while (!table->stop) {
        show(table);
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += REDRAW_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        while (!table->stop && pthread_cond_timedwait(&table->wake, &table->lock, &until) != ETIMEDOUT)
            ;
    }
    show(table);
    pthread_mutex_unlock(&table->lock);
    return NULL;
}

/* Share of the whole way that stages before `name` make, and of `name` itself, in percent; false = it is a
 * hook. */
static bool stage_share(const struct cli_table *table, const char *name, unsigned *before, unsigned *own)
{
    unsigned sum = 0;

    for (unsigned i = 0; table->stages[i] != NULL; i++) {
        if (strcmp(table->stages[i]->name, name) == 0) {
            *before = sum * 100 / table->weight;
            *own = table->stages[i]->weight * 100 / table->weight;
            return true;
        }
        sum += table->stages[i]->weight;
    }
    return false;
}

static size_t wider(size_t width, const char *slot)
{
    const size_t length = strlen(slot) < SLOT_WIDTH_MAX ? strlen(slot) : SLOT_WIDTH_MAX;

    return length > width ? length : width;
}

static struct row *add_row(struct cli_table *table, const char *slot)
{
    struct row *more = realloc(table->rows, (table->row_count + 1) * sizeof *more);

    if (more == NULL)
        return NULL;
    table->rows = more;
    struct row *row = &more[table->row_count];
    *row = (struct row){.slot = strdup(slot)};
    if (row->slot == NULL)
        return NULL;
    snprintf(row->doing, sizeof row->doing, "waiting");
    table->row_count++;
    table->slot_width = wider(table->slot_width, slot);
    return row;
}

/* A new row for a new slot; NULL for what the station itself says, and when there is no memory for one. */
static struct row *row_of(struct cli_table *table, const char *slot)
{
    for (unsigned i = 0; i < table->row_count; i++) {
        if (strcmp(table->rows[i].slot, slot) == 0)
            return &table->rows[i];
    }
    return slot[0] != '\0' ? add_row(table, slot) : NULL;
}

/* The slot has a board again, or none. */
static void clear_row(struct row *row, const char *doing)
{
    *row = (struct row){.slot = row->slot};
    snprintf(row->doing, sizeof row->doing, "%s", doing);
}

static void say(struct cli_table *table, const struct eg_log_record *record, const char *kind)
{
    if (record->level > table->verbosity || table->said.size > SAID_MAX)
        return;
    const char *const parts[] = {record->origin.slot, record->origin.slot[0] != '\0' ? ": " : "", kind,
                                 record->text, "\n"};
    struct eg_error ignored; /* without memory the rows still tell how it stands, and the results say why */
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        (void)!eg_buffer_append(&table->said, parts[i], strlen(parts[i]), &ignored);
}

static void table_log(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct cli_table *table = (struct cli_table *)logger;
    unsigned before, own;

    pthread_mutex_lock(&table->lock);
    struct row *row = row_of(table, record->origin.slot);
    if (row != NULL) {
        if (record->origin.board[0] != '\0')
            snprintf(row->board, sizeof row->board, "%s", record->origin.board);
        if (record->kind == EG_LOG_STAGE_BEGIN && row->outcome != NULL)
            clear_row(row, "");
        if (row->begun_us == 0)
            row->begun_us = eg_clock_us();
    }
    switch (record->kind) {
    case EG_LOG_PRINT:
        say(table, record, "");
        break;
    case EG_LOG_NOTE:
        say(table, record, "note: ");
        break;
    case EG_LOG_WARNING:
        say(table, record, "warning: ");
        break;
    case EG_LOG_ERROR:
        say(table, record, "error: ");
        break;
    case EG_LOG_STAGE_BEGIN:
    case EG_LOG_PROGRESS:
        if (row != NULL) {
            if (stage_share(table, record->stage, &before, &own))
                row->percent =
                    before + (record->total != 0 ? (unsigned)(own * record->done / record->total) : 0);
            if (record->kind == EG_LOG_PROGRESS && record->text[0] != '\0')
                snprintf(row->doing, sizeof row->doing, "%s%s%s", record->stage,
                         record->stage[0] != '\0' ? " " : "", record->text);
            else
                snprintf(row->doing, sizeof row->doing, "%s", record->stage);
        }
        break;
    case EG_LOG_STAGE_END:
        if (record->code != EG_OK)
            say(table, record, "");
        break;
    case EG_LOG_OUTCOME:
        if (row != NULL) {
            if (record->attempt == 0 && row->outcome != NULL) { /* a pass is taken back */
                table->ended--;
                table->passed -= row->code == EG_OK;
            }
            for (enum eg_outcome outcome = EG_PASS; outcome <= EG_ABORTED; outcome++) {
                if (strcmp(eg_outcome_name(outcome), record->outcome) == 0)
                    row->outcome = eg_outcome_name(outcome);
            }
            row->code = record->code;
            row->duration_ms = record->duration_ms;
            table->ended++;
            table->passed += record->code == EG_OK;
        }
        break;
    case EG_LOG_UNPLUGGED:
        if (row != NULL)
            clear_row(row, "empty");
        break;
    }
    pthread_mutex_unlock(&table->lock);
}

static void table_set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity)
{
    ((struct cli_table *)logger)->verbosity = verbosity;
}

/* A terminal that can move the cursor up and clear to the end of the screen. */
static bool can_redraw(int terminal)
{
    int result;

    if (!isatty(terminal) || setupterm(NULL, terminal, &result) != OK)
        return false;
    const char *up = tigetstr("cuu1");
    const char *clear_below = tigetstr("ed");
    return up != NULL && up != (const char *)-1 && clear_below != NULL && clear_below != (const char *)-1;
}

static enum eg_code start(struct cli_table *table, struct eg_error *err)
{
    sigset_t all, former;

    /* A signal would break off what is being written. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    const int failed = pthread_create(&table->thread, NULL, display, table);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    if (failed != 0)
        return eg_error_errno(err, EG_IO, failed, "starting a thread for the display");
    table->running = true;
    return EG_OK;
}

enum eg_code cli_table_create(struct cli_table **table, FILE *out, struct cli_outlet *outlet,
                              const struct eg_plan *plan, const struct eg_slot *slots, unsigned slot_count,
                              struct eg_error *err)
{
    const int terminal = outlet != NULL ? cli_outlet_fd(outlet) : fileno(out);

    *table = NULL;
    if (!can_redraw(terminal))
        return EG_OK;
    EG_CLEANUP(cli_table_destroy_cleanup) struct cli_table *made = NULL;
    pthread_condattr_t monotonic;
    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    *made = (struct cli_table){
        .logger = {table_log, table_set_verbosity},
        .out = out,
        .outlet = outlet,
        .terminal = terminal,
        .plan = plan,
        .verbosity = EG_NORMAL,
        .color = getenv("NO_COLOR") == NULL && tigetnum("colors") >= 8,
        .begun_us = eg_clock_us(),
        .slot_width = SLOT_WIDTH,
    };
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&made->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&made->lock, NULL);
    for (unsigned i = 0; i < slot_count; i++) {
        if (add_row(made, slots[i].name) == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "a table of %u slots", slot_count);
    }
    EG_TRY(eg_stages_order(eg_stages, made->stages, err));
    for (unsigned i = 0; made->stages[i] != NULL; i++)
        made->weight += made->stages[i]->weight;
    EG_TRY(start(made, err));
    *table = made;
    made = NULL;
    return EG_OK;
}

void cli_table_destroy(struct cli_table *table)
{
    if (table == NULL)
        return;
    if (table->running) {
        pthread_mutex_lock(&table->lock);
        table->stop = true;
        pthread_cond_signal(&table->wake);
        pthread_mutex_unlock(&table->lock);
        pthread_join(table->thread, NULL);
    }
    del_curterm(cur_term); /* of can_redraw() */
    eg_buffer_finish(&table->said);
    pthread_cond_destroy(&table->wake);
    for (unsigned i = 0; i < table->row_count; i++)
        free(table->rows[i].slot);
    free(table->rows);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

void cli_table_destroy_cleanup(struct cli_table **table)
{
    cli_table_destroy(*table);
}

struct eg_logger *cli_table_logger(struct cli_table *table)
{
    return &table->logger;
}

unsigned cli_counts_all(const struct cli_counts *counts)
{
    unsigned all = 0;

    for (enum eg_outcome outcome = EG_PASS; outcome <= EG_ABORTED; outcome++)
        all += counts->of[outcome];
    return all;
}

unsigned cli_counts_passed(const struct cli_counts *counts)
{
    return counts->of[EG_PASS] + counts->of[EG_PASS_MARGINAL];
}

void cli_table_counts(FILE *out, const struct cli_counts *counts, uint64_t duration_ms)
{
    fprintf(out, "%u of %u passed in %.1f s", cli_counts_passed(counts), cli_counts_all(counts),
            (double)duration_ms / 1000);
    for (enum eg_outcome outcome = EG_PASS_MARGINAL; outcome <= EG_ABORTED; outcome++) {
        if (counts->of[outcome] != 0)
            fprintf(out, ", %u %s", counts->of[outcome], eg_outcome_name(outcome));
    }
    fputc('\n', out);
}

void cli_table_results(FILE *out, const struct eg_result *results, unsigned count)
{
    size_t width = SLOT_WIDTH;

    for (unsigned i = 0; i < count; i++)
        width = wider(width, results[i].slot);
    fprintf(out, "%-*s  %-6s  %-17s  %-20s  %-13s  %-18s  %8s  %8s\n", (int)width, "SLOT", "RUN", "BOARD",
            "CHIP", "OUTCOME", "CODE", "ATTEMPTS", "TIME");
    for (unsigned i = 0; i < count; i++) {
        const struct eg_result *result = &results[i];
        char chip[64] = "";
        if (result->package[0] != '\0')
            snprintf(chip, sizeof chip, "%s v%u.%u", result->package, result->revision / 100u,
                     result->revision % 100u);
        fprintf(out, "%-*s  %-6lld  %-17s  %-20s  %-13s  %-18s  %8u  %6.1f s\n", (int)width, result->slot,
                (long long)result->run, result->mac, chip, eg_outcome_name(result->outcome),
                result->code == EG_OK ? "" : eg_code_name(result->code), result->attempts,
                (double)result->duration_us / 1e6);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct eg_result *result = &results[i];
        if (!eg_outcome_passed(result->outcome))
            fprintf(out, "%s: %s\n", result->slot, result->text);
        else if (result->outcome == EG_PASS_MARGINAL)
            fprintf(out, "%s: passed, but %s\n", result->slot, result->marginal);
    }
}
