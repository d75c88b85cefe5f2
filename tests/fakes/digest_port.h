/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A line that changes one byte of every flash digest on its way from the board, which an incomplete
 * comparison would miss. For boards with a stub, which sends digests as bytes.
 */

#ifndef TESTS_FAKES_DIGEST_PORT_H
#define TESTS_FAKES_DIGEST_PORT_H

#include "engine/link/port.h"

struct digest_scheme {
    struct eg_port_scheme scheme; /* use it instead of `inner` */
    const struct eg_port_scheme *inner[2];
    unsigned byte;    /* of the digest, 0 to 15 */
    unsigned changed; /* number of changed digests */
};

/** Accept every URL that `inner` accepts; both must outlive the ports. One port at a time. */
void digest_scheme_init(struct digest_scheme *digest, const struct eg_port_scheme *inner, unsigned byte);

#endif
