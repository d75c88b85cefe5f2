/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/cipher.h"

#include "tests/fakes/check.h"

#include <string.h>

/* IEEE 1619, vector 10: the first bytes of its data unit. */
static void xts_is_that_of_the_standard(void **state)
{
    (void)state;
    static const uint8_t key[64] = {
        0x27, 0x18, 0x28, 0x18, 0x28, 0x45, 0x90, 0x45, 0x23, 0x53, 0x60, 0x28, 0x74, 0x71, 0x35, 0x26,
        0x62, 0x49, 0x77, 0x57, 0x24, 0x70, 0x93, 0x69, 0x99, 0x59, 0x57, 0x49, 0x66, 0x96, 0x76, 0x27,
        0x31, 0x41, 0x59, 0x26, 0x53, 0x58, 0x97, 0x93, 0x23, 0x84, 0x62, 0x64, 0x33, 0x83, 0x27, 0x95,
        0x02, 0x88, 0x41, 0x97, 0x16, 0x93, 0x99, 0x37, 0x51, 0x05, 0x82, 0x09, 0x74, 0x94, 0x45, 0x92};
    static const uint8_t ciphertext[32] = {0x1c, 0x3b, 0x3a, 0x10, 0x2f, 0x77, 0x03, 0x86, 0xe4, 0x83, 0x6c,
                                           0x99, 0xe3, 0x70, 0xcf, 0x9b, 0xea, 0x00, 0x80, 0x3f, 0x5e, 0x48,
                                           0x23, 0x57, 0xa4, 0xae, 0x12, 0xd4, 0x14, 0xa3, 0xe6, 0x3b};
    const uint8_t tweak[EG_CIPHER_IV_SIZE] = {0xff};
    uint8_t data[32];
    struct eg_error err;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    for (int encrypt = 1; encrypt >= 0; encrypt--) {
        EG_CLEANUP(eg_cipher_finish) struct eg_cipher cipher = {0};
        assert_ok(eg_cipher_init(&cipher, EG_CIPHER_XTS_256, encrypt, key, &err), err);
        assert_ok(eg_cipher_run(&cipher, tweak, data, sizeof data, &err), err);
        if (encrypt)
            assert_memory_equal(data, ciphertext, sizeof data);
    }
    for (size_t i = 0; i < sizeof data; i++)
        assert_int_equal(data[i], i);
}

static void two_equal_keys_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_cipher_finish) struct eg_cipher cipher = {0};
    const uint8_t key[64] = {0};
    struct eg_error err;

    assert_error(eg_cipher_init(&cipher, EG_CIPHER_XTS_256, true, key, &err), err, EG_BAD_ARGUMENT,
                 "both halves of the key are the same, which XTS does not take");
}

/* RFC 4231, test case 2. */
static void hmac_is_that_of_the_standard(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
                                     0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
                                     0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
    static const char message[] = "what do ya want for nothing?";
    uint8_t mac[EG_SHA256_SIZE];
    struct eg_error err;

    assert_ok(
        eg_hmac_sha256(mac, (const uint8_t *)"Jefe", 4, (const uint8_t *)message, strlen(message), &err),
        err);
    assert_memory_equal(mac, wanted, sizeof wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xts_is_that_of_the_standard),
        cmocka_unit_test(two_equal_keys_are_refused),
        cmocka_unit_test(hmac_is_that_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
