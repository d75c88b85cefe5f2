/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A line that changes one byte of every digest of flash contents on its way from the board: what a comparison
 * that does not look at all of it would miss. For boards that run a stub, which sends digests as bytes.
 */

#ifndef TESTS_FAKES_DIGEST_PORT_H
#define TESTS_FAKES_DIGEST_PORT_H

#include "engine/link/port.h"

struct digest_scheme {
    struct eg_port_scheme scheme; /* to be used instead of `inner` */
    const struct eg_port_scheme *inner[2];
    unsigned byte;    /* of the digest, 0 to 15 */
    unsigned changed; /* so many digests were changed */
};

/** Take every URL that `inner` takes; both must outlive the ports, of which there is one at a time. */
void digest_scheme_init(struct digest_scheme *digest, const struct eg_port_scheme *inner, unsigned byte);

#endif
