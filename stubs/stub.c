/* SPDX-License-Identifier: Apache-2.0 */

/* Looking up the stubs that are built in. */

#include "stubs/stub.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct eg_stub *eg_stub_by_name(const char *name)
{
    for (size_t i = 0; eg_stubs[i] != NULL; i++)
        if (strcmp(eg_stubs[i]->name, name) == 0)
            return eg_stubs[i];
    return NULL;
}

enum eg_code eg_stub_find(const struct eg_stub **stub, struct eg_stub **loaded, const char *dir,
                          const char *name, struct eg_error *err)
{
    char path[4096];

    *loaded = NULL;
    if (dir != NULL) {
        snprintf(path, sizeof path, "%s/%s.json", dir, name);
        if (access(path, F_OK) == 0) {
            EG_TRY(eg_stub_load(loaded, dir, name, err));
            *stub = *loaded;
            return EG_OK;
        }
    }
    *stub = eg_stub_by_name(name);
    return EG_OK;
}

const char *eg_stub_source(void)
{
    return EG_STUB_SOURCE;
}
