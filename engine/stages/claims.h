/* SPDX-License-Identifier: Apache-2.0 */

/*
 * MACs of the boards in the slots, so that of two boards that claim to be the same chip neither passes.
 *
 * A slot holds one MAC at a time: that of the board in it. A claim outlives its run, because a second board
 * with the same MAC is no less a duplicate when the first is already green. It ends when the slot takes
 * another MAC or releases, and when the board that holds it is no longer in its slot: then the same board is
 * in another.
 *
 * Threads: every function but create and destroy may be called by many workers at once.
 */

#ifndef ENGINE_STAGES_CLAIMS_H
#define ENGINE_STAGES_CLAIMS_H

#include "engine/link/port.h"

#include <stdbool.h>

#define EG_CLAIM_SLOT 256 /* room for a slot's name */

struct eg_claims;

/** A slot and the board in it; texts are copied. */
struct eg_claimant {
    const char *slot, *address;
    struct eg_presence presence;
    const struct eg_port_scheme *const *schemes; /* of the line; for the call */
};

struct eg_claims *eg_claims_create(void);
void eg_claims_destroy(struct eg_claims *claims);

/** Let the slot hold the MAC instead of the one it held. False when another slot holds it: `rival` then has
 * that slot's name, or "" when there was no memory, and that slot's claim is disputed from now on. The same
 * slot may claim again. */
bool eg_claims_take(struct eg_claims *claims, const char *mac, const struct eg_claimant *claimant,
                    char rival[EG_CLAIM_SLOT]);

/** Whether another slot has shown the MAC that this one holds; `rival` is its name. */
bool eg_claims_disputed(struct eg_claims *claims, const char *slot, char rival[EG_CLAIM_SLOT]);

/** The board has left the slot. */
void eg_claims_release(struct eg_claims *claims, const char *slot);

#endif
