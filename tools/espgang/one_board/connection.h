/* SPDX-License-Identifier: Apache-2.0 */

/* A connected board for a command. */

#ifndef TOOLS_ESPGANG_ONE_BOARD_CONNECTION_H
#define TOOLS_ESPGANG_ONE_BOARD_CONNECTION_H

#include "tools/espgang/command.h"

/**
 * Connect by the board options of the call, show what the chip is, start the stub, raise the rate, attach the
 * flash, run the command, and reset the board as --after says, also after a failure.
 */
enum eg_code cli_with_board(struct cli_call *call, struct eg_error *err) EG_CHECKED;

#endif
