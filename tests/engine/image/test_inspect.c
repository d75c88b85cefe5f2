/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/inspect.h"

#include "engine/image/kind.h"
#include "tests/engine/image/goldens.h"

static const struct eg_target *chip(const char *name)
{
    const struct eg_target *target = eg_target_by_name(name);

    assert_non_null(target);
    return target;
}

static uint32_t number(const json_t *of, const char *key)
{
    const json_t *const value = json_object_get(of, key);

    if (json_is_string(value))
        return (uint32_t)strtoul(json_string_value(value), NULL, 0);
    assert_true(json_is_integer(value));
    return (uint32_t)json_integer_value(value);
}

static void assert_segments(const struct eg_image_details *details, const json_t *expected)
{
    const json_t *segment, *memory;
    size_t i, n;

    assert_int_equal(details->segment_count, json_array_size(expected));
    json_array_foreach(expected, i, segment)
    {
        const struct eg_image_segment *const found = &details->segments[i];
        assert_int_equal(found->addr, number(segment, "load"));
        assert_int_equal(found->size, number(segment, "length"));
        assert_int_equal(found->file_offset, number(segment, "file_offset"));
        assert_int_equal(found->memory_count, json_array_size(json_object_get(segment, "memory_types")));
        json_array_foreach(json_object_get(segment, "memory_types"), n, memory)
            assert_string_equal(found->memory[n], json_string_value(memory));
    }
}

static void assert_digest(const uint8_t *digest, const json_t *expected, const char *key)
{
    char text[EG_SHA256_TEXT];

    eg_hex(text, digest, EG_SHA256_SIZE);
    assert_string_equal(text, json_string_value(json_object_get(expected, key)));
}

/* Compare a fact. Every fact has a line here; an unknown one fails the test. */
static void assert_fact(const struct eg_image_details *details, const json_t *facts, const char *key)
{
    static const char *const of_the_file[] = {"chip", "sha256", NULL};
    const struct {
        const char *key;
        uint32_t value;
    } numbers[] = {
        {"size", (uint32_t)details->size},
        {"version", details->version},
        {"entry", details->entry},
        {"flash_mode", details->flash_mode},
        {"flash_size_freq", details->flash_size_freq},
        {"checksum", details->checksum},
        {"calculated_checksum", details->actual_checksum},
        {"chip_id", details->chip_id},
        {"min_rev", details->min_rev},
        {"min_rev_full", details->min_rev_full},
        {"max_rev_full", details->max_rev_full},
        {"wp_pin", details->wp_pin},
        {"clk_drv", details->clk_drv},
        {"q_drv", details->q_drv},
    };

    for (size_t i = 0; of_the_file[i] != NULL; i++)
        if (strcmp(key, of_the_file[i]) == 0)
            return;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i].key) == 0) {
            assert_int_equal(numbers[i].value, number(facts, key));
            return;
        }
    if (strcmp(key, "segments") == 0)
        assert_segments(details, json_object_get(facts, key));
    else if (strcmp(key, "append_digest") == 0)
        assert_int_equal(details->hash_appended, json_is_true(json_object_get(facts, key)));
    else if (strcmp(key, "stored_sha256") == 0)
        assert_digest(details->hash, facts, key);
    else if (strcmp(key, "calculated_sha256") == 0)
        assert_digest(details->actual_hash, facts, key);
    else
        fail_msg("unknown fact %s", key);
}

static void every_fact_that_the_reference_reads_is_found_with_the_chip_told_or_not(void **state)
{
    (void)state;
    char path[4096];
    json_error_t json_err;
    json_t *const all = json_load_file(fixture_path(path, "image-info.json"), 0, &json_err);
    const char *name, *key;
    json_t *facts, *fact;

    assert_non_null(all);
    assert_true(json_object_size(json_object_get(all, "images")) > 0);
    json_object_foreach(json_object_get(all, "images"), name, facts)
    {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
        const struct eg_target *const target = chip(json_string_value(json_object_get(facts, "chip")));
        struct eg_image_details details;
        struct eg_error err;
        char fixture[100];

        print_message("%s\n", name);
        snprintf(fixture, sizeof fixture, "images/%s", name);
        golden_load(&file, fixture);
        for (int told = 0; told < 2; told++) {
            assert_ok(eg_image_inspect(&details, told ? target : NULL, file.data, file.size, &err), err);
            assert_string_equal(details.target, target->name);
            assert_int_equal(details.extended, target->image_chip_id >= 0);
            if (details.extended)
                assert_string_equal(details.chip_label, target->label);
            json_object_foreach(facts, key, fact) assert_fact(&details, facts, key);
        }
    }
    json_decref(all);
}

static void a_real_application_tells_what_it_is(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg_image_details details;
    struct eg_error err;

    golden_load(&file, "images/esp_idf_blink_esp32s2.bin");
    assert_ok(eg_image_inspect(&details, NULL, file.data, file.size, &err), err);
    assert_string_equal(details.flash_mode_name, "dio");
    assert_string_equal(details.flash_size_name, "2MB");
    assert_string_equal(details.flash_freq_name, "80m");
    assert_true(details.has_app);
    assert_string_equal(details.app.project, "blink");
    assert_string_equal(details.app.date, "Sep 13 2022");
    assert_string_equal(details.app.time, "19:46:07");
    assert_string_equal(details.app.version, "qa-test-v5.0-20220830-4-g4532e6");
    assert_string_equal(details.app.idf_version, "v5.0-beta1-427-g4532e6e0b2-dirt");
    assert_int_equal(details.app.secure_version, 0);
    assert_int_equal(details.app.mmu_page_size, 0);
    assert_false(details.has_bootloader);
}

/* One segment of four bytes with a correct checksum, and a SHA-256 of zeros. */
static const uint8_t sample[80] = {
    0xe9,
    1,
    2,
    0x1f,
    0x00,
    0x04,
    0x08,
    0x40,
    [8] = 0xee,
    0x21,
    0x43,
    0x65,
    [12] = 9,
    [14] = 1,
    2,
    0,
    3,
    0,
    [23] = 1,
    [24] = 0x00,
    0x00,
    0x38,
    0x40,
    4,
    [32] = 1,
    2,
    4,
    8,
    [47] = 0xef ^ 1 ^ 2 ^ 4 ^ 8,
};

static void wrong_sums_are_told_not_refused(void **state)
{
    (void)state;
    uint8_t image[sizeof sample];
    struct eg_image_details details;
    struct eg_error err;

    memcpy(image, sample, sizeof image);
    image[47] ^= 1;
    assert_ok(eg_image_inspect(&details, NULL, image, sizeof image, &err), err);
    assert_string_equal(details.target, "esp32s3");
    assert_int_equal(details.actual_checksum, sample[47]);
    assert_int_equal(details.checksum, sample[47] ^ 1);
    assert_true(details.hash_appended);
    assert_memory_not_equal(details.hash, details.actual_hash, sizeof details.hash);
    assert_int_equal(details.clk_drv, 1);
    assert_int_equal(details.q_drv, 2);
    assert_int_equal(details.d_drv, 3);
    assert_int_equal(details.cs_drv, 4);
    assert_int_equal(details.hd_drv, 5);
    assert_int_equal(details.wp_drv, 6);
    assert_int_equal(details.min_rev, 1);
    assert_int_equal(details.min_rev_full, 2);
    assert_int_equal(details.max_rev_full, 3);

    /* The caller gave another chip: the image is read as that chip's, and the difference is visible. */
    assert_ok(eg_image_inspect(&details, chip("esp32c3"), sample, sizeof sample, &err), err);
    assert_string_equal(details.target, "esp32c3");
    assert_string_equal(details.chip_label, "ESP32-S3");
}

static void an_esp8266_image_is_told_from_others_whatever_its_bytes_look_like(void **state)
{
    (void)state;
    /* With an extended header it would be an ESP32-C61's with byte 23 set to 1: the length of its segment,
     * 20, is that chip's id. */
    uint8_t image[48] = {0xe9, 1, 0, 0x40, 0x10, 0, 0x10, 0x40, 0, 0, 0x10, 0x40, 20, [47] = 0xef};
    struct eg_image_details details;
    struct eg_error err;

    memset(image + 16, 1, 20);
    assert_ok(eg_image_inspect(&details, NULL, image, sizeof image, &err), err);
    assert_string_equal(details.target, "esp8266");
    assert_int_equal(details.segments[0].size, 20);
    assert_string_equal(details.segments[0].memory[0], "IRAM");
}

static void a_file_that_is_not_an_image_is_called_by_its_format(void **state)
{
    (void)state;
    static uint8_t merged[0x1001], erased[32];
    const struct {
        const void *data;
        size_t size;
        const char *text;
    } rows[] = {
        {"", 0, "is empty, not an image"},
        {"\x7f"
         "ELF\1\1\1",
         7, "is an ELF file, not an image"},
        {":0400000001020304F2\n", 20, "is an Intel HEX file, not an image"},
        {"UF2\nWQ]\x9e", 8, "is a UF2 file, not an image"},
        {"\xaaP\1\2 0123456789abcdefghijklmnopqrstuvw", 32, "is a partition table, not an image"},
        {erased, sizeof erased, "is erased flash of 32 bytes, not an image"},
        {merged, sizeof merged, "is a merged file whose first image begins at offset 0x1000"},
        {merged + 1, sizeof merged - 2, "is erased flash of 4095 bytes, not an image"},
        {"#!/bin/sh\n", 10, "byte at offset 0x0 is 0x23, not the 0xe9 of an image"},
        {"\xe9", 1, "1 bytes are too few for an image header of 8"},
        {"\xea\4", 2, "2 bytes are too few for the first headers of 16"},
        {sample, 79, "SHA-256 at offset 0x30 lies beyond the end at 0x4f"},
        {sample, 47, "checksum at offset 0x2f lies beyond the end at 0x2f"},
        {sample, 33, "segment 1 of 1 at offset 0x18 has 4 bytes, beyond the end at 0x21"},
    };

    memset(erased, 0xff, sizeof erased);
    memset(merged, 0xff, sizeof merged);
    merged[0x1000] = 0xe9;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_image_details details;
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        assert_error(eg_image_inspect(&details, NULL, rows[i].data, rows[i].size, &err), err, EG_BAD_IMAGE,
                     rows[i].text);
    }
}

static void mistakes_in_an_esp8266_image_of_version_2_are_named(void **state)
{
    (void)state;
    uint8_t image[96] = {0xea, 4, 0, 0x40, [12] = 16};
    const uint8_t inner[48] = {0xe9, 1, 0, 0x40, 0x10, 0, 0x10, 0x40, 0, 0, 0x10, 0x40, 8, [47] = 0xef};
    struct eg_image_details details;
    struct eg_error err;

    memcpy(image + 32, inner, sizeof inner);
    image[63] = 0xef;
    assert_ok(eg_image_inspect(&details, NULL, image, 64, &err), err);
    assert_int_equal(details.version, 2);
    assert_int_equal(details.segment_count, 2);
    assert_int_equal(details.checksum, details.actual_checksum);
    assert_false(details.has_crc);
    assert_error(eg_image_inspect(&details, NULL, image, 36, &err), err, EG_BAD_IMAGE,
                 "second header at offset 0x20: 4 bytes are too few for an image header of 8");
    image[12] = 60;
    assert_error(eg_image_inspect(&details, NULL, image, 64, &err), err, EG_BAD_IMAGE,
                 "irom part at offset 0x8 has 60 bytes, beyond the end at 0x40");
    assert_error(eg_image_inspect(&details, chip("esp32"), image, 64, &err), err, EG_BAD_IMAGE,
                 "byte at offset 0x0 is 0xea, not the 0xe9 of an image");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fact_that_the_reference_reads_is_found_with_the_chip_told_or_not),
        cmocka_unit_test(a_real_application_tells_what_it_is),
        cmocka_unit_test(wrong_sums_are_told_not_refused),
        cmocka_unit_test(an_esp8266_image_is_told_from_others_whatever_its_bytes_look_like),
        cmocka_unit_test(a_file_that_is_not_an_image_is_called_by_its_format),
        cmocka_unit_test(mistakes_in_an_esp8266_image_of_version_2_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
