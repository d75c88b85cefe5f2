/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

static void each_key_of_the_job_gets_a_block_and_its_purpose(void **state)
{
    struct fake_line *line = *state;

    fake_secure_sign(line->plan, "second.pem", "ecdsa256");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_0"), 9);
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_1"), 10);
    assert_int_equal(fake_secure_field(line, 1, "RD_DIS"), 0);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_KEY_REVOKE1"), 0);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_KEY_REVOKE2"), 1);
}

static void a_job_without_secure_boot_keys_has_no_stage_keys(void **state)
{
    struct fake_line *line = *state;

    eg_setting_clear(eg_plan_setting(line->plan, "secure.boot.keys"));
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_null(strstr(line->recorder.transcript, "stage-begin keys"));
    assert_non_null(strstr(line->recorder.transcript, "stage-begin close"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_key_of_the_job_gets_a_block_and_its_purpose, fake_secure_setup,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_job_without_secure_boot_keys_has_no_stage_keys, fake_secure_setup,
                                        fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
