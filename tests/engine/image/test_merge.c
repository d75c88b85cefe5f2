/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/merge.h"

#include "engine/image/hex.h"
#include "engine/image/image.h"
#include "engine/image/uf2.h"
#include "tests/engine/image/goldens.h"

static const struct eg_target *chip(const char *name)
{
    const struct eg_target *target = eg_target_by_name(name);

    assert_non_null(target);
    return target;
}

static void merge_as_the_reference(const struct golden *golden)
{
    struct eg_buffer files[GOLDEN_INPUTS_MAX] = {0};
    struct eg_merge_input inputs[GOLDEN_INPUTS_MAX];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer merged = {0};
    struct eg_error err;
    bool applied;

    for (size_t i = 0; i < golden->input_count; i++) {
        golden_load(&files[i], golden->inputs[i].path);
        inputs[i] = (struct eg_merge_input){golden->inputs[i].addr, files[i].data, files[i].size,
                                            golden->inputs[i].path};
    }
    assert_ok(eg_merge(&merged, golden->target, inputs, golden->input_count, &golden->merge, &applied, &err),
              err);
    for (size_t i = 0; i < golden->input_count; i++)
        eg_buffer_finish(&files[i]);
    assert_int_equal(json_object_size(golden->files), 1);
    golden_assert_file(golden, golden->output, &merged);
}

static void every_merge_bin_of_the_reference_gives_the_same_bytes(void **state)
{
    (void)state;
    golden_each("merge-bin", merge_as_the_reference);
}

static const uint8_t some[5000] = {1, 2, 3, [4999] = 9};

static const struct eg_merge_input two[] = {
    {0x10000, some, sizeof some, "app.bin"},
    {0x8000, some, 96, "table.bin"},
};

static void assert_two(const struct eg_pieces *pieces)
{
    assert_int_equal(pieces->count, 2);
    assert_int_equal(pieces->list[0].addr, 0x8000);
    assert_int_equal(pieces->list[0].data.size, 96);
    assert_memory_equal(pieces->list[0].data.data, some, 96);
    assert_int_equal(pieces->list[1].addr, 0x10000);
    assert_int_equal(pieces->list[1].data.size, sizeof some);
    assert_memory_equal(pieces->list[1].data.data, some, sizeof some);
}

static void merged_data_is_read_back_from_each_format(void **state)
{
    (void)state;
    const struct eg_target *const esp32 = chip("esp32");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer raw = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer uf2 = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer hex = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    uint32_t family = 0;
    struct eg_error err;

    struct eg_merge_options options = {.target_offset = 0x8000, .pad_to_size = "256KB"};
    assert_ok(eg_merge(&raw, esp32, two, 2, &options, NULL, &err), err);
    assert_int_equal(raw.size, 0x40000 - 0x8000);
    assert_memory_equal(raw.data, some, 96);
    assert_int_equal(raw.data[96], 0xff);
    assert_memory_equal(raw.data + 0x8000, some, sizeof some);
    assert_int_equal(raw.data[raw.size - 1], 0xff);

    options = (struct eg_merge_options){.format = EG_MERGE_UF2};
    assert_ok(eg_merge(&uf2, esp32, two, 2, &options, NULL, &err), err);
    assert_ok(eg_uf2_read(&pieces, &family, uf2.data, uf2.size, &err), err);
    assert_int_equal(family, esp32->uf2_family_id);
    assert_two(&pieces);

    uf2.size = 0;
    options.no_md5 = true;
    options.chunk_size = 4;
    assert_ok(eg_merge(&uf2, esp32, two, 2, &options, NULL, &err), err);
    assert_int_equal(uf2.size, 512 * (96 / 4 + 5000 / 4));
    assert_ok(eg_uf2_read(&pieces, &family, uf2.data, uf2.size, &err), err);
    assert_two(&pieces);

    options = (struct eg_merge_options){.format = EG_MERGE_HEX};
    assert_ok(eg_merge(&hex, esp32, two, 2, &options, NULL, &err), err);
    assert_ok(eg_hex_read(&pieces, hex.data, hex.size, &err), err);
    assert_two(&pieces);
}

/* Make a bootloader with a SHA-256: one segment of four bytes. */
static void make_bootloader(uint8_t image[80], uint8_t chip_id)
{
    const uint8_t bytes[80] = {0xe9,
                               1,
                               2,
                               0x1f,
                               0x00,
                               0x04,
                               0x08,
                               0x40,
                               [12] = chip_id,
                               [23] = 1,
                               [24] = 0x00,
                               0x04,
                               0x08,
                               0x40,
                               4,
                               [32] = 1,
                               2,
                               4,
                               8,
                               [47] = 0xef ^ 1 ^ 2 ^ 4 ^ 8};
    struct eg_error err;

    memcpy(image, bytes, sizeof bytes);
    assert_ok(eg_sha256(image + 48, image, 48, &err), err);
}

static void flash_settings_go_into_the_bootloaders_header_and_nowhere_else(void **state)
{
    (void)state;
    const struct eg_target *const esp32 = chip("esp32");
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer raw = {0};
    uint8_t image[80];
    make_bootloader(image, 0);
    const struct eg_merge_input inputs[] = {
        {0x1000, image, sizeof image, "bootloader.bin"},
        {0x10000, image, sizeof image, "app.bin"},
    };
    const struct eg_merge_options options = {.flash_mode = "dout", .flash_freq = "keep", .flash_size = "8MB"};
    struct eg_image_info info;
    struct eg_error err;
    bool applied;

    assert_ok(eg_merge(&raw, esp32, inputs, 2, &options, &applied, &err), err);
    assert_true(applied);
    assert_int_equal(raw.data[0x1002], 3);
    assert_int_equal(raw.data[0x1003], 0x3f);
    assert_ok(eg_image_parse(&info, esp32, raw.data + 0x1000, 80, &err), err);
    assert_ok(eg_image_check(&info, raw.data + 0x1000, 80, &err), err);
    assert_memory_equal(raw.data + 0x10000, image, sizeof image);

    raw.size = 0;
    assert_ok(eg_merge(&raw, esp32, inputs + 1, 1, &options, &applied, &err), err);
    assert_false(applied);
}

static void an_impossible_merge_is_refused_with_the_reason(void **state)
{
    (void)state;
    const struct eg_merge_input far[] = {{0xffffff00, some, 0x101, "far.bin"}};
    const struct eg_merge_input high[] = {{0x10000000, some, 4, "high.bin"}};
    const struct {
        const struct eg_merge_input *inputs;
        size_t count;
        struct eg_merge_options options;
        const char *text;
    } rows[] = {
        {two, 0, {0}, "there is nothing to merge"},
        {two,
         2,
         {.target_offset = 0x9000},
         "table.bin at 0x00008000 lies before the target offset 0x00009000"},
        {two,
         2,
         {.format = EG_MERGE_HEX, .target_offset = 0x9000},
         "table.bin at 0x00008000 lies before the target offset 0x00009000"},
        {far, 1, {0}, "far.bin of 257 bytes at 0xffffff00 runs out of the address space"},
        {high, 1, {0}, "the file would have 268435460 bytes, more than any flash"},
        {two, 2, {.pad_to_size = "64KB"}, "the data end at 0x00011388, beyond the 64KB to pad to"},
        {two, 2, {.pad_to_size = "lots"}, "\"lots\" is not a size such as 512KB or 4MB"},
        {two, 2, {.flash_mode = "fast"}, "flash mode \"fast\" is none of qio, qout, dio, dout"},
        {two, 2, {.flash_freq = "48m"}, "flash frequency \"48m\" is none of ESP32: 80m, 40m, 26m, 20m"},
        {two,
         2,
         {.format = EG_MERGE_UF2, .chunk_size = 456},
         "chunk size 456 is not a multiple of 4 up to 452"},
        {two, 2, {.format = EG_MERGE_UF2, .chunk_size = 6}, "chunk size 6 is not a multiple of 4 up to 452"},
        {two,
         2,
         {.format = EG_MERGE_UF2, .chunk_size = 480, .no_md5 = true},
         "chunk size 480 is not a multiple of 4 up to 476"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        assert_error(
            eg_merge(&out, chip("esp32"), rows[i].inputs, rows[i].count, &rows[i].options, NULL, &err), err,
            EG_BAD_JOB, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_merge_bin_of_the_reference_gives_the_same_bytes),
        cmocka_unit_test(merged_data_is_read_back_from_each_format),
        cmocka_unit_test(flash_settings_go_into_the_bootloaders_header_and_nowhere_else),
        cmocka_unit_test(an_impossible_merge_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
