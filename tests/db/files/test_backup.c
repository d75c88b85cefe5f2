/* SPDX-License-Identifier: Apache-2.0 */

#include "db/files/backup.h"

#include "tests/db/sample.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/wait.h>

static enum eg_code backup_to(const struct sample *sample, const char *path, bool force,
                              struct eg_backed_up *result, struct eg_error *err)
{
    const struct eg_backup backup = {.ledger = sample->path, .path = path, .force = force};

    return eg_ledger_backup(&backup, result, err);
}

static const char *in_folder(char path[200], const struct sample *sample, const char *name)
{
    snprintf(path, 200, "%s/%s", sample->folder, name);
    return path;
}

/* Count the names in the sample's folder that contain `text`. */
static unsigned count_names(const struct sample *sample, const char *text)
{
    DIR *folder = opendir(sample->folder);
    unsigned count = 0;

    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += strstr(entry->d_name, text) != NULL;
    closedir(folder);
    return count;
}

static void record_boards(const struct sample *sample, unsigned count)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct sample_end pass = {.outcome = EG_PASS, .measured = true};
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    for (unsigned i = 0; i < count; i++) {
        const struct eg_unit unit = sample_unit(i);
        assert_ok(sample_run(sample, ledger, "a", &unit, &pass, &run, &err), err);
    }
}

struct line {
    const struct sample *sample;
    struct eg_ledger *ledger;
    atomic_bool stop;
};

static void *go_on(void *argument)
{
    struct line *line = argument;
    const struct sample_end pass = {.outcome = EG_PASS};
    struct eg_error err;
    int64_t run;

    for (unsigned i = 0; !line->stop; i++) {
        const struct eg_unit unit = sample_unit(i);
        if (sample_run(line->sample, line->ledger, "a", &unit, &pass, &run, &err) != EG_OK)
            abort();
    }
    return NULL;
}

static void a_backup_is_whole_while_a_line_goes_on(void **state)
{
    const struct sample *sample = *state;
    struct line line = {.sample = sample};
    struct eg_backed_up result;
    struct eg_error err;
    pthread_t thread;
    char path[200], expected[100];

    record_boards(sample, 3);
    assert_ok(eg_ledger_open(&line.ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_int_equal(pthread_create(&thread, NULL, go_on, &line), 0);
    in_folder(path, sample, "copy.db");
    for (int i = 0; i < 5; i++) {
        if (backup_to(sample, path, true, &result, &err) != EG_OK)
            fail_msg("%s", err.text);
        assert_true(result.finished >= 3);
        snprintf(expected, sizeof expected, "%lld|%s", (long long)result.finished, result.hash);
        assert_sql(path, "SELECT chain_id, hash FROM chain ORDER BY chain_id DESC LIMIT 1", expected);
        assert_sql(path,
                   "SELECT count(*) FROM chain AS c JOIN chain AS p ON p.chain_id = c.chain_id - 1"
                   " WHERE c.previous <> p.hash",
                   "0");
        assert_sql(path, "PRAGMA integrity_check", "ok");
    }
    line.stop = true;
    pthread_join(thread, NULL);
    eg_ledger_close(line.ledger);
}

static void a_backup_has_the_mode_of_the_ledger_and_needs_no_other_file(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_backed_up result;
    struct eg_error err;
    struct stat info;
    char path[200];

    record_boards(sample, 2);
    assert_int_equal(chmod(sample->path, 0640), 0);
    assert_ok(backup_to(sample, in_folder(path, sample, "copy.db"), false, &result, &err), err);
    assert_int_equal(result.finished, 2);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_sql(path, "PRAGMA journal_mode", "delete");
    assert_int_equal(count_names(sample, "copy.db"), 1);
    assert_ok(eg_ledger_open(&ledger, path, &sample->session, &sample->plan, NULL, &err), err);
    assert_sql(path, "PRAGMA journal_mode", "wal");
}

static void a_file_that_is_there_is_replaced_only_by_force_and_a_ledger_in_use_never(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_backed_up result;
    struct eg_error err;
    char path[200], expected[500], link[200];

    record_boards(sample, 1);
    assert_ok(backup_to(sample, in_folder(path, sample, "copy.db"), false, &result, &err), err);
    record_boards(sample, 1);
    snprintf(expected, sizeof expected, "%s: is there already; --force replaces it", path);
    assert_error(backup_to(sample, path, false, &result, &err), err, EG_BAD_ARGUMENT, expected);
    assert_sql(path, "SELECT count(*) FROM run", "1");
    assert_ok(backup_to(sample, path, true, &result, &err), err);
    assert_sql(path, "SELECT count(*) FROM run", "2");

    assert_ok(eg_ledger_open(&ledger, path, &sample->session, &sample->plan, NULL, &err), err);
    snprintf(expected, sizeof expected, "%s: is a ledger in use, as %s-wal shows, and is not replaced", path,
             path);
    assert_error(backup_to(sample, path, true, &result, &err), err, EG_BAD_ARGUMENT, expected);
    snprintf(expected, sizeof expected, "%s: is the ledger itself", sample->path);
    assert_error(backup_to(sample, sample->path, true, &result, &err), err, EG_BAD_ARGUMENT, expected);
    assert_int_equal(symlink("nowhere", in_folder(link, sample, "link")), 0);
    snprintf(expected, sizeof expected, "%s: is a symbolic link; name the file itself", link);
    assert_error(backup_to(sample, link, true, &result, &err), err, EG_BAD_ARGUMENT, expected);
    snprintf(expected, sizeof expected, "%s: is not a regular file", sample->folder);
    assert_error(backup_to(sample, sample->folder, true, &result, &err), err, EG_BAD_ARGUMENT, expected);
}

static void a_cancelled_backup_leaves_nothing(void **state)
{
    const struct sample *sample = *state;
    const struct eg_cancel cancel = {.requested = true};
    struct eg_backed_up result;
    struct eg_error err;
    char path[200], expected[300];

    record_boards(sample, 1);
    const struct eg_backup backup = {
        .ledger = sample->path, .path = in_folder(path, sample, "copy.db"), .cancel = &cancel};
    snprintf(expected, sizeof expected, "%s: not written, as asked for", path);
    assert_error(eg_ledger_backup(&backup, &result, &err), err, EG_CANCELLED, expected);
    assert_int_equal(count_names(sample, "copy.db"), 0);
}

static void a_damaged_ledger_is_not_backed_up(void **state)
{
    const struct sample *sample = *state;
    struct eg_backed_up result;
    struct eg_error err;
    char path[200], noise[4096], expected[200];

    record_boards(sample, 200);
    const int fd = open(sample->path, O_RDWR);
    const off_t size = lseek(fd, 0, SEEK_END);
    memset(noise, 0xa5, sizeof noise);
    for (off_t at = size / 2 & ~4095; at < size - 4096; at += 4096)
        assert_int_equal(pwrite(fd, noise, sizeof noise, at), sizeof noise);
    close(fd);
    assert_int_not_equal(backup_to(sample, in_folder(path, sample, "copy.db"), false, &result, &err), EG_OK);
    snprintf(expected, sizeof expected, "ledger %s: ", sample->path);
    assert_memory_equal(err.text, expected, strlen(expected));
    assert_int_equal(err.code, EG_LEDGER);
    assert_int_equal(count_names(sample, "copy.db"), 0);
}

/* Limit files to a third of the ledger's size: the nearest thing to a full disk that needs no privilege. */
static void a_backup_that_has_no_room_leaves_nothing(void **state)
{
    const struct sample *sample = *state;
    struct eg_backed_up result;
    struct eg_error err;
    char path[200], expected[500];
    int status, channel[2];

    record_boards(sample, 1);
    in_folder(path, sample, "copy.db");
    assert_int_equal(pipe(channel), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {65536, 65536};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || backup_to(sample, path, false, &result, &err) == EG_OK)
            _exit(1);
        _exit(write(channel[1], err.text, strlen(err.text) + 1) < 0);
    }
    char said[600] = "";
    assert_true(read(channel[0], said, sizeof said - 1) > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    snprintf(expected, sizeof expected, "%s: disk I/O error: File too large", path);
    assert_string_equal(said, expected);
    assert_int_equal(count_names(sample, "copy.db"), 0);
    close(channel[0]);
    close(channel[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_backup_is_whole_while_a_line_goes_on),
        with_sample(a_backup_has_the_mode_of_the_ledger_and_needs_no_other_file),
        with_sample(a_file_that_is_there_is_replaced_only_by_force_and_a_ledger_in_use_never),
        with_sample(a_cancelled_backup_leaves_nothing),
        with_sample(a_damaged_ledger_is_not_backed_up),
        with_sample(a_backup_that_has_no_room_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
