/* SPDX-License-Identifier: Apache-2.0 */

/* Keys of the terminal view: what is looked at, and what a key asks for. Needs no terminal. */

#ifndef TOOLS_ESPGANG_LINE_KEYS_H
#define TOOLS_ESPGANG_LINE_KEYS_H

#include "tools/espgang/line/look.h"

/** What a key asks of the line. */
enum cli_wish { CLI_WISH_NOTHING, CLI_WISH_FINISH, CLI_WISH_GO_ON, CLI_WISH_QUIT, CLI_WISH_REDRAW };

/** Zero-initialise it. */
struct cli_keys {
    enum cli_page page;
    unsigned selected;
    char typed[CLI_VIEW_NAME];
    char question[120];
    unsigned escape; /* bytes of an escape sequence that have come */
};

/** Take one byte from the keyboard. Call it with the view's lock held, as the others. */
enum cli_wish cli_keys_take(struct cli_keys *keys, const struct cli_view *view, char byte);

/** No byte has come for a tenth of a second: an Esc was the key, not the beginning of a sequence. */
void cli_keys_idle(struct cli_keys *keys);

/** Take what was typed after the "/" of a line, where lines are typed. */
enum cli_wish cli_keys_line(struct cli_keys *keys, const struct cli_view *view, const char *line);

#endif
