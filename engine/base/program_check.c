/* SPDX-License-Identifier: Apache-2.0 */

/* Whether a program can be started, without starting it: what exec() would find, said as its cause. */

#include "engine/base/program.h"

#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_SIZE 256 /* what Linux reads of a program to find out how to start it */

static int find_errno(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return errno;
    if (!S_ISREG(info.st_mode))
        return EACCES;
    return access(path, X_OK) != 0 ? errno : 0;
}

/* Look a program up as execvp() does. 0 = `path` can be executed, else an errno. */
static int find_program(const char *program, char path[PATH_MAX])
{
    const char *folder = getenv("PATH");
    int failed = ENOENT;

    if (strchr(program, '/') != NULL)
        return snprintf(path, PATH_MAX, "%s", program) < PATH_MAX ? find_errno(program) : ENAMETOOLONG;
    while (folder != NULL && failed != 0) {
        const size_t size = strcspn(folder, ":");
        const int length =
            snprintf(path, PATH_MAX, "%.*s%s%s", (int)size, folder, size > 0 ? "/" : "", program);
        const int found = length < PATH_MAX ? find_errno(path) : ENAMETOOLONG;
        if (found == 0 || found == EACCES)
            failed = found;
        folder = folder[size] == ':' ? folder + size + 1 : NULL;
    }
    return failed;
}

/* The first word of `text`, which it is moved past. "" = there is none. */
static const char *next_word(char **text)
{
    char *const word = *text + strspn(*text, " \t");
    const size_t length = strcspn(word, " \t");

    *text = word + length + (word[length] != '\0');
    word[length] = '\0';
    return word;
}

/* "/bin/sh -e", "/usr/bin/env python3": what comes after "#!", without the end of the line. */
static enum eg_code check_interpreter(const char *program, char *line, struct eg_error *err)
{
    char path[PATH_MAX];
    const char *interpreter = next_word(&line);
    const char *const base = strrchr(interpreter, '/');

    if (find_program(interpreter, path) == 0 && base != NULL && strcmp(base, "/env") == 0) {
        const char *const word = next_word(&line);
        if (word[0] != '\0' && word[0] != '-' && strchr(word, '=') == NULL)
            interpreter = word; /* else env has options, which are its own affair */
    }
    const int failed = interpreter[0] != '\0' ? find_program(interpreter, path) : ENOENT;
    if (failed == EACCES)
        return eg_error_set(err, EG_PROGRAM_FAILED, "%s: its first line names %s, which is not executable",
                            program, interpreter);
    if (failed != 0)
        return eg_error_set(err, EG_PROGRAM_FAILED, "%s: its first line names \"%s\", which does not exist",
                            program, interpreter);
    return EG_OK;
}

/* Kinds of programs that are not known here may be known to the system (binfmt_misc); text never is one. */
static enum eg_code check_head(const char *program, char head[HEAD_SIZE + 1], size_t size,
                               struct eg_error *err)
{
    if (size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
        return eg_error_set(err, EG_PROGRAM_FAILED,
                            "%s: begins with a byte order mark (EF BB BF), so it cannot be started; save it "
                            "as UTF-8 without one",
                            program);
    if (size >= 2 && memcmp(head, "#!", 2) == 0) {
        head[strcspn(head, "\n")] = '\0';
        const size_t length = strlen(head);
        if (head[length - 1] == '\r')
            return eg_error_set(
                err, EG_PROGRAM_FAILED,
                "%s: its first line ends in a carriage return, as on Windows, so it cannot be "
                "started; save it with line ends of Unix (LF)",
                program);
        return check_interpreter(program, head + 2, err);
    }
    if (memchr(head, '\0', size) == NULL)
        return eg_error_set(err, EG_PROGRAM_FAILED,
                            "%s: has no first line such as #!/bin/sh, so it cannot be started", program);
    return EG_OK;
}

enum eg_code eg_program_check(const char *program, struct eg_error *err)
{
    char path[PATH_MAX], head[HEAD_SIZE + 1];
    const int failed = find_program(program, path);

    if (failed == ENOENT)
        return eg_error_set(err, EG_PROGRAM_FAILED, "no such program: %s", program);
    if (failed != 0)
        return eg_error_errno(err, EG_PROGRAM_FAILED, failed, "starting %s", program);
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return EG_OK; /* may be executed, but not read */
    const ssize_t size = read(fd, head, HEAD_SIZE);
    if (size < 0)
        return EG_OK;
    head[size] = '\0';
    return check_head(program, head, (size_t)size, err);
}
