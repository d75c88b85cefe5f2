/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/build_file.h"

#define FLASHER_ARGS "{\n\"flash_files\": {\"0x10000\": \"app.bin\"}}"
#define MANIFEST                                                                                             \
    "{\"builds\": [{\"chipFamily\": \"ESP32\", \"parts\": [{\"path\": \"app.bin\", \"offset\": 65536}]}]}"
#define IDEDATA                                                                                              \
    "{\"extra\": {\"flash_images\": [{\"offset\": 4096, \"path\": \"boot.bin\"}], \"application_offset\": "  \
    "65536}, "                                                                                               \
    "\"prog_path\": \"app.elf\"}"
#define APP "app.bin 0x10000 4576"

static void json_is_told_by_its_content(void **state)
{
    (void)state;
    static const struct {
        const char *name, *content, *regions;
    } rows[] = {
        {"manifest.json", FLASHER_ARGS, APP},
        {"flasher_args.json", MANIFEST, APP},
        {"x.json", IDEDATA, "boot.bin 0x1000 3072, " APP},
        {"args", FLASHER_ARGS, APP},
        {"flash_args", " \r\n\t" MANIFEST, APP},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_plan_destroy_cleanup)
        struct eg_plan *plan = loaded_from(rows[i].name, rows[i].content);
        assert_regions(plan, rows[i].regions);
    }
    assert_build_refused(
        "flasher_args.json", "{\"name\": \"x\"}", EG_BAD_JOB,
        "@/flasher_args.json:1:1: this is neither flasher_args.json (with the key flash_files) nor "
        "a manifest of ESP Web Tools (builds) nor idedata.json of PlatformIO (prog_path)");
    assert_build_refused("x.json", "[]", EG_BAD_JOB, "@/x.json:1:1: the file is a list, not a mapping");
    assert_build_refused("x.json", "", EG_BAD_JOB, "@/x.json:1:1: JSON does not allow empty root content");
}

static void a_mark_and_ends_of_lines_of_windows_do_not_matter(void **state)
{
    (void)state;
    static const char *const contents[] = {"\xef\xbb\xbf" FLASHER_ARGS,
                                           "{\r\n\"flash_files\":\r\n{\"0x10000\":\t\"app.bin\"}}\r\n",
                                           "\xef\xbb\xbf" MANIFEST "\r\n"};

    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded_from("x.json", contents[i]);
        assert_regions(plan, APP);
    }
}

static void a_comment_in_json_is_refused_and_a_path_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *content;
        const char *place;
    } rows[] = {
        {"// mine\n" FLASHER_ARGS, "1:1"},
        {"\xef\xbb\xbf# mine\n" FLASHER_ARGS, "1:1"},
        {"{\"a\": \"\u00fc\\\"//\\\\\", /* b */ \"flash_files\": {}}", "1:18"},
        {"{\n\"flash_files\": {} # none\n}", "2:19"},
    };
    char sentence[100];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(sentence, sizeof sentence, "@/x.json:%s: a comment begins here, but JSON has none",
                 rows[i].place);
        assert_build_refused("x.json", rows[i].content, EG_BAD_JOB, sentence);
    }
    put_image("#1.bin", image(0, 200, true));
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan = loaded_from("x.json", "{\"flash_files\": {\"0x10000\": \".//#1.bin\"}}");
    assert_regions(plan, "#1.bin 0x10000 272");
}

static void json_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_build_refused("x.json", "{\"flash_files\": {\"0x10000\": \"app.bin\",}}", EG_BAD_JOB,
                         "@/x.json:1:38: JSON disallows trailing comma before closing brace");
    assert_build_refused("x.json", "{\"flash_files\": {\"0\": \"a\xff\"}}", EG_BAD_JOB,
                         "@/x.json:1:25: byte 0xff is not UTF-8 text");
    assert_build_refused("x.json", "{\"flash_files\": {\"0x1000\": \"a\",\n\"0x1000\": \"b\"}}", EG_BAD_JOB,
                         "@/x.json:2:1: key 0x1000 is given twice, first in line 1");
    assert_build_refused("x.json", "{\"flash_files\": {\"0x1000\": \"a\",\n\"4k\": \"b\"}}", EG_BAD_JOB,
                         "@/x.json:2:1: b goes to 0x00001000, where a goes already (@/x.json:1:18)");
    assert_build_refused("x.json", "{\"flash_files\": {\"0x1000\": \"boot.bin\"}, \"flash_files\": {}}",
                         EG_BAD_JOB, "@/x.json:1:41: key flash_files is given twice, first in line 1");
}

static void paths_mean_something_here_or_are_refused(void **state)
{
    (void)state;
    char path[256], content[400];

    path_of(path, "sub");
    assert_int_equal(mkdir(path, 0700), 0);
    put_image("sub/app.bin", application(4500));
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *windows =
        loaded_from("x.json", "{\"flash_files\": {\"0x10000\": \".\\\\sub\\\\app.bin\"}}");
    assert_regions(windows, APP);
    snprintf(content, sizeof content, "{\"flash_files\": {\"0x10000\": \"%s/app.bin\"}}", path);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *absolute = loaded_from("x.json", content);
    assert_regions(absolute, APP);
    assert_build_refused(
        "x.json", "{\"flash_files\": {\"0x10000\": \"c:/build/app.bin\"}}", EG_BAD_JOB,
        "@/x.json:1:29: c:/build/app.bin is a path of a Windows machine; name the file relative to "
        "this one");
    assert_build_refused("x.json", "{\"flash_files\": {\"0x10000\": \"file:///app.bin\"}}", EG_BAD_JOB,
                         "@/x.json:1:29: file:///app.bin is a URL; a job takes files, so download it first");
    assert_build_refused("x.json", "{\"flash_files\": {\"0x10000\": \"sub\"}}", EG_BAD_IMAGE,
                         "@/x.json:1:29: @/sub: is a directory");
    assert_build_refused("x.json", "{\"flash_files\": {\"0x10000\": [\"app.bin\"]}}", EG_BAD_JOB,
                         "@/x.json:1:29: 0x10000 is a list, not text");
}

static void a_file_of_a_build_that_is_too_large_is_refused(void **state)
{
    (void)state;
    char *const blanks = malloc((1 << 20) + 2);

    assert_non_null(blanks);
    memset(blanks, ' ', (1 << 20) + 1);
    blanks[(1 << 20) + 1] = '\0';
    assert_build_refused("x.json", blanks, EG_BAD_JOB,
                         "@/job.yaml:4:18: @/x.json: 1048577 bytes, more than the 1048576 that are allowed");
    free(blanks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(json_is_told_by_its_content),
        TEST(a_mark_and_ends_of_lines_of_windows_do_not_matter),
        TEST(a_comment_in_json_is_refused_and_a_path_is_none),
        TEST(json_that_is_none_is_refused),
        TEST(paths_mean_something_here_or_are_refused),
        TEST(a_file_of_a_build_that_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
