/* SPDX-License-Identifier: Apache-2.0 */

/* Asks every reader whether it knows the bytes. */

#include "engine/image/kind.h"

#include "engine/image/elf.h"
#include "engine/image/hex.h"
#include "engine/image/image.h"
#include "engine/image/partitions.h"
#include "engine/image/uf2.h"

enum { ERASED_MIN = 16 };

enum eg_file_kind eg_file_kind(const uint8_t *data, size_t size)
{
    size_t erased = 0;

    if (size == 0)
        return EG_FILE_EMPTY;
    if (data[0] == EG_IMAGE_MAGIC || data[0] == EG_IMAGE_MAGIC_V2)
        return EG_FILE_IMAGE;
    if (eg_elf_is(data, size))
        return EG_FILE_ELF;
    if (eg_hex_is(data, size))
        return EG_FILE_HEX;
    if (eg_uf2_is(data, size))
        return EG_FILE_UF2;
    if (eg_partitions_is(data, size))
        return EG_FILE_PARTITIONS;
    while (erased < size && erased < ERASED_MIN && data[erased] == 0xff)
        erased++;
    return erased == ERASED_MIN || erased == size ? EG_FILE_ERASED : EG_FILE_OTHER;
}

const char *eg_file_kind_text(enum eg_file_kind kind)
{
    switch (kind) {
    case EG_FILE_EMPTY:
        return "empty";
    case EG_FILE_IMAGE:
        return "an image";
    case EG_FILE_ELF:
        return "an ELF file";
    case EG_FILE_HEX:
        return "an Intel HEX file";
    case EG_FILE_UF2:
        return "a UF2 file";
    case EG_FILE_PARTITIONS:
        return "a partition table";
    case EG_FILE_ERASED:
        return "erased flash at its beginning";
    case EG_FILE_OTHER:
        return "of an unknown kind";
    }
    return "";
}
