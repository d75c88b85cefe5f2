/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Standard output of a line: a queue, and a thread that writes it out. Whoever prints never waits for whoever
 * reads: a terminal that is stopped (Ctrl-S), a pipe that nobody empties and one that is closed stop no
 * board.
 *
 * What the queue has no room for goes to a file when all of it matters (events, plain lines), and is lost
 * when it is a picture of the moment (the live view). A reader that goes on reads what is in the file, too.
 *
 * Threads: any may print. Opening and closing are one thread's.
 */

#ifndef TOOLS_ESPGANG_LINE_OUTLET_H
#define TOOLS_ESPGANG_LINE_OUTLET_H

#include "engine/base/clock.h"

#include <stdio.h>

struct cli_outlet;

/**
 * Start the thread.
 *
 * @param fd     to write to; the caller's
 * @param spill  path of the file for what is not read, made with mode 0600 when there is something for it;
 * NULL = that is lost
 */
enum eg_code cli_outlet_open(struct cli_outlet **outlet, int fd, const char *spill,
                             struct eg_error *err) EG_CHECKED;

/** Where to print; the outlet's. */
FILE *cli_outlet_file(struct cli_outlet *outlet);

/** The descriptor that it writes to. */
int cli_outlet_fd(const struct cli_outlet *outlet);

/** Whether all that was printed and flushed is written. */
bool cli_outlet_idle(struct cli_outlet *outlet);

/** How it ended. */
struct cli_outlet_end {
    bool whole;      /* all of it is written, or was not read and is in the file, or was a picture */
    char said[1200]; /* a sentence when not all is written; "" else */
};

/**
 * Write what is left, as long as somebody reads it, and stop. NULL is allowed.
 *
 * @param cancel  once it is set hardly any time is given to the reader; may be NULL
 */
void cli_outlet_close(struct cli_outlet *outlet, const struct eg_cancel *cancel, struct cli_outlet_end *end);

#endif
