/* SPDX-License-Identifier: Apache-2.0 */

/* The environment of a test: the fixtures, which are not in the project, and the test's own name. */

#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

const char *this_program(char text[64])
{
    char name[32] = "";
    FILE *file = fopen("/proc/self/comm", "r");

    assert_non_null(file);
    assert_non_null(fgets(name, sizeof name, file));
    fclose(file);
    snprintf(text, 64, "%.*s (process %d)", (int)strcspn(name, "\n"), name, (int)getpid());
    return text;
}

const char *source_path(char path[4096], const char *name)
{
    const char *folder = getenv("EG_SOURCES");

    snprintf(path, 4096, "%s/%s", folder != NULL ? folder : ".", name);
    return path;
}
