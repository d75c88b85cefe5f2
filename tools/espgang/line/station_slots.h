/* SPDX-License-Identifier: Apache-2.0 */

/* The slots and the ledger of a station file, as a run takes them. */

#ifndef TOOLS_ESPGANG_LINE_STATION_SLOTS_H
#define TOOLS_ESPGANG_LINE_STATION_SLOTS_H

#include "engine/link/discover.h"
#include "jobs/station_file.h"
#include "tools/espgang/line/slots.h"

/** Return the port of a slot among those that were found; NULL = there is none now. */
const struct eg_found_port *cli_station_port(const struct eg_station_slot *slot,
                                             const struct eg_found_port *found, size_t count);

/** Add each slot that is not disabled and has a port now, under its name. Slots known by a URL always have
 * one. The station file must outlive the slots. */
enum eg_code cli_station_slots(struct cli_slots *slots, const struct eg_station_file *file,
                               struct eg_error *err) EG_CHECKED;

/** Refuse a ledger that the file names and that is not there: EG_LEDGER. */
enum eg_code cli_station_check_ledger(const struct eg_station_file *file, struct eg_error *err) EG_CHECKED;

#endif
