/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/csv.h"

#include "tests/fakes/check.h"

#include <string.h>

/* Format records as "LINE:a|b|c;". */
static enum eg_code read_all(char out[400], size_t *line, const char *text, size_t size, struct eg_error *err)
{
    EG_CLEANUP(eg__csv_close) struct eg__csv csv;
    bool got;

    out[0] = '\0';
    *line = 0;
    EG_TRY(eg__csv_open(&csv, text, size, err));
    for (;;) {
        const enum eg_code code = eg__csv_next(&csv, &got, err);
        *line = csv.line;
        if (code != EG_OK || !got)
            return code;
        sprintf(out + strlen(out), "%zu:", csv.line);
        for (size_t i = 0; i < csv.count; i++)
            sprintf(out + strlen(out), "%s%s", i > 0 ? "|" : "", csv.field[i]);
        strcat(out, ";");
    }
}

static void records_are_read_as_spreadsheets_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text, *records;
    } rows[] = {
        {"", ""},
        {"a", "1:a;"},
        {"a,b\nc,d\n", "1:a|b;2:c|d;"},
        {"a,b\r\nc,d\re,f", "1:a|b;2:c|d;3:e|f;"},
        {"\xef\xbb\xbf"
         "a,,\n",
         "1:a||;"},
        {"# one, two\n \t\n\na\n#", "4:a;"},
        {" \t# one, two\ra", "2:a;"},
        {"\"a,b\",\"say \"\"hi\"\"\",\"\"\n", "1:a,b|say \"hi\"|;"},
        {"\"two\r\nlines\",x\ny", "1:two\nlines|x;3:y;"},
        {" a , b \n", "1: a | b ;"},
        {"a\"b\",c", "1:a\"b\"|c;"},
        {"\"# no comment\"\n", "1:# no comment;"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_error err;
        char out[400];
        size_t line;
        assert_ok(read_all(out, &line, rows[i].text, strlen(rows[i].text), &err), err);
        assert_string_equal(out, rows[i].records);
    }
}

static void invalid_csv_is_reported_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size, line;
        const char *sentence;
    } rows[] = {
        {"a\n\"b\nc\n", 7, 2, "there is a quote without an end"},
        {"a\n\"b\"c\n", 7, 2, "there is text after a closing quote"},
        {"a\n\n\xff\n", 5, 3, "byte 0xff is no text in UTF-8"},
        {"a\0b", 3, 1, "byte 0x00 is no text in UTF-8"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_error err;
        char out[400];
        size_t line;
        assert_error(read_all(out, &line, rows[i].text, rows[i].size, &err), err, EG_BAD_IMAGE,
                     rows[i].sentence);
        assert_int_equal(line, rows[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_as_spreadsheets_write_them),
        cmocka_unit_test(invalid_csv_is_reported_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
