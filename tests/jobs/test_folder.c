/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/build_file.h"

#include "engine/image/partitions.h"

static void put_table(const char *name, const char *csv)
{
    const struct eg_partitions_place place = {.bootloader_addr = 0x1000};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bytes = {0};
    struct eg_partitions table;
    struct eg_error err;

    assert_ok(eg_partitions_parse_csv(&table, csv, strlen(csv), &place, &err), err);
    assert_ok(eg_partitions_write(&bytes, &table, true, &err), err);
    put_bytes(name, bytes.data, bytes.size);
}

#define TABLE "nvs,data,nvs,0x9000,0x5000\notadata,data,ota,0xe000,0x2000\n"

static void make(const char *name)
{
    char path[256];

    path_of(path, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static struct eg_plan *plan_of(const char *chip, const char *folder)
{
    char job[200];

    snprintf(job, sizeof job, "espgang: 1\njob: x\n%sfirmware: {from: %s}\n", chip, folder);
    put("job.yaml", job);
    return loaded("job.yaml");
}

static void a_folder_of_platformio_is_told_by_its_names(void **state)
{
    (void)state;
    make("env");
    put_image("env/bootloader.bin", image(0, 3000, true));
    put_image("env/firmware.bin", image(0, 4500, true));
    put_table("env/partitions.bin", TABLE "two,app,ota_1,0x110000,960K\none,app,ota_0,0x10000,1M\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = plan_of("", "env/");
    assert_string_equal(plan->target->name, "esp32");
    assert_regions(plan, "bootloader 0x1000 3072, partition-table 0x8000 3072, firmware.bin 0x10000 4576");

    put_image("env/boot_app0.bin", image(0, 400, true));
    put_table("env/partitions.bin", TABLE "one,app,ota_0,0x10000,1M\nmain,app,factory,0x110000,960K\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *factory = plan_of("chip: esp32\n", "env");
    assert_regions(factory, "bootloader 0x1000 3072, partition-table 0x8000 3072, boot_app0.bin 0xe000 480, "
                            "firmware.bin 0x110000 4576");
}

static void a_folder_of_arduino_is_told_by_its_names(void **state)
{
    (void)state;
    make("out");
    put_image("out/Blink.ino.bin", image(5, 4500, true));
    put_image("out/Blink.ino.merged.bin", image(5, 300, true));
    put_image("out/Blink.ino.bootloader.bin", image(5, 3000, true));
    put_table("out/Blink.ino.partitions.bin", "nvs,data,nvs,0x9000,0x5000\napp,app,factory,0x10000,1M\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = plan_of("", "out");
    assert_string_equal(plan->target->name, "esp32c3");
    assert_regions(plan, "bootloader 0x0 3072, partition-table 0x8000 3072, Blink.ino.bin 0x10000 4576");
}

static void of_an_esp8266_the_application_is_all(void **state)
{
    (void)state;
    make("env");
    put_image("env/firmware.bin", image(-1, 200, false));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = plan_of("chip: esp8266\n", "env");
    assert_regions(plan, "firmware.bin 0x0 224");
}

static void a_list_in_the_folder_comes_before_names(void **state)
{
    (void)state;
    make("build");
    put_image("build/firmware.bin", image(5, 100, true));
    put("build/flash_args", "0x1000 ../boot.bin");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = plan_of("chip: esp32\n", "build");
    assert_regions(plan, "boot.bin 0x1000 3072");
    put("build/flash_args", "no words for esptool\n");
    assert_refused(JOB("firmware: {from: build}"), EG_BAD_JOB,
                   "@/build/flash_args: is not what its name says, a list of files");
}

static void missing_and_duplicate_files_are_named(void **state)
{
    (void)state;
    make("env");
    put_image("env/firmware.bin", image(0, 4500, true));
    assert_refused(JOB("firmware: {from: env}"), EG_BAD_JOB,
                   "@/env: this is a build folder of PlatformIO, but bootloader.bin is missing");
    put_image("env/bootloader.bin", image(0, 3000, true));
    assert_refused(JOB("firmware: {from: env}"), EG_BAD_JOB,
                   "@/env: this is a build folder of PlatformIO, but partitions.bin is missing");
    put_table("env/partitions.bin", TABLE);
    assert_refused(JOB("firmware: {from: env}"), EG_BAD_JOB,
                   "@/env/partitions.bin: the table has no partition for an application");
    put("env/partitions.bin", "<html>");
    assert_refused(JOB("firmware: {from: env}"), EG_BAD_JOB,
                   "@/env/partitions.bin: row at offset 0x0 of the partition table has 6 bytes, not 32");
    put_bytes("env/firmware.bin", "text", 4);
    assert_refused("espgang: 1\njob: x\nfirmware: {from: env}\n", EG_BAD_JOB,
                   "@/env/firmware.bin: does not say which chip it is for; is it an application?");
    put_table("env/partitions.bin", "app,app,factory,0x10000,1M\n");
    put_image("env/firmware.bin", image(5, 100, true));
    assert_refused(JOB("firmware: {from: env}"), EG_BAD_IMAGE,
                   "@/env/firmware.bin: firmware.bin is an image for ESP32-C3, not for ESP32");
    assert_refused(JOB("firmware: {from: env, at: 0x1000}"), EG_BAD_JOB,
                   "@/job.yaml:4:27: env says itself where its files go; leave out at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_folder_of_platformio_is_told_by_its_names), TEST(a_folder_of_arduino_is_told_by_its_names),
        TEST(of_an_esp8266_the_application_is_all),        TEST(a_list_in_the_folder_comes_before_names),
        TEST(missing_and_duplicate_files_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
