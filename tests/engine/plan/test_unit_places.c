/* SPDX-License-Identifier: Apache-2.0 */

/* Mistakes in unit data are found when the job is loaded, and reported with their place. */

#include "tests/jobs/job_folder.h"

#include "engine/image/partitions.h"

/* Load a job with these lines of `unit`, the first on line 6; data.bin is at 0x100000. */
#define UNIT(lines)                                                                                          \
    JOB("firmware: [{at: 0x8000, file: table.bin}, {at: 0x10000, file: app.bin}, {at: 0x100000, file: "      \
        "data.bin}]\nunit:\n" lines)

static int make(void **state)
{
    static const char csv[] =
        "nvs,data,nvs,0x9000,0x6000\nphy,data,phy,0xf000,0x1000\nfactory,app,factory,0x10000,64k\n"
        "own,0x40,0,0x110000,8k\n"
        "small,data,nvs,0x112000,4k\nfixed,data,nvs,0x113000,4k,readonly\n";
    const struct eg_partitions_place place = {.bootloader_addr = 0x1000};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bytes = {0};
    struct eg_partitions table;
    struct eg_error err;

    if (make_folder(state) != 0)
        return 1;
    assert_ok(eg_partitions_parse_csv(&table, csv, sizeof csv - 1, &place, &err), err);
    assert_ok(eg_partitions_write(&bytes, &table, true, &err), err);
    put_bytes("table.bin", bytes.data, bytes.size);
    put("nvs.csv", "key,type,encoding\ndevice,namespace,\nserial,data,string\nlot,data,string\n");
    put("note.txt", "{serail}\n");
    return 0;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, remove_folder)

static void a_job_of_the_documented_form_is_a_plan(void **state)
{
    (void)state;
    put("job.yaml",
        UNIT("  serial: {pool: serials, format: \"ACME-{:06d}\"}\n"
             "  nvs: {at: nvs, schema: nvs.csv, values: {serial: \"{serial}\", lot: \"{lot}\"}}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_string_equal(eg_plan_setting(plan, "unit.serial.pool")->text, "serials");
    assert_int_equal(eg_plan_number(plan, "unit.generate.timeout"), 10000);
}

static void a_template_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_refused(UNIT("  serial: {format: 'A-{'}"), EG_BAD_JOB,
                   "@/job.yaml:6:20: unit.serial.format has a \"{\" without a \"}\"; the character itself is "
                   "\"{{\"");
    assert_refused(UNIT("  values: {host: '{mac:06}'}"), EG_BAD_JOB,
                   "@/job.yaml:6:18: unit.values.host has {mac:06}, whose format is none of d, 06d, 04x, "
                   "04X, upper, lower, plain");
}

#define BOARD "mac, mac_plain, mac_nic, chip, revision, slot, job, version, run, date"

static void a_name_that_no_board_will_have_is_refused(void **state)
{
    (void)state;
    assert_refused(UNIT("  serial: {format: 'A-{:06d}'}"), EG_BAD_JOB,
                   "@/job.yaml:6:20: unit.serial.format has {}, which is none of " BOARD);
    assert_refused(UNIT("  values: {host: '{name}', name: '{mac}'}"), EG_BAD_JOB,
                   "@/job.yaml:6:18: unit.values.host has {name}, which is none of " BOARD);
    assert_refused(UNIT("  raw: {at: own, value: '{serial}'}"), EG_BAD_JOB,
                   "@/job.yaml:6:25: unit.raw.value has {serial}, which is none of " BOARD);
    assert_refused(UNIT("  serial: {format: '{mac}'}\n  file: {at: own, template: note.txt}"), EG_BAD_JOB,
                   "@/job.yaml:7:29: unit.file.template has {serail}, which is none of " BOARD ", serial");
    assert_refused(UNIT("  nvs: {at: nvs, schema: nvs.csv, values: {serial: '{serial}', lot: a}}"),
                   EG_BAD_JOB,
                   "@/job.yaml:6:52: unit.nvs.values.serial has {serial}, which is none of " BOARD);
    assert_refused(UNIT("  values: {mac: 'a'}"), EG_BAD_JOB,
                   "@/job.yaml:6:17: unit.values has the name mac, which is there already");
}

static void a_pool_or_a_program_may_bring_any_name(void **state)
{
    (void)state;
    put("job.yaml", UNIT("  serial: {pool: serials}\n  raw: {at: own, value: '{lot}'}"));
    eg_plan_destroy(loaded("job.yaml"));
    put("job.yaml", UNIT("  generate: {program: [sh, -c, echo]}\n  raw: {at: own, value: '{key}'}"));
    eg_plan_destroy(loaded("job.yaml"));
}

static void a_program_that_is_not_there_is_refused(void **state)
{
    (void)state;
    assert_refused(UNIT("  generate: {program: [./make-keys, fast]}"), EG_BAD_JOB,
                   "@/job.yaml:6:23: unit.generate.program: no such program: @/./make-keys");
}

static void a_place_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_refused(UNIT("  raw: {value: a}"), EG_BAD_JOB, "@/job.yaml:6:8: unit.raw lacks the key at");
    assert_refused(
        UNIT("  raw: {at: 1x, value: a}"), EG_BAD_JOB,
        "@/job.yaml:6:13: unit.raw.at is \"1x\", neither an address such as 0x10000 or 64k nor the "
        "name of a partition");
    assert_refused(
        UNIT("  raw: {at: 0x200010, value: a}"), EG_BAD_ARGUMENT,
        "@/job.yaml:6:13: raw at 0x00200010 begins inside a sector, not at a multiple of 4096 (0x1000): 0x10 "
        "bytes before it are erased");
    assert_refused(UNIT("  raw: {at: 16MB, value: a}"), EG_FLASH_TOO_SMALL,
                   "@/job.yaml:6:13: raw: 0x01000000 to 0x01000004 goes beyond the 16 MB that the stub of "
                   "ESP32 reaches");
    assert_refused(UNIT("  raw: {at: 0x100000000, value: a}"), EG_BAD_JOB,
                   "@/job.yaml:6:13: unit.raw.at is 0x100000000, an address of more than 32 bits");
    assert_refused(UNIT("  raw: {at: onw, value: a}"), EG_BAD_JOB,
                   "@/job.yaml:6:13: unit.raw.at is \"onw\", which is no partition of the partition table");
    assert_refused(
        JOB(FIRMWARE "unit: {raw: {at: own, value: a}}"), EG_BAD_JOB,
        "@/job.yaml:5:18: unit.raw.at is \"own\", but there is no partition table among the files");
    assert_refused(UNIT("  raw: {at: own, value: a, size: 8193}"), EG_BAD_JOB,
                   "@/job.yaml:6:34: unit.raw.size is 8193, at own there is room for 8192");
}

static void overlapping_data_is_refused(void **state)
{
    (void)state;
    assert_refused(UNIT("  raw: {at: 0x100000, value: a}"), EG_BAD_ARGUMENT,
                   "@/job.yaml:6:13: raw at 0x00100000 shares a sector with data.bin, which takes 0x00100000 "
                   "to 0x00100005");
    assert_refused(UNIT("  raw: {at: 0xff000, value: a, size: 4097}"), EG_BAD_ARGUMENT,
                   "@/job.yaml:6:13: data.bin at 0x00100000 shares a sector with raw, which takes 0x000ff000 "
                   "to 0x00100001");
    assert_refused(UNIT("  raw: [{at: own, value: a, size: 8k}, {at: 0x111000, value: b}]"), EG_BAD_ARGUMENT,
                   "@/job.yaml:6:14: raw at 0x00111000 shares a sector with own, which takes 0x00110000 to "
                   "0x00112000");
}

static void bytes_are_text_or_digits(void **state)
{
    (void)state;
    assert_refused(UNIT("  raw: {at: own}"), EG_BAD_JOB,
                   "@/job.yaml:6:8: unit.raw wants one of the keys value and hex");
    assert_refused(UNIT("  raw: {at: own, value: a, hex: '00'}"), EG_BAD_JOB,
                   "@/job.yaml:6:8: unit.raw wants one of the keys value and hex");
}

static void nvs_wants_a_place_a_size_and_a_schema(void **state)
{
    (void)state;
    assert_refused(UNIT("  nvs: {at: nvs}"), EG_BAD_JOB,
                   "@/job.yaml:6:13: unit.nvs.at wants unit.nvs.schema besides");
    assert_refused(UNIT("  nvs: {schema: nvs.csv}"), EG_BAD_JOB,
                   "@/job.yaml:6:17: unit.nvs.schema wants unit.nvs.at besides");
    assert_refused(UNIT("  nvs: {at: 0x200000, schema: nvs.csv}"), EG_BAD_JOB,
                   "@/job.yaml:6:13: unit.nvs.at is 0x200000, an address, which wants unit.nvs.size");
    assert_refused(UNIT("  nvs: {at: nvs, size: 16k, schema: nvs.csv}"), EG_BAD_JOB,
                   "@/job.yaml:6:24: unit.nvs.size is 16384, partition nvs has 24576");
    assert_refused(UNIT("  nvs: {at: phy, schema: nvs.csv}"), EG_BAD_JOB,
                   "@/job.yaml:6:13: unit.nvs.at is \"phy\", whose type is data, phy and not data, nvs");
    assert_refused(
        UNIT("  nvs: {at: 0x200000, size: 8k, schema: nvs.csv}"), EG_BAD_JOB,
        "@/job.yaml:6:29: unit.nvs.size is less than 0x3000: name a partition instead of an address, "
        "which the partition table flags readonly");
    assert_refused(
        UNIT("  nvs: {at: small, schema: nvs.csv}"), EG_BAD_JOB,
        "@/job.yaml:6:13: unit.nvs.at is \"small\" of 0x1000 bytes; with less than 0x3000 the partition "
        "table must flag it readonly");
    put("job.yaml", UNIT("  nvs: {at: fixed, schema: nvs.csv, values: {serial: a, lot: b}}"));
    eg_plan_destroy(loaded("job.yaml"));
}

static void nvs_wants_a_value_for_every_key(void **state)
{
    (void)state;
    assert_refused(UNIT("  nvs: {at: nvs, schema: none.csv}"), EG_BAD_ARGUMENT,
                   "@/job.yaml:6:26: unit.nvs.schema: @/none.csv: No such file or directory");
    assert_refused(
        UNIT("  nvs: {at: nvs, schema: nvs.csv, values: {serial: a}}"), EG_BAD_JOB,
        "@/job.yaml:6:43: unit.nvs.values lacks lot, which line 4 of @/nvs.csv leaves to each board");
    assert_refused(UNIT("  nvs: {at: nvs, schema: nvs.csv, values: {serial: a, lto: b}}"), EG_BAD_JOB,
                   "@/job.yaml:6:60: unit.nvs.values.lto is no key of @/nvs.csv");
    put("nvs.csv", "key,type,encoding\nserial,data,string\n");
    assert_refused(UNIT("  nvs: {at: nvs, schema: nvs.csv, values: {serial: a}}"), EG_BAD_IMAGE,
                   "@/job.yaml:6:26: @/nvs.csv:2: key \"serial\" stands in front of the first namespace");
}

static void values_that_nvs_cannot_hold_are_refused_as_early_as_possible(void **state)
{
    (void)state;
    put("nvs.csv", "key,type,encoding,value\ndevice,namespace,,\nlimit,data,u8,300\nserial,data,string,\n");
    assert_refused(
        UNIT("  nvs: {at: nvs, schema: nvs.csv, values: {serial: a}}"), EG_BAD_IMAGE,
        "@/job.yaml:6:26: @/nvs.csv:3: key \"limit\": value 300 is out of the range of a u8, 0 to 255");
    put("nvs.csv", "key,type,encoding,value\ndevice,namespace,,\nca,file,string,none.pem\n");
    assert_refused(UNIT("  nvs: {at: nvs, schema: nvs.csv}"), EG_BAD_IMAGE,
                   "@/job.yaml:6:26: @/nvs.csv:3: key \"ca\": @/none.pem: No such file or directory");
    put("nvs.csv", "key,type,encoding\ndevice,namespace,\nnumber,data,u32\nkey,data,hex2bin\n");
    assert_refused(
        UNIT("  nvs: {at: nvs, schema: nvs.csv, values: {number: '{mac}', key: '{mac:plain}'}}"),
        EG_BAD_IMAGE,
        "@/job.yaml:6:43: @/nvs.csv:3: key \"number\": the value is no number, such as 42 or 0x2a, as "
        "a u32 is");
    put("job.yaml", UNIT("  serial: {pool: serials}\n"
                         "  nvs: {at: nvs, schema: nvs.csv, values: {number: '{count}', key: '{token}'}}"));
    eg_plan_destroy(loaded("job.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_job_of_the_documented_form_is_a_plan),
        TEST(a_template_that_is_none_is_refused),
        TEST(a_name_that_no_board_will_have_is_refused),
        TEST(a_pool_or_a_program_may_bring_any_name),
        TEST(a_program_that_is_not_there_is_refused),
        TEST(a_place_that_is_none_is_refused),
        TEST(overlapping_data_is_refused),
        TEST(bytes_are_text_or_digits),
        TEST(nvs_wants_a_place_a_size_and_a_schema),
        TEST(nvs_wants_a_value_for_every_key),
        TEST(values_that_nvs_cannot_hold_are_refused_as_early_as_possible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
