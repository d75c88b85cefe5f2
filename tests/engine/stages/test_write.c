/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <fnmatch.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

static const struct vb_config fast = {.fast = true};

static void every_chip_gets_every_region(void **state)
{
    static const char *const chips[] = {"esp32", "esp32c3", "esp32s3"};
    struct fake_line *line = *state;

    for (unsigned i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        line->plan->target = eg_target_by_name(chips[i]);
        fake_line_plug(line, &fast, 1, NO_FAULTS);
        fake_line_run(line);
        if (line->results[0].outcome != EG_PASS)
            fail_msg("%s: %s", chips[i], line->results[0].text);
        fake_line_assert_written(line, 1);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

static void the_time_of_each_block_is_told(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &(struct vb_config){0}, 1, FAULTS("late@20000:1000"));
    fake_line_run(line);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    for (unsigned i = 0; i < 2; i++) {
        const struct eg_region *const region = &line->plan->regions[i];
        const struct eg_write_times *const times = &run->regions[i].times;
        assert_int_equal(times->blocks, eg_div_up((uint32_t)region->zlib.size, 0x400));
        assert_true(times->erases_first);
        assert_true(times->block_min_us <= times->block_median_us);
        assert_true(times->block_median_us <= times->block_max_us);
        assert_true(times->erase_us + times->block_max_us <= times->total_us);
    }
    assert_in_range(run->regions[1].times.slowest_addr, 0x10001, 0x1ffff);
}

static void data_that_does_not_compress_goes_plain(void **state)
{
    struct fake_line *line = *state;
    struct eg_region *app = &line->plan->regions[1];

    eg_buffer_finish(&app->zlib);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_true(line->results[0].bytes_sent > app->data.size);
}

/* The reported progress of a run. */
struct watch {
    uint64_t done, total;
    bool backwards;
    char last[32];
};

static void watch_progress(void *context, const struct eg_log_record *record)
{
    struct watch *watch = context;

    if (record->kind != EG_LOG_PROGRESS || strcmp(record->stage, "write") != 0)
        return;
    watch->backwards |= record->done < watch->done;
    watch->done = record->done;
    watch->total = record->total;
    snprintf(watch->last, sizeof watch->last, "%s", record->text);
}

static void progress_goes_up_to_the_whole_job(void **state)
{
    struct fake_line *line = *state;
    struct watch watch = {0};

    line->recorder.at_log = watch_progress;
    line->recorder.context = &watch;
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    assert_false(watch.backwards);
    assert_int_equal(watch.done, line->plan->data_size);
    assert_int_equal(watch.total, line->plan->data_size);
    assert_string_equal(watch.last, "app");
}

static void keep_end_of_write(void *context, const struct eg_log_record *record)
{
    if (record->kind == EG_LOG_STAGE_END && strcmp(record->stage, "write") == 0)
        snprintf(context, 200, "%s", record->text);
}

static void the_time_of_the_wire_is_told_beside_that_of_the_stage(void **state)
{
    struct fake_line *line = *state;
    char text[200] = "";

    line->recorder.at_log = keep_end_of_write;
    line->recorder.context = text;
    fake_line_plug(line, &(struct vb_config){0}, 1, NO_FAULTS);
    fake_line_run(line);
    if (fnmatch("wire 0.[0-9][0-9] s, limited by *", text, 0) != 0)
        fail_msg("%s", text);
    vb_gang_destroy(line->gang);
    fake_line_plug(line, &(struct vb_config){.used = true}, 1, NO_FAULTS);
    fake_line_run(line);
    if (fnmatch("wire 0.[0-9][0-9] s, limited by flash, slowest block [0-9].[0-9][0-9] s at 0x000????? "
                "(median *)",
                text, 0) != 0)
        fail_msg("%s", text);
}

static void of_a_board_without_time_the_wire_is_not_told(void **state)
{
    struct fake_line *line = *state;
    char text[200] = "x";

    line->recorder.at_log = keep_end_of_write;
    line->recorder.context = text;
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    assert_string_equal(text, "");
}

static sem_t connected;

static void note_write(void *context, const struct eg_log_record *record)
{
    (void)context;
    if (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "write") == 0)
        sem_post(&connected);
}

static enum eg_code pack_once_connected(struct eg_region *region, struct eg_error *err)
{
    sem_wait(&connected);
    sem_post(&connected);
    return eg_region_compress(region, err);
}

static void a_board_connects_while_its_regions_are_compressed(void **state)
{
    struct fake_line *line = *state;
    struct eg_error err;

    sem_init(&connected, 0, 0);
    for (unsigned i = 0; i < line->plan->region_count; i++)
        eg_buffer_finish(&line->plan->regions[i].zlib);
    assert_ok(eg_plan_pack_begin(line->plan, pack_once_connected, &err), err);
    line->recorder.at_log = note_write;
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_true(line->results[0].bytes_sent < line->plan->data_size);
    sem_destroy(&connected);
}

static void a_failure_names_the_region(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &fast, 1, FAULTS("gone@20000"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_PORT_GONE,
                            "write: app at 0x00010000: block * of 32 at 0x0001*: "
                            "sim:esp32/1: the simulated board was unplugged");
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->record.region_count, 2);
}

static void a_block_that_was_damaged_is_sent_again_and_the_pass_is_marginal(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 1, FAULTS("flip@20000"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
    assert_string_equal(line->results[0].marginal, "blocks were sent again");
    fake_line_assert_written(line, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_chip_gets_every_region),
        TEST(the_time_of_each_block_is_told),
        TEST(data_that_does_not_compress_goes_plain),
        TEST(progress_goes_up_to_the_whole_job),
        TEST(the_time_of_the_wire_is_told_beside_that_of_the_stage),
        TEST(of_a_board_without_time_the_wire_is_not_told),
        TEST(a_board_connects_while_its_regions_are_compressed),
        TEST(a_failure_names_the_region),
        TEST(a_block_that_was_damaged_is_sent_again_and_the_pass_is_marginal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
