/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/program.h"

#include "engine/base/file.h"
#include "tests/fakes/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-program-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Run `script` in a shell, for 20 s at most. */
static enum eg_code run_script(const char *script, const char *input, struct eg_buffer *output,
                               const struct eg_cancel *cancel, struct eg_error *err)
{
    const struct eg_program program = {
        .argv = (const char *const[]){"sh", "-c", script, NULL},
        .input = input,
        .input_size = strlen(input),
        .output_max = 1000,
        .timeout_ms = 20000,
    };

    return eg_program_run(&program, output, cancel, err);
}

static void assert_printed(const struct eg_buffer *output, const char *text)
{
    assert_int_equal(output->size, strlen(text));
    assert_memory_equal(output->data, text, output->size);
}

static void bytes_go_in_and_come_out(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    const char *const argv[] = {"cat", "-", NULL};
    const struct eg_program program = {
        .argv = argv, .input = "a\0b\n", .input_size = 4, .output_max = 4, .timeout_ms = 20000};
    struct eg_error err;

    assert_ok(eg_program_run(&program, &output, NULL, &err), err);
    assert_ok(eg_program_run(&program, &output, NULL, &err), err);
    assert_int_equal(output.size, 8);
    assert_memory_equal(output.data, "a\0b\na\0b\n", 8);
}

static void arguments_meet_no_shell(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    const struct eg_program program = {
        .argv = (const char *const[]){"printf", "%s|", "$HOME", "a b", "`id`;\n", "", NULL},
        .output_max = 1000,
        .timeout_ms = 20000,
    };
    struct eg_error err;

    assert_ok(eg_program_run(&program, &output, NULL, &err), err);
    assert_printed(&output, "$HOME|a b|`id`;\n||");
}

static void the_environment_is_ours_with_changes(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    const struct eg_program program = {
        .argv = (const char *const[]){"sh", "-c", "env | grep ^EG_TEST | sort", NULL},
        .environment = (const char *const[]){"EG_TEST_B=ours=new", "EG_TEST_C=line\x01", NULL},
        .output_max = 1000,
        .timeout_ms = 20000,
    };
    struct eg_error err;

    assert_int_equal(setenv("EG_TEST_A", "kept", 1), 0);
    assert_int_equal(setenv("EG_TEST_B", "old", 1), 0);
    assert_ok(eg_program_run(&program, &output, NULL, &err), err);
    assert_printed(&output, "EG_TEST_A=kept\nEG_TEST_B=ours=new\nEG_TEST_C=line\x01\n");
}

static void a_failure_is_told_with_the_last_line_of_standard_error(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    struct eg_error err;

    assert_error(run_script("echo out; echo first >&2; printf 'no\\tp\\377per\\n \\n' >&2; exit 3", "",
                            &output, NULL, &err),
                 err, EG_PROGRAM_FAILED, "sh exited with status 3: no p\xef\xbf\xbdper");
    assert_error(run_script("exit 1", "", &output, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sh exited with status 1");
    assert_error(run_script("kill -9 $$", "", &output, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sh was ended by signal 9");
    assert_int_equal(output.size, 0);
}

static void without_a_buffer_its_output_is_for_the_sentence(void **state)
{
    (void)state;
    struct eg_error err;

    assert_error(run_script("echo out of paper; exit 1", "", NULL, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sh exited with status 1: out of paper");
    assert_ok(run_script("echo printed", "", NULL, NULL, &err), err);
}

static void the_end_of_a_long_complaint_is_kept(void **state)
{
    (void)state;
    struct eg_error err;
    char script[200];

    snprintf(script, sizeof script,
             "head -c 70000 /dev/zero | tr '\\0' x >&2; echo >&2; echo why >&2; exit 1");
    assert_error(run_script(script, "", NULL, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sh exited with status 1: why");
}

static void a_flood_is_stopped(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    struct eg_error err;

    assert_error(run_script("yes", "", &output, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sh printed more than 1000 bytes");
    assert_int_equal(run_script("exec yes word >&2", "", &output, NULL, &err), EG_PROGRAM_FAILED);
    assert_non_null(strstr(err.text, "sh printed more than 1048576 bytes: "));
    assert_int_equal(output.size, 0);
    assert_error(run_script("head -c 1001 /dev/zero", "", &output, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sh printed more than 1000 bytes");
    assert_ok(run_script("head -c 1000 /dev/zero", "", &output, NULL, &err), err);
    assert_int_equal(output.size, 1000);
}

static void input_that_is_not_read_harms_nobody(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    EG_CLEANUP(eg_free_cleanup) char *input = NULL;
    struct eg_error err;
    sigset_t pending;

    assert_ok(eg_alloc(&input, 1000001, 1, &err), err);
    memset(input, 'x', 1000000);
    assert_ok(run_script("exec <&-; echo early; sleep 0.05", input, &output, NULL, &err), err);
    assert_ok(run_script("true", input, NULL, NULL, &err), err);
    assert_ok(run_script("wc -c | tr -d ' '", input, &output, NULL, &err), err);
    assert_printed(&output, "early\n1000000\n");
    assert_int_equal(sigpending(&pending), 0);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

static void a_program_that_takes_too_long_is_ended(void **state)
{
    (void)state;
    struct eg_program program = {
        .argv = (const char *const[]){"sh", "-c",
                                      "echo still here >&2; trap '' TERM; while :; do sleep 1; done", NULL},
        .timeout_ms = 200,
    };
    struct eg_error err;

    assert_error(eg_program_run(&program, NULL, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sh did not end within 200 ms: still here");
    program.argv = (const char *const[]){"sleep", "100", NULL};
    program.timeout_ms = 1000;
    assert_error(eg_program_run(&program, NULL, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sleep did not end within 1 s");
    program.argv = (const char *const[]){"sh", "-c", "exec <&- >&- 2>&-; sleep 100", NULL};
    assert_error(eg_program_run(&program, NULL, NULL, &err), err, EG_PROGRAM_FAILED,
                 "sh did not end within 1 s");
}

/* Return whether the process whose id the program has printed is gone. */
static bool gone(const struct eg_buffer *output)
{
    char number[30];

    snprintf(number, sizeof number, "%.*s", (int)output->size, (const char *)output->data);
    for (int tries = 0; tries < 1000; tries++) {
        char path[60], line[200] = "";
        snprintf(path, sizeof path, "/proc/%ld/stat", strtol(number, NULL, 10));
        FILE *stat = fopen(path, "r");
        if (stat == NULL)
            return true;
        const bool read = fgets(line, sizeof line, stat) != NULL;
        fclose(stat);
        if (!read || strstr(line, ") Z ") != NULL)
            return true;
        eg_clock_sleep_until_us(eg_clock_us() + 10000);
    }
    return false;
}

static void processes_left_running_end_with_the_program(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    struct eg_error err;

    assert_ok(run_script("trap '' TERM; sleep 1000 & echo $!", "", &output, NULL, &err), err);
    assert_true(gone(&output));
}

struct waiter {
    const char *path;
    struct eg_cancel *cancel;
};

static void *cancel_when_there(void *context)
{
    const struct waiter *waiter = context;
    struct stat info;

    while (stat(waiter->path, &info) != 0 || info.st_size == 0)
        eg_clock_sleep_until_us(eg_clock_us() + 1000);
    eg_cancel_request(waiter->cancel);
    return NULL;
}

static void a_cancelled_program_is_ended_with_its_children(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer number = {0};
    char script[200], path[100];
    struct eg_cancel cancel;
    struct eg_error err, file_err;
    pthread_t thread;

    atomic_init(&cancel.requested, true);
    assert_error(run_script("true", "", NULL, &cancel, &err), err, EG_CANCELLED, "cancelled");

    snprintf(path, sizeof path, "%s/number", folder);
    snprintf(script, sizeof script, "sleep 1000 & echo $! >%s; wait", path);
    atomic_store(&cancel.requested, false);
    struct waiter waiter = {path, &cancel};
    assert_int_equal(pthread_create(&thread, NULL, cancel_when_there, &waiter), 0);
    const enum eg_code code = run_script(script, "", NULL, &cancel, &err);
    pthread_join(thread, NULL);
    const enum eg_code read = eg_file_read(&number, path, 30, &file_err);
    unlink(path);
    assert_ok(read, file_err);
    assert_error(code, err, EG_CANCELLED, "cancelled while sh ran");
    assert_true(gone(&number));
}

static void assert_not_startable(struct eg_program *program, const char *path, const char *expected)
{
    struct eg_error err;

    program->argv = (const char *const[]){path, NULL};
    assert_error(eg_program_run(program, NULL, NULL, &err), err, EG_PROGRAM_FAILED, expected);
    assert_error(eg_program_check(path, &err), err, EG_PROGRAM_FAILED, expected);
}

static void a_program_that_cannot_be_started_is_reported(void **state)
{
    (void)state;
    char path[100], expected[300];
    struct eg_program program = {.argv = (const char *const[]){"eg-no-such-thing", NULL},
                                 .timeout_ms = 20000};
    struct eg_error err;

    assert_not_startable(&program, "eg-no-such-thing", "no such program: eg-no-such-thing");
    assert_not_startable(&program, "/tmp/", "starting /tmp/: Permission denied");
    snprintf(path, sizeof path, "%s/script", folder);
    snprintf(expected, sizeof expected, "no such program: %s", path);
    assert_not_startable(&program, path, expected);
    program.argv = (const char *const[]){path, NULL};

    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "#!/no/such/shell\n");
    fclose(out);
    const enum eg_code forbidden = eg_program_run(&program, NULL, NULL, &err);
    snprintf(expected, sizeof expected, "starting %s: Permission denied", path);
    assert_error(forbidden, err, EG_PROGRAM_FAILED, expected);
    const enum eg_code refused = eg_program_check(path, &err);
    assert_error(refused, err, EG_PROGRAM_FAILED, expected);
    chmod(path, 0700);
    assert_ok(eg_program_check("sh", &err), err);
    unlink(path);
}

static void write_script(const char *path, const char *text)
{
    FILE *const out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    chmod(path, 0700);
}

static void a_script_that_no_interpreter_would_get_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } scripts[] = {
        {"#!/no/such/shell\n", "its first line names \"/no/such/shell\", which does not exist"},
        {"#!/no/such/shell", "its first line names \"/no/such/shell\", which does not exist"},
        {"#! /usr/bin/env eg-no-such-thing\n",
         "its first line names \"eg-no-such-thing\", which does not exist"},
        {"#!\n", "its first line names \"\", which does not exist"},
        {"#!/etc/passwd\n", "its first line names /etc/passwd, which is not executable"},
        {"#!/bin/sh\r\necho hi\r\n", "its first line ends in a carriage return, as on Windows, so it cannot "
                                     "be started; save it with line "
                                     "ends of Unix (LF)"},
        {"\xef\xbb\xbf#!/bin/sh\necho hi\n",
         "begins with a byte order mark (EF BB BF), so it cannot be started; save it as UTF-8 without one"},
        {"echo hi\n", "has no first line such as #!/bin/sh, so it cannot be started"},
        {"", "has no first line such as #!/bin/sh, so it cannot be started"},
    };
    struct eg_program program = {.timeout_ms = 20000};
    char path[100], expected[300];
    struct eg_error err;

    snprintf(path, sizeof path, "%s/script", folder);
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        write_script(path, scripts[i].text);
        snprintf(expected, sizeof expected, "%s: %s", path, scripts[i].expected);
        if (strstr(scripts[i].text, "env") != NULL) /* env itself starts */
            assert_error(eg_program_check(path, &err), err, EG_PROGRAM_FAILED, expected);
        else
            assert_not_startable(&program, path, expected);
    }
    for (const char *const *line =
             (const char *const[]){"#!/bin/sh\n", "#!/bin/sh -e\n", "#!/usr/bin/env sh\n",
                                   "#!/usr/bin/env -S sh -e\n", NULL};
         *line != NULL; line++) {
        write_script(path, *line);
        assert_ok(eg_program_check(path, &err), err);
    }
    unlink(path);
}

static void it_starts_with_nothing_of_ours(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    struct eg_error err;
    sigset_t all, former;

    /* A worker's signal mask, an ignored signal, a file opened without O_CLOEXEC. */
    const int fd = open("/dev/null", O_RDONLY);
    assert_true(fd >= 0);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &former);
    signal(SIGUSR1, SIG_IGN);
    const enum eg_code code =
        run_script("ls /proc/self/fd; exec sed -nE 's/^Sig(Blk|Ign).*(.{7})$/\\2/p' /proc/self/status", "",
                   &output, NULL, &err);
    signal(SIGUSR1, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    close(fd);
    assert_ok(code, err);
    /* Descriptor 3 is ls's own, for the folder. Two more signals, outside these digits, belong to the C
     * library. */
    assert_printed(&output, "0\n1\n2\n3\n0000000\n0000000\n");
}

/* As a bundle has it: nothing of this process but the script itself is open to it. */
static void a_script_that_is_an_open_file_is_its_own_third_descriptor(void **state)
{
    (void)state;
    static const char script[] = "#!/bin/sh\nls /proc/self/fd\necho \"$0 $1\"\n";
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    char path[64], file[64];
    struct eg_error err;

    snprintf(file, sizeof file, "%s/script", folder);
    const int made = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    assert_int_equal(write(made, script, strlen(script)), strlen(script));
    close(made);
    for (int number = 3; number < 9; number += 5) {
        const int read_only = open(file, O_RDONLY | O_CLOEXEC);
        const int fd = fcntl(read_only, F_DUPFD_CLOEXEC, number);
        close(read_only);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        const struct eg_program program = {
            .argv = (const char *const[]){path, "word", NULL}, .output_max = 1000, .timeout_ms = 20000};
        assert_ok(eg_program_check(path, &err), err);
        output.size = 0;
        assert_ok(eg_program_run(&program, &output, NULL, &err), err);
        assert_printed(&output, "0\n1\n2\n3\n4\n/proc/self/fd/3 word\n");
        close(fd);
    }
    assert_int_equal(unlink(file), 0);
}

static void it_works_without_standard_streams_of_ours(void **state)
{
    (void)state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
    struct eg_error err;
    int kept[3];

    for (int fd = 0; fd < 3; fd++) {
        kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
        close(fd);
    }
    const enum eg_code code = run_script("cat; echo why >&2; exit 2", "in", &output, NULL, &err);
    const enum eg_code fine = run_script("cat", "in", &output, NULL, &err);
    for (int fd = 0; fd < 3; fd++) {
        dup2(kept[fd], fd);
        close(kept[fd]);
    }
    assert_int_equal(code, EG_PROGRAM_FAILED);
    assert_int_equal(fine, EG_OK);
    assert_printed(&output, "in");
}

static void *run_some(void *context)
{
    unsigned *wrong = context;

    for (unsigned i = 0; i < 10; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer output = {0};
        struct eg_error err;
        char input[20];
        snprintf(input, sizeof input, "%p", (void *)wrong);
        if (run_script("cat; sleep 0.01", input, &output, NULL, &err) != EG_OK ||
            output.size != strlen(input) || memcmp(output.data, input, output.size) != 0)
            ++*wrong;
        if (run_script("echo $$ >&2; exit 7", "", NULL, NULL, &err) != EG_PROGRAM_FAILED ||
            strncmp(err.text, "sh exited with status 7: ", 25) != 0)
            ++*wrong;
    }
    return NULL;
}

static void many_threads_do_not_mix_theirs(void **state)
{
    (void)state;
    enum { THREADS = 12 };
    pthread_t threads[THREADS];
    unsigned wrong[THREADS] = {0};

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_some, &wrong[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(wrong[i], 0);
    assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_in_and_come_out),
        cmocka_unit_test(arguments_meet_no_shell),
        cmocka_unit_test(the_environment_is_ours_with_changes),
        cmocka_unit_test(a_failure_is_told_with_the_last_line_of_standard_error),
        cmocka_unit_test(without_a_buffer_its_output_is_for_the_sentence),
        cmocka_unit_test(the_end_of_a_long_complaint_is_kept),
        cmocka_unit_test(a_flood_is_stopped),
        cmocka_unit_test(input_that_is_not_read_harms_nobody),
        cmocka_unit_test(a_program_that_takes_too_long_is_ended),
        cmocka_unit_test(processes_left_running_end_with_the_program),
        cmocka_unit_test(a_cancelled_program_is_ended_with_its_children),
        cmocka_unit_test(a_program_that_cannot_be_started_is_reported),
        cmocka_unit_test(a_script_that_no_interpreter_would_get_is_told),
        cmocka_unit_test(it_starts_with_nothing_of_ours),
        cmocka_unit_test(a_script_that_is_an_open_file_is_its_own_third_descriptor),
        cmocka_unit_test(it_works_without_standard_streams_of_ours),
        cmocka_unit_test(many_threads_do_not_mix_theirs),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
