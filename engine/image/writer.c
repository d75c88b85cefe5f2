/* SPDX-License-Identifier: Apache-2.0 */

/* Parts that the images of all chips have. */

#include "engine/image/writer.h"

#include "engine/base/digest.h"
#include "engine/image/image.h"

#include <string.h>

enum { SEGMENT_HEADER_SIZE = 8 };

enum eg_code eg__write_header(struct eg__writer *writer, uint8_t magic, uint8_t segment_count,
                              uint8_t flash_mode, uint8_t flash_size_freq, uint32_t entry,
                              struct eg_error *err)
{
    uint8_t header[8] = {magic, segment_count, flash_mode, flash_size_freq};

    eg_put32(header + 4, entry);
    return eg_buffer_append(writer->out, header, sizeof header, err);
}

/* The data of the segment, `size` bytes, begin at `at` in the output. */
static enum eg_code place_elf_sha256(struct eg__writer *writer, const char *name, size_t at, size_t size,
                                     struct eg_error *err)
{
    static const uint8_t zeros[EG_SHA256_SIZE];
    const size_t offset = writer->elf_sha256_offset;

    if (writer->elf_sha256 == NULL || offset < at - SEGMENT_HEADER_SIZE || offset >= at + size)
        return EG_OK;
    if (offset < at || at + size - offset < EG_SHA256_SIZE)
        return eg_error_set(
            err, EG_BAD_IMAGE,
            "SHA-256 of the ELF file at offset 0x%zx does not lie within %s, which has offsets "
            "0x%zx to 0x%zx",
            offset, name, at, at + size);
    if (memcmp(writer->out->data + offset, zeros, sizeof zeros) != 0)
        return eg_error_set(
            err, EG_BAD_IMAGE,
            "SHA-256 of the ELF file at offset 0x%zx would replace data of %s that are not zero", offset,
            name);
    memcpy(writer->out->data + offset, writer->elf_sha256, EG_SHA256_SIZE);
    writer->elf_sha256_placed = true;
    return EG_OK;
}

enum eg_code eg__write_segment(struct eg__writer *writer, const char *name, uint32_t addr,
                               const uint8_t *data, size_t size, bool count, struct eg_error *err)
{
    uint8_t header[SEGMENT_HEADER_SIZE];

    if (size % 4 != 0)
        return eg_error_set(err, EG_BAD_IMAGE, "%s at 0x%08lx has %zu bytes, not a multiple of 4", name,
                            (unsigned long)addr, size);
    if (size >= EG_IMAGE_SEGMENT_SIZE_MAX)
        return eg_error_set(err, EG_BAD_IMAGE, "%s at 0x%08lx has %zu bytes, not fewer than 16 MB", name,
                            (unsigned long)addr, size);
    eg_put32(header, addr);
    eg_put32(header + 4, (uint32_t)size);
    EG_TRY(eg_buffer_append(writer->out, header, sizeof header, err));
    const size_t at = writer->out->size;
    if (data != NULL)
        EG_TRY(eg_buffer_append(writer->out, data, size, err));
    else
        EG_TRY(eg_buffer_resize(writer->out, at + size, 0, err));
    EG_TRY(place_elf_sha256(writer, name, at, size, err));
    if (!count)
        return EG_OK;
    writer->segment_count++;
    for (size_t i = at; i < at + size; i++)
        writer->checksum ^= writer->out->data[i];
    return EG_OK;
}

enum eg_code eg__write_checksum(struct eg__writer *writer, struct eg_error *err)
{
    const size_t at = writer->out->size | (EG_IMAGE_CHECKSUM_LINE - 1);

    EG_TRY(eg_buffer_resize(writer->out, at, 0, err));
    return eg_buffer_append(writer->out, &writer->checksum, 1, err);
}

enum eg_code eg__write_hash(struct eg__writer *writer, struct eg_error *err)
{
    uint8_t hash[EG_SHA256_SIZE];

    EG_TRY(eg_sha256(hash, writer->out->data, writer->out->size, err));
    return eg_buffer_append(writer->out, hash, sizeof hash, err);
}
