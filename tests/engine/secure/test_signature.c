/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE /* mkdtemp() */

#include "engine/secure/signature.h"

#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-sign-XXXXXX";
static struct eg_sign_key keys[EG_SIGN_SCHEMES];

static void path_of(char path[80], const char *name)
{
    snprintf(path, 80, "%s/%s", folder, name);
}

/* Make a key of each scheme. */
static int make_keys(void **state)
{
    (void)state;
    struct eg_error err;
    char path[80];

    if (mkdtemp(folder) == NULL)
        return 1;
    for (int i = 0; i < EG_SIGN_SCHEMES; i++) {
        path_of(path, eg_sign_scheme_name((enum eg_sign_scheme)i));
        if (eg_sign_key_make(path, (enum eg_sign_scheme)i, &err) != EG_OK ||
            eg_sign_key_read(&keys[i], path, &err) != EG_OK)
            return 1;
    }
    return 0;
}

static int remove_keys(void **state)
{
    (void)state;
    char path[80];

    for (int i = 0; i < EG_SIGN_SCHEMES; i++) {
        path_of(path, eg_sign_scheme_name((enum eg_sign_scheme)i));
        unlink(path);
        eg_sign_key_finish(&keys[i]);
    }
    return rmdir(folder);
}

static void fill(struct eg_buffer *image, size_t size)
{
    struct eg_error err;

    assert_ok(eg_buffer_resize(image, size, 0, &err), err);
    for (size_t i = 0; i < size; i++)
        image->data[i] = (uint8_t)(i * 7);
}

static enum eg_code check_block(const struct eg_buffer *image, unsigned index, struct eg_signature_info *info,
                                struct eg_error *err)
{
    struct eg_signed_image found;

    assert_true(eg_signed_image_find(&found, image->data, image->size));
    assert_true(index < found.block_count);
    return eg_signature_check(info, found.block[index], image->data, found.content_size, err);
}

static void what_each_kind_of_key_signs_is_verified(void **state)
{
    (void)state;
    for (int i = 0; i < EG_SIGN_SCHEMES; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
        struct eg_signature_info info;
        uint8_t digest[EG_SHA256_SIZE];
        struct eg_error err;
        fill(&image, 5000);
        assert_int_equal(keys[i].scheme, i);
        assert_ok(eg_sign_image(&image, &keys[i], 1, false, false, &err), err);
        assert_int_equal(image.size, 0x3000);
        assert_int_equal(image.data[5000], 0xff);
        assert_int_equal(image.data[0x1fff], 0xff);
        assert_int_equal(image.data[0x2fff], 0xff);
        assert_ok(check_block(&image, 0, &info, &err), err);
        assert_int_equal(info.scheme, i);
        assert_ok(eg_sign_key_digest(digest, &keys[i], &err), err);
        assert_memory_equal(digest, info.key_digest, sizeof digest);
    }
}

static void a_bit_that_differs_is_noticed_where_it_counts(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *sentence; /* NULL = it is valid */
    } rows[] = {
        {10, "the signature is of other content: the digest in its block differs"},
        {0x1000, "there is no signature block: its marks or its CRC are wrong"},
        {0x1004, "there is no signature block: its marks or its CRC are wrong"},
        {0x1000 + 1196, "there is no signature block: its marks or its CRC are wrong"},
        {0x1000 + 1200, NULL},
        {0x1000 + 1216, NULL},
    };
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    struct eg_error err;

    fill(&image, 4096);
    assert_ok(eg_sign_image(&image, &keys[EG_SIGN_ECDSA256], 1, false, false, &err), err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_signature_info info;
        image.data[rows[i].at] ^= 1;
        const enum eg_code code = eg_signature_check(&info, image.data + 0x1000, image.data, 0x1000, &err);
        if (rows[i].sentence == NULL)
            assert_ok(code, err);
        else
            assert_error(code, err, EG_BAD_IMAGE, rows[i].sentence);
        image.data[rows[i].at] ^= 1;
    }
}

static void blocks_are_added_as_long_as_a_chip_takes_them(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key other = {0};
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key third = {0};
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key fourth = {0};
    struct eg_sign_key *const more[] = {&other, &third, &fourth};
    struct eg_signature_info info;
    struct eg_error err;
    char path[80];

    path_of(path, "more");
    for (size_t i = 0; i < 3; i++) {
        assert_ok(eg_sign_key_make(path, EG_SIGN_ECDSA256, &err), err);
        assert_ok(eg_sign_key_read(more[i], path, &err), err);
        unlink(path);
    }
    fill(&image, 100);
    assert_ok(eg_sign_image(&image, &keys[EG_SIGN_ECDSA256], 1, false, false, &err), err);
    assert_ok(eg_sign_image(&image, &other, 1, true, false, &err), err);
    assert_int_equal(image.size, 0x2000);
    assert_error(eg_sign_image(&image, &other, 1, true, false, &err), err, EG_BAD_ARGUMENT,
                 "signatures 2 and 3 are by the same key");
    assert_error(eg_sign_image(&image, &keys[EG_SIGN_RSA3072], 1, true, false, &err), err, EG_BAD_ARGUMENT,
                 "a key of ecdsa256 and one of rsa3072 sign one image, which no chip takes");
    assert_ok(eg_sign_image(&image, &third, 1, true, false, &err), err);
    for (unsigned i = 0; i < 3; i++)
        assert_ok(check_block(&image, i, &info, &err), err);
    assert_error(eg_sign_image(&image, &fourth, 1, true, false, &err), err, EG_BAD_ARGUMENT,
                 "3 signatures and 1 more are not 1 to 3");
    /* Without append, an existing signature is content like any other. */
    assert_ok(eg_sign_image(&image, &fourth, 1, false, false, &err), err);
    assert_int_equal(image.size, 0x3000);
    assert_ok(check_block(&image, 0, &info, &err), err);
}

static void a_signature_from_elsewhere_must_be_of_this_content(void **state)
{
    (void)state;
    uint8_t block[EG_SIGNATURE_BLOCK_SIZE];
    struct eg_error err;

    assert_error(eg_signature_take(block, &keys[EG_SIGN_ECDSA256], (const uint8_t *)"0", 1,
                                   (const uint8_t *)"x", 1, &err),
                 err, EG_BAD_ARGUMENT, "it is no signature of this content by this key");
}

static void inputs_that_no_chip_accepts_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    char path[80], sentence[200];
    struct eg_error err;

    path_of(path, "ecdsa256");
    assert_int_equal(eg_sign_key_make(path, EG_SIGN_ECDSA256, &err), EG_BAD_ARGUMENT); /* it is there */
    path_of(path, "text");
    assert_ok(eg_secret_write(path, (const uint8_t *)"no key", 6, &err), err);
    snprintf(sentence, sizeof sentence, "%s: is no private or public key in PEM without a passphrase", path);
    assert_error(eg_sign_key_read(&key, path, &err), err, EG_BAD_ARGUMENT, sentence);
    unlink(path);
}

/* ---- The reference ---- */

static void read_key(struct eg_sign_key *key, const char *name)
{
    char path[4096], file[200];
    struct eg_error err;

    snprintf(file, sizeof file, "security/keys/%s", name);
    assert_ok(eg_sign_key_read(key, fixture_path(path, file), &err), err);
}

static void read_file(struct eg_buffer *data, const char *name)
{
    char path[4096], file[200];
    struct eg_error err;

    snprintf(file, sizeof file, "security/sign/%s", name);
    assert_ok(eg_file_read(data, fixture_path(path, file), 1 << 20, &err), err);
}

static const json_t *reference(json_t **root, const char *part)
{
    char path[4096];

    *root = json_load_file(fixture_path(path, "security/sign/sign.json"), 0, NULL);
    assert_non_null(*root);
    return json_object_get(*root, part);
}

static const char *text_of(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

static void digests_of_keys_are_those_of_the_reference(void **state)
{
    (void)state;
    json_t *root;
    const json_t *const digests = reference(&root, "public_key_digests");
    const json_t *value;
    const char *name;

    assert_true(json_object_size(digests) >= 10);
    json_object_foreach((json_t *)(uintptr_t)digests, name, value)
    {
        EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
        uint8_t digest[EG_SHA256_SIZE];
        char text[EG_SHA256_TEXT];
        struct eg_error err;
        read_key(&key, name);
        assert_ok(eg_sign_key_digest(digest, &key, &err), err);
        eg_hex(text, digest, sizeof digest);
        print_message("%s\n", name);
        assert_string_equal(text, json_string_value(value));
    }
    json_decref(root);
}

/*
 * Return whether any block has a valid signature by this key; with skip-padding the sector begins at the end
 * of the image.
 */
static bool is_valid(const struct eg_buffer *image, const struct eg_sign_key *key, bool skip_padding)
{
    struct eg_signed_image found;
    uint8_t digest[EG_SHA256_SIZE];
    struct eg_error err;

    assert_ok(eg_sign_key_digest(digest, key, &err), err);
    if (!skip_padding && image->size % EG_SIGNATURE_SECTOR_SIZE != 0)
        return false;
    if (!eg_signed_image_find(&found, image->data, image->size))
        return false;
    for (unsigned i = 0; i < found.block_count; i++) {
        struct eg_signature_info info;
        if (eg_signature_check(&info, found.block[i], image->data, found.content_size, &err) == EG_OK &&
            memcmp(info.key_digest, digest, sizeof digest) == 0)
            return true;
    }
    return false;
}

static void signatures_are_judged_as_by_the_reference(void **state)
{
    (void)state;
    json_t *root;
    const json_t *const rows = reference(&root, "verification"), *row;
    size_t i;

    assert_true(json_array_size(rows) >= 19);
    json_array_foreach(rows, i, row)
    {
        EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
        const json_t *const flip = json_object_get(row, "flip_bit0_of_byte");
        read_key(&key, text_of(row, "key"));
        read_file(&image, text_of(row, "image"));
        if (flip != NULL)
            image.data[json_integer_value(flip)] ^= 1;
        print_message("%s %s %s\n", text_of(row, "image"), text_of(row, "key"),
                      text_of(row, "what") != NULL ? text_of(row, "what") : "");
        assert_int_equal(is_valid(&image, &key, json_object_get(row, "option") != NULL),
                         json_boolean_value(json_object_get(row, "valid")));
    }
    json_decref(root);
}

static void blocks_of_signatures_from_elsewhere_are_byte_for_byte_those_of_the_reference(void **state)
{
    (void)state;
    static const char *const names[] = {"rsa3072-b", "ec192-b", "ec256-b", "ec384-b"};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer content = {0};

    read_file(&content, "v2-precalc.src.bin");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer signature = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer wanted = {0};
        uint8_t block[EG_SIGNATURE_BLOCK_SIZE];
        struct eg_error err;
        char name[100];
        snprintf(name, sizeof name, "%s.pub.pem", names[i]);
        read_key(&key, name);
        snprintf(name, sizeof name, "v2-precalc-%s.sig", names[i]);
        read_file(&signature, name);
        snprintf(name, sizeof name, "v2-precalc-%s.block", names[i]);
        read_file(&wanted, name);
        assert_ok(
            eg_signature_take(block, &key, signature.data, signature.size, content.data, content.size, &err),
            err);
        assert_int_equal(wanted.size, sizeof block);
        assert_memory_equal(block, wanted.data, sizeof block);
    }
}

static void keys_that_the_reference_refuses_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    char path[4096], sentence[4300];
    struct eg_error err;

    fixture_path(path, "security/keys/rsa2048-bad.pem");
    snprintf(sentence, sizeof sentence, "%s: is an RSA key of 2048 bits, secure boot takes 3072", path);
    assert_error(eg_sign_key_read(&key, path, &err), err, EG_BAD_ARGUMENT, sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_each_kind_of_key_signs_is_verified),
        cmocka_unit_test(a_bit_that_differs_is_noticed_where_it_counts),
        cmocka_unit_test(blocks_are_added_as_long_as_a_chip_takes_them),
        cmocka_unit_test(a_signature_from_elsewhere_must_be_of_this_content),
        cmocka_unit_test(inputs_that_no_chip_accepts_are_refused),
        cmocka_unit_test(digests_of_keys_are_those_of_the_reference),
        cmocka_unit_test(signatures_are_judged_as_by_the_reference),
        cmocka_unit_test(blocks_of_signatures_from_elsewhere_are_byte_for_byte_those_of_the_reference),
        cmocka_unit_test(keys_that_the_reference_refuses_are_refused),
    };
    return cmocka_run_group_tests(tests, make_keys, remove_keys);
}
