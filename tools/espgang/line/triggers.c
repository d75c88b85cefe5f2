/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A reader of its own takes lines of standard input, since nobody else may wait for the keyboard. The slots'
 * threads look every so often whether theirs is begun. What is typed is not echoed: it
 * would push away what is on the screen.
 */

#include "tools/espgang/line/triggers.h"

#include "engine/base/bytes.h"
#include "engine/base/program.h"
#include "engine/base/thread.h"
#include "engine/plan/template.h"
#include "engine/stages/label.h"
#include "tools/espgang/command.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS    50
#define INPUT_MAX  2048
#define OUTPUT_MAX (64 * 1024)
#define TOLD_MS    2000 /* to take note of an outcome when the line ends */

static bool find_slot(const struct eg_station *station, const char *word, unsigned *index)
{
    char *end;

    for (*index = 0; *index < station->slot_count; ++*index)
        if (strcmp(station->slots[*index].name, word) == 0)
            return true;
    const unsigned long number = strtoul(word, &end, 10);
    *index = (unsigned)number - 1;
    return word[0] >= '0' && word[0] <= '9' && *end == '\0' && number >= 1 && number <= station->slot_count;
}

/* Whether the slot was free. */
static bool begin(struct cli_enter *enter, unsigned index, const char *label)
{
    struct cli_enter_slot *const slot = &enter->slots[index];

    pthread_mutex_lock(&enter->lock);
    const bool may = slot->free && !slot->begun;
    if (may) {
        slot->begun = true;
        snprintf(slot->label, sizeof slot->label, "%s", label);
    }
    pthread_mutex_unlock(&enter->lock);
    return may;
}

static enum cli_start begin_all(struct cli_enter *enter, char said[CLI_SAID])
{
    bool any = false;

    if (enter->requires_labels) {
        snprintf(said, CLI_SAID, "the job requires a label: scan it");
        return CLI_START_BAD;
    }
    for (unsigned i = 0; i < enter->station->slot_count; i++)
        any |= begin(enter, i, "");
    if (!any)
        snprintf(said, CLI_SAID, "every slot is at work; nothing was begun");
    return any ? CLI_START_BEGUN : CLI_START_BUSY;
}

/* The slot whose board at work has a label; slot_count = none. */
static unsigned find_label(struct cli_enter *enter, const char *label)
{
    unsigned i = 0;

    pthread_mutex_lock(&enter->lock);
    while (i < enter->station->slot_count &&
           ((enter->slots[i].free && !enter->slots[i].begun) || strcmp(enter->slots[i].label, label) != 0))
        i++;
    pthread_mutex_unlock(&enter->lock);
    return i;
}

/* Whether some job takes the label, as far as can be told without a board. */
static enum eg_code check_label(const struct cli_enter *enter, const char *label, struct eg_error *err)
{
    enum eg_code code = EG_OK;

    if (strlen(label) >= EG_LABEL_TEXT)
        return eg_error_set(err, EG_NOT_ACCEPTED, "label '%.80s...' has more than %d bytes", label,
                            EG_LABEL_TEXT - 1);
    if (eg_given_text_check(label, err) != EG_OK)
        return eg_error_prefix(err, "label '%.80s' ", label);
    for (unsigned i = 0; i <= enter->station->more_count; i++) {
        code = eg_label_check(eg_station_job(enter->station, i).plan, label, err);
        if (code == EG_OK)
            break;
    }
    return code;
}

/* Begin a slot with a label that is all right. */
static enum cli_start try_begin(struct cli_enter *enter, unsigned index, const char *label,
                                char said[CLI_SAID])
{
    const struct eg_slot *const slots = enter->station->slots;
    const unsigned other = label[0] != '\0' ? find_label(enter, label) : enter->station->slot_count;

    if (other < enter->station->slot_count)
        snprintf(said, CLI_SAID, "label %.80s is that of the board in slot %.80s, which is at work", label,
                 slots[other].name);
    else if (!begin(enter, index, label))
        snprintf(said, CLI_SAID, "slot %.80s is at work; scan its board again when it is done",
                 slots[index].name);
    else
        return CLI_START_BEGUN;
    return CLI_START_BUSY;
}

enum cli_start cli_enter_start(struct cli_enter *enter, const char *slot, const char *label,
                               char said[CLI_SAID])
{
    struct eg_error err;
    unsigned index;

    if (slot[0] == '\0')
        return begin_all(enter, said);
    if (!find_slot(enter->station, slot, &index)) {
        snprintf(said, CLI_SAID, "there is no slot %.80s; name one, or its number from 1 to %u", slot,
                 enter->station->slot_count);
        return CLI_START_UNKNOWN;
    }
    if (label[0] == '\0' && enter->requires_labels) {
        snprintf(said, CLI_SAID, "slot %.80s: the job requires a label", slot);
        return CLI_START_BAD;
    }
    if (check_label(enter, label, &err) != EG_OK) {
        snprintf(said, CLI_SAID, "slot %.80s: %.200s; nothing was begun", slot, err.text);
        return CLI_START_BAD;
    }
    return try_begin(enter, index, label, said);
}

/* The slot that is free after the one that was begun last; slot_count = none. */
static unsigned next_free(struct cli_enter *enter)
{
    const unsigned count = enter->station->slot_count;
    unsigned i = 0;

    pthread_mutex_lock(&enter->lock);
    while (i < count &&
           (!enter->slots[(enter->next + i) % count].free || enter->slots[(enter->next + i) % count].begun))
        i++;
    pthread_mutex_unlock(&enter->lock);
    return i < count ? (enter->next + i) % count : count;
}

/* A label without its slot. */
static enum cli_start take_label(struct cli_enter *enter, const char *label, char said[CLI_SAID])
{
    struct eg_error err;

    if (check_label(enter, label, &err) != EG_OK) {
        snprintf(said, CLI_SAID, "%.300s; nothing was begun", err.text);
        return CLI_START_BAD;
    }
    const unsigned index = enter->awaiting != 0 ? enter->awaiting - 1 : next_free(enter);
    enter->awaiting = 0;
    if (index == enter->station->slot_count) {
        snprintf(said, CLI_SAID, "every slot is at work; scan %.80s again when one is done", label);
        return CLI_START_BUSY;
    }
    const enum cli_start begun = try_begin(enter, index, label, said);
    if (begun == CLI_START_BEGUN)
        enter->next = index + 1;
    return begun;
}

/* A slot, and the label of its board, which may be "". */
static enum cli_start take_slot(struct cli_enter *enter, unsigned index, const char *label,
                                char said[CLI_SAID])
{
    const char *const slot = enter->station->slots[index].name;

    enter->awaiting = 0;
    if (label[0] == '\0' && enter->requires_labels) {
        snprintf(said, CLI_SAID, "slot %.80s: scan the label of its board", slot);
        enter->awaiting = index + 1;
        return CLI_START_AWAITS;
    }
    const enum cli_start begun = cli_enter_start(enter, slot, label, said);
    if (begun == CLI_START_BEGUN)
        enter->next = index + 1;
    return begun;
}

/* The text without spaces around it. */
static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    for (size_t size = strlen(text); size > 0 && strchr(" \t\r", text[size - 1]) != NULL; size--)
        text[size - 1] = '\0';
    return text;
}

/* What was scanned or typed, trimmed; it is cut up. With the scan lock held. */
static enum cli_start take_text(struct cli_enter *enter, char *text, char said[CLI_SAID])
{
    unsigned index;

    if (text[0] == '\0')
        return begin_all(enter, said);
    char *label = text + strcspn(text, " \t");
    const char after = *label;
    *label = '\0';
    if (find_slot(enter->station, text, &index)) {
        label += after != '\0';
        return take_slot(enter, index, label + strspn(label, " \t"), said);
    }
    if (!enter->uses_labels)
        return cli_enter_start(enter, text, "", said); /* which says that there is no such slot */
    *label = after;
    return take_label(enter, text, said);
}

enum cli_start cli_enter_scan(struct cli_enter *enter, const char *text, char said[CLI_SAID])
{
    char copy[INPUT_MAX];

    snprintf(copy, sizeof copy, "%s", text);
    pthread_mutex_lock(&enter->scanning);
    const enum cli_start begun = take_text(enter, trim(copy), said);
    pthread_mutex_unlock(&enter->scanning);
    return begun;
}

static void take_line(struct cli_enter *enter, char *line)
{
    char said[CLI_SAID];

    line = trim(line);
    if (line[0] == '/' && enter->view != NULL) {
        cli_terminal_line(enter->view, line + 1);
        return;
    }
    const enum cli_start begun = cli_enter_scan(enter, line, said);
    if (begun == CLI_START_AWAITS)
        eg_log_note(enter->station->logger, NULL, "%s", said);
    else if (begun != CLI_START_BEGUN)
        eg_log_warning(enter->station->logger, NULL, "%s", said);
}

/* False = the input has ended. */
static bool read_some(struct cli_enter *enter, char text[INPUT_MAX], size_t *used)
{
    const ssize_t got = read(STDIN_FILENO, text + *used, INPUT_MAX - 1 - *used);

    if (got <= 0)
        return got < 0 && (errno == EINTR || errno == EAGAIN);
    *used += (size_t)got;
    text[*used] = '\0';
    for (char *end; (end = memchr(text, '\n', *used)) != NULL;) {
        *end = '\0';
        take_line(enter, text);
        *used -= (size_t)(end + 1 - text);
        memmove(text, end + 1, *used + 1);
    }
    if (*used == INPUT_MAX - 1)
        *used = 0; /* no line of ours */
    return true;
}

/* Whether a slot is begun, or its board is in progress. */
static bool is_busy(struct cli_enter *enter)
{
    bool busy = false;

    pthread_mutex_lock(&enter->lock);
    for (unsigned i = 0; i < enter->station->slot_count; i++)
        busy |= enter->slots[i].begun || !enter->slots[i].free;
    pthread_mutex_unlock(&enter->lock);
    return busy;
}

/* What was begun by the last lines still has its board programmed. */
static void end_line(struct cli_enter *enter)
{
    struct eg_error ignored;

    eg_log_note(enter->station->logger, NULL, "standard input has ended: no further board begins");
    while (is_busy(enter) && !atomic_load(&enter->stop))
        (void)!eg_sleep_ms(NULL, LOOK_MS, &ignored);
    cli_request_ending();
}

static void *read_lines(void *context)
{
    struct cli_enter *const enter = context;
    struct pollfd poll_fd = {.fd = STDIN_FILENO, .events = POLLIN};
    char text[INPUT_MAX];
    size_t used = 0;

    while (!atomic_load(&enter->stop)) {
        if (poll(&poll_fd, 1, EG_CANCEL_POLL_MS) <= 0)
            continue;
        if (!read_some(enter, text, &used)) {
            end_line(enter);
            break;
        }
    }
    return NULL;
}

static void silence(struct cli_enter *enter)
{
    enter->is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &enter->terminal) == 0;
    if (!enter->is_terminal)
        return;
    struct termios silent = enter->terminal;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &silent);
}

enum eg_code cli_enter_begin(struct cli_enter *enter, const struct eg_station *station,
                             struct cli_terminal *view, bool reads, struct eg_error *err)
{
    *enter = (struct cli_enter){.station = station, .view = view, .requires_labels = true};
    for (unsigned i = 0; i <= station->more_count; i++) {
        const struct eg_plan *const plan = eg_station_job(station, i).plan;
        enter->uses_labels = enter->uses_labels || eg_label_used(plan);
        enter->requires_labels = enter->requires_labels && eg_label_required(plan);
    }
    pthread_mutex_init(&enter->lock, NULL);
    pthread_mutex_init(&enter->scanning, NULL);
    EG_TRY(eg_alloc(&enter->slots, station->slot_count, sizeof *enter->slots, err));
    for (unsigned i = 0; i < station->slot_count; i++)
        enter->slots[i].free = true;
    if (!reads)
        return EG_OK;
    silence(enter);
    const int failed = eg_thread_start(&enter->reader, 0, read_lines, enter);
    enter->reading = failed == 0;
    return failed == 0 ? EG_OK : eg_error_errno(err, EG_IO, failed, "starting a thread for standard input");
}

void cli_enter_finish(struct cli_enter *enter)
{
    if (enter->station == NULL)
        return;
    atomic_store(&enter->stop, true);
    if (enter->reading)
        pthread_join(enter->reader, NULL);
    if (enter->is_terminal)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &enter->terminal);
    pthread_mutex_destroy(&enter->scanning);
    pthread_mutex_destroy(&enter->lock);
    free(enter->slots);
}

static enum eg_code wait_for_line(void *context, const struct eg_slot *slot, char label[EG_LABEL_TEXT],
                                  const struct eg_cancel *cancel, struct eg_error *err)
{
    struct cli_enter *const enter = context;
    bool begun = false;
    unsigned index;

    if (!find_slot(enter->station, slot->name, &index))
        return eg_error_set(err, EG_INTERNAL, "slot %s is none of the station's", slot->name);
    struct cli_enter_slot *const mine = &enter->slots[index];
    while (!begun) {
        pthread_mutex_lock(&enter->lock);
        begun = mine->begun;
        mine->free = !begun;
        mine->begun = false;
        if (begun)
            memcpy(label, mine->label, EG_LABEL_TEXT);
        pthread_mutex_unlock(&enter->lock);
        if (!begun)
            EG_TRY(eg_sleep_ms(cancel, LOOK_MS, err));
    }
    return EG_OK;
}

struct eg_trigger cli_enter_trigger(struct cli_enter *enter)
{
    return (struct eg_trigger){wait_for_line, NULL, enter};
}

/* Texts of the environment; what does not fit is cut. */
struct variables {
    char port[300], run[48], mac[48], code[64], sentence[512];
    const char *list[6];
};

static void put(struct variables *variables, char *text, size_t size, const char *name, const char *value)
{
    unsigned count = 0;

    snprintf(text, size, "%s=%s", name, value);
    while (variables->list[count] != NULL)
        count++;
    variables->list[count] = text;
}

static enum eg_code call(const char *const *argv, const struct variables *variables, uint32_t timeout_ms,
                         struct eg_buffer *output, const struct eg_cancel *cancel, struct eg_error *err)
{
    const struct eg_program started = {
        .argv = argv,
        .environment = variables->list,
        .output_max = OUTPUT_MAX,
        .timeout_ms = timeout_ms,
    };

    return eg_program_run(&started, output, cancel, err);
}

static enum eg_code wait_for_program(void *context, const struct eg_slot *slot, char label[EG_LABEL_TEXT],
                                     const struct eg_cancel *cancel, struct eg_error *err)
{
    const char *const program = context;
    const char *const argv[] = {program, "wait", slot->name, NULL};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    struct variables variables = {.list = {NULL}};

    put(&variables, variables.port, sizeof variables.port, "ESPGANG_PORT", slot->url);
    EG_TRY(call(argv, &variables, UINT32_MAX, &output, cancel, err));
    EG_TRY(eg_buffer_append(&output, "", 1, err));
    char *const text = (char *)output.data;
    text[strcspn(text, "\r\n")] = '\0';
    if (strlen(text) >= EG_LABEL_TEXT)
        return eg_error_set(err, EG_PROGRAM_FAILED, "%s: its label has more than %d bytes", program,
                            EG_LABEL_TEXT - 1);
    if (eg_given_text_check(text, err) != EG_OK) {
        err->code = EG_PROGRAM_FAILED;
        return eg_error_prefix(err, "%s: its label ", program);
    }
    snprintf(label, EG_LABEL_TEXT, "%s", text);
    return EG_OK;
}

static enum eg_code tell_program(void *context, const struct eg_slot *slot, const struct eg_result *result,
                                 const struct eg_cancel *cancel, struct eg_error *err)
{
    const char *const program = context;
    const char *const argv[] = {program, "done", slot->name, eg_outcome_name(result->outcome), NULL};
    struct variables variables = {.list = {NULL}};
    char run[24];

    snprintf(run, sizeof run, "%lld", (long long)result->run);
    put(&variables, variables.port, sizeof variables.port, "ESPGANG_PORT", slot->url);
    put(&variables, variables.run, sizeof variables.run, "ESPGANG_RUN", run);
    put(&variables, variables.mac, sizeof variables.mac, "ESPGANG_MAC", result->mac);
    put(&variables, variables.code, sizeof variables.code, "ESPGANG_CODE", eg_code_name(result->code));
    put(&variables, variables.sentence, sizeof variables.sentence, "ESPGANG_SENTENCE", result->text);
    if (!eg_cancel_requested(cancel))
        return call(argv, &variables, UINT32_MAX, NULL, cancel, err);
    /* The line does not wait until its last boards are gone, but what became of them is told. */
    (void)!call(argv, &variables, TOLD_MS, NULL, NULL, err);
    return EG_OK;
}

struct eg_trigger cli_program_trigger(const char *program)
{
    return (struct eg_trigger){wait_for_program, tell_program, (void *)program};
}
