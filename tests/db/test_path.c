/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/db/sample.h"

#include <sys/wait.h>

static enum eg_code open_close(const struct sample *sample, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;

    return eg_ledger_open(&ledger, path, &sample->session, &sample->plan, NULL, err);
}

static void assert_refused(const struct sample *sample, const char *path, const char *cause)
{
    struct eg_error err;
    char expected[400];

    snprintf(expected, sizeof expected, "ledger %s: %s", path, cause);
    assert_error(open_close(sample, path, &err), err, EG_LEDGER, expected);
}

static unsigned mode_of(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (unsigned)info.st_mode & 0777u : 0;
}

static void folders_and_files_are_made_for_their_owner_alone(void **state)
{
    const struct sample *sample = *state;
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    struct eg_error err;
    char path[200], file[220];

    snprintf(path, sizeof path, "%s/a", sample->folder);
    setenv("XDG_STATE_HOME", path, 1);
    const mode_t before = umask(0);
    const enum eg_code code = eg_ledger_open(&ledger, NULL, &sample->session, &sample->plan, NULL, &err);
    umask(before);
    unsetenv("XDG_STATE_HOME");
    assert_ok(code, err);
    assert_true(eg_ledger_is_new(ledger));
    snprintf(path, sizeof path, "%s/a/espgang/ledger.db", sample->folder);
    for (unsigned i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
        assert_int_equal(mode_of(file), 0600);
    }
    snprintf(file, sizeof file, "%s/a", sample->folder);
    assert_int_equal(mode_of(file), 0700);
    snprintf(file, sizeof file, "%s/a/espgang", sample->folder);
    assert_int_equal(mode_of(file), 0700);
}

static void no_ledger_is_made_in_a_folder_that_is_not_there(void **state)
{
    const struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    char path[200], cause[400];
    struct eg_error err;

    snprintf(path, sizeof path, "%s/not-mounted/line/ledger.db", sample->folder);
    snprintf(cause, sizeof cause,
             "folder %s/not-mounted/line is not there; make it, mount it, or name another ledger",
             sample->folder);
    assert_refused(sample, path, cause);
    snprintf(path, sizeof path, "%s/not-mounted", sample->folder);
    assert_int_equal(access(path, F_OK), -1);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_true(eg_ledger_is_new(ledger));
    eg_ledger_close(ledger);
    ledger = NULL;
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    assert_false(eg_ledger_is_new(ledger));
}

static void what_is_not_a_file_of_ones_own_is_refused(void **state)
{
    const struct sample *sample = *state;
    struct eg_error err;
    char path[200], cause[400];

    snprintf(path, sizeof path, "%s/link.db", sample->folder);
    assert_int_equal(symlink(sample->path, path), 0);
    assert_refused(sample, path, "is a symbolic link; name the file itself");

    snprintf(path, sizeof path, "%s/folder", sample->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(sample, path, "is a directory");
    strcat(path, "/");
    assert_refused(sample, path, "is a directory");

    snprintf(path, sizeof path, "%s/fifo", sample->folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(sample, path, "is not a regular file");

    assert_ok(open_close(sample, sample->path, &err), err);
    assert_int_equal(chmod(sample->path, 0666), 0);
    assert_refused(sample, sample->path, "is writable for every user of this machine (mode 666)");

    snprintf(path, sizeof path, "%s/folder/ledger.db", sample->folder);
    snprintf(cause, sizeof cause,
             "every user of this machine may exchange files in folder %s/folder (mode 777)", sample->folder);
    *strrchr(path, '/') = '\0';
    assert_int_equal(chmod(path, 0777), 0);
    strcat(path, "/ledger.db");
    assert_refused(sample, path, cause);

    snprintf(path, sizeof path, "%s/ledger.db/ledger.db", sample->folder);
    snprintf(cause, sizeof cause, "folder %s: Not a directory", sample->path);
    assert_refused(sample, path, cause);
    assert_error(open_close(sample, "", &err), err, EG_LEDGER, "the path of the ledger is empty");
}

/* Open in a child as an ordinary user, because a superuser, who may run the tests, can write anywhere. */
static int open_as_nobody(const struct sample *sample, struct eg_error *err)
{
    int channel[2];
    char text[sizeof err->text] = "";

    assert_int_equal(pipe(channel), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(99);
        const int code = (int)open_close(sample, sample->path, err);
        _exit(write(channel[1], err->text, strlen(err->text)) < 0 ? 99 : code);
    }
    int status = 0;
    close(channel[1]);
    const ssize_t size = read(channel[0], text, sizeof text - 1);
    close(channel[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && size >= 0);
    memcpy(err->text, text, sizeof text);
    return WEXITSTATUS(status);
}

static void a_folder_that_cannot_be_written_to_is_named(void **state)
{
    const struct sample *sample = *state;
    struct eg_error err;
    char expected[300];

    assert_int_equal(chmod(sample->folder, 0555), 0);
    const int code = open_as_nobody(sample, &err);
    assert_int_equal(chmod(sample->folder, 0700), 0);
    assert_int_equal(code, EG_LEDGER);
    snprintf(expected, sizeof expected, "ledger %s: making it: Permission denied", sample->path);
    assert_string_equal(err.text, expected);
}

static void without_a_path_the_environment_names_the_place(void **state)
{
    const struct sample *sample = *state;
    struct eg_error err;
    char path[200];

    unsetenv("ESPGANG_LEDGER");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    assert_error(open_close(sample, NULL, &err), err, EG_LEDGER,
                 "no place for the ledger: neither ESPGANG_LEDGER nor XDG_STATE_HOME nor HOME is set");

    setenv("HOME", sample->folder, 1);
    setenv("XDG_STATE_HOME", "relative/is/ignored", 1);
    assert_ok(open_close(sample, NULL, &err), err);
    snprintf(path, sizeof path, "%s/.local/state/espgang/ledger.db", sample->folder);
    assert_int_equal(mode_of(path), 0600);

    snprintf(path, sizeof path, "%s/state", sample->folder);
    setenv("XDG_STATE_HOME", path, 1);
    assert_ok(open_close(sample, NULL, &err), err);
    strcat(path, "/espgang/ledger.db");
    assert_int_equal(mode_of(path), 0600);

    setenv("ESPGANG_LEDGER", sample->path, 1);
    assert_ok(open_close(sample, NULL, &err), err);
    assert_int_equal(mode_of(sample->path), 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(folders_and_files_are_made_for_their_owner_alone),
        with_sample(no_ledger_is_made_in_a_folder_that_is_not_there),
        with_sample(what_is_not_a_file_of_ones_own_is_refused),
        with_sample(a_folder_that_cannot_be_written_to_is_named),
        with_sample(without_a_path_the_environment_names_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
