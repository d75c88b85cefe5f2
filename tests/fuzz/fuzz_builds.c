/* SPDX-License-Identifier: Apache-2.0 */

/* File lists of builds, in the format that they look like: each accepted file has a path. */

#include "jobs/builds.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg__firmware_finish) struct eg__firmware firmware = {0};
    struct eg_error err;
    bool is_build;

    const enum eg_code code = eg__build_read(&firmware, fuzz_file("build.json", data, size), &is_build, &err);
    if (code != EG_OK) {
        HOLDS(err.text[0] != '\0');
        return 0;
    }
    HOLDS(is_build || firmware.count == 0);
    for (unsigned i = 0; i < firmware.count; i++)
        HOLDS(firmware.entries[i].path != NULL && firmware.entries[i].path[0] != '\0');
    return 0;
}
