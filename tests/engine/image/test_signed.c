/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/image/signed.h"
#include "tests/fakes/check.h"

#include <libdeflate.h>
#include <string.h>

/* An image of one segment that ends at 0x40, padded to 0x1000, and a signature sector. */
static uint8_t bytes[0x2000];

static struct eg_image_info make(void)
{
    struct eg_image_info info;
    struct eg_error err;

    memset(bytes, 0xff, sizeof bytes);
    memset(bytes, 0, 0x40);
    bytes[0] = EG_IMAGE_MAGIC;
    bytes[1] = 1;
    bytes[12] = 5; /* ESP32-C3 */
    eg_put32(bytes + 28, 16);
    memset(bytes + 0x1000, 0, 1216);
    bytes[0x1000] = 0xe7;
    bytes[0x1001] = 2;
    assert_ok(eg_sha256(bytes + 0x1004, bytes, 0x1000, &err), err);
    eg_put32(bytes + 0x1000 + 1196, libdeflate_crc32(0, bytes + 0x1000, 1196));
    assert_ok(eg_image_parse(&info, eg_target_by_name("esp32c3"), bytes, sizeof bytes, &err), err);
    return info;
}

static void a_sector_after_the_image_is_found(void **state)
{
    (void)state;
    const struct eg_image_info info = make();
    struct eg_error err;

    assert_true(eg_image_is_signed(&info, bytes, sizeof bytes));
    assert_ok(eg_image_check_signed(&info, bytes, sizeof bytes, &err), err);
    assert_false(eg_image_is_signed(&info, bytes, 0x1000));
    assert_false(eg_image_is_signed(&info, bytes, 0x1000 + 1215));
    bytes[0x1001] = 4;
    assert_false(eg_image_is_signed(&info, bytes, sizeof bytes));
    bytes[0x1001] = 3;
    assert_true(eg_image_is_signed(&info, bytes, sizeof bytes));
}

static void a_change_after_signing_is_reported(void **state)
{
    (void)state;
    const struct eg_image_info info = make();
    struct eg_error err;

    bytes[2] ^= 1;
    assert_error(
        eg_image_check_signed(&info, bytes, sizeof bytes, &err), err, EG_BAD_IMAGE,
        "was changed after it was signed: its SHA-256 is not that of the signature block at offset 0x1000");
    bytes[0x1000 + 40] ^= 1;
    assert_int_equal(eg_image_check_signed(&info, bytes, sizeof bytes, &err), EG_BAD_IMAGE);
    assert_non_null(strstr(err.text, "has a damaged signature block: CRC-32 at offset 0x14ac is 0x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sector_after_the_image_is_found),
        cmocka_unit_test(a_change_after_signing_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
