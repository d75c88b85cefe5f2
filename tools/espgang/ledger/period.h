/* SPDX-License-Identifier: Apache-2.0 */

/* Times that a person types, as the ledger has them. */

#ifndef TOOLS_ESPGANG_LEDGER_PERIOD_H
#define TOOLS_ESPGANG_LEDGER_PERIOD_H

#include "engine/base/clock.h"

/** What a time stands for: a day, minute, second or millisecond. UTC, in the ledger's format. */
struct cli_period {
    char begin_utc[EG_UTC_TEXT];
    char end_utc[EG_UTC_TEXT]; /* the first moment after it */
};

/**
 * Read a time: "2026-11-27", "2026-11-27T10:00", "2026-11-27T10:00:30", "2026-11-27T10:00:30.125"; local, or
 * UTC with a "Z" after the time of day. Or a duration, which names the second so long ago: "90s", "30m",
 * "24h", "7d", "2w".
 *
 * @return false: it is none, or no day of the calendar
 */
bool cli_period(struct cli_period *period, const char *text);

#endif
