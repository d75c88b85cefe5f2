/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The lock of one session, by which others see that it goes on: a byte of the ledger's lock file. Only Linux
 * has locks that belong to an open file, so that two sessions of one process differ. On other systems one
 * process records at a time, and a session that others see has ended.
 */

#ifndef DB_SESSION_LOCK_H
#define DB_SESSION_LOCK_H

#include "engine/base/error.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __linux__

#define EG__SESSIONS_SIDE_BY_SIDE true

/** Take the lock of a new session, until the lock file `fd` is closed. */
enum eg_code eg__session_lock(int fd, int64_t session, struct eg_error *err) EG_CHECKED;

/** Whether a session of another opening of the lock file goes on. */
enum eg_code eg__session_goes_on(bool *goes_on, int fd, int64_t session, struct eg_error *err) EG_CHECKED;

#else

#define EG__SESSIONS_SIDE_BY_SIDE false

static inline enum eg_code eg__session_lock(int fd, int64_t session, struct eg_error *err)
{
    (void)fd;
    (void)session;
    (void)err;
    return EG_OK;
}

static inline enum eg_code eg__session_goes_on(bool *goes_on, int fd, int64_t session, struct eg_error *err)
{
    *goes_on = false;
    return eg__session_lock(fd, session, err);
}

#endif

#endif
