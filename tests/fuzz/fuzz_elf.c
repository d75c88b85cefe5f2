/* SPDX-License-Identifier: Apache-2.0 */

/* ELF files, up to the image: a built image must be readable. The last two bytes choose chip and options. */

#include "engine/image/build.h"
#include "engine/image/inspect.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void look_at(const struct eg_image_files *files, const struct eg_target *target)
{
    const struct eg_buffer *const image = &files->file[0].data;
    struct eg_image_details details;
    struct eg_error err;

    HOLDS(files->count >= 1 && files->count <= EG_IMAGE_FILES_MAX);
    HOLDS(eg_image_inspect(&details, target, image->data, image->size, &err) == EG_OK);
    HOLDS(details.checksum == details.actual_checksum);
    HOLDS(!details.hash_appended || memcmp(details.hash, details.actual_hash, sizeof details.hash) == 0);
    HOLDS(!details.has_crc || details.version != 2 || details.crc == details.actual_crc);
    HOLDS(details.end <= image->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const page_sizes[] = {NULL, "64KB", "8KB", "32KB"};
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files files = {0};
    struct eg_error err;
    size_t targets = 0;

    if (size < 2)
        return 0;
    while (eg_targets[targets] != NULL)
        targets++;
    const uint8_t first = data[size - 1], second = data[size - 2];
    const struct eg_target *const target = eg_targets[first % targets];
    const struct eg_image_options options = {
        .version = first / targets % 4,
        .use_segments = second & 1,
        .no_digest = second & 2,
        .ram_only_header = second & 4,
        .secure_pad = (second >> 3 & 3) == 3 ? EG_SECURE_PAD_NONE : (enum eg_secure_pad)(second >> 3 & 3),
        .elf_sha256_offset = second & 0x20 ? 0xb0 : 0,
        .mmu_page_size = page_sizes[second >> 6],
    };
    if (eg_image_build(&files, target, data, size, &options, &err) == EG_OK)
        look_at(&files, target);
    return 0;
}
