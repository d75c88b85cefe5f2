/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A bad line for any port: bytes are lost, bits flip, replies are delayed, the port may vanish, and data
 * arrives in small pieces. All faults are drawn from a seed and the URL, so a run can be repeated exactly.
 */

#ifndef TESTS_FAKES_FAULTY_PORT_H
#define TESTS_FAKES_FAULTY_PORT_H

#include "engine/link/port.h"

struct faulty_scheme {
    struct eg_port_scheme scheme; /* pass this to eg_port_open(), from any thread */
    const struct eg_port_scheme *inner[2];
    uint64_t seed;
};

/**
 * Accept every URL that `inner` accepts; both must outlive the ports.
 *
 * Lines differ by their URL, from a fault every 500 bytes or so to one in 500 000. Delayed bytes arrive some
 * waits later, and discarding does not remove them: they are still on the line.
 */
void faulty_scheme_init(struct faulty_scheme *faulty, const struct eg_port_scheme *inner, uint64_t seed);

#endif
