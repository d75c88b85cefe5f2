/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/cells.h"

#include "engine/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#define CUT       0x2026 /* … */
#define BAR_DONE  0x2588 /* █ */
#define BAR_TO_DO 0x2591 /* ░ */

struct cli_span cli_row(const struct cli_cells *cells, unsigned row)
{
    return (struct cli_span){row, 0, cells->columns};
}

/* Take the character that a text begins with; its bytes are counted in `*length`, its columns returned. */
static unsigned take(const struct cli_cells *cells, const char *text, size_t *length, uint32_t *character)
{
    static const uint8_t lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    const size_t size = strnlen(text, 4);

    *length = eg_utf8_length(text, size);
    if (*length == 0 || *length > 4 || eg_utf8_is_control(text, *length)) {
        *length += *length == 0;
        *character = '?';
        return 1;
    }
    *character = (uint8_t)text[0] & lead[*length];
    for (size_t i = 1; i < *length; i++)
        *character = *character << 6 | ((uint8_t)text[i] & 0x3fu);
    if (*character < 0x80)
        return 1;
    const int width = cells->utf8 ? wcwidth((wchar_t)*character) : -1;
    if (width < 0)
        *character = '?';
    return width < 0 ? 1 : (unsigned)width;
}

unsigned cli_width(const struct cli_cells *cells, const char *text)
{
    unsigned width = 0;
    uint32_t ignored;

    for (size_t length; text[0] != '\0'; text += length)
        width += take(cells, text, &length, &ignored);
    return width;
}

static void set(struct cli_cells *cells, unsigned row, unsigned column, enum cli_style style,
                uint32_t character)
{
    if (row < cells->rows && column < cells->columns)
        cells->at[row * cells->columns + column] = (struct cli_cell){character, style};
}

void cli_cells_fill(struct cli_cells *cells, struct cli_span span, enum cli_style style, uint32_t character)
{
    for (unsigned column = span.from; column < span.to && column < cells->columns; column++)
        set(cells, span.row, column, style, character);
}

void cli_cells_clear(struct cli_cells *cells)
{
    for (unsigned row = 0; row < cells->rows; row++)
        cli_cells_fill(cells, cli_row(cells, row), CLI_PLAIN, ' ');
}

unsigned cli_put(struct cli_cells *cells, struct cli_span span, enum cli_style style, const char *text)
{
    const unsigned to = span.to < cells->columns ? span.to : cells->columns;
    unsigned column = span.from;
    uint32_t character;

    if (column >= to)
        return column;
    const bool cut = cli_width(cells, text) > to - column;
    for (size_t length; text[0] != '\0'; text += length) {
        const unsigned width = take(cells, text, &length, &character);
        if (width == 0)
            continue;
        if (column + width > to - cut)
            break;
        set(cells, span.row, column, style, character);
        if (width == 2)
            set(cells, span.row, column + 1, style, 0);
        column += width;
    }
    if (cut) {
        cli_cells_fill(cells, (struct cli_span){span.row, column, to}, style, ' ');
        set(cells, span.row, column++, style, cells->utf8 ? CUT : '~');
    }
    return column;
}

unsigned cli_putf(struct cli_cells *cells, struct cli_span span, enum cli_style style, const char *format,
                  ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return cli_put(cells, span, style, text);
}

void cli_put_right(struct cli_cells *cells, struct cli_span span, enum cli_style style, const char *text)
{
    const unsigned width = cli_width(cells, text);

    if (span.to > span.from && width <= span.to - span.from)
        cli_put(cells, (struct cli_span){span.row, span.to - width, span.to}, style, text);
}

void cli_put_middle(struct cli_cells *cells, struct cli_span span, enum cli_style style, const char *text)
{
    const unsigned width = cli_width(cells, text), room = span.to > span.from ? span.to - span.from : 0;

    cli_cells_fill(cells, span, style, ' ');
    cli_put(cells, (struct cli_span){span.row, span.from + (width < room ? (room - width) / 2 : 0), span.to},
            style, text);
}

void cli_put_bar(struct cli_cells *cells, struct cli_span span, uint64_t done, uint64_t total)
{
    const unsigned room = span.to > span.from ? span.to - span.from : 0;
    const unsigned filled = total == 0 ? 0 : done >= total ? room : (unsigned)(room * done / total);

    cli_cells_fill(cells, (struct cli_span){span.row, span.from, span.from + filled}, CLI_PLAIN,
                   cells->utf8 ? BAR_DONE : '#');
    cli_cells_fill(cells, (struct cli_span){span.row, span.from + filled, span.to}, CLI_PLAIN,
                   cells->utf8 ? BAR_TO_DO : '.');
}
