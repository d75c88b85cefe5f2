/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/build_file.h"

#define IMAGES "\"flash_images\": [{\"offset\": \"0x1000\", \"path\": \"boot.bin\"}]"

static void the_application_is_the_bin_next_to_the_program(void **state)
{
    (void)state;
    put_image("firmware.bin", image(0, 200, true));
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan = loaded_from("idedata.json", "{\"env_name\": \"x\", \"extra\": {" IMAGES
                                                       ", \"application_offset\": \"0x10000\"}, "
                                                       "\"prog_path\": \"firmware.elf\", \"includes\": {}}");

    assert_regions(plan, "boot.bin 0x1000 3072, firmware.bin 0x10000 272");
    assert_header(plan, 2, 0x10); /* as it was built */
}

static void offsets_may_be_numbers_and_paths_absolute_or_of_windows(void **state)
{
    (void)state;
    char path[256], content[800];

    path_of(path, "build");
    assert_int_equal(mkdir(path, 0700), 0);
    put_image("build/firmware.bin", image(0, 200, true));
    path_of(path, "boot.bin");
    snprintf(content, sizeof content,
             "{\"extra\": {\"flash_images\": [{\"offset\": 4096, \"path\": \"%s\"}], \"application_offset\": "
             "65536},\n"
             "\"prog_path\": \"build\\\\firmware.bin\"}",
             path);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded_from("idedata.json", content);

    assert_regions(plan, "boot.bin 0x1000 3072, firmware.bin 0x10000 272");
}

static void incomplete_data_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *content, *sentence;
    } rows[] = {
        {"{\"prog_path\": \"firmware.elf\"}", "1:1: the key extra is missing here"},
        {"{\"prog_path\": \"firmware.elf\", \"extra\": {}}", "1:40: the key flash_images is missing here"},
        {"{\"prog_path\": \"firmware.elf\", \"extra\": {\"flash_images\": []}}",
         "1:57: flash_images names no file, which is right for an ESP8266 alone: there firmware.bin is all, "
         "and "
         "the chip must be said (chip: esp8266)"},
        {"{\"prog_path\": \"firmware.elf\", \"extra\": {\"flash_images\": \"boot.bin\"}}",
         "1:57: flash_images is text, not a list"},
        {"{\"prog_path\": \"firmware.elf\", \"extra\": {" IMAGES "}}",
         "1:40: the key application_offset is missing here"},
        {"{\"prog_path\": \"program\", \"extra\": {" IMAGES ", \"application_offset\": 65536}}",
         "1:15: prog_path is \"program\", which ends neither in .elf nor in .bin"},
        {"{\"prog_path\": \"\", \"extra\": {" IMAGES ", \"application_offset\": 65536}}",
         "1:15: prog_path has no value"},
        {"{\"prog_path\": \"C:\\\\Users\\\\me\\\\firmware.elf\", \"extra\": {" IMAGES
         ", \"application_offset\": 65536}}",
         "1:15: there is neither C:\\Users\\me\\firmware.bin nor firmware.bin beside idedata.json"},
        {"{\"prog_path\": \"\\\\\\\\pc\\\\me\\\\firmware.elf\", \"extra\": {" IMAGES
         ", \"application_offset\": 65536}}",
         "1:15: there is neither \\\\pc\\me\\firmware.bin nor firmware.bin beside idedata.json"},
        {"{\"prog_path\": \"/home/me/none.elf\", \"extra\": {" IMAGES ", \"application_offset\": 65536}}",
         "1:15: there is neither /home/me/none.bin nor none.bin beside idedata.json"},
        {"{\"prog_path\": \"firmware.elf\",\n\"extra\": {" IMAGES ", \"application_offset\": \"4k\"}}",
         "2:93: firmware.bin goes to 0x00001000, where boot.bin goes already (@/idedata.json:2:39)"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sentence[300];
        snprintf(sentence, sizeof sentence, "@/idedata.json:%s", rows[i].sentence);
        assert_build_refused("idedata.json", rows[i].content, EG_BAD_JOB, sentence);
    }
    assert_build_refused("idedata.json",
                         "{\"prog_path\": \"firmware.elf\", \"extra\": {" IMAGES
                         ", \"application_offset\": 65536}}",
                         EG_BAD_IMAGE, "@/idedata.json:1:15: @/firmware.bin: No such file or directory");
}

static void paths_of_another_machine_are_found_next_to_the_file(void **state)
{
    (void)state;
    char path[256];

    path_of(path, "env");
    assert_int_equal(mkdir(path, 0700), 0);
    put_image("firmware.bin", image(0, 200, true));
    put_image("env/firmware.bin", image(0, 300, true));
    put_image("boot_app0.bin", image(0, 400, true));
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan =
        loaded_from("idedata.json",
                    "{\"extra\": {\"flash_images\": [{\"offset\": 4096, \"path\": \"/home/me/env/boot.bin\"},"
                    "{\"offset\": 57344, \"path\": \"D:\\\\tools\\\\boot_app0.bin\"}], "
                    "\"application_offset\": 65536}, \"prog_path\": \"/home/me/env/firmware.elf\"}");

    assert_regions(plan, "boot.bin 0x1000 3072, boot_app0.bin 0xe000 480, firmware.bin 0x10000 368");
}

static void of_an_esp8266_the_application_is_all(void **state)
{
    (void)state;
    static const char job[] = "espgang: 1\njob: x\n%sfirmware: {from: idedata.json}\n";
    char text[200];

    put_image("firmware.bin", image(-1, 200, false));
    put("idedata.json", "{\"extra\": {\"flash_images\": []}, \"prog_path\": \"firmware.elf\"}");
    snprintf(text, sizeof text, job, "chip: esp8266\n");
    put("job.yaml", text);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *said = loaded("job.yaml");
    assert_regions(said, "firmware.bin 0x0 224");

    put("idedata.json", "{\"extra\": {\"flash_images\": []}, \"prog_path\": \"firmware.elf\", \"cc_path\": "
                        "\"/home/me/bin/xtensa-lx106-elf-gcc\"}");
    snprintf(text, sizeof text, job, "");
    put("job.yaml", text);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *told = loaded("job.yaml");
    assert_regions(told, "firmware.bin 0x0 224");
}

static void the_chip_must_be_said(void **state)
{
    (void)state;
    put_image("firmware.bin", image(0, 200, true));
    put("idedata.json",
        "{\"extra\": {" IMAGES ", \"application_offset\": 65536}, \"prog_path\": \"firmware.elf\"}");
    assert_refused("espgang: 1\njob: x\nfirmware: {from: idedata.json}", EG_BAD_JOB,
                   "@/job.yaml:1:1: the key chip is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_application_is_the_bin_next_to_the_program),
        TEST(offsets_may_be_numbers_and_paths_absolute_or_of_windows),
        TEST(incomplete_data_is_refused),
        TEST(paths_of_another_machine_are_found_next_to_the_file),
        TEST(of_an_esp8266_the_application_is_all),
        TEST(the_chip_must_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
