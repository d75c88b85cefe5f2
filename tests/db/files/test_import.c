/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/pools.h"

#include <pthread.h>
#include <stdatomic.h>

static void assert_refused(const struct sample *sample, const char *text, const char *sentence)
{
    struct eg_error err;
    char expected[500];

    snprintf(expected, sizeof expected, "%s/in.csv%s", sample->folder, sentence);
    assert_error(pools_import(sample, "in.csv", text, &err), err, EG_BAD_ARGUMENT, expected);
}

static void a_doubtful_file_is_refused_with_its_line_before_the_ledger_is_created(void **state)
{
    static const struct {
        const char *text, *sentence;
    } refused[] = {
        {"", ": is empty; its first line has the names of the columns"},
        {"\n\n", ": is empty; its first line has the names of the columns"},
        {"serial\n", ": has no row after the names of the columns"},
        {"serial;pin\nA;1\n", ":1: the fields are separated by ';' instead of ','"},
        {"0001\n0002\n", ":1: field 1 is no name of a column, which the first line has"},
        {"7c:df:a1:00:00:01,k\n", ":1: field 1 is no name of a column, which the first line has"},
        {"serial,\nA,1\n", ":1: column 2 has no name"},
        {"serial,pin,Pin\nA,1,2\n", ":1: columns 2 and 3 have the same name"},
        {"serial,pin\nA,1\nB\n", ":3: 1 field instead of 2"},
        {"serial,pin\nA,1\n\nB,2,3\n", ":4: 3 fields instead of 2"},
        {"serial,pin\nA,1\n,2\n", ":3: serial, the first column, is empty"},
        {"serial,pin\nC,1\nA,1\nB,2\nA,3\nC,4\n", ":5: serial is the same as in line 3"},
        {"serial\nA\nB\tC\n", ":3: byte 0x09 is a control character"},
        {"serial\nA\rB\n", ":2: byte 0x0d is a control character"},
        {"serial\tpin\nA\t1\n", ":1: the fields are separated by tabs instead of ','"},
        {"\xff\xfes", ": the text is UTF-16; save it as UTF-8"},
        {"serial\nA\x7f\n", ":2: byte 0x7f is a control character"},
        {"serial\nA\xc2\x9b\n", ":2: U+009B is a control character"},
        {"serial\nA\xff\n", ":2: byte 0xff is not UTF-8"},
        {"serial,pin\n\"A,1\n", ":2: the quote of field 1 is not closed in this line"},
        {"serial,pin\n\"A\"x,1\n", ":2: text after the closing quote of field 1"},
        {"serial,pin\nA,1\"2\n", ":2: a quote within field 2, which does not begin with one"},
        {"serial,mac\nA,7c:df:a1:00:00:01\nB,7c:df:a1:00:00\n", ":3: mac is no MAC"},
        {"serial,mac\nA,7c:df-a1:00:00:01\n", ":2: mac is no MAC"},
        {"serial,mac\nA,7cdfa1000001ff\n", ":2: mac is no MAC"},
        {"serial,mac\nA,\n", ":2: mac is no MAC"},
        {"serial,Mac\nA,7c:df:a1:00:00:01\nB,7CDFA1000001\n", ":3: Mac is the same as in line 2"},
    };
    const struct sample *sample = *state;

    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_refused(sample, refused[i].text, refused[i].sentence);
    assert_int_equal(access(sample->path, F_OK), -1);
}

static void quotes_line_ends_and_the_mark_of_utf_8_are_taken_off(void **state)
{
    const struct sample *sample = *state;
    struct eg_error err;

    assert_ok(pools_import(sample, "in.csv",
                           "\xef\xbb\xbf\"ser\"\"ial\",label\r\nA,\"x, \"\"y\"\"\"\r\n\r\n\" B \",\"\"\nÄ,\\",
                           &err),
              err);
    assert_sql(sample->path, "SELECT name FROM pool_column", "ser\"ial;label");
    assert_sql(sample->path, "SELECT position, key, fields ->> 0, fields ->> 1 FROM pool_row",
               "1|A|A|x, \"y\";2| B | B |;3|Ä|Ä|\\");
    assert_sql(sample->path,
               "SELECT file, row_count, length(sha256), imported_utc LIKE '20__-__-__T__:__:__.___Z'"
               " FROM pool_import",
               "in.csv|3|64|1");
}

static void a_pool_grows_by_files_of_the_same_columns(void **state)
{
    const struct sample *sample = *state;
    const struct eg_pool_import second = {
        .ledger = sample->path, .pool = "serials", .path = pools_file(sample, "more.csv", "serial\nC\nD\n")};
    struct eg_pool_imported imported;
    struct eg_error err;

    assert_ok(pools_import(sample, "serials.csv", "serial\nA\nB\n", &err), err);
    pools_file(sample, "more.csv", "serial\nC\nD\n");
    assert_ok(eg_pool_import(&second, &imported, &err), err);
    assert_string_equal(imported.pool, "serials");
    assert_int_equal(imported.rows, 2);
    assert_int_equal(imported.total, 4);
    assert_sql(sample->path, "SELECT row, key, imported_from FROM serials",
               "1|A|serials.csv;2|B|serials.csv;3|C|more.csv;4|D|more.csv");
}

/* Import a text into pool "serials"; it must be refused and add nothing. */
static void assert_not_added(const struct sample *sample, const char *text, const char *format)
{
    const char *path = pools_file(sample, "in.csv", text);
    const struct eg_pool_import import = {.ledger = sample->path, .pool = "serials", .path = path};
    struct eg_pool_imported imported;
    struct eg_error err;
    char *utc = sample_sql(sample->path, "SELECT imported_utc FROM pool_import");
    char expected[500];

    snprintf(expected, sizeof expected, format, path, utc);
    assert_error(eg_pool_import(&import, &imported, &err), err, EG_BAD_ARGUMENT, expected);
    assert_sql(sample->path, "SELECT group_concat(key) FROM pool_row", "A,B");
    assert_sql(sample->path, "SELECT count(*) FROM pool_import", "1");
    free(utc);
}

static void a_file_that_contradicts_its_pool_is_refused_whole(void **state)
{
    const struct sample *sample = *state;
    struct eg_error err;

    assert_ok(pools_import(sample, "serials.csv", "serial,mac\nA,7cdfa1000001\nB,7cdfa1000002\n", &err), err);
    assert_not_added(sample, "serial,mac\nC,7cdfa1000003\nB,7cdfa1000004\n",
                     "%s:3: serial is in pool serials already, imported from serials.csv at %s");
    assert_not_added(sample, "serial,mac\nC,7cdfa1000003\nD,7cdfa1000001\n",
                     "%s:3: mac is in pool serials already, imported from serials.csv at %s");
    assert_not_added(sample, "serial,mac\nA,7cdfa1000001\nB,7cdfa1000002\n",
                     "%s: is in pool serials already, imported as serials.csv at %s");
    assert_not_added(sample, "serial\nC\n", "%s: 1 column; pool serials has 2");
    assert_not_added(sample, "serial,Mac\nC,7cdfa1000003\n", "%s: column 2 is not mac, as in pool serials");
}

static void assert_import_error(const struct eg_pool_import *import, const char *sentence)
{
    struct eg_pool_imported imported;
    struct eg_error err;

    assert_error(eg_pool_import(import, &imported, &err), err, EG_BAD_ARGUMENT, sentence);
}

static void names_of_pools_and_secrets_are_checked(void **state)
{
    const struct sample *sample = *state;
    const char *const secrets[] = {"kye", NULL};
    struct eg_pool_import import = {.ledger = sample->path, .secrets = secrets};
    char expected[300];

    import.path = pools_file(sample, "new serials.csv", "serial,key\nA,1\n");
    snprintf(expected, sizeof expected, "%s: the file's name is none for a pool; name one with --pool",
             import.path);
    assert_import_error(&import, expected);
    import.pool = "a/b";
    assert_import_error(&import, "'a/b' is no name of a pool: 1 to 64 letters, digits, '-' and '_'");
    import.pool = "";
    assert_import_error(&import, "'' is no name of a pool: 1 to 64 letters, digits, '-' and '_'");
    import.pool = "a";
    snprintf(expected, sizeof expected, "%s: has no column 'kye' to keep secret", import.path);
    assert_import_error(&import, expected);
    import.path = "/nowhere/none.csv";
    assert_import_error(&import, "/nowhere/none.csv: No such file or directory");
    assert_int_equal(access(sample->path, F_OK), -1);
}

static void a_column_that_was_shown_cannot_become_secret(void **state)
{
    const struct sample *sample = *state;
    const char *const secrets[] = {"pin", NULL};
    struct eg_pool_import import = {.ledger = sample->path, .secrets = secrets, .pool = "serials"};
    struct eg_error err;
    char expected[300];

    assert_ok(pools_import(sample, "serials.csv", "serial,pin\nA,1\n", &err), err);
    import.path = pools_file(sample, "more.csv", "serial,pin\nB,2\n");
    snprintf(expected, sizeof expected,
             "%s: column pin of pool serials is not secret, and what was shown cannot be hidden",
             import.path);
    assert_import_error(&import, expected);
}

struct line {
    const struct sample *sample;
    struct eg_ledger *ledger;
    atomic_bool stop;
    enum eg_code code;
    struct eg_error err;
};

static void *record_runs(void *argument)
{
    struct line *line = argument;
    const struct eg_unit unit = sample_unit(1);
    const struct sample_end pass = {.outcome = EG_PASS};
    int64_t run;

    while (!line->stop && line->code == EG_OK)
        line->code = sample_run(line->sample, line->ledger, "a", &unit, &pass, &run, &line->err);
    return NULL;
}

static void a_line_goes_on_while_rows_are_imported_and_gets_them(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct line line = {.sample = sample};
    char name[20], text[40];
    struct eg_error err;
    pthread_t thread;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    line.ledger = ledger;
    assert_int_equal(pthread_create(&thread, NULL, record_runs, &line), 0);
    enum eg_code code = EG_OK;
    for (unsigned i = 0; i < 20 && code == EG_OK; i++) {
        snprintf(name, sizeof name, "p%u.csv", i);
        snprintf(text, sizeof text, "serial\nA-%u\nB-%u\n", i, i);
        code = pools_import(sample, name, text, &err);
    }
    line.stop = true;
    pthread_join(thread, NULL);
    assert_ok(code, err);
    assert_ok(line.code, line.err);
    assert_ok(pools_import(sample, "serials.csv", "serial\nS\n", &err), err);
    pools_run(sample, ledger, 2, EG_POOL_CONSUMED);
    assert_sql(sample->path, "SELECT sum(total), sum(consumed) FROM pools", "41|1");
}

static void many_rows_wait_for_the_end_of_a_line(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    struct eg_error err;
    size_t size = 0;
    char expected[300];

    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs("serial\n", out);
    for (unsigned i = 0; i < 20001; i++)
        fprintf(out, "S%u\n", i);
    fclose(out);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    snprintf(expected, sizeof expected,
             "ledger %s: 20001 rows at once would keep a line waiting, and 20000 are allowed then:"
             " process %ld (test_db.files.i) records into it",
             sample->path, (long)getpid());
    assert_error(pools_import(sample, "many.csv", text, &err), err, EG_LEDGER_LOCKED, expected);
    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(pools_import(sample, "many.csv", text, &err), err);
    assert_sql(sample->path, "SELECT total, free FROM pools", "20001|20001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_doubtful_file_is_refused_with_its_line_before_the_ledger_is_created),
        with_sample(quotes_line_ends_and_the_mark_of_utf_8_are_taken_off),
        with_sample(a_pool_grows_by_files_of_the_same_columns),
        with_sample(a_file_that_contradicts_its_pool_is_refused_whole),
        with_sample(names_of_pools_and_secrets_are_checked),
        with_sample(a_column_that_was_shown_cannot_become_secret),
        with_sample(a_line_goes_on_while_rows_are_imported_and_gets_them),
        with_sample(many_rows_wait_for_the_end_of_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
