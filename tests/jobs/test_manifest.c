/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/build_file.h"

#define ESP32                                                                                                \
    "{\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": \"boot.bin\", \"offset\": 4096}, "                   \
    "{\"path\": \"app.bin\", \"offset\": 65536}]}"
#define C3     "{\"chipFamily\": \"ESP32-C3\", \"parts\": [{\"path\": \"boot_c3.bin\", \"offset\": 0}]}"
#define FROM   "firmware: {from: manifest.json}"
#define NOCHIP "espgang: 1\njob: x\n" FROM

static void the_only_build_says_the_chip(void **state)
{
    (void)state;
    put("manifest.json", "{\"name\": \"x\", \"builds\": [" C3 "]}");
    put("job.yaml", NOCHIP);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_string_equal(plan->target->name, "esp32c3");
    assert_regions(plan, "boot_c3.bin 0x0 176");
}

static void the_chip_of_the_job_chooses_among_builds(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan =
        loaded_from("manifest.json", "{\"builds\": [" C3 "," ESP32 ",{\"chipFamily\": \"ESP32-Z9\"}]}");

    assert_regions(plan, "boot.bin 0x1000 3072, app.bin 0x10000 4576");
    assert_header(plan, 2, 0x10); /* as it was built */
    put("job.yaml", "espgang: 1\njob: x\nchip: esp32c3\n" FROM);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *other = loaded("job.yaml");
    assert_regions(other, "boot_c3.bin 0x0 176");
}

static void parts_are_relative_to_the_manifest_and_offsets_may_be_text(void **state)
{
    (void)state;
    char path[256];

    path_of(path, "web");
    assert_int_equal(mkdir(path, 0700), 0);
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan = loaded_from(
        "web/manifest.json",
        "{\"builds\": [{\"chipFamily\": \"esp32\", \"parts\": [{\"path\": \"..\\\\boot.bin\", \"offset\": "
        "\"0x1000\"}, {\"path\": \"../web/../app.bin\", \"offset\": \"65536\"}]}]}");

    assert_regions(plan, "boot.bin 0x1000 3072, app.bin 0x10000 4576");
}

static void builds_that_leave_no_choice_are_refused(void **state)
{
    (void)state;
    assert_build_refused("manifest.json", "{\"builds\": []}", EG_BAD_JOB,
                         "@/manifest.json:1:12: builds names no build");
    assert_build_refused("manifest.json", "{\"builds\": {}}", EG_BAD_JOB,
                         "@/manifest.json:1:12: builds is a mapping, not a list");
    assert_build_refused("manifest.json", "{\"builds\": [1]}", EG_BAD_JOB,
                         "@/manifest.json:1:13: a build is text, not a mapping");
    assert_build_refused("manifest.json", "{\"builds\": [{\"parts\": []}]}", EG_BAD_JOB,
                         "@/manifest.json:1:13: the key chipFamily is missing here");
    assert_build_refused("manifest.json", "{\"builds\": [" C3 "]}", EG_BAD_JOB,
                         "@/manifest.json:1:12: chip is esp32, but the builds here are for ESP32-C3");
    assert_build_refused(
        "manifest.json", "{\"builds\": [" C3 ",\n" ESP32 ",\n" ESP32 "]}", EG_BAD_JOB,
        "@/manifest.json:3:16: this is a second build for ESP32, the first is in line 2; a job "
        "takes one");
    put("manifest.json", "{\"builds\": [" ESP32 "," C3 "]}");
    assert_refused(
        NOCHIP, EG_BAD_JOB,
        "@/manifest.json:1:12: the chip must be said, for the builds here are for ESP32, ESP32-C3");
    assert_refused("espgang: 1\njob: x\nchip: [esp32]\n" FROM, EG_BAD_JOB,
                   "@/job.yaml:3:7: chip is a list, not text");
}

static void an_unknown_chip_is_refused_with_its_place(void **state)
{
    (void)state;
    char names[200], expected[300];

    eg_target_names(names, sizeof names);
    put("manifest.json", "{\"builds\": [{\"chipFamily\": \"ESP32-Z9\", \"parts\": [{\"path\": \"boot.bin\", "
                         "\"offset\": 0}]}]}");
    snprintf(expected, sizeof expected, "@/manifest.json:1:28: chip is \"ESP32-Z9\", not one of %s", names);
    assert_refused(NOCHIP, EG_BAD_JOB, expected);
    snprintf(expected, sizeof expected, "@/job.yaml:3:7: chip is \"esp33\", not one of %s", names);
    assert_refused("espgang: 1\njob: x\nchip: esp33\n" FROM, EG_BAD_JOB, expected);
}

static void parts_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *parts, *sentence;
    } rows[] = {
        {"[]", "2:1: parts names no file"},
        {"{}", "2:1: parts is a mapping, not a list"},
        {"[\"boot.bin\"]", "2:2: a file is text, not a mapping"},
        {"[{\"path\": \"boot.bin\"}]", "2:2: the key offset is missing here"},
        {"[{\"offset\": 0}]", "2:2: the key path is missing here"},
        {"[{\"path\": \"\", \"offset\": 0}]", "2:11: path has no value"},
        {"[{\"path\": \"boot.bin\", \"offset\": 4096.5}]",
         "2:33: the offset of boot.bin is \"4096.5\", not an address such as 0x10000, 64k or 1MB"},
        {"[{\"path\": \"boot.bin\", \"offset\": -1}]",
         "2:33: the offset of boot.bin is \"-1\", not an address such as 0x10000, 64k or 1MB"},
        {"[{\"path\": \"https://example.org/fw/boot.bin\", \"offset\": 0}]",
         "2:11: https://example.org/fw/boot.bin is a URL; a job takes files, so download it first"},
        {"[{\"path\": \"boot.bin\", \"offset\": 4096},\n{\"path\": \"app.bin\", \"offset\": \"0x1000\"}]",
         "3:31: app.bin goes to 0x00001000, where boot.bin goes already (@/manifest.json:2:33)"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char content[400], sentence[400];
        snprintf(content, sizeof content, "{\"builds\": [{\"chipFamily\": \"ESP32\", \"parts\":\n%s}]}",
                 rows[i].parts);
        snprintf(sentence, sizeof sentence, "@/manifest.json:%s", rows[i].sentence);
        assert_build_refused("manifest.json", content, EG_BAD_JOB, sentence);
    }
    assert_build_refused(
        "manifest.json",
        "{\"builds\": [{\"chipFamily\": \"ESP32\", \"parts\":\n[{\"path\": \"boot.bin\", "
        "\"offset\": 4097}]}]}",
        EG_BAD_ARGUMENT,
        "@/manifest.json:2:33: boot.bin at 0x00001001 begins inside a sector, not at a multiple of 4096 "
        "(0x1000): 0x1 bytes before it are erased");
    assert_build_refused("manifest.json", "{\"builds\": [{\"chipFamily\": \"ESP32\"}]}", EG_BAD_JOB,
                         "@/manifest.json:1:13: the key parts is missing here");
    assert_build_refused(
        "manifest.json",
        "{\"builds\": [{\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": \"none/boot.bin\", "
        "\"offset\": 4096}]}]}",
        EG_BAD_IMAGE, "@/manifest.json:1:56: @/none/boot.bin: No such file or directory");
}

#define ONE(path)                                                                                            \
    "{\"builds\": [{\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": \"" path "\", \"offset\": 4096}]}]}"

static void paths_are_url_references(void **state)
{
    (void)state;
    static const struct {
        const char *content, *file;
    } rows[] = {
        {ONE("boot.bin?v=1.2.3"), "boot.bin"},
        {ONE("boot.bin#a?b"), "boot.bin"},
        {ONE("bo%6ft.bin"), "boot.bin"},
        {ONE("./%2e/boot.bin?x=%20"), "./boot.bin"},
        {ONE("my%20boot.bin"), "my boot.bin"},
        {ONE("100%.bin"), "100%.bin"},
        {ONE("q?.bin"), "q?.bin"}, /* a file with the literal name wins */
        {ONE("e%20.bin?v=2"), "e%20.bin"},
    };

    put_image("my boot.bin", image(0, 3000, true));
    put_image("100%.bin", image(0, 3000, true));
    put_image("q?.bin", image(0, 3000, true));
    put_image("q", image(5, 3000, true));
    put_image("e%20.bin", image(0, 3000, true));
    put_image("e .bin", image(5, 3000, true));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s\n", rows[i].content);
        EG_CLEANUP(eg_plan_destroy_cleanup)
        struct eg_plan *plan = loaded_from("manifest.json", rows[i].content);
        assert_int_equal(plan->region_count, 1);
        assert_string_equal(plan->regions[0].name,
                            strrchr(rows[i].file, '/') != NULL ? "boot.bin" : rows[i].file);
    }
}

static void paths_that_are_of_a_web_site_are_refused_for_that_reason(void **state)
{
    (void)state;
    static const struct {
        const char *content, *sentence;
    } rows[] = {
        {ONE("/firmware/fw.bin"),
         "/firmware/fw.bin is a path from the root of a web site, not of this machine; name "
         "the file relative to this one"},
        {ONE("//host/fw.bin"),
         "//host/fw.bin is a path from the root of a web site, not of this machine; name the "
         "file relative to this one"},
        {ONE("%2fetc/fw.bin"),
         "%2fetc/fw.bin is a path from the root of a web site, not of this machine; name the "
         "file relative to this one"},
        {ONE("https://x/fw.bin"), "https://x/fw.bin is a URL; a job takes files, so download it first"},
        {ONE("?v=1"), "?v=1 names no file"},
        {ONE("a%00b.bin"), "a%00b.bin has a control character in it"},
        {ONE("a%0ab.bin"), "a%0ab.bin has a control character in it"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sentence[300];
        snprintf(sentence, sizeof sentence, "@/manifest.json:1:56: %s", rows[i].sentence);
        assert_build_refused("manifest.json", rows[i].content, EG_BAD_JOB, sentence);
    }
}

static void two_builds_for_one_chip_are_named_before_a_chip_is_asked_for(void **state)
{
    (void)state;
    put("manifest.json", "{\"builds\": [" ESP32 ",\n" ESP32 "]}");
    assert_refused(
        NOCHIP, EG_BAD_JOB,
        "@/manifest.json:2:16: this is a second build for ESP32, the first is in line 1; a job takes one");
    put("manifest.json", "{\"builds\": [" C3 "," C3 ",\n" ESP32 "]}"); /* other chips may have duplicates */
    put("job.yaml", "espgang: 1\njob: x\nchip: esp32\n" FROM);
    eg_plan_destroy(loaded("job.yaml"));
}

static void a_real_manifest_is_understood(void **state)
{
    (void)state;
    char path[4096], text[5000];

    fixture_path(path, "jobs/web-tools/manifest.json");
    snprintf(text, sizeof text, "espgang: 1\njob: x\nchip: esp32\nfirmware: {from: %s}\n", path);
    put("job.yaml", text);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_regions(plan,
                   "bootloader.bin 0x1000 26768, partition-table.bin 0x8000 3072, app-template.bin 0x10000 "
                   "601808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_only_build_says_the_chip),
        TEST(the_chip_of_the_job_chooses_among_builds),
        TEST(parts_are_relative_to_the_manifest_and_offsets_may_be_text),
        TEST(builds_that_leave_no_choice_are_refused),
        TEST(an_unknown_chip_is_refused_with_its_place),
        TEST(parts_that_are_none_are_refused),
        TEST(paths_are_url_references),
        TEST(paths_that_are_of_a_web_site_are_refused_for_that_reason),
        TEST(two_builds_for_one_chip_are_named_before_a_chip_is_asked_for),
        TEST(a_real_manifest_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
