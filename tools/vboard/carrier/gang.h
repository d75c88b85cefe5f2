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

/** A port in this process: the board whose adapter this is. */
struct vb__sim_port {
    struct eg_port base; /* first: the ops get a pointer to it */
    struct vb_adapter *adapter;
    bool fast;
};

/** All but close(). */
extern const struct eg_port_ops vb__sim_ops;

/** A board's configuration, and where it keeps its flash. */
struct vb__made {
    struct vb_config config;
    char flash_path[VB__PATH_ROOM], efuse_path[VB__PATH_ROOM]; /* of config, if it has them */
    unsigned mac_of;                                           /* board whose MAC it shows; 0 = its own */
};

/** Configure the board of a pattern that has this number, of `count` boards; arguments as vb_gang_create()
 * has them. `made` must stay where it is as long as the board is made. */
enum eg_code vb__gang_configure(struct vb__made *made, const struct vb_config *pattern, unsigned number,
                                unsigned count, const char *const *faults, unsigned fault_count,
                                struct eg_error *err) EG_CHECKED;

/** Draw a number below `most`. */
unsigned vb__draw(uint64_t *random, unsigned most);

/** The board has the MAC of another board, and a flash of its own. */
void vb__gang_show_mac(struct vb__made *made, const uint8_t mac[6]);

/** EG_BAD_JOB: the board whose MAC it is to show has none of its own. */
enum eg_code vb__gang_refuse_mac(const struct vb__made *made, struct eg_error *err) EG_CHECKED;

/** Make the board; the adapter is zero before. */
enum eg_code vb__gang_make(struct vb_adapter *adapter, const struct vb__made *made, uint64_t start_us,
                           struct eg_error *err) EG_CHECKED;

#endif
