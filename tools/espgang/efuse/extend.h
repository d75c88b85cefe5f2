/* SPDX-License-Identifier: Apache-2.0 */

/* --extend-efuse-table: fields of a project, beside those of the chip. */

#ifndef TOOLS_ESPGANG_EFUSE_EXTEND_H
#define TOOLS_ESPGANG_EFUSE_EXTEND_H

#include "engine/efuse/efuse.h"

/** Zero-initialise it; efuse_extension_finish() frees it. */
struct efuse_extension {
    struct eg_efuse_field *fields; /* the chip's, then the project's; the last has no name */
    char **texts;                  /* that they point to */
    size_t text_count;
};

void efuse_extension_finish(struct efuse_extension *extension);

/**
 * Read a table of ESP-IDF's form, "field_name, efuse_block, bit_start, bit_count, comment" per line, and let
 * the eFuses have its fields, too. They last as long as `extension`.
 *
 * @return EG_OK; EG_BAD_ARGUMENT the sentence names file and line: no such block, bits beyond it, a name that
 * is there; EG_IO, EG_NO_MEMORY
 */
enum eg_code efuse_extend(struct efuse_extension *extension, struct eg_efuses *fuses, const char *path,
                          struct eg_error *err) EG_CHECKED;

#endif
