/* SPDX-License-Identifier: Apache-2.0 */

/* How a person looks at the line, and the signs and styles of what is seen. */

#ifndef TOOLS_ESPGANG_LINE_LOOK_H
#define TOOLS_ESPGANG_LINE_LOOK_H

#include "tools/espgang/line/cells.h"
#include "tools/espgang/line/view.h"

enum cli_page { CLI_PAGE_GRID, CLI_PAGE_HELP, CLI_PAGE_SLOT, CLI_PAGE_LOG };

struct cli_look {
    enum cli_page page;
    bool wall;            /* nothing but fields and counters */
    unsigned selected;    /* the slot of CLI_PAGE_SLOT and CLI_PAGE_LOG */
    const char *typed;    /* of a slot's name; "" = nothing */
    const char *question; /* that waits for an answer; "" = none */
    bool keys;            /* somebody can press keys */
    bool lines;           /* lines are typed, for the trigger: a key is "/" and its letter, then Enter */
    bool serves;          /* board after board; else one in each slot */
    bool ending;          /* no further board begins */
    bool paused;          /* nor until somebody lets the line go on */
    struct cli_moment now;
};

/** Return the sign of a result, one column wide. */
const char *cli_sign(const struct cli_cells *cells, enum cli_verdict verdict);

/** Return the style of a result's field. */
enum cli_style cli_field_style(enum cli_verdict verdict);

/** Write a time of day: "15:47:09"; "15:47" without seconds. */
void cli_clock(char text[9], time_t at, bool seconds);

/** Write a yield in tenths of a percent: "97 %", "97.5 %". */
void cli_write_yield(char text[16], unsigned yield);

/** Put the counts into rows from `row` on, as many as `rows` says: good, not good, yield, rate, time left. */
void cli_put_counts(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                    unsigned row, unsigned rows);

/** Return how many rows the counts take, 1 or 2. */
unsigned cli_counts_rows(const struct cli_cells *cells, const struct cli_view *view,
                         const struct cli_look *look);

/** Put the action line: what to do now, in one sentence. */
void cli_put_action(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                    unsigned row);

/** Return what the station said in the last ten seconds; "" = nothing. */
const char *cli_message(const struct cli_view *view, const struct cli_look *look);

/** Put the last row: what is asked, what is typed, `message`, or else the keys. */
void cli_put_keys(struct cli_cells *cells, const struct cli_look *look, const char *message, unsigned row);

#endif
