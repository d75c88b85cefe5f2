/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#include "engine/image/hex.h"
#include "engine/image/image.h"
#include "engine/image/partitions.h"
#include "engine/image/uf2.h"
#include "tests/engine/image/elf_maker.h"

#define TABLE "{at: 0x8000, file: table.bin}"

static void put_buffer(const char *name, struct eg_buffer *data)
{
    put_bytes(name, data->data, data->size);
    eg_buffer_finish(data);
}

static void put_table(const char *csv)
{
    const struct eg_partitions_place place = {.bootloader_addr = 0x1000};
    struct eg_buffer bytes = {0};
    struct eg_partitions table;
    struct eg_error err;

    assert_ok(eg_partitions_parse_csv(&table, csv, strlen(csv), &place, &err), err);
    assert_ok(eg_partitions_write(&bytes, &table, true, &err), err);
    put_buffer("table.bin", &bytes);
}

static void a_partition_s_name_is_an_address(void **state)
{
    (void)state;
    put_table("nvs,data,nvs,0x9000,0x6000\nfactory,app,factory,0x10000,1M\nown,0x40,0,0x110000,4k\n");
    put("job.yaml", JOB("firmware: [{at: own, file: data.bin}, {at: factory, file: app.bin}, " TABLE "]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->region_count, 3);
    assert_int_equal(plan->regions[0].flash_addr, 0x8000);
    assert_int_equal(plan->regions[1].flash_addr, 0x10000);
    assert_string_equal(plan->regions[1].name, "app.bin");
    assert_int_equal(plan->regions[2].flash_addr, 0x110000);
    assert_memory_equal(plan->regions[2].data.data, "12345", 5);
}

static void a_name_that_is_no_address_is_refused(void **state)
{
    (void)state;
    assert_refused(JOB("firmware: [{at: nvs, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:17: at is \"nvs\", but there is no partition table among the files");
    put_table("nvs,data,nvs,0x9000,0x6000\nown,0x40,0,0x110000,4k\n");
    assert_refused(JOB("firmware: [" TABLE ", {at: nsv, file: data.bin}]"), EG_BAD_JOB,
                   "@/job.yaml:4:48: at is \"nsv\", which is no partition of the partition table");
    assert_refused(JOB("firmware: [" TABLE ", {at: own, file: app.bin}]"), EG_BAD_ARGUMENT,
                   "@/job.yaml:4:59: app.bin has 4576 bytes, partition own has room for 4096");
    put_bytes("table.bin", "\xaa\x50\x40\0\0\0\x11\0\0\x10\0\0own\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0no row",
              38);
    assert_refused(
        JOB("firmware: [" TABLE ", {at: own, file: app.bin}]"), EG_BAD_IMAGE,
        "@/job.yaml:4:31: @/table.bin: row at offset 0x20 of the partition table has 6 bytes, not 32");
}

static void a_merged_file_is_the_whole_flash(void **state)
{
    (void)state;
    struct eg_buffer merged = {0};

    merge(&merged, 0);
    put_buffer("merged.bin", &merged);
    put("job.yaml", JOB("firmware: {from: merged.bin}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->region_count, 1);
    assert_int_equal(plan->regions[0].flash_addr, 0);
    assert_int_equal(plan->regions[0].file_size, 0x10000 + application(4500).size);

    merge(&merged, 0x1000);
    put_buffer("merged.bin", &merged);
    put("job.yaml", JOB("firmware: {from: merged.bin, at: 0x1000}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *later = loaded("job.yaml");
    assert_int_equal(later->regions[0].flash_addr, 0x1000);
    assert_true(later->regions[0].is_image);
}

static void a_file_that_no_chip_starts_from_is_not_taken_for_a_merged_one(void **state)
{
    (void)state;
    assert_refused(
        JOB("firmware: {from: app.bin}"), EG_BAD_JOB,
        "@/job.yaml:4:18: app.bin needs the key at: it is no merged file, which has a bootloader for "
        "ESP32 at 0x00001000");
    assert_refused(
        JOB("firmware: [{file: app.bin}]"), EG_BAD_JOB,
        "@/job.yaml:4:19: app.bin needs the key at: it is no merged file, which has a bootloader for "
        "ESP32 at 0x00001000");
    assert_refused("espgang: 1\njob: x\nchip: esp32c3\nfirmware: {from: boot_c3.bin}\n", EG_BAD_JOB,
                   "@/job.yaml:4:18: boot_c3.bin needs the key at: it is one image and no merged file");
}

static void an_esp8266_s_one_image_is_all_of_its_firmware(void **state)
{
    (void)state;
    put_image("old.bin", image(-1, 1000, false));
    put("job.yaml", "espgang: 1\njob: x\nchip: esp8266\nfirmware: {from: old.bin}\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->regions[0].flash_addr, 0);
    assert_true(plan->regions[0].is_image);
}

static void put_hex(const char *name, uint32_t first_addr, const char *first, uint32_t second_addr,
                    const char *second)
{
    struct eg_pieces pieces = {0};
    struct eg_buffer hex = {0};
    struct eg_error err;

    assert_ok(eg__pieces_add(&pieces, first_addr, first, strlen(first), "line", 1, &err), err);
    assert_ok(eg__pieces_add(&pieces, second_addr, second, strlen(second), "line", 2, &err), err);
    assert_ok(eg__pieces_settle(&pieces, "line", &err), err);
    assert_ok(eg_hex_write(&hex, &pieces, &err), err);
    eg_pieces_finish(&pieces);
    put_buffer(name, &hex);
}

static void an_intel_hex_file_says_where_its_parts_go(void **state)
{
    (void)state;
    put_hex("all.hex", 0x20000, "two", 0x9000, "one");
    put("job.yaml", JOB("firmware: [{at: 0x10000, file: app.bin}, {file: all.hex}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->region_count, 3);
    assert_int_equal(plan->regions[0].flash_addr, 0x9000);
    assert_memory_equal(plan->regions[0].data.data, "one\xff", 4);
    assert_string_equal(plan->regions[0].name, "all.hex 0x00009000");
    assert_int_equal(plan->regions[0].file_size, 3);
    assert_int_equal(plan->regions[1].flash_addr, 0x10000);
    assert_int_equal(plan->regions[2].flash_addr, 0x20000);
    assert_string_equal(plan->regions[2].name, "all.hex 0x00020000");
}

static void an_intel_hex_file_that_cannot_be_written_is_refused(void **state)
{
    (void)state;
    put_hex("all.hex", 0x20000, "two", 0x9010, "one");
    assert_refused(
        JOB("firmware: {from: all.hex, at: 0}"), EG_BAD_JOB,
        "@/job.yaml:4:31: all.hex is an Intel HEX file, which says itself where it goes; leave out at");
    assert_refused(
        JOB("firmware: {from: all.hex}"), EG_BAD_ARGUMENT,
        "@/job.yaml:4:18: all.hex 0x00009010 at 0x00009010 begins inside a sector, not at a multiple of 4096 "
        "(0x1000): 0x10 bytes before it are erased");
    put_hex("all.hex", 0x20000, "two", 0x10000, "one");
    assert_refused(JOB("firmware: [{at: 0x10000, file: app.bin, name: app}, {file: all.hex}]"),
                   EG_BAD_ARGUMENT,
                   "@/job.yaml:4:60: all.hex 0x00010000 at 0x00010000 shares a sector with app, which takes "
                   "0x00010000 to "
                   "0x000111e0");
    put("all.hex", ":0100000055AB\n");
    assert_refused(JOB("firmware: {from: all.hex}"), EG_BAD_IMAGE,
                   "@/job.yaml:4:18: @/all.hex: line 1 has checksum 0xab, its bytes have 0xaa");
}

static void put_uf2(const char *name, uint32_t family_id)
{
    struct eg_buffer uf2 = {0};
    struct eg_error err;

    assert_ok(eg_uf2_write(&uf2, family_id, 0x20000, (const uint8_t *)"1234", 4, 0, true, &err), err);
    put_buffer(name, &uf2);
}

static void a_uf2_file_says_where_its_parts_go(void **state)
{
    (void)state;
    put_uf2("all.uf2", eg_target_by_name("esp32")->uf2_family_id);
    put("job.yaml", JOB("firmware: {from: all.uf2}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->region_count, 1);
    assert_int_equal(plan->regions[0].flash_addr, 0x20000);
    assert_memory_equal(plan->regions[0].data.data, "1234", 4);
    assert_string_equal(plan->regions[0].name, "all.uf2");
}

/* Write a UF2 with an application at 0, as TinyUF2 accepts it. */
static void put_relative_uf2(const char *name)
{
    struct eg_buffer uf2 = {0};
    struct image app = image(0, 4500, true);
    struct eg_error err;

    assert_ok(eg_uf2_write(&uf2, 0, 0, app.data, app.size, 0, true, &err), err);
    put_buffer(name, &uf2);
}

static void a_uf2_file_that_counts_from_a_partition_needs_its_name(void **state)
{
    (void)state;
    static const char sentence[] =
        "app.uf2 is a UF2 file whose addresses count from an application partition; name "
        "the partition, as in at: ota_0";
    char expected[300];

    put_table("nvs,data,nvs,0x9000,0x6000\napp,app,factory,0x10000,1M\nsmall,app,ota_0,0x110000,4K\n");
    put_relative_uf2("app.uf2");
    snprintf(expected, sizeof expected, "@/job.yaml:4:18: %s", sentence);
    assert_refused(JOB("firmware: {from: app.uf2}"), EG_BAD_JOB, expected);
    snprintf(expected, sizeof expected, "@/job.yaml:4:17: %s", sentence);
    assert_refused(JOB("firmware: [{at: 0x10000, file: app.uf2}]"), EG_BAD_JOB, expected);
    put("job.yaml", JOB("firmware: [{at: 0x8000, file: table.bin}, {at: app, file: app.uf2}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_int_equal(plan->regions[1].flash_addr, 0x10000);
    assert_true(plan->regions[1].is_image);
    assert_refused(JOB("firmware: [{at: 0x8000, file: table.bin}, {at: small, file: app.uf2}]"),
                   EG_BAD_ARGUMENT,
                   "@/job.yaml:4:61: app.uf2 has 4576 bytes, partition small has room for 4096");
}

static void a_file_of_its_own_addresses_is_stored_as_it_is_when_it_is_raw(void **state)
{
    (void)state;
    put_table("coproc,data,0x40,0x9000,0x6000\napp,app,factory,0x10000,1M\n");
    put_hex("co.hex", 0x0, "two", 0x9000, "one");
    put("job.yaml", JOB("firmware: [{at: 0x8000, file: table.bin}, {at: coproc, file: co.hex, raw: yes}]"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_int_equal(plan->regions[1].flash_addr, 0x9000);
    assert_memory_equal(plan->regions[1].data.data, ":0300000074", 11);
    assert_refused(
        JOB("firmware: [{at: 0x8000, file: table.bin}, {at: coproc, file: co.hex}]"), EG_BAD_JOB,
        "@/job.yaml:4:48: co.hex is an Intel HEX file, which says itself where it goes; leave out at");
    assert_refused(JOB("firmware: [{at: 0x8000, file: table.bin}, {at: app, file: co.hex, raw: yes}]"),
                   EG_BAD_IMAGE,
                   "@/job.yaml:4:59: co.hex is an Intel HEX file, not an image, and goes to partition app, "
                   "which holds an "
                   "application");
    assert_refused(JOB("firmware: [{file: co.hex, raw: yes}]"), EG_BAD_JOB,
                   "@/job.yaml:4:32: raw needs the key at: the file does not say where it goes then");
    assert_refused(JOB("firmware: [{at: 0x9000, file: co.hex, raw: maybe}]"), EG_BAD_JOB,
                   "@/job.yaml:4:44: raw is \"maybe\", not true or false");
}

static void a_uf2_file_for_another_chip_is_refused(void **state)
{
    (void)state;
    put_uf2("all.uf2", eg_target_by_name("esp32c3")->uf2_family_id);
    assert_refused(JOB("firmware: {from: all.uf2}"), EG_BAD_IMAGE,
                   "@/job.yaml:4:18: all.uf2 is for chips of family 0xd42ba06c, ESP32 has 0x1c5f21b0");
    put_uf2("all.uf2", 0);
    put("job.yaml", JOB("firmware: {from: all.uf2}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_int_equal(plan->region_count, 1);
}

/* Write an ELF file, with or without an application descriptor. */
static void put_elf(const char *name, const char *target, bool application)
{
    static const uint8_t descriptor[256] = {0x32, 0x54, 0xcd, 0xab};
    static const uint8_t none[256] = {1};
    const struct made_section sections[] = {
        {".flash.appdesc", chip(target)->drom.start + 0x20, 256, 0, 0, application ? descriptor : none},
        {".iram0.text", 0x40080400, 100, 0, 0, NULL},
    };
    struct eg_buffer elf = {0};

    make_elf(&elf, true, sections, 2);
    put_buffer(name, &elf);
}

static void of_an_elf_file_the_image_is_written(void **state)
{
    (void)state;
    put_elf("app.elf", "esp32", true);
    put("job.yaml", JOB("firmware: {from: app.elf}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *placed = NULL;

    assert_int_equal(plan->region_count, 1);
    assert_int_equal(plan->regions[0].flash_addr, 0x10000);
    assert_true(plan->regions[0].is_image);
    assert_int_equal(plan->regions[0].data.data[0], 0xe9);

    put_table("ota_1,app,ota_1,0x110000,1M\n");
    put("job.yaml", JOB("firmware: [" TABLE ", {at: ota_1, file: app.elf}]"));
    placed = loaded("job.yaml");
    assert_int_equal(placed->regions[1].flash_addr, 0x110000);
    assert_int_equal(placed->regions[1].data.size, plan->regions[0].data.size);
}

static void an_elf_file_that_may_be_a_bootloader_s_is_not_placed_by_a_guess(void **state)
{
    (void)state;
    put_elf("boot.elf", "esp32", false);
    assert_refused(JOB("firmware: {from: boot.elf}"), EG_BAD_JOB,
                   "@/job.yaml:4:18: boot.elf needs the key at: nothing in the ELF file says that it is an "
                   "application");
    put("job.yaml", JOB("firmware: {from: boot.elf, at: 0x1000}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_int_equal(plan->regions[0].flash_addr, 0x1000);
    put_bytes("boot.elf",
              "\x7f"
              "ELF",
              4);
    put("job.yaml", JOB("firmware: {from: boot.elf, at: 0x1000}"));
    assert_job_file_refused("job.yaml", EG_BAD_IMAGE,
                            "@/job.yaml:4:18: @/boot.elf: 4 bytes are too few for an ELF header of 52");
}

static void an_esp8266_s_elf_file_makes_two_parts(void **state)
{
    (void)state;
    const struct made_section sections[] = {
        {".text", 0x40100000, 100, 0, 0, NULL},
        {".irom0.text", 0x40220000, 5000, 0, 0, NULL},
    };
    struct eg_buffer elf = {0};

    make_elf(&elf, true, sections, 2);
    put_buffer("old.elf", &elf);
    put("job.yaml", "espgang: 1\njob: x\nchip: esp8266\nfirmware: {from: old.elf}\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->region_count, 2);
    assert_int_equal(plan->regions[0].flash_addr, 0);
    assert_true(plan->regions[0].is_image);
    assert_int_equal(plan->regions[1].flash_addr, 0x20000);
    assert_string_equal(plan->regions[1].name, "old.elf 0x00020000");
    assert_refused("espgang: 1\njob: x\nchip: esp8266\nfirmware: {from: old.elf, at: 0}\n", EG_BAD_JOB,
                   "@/job.yaml:4:31: old.elf is an ELF file, which says itself where it goes; leave out at");
}

static void firmware_that_no_flash_has_room_for_is_refused(void **state)
{
    (void)state;
    char path[256];

    put("large.bin", "x");
    path_of(path, "large.bin");
    assert_int_equal(truncate(path, 64 << 20), 0);
    assert_refused(
        JOB("firmware:\n- {at: 0, file: large.bin}\n- {at: 64MB, file: large.bin}\n"
            "- {at: 8k, file: data.bin}"),
        EG_BAD_JOB,
        "@/job.yaml:7:18: the files have more than 134217728 bytes together, which no flash has room "
        "for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_partition_s_name_is_an_address),
        TEST(a_name_that_is_no_address_is_refused),
        TEST(a_merged_file_is_the_whole_flash),
        TEST(a_file_that_no_chip_starts_from_is_not_taken_for_a_merged_one),
        TEST(an_esp8266_s_one_image_is_all_of_its_firmware),
        TEST(an_intel_hex_file_says_where_its_parts_go),
        TEST(an_intel_hex_file_that_cannot_be_written_is_refused),
        TEST(a_uf2_file_says_where_its_parts_go),
        TEST(a_uf2_file_that_counts_from_a_partition_needs_its_name),
        TEST(a_file_of_its_own_addresses_is_stored_as_it_is_when_it_is_raw),
        TEST(a_uf2_file_for_another_chip_is_refused),
        TEST(of_an_elf_file_the_image_is_written),
        TEST(an_elf_file_that_may_be_a_bootloader_s_is_not_placed_by_a_guess),
        TEST(an_esp8266_s_elf_file_makes_two_parts),
        TEST(firmware_that_no_flash_has_room_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
