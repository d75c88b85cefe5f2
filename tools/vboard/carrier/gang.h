/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by gang.c and carrier_sim.c. */

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
    const char *chip; /* in its URLs */
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

/** Return what the URLs of boards of a pattern have for the chip: its name, or "mixed". */
const char *vb__chip_in_urls(const struct vb_config *pattern);

/** Draw a number below `most`. */
unsigned vb__draw(uint64_t *random, unsigned most);

/** Make a board without a gang, of as many as there will be; the adapter is zero before. Arguments as
 * vb_gang_create() has them. A board whose MAC it shows is made for as long as that takes. */
enum eg_code vb__gang_make_alone(struct vb_adapter *adapter, const struct vb_config *pattern, unsigned number,
                                 const char *const *faults, unsigned fault_count,
                                 struct eg_error *err) EG_CHECKED;

/** Refuse what vb__gang_make_alone() would refuse of the boards that have faults of their own. */
enum eg_code vb__gang_check_alone(const struct vb_config *pattern, const char *const *faults,
                                  unsigned fault_count, struct eg_error *err) EG_CHECKED;

#endif
