/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/labels/printer.h"

#include "engine/base/file.h"
#include "engine/base/program.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAW_PORT   "9100" /* what label printers listen at for data to print */
#define TIMEOUT_MS 10000
/* Many printers leave the connection open. One that refuses what was sent says so sooner. */
#define REFUSAL_MS 500

static const struct {
    const char *prefix;
    enum cli_printer_way way;
} ways[] = {{"tcp://", CLI_PRINTER_TCP},
            {"file:", CLI_PRINTER_FILE},
            {"folder:", CLI_PRINTER_FOLDER},
            {"program:", CLI_PRINTER_PROGRAM}};

/* HOST, HOST:PORT or [ADDRESS]:PORT. */
static bool split_host(struct cli_printer *printer, const char *text)
{
    const char *const bracket = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *const colon = strrchr(bracket != NULL ? bracket : text, ':');
    const char *const host = bracket != NULL ? text + 1 : text;
    const size_t size = (size_t)((bracket != NULL ? bracket
                                  : colon != NULL ? colon
                                                  : text + strlen(text)) -
                                 host);
    const char *const port = colon != NULL ? colon + 1 : RAW_PORT;

    if ((text[0] == '[') != (bracket != NULL) || size == 0 || size >= sizeof printer->place ||
        strlen(port) == 0 || strlen(port) > 5 || strspn(port, "0123456789") != strlen(port) ||
        strpbrk(text, "/ ") != NULL || (bracket != NULL && bracket[1] != '\0' && bracket + 1 != colon))
        return false;
    snprintf(printer->place, sizeof printer->place, "%.*s", (int)size, host);
    snprintf(printer->port, sizeof printer->port, "%s", port);
    return true;
}

enum eg_code cli_printer_parse(struct cli_printer *printer, const char *text, struct eg_error *err)
{
    *printer = (struct cli_printer){.timeout_ms = TIMEOUT_MS};
    snprintf(printer->text, sizeof printer->text, "%s", text);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const char *const rest = text + strlen(ways[i].prefix);
        if (strncmp(text, ways[i].prefix, strlen(ways[i].prefix)) != 0)
            continue;
        printer->way = ways[i].way;
        if (printer->way == CLI_PRINTER_TCP ? split_host(printer, rest)
                                            : rest[0] != '\0' && strlen(rest) < sizeof printer->place) {
            if (printer->way != CLI_PRINTER_TCP)
                snprintf(printer->place, sizeof printer->place, "%s", rest);
            return EG_OK;
        }
    }
    return eg_error_set(err, EG_BAD_ARGUMENT, "'%.80s' is not " CLI_PRINTER_FORMS, text);
}

static enum eg_code check_folder(const struct cli_printer *printer, struct eg_error *err)
{
    struct stat info;

    if (stat(printer->place, &info) != 0)
        return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "printer %s: %s", printer->text, printer->place);
    if (!S_ISDIR(info.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "printer %s: %s is not a folder", printer->text,
                            printer->place);
    if (access(printer->place, W_OK | X_OK) != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "printer %s: you may not write to the folder %s",
                            printer->text, printer->place);
    return EG_OK;
}

enum eg_code cli_printer_check(const struct cli_printer *printer, struct eg_error *err)
{
    if (printer->way == CLI_PRINTER_FOLDER)
        return check_folder(printer, err);
    if (printer->way == CLI_PRINTER_PROGRAM && eg_program_check(printer->place, err) != EG_OK) {
        err->code = EG_BAD_ARGUMENT;
        return eg_error_prefix(err, "printer %s: ", printer->text);
    }
    return EG_OK;
}

/* ---- TCP ---- */

static enum eg_code wait_for(int fd, short events, uint64_t deadline_ms, const struct eg_cancel *cancel,
                             const char *what, struct eg_error *err)
{
    struct pollfd at = {.fd = fd, .events = events};

    for (;;) {
        const uint32_t left = eg_clock_left_ms(deadline_ms);
        if (eg_cancel_requested(cancel))
            return eg_error_set(err, EG_CANCELLED, "cancelled");
        if (left == 0)
            return eg_error_set(err, EG_TIMEOUT, "%s", what);
        const int ready = poll(&at, 1, left < EG_CANCEL_POLL_MS ? (int)left : EG_CANCEL_POLL_MS);
        if (ready > 0)
            return EG_OK;
        if (ready < 0 && errno != EINTR)
            return eg_error_errno(err, EG_IO, errno, "waiting");
    }
}

static enum eg_code connect_to(int *fd, const struct addrinfo *address, uint64_t deadline_ms,
                               const struct eg_cancel *cancel, struct eg_error *err)
{
    int failure = 0;
    socklen_t size = sizeof failure;

    *fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return eg_error_errno(err, EG_IO, errno, "making a socket");
    if (connect(*fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS)
        return eg_error_errno(err, EG_IO, errno, "connecting");
    EG_TRY(wait_for(*fd, POLLOUT, deadline_ms, cancel, "it does not answer", err));
    if (getsockopt(*fd, SOL_SOCKET, SO_ERROR, &failure, &size) != 0 || failure != 0)
        return eg_error_errno(err, EG_IO, failure, "connecting");
    return EG_OK;
}

static enum eg_code open_tcp(int *fd, const struct cli_printer *printer, uint64_t deadline_ms,
                             const struct eg_cancel *cancel, struct eg_error *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    const int status = getaddrinfo(printer->place, printer->port, &hints, &found);
    if (status != 0)
        return eg_error_set(err, EG_IO, "%s", gai_strerror(status));
    enum eg_code code = EG_IO;
    for (const struct addrinfo *at = found; at != NULL && code != EG_OK && code != EG_CANCELLED;
         at = at->ai_next) {
        eg_fd_close_cleanup(fd);
        *fd = -1;
        code = connect_to(fd, at, deadline_ms, cancel, err);
    }
    freeaddrinfo(found);
    return code;
}

/* Whether the printer's side has the bytes is only seen by what it does with the connection. */
static enum eg_code await_end(int fd, const struct eg_cancel *cancel, struct eg_error *err)
{
    const uint64_t deadline_ms = eg_clock_ms() + REFUSAL_MS;
    char ignored[256];
    ssize_t size = 1;

    shutdown(fd, SHUT_WR);
    while (size > 0 || (size < 0 && (errno == EINTR || errno == EAGAIN))) {
        const enum eg_code code = wait_for(fd, POLLIN, deadline_ms, cancel, "", err);
        if (code == EG_TIMEOUT)
            return EG_OK;
        if (code != EG_OK)
            return code;
        size = recv(fd, ignored, sizeof ignored, 0);
    }
    return size == 0 ? EG_OK : eg_error_errno(err, EG_IO, errno, "it broke the connection");
}

static enum eg_code send_tcp(const struct cli_printer *printer, const struct cli_print_job *job, bool *begun,
                             const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup) int fd = -1;
    uint64_t deadline_ms = eg_clock_ms() + printer->timeout_ms;
    const char *data = job->data;
    size_t left = job->size;

    EG_TRY(open_tcp(&fd, printer, deadline_ms, cancel, err));
    EG_TRY(job->begin(job->context, err));
    *begun = true;
    deadline_ms = eg_clock_ms() + printer->timeout_ms;
    while (left > 0) {
        EG_TRY(wait_for(fd, POLLOUT, deadline_ms, cancel, "it takes no data", err));
        const ssize_t sent = send(fd, data, left, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return eg_error_errno(err, EG_IO, errno, "sending");
        if (sent > 0) {
            data += sent;
            left -= (size_t)sent;
        }
    }
    return await_end(fd, cancel, err);
}

/* ---- The others ---- */

static enum eg_code append_file(const struct cli_printer *printer, const struct cli_print_job *job,
                                bool *begun, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup)
    const int fd =
        open(printer->place, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) != 0)
        return eg_error_errno(err, EG_IO, errno, "opening");
    EG_TRY(job->begin(job->context, err));
    *begun = true;
    for (size_t at = 0; at < job->size;) {
        const ssize_t size = write(fd, (const char *)job->data + at, job->size - at);
        if (size < 0 && errno != EINTR)
            return eg_error_errno(err, errno == ENOSPC ? EG_NO_ROOM : EG_IO, errno, "writing");
        at += size > 0 ? (size_t)size : 0;
    }
    return !S_ISREG(info.st_mode) || fsync(fd) == 0 ? EG_OK : eg_error_errno(err, EG_IO, errno, "writing");
}

static enum eg_code write_file(const struct cli_printer *printer, const struct cli_print_job *job,
                               bool *begun, const struct eg_cancel *cancel, struct eg_error *err)
{
    const struct eg_file_options options = {
        .mode = 0666, .replace = true, .no_device = true, .cancel = cancel};
    char path[600];

    snprintf(path, sizeof path, "%s/%s", printer->place, job->name);
    EG_TRY(job->begin(job->context, err));
    *begun = true;
    return eg_file_write(path, job->data, job->size, &options, err);
}

static enum eg_code run_program(const struct cli_printer *printer, const struct cli_print_job *job,
                                bool *begun, const struct eg_cancel *cancel, struct eg_error *err)
{
    char variable[100];
    const char *const argv[] = {printer->place, NULL}, *const environment[] = {variable, NULL};
    const struct eg_program program = {.argv = argv,
                                       .environment = environment,
                                       .input = job->data,
                                       .input_size = job->size,
                                       .timeout_ms = printer->timeout_ms};

    snprintf(variable, sizeof variable, "ESPGANG_LABEL=%s", job->name);
    EG_TRY(job->begin(job->context, err));
    *begun = true;
    return eg_program_run(&program, NULL, cancel, err);
}

enum eg_code cli_printer_print(const struct cli_printer *printer, const struct cli_print_job *job,
                               bool *begun, const struct eg_cancel *cancel, struct eg_error *err)
{
    enum eg_code code = EG_OK;

    *begun = false;
    switch (printer->way) {
    case CLI_PRINTER_TCP:
        code = send_tcp(printer, job, begun, cancel, err);
        break;
    case CLI_PRINTER_FILE:
        code = append_file(printer, job, begun, err);
        break;
    case CLI_PRINTER_FOLDER:
        code = write_file(printer, job, begun, cancel, err);
        break;
    case CLI_PRINTER_PROGRAM:
        code = run_program(printer, job, begun, cancel, err);
        break;
    }
    return code == EG_OK ? EG_OK : eg_error_prefix(err, "printer %s: ", printer->text);
}
