/* SPDX-License-Identifier: Apache-2.0 */

/* The signals of the process around one command; command.h has what commands call. */

#ifndef TOOLS_ESPGANG_SIGNALS_H
#define TOOLS_ESPGANG_SIGNALS_H

#include <signal.h>

#define CLI_SIGNALS 6

struct cli_signals {
    struct sigaction action[CLI_SIGNALS];
};

/** Keep what the caller's process does on signals, and clear the flag of cli_cancel(). */
void cli_signals_begin(struct cli_signals *former);
/** Put it back. */
void cli_signals_end(const struct cli_signals *former);

#endif
