/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/bytes.h"
#include "tests/engine/efuse/scene.h"

static const struct eg_efuse_field bytes_field = {.name = "USER", .bits = 32, .kind = EG_AS_BYTES};

static void bytes_are_hex_digits_in_memory_order(void **state)
{
    uint8_t bits[EG_EFUSE_BYTES_MAX];
    struct eg_error err;

    (void)state;
    assert_ok(eg_efuse_parse_bytes(&bytes_field, "01020304", bits, &err), err);
    assert_int_equal(eg_get32(bits), 0x04030201);
    assert_ok(eg_efuse_parse_bytes(&bytes_field, "0x01020304", bits, &err), err);
    assert_int_equal(eg_get32(bits), 0x01020304);
    for (size_t i = 4; i < sizeof bits; i++)
        assert_int_equal(bits[i], 0);
    static const char *const wrong[] = {"", "0x", "010203", "0102030405", "0102030g"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_error(eg_efuse_parse_bytes(&bytes_field, wrong[i], bits, &err), err, EG_BAD_ARGUMENT,
                     "USER takes 4 bytes as 8 hex digits");
}

static void pins_32_and_33_have_numbers_of_their_own(void **state)
{
    static const struct eg_efuse_field pin = {.name = "PAD", .bits = 5, .kind = EG_AS_PIN};
    uint32_t number;
    struct eg_error err;

    (void)state;
    assert_ok(eg_efuse_parse_pin(&pin, 29, &number, &err), err);
    assert_int_equal(number, 29);
    assert_ok(eg_efuse_parse_pin(&pin, 32, &number, &err), err);
    assert_int_equal(number, 30);
    assert_ok(eg_efuse_parse_pin(&pin, 33, &number, &err), err);
    assert_int_equal(number, 31);
    assert_error(eg_efuse_parse_pin(&pin, 30, &number, &err), err, EG_BAD_ARGUMENT,
                 "PAD: 30 is no pin: 1 to 29, 32 and 33 are");
    assert_error(eg_efuse_parse_pin(&pin, 34, &number, &err), err, EG_BAD_ARGUMENT,
                 "PAD: 34 is no pin: 1 to 29, 32 and 33 are");
}

static void a_custom_mac_is_unicast_and_not_the_factorys(void **state)
{
    static const uint8_t good[] = {0x02, 0, 0, 0, 0, 1}, multicast[] = {0x03, 0, 0, 0, 0, 1};
    struct eg_efuse_virt virt;
    struct eg_error err;
    uint8_t factory[8];

    (void)state;
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
    const struct eg_target *const target = eg_target_by_name("esp32c3");
    assert_ok(eg_efuse_virt_open(&virt, target, NULL, &err), err);
    const struct eg_efuse_io io = eg_efuse_virt_io(&virt);
    assert_ok(eg_efuse_open(&fuses, target, &io, virt.revision, virt.crystal_mhz, &err), err);
    assert_ok(eg_efuse_check_custom_mac(&fuses, good, &err), err);
    assert_error(eg_efuse_check_custom_mac(&fuses, multicast, &err), err, EG_BAD_ARGUMENT,
                 "03:00:00:00:00:01 is a multicast address: the lowest bit of its first byte must be 0");
    eg_efuse_mac_bytes(&fuses, eg_efuse_find(&fuses, "MAC"), factory);
    factory[5] ^= 1;
    assert_int_equal(eg_efuse_check_custom_mac(&fuses, factory, &err), EG_BAD_ARGUMENT);
    assert_non_null(strstr(err.text, "is of the range of the chip's factory: another chip has it, or will"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_hex_digits_in_memory_order),
        cmocka_unit_test(pins_32_and_33_have_numbers_of_their_own),
        cmocka_unit_test(a_custom_mac_is_unicast_and_not_the_factorys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
