/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/crc.h"
#include "tests/fakes/check.h"

/* Compared with the standard CRC-32, which is cbf43926 for "123456789". */
static void a_crc_with_its_top_bit_set_is_complemented_any_other_is_one_more(void **state)
{
    (void)state;
    assert_int_equal(eg__image_crc((const uint8_t *)"123456789", 9), ~0xcbf43926u);
    assert_int_equal(eg__image_crc((const uint8_t *)"", 0), 1);
    assert_int_equal(eg__image_crc((const uint8_t *)"abc", 3), 0x352441c2 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crc_with_its_top_bit_set_is_complemented_any_other_is_one_more)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
