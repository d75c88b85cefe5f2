/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/pages.h"

#include <stdio.h>

static void draw_help(struct cli_cells *cells, const struct cli_look *look)
{
    static const char *const keys[][2] = {
        {"?", "this help, and back"},
        {"1-9 A-Z", "the slot of this name or number; Enter opens it"},
        {"Left Right", "the slot before it, the one after it"},
        {"l", "the log of the slot; without one, of the first that did not pass"},
        {"d", "finish the boards at work and begin no more"},
        {"c", "let a line that is paused go on"},
        {"q", "quit; boards at work are aborted, on record"},
        {"Esc", "back to all slots"},
        {"Ctrl-C", "as d, and then as q"},
    };
    static const char *const lines[][2] = {
        {"Enter", "begin every free slot"},
        {"SLOT LABEL", "begin this slot; its name or number, and the label of its board"},
        {"/?", "this help, and back"},
        {"/SLOT", "the slot of this name or number"},
        {"/l", "the log of the slot; without one, of the first that did not pass"},
        {"/d", "finish the boards at work and begin no more"},
        {"/c", "let a line that is paused go on"},
        {"/q", "quit; boards at work are aborted, on record"},
        {"/", "back to all slots"},
        {"Ctrl-C", "as /d, and then as /q"},
    };
    static const char *const words[][3] = {
        {"PASS", "good", ""},
        {"CHECK", "passed with a remark", ""},
        {"FAIL", "the board is not good", ""},
        {"AGAIN", "contact, link or station: insert it again", ""},
    };
    const char *const(*row)[2] = look->lines ? lines : keys;
    unsigned at = 0;

    cli_put(cells, cli_row(cells, at++), CLI_BOLD, look->lines ? "Lines to type, each with Enter" : "Keys");
    const size_t count = look->lines ? sizeof lines / sizeof lines[0] : sizeof keys / sizeof keys[0];
    for (size_t i = 0; i < count; i++, at++) {
        cli_put(cells, (struct cli_span){at, 1, 13}, CLI_PLAIN, row[i][0]);
        cli_put(cells, (struct cli_span){at, 13, cells->columns}, CLI_PLAIN, row[i][1]);
    }
    at++;
    cli_put(cells, cli_row(cells, at++), CLI_BOLD, "Results");
    static const enum cli_verdict verdicts[] = {CLI_PASSED, CLI_CHECK, CLI_FAIL, CLI_AGAIN};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++, at++) {
        const enum cli_style style = cli_field_style(verdicts[i]);
        cli_cells_fill(cells, (struct cli_span){at, 1, 11}, style, ' ');
        cli_putf(cells, (struct cli_span){at, 2, 11}, style, "%s %s", cli_sign(cells, verdicts[i]),
                 words[i][0]);
        cli_put(cells, (struct cli_span){at, 13, cells->columns}, CLI_PLAIN, words[i][1]);
    }
}

/* The last lines of the log that fit. */
static void put_log(struct cli_cells *cells, const struct cli_view_slot *slot, unsigned row, unsigned rows)
{
    const unsigned shown = slot->log_count < rows ? slot->log_count : rows;
    char clock[9];

    if (slot->log_count == 0 && rows > 0)
        cli_put(cells, cli_row(cells, row), CLI_FAINT, "nothing yet");
    for (unsigned i = 0; i < shown; i++) {
        const struct cli_view_line *const line = cli_view_log_line(slot, slot->log_count - shown + i);
        cli_clock(clock, line->at, true);
        cli_put(cells, (struct cli_span){row + i, 0, 9}, CLI_FAINT, clock);
        cli_put(cells, (struct cli_span){row + i, 9, cells->columns}, CLI_PLAIN, line->text);
    }
}

/* A sentence over as many rows as it needs, up to `rows`; returns how many. */
static unsigned put_sentence(struct cli_cells *cells, unsigned row, unsigned rows, const char *text)
{
    unsigned used = 0;

    while (text[0] != '\0' && used < rows) {
        char part[512];
        size_t fits = 0, length = 0;
        while (text[length] != '\0') {
            size_t next = length + 1;
            while (((unsigned char)text[next] & 0xc0) == 0x80 || (text[next] != ' ' && text[next] != '\0'))
                next++;
            snprintf(part, sizeof part, "%.*s", (int)next, text);
            if (cli_width(cells, part) > cells->columns && fits > 0)
                break;
            fits = length = next;
        }
        snprintf(part, sizeof part, "%.*s", (int)fits, text);
        cli_put(cells, cli_row(cells, row + used++), CLI_PLAIN, part);
        text += fits;
        while (text[0] == ' ')
            text++;
    }
    return used;
}

static unsigned put_fact(struct cli_cells *cells, unsigned row, const char *name, const char *text)
{
    if (text[0] == '\0')
        return row;
    cli_put(cells, (struct cli_span){row, 0, 11}, CLI_FAINT, name);
    cli_put(cells, (struct cli_span){row, 11, cells->columns}, CLI_PLAIN, text);
    return row + 1;
}

static void draw_slot(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                      unsigned rows)
{
    const struct cli_view_slot *const slot = &view->slots[look->selected];
    struct cli_span at = cli_row(cells, 0);
    char text[160];
    unsigned row = 1;

    at.from = cli_putf(cells, at, CLI_BOLD, "Slot %s", slot->name) + 2;
    snprintf(text, sizeof text, "%u", slot->attempt);
    switch (slot->state) {
    case CLI_SLOT_EMPTY:
        cli_put(cells, at, CLI_PLAIN, "no board");
        break;
    case CLI_SLOT_OFF:
        cli_put(cells, at, CLI_FAINT, "off");
        break;
    case CLI_SLOT_AT_WORK:
        cli_putf(cells, at, CLI_PLAIN, "%u %%, %s %s", slot->percent, slot->stage, slot->what);
        snprintf(text, sizeof text, "%u, for %.1f s", slot->attempt,
                 (double)(look->now.ms - slot->begun_ms) / 1000);
        break;
    case CLI_SLOT_DONE:
        at.from = cli_putf(cells, at, cli_field_style(cli_verdict_of(slot->outcome)), " %s %s ",
                           cli_sign(cells, cli_verdict_of(slot->outcome)),
                           cli_verdict_word(cli_verdict_of(slot->outcome))) +
                  2;
        cli_put(cells, at, CLI_PLAIN, cli_advice(slot->outcome, slot->code));
        row += put_sentence(cells, row, 3, slot->text);
        snprintf(text, sizeof text, "%u, %.1f s", slot->attempt, (double)slot->duration_ms / 1000);
        break;
    }
    row = put_fact(cells, row, "board", slot->mac);
    row = put_fact(cells, row, "label", slot->label);
    if (slot->state == CLI_SLOT_DONE && slot->code != EG_OK)
        row = put_fact(cells, row, "code", eg_code_name(slot->code));
    if (slot->attempt != 0)
        row = put_fact(cells, row, "attempt", text);
    snprintf(text, sizeof text, "%u, %u passed", slot->runs, slot->passed);
    row = put_fact(cells, row, "boards", text);
    row++;
    cli_put(cells, cli_row(cells, row++), CLI_BOLD, "Log");
    if (row < rows)
        put_log(cells, slot, row, rows - row);
}

static void draw_log(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look,
                     unsigned rows)
{
    const struct cli_view_slot *const slot = &view->slots[look->selected];

    cli_putf(cells, cli_row(cells, 0), CLI_BOLD, "Log of slot %s", slot->name);
    put_log(cells, slot, 1, rows - 1);
}

void cli_page_draw(struct cli_cells *cells, const struct cli_view *view, const struct cli_look *look)
{
    const unsigned rows = cells->rows > 1 ? cells->rows - 1 : 1;

    if (look->page == CLI_PAGE_HELP)
        draw_help(cells, look);
    else if (look->selected >= view->slot_count)
        cli_put(cells, cli_row(cells, 0), CLI_BOLD, "There is no such slot");
    else if (look->page == CLI_PAGE_SLOT)
        draw_slot(cells, view, look, rows);
    else
        draw_log(cells, view, look, rows);
    if (cells->rows < 2)
        return;
    cli_cells_fill(cells, cli_row(cells, rows), CLI_PLAIN, ' ');
    cli_put(cells, cli_row(cells, rows), CLI_FAINT,
            look->lines ? "/ Enter: back to all slots" : "Esc back to all slots  l log  Left Right  ? help");
}
