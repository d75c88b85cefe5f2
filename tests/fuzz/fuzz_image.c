/* SPDX-License-Identifier: Apache-2.0 */

/* Images: every question about an image, for chips of both kinds of header. */

#include "engine/image/inspect.h"
#include "engine/image/kind.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void inspect(const struct eg_target *target, const uint8_t *data, size_t size)
{
    struct eg_image_details details;
    struct eg_error err;

    if (eg_image_inspect(&details, target, data, size, &err) != EG_OK)
        return;
    HOLDS(details.end <= size && details.segment_count <= EG_IMAGE_SEGMENTS_SHOWN);
    for (unsigned i = 0; i < details.segment_count; i++)
        HOLDS(details.segments[i].file_offset + 8 + details.segments[i].size <= size);
}

static void patch(const struct eg_target *target, const uint8_t *data, size_t size)
{
    const struct eg_flash_settings settings = {.mode = 2, .freq = 0, .size = 0x20};
    uint8_t *const copy = malloc(size > 0 ? size : 1);
    struct eg_image_info info;
    struct eg_error err;
    bool changed;

    HOLDS(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    if (eg_image_patch(target, target->bootloader_addr, &settings, copy, size, &changed, &err) == EG_OK &&
        changed) {
        HOLDS(eg_image_parse(&info, target, copy, size, &err) == EG_OK);
        HOLDS(info.flash_mode == 2 && info.flash_size_freq == 0x20);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"esp32", "esp8266", "esp32c3"};

    eg_file_kind(data, size);
    inspect(NULL, data, size);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct eg_target *const target = eg_target_by_name(names[i]);
        struct eg_image_info info;
        struct eg_error err;
        uint16_t min_rev, max_rev;
        inspect(target, data, size);
        patch(target, data, size);
        const bool parsed = eg_image_parse(&info, target, data, size, &err) == EG_OK;
        if (parsed)
            eg_image_revisions(&info, target, &min_rev, &max_rev);
        HOLDS(!parsed || eg_image_check(&info, data, size, &err) != EG_OK || info.end <= size);
        HOLDS(!(parsed && eg_image_looks_damaged(target, data, size)));
        HOLDS(eg_image_check_chip(target, data, size, &err) != EG_INTERNAL);
    }
    return 0;
}
