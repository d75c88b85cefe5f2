/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A virtual eFuse memory instead of a chip: the register space of a controller, in a file if wanted.
 *
 * The file is the one of espefuse's virtual mode: the register space reversed byte for byte. Registers and
 * fuses are one memory, so a key that is read-protected is gone.
 */

#ifndef ENGINE_EFUSE_VIRT_H
#define ENGINE_EFUSE_VIRT_H

#include "engine/efuse/efuse.h"

#define EG_EFUSE_SPACE_MAX 0x200

struct eg_efuse_virt {
    const struct eg_target *target;
    const struct eg_efuse *chip;
    const char *path; /* written after each burn; NULL = none */
    uint8_t space[EG_EFUSE_SPACE_MAX];
    uint16_t revision; /* that the virtual chip has */
    uint32_t crystal_mhz;
};

/** Make one that is blank, or has what the file has; a file that is absent or of another size counts as
 * blank. `path` stays the caller's. EG_UNSUPPORTED the chip has no eFuses; EG_IO */
enum eg_code eg_efuse_virt_open(struct eg_efuse_virt *virt, const struct eg_target *target, const char *path,
                                struct eg_error *err) EG_CHECKED;

/** The way to its registers; it points to `virt`. */
struct eg_efuse_io eg_efuse_virt_io(struct eg_efuse_virt *virt);

#endif
