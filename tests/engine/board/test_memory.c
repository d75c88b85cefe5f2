/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/fake_board.h"

#include "engine/image/hex.h"
#include "stubs/stub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM 0x3fcb0000u /* of an ESP32-C3, otherwise unused */

static void words_are_read_and_written(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;
    uint32_t word;

    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        assert_ok(eg_board_write_mem(fake->board, RAM, 0x12345678, 0xffffffff, &err), err);
        assert_ok(eg_board_read_mem(fake->board, RAM, &word, &err), err);
        assert_int_equal(word, 0x12345678);
        assert_ok(eg_board_write_mem(fake->board, RAM, 0xffffffff, 0x0000ff00, &err), err);
        assert_int_equal(fake_board_peek(fake, RAM), 0x1234ff78);
        assert_ok(eg_board_write_reg(fake->board, RAM, 0, 0x000000ff, 1000, &err), err);
        assert_ok(eg_board_read_reg(fake->board, RAM, &word, &err), err);
        assert_int_equal(word, 0x1234ff00);
        fake_board_unplug(fake);
    }
}

static void a_field_of_a_register_is_set_by_itself(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_poke(fake, RAM, 0xaaaaaaaa);
    assert_ok(eg_board_update_reg(fake->board, RAM, 0x0000ff00, 0x12, &err), err);
    assert_int_equal(fake_board_peek(fake, RAM), 0xaaaa12aa);
    assert_ok(eg_board_update_reg(fake->board, RAM, 0x80000000, 0, &err), err);
    assert_int_equal(fake_board_peek(fake, RAM), 0x2aaa12aa);
    assert_ok(eg_board_update_reg(fake->board, RAM, 0x00000003, 0xff, &err),
              err); /* a value that is too wide is cut */
    assert_int_equal(fake_board_peek(fake, RAM), 0x2aaa12ab);
    assert_ok(eg_board_update_reg(fake->board, RAM, 0xffffffff, 5, &err), err);
    assert_int_equal(fake_board_peek(fake, RAM), 5);
    assert_error(eg_board_update_reg(fake->board, RAM, 0, 1, &err), err, EG_BAD_ARGUMENT,
                 "register 0x3fcb0000: a mask of no bits");
    assert_int_equal(fake_board_peek(fake, RAM), 5);
}

static void memory_is_dumped_to_memory_and_to_a_file(void **state)
{
    struct fake_board *fake = *state;
    uint8_t expected[2052], got[2056];
    const struct eg_output output = {.data = got, .size = sizeof expected};
    char path[4096];
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_ROM);
    for (uint32_t i = 0; i < sizeof expected; i += 4) {
        fake_board_poke(fake, RAM + i, i * 0x01010101u + 7);
        eg_put32(expected + i, i * 0x01010101u + 7);
    }
    memset(got, 0x55, sizeof got);
    assert_ok(eg_board_dump_mem(fake->board, RAM, sizeof expected, &output, &err), err);
    assert_memory_equal(got, expected, sizeof expected);
    assert_int_equal(got[sizeof expected], 0x55);
    assert_int_equal(fake->log.progress, 3); /* every KiB, and at the end */
    assert_int_equal(fake->log.done, sizeof expected);
    assert_int_equal(fake->log.total, sizeof expected);

    const struct eg_output file = {.path = fake_board_path(fake, path, "dump")};
    assert_ok(eg_board_dump_mem(fake->board, RAM, 64, &file, &err), err);
    fake_board_assert_file(fake, "dump", expected, 64);
    assert_ok(eg_board_dump_mem(fake->board, RAM, 0, &file, &err), err);
    fake_board_assert_file(fake, "dump", expected, 0);
}

static void an_impossible_dump_is_refused_and_leaves_the_files(void **state)
{
    struct fake_board *fake = *state;
    uint8_t got[8] = "it was.";
    const struct eg_output output = {.data = got, .size = sizeof got};
    char path[4096];
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("1:gone@2000"));
    fake_board_connect(fake, FAKE_ROM);
    assert_error(eg_board_dump_mem(fake->board, RAM + 2, 4, &output, &err), err, EG_BAD_ARGUMENT,
                 "memory 0x3fcb0002, 0x4 bytes: both must be multiples of 4");
    assert_error(eg_board_dump_mem(fake->board, RAM, 6, &output, &err), err, EG_BAD_ARGUMENT,
                 "memory 0x3fcb0000, 0x6 bytes: both must be multiples of 4");
    assert_error(eg_board_dump_mem(fake->board, RAM, 12, &output, &err), err, EG_BAD_ARGUMENT,
                 "12 bytes do not fit into memory of 8");
    assert_memory_equal(got, "it was.", 8);

    fake_board_write(fake, "dump", "old", 3);
    const struct eg_output file = {.path = fake_board_path(fake, path, "dump")};
    assert_int_equal(eg_board_dump_mem(fake->board, RAM, 4096, &file, &err), EG_PORT_GONE);
    fake_board_assert_file(fake, "dump", "old", 3);
    fake_board_assert_file(fake, "dump.part", NULL, 0);
}

static void assert_in_ram(struct fake_board *fake, uint32_t addr, const uint8_t *data, uint32_t size)
{
    for (uint32_t i = 0; i < size; i += 4)
        assert_int_equal(fake_board_peek(fake, addr + i), eg_get32(data + i));
}

static void an_image_is_loaded_into_ram_and_started(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t image[20100];
    char path[4096];
    struct eg_error err;

    const size_t size = fake_image_make(image, "esp32c3",
                                        &(struct fake_image){.load_addr = RAM, .size = 20000, .hash = true});
    fake_board_write(fake, "ram.bin", image, size);
    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        fake->log.progress = 0;
        const struct eg_input input = {.path = fake_board_path(fake, path, "ram.bin")};
        assert_ok(eg_board_load_ram(fake->board, &input, &err), err);
        assert_in_ram(fake, RAM, image + 32, 20000);
        assert_int_equal(fake->log.progress, 1);
        /* The code runs now, so no loader answers. */
        uint32_t word;
        assert_error(eg_board_read_reg(fake->board, RAM, &word, &err), err, EG_TIMEOUT,
                     "reading register 0x3fcb0000: no answer to READ_REG within 3000 ms");
        fake_board_unplug(fake);
    }
}

static void an_image_for_ram_may_come_as_hex(void **state)
{
    struct fake_board *fake = *state;
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer hex = {0};
    EG_CLEANUP(eg_free_cleanup) char *two = NULL;
    uint8_t image[300];
    struct eg_error err;

    const size_t size = fake_image_make(image, "esp32c3", &(struct fake_image){.load_addr = RAM});
    assert_ok(eg__pieces_add(&pieces, 0, image, size, "range", 1, &err), err);
    assert_ok(eg_hex_write(&hex, &pieces, &err), err);
    fake_board_start(fake, "esp32c3", FAKE_ROM);
    two = fake_hex(0, image, size, 0x1000, image, size);
    assert_error(eg_board_load_ram(fake->board,
                                   &(struct eg_input){.data = two, .size = strlen(two), .name = "two.hex"},
                                   &err),
                 err, EG_BAD_IMAGE, "two.hex has 2 ranges of addresses, not one");
    assert_ok(eg_board_load_ram(fake->board, &(struct eg_input){.data = hex.data, .size = hex.size}, &err),
              err);
    assert_in_ram(fake, RAM, image + 32, 100);
}

static void an_image_that_does_not_fit_is_refused_before_anything_is_loaded(void **state)
{
    struct fake_board *fake = *state;
    const struct eg_stub *stub = eg_stub_by_name("esp32c3");
    uint8_t image[300];
    struct eg_input input = {.data = image, .name = "ram.bin"};
    char sentence[300];
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    input.size = fake_image_make(image, "esp32s3", &(struct fake_image){.load_addr = RAM});
    assert_error(eg_board_load_ram(fake->board, &input, &err), err, EG_BAD_IMAGE,
                 "ram.bin: is an image for ESP32-S3, not for ESP32-C3");
    input.size = fake_image_make(image, "esp8266", &(struct fake_image){.load_addr = RAM});
    assert_error(eg_board_load_ram(fake->board, &input, &err), err, EG_BAD_IMAGE,
                 "ram.bin: is an image for ESP8266, not for ESP32-C3");
    input.size = fake_image_make(image, "esp32c3", &(struct fake_image){.load_addr = RAM});
    image[40] ^= 1;
    assert_int_equal(eg_board_load_ram(fake->board, &input, &err), EG_BAD_IMAGE);
    assert_int_equal(strncmp(err.text, "ram.bin: checksum at offset 0x8f is 0x", 38), 0);
    input.size = 7;
    assert_error(eg_board_load_ram(fake->board, &input, &err), err, EG_BAD_IMAGE,
                 "ram.bin: 7 bytes are too few for an image header of 24");
    assert_int_equal(fake_board_peek(fake, RAM), 0);

    const uint32_t addr = stub->text_addr + stub->text_size - 4;
    input.size = fake_image_make(image, "esp32c3", &(struct fake_image){.load_addr = addr});
    snprintf(sentence, sizeof sentence,
             "ram.bin: 0x%08x to 0x%08x is where the stub runs, 0x%08x to 0x%08x: load it without a stub",
             (unsigned)addr, (unsigned)addr + 100, (unsigned)stub->text_addr, (unsigned)addr + 4);
    assert_error(eg_board_load_ram(fake->board, &input, &err), err, EG_BAD_ARGUMENT, sentence);
    uint32_t word;
    assert_ok(eg_board_read_reg(fake->board, RAM, &word, &err), err); /* the stub still runs */
}

static void ram_is_written_block_by_block(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t data[0x1800 + 100];
    struct eg_error err;

    fake_data(data, sizeof data, 1);
    for (int loader = FAKE_ROM; loader <= FAKE_STUB; loader++) {
        fake_board_start(fake, "esp32c3", loader);
        assert_int_equal(eg_board_ram_block_size(fake->board), 0x1800);
        assert_ok(eg_board_mem_begin(fake->board, sizeof data, RAM, &err), err);
        assert_error(eg_board_mem_block(fake->board, data, 0x1801, &err), err, EG_BAD_ARGUMENT,
                     "a block of 6145 bytes; a block of RAM has 1 to 6144");
        assert_error(eg_board_mem_block(fake->board, data, 0, &err), err, EG_BAD_ARGUMENT,
                     "a block of 0 bytes; a block of RAM has 1 to 6144");
        assert_ok(eg_board_mem_block(fake->board, data, 0x1800, &err), err);
        assert_ok(eg_board_mem_block(fake->board, data + 0x1800, 100, &err), err);
        assert_in_ram(fake, RAM, data, sizeof data);
        assert_ok(eg_board_mem_finish(fake->board, 0, &err), err);
        uint32_t word;
        assert_ok(eg_board_read_mem(fake->board, RAM, &word, &err), err); /* 0 = it stays in the loader */
        fake_board_unplug(fake);
    }
}

static void in_secure_download_mode_memory_is_out_of_reach(void **state)
{
    struct fake_board *fake = *state;
    static const char memory[] = "ESP32-C3 is in secure download mode: its memory cannot be read or written";
    static const char load[] = "ESP32-C3 is in secure download mode: nothing can be loaded into its RAM";
    const struct eg_output output = {.data = (uint8_t[16]){0}, .size = 16};
    uint8_t image[300];
    struct eg_error err;
    uint32_t word;

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_ROM);
    const struct eg_input input = {
        .data = image, .size = fake_image_make(image, "esp32c3", &(struct fake_image){.load_addr = RAM})};
    assert_error(eg_board_read_mem(fake->board, RAM, &word, &err), err, EG_SECURED, memory);
    assert_error(eg_board_write_mem(fake->board, RAM, 1, 1, &err), err, EG_SECURED, memory);
    assert_error(eg_board_update_reg(fake->board, RAM, 1, 1, &err), err, EG_SECURED, memory);
    assert_error(eg_board_dump_mem(fake->board, RAM, 16, &output, &err), err, EG_SECURED, memory);
    assert_error(eg_board_load_ram(fake->board, &input, &err), err, EG_SECURED, load);
    assert_error(eg_board_mem_begin(fake->board, 4, RAM, &err), err, EG_SECURED, load);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(words_are_read_and_written),
        FAKE_TEST(a_field_of_a_register_is_set_by_itself),
        FAKE_TEST(memory_is_dumped_to_memory_and_to_a_file),
        FAKE_TEST(an_impossible_dump_is_refused_and_leaves_the_files),
        FAKE_TEST(an_image_is_loaded_into_ram_and_started),
        FAKE_TEST(an_image_for_ram_may_come_as_hex),
        FAKE_TEST(an_image_that_does_not_fit_is_refused_before_anything_is_loaded),
        FAKE_TEST(ram_is_written_block_by_block),
        FAKE_TEST(in_secure_download_mode_memory_is_out_of_reach),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
