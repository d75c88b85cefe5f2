/* SPDX-License-Identifier: Apache-2.0 */

#include "db/holder.h"
#include "tests/db/sample.h"

#include <signal.h>
#include <sys/wait.h>

/* Hold the database until killed. */
static void hold(const char *path, int told)
{
    sqlite3 *db = NULL;

    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK || write(told, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void expect_holder(const struct sample *sample, const char *journal)
{
    char sql[80], text[EG__HOLDER_TEXT], expected[EG__HOLDER_TEXT], byte;
    sqlite3 *db = NULL;
    int channel[2];

    snprintf(sql, sizeof sql, "PRAGMA journal_mode = %s; CREATE TABLE IF NOT EXISTS t (n)", journal);
    assert_int_equal(sqlite3_open(sample->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    eg__holder(text, sample->path);
    assert_string_equal(text, "another program");
    assert_int_equal(pipe(channel), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        hold(sample->path, channel[1]);
    assert_int_equal(read(channel[0], &byte, 1), 1);
    eg__holder(text, sample->path);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(channel[0]);
    close(channel[1]);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    snprintf(expected, sizeof expected, "process %ld (test_db.", (long)child);
    assert_memory_equal(text, expected, strlen(expected));
}

static void the_process_that_holds_a_database_is_named_with_its_program(void **state)
{
    expect_holder(*state, "WAL");
    expect_holder(*state, "DELETE");
}

static void a_file_that_is_not_there_is_held_by_nobody_we_know(void **state)
{
    char text[EG__HOLDER_TEXT];

    (void)state;
    eg__holder(text, "/no/such/file");
    assert_string_equal(text, "another program");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_process_that_holds_a_database_is_named_with_its_program,
                                        sample_setup, sample_teardown),
        cmocka_unit_test(a_file_that_is_not_there_is_held_by_nobody_we_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
