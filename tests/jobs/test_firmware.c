/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/job_folder.h"

#define BUILD(chip, rest)                                                                                    \
    "{\n"                                                                                                    \
    "  \"flash_files\": {\"0x10000\": \"app.bin\", \"0x1000\": \"bootloader/boot.bin\"},\n"                  \
    "  \"bootloader\": {\"offset\": \"0x1000\", \"file\": \"bootloader/boot.bin\", \"encrypted\": "          \
    "\"false\"},\n"                                                                                          \
    "  \"extra_esptool_args\": {\"stub\": false, \"after\": \"no_reset\"" chip "}" rest "\n}\n"
#define FROM_BUILD "firmware: {from: build/flasher_args.json}"

static void put_build(const char *text)
{
    char path[256];

    path_of(path, "build");
    assert_true(mkdir(path, 0700) == 0 || access(path, W_OK) == 0);
    path_of(path, "build/bootloader");
    assert_true(mkdir(path, 0700) == 0 || access(path, W_OK) == 0);
    put_image("build/bootloader/boot.bin", image(0, 3000, true));
    put_image("build/app.bin", image(0, 4500, true));
    put("build/flasher_args.json", text);
}

static void a_build_folder_gives_files_chip_and_flash_settings(void **state)
{
    (void)state;
    put_build(BUILD(
        ", \"chip\": \"esp32\"",
        ", \"flash_settings\": {\"flash_mode\": \"qio\", \"flash_freq\": \"80m\", \"flash_size\": \"8MB\"}"));
    put("job.yaml", "espgang: 1\njob: x\n" FROM_BUILD "\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    char expected[300];

    assert_string_equal(plan->target->name, "esp32");
    assert_int_equal(plan->declared_flash_size, 8 << 20);
    assert_int_equal(plan->region_count, 2);
    assert_string_equal(plan->regions[0].name, "bootloader");
    snprintf(expected, sizeof expected, "%s/build/bootloader/boot.bin", job_folder);
    assert_string_equal(plan->regions[0].path, expected);
    assert_int_equal(plan->regions[0].data.data[2], 0);
    assert_int_equal(plan->regions[0].data.data[3], 0x3f);
    assert_string_equal(plan->regions[1].name, "app.bin");
    assert_false(eg_plan_setting(plan, "link.after")->given);
    assert_false(eg_plan_setting(plan, "link.stub")->given);
}

static void flags_of_a_build_may_have_dashes_or_underscores(void **state)
{
    (void)state;
    put_build(BUILD("", ", \"write_flash_args\": [\"--flash-mode\", \"dout\", \"--flash_freq\", \"20m\", "
                        "\"--flash-size\", \"detect\"]"));
    put("job.yaml", JOB(FROM_BUILD));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->declared_flash_size, 0);
    assert_int_equal(plan->regions[0].data.data[2], 3);
    assert_int_equal(plan->regions[0].data.data[3], 0x12);
}

static void the_job_has_the_last_word_on_flash_settings(void **state)
{
    (void)state;
    put_build(BUILD("", ", \"flash_settings\": {\"flash_mode\": \"qio\", \"flash_freq\": \"80m\", "
                        "\"flash_size\": \"8MB\"}"));
    put("job.yaml", JOB(FROM_BUILD "\nflash: {mode: dout, freq: keep, size: 2MB}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_int_equal(plan->declared_flash_size, 2 << 20);
    assert_int_equal(plan->regions[0].data.data[2], 3);
    assert_int_equal(plan->regions[0].data.data[3], 0x10);
}

static void a_real_build_folder_is_understood(void **state)
{
    (void)state;
    char path[4096], text[5000];

    fixture_path(path, "jobs/esp32-idf/flasher_args.json");
    snprintf(text, sizeof text, "espgang: 1\njob: real\nfirmware: {from: %s}\n", path);
    put("job.yaml", text);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    const struct {
        const char *name;
        uint32_t flash_addr, size;
        const char *md5;
    } rows[] = {
        {"bootloader", 0x1000, 26768, "3d01ff6abe2d900243a6c3f51b0054ff"}, /* dio, 40m, 4MB */
        {"partition-table", 0x8000, 3072, "5d61d196adc3dba01928f264eb169be7"},
        {"app", 0x10000, 601808, "b6ad29b82302c1030f6091787358f28d"},
    };

    assert_string_equal(plan->target->name, "esp32");
    assert_int_equal(plan->declared_flash_size, 4 << 20);
    assert_int_equal(plan->region_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        char md5[EG_MD5_TEXT];
        eg_hex(md5, plan->regions[i].md5, EG_MD5_SIZE);
        assert_string_equal(plan->regions[i].name, rows[i].name);
        assert_int_equal(plan->regions[i].flash_addr, rows[i].flash_addr);
        assert_int_equal(plan->regions[i].data.size, rows[i].size);
        assert_string_equal(md5, rows[i].md5);
    }
    assert_int_equal(plan->data_size, 631648);
    assert_in_range(plan->wire_size, 300000, 380000);
}

static void firmware_has_regions_or_a_build_folder(void **state)
{
    (void)state;
    assert_refused(JOB("firmware: []"), EG_BAD_JOB, "@/job.yaml:4:11: firmware has no regions");
    assert_refused(JOB("firmware: {}"), EG_BAD_JOB,
                   "@/job.yaml:4:11: firmware takes one of the keys from and regions");
    assert_refused(JOB("firmware: {from: a.json, regions: []}"), EG_BAD_JOB,
                   "@/job.yaml:4:11: firmware takes one of the keys from and regions");
    assert_refused(JOB("firmware: {form: a.json}"), EG_BAD_JOB,
                   "@/job.yaml:4:12: firmware has no key form; it has from, at, regions");
    assert_refused(JOB("firmware: [{adr: 0, file: a}]"), EG_BAD_JOB,
                   "@/job.yaml:4:13: a region has no key adr; it has name, at, file, encrypted");
    assert_refused(JOB("firmware: {from: merged.bin}"), EG_BAD_IMAGE,
                   "@/job.yaml:4:18: @/merged.bin: No such file or directory");
    assert_refused(JOB("firmware: {from: a.json, at: 0}"), EG_BAD_JOB,
                   "@/job.yaml:4:30: a.json says itself where its files go; leave out at");
    assert_refused(JOB("firmware: {at: 0, regions: [{at: 0, file: data.bin}]}"), EG_BAD_JOB,
                   "@/job.yaml:4:16: at goes with from; each of the regions has its own");
    assert_refused(JOB("firmware: [{at: 0, file: data.bin, encrypted: yes}]"), EG_BAD_JOB,
                   "@/job.yaml:4:47: encrypted writing is not supported by this version of espgang");
    assert_refused(JOB("firmware: [{at: 0, file: data.bin, encrypted: 1}]"), EG_BAD_JOB,
                   "@/job.yaml:4:47: encrypted is \"1\", not true or false");
}

static void a_build_folder_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    char names[200], expected[300];

    assert_refused(JOB("firmware: {from: no/flasher_args.json}"), EG_BAD_JOB,
                   "@/job.yaml:4:18: @/no/flasher_args.json: No such file or directory");
    put_build(BUILD(", \"chip\": \"esp32c3\"", ""));
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/job.yaml:3:7: chip is esp32, but @/build/flasher_args.json:4:70 is for esp32c3");
    put_build(BUILD(", \"chip\": \"linux\"", ""));
    eg_target_names(names, sizeof names);
    snprintf(expected, sizeof expected, "@/build/flasher_args.json:4:70: chip is \"linux\", not one of %s",
             names);
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB, expected);
    put_build(BUILD("", ""));
    assert_refused("espgang: 1\njob: x\n" FROM_BUILD "\n", EG_BAD_JOB,
                   "@/job.yaml:1:1: the key chip is missing");
    put_build(BUILD("", ", \"write_flash_args\": [\"--encrypt\"]"));
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:4:84: encrypted writing is not supported by this version of "
                   "espgang");
    put_build("{\"flash_files\": {\"0x0\": \"a\"}, \"a\": {\"offset\": \"0\", \"file\": \"a\", "
              "\"encrypted\": \"true\"}}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:78: encrypted writing is not supported by this version of "
                   "espgang");
    put_build("{\"flash_files\": {\"start\": \"a\"}}");
    assert_refused(
        JOB(FROM_BUILD), EG_BAD_JOB,
        "@/build/flasher_args.json:1:18: a key of flash_files is \"start\", not an address such as "
        "0x10000, 64k or 1MB");
    put_build("{\"flash_files\": {}}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB, "@/build/flasher_args.json:1:17: flash_files names no file");
    put_build("{\"builds\": []}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:1: this is no flasher_args.json: the key flash_files is "
                   "missing");
    put_build("[1]");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:1: flasher_args.json is a list, not a mapping");
    put_build(BUILD("", ", \"flash_settings\": {\"flash_size\": \"5MB\"}"));
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:4:96: flash.size is \"5MB\", not one of keep, 1MB, 2MB, 4MB, "
                   "8MB, 16MB, 32MB, 64MB, 128MB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_build_folder_gives_files_chip_and_flash_settings),
        TEST(flags_of_a_build_may_have_dashes_or_underscores),
        TEST(the_job_has_the_last_word_on_flash_settings),
        TEST(a_real_build_folder_is_understood),
        TEST(firmware_has_regions_or_a_build_folder),
        TEST(a_build_folder_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
