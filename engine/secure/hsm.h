/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A private key in a hardware security module, used through the module's PKCS#11 library.
 *
 * The library is code of its maker and runs in this process. It is loaded for one signature and unloaded
 * again. One thread at a time.
 */

#ifndef ENGINE_SECURE_HSM_H
#define ENGINE_SECURE_HSM_H

#include "engine/secure/sign_key.h"

/** Zero-initialise it; EG_CLEANUP(eg_hsm_config_finish) wipes the PIN. */
struct eg_hsm_config {
    char library[256]; /* path of the PKCS#11 library */
    unsigned long slot;
    char label[64];        /* of the private key */
    char public_label[64]; /* of the public key */
    struct eg_secret pin;  /* with a 0 at its end; size 0 = the file has none */
};

void eg_hsm_config_finish(struct eg_hsm_config *config);

/**
 * Read the configuration file of espsecure: section [hsm_config] with pkcs11_lib, slot, label, and optionally
 * credentials (the PIN) and label_pubkey (else that of `label`).
 *
 * @return EG_OK; EG_BAD_ARGUMENT a key is missing or wrong (the sentence names file and line), or the file
 * has the PIN and other users may read it; EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_hsm_config_read(struct eg_hsm_config *config, const char *path,
                                struct eg_error *err) EG_CHECKED;

struct eg_hsm;

/**
 * Load the library, open a session with the slot and log in.
 *
 * @return EG_OK; EG_BAD_ARGUMENT the library cannot be loaded, there is no such slot, the PIN is wrong;
 * EG_IO the module reports another error; EG_NO_MEMORY
 */
enum eg_code eg_hsm_open(struct eg_hsm **hsm, const struct eg_hsm_config *config,
                         struct eg_error *err) EG_CHECKED;
void eg_hsm_close(struct eg_hsm *hsm);
void eg_hsm_close_cleanup(struct eg_hsm **hsm);

/** Read the public key. EG_BAD_ARGUMENT: there is none of this label, or several, or no chip supports it. */
enum eg_code eg_hsm_public_key(struct eg_sign_key *key, struct eg_hsm *hsm, struct eg_error *err) EG_CHECKED;

/** Return what signs in place of a private key. Valid until the module is closed. */
const struct eg_signer *eg_hsm_signer(struct eg_hsm *hsm);

#endif
