/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A bad line in front of any port: bytes are lost, bits flip, answers are held up, the port may vanish, and
 * what arrives comes in small pieces. All of it is drawn from a seed and the URL, so a run is always the
 * same.
 */

#ifndef TESTS_FAKES_FAULTY_PORT_H
#define TESTS_FAKES_FAULTY_PORT_H

#include "engine/link/port.h"

struct faulty_scheme {
    struct eg_port_scheme scheme; /* hand this to eg_port_open(), from any thread */
    const struct eg_port_scheme *inner[2];
    uint64_t seed;
};

/**
 * Take every URL that `inner` takes; both must outlive the ports.
 *
 * Lines differ by their URL, from a fault every 500 bytes or so to one in 500 000. Held-up bytes come some
 * waits later, and discarding does not reach them: they are on their way.
 */
void faulty_scheme_init(struct faulty_scheme *faulty, const struct eg_port_scheme *inner, uint64_t seed);

#endif
