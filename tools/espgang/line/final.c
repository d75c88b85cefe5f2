/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/final.h"

#include "tools/espgang/line/look.h"

#include <stdlib.h>
#include <string.h>

#define NARROW       60 /* columns, below which passed boards are only named */
#define COLUMNS_MAX  400
#define FAILURES_MAX 10
#define FIELD        9

static const char *sgr(enum cli_style style)
{
    static const char *const codes[CLI_STYLES] = {
        [CLI_BOLD] = "\033[1m",           [CLI_FAINT] = "\033[2m",        [CLI_REVERSE] = "\033[7m",
        [CLI_ON_PASS] = "\033[30;42m",    [CLI_ON_CHECK] = "\033[30;43m", [CLI_ON_FAIL] = "\033[1;97;41m",
        [CLI_ON_AGAIN] = "\033[1;97;45m", [CLI_GOOD] = "\033[32m",        [CLI_BAD] = "\033[31m",
    };

    return codes[style] != NULL ? codes[style] : "";
}

static void put_character(FILE *out, uint32_t character)
{
    if (character < 0x80) {
        fputc((int)character, out);
        return;
    }
    if (character < 0x800) {
        fputc((int)(0xc0 | character >> 6), out);
    } else {
        if (character < 0x10000) {
            fputc((int)(0xe0 | character >> 12), out);
        } else {
            fputc((int)(0xf0 | character >> 18), out);
            fputc((int)(0x80 | (character >> 12 & 0x3f)), out);
        }
        fputc((int)(0x80 | (character >> 6 & 0x3f)), out);
    }
    fputc((int)(0x80 | (character & 0x3f)), out);
}

/* Print the row without blanks at its end, and clear it. */
static void print_row(FILE *out, struct cli_cells *row, bool colours)
{
    enum cli_style style = CLI_PLAIN;
    unsigned end = row->columns;

    while (end > 0 && row->at[end - 1].character == ' ' && row->at[end - 1].style == CLI_PLAIN)
        end--;
    for (unsigned i = 0; i < end; i++) {
        if (colours && row->at[i].style != style)
            fprintf(out, "%s%s", style != CLI_PLAIN ? "\033[0m" : "", sgr(row->at[i].style));
        style = row->at[i].style;
        if (row->at[i].character != 0)
            put_character(out, row->at[i].character);
    }
    fputs(colours && style != CLI_PLAIN ? "\033[0m\n" : "\n", out);
    cli_cells_clear(row);
}

/* Columns of the table. */
struct widths {
    unsigned name, label;
};

static unsigned at_most(unsigned number, unsigned most)
{
    return number < most ? number : most;
}

static void put_slot(struct cli_cells *row, const struct cli_view_slot *slot, struct widths widths)
{
    const enum cli_verdict verdict = cli_verdict_of(slot->outcome);
    struct cli_span at = {0, 0, row->columns};
    struct cli_span field = {0, widths.name + 1, widths.name + 1 + FIELD};

    cli_put(row, (struct cli_span){0, 0, widths.name}, CLI_PLAIN, slot->shown);
    cli_cells_fill(row, field, cli_field_style(verdict), ' ');
    field.from++;
    cli_putf(row, field, cli_field_style(verdict), "%s %s", cli_sign(row, verdict),
             cli_verdict_word(verdict));
    at.from = field.to + 1;
    if (widths.label > 0) {
        cli_put(row, (struct cli_span){0, at.from, at.from + widths.label}, CLI_PLAIN, slot->label);
        at.from += widths.label + 2;
    }
    if (row->columns >= NARROW) {
        cli_put(row, (struct cli_span){0, at.from, at.from + EG_MAC_TEXT - 1}, CLI_PLAIN, slot->mac);
        at.from += EG_MAC_TEXT + 1;
    }
    char time[24];
    snprintf(time, sizeof time, "%.1f s", (double)slot->duration_ms / 1000);
    cli_put_right(row, (struct cli_span){0, at.from, at.from + 8}, CLI_PLAIN, time);
    at.from += 10;
    if (slot->code != EG_OK && at.from + 8 < row->columns)
        cli_put(row, at, CLI_PLAIN, eg_code_name(slot->code));
}

static bool is_done(const struct cli_view_slot *slot, enum cli_verdict verdict)
{
    return slot->state == CLI_SLOT_DONE && cli_verdict_of(slot->outcome) == verdict;
}

static void print_heading(FILE *out, struct cli_cells *row, struct widths widths, bool colours)
{
    unsigned at = widths.name + 1 + FIELD + 1;

    cli_put(row, cli_row(row, 0), CLI_BOLD, "SLOT");
    cli_put(row, (struct cli_span){0, widths.name + 2, row->columns}, CLI_BOLD, "RESULT");
    if (widths.label > 0) {
        cli_put(row, (struct cli_span){0, at, row->columns}, CLI_BOLD, "LABEL");
        at += widths.label + 2;
    }
    if (row->columns >= NARROW) {
        cli_put(row, (struct cli_span){0, at, row->columns}, CLI_BOLD, "MAC");
        at += EG_MAC_TEXT + 1;
    }
    cli_put_right(row, (struct cli_span){0, at, at + 8}, CLI_BOLD, "TIME");
    if (row->columns >= NARROW + 10)
        cli_put(row, (struct cli_span){0, at + 10, row->columns}, CLI_BOLD, "CAUSE");
    print_row(out, row, colours);
}

/* Return how many bytes of a text fit into `columns`: whole words, unless a word alone is longer. */
static size_t fitting(const struct cli_cells *row, const char *text, unsigned columns)
{
    char part[CLI_VIEW_SENTENCE];
    size_t fits = 0, size = strlen(text);

    snprintf(part, sizeof part, "%s", text);
    if (cli_width(row, part) <= columns)
        return strlen(part);
    while (size > 0 && cli_width(row, part) > columns) {
        while (size > 0 && ((unsigned char)part[--size] & 0xc0) == 0x80)
            ; /* a character in the middle */
        part[size] = '\0';
    }
    for (size_t i = 0; i <= size; i++)
        if (text[i] == ' ')
            fits = i;
    return fits > 0 ? fits : size > 0 ? size : strlen(text);
}

/* Print a text from column `from` on, as many rows as it takes; the first one may have something before it.
 */
static void print_wrapped(FILE *out, struct cli_cells *row, unsigned from, const char *text, bool colours)
{
    char part[CLI_VIEW_SENTENCE];

    do {
        const size_t size = fitting(row, text, row->columns > from ? row->columns - from : 1);
        snprintf(part, sizeof part, "%.*s", (int)size, text);
        cli_put(row, (struct cli_span){0, from, row->columns}, CLI_PLAIN, part);
        print_row(out, row, colours);
        text += strlen(part);
        text += strspn(text, " ");
    } while (text[0] != '\0');
}

static void print_slots(FILE *out, const struct cli_view *view, struct cli_cells *row, bool colours)
{
    struct widths widths = {.name = 4};
    unsigned passed = 0;

    for (unsigned i = 0; i < view->slot_count; i++) {
        const unsigned name = cli_width(row, view->slots[i].shown),
                       label = cli_width(row, view->slots[i].label);
        widths.name = name > widths.name ? name : widths.name;
        widths.label = label > widths.label ? label : widths.label;
        passed += is_done(&view->slots[i], CLI_PASSED);
    }
    widths.name = at_most(widths.name, row->columns / 3);
    widths.label = at_most(widths.label, row->columns / 4);
    print_heading(out, row, widths, colours);
    for (enum cli_verdict verdict = CLI_FAIL; verdict <= CLI_PASSED; verdict++) {
        for (unsigned i = 0; i < view->slot_count; i++) {
            const struct cli_view_slot *const slot = &view->slots[i];
            if (!is_done(slot, verdict) || (verdict == CLI_PASSED && row->columns < NARROW))
                continue;
            put_slot(row, slot, widths);
            print_row(out, row, colours);
            if (slot->text[0] == '\0')
                continue;
            print_wrapped(out, row, widths.name + 1, slot->text, colours);
        }
    }
    if (row->columns >= NARROW || passed == 0)
        return;
    unsigned at = cli_putf(row, cli_row(row, 0), CLI_PLAIN, "%u passed:", passed);
    for (unsigned i = 0; i < view->slot_count; i++)
        if (is_done(&view->slots[i], CLI_PASSED))
            at =
                cli_putf(row, (struct cli_span){0, at, row->columns}, CLI_PLAIN, " %s", view->slots[i].shown);
    print_row(out, row, colours);
}

static void print_failures(FILE *out, const struct cli_view *view, struct cli_cells *row, bool colours)
{
    char clock[9];

    for (unsigned i = 0; i < view->failure_count && i < FAILURES_MAX; i++) {
        const struct cli_view_failure *const failure = cli_view_failure(view, i);
        if (i == 0) {
            cli_put(row, cli_row(row, 0), CLI_BOLD, "Last not passed");
            print_row(out, row, colours);
        }
        cli_clock(clock, failure->at, true);
        const unsigned at = cli_putf(row, cli_row(row, 0), CLI_PLAIN, "%s %s ", failure->slot, clock);
        print_wrapped(out, row, at < row->columns / 2 ? at : 2, failure->text, colours);
    }
}

static void print(FILE *out, struct cli_view *view, struct cli_shows shows,
                  void (*rows)(FILE *, const struct cli_view *, struct cli_cells *, bool))
{
    struct cli_cell at[COLUMNS_MAX];
    struct cli_cells row = {
        .rows = 1, .columns = at_most(shows.columns, COLUMNS_MAX), .utf8 = shows.utf8, .at = at};

    cli_cells_clear(&row);
    cli_view_lock(view);
    rows(out, view, &row, shows.colours);
    cli_view_unlock(view);
}

void cli_final_slots(FILE *out, struct cli_view *view, struct cli_shows shows)
{
    print(out, view, shows, print_slots);
}

void cli_final_failures(FILE *out, struct cli_view *view, struct cli_shows shows)
{
    print(out, view, shows, print_failures);
}
