/* SPDX-License-Identifier: Apache-2.0 */

/* A copy of a ledger in use. */

#ifndef DB_FILES_BACKUP_H
#define DB_FILES_BACKUP_H

#include "engine/base/clock.h"

struct eg_backup {
    const char *ledger;             /* as eg_ledger_open() takes it */
    const char *path;               /* of the copy */
    bool force;                     /* replace a file that is there */
    const struct eg_cancel *cancel; /* may be NULL */
};

/** What was copied; `hash` is that of the chain's last link, "" when no run has finished yet. */
struct eg_backed_up {
    int64_t finished; /* runs */
    char hash[65];
};

/**
 * Copy the ledger as it is at one moment, while a line may go on recording into it.
 *
 * The copy is written beside its place, checked, synced and only then put there; it has the ledger's mode and
 * needs no other file, so that it can be read where nothing can be written.
 *
 * @return EG_OK; EG_BAD_ARGUMENT: there is a file already, or it is one that must not be replaced; EG_LEDGER,
 * EG_LEDGER_NEWER, EG_IO, EG_NO_ROOM, EG_CANCELLED
 */
enum eg_code eg_ledger_backup(const struct eg_backup *backup, struct eg_backed_up *result,
                              struct eg_error *err) EG_CHECKED;

#endif
