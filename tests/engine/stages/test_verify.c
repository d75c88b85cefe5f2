/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <string.h>

static const struct vb_config fast = {.fast = true};

/* A fault that holds one bit of the flash at what the plan does not want there; `*value` is what it stays at.
 */
static void stuck_fault(char text[64], const struct fake_line *line, uint32_t flash_addr, unsigned bit,
                        int *value)
{
    const struct eg_region *app = &line->plan->regions[1];

    *value = (app->data.data[flash_addr - app->flash_addr] >> bit & 1) == 0;
    snprintf(text, 64, "stuck@0x%x.%u=%d", (unsigned)flash_addr, bit, *value);
}

static void assert_regions(const struct fake_line *line, const char *method)
{
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");

    assert_int_equal(run->record.region_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_ptr_equal(run->regions[i].region, &line->plan->regions[i]);
        assert_true(run->regions[i].read_back);
        assert_string_equal(run->regions[i].method, method);
        assert_string_equal(run->regions[i].verdict, "equal");
        assert_memory_equal(run->regions[i].md5, line->plan->regions[i].md5, EG_MD5_SIZE);
    }
}

static void the_chip_s_own_digest_of_every_region_is_on_record(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_regions(line, "md5-by-chip");
}

static void reading_back_is_a_choice(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "verify", "read-back");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_regions(line, "read-back");
    assert_true(fake_recorder_run(&line->recorder, "1")->record.bytes_received > line->plan->data_size);
}

static void a_board_that_says_ok_and_writes_nothing_is_caught(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 1, FAULTS("lie"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_NOT_WRITTEN,
                            "verify: bootloader at 0x00001000: sector 0x00001000 is still erased, the board "
                            "answered OK but wrote nothing");
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_string_equal(run->regions[0].verdict, "different");
    assert_string_equal(run->regions[1].verdict, "not-checked");
    assert_string_equal(run->regions[1].method, "none");
    assert_false(run->regions[1].read_back);
}

static void reading_back_catches_the_liar_too(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "verify", "read-back");
    fake_line_plug(line, &fast, 1, FAULTS("lie"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_NOT_WRITTEN,
                            "verify: bootloader at 0x00001000: sector 0x00001000 is still erased, the board "
                            "answered OK but wrote nothing");
}

static void a_stuck_bit_is_named(void **state)
{
    struct fake_line *line = *state;
    char fault[64], text[128];
    int value;

    stuck_fault(fault, line, 0x1a010, 3, &value);
    snprintf(text, sizeof text, "verify: app at 0x00010000: bit 3 of 0x0001a010 stays %d", value);
    fake_line_plug(line, &fast, 1, FAULTS(fault));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_STUCK_BITS, text);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_string_equal(run->regions[0].verdict, "equal");
    assert_string_equal(run->regions[1].verdict, "different");
}

static void a_board_with_a_stuck_bit_is_not_tried_again(void **state)
{
    struct fake_line *line = *state;
    char fault[64];
    int value;

    fake_plan_set(line->plan, "retry.attempts", "3");
    stuck_fault(fault, line, 0x10000, 0, &value);
    fake_line_plug(line, &fast, 1, FAULTS(fault));
    fake_line_run(line);
    assert_int_equal(line->results[0].code, EG_STUCK_BITS);
    assert_int_equal(line->results[0].attempts, 1);
}

/* Address from `from` in the app where the plan wants a byte in which `bit` is `value`. */
static uint32_t find(const struct fake_line *line, uint32_t from, unsigned bit, unsigned value)
{
    const struct eg_region *app = &line->plan->regions[1];

    while ((app->data.data[from - app->flash_addr] >> bit & 1u) != value)
        from++;
    return from;
}

static void stuck_bits_of_several_bytes_are_counted(void **state)
{
    struct fake_line *line = *state;
    char first[64], second[64], third[64], text[160];
    const uint32_t at = find(line, 0x13200, 2, 0), next = find(line, at + 1, 5, 0);

    snprintf(first, sizeof first, "stuck@0x%x.2=1", (unsigned)at);
    snprintf(second, sizeof second, "stuck@0x%x.5=1", (unsigned)next);
    snprintf(third, sizeof third, "stuck@0x%x.0=1", (unsigned)find(line, next + 1, 0, 0));
    snprintf(text, sizeof text,
             "verify: app at 0x00010000: bit 2 of 0x%08x stays 1, and so in 2 more bytes of its sector",
             (unsigned)at);
    fake_line_plug(line, &fast, 1, FAULTS(first, second, third));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_STUCK_BITS, text);
}

static void two_stuck_bits_of_one_byte_are_both_named(void **state)
{
    struct fake_line *line = *state;
    char first[64], second[64], text[128];
    uint32_t at = find(line, 0x12000, 1, 0);

    while (line->plan->regions[1].data.data[at - 0x10000] & 0x22)
        at++;
    snprintf(first, sizeof first, "stuck@0x%x.1=1", (unsigned)at);
    snprintf(second, sizeof second, "stuck@0x%x.5=1", (unsigned)at);
    snprintf(text, sizeof text, "verify: app at 0x00010000: bits 1, 5 of 0x%08x stay 1", (unsigned)at);
    fake_line_plug(line, &fast, 1, FAULTS(first, second));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_STUCK_BITS, text);
}

static void other_contents_are_told_by_their_first_difference(void **state)
{
    struct fake_line *line = *state;
    char first[64], second[64], text[160];
    const struct eg_region *app = &line->plan->regions[1];
    const uint32_t at = find(line, 0x14321, 2, 0);

    snprintf(first, sizeof first, "stuck@0x%x.2=1", (unsigned)at);
    snprintf(second, sizeof second, "stuck@0x%x.5=0", (unsigned)find(line, at + 1, 5, 1));
    const unsigned wanted = app->data.data[at - app->flash_addr];
    snprintf(text, sizeof text,
             "verify: app at 0x00010000: 0x%08x holds 0x%02x instead of 0x%02x, 2 of 4096 bytes of sector "
             "0x00014000 differ",
             (unsigned)at, wanted | 4, wanted);
    fake_line_plug(line, &fast, 1, FAULTS(first, second));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_VERIFY_MISMATCH, text);
}

static void run_esp8266_rom(struct fake_line *line)
{
    line->plan->target = eg_target_by_name("esp8266");
    fake_plan_set(line->plan, "link.stub", "off");
    fake_plan_set(line->plan, "link.baud", "115200");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
}

static void a_loader_that_computes_no_digest_never_passes(void **state)
{
    struct fake_line *line = *state;

    run_esp8266_rom(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_CANNOT_VERIFY,
                            "verify: bootloader at 0x00001000: the ROM of ESP8266 computes no digest");
}

static void a_loader_that_cannot_read_back_never_passes(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "verify", "read-back");
    run_esp8266_rom(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_CANNOT_VERIFY, "verify: bootloader at 0x00001000: ESP8266 reads no flash without a stub");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_chip_s_own_digest_of_every_region_is_on_record),
        TEST(reading_back_is_a_choice),
        TEST(a_board_that_says_ok_and_writes_nothing_is_caught),
        TEST(reading_back_catches_the_liar_too),
        TEST(a_stuck_bit_is_named),
        TEST(a_board_with_a_stuck_bit_is_not_tried_again),
        TEST(stuck_bits_of_several_bytes_are_counted),
        TEST(two_stuck_bits_of_one_byte_are_both_named),
        TEST(other_contents_are_told_by_their_first_difference),
        TEST(a_loader_that_computes_no_digest_never_passes),
        TEST(a_loader_that_cannot_read_back_never_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
