/* SPDX-License-Identifier: Apache-2.0 */

/* What gang.c and carrier_sim.c share. */

#ifndef TOOLS_VBOARD_CARRIER_GANG_H
#define TOOLS_VBOARD_CARRIER_GANG_H

#include "tools/vboard/carrier/adapter.h"

#include <pthread.h>

#define VB__PATH_ROOM 512

struct vb__place {
    struct vb_adapter adapter;
    bool open; /* guarded by the gang's lock */
    char flash_path[VB__PATH_ROOM], efuse_path[VB__PATH_ROOM];
};

struct vb_gang {
    struct vb__place *places;
    unsigned count;
    const struct eg_target *target;
    bool fast;
    uint64_t start_us;
    struct eg_port_scheme scheme;
    /* Guards `open` of every place. Who marked a board open has it and its adapter alone until closing. */
    pthread_mutex_t lock;
};

void vb__sim_scheme_init(struct vb_gang *gang);

#endif
