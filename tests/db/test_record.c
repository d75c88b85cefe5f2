/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Cuts the power at every moment of a batch, from creating the ledger to closing it: after each sync of the
 * disk, keeping none, all or some sectors of the unsynced data.
 *
 * Argument "full": more tries with some sectors.
 */

#include "db/files/merge_internal.h"
#include "tests/db/sample.h"
#include "tests/fakes/power_vfs.h"

#include <pthread.h>

#define BOARDS 16

static unsigned tries = 1; /* number of tries with some sectors, for each moment */

struct board {
    pthread_t thread;
    const struct sample *sample;
    struct eg_ledger *ledger;
    unsigned number;
    enum eg_code code;
    struct eg_error err;
    unsigned green; /* number of syncs before its slot turned green */
};

static void *program(void *argument)
{
    struct board *board = argument;
    const struct eg_unit unit = sample_unit(board->number);
    const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    int64_t run;

    board->code = sample_run(board->sample, board->ledger, "a", &unit, &pass, &run, &board->err);
    board->green = power_vfs_syncs();
    return NULL;
}

/* Count the boards shown as passed by then, and list them for SQL: 'MAC', 'MAC'. */
static unsigned green_boards(const struct board *boards, unsigned count, unsigned syncs, char *list)
{
    unsigned green = 0;

    list[0] = '\0';
    for (unsigned i = 0; i < count; i++)
        if (boards[i].green <= syncs) {
            const struct eg_unit unit = sample_unit(boards[i].number);
            sprintf(list + strlen(list), "%s'%s'", green++ > 0 ? ", " : "", unit.mac);
        }
    return green;
}

static void power_comes_back(struct sample *sample, const struct board *boards, unsigned count,
                             unsigned syncs, enum power_vfs_kept kept, unsigned seed)
{
    EG_CLEANUP(eg_free_cleanup) char *folder = NULL;
    struct eg__other whole = {0};
    struct eg_ledger *ledger = NULL;
    struct eg_error err;
    char path[200], sql[800], list[BOARDS * 24], expected[20];

    snprintf(path, sizeof path, "%s/after", sample->folder);
    assert_ok(eg_strdup(&folder, path, &err), err);
    mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/after/ledger.db-shm", sample->folder);
    unlink(path);
    power_vfs_restore(folder, syncs, kept, seed);
    snprintf(path, sizeof path, "%s/after/ledger.db", sample->folder);
    if (eg_ledger_open(&ledger, path, &sample->session, &sample->plan, NULL, &err) != EG_OK)
        fail_msg("after sync %u, kept %d, seed %u: %s", syncs, kept, seed, err.text);
    eg_ledger_close(ledger);
    const unsigned green = green_boards(boards, count, syncs, list);
    snprintf(sql, sizeof sql, "SELECT count(DISTINCT mac) FROM runs WHERE outcome = 'pass' AND mac IN (%s)",
             list);
    char *found = sample_sql(path, sql);
    snprintf(expected, sizeof expected, "%u", green);
    if (strcmp(found, expected) != 0)
        fail_msg("after sync %u, kept %d, seed %u: %s of %u green boards are there", syncs, kept, seed, found,
                 green);
    free(found);
    if (eg__merge_check(&whole, &(struct eg_merge){.other = path}, &err) != EG_OK)
        fail_msg("after sync %u, kept %d, seed %u: %s", syncs, kept, seed, err.text);
    free(whole.full);
    assert_sql(path, "PRAGMA quick_check", "ok");
}

/*
 * Record boards in parallel or one after the other; in sequence, it is known exactly which sync made which
 * slot green.
 */
static void lose_power(struct sample *sample, unsigned count, bool at_once)
{
    struct board boards[BOARDS];
    struct eg_ledger *ledger = NULL;
    struct eg_error err;

    power_vfs_begin();
    const enum eg_code opened =
        eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err);
    for (unsigned i = 0; opened == EG_OK && i < count; i++) {
        boards[i] = (struct board){.sample = sample, .ledger = ledger, .number = i + 1};
        assert_int_equal(pthread_create(&boards[i].thread, NULL, program, &boards[i]), 0);
        if (!at_once)
            pthread_join(boards[i].thread, NULL);
    }
    for (unsigned i = 0; opened == EG_OK && at_once && i < count; i++)
        pthread_join(boards[i].thread, NULL);
    eg_ledger_close(ledger);
    power_vfs_end();
    assert_ok(opened, err);
    for (unsigned i = 0; i < count; i++)
        assert_ok(boards[i].code, boards[i].err);
    const unsigned syncs = power_vfs_syncs();
    assert_true(syncs > 6);
    for (unsigned i = 0; i <= syncs; i++) {
        power_comes_back(sample, boards, count, i, POWER_VFS_NOTHING, 0);
        power_comes_back(sample, boards, count, i, POWER_VFS_EVERYTHING, 0);
        for (unsigned seed = 0; seed < tries; seed++)
            power_comes_back(sample, boards, count, i, POWER_VFS_SOME, i * tries + seed);
    }
    power_vfs_forget();
}

static void a_green_board_of_sixteen_survives_a_power_cut_at_any_moment(void **state)
{
    lose_power(*state, BOARDS, true);
}

static void a_green_board_survives_a_power_cut_right_after_it_turned_green(void **state)
{
    lose_power(*state, 4, false);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_green_board_of_sixteen_survives_a_power_cut_at_any_moment,
                                        sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(a_green_board_survives_a_power_cut_right_after_it_turned_green,
                                        sample_setup, sample_teardown),
    };

    if (argc > 1 && strcmp(argv[1], "full") == 0)
        tries = 20;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
