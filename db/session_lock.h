/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The lock of one session, which shows others that it is alive: a byte of the ledger's lock file. Only Linux
 * has locks that belong to an open file, so that two sessions of one process differ. On other systems one
 * process records at a time, and others see every session as ended.
 */

#ifndef DB_SESSION_LOCK_H
#define DB_SESSION_LOCK_H

#include "engine/base/error.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __linux__

#define EG__SESSIONS_SIDE_BY_SIDE true

/** Take the lock of a new session; closing the lock file `fd` releases it. */
enum eg_code eg__session_lock(int fd, int64_t session, struct eg_error *err) EG_CHECKED;

/** Find out whether a session of another opener of the lock file is alive. */
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
