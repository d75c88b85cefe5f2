/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ESC       '\033'
#define DELETE    '\177'
#define BACKSPACE '\b'
#define REDRAW    '\f' /* Ctrl-L */

static void back(struct cli_keys *keys)
{
    if (keys->typed[0] != '\0')
        keys->typed[0] = '\0';
    else
        keys->page = CLI_PAGE_GRID;
}

/* The slot of a name, in either case, or a number from 1; slot_count = there is none. */
static unsigned find(const struct cli_view *view, const char *text)
{
    char *end;

    for (unsigned i = 0; i < view->slot_count; i++)
        if (strcasecmp(view->slots[i].shown, text) == 0 || strcasecmp(view->slots[i].name, text) == 0)
            return i;
    const unsigned long number = strtoul(text, &end, 10);
    return *end == '\0' && number >= 1 && number <= view->slot_count ? (unsigned)number - 1
                                                                     : view->slot_count;
}

static void open_slot(struct cli_keys *keys, const struct cli_view *view, const char *text)
{
    const unsigned index = find(view, text);

    if (index == view->slot_count)
        return;
    keys->selected = index;
    if (keys->page != CLI_PAGE_LOG)
        keys->page = CLI_PAGE_SLOT;
}

/* Whether the name is a slot's, and no longer name begins with it. */
static bool is_whole(const struct cli_view *view, const char *text)
{
    bool found = false;

    for (unsigned i = 0; i < view->slot_count; i++) {
        const char *const name = view->slots[i].shown;
        if (strncasecmp(name, text, strlen(text)) != 0)
            continue;
        if (name[strlen(text)] != '\0')
            return false;
        found = true;
    }
    return found;
}

static void type(struct cli_keys *keys, const struct cli_view *view, char byte)
{
    const size_t used = strlen(keys->typed);

    if (used + 1 >= sizeof keys->typed)
        return;
    keys->typed[used] = byte;
    keys->typed[used + 1] = '\0';
    if (is_whole(view, keys->typed)) {
        open_slot(keys, view, keys->typed);
        keys->typed[0] = '\0';
    }
}

static void open_log(struct cli_keys *keys, const struct cli_view *view)
{
    unsigned index = 0;

    if (keys->page == CLI_PAGE_LOG) {
        keys->page = CLI_PAGE_SLOT;
        return;
    }
    if (keys->page != CLI_PAGE_SLOT) {
        while (index < view->slot_count &&
               (view->slots[index].state != CLI_SLOT_DONE || eg_outcome_passed(view->slots[index].outcome)))
            index++;
        keys->selected = index < view->slot_count ? index : 0;
    }
    keys->page = CLI_PAGE_LOG;
}

static void step(struct cli_keys *keys, const struct cli_view *view, bool forward)
{
    if ((keys->page != CLI_PAGE_SLOT && keys->page != CLI_PAGE_LOG) || view->slot_count == 0)
        return;
    keys->selected = (keys->selected + (forward ? 1 : view->slot_count - 1)) % view->slot_count;
}

static enum cli_wish quit(struct cli_keys *keys, const struct cli_view *view)
{
    unsigned at_work = 0;

    for (unsigned i = 0; i < view->slot_count; i++)
        at_work += view->slots[i].state == CLI_SLOT_AT_WORK;
    if (at_work == 0)
        return CLI_WISH_QUIT;
    snprintf(keys->question, sizeof keys->question,
             "Abort %u board%s at work? q aborts, any other key goes on", at_work, at_work == 1 ? "" : "s");
    return CLI_WISH_NOTHING;
}

static enum cli_wish press(struct cli_keys *keys, const struct cli_view *view, char byte)
{
    switch (byte) {
    case '?':
        keys->page = keys->page == CLI_PAGE_HELP ? CLI_PAGE_GRID : CLI_PAGE_HELP;
        break;
    case 'l':
        open_log(keys, view);
        break;
    case 'd':
        return CLI_WISH_FINISH;
    case 'c':
        return CLI_WISH_GO_ON;
    case 'q':
        return quit(keys, view);
    case REDRAW:
        return CLI_WISH_REDRAW;
    default:
        if (isupper((unsigned char)byte) || isdigit((unsigned char)byte))
            type(keys, view, byte);
        break;
    }
    return CLI_WISH_NOTHING;
}

enum cli_wish cli_keys_take(struct cli_keys *keys, const struct cli_view *view, char byte)
{
    const size_t used = strlen(keys->typed);

    if (keys->question[0] != '\0') {
        keys->question[0] = '\0';
        return byte == 'q' ? CLI_WISH_QUIT : CLI_WISH_NOTHING;
    }
    if (keys->escape == 1 && byte != '[' && byte != 'O')
        cli_keys_idle(keys);
    if (keys->escape == 1) {
        keys->escape = 2;
    } else if (keys->escape == 2) {
        if (byte == 'C' || byte == 'D')
            step(keys, view, byte == 'C');
        if (isalpha((unsigned char)byte) || byte == '~')
            keys->escape = 0;
    } else if (byte == ESC) {
        keys->escape = 1;
    } else if (byte == '\r' || byte == '\n') {
        open_slot(keys, view, keys->typed);
        keys->typed[0] = '\0';
    } else if (byte == DELETE || byte == BACKSPACE) {
        if (used > 0)
            keys->typed[used - 1] = '\0';
    } else if (used > 0 && isgraph((unsigned char)byte)) {
        type(keys, view, byte);
    } else {
        return press(keys, view, byte);
    }
    return CLI_WISH_NOTHING;
}

void cli_keys_idle(struct cli_keys *keys)
{
    if (keys->escape == 1)
        back(keys);
    keys->escape = 0;
}

enum cli_wish cli_keys_line(struct cli_keys *keys, const struct cli_view *view, const char *line)
{
    if (keys->question[0] != '\0') {
        keys->question[0] = '\0';
        return strcmp(line, "q") == 0 ? CLI_WISH_QUIT : CLI_WISH_NOTHING;
    }
    if (line[0] == '\0')
        back(keys);
    else if (line[1] == '\0' && strchr("?ldcq", line[0]) != NULL)
        return press(keys, view, line[0]);
    else
        open_slot(keys, view, line);
    return CLI_WISH_NOTHING;
}
