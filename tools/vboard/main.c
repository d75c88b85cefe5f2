/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The program vboard: simulated boards for programs that program boards.
 *
 * Prints one URL (or path) per board, then serves until SIGINT or SIGTERM. Exit status: 0 ended by a signal,
 * 2 the command line is wrong or a file that it names is missing, 3 a port or a file cannot be used.
 */

#include "engine/base/file.h"
#include "tools/vboard/carrier.h"
#include "tools/vboard/options.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_STATION = 3 };

/* A descriptor that is readable once SIGINT or SIGTERM has come. */
static enum eg_code stop_descriptor(int *stop_fd, struct eg_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* the reader of the URLs may be gone */
    *stop_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    return *stop_fd < 0 ? eg_error_errno(err, EG_IO, errno, "signalfd") : EG_OK;
}

static enum eg_code serve_rfc2217(struct vb_gang *gang, const struct vb_options *options, int stop_fd,
                                  struct eg_error *err)
{
    EG_CLEANUP(vb_rfc2217_destroy_cleanup) struct vb_rfc2217 *server = NULL;

    EG_TRY(vb_rfc2217_create(&server, gang, options->bind, options->port, err));
    for (unsigned number = 1; number <= vb_gang_count(gang); number++) {
        char url[128];

        vb_rfc2217_url(server, number, url, sizeof url);
        printf("%s\n", url);
    }
    fflush(stdout);
    return vb_rfc2217_run(server, stop_fd, err);
}

static enum eg_code serve_pty(struct vb_gang *gang, const struct vb_options *options, int stop_fd,
                              struct eg_error *err)
{
    EG_CLEANUP(vb_pty_destroy_cleanup) struct vb_pty *server = NULL;

    EG_TRY(vb_pty_create(&server, gang, options->link_dir, options->lines, err));
    for (unsigned number = 1; number <= vb_gang_count(gang); number++)
        printf("%s\n", vb_pty_path(server, number));
    fflush(stdout);
    return vb_pty_run(server, stop_fd, err);
}

static void print_tally(struct vb_gang *gang)
{
    for (unsigned number = 1; number <= vb_gang_count(gang); number++) {
        const struct vb_tally tally = vb_board_tally(vb_gang_board(gang, number));

        printf("board %u: %u requests, %u before the first data block, %.3f s of work of the flash\n", number,
               tally.requests, tally.before_data, (double)tally.flash_us / 1e6);
    }
}

static enum eg_code serve(const struct vb_options *options, struct eg_error *err)
{
    EG_CLEANUP(vb_gang_destroy_cleanup) struct vb_gang *gang = NULL;
    int stop_fd;

    EG_TRY(stop_descriptor(&stop_fd, err));
    EG_TRY(
        vb_gang_create(&gang, &options->config, options->boards, options->faults, options->fault_count, err));
    if (options->pty)
        EG_TRY(serve_pty(gang, options, stop_fd, err));
    else
        EG_TRY(serve_rfc2217(gang, options, stop_fd, err));
    if (options->tally)
        print_tally(gang);
    return EG_OK;
}

static enum eg_code run(int argc, const char **argv, struct eg_error *err)
{
    EG_CLEANUP(vb_options_finish) struct vb_options options = {0};

    EG_TRY(vb_options_read(&options, argc, argv, err));
    return options.done ? EG_OK : serve(&options, err);
}

static int status_of(enum eg_code code)
{
    if (code == EG_OK)
        return EXIT_SUCCESS;
    return eg_code_blame(code) == EG_BLAME_JOB ? EXIT_USAGE : EXIT_STATION;
}

int main(int argc, const char **argv)
{
    struct eg_error err = {0};

    eg_fd_hold_standard_streams();
    const enum eg_code code = run(argc, argv, &err);
    if (code != EG_OK)
        fprintf(stderr, "vboard: %s\n", err.text);
    return status_of(code);
}
