/* SPDX-License-Identifier: Apache-2.0 */

/* The wait of the serving carriers: for descriptors, or until a board will do something. */

#ifndef TOOLS_VBOARD_CARRIER_WAIT_H
#define TOOLS_VBOARD_CARRIER_WAIT_H

#include "engine/base/error.h"

#include <poll.h>

/** No wait is longer, so that a board that comes back is noticed. */
#define VB_WAIT_MAX_US 100000

/** poll() with the precision of the clock; `until_us` is of eg_clock_us(). Being interrupted is EG_OK. */
enum eg_code vb__wait_until_us(struct pollfd *polls, nfds_t count, uint64_t until_us,
                               struct eg_error *err) EG_CHECKED;

/** A descriptor that does not block and is not inherited. */
enum eg_code vb__set_nonblocking(int fd, struct eg_error *err) EG_CHECKED;

#endif
