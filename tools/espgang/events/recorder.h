/* SPDX-License-Identifier: Apache-2.0 */

/* A recorder in front of the ledger's, which tells events and view what is recorded. */

#ifndef TOOLS_ESPGANG_EVENTS_RECORDER_H
#define TOOLS_ESPGANG_EVENTS_RECORDER_H

#include "tools/espgang/events/events.h"
#include "tools/espgang/line/view.h"

struct cli_recorder {
    struct eg_recorder recorder;
    struct eg_recorder *ledger;
    struct cli_events *events;
    struct cli_view *view;
    pthread_mutex_t lock;          /* of what is below */
    struct cli_recorder_run *open; /* runs that have begun */
};

/**
 * Make it, and return what the station is to be given. What it passes on goes to `ledger`; nothing is told
 * before that has succeeded. Any thread may use it.
 *
 * @param events, view  either may be NULL
 */
struct eg_recorder *cli_recorder_init(struct cli_recorder *recorder, struct eg_recorder *ledger,
                                      struct cli_events *events, struct cli_view *view);
void cli_recorder_finish(struct cli_recorder *recorder);

#endif
