/* SPDX-License-Identifier: Apache-2.0 */

/* The wait of the serving carriers. */

#define _GNU_SOURCE  /* ppoll(): poll() cannot wait for less than a millisecond, which is 92 bytes at 921600 \
                      */

#include "tools/vboard/carrier/wait.h"

#include "engine/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

enum eg_code vb__wait_until_us(struct pollfd *polls, nfds_t count, uint64_t until_us, struct eg_error *err)
{
    const uint64_t now_us = eg_clock_us();
    const uint64_t left_us = until_us > now_us ? until_us - now_us : 0;
    const struct timespec left = {(time_t)(left_us / 1000000), (long)(left_us % 1000000) * 1000};

    if (ppoll(polls, count, &left, NULL) >= 0)
        return EG_OK;
    if (errno != EINTR)
        return eg_error_errno(err, EG_IO, errno, "waiting for %lu descriptors", (unsigned long)count);
    for (nfds_t i = 0; i < count; i++)
        polls[i].revents = 0;
    return EG_OK;
}

enum eg_code vb__set_nonblocking(int fd, struct eg_error *err)
{
    const int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return eg_error_errno(err, EG_IO, errno, "setting up a descriptor");
    return EG_OK;
}
