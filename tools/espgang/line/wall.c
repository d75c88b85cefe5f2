/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/wall.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LETTER_ROWS    5
#define LETTER_COLUMNS 5
#define DIGIT_COLUMNS  3
#define LARGE_ROWS     8 /* a field in which the word is of large letters has so many rows */
#define LARGE_COLUMNS  40
#define COUNTS_ROWS    7  /* of counts in large digits */
#define COUNTS_COLUMNS 60 /* that they need */
#define BLOCK          0x2588

/* A letter or digit in rows of so many bits, the left one highest. */
struct glyph {
    char character;
    uint8_t rows[LETTER_ROWS];
};

static const struct glyph letters[] = {
    {'A', {0x0e, 0x11, 0x1f, 0x11, 0x11}}, {'C', {0x0f, 0x10, 0x10, 0x10, 0x0f}},
    {'E', {0x1f, 0x10, 0x1e, 0x10, 0x1f}}, {'F', {0x1f, 0x10, 0x1e, 0x10, 0x10}},
    {'G', {0x0f, 0x10, 0x17, 0x11, 0x0e}}, {'H', {0x11, 0x11, 0x1f, 0x11, 0x11}},
    {'I', {0x1f, 0x04, 0x04, 0x04, 0x1f}}, {'K', {0x11, 0x12, 0x1c, 0x12, 0x11}},
    {'L', {0x10, 0x10, 0x10, 0x10, 0x1f}}, {'N', {0x11, 0x19, 0x15, 0x13, 0x11}},
    {'P', {0x1e, 0x11, 0x1e, 0x10, 0x10}}, {'S', {0x0f, 0x10, 0x0e, 0x01, 0x1e}},
};

static const struct glyph digits[] = {
    {'0', {7, 5, 5, 5, 7}}, {'1', {2, 6, 2, 2, 7}}, {'2', {7, 1, 7, 4, 7}}, {'3', {7, 1, 7, 1, 7}},
    {'4', {5, 5, 7, 1, 1}}, {'5', {7, 4, 7, 1, 7}}, {'6', {7, 4, 7, 5, 7}}, {'7', {7, 1, 1, 1, 1}},
    {'8', {7, 5, 7, 5, 7}}, {'9', {7, 5, 7, 1, 7}}, {'.', {0, 0, 0, 0, 2}}, {'%', {5, 1, 2, 4, 5}},
    {'-', {0, 0, 7, 0, 0}},
};

static void put_glyph(struct cli_cells *cells, struct cli_span at, enum cli_style style,
                      const struct glyph *glyph, unsigned columns)
{
    for (unsigned row = 0; row < LETTER_ROWS; row++)
        for (unsigned column = 0; column < columns; column++)
            if ((glyph->rows[row] >> (columns - 1 - column) & 1) != 0)
                cli_cells_fill(cells, (struct cli_span){at.row + row, at.from + column, at.from + column + 1},
                               style, cells->utf8 ? BLOCK : '#');
}

static void put_glyphs(struct cli_cells *cells, struct cli_span at, enum cli_style style, const char *text)
{
    for (; text[0] != '\0'; text++) {
        for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
            if (letters[i].character == text[0]) {
                put_glyph(cells, at, style, &letters[i], LETTER_COLUMNS);
                at.from += LETTER_COLUMNS + 2;
            }
        }
        for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
            if (digits[i].character == text[0]) {
                put_glyph(cells, at, style, &digits[i], DIGIT_COLUMNS);
                at.from += DIGIT_COLUMNS + 1;
            }
        }
    }
}

/* A field's place and size, without the gap after it. */
struct field {
    unsigned row, rows, from, to;
};

static struct cli_span row_of(const struct field *field, unsigned row)
{
    return (struct cli_span){field->row + row, field->from, field->to};
}

static void put_word(struct cli_cells *cells, const struct field *field, enum cli_style style,
                     enum cli_verdict verdict)
{
    const char *const word = cli_verdict_word(verdict);
    const unsigned columns = field->to - field->from,
                   width = (unsigned)strlen(word) * (LETTER_COLUMNS + 2) - 2;
    char text[24];

    if (field->rows >= LARGE_ROWS && columns >= LARGE_COLUMNS) {
        put_glyphs(cells,
                   (struct cli_span){field->row + (field->rows - LETTER_ROWS) / 2,
                                     field->from + (columns - width) / 2, field->to},
                   style, word);
        return;
    }
    snprintf(text, sizeof text, "%s%s%s", cli_sign(cells, verdict), columns > 12 ? "  " : " ", word);
    if (columns < 7)
        snprintf(text, sizeof text, "%s", cli_sign(cells, verdict));
    struct cli_span span = row_of(field, field->rows / 2);
    if (field->rows == 1)
        cli_put_right(cells, (struct cli_span){span.row, span.from, span.to - 1}, style, text);
    else
        cli_put_middle(cells, span, style, text);
}

static void draw_field(struct cli_cells *cells, const struct cli_view_slot *slot, const struct cli_look *look,
                       const struct field *field)
{
    const enum cli_verdict verdict = cli_verdict_of(slot->outcome);
    const enum cli_style style = slot->state == CLI_SLOT_DONE  ? cli_field_style(verdict)
                                 : slot->state == CLI_SLOT_OFF ? CLI_FAINT
                                                               : CLI_PLAIN;
    const unsigned middle = field->rows / 2;
    char text[80];

    for (unsigned row = 0; row < field->rows; row++)
        cli_cells_fill(cells, row_of(field, row), style, ' ');
    const unsigned after =
        cli_put(cells, (struct cli_span){field->row, field->from + (field->to - field->from > 8), field->to},
                style, slot->shown);
    switch (slot->state) {
    case CLI_SLOT_EMPTY:
    case CLI_SLOT_OFF:
        snprintf(text, sizeof text, "%s",
                 slot->state == CLI_SLOT_OFF ? "OFF"
                 : look->serves              ? "insert"
                                             : "waits");
        if (field->rows > 1)
            cli_put_middle(cells, row_of(field, middle), style, text);
        else
            cli_put_right(cells, (struct cli_span){field->row, after + 1, field->to}, style,
                          slot->state == CLI_SLOT_OFF ? "-" : ".");
        break;
    case CLI_SLOT_AT_WORK:
        snprintf(text, sizeof text, "%u %%", slot->percent);
        if (field->rows == 1) {
            cli_put_right(cells, (struct cli_span){field->row, after, field->to}, style, text);
            break;
        }
        cli_put_middle(cells, row_of(field, middle), style, text);
        if (field->rows > 2)
            cli_put_bar(cells, (struct cli_span){field->row + middle + 1, field->from + 2, field->to - 2},
                        slot->percent, 100);
        snprintf(text, sizeof text, "%.31s %.40s", slot->stage, slot->what);
        if (cli_width(cells, slot->stage) + after + 2 <= field->to)
            cli_put(cells, (struct cli_span){field->row, after + 2, field->to}, style, text);
        break;
    case CLI_SLOT_DONE:
        put_word(cells, field, style, verdict);
        if (field->rows > 3)
            cli_put_middle(cells, row_of(field, field->rows - 2), style,
                           cli_advice(slot->outcome, slot->code));
        break;
    }
}

/* The number of columns of fields that makes them largest: a field is about three times as wide as high. */
static unsigned choose_across(unsigned count, unsigned rows, unsigned columns)
{
    unsigned best = 1, best_size = 0;

    for (unsigned across = 1; across <= count && columns / across >= 4; across++) {
        const unsigned down = (count + across - 1) / across;
        const unsigned width = columns / across / 3, height = rows / down;
        unsigned size = 4 * (width < height ? width : height);
        if (count % across == 0)
            size += 3; /* rather a full rectangle, if it costs little */
        if (height >= 1 && size > best_size) {
            best = across;
            best_size = size;
        }
    }
    return best;
}

static void draw_fields(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                        unsigned row, unsigned rows)
{
    const unsigned across = choose_across(view->slot_count, rows, cells->columns);
    const unsigned down = (view->slot_count + across - 1) / across;
    const unsigned height = rows / down > 0 ? rows / down : 1, width = cells->columns / across;

    for (unsigned i = 0; i < view->slot_count; i++) {
        const struct field field = {
            .row = row + i / across * height,
            .rows = height > 3 ? height - 1 : height,
            .from = i % across * width,
            .to = i % across * width + width - 1,
        };
        if (field.row + field.rows > row + rows) {
            cli_putf(cells, cli_row(cells, row + rows - 1), CLI_BOLD, "and %u more slots",
                     view->slot_count - i + 1);
            return;
        }
        draw_field(cells, &view->slots[i], look, &field);
    }
}

static void put_large_counts(struct cli_cells *cells, const struct cli_view *view,
                             const struct cli_look *look, unsigned row)
{
    const int yield = cli_view_yield(view);
    const unsigned third = cells->columns / 3;
    const bool below = yield >= 0 && view->target_yield != 0 && (unsigned)yield < view->target_yield;
    char text[3][48], line[120] = "", wanted[16];
    struct cli_span span = cli_row(cells, row + LETTER_ROWS);

    snprintf(text[0], sizeof text[0], "%" PRId64, view->counts.good);
    snprintf(text[1], sizeof text[1], "%" PRId64, view->counts.not_good);
    snprintf(text[2], sizeof text[2], "-");
    if (yield >= 0)
        snprintf(text[2], sizeof text[2], "%d.%d%%", yield / 10, yield % 10);
    const enum cli_style styles[] = {view->counts.good > 0 ? CLI_GOOD : CLI_PLAIN,
                                     view->counts.not_good > 0 ? CLI_BAD : CLI_PLAIN,
                                     below ? CLI_BAD : CLI_PLAIN};
    for (unsigned i = 0; i < 3; i++)
        put_glyphs(cells, (struct cli_span){row, i * third, cells->columns}, styles[i], text[i]);
    if (view->target != 0)
        cli_putf(cells, span, CLI_PLAIN, "good of %u", view->target);
    else
        cli_put(cells, span, CLI_PLAIN, "good");
    span.from = third;
    cli_put(cells, span, CLI_PLAIN, "not good");
    span.from = 2 * third;
    cli_write_yield(wanted, view->target_yield);
    cli_putf(cells, span, CLI_PLAIN, "yield%s%s", view->target_yield != 0 ? ", target " : "",
             view->target_yield != 0 ? wanted : "");
    const unsigned rate = cli_view_rate(view, look->now.ms);
    const int64_t left = cli_view_minutes_left(view, look->now.ms);
    if (rate != 0)
        snprintf(line, sizeof line, "%u per hour", rate);
    if (left > 0)
        snprintf(line + strlen(line), 60, ", %" PRId64 " h %" PRId64 " min left", left / 60, left % 60);
    cli_put(cells, cli_row(cells, row + LETTER_ROWS + 1), CLI_PLAIN, line);
}

void cli_wall_draw(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look)
{
    const bool large = cells->rows >= 20 && cells->columns >= COUNTS_COLUMNS;
    const unsigned counts = large ? COUNTS_ROWS : cli_counts_rows(cells, view, look);

    cli_put_action(cells, view, look, 0);
    if (cells->rows <= 1 + counts)
        return;
    if (view->slot_count > 0)
        draw_fields(cells, view, look, 1, cells->rows - 1 - counts);
    if (large)
        put_large_counts(cells, view, look, cells->rows - counts);
    else
        cli_put_counts(cells, view, look, cells->rows - counts, counts);
    if (look->question[0] != '\0' || look->typed[0] != '\0')
        cli_put_keys(cells, look, "", cells->rows - 1);
}
