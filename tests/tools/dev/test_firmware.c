/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/image/compress.h"
#include "engine/image/inspect.h"
#include "tests/fakes/check.h"
#include "tools/dev/firmware.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-firmware-XXXXXX";

static const char *const files[] = {"bootloader/bootloader.bin", "partition_table/partition-table.bin",
                                    "app.bin", "flasher_args.json"};

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    static const char *const all[] = {
        "bootloader/bootloader.bin", "bootloader", "partition_table/partition-table.bin",
        "partition_table",           "app.bin",    "flasher_args.json"};
    char path[100];

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, all[i]);
        remove(path);
    }
    return rmdir(folder);
}

static void read_back(struct eg_buffer *buffer, const char *name)
{
    struct eg_error err;
    char path[100];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_ok(eg_file_read(buffer, path, 16 << 20, &err), err);
}

static void is_valid_image(const struct eg_target *target, const struct eg_buffer *file)
{
    struct eg_image_details details;
    struct eg_image_info info;
    struct eg_error err;

    assert_ok(eg_image_inspect(&details, target, file->data, file->size, &err), err);
    for (unsigned i = 0; i < details.segment_count; i++)
        assert_true(details.segments[i].memory_count > 0);
    assert_ok(eg_image_parse(&info, target, file->data, file->size, &err), err);
    assert_ok(eg_image_check(&info, file->data, file->size, &err), err);
    assert_ok(eg_image_check_chip(target, file->data, file->size, &err), err);
    assert_int_equal(info.end, file->size);
    assert_int_equal(info.hash_appended, target->image_chip_id >= 0);
    assert_int_equal(info.flash_mode, 2);
    assert_int_equal(info.flash_size_freq & 0xf0, eg_header_code(target->flash_sizes, "2MB"));
}

static void the_images_of_every_chip_are_valid(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer bootloader = {0}, app = {0};
        const struct eg_target *target = eg_targets[i];
        struct eg_error err;

        assert_ok(firmware_write(folder, target->name, 131072, 1, &err), err);
        read_back(&bootloader, files[0]);
        read_back(&app, files[2]);
        assert_int_equal(app.size, 131072);
        is_valid_image(target, &bootloader);
        is_valid_image(target, &app);
        assert_in_range(target->bootloader_addr + bootloader.size, 0, 0x8000);
        if (target->image_chip_id >= 0)
            assert_int_equal(eg_get32(app.data + 32), 0xabcd5432); /* app descriptor */
    }
}

static void the_partition_table_has_the_md5_of_its_rows(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer table = {0};
    uint8_t digest[EG_MD5_SIZE];
    struct eg_error err;

    assert_ok(firmware_write(folder, "esp32", 1 << 20, 1, &err), err);
    read_back(&table, files[1]);
    assert_int_equal(table.size, 0xc00);
    assert_string_equal((const char *)table.data + 64 + 12, "factory");
    assert_int_equal(eg_get32(table.data + 64 + 4), 0x10000);
    assert_int_equal(eg_get32(table.data + 64 + 8), 0x100000);
    assert_ok(eg_md5(digest, table.data, 96, &err), err);
    assert_memory_equal(table.data + 112, digest, sizeof digest);
    assert_int_equal(eg_get16(table.data + 96), 0xebeb);
}

static void flasher_args_names_every_file_at_its_address(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    assert_ok(firmware_write(folder, "ESP32-C3", 65536, 1, &err), err);
    read_back(&text, files[3]);
    json_t *json = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *at = json_object_get(json, "flash_files");
    assert_int_equal(json_object_size(at), 3);
    assert_string_equal(json_string_value(json_object_get(at, "0x0")), files[0]);
    assert_string_equal(json_string_value(json_object_get(at, "0x8000")), files[1]);
    assert_string_equal(json_string_value(json_object_get(at, "0x10000")), files[2]);
    const json_t *extra = json_object_get(json, "extra_esptool_args");
    assert_string_equal(json_string_value(json_object_get(extra, "chip")), "esp32c3");
    json_decref(json);
}

static void the_same_seed_gives_the_same_bytes_and_another_others(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer first = {0}, again = {0}, other = {0};
    struct eg_error err;

    assert_ok(firmware_write(folder, "esp32", 65536, 7, &err), err);
    read_back(&first, files[2]);
    assert_ok(firmware_write(folder, "esp32", 65536, 7, &err), err);
    read_back(&again, files[2]);
    assert_ok(firmware_write(folder, "esp32", 65536, 8, &err), err);
    read_back(&other, files[2]);
    assert_memory_equal(first.data, again.data, 65536);
    assert_memory_not_equal(first.data, other.data, 65536);
}

/* A real ESP-IDF application of 600 KB compresses to 0.59 to 0.60. */
static void an_application_compresses_like_a_real_one(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer app = {0}, packed = {0};
    struct eg_error err;

    assert_ok(firmware_write(folder, "esp32", 1 << 20, 1, &err), err);
    read_back(&app, files[2]);
    assert_ok(eg_compress(&packed, app.data, app.size, &err), err);
    assert_in_range(packed.size * 100 / app.size, 55, 64);
}

static void what_cannot_be_made_is_refused(void **state)
{
    (void)state;
    struct eg_error err;

    assert_error(firmware_write(folder, "esp31", 65536, 1, &err), err, EG_BAD_JOB,
                 "no layout is known for the chip esp31");
    assert_error(firmware_write(folder, "esp32", 65537, 1, &err), err, EG_BAD_JOB,
                 "an application of 65537 bytes: not a multiple of 16 from 65536 to 15728640");
    assert_error(firmware_write(folder, "esp32", 65520, 1, &err), err, EG_BAD_JOB,
                 "an application of 65520 bytes: not a multiple of 16 from 65536 to 15728640");
    assert_error(firmware_write(folder, "esp8266", 1 << 20, 1, &err), err, EG_BAD_IMAGE,
                 "1007580 bytes at 0x40210010 are more than an ESP8266 has room for");
    assert_error(firmware_write("/nonexistent/firmware", "esp32", 65536, 1, &err), err, EG_BAD_ARGUMENT,
                 "making /nonexistent/firmware: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_images_of_every_chip_are_valid),
        cmocka_unit_test(the_partition_table_has_the_md5_of_its_rows),
        cmocka_unit_test(flasher_args_names_every_file_at_its_address),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_others),
        cmocka_unit_test(an_application_compresses_like_a_real_one),
        cmocka_unit_test(what_cannot_be_made_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
