/* SPDX-License-Identifier: Apache-2.0 */

/* The path of the ledger, and whether it may be used. */

#ifndef DB_PATH_H
#define DB_PATH_H

#include "engine/base/error.h"

#include <sys/types.h>

/** Return the path to use for `given`, which may be NULL; `*path` is the caller's, for free(). */
enum eg_code eg__path_choose(char **path, const char *given, struct eg_error *err) EG_CHECKED;

/**
 * Find the path without symbolic links or relative parts, after checking that the file is safe to use.
 *
 * @param full  the caller's, for free()
 */
enum eg_code eg__path_resolve(char **full, const char *path, struct eg_error *err) EG_CHECKED;

/**
 * Do the same, and create an empty file if none exists. Folders are created for the default path only.
 *
 * @param made  whether the file was created; may be NULL
 */
enum eg_code eg__path_make(char **full, const char *path, bool *made, struct eg_error *err) EG_CHECKED;

/**
 * Check that a ledger can be recorded into, or could be created, without creating it.
 *
 * @param full  the caller's, for free(); NULL = the file does not exist yet
 */
enum eg_code eg__path_check(char **full, const char *path, struct eg_error *err) EG_CHECKED;

/** The files of an open ledger, as they were at its path when it was opened. */
struct eg__place {
    char *full;
    struct eg__place_file {
        dev_t device;
        ino_t number; /* 0 = no such file */
    } ledger, wal, lock;
};

/** Note the files at a resolved path, after the first commit; the place owns `full` afterwards, even on
 * failure. */
enum eg_code eg__place_note(struct eg__place *place, char *full, struct eg_error *err) EG_CHECKED;

/** Return EG_LEDGER if the path now leads to other files or to none: nobody would find what is written. */
enum eg_code eg__place_check(const struct eg__place *place, struct eg_error *err) EG_CHECKED;

void eg__place_finish(struct eg__place *place);

#endif
