/* SPDX-License-Identifier: Apache-2.0 */

/* The way to the fixtures, which are not in the project. */

#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *fixture_path(char path[4096], const char *name)
{
    const char *folder = getenv("EG_FIXTURES");

    if (folder == NULL || access(folder, R_OK) != 0) {
        print_message("SKIPPED: no fixtures at %s (EG_FIXTURES)\n", folder != NULL ? folder : "(not set)");
        skip();
    }
    snprintf(path, 4096, "%s/%s", folder, name);
    return path;
}

const char *source_path(char path[4096], const char *name)
{
    const char *folder = getenv("EG_SOURCES");

    snprintf(path, 4096, "%s/%s", folder != NULL ? folder : ".", name);
    return path;
}
