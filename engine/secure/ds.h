/* SPDX-License-Identifier: Apache-2.0 */

/* Parameters of the digital signature peripheral: an RSA key that only the chip can use. */

#ifndef ENGINE_SECURE_DS_H
#define ENGINE_SECURE_DS_H

#include "engine/secure/secret.h"

#define EG_DS_IV_SIZE       16
#define EG_DS_HMAC_KEY_SIZE 32

/** What the application passes to the peripheral; public, because it is encrypted. */
struct eg_ds_parameters {
    uint32_t length; /* length of the RSA key in 32-bit words, minus 1 */
    uint8_t iv[EG_DS_IV_SIZE];
    struct eg_buffer ciphertext;
};

void eg_ds_parameters_finish(struct eg_ds_parameters *parameters);

/**
 * Encrypt an RSA key for one chip.
 *
 * @param parameters  zero-initialise it; eg_ds_parameters_finish() frees it
 * @param pem         a private RSA key of up to `bits_max` bits, a multiple of 32
 * @param hmac_key    the key in the chip's eFuses with the purpose HMAC_DOWN_DIGITAL_SIGNATURE
 * @param bits_max    of the chip: 3072 or 4096
 * @param iv          random; NULL = make it here
 *
 * @return EG_OK; EG_BAD_ARGUMENT the PEM is not such a key; EG_NO_MEMORY
 */
enum eg_code eg_ds_make(struct eg_ds_parameters *parameters, const struct eg_secret *pem,
                        const struct eg_secret *hmac_key, unsigned bits_max, const uint8_t *iv,
                        struct eg_error *err) EG_CHECKED;

#endif
