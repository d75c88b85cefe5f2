/* SPDX-License-Identifier: Apache-2.0 */

/* Words for esptool: files and addresses are the same after they are written in quotes and read again. */

#include "jobs/builds.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static enum eg_code read_words(struct eg__firmware *firmware, const void *data, size_t size)
{
    struct eg_error err;

    HOLDS(eg_strdup(&firmware->build.file, "flash_args", &err) == EG_OK);
    HOLDS(eg_buffer_append(&firmware->build.text, data, size, &err) == EG_OK);
    HOLDS(eg_buffer_append(&firmware->build.text, "", 1, &err) == EG_OK);
    firmware->build.text.size--;
    eg__flash_args_is(&firmware->build.text);
    return eg__flash_args_read(firmware, &err);
}

static void put(struct eg_buffer *text, const char *bytes, size_t size)
{
    struct eg_error err;

    HOLDS(eg_buffer_append(text, bytes, size, &err) == EG_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg__firmware_finish) struct eg__firmware firmware = {0};
    EG_CLEANUP(eg__firmware_finish) struct eg__firmware again = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char number[32];

    if (read_words(&firmware, data, size) != EG_OK)
        return 0;
    for (unsigned i = 0; i < firmware.count; i++) {
        snprintf(number, sizeof number, "0x%llx \"", (unsigned long long)firmware.entries[i].flash_addr);
        put(&text, number, strlen(number));
        for (const char *at = firmware.entries[i].path; *at != '\0'; at++) {
            if (*at == '"')
                put(&text, "\\", 1);
            put(&text, at, 1);
        }
        put(&text, "\"\n", 2);
    }
    HOLDS(read_words(&again, text.data, text.size) == EG_OK);
    HOLDS(again.count == firmware.count && firmware.count > 0);
    for (unsigned i = 0; i < firmware.count; i++) {
        HOLDS(again.entries[i].flash_addr == firmware.entries[i].flash_addr);
        HOLDS(strcmp(again.entries[i].path, firmware.entries[i].path) == 0);
    }
    return 0;
}
