/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Encryption of NVS partitions, as ESP-IDF does it: XTS-AES-256, each written entry of 32 bytes by itself.
 *
 * The keys are in a partition of their own (type data, subtype nvs_keys), which flash encryption protects, or
 * are derived from a key in the eFuses that only the HMAC peripheral can use.
 */

#ifndef ENGINE_SECURE_NVS_CRYPT_H
#define ENGINE_SECURE_NVS_CRYPT_H

#include "engine/secure/secret.h"

#define EG_NVS_KEYS_SIZE      64     /* EKY, which encrypts, and TKY, which makes the tweak: 32 bytes each */
#define EG_NVS_KEYS_FILE_SIZE 0x1000 /* of a keys partition */
#define EG_NVS_HMAC_KEY_SIZE  32

/** Make new keys from the system's random source. */
enum eg_code eg_nvs_keys_make(struct eg_secret *keys, struct eg_error *err) EG_CHECKED;

/** Derive the keys from the HMAC key in a chip's eFuses, as the chip does. EG_BAD_ARGUMENT: not 32 bytes, or
 * all equal. */
enum eg_code eg_nvs_keys_derive(struct eg_secret *keys, const struct eg_secret *hmac_key,
                                struct eg_error *err) EG_CHECKED;

/** Read the keys in a keys partition. EG_BAD_ARGUMENT: it has none, or its CRC is wrong. */
enum eg_code eg_nvs_keys_parse(struct eg_secret *keys, const struct eg_secret *partition,
                               struct eg_error *err) EG_CHECKED;

/** Make the keys partition, EG_NVS_KEYS_FILE_SIZE bytes; it is not encrypted itself. */
enum eg_code eg_nvs_keys_write(struct eg_secret *partition, const struct eg_secret *keys,
                               struct eg_error *err) EG_CHECKED;

/**
 * Encrypt or decrypt the written entries of an image in place; page headers, entry states and empty entries
 * stay plain.
 *
 * @return EG_OK; EG_BAD_ARGUMENT both halves of the keys are the same, or the size is no multiple of a page.
 * Any thread.
 */
enum eg_code eg_nvs_encrypt(uint8_t *image, size_t size, const struct eg_secret *keys,
                            struct eg_error *err) EG_CHECKED;
enum eg_code eg_nvs_decrypt(uint8_t *image, size_t size, const struct eg_secret *keys,
                            struct eg_error *err) EG_CHECKED;

#endif
