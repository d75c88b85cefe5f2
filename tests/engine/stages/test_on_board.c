/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An application for a board that keeps its bootloader and table. Tests of the rules themselves:
 * tests/engine/guard/, tests/matrix/test_rules.c.
 */

#include "engine/base/bytes.h"
#include "engine/image/image.h"
#include "engine/image/partitions.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"
#include "tools/vboard/chip/chip.h"

#include <string.h>

static const struct vb_config fast = {.fast = true};

/* Make a plan of an application at 0x20000 alone. */
static void set_plan(struct fake_line *line)
{
    struct eg_region *const region = &line->plan->regions[0];
    struct eg_error err;

    eg_region_destroy(&line->plan->regions[1]);
    line->plan->region_count = 1;
    region->flash_addr = 0x20000;
    memset(region->data.data, 0, region->data.size);
    region->data.data[0] = EG_IMAGE_MAGIC;
    region->data.data[1] = 1;
    eg_put32(region->data.data + 24, 0x3f400020); /* a segment mapped from flash */
    eg_put32(region->data.data + 28, 100);
    region->is_image = true;
    eg_buffer_finish(&region->zlib);
    assert_ok(eg_region_finish(region, &err), err);
}

/* Write the board's own contents into its flash. */
static void furnish(struct fake_line *line, uint32_t table_addr)
{
    static const struct eg_partition factory = {"factory", EG_PARTITION_APP, 0, 0x20000, 0x10000, 0};
    struct eg_partitions table = {.count = 1};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bytes = {0};
    struct eg_error err;
    uint8_t *const flash = vb_gang_board(line->gang, 1)->flash.data;

    table.rows[0] = factory;
    assert_ok(eg_partitions_write(&bytes, &table, true, &err), err);
    memcpy(flash + table_addr, bytes.data, bytes.size);
    flash[0x1000] = EG_IMAGE_MAGIC;
}

static void an_application_is_not_put_on_a_blank_board(void **state)
{
    struct fake_line *line = *state;

    set_plan(line);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_NOT_ACCEPTED,
        "stub: neither the job nor the board has a bootloader at 0x00001000: the ESP32 would "
        "not start");
    assert_true(fake_line_blank(line, 1));
}

static void an_application_is_put_on_a_board_that_has_the_rest(void **state)
{
    struct fake_line *line = *state;

    set_plan(line);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    furnish(line, 0x8000);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
}

static void a_table_may_be_where_the_bootloader_was_built_to_look(void **state)
{
    struct fake_line *line = *state;

    set_plan(line);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    furnish(line, 0x10000);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
}

static void the_rom_looks_too(void **state)
{
    struct fake_line *line = *state;

    set_plan(line);
    fake_plan_set(line->plan, "link.stub", "off");
    line->plan->regions[0].flash_addr = 0x200000;
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    furnish(line, 0x8000);
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_ERROR, EG_BAD_JOB,
        "stub: * is an application and goes to 0x00200000, where the board's partition table "
        "has no partition");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_application_is_not_put_on_a_blank_board),
        TEST(an_application_is_put_on_a_board_that_has_the_rest),
        TEST(a_table_may_be_where_the_bootloader_was_built_to_look),
        TEST(the_rom_looks_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
