/* SPDX-License-Identifier: Apache-2.0 */

/* `lock` is held for the walk over the list only and nothing is called under it: whether a board is still in
 * its slot is looked up between two walks. */

#include "engine/stages/claims.h"

#include "engine/base/mac.h"
#include "engine/stages/slot.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct claim {
    struct claim *next;
    char mac[EG_MAC_TEXT]; /* "" = released */
    struct eg_presence presence;
    char address[EG_PLACE];
    char rival[EG_CLAIM_SLOT]; /* "" = not disputed */
    char slot[];
};

struct eg_claims {
    pthread_mutex_t lock;
    struct claim *first;
};

struct eg_claims *eg_claims_create(void)
{
    struct eg_claims *claims = calloc(1, sizeof *claims);

    if (claims != NULL)
        pthread_mutex_init(&claims->lock, NULL);
    return claims;
}

void eg_claims_destroy(struct eg_claims *claims)
{
    if (claims == NULL)
        return;
    for (struct claim *claim = claims->first, *next; claim != NULL; claim = next) {
        next = claim->next;
        free(claim);
    }
    pthread_mutex_destroy(&claims->lock);
    free(claims);
}

static struct claim *of_slot(const struct eg_claims *claims, const char *slot)
{
    for (struct claim *claim = claims->first; claim != NULL; claim = claim->next)
        if (strcmp(claim->slot, slot) == 0)
            return claim;
    return NULL;
}

static struct claim *of_mac(const struct eg_claims *claims, const char *mac)
{
    for (struct claim *claim = claims->first; claim != NULL; claim = claim->next)
        if (strcmp(claim->mac, mac) == 0)
            return claim;
    return NULL;
}

/* What is looked up about a claim of another slot. */
struct holder {
    char slot[EG_CLAIM_SLOT];
    char address[EG_PLACE];
    struct eg_presence presence;
};

/* Take the MAC unless another slot holds it: that is `holder` then. Uses `*spare` up for a slot that had no
 * claim yet. */
static bool try_to_take(struct eg_claims *claims, const char *mac, const struct eg_claimant *claimant,
                        struct claim **spare, struct holder *holder)
{
    pthread_mutex_lock(&claims->lock);
    struct claim *claim = of_mac(claims, mac);
    const bool taken = claim != NULL && strcmp(claim->slot, claimant->slot) != 0;
    if (taken) {
        *holder = (struct holder){.presence = claim->presence};
        snprintf(holder->slot, sizeof holder->slot, "%s", claim->slot);
        memcpy(holder->address, claim->address, sizeof holder->address);
    } else {
        claim = of_slot(claims, claimant->slot);
        if (claim == NULL) {
            claim = *spare;
            *spare = NULL;
            claim->next = claims->first;
            claims->first = claim;
        }
        if (strcmp(claim->mac, mac) != 0)
            claim->rival[0] = '\0';
        snprintf(claim->mac, sizeof claim->mac, "%s", mac);
        snprintf(claim->address, sizeof claim->address, "%s", claimant->address);
        claim->presence = claimant->presence;
    }
    pthread_mutex_unlock(&claims->lock);
    return !taken;
}

/* Unless it has changed meanwhile, the holder's claim is disputed by `rival`, or with NULL ends. */
static void settle(struct eg_claims *claims, const char *mac, const struct holder *holder, const char *rival)
{
    pthread_mutex_lock(&claims->lock);
    struct claim *const claim = of_mac(claims, mac);
    if (claim != NULL && eg_presence_same(&claim->presence, &holder->presence) &&
        strcmp(claim->address, holder->address) == 0) {
        if (rival != NULL)
            snprintf(claim->rival, sizeof claim->rival, "%s", rival);
        else
            claim->mac[0] = '\0';
    }
    pthread_mutex_unlock(&claims->lock);
}

bool eg_claims_take(struct eg_claims *claims, const char *mac, const struct eg_claimant *claimant,
                    char rival[EG_CLAIM_SLOT])
{
    const size_t slot_size = strlen(claimant->slot) + 1;
    struct claim *spare = calloc(1, sizeof *spare + slot_size);
    struct holder holder;
    bool taken;

    rival[0] = '\0';
    if (spare == NULL)
        return false;
    memcpy(spare->slot, claimant->slot, slot_size);
    while (!(taken = try_to_take(claims, mac, claimant, &spare, &holder))) {
        const bool there = eg_slot_holds(holder.address, &holder.presence, mac, claimant->schemes);
        settle(claims, mac, &holder, there ? claimant->slot : NULL);
        if (!there)
            continue;
        memcpy(rival, holder.slot, EG_CLAIM_SLOT);
        break;
    }
    free(spare);
    return taken;
}

bool eg_claims_disputed(struct eg_claims *claims, const char *slot, char rival[EG_CLAIM_SLOT])
{
    rival[0] = '\0';
    pthread_mutex_lock(&claims->lock);
    const struct claim *const claim = of_slot(claims, slot);
    if (claim != NULL && claim->mac[0] != '\0')
        memcpy(rival, claim->rival, EG_CLAIM_SLOT);
    pthread_mutex_unlock(&claims->lock);
    return rival[0] != '\0';
}

void eg_claims_release(struct eg_claims *claims, const char *slot)
{
    pthread_mutex_lock(&claims->lock);
    struct claim *claim = of_slot(claims, slot);
    if (claim != NULL)
        claim->mac[0] = '\0';
    pthread_mutex_unlock(&claims->lock);
}
