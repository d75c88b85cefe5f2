/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/published.h"

#include "engine/base/bytes.h"
#include "tests/fakes/check.h"

static void refused(const char *hex, size_t size)
{
    uint8_t key[64];
    struct eg_error err;

    assert_true(eg_hex_parse(key, size, hex));
    assert_int_equal(eg_secret_refuse_published(key, size, &err), EG_SECURED);
    assert_string_equal(err.text, "is a key for tests that anyone can have: make one of your own");
    key[0] ^= 1;
    assert_int_equal(eg_secret_refuse_published(key, size, &err), EG_OK);
}

static void keys_of_published_vectors_are_refused_and_others_are_not(void **state)
{
    (void)state;
    refused("4cac32b9f9ab23d3337d242e2414f07a066019fb0aecdf3708cd76bae76190df", 32); /* a flash key */
    refused("9e3ef7c3a4b134ee9aff69b7490883e276bee0a818c989391d7ccd22ffd90f6a", 32); /* a digest, RSA */
    refused("4295206973bf21dff0debb74015654c23c71b565525bfc1dbad92381f1c9858a", 32); /* a digest, P-256 */
}

static void every_key_file_of_the_fixtures_is_refused(void **state)
{
    (void)state;
    static const char *const files[] = {"flash-16.key", "flash-24.key", "flash-32.key",   "flash-32b.key",
                                        "flash-64.key", "hmac-32.key",  "nvs-hmac-32.key"};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[60], path[4096];
        uint8_t key[64];
        struct eg_error err;

        snprintf(name, sizeof name, "security/keys/%s", files[i]);
        FILE *file = fopen(fixture_path(path, name), "rb");
        if (file == NULL) {
            print_message("SKIPPED: no fixtures at %s\n", path);
            skip();
        }
        const size_t size = fread(key, 1, sizeof key, file);
        fclose(file);
        assert_int_equal(eg_secret_refuse_published(key, size, &err), EG_SECURED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_published_vectors_are_refused_and_others_are_not),
        cmocka_unit_test(every_key_file_of_the_fixtures_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
