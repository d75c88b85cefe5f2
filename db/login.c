/* SPDX-License-Identifier: Apache-2.0 */

#include "db/login.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

void eg__login_name(char *name, size_t size)
{
    struct passwd entry, *found = NULL;
    char strings[4096];

    if (getpwuid_r(getuid(), &entry, strings, sizeof strings, &found) == 0 && found != NULL)
        snprintf(name, size, "%s", entry.pw_name);
    else
        snprintf(name, size, "uid %ld", (long)getuid());
}
