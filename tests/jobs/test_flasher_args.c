/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/build_file.h"

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
    put_image("build/app.bin", application(4500));
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
    assert_refused(
        JOB(FROM_BUILD), EG_BAD_JOB,
        "@/build/flasher_args.json:4:84: --encrypt: encrypted writing is not supported by this version of "
        "espgang");
    put_build("{\"flash_files\": {\"0x0\": \"a\"}, \"a\": {\"offset\": \"0\", \"file\": \"a\", "
              "\"encrypted\": \"true\"}}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:78: a: encrypted writing is not supported by this version of "
                   "espgang");
    put_build("{\"flash_files\": {\"start\": \"a\"}}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:18: the offset of a is \"start\", not an address such as "
                   "0x10000, 64k or "
                   "1MB");
    put_build("{\"flash_files\": {}}");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB, "@/build/flasher_args.json:1:17: flash_files names no file");
    put_build("[1]");
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:1:1: the file is a list, not a mapping");
    put_build(BUILD("", ", \"flash_settings\": {\"flash_size\": \"5MB\"}"));
    assert_refused(JOB(FROM_BUILD), EG_BAD_JOB,
                   "@/build/flasher_args.json:4:96: flash.size is \"5MB\", not one of keep, 1MB, 2MB, 4MB, "
                   "8MB, 16MB, 32MB, 64MB, 128MB");
}

static void offsets_may_be_in_any_order_and_form(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan = loaded_from(
        "args.json", "{\"app\": {\"offset\": 65536, \"file\": \"app.bin\", \"encrypted\": false},\n"
                     "\"flash_files\": {\"0X10000\": \"app.bin\", \"4096\": \"boot.bin\", "
                     "\"0x00200000\": \"data.bin\"},\n"
                     "\"bootloader\": {\"offset\": \"0x1000\", \"file\": \"boot.bin\"},\n"
                     "\"other\": {\"offset\": \"0x200000\", \"file\": \"else.bin\"}}");

    assert_regions(plan, "bootloader 0x1000 3072, app 0x10000 4576, data.bin 0x200000 8");
    assert_header(plan, 2, 0x10); /* no change is requested */
}

static void encrypted_is_text_or_a_boolean_of_any_entry_for_the_file(void **state)
{
    (void)state;
    static const char *const values[] = {"\"true\"", "true", "\"True\""};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char content[400];
        snprintf(content, sizeof content,
                 "{\"flash_files\": {\"0x10000\": \"app.bin\"},\n\"storage\": {\"offset\": \"0x10000\", "
                 "\"file\": \"app.bin\", \"encrypted\": \"false\"},\n\"app\": {\"offset\": \"0x10000\", "
                 "\"file\": \"app.bin\", \"encrypted\": %s}}",
                 values[i]);
        assert_build_refused("args.json", content, EG_BAD_JOB,
                             "@/args.json:3:62: app: encrypted writing is not supported by this version of "
                             "espgang");
    }
    assert_build_refused("args.json",
                         "{\"flash_files\": {\"0x10000\": \"app.bin\"},\n\"app\": {\"offset\": \"0x10000\", "
                         "\"file\": \"app.bin\", \"encrypted\": 2}}",
                         EG_BAD_JOB, "@/args.json:2:62: encrypted is \"2\", not true or false");
}

static void settings_may_have_dashes_and_outweigh_flags(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan =
        loaded_from("args.json", "{\"flash_files\": {\"0x1000\": \"boot.bin\"},\n"
                                 "\"write_flash_args\": [\"--flash-mode=qio\", \"-ff\", \"80m\"],\n"
                                 "\"flash_settings\": {\"flash-mode\": \"dout\", "
                                 "\"flash-size\": \"keep\"}}");

    assert_header(plan, 3, 0x1f);
    assert_int_equal(plan->declared_flash_size, 0);
}

static void flags_that_a_job_cannot_follow_are_refused(void **state)
{
    (void)state;
    assert_build_refused(
        "args.json",
        "{\"flash_files\": {\"0x1000\": \"boot.bin\"},\n\"write_flash_args\": [\"--flash_mode\"]}",
        EG_BAD_JOB, "@/args.json:2:22: --flash-mode is not followed by its value");
    assert_build_refused(
        "args.json",
        "{\"flash_files\": {\"0x1000\": \"boot.bin\"},\n\"write_flash_args\": [\"--erase-all\"]}", EG_BAD_JOB,
        "@/args.json:2:22: a job does not do what --erase-all asks for");
    assert_build_refused(
        "args.json", "{\"flash_files\": {\"0x1000\": \"boot.bin\"},\n\"write_flash_args\": [\"--flash\"]}",
        EG_BAD_JOB, "@/args.json:2:22: --flash is no option of esptool's write-flash");
    assert_build_refused("args.json",
                         "{\"flash_files\": {\"0x1000\": \"boot.bin\"},\n\"write_flash_args\": \"--force\"}",
                         EG_BAD_JOB, "@/args.json:2:21: write_flash_args is text, not a list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_build_folder_gives_files_chip_and_flash_settings),
        TEST(flags_of_a_build_may_have_dashes_or_underscores),
        TEST(the_job_has_the_last_word_on_flash_settings),
        TEST(a_real_build_folder_is_understood),
        TEST(a_build_folder_that_does_not_fit_is_refused),
        TEST(offsets_may_be_in_any_order_and_form),
        TEST(encrypted_is_text_or_a_boolean_of_any_entry_for_the_file),
        TEST(settings_may_have_dashes_and_outweigh_flags),
        TEST(flags_that_a_job_cannot_follow_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
