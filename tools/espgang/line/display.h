/* SPDX-License-Identifier: Apache-2.0 */

/* What `espgang run` shows: the live view, plain lines or events, and the counts. */

#ifndef TOOLS_ESPGANG_LINE_DISPLAY_H
#define TOOLS_ESPGANG_LINE_DISPLAY_H

#include "tools/espgang/events/recorder.h"
#include "tools/espgang/line/outlet.h"
#include "tools/espgang/line/table.h"
#include "tools/espgang/line/terminal.h"

/** What the command line says about it. */
struct cli_display_options {
    bool json, plain, verbose, silent;
    bool wall;             /* the live view has nothing but fields and counts */
    bool serves;           /* board after board; else one in each slot */
    bool lines;            /* standard input has lines for the trigger */
    const char *station;   /* its name; NULL = not said */
    const char *batch;     /* its name in the ledger */
    const char *ledger;    /* its path, where the batch is counted */
    bool rehearses;        /* that ledger goes with the run */
    unsigned target;       /* good units wanted; 0 = not said */
    unsigned target_yield; /* in tenths of a percent; 0 = not said */
};

/** Zero-initialise it; EG_CLEANUP(cli_display_finish) frees it. */
struct cli_display {
    struct cli_display_options options;
    struct cli_outlet *outlet; /* all that is printed goes through it */
    FILE *out;                 /* the outlet's */
    struct cli_events events;
    struct cli_view view;
    struct cli_recorder recorder;
    struct cli_recorder *recorders; /* of the station's further jobs, */
    struct eg_line_job *more;       /* which have them here */
    unsigned more_count;
    struct eg_console_logger console;
    struct cli_terminal *terminal; /* the live view; NULL = there is none */
    struct cli_shows shows;        /* its terminal; 0 columns = there was none */
    struct eg_tee_logger told;     /* view and events */
    struct eg_tee_logger shown;    /* what a person reads, and `told` */
    struct cli_counts counts;
    bool station_failed; /* ledger, pool or a file of the station, which the next board would meet too */
};

/**
 * Begin, make it the station's logger, and put it before the recorders of the station's jobs. What is printed
 * and not read goes into a file beside the ledger, in a rehearsal into the folder for temporary files.
 */
enum eg_code cli_display_init(struct cli_display *display, const struct cli_display_options *options,
                              struct eg_station *station, struct eg_error *err) EG_CHECKED;

/** Take the live view off the screen: what is said from now on are plain lines. */
void cli_display_end_view(struct cli_display *display);

/** Print the results of a run of one board in each slot; of a line, whose `results` are NULL, the last
 * failures if they were on a screen that is gone. Nothing with --json. */
void cli_display_results(struct cli_display *display, const struct eg_result *results, unsigned count);

/** Print what is left, say on standard error what nobody read and where it is. Returns whether the output is
 * whole. */
bool cli_display_close(struct cli_display *display);

void cli_display_finish(struct cli_display *display);

#endif
