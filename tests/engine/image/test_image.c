/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/image.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <string.h>

static const struct eg_target *chip(const char *name)
{
    const struct eg_target *target = eg_target_by_name(name);

    assert_non_null(target);
    return target;
}

static void load(struct eg_buffer *buffer, const char *fixture)
{
    char path[4096];
    struct eg_error err;

    assert_ok(eg_file_read(buffer, fixture_path(path, fixture), 1 << 20, &err), err);
}

/* One segment of four bytes; sizes: 48 with the extended header, 80 with the hash after it. */
struct sample {
    uint8_t data[80];
    size_t size;
};

static struct sample sample(uint8_t chip_id, bool hash)
{
    struct sample s = {{0xe9,
                        1,
                        2,
                        0x1f,
                        0x00,
                        0x04,
                        0x08,
                        0x40,
                        [12] = chip_id,
                        [23] = hash,
                        [24] = 0x00,
                        0x04,
                        0x08,
                        0x40,
                        4,
                        [32] = 1,
                        2,
                        4,
                        8,
                        [47] = 0xef ^ 1 ^ 2 ^ 4 ^ 8},
                       hash ? 80 : 48};
    struct eg_error err;

    if (hash)
        assert_ok(eg_sha256(s.data + 48, s.data, 48, &err), err);
    return s;
}

static void headers_of_real_images_are_read(void **state)
{
    (void)state;
    const struct {
        const char *file, *chip;
        struct eg_image_info info;
    } rows[] = {
        {"images/bootloader_esp32.bin", "esp32", {4, 2, 0x10, 0x4009816c, true, .end = 7888}},
        {"images/bootloader_esp32_v5_2.bin",
         "esp32",
         {4, 3, 0x10, 0x40080650, true, .max_rev_full = 399, .hash_appended = true, 26736, 26768}},
        {"images/bootloader_esp32c3.bin",
         "esp32c3",
         {4, 2, 0x10, 0x403c0000, true, 5, .hash_appended = true, 17712, 17744}},
        {"images/bootloader_esp8266.bin", "esp8266", {3, 0, 0, 0x40100294, false, .end = 2752}},
        {"images/esp32c3_header_min_rev.bin",
         "esp32c3",
         {1, 2, 0x10, 0xdeadbeef, true, 5, 0, 255, 65535, .end = 48}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
        struct eg_image_info info;
        struct eg_error err;
        load(&file, rows[i].file);
        print_message("%s\n", rows[i].file);
        assert_ok(eg_image_parse(&info, chip(rows[i].chip), file.data, file.size, &err), err);
        assert_int_equal(info.segment_count, rows[i].info.segment_count);
        assert_int_equal(info.flash_mode, rows[i].info.flash_mode);
        assert_int_equal(info.flash_size_freq, rows[i].info.flash_size_freq);
        assert_int_equal(info.entry, rows[i].info.entry);
        assert_int_equal(info.extended, rows[i].info.extended);
        assert_int_equal(info.chip_id, rows[i].info.chip_id);
        assert_int_equal(info.min_rev, rows[i].info.min_rev);
        assert_int_equal(info.min_rev_full, rows[i].info.min_rev_full);
        assert_int_equal(info.max_rev_full, rows[i].info.max_rev_full);
        assert_int_equal(info.hash_appended, rows[i].info.hash_appended);
        assert_int_equal(info.hash_offset, rows[i].info.hash_offset);
        assert_int_equal(info.end, rows[i].info.end);
        assert_ok(eg_image_check(&info, file.data, file.size, &err), err);
        assert_ok(eg_image_check_chip(chip(rows[i].chip), file.data, file.size, &err), err);
    }
}

static void mistakes_in_an_image_are_named_with_their_offset(void **state)
{
    (void)state;
    const struct eg_target *const esp32 = chip("esp32");
    const struct sample good = sample(0, true);
    struct sample bad;
    struct eg_image_info info;
    struct eg_error err;

    assert_error(eg_image_parse(&info, esp32, good.data, 23, &err), err, EG_BAD_IMAGE,
                 "23 bytes are too few for an image header of 24");
    assert_error(eg_image_parse(&info, esp32, good.data, 0, &err), err, EG_BAD_IMAGE,
                 "0 bytes are too few for an image header of 24");
    assert_error(eg_image_parse(&info, esp32, good.data, 31, &err), err, EG_BAD_IMAGE,
                 "header of segment 1 of 1 at offset 0x18 lies beyond the end at 0x1f");
    assert_error(eg_image_parse(&info, esp32, good.data, 35, &err), err, EG_BAD_IMAGE,
                 "segment 1 of 1 at offset 0x18 has 4 bytes, beyond the end at 0x23");
    bad = good;
    bad.data[0] = 0xea;
    assert_error(eg_image_parse(&info, esp32, bad.data, bad.size, &err), err, EG_BAD_IMAGE,
                 "byte at offset 0x0 is 0xea, not the 0xe9 of an image");
    bad = good;
    bad.data[1] = 17;
    assert_error(eg_image_parse(&info, esp32, bad.data, bad.size, &err), err, EG_BAD_IMAGE,
                 "segment count at offset 0x1 is 17, not 1 to 16");
    bad.data[1] = 0;
    assert_error(eg_image_parse(&info, esp32, bad.data, bad.size, &err), err, EG_BAD_IMAGE,
                 "segment count at offset 0x1 is 0, not 1 to 16");
    bad = good;
    bad.data[23] = 2;
    assert_error(eg_image_parse(&info, esp32, bad.data, bad.size, &err), err, EG_BAD_IMAGE,
                 "byte at offset 0x17, whether a SHA-256 is appended, is 0x02, neither 0 nor 1");
    bad = good;
    memset(bad.data + 28, 0xff, 4);
    assert_error(eg_image_parse(&info, esp32, bad.data, bad.size, &err), err, EG_BAD_IMAGE,
                 "segment 1 of 1 at offset 0x18 has 4294967295 bytes, beyond the end at 0x50");
    assert_true(eg_image_looks_damaged(esp32, bad.data, bad.size));
    assert_false(eg_image_looks_damaged(chip("esp32c3"), bad.data, bad.size));
    assert_false(eg_image_looks_damaged(esp32, good.data, good.size));

    assert_ok(eg_image_parse(&info, esp32, good.data, good.size, &err), err);
    assert_error(eg_image_check(&info, good.data, 47, &err), err, EG_BAD_IMAGE,
                 "checksum at offset 0x2f lies beyond the end at 0x2f");
    assert_error(eg_image_check(&info, good.data, 48, &err), err, EG_BAD_IMAGE,
                 "SHA-256 at offset 0x30 lies beyond the end at 0x30");
    assert_error(eg_image_check(&info, good.data, 79, &err), err, EG_BAD_IMAGE,
                 "SHA-256 at offset 0x30 lies beyond the end at 0x4f");
    bad = good;
    bad.data[32] ^= 0x10;
    assert_error(eg_image_check(&info, bad.data, bad.size, &err), err, EG_BAD_IMAGE,
                 "checksum at offset 0x2f is 0xe0, the segments have 0xf0");
    bad = good;
    bad.data[4] ^= 1;
    assert_error(eg_image_check(&info, bad.data, bad.size, &err), err, EG_BAD_IMAGE,
                 "SHA-256 at offset 0x30 is "
                 "56292c8772c00faf3e3324e1ee3dec501055e85ffa3316663ec53fc2a2160bbf, the data have "
                 "84a43feb39e9c92d064a36f48ef2bbae36f5b74ae93c312cf0394e02fe3d4734");
}

static void every_cut_of_an_image_is_refused(void **state)
{
    (void)state;
    const struct sample good = sample(0, true);
    struct eg_image_info info;
    struct eg_error err;

    for (size_t size = 0; size < good.size; size++) {
        enum eg_code code = eg_image_parse(&info, chip("esp32"), good.data, size, &err);
        if (code == EG_OK)
            code = eg_image_check(&info, good.data, size, &err);
        assert_int_equal(code, EG_BAD_IMAGE);
    }
}

static void an_image_for_another_chip_is_named(void **state)
{
    (void)state;
    struct sample s = sample(9, false);
    struct eg_error err;

    assert_error(eg_image_check_chip(chip("esp32c3"), s.data, s.size, &err), err, EG_BAD_IMAGE,
                 "is an image for ESP32-S3, not for ESP32-C3");
    assert_error(eg_image_check_chip(chip("esp8266"), s.data, s.size, &err), err, EG_BAD_IMAGE,
                 "is an image for ESP32-S3, not for ESP8266");
    s = sample(200, false);
    assert_error(eg_image_check_chip(chip("esp32"), s.data, s.size, &err), err, EG_BAD_IMAGE,
                 "is an image for chip id 200, not for ESP32");
    s.data[0] = 0;
    assert_ok(eg_image_check_chip(chip("esp32"), s.data, s.size, &err), err);
}

static void an_esp8266_image_is_told_from_the_others_by_its_checksum(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer old = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer without_hash = {0};
    struct eg_error err;

    load(&old, "images/bootloader_esp8266.bin");
    load(&without_hash, "images/bootloader_esp32.bin");
    assert_error(eg_image_check_chip(chip("esp32"), old.data, old.size, &err), err, EG_BAD_IMAGE,
                 "is an image for ESP8266, not for ESP32");
    assert_error(eg_image_check_chip(chip("esp8266"), without_hash.data, without_hash.size, &err), err,
                 EG_BAD_IMAGE, "is an image for ESP32, not for ESP8266");
    assert_ok(eg_image_check_chip(chip("esp8266"), old.data, old.size, &err), err);
}

static void revisions_are_compared_as_the_header_means_them(void **state)
{
    (void)state;
    const struct {
        const char *chip;
        struct eg_image_info info;
        uint16_t least, most;
    } rows[] = {
        {"esp32", {.extended = true, .min_rev_full = 100, .max_rev_full = 399}, 100, 399},
        {"esp32", {.extended = true, .min_rev = 3, .max_rev_full = 0}, 300, 65535},
        {"esp32", {.extended = true, .min_rev = 3, .max_rev_full = 65535}, 300, 65535},
        {"esp32", {.extended = true, .min_rev_full = 301, .max_rev_full = 65535}, 301, 65535},
        {"esp32c3", {.extended = true, .min_rev = 3, .max_rev_full = 0}, 3, 65535},
        {"esp32c3", {.extended = true, .min_rev_full = 255, .max_rev_full = 65535}, 255, 65535},
        {"esp8266", {.extended = false}, 0, 65535},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint16_t least, most;
        print_message("row %zu\n", i);
        eg_image_revisions(&rows[i].info, chip(rows[i].chip), &least, &most);
        assert_int_equal(least, rows[i].least);
        assert_int_equal(most, rows[i].most);
    }
}

static void flash_modes_have_their_codes(void **state)
{
    (void)state;
    assert_int_equal(eg_flash_mode_code("qio"), 0);
    assert_int_equal(eg_flash_mode_code("qout"), 1);
    assert_int_equal(eg_flash_mode_code("dio"), 2);
    assert_int_equal(eg_flash_mode_code("dout"), 3);
    assert_int_equal(eg_flash_mode_code("keep"), -1);
}

static void a_patched_bootloader_equals_what_the_reference_tool_wrote(void **state)
{
    (void)state;
    /* Digests that real chips computed over their flash, from
     * traces/CHIP-*-write-bootloader-patched.jsonl. */
    const struct {
        const char *file, *chip, *md5;
    } rows[] = {
        {"images/bootloader_esp32_v5_2.bin", "esp32", "b7a170ae683e1119099f6ef26d2ac5bb"},
        {"images/bootloader_esp32c3.bin", "esp32c3", "541fcab8ebbfd3fd089138601ce1d142"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
        const struct eg_target *const target = chip(rows[i].chip);
        const struct eg_flash_settings settings = {eg_flash_mode_code("dio"),
                                                   eg_header_code(target->flash_freqs, "80m"),
                                                   eg_header_code(target->flash_sizes, "4MB")};
        uint8_t md5[EG_MD5_SIZE];
        char text[EG_MD5_TEXT];
        struct eg_error err;
        bool changed;

        load(&file, rows[i].file);
        assert_ok(
            eg_image_patch(target, target->bootloader_addr, &settings, file.data, file.size, &changed, &err),
            err);
        assert_true(changed);
        assert_ok(eg_md5(md5, file.data, file.size, &err), err);
        eg_hex(text, md5, sizeof md5);
        assert_string_equal(text, rows[i].md5);
        assert_ok(
            eg_image_patch(target, target->bootloader_addr, &settings, file.data, file.size, &changed, &err),
            err);
        assert_false(changed);
    }
}

static void a_patch_changes_only_what_is_asked_and_the_hash(void **state)
{
    (void)state;
    const struct eg_target *const esp32 = chip("esp32");
    const struct sample good = sample(0, true);
    struct sample patched = good;
    struct eg_image_info info;
    struct eg_error err;
    bool changed;

    assert_ok(eg_image_patch(esp32, 0x1000, &(struct eg_flash_settings){-1, -1, 0x20}, patched.data,
                             patched.size, &changed, &err),
              err);
    assert_true(changed);
    assert_int_equal(patched.data[2], 2);
    assert_int_equal(patched.data[3], 0x2f);
    assert_memory_equal(patched.data + 4, good.data + 4, 44);
    assert_ok(eg_image_parse(&info, esp32, patched.data, patched.size, &err), err);
    assert_ok(eg_image_check(&info, patched.data, patched.size, &err), err);
    assert_ok(eg_image_patch(esp32, 0x1000, &(struct eg_flash_settings){0, 0, -1}, patched.data, patched.size,
                             &changed, &err),
              err);
    assert_int_equal(patched.data[2], 0);
    assert_int_equal(patched.data[3], 0x20);
    assert_ok(eg_image_check(&info, patched.data, patched.size, &err), err);
}

static void every_byte_of_the_appended_hash_is_compared(void **state)
{
    (void)state;
    const struct sample good = sample(0, true);
    struct eg_image_info info;
    struct eg_error err;

    assert_ok(eg_image_parse(&info, chip("esp32"), good.data, good.size, &err), err);
    for (size_t i = 0; i < EG_SHA256_SIZE; i++) {
        struct sample bad = good;
        bad.data[info.hash_offset + i] ^= 0x80;
        if (eg_image_check(&info, bad.data, bad.size, &err) != EG_BAD_IMAGE)
            fail_msg("byte %zu of the SHA-256 may be anything", i);
    }
}

static void nothing_is_patched_elsewhere(void **state)
{
    (void)state;
    const struct eg_target *const esp32 = chip("esp32");
    const struct eg_flash_settings settings = {0, 0, 0x20}, keep = {-1, -1, -1};
    const struct sample good = sample(0, true);
    struct sample same = good;
    struct eg_error err;
    bool changed = true;

    assert_ok(eg_image_patch(esp32, 0x10000, &settings, same.data, same.size, &changed, &err), err);
    assert_false(changed);
    assert_ok(eg_image_patch(esp32, 0x1000, &keep, same.data, same.size, &changed, &err), err);
    assert_false(changed);
    assert_ok(eg_image_patch(esp32, 0x1000, &settings, same.data, 30, &changed, &err), err);
    assert_false(changed);
    assert_error(eg_image_patch(esp32, 0x1000, &settings, same.data, 60, &changed, &err), err, EG_BAD_IMAGE,
                 "SHA-256 at offset 0x30 lies beyond the end at 0x3c");
    assert_memory_equal(same.data, good.data, good.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_of_real_images_are_read),
        cmocka_unit_test(mistakes_in_an_image_are_named_with_their_offset),
        cmocka_unit_test(every_cut_of_an_image_is_refused),
        cmocka_unit_test(an_image_for_another_chip_is_named),
        cmocka_unit_test(an_esp8266_image_is_told_from_the_others_by_its_checksum),
        cmocka_unit_test(revisions_are_compared_as_the_header_means_them),
        cmocka_unit_test(flash_modes_have_their_codes),
        cmocka_unit_test(a_patched_bootloader_equals_what_the_reference_tool_wrote),
        cmocka_unit_test(a_patch_changes_only_what_is_asked_and_the_hash),
        cmocka_unit_test(every_byte_of_the_appended_hash_is_compared),
        cmocka_unit_test(nothing_is_patched_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
