/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <string.h>

enum { APP = 1 }; /* the second region: 64 KiB */

/* Write everything, then only the changes. */
static void write_first(struct fake_line *line)
{
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    assert_int_equal(line->results[0].outcome, EG_PASS);
    fake_plan_set(line->plan, "write", "changed");
}

static const struct eg_region_record *run_again(struct fake_line *line)
{
    fake_line_run(line);
    assert_int_equal(line->results[0].outcome, EG_PASS);
    fake_line_assert_written(line, 1);
    const struct fake_run *run = &line->recorder.runs[line->recorder.run_count - 1];
    for (unsigned i = 0; i < run->record.region_count; i++) {
        assert_string_equal(run->regions[i].verdict, "equal");
        assert_true(run->regions[i].read_back);
    }
    return run->regions;
}

static void change(struct fake_line *line, unsigned region, size_t at)
{
    struct eg_region *const changed = &line->plan->regions[region];
    struct eg_error err;

    changed->data.data[at] ^= 0x5a;
    eg_buffer_finish(&changed->zlib);
    assert_ok(eg_region_finish(changed, &err), err);
}

static unsigned requests(const struct fake_line *line)
{
    return vb_board_tally(vb_gang_board(line->gang, 1)).requests;
}

static void data_that_the_flash_holds_is_not_written_again(void **state)
{
    struct fake_line *line = *state;

    write_first(line);
    const uint64_t sent = line->results[0].bytes_sent;
    const struct eg_region_record *regions = run_again(line);
    assert_int_equal(regions[0].written, 0);
    assert_int_equal(regions[APP].written, 0);
    assert_true(line->results[0].bytes_sent < sent / 2);
}

static void the_first_write_is_on_record_with_all_its_bytes(void **state)
{
    struct fake_line *line = *state;

    write_first(line);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(run->regions[i].written, line->plan->regions[i].data.size);
}

static void of_a_changed_byte_its_sector_is_written(void **state)
{
    struct fake_line *line = *state;

    write_first(line);
    change(line, APP, 0x5123);
    const struct eg_region_record *regions = run_again(line);
    assert_int_equal(regions[0].written, 0);
    assert_int_equal(regions[APP].written, EG_FLASH_SECTOR);
    assert_true(regions[APP].times.blocks > 0);
}

static void sectors_apart_are_written_apart_and_neighbours_together(void **state)
{
    struct fake_line *line = *state;

    write_first(line);
    change(line, APP, 0x0fff);
    change(line, APP, 0x1000);
    change(line, APP, 0xffff);
    const struct eg_region_record *regions = run_again(line);
    assert_int_equal(regions[APP].written, 3 * EG_FLASH_SECTOR);
    assert_int_equal(regions[APP].times.blocks, 2);
}

static void a_last_sector_that_is_not_full_is_written_as_far_as_it_goes(void **state)
{
    struct fake_line *line = *state;
    struct eg_region *const app = &line->plan->regions[APP];
    struct eg_error err;

    assert_ok(eg_buffer_resize(&app->data, 0x8000 + 100, 0, &err), err);
    change(line, APP, 0);
    write_first(line);
    change(line, APP, 0x8010);
    const struct eg_region_record *regions = run_again(line);
    assert_int_equal(regions[APP].written, 100);
}

/* Return the number of requests in a second run of the same firmware. */
static unsigned requests_when_unchanged(struct fake_line *line, bool holds)
{
    write_first(line);
    line->recorder.holds = holds;
    const unsigned before = requests(line);
    run_again(line);
    const unsigned used = requests(line) - before;
    fake_plan_set(line->plan, "write", "all");
    vb_gang_destroy(line->gang);
    line->gang = NULL;
    return used;
}

static void a_region_that_the_ledger_knows_costs_one_digest(void **state)
{
    struct fake_line *line = *state;

    /* otherwise one digest of its only block, and one by the verify stage */
    assert_int_equal(requests_when_unchanged(line, false) - requests_when_unchanged(line, true), 2);
}

static void a_ledger_that_is_wrong_changes_nothing(void **state)
{
    struct fake_line *line = *state;

    write_first(line);
    line->recorder.holds = true;
    change(line, APP, 7);
    const struct eg_region_record *regions = run_again(line);
    assert_int_equal(regions[0].written, 0);
    assert_int_equal(regions[APP].written, EG_FLASH_SECTOR);
}

static void a_region_that_differs_in_most_blocks_is_written_as_a_whole(void **state)
{
    struct fake_line *line = *state;
    struct eg_region *const app = &line->plan->regions[APP];
    struct eg_error err;

    assert_ok(eg_buffer_resize(&app->data, 8 * 0x10000, 0x11, &err), err);
    change(line, APP, 0);
    write_first(line);
    for (size_t at = 0; at < (size_t)5 * 0x10000; at += 0x10000)
        change(line, APP, at);
    assert_int_equal(run_again(line)[APP].written, 5 * 0x10000);
    for (size_t at = 0; at < (size_t)4 * 0x10000; at += 0x10000)
        change(line, APP, at);
    assert_int_equal(run_again(line)[APP].written, 4 * EG_FLASH_SECTOR);
}

static void a_board_that_lies_about_a_changed_sector_does_not_pass(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "write", "changed");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("lie"));
    fake_line_run(line);
    assert_int_equal(line->results[0].outcome, EG_FAIL);
    assert_int_equal(line->results[0].code, EG_NOT_WRITTEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(data_that_the_flash_holds_is_not_written_again),
        TEST(the_first_write_is_on_record_with_all_its_bytes),
        TEST(of_a_changed_byte_its_sector_is_written),
        TEST(sectors_apart_are_written_apart_and_neighbours_together),
        TEST(a_last_sector_that_is_not_full_is_written_as_far_as_it_goes),
        TEST(a_region_that_the_ledger_knows_costs_one_digest),
        TEST(a_ledger_that_is_wrong_changes_nothing),
        TEST(a_region_that_differs_in_most_blocks_is_written_as_a_whole),
        TEST(a_board_that_lies_about_a_changed_sector_does_not_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
