/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/jobs/build_file.h"

#define BOTH "boot.bin 0x1000 3072, app.bin 0x10000 4576"

static void options_and_pairs_stand_on_lines(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan = loaded_from("flash_args", "--flash_mode dout --flash_freq 80m --flash_size 8MB\n"
                                                     "0x10000 app.bin\n\n0x1000 boot.bin\n");

    assert_regions(plan, BOTH);
    assert_header(plan, 3, 0x3f);
    assert_int_equal(plan->declared_flash_size, 8 << 20);
}

static void words_are_apart_as_in_a_shell(void **state)
{
    (void)state;
    put_image("my app.bin", application(4500));
    put_image("it's.bin", image(0, 100, true));
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan =
        loaded_from("flash args.txt", "0x1000 boot.bin\t0x10000 \"my app.bin\"   0x20000 my\\ app.bin\n"
                                      "'0x30000' \"it's.bin\" 0x40000 it\\'s.bin 0x50000 'my 'app.bin");

    assert_regions(plan, "boot.bin 0x1000 3072, my app.bin 0x10000 4576, my app.bin 0x20000 4576, "
                         "it's.bin 0x30000 176, it's.bin 0x40000 176, my app.bin 0x50000 4576");
}

static void a_mark_and_ends_of_lines_of_windows_do_not_matter(void **state)
{
    (void)state;
    char path[256];

    path_of(path, "folder");
    assert_int_equal(mkdir(path, 0700), 0);
    put_image("folder/app.bin", application(4500));
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan = loaded_from("flash_args", "\xef\xbb\xbf-fm qout\r\n0x1000 boot.bin\r\n"
                                                     "0x10000 \"folder\\app.bin\"\r\n");

    assert_regions(plan, BOTH);
    assert_header(plan, 1, 0x10);
}

static void a_whole_command_line_is_understood(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup)
    struct eg_plan *plan =
        loaded_from("flash_project_args", "--chip esp32 -p /dev/ttyUSB0 -b 460800 --before=default_reset "
                                          "--after hard_reset --no-stub -s write_flash -z -p -s\n"
                                          "--flash_size detect -ff keep\n0x1000 boot.bin\n"
                                          "65536 app.bin\n");

    assert_regions(plan, BOTH);
}

static void the_chip_may_be_said_in_it(void **state)
{
    (void)state;
    put("flash_args", "--chip esp32 0x1000 boot.bin");
    put("job.yaml", "espgang: 1\njob: x\nfirmware: {from: flash_args}\n");
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_string_equal(plan->target->name, "esp32");
    put("flash_args", "-c auto 0x1000 boot.bin");
    assert_refused("espgang: 1\njob: x\nfirmware: {from: flash_args}", EG_BAD_JOB,
                   "@/job.yaml:1:1: the key chip is missing");
    assert_build_refused("flash_args", "0x1000 boot.bin --chip esp32s3", EG_BAD_JOB,
                         "@/job.yaml:3:7: chip is esp32, but @/flash_args:1:24 is for esp32s3");
}

static void the_program_in_front_of_a_copied_command_line_is_passed_over(void **state)
{
    (void)state;
    static const char *const programs[] = {"esptool.py",
                                           "esptool",
                                           "$ esptool",
                                           "python -m esptool",
                                           "python3.11 -u -m esptool",
                                           "\"C:\\Program Files\\py.exe\" -m esptool",
                                           "/opt/esp/python_env/bin/python /opt/esp/esptool.py",
                                           "& 'C:\\tools\\esptool.exe'"};

    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char content[400];
        snprintf(content, sizeof content,
                 "\n%s --chip esp32 -p COM3 \\\n --before default_reset write_flash ^\r\n -z 0x1000 boot.bin "
                 "\\\r\n"
                 "0x10000 app.bin\n",
                 programs[i]);
        print_message("%s\n", content);
        EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded_from("flash.txt", content);
        assert_regions(plan, "boot.bin 0x1000 3072, app.bin 0x10000 4576");
    }
}

static void text_in_utf_16_is_refused_for_that_reason(void **state)
{
    (void)state;
    put_bytes("flash.txt", "\xff\xfe-\0c\0", 6);
    assert_refused(JOB("firmware: {from: flash.txt}"), EG_BAD_JOB,
                   "@/flash.txt: the text is UTF-16; save it as UTF-8");
}

static void words_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *content, *sentence;
    } rows[] = {
        {"# made today\n0x1000 boot.bin", "1:1: # begins no comment in words for esptool; leave it out"},
        {"0x1000 boot.bin # boot", "1:17: # begins no comment in words for esptool; leave it out"},
        {"0x1000 boot.bin\n0x10000 'app.bin\n", "2:9: the quote that begins here does not end in this line"},
        {"0x1000 'boot.bin\n0x8000 data.bin'", "1:8: the quote that begins here does not end in this line"},
        {"0x1000 \"boot.bin\r0x8000 data.bin\"", "1:8: the quote that begins here does not end in this line"},
        {"0x1000 \"boot.bin", "1:8: the quote that begins here does not end in this line"},
        {"0x1000 folder\\boot.bin", "1:14: a backslash outside quotes only takes the next character as it "
                                    "is, so this is no path; write / "
                                    "or put the path in quotes"},
        {"0x1000 \\\nboot.bin", "1:8: a backslash ends the line"},
        {"0x1000 boot.bin\n0x8000\n", "2:1: \"0x8000\" is not followed by a file"},
        {"0x8000 --flash_mode dio boot.bin", "1:1: \"0x8000\" is not followed by a file"},
        {"0x1000 ''", "1:1: \"0x1000\" is not followed by a file"},
        {"--flash_mode dio\nstart boot.bin",
         "2:1: the offset of boot.bin is \"start\", not an address such as 0x10000, 64k or 1MB"},
        {"--flash_mode dio\n", "1:1: the words name no file"},
        {"0x1000 boot.bin --flash_size", "1:17: --flash-size is not followed by its value"},
        {"--flash_mode=fast 0x1000 boot.bin",
         "1:1: flash.mode is \"fast\", not one of keep, qio, qout, dio, dout"},
        {"--compression 0x1000 boot.bin", "1:1: --compression is no option of esptool's write-flash"},
        {"-e 0x1000 boot.bin", "1:1: a job does not do what --erase-all asks for"},
        {"--spi_connection HSPI 0x1000 boot.bin", "1:1: a job does not do what --spi-connection asks for"},
        {"--encrypt 0x1000 boot.bin",
         "1:1: --encrypt: encrypted writing is not supported by this version of espgang"},
        {"0x1000 boot.bin\n--encrypt-files 0x10000 app.bin",
         "2:1: --encrypt-files: encrypted writing is not supported by this version of espgang"},
        {"0x1000 boot.bin 4096 app.bin",
         "1:17: app.bin goes to 0x00001000, where boot.bin goes already (@/flash_args:1:1)"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sentence[300];
        snprintf(sentence, sizeof sentence, "@/flash_args:%s", rows[i].sentence);
        assert_build_refused("flash_args", rows[i].content, EG_BAD_JOB, sentence);
    }
    assert_build_refused("flash_args", "0x1000 boot.bin\n0x10000 none.bin", EG_BAD_IMAGE,
                         "@/flash_args:2:9: @/none.bin: No such file or directory");
}

static void columns_are_counted_in_characters(void **state)
{
    (void)state;
    assert_build_refused("flash_args", "0x1000 'gr\u00fc\u00df.bin' 0x8000", EG_BAD_JOB,
                         "@/flash_args:1:19: \"0x8000\" is not followed by a file");
}

static void there_are_only_so_many_words_and_files(void **state)
{
    (void)state;
    char content[30000] = "";
    size_t used = 0;

    for (unsigned i = 0; i <= 4000; i++)
        used += (size_t)snprintf(content + used, sizeof content - used, "-t\n");
    assert_build_refused("flash_args", content, EG_BAD_JOB,
                         "@/flash_args:4001:1: the file has more than 4000 words");
    used = 0;
    for (unsigned i = 0; i <= 1000; i++)
        used += (size_t)snprintf(content + used, sizeof content - used, "0x%x000 boot.bin\n", i + 1);
    assert_build_refused("flash_args", content, EG_BAD_JOB,
                         "@/flash_args:1001:1: there are more than 1000 files");
}

static void other_text_is_firmware_like_any_bytes(void **state)
{
    (void)state;
    put("notes.txt", "12 words 0x1000\nName, Type\n");
    put("job.yaml", JOB("firmware: {from: notes.txt, at: 0x20000}"));
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = loaded("job.yaml");

    assert_regions(plan, "notes.txt 0x20000 28");
    put("flash_args", "0x1000 boot.bin");
    assert_refused(JOB("firmware: {from: flash_args, at: 0x20000}"), EG_BAD_JOB,
                   "@/job.yaml:4:34: flash_args says itself where its files go; leave out at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(options_and_pairs_stand_on_lines),
        TEST(words_are_apart_as_in_a_shell),
        TEST(a_mark_and_ends_of_lines_of_windows_do_not_matter),
        TEST(a_whole_command_line_is_understood),
        TEST(the_chip_may_be_said_in_it),
        TEST(the_program_in_front_of_a_copied_command_line_is_passed_over),
        TEST(text_in_utf_16_is_refused_for_that_reason),
        TEST(words_that_make_no_sense_are_refused),
        TEST(columns_are_counted_in_characters),
        TEST(there_are_only_so_many_words_and_files),
        TEST(other_text_is_firmware_like_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
