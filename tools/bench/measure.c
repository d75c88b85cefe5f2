/* SPDX-License-Identifier: Apache-2.0 */

/* measure COMMAND...: runs it and prints, as one line on standard error, seconds of wall clock, of user and
 * system CPU, and the largest resident memory in KiB; the status is the command's. */

#include "engine/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;

    if (argc < 2) {
        fputs("usage: measure COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    const uint64_t begun_us = eg_clock_us();
    const pid_t child = fork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 || getrusage(RUSAGE_CHILDREN, &usage) != 0) {
        perror("measure");
        return 1;
    }
    fprintf(stderr, "wall %.3f cpu %.3f rss %ld\n", (double)(eg_clock_us() - begun_us) / 1e6,
            seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
