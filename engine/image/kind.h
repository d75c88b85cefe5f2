/* SPDX-License-Identifier: Apache-2.0 */

/* Recognise the format of a file by its first bytes. */

#ifndef ENGINE_IMAGE_KIND_H
#define ENGINE_IMAGE_KIND_H

#include <stddef.h>
#include <stdint.h>

enum eg_file_kind {
    EG_FILE_EMPTY,
    EG_FILE_IMAGE, /* of any chip, or a merged file that begins with one */
    EG_FILE_ELF,
    EG_FILE_HEX, /* Intel HEX */
    EG_FILE_UF2,
    EG_FILE_PARTITIONS, /* binary partition table */
    EG_FILE_ERASED,     /* begins with 16 bytes FF: erased flash, often a merged file whose first part is at a
                         * higher address
                         */
    EG_FILE_OTHER,
};

enum eg_file_kind eg_file_kind(const uint8_t *data, size_t size);

/** Return a phrase that follows "is": "an ELF file", "an Intel HEX file", "empty". */
const char *eg_file_kind_text(enum eg_file_kind kind);

#endif
