/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A window as cells, for drawing without a terminal. Texts are cut at the edges, so every window's size is
 * fine. A character takes the columns that wcwidth() says: none for combining ones, which are left out, two
 * for wide ones; control characters and what the terminal cannot show become '?'.
 */

#ifndef TOOLS_ESPGANG_LINE_CELLS_H
#define TOOLS_ESPGANG_LINE_CELLS_H

#include "engine/espgang.h"

#include <stdbool.h>
#include <stdint.h>

/** How cells look. A result has a colour, a sign and a word; nothing else has a background. */
enum cli_style {
    CLI_PLAIN,
    CLI_BOLD,
    CLI_FAINT,
    CLI_REVERSE,
    CLI_ON_PASS, /* the field of a result */
    CLI_ON_CHECK,
    CLI_ON_FAIL,
    CLI_ON_AGAIN,
    CLI_GOOD, /* a count */
    CLI_BAD,
    CLI_STYLES
};

struct cli_cell {
    uint32_t character; /* Unicode; 0 = the right half of the wide character before it */
    enum cli_style style;
};

struct cli_cells {
    unsigned rows, columns;
    bool utf8;           /* the terminal shows Unicode; else only ASCII */
    struct cli_cell *at; /* row by row; the caller's */
};

/** A stretch of a row: columns `from` to `to`, without `to`. What does not fit the window is cut. */
struct cli_span {
    unsigned row, from, to;
};

/** Return the span of a whole row. */
struct cli_span cli_row(const struct cli_cells *cells, unsigned row);

/** Fill every cell with a plain blank. */
void cli_cells_clear(struct cli_cells *cells);

/** Fill a span with a character: of ASCII, or of Unicode and then only with `utf8`. */
void cli_cells_fill(struct cli_cells *cells, struct cli_span span, enum cli_style style, uint32_t character);

/** Put a text at the beginning of a span; its end is cut if it does not fit, and the cut is shown. Returns
 * the column after it. */
unsigned cli_put(struct cli_cells *cells, struct cli_span span, enum cli_style style, const char *text);
unsigned cli_putf(struct cli_cells *cells, struct cli_span span, enum cli_style style, const char *format,
                  ...) EG_PRINTF(4, 5);

/** Put a text at the end of a span. If it does not fit, nothing is put. */
void cli_put_right(struct cli_cells *cells, struct cli_span span, enum cli_style style, const char *text);

/** Put a text into the middle of a span, whose other cells get the style too. */
void cli_put_middle(struct cli_cells *cells, struct cli_span span, enum cli_style style, const char *text);

/** Put a bar into a span: `done` of `total`. */
void cli_put_bar(struct cli_cells *cells, struct cli_span span, uint64_t done, uint64_t total);

/** Return the columns that a text takes. */
unsigned cli_width(const struct cli_cells *cells, const char *text);

#endif
