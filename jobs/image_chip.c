/* SPDX-License-Identifier: Apache-2.0 */

/* Find the chip that a firmware file is for. */

#include "jobs/entries.h"

#include "engine/base/file.h"
#include "engine/image/hex.h"
#include "engine/image/inspect.h"
#include "engine/image/kind.h"
#include "engine/image/uf2.h"

#include <stdlib.h>

#define FILE_SIZE_MAX ((size_t)64 << 20)

/* `merged` = look for the image at every chip's bootloader address. NULL = the file does not name its chip.
 */
static const struct eg_target *chip_of_image(const uint8_t *data, size_t size, bool merged)
{
    static const uint32_t starts[] = {0, 0x1000, 0x2000};
    struct eg_image_details details;
    struct eg_error ignored;

    for (size_t i = 0; i < (merged ? sizeof starts / sizeof *starts : 1) && starts[i] < size; i++) {
        if (eg_image_inspect(&details, NULL, data + starts[i], size - starts[i], &ignored) == EG_OK)
            return eg_target_by_name(details.target);
    }
    return NULL;
}

static const struct eg_target *chip_of_pieces(const struct eg_pieces *pieces, uint32_t family_id)
{
    const struct eg_target *target = NULL;

    for (size_t i = 0; eg_targets[i] != NULL && family_id != 0; i++)
        if (eg_targets[i]->uf2_family_id == family_id)
            return eg_targets[i];
    for (size_t i = 0; i < pieces->count && target == NULL; i++)
        target = chip_of_image(pieces->list[i].data.data, pieces->list[i].data.size, false);
    return target;
}

const struct eg_target *eg__chip_of_file(const char *path, bool merged)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    struct eg_error ignored;
    uint32_t family_id = 0;

    if (eg_file_read(&file, path, FILE_SIZE_MAX, &ignored) != EG_OK)
        return NULL;
    switch (eg_file_kind(file.data, file.size)) {
    case EG_FILE_HEX:
        if (eg_hex_read(&pieces, file.data, file.size, &ignored) != EG_OK)
            return NULL;
        return chip_of_pieces(&pieces, 0);
    case EG_FILE_UF2:
        if (eg_uf2_read(&pieces, &family_id, file.data, file.size, &ignored) != EG_OK)
            return NULL;
        return chip_of_pieces(&pieces, family_id);
    case EG_FILE_IMAGE:
    case EG_FILE_ERASED:
    case EG_FILE_OTHER:
        return chip_of_image(file.data, file.size, merged);
    case EG_FILE_EMPTY:
    case EG_FILE_ELF:
    case EG_FILE_PARTITIONS:
        return NULL;
    }
    abort();
}

bool eg__starts_application(const struct eg_target *target)
{
    return target != NULL && target->image_chip_id < 0;
}
