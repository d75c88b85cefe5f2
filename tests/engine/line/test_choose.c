/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdlib.h>
#include <string.h>

/* A line with a second job, which has a recorder of its own. */
struct tray {
    struct fake_line *line;
    struct eg_plan *plan;
    struct fake_recorder recorder;
    struct eg_line_job more[2];
};

static int tray_setup(void **state)
{
    struct tray *const tray = calloc(1, sizeof *tray);

    if (tray == NULL || fake_line_setup((void **)&tray->line) != 0)
        return -1;
    fake_recorder_init(&tray->recorder);
    tray->plan = fake_plan_create("esp32c3");
    fake_plan_add(tray->plan, "app", 0x10000, 0x8000);
    *state = tray;
    return 0;
}

static int tray_teardown(void **state)
{
    struct tray *const tray = *state;
    void *line = tray->line;

    fake_line_teardown(&line);
    fake_recorder_finish(&tray->recorder);
    eg_plan_destroy(tray->plan);
    free(tray);
    return 0;
}

/* Plug in boards of these chips, in turn, and add the second job. */
static void plug(struct tray *tray, const struct vb_kind *kinds, unsigned count, unsigned boards,
                 const char *const *faults)
{
    const struct vb_config config = {.fast = true, .kinds = kinds, .kind_count = count};

    fake_line_plug(tray->line, &config, boards, faults);
    tray->more[0] = (struct eg_line_job){tray->plan, &tray->recorder.recorder};
    tray->line->station.more = tray->more;
    tray->line->station.more_count = 1;
}

static struct vb_kind kind(const char *chip)
{
    return (struct vb_kind){eg_target_by_name(chip), NULL};
}

static void each_board_of_a_mixed_tray_gets_the_job_for_its_chip(void **state)
{
    struct tray *const tray = *state;
    struct fake_line *const line = tray->line;
    const struct vb_kind kinds[] = {kind("esp32"), kind("esp32c3")};

    plug(tray, kinds, 2, 4, NO_FAULTS);
    fake_line_run(line);
    for (unsigned i = 0; i < 4; i++) {
        const struct eg_plan *const plan = i % 2 == 0 ? line->plan : tray->plan;
        const struct fake_recorder *const recorder = i % 2 == 0 ? &line->recorder : &tray->recorder;
        size_t size;
        const uint8_t *const flash = vb_board_flash(vb_gang_board(line->gang, i + 1), &size);
        assert_int_equal(line->results[i].outcome, EG_PASS);
        assert_ptr_equal(line->results[i].plan, plan);
        assert_int_equal(fake_recorder_run(recorder, line->names[i])->finishes, 1);
        for (unsigned k = 0; k < plan->region_count; k++)
            assert_memory_equal(flash + plan->regions[k].flash_addr, plan->regions[k].data.data,
                                plan->regions[k].data.size);
    }
    assert_int_equal(line->recorder.run_count, 2);
    assert_int_equal(tray->recorder.run_count, 2);
}

static void a_board_that_no_job_is_for_is_refused_on_record_and_stays_blank(void **state)
{
    struct tray *const tray = *state;
    struct fake_line *const line = tray->line;
    const struct vb_kind kinds[] = {kind("esp32s3")};

    plug(tray, kinds, 1, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_WRONG_CHIP,
                            "the board is an ESP32-S3, the jobs are for ESP32, ESP32-C3");
    assert_string_equal(fake_recorder_run(&line->recorder, "1")->unit.chip, "esp32s3");
    assert_true(fake_line_blank(line, 1));
}

static void the_chips_of_all_jobs_are_named_each_once(void **state)
{
    struct tray *const tray = *state;
    struct fake_line *const line = tray->line;
    const struct vb_kind kinds[] = {kind("esp32s3")};
    const struct eg_target *const first = line->plan->target;

    line->plan->target = tray->plan->target;
    tray->plan->target = first;
    plug(tray, kinds, 1, 1, NO_FAULTS);
    tray->more[1] = (struct eg_line_job){line->plan, &line->recorder.recorder};
    line->station.more_count = 2;
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_WRONG_CHIP,
                            "the board is an ESP32-S3, the jobs are for ESP32-C3, ESP32");
}

static void of_two_jobs_for_a_chip_the_accept_rules_choose(void **state)
{
    struct tray *const tray = *state;
    struct fake_line *const line = tray->line;
    const struct vb_kind kinds[] = {kind("esp32c3")};

    fake_plan_add_item(line->plan, "accept.revision", NULL, "<0.4");
    line->plan->target = tray->plan->target;
    fake_plan_add_item(tray->plan, "accept.revision", NULL, ">=0.4");
    plug(tray, kinds, 1, 1, NO_FAULTS);
    fake_line_run(line);
    assert_int_equal(line->results[0].outcome, EG_PASS);
    assert_ptr_equal(line->results[0].plan, tray->plan);
}

static void a_board_that_fits_none_of_the_jobs_for_its_chip_hears_why(void **state)
{
    struct tray *const tray = *state;
    struct fake_line *const line = tray->line;
    const struct vb_kind kinds[] = {kind("esp32c3")};

    fake_plan_add_item(line->plan, "accept.revision", NULL, "<0.3");
    line->plan->target = tray->plan->target;
    fake_plan_add_item(tray->plan, "accept.revision", NULL, ">=1.0");
    plug(tray, kinds, 1, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_NOT_ACCEPTED,
        "no job fits the board: *: the chip is revision 0.4, the job accepts <0.3; *: the "
        "chip is revision 0.4, the job accepts >=1.0");
    assert_true(fake_line_blank(line, 1));
}

static void a_board_that_two_jobs_fit_gets_none(void **state)
{
    struct tray *const tray = *state;
    struct fake_line *const line = tray->line;
    const struct vb_kind kinds[] = {kind("esp32c3")};

    line->plan->target = tray->plan->target;
    plug(tray, kinds, 1, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_NOT_ACCEPTED, "2 jobs fit the board, * and others");
    assert_true(fake_line_blank(line, 1));
}

static void a_board_that_does_not_answer_fails_as_with_one_job(void **state)
{
    struct tray *const tray = *state;
    struct fake_line *const line = tray->line;
    const struct vb_kind kinds[] = {kind("esp32c3")};

    plug(tray, kinds, 1, 1, FAULTS("1:silent"));
    fake_line_run(line);
    assert_int_equal(line->results[0].outcome, EG_ERROR);
    assert_string_equal(eg_code_name(line->results[0].code), "no-sync");
    assert_int_equal(line->recorder.run_count, 1);
}

#define with_tray(test) cmocka_unit_test_setup_teardown(test, tray_setup, tray_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_tray(each_board_of_a_mixed_tray_gets_the_job_for_its_chip),
        with_tray(a_board_that_no_job_is_for_is_refused_on_record_and_stays_blank),
        with_tray(the_chips_of_all_jobs_are_named_each_once),
        with_tray(of_two_jobs_for_a_chip_the_accept_rules_choose),
        with_tray(a_board_that_fits_none_of_the_jobs_for_its_chip_hears_why),
        with_tray(a_board_that_two_jobs_fit_gets_none),
        with_tray(a_board_that_does_not_answer_fails_as_with_one_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
