/* SPDX-License-Identifier: Apache-2.0 */

/* esptool.cfg: accepted settings are within their limits. */

#define _POSIX_C_SOURCE 200809L

#include "engine/espgang.h"
#include "tests/fuzz/file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct eg_settings settings;
    struct eg_error err;

    HOLDS(setenv("ESPTOOL_CFGFILE", fuzz_file("esptool.cfg", data, size), 1) == 0);
    const enum eg_code code = eg_settings_load(&settings, NULL, &err);
    HOLDS(code == EG_OK || code == EG_BAD_JOB || code == EG_IO);
    if (code != EG_OK) {
        HOLDS(err.text[0] != '\0');
        return 0;
    }
    HOLDS(memchr(settings.custom_reset_sequence, '\0', sizeof settings.custom_reset_sequence) != NULL);
    HOLDS(memchr(settings.custom_hard_reset_sequence, '\0', sizeof settings.custom_hard_reset_sequence) !=
          NULL);
    return 0;
}
