/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The layout. Slots take one of three forms, the largest in which all of them fit: rows of a line each, in
 * one or more columns; cells with sign and word; cells with the sign alone. If even those are too many, only
 * slots that did not pass or are at work are shown, and the others counted.
 */

#include "tools/espgang/line/screen.h"

#include "tools/espgang/line/pages.h"
#include "tools/espgang/line/wall.h"

#include <stdio.h>
#include <string.h>

#define ROW_COLUMNS  48 /* of a row, at least; wider, it has more */
#define WIDE_COLUMNS 76
#define LABEL_MAX    14
#define FIELD        9 /* columns of "  PASS   " in a row */
#define LIST_MAX     12
#define RULE         0x2500 /* ─ */

enum form { FORM_ROWS, FORM_WORDS, FORM_SIGNS };

/* How slots are laid out. */
struct layout {
    enum form form;
    unsigned across, down;
    unsigned pitch;       /* columns from one to the next */
    unsigned name, label; /* columns of the longest */
    bool all;
};

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static void measure(struct layout *layout, const struct cli_cells *cells, const struct cli_view *view)
{
    for (unsigned i = 0; i < view->slot_count; i++) {
        const unsigned name = cli_width(cells, view->slots[i].shown);
        const unsigned label = cli_width(cells, view->slots[i].label);
        if (name > layout->name)
            layout->name = name;
        if (label > layout->label)
            layout->label = label;
    }
    layout->name = smaller(layout->name, cells->columns / 3);
    layout->label = smaller(layout->label, LABEL_MAX);
}

/* Rows go down and then across, so as few columns as there may be; cells go across, in full rows if possible.
 */
static bool try_form(struct layout *layout, enum form form, unsigned count, unsigned rows, unsigned columns)
{
    const unsigned widths[] = {
        [FORM_ROWS] = ROW_COLUMNS - 3 + layout->name,
        [FORM_WORDS] = layout->name + 7,
        [FORM_SIGNS] = layout->name + 4,
    };
    const unsigned most = (columns + 1) / (widths[form] + 1);

    if (most == 0 || rows == 0 || (count + most - 1) / most > rows)
        return false;
    layout->form = form;
    if (form == FORM_ROWS) {
        layout->across = (count + rows - 1) / rows;
        layout->down = (count + layout->across - 1) / layout->across;
        layout->pitch = (columns + 1) / layout->across;
        return true;
    }
    layout->across = smaller(most, count);
    for (unsigned across = layout->across; across > most / 2; across--) {
        if (count % across == 0 && count / across <= rows) {
            layout->across = across;
            break;
        }
    }
    layout->down = (count + layout->across - 1) / layout->across;
    layout->pitch = widths[form] + 1;
    return true;
}

/* Whether a slot stays when there is no room for all. */
static bool matters(const struct cli_view_slot *slot, bool failed)
{
    return failed ? slot->state == CLI_SLOT_DONE && cli_verdict_of(slot->outcome) <= CLI_AGAIN
                  : slot->state == CLI_SLOT_AT_WORK;
}

static struct layout choose(const struct cli_cells *cells, const struct cli_view *view, unsigned rows)
{
    static const unsigned for_list[] = {3, 0}; /* rule and two lines, if all slots fit then */
    struct layout layout = {.all = true, .across = 1};

    measure(&layout, cells, view);
    if (view->slot_count == 0)
        return layout;
    for (size_t i = 0; i < sizeof for_list / sizeof for_list[0]; i++)
        for (enum form form = FORM_ROWS; form <= FORM_SIGNS; form++)
            if (rows > for_list[i] &&
                try_form(&layout, form, view->slot_count, rows - for_list[i], cells->columns))
                return layout;
    layout.all = false;
    layout.form = cells->columns >= layout.name + 7 ? FORM_WORDS : FORM_SIGNS;
    layout.pitch = layout.name + (layout.form == FORM_WORDS ? 8 : 5);
    layout.across = (cells->columns + 1) / layout.pitch;
    layout.across += layout.across == 0;
    unsigned some = 0;
    for (unsigned i = 0; i < view->slot_count; i++)
        some += matters(&view->slots[i], true) || matters(&view->slots[i], false);
    layout.down = smaller((some + layout.across - 1) / layout.across + 1, rows);
    return layout;
}

static void write_rate(char *text, size_t size, uint32_t rate)
{
    if (rate >= 1000000)
        snprintf(text, size, "%.1f MB/s", rate / 1e6);
    else if (rate > 0)
        snprintf(text, size, "%u kB/s", (unsigned)(rate / 1000));
    else
        text[0] = '\0';
}

static void put_work(struct cli_cells *cells, const struct cli_view_slot *slot, const struct cli_look *look,
                     struct cli_span span)
{
    const bool wide = span.to - span.from >= WIDE_COLUMNS - 12;
    const unsigned right = wide ? 22 : 9; /* rate and time, or the time alone */
    const unsigned stage = wide ? 18 : 11;
    const unsigned room = span.to - span.from;
    char text[120], rate[24];

    snprintf(text, sizeof text, "%.1f s", (double)(look->now.ms - slot->begun_ms) / 1000);
    cli_put_right(cells, span, CLI_PLAIN, text);
    if (wide) {
        write_rate(rate, sizeof rate, slot->rate);
        cli_put_right(cells, (struct cli_span){span.row, span.to - right, span.to - 10}, CLI_PLAIN, rate);
    }
    const unsigned bar = room > stage + right + 4 ? smaller(room - stage - right - 3, 40) : 0;
    cli_put_bar(cells, (struct cli_span){span.row, span.from, span.from + bar}, slot->percent, 100);
    snprintf(text, sizeof text, "%s %s", slot->stage, slot->what);
    if (bar > 0)
        span.from += bar + 1;
    if (span.to > right)
        cli_put(cells, (struct cli_span){span.row, span.from, span.to - right}, CLI_PLAIN, text);
}

static void put_result(struct cli_cells *cells, const struct cli_view_slot *slot, const struct layout *layout,
                       struct cli_span span)
{
    const char *const advice = cli_advice(slot->outcome, slot->code);
    char text[24];

    if (layout->label > 0) {
        cli_put(cells, (struct cli_span){span.row, span.from, smaller(span.from + layout->label, span.to)},
                CLI_PLAIN, slot->label);
        span.from += layout->label + 1;
    }
    if (span.to > span.from + 18) {
        cli_put(cells, (struct cli_span){span.row, span.from, span.from + 17}, CLI_PLAIN, slot->mac);
        span.from += 18;
    }
    snprintf(text, sizeof text, "%.1f s", (double)slot->duration_ms / 1000);
    cli_put_right(cells, (struct cli_span){span.row, span.from, smaller(span.from + 8, span.to)}, CLI_PLAIN,
                  text);
    span.from += 10;
    if (span.from + 7 > span.to)
        return;
    if (advice[0] != '\0')
        span.from = cli_put(cells, span, CLI_BOLD, advice) + 2;
    if (span.from + 20 < span.to)
        cli_put(cells, span, CLI_PLAIN, slot->text[0] != '\0' ? slot->text : slot->slowest);
}

static void draw_row(struct cli_cells *cells, const struct cli_view_slot *slot, const struct cli_look *look,
                     const struct layout *layout, struct cli_span span)
{
    const enum cli_verdict verdict = cli_verdict_of(slot->outcome);
    struct cli_span field = {span.row, span.from + layout->name + 1, span.from + layout->name + 1 + FIELD};
    char text[24];

    cli_put(cells, (struct cli_span){span.row, span.from, span.from + layout->name}, CLI_PLAIN, slot->shown);
    span.from = field.to + 1;
    switch (slot->state) {
    case CLI_SLOT_EMPTY:
        cli_put(cells, (struct cli_span){span.row, field.from + 1, span.to}, CLI_PLAIN,
                look->serves ? "insert a board" : "waits");
        break;
    case CLI_SLOT_OFF:
        cli_put(cells, field, CLI_FAINT, " -  OFF");
        break;
    case CLI_SLOT_AT_WORK:
        snprintf(text, sizeof text, "%u %%", slot->percent);
        cli_put_right(cells, (struct cli_span){span.row, field.from, field.to - 2}, CLI_PLAIN, text);
        put_work(cells, slot, look, span);
        break;
    case CLI_SLOT_DONE:
        cli_cells_fill(cells, field, cli_field_style(verdict), ' ');
        field.from++;
        cli_putf(cells, field, cli_field_style(verdict), "%s %s", cli_sign(cells, verdict),
                 cli_verdict_word(verdict));
        put_result(cells, slot, layout, span);
        break;
    }
}

static void draw_cell(struct cli_cells *cells, const struct cli_view_slot *slot, const struct layout *layout,
                      struct cli_span span)
{
    const enum cli_verdict verdict = cli_verdict_of(slot->outcome);
    const enum cli_style style = slot->state == CLI_SLOT_DONE  ? cli_field_style(verdict)
                                 : slot->state == CLI_SLOT_OFF ? CLI_FAINT
                                                               : CLI_PLAIN;
    const bool words = layout->form == FORM_WORDS;
    const char *const word = cli_verdict_word(verdict);
    char text[24];

    cli_cells_fill(cells, span, style, ' ');
    cli_put(cells, (struct cli_span){span.row, span.from, span.from + layout->name}, style, slot->shown);
    switch (slot->state) {
    case CLI_SLOT_EMPTY:
        snprintf(text, sizeof text, ".");
        break;
    case CLI_SLOT_OFF:
        snprintf(text, sizeof text, words ? "-  OFF" : "-");
        break;
    case CLI_SLOT_AT_WORK:
        snprintf(text, sizeof text, words ? "%u %%" : "%u%%", smaller(slot->percent, words ? 100 : 99));
        break;
    case CLI_SLOT_DONE:
        snprintf(text, sizeof text, "%s%s%s", cli_sign(cells, verdict), strlen(word) > 4 ? "" : " ", word);
        if (!words)
            snprintf(text, sizeof text, "%s", cli_sign(cells, verdict));
        break;
    }
    cli_put_right(cells, (struct cli_span){span.row, span.from + layout->name, span.to}, style, text);
}

/* What did not pass, then what is at work, and how many are left out. */
static void draw_some(struct cli_cells *cells, const struct cli_view *view, const struct layout *layout,
                      unsigned row, unsigned rows)
{
    const unsigned room = rows > 1 ? (rows - 1) * layout->across : 0;
    unsigned shown = 0;

    for (int failed = 1; failed >= 0; failed--) {
        for (unsigned i = 0; i < view->slot_count && shown < room; i++) {
            if (!matters(&view->slots[i], failed == 1))
                continue;
            const unsigned from = shown % layout->across * layout->pitch;
            draw_cell(cells, &view->slots[i], layout,
                      (struct cli_span){row + shown / layout->across, from, from + layout->pitch - 1});
            shown++;
        }
    }
    unsigned bad = 0, passed = 0;
    for (unsigned i = 0; i < view->slot_count; i++) {
        bad += matters(&view->slots[i], true);
        passed += view->slots[i].state == CLI_SLOT_DONE && !matters(&view->slots[i], true);
    }
    static const char in_all[] = "and %u more: %u passed, %u not passed in all",
                      more[] = "and %u more: %u passed, %u not";
    if (rows > 0)
        cli_putf(cells, cli_row(cells, row + (shown + layout->across - 1) / layout->across), CLI_PLAIN,
                 cells->columns >= sizeof in_all + 3 ? in_all : more, view->slot_count - shown, passed, bad);
}

static void draw_slots(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                       const struct layout *layout, unsigned row)
{
    for (unsigned i = 0; i < view->slot_count; i++) {
        const struct cli_view_slot *const slot = &view->slots[i];
        if (layout->form == FORM_ROWS) {
            const unsigned from = i / layout->down * layout->pitch;
            draw_row(cells, slot, look, layout,
                     (struct cli_span){row + i % layout->down, from,
                                       smaller(from + layout->pitch - 1, cells->columns)});
        } else {
            const unsigned from = i % layout->across * layout->pitch;
            draw_cell(cells, slot, layout,
                      (struct cli_span){row + i / layout->across, from, from + layout->pitch - 1});
        }
    }
}

/* Slots whose board did not pass, or passed with a remark. */
static unsigned remarkable(const struct cli_view *view)
{
    unsigned count = 0;

    for (unsigned i = 0; i < view->slot_count; i++)
        count +=
            view->slots[i].state == CLI_SLOT_DONE && cli_verdict_of(view->slots[i].outcome) != CLI_PASSED;
    return count;
}

static void put_remarkable(struct cli_cells *cells, const struct cli_view_slot *slot,
                           const struct layout *layout, struct cli_span span)
{
    const enum cli_verdict verdict = cli_verdict_of(slot->outcome);
    const char *const advice = cli_advice(slot->outcome, slot->code);
    const unsigned width = cli_width(cells, advice);
    struct cli_span field = {span.row, 0, 7};

    cli_cells_fill(cells, field, cli_field_style(verdict), ' ');
    field.from = 1;
    cli_put(cells, field, cli_field_style(verdict), cli_verdict_word(verdict));
    span.from = 8;
    cli_put(cells, (struct cli_span){span.row, span.from, span.from + layout->name}, CLI_PLAIN, slot->shown);
    span.from += layout->name + 1;
    if (width > 0 && span.from + width + 20 < span.to) {
        cli_put_right(cells, span, CLI_BOLD, advice);
        span.to -= width + 1;
    }
    cli_put(cells, span, CLI_PLAIN, slot->text);
}

/* The boards in the slots that did not pass; in the last row how many more there are. */
static void draw_round(struct cli_cells *cells, const struct cli_view *view, const struct layout *layout,
                       unsigned row, unsigned rows)
{
    const unsigned count = remarkable(view);
    unsigned shown = 0;

    if (rows == 0)
        return;
    const unsigned room = count > rows ? rows - 1 : rows;
    for (enum cli_verdict verdict = CLI_FAIL; verdict <= CLI_CHECK; verdict++) {
        for (unsigned i = 0; i < view->slot_count && shown < room; i++) {
            const struct cli_view_slot *const slot = &view->slots[i];
            if (slot->state == CLI_SLOT_DONE && cli_verdict_of(slot->outcome) == verdict)
                put_remarkable(cells, slot, layout, cli_row(cells, row + shown++));
        }
    }
    if (shown < count)
        cli_putf(cells, cli_row(cells, row + shown), CLI_FAINT, "and %u more", count - shown);
}

static void draw_last(struct cli_cells *cells, const struct cli_view *view, unsigned row, unsigned rows)
{
    char clock[9];

    for (unsigned i = 0; i < rows && i < view->failure_count; i++) {
        const struct cli_view_failure *const failure = cli_view_failure(view, i);
        cli_clock(clock, failure->at, true);
        cli_putf(cells, cli_row(cells, row + i), CLI_PLAIN, "%s %s %s", failure->slot, clock, failure->text);
    }
}

static void draw_title(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look)
{
    const bool wide = cells->columns >= 76;
    char right[200], clock[9];
    struct cli_span span = cli_row(cells, 0);

    cli_clock(clock, look->now.at, wide);
    snprintf(right, sizeof right, "%s%s%s%s", wide && view->batch[0] != '\0' ? "batch " : "", view->batch,
             view->batch[0] != '\0' ? "  " : "", clock);
    if (cli_width(cells, right) > cells->columns / 2)
        snprintf(right, sizeof right, "%s", clock);
    cli_put_right(cells, span, CLI_PLAIN, right);
    span.to -= smaller(span.to, cli_width(cells, right) + 1);
    cli_putf(cells, span, CLI_BOLD, "%s%s%s", view->station, view->station[0] != '\0' ? "  " : "",
             view->title);
}

/* Where the rows of the window go; 0 = it is left out. */
struct rows {
    unsigned slots, list, heading, rule, bar, counts, message, keys, blank;
};

static void take(unsigned *left, unsigned *row, unsigned wanted)
{
    *row = smaller(*left, wanted);
    *left -= *row;
}

static struct rows share_out(const struct cli_cells *cells, const struct cli_view *view,
                             const struct cli_look *look, const struct layout *layout, unsigned left,
                             unsigned list)
{
    struct rows rows = {.counts = cli_counts_rows(cells, view, look)};

    take(&left, &rows.slots, layout->down);
    if (list > 0 && left >= 2) {
        take(&left, &rows.rule, 1);
        take(&left, &rows.list, smaller(list, 2));
    }
    take(&left, &rows.keys, 1);
    take(&left, &rows.message, cli_message(view, look)[0] != '\0');
    if (rows.list > 0)
        take(&left, &rows.heading, 1);
    take(&left, &rows.bar, view->target != 0 && left > 1);
    const unsigned more = smaller(left, list - rows.list);
    rows.list += more;
    left -= more;
    take(&left, &rows.blank, 1);
    return rows;
}

static void draw_bar(struct cli_cells *cells, const struct cli_view *view, unsigned row)
{
    struct cli_span span = cli_row(cells, row);
    char text[48];

    const int length =
        snprintf(text, sizeof text, "  %lld of %u", (long long)view->counts.good, view->target);
    cli_put_right(cells, span, CLI_PLAIN, text);
    span.from = cli_put(cells, span, CLI_PLAIN, "good ");
    if (span.to > span.from + (unsigned)length)
        cli_put_bar(cells, (struct cli_span){row, span.from, span.to - (unsigned)length},
                    (uint64_t)view->counts.good, view->target);
}

static void draw_grid(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look)
{
    const unsigned counts = cli_counts_rows(cells, view, look);
    const unsigned fixed = 2 + counts;

    if (cells->rows < fixed) {
        cli_put_action(cells, view, look, 0);
        if (cells->rows > 1)
            cli_put_counts(cells, view, look, 1, 1);
        return;
    }
    const struct layout layout = choose(cells, view, cells->rows - fixed);
    const bool round = layout.form != FORM_ROWS && remarkable(view) > 0;
    const unsigned list = smaller(round ? remarkable(view) : view->failure_count, LIST_MAX);
    const struct rows rows = share_out(cells, view, look, &layout, cells->rows - fixed, list);
    unsigned row = 0;

    draw_title(cells, view, look);
    cli_put_action(cells, view, look, 1);
    row = 2 + rows.blank;
    if (layout.all)
        draw_slots(cells, view, look, &layout, row);
    else
        draw_some(cells, view, &layout, row, rows.slots);
    row += rows.slots;
    if (rows.rule > 0)
        cli_cells_fill(cells, cli_row(cells, row++), CLI_FAINT, cells->utf8 ? RULE : '-');
    if (rows.heading > 0)
        cli_put(cells, cli_row(cells, row++), CLI_BOLD,
                round ? "Not passed in this round" : "Last not passed");
    if (round)
        draw_round(cells, view, &layout, row, rows.list);
    else
        draw_last(cells, view, row, rows.list);
    row = cells->rows - rows.keys - rows.message - rows.counts - rows.bar;
    if (rows.bar > 0)
        draw_bar(cells, view, row++);
    cli_put_counts(cells, view, look, row, rows.counts);
    if (rows.message > 0)
        cli_put(cells, cli_row(cells, cells->rows - 2), CLI_PLAIN, cli_message(view, look));
    if (rows.keys > 0)
        cli_put_keys(cells, look, rows.message > 0 ? "" : cli_message(view, look), cells->rows - 1);
    else if (look->question[0] != '\0' || look->typed[0] != '\0')
        cli_put_keys(cells, look, "", cells->rows - 1); /* somebody waits for it */
}

void cli_screen_draw(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look)
{
    cli_cells_clear(cells);
    if (cells->rows == 0 || cells->columns == 0)
        return;
    if (look->page != CLI_PAGE_GRID)
        cli_page_draw(cells, view, look);
    else if (look->wall)
        cli_wall_draw(cells, view, look);
    else
        draw_grid(cells, view, look);
}
