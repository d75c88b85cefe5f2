/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/ledger/rows.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>

struct thing {
    const char *name, *share, *since, *note;
    int64_t count, good;
};

static const struct cli_column columns[] = {
    CLI_COLUMN(thing, name, "name", TEXT, 8),
    CLI_COLUMN(thing, count, "how_many", NUMBER, 8),
    CLI_COLUMN(thing, share, "share", DECIMAL, 6),
    CLI_COLUMN(thing, good, "good", FLAG, 4),
    CLI_COLUMN(thing, since, "since", TIME, 10),
    CLI_COLUMN(thing, note, "note", TEXT, 20),
    {0},
};
static const struct cli_column inner_columns[] = {CLI_COLUMN(thing, name, "name", TEXT, 8), {0}};
static const struct cli_table_form table = {"things", columns, false};
static const struct cli_table_form upright = {"things", columns, true};
static const struct cli_table_form inner = {"parts", inner_columns, false};

static const struct thing plain = {"bolt", "12.5", "2026-11-27T10:00:00.000Z", "all well", 7, 1};
static const struct thing empty = {"", "", "", "", -1, 0};
static const struct thing hostile = {
    "=1+2", "-3", "2026-11-27T10:00:00.000Z", "said \"no\",\nand a long note of many words \x1b[2J \xff",
    0,      1};

/* Return the output in a format; the caller frees it. */
static char *tell(enum cli_format format, const struct cli_table_form *form,
                  const struct thing *const *things)
{
    struct cli_rows rows;
    struct eg_error err;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    cli_rows_begin(&rows, out, format, "things", "a \"b\".db", "things");
    cli_rows_table(&rows, form);
    for (; *things != NULL; things++) {
        cli_rows_open(&rows, *things);
        if (form->upright) {
            cli_rows_table(&rows, &inner);
            assert_ok(cli_rows_add(&rows, &plain, &err), err);
            cli_rows_table_end(&rows);
        }
        cli_rows_close(&rows);
    }
    cli_rows_table_end(&rows);
    cli_rows_number(&rows, "count", 3);
    cli_rows_say(&rows, "%d things", 3);
    cli_rows_end(&rows);
    fclose(out);
    return text;
}

#define assert_told(format, form, expected, ...)                                                             \
    do {                                                                                                     \
        const struct thing *const things[] = {__VA_ARGS__, NULL};                                            \
        char *told = tell(format, form, things);                                                             \
        assert_string_equal(told, expected);                                                                 \
        free(told);                                                                                          \
    } while (0)

static void a_table_cuts_long_texts_and_wraps_its_last_column(void **state)
{
    const struct thing long_name = {
        "a long name", "1", "", "a note of more words than the rest of the line has room for", 123, 1};

    (void)state;
    assert_told(
        CLI_FORMAT_TEXT, &table,
        "NAME      HOW MANY   SHARE  GOOD  SINCE       NOTE\n"
        "bolt             7    12.5  yes   2026-11-27  all well\n"
        "                            no\n"
        "=1+2             0      -3  yes   2026-11-27  said \"no\",?and a long note of many words "
        "?[2J \xef\xbf\xbd\n"
        "a long ~       123       1  yes               a note of more words than the rest of the line "
        "has\n"
        "                                              room for\n"
        "\n3 things\n",
        &plain, &empty, &hostile, &long_name);
}

static void a_csv_is_as_rfc_4180_says_and_has_no_formula(void **state)
{
    (void)state;
    assert_told(CLI_FORMAT_CSV, &table,
                "name,how_many,share,good,since,note\r\n"
                "bolt,7,12.5,yes,2026-11-27T10:00:00.000Z,all well\r\n"
                ",,,no,,\r\n"
                "'=1+2,0,-3,yes,2026-11-27T10:00:00.000Z,"
                "\"said \"\"no\"\",\nand a long note of many words \xef\xbf\xbd[2J \xef\xbf\xbd\"\r\n",
                &plain, &empty, &hostile);
}

static void what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe_but_numbers_do_not(void **state)
{
    static const char *const notes[][2] = {
        {"-40 dBm", "-40 dBm"},    {"-40", "-40"}, {"+1.5e3", "+1.5e3"}, {"+1+2", "'+1+2"},
        {"@SUM(A1)", "'@SUM(A1)"}, {"-", "'-"},    {"\tx", "'\tx"},      {"a=b", "a=b"},
        {"\r=x", "\"'\r=x\""}};

    (void)state;
    for (unsigned i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        const struct thing thing = {"", "", "", notes[i][0], -1, 1};
        char expected[100];
        snprintf(expected, sizeof expected, "name,how_many,share,good,since,note\r\n,,,yes,,%s\r\n",
                 notes[i][1]);
        assert_told(CLI_FORMAT_CSV, &table, expected, &thing);
    }
}

static void json_is_one_document_with_null_for_what_is_not_known(void **state)
{
    (void)state;
    assert_told(
        CLI_FORMAT_JSON, &table,
        "{\"espgang\":\"things\",\"version\":2,\"ledger\":\"a \\\"b\\\".db\",\n\"things\":[\n"
        "{\"name\":\"bolt\",\"how_many\":7,\"share\":12.5,\"good\":true,"
        "\"since\":\"2026-11-27T10:00:00.000Z\",\"note\":\"all well\"},\n"
        "{\"name\":null,\"how_many\":null,\"share\":null,\"good\":false,\"since\":null,\"note\":null},\n"
        "{\"name\":\"=1+2\",\"how_many\":0,\"share\":-3,\"good\":true,"
        "\"since\":\"2026-11-27T10:00:00.000Z\","
        "\"note\":\"said \\\"no\\\",\\nand a long note of many words \\u001B[2J \xef\xbf\xbd\"}],\n"
        "\"count\":3}\n",
        &plain, &empty, &hostile);
}

static void json_has_no_byte_that_a_terminal_obeys(void **state)
{
    const struct thing thing = {"",
                                "",
                                "",
                                "\x7f\xc2\x9b"
                                "2J ü",
                                -1,
                                1};

    (void)state;
    assert_told(CLI_FORMAT_JSON, &table,
                "{\"espgang\":\"things\",\"version\":2,\"ledger\":\"a \\\"b\\\".db\",\n\"things\":[\n"
                "{\"name\":null,\"how_many\":null,\"share\":null,\"good\":true,\"since\":null,"
                "\"note\":\"\\u007f\\u009b2J ü\"}],\n\"count\":3}\n",
                &thing);
}

static void rows_have_tables_of_their_own_in_text_and_json_and_csv_has_the_main_one(void **state)
{
    (void)state;
    assert_told(CLI_FORMAT_TEXT, &upright,
                "name      bolt\nhow_many  7\nshare     12.5\ngood      yes\n"
                "since     2026-11-27 10:00:00+00:00\nnote      all well\n\nparts:\nNAME\nbolt\n"
                "\ngood      no\n\nparts:\nNAME\nbolt\n\n3 things\n",
                &plain, &empty);
    assert_told(CLI_FORMAT_CSV, &upright, "name,how_many,share,good,since,note\r\n,,,no,,\r\n", &empty);
    assert_told(
        CLI_FORMAT_JSON, &upright,
        "{\"espgang\":\"things\",\"version\":2,\"ledger\":\"a \\\"b\\\".db\",\n\"things\":[\n"
        "{\"name\":null,\"how_many\":null,\"share\":null,\"good\":false,\"since\":null,\"note\":null,\n"
        "\"parts\":[\n{\"name\":\"bolt\"}]}],\n\"count\":3}\n",
        &empty);
}

static void a_question_ends_when_its_rows_cannot_be_written(void **state)
{
    struct cli_rows rows;
    struct eg_error err;
    FILE *const out = fopen("/dev/full", "w");

    (void)state;
    if (out == NULL)
        skip();
    setvbuf(out, NULL, _IONBF, 0);
    cli_rows_begin(&rows, out, CLI_FORMAT_CSV, "things", "a.db", "things");
    rows.header = true;
    cli_rows_table(&rows, &table);
    assert_error(cli_rows_add(&rows, &plain, &err), err, EG_NO_ROOM,
                 "standard output: No space left on device");
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_ends_when_its_rows_cannot_be_written),
        cmocka_unit_test(a_table_cuts_long_texts_and_wraps_its_last_column),
        cmocka_unit_test(a_csv_is_as_rfc_4180_says_and_has_no_formula),
        cmocka_unit_test(what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe_but_numbers_do_not),
        cmocka_unit_test(json_is_one_document_with_null_for_what_is_not_known),
        cmocka_unit_test(json_has_no_byte_that_a_terminal_obeys),
        cmocka_unit_test(rows_have_tables_of_their_own_in_text_and_json_and_csv_has_the_main_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
