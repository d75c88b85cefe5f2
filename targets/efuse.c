/* SPDX-License-Identifier: Apache-2.0 */

/* Looking up the eFuses of a target, and names in lists of names. */

#include "targets/efuse.h"

#include <string.h>

const struct eg_efuse *eg_efuse_of(const struct eg_target *target)
{
    for (const struct eg_efuse *const *efuse = eg_efuses; *efuse != NULL; efuse++)
        if (strcmp((*efuse)->name, target->name) == 0)
            return *efuse;
    return NULL;
}

bool eg_efuse_listed(const char *names, const char *name)
{
    const size_t length = strlen(name);

    for (const char *at = names; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ' ? 1 : 0;
        if (strncmp(at, name, length) == 0 && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}
