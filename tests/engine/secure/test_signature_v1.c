/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE /* mkdtemp() */

#include "engine/secure/signature_v1.h"

#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The key of RFC 6979, A.2.5, in PEM, which also has its signature of "sample". */
static const char rfc_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
                              "MDECAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
                              "AwEH\n"
                              "-----END EC PRIVATE KEY-----\n";

static char folder[] = "/tmp/eg-v1-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink("key.pem");
    unlink("p384.pem");
    return chdir("/") != 0 || rmdir(folder) != 0;
}

static void the_nonce_is_that_of_the_standard(void **state)
{
    (void)state;
    static const char wanted[] = "00000000efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                                 "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    uint8_t signature[EG_SIGNATURE_V1_SIZE], image[6 + EG_SIGNATURE_V1_SIZE] = "sample";
    char text[2 * sizeof signature + 1];
    struct eg_error err;

    assert_ok(eg_secret_write("key.pem", (const uint8_t *)rfc_key, strlen(rfc_key), &err), err);
    assert_ok(eg_sign_key_read(&key, "key.pem", &err), err);
    assert_ok(eg_signature_v1_make(signature, &key, image, 6, &err), err);
    eg_hex(text, signature, sizeof signature);
    assert_string_equal(text, wanted);
    memcpy(image + 6, signature, sizeof signature);
    assert_ok(eg_signature_v1_check(&key, image, sizeof image, &err), err);
    image[2] ^= 1;
    assert_error(eg_signature_v1_check(&key, image, sizeof image, &err), err, EG_BAD_IMAGE,
                 "the signature is wrong, or by another key");
    assert_error(eg_signature_v1_check(&key, image, 6, &err), err, EG_BAD_IMAGE,
                 "6 bytes are too few for a signed image");
}

static void other_keys_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret secret = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    uint8_t signature[EG_SIGNATURE_V1_SIZE];
    struct eg_error err;

    assert_ok(eg_sign_key_make("p384.pem", EG_SIGN_ECDSA384, &err), err);
    assert_ok(eg_sign_key_read(&key, "p384.pem", &err), err);
    assert_error(eg_signature_v1_make(signature, &key, (const uint8_t *)"x", 1, &err), err, EG_BAD_ARGUMENT,
                 "secure boot v1 takes ECDSA keys of P-256, not ecdsa384");
    assert_ok(eg_secret_make(&secret, 31, &err), err);
    assert_error(eg_boot_digest_make(&out, &secret, NULL, (const uint8_t *)"x", 1, &err), err,
                 EG_BAD_ARGUMENT, "a key of secure boot v1 has 32 bytes (or 24 with 3/4 coding), not 31");
}

/* ---- The reference ---- */

static const char *text_of(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

static const char *reference(char path[4096], const char *part, const char *name)
{
    char file[200];

    snprintf(file, sizeof file, "security/%s/%s", part, name);
    return fixture_path(path, file);
}

static void assert_signed(const json_t *row)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer wanted = {0};
    uint8_t signature[EG_SIGNATURE_V1_SIZE];
    struct eg_error err;
    char path[4096];

    assert_ok(eg_sign_key_read(&key, reference(path, "keys", text_of(row, "key")), &err), err);
    assert_ok(eg_file_read(&image, reference(path, "sign", text_of(row, "data")), 1 << 20, &err), err);
    assert_ok(eg_file_read(&wanted, reference(path, "sign", text_of(row, "output")), 1 << 20, &err), err);
    assert_ok(eg_signature_v1_make(signature, &key, image.data, image.size, &err), err);
    assert_ok(eg_buffer_append(&image, signature, sizeof signature, &err), err);
    assert_int_equal(image.size, wanted.size);
    assert_memory_equal(image.data, wanted.data, wanted.size);
    assert_ok(eg_signature_v1_check(&key, image.data, image.size, &err), err);
}

static void assert_digested(const json_t *row)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer iv = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    uint8_t sha256[EG_SHA256_SIZE];
    char path[4096], text[EG_SHA256_TEXT];
    struct eg_error err;

    assert_ok(eg_secret_read(&key, reference(path, "keys", text_of(row, "key")), 64, NULL, &err), err);
    assert_ok(eg_file_read(&image, reference(path, "sign", text_of(row, "image")), 1 << 20, &err), err);
    assert_ok(eg_file_read(&iv, reference(path, "sign", text_of(row, "iv")), 1 << 20, &err), err);
    assert_int_equal(iv.size, EG_BOOT_DIGEST_IV_SIZE);
    assert_ok(eg_boot_digest_make(&out, &key, iv.data, image.data, image.size, &err), err);
    assert_int_equal(out.size, json_integer_value(json_object_get(row, "output_size")));
    assert_ok(eg_sha256(sha256, out.data, out.size, &err), err);
    eg_hex(text, sha256, sizeof sha256);
    assert_string_equal(text, text_of(row, "output_sha256"));
}

static void images_are_byte_for_byte_those_of_the_reference(void **state)
{
    (void)state;
    char path[4096];
    json_t *const root = json_load_file(reference(path, "sign", "sign.json"), 0, NULL);
    json_t *const rows = json_object_get(root, "outputs");
    const json_t *row;
    size_t i, count = 0;

    json_array_foreach(rows, i, row)
    {
        if (strncmp(text_of(row, "kind"), "v1", 2) != 0)
            continue;
        print_message("%s %s\n", text_of(row, "kind"), text_of(row, "key"));
        if (strcmp(text_of(row, "kind"), "v1 application signature") == 0)
            assert_signed(row);
        else
            assert_digested(row);
        count++;
    }
    assert_true(count >= 14);
    json_decref(root);
}

static void derived_keys_are_those_of_the_reference(void **state)
{
    (void)state;
    char path[4096], name[100], text[65];
    json_t *const root = json_load_file(reference(path, "sign", "sign.json"), 0, NULL);
    const char *which;
    const json_t *value;

    json_object_foreach(json_object_get(root, "private_key_digests"), which, value)
    {
        EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret made = {0};
        struct eg_error err;
        const char *const slash = strchr(which, '/');
        snprintf(name, sizeof name, "%.*s", (int)(slash - which), which);
        assert_ok(eg_sign_key_read(&key, reference(path, "keys", name), &err), err);
        assert_ok(eg_boot_digest_key(&made, &key, (size_t)atoi(slash + 1) / 8, &err), err);
        eg_hex(text, made.data, made.size);
        assert_string_equal(text, json_string_value(value));
    }
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nonce_is_that_of_the_standard),
        cmocka_unit_test(other_keys_are_refused),
        cmocka_unit_test(images_are_byte_for_byte_those_of_the_reference),
        cmocka_unit_test(derived_keys_are_those_of_the_reference),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
