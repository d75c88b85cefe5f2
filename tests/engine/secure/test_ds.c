/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/ds.h"

#include "engine/base/file.h"
#include "engine/secure/sign_key.h"
#include "tests/fakes/check.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *reference(char path[4096], const char *part, const char *name)
{
    char file[200];

    snprintf(file, sizeof file, "security/%s/%s", part, name);
    return fixture_path(path, file);
}

static const char *text_of(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

static void parameters_are_byte_for_byte_those_of_the_reference(void **state)
{
    (void)state;
    char path[4096];
    json_t *const root = json_load_file(reference(path, "ds", "ds.json"), 0, NULL);
    json_t *const rows = json_object_get(root, "cases");
    const json_t *row;
    size_t i;

    assert_true(json_array_size(rows) >= 3);
    json_array_foreach(rows, i, row)
    {
        EG_CLEANUP(eg_ds_parameters_finish) struct eg_ds_parameters made = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret pem = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret hmac_key = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer wanted = {0};
        uint8_t iv[EG_DS_IV_SIZE];
        struct eg_error err;
        print_message("%s\n", text_of(row, "ciphertext"));
        assert_ok(eg_secret_read(&pem, reference(path, "keys", text_of(row, "key")), 16384, NULL, &err), err);
        assert_ok(
            eg_secret_read(&hmac_key, reference(path, "keys", text_of(row, "hmac_key")), 32, NULL, &err),
            err);
        assert_ok(eg_file_read(&wanted, reference(path, "ds", text_of(row, "ciphertext")), 1 << 20, &err),
                  err);
        assert_true(eg_hex_parse(iv, sizeof iv, text_of(row, "iv")));
        assert_ok(eg_ds_make(&made, &pem, &hmac_key,
                             (unsigned)json_integer_value(json_object_get(row, "max_bits_of_chip")), iv,
                             &err),
                  err);
        assert_int_equal(made.length, json_integer_value(json_object_get(row, "length_field")));
        assert_int_equal(made.ciphertext.size, wanted.size);
        assert_memory_equal(made.ciphertext.data, wanted.data, wanted.size);
    }
    json_decref(root);
}

static void what_the_peripheral_cannot_use_is_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_ds_parameters_finish) struct eg_ds_parameters made = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret pem = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret hmac_key = {0};
    struct eg_error err;

    assert_ok(eg_secret_make(&hmac_key, EG_DS_HMAC_KEY_SIZE, &err), err);
    assert_ok(eg_secret_init(&pem, 6, &err), err);
    memcpy(pem.data, "no key", 6);
    assert_error(eg_ds_make(&made, &pem, &hmac_key, 3072, NULL, &err), err, EG_BAD_ARGUMENT,
                 "it is no private RSA key in PEM without a passphrase");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_peripheral_cannot_use_is_refused),
        cmocka_unit_test(parameters_are_byte_for_byte_those_of_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
