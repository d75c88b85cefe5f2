/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

#include <zlib.h>

#define ADDR 0x10000u

/* Three stub blocks: data in one stored block of a zlib stream, so that the place of every byte is known. */
struct sample {
    uint8_t data[40000];
    uint8_t zlib[2 + 5 + 40000 + 4];
};

static struct eg_flash_data make(struct sample *sample)
{
    static const uint8_t head[] = {0x78, 0x01, 0x01, 0x40, 0x9c, 0xbf, 0x63};
    uint32_t seed = 1;

    for (size_t i = 0; i < sizeof sample->data; i++) {
        seed = seed * 1664525 + 1013904223;
        sample->data[i] = (uint8_t)(seed >> 24);
    }
    const uint32_t check = (uint32_t)adler32(1, sample->data, sizeof sample->data);
    memcpy(sample->zlib, head, sizeof head);
    memcpy(sample->zlib + sizeof head, sample->data, sizeof sample->data);
    for (unsigned i = 0; i < 4; i++)
        sample->zlib[sizeof sample->zlib - 1 - i] = (uint8_t)(check >> 8 * i);
    return (struct eg_flash_data){.flash_addr = ADDR,
                                  .data = sample->data,
                                  .size = sizeof sample->data,
                                  .zlib = sample->zlib,
                                  .zlib_size = sizeof sample->zlib};
}

static void begin(struct talk *talk, const struct eg_flash_data *what)
{
    TALK_WORDS(talk, 0x10, what->size, 3, 0x4000, ADDR, 0);
    talk_reply(talk, 0x10, 0, 0);
}

static void block(struct talk *talk, const struct eg_flash_data *what, uint32_t n, uint16_t status)
{
    const uint32_t left = what->zlib_size - n * 0x4000;
    const uint32_t size = left < 0x4000 ? left : 0x4000;

    talk_block(talk, 0x11, n, what->zlib + (size_t)n * 0x4000, size, size);
    talk_reply(talk, 0x11, 0, status);
}

static void no_reply(struct talk *talk)
{
    talk->turns[talk->count - 1].reply = NULL;
    talk->turns[talk->count - 1].reply_size = 0;
}

/* Answer neither the last command nor the SYNCs after it. */
static void fall_silent(struct talk *talk)
{
    no_reply(talk);
    for (unsigned i = 0; i < 6; i++) {
        talk_sync_request(talk);
        no_reply(talk);
    }
}

static void end(struct talk *talk, uint16_t status)
{
    TALK_WORDS(talk, 0x12, 1);
    talk_reply(talk, 0x12, 0, status);
}

static void whole(struct talk *talk, const struct eg_flash_data *what, uint16_t end_status)
{
    begin(talk, what);
    for (uint32_t n = 0; n < 3; n++)
        block(talk, what, n, 0);
    end(talk, end_status);
}

struct seen {
    unsigned calls;
    uint64_t done, total;
};

static void see(void *context, uint64_t done, uint64_t total)
{
    struct seen *seen = context;

    assert_true(done > seen->done);
    *seen = (struct seen){seen->calls + 1, done, total};
}

/* Read part20k.bin of the recordings. */
static void read_part(struct eg_buffer *file)
{
    struct eg_error err;
    char path[4096];

    assert_ok(eg_file_read(file, fixture_path(path, "jobs/esp32-idf/app-template.bin"), 1 << 22, &err), err);
    assert_true(file->size > 0x4000 + 20000);
}

/* Write as a recording does, from BEGIN to the digest. */
static void write_recorded(const char *recording, const char *chip, bool stub, uint8_t begin_opcode,
                           const struct eg_flash_data *what)
{
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint8_t md5[EG_MD5_SIZE], expected[EG_MD5_SIZE];
    struct seen seen = {0};

    talk_record(&talk, recording);
    const size_t from = talk_find(&talk, 0, begin_opcode);
    const size_t to = talk_find(&talk, from, EG_OP_SPI_FLASH_MD5);
    talk_begin_at(&talk, from, to + 1 - from, &script, &loader, chip, stub);
    assert_ok(eg_loader_write_flash(&loader, what, see, &seen, NULL, &err), err);
    assert_string_equal(script.complaint, "");
    assert_ok(eg_loader_md5(&loader, what->flash_addr, what->size, md5, &err), err);
    assert_ok(eg_md5(expected, what->data, what->size, &err), err);
    assert_memory_equal(md5, expected, sizeof md5);
    assert_int_equal(seen.done, what->size);
    assert_int_equal(seen.total, what->size);
    assert_int_equal(loader.resends + loader.region_redos, 0);
    talk_end(&script);
}

static void real_roms_take_plain_blocks(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};

    read_part(&file);
    struct eg_flash_data what = {.flash_addr = 0x20000, .data = file.data + 0x4000, .size = 20000};
    write_recorded("traces/esp32-rom-write-plain.jsonl", "esp32", false, EG_OP_FLASH_BEGIN, &what);
    write_recorded("traces/esp32c3-rom-write-plain.jsonl", "esp32c3", false, EG_OP_FLASH_BEGIN, &what);
}

static void real_stubs_take_plain_blocks(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};

    read_part(&file);
    struct eg_flash_data what = {.flash_addr = 0x20000, .data = file.data + 0x4000, .size = 20000};
    write_recorded("traces/esp32-stub-write-plain.jsonl", "esp32", true, EG_OP_FLASH_BEGIN, &what);
    write_recorded("traces/esp32c3-stub-write-plain.jsonl", "esp32c3", true, EG_OP_FLASH_BEGIN, &what);
}

/* Return the data of the first FLASH_DEFL_DATA of a recording, as its client compressed it. */
static uint32_t recorded_zlib(const char *recording, uint8_t *zlib)
{
    struct talk talk = {0};
    uint32_t size = 0;

    talk_record(&talk, recording);
    const struct turn *turn = &talk.turns[talk_find(&talk, 0, EG_OP_FLASH_DEFL_DATA)];
    for (size_t i = 1, at = 0; turn->expect != NULL && i < turn->expect_size - 1; i++, at++) {
        uint8_t byte = turn->expect[i];
        if (byte == 0xdb)
            byte = turn->expect[++i] == 0xdc ? 0xc0 : 0xdb;
        if (at >= 24)
            zlib[size++] = byte;
    }
    return size;
}

static void real_stubs_take_compressed_blocks(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    uint8_t zlib[20000];

    read_part(&file);
    struct eg_flash_data what = {.flash_addr = ADDR, .data = file.data + 0x4000, .size = 20000, .zlib = zlib};
    what.zlib_size = recorded_zlib("traces/esp32-stub-write-compressed.jsonl", zlib);
    write_recorded("traces/esp32-stub-write-compressed.jsonl", "esp32", true, EG_OP_FLASH_DEFL_BEGIN, &what);
    what.zlib_size = recorded_zlib("traces/esp32c3-stub-write-compressed.jsonl", zlib);
    write_recorded("traces/esp32c3-stub-write-compressed.jsonl", "esp32c3", true, EG_OP_FLASH_DEFL_BEGIN,
                   &what);
}

static void a_rom_takes_compressed_blocks_of_1_kib_and_no_end(void **state)
{
    (void)state;
    uint8_t data[5000];
    uint8_t zlib[100];
    uLongf zlib_size = sizeof zlib;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    memset(data, 0x5a, sizeof data);
    assert_int_equal(compress2(zlib, &zlib_size, data, sizeof data, 9), Z_OK);
    const struct eg_flash_data what = {.flash_addr = ADDR,
                                       .data = data,
                                       .size = sizeof data,
                                       .zlib = zlib,
                                       .zlib_size = (uint32_t)zlib_size};
    TALK_WORDS(&talk, 0x10, 0x1400, 1, 0x400, ADDR);
    talk_reply(&talk, 0x10, 0, 0);
    talk_block(&talk, 0x11, 0, zlib, (uint32_t)zlib_size, (uint32_t)zlib_size);
    talk_reply(&talk, 0x11, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err);
    talk_end(&script);
}

static void secure_download_mode_takes_plain_blocks_only(void **state)
{
    (void)state;
    const uint8_t data[4] = {1, 2, 3, 4};
    const struct eg_flash_data what = {
        .flash_addr = ADDR, .data = data, .size = 4, .zlib = (const uint8_t[]){1}, .zlib_size = 1};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 4, 1, 0x400, ADDR, 0);
    talk_reply(&talk, 0x02, 0, 0);
    talk_block(&talk, 0x03, 0, data, 4, 0x400);
    talk_reply(&talk, 0x03, 0, 0);
    talk_begin(&talk, &script, &loader, "esp32s3", false);
    loader.secure_download = true;
    assert_ok(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err);
    talk_end(&script);
}

static void the_esp8266_rom_takes_plain_blocks_even_where_there_is_a_stream(void **state)
{
    (void)state;
    const uint8_t data[0x400] = {1};
    const struct eg_flash_data what = {
        .flash_addr = 0xf000, .data = data, .size = sizeof data, .zlib = data, .zlib_size = 1};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x02, 0x1000, 1, 0x400, 0xf000);
    talk_reply(&talk, 0x02, 0, 0);
    talk_block(&talk, 0x03, 0, data, 0x400, 0x400);
    talk_reply(&talk, 0x03, 0, 0);
    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_ok(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err);
    talk_end(&script);
}

static void a_damaged_block_is_sent_again_as_it_was(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    struct eg_write_times times;

    begin(&talk, &what);
    block(&talk, &what, 0, 0);
    block(&talk, &what, 1, 0xc100);
    block(&talk, &what, 1, 0xc000);
    block(&talk, &what, 1, 0);
    block(&talk, &what, 2, 0);
    end(&talk, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_write_flash(&loader, &what, NULL, NULL, &times, &err), err);
    assert_int_equal(loader.resends, 2);
    assert_int_equal(loader.region_redos, 0);
    assert_int_equal(times.wire_us, script.port.wire_ns / 1000);
    assert_in_range(
        (script.port.bytes_sent + script.port.bytes_received) * 10 * 1000000 / 115200 - times.wire_us, 0, 1);
    talk_end(&script);
}

static void a_block_is_not_sent_a_fourth_time(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    begin(&talk, &what);
    block(&talk, &what, 0, 0);
    for (unsigned i = 0; i < 3; i++)
        block(&talk, &what, 1, 0xc100);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_CORRUPTED,
                 "block 2 of 3 at 0x00013ff9: device status 0xc100 (data checksum wrong)");
    assert_int_equal(err.device_status, 0xc100);
    assert_int_equal(loader.resends, 2);
    talk_end(&script);
}

static void an_error_that_comes_late_begins_the_region_again(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    begin(&talk, &what);
    block(&talk, &what, 0, 0);
    block(&talk, &what, 1, 0xc400); /* status of block 0; block 1 was not checked */
    talk_sync(&talk, 0);
    whole(&talk, &what, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err);
    assert_int_equal(loader.region_redos, 1);
    assert_int_equal(loader.resends, 0);
    talk_end(&script);
}

static void data_missing_at_the_end_begins_the_region_again(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    whole(&talk, &what, 0xc000);
    talk_sync(&talk, 0);
    whole(&talk, &what, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err);
    assert_int_equal(loader.region_redos, 1);
    talk_end(&script);
}

static void a_lost_reply_begins_the_region_again_since_the_block_may_have_been_used(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    begin(&talk, &what);
    block(&talk, &what, 0, 0);
    no_reply(&talk);
    talk_sync_request(&talk); /* swallowed by an unterminated frame */
    talk_sync(&talk, 0);
    whole(&talk, &what, 0);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_ok(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err);
    assert_int_equal(loader.region_redos, 1);
    assert_int_equal(loader.resends, 0);
    talk_end(&script);
}

static void a_region_is_begun_again_once_only(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    whole(&talk, &what, 0xc000);
    talk_sync(&talk, 0);
    whole(&talk, &what, 0xc400);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_DEVICE_REFUSED,
                 "at 0x00010000: ending 40000 bytes: device status 0xc400 (SPI operation failed)");
    assert_int_equal(err.device_status, 0xc400);
    talk_end(&script);
}

static void encrypted_data_is_not_begun_again(void **state)
{
    (void)state;
    struct sample sample;
    struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    what.encrypted = true;
    TALK_WORDS(&talk, 0x10, what.size, 3, 0x4000, ADDR, 1);
    talk_reply(&talk, 0x10, 0, 0);
    block(&talk, &what, 0, 0xc100); /* it was not used */
    block(&talk, &what, 0, 0);
    block(&talk, &what, 1, 0xc400);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_DEVICE_REFUSED,
                 "block 2 of 3 at 0x00013ff9: device status 0xc400 (SPI operation failed)");
    assert_int_equal(loader.resends, 1);
    assert_int_equal(loader.region_redos, 0);
    talk_end(&script);
}

static void a_board_that_falls_silent_keeps_the_first_sentence(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    begin(&talk, &what);
    block(&talk, &what, 0, 0);
    fall_silent(&talk);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_TIMEOUT,
                 "block 1 of 3 at 0x00010000: no answer to FLASH_DEFL_DATA within 3000 ms");
    talk_end(&script);
}

static void a_stub_works_on_a_block_while_the_next_arrives(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    begin(&talk, &what);
    block(&talk, &what, 0, 0);
    block(&talk, &what, 1, 0);
    fall_silent(&talk);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    /* 40 s per MB, for 16377 bytes from block 0 and two 64 KiB erases */
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_TIMEOUT,
                 "block 2 of 3 at 0x00013ff9: no answer to FLASH_DEFL_DATA within 5897 ms");
}

static void a_chip_that_restarted_into_its_rom_is_named(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    begin(&talk, &what);
    block(&talk, &what, 0, 0);
    no_reply(&talk);
    talk.status_size = 4;
    talk_sync(&talk, 0x20120707);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_BOARD_RESET,
                 "the chip restarted: its ROM answers, not the stub");
}

/* A board that restarts over and over: its log can be read at 115200, and at no other rate. */
struct restarting {
    struct scripted_port script;
    const struct eg_port_ops *scripted;
    size_t said;
};

static enum eg_code read_log(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                             uint32_t timeout_ms, struct eg_error *err)
{
    static const char log[] = "rst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)\r\n";
    struct restarting *board = (struct restarting *)port;

    if (port->baud != 115200)
        return board->scripted->read(port, data, size, got, timeout_ms, err);
    for (*got = 0; *got < size && board->said < sizeof log - 1; (*got)++)
        data[*got] = (uint8_t)log[board->said++];
    return EG_OK;
}

static void a_chip_that_restarted_is_heard_at_the_rate_of_its_boot_log(void **state)
{
    (void)state;
    struct sample sample;
    const struct eg_flash_data what = make(&sample);
    struct talk talk = {.status_size = 2};
    struct restarting board = {.said = 0};
    struct eg_port_ops ops;
    struct eg_loader loader;
    struct eg_error err;

    begin(&talk, &what);
    block(&talk, &what, 0, 0);
    fall_silent(&talk);
    talk_begin(&talk, &board.script, &loader, "esp32c3", true);
    board.scripted = board.script.port.ops;
    ops = *board.scripted;
    ops.read = read_log;
    board.script.port.ops = &ops;
    board.script.port.baud = loader.baud = 921600;
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_BOARD_RESET,
                 "the chip restarted and sent \"rst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)\"");
    assert_int_equal(loader.region_redos, 0);
    talk_end(&board.script);
}

static void a_refused_begin_names_the_region(void **state)
{
    (void)state;
    const uint8_t data[4] = {0};
    const struct eg_flash_data what = {.flash_addr = 0x3f0000, .data = data, .size = 4};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    for (unsigned i = 0; i < 2; i++) {
        TALK_WORDS(&talk, 0x02, 4, 1, 0x400, 0x3f0000);
        talk_reply(&talk, 0x02, 0, 0x0106);
        if (i == 0)
            talk_sync(&talk, 0x20120707);
    }
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_DEVICE_REFUSED,
                 "beginning 4 bytes at 0x003f0000: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void compressed_data_that_is_damaged_is_not_the_boards_fault(void **state)
{
    (void)state;
    const uint8_t data[4] = {0}, zlib[] = {0x78, 0xda, 0xff, 0xff, 0xff, 0xff};
    const struct eg_flash_data what = {
        .flash_addr = ADDR, .data = data, .size = 4, .zlib = zlib, .zlib_size = sizeof zlib};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_write_flash(&loader, &what, NULL, NULL, NULL, &err), err, EG_BAD_IMAGE,
                 "the compressed data is damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_roms_take_plain_blocks),
        cmocka_unit_test(real_stubs_take_plain_blocks),
        cmocka_unit_test(real_stubs_take_compressed_blocks),
        cmocka_unit_test(a_rom_takes_compressed_blocks_of_1_kib_and_no_end),
        cmocka_unit_test(secure_download_mode_takes_plain_blocks_only),
        cmocka_unit_test(the_esp8266_rom_takes_plain_blocks_even_where_there_is_a_stream),
        cmocka_unit_test(a_damaged_block_is_sent_again_as_it_was),
        cmocka_unit_test(a_block_is_not_sent_a_fourth_time),
        cmocka_unit_test(an_error_that_comes_late_begins_the_region_again),
        cmocka_unit_test(data_missing_at_the_end_begins_the_region_again),
        cmocka_unit_test(a_lost_reply_begins_the_region_again_since_the_block_may_have_been_used),
        cmocka_unit_test(a_region_is_begun_again_once_only),
        cmocka_unit_test(encrypted_data_is_not_begun_again),
        cmocka_unit_test(a_board_that_falls_silent_keeps_the_first_sentence),
        cmocka_unit_test(a_stub_works_on_a_block_while_the_next_arrives),
        cmocka_unit_test(a_chip_that_restarted_into_its_rom_is_named),
        cmocka_unit_test(a_chip_that_restarted_is_heard_at_the_rate_of_its_boot_log),
        cmocka_unit_test(a_refused_begin_names_the_region),
        cmocka_unit_test(compressed_data_that_is_damaged_is_not_the_boards_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
