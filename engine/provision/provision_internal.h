/* SPDX-License-Identifier: Apache-2.0 */

#ifndef ENGINE_PROVISION_PROVISION_INTERNAL_H
#define ENGINE_PROVISION_PROVISION_INTERNAL_H

#include "engine/provision/provision.h"

/* In the order of the choices of the options. */
enum eg__provision_jtag { EG__JTAG_OPEN, EG__JTAG_OFF };
enum eg__provision_download { EG__DOWNLOAD_OPEN, EG__DOWNLOAD_SECURE, EG__DOWNLOAD_OFF };

/** Return whether key blocks of the chip have fields that say what they are for. */
bool eg__provision_has_purposes(const struct eg_efuse *chip);

/** Do what eg_provision_make() does, and with `checks` verify the signature of every image, and read the
 * files of keys. */
enum eg_code eg__provision_make(struct eg_provision *provision, const struct eg_plan *plan, bool checks,
                                const char **place, struct eg_error *err) EG_CHECKED;

/** Return whether a block has the bytes of a digest, from a word on. */
bool eg__provision_has_digest(const struct eg_efuses *fuses, unsigned block, unsigned word,
                              const struct eg_provision_item *item);

/** Find a field in the tables of a chip, by name; NULL = no revision has it. */
const struct eg_efuse_field *eg__provision_field(const struct eg_efuse *chip, const char *name);

#endif
