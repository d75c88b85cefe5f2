/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/import.h"

#include "tests/fakes/chips.h"
#include "tests/jobs/build_file.h"

#define FLASHER_ARGS                                                                                         \
    "{\"flash_files\": {\"0x10000\": \"app.bin\",\n\"0x1000\": \"boot.bin\"},\n"                             \
    "\"bootloader\": {\"offset\": \"0x1000\", \"file\": \"boot.bin\", \"encrypted\": \"false\"},\n"          \
    "\"flash_settings\": {\"flash_mode\": \"qio\", \"flash_size\": \"detect\"},\n"                           \
    "\"extra_esptool_args\": {\"before\": \"default_reset\", \"stub\": false, \"chip\": \"esp32\"}}"

/* Return the text for a job at `job_name`; both names are relative to the folder. */
static char *imported(const char *source_name, const char *job_name, const char *name, const char *chip)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char source[256], job_path[256], *copy;
    struct eg_error err;

    path_of(source, source_name);
    path_of(job_path, job_name);
    const struct eg_import wanted = {.source = source, .job_path = job_path, .name = name, .chip = chip};
    assert_ok(eg_import(&text, &wanted, &err), err);
    copy = strndup((const char *)text.data, text.size);
    assert_non_null(copy);
    return copy;
}

static void assert_import_refused(const char *source_name, const char *chip, enum eg_code code,
                                  const char *sentence)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char source[256], job_path[256], expected[700] = "";
    struct eg_error err;
    size_t used = 0;

    path_of(source, source_name);
    path_of(job_path, "job.yaml");
    for (const char *at = sentence; *at != '\0'; at++)
        used += (size_t)snprintf(expected + used, sizeof expected - used, "%.*s",
                                 *at == '@' ? (int)strlen(job_folder) : 1, *at == '@' ? job_folder : at);
    const struct eg_import wanted = {.source = source, .job_path = job_path, .chip = chip};
    assert_error(eg_import(&text, &wanted, &err), err, code, expected);
    assert_int_equal(text.size, 0);
}

/* Check that import and `from` give the same bytes at the same addresses. */
static void assert_same_as_from(const char *source_name, const char *job_name, const char *chip)
{
    EG_CLEANUP(eg_free_cleanup) char *text = imported(source_name, job_name, "x", chip);
    char job[400];

    put(job_name, text);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *made = loaded(job_name);
    snprintf(job, sizeof job, "espgang: 1\njob: x\nchip: %s\nfirmware: {from: %s}\n", made->target->name,
             source_name);
    put("from.yaml", job);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *taken = loaded("from.yaml");
    assert_int_equal(made->region_count, taken->region_count);
    assert_int_equal(made->declared_flash_size, taken->declared_flash_size);
    for (unsigned i = 0; i < made->region_count; i++) {
        assert_string_equal(made->regions[i].name, taken->regions[i].name);
        assert_int_equal(made->regions[i].flash_addr, taken->regions[i].flash_addr);
        assert_memory_equal(made->regions[i].sha256, taken->regions[i].sha256, EG_SHA256_SIZE);
    }
}

static void make_subfolder(const char *name)
{
    char path[256];

    path_of(path, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void the_text_says_where_everything_is_from(void **state)
{
    (void)state;
    make_subfolder("build");
    make_subfolder("jobs");
    put_image("build/boot.bin", image(0, 3000, true));
    put_image("build/app.bin", application(4500));
    put("build/flasher_args.json", FLASHER_ARGS);
    EG_CLEANUP(eg_free_cleanup) char *text = imported("build", "jobs/job.yaml", NULL, NULL);

    assert_string_equal(
        text,
        "# Made by espgang import from ../build/flasher_args.json, flasher_args.json of ESP-IDF.\n"
        "# Paths are relative to this file. What it will do is shown by espgang check.\n"
        "espgang: 1\n"
        "job: flasher_args\n"
        "chip: esp32 # line 5 of flasher_args.json\n"
        "\n"
        "firmware:\n"
        "  # line 2 of flasher_args.json\n"
        "  - {name: bootloader, at: 0x1000, file: ../build/boot.bin}\n"
        "  # line 1 of flasher_args.json\n"
        "  - {at: 0x10000, file: ../build/app.bin}\n"
        "\n"
        "# Set in the header of the bootloader.\n"
        "flash:\n"
        "  mode: qio # line 4 of flasher_args.json\n"
        "  freq: keep # nobody says it, so it stays as it was built\n"
        "  size: keep # the build says detect, but one job serves all boards; line 4 of flasher_args.json\n"
        "\n"
        "# The build says this, too. A job does not take it over, for it is a matter of the place where "
        "boards\n"
        "# are programmed; see the keys link.baud, link.before, link.after and link.stub.\n"
        "#   before: default_reset\n"
        "#   stub: false\n");
    assert_same_as_from("build/flasher_args.json", "jobs/job.yaml", NULL);
}

static void every_format_becomes_the_job_it_is(void **state)
{
    (void)state;
    put_image("firmware.bin", image(0, 200, true));
    put("idedata.json", "{\"extra\": {\"flash_images\": [{\"offset\": 4096, \"path\": \"boot.bin\"}], "
                        "\"application_offset\": 65536}, \"prog_path\": \"firmware.elf\"}");
    assert_same_as_from("idedata.json", "job.yaml", NULL);
    put("manifest.json",
        "{\"builds\": [{\"chipFamily\": \"ESP32-C3\", \"parts\": [{\"path\": \"boot_c3.bin\", "
        "\"offset\": 0}]}, {\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": \"app.bin\", "
        "\"offset\": 65536}]}]}");
    assert_same_as_from("manifest.json", "job.yaml", "ESP32-C3");
    assert_same_as_from("manifest.json", "job.yaml", "esp32");
    put("flash_args", "--flash_mode dout --flash_size 2MB 0x1000 boot.bin 0x10000 app.bin");
    assert_same_as_from("flash_args", "job.yaml", NULL);
}

static void a_merged_file_is_a_region_that_says_itself_where_it_goes(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer merged = {0};

    merge(&merged, 0);
    put_bytes("all.bin", merged.data, merged.size);
    EG_CLEANUP(eg_free_cleanup) char *text = imported("all.bin", "job.yaml", NULL, NULL);

    assert_non_null(strstr(text, "job: all\nchip: esp32 # as all.bin says\n\nfirmware:\n"
                                 "  # says itself where it goes: 70112 bytes at 0x0\n  - {file: all.bin}\n"));
    assert_same_as_from("all.bin", "job.yaml", NULL);
}

static void intel_hex_is_a_region_of_many_places(void **state)
{
    (void)state;
    put("two.hex",
        ":020000040001F9\n:0400000001020304F2\n:020000040002F8\n:0400000001020304F2\n:00000001FF\n");
    EG_CLEANUP(eg_free_cleanup) char *text = imported("two.hex", "job.yaml", NULL, "esp32");

    assert_non_null(strstr(text, "firmware:\n"
                                 "  # says itself where it goes: 4 bytes at 0x10000\n"
                                 "  # says itself where it goes: 4 bytes at 0x20000\n  - {file: two.hex}\n"));
    assert_same_as_from("two.hex", "job.yaml", "esp32");
    assert_import_refused(
        "two.hex", NULL, EG_BAD_JOB,
        WITH_CHIPS("@/two.hex: nothing in it says which chip it is for; say it with --chip, one of "));
}

static void names_are_in_quotes_when_they_need_it(void **state)
{
    (void)state;
    make_subfolder("a: b, {c}");
    put_image("a: b, {c}/my \"app\".bin", application(4500));
    put("a: b, {c}/flash_args", "0x10000 'my \"app\".bin'");
    EG_CLEANUP(eg_free_cleanup) char *text = imported("a: b, {c}", "job.yaml", "Gerät: 1 \\ #2", NULL);

    assert_non_null(strstr(text, "\njob: \"Gerät: 1 \\\\ #2\"\n"));
    assert_non_null(strstr(text, "  - {at: 0x10000, file: \"a: b, {c}/my \\\"app\\\".bin\"}\n"));
    put("job.yaml", text);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");
    assert_string_equal(plan->job_name, "Gerät: 1 \\ #2");
    assert_regions(plan, "my \"app\".bin 0x10000 4576");
}

static void settings_without_a_bootloader_stay_out(void **state)
{
    (void)state;
    put("flash_args", "--flash_mode dout --flash_size 2MB 0x10000 app.bin");
    EG_CLEANUP(eg_free_cleanup) char *text = imported("flash_args", "job.yaml", NULL, NULL);

    assert_non_null(strstr(text,
                           "  mode: keep # the build says dout, but no bootloader goes to 0x1000; line 1 of "
                           "flash_args\n"));
    assert_same_as_from("flash_args", "job.yaml", NULL);
}

static void names_of_the_build_are_those_of_the_job(void **state)
{
    (void)state;
    put("manifest.json", "{\"name\": \"My lamp\", \"version\": \"v2\", \"new_install_prompt_erase\": true, "
                         "\"builds\": [{\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": \"app.bin\", "
                         "\"offset\": 65536}]}]}");
    EG_CLEANUP(eg_free_cleanup) char *text = imported("manifest.json", "job.yaml", NULL, NULL);

    assert_non_null(strstr(text, "\njob: \"My lamp\"\nversion: v2 # as manifest.json says\n"));
    assert_non_null(strstr(text, "#   new_install_prompt_erase: true\n"));
}

static void a_real_build_has_the_name_of_its_application(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char source[4096], job_path[256];
    struct eg_error err;

    fixture_path(source, "jobs/esp32-idf");
    path_of(job_path, "job.yaml");
    const struct eg_import wanted = {.source = source, .job_path = job_path};
    assert_ok(eg_import(&text, &wanted, &err), err);
    assert_non_null(strstr((const char *)text.data,
                           "\njob: app-template\nversion: 1cd5752 # as the application says\n"
                           "chip: esp32 # line 39 of flasher_args.json\n"));
}

static void builds_that_make_no_job_are_refused(void **state)
{
    (void)state;
    char names[200], expected[300];

    assert_import_refused("none", NULL, EG_BAD_ARGUMENT, "@/none: No such file or directory");
    make_subfolder("empty");
    make_subfolder("empty/flash_args");
    assert_import_refused(
        "empty", NULL, EG_BAD_JOB,
        "@/empty: this is no folder of a build. It has none of flasher_args.json, flash_args, "
        "idedata.json and manifest.json, no firmware.bin (PlatformIO: .pio/build/NAME) and no "
        "NAME.ino.bin (Arduino: Export Compiled Binary)");
    assert_import_refused("empty/flash_args/../../none/x", NULL, EG_BAD_ARGUMENT,
                          "@/empty/flash_args/../../none/x: No such file or directory");
    char fifo[256];
    path_of(fifo, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_import_refused("fifo", NULL, EG_BAD_ARGUMENT, "@/fifo: is not a regular file");
    eg_target_names(names, sizeof names);
    snprintf(expected, sizeof expected, "chip \"esp33\" is none of %s", names);
    assert_import_refused("app.bin", "esp33", EG_BAD_ARGUMENT, expected);
    assert_import_refused(
        "app.bin", NULL, EG_BAD_JOB,
        "app.bin needs the key at: it is no merged file, which has a bootloader for ESP32 at "
        "0x00001000");
    put("flasher_args.json", FLASHER_ARGS);
    assert_import_refused("flasher_args.json", "esp32s3", EG_BAD_JOB,
                          "@/flasher_args.json:5:74: this is for esp32, not for esp32s3");
    put("flash_args", "0x1000 boot.bin 0x10000 none.bin");
    assert_import_refused("flash_args", NULL, EG_BAD_IMAGE,
                          "@/flash_args:1:25: @/none.bin: No such file or directory");
    assert_import_refused("flash_args", "esp32s3", EG_BAD_IMAGE,
                          "@/flash_args:1:25: @/none.bin: No such file or directory");
    put("flash_args", "0x1000 boot.bin");
    assert_import_refused("flash_args", "esp32s3", EG_BAD_IMAGE,
                          "@/flash_args:1:8: boot.bin is an image for ESP32, not for ESP32-S3");
    put("flash_args", "0x1000 boot.bin 0x1000 app.bin");
    assert_import_refused("flash_args", NULL, EG_BAD_JOB,
                          "@/flash_args:1:17: app.bin goes to 0x00001000, where boot.bin goes already "
                          "(@/flash_args:1:1)");
    put("flash_args", "0x10000 app.bin\n--flash_size 3MB");
    assert_import_refused(
        "flash_args", NULL, EG_BAD_JOB,
        "@/flash_args:2:14: flash size \"3MB\" is none of ESP32: 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, "
        "64MB, 128MB");
    put("flash_args", "0x200000 app.bin\n--flash_size 2MB");
    assert_import_refused(
        "flash_args", NULL, EG_FLASH_TOO_SMALL,
        "@/flash_args:1:1: app.bin: 0x00200000 to 0x002011e0 goes beyond the given flash size of 2 MB, "
        "0x00200000");
    put("flash_args", "0x1000 boot.bin --encrypt");
    assert_import_refused(
        "flash_args", NULL, EG_BAD_JOB,
        "@/flash_args:1:17: --encrypt: encrypted writing is not supported by this version of "
        "espgang");

    make_subfolder("\xfe");
    put_image("\xfe/app.bin", application(4500));
    put("\xfe/flash_args", "0x10000 app.bin");
    assert_import_refused("\xfe/flash_args", NULL, EG_BAD_JOB,
                          "@/\xfe/flash_args: the name is no text, so no job file can name it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_text_says_where_everything_is_from),
        TEST(every_format_becomes_the_job_it_is),
        TEST(a_merged_file_is_a_region_that_says_itself_where_it_goes),
        TEST(intel_hex_is_a_region_of_many_places),
        TEST(names_are_in_quotes_when_they_need_it),
        TEST(settings_without_a_bootloader_stay_out),
        TEST(names_of_the_build_are_those_of_the_job),
        TEST(a_real_build_has_the_name_of_its_application),
        TEST(builds_that_make_no_job_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
