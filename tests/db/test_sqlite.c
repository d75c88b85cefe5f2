/* SPDX-License-Identifier: Apache-2.0 */

#include "db/sqlite.h"
#include "engine/base/clock.h"
#include "tests/db/sample.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#define HELD_MS 245
#define FREE_MS 5
#define TURNS   6

struct hog {
    sqlite3 *db;
    atomic_bool held, stop;
};

/* A program that has the file nearly all the time. */
static void *hog(void *argument)
{
    struct hog *const hog = argument;
    struct eg_error ignored;

    while (!hog->stop) {
        if (sqlite3_exec(hog->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
            continue;
        hog->held = true;
        (void)!eg_sleep_ms(NULL, HELD_MS, &ignored);
        sqlite3_exec(hog->db, "COMMIT", NULL, NULL, NULL);
        (void)!eg_sleep_ms(NULL, FREE_MS, &ignored);
    }
    return NULL;
}

static void short_moments_in_which_a_busy_file_is_free_are_used(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;
    struct hog other = {0};
    struct eg_error err, ignored;
    enum eg_code code = EG_OK;
    pthread_t thread;

    close(open(sample->path, O_CREAT | O_RDWR, 0600));
    assert_ok(eg__sqlite_open(&db, sample->path, false, &err), err);
    assert_ok(eg__sqlite_exec(db, "PRAGMA journal_mode = WAL; CREATE TABLE t (x)", &err), err);
    assert_int_equal(sqlite3_open(sample->path, &other.db), SQLITE_OK);
    assert_int_equal(pthread_create(&thread, NULL, hog, &other), 0);
    for (unsigned i = 0; i < TURNS && code == EG_OK; i++) {
        other.held = false;
        while (!other.held)
            (void)!eg_sleep_ms(NULL, 1, &ignored);
        code = eg__sqlite_exec(db, "INSERT INTO t VALUES (1)", &err);
    }
    other.stop = true;
    pthread_join(thread, NULL);
    sqlite3_close(other.db);
    assert_ok(code, err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(short_moments_in_which_a_busy_file_is_free_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
