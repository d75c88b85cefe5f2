/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/flash_crypt.h"

#include "tests/fakes/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Read bytes from a text; `secret` may be longer than they are. */
static size_t bytes_of(uint8_t data[512], const char *text)
{
    const size_t size = strlen(text) / 2;

    assert_true(size <= 512);
    assert_true(eg_hex_parse(data, size, text));
    return size;
}

static void set_key(struct eg_secret *key, const char *text)
{
    uint8_t bytes[512];
    const size_t size = bytes_of(bytes, text);
    struct eg_error err;

    assert_ok(eg_secret_init(key, size, &err), err);
    memcpy(key->data, bytes, size);
}

/* Check encryption and decryption. */
static void assert_both_ways(struct eg_flash_crypt how, uint32_t addr, const struct eg_secret *key,
                             const char *plain, const char *cipher)
{
    uint8_t data[512], wanted[512];
    const size_t size = bytes_of(data, plain);
    struct eg_error err;

    assert_int_equal(bytes_of(wanted, cipher), size);
    assert_ok(eg_flash_crypt(data, size, addr, &how, key, &err), err);
    assert_memory_equal(data, wanted, size);
    how.decrypt = true;
    assert_ok(eg_flash_crypt(data, size, addr, &how, key, &err), err);
    bytes_of(wanted, plain);
    assert_memory_equal(data, wanted, size);
}

static const char key_text[] = "4cac32b9f9ab23d3337d242e2414f07a066019fb0aecdf3708cd76bae76190df";

static void both_schemes_are_those_of_the_chips(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};

    set_key(&key, key_text);
    assert_both_ways((struct eg_flash_crypt){.scheme = EG_FLASH_XTS}, 0x10, &key,
                     "bb3c62f44968e5533e72ee135604eb4a5591e0b90b32a71a4e2edc9439e8a190",
                     "a611c83e4f7bf0b9ecc1ef4863c2dc2de9d922ae904674655507832be89a8034");
    assert_both_ways((struct eg_flash_crypt){.scheme = EG_FLASH_ESP32, .config = 0xf}, 0x1000, &key,
                     "bf4ec3d931637dcad0a7e94d7392dbe1409911a852667861b780aeb3b54d6ddc",
                     "f4340d862d461c7b8669725b5f1b2ba8f8514ba9ff848b53d5383f373c36296a");
    assert_both_ways((struct eg_flash_crypt){.scheme = EG_FLASH_ESP32, .config = 0}, 0x1000, &key,
                     "2d724182fb8a528d8a2bf860d6e4fa4998b2fa985749b375c10db56adf45cfc9",
                     "dda9c25cd103888f0e4bb078556b9a0501bb790bddef4f48b377b9c0a289c1ce");
}

static void a_part_is_the_same_as_in_the_whole(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    struct eg_error err;

    set_key(&key, key_text);
    for (int scheme = EG_FLASH_ESP32; scheme <= EG_FLASH_XTS; scheme++) {
        const struct eg_flash_crypt how = {.scheme = (enum eg_flash_scheme)scheme, .config = 0xf};
        uint8_t whole[512], part[512];
        for (size_t i = 0; i < sizeof whole; i++)
            whole[i] = part[i] = (uint8_t)(i * 31);
        assert_ok(eg_flash_crypt(whole, sizeof whole, 0x3ff80, &how, &key, &err), err);
        assert_ok(eg_flash_crypt(part + 0x70, 0x20, 0x3fff0, &how, &key, &err), err);
        assert_memory_equal(part + 0x70, whole + 0x70, 0x20);
    }
}

static void data_that_no_chip_could_decrypt_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum eg_flash_scheme scheme;
        size_t key_size, size;
        uint32_t addr;
        const char *sentence;
    } rows[] = {
        {EG_FLASH_ESP32, 32, 16, 8, "address 0x8 is not a multiple of 16"},
        {EG_FLASH_XTS, 32, 16, 8, "address 0x8 is not a multiple of 16"},
        {EG_FLASH_XTS, 32, 15, 0, "15 bytes are no multiple of 16"},
        {EG_FLASH_ESP32, 32, 15, 0, "15 bytes are no multiple of 16"},
        {EG_FLASH_XTS, 32, 0, 0, "0 bytes are no multiple of 16"},
        {EG_FLASH_XTS, 24, 16, 0,
         "a key of 24 bytes is none of XTS-AES flash encryption, which has 32 or 64 (16 on ESP32-C2)"},
        {EG_FLASH_ESP32, 16, 16, 0,
         "a key of 16 bytes is none of ESP32's flash encryption, which has 32 (or 24 with 3/4 coding)"},
        {EG_FLASH_ESP32, 31, 16, 0,
         "a key of 31 bytes is none of ESP32's flash encryption, which has 32 (or 24 with 3/4 coding)"},
        {EG_FLASH_ESP32, 32, 32, 0xfffff0, "ESP32's flash encryption ends at 0x1000000, before 0x1000010"},
        {EG_FLASH_XTS, 32, 32, 0xfffffff0, "32 bytes at 0xfffffff0 run out of the address space"},
    };
    uint8_t data[32] = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct eg_flash_crypt how = {.scheme = rows[i].scheme, .config = 0xf};
        EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
        struct eg_error err;
        assert_ok(eg_secret_make(&key, rows[i].key_size, &err), err);
        assert_error(eg_flash_crypt(data, rows[i].size, rows[i].addr, &how, &key, &err), err, EG_BAD_ARGUMENT,
                     rows[i].sentence);
        memset(key.data, 0, key.size);
        assert_int_equal(eg_flash_key_check(rows[i].scheme, &key, &err), EG_BAD_ARGUMENT);
    }
}

static void vectors_are_byte_for_byte_those_of_the_reference(void **state)
{
    (void)state;
    char path[4096], name[200];
    json_t *const root = json_load_file(fixture_path(path, "security/flash/flash-encryption.json"), 0, NULL);
    json_t *const vectors = json_object_get(root, "vectors");
    const json_t *row;
    size_t i;

    assert_true(json_array_size(vectors) >= 64);
    json_array_foreach(vectors, i, row)
    {
        const char *const scheme = json_string_value(json_object_get(row, "scheme"));
        const char *const key_name = json_string_value(json_object_get(row, "key"));
        const char *const addr = json_string_value(json_object_get(row, "address"));
        const struct eg_flash_crypt how = {
            .scheme = strcmp(scheme, "xts") == 0 ? EG_FLASH_XTS : EG_FLASH_ESP32,
            .config = (uint8_t)json_integer_value(json_object_get(row, "flash_crypt_config"))};
        EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
        struct eg_error err;
        snprintf(name, sizeof name, "security/keys/%s", key_name);
        assert_ok(eg_secret_read(&key, fixture_path(path, name), 64, NULL, &err), err);
        print_message("%s %s %s\n", scheme, key_name, addr);
        assert_both_ways(how, (uint32_t)strtoul(addr, NULL, 0), &key,
                         json_string_value(json_object_get(row, "plain")),
                         json_string_value(json_object_get(row, "cipher")));
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_schemes_are_those_of_the_chips),
        cmocka_unit_test(a_part_is_the_same_as_in_the_whole),
        cmocka_unit_test(data_that_no_chip_could_decrypt_is_refused),
        cmocka_unit_test(vectors_are_byte_for_byte_those_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
