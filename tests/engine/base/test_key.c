/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "engine/base/file.h"
#include "engine/base/key.h"

/* RFC 8032, 7.1, TEST 2: one byte, 0x72. The private key as PKCS#8 in PEM. */
static const char rfc_secret[] = "-----BEGIN PRIVATE KEY-----\n"
                                 "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
                                 "-----END PRIVATE KEY-----\n";

static void put_secret(const char *name, const char *text, mode_t mode)
{
    char path[256];

    put(name, text);
    path_of(path, name);
    assert_int_equal(chmod(path, mode), 0);
}

static void signatures_are_those_of_the_standard(void **state)
{
    (void)state;
    uint8_t signature[EG_SIGNATURE_SIZE];
    char hex[2 * EG_SIGNATURE_SIZE + 1], path[256];
    struct eg_error err;
    struct eg_key key;

    put_secret("secret", rfc_secret, 0600);
    path_of(path, "secret");
    assert_ok(eg_key_sign(signature, &key, path, "\x72", 1, &err), err);
    eg_hex(hex, key.raw, sizeof key.raw);
    assert_string_equal(hex, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    eg_hex(hex, signature, sizeof signature);
    assert_string_equal(hex, "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    assert_true(eg_key_verify(&key, signature, "\x72", 1));
    assert_false(eg_key_verify(&key, signature, "\x73", 1));
    signature[0] ^= 1;
    assert_false(eg_key_verify(&key, signature, "\x72", 1));
    assert_ok(eg_key_fingerprint(hex, &key, &err), err);
    assert_string_equal(hex, "39f713d0a644253f04529421b9f51b9b");
}

static void a_new_pair_fits_together_and_is_kept_secret(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_key key, from_secret, from_public;
    uint8_t signature[EG_SIGNATURE_SIZE];
    char path[256], public_path[256], expected[300];
    struct eg_error err;
    struct stat info;

    path_of(path, "key");
    path_of(public_path, "key.pub");
    umask(0);
    const enum eg_code code = eg_key_create(path, &key, &err);
    umask(022);
    assert_ok(code, err);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(stat(public_path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0644);
    assert_ok(eg_key_sign(signature, &from_secret, path, "text", 4, &err), err);
    assert_true(eg_key_verify(&key, signature, "text", 4));
    assert_ok(eg_file_read(&text, public_path, 1000, &err), err);
    assert_ok(eg_key_parse(&from_public, public_path, &text, &err), err);
    assert_memory_equal(from_public.raw, key.raw, sizeof key.raw);
    assert_memory_equal(from_secret.raw, key.raw, sizeof key.raw);

    snprintf(expected, sizeof expected, "%s: is there already", path);
    assert_error(eg_key_create(path, &key, &err), err, EG_BAD_ARGUMENT, expected);
    assert_int_equal(unlink(path), 0);
    snprintf(expected, sizeof expected, "%s: is there already", public_path);
    assert_error(eg_key_create(path, &key, &err), err, EG_BAD_ARGUMENT, expected);
    assert_int_not_equal(access(path, F_OK), 0); /* no half of a pair */
}

static void assert_not_signed(const char *text, mode_t mode, enum eg_code code, const char *sentence)
{
    uint8_t signature[EG_SIGNATURE_SIZE];
    char path[256], expected[400];
    struct eg_error err;
    struct eg_key key;

    put_secret("secret", text, mode);
    path_of(path, "secret");
    snprintf(expected, sizeof expected, "%s: %s", path, sentence);
    assert_error(eg_key_sign(signature, &key, path, "x", 1, &err), err, code, expected);
}

static void a_file_without_a_private_key_signs_nothing(void **state)
{
    (void)state;
    static const char none[] = "is no private Ed25519 key in PEM, without a passphrase";
    char large[EG_KEY_FILE_MAX + 2];

    assert_not_signed(rfc_secret, 0640, EG_BAD_ARGUMENT,
                      "others may use this private key (mode 640); chmod 600 it");
    assert_not_signed(rfc_secret, 0604, EG_BAD_ARGUMENT,
                      "others may use this private key (mode 604); chmod 600 it");
    assert_not_signed("", 0600, EG_BAD_ARGUMENT, none);
    assert_not_signed("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600, EG_BAD_ARGUMENT,
                      none);
    /* An X25519 key has the same structure but cannot sign. */
    assert_not_signed("-----BEGIN PRIVATE KEY-----\n"
                      "MC4CAQAwBQYDK2VuBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
                      "-----END PRIVATE KEY-----\n",
                      0600, EG_BAD_ARGUMENT, none);
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    assert_not_signed(large, 0600, EG_BAD_ARGUMENT, "4097 bytes, more than the 4096 that are allowed");
}

static void a_passphrase_is_not_asked_for(void **state)
{
    (void)state;
    assert_not_signed("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                      "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhn7KwjwW32hgICCAAw\n"
                      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEHW7JD9gDmzopFjqV7SxiFsEQGfd\n"
                      "Ye6L/vXLnvTPFCSuK+za7nolyI3VEfxAcjFyjNwmzab41beGEkslcOj/JfZlsAKe\n"
                      "D46nF0+y5HSZ498yEkI=\n"
                      "-----END ENCRYPTED PRIVATE KEY-----\n",
                      0600, EG_BAD_ARGUMENT, "is no private Ed25519 key in PEM, without a passphrase");
}

static void a_public_key_is_alone_in_its_file(void **state)
{
    (void)state;
    static const char block[] = "-----BEGIN PUBLIC KEY-----\n"
                                "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
                                "-----END PUBLIC KEY-----\n";
    const char *const others[] = {"", "\n", block, "# comment\n", "\r\n"};
    struct eg_error err;
    struct eg_key key;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
        assert_ok(eg_buffer_append(&text, block, strlen(block), &err), err);
        assert_ok(eg_buffer_append(&text, others[i], strlen(others[i]), &err), err);
        if (i == 0)
            assert_ok(eg_key_parse(&key, "a.pub", &text, &err), err);
        else
            assert_error(eg_key_parse(&key, "a.pub", &text, &err), err, EG_BAD_ARGUMENT,
                         "a.pub: is no public Ed25519 key in PEM, with nothing else in the file");
    }
}

static void every_changed_byte_of_a_public_key_is_another_key_or_none(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_key key, other;
    struct eg_error err;
    char path[256];

    path_of(path, "key");
    assert_ok(eg_key_create(path, &key, &err), err);
    path_of(path, "key.pub");
    assert_ok(eg_file_read(&text, path, 1000, &err), err);
    for (size_t i = 0; i < text.size; i++) {
        text.data[i] ^= 2;
        if (eg_key_parse(&other, path, &text, &err) == EG_OK)
            assert_memory_not_equal(other.raw, key.raw, sizeof key.raw);
        text.data[i] ^= 2;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signatures_are_those_of_the_standard),
        TEST(a_new_pair_fits_together_and_is_kept_secret),
        TEST(a_file_without_a_private_key_signs_nothing),
        TEST(a_passphrase_is_not_asked_for),
        TEST(a_public_key_is_alone_in_its_file),
        TEST(every_changed_byte_of_a_public_key_is_another_key_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
