/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A reader of its own takes lines of standard input, since nobody else may wait for the keyboard. The slots'
 * threads look every so often whether theirs is begun. What is typed is not echoed: it
 * would push away what is on the screen.
 */

#include "tools/espgang/line/triggers.h"

#include "engine/base/bytes.h"
#include "engine/base/program.h"
#include "engine/plan/template.h"
#include "tools/espgang/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
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

static enum cli_start begin_all(struct cli_enter *enter, char said[300])
{
    bool any = false;

    for (unsigned i = 0; i < enter->station->slot_count; i++)
        any |= begin(enter, i, "");
    if (!any)
        snprintf(said, 300, "every slot is at work; nothing was begun");
    return any ? CLI_START_BEGUN : CLI_START_BUSY;
}

enum cli_start cli_enter_start(struct cli_enter *enter, const char *slot, const char *label, char said[300])
{
    struct eg_error err;
    unsigned index;

    if (slot[0] == '\0')
        return begin_all(enter, said);
    if (!find_slot(enter->station, slot, &index)) {
        snprintf(said, 300, "there is no slot %.80s; name one, or its number from 1 to %u", slot,
                 enter->station->slot_count);
        return CLI_START_UNKNOWN;
    }
    if (strlen(label) >= EG_LABEL_TEXT) {
        snprintf(said, 300, "the label of slot %.80s has more than %d bytes", slot, EG_LABEL_TEXT - 1);
        return CLI_START_BAD;
    }
    if (eg_given_text_check(label, &err) != EG_OK) {
        snprintf(said, 300, "the label of slot %.80s %.200s", slot, err.text);
        return CLI_START_BAD;
    }
    if (!begin(enter, index, label)) {
        snprintf(said, 300, "slot %.80s is at work; scan its board again when it is done", slot);
        return CLI_START_BUSY;
    }
    return CLI_START_BEGUN;
}

static void take_line(struct cli_enter *enter, char *line)
{
    char said[300];

    line += strspn(line, " \t\r");
    for (size_t size = strlen(line); size > 0 && strchr(" \t\r", line[size - 1]) != NULL; size--)
        line[size - 1] = '\0';
    if (line[0] == '/' && enter->view != NULL) {
        cli_terminal_line(enter->view, line + 1);
        return;
    }
    char *label = line + strcspn(line, " \t");
    if (label[0] != '\0')
        *label++ = '\0';
    label += strspn(label, " \t");
    if (cli_enter_start(enter, line, label, said) != CLI_START_BEGUN)
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
    sigset_t all, former;

    *enter = (struct cli_enter){.station = station, .view = view};
    pthread_mutex_init(&enter->lock, NULL);
    EG_TRY(eg_alloc(&enter->slots, station->slot_count, sizeof *enter->slots, err));
    for (unsigned i = 0; i < station->slot_count; i++)
        enter->slots[i].free = true;
    if (!reads)
        return EG_OK;
    silence(enter);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    const int failed = pthread_create(&enter->reader, NULL, read_lines, enter);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
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
