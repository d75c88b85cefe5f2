/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/espgang.h"
#include "tests/fakes/check.h"

#include <string.h>

static void every_setting_has_its_default(void **state)
{
    (void)state;
    struct eg_settings settings;

    memset(&settings, 0xa5, sizeof settings);
    eg_settings_init(&settings);
    assert_int_equal(settings.timeout_ms, 3000);
    assert_int_equal(settings.chip_erase_timeout_ms, 120000);
    assert_int_equal(settings.max_timeout_ms, 240000);
    assert_int_equal(settings.sync_timeout_ms, 100);
    assert_int_equal(settings.md5_timeout_per_mb_ms, 8000);
    assert_int_equal(settings.erase_region_timeout_per_mb_ms, 40000);
    assert_int_equal(settings.erase_write_timeout_per_mb_ms, 40000);
    assert_int_equal(settings.mem_end_rom_timeout_ms, 200);
    assert_int_equal(settings.serial_write_timeout_ms, 10000);
    assert_int_equal(settings.connect_attempts, 7);
    assert_int_equal(settings.write_block_attempts, 3);
    assert_int_equal(settings.reset_delay_ms, 0);
    assert_int_equal(settings.open_port_attempts, 1);
    assert_string_equal(settings.custom_reset_sequence, "");
    assert_string_equal(settings.custom_hard_reset_sequence, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_has_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
