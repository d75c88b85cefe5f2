/* SPDX-License-Identifier: Apache-2.0 */

/* The flash ciphers, compared with the fixtures. */

#include "tools/vboard/chip/chip.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct key {
    uint8_t bytes[64];
    size_t size;
};

/* Derive the key as security.c does from the burnt bytes: 16 bytes are hashed; of 24, some count twice. */
static struct key key_of(const char *name)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    char path[4096], whole[128];
    struct key key = {0};
    struct eg_error err;

    snprintf(whole, sizeof whole, "security/keys/%s", name);
    assert_ok(eg_file_read(&file, fixture_path(path, whole), sizeof key.bytes, &err), err);
    memcpy(key.bytes, file.data, file.size);
    key.size = file.size;
    if (key.size == 16)
        assert_ok(eg_sha256(key.bytes, file.data, 16, &err), err);
    if (key.size == 24)
        memcpy(key.bytes + 24, file.data + 8, 8);
    if (key.size < 32)
        key.size = 32;
    return key;
}

/* Apply the cipher in steps of `step` bytes: units are divided into blocks, too. */
static void apply(const json_t *vector, bool encrypts, uint8_t *data, uint32_t size, uint32_t step)
{
    const struct key key = key_of(json_string_value(json_object_get(vector, "key")));
    const uint32_t addr = (uint32_t)strtoul(json_string_value(json_object_get(vector, "address")), NULL, 16);
    const bool is_xts = strcmp(json_string_value(json_object_get(vector, "scheme")), "xts") == 0;

    for (uint32_t at = 0; at < size; at += step) {
        if (is_xts)
            vb__cipher_xts(key.bytes, key.size, encrypts, addr + at, data + at, step);
        else
            vb__cipher_esp32(key.bytes,
                             (unsigned)json_integer_value(json_object_get(vector, "flash_crypt_config")),
                             encrypts, addr + at, data + at, step);
    }
}

static void every_vector_of_the_fixtures_is_met_both_ways(void **state)
{
    char path[4096];
    json_t *const root = json_load_file(fixture_path(path, "security/flash/flash-encryption.json"), 0, NULL);
    const json_t *vectors = json_object_get(root, "vectors");

    (void)state;
    assert_int_equal(json_array_size(vectors), 64);
    for (size_t i = 0; i < json_array_size(vectors); i++) {
        const json_t *vector = json_array_get(vectors, i);
        const char *plain_text = json_string_value(json_object_get(vector, "plain"));
        const char *cipher_text = json_string_value(json_object_get(vector, "cipher"));
        const uint32_t size = (uint32_t)strlen(plain_text) / 2;
        uint8_t plain[256], cipher[256], data[256];

        assert_true(eg_hex_parse(plain, size, plain_text) && eg_hex_parse(cipher, size, cipher_text));
        for (uint32_t pass = 0, step = VB__CIPHER_BLOCK; pass < 2; pass++, step = size) {
            memcpy(data, plain, size);
            apply(vector, true, data, size, step);
            if (memcmp(data, cipher, size) != 0)
                fail_msg("vector %zu, %u bytes at a time: encrypted", i, (unsigned)step);
            apply(vector, false, data, size, step);
            if (memcmp(data, plain, size) != 0)
                fail_msg("vector %zu, %u bytes at a time: decrypted", i, (unsigned)step);
        }
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_of_the_fixtures_is_met_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
