/* SPDX-License-Identifier: Apache-2.0 */

/* Flash mode, frequency and size as people write them ("dio", "40m", "4MB"), and their codes in an image. */

#ifndef ENGINE_IMAGE_SETTINGS_H
#define ENGINE_IMAGE_SETTINGS_H

#include "engine/base/error.h"
#include "targets/target.h"

/** Header fields to change; -1 keeps. `mode` is the byte, `size` and `freq` are the codes of the target. */
struct eg_flash_settings {
    int mode, freq, size;
};

/** "qio", "qout", "dio", "dout": 0 to 3; -1 = no such mode. */
int eg_flash_mode_code(const char *name);

/** The reverse; NULL = no such mode. */
const char *eg_flash_mode_name(int code);

/** The first name with this code; NULL = the chip has none. */
const char *eg_header_name(const struct eg_header_code *codes, int code);

/**
 * The codes of three names; NULL and "keep" are -1.
 *
 * @return EG_OK; EG_BAD_JOB the chip has no such setting; the sentence lists those it has
 */
enum eg_code eg_flash_settings_parse(struct eg_flash_settings *settings, const struct eg_target *target,
                                     const char *mode, const char *freq, const char *size,
                                     struct eg_error *err) EG_CHECKED;

/** Bytes of "64KB", "4MB"; what stands behind as in "2MB-c1" names a layout and is passed over. EG_BAD_JOB.
 */
enum eg_code eg_size_parse(uint32_t *size, const char *text, struct eg_error *err) EG_CHECKED;

#endif
