/* SPDX-License-Identifier: Apache-2.0 */

/* The bytes of an image, one after the other. */

#ifndef ENGINE_IMAGE_WRITER_H
#define ENGINE_IMAGE_WRITER_H

#include "engine/base/bytes.h"

/** Zero-initialise all but `out` and what the ELF's digest needs. */
struct eg__writer {
    struct eg_buffer *out;
    unsigned segment_count;     /* written so far */
    uint8_t checksum;           /* of the segments that count; begin with EG_IMAGE_CHECKSUM_SEED */
    const uint8_t *elf_sha256;  /* to be put into a segment; NULL = not */
    uint32_t elf_sha256_offset; /* in `out` */
    bool elf_sha256_placed;
};

/** The 8 bytes that all images begin with. */
enum eg_code eg__write_header(struct eg__writer *writer, uint8_t magic, uint8_t segment_count,
                              uint8_t flash_mode, uint8_t flash_size_freq, uint32_t entry,
                              struct eg_error *err) EG_CHECKED;

/**
 * A segment's header and data.
 *
 * @param name   for sentences
 * @param data   NULL = zeros
 * @param size   EG_BAD_IMAGE unless a multiple of 4 below 16 MB
 * @param count  whether it goes into checksum and count; those a ROM must not see do not
 */
enum eg_code eg__write_segment(struct eg__writer *writer, const char *name, uint32_t addr,
                               const uint8_t *data, size_t size, bool count, struct eg_error *err) EG_CHECKED;

/** Zeros up to the last byte of a line of 16, which is the checksum. */
enum eg_code eg__write_checksum(struct eg__writer *writer, struct eg_error *err) EG_CHECKED;

/** SHA-256 of all that was written. */
enum eg_code eg__write_hash(struct eg__writer *writer, struct eg_error *err) EG_CHECKED;

#endif
