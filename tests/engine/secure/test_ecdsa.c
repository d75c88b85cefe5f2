/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/ecdsa.h"

#include "tests/fakes/check.h"

#include <openssl/evp.h>
#include <string.h>

enum { DER_MAX = 200 };

/* Read the public key of a text as an independent reader does. */
static void read_public(struct eg_sign_key *key, const struct eg_buffer *text)
{
    uint8_t der[DER_MAX];
    struct eg_error err;

    const int size = EVP_DecodeBlock(der, text->data, (int)strlen((const char *)text->data));
    assert_true(size > 0);
    assert_ok(eg_sign_key_parse_der(key, "board", der, (size_t)size, &err), err);
}

/* The key with the private value 1 is the base point of the curve. */
static void the_public_key_of_one_is_the_base_point(void **state)
{
    static const struct {
        enum eg_sign_scheme scheme;
        uint8_t x[4];
    } rows[] = {{EG_SIGN_ECDSA192, {0x18, 0x8d, 0xa8, 0x0e}},
                {EG_SIGN_ECDSA256, {0x6b, 0x17, 0xd1, 0xf2}},
                {EG_SIGN_ECDSA384, {0xaa, 0x87, 0xca, 0x22}}};
    EG_CLEANUP(eg_secret_finish) struct eg_secret one = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret zero = {0};
    struct eg_error err;

    (void)state;
    assert_ok(eg_secret_init(&one, EG_ECDSA_KEY_SIZE, &err), err);
    assert_ok(eg_secret_init(&zero, EG_ECDSA_KEY_SIZE, &err), err);
    one.data[EG_ECDSA_KEY_SIZE - 1] = 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bool halves = rows[i].scheme == EG_SIGN_ECDSA384;
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
        EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
        uint8_t x[48], y[48];
        assert_ok(eg_ecdsa_public(&text, rows[i].scheme, halves ? &zero : &one, halves ? &one : NULL, &err),
                  err);
        read_public(&key, &text);
        assert_int_equal(key.scheme, rows[i].scheme);
        assert_ok(eg_sign_key_point(x, y, &key, &err), err);
        assert_memory_equal(x, rows[i].x, sizeof rows[i].x);
    }
}

static void a_key_is_a_value_of_its_curve_in_32_bytes(void **state)
{
    static const enum eg_sign_scheme curves[] = {EG_SIGN_ECDSA192, EG_SIGN_ECDSA256};
    static const uint8_t zeros[8];
    struct eg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret other = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
        EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key public = {0};
        assert_ok(eg_ecdsa_make(&key, curves[i], &err), err);
        assert_ok(eg_ecdsa_make(&other, curves[i], &err), err);
        assert_int_equal(key.size, EG_ECDSA_KEY_SIZE);
        assert_memory_not_equal(key.data, other.data, key.size);
        assert_int_equal(memcmp(key.data, zeros, sizeof zeros) == 0, curves[i] == EG_SIGN_ECDSA192);
        assert_ok(eg_ecdsa_public(&text, curves[i], &key, NULL, &err), err);
        read_public(&public, &text);
        assert_int_equal(public.scheme, curves[i]);
    }
}

static void two_halves_are_a_key_of_p384(void **state)
{
    static const uint8_t zeros[16];
    EG_CLEANUP(eg_secret_finish) struct eg_secret high = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret low = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key public = {0};
    struct eg_error err;

    (void)state;
    assert_ok(eg_ecdsa_make_half(&high, true, &err), err);
    assert_ok(eg_ecdsa_make_half(&low, false, &err), err);
    assert_memory_equal(high.data, zeros, sizeof zeros);
    assert_memory_not_equal(high.data + sizeof zeros, zeros, sizeof zeros);
    assert_memory_not_equal(low.data, zeros, sizeof zeros);
    assert_ok(eg_ecdsa_public(&text, EG_SIGN_ECDSA384, &high, &low, &err), err);
    read_public(&public, &text);
    assert_int_equal(public.scheme, EG_SIGN_ECDSA384);
}

static void a_value_beyond_the_curve_has_no_public_key(void **state)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    (void)state;
    assert_ok(eg_secret_init(&key, EG_ECDSA_KEY_SIZE, &err), err);
    assert_error(eg_ecdsa_public(&text, EG_SIGN_ECDSA256, &key, NULL, &err), err, EG_BAD_ARGUMENT,
                 "the private value is none of the curve of ecdsa256");
    memset(key.data, 0xff, key.size);
    assert_int_equal(eg_ecdsa_public(&text, EG_SIGN_ECDSA256, &key, NULL, &err), EG_BAD_ARGUMENT);
    assert_int_equal(text.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_public_key_of_one_is_the_base_point),
        cmocka_unit_test(a_key_is_a_value_of_its_curve_in_32_bytes),
        cmocka_unit_test(two_halves_are_a_key_of_p384),
        cmocka_unit_test(a_value_beyond_the_curve_has_no_public_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
