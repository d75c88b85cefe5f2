/* SPDX-License-Identifier: Apache-2.0 */

/* Times that a person types, as the ledger has them. */

#ifndef TOOLS_ESPGANG_LEDGER_PERIOD_H
#define TOOLS_ESPGANG_LEDGER_PERIOD_H

#include "engine/base/clock.h"

/**
 * The beginning of a UTC time as far as it is given: "2026-11-27", "2026-11-27T10:00", "2026-11-27T10:00:30",
 * with or without a "Z" after the time; or of the time so long ago: "90s", "30m", "24h", "7d", "2w". Seconds
 * may have milliseconds.
 *
 * @return false: it is none, or no day of the calendar
 */
bool cli_period(char utc[EG_UTC_TEXT], const char *text);

#endif
