/* SPDX-License-Identifier: Apache-2.0 */

/* Which slots a run uses: every attached board, what --ports says, or simulated boards. */

#ifndef TOOLS_ESPGANG_LINE_SLOTS_H
#define TOOLS_ESPGANG_LINE_SLOTS_H

#include "engine/line/station.h"

/** Zero-initialise it; EG_CLEANUP(cli_slots_finish) frees it. */
struct cli_slots {
    struct eg_slot *slots; /* their strings are owned */
    unsigned count;
};

/** Add a slot as it is, without a label; a port that is there already is passed over. Strings are copied but
 * `group`, which must outlive the slots. */
enum eg_code cli_slots_add_slot(struct cli_slots *slots, const struct eg_slot *slot,
                                struct eg_error *err) EG_CHECKED;

/** Add a slot; a port that is there already is passed over. Strings are copied. */
enum eg_code cli_slots_add(struct cli_slots *slots, const char *name, const char *url,
                           struct eg_error *err) EG_CHECKED;

/** Add a port that was found, under its place or, where it has none, under `path`; likewise. */
enum eg_code cli_slots_add_found(struct cli_slots *slots, const struct eg_found_port *found, const char *path,
                                 struct eg_error *err) EG_CHECKED;

/**
 * Add what `patterns` name: URLs as they are, paths with the shell's wildcards; several may stand in one,
 * separated by commas. NULL adds every port that discovery would use.
 *
 * @return EG_OK; EG_NO_PORT a pattern matches nothing, or there is no board
 */
enum eg_code cli_slots_choose(struct cli_slots *slots, const char *const *patterns,
                              struct eg_error *err) EG_CHECKED;

/** The same for what comes and goes: whatever is there now is added, nothing there is EG_OK. */
enum eg_code cli_slots_scan(struct cli_slots *slots, const char *const *patterns,
                            struct eg_error *err) EG_CHECKED;

/** Give a slot, by its name or port, the label of its board: "SLOT=TEXT". EG_BAD_JOB for another form,
 * for a slot that is not there or has one, and for what is no text. */
enum eg_code cli_slots_label(struct cli_slots *slots, const char *text, struct eg_error *err) EG_CHECKED;

void cli_slots_finish(struct cli_slots *slots);

#endif
