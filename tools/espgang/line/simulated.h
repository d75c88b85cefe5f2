/* SPDX-License-Identifier: Apache-2.0 */

/* The boards of a rehearsal: those that stay in their slots for one run, or a line's, which hands put in and
 * take out. */

#ifndef TOOLS_ESPGANG_LINE_SIMULATED_H
#define TOOLS_ESPGANG_LINE_SIMULATED_H

#include "tools/espgang/jobs/load.h"
#include "tools/espgang/line/slots.h"
#include "tools/vboard/hands.h"

/** Zero-initialise it; EG_CLEANUP(cli_simulated_finish) frees it. */
struct cli_simulated {
    struct vb_gang *gang;   /* NULL = hands */
    struct vb_hands *hands; /* NULL = none */
    struct cli_slots there; /* in the newest scan */
    struct vb_kind *kinds;  /* one for each job */
    unsigned slot_count;
};

/**
 * Make the boards, or the hands, and add a slot for each board, or socket.
 *
 * @param jobs     the boards are of their chips, in turn
 * @param pattern  its target and flash part are those of the first job
 * @param hands    NULL = none; its sockets are `slot_count`
 */
enum eg_code cli_simulated_init(struct cli_simulated *simulated, const struct cli_jobs *jobs,
                                const struct vb_config *pattern, const char *const *faults,
                                unsigned slot_count, const struct vb_hands_config *hands,
                                struct cli_slots *slots, struct eg_error *err) EG_CHECKED;
void cli_simulated_finish(struct cli_simulated *simulated);

const struct eg_port_scheme *cli_simulated_scheme(struct cli_simulated *simulated);

/** What the hands have put in by now. */
struct eg_slot_source cli_simulated_source(struct cli_simulated *simulated);

/** The line shows a result; without hands nothing happens. True when it was the last one. */
bool cli_simulated_tell(struct cli_simulated *simulated, const struct eg_result *result);

/** Say what the hands have done, if there are any. */
void cli_simulated_report(const struct cli_simulated *simulated, struct eg_logger *logger);

#endif
