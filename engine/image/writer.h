/* SPDX-License-Identifier: Apache-2.0 */

/* Append the parts of an image. */

#ifndef ENGINE_IMAGE_WRITER_H
#define ENGINE_IMAGE_WRITER_H

#include "engine/base/bytes.h"

/** Zero-initialise all members except `out` and those for the ELF's digest. */
struct eg__writer {
    struct eg_buffer *out;
    unsigned segment_count;     /* written so far */
    uint8_t checksum;           /* of the counted segments; starts as EG_IMAGE_CHECKSUM_SEED */
    const uint8_t *elf_sha256;  /* to write into a segment; NULL = none */
    uint32_t elf_sha256_offset; /* in `out` */
    bool elf_sha256_placed;
};

/** Append the 8 bytes at the start of all images. */
enum eg_code eg__write_header(struct eg__writer *writer, uint8_t magic, uint8_t segment_count,
                              uint8_t flash_mode, uint8_t flash_size_freq, uint32_t entry,
                              struct eg_error *err) EG_CHECKED;

/**
 * Append the header and data of a segment.
 *
 * @param name   for sentences
 * @param data   NULL = zeros
 * @param size   EG_BAD_IMAGE unless a multiple of 4 below 16 MB
 * @param count  add it to checksum and count; false for segments that a ROM must not see
 */
enum eg_code eg__write_segment(struct eg__writer *writer, const char *name, uint32_t addr,
                               const uint8_t *data, size_t size, bool count, struct eg_error *err) EG_CHECKED;

/** Append zeros up to the last byte of a line of 16, and the checksum there. */
enum eg_code eg__write_checksum(struct eg__writer *writer, struct eg_error *err) EG_CHECKED;

/** Append the SHA-256 of everything before it. */
enum eg_code eg__write_hash(struct eg__writer *writer, struct eg_error *err) EG_CHECKED;

#endif
