/* SPDX-License-Identifier: Apache-2.0 */

/* Flash mode, frequency and size as names ("dio", "40m", "4MB"), and their codes in an image. */

#ifndef ENGINE_IMAGE_SETTINGS_H
#define ENGINE_IMAGE_SETTINGS_H

#include "engine/base/error.h"
#include "targets/target.h"

/** Header fields to change; -1 = keep. `mode` is the byte; `size` and `freq` are the codes of the target. */
struct eg_flash_settings {
    int mode, freq, size;
};

/** Return the code of a mode: "qio", "qout", "dio", "dout" are 0 to 3; -1 = no such mode. */
int eg_flash_mode_code(const char *name);

/** Return the name of a mode; NULL = no such mode. */
const char *eg_flash_mode_name(int code);

/** Return the first name with this code; NULL = the chip has no such code. */
const char *eg_header_name(const struct eg_header_code *codes, int code);

/**
 * Find the codes of three names; NULL and "keep" give -1.
 *
 * @return EG_OK; EG_BAD_JOB the chip has no such setting; the sentence lists those it has
 */
enum eg_code eg_flash_settings_parse(struct eg_flash_settings *settings, const struct eg_target *target,
                                     const char *mode, const char *freq, const char *size,
                                     struct eg_error *err) EG_CHECKED;

/** Read a size such as "64KB" or "4MB" in bytes. A suffix that names a layout, as in "2MB-c1", is ignored.
 * EG_BAD_JOB: not a size. */
enum eg_code eg_size_parse(uint32_t *size, const char *text, struct eg_error *err) EG_CHECKED;

#endif
