/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/nvs_crypt.h"

#include "engine/image/nvs.h"
#include "engine/secure/cipher.h"

#include <libdeflate.h>
#include <string.h>

enum { KEY_SIZE = EG_NVS_KEYS_SIZE / 2, CRC_AT = EG_NVS_KEYS_SIZE };

enum eg_code eg_nvs_keys_make(struct eg_secret *keys, struct eg_error *err)
{
    return eg_secret_make(keys, EG_NVS_KEYS_SIZE, err);
}

/* The message for each key: a number, repeated eight times. */
static enum eg_code derive(uint8_t key[KEY_SIZE], const struct eg_secret *hmac_key, uint32_t number,
                           struct eg_error *err)
{
    uint8_t message[KEY_SIZE];

    for (size_t i = 0; i < sizeof message; i += sizeof number)
        eg_put32(message + i, number);
    return eg_hmac_sha256(key, hmac_key->data, hmac_key->size, message, sizeof message, err);
}

enum eg_code eg_nvs_keys_derive(struct eg_secret *keys, const struct eg_secret *hmac_key,
                                struct eg_error *err)
{
    if (hmac_key->size != EG_NVS_HMAC_KEY_SIZE)
        return eg_error_set(err, EG_BAD_ARGUMENT, "an HMAC key has %d bytes, this one has %zu",
                            EG_NVS_HMAC_KEY_SIZE, hmac_key->size);
    if (eg_secret_is_uniform(hmac_key->data, hmac_key->size))
        return eg_error_set(err, EG_BAD_ARGUMENT, "all bytes of the HMAC key are the same");
    EG_TRY(eg_secret_init(keys, EG_NVS_KEYS_SIZE, err));
    EG_TRY(derive(keys->data, hmac_key, UINT32_C(0xaebe5a5a), err));
    return derive(keys->data + KEY_SIZE, hmac_key, UINT32_C(0xcedea5a5), err);
}

static uint32_t crc_of(const uint8_t *keys)
{
    return libdeflate_crc32(UINT32_MAX, keys, EG_NVS_KEYS_SIZE);
}

enum eg_code eg_nvs_keys_parse(struct eg_secret *keys, const struct eg_secret *partition,
                               struct eg_error *err)
{
    if (partition->size < CRC_AT + sizeof(uint32_t))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%zu bytes are less than the %zu that NVS keys have",
                            partition->size, CRC_AT + sizeof(uint32_t));
    if (eg_secret_is_uniform(partition->data, CRC_AT))
        return eg_error_set(err, EG_BAD_ARGUMENT, "there are no NVS keys: all bytes are the same");
    if (eg_get32(partition->data + CRC_AT) != crc_of(partition->data))
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "the CRC of the NVS keys is wrong: they are damaged, or encrypted for a flash");
    EG_TRY(eg_secret_init(keys, EG_NVS_KEYS_SIZE, err));
    memcpy(keys->data, partition->data, EG_NVS_KEYS_SIZE);
    return EG_OK;
}

enum eg_code eg_nvs_keys_write(struct eg_secret *partition, const struct eg_secret *keys,
                               struct eg_error *err)
{
    EG_TRY(eg_secret_init(partition, EG_NVS_KEYS_FILE_SIZE, err));
    memset(partition->data, 0xff, partition->size);
    memcpy(partition->data, keys->data, EG_NVS_KEYS_SIZE);
    eg_put32(partition->data + CRC_AT, crc_of(keys->data));
    return EG_OK;
}

static enum eg_code run(uint8_t *image, size_t size, const struct eg_secret *keys, bool encrypt,
                        struct eg_error *err)
{
    EG_CLEANUP(eg_cipher_finish) struct eg_cipher cipher = {0};

    if (size % EG_NVS_PAGE_SIZE != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "0x%zx bytes are no multiple of 0x%x, as NVS is", size,
                            EG_NVS_PAGE_SIZE);
    EG_TRY(eg_cipher_init(&cipher, EG_CIPHER_XTS_256, encrypt, keys->data, err));
    for (size_t at = 0; eg_nvs_next_written(image, size, &at); at += EG_NVS_ENTRY_SIZE) {
        uint8_t tweak[EG_CIPHER_IV_SIZE] = {0};
        eg_put32(tweak, (uint32_t)at);
        EG_TRY(eg_cipher_run(&cipher, tweak, image + at, EG_NVS_ENTRY_SIZE, err));
    }
    return EG_OK;
}

enum eg_code eg_nvs_encrypt(uint8_t *image, size_t size, const struct eg_secret *keys, struct eg_error *err)
{
    return run(image, size, keys, true, err);
}

enum eg_code eg_nvs_decrypt(uint8_t *image, size_t size, const struct eg_secret *keys, struct eg_error *err)
{
    return run(image, size, keys, false, err);
}
