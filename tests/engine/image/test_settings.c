/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/settings.h"

#include "tests/fakes/check.h"

#include <string.h>

static void names_become_the_codes_of_the_chip_and_keep_becomes_none(void **state)
{
    (void)state;
    const struct eg_target *const esp32 = eg_target_by_name("esp32");
    const struct eg_target *const esp8266 = eg_target_by_name("esp8266");
    struct eg_flash_settings settings;
    struct eg_error err;

    assert_ok(eg_flash_settings_parse(&settings, esp32, "dout", "26m", "4MB", &err), err);
    assert_int_equal(settings.mode, 3);
    assert_int_equal(settings.freq, 1);
    assert_int_equal(settings.size, 0x20);
    assert_ok(eg_flash_settings_parse(&settings, esp8266, "qio", NULL, "4MB-c1", &err), err);
    assert_int_equal(settings.mode, 0);
    assert_int_equal(settings.freq, -1);
    assert_int_equal(settings.size, 0x60);
    assert_ok(eg_flash_settings_parse(&settings, esp32, "keep", "keep", "keep", &err), err);
    assert_int_equal(settings.mode, -1);
    assert_int_equal(settings.freq, -1);
    assert_int_equal(settings.size, -1);
}

static void a_name_the_chip_lacks_is_refused_with_those_it_has(void **state)
{
    (void)state;
    const struct eg_target *const esp32h2 = eg_target_by_name("esp32h2");
    struct eg_flash_settings settings;
    struct eg_error err;

    assert_error(eg_flash_settings_parse(&settings, esp32h2, "qspi", NULL, NULL, &err), err, EG_BAD_JOB,
                 "flash mode \"qspi\" is none of qio, qout, dio, dout");
    assert_error(eg_flash_settings_parse(&settings, esp32h2, NULL, "80m", NULL, &err), err, EG_BAD_JOB,
                 "flash frequency \"80m\" is none of ESP32-H2: 48m, 24m, 16m, 12m");
    assert_error(eg_flash_settings_parse(&settings, esp32h2, NULL, NULL, "512KB", &err), err, EG_BAD_JOB,
                 "flash size \"512KB\" is none of ESP32-H2: 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, 64MB, 128MB");
}

static void codes_become_names_and_unknown_ones_none(void **state)
{
    (void)state;
    const struct eg_target *const esp32c6 = eg_target_by_name("esp32c6");

    assert_string_equal(eg_flash_mode_name(2), "dio");
    assert_null(eg_flash_mode_name(4));
    assert_null(eg_flash_mode_name(-1));
    assert_string_equal(eg_header_name(esp32c6->flash_freqs, 0), "80m");
    assert_string_equal(eg_header_name(esp32c6->flash_sizes, 0x30), "8MB");
    assert_null(eg_header_name(esp32c6->flash_sizes, 0xf0));
}

static void sizes_are_numbers_of_kb_or_mb(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "MB", "4", "4mb", "4MBx", "-4MB", "0x4MB", " 4MB"};
    uint32_t size;
    struct eg_error err;

    assert_ok(eg_size_parse(&size, "512KB", &err), err);
    assert_int_equal(size, 0x80000);
    assert_ok(eg_size_parse(&size, "128MB", &err), err);
    assert_int_equal(size, 0x8000000);
    assert_ok(eg_size_parse(&size, "2MB-c1", &err), err);
    assert_int_equal(size, 0x200000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(eg_size_parse(&size, bad[i], &err), EG_BAD_JOB);
        assert_non_null(strstr(err.text, "is not a size such as 512KB or 4MB"));
    }
    assert_error(eg_size_parse(&size, "4096MB", &err), err, EG_BAD_JOB, "size \"4096MB\" is out of range");
    assert_error(eg_size_parse(&size, "99999999999999999999KB", &err), err, EG_BAD_JOB,
                 "size \"99999999999999999999KB\" is out of range");
    assert_error(eg_size_parse(&size, "0MB", &err), err, EG_BAD_JOB, "size \"0MB\" is out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_the_codes_of_the_chip_and_keep_becomes_none),
        cmocka_unit_test(a_name_the_chip_lacks_is_refused_with_those_it_has),
        cmocka_unit_test(codes_become_names_and_unknown_ones_none),
        cmocka_unit_test(sizes_are_numbers_of_kb_or_mb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
