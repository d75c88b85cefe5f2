/* SPDX-License-Identifier: Apache-2.0 */

/* Byte N of the lock file belongs to session N. Its lock belongs to the open file, not to the process. */

#define _GNU_SOURCE /* F_OFD_SETLK */

#include "db/session_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

static struct flock byte_of(int64_t session)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = session, .l_len = 1};
}

enum eg_code eg__session_lock(int fd, int64_t session, struct eg_error *err)
{
    struct flock lock = byte_of(session);

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return EG_OK;
    return eg_error_errno(err, EG_LEDGER, errno, "locking session %" PRId64, session);
}

enum eg_code eg__session_goes_on(bool *goes_on, int fd, int64_t session, struct eg_error *err)
{
    struct flock lock = byte_of(session);

    if (fcntl(fd, F_OFD_GETLK, &lock) != 0)
        return eg_error_errno(err, EG_LEDGER, errno, "looking for session %" PRId64, session);
    *goes_on = lock.l_type != F_UNLCK;
    return EG_OK;
}
