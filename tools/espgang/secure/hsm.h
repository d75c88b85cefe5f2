/* SPDX-License-Identifier: Apache-2.0 */

/* --hsm: the key that signs or verifies is in a hardware security module. */

#ifndef TOOLS_ESPGANG_SECURE_HSM_H
#define TOOLS_ESPGANG_SECURE_HSM_H

#include "engine/secure/hsm.h"
#include "tools/espgang/secure/secure.h"

#define SECURE_HSM                                                                                           \
    {.name = "hsm", .help = "Use the key in a hardware security module, by PKCS#11"},                        \
    {                                                                                                        \
        .name = "hsm-config", .value = "FILE",                                                               \
        .help = "Section [hsm_config]: pkcs11_lib, slot, label, and if wanted credentials, label_pubkey"     \
    }

/** Read --hsm-config, ask for the PIN at the terminal when the file has none, and open the module.
 * EG_BAD_ARGUMENT also when the options do not go together, or there is no terminal. */
enum eg_code secure_hsm_open(struct eg_hsm **hsm, struct eg_hsm_config *config,
                             const struct secure_given *given, struct eg_error *err) EG_CHECKED;

#endif
