/* SPDX-License-Identifier: Apache-2.0 */

/* Looking up the stubs that are built in. */

#include "stubs/stub.h"

#include <string.h>

const struct eg_stub *eg_stub_by_name(const char *name)
{
    for (size_t i = 0; eg_stubs[i] != NULL; i++)
        if (strcmp(eg_stubs[i]->name, name) == 0)
            return eg_stubs[i];
    return NULL;
}

const char *eg_stub_source(void)
{
    return EG_STUB_SOURCE;
}
