/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

static const uint8_t bytes[0x1900] = {0xc0, 0xdb, 0x01, 0x02};

static void memory_begins_and_ends_with_the_bytes_of_the_reference(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {HOST(0xc0, 0x00, 0x05, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0xfc, 0x17, 0x00, 0x00, 0x01, 0x00, 0x00,
              0x00, 0x00, 0x18, 0x00, 0x00, 0x00, 0x80, 0x0a, 0x40, 0xc0),
         BOARD(0xc0, 0x01, 0x05, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
        {HOST(0xc0, 0x00, 0x07, 0x14, 0x00, 0xf7, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
              0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xdb, 0xdc, 0xdb, 0xdd, 0x01, 0x02, 0xc0),
         BOARD(0xc0, 0x01, 0x07, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
        {HOST(0xc0, 0x00, 0x06, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x74, 0x90, 0x0a,
              0x40, 0xc0),
         BOARD(0xc0, 0x01, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0)},
    };
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    eg_loader_init(&loader, scripted_port_init(&script, turns, 3));
    loader.target = eg_target_by_name("esp32");
    assert_int_equal(eg_loader_ram_block_size(&loader), 0x1800);
    assert_ok(eg_loader_mem_begin(&loader, 6140, 0x400a8000, &err), err);
    assert_ok(eg_loader_mem_block(&loader, bytes, 4, &err), err);
    assert_ok(eg_loader_mem_finish(&loader, 0x400a9074, &err), err);
    talk_end(&script);
}

static void blocks_are_numbered_from_0_in_each_load(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    for (unsigned load = 0; load < 2; load++) {
        TALK_WORDS(&talk, 0x05, 8, 1, 0x1800, 0x40080000);
        talk_reply(&talk, 0x05, 0, 0);
        for (uint32_t sequence = 0; sequence < 2; sequence++) {
            talk_block(&talk, 0x07, sequence, bytes, 4, 4);
            talk_reply(&talk, 0x07, 0, 0);
        }
    }
    talk_begin(&talk, &script, &loader, "esp32", false);
    for (unsigned load = 0; load < 2; load++) {
        assert_ok(eg_loader_mem_begin(&loader, 8, 0x40080000, &err), err);
        assert_ok(eg_loader_mem_block(&loader, bytes, 4, &err), err);
        assert_ok(eg_loader_mem_block(&loader, bytes, 4, &err), err);
    }
    talk_end(&script);
}

static void a_piece_of_memory_goes_in_blocks_of_6144_bytes(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x05, 0x1900, 2, 0x1800, 0x40080000);
    talk_reply(&talk, 0x05, 0, 0);
    talk_block(&talk, 0x07, 0, bytes, 0x1800, 0x1800);
    talk_reply(&talk, 0x07, 0, 0);
    talk_block(&talk, 0x07, 1, bytes + 0x1800, 0x100, 0x100);
    talk_reply(&talk, 0x07, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_load_mem(&loader, 0x40080000, bytes, 0x1900, &err), err);
    assert_ok(eg_loader_load_mem(&loader, 0x40080000, bytes, 0, &err), err); /* nothing to do */
    talk_end(&script);
}

static uint32_t block_size(const char *chip, bool stub, uint16_t vid, uint16_t pid)
{
    struct scripted_port script;
    struct eg_loader loader;

    eg_loader_init(&loader, scripted_port_init(&script, NULL, 0));
    loader.target = eg_target_by_name(chip);
    loader.stub = stub;
    script.port.vid = vid;
    script.port.pid = pid;
    return eg_loader_ram_block_size(&loader);
}

static void blocks_are_small_over_the_chips_own_usb(void **state)
{
    (void)state;
    static const struct {
        const char *chip;
        uint16_t pid;
    } rows[] = {{"esp32s2", 2}, {"esp32s3", 9}, {"esp32p4", 18}, {"esp32s31", 32}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(block_size(rows[i].chip, false, 0x303a, rows[i].pid), 0x800);
        assert_int_equal(block_size(rows[i].chip, true, 0x303a, rows[i].pid), 0x800);
        assert_int_equal(block_size(rows[i].chip, false, 0x303a, 0x1001), 0x1800);
        assert_int_equal(block_size(rows[i].chip, false, 0x10c4, rows[i].pid), 0x1800);
    }
    /* its ROM takes large ones */
    assert_int_equal(block_size("esp32e22", false, 0x303a, 31), 0x1800);
    assert_int_equal(block_size("esp32e22", true, 0x303a, 31), 0x800);
    /* a chip without such USB, whatever the product says */
    assert_int_equal(block_size("esp32c3", true, 0x303a, 5), 0x1800);
}

static void a_block_that_is_too_large_or_empty_is_not_sent(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_mem_block(&loader, bytes, 0x1801, &err), err, EG_BAD_ARGUMENT,
                 "a block of 6145 bytes; a block of RAM has 1 to 6144");
    assert_error(eg_loader_mem_block(&loader, bytes, 0, &err), err, EG_BAD_ARGUMENT,
                 "a block of 0 bytes; a block of RAM has 1 to 6144");
    talk_end(&script);
}

static void a_refusal_says_where_the_memory_is(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x05, 8, 1, 0x1800, 0x3ff00000);
    talk_reply(&talk, 0x05, 0, 0x010f);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_mem_begin(&loader, 8, 0x3ff00000, &err), err, EG_DEVICE_REFUSED,
                 "beginning 8 bytes of RAM at 0x3ff00000: device status 0x010f (RAM image address invalid)");
    talk_end(&script);
}

static void a_refused_block_says_which_it_was(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_block(&talk, 0x07, 0, bytes, 4, 4);
    talk_reply(&talk, 0x07, 0, 0);
    talk_block(&talk, 0x07, 1, bytes, 4, 4);
    talk_reply(&talk, 0x07, 0, 0xc900);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_mem_block(&loader, bytes, 4, &err), err);
    assert_error(eg_loader_mem_block(&loader, bytes, 4, &err), err, EG_DEVICE_REFUSED,
                 "block 2: device status 0xc900 (too much data)");
    talk_end(&script);
}

/* Load next to a stub with code at 0x40080000 to 0x40081000 and data at 0x3ffe0000 to 0x3ffe0100. */
static enum eg_code load_beside_stub(bool stub, uint32_t addr, uint32_t size, struct eg_error *err)
{
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;

    TALK_WORDS(&talk, 0x05, size, 1, 0x1800, addr);
    talk_reply(&talk, 0x05, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32", stub);
    loader.stub_ram[0] = (struct eg_range){0x40080000, 0x40081000};
    loader.stub_ram[1] = (struct eg_range){0x3ffe0000, 0x3ffe0100};
    const enum eg_code code = eg_loader_mem_begin(&loader, size, addr, err);
    assert_string_equal(script.complaint, "");
    assert_int_equal(script.port.bytes_sent, code == EG_OK ? 26 : 0);
    return code;
}

static void a_stub_that_runs_is_not_overwritten(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(load_beside_stub(true, 0x4007ff00, 0x100, &err), err);
    assert_ok(load_beside_stub(true, 0x40081000, 0x100, &err), err);
    assert_error(load_beside_stub(true, 0x4007ff00, 0x101, &err), err, EG_BAD_ARGUMENT,
                 "0x4007ff00 to 0x40080001 is where the stub runs, 0x40080000 to 0x40081000: load it without "
                 "a stub");
    assert_error(load_beside_stub(true, 0x40080fff, 0x100, &err), err, EG_BAD_ARGUMENT,
                 "0x40080fff to 0x400810ff is where the stub runs, 0x40080000 to 0x40081000: load it without "
                 "a stub");
    assert_error(load_beside_stub(true, 0x3ffe0080, 4, &err), err, EG_BAD_ARGUMENT,
                 "0x3ffe0080 to 0x3ffe0084 is where the stub runs, 0x3ffe0000 to 0x3ffe0100: load it without "
                 "a stub");
    assert_ok(load_beside_stub(false, 0x40080000, 0x1000, &err), err);
}

/* Finish loading with this reply. */
static enum eg_code finish(bool stub, uint32_t entry, const uint8_t *reply, size_t reply_size,
                           struct eg_error *err)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;

    TALK_WORDS(&talk, 0x06, entry == 0, entry);
    talk.turns[0].reply = reply;
    talk.turns[0].reply_size = reply_size;
    talk_begin(&talk, &script, &loader, "esp32", stub);
    const enum eg_code code = eg_loader_mem_finish(&loader, entry, err);
    talk_end(&script);
    return code;
}

static void without_an_entry_the_loader_stays(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(finish(false, 0, BYTES(0xc0, 1, 6, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0), &err), err);
}

static void a_rom_that_jumps_may_lose_its_reply(void **state)
{
    (void)state;
    static const char says[] = "ets Jul 29 2019 12:21:46\r\n";
    struct eg_error err;

    assert_ok(finish(false, 0x400a9074, NULL, 0, &err), err);
    assert_ok(finish(false, 0x400a9074, BYTES('h', 'e', 'l', 'l', 'o'), &err), err);
    assert_ok(finish(false, 0x400a9074, (const uint8_t *)says, sizeof says - 1, &err), err);
}

static void a_rom_that_refuses_to_jump_is_believed(void **state)
{
    (void)state;
    struct eg_error err;

    assert_error(finish(false, 0x400a9074, BYTES(0xc0, 1, 6, 4, 0, 0, 0, 0, 0, 1, 6, 0, 0, 0xc0), &err), err,
                 EG_DEVICE_REFUSED, "starting at 0x400a9074: device status 0x0106 (operation failed)");
    assert_error(finish(false, 0, BYTES(0xc0, 1, 6, 4, 0, 0, 0, 0, 0, 1, 7, 0, 0, 0xc0), &err), err,
                 EG_CORRUPTED, "ending the load: device status 0x0107 (checksum wrong)");
}

static void a_stub_answers_before_it_jumps(void **state)
{
    (void)state;
    struct eg_error err;

    assert_ok(finish(true, 0x400a9074, BYTES(0xc0, 1, 6, 2, 0, 0, 0, 0, 0, 0, 0, 0xc0), &err), err);
    assert_error(finish(true, 0x400a9074, NULL, 0, &err), err, EG_TIMEOUT,
                 "starting at 0x400a9074: no answer to MEM_END within 3000 ms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_begins_and_ends_with_the_bytes_of_the_reference),
        cmocka_unit_test(blocks_are_numbered_from_0_in_each_load),
        cmocka_unit_test(a_piece_of_memory_goes_in_blocks_of_6144_bytes),
        cmocka_unit_test(blocks_are_small_over_the_chips_own_usb),
        cmocka_unit_test(a_block_that_is_too_large_or_empty_is_not_sent),
        cmocka_unit_test(a_refusal_says_where_the_memory_is),
        cmocka_unit_test(a_refused_block_says_which_it_was),
        cmocka_unit_test(a_stub_that_runs_is_not_overwritten),
        cmocka_unit_test(without_an_entry_the_loader_stays),
        cmocka_unit_test(a_rom_that_jumps_may_lose_its_reply),
        cmocka_unit_test(a_rom_that_refuses_to_jump_is_believed),
        cmocka_unit_test(a_stub_answers_before_it_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
