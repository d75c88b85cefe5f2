/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/erase.h"
#include "tests/engine/stages/erasing.h"

static enum eg_code check(const struct fake_line *line, struct eg_error *err)
{
    const char *place = NULL;

    return eg_erase_check(line->plan, &place, err);
}

static void without_the_key_only_what_is_written_is_erased(void **state)
{
    struct fake_line *line = *state;

    add_table(line);
    const uint8_t *const flash = plug_used(line, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_all(flash, NVS, NVS_SIZE, 0x5a);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->record.erased_count, 0);
}

static void partitions_are_erased_by_name_and_read_back(void **state)
{
    struct fake_line *line = *state;

    erase_by(line, "nvs", "storage");
    const uint8_t *const flash = plug_used(line, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_all(flash, NVS, NVS_SIZE, 0xff);
    assert_all(flash, STORAGE, STORAGE_SIZE, 0xff);
    assert_all(flash, STORAGE + STORAGE_SIZE, 0x1000, 0x5a);
    const struct fake_run *const run = fake_recorder_run(&line->recorder, "1");
    assert_int_equal(run->record.erased_count, 2);
    assert_string_equal(run->erased[0].name, "nvs");
    assert_int_equal(run->erased[0].flash_addr, NVS);
    assert_int_equal(run->erased[0].size, NVS_SIZE);
    assert_string_equal(run->erased[0].method, "md5-by-chip");
    assert_string_equal(run->erased[1].verdict, "equal");
    assert_false(run->erased[1].was_blank);
}

static void all_leaves_nothing_but_what_is_written(void **state)
{
    struct fake_line *line = *state;

    erase_by(line, "all", NULL);
    fake_plan_add_item(line->plan, "allow", NULL, "erased-start"); /* the plan's application is none */
    uint8_t *const flash = plug_used(line, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    for (unsigned i = 0; i < line->plan->region_count; i++)
        memset(flash + line->plan->regions[i].flash_addr, 0xff, line->plan->regions[i].data.size);
    assert_all(flash, 0, FLASH_SIZE, 0xff);
    uint64_t size = 0;
    const struct fake_run *const run = fake_recorder_run(&line->recorder, "1");
    for (unsigned i = 0; i < run->record.erased_count; i++)
        size += run->erased[i].size;
    assert_int_equal(size, FLASH_SIZE - 0x3000 - 0xc00 - 0x10000);
}

static void the_rest_of_a_partition_that_is_written_is_erased(void **state)
{
    struct fake_line *line = *state;

    erase_by(line, "factory", NULL);
    fake_plan_add_item(line->plan, "allow", NULL, "erased-start");
    fake_plan_set(line->plan, "write", "changed");
    const uint8_t *const flash = plug_used(line, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_all(flash, 0x20000, 0xf0000, 0xff);
    fake_line_run(line); /* now all of it is as it should be */
    const struct fake_run *const again = &line->recorder.runs[1];
    assert_true(again->erased[0].was_blank);
    assert_string_equal(again->erased[0].verdict, "equal");
    assert_int_equal(again->regions[1].written, 0);
}

static void the_rest_of_a_sector_that_is_written_is_erased_though_nothing_else_changed(void **state)
{
    struct fake_line *line = *state;

    erase_by(line, "nvs", NULL);
    fake_plan_add(line->plan, "settings", NVS, 0x1234);
    fake_plan_set(line->plan, "write", "changed");
    uint8_t *const flash = plug_used(line, NO_FAULTS);
    line->recorder.holds = true;
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    for (unsigned i = 1; i <= 2; i++) {
        memset(flash + NVS + 0x1234, i == 1 ? 0x5a : 0xff, 0x100);
        fake_line_run_again(line);
        fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
        fake_line_assert_written(line, 1);
        assert_all(flash, NVS + 0x1234, NVS_SIZE - 0x1234, 0xff);
        assert_int_equal(line->recorder.runs[0].regions[3].written, i == 1 ? 0x234 : 0);
        assert_int_equal(line->recorder.runs[0].erased[0].size, NVS_SIZE - 0x1234);
        assert_string_equal(line->recorder.runs[0].erased[0].verdict, "equal");
    }
}

static void what_a_job_cannot_erase_is_refused_before_any_board(void **state)
{
    struct fake_line *line = *state;
    struct eg_error err;

    erase_by(line, "nvs", "spiffs");
    assert_error(check(line, &err), err, EG_BAD_JOB,
                 "erase names \"spiffs\", but the job's partition table has no partition of that name");
    eg_setting_clear(eg_plan_setting(line->plan, "erase"));
    fake_plan_add_item(line->plan, "erase", NULL, "nvs");
    fake_plan_add_item(line->plan, "erase", NULL, "all");
    assert_error(check(line, &err), err, EG_BAD_JOB, "erase names \"all\", which stands alone");
    eg_setting_clear(eg_plan_setting(line->plan, "erase"));
    fake_plan_add_item(line->plan, "erase", NULL, "nvs");
    fake_plan_add_item(line->plan, "erase", NULL, "nvs");
    assert_error(check(line, &err), err, EG_BAD_JOB, "erase names \"nvs\", which it has named before");
    eg_setting_clear(eg_plan_setting(line->plan, "erase"));
    fake_plan_add_item(line->plan, "erase", NULL, "touched");
    assert_ok(check(line, &err), err);
}

static void a_board_is_not_left_without_what_it_starts(void **state)
{
    struct fake_line *line = *state;
    struct eg_error err;

    erase_by(line, "factory", NULL);
    assert_error(check(line, &err), err, EG_BAD_JOB,
                 "erasing factory takes away the application in partition factory, and the job brings none");
    const uint8_t *const flash = plug_used(line, NO_FAULTS);
    fake_line_run(line);
    assert_int_equal(line->results[0].code, EG_BAD_JOB);
    assert_all(flash, 0, FLASH_SIZE, 0x5a);
}

static void a_job_without_a_table_cannot_name_partitions(void **state)
{
    struct fake_line *line = *state;
    struct eg_error err;

    fake_plan_add_item(line->plan, "erase", NULL, "nvs");
    assert_error(check(line, &err), err, EG_BAD_JOB,
                 "erase names \"nvs\", but the job has no partition table that tells where it is");
}

static void a_secured_board_keeps_what_it_has(void **state)
{
    struct fake_line *line = *state;

    erase_by(line, "nvs", NULL);
    fake_plan_add_item(line->plan, "allow", NULL, "plain-on-encrypted");
    fake_line_plug(line, &(struct vb_config){.fast = true, .flash_encryption = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "admit: erasing would take away what flash encryption needs to start");
    assert_true(fake_line_blank(line, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_the_key_only_what_is_written_is_erased),
        TEST(partitions_are_erased_by_name_and_read_back),
        TEST(all_leaves_nothing_but_what_is_written),
        TEST(the_rest_of_a_partition_that_is_written_is_erased),
        TEST(the_rest_of_a_sector_that_is_written_is_erased_though_nothing_else_changed),
        TEST(what_a_job_cannot_erase_is_refused_before_any_board),
        TEST(a_board_is_not_left_without_what_it_starts),
        TEST(a_job_without_a_table_cannot_name_partitions),
        TEST(a_secured_board_keeps_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
