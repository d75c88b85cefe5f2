/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "engine/image/compress.h"
#include "engine/image/image.h"

static void regions_are_padded_hashed_and_compressed_where_that_is_smaller(void **state)
{
    (void)state;
    put("job.yaml", JOB("firmware: [{at: 0x10000, file: app.bin}, {at: 0x20000, file: data.bin}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    const struct eg_region *const app = &plan->regions[0], *const data = &plan->regions[1];
    const struct image content = application(4500);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};
    uint8_t digest[EG_SHA256_SIZE];
    struct eg_error err;

    assert_int_equal(app->file_size, content.size);
    assert_int_equal(app->data.size, content.size);
    assert_memory_equal(app->data.data, content.data, content.size);
    assert_in_range(app->zlib.size, 1, app->data.size - 1);
    assert_ok(eg_compress(&zlib, content.data, content.size, &err), err);
    assert_int_equal(app->zlib.size, zlib.size);
    assert_memory_equal(app->zlib.data, zlib.data, zlib.size);

    assert_int_equal(data->file_size, 5);
    assert_int_equal(data->data.size, 8);
    assert_memory_equal(data->data.data, "12345\xff\xff\xff", 8);
    assert_int_equal(data->zlib.size, 0);
    assert_false(data->is_image);
    assert_ok(eg_md5(digest, "12345\xff\xff\xff", 8, &err), err);
    assert_memory_equal(data->md5, digest, EG_MD5_SIZE);
    assert_ok(eg_sha256(digest, "12345\xff\xff\xff", 8, &err), err);
    assert_memory_equal(data->sha256, digest, EG_SHA256_SIZE);

    assert_int_equal(plan->data_size, app->data.size + 8);
    assert_int_equal(plan->wire_size, app->zlib.size + 8);
}

static void flash_settings_go_into_the_bootloader_alone(void **state)
{
    (void)state;
    put("job.yaml", JOB("flash: {mode: dout, freq: 80m, size: 4MB}\n"
                        "firmware: [{at: 0x1000, file: boot.bin}, {at: 0x10000, file: app.bin}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    const struct eg_buffer *const boot = &plan->regions[0].data;
    const struct image app = application(4500);
    struct eg_image_info info;
    struct eg_error err;

    assert_int_equal(plan->declared_flash_size, 4 << 20);
    assert_int_equal(boot->data[2], 3);
    assert_int_equal(boot->data[3], 0x2f);
    assert_ok(eg_image_parse(&info, plan->target, boot->data, boot->size, &err), err);
    assert_ok(eg_image_check(&info, boot->data, boot->size, &err), err);
    assert_memory_equal(plan->regions[1].data.data, app.data, app.size);
}

static void a_job_that_nothing_could_verify_is_refused(void **state)
{
    (void)state;
    put("app.bin", "data");
    assert_refused(
        "espgang: 1\njob: x\nchip: esp8266\nlink: {stub: off}\nfirmware: [{at: 0x10000, file: app.bin}]\n",
        EG_CANNOT_VERIFY,
        "@/job.yaml:4:14: the ROM of ESP8266 can neither hash nor read its flash: what it writes cannot be "
        "verified without a stub");
}

static void an_esp8266_job_has_images_without_a_chip_id(void **state)
{
    (void)state;
    put_image("old.bin", image(-1, 1000, false));
    put("job.yaml", "espgang: 1\njob: x\nchip: esp8266\nflash: {size: 2MB-c1}\n"
                    "firmware: [{at: 0, file: old.bin}]\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    struct eg_image_info info;
    uint16_t least, most;
    struct eg_error err;

    assert_true(plan->regions[0].is_image);
    assert_ok(
        eg_image_parse(&info, plan->target, plan->regions[0].data.data, plan->regions[0].data.size, &err),
        err);
    eg_image_revisions(&info, plan->target, &least, &most);
    assert_int_equal(least, 0);
    assert_int_equal(most, 65535);
    assert_int_equal(plan->regions[0].data.data[3], 0x50);
    assert_int_equal(plan->declared_flash_size, 2 << 20);
}

static void an_address_that_cannot_be_used_is_refused(void **state)
{
    (void)state;
    assert_refused(JOB("firmware: [{at: 0x1000g, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: at is \"0x1000g\", not an address such as 0x10000, 64k or 1MB");
    assert_refused(JOB("firmware: [{at: -1, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: at is \"-1\", not an address such as 0x10000, 64k or 1MB");
    assert_refused(
        JOB("firmware: [{at: 0x10010, file: data.bin}]"), EG_BAD_ARGUMENT,
        "@/job.yaml:4:17: data.bin at 0x00010010 begins inside a sector, not at a multiple of 4096 "
        "(0x1000): 0x10 bytes before it are erased");
    assert_refused(JOB("firmware: [{at: 0, file: boot.bin, name: bootloader}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: bootloader at 0x00000000 is a bootloader, but the ESP32 starts its "
                   "bootloader at 0x00001000");
    assert_refused(
        JOB("firmware:\n- {at: 0x11000, file: data.bin}\n- {at: 0x10000, file: app.bin}"), EG_BAD_ARGUMENT,
        "@/job.yaml:5:8: data.bin at 0x00011000 shares a sector with app.bin, which takes 0x00010000 to "
        "0x000111e0");
    assert_refused(
        JOB("firmware: [{at: 4k, file: data.bin, name: a}, {at: 4096, file: data.bin, name: b}]"),
        EG_BAD_ARGUMENT,
        "@/job.yaml:4:52: b at 0x00001000 shares a sector with a, which takes 0x00001000 to 0x00001005");
}

static void a_region_beyond_the_flash_is_refused(void **state)
{
    (void)state;
    assert_refused(
        JOB("flash: {size: 1MB}\nfirmware: [{at: 0xff000, file: app.bin}]"), EG_FLASH_TOO_SMALL,
        "@/job.yaml:5:17: app.bin: 0x000ff000 to 0x001001e0 goes beyond the given flash size of 1 MB, "
        "0x00100000");
    assert_refused(
        JOB("firmware: [{at: 16MB, file: data.bin}]"), EG_FLASH_TOO_SMALL,
        "@/job.yaml:4:17: data.bin: 0x01000000 to 0x01000008 goes beyond the 16 MB that the stub of ESP32 "
        "reaches");
    assert_refused(
        JOB("flash: {size: 32MB}\nfirmware: [{at: 16MB, file: data.bin}]"), EG_FLASH_TOO_SMALL,
        "@/job.yaml:5:17: data.bin: 0x01000000 to 0x01000008 goes beyond the 16 MB that the stub of ESP32 "
        "reaches");
    assert_refused(
        "espgang: 1\njob: x\nchip: esp32s3\nfirmware: [{at: 16MB, file: data.bin}]\n", EG_FLASH_TOO_SMALL,
        "@/job.yaml:4:17: data.bin: 0x01000000 to 0x01000008 goes beyond the 16 MB, 0x01000000, that a flash "
        "is taken for without a given size");
    assert_refused(
        JOB("firmware: [{at: 0xfffffffffffff000, file: data.bin}]"), EG_FLASH_TOO_SMALL,
        "@/job.yaml:4:17: data.bin: 0xfffffffffffff000 to 0xfffffffffffff008 goes beyond the 16 MB that the "
        "stub of ESP32 reaches");
    put("job.yaml", "espgang: 1\njob: x\nchip: esp32s3\nflash: {size: 32MB}\nfirmware: [{at: 0x1fff000, "
                    "file: data.bin}]\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_int_equal(plan->regions[0].flash_addr, 0x1fff000);
}

static void a_firmware_file_that_cannot_be_read_is_named_where_the_job_names_it(void **state)
{
    (void)state;
    char path[256];

    assert_refused(JOB("firmware: [{at: 0, file: no/such.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/no/such.bin: No such file or directory");
    put("empty.bin", "");
    assert_refused(JOB("firmware: [{at: 0, file: empty.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: empty.bin is empty: there is nothing to write");
    path_of(path, "dir.bin");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(JOB("firmware: [{at: 0, file: dir.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/dir.bin: is a directory");
    path_of(path, "fifo.bin");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(JOB("firmware: [{at: 0, file: fifo.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/fifo.bin: is not a regular file");
    put("large.bin", "");
    path_of(path, "large.bin");
    assert_int_equal(truncate(path, (64 << 20) + 1), 0);
    assert_refused(JOB("firmware: [{at: 0, file: large.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: @/large.bin: 67108865 bytes, more than the 67108864 that are allowed");
    assert_refused(JOB("firmware: [{at: 0, file: /dev/null}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:26: /dev/null: is not a regular file");
}

static void an_image_that_is_damaged_or_of_another_chip_is_refused(void **state)
{
    (void)state;
    struct image bad = image(0, 3000, true);

    assert_refused(JOB("firmware: [{at: 0x1000, file: boot_c3.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:31: boot_c3.bin is an image for ESP32-C3, not for ESP32");
    put_image("old.bin", image(-1, 1000, false));
    assert_refused(JOB("firmware: [{at: 0x1000, file: old.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:31: old.bin is an image for ESP8266, not for ESP32");
    bad.data[100] ^= 0x40;
    put_image("bad.bin", bad);
    assert_refused(JOB("firmware: [{at: 0x1000, file: bad.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:31: bad.bin is a damaged image: checksum at offset 0xbdf is 0xef, the "
                   "segments have 0xaf");
    bad = image(0, 3000, true);
    bad.size = 2000;
    put_image("bad.bin", bad);
    assert_refused(JOB("firmware: [{at: 0x10000, file: bad.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:32: bad.bin is a damaged image: segment 1 of 1 at offset 0x18 has 3000 "
                   "bytes, beyond the end "
                   "at 0x7d0");
    bad = image(0, 16, true);
    bad.data[8] ^= 1;
    put_image("bad.bin", bad);
    assert_refused(JOB("firmware: [{at: 0x10000, file: bad.bin}]"), EG_BAD_IMAGE,
                   "@/job.yaml:4:32: bad.bin is a damaged image: SHA-256 at offset 0x40 is "
                   "d5196cf74b4fd256fe65189f30091b81ce56beb368800ff12c99400958886de1, the data have "
                   "7fdc9810164804eab560f1580a901c847e00a9c901e8b5dbbfd487d594820893");
}

static void data_that_happens_to_begin_with_e9_is_data(void **state)
{
    (void)state;
    put("odd.bin", "\xe9\x03 not an image of any chip");
    put("job.yaml", JOB("firmware: [{at: 0x10000, file: odd.bin}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_false(plan->regions[0].is_image);
}

static void data_of_each_board_takes_its_place_out_of_a_merged_file(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer merged = {0};

    merge(&merged, 0);
    put_bytes("all.bin", merged.data, merged.size);
    put("job.yaml", JOB("firmware: {from: all.bin}\n"
                        "unit:\n"
                        "  serial: {format: '{mac}'}\n"
                        "  raw: {at: 0x9000, value: '{serial}', size: 32}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    const struct eg_region *const before = &plan->regions[0], *const after = &plan->regions[1];

    assert_int_equal(plan->region_count, 2);
    assert_int_equal(before->flash_addr, 0);
    assert_int_equal(before->file_size, 0x9000);
    assert_memory_equal(before->data.data, merged.data, 0x9000);
    assert_int_equal(after->flash_addr, 0xa000);
    assert_int_equal(after->file_size, merged.size - 0xa000);
    assert_memory_equal(after->data.data, merged.data + 0xa000, after->data.size);
    assert_string_equal(after->name, "all.bin 0x0000a000");

    assert_refused(
        JOB("firmware: {from: all.bin}\n"
            "unit:\n"
            "  serial: {format: '{mac}'}\n"
            "  raw: {at: 0x10000, value: '{serial}', size: 32}"),
        EG_BAD_ARGUMENT,
        "@/job.yaml:7:13: raw at 0x00010000 shares a sector with all.bin, which takes 0x00000000 to "
        "0x000111e0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(regions_are_padded_hashed_and_compressed_where_that_is_smaller),
        TEST(flash_settings_go_into_the_bootloader_alone),
        TEST(a_job_that_nothing_could_verify_is_refused),
        TEST(an_esp8266_job_has_images_without_a_chip_id),
        TEST(an_address_that_cannot_be_used_is_refused),
        TEST(a_region_beyond_the_flash_is_refused),
        TEST(a_firmware_file_that_cannot_be_read_is_named_where_the_job_names_it),
        TEST(an_image_that_is_damaged_or_of_another_chip_is_refused),
        TEST(data_that_happens_to_begin_with_e9_is_data),
        TEST(data_of_each_board_takes_its_place_out_of_a_merged_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
