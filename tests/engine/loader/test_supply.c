/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

static void type_is(const char *chip, uint32_t addr, uint32_t word, const char *expected)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    const char *type = "";

    talk_read(&talk, addr, word);
    talk_begin(&talk, &script, &loader, chip, false);
    assert_ok(eg_loader_flash_type(&loader, &type, &err), err);
    assert_string_equal(type, expected);
    talk_end(&script);
}

static void efuse_tells_a_quad_flash_from_an_octal_one(void **state)
{
    (void)state;
    type_is("esp32s3", 0x6000703c, 1u << 9, "octal");
    type_is("esp32s3", 0x6000703c, ~(1u << 9), "quad");
    type_is("esp32s2", 0x3f41a03c, 1u << 9, "octal");
    type_is("esp32s2", 0x3f41a03c, 0, "quad");
}

static void most_chips_tell_nothing_of_bus_and_supply(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    const char *type = "", *voltage = "";

    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg_loader_flash_type(&loader, &type, &err), err);
    assert_null(type);
    assert_ok(eg_loader_flash_voltage(&loader, &voltage, &err), err);
    assert_null(voltage);
    talk_end(&script);
}

struct word {
    uint32_t addr, word;
};

/* Check the voltage; `words` are the registers in the order they are read, address 0 ends the list. */
static void voltage_is(const char *chip, const struct word *words, const char *expected)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    const char *voltage = "";

    for (; words->addr != 0; words++)
        talk_read(&talk, words->addr, words->word);
    talk_begin(&talk, &script, &loader, chip, false);
    assert_ok(eg_loader_flash_voltage(&loader, &voltage, &err), err);
    assert_string_equal(voltage, expected);
    talk_end(&script);
}

#define VOLTAGE(chip, expected, ...) voltage_is(chip, (const struct word[]){__VA_ARGS__, {0, 0}}, expected)

static void a_register_of_the_esp32_goes_before_its_efuse(void **state)
{
    (void)state;
    VOLTAGE("esp32", "1.9V by RTC_CNTL register", {0x3ff48074, 0x00400000 | 0x20000000});
    VOLTAGE("esp32", "1.9V by RTC_CNTL register", {0x3ff48074, 0x00400000 | 0xc0000000});
    VOLTAGE("esp32", "1.8V by RTC_CNTL register", {0x3ff48074, 0x00400000 | 0x80000000});
    VOLTAGE("esp32", "OFF by RTC_CNTL register", {0x3ff48074, 0x00400000});
    VOLTAGE("esp32", "OFF by RTC_CNTL register", {0x3ff48074, 0x00400000 | 0x1e000000});
}

static void efuse_goes_before_the_strap(void **state)
{
    (void)state;
    const uint32_t xpd = 1u << 14, tieh = 1u << 15, force = 1u << 16;

    VOLTAGE("esp32", "3.3V by efuse", {0x3ff48074, 0xffbfffff}, {0x3ff5a010, force | xpd | tieh},
            {0x3ff5a010, force | xpd | tieh}, {0x3ff5a010, force | xpd | tieh});
    VOLTAGE("esp32", "1.8V by efuse", {0x3ff48074, 0}, {0x3ff5a010, force | xpd}, {0x3ff5a010, force | xpd},
            {0x3ff5a010, force | xpd});
    VOLTAGE("esp32", "OFF by efuse", {0x3ff48074, 0}, {0x3ff5a010, force | tieh}, {0x3ff5a010, force | tieh},
            {0x3ff5a010, force | tieh});
}

static void the_strap_counts_when_nothing_else_says(void **state)
{
    (void)state;
    VOLTAGE("esp32", "1.8V by a strapping pin", {0x3ff48074, 0}, {0x3ff5a010, ~(1u << 16)},
            {0x3ff44038, 1u << 5});
    VOLTAGE("esp32", "3.3V by a strapping pin", {0x3ff48074, 0}, {0x3ff5a010, 0}, {0x3ff44038, ~(1u << 5)});
}

static void chips_without_that_register_begin_with_efuse(void **state)
{
    (void)state;
    VOLTAGE("esp32s3", "1.8V by a strapping pin", {0x60007034, 0}, {0x60004038, 1u << 4});
    VOLTAGE("esp32s2", "3.3V by efuse", {0x3f41a034, 7u << 4}, {0x3f41a034, 7u << 4}, {0x3f41a034, 7u << 4});
}

static void supply(const char *voltage, uint32_t expected)
{
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_write(&talk, 0x3ff48074, expected, 0xffffffff);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_override_vddsdio(&loader, voltage, &err), err);
    talk_end(&script);
}

static void the_supply_of_an_esp32_can_be_set(void **state)
{
    (void)state;
    supply("1.8V", 0x80600000);
    supply("1.9V", 0xfe600000);
    supply("OFF", 0x00600000);
}

static void no_other_supply_can_be_set(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_override_vddsdio(&loader, "3.3V", &err), err, EG_BAD_ARGUMENT,
                 "unknown flash supply \"3.3V\"; use 1.8V, 1.9V or OFF");
    loader.target = eg_target_by_name("esp32s3");
    assert_error(eg_loader_override_vddsdio(&loader, "1.8V", &err), err, EG_UNSUPPORTED,
                 "the flash supply of ESP32-S3 cannot be set");
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(efuse_tells_a_quad_flash_from_an_octal_one),
        cmocka_unit_test(most_chips_tell_nothing_of_bus_and_supply),
        cmocka_unit_test(a_register_of_the_esp32_goes_before_its_efuse),
        cmocka_unit_test(efuse_goes_before_the_strap),
        cmocka_unit_test(the_strap_counts_when_nothing_else_says),
        cmocka_unit_test(chips_without_that_register_begin_with_efuse),
        cmocka_unit_test(the_supply_of_an_esp32_can_be_set),
        cmocka_unit_test(no_other_supply_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
