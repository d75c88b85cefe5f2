/* SPDX-License-Identifier: Apache-2.0 */

/* Backup of a ledger in use. */

#ifndef DB_FILES_BACKUP_H
#define DB_FILES_BACKUP_H

#include "engine/base/clock.h"

struct eg_backup {
    const char *ledger;             /* as eg_ledger_open() takes it */
    const char *path;               /* of the copy */
    bool force;                     /* replace an existing file */
    const struct eg_cancel *cancel; /* may be NULL */
};

/** The copied runs; `hash` is the hash of the chain's last link, "" when no run has finished yet. */
struct eg_backed_up {
    int64_t finished; /* runs */
    char hash[65];
};

/**
 * Copy the ledger as it is at one moment; a line may go on recording into it.
 *
 * The copy is written next to its destination, checked and synced, and only then moved there. It has the
 * ledger's mode and needs no other file, so it can be read from read-only media.
 *
 * @return EG_OK; EG_BAD_ARGUMENT: the file exists already, or must not be replaced; EG_LEDGER,
 * EG_LEDGER_NEWER, EG_IO, EG_NO_ROOM, EG_CANCELLED
 */
enum eg_code eg_ledger_backup(const struct eg_backup *backup, struct eg_backed_up *result,
                              struct eg_error *err) EG_CHECKED;

#endif
