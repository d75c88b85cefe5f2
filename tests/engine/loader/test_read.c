/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

/* Check the bytes of an application at 0x10000 of the recorded chips. */
static void check_part(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg_error err;
    char path[4096];

    assert_ok(eg_file_read(&file, fixture_path(path, "jobs/esp32-idf/app-template.bin"), 1 << 22, &err), err);
    assert_memory_equal(data, file.data + 0x4000, size);
}

static void read_recorded(const char *recording, const char *chip, bool stub, uint8_t opcode, size_t turns)
{
    struct talk talk = {0};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint8_t data[5000];

    talk_record(&talk, recording);
    talk_begin_at(&talk, talk_find(&talk, 0, opcode), turns, &script, &loader, chip, stub);
    assert_ok(eg_loader_read_flash(&loader, 0x10000, data, sizeof data, NULL, NULL, &err), err);
    check_part(data, sizeof data);
    talk_end(&script);
}

static void real_stubs_stream_their_flash(void **state)
{
    (void)state;
    read_recorded("traces/esp32-stub-read-flash.jsonl", "esp32", true, EG_OP_READ_FLASH, 3);
    read_recorded("traces/esp32c3-stub-read-flash.jsonl", "esp32c3", true, EG_OP_READ_FLASH, 3);
}

static void real_roms_give_their_flash_in_pieces_of_64_bytes(void **state)
{
    (void)state;
    read_recorded("traces/esp32-rom-read-flash.jsonl", "esp32", false, EG_OP_READ_FLASH_SLOW, 79);
    read_recorded("traces/esp32c3-rom-read-flash.jsonl", "esp32c3", false, EG_OP_READ_FLASH_SLOW, 79);
}

static void a_read_asks_for_4096_bytes_at_a_time(void **state)
{
    (void)state;
    static const uint8_t request[] = {0xc0, 0x00, 0xd2, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00,
                                      0x00, 0x10, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00,
                                      0x10, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0xc0};
    static const uint8_t acknowledgement[] = {0xc0, 0x00, 0x10, 0x00, 0x00, 0xc0};
    uint8_t flash[0x1000], data[0x1000], digest[EG_MD5_SIZE];
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    memset(flash, 0xc0, sizeof flash);
    assert_ok(eg_md5(digest, flash, sizeof flash, &err), err);
    TALK_WORDS(&talk, 0xd2, 0x1000, 0x1000, 0x1000, 64);
    talk_reply(&talk, 0xd2, 0, 0);
    talk_board(&talk, flash, sizeof flash);
    talk_host(&talk, (const uint8_t[]){0, 0x10, 0, 0}, 4);
    talk_board(&talk, digest, sizeof digest);
    assert_memory_equal(talk.turns[0].expect, request, sizeof request);
    assert_memory_equal(talk.turns[1].expect, acknowledgement, sizeof acknowledgement);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_ok(eg_loader_read_flash(&loader, 0x1000, data, sizeof data, NULL, NULL, &err), err);
    assert_memory_equal(data, flash, sizeof data);
    talk_end(&script);
}

static void a_packet_that_is_short_is_named(void **state)
{
    (void)state;
    uint8_t data[0x2000], flash[0x1000] = {0};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0xd2, 0, 0x2000, 0x1000, 64);
    talk_reply(&talk, 0xd2, 0, 0);
    talk_board(&talk, flash, 0x1000);
    talk_host(&talk, (const uint8_t[]){0, 0x10, 0, 0}, 4);
    talk_board(&talk, flash, 100);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_read_flash(&loader, 0, data, sizeof data, NULL, NULL, &err), err, EG_BAD_REPLY,
                 "reading 8192 bytes at 0x00000000: 100 bytes came where 4096 are due, 4096 bytes in");
}

static void bytes_that_do_not_match_their_digest_are_refused(void **state)
{
    (void)state;
    uint8_t data[16], flash[16] = {1};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0xd2, 0, 16, 0x1000, 64);
    talk_reply(&talk, 0xd2, 0, 0);
    talk_board(&talk, flash, 16);
    talk_host(&talk, (const uint8_t[]){16, 0, 0, 0}, 4);
    talk_board(&talk, flash, 16);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(
        eg_loader_read_flash(&loader, 0, data, sizeof data, NULL, NULL, &err), err, EG_BAD_REPLY,
        "reading 16 bytes at 0x00000000: the bytes that arrived do not have the digest that the chip "
        "sent");
    talk_end(&script);
}

static void the_esp8266_rom_reads_no_flash(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint8_t data[4];

    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_error(eg_loader_read_flash(&loader, 0, data, 4, NULL, NULL, &err), err, EG_UNSUPPORTED,
                 "ESP8266 reads no flash without a stub");
    talk_end(&script);
}

static void a_rom_gives_a_digest_as_text_and_a_stub_as_bytes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0xfc, 0xfa, 0x96, 0x54, 0x59, 0x59, 0xf6, 0xb3,
                                       0x2c, 0xd2, 0xa6, 0xe7, 0xc9, 0x26, 0x5e, 0xe7};
    static const struct {
        const char *recording;
        bool stub;
    } rows[] = {{"traces/esp32-rom-verify-mismatch.jsonl", false},
                {"traces/esp32-stub-verify-mismatch.jsonl", true}};

    for (size_t i = 0; i < 2; i++) {
        struct talk talk = {0};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;
        uint8_t md5[EG_MD5_SIZE];

        talk_record(&talk, rows[i].recording);
        talk_begin_at(&talk, talk_find(&talk, 0, EG_OP_SPI_FLASH_MD5), 1, &script, &loader, "esp32",
                      rows[i].stub);
        assert_ok(eg_loader_md5(&loader, 0x20000, 0x1004, md5, &err), err);
        assert_memory_equal(md5, expected, sizeof md5);
        talk_end(&script);
    }
}

static void where_no_digest_is_computed_nothing_can_be_verified(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint8_t md5[EG_MD5_SIZE];

    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_error(eg_loader_md5(&loader, 0, 4096, md5, &err), err, EG_CANNOT_VERIFY,
                 "the ROM of ESP8266 computes no digest");
    loader.target = eg_target_by_name("esp32c3");
    loader.secure_download = true;
    assert_error(eg_loader_md5(&loader, 0, 4096, md5, &err), err, EG_CANNOT_VERIFY,
                 "ESP32-C3 computes no digest in secure download mode");
    talk_end(&script);
}

static void a_digest_that_is_not_hexadecimal_is_refused(void **state)
{
    (void)state;
    uint8_t reply[8 + 32 + 4] = {1, 0x13};
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    uint8_t md5[EG_MD5_SIZE];

    memset(reply + 8, 'x', 32);
    TALK_WORDS(&talk, 0x13, 0, 4096, 0, 0);
    talk_board(&talk, reply, sizeof reply);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_md5(&loader, 0, 4096, md5, &err), err, EG_BAD_REPLY,
                 "digest of 4096 bytes at 0x00000000: what came is not hexadecimal");
}

static void real_chips_erase_a_region(void **state)
{
    (void)state;
    static const struct {
        const char *recording, *chip;
        bool stub;
    } rows[] = {{"traces/esp32-rom-erase-region.jsonl", "esp32", false},
                {"traces/esp32-stub-erase-region.jsonl", "esp32", true},
                {"traces/esp32c3-rom-erase-region.jsonl", "esp32c3", false},
                {"traces/esp32c3-stub-erase-region.jsonl", "esp32c3", true}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk talk = {0};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;

        talk_record(&talk, rows[i].recording);
        const size_t from = talk_find(&talk, 0, rows[i].stub ? EG_OP_ERASE_REGION : EG_OP_SPI_SET_PARAMS);
        talk_begin_at(&talk, from, rows[i].stub ? 1 : 2, &script, &loader, rows[i].chip, rows[i].stub);
        if (!rows[i].stub)
            assert_ok(eg_loader_set_flash_size(&loader, 4 << 20, &err), err);
        assert_ok(eg_loader_erase_region(&loader, 0x20000, 0x2000, &err), err);
        talk_end(&script);
    }
}

static void a_rom_in_secure_download_mode_is_told_16_mb_before_it_erases(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0x0b, 0, 16 << 20, 0x10000, 0x1000, 0x100, 0xffff);
    talk_reply(&talk, 0x0b, 0, 0);
    TALK_WORDS(&talk, 0x02, 0x1000, 4, 0x400, 0x300000, 0);
    talk_reply(&talk, 0x02, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32s3", false);
    loader.secure_download = true;
    assert_error(eg_loader_erase_region(&loader, 0x300000, 0x1000, &err), err, EG_DEVICE_REFUSED,
                 "erasing 4096 bytes at 0x00300000: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static void the_esp8266_rom_erases_nothing(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp8266", false);
    assert_error(eg_loader_erase_region(&loader, 0, 4096, &err), err, EG_UNSUPPORTED,
                 "ESP8266 erases nothing without a stub");
    talk_end(&script);
}

static void erasing_has_time_by_its_size(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, 0xd1, 0, 0x100000);
    TALK_WORDS(&talk, 0xd1, 0, 0x1000);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_erase_region(&loader, 0, 0x100000, &err), err, EG_TIMEOUT,
                 "erasing 1048576 bytes at 0x00000000: no answer to ERASE_REGION within 41943 ms");
    loader.settings.timeout_ms = 700;
    assert_error(eg_loader_erase_region(&loader, 0, 0x1000, &err), err, EG_TIMEOUT,
                 "erasing 4096 bytes at 0x00000000: no answer to ERASE_REGION within 700 ms");
    talk_end(&script);
}

static void real_stubs_erase_the_whole_flash(void **state)
{
    (void)state;
    static const struct {
        const char *recording, *chip;
    } rows[] = {{"traces/esp32-stub-erase-flash.jsonl", "esp32"},
                {"traces/esp32c3-stub-erase-flash.jsonl", "esp32c3"}};

    for (size_t i = 0; i < 2; i++) {
        struct talk talk = {0};
        struct scripted_port script;
        struct eg_loader loader;
        struct eg_error err;

        talk_record(&talk, rows[i].recording);
        talk_begin_at(&talk, talk_find(&talk, 0, EG_OP_ERASE_FLASH), 1, &script, &loader, rows[i].chip, true);
        assert_ok(eg_loader_erase_flash(&loader, &err), err);
        talk_end(&script);
    }
}

static void a_rom_cannot_erase_the_whole_flash(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_begin(&talk, &script, &loader, "esp32c3", false);
    assert_error(eg_loader_erase_flash(&loader, &err), err, EG_UNSUPPORTED,
                 "ESP32-C3 erases its whole flash only with a stub");
    talk_end(&script);
}

static void erasing_the_whole_flash_has_two_minutes(void **state)
{
    (void)state;
    static const uint8_t request[] = {0xc0, 0x00, 0xd0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xc0};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    talk_host(&talk, (const uint8_t[8]){0, 0xd0}, 8);
    assert_memory_equal(talk.turns[0].expect, request, sizeof request);
    talk_begin(&talk, &script, &loader, "esp32", true);
    assert_error(eg_loader_erase_flash(&loader, &err), err, EG_TIMEOUT,
                 "erasing the flash: no answer to ERASE_FLASH within 120000 ms");
    talk_end(&script);
}

/* Ask a stub for a digest whose first answer is lost; `answers` says whether the second arrives. */
static enum eg_code lost_digest(bool answers, uint8_t md5[EG_MD5_SIZE], struct eg_error *err)
{
    uint8_t reply[8 + EG_MD5_SIZE + 2] = {1, EG_OP_SPI_FLASH_MD5, EG_MD5_SIZE + 2};
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;

    memset(reply + 8, 0x77, EG_MD5_SIZE);
    TALK_WORDS(&talk, EG_OP_SPI_FLASH_MD5, 0x1000, 0x2000, 0, 0);
    talk_sync(&talk, 0);
    TALK_WORDS(&talk, EG_OP_SPI_FLASH_MD5, 0x1000, 0x2000, 0, 0);
    if (answers)
        talk_board(&talk, reply, sizeof reply);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    const enum eg_code code = eg_loader_md5(&loader, 0x1000, 0x2000, md5, err);
    assert_int_equal(loader.digest_redos, 1);
    talk_end(&script);
    return code;
}

static void a_digest_whose_answer_is_lost_is_asked_for_once_more(void **state)
{
    (void)state;
    uint8_t md5[EG_MD5_SIZE];
    struct eg_error err;

    assert_ok(lost_digest(true, md5, &err), err);
    assert_int_equal(md5[0], 0x77);
    assert_error(lost_digest(false, md5, &err), err, EG_TIMEOUT,
                 "digest of 8192 bytes at 0x00001000: no answer to SPI_FLASH_MD5 within 3000 ms");
}

static void a_digest_that_the_chip_refuses_is_not_asked_for_again(void **state)
{
    (void)state;
    uint8_t md5[EG_MD5_SIZE];
    struct talk talk = {.status_size = 2};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;

    TALK_WORDS(&talk, EG_OP_SPI_FLASH_MD5, 0, 4096, 0, 0);
    talk_reply(&talk, EG_OP_SPI_FLASH_MD5, 0, 0xc400);
    talk_begin(&talk, &script, &loader, "esp32c3", true);
    assert_error(eg_loader_md5(&loader, 0, 4096, md5, &err), err, EG_DEVICE_REFUSED,
                 "digest of 4096 bytes at 0x00000000: device status 0xc400 (SPI operation failed)");
    assert_int_equal(loader.digest_redos, 0);
    talk_end(&script);
}

static bool reads_faster(const char *chip, bool stub, uint32_t addr, uint32_t clock)
{
    const struct eg_target *target = eg_target_by_name(chip);
    struct talk talk = {.status_size = stub ? 2 : 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    bool faster;

    if (target->spi.clock != 0 && stub)
        talk_read(&talk, addr, clock);
    if (target->spi.clock != 0 && stub && clock == 0x00030103) {
        talk_write(&talk, addr, 0x00010001, 0xffffffff);
        talk_write(&talk, addr, 0x00030103, 0xffffffff);
    }
    talk_begin(&talk, &script, &loader, chip, stub);
    assert_ok(eg_loader_read_faster(&loader, &faster, &err), err);
    if (faster)
        assert_ok(eg_loader_read_as_before(&loader, &err), err);
    talk_end(&script);
    return faster;
}

static void a_stub_reads_faster_only_where_the_rom_s_own_clock_is_found(void **state)
{
    static const char *const others[] = {"esp8266", "esp32", "esp32s2", "esp32s3", "esp32p4"};

    (void)state;
    assert_true(reads_faster("esp32c3", true, 0x60002014, 0x00030103));
    assert_true(reads_faster("esp32c2", true, 0x60002014, 0x00030103));
    assert_true(reads_faster("esp32c5", true, 0x60003014, 0x00030103));
    assert_true(reads_faster("esp32c6", true, 0x60003014, 0x00030103));
    assert_true(reads_faster("esp32c61", true, 0x60003014, 0x00030103));
    assert_true(reads_faster("esp32h2", true, 0x60003014, 0x00030103));
    assert_false(reads_faster("esp32c3", true, 0x60002014, 0x00010001));
    assert_false(reads_faster("esp32c6", true, 0x60003014, 0x80000000));
    assert_false(reads_faster("esp32c3", false, 0, 0));
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(reads_faster(others[i], true, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_stubs_stream_their_flash),
        cmocka_unit_test(real_roms_give_their_flash_in_pieces_of_64_bytes),
        cmocka_unit_test(a_read_asks_for_4096_bytes_at_a_time),
        cmocka_unit_test(a_packet_that_is_short_is_named),
        cmocka_unit_test(bytes_that_do_not_match_their_digest_are_refused),
        cmocka_unit_test(the_esp8266_rom_reads_no_flash),
        cmocka_unit_test(a_rom_gives_a_digest_as_text_and_a_stub_as_bytes),
        cmocka_unit_test(where_no_digest_is_computed_nothing_can_be_verified),
        cmocka_unit_test(a_digest_that_is_not_hexadecimal_is_refused),
        cmocka_unit_test(real_chips_erase_a_region),
        cmocka_unit_test(a_rom_in_secure_download_mode_is_told_16_mb_before_it_erases),
        cmocka_unit_test(the_esp8266_rom_erases_nothing),
        cmocka_unit_test(erasing_has_time_by_its_size),
        cmocka_unit_test(real_stubs_erase_the_whole_flash),
        cmocka_unit_test(a_rom_cannot_erase_the_whole_flash),
        cmocka_unit_test(erasing_the_whole_flash_has_two_minutes),
        cmocka_unit_test(a_digest_whose_answer_is_lost_is_asked_for_once_more),
        cmocka_unit_test(a_digest_that_the_chip_refuses_is_not_asked_for_again),
        cmocka_unit_test(a_stub_reads_faster_only_where_the_rom_s_own_clock_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
