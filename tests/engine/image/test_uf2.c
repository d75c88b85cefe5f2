/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/uf2.h"

#include "tests/fakes/check.h"

#include <string.h>

enum { FAMILY = 0x1c5f21b0 };

/* Write 1000 bytes at 0x1000: three blocks. */
static void write_sample(struct eg_buffer *out)
{
    uint8_t data[1000];
    struct eg_error err;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 1);
    assert_ok(eg_uf2_write(out, FAMILY, 0x1000, data, sizeof data, 0, true, &err), err);
    assert_int_equal(out->size, 3 * EG_UF2_BLOCK_SIZE);
}

static void written_data_is_read_back_across_several_ranges(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    uint32_t family = 0;
    struct eg_error err;

    write_sample(&file);
    assert_ok(eg_uf2_write(&file, FAMILY, 0x800, BYTES(1, 2, 3, 4), 8, false, &err), err);
    assert_ok(eg_uf2_read(&pieces, &family, file.data, file.size, &err), err);
    assert_int_equal(family, FAMILY);
    assert_int_equal(pieces.count, 2);
    assert_int_equal(pieces.list[0].addr, 0x800);
    assert_int_equal(pieces.list[0].data.size, 4);
    assert_int_equal(pieces.list[1].addr, 0x1000);
    assert_int_equal(pieces.list[1].data.size, 1000);
    assert_int_equal(pieces.list[1].data.data[999], (uint8_t)(999 * 7 + 1));
}

static void an_md5_at_the_end_of_the_data_area_is_found_too_and_no_family_is_0(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    uint32_t family = 1;
    struct eg_error err;

    assert_ok(eg_uf2_write(&file, FAMILY, 0x1000, BYTES(1, 2, 3, 4), 4, true, &err), err);
    memcpy(file.data + 32 + 452, file.data + 36, EG_UF2_MD5_SIZE);
    memset(file.data + 36, 0, EG_UF2_MD5_SIZE);
    eg_put32(file.data + 8, 0x4000);
    assert_ok(eg_uf2_read(&pieces, &family, file.data, file.size, &err), err);
    assert_int_equal(family, 0);
    assert_int_equal(pieces.list[0].data.size, 4);
}

static void blocks_that_are_not_for_the_flash_are_counted_and_passed_over(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    uint32_t family;
    struct eg_error err;

    write_sample(&file);
    file.data[8] |= 1;
    assert_ok(eg_uf2_read(&pieces, &family, file.data, file.size, &err), err);
    assert_int_equal(pieces.count, 1);
    assert_int_equal(pieces.list[0].addr, 0x1000 + 452);
    file.data[512 + 8] |= 1;
    file.data[1024 + 8] |= 1;
    assert_error(eg_uf2_read(&pieces, &family, file.data, file.size, &err), err, EG_BAD_IMAGE,
                 "there are no data for the flash in the file");
}

static void mistakes_in_a_uf2_file_are_named_with_the_blocks_offset(void **state)
{
    (void)state;
    const struct {
        size_t at;
        uint32_t value;
        const char *text;
    } rows[] = {
        {4, 0, "is no UF2 file: it does not begin with the marks of a block"},
        {512, 0, "block at offset 0x200 lacks the marks of a UF2 block"},
        {512 + 508, 0, "block at offset 0x200 lacks the marks of a UF2 block"},
        {512 + 8, 0x7000, "block at offset 0x200 is of a file system, not of a flash"},
        {512 + 16, 453, "block at offset 0x200 has 453 data bytes, more than 452"},
        {512 + 16, 0xffffffff, "block at offset 0x200 has 4294967295 data bytes, more than 452"},
        {512 + 20, 2, "block at offset 0x200 is number 2 of 3 where 1 of 3 is next: a block is missing"},
        {20, 1, "block at offset 0x0 is number 1 of 3 where 0 of 3 is next: a block is missing"},
        {512 + 24, 4, "block at offset 0x200 is number 1 of 4 where 1 of 3 is next: a block is missing"},
        {1024 + 28, 7, "block at offset 0x400 is for family 0x00000007, those before for 0x1c5f21b0"},
        {32 + 452 + 8, 0,
         "block at offset 0x0 has MD5 0000000017308a3e6c125d0adf25331b, its data have "
         "7879c49d17308a3e6c125d0adf25331b"},
        {512 + 12, 0x1000, "block at offset 0x200 has an MD5 of other data than its own"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
        EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
        uint32_t family;
        struct eg_error err;
        write_sample(&file);
        eg_put32(file.data + rows[i].at, rows[i].value);
        print_message("%s\n", rows[i].text);
        assert_error(eg_uf2_read(&pieces, &family, file.data, file.size, &err), err, EG_BAD_IMAGE,
                     rows[i].text);
    }
}

static void every_byte_of_an_md5_is_compared(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg_error err;

    assert_ok(eg_uf2_write(&file, FAMILY, 0x1000, BYTES(1, 2, 3, 4), 4, true, &err), err);
    for (size_t i = 0; i < EG_MD5_SIZE; i++) {
        EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
        uint8_t *const byte = &file.data[32 + 4 + 8 + i]; /* after header, data, address and length */
        uint32_t family;
        *byte ^= 0x80;
        if (eg_uf2_read(&pieces, &family, file.data, file.size, &err) != EG_BAD_IMAGE)
            fail_msg("byte %zu of the MD5 may be anything", i);
        *byte ^= 0x80;
    }
}

static void a_uf2_file_that_was_cut_or_says_a_thing_twice_is_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    uint32_t family;
    struct eg_error err;

    write_sample(&file);
    assert_error(eg_uf2_read(&pieces, &family, file.data, 1024, &err), err, EG_BAD_IMAGE,
                 "block 2 of 3 is missing at the end of the file");
    assert_error(eg_uf2_read(&pieces, &family, file.data, 1535, &err), err, EG_BAD_IMAGE,
                 "block at offset 0x400 has 511 bytes, not 512: the file was cut");
    assert_ok(eg_uf2_write(&file, FAMILY, 0x13e4, BYTES(1, 2, 3, 4, 5, 6, 7, 8), 0, true, &err), err);
    assert_error(eg_uf2_read(&pieces, &family, file.data, file.size, &err), err, EG_BAD_IMAGE,
                 "the data from offset 1536 on overlap those from offset 0 on at 0x000013e4");
}

/* Read an image of 64 bytes at an address, with or without an application descriptor. */
static void read_image(struct eg_pieces *pieces, uint32_t addr, bool application)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    uint8_t image[288] = {0xe9, 1};
    uint32_t family;
    struct eg_error err;

    if (application)
        eg_put32(image + 32, 0xabcd5432);
    assert_ok(eg_uf2_write(&file, FAMILY, addr, image, sizeof image, 0, true, &err), err);
    assert_ok(eg_uf2_read(pieces, &family, file.data, file.size, &err), err);
}

static void an_application_at_0_is_one_in_a_partition(void **state)
{
    (void)state;
    const struct {
        uint32_t addr;
        bool application;
        const char *chip; /* NULL = not known */
        bool relative;
    } rows[] = {
        {0, true, "esp32s3", true},      {0, true, NULL, true},       {0, false, "esp32s3", false},
        {0, false, NULL, false},         {0, false, "esp32s2", true}, {0x10000, true, "esp32s3", false},
        {0x1000, false, "esp32", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
        print_message("row %zu\n", i);
        read_image(&pieces, rows[i].addr, rows[i].application);
        assert_int_equal(
            eg_uf2_is_relative(&pieces, rows[i].chip != NULL ? eg_target_by_name(rows[i].chip) : NULL),
            rows[i].relative);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_data_is_read_back_across_several_ranges),
        cmocka_unit_test(every_byte_of_an_md5_is_compared),
        cmocka_unit_test(an_md5_at_the_end_of_the_data_area_is_found_too_and_no_family_is_0),
        cmocka_unit_test(blocks_that_are_not_for_the_flash_are_counted_and_passed_over),
        cmocka_unit_test(mistakes_in_a_uf2_file_are_named_with_the_blocks_offset),
        cmocka_unit_test(a_uf2_file_that_was_cut_or_says_a_thing_twice_is_refused),
        cmocka_unit_test(an_application_at_0_is_one_in_a_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
