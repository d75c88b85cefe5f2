/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which slot holds the board with which MAC.
 *
 * A slot holds one MAC at a time: the one of the board that is in it. A claim outlives its run, because a
 * second board that shows the same MAC is no less a duplicate when the first is already green; it ends when
 * the slot takes another MAC or releases.
 *
 * Threads: every function but create and destroy may be called by many workers at once. `lock` is held for
 * the walk over the list only and nothing is called under it.
 */

#include "engine/stages/run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLDER_SIZE 128 /* what eg_claims_take() promises */

struct claim {
    struct claim *next;
    char mac[EG_MAC_TEXT]; /* "" = released */
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

bool eg_claims_take(struct eg_claims *claims, const char *mac, const char *slot, char *holder)
{
    const size_t slot_size = strlen(slot) + 1;
    struct claim *spare = calloc(1, sizeof *spare + slot_size);

    holder[0] = '\0';
    if (spare == NULL)
        return false;
    memcpy(spare->slot, slot, slot_size);

    pthread_mutex_lock(&claims->lock);
    struct claim *claim = of_mac(claims, mac);
    const bool taken = claim != NULL && strcmp(claim->slot, slot) != 0;
    if (taken) {
        snprintf(holder, HOLDER_SIZE, "%s", claim->slot);
    } else {
        claim = of_slot(claims, slot);
        if (claim == NULL) {
            claim = spare;
            spare = NULL;
            claim->next = claims->first;
            claims->first = claim;
        }
        snprintf(claim->mac, sizeof claim->mac, "%s", mac);
    }
    pthread_mutex_unlock(&claims->lock);
    free(spare);
    return !taken;
}

void eg_claims_release(struct eg_claims *claims, const char *slot)
{
    pthread_mutex_lock(&claims->lock);
    struct claim *claim = of_slot(claims, slot);
    if (claim != NULL)
        claim->mac[0] = '\0';
    pthread_mutex_unlock(&claims->lock);
}
