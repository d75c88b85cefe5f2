/* SPDX-License-Identifier: Apache-2.0 */

/* Who says that the board in a slot may begin: a key or a scanner, or a program. See engine/line/trigger.h.
 */

#ifndef TOOLS_ESPGANG_LINE_TRIGGERS_H
#define TOOLS_ESPGANG_LINE_TRIGGERS_H

#include "engine/line/trigger.h"
#include "tools/espgang/dashboard/dashboard.h"
#include "tools/espgang/line/terminal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <termios.h>

/**
 * Lines of standard input: an empty one begins every slot that is free, "SLOT" or "SLOT LABEL" that slot.
 * SLOT is its name or its number in the order of the station, from 1. The end of the input ends the line.
 *
 * Where a job says something of labels, a line that is no slot is a label: that of the slot named in the line
 * before, else of the next free slot, in turn. A label that no job takes, or that a board at work has, begins
 * nothing.
 */
struct cli_enter {
    const struct eg_station *station;
    struct cli_terminal *view; /* takes lines that begin with "/"; NULL = there is none */
    pthread_mutex_t lock;      /* guards `slots` */
    struct cli_enter_slot {
        bool free;  /* no board is in progress */
        bool begun; /* it may begin */
        char label[EG_LABEL_TEXT];
    } * slots;
    bool uses_labels;         /* some job says something of them */
    bool requires_labels;     /* every job requires one */
    pthread_mutex_t scanning; /* guards what is scanned, and the two below */
    unsigned next;            /* slot from which a free one is looked for */
    unsigned awaiting;        /* slot that was named without its label, from 1; 0 = none */
    atomic_bool stop;
    pthread_t reader;
    bool reading;
    struct termios terminal; /* as it was */
    bool is_terminal;
};

/** Start to read, if `reads`; else slots begin by cli_enter_start() alone. `view` takes lines
 * that begin with "/"; NULL = there is none. Both in the station's thread; EG_CLEANUP(cli_enter_finish) ends
 * it. EG_NO_MEMORY, EG_IO. */
enum eg_code cli_enter_begin(struct cli_enter *enter, const struct eg_station *station,
                             struct cli_terminal *view, bool reads, struct eg_error *err) EG_CHECKED;

/**
 * Begin the board in a slot, as a line of the input does; `slot` "" = in every free one. Any thread.
 *
 * @param label  "" = none
 * @param said   becomes a sentence when it is not begun
 */
enum cli_start cli_enter_start(struct cli_enter *enter, const char *slot, const char *label,
                               char said[CLI_SAID]);

/**
 * Take what was scanned or typed, as a line of the input is taken: a slot, a slot and a label, or a label.
 * Any thread.
 *
 * @param said  becomes a sentence unless CLI_START_BEGUN is returned
 */
enum cli_start cli_enter_scan(struct cli_enter *enter, const char *text, char said[CLI_SAID]);

void cli_enter_finish(struct cli_enter *enter);
struct eg_trigger cli_enter_trigger(struct cli_enter *enter);

/**
 * A program. "PROGRAM wait SLOT" ends with status 0 when the board in the slot may begin; the first line that
 * it prints, if any, is the board's label. "PROGRAM done SLOT OUTCOME" is told how it went, and ends when the
 * board is gone. ESPGANG_PORT, ESPGANG_RUN, ESPGANG_MAC, ESPGANG_CODE and ESPGANG_SENTENCE say more.
 */
struct eg_trigger cli_program_trigger(const char *program);

#endif
