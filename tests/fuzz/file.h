/* SPDX-License-Identifier: Apache-2.0 */

/* The input as a file, for readers that take a path. */

#ifndef TESTS_FUZZ_FILE_H
#define TESTS_FUZZ_FILE_H

#include "tests/fuzz/fuzz.h"

#include <unistd.h>

static char fuzz__folder[] = "/tmp/eg-fuzz-XXXXXX";
static char fuzz__path[sizeof fuzz__folder + 100];

static void fuzz__remove(void)
{
    unlink(fuzz__path);
    rmdir(fuzz__folder);
}

/** Return the folder of the file, created by the first call and removed when the process ends. */
static inline const char *fuzz_folder(void)
{
    static bool made;

    if (!made) {
        HOLDS(mkdtemp(fuzz__folder) != NULL);
        HOLDS(atexit(fuzz__remove) == 0);
        made = true;
    }
    return fuzz__folder;
}

/** Write the file, the same `name` each time, and return its path. */
static inline const char *fuzz_file(const char *name, const void *data, size_t size)
{
    snprintf(fuzz__path, sizeof fuzz__path, "%s/%.90s", fuzz_folder(), name);
    FILE *const out = fopen(fuzz__path, "wb");
    HOLDS(out != NULL && fwrite(data, 1, size, out) == size && fclose(out) == 0);
    return fuzz__path;
}

#endif
