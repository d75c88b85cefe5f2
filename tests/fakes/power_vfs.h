/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A disk that loses power: between SQLite and the system it keeps every write and sync, and afterwards makes
 * files as the disk would have them when the power had gone at any of those moments.
 *
 * What is kept belongs to one test. Any thread may write; the rest is for the test's own.
 */

#ifndef TESTS_FAKES_POWER_VFS_H
#define TESTS_FAKES_POWER_VFS_H

/** Keep what all connections do that are opened from now on; what was kept before is forgotten. */
void power_vfs_begin(void);
/** What comes now is not kept. Syncs still reach no real disk, so they cost nothing. */
void power_vfs_end(void);
void power_vfs_forget(void);

/** Syncs that have been done. */
unsigned power_vfs_syncs(void);

enum power_vfs_kept {
    POWER_VFS_NOTHING,    /* of what was not synced */
    POWER_VFS_EVERYTHING, /* likewise */
    POWER_VFS_SOME,       /* of its sectors, by `seed` */
};

/** Make the watched files, by their names, in a folder as they are when that many syncs are done and the
 * power goes before the next. */
void power_vfs_restore(const char *folder, unsigned syncs, enum power_vfs_kept kept, unsigned seed);

#endif
