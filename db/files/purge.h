/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Removing application logs, which take the room, by age. Their sizes and digests stay, because the chain
 * hashes those, and a row records what was removed, when, by whom and why. Nothing else is ever removed.
 */

#ifndef DB_FILES_PURGE_H
#define DB_FILES_PURGE_H

#include "engine/base/clock.h"

#include <stdint.h>

struct eg_purge_request {
    const char *ledger; /* as eg_ledger_open() takes it; migrated when old, never created */
    const char *before; /* "2026-11-23", or with a time "2026-11-23T08:24:00Z"; remove logs of runs that ended
                           before */
    const char *operator_name; /* NULL = the login name */
    const char *reason;        /* NULL = only count */
};

struct eg_purged {
    char before_utc[EG_UTC_TEXT];
    int64_t logs, bytes; /* bytes as stored, compressed */
};

/**
 * Remove logs, or only count them. Nothing is recorded if no log matches.
 *
 * @return EG_OK; EG_BAD_ARGUMENT: a bad time, or one in the future; EG_LEDGER, EG_LEDGER_LOCKED: a line
 * records into the ledger; EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_purge_logs(struct eg_purged *purged, const struct eg_purge_request *request,
                           struct eg_error *err) EG_CHECKED;

#endif
