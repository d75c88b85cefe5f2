/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/nvs_crypt.h"

#include "engine/base/file.h"
#include "engine/image/nvs.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

/* Fill with 0, 1, 2 ... */
static void fill(struct eg_secret *secret, size_t size)
{
    struct eg_error err;

    assert_ok(eg_secret_init(secret, size, &err), err);
    for (size_t i = 0; i < size; i++)
        secret->data[i] = (uint8_t)i;
}

static void assert_hex(const uint8_t *data, size_t size, const char *wanted)
{
    char text[200];

    eg_hex(text, data, size);
    assert_string_equal(text, wanted);
}

/* The expected bytes were computed block by block with AES-ECB. */
static void written_entries_are_encrypted_for_their_place(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    uint8_t image[0x2000], before[sizeof image];
    struct eg_error err;

    fill(&keys, EG_NVS_KEYS_SIZE);
    memset(image, 0xff, sizeof image);
    image[0x20] = 0xfe;          /* entry 0 is written */
    image[0x1020] = 0xbf & 0xf3; /* entry 1 is erased, 3 written */
    for (size_t i = 0; i < 32; i++)
        image[0x40 + i] = image[0x1060 + i] = image[0x10a0 + i] = (uint8_t)(100 + i);
    memcpy(before, image, sizeof image);
    assert_ok(eg_nvs_encrypt(image, sizeof image, &keys, &err), err);
    assert_hex(image + 0x40, 32, "abd8833faf71e050dc99c12890a3bc41e2af31c532a420e7264e3d420aa00f9f");
    assert_memory_equal(image, before, 0x40);
    assert_memory_equal(image + 0x60, before + 0x60,
                        0x10a0 - 0x60); /* headers, states, erased and empty entries */
    assert_memory_not_equal(image + 0x10a0, before + 0x10a0, 32);
    assert_memory_equal(image + 0x10c0, before + 0x10c0, sizeof image - 0x10c0);
    assert_ok(eg_nvs_decrypt(image, sizeof image, &keys, &err), err);
    assert_memory_equal(image, before, sizeof image);
    assert_error(eg_nvs_encrypt(image, 5000, &keys, &err), err, EG_BAD_ARGUMENT,
                 "0x1388 bytes are no multiple of 0x1000, as NVS is");
}

static void keys_are_derived_as_the_chip_does(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret hmac_key = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    struct eg_error err;

    fill(&hmac_key, EG_NVS_HMAC_KEY_SIZE);
    assert_ok(eg_nvs_keys_derive(&keys, &hmac_key, &err), err);
    assert_hex(keys.data, 32, "813a141220ddb819f4d73d59fa3032ab9f592cc26a18cf1fde692f712b6a025c");
    assert_hex(keys.data + 32, 32, "b20ad6b6ddd1658a6e14d1b5b726e42356adf4ff2f68fcd8826ac2908408addf");
    memset(hmac_key.data, 0xff, hmac_key.size);
    assert_error(eg_nvs_keys_derive(&keys, &hmac_key, &err), err, EG_BAD_ARGUMENT,
                 "all bytes of the HMAC key are the same");
    fill(&hmac_key, 31);
    assert_error(eg_nvs_keys_derive(&keys, &hmac_key, &err), err, EG_BAD_ARGUMENT,
                 "an HMAC key has 32 bytes, this one has 31");
}

static void a_partition_of_keys_has_a_crc(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret partition = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret back = {0};
    struct eg_error err;

    fill(&keys, EG_NVS_KEYS_SIZE);
    assert_ok(eg_nvs_keys_write(&partition, &keys, &err), err);
    assert_int_equal(partition.size, EG_NVS_KEYS_FILE_SIZE);
    assert_int_equal(eg_get32(partition.data + 64), 0x9a7c5245);
    assert_int_equal(partition.data[68], 0xff);
    assert_int_equal(partition.data[EG_NVS_KEYS_FILE_SIZE - 1], 0xff);
    assert_ok(eg_nvs_keys_parse(&back, &partition, &err), err);
    assert_memory_equal(back.data, keys.data, EG_NVS_KEYS_SIZE);
    partition.data[7] ^= 1;
    assert_error(eg_nvs_keys_parse(&back, &partition, &err), err, EG_BAD_ARGUMENT,
                 "the CRC of the NVS keys is wrong: they are damaged, or encrypted for a flash");
    memset(partition.data, 0xff, partition.size);
    assert_error(eg_nvs_keys_parse(&back, &partition, &err), err, EG_BAD_ARGUMENT,
                 "there are no NVS keys: all bytes are the same");
    fill(&partition, 67);
    assert_error(eg_nvs_keys_parse(&back, &partition, &err), err, EG_BAD_ARGUMENT,
                 "67 bytes are less than the 68 that NVS keys have");
}

static void new_keys_are_of_no_other_partition(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret one = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret other = {0};
    struct eg_error err;

    assert_ok(eg_nvs_keys_make(&one, &err), err);
    assert_ok(eg_nvs_keys_make(&other, &err), err);
    assert_int_equal(one.size, EG_NVS_KEYS_SIZE);
    assert_memory_not_equal(one.data, other.data, EG_NVS_KEYS_SIZE);
    assert_memory_not_equal(one.data, one.data + 32, 32);
}

static void read_fixture(struct eg_buffer *file, const char *name)
{
    char path[4096];
    struct eg_error err;

    assert_ok(eg_file_read(file, fixture_path(path, name), 1 << 20, &err), err);
}

/* Check image and keys against the output of ESP-IDF's generator. */
static void assert_reference(const char *plain, const char *keys_name, bool derived, const char *encrypted)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer wanted = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret file = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    struct eg_error err;
    char path[4096];

    read_fixture(&image, plain);
    read_fixture(&wanted, encrypted);
    assert_ok(eg_secret_read(&file, fixture_path(path, keys_name), 4096, NULL, &err), err);
    if (derived)
        assert_ok(eg_nvs_keys_derive(&keys, &file, &err), err);
    else
        assert_ok(eg_nvs_keys_parse(&keys, &file, &err), err);
    assert_ok(eg_nvs_encrypt(image.data, image.size, &keys, &err), err);
    assert_int_equal(image.size, wanted.size);
    assert_memory_equal(image.data, wanted.data, image.size);
}

static void images_are_byte_for_byte_those_of_the_reference(void **state)
{
    (void)state;
    static const char hmac_key[] = "security/keys/nvs-hmac-32.key";
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer wanted = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret file = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret partition = {0};
    struct eg_error err;
    char path[4096];

    assert_reference("security/nvs/values.plain.bin", "security/nvs/keys-plain.bin", false,
                     "security/nvs/values.enc.bin");
    assert_reference("security/nvs/two-pages.plain.bin", "security/nvs/keys-plain.bin", false,
                     "security/nvs/two-pages.enc.bin");
    assert_reference("security/nvs/values.plain.bin", "security/nvs/keys-hmac.bin", false,
                     "security/nvs/values.enc-hmac.bin");
    assert_reference("security/nvs/values.plain.bin", hmac_key, true, "security/nvs/values.enc-hmac.bin");
    read_fixture(&wanted, "security/nvs/keys-hmac.bin");
    assert_ok(eg_secret_read(&file, fixture_path(path, hmac_key), 32, NULL, &err), err);
    assert_ok(eg_nvs_keys_derive(&keys, &file, &err), err);
    assert_ok(eg_nvs_keys_write(&partition, &keys, &err), err);
    assert_int_equal(partition.size, wanted.size);
    assert_memory_equal(partition.data, wanted.data, wanted.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_entries_are_encrypted_for_their_place),
        cmocka_unit_test(keys_are_derived_as_the_chip_does),
        cmocka_unit_test(a_partition_of_keys_has_a_crc),
        cmocka_unit_test(new_keys_are_of_no_other_partition),
        cmocka_unit_test(images_are_byte_for_byte_those_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
