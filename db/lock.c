/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The lock is on a file next to the ledger, because SQLite locks the ledger itself. It is an flock(): shared
 * by all recorders, exclusive for a process that needs the ledger alone. An older espgang, which knows only
 * the exclusive lock, is kept out by the shared one and keeps others out.
 */

#define _DEFAULT_SOURCE /* flock() */

#include "db/lock.h"

#include "db/holder.h"
#include "db/session_lock.h"
#include "engine/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>

#define PATIENCE_MS 5000 /* how long SQLite also waits for a locked database */
#define LOOK_MS     20

static enum eg_code open_file(int *fd, char path[PATH_MAX], const char *full, struct eg_error *err)
{
    if ((size_t)snprintf(path, PATH_MAX, "%s.lock", full) >= PATH_MAX)
        return eg_error_errno(err, EG_LEDGER, ENAMETOOLONG, "opening its lock file");
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    return *fd >= 0 ? EG_OK : eg_error_errno(err, EG_LEDGER, errno, "opening %s", path);
}

/* Try until the lock is taken or the time is over; `*taken` says which. */
static enum eg_code try(int fd, const char *path, int kind, uint32_t patience_ms, bool *taken,
                        struct eg_error *err)
{
    const uint64_t begun_ms = eg_clock_ms();

    for (;;) {
        *taken = flock(fd, kind | LOCK_NB) == 0;
        if (!*taken && errno != EWOULDBLOCK)
            return eg_error_errno(err, EG_LEDGER, errno, "locking %s", path);
        if (*taken || eg_clock_ms() - begun_ms >= patience_ms)
            return EG_OK;
        EG_TRY(eg_sleep_ms(NULL, LOOK_MS, err));
    }
}

enum eg_code eg__lock(int *fd, const char *full, enum eg__company company, struct eg_error *err)
{
    const bool shared = company == EG__BESIDE && EG__SESSIONS_SIDE_BY_SIDE;
    char path[PATH_MAX], holder[EG__HOLDER_TEXT];
    bool taken, beside;

    EG_TRY(open_file(fd, path, full, err));
    EG_TRY(try(*fd, path, shared ? LOCK_SH : LOCK_EX, shared ? PATIENCE_MS : 0, &taken, err));
    if (taken)
        return EG_OK;
    eg__lock_holder(holder, path);
    EG_TRY(try(*fd, path, LOCK_SH, 0, &beside, err)); /* if so, other recorders hold it */
    return eg_error_set(err, EG_LEDGER_LOCKED, "%s %s", holder,
                        beside ? "records into it" : "has it to itself");
}
