/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A disk that loses power: it records every write and sync between SQLite and the system, and can then create
 * the files as the disk would have them if the power had failed at any of those moments.
 *
 * The records belong to one test. Any thread may write; the other calls are for the test's thread.
 */

#ifndef TESTS_FAKES_POWER_VFS_H
#define TESTS_FAKES_POWER_VFS_H

/** Record what all connections opened from now on do; earlier records are dropped. */
void power_vfs_begin(void);
/** Stop recording. Syncs still do not reach the real disk, so they take no time. */
void power_vfs_end(void);
void power_vfs_forget(void);

/** Return the number of syncs so far. */
unsigned power_vfs_syncs(void);

enum power_vfs_kept {
    POWER_VFS_NOTHING,    /* of what was not synced */
    POWER_VFS_EVERYTHING, /* likewise */
    POWER_VFS_SOME,       /* some of the sectors, by `seed` */
};

/**
 * Create the recorded files, by their names, in a folder, as they are if the power fails after that many
 * syncs and before the next.
 */
void power_vfs_restore(const char *folder, unsigned syncs, enum power_vfs_kept kept, unsigned seed);

#endif
