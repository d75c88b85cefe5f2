/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/digest.h"
#include "engine/base/bytes.h"
#include "tests/fakes/check.h"

#include <string.h>

/* Test vectors of RFC 1321 (MD5) and FIPS 180-2 (SHA-256). */
static void digests_are_those_of_the_standards(void **state)
{
    (void)state;
    uint8_t md5[EG_MD5_SIZE], sha256[EG_SHA256_SIZE];
    char text[EG_SHA256_TEXT];
    struct eg_error err;

    assert_ok(eg_md5(md5, "", 0, &err), err);
    eg_hex(text, md5, sizeof md5);
    assert_string_equal(text, "d41d8cd98f00b204e9800998ecf8427e");
    assert_ok(eg_md5(md5, "abc", 3, &err), err);
    eg_hex(text, md5, sizeof md5);
    assert_string_equal(text, "900150983cd24fb0d6963f7d28e17f72");
    assert_ok(eg_sha256(sha256, "abc", 3, &err), err);
    eg_hex(text, sha256, sizeof sha256);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void blank_flash_has_the_digest_of_its_bytes(void **state)
{
    uint8_t blank[10000], digest[EG_MD5_SIZE], expected[EG_MD5_SIZE];
    struct eg_error err;

    (void)state;
    memset(blank, 0xff, sizeof blank);
    assert_ok(eg_md5(expected, blank, sizeof blank, &err), err);
    assert_ok(eg_md5_blank(digest, sizeof blank, &err), err);
    assert_memory_equal(digest, expected, EG_MD5_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(blank_flash_has_the_digest_of_its_bytes),
                                       cmocka_unit_test(digests_are_those_of_the_standards)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
