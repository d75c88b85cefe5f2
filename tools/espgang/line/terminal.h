/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The live view on a terminal, by ncurses.
 *
 * ncurses prints into a file of its own, and each picture goes from there into the outlet, if the one before
 * is on the terminal: a terminal that takes nothing (Ctrl-S, a remote session that hangs) stops the display
 * and no board. The terminal is put back on every way out: by destroy, by a signal that ends the program at
 * once, by a crash.
 *
 * Threads: the display has one of its own, which alone calls ncurses, reads keys and asks the ledger for its
 * counts. The logger may be called by any.
 */

#ifndef TOOLS_ESPGANG_LINE_TERMINAL_H
#define TOOLS_ESPGANG_LINE_TERMINAL_H

#include "tools/espgang/line/batch_counts.h"
#include "tools/espgang/line/final.h"
#include "tools/espgang/line/outlet.h"
#include "tools/espgang/line/view.h"

struct cli_terminal;

struct cli_terminal_options {
    bool wall;   /* nothing but fields and counts */
    bool serves; /* board after board; else one in each slot */
    bool lines;  /* standard input has lines for the trigger: keys come by cli_terminal_line() */
    struct cli_batch_counts counts;
};

/**
 * Take the terminal of `outlet` and show the view.
 *
 * @param view  must outlive it
 * @param terminal  NULL afterwards when there is no terminal that can place the cursor, or when the program
 * is in its background: use plain lines then; never an error
 */
enum eg_code cli_terminal_create(struct cli_terminal **terminal, struct cli_outlet *outlet,
                                 struct cli_view *view, const struct cli_terminal_options *options,
                                 struct eg_error *err) EG_CHECKED;

/** Return what the terminal can show, in its window as it is now. */
struct cli_shows cli_terminal_shows(const struct cli_terminal *terminal);

/** Put the terminal back, and print what was said meanwhile. NULL is allowed. */
void cli_terminal_destroy(struct cli_terminal *terminal);

/** Return the logger that keeps what is said for the end. The view is a logger of its own. */
struct eg_logger *cli_terminal_logger(struct cli_terminal *terminal);

/** Take what was typed after the "/" of a line. Any thread. */
void cli_terminal_line(struct cli_terminal *terminal, const char *line);

#endif
