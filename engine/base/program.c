/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs programs with posix_spawn().
 *
 * waitid() sees the end of the program without reaping it. Until it is reaped, no other process can get its
 * number, which is also the number of its process group, so that the group can be killed safely. The ends of
 * the pipes do not show the end of the program, because processes that it left running may hold them open.
 */

#include "engine/base/program.h"

#include "engine/base/program_internal.h"
#include "engine/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_MS     500
#define COMPLAIN_MAX (1024 * 1024) /* of standard error */
#define TAIL_MAX     400           /* bytes of its end that are kept */
#define WORDS_MAX    300           /* bytes of that for the sentence */

extern char **environ;

struct process {
    const struct eg_program *program;
    const char *name;      /* for sentences */
    pid_t pid;             /* 0 = not started, or reaped by other code */
    siginfo_t end;         /* si_pid 0 = running */
    struct pollfd ends[3]; /* our ends of its standard streams; fd -1 = closed */
    size_t put;            /* bytes of the input written */
    struct eg_buffer output;
    char tail[TAIL_MAX]; /* the end of its standard error */
    size_t tail_size, complained;
};

static void close_end(struct process *process, int stream)
{
    if (process->ends[stream].fd >= 0)
        close(process->ends[stream].fd);
    process->ends[stream].fd = -1;
}

static enum eg_code look(struct process *process, struct eg_error *err)
{
    while (waitid(P_PID, (id_t)process->pid, &process->end, WEXITED | WNOHANG | WNOWAIT) != 0) {
        if (errno == EINTR)
            continue;
        process->pid = 0;
        return eg_error_errno(err, EG_IO, errno, "waiting for %s", process->name);
    }
    return EG_OK;
}

/* Kill the process group and reap the program. */
static void process_finish(struct process *process)
{
    struct eg_error ignored;

    for (int stream = 0; stream < 3; stream++)
        close_end(process, stream);
    eg_buffer_finish(&process->output);
    if (process->pid != 0 && process->end.si_pid == 0) {
        const uint64_t deadline_ms = eg_clock_ms() + GRACE_MS;
        kill(-process->pid, SIGTERM);
        while (look(process, &ignored) == EG_OK && process->end.si_pid == 0 &&
               eg_clock_left_ms(deadline_ms) != 0)
            eg_clock_sleep_until_us(eg_clock_us() + 5000);
    }
    if (process->pid == 0)
        return;
    kill(-process->pid, SIGKILL);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

static bool names_same(const char *one, const char *other)
{
    const size_t size = strcspn(one, "=");

    return size == strcspn(other, "=") && memcmp(one, other, size) == 0;
}

/* The variables of this process, except those that the program gets instead. */
static enum eg_code make_environment(const char ***all, const char *const *own, struct eg_error *err)
{
    static const char *const none[] = {NULL};
    size_t own_count = 0, count = 0, from_us = 0;

    if (own == NULL)
        own = none;
    while (own[own_count] != NULL)
        own_count++;
    while (environ[count] != NULL)
        count++;
    EG_TRY(eg_alloc(all, own_count + count + 1, sizeof **all, err));
    memcpy(*all, own, own_count * sizeof *own);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < own_count && !names_same(own[at], environ[i]))
            at++;
        if (at == own_count)
            (*all)[own_count + from_us++] = environ[i];
    }
    return EG_OK;
}

static int spawn(struct process *process, const int theirs[3], const char *const *environment)
{
    const char *const *const argv = process->program->argv;
    const char *path = argv[0];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    int failed = 0;
    for (int stream = 0; stream < 3 && failed == 0; stream++)
        failed = posix_spawn_file_actions_adddup2(&actions, theirs[stream], stream);
    if (failed == 0)
        failed = eg__spawn_close_rest(&actions, &path);
    if (failed == 0) {
        posix_spawnattr_setflags(&attr,
                                 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setsigmask(&attr, &none); /* workers block signals */
        posix_spawnattr_setsigdefault(&attr, &all);
        pid_t pid;
        failed = posix_spawnp(&pid, path, &actions, &attr, (char *const *)argv, (char *const *)environment);
        if (failed == 0)
            process->pid = pid;
    }
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static enum eg_code refuse_start(int errnum, const char *path, struct eg_error *err)
{
    EG_TRY(eg_program_check(path, err)); /* it mostly knows why */
    return eg_error_errno(err, EG_PROGRAM_FAILED, errnum, "starting %s", path);
}

/* Make the pipes and start the program at their other ends. */
static enum eg_code start(struct process *process, bool has_output, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) const char **environment = NULL;
    int theirs[3] = {-1, -1, -1};
    int failed = 0;

    EG_TRY(make_environment(&environment, process->program->environment, err));
    for (int stream = 0; stream < 3 && failed == 0; stream++) {
        int ends[2];
        const int ours = stream == STDIN_FILENO ? 1 : 0;
        if (stream == STDOUT_FILENO && !has_output)
            continue;
        failed = eg__pipe(ends);
        if (failed != 0)
            break;
        process->ends[stream].fd = ends[ours];
        theirs[stream] = ends[1 - ours];
        fcntl(ends[ours], F_SETFL, O_NONBLOCK);
    }
    if (failed != 0) {
        (void)eg_error_errno(err, EG_IO, failed, "a pipe for %s", process->name);
    } else {
        const int of_program[3] = {theirs[0], has_output ? theirs[1] : theirs[2], theirs[2]};
        failed = spawn(process, of_program, environment);
        if (failed != 0)
            (void)refuse_start(failed, process->program->argv[0], err);
    }
    for (int stream = 0; stream < 3; stream++) {
        if (theirs[stream] >= 0)
            close(theirs[stream]);
    }
    return failed != 0 ? err->code : EG_OK;
}

/* A write() to a pipe without a reader raises SIGPIPE in this thread. A library may not change its handling,
 * and one may be pending already. */
static ssize_t write_quietly(int fd, const void *data, size_t size)
{
    sigset_t quiet, former, pending;

    sigemptyset(&quiet);
    sigaddset(&quiet, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &quiet, &former);
    const ssize_t put = write(fd, data, size);
    const int errnum = errno;
    if (put < 0 && errnum == EPIPE && sigismember(&pending, SIGPIPE) == 0) {
        const struct timespec now = {0, 0};
        while (sigtimedwait(&quiet, NULL, &now) < 0 && errno == EINTR)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    errno = errnum;
    return put;
}

/* A program that closes its input needs no more of it. */
static void feed(struct process *process)
{
    const struct eg_program *const program = process->program;

    while (process->ends[STDIN_FILENO].fd >= 0) {
        if (process->put == program->input_size) {
            close_end(process, STDIN_FILENO);
            return;
        }
        const ssize_t put =
            write_quietly(process->ends[STDIN_FILENO].fd, (const uint8_t *)program->input + process->put,
                          program->input_size - process->put);
        if (put >= 0)
            process->put += (size_t)put;
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR)
            close_end(process, STDIN_FILENO);
    }
}

static enum eg_code refuse_flood(const struct process *process, size_t most, struct eg_error *err)
{
    return eg_error_set(err, EG_PROGRAM_FAILED, "%s printed more than %zu bytes", process->name, most);
}

static enum eg_code keep(struct process *process, int stream, const uint8_t *data, size_t size,
                         struct eg_error *err)
{
    const struct eg_program *const program = process->program;

    if (stream == STDOUT_FILENO) {
        if (size > program->output_max - process->output.size)
            return refuse_flood(process, program->output_max, err);
        return eg_buffer_append(&process->output, data, size, err);
    }
    process->complained += size;
    if (process->complained > COMPLAIN_MAX)
        return refuse_flood(process, COMPLAIN_MAX, err);
    if (size > TAIL_MAX) {
        data += size - TAIL_MAX;
        size = TAIL_MAX;
    }
    const size_t kept = process->tail_size < TAIL_MAX - size ? process->tail_size : TAIL_MAX - size;
    memmove(process->tail, process->tail + process->tail_size - kept, kept);
    memcpy(process->tail + kept, data, size);
    process->tail_size = kept + size;
    return EG_OK;
}

/* Read the output that has arrived. */
static enum eg_code take(struct process *process, int stream, struct eg_error *err)
{
    uint8_t piece[16384];

    while (process->ends[stream].fd >= 0) {
        const ssize_t got = read(process->ends[stream].fd, piece, sizeof piece);
        if (got > 0)
            EG_TRY(keep(process, stream, piece, (size_t)got, err));
        else if (got < 0 && errno == EAGAIN)
            return EG_OK;
        else if (got == 0 || errno != EINTR)
            close_end(process, stream);
    }
    return EG_OK;
}

static enum eg_code attend(struct process *process, const struct eg_cancel *cancel, struct eg_error *err)
{
    const uint32_t timeout_ms = process->program->timeout_ms;
    const uint64_t deadline_ms = eg_clock_ms() + timeout_ms;
    uint32_t silent_ms = 1;

    for (;;) {
        EG_TRY(look(process, err));
        feed(process);
        EG_TRY(take(process, STDOUT_FILENO, err));
        EG_TRY(take(process, STDERR_FILENO, err));
        if (process->end.si_pid != 0)
            return EG_OK;
        if (eg_cancel_requested(cancel))
            return eg_error_set(err, EG_CANCELLED, "cancelled while %s ran", process->name);
        const uint32_t left_ms = eg_clock_left_ms(deadline_ms);
        if (left_ms == 0)
            return eg_error_set(err, EG_PROGRAM_FAILED, "%s did not end within %u %s", process->name,
                                timeout_ms % 1000 != 0 ? timeout_ms : timeout_ms / 1000,
                                timeout_ms % 1000 != 0 ? "ms" : "s");
        /* After it has closed its streams poll() cannot show its end, which is usually near. */
        uint32_t nap_ms = EG_CANCEL_POLL_MS;
        if (process->ends[STDOUT_FILENO].fd < 0 && process->ends[STDERR_FILENO].fd < 0) {
            silent_ms = silent_ms < EG_CANCEL_POLL_MS / 2 ? silent_ms * 2 : silent_ms;
            nap_ms = silent_ms;
        }
        poll(process->ends, 3, (int)(left_ms < nap_ms ? left_ms : nap_ms));
    }
}

/* Return the last line of its standard error, after ": ". */
static enum eg_code add_words(const struct process *process, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *clean = NULL;
    char words[WORDS_MAX + 1];
    size_t end = process->tail_size, begin, size = 0;
    struct eg_error ignored;

    while (end > 0 && (uint8_t)process->tail[end - 1] <= ' ')
        end--;
    for (begin = end; begin > 0 && process->tail[begin - 1] != '\n';)
        begin--;
    for (; begin < end && size < WORDS_MAX; begin++) {
        const uint8_t byte = (uint8_t)process->tail[begin];
        words[size++] = (char)(byte < ' ' || byte == 0x7f ? ' ' : byte);
    }
    words[size] = '\0';
    if (size == 0 || eg_utf8_clean(&clean, words, &ignored) != EG_OK)
        return err->code;
    const struct eg_error bare = *err;
    return eg_error_set(err, bare.code, "%s: %s", bare.text, clean);
}

static enum eg_code judge(const struct process *process, struct eg_error *err)
{
    if (process->end.si_code != CLD_EXITED)
        return eg_error_set(err, EG_PROGRAM_FAILED, "%s was ended by signal %d", process->name,
                            process->end.si_status);
    if (process->end.si_status != 0)
        return eg_error_set(err, EG_PROGRAM_FAILED, "%s exited with status %d", process->name,
                            process->end.si_status);
    return EG_OK;
}

enum eg_code eg_program_run(const struct eg_program *program, struct eg_buffer *output,
                            const struct eg_cancel *cancel, struct eg_error *err)
{
    const char *const slash = strrchr(program->argv[0], '/');
    EG_CLEANUP(process_finish)
    struct process process = {
        .program = program,
        .name = program->name != NULL ? program->name
                : slash != NULL       ? slash + 1
                                      : program->argv[0],
        .ends = {{-1, POLLOUT, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}},
    };

    if (eg_cancel_requested(cancel))
        return eg_error_set(err, EG_CANCELLED, "cancelled");
    EG_TRY(start(&process, output != NULL, err));
    enum eg_code code = attend(&process, cancel, err);
    if (code == EG_OK)
        code = judge(&process, err);
    if (code == EG_PROGRAM_FAILED)
        return add_words(&process, err);
    if (code != EG_OK || output == NULL)
        return code;
    return eg_buffer_append(output, process.output.data, process.output.size, err);
}
