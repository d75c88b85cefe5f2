/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/accept.h"

#include "engine/plan/setting.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <string.h>

/* A job with one rule; choices have one value. */
static struct eg_plan *job_with(const char *key, const char *const *values)
{
    struct eg_plan *const plan = fake_plan_create("esp32");
    struct eg_setting *const setting = eg_plan_setting(plan, key);
    struct eg_error err;

    assert_non_null(setting);
    if (setting->option->type == EG_OPTION_CHOICE)
        fake_plan_set(plan, key, values[0]);
    else
        for (; *values != NULL; values++)
            assert_ok(eg_setting_add_item(setting, NULL, *values, "job.yaml:7:9", &err), err);
    return plan;
}

static void expect_both(const char *key, const char *const *values, const char *const *beside, bool expected)
{
    struct eg_plan *const one = job_with(key, values), *const other = job_with(key, beside);

    assert_int_equal(eg_accept_both(one, other), expected);
    assert_int_equal(eg_accept_both(other, one), expected);
    eg_plan_destroy(one);
    eg_plan_destroy(other);
}

#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void two_jobs_meet_where_one_board_meets_the_rule_of_both(void **state)
{
    (void)state;
    expect_both("accept.revision", VALUES("<3.0"), VALUES(">=3.0"), false);
    expect_both("accept.revision", VALUES("<=3.0"), VALUES(">=3.0"), true);
    expect_both("accept.revision", VALUES("1.0"), VALUES(">=0.3 <2.0"), true);
    expect_both("accept.revision", VALUES("1.0"), VALUES("1.1"), false);
    expect_both("accept.revision", VALUES(">1.0"), VALUES(">2.0"), true);
    expect_both("accept.package", VALUES("ESP32-D0WD-V3"), VALUES("ESP32-PICO-D4", "ESP32-D0WD"), false);
    expect_both("accept.package", VALUES("ESP32-D0WD-V3"), VALUES("ESP32-PICO-D4", "esp32-d0wd-v3"), true);
    expect_both("accept.flash_size", VALUES("4MB"), VALUES(">=8MB"), false);
    expect_both("accept.flash_size", VALUES(">=4MB"), VALUES("<=4MB"), true);
    expect_both("accept.flash_vendor", VALUES("winbond"), VALUES("gigadevice", "0x20"), false);
    expect_both("accept.flash_vendor", VALUES("winbond"), VALUES("ef4016"), true);
    expect_both("accept.psram", VALUES("yes"), VALUES("no"), false);
    expect_both("accept.psram", VALUES("yes"), VALUES("8MB"), true);
    expect_both("accept.psram", VALUES("2MB"), VALUES(">=4MB"), false);
    expect_both("accept.psram", VALUES("no"), VALUES(">=4MB"), false);
    expect_both("accept.secure_boot", VALUES("on"), VALUES("off"), false);
    expect_both("accept.secure_boot", VALUES("on"), VALUES("any"), true);
    expect_both("accept.flash_encryption", VALUES("on"), VALUES("off"), false);
    expect_both("accept.mac", VALUES("7c:df:a1"), VALUES("24:0a:c4"), false);
    expect_both("accept.mac", VALUES("7c:df:a1"), VALUES("7C:DF:A1:00:00:01"), true);
}

static void two_chips_keep_jobs_apart_and_a_rule_of_one_job_does_not(void **state)
{
    struct eg_plan *const one = job_with("accept.revision", VALUES(">=3.0"));
    struct eg_plan *const same = fake_plan_create("esp32"), *const other = fake_plan_create("esp32c3");

    (void)state;
    assert_true(eg_accept_both(one, same));
    assert_false(eg_accept_both(one, other));
    eg_plan_destroy(one);
    eg_plan_destroy(same);
    eg_plan_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_jobs_meet_where_one_board_meets_the_rule_of_both),
        cmocka_unit_test(two_chips_keep_jobs_apart_and_a_rule_of_one_job_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
