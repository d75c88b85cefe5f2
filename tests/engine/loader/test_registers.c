/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

/* Read the last register that a recording reads. */
static void read_recorded(const char *recording, const char *chip, bool stub, uint32_t addr,
                          uint32_t expected)
{
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t word;

    talk_record(&talk, recording);
    talk_begin_at(&talk, talk.count - (stub ? 3 : 1), 1, &script, &loader, chip, stub);
    assert_ok(eg_loader_read_reg(&loader, addr, &word, &err), err);
    assert_int_equal(word, expected);
    talk_end(&script);
}

static void real_chips_give_a_word_of_memory(void **state)
{
    (void)state;
    read_recorded("traces/esp32-rom-read-mem.jsonl", "esp32", false, 0x3ff5a000, 0);
    read_recorded("traces/esp32-stub-read-mem.jsonl", "esp32", true, 0x3ff5a000, 0);
    read_recorded("traces/esp32c3-rom-read-mem.jsonl", "esp32c3", false, 0x60008844, 0xc4001001);
    read_recorded("traces/esp32c3-stub-read-mem.jsonl", "esp32c3", true, 0x60008844, 0xc4001001);
}

static void a_write_may_wait_on_the_chip_and_is_waited_for(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x09, 0x3ff44004, 0x12, 0xff, 2500000);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_write_reg(&loader, 0x3ff44004, 0x12, 0xff, 2500000, &err), err, EG_TIMEOUT,
                 "writing register 0x3ff44004: no answer to WRITE_REG within 5500 ms");
    talk_end(&script);
}

static void a_field_reads_a_word_that_its_parts_share_once(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t value;

    talk_read(&talk, 0x5012d04c, 1u << 23 | 2u << 4);
    talk_begin(&talk, &script, &loader, "esp32p4", false);
    assert_ok(eg__read_field(&loader, EG_FIELD_REV_MAJOR, &value, &err), err);
    assert_int_equal(value, 6);
    talk_end(&script);
}

static void a_field_that_the_chip_lacks_is_0_and_not_read(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint32_t value = 1;

    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg__read_field(&loader, EG_FIELD_KEY_MANAGER, &value, &err), err);
    assert_int_equal(value, 0);
    talk_end(&script);
}

static void a_row_of_a_table_writes_a_word_or_some_of_its_bits(void **state)
{
    (void)state;
    static const struct eg_register_write writes[] = {
        {0x60008090, 0x1234, 0, 0, 0}, {0x60008094, 0, 0x30, 0x0c, 100}, {0x60008098, 0, 0, 0, 0}, {0}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_write(&talk, 0x60008090, 0x1234, 0xffffffff);
    talk_write(&talk, 0x60008094, 0x30, 0x3c);
    talk_write(&talk, 0x60008098, 0, 0xffffffff);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_ok(eg__write_registers(&loader, writes, &err), err);
    talk_end(&script);
}

static void a_table_ends_at_the_first_row_that_fails(void **state)
{
    (void)state;
    static const struct eg_register_write writes[] = {
        {0x60008090, 1, 0, 0, 0}, {0x60008094, 2, 0, 0, 0}, {0x60008098, 3, 0, 0, 0}, {0}};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_write(&talk, 0x60008090, 1, 0xffffffff);
    TALK_WORDS(&talk, 0x09, 0x60008094, 2, 0xffffffff, 0);
    talk_reply(&talk, 0x09, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_error(eg__write_registers(&loader, writes, &err), err, EG_DEVICE_REFUSED,
                 "writing register 0x60008094: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void the_clock_of_the_cpu_is_raised_by_the_target_s_registers_under_a_stub(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_write(&talk, 0x60096110, 1u << 16, 3u << 16);
    talk_begin(&talk, &script, &loader, "esp32c6", true);
    assert_ok(eg_loader_speed_up(&loader, &err), err);
    assert_true(loader.cpu_fast);
    talk_end(&script);
}

static void no_clock_is_raised_elsewhere(void **state)
{
    static const struct {
        const char *chip;
        bool stub;
    } rows[] = {{"esp32c6", false}, {"esp32s3", true}, {"esp32", true}};

    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct talk talk = {.status_size = rows[i].stub ? 2 : 4};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;

        talk_begin(&talk, &script, &loader, rows[i].chip, rows[i].stub);
        assert_ok(eg_loader_speed_up(&loader, &err), err);
        assert_false(loader.cpu_fast);
        talk_end(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_of_the_cpu_is_raised_by_the_target_s_registers_under_a_stub),
        cmocka_unit_test(no_clock_is_raised_elsewhere),
        cmocka_unit_test(real_chips_give_a_word_of_memory),
        cmocka_unit_test(a_write_may_wait_on_the_chip_and_is_waited_for),
        cmocka_unit_test(a_field_reads_a_word_that_its_parts_share_once),
        cmocka_unit_test(a_field_that_the_chip_lacks_is_0_and_not_read),
        cmocka_unit_test(a_row_of_a_table_writes_a_word_or_some_of_its_bits),
        cmocka_unit_test(a_table_ends_at_the_first_row_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
