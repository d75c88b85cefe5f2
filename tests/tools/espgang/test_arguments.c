/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/arguments.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Convert "a|b|c" to words, and back, so that cases are one line each. */
struct line {
    char text[512];
    const char *word[32];
    int count;
};

static void line_init(struct line *line, const char *text)
{
    snprintf(line->text, sizeof line->text, "%s", text);
    line->count = 0;
    for (char *word = line->text, *end; text[0] != '\0' && word != NULL; word = end) {
        end = strchr(word, '|');
        if (end != NULL)
            *end++ = '\0';
        line->word[line->count++] = word;
    }
}

static const char *joined(const struct cli_arguments *arguments)
{
    static char text[1024];

    text[0] = '\0';
    for (int i = 0; i < arguments->count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? "|" : "",
                 arguments->word[i]);
    return text;
}

static void check_spelled_for(int least, const char *given, const char *wanted)
{
    static const struct cli_option options[] = {
        {.name = "diff-with", .letter = 'd', .value = "FILE...", .eat_all = true},
        {.name = "output", .letter = 'o', .value = "FILE"},
        {.name = "force"},
        {.name = NULL}};
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments out = {0};
    struct line line;
    struct eg_error err;

    line_init(&line, given);
    assert_ok(cli_arguments_spell(&out, line.count, line.word, options, least, &err), err);
    assert_string_equal(joined(&out), wanted);
}

static void check_spelled(const char *given, const char *wanted)
{
    check_spelled_for(0, given, wanted);
}

static void old_spellings_become_those_of_today(void **state)
{
    (void)state;
    check_spelled("--flash_size|4MB", "--flash-size|4MB");
    check_spelled("--flash_size=a_b", "--flash-size=a_b");
    check_spelled("-fs|4MB|-fm|dio|-ff|40m|-sc|HSPI",
                  "--flash-size|4MB|--flash-mode|dio|--flash-freq|40m|--spi-connection|HSPI");
    check_spelled("--ignore_flash_encryption_efuse_setting", "--ignore-flash-enc-efuse");
    check_spelled("--fill-flash-size=4MB", "--pad-to-size=4MB");
    check_spelled("--no-diff-verify", "--trust-flash-content");
}

static void other_arguments_are_left_alone(void **state)
{
    (void)state;
    check_spelled("0x1000|my_app.bin|-|a=b_c", "0x1000|my_app.bin|-|a=b_c");
    check_spelled("--output=my_app.bin", "--output=my_app.bin");
}

static void an_option_for_many_words_takes_all_up_to_the_next_option(void **state)
{
    (void)state;
    check_spelled("--diff-with|a.bin|b.bin|--force|0|new.bin",
                  "--diff-with|a.bin|--diff-with|b.bin|--force|0|new.bin");
    check_spelled("--diff_with|a.bin|-z", "--diff-with|a.bin|-z");
}

static void an_option_for_many_words_leaves_the_arguments_that_must_be_there(void **state)
{
    (void)state;
    check_spelled_for(1, "--diff-with|a.bin|new.bin", "--diff-with|a.bin|new.bin");
    check_spelled_for(1, "-d|a.bin|b.bin|new.bin", "-d|a.bin|--diff-with|b.bin|new.bin");
    check_spelled_for(1, "--diff-with|a.bin|b.bin|--output|o.bin|new.bin",
                      "--diff-with|a.bin|--diff-with|b.bin|--output|o.bin|new.bin");
    check_spelled_for(1, "new.bin|-o|o.bin|--diff-with|a.bin|b.bin",
                      "new.bin|-o|o.bin|--diff-with|a.bin|--diff-with|b.bin");
}

static void check_front(const char *given, const char *wanted, int used)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments out = {0};
    struct line line;
    struct eg_error err;
    int got;

    line_init(&line, given);
    assert_ok(cli_arguments_front(&out, line.count, line.word, &got, &err), err);
    assert_string_equal(joined(&out), wanted);
    assert_int_equal(got, used);
}

static void options_of_the_board_stand_in_front_of_the_command(void **state)
{
    (void)state;
    check_front("flash-id|--port|x", "", 0);
    check_front("--port|x|--chip=esp32|flash-id", "--port=x|--chip=esp32", 3);
    check_front("-p|x|-b921600|-c|esp32|flash-id", "--port=x|--baud=921600|--chip=esp32", 5);
    check_front("-tv|--no-stub|flash-id", "--trace|--verbose|--no-stub", 2);
    check_front("--connect_attempts|0|--after|no_reset|flash-id", "--connect-attempts=0|--after=no_reset", 4);
    check_front(
        "--port-filter|vid=0x303a|pid=0x1001|name=tty=|serial=7|flash-id",
        "--port-filter=vid=0x303a|--port-filter=pid=0x1001|--port-filter=name=tty=|--port-filter=serial=7",
        5);
}

static void check_front_refused(const char *given, const char *sentence)
{
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments out = {0};
    struct line line;
    struct eg_error err;
    int used;

    line_init(&line, given);
    assert_error(cli_arguments_front(&out, line.count, line.word, &used, &err), err, EG_BAD_ARGUMENT,
                 sentence);
}

static void a_wrong_option_in_front_is_named(void **state)
{
    (void)state;
    check_front_refused("--prot|x|flash-id", "--prot: unknown option; see 'espgang --help'");
    check_front_refused("-tx|flash-id", "-tx: unknown option; see 'espgang --help'");
    check_front_refused("-|flash-id", "-: unknown option; see 'espgang --help'");
    check_front_refused("--port", "--port: wants PORT");
    check_front_refused("-b", "--baud: wants RATE");
}

static const char *file_of(const char *content, size_t size)
{
    static char path[] = "/tmp/eg-arguments-XXXXXX";

    strcpy(path + sizeof path - 7, "XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, size), (ssize_t)size);
    close(fd);
    return path;
}

static enum eg_code expand(struct cli_arguments *out, const char *content, size_t size, struct eg_error *err)
{
    char word[64];
    const char *path = file_of(content, size);

    snprintf(word, sizeof word, "@%s", path);
    const enum eg_code code = cli_arguments_expand(out, 3, (const char *[]){"write-flash", word, "end"}, err);
    unlink(path);
    return code;
}

static void a_file_of_arguments_takes_the_place_of_its_name(void **state)
{
    (void)state;
    static const char content[] = "--flash-mode dio\r\n\n  0x1000 \"my app.bin\"  'a b'\n0x2000 c\\ d";
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments out = {0};
    struct eg_error err;

    assert_ok(expand(&out, content, sizeof content - 1, &err), err);
    assert_string_equal(joined(&out), "write-flash|--flash-mode|dio|0x1000|my app.bin|a b|0x2000|c d|end");
}

static void a_file_of_arguments_with_an_open_quote_is_refused_by_its_line(void **state)
{
    (void)state;
    static const char content[] = "0x1000 a.bin\n0x2000 \"b.bin\n";
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments out = {0};
    struct eg_error err;

    assert_string_equal(eg_code_name(expand(&out, content, sizeof content - 1, &err)),
                        eg_code_name(EG_BAD_ARGUMENT));
    assert_non_null(strstr(err.text, ":2: "));
}

static void a_file_of_arguments_that_is_not_there_is_named(void **state)
{
    (void)state;
    EG_CLEANUP(cli_arguments_finish) struct cli_arguments out = {0};
    struct eg_error err;

    assert_int_not_equal(cli_arguments_expand(&out, 1, (const char *[]){"@/nowhere/args"}, &err), EG_OK);
    assert_non_null(strstr(err.text, "/nowhere/args"));
}

static void numbers_are_read_in_every_way_of_esptool(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t number;
    } good[] = {
        {"0", 0},
        {"4096", 4096},
        {"0x10000", 0x10000},
        {"0XfF", 0xff},
        {"0o17", 15},
        {"0b101", 5},
        {"4k", 4096},
        {"2M", 2 << 20},
        {"0x10k", 16384},
        {"0b1M", 1 << 20},
        {"4294967295", UINT32_MAX},
    };
    static const char *const bad[] = {"",
                                      "x",
                                      "0x",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "4kk",
                                      "12G",
                                      "0b2",
                                      "0o8",
                                      "0b",
                                      "0o-1",
                                      "4294967296",
                                      "4M k",
                                      "0x1g",
                                      "4194304k",
                                      "0b1k1",
                                      "99999999999999999999"};
    uint64_t number;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!cli_number(good[i].text, UINT32_MAX, &number) || number != good[i].number)
            fail_msg("\"%s\" is not read as %llu", good[i].text, (unsigned long long)good[i].number);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (cli_number(bad[i], UINT32_MAX, &number))
            fail_msg("\"%s\" is read as %llu", bad[i], (unsigned long long)number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_spellings_become_those_of_today),
        cmocka_unit_test(other_arguments_are_left_alone),
        cmocka_unit_test(an_option_for_many_words_takes_all_up_to_the_next_option),
        cmocka_unit_test(an_option_for_many_words_leaves_the_arguments_that_must_be_there),
        cmocka_unit_test(options_of_the_board_stand_in_front_of_the_command),
        cmocka_unit_test(a_wrong_option_in_front_is_named),
        cmocka_unit_test(a_file_of_arguments_takes_the_place_of_its_name),
        cmocka_unit_test(a_file_of_arguments_with_an_open_quote_is_refused_by_its_line),
        cmocka_unit_test(a_file_of_arguments_that_is_not_there_is_named),
        cmocka_unit_test(numbers_are_read_in_every_way_of_esptool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
