/* SPDX-License-Identifier: Apache-2.0 */

/* The socket that is a pseudo-terminal's modem lines; see the header. */

#define _GNU_SOURCE /* accept4() */

#include "tools/vboard/carrier/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

enum eg_code vb__lines_open(struct vb__lines *lines, const char *path, struct eg_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat there;

    _Static_assert(sizeof lines->path == sizeof address.sun_path, "a socket's address");
    if (strlen(path) >= sizeof address.sun_path)
        return eg_error_set(err, EG_NO_PORT, "%.64s...: longer than %zu characters, so it cannot be a socket",
                            path, sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    if (lstat(path, &there) == 0 && S_ISSOCK(there.st_mode)) /* left by a program that was killed */
        unlink(path);
    lines->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (lines->listener < 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "socket %s", path);
    if (bind(lines->listener, (const struct sockaddr *)&address, sizeof address) != 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "socket %s", path);
    memcpy(lines->path, address.sun_path, sizeof lines->path);
    if (listen(lines->listener, BACKLOG) != 0)
        return eg_error_errno(err, EG_NO_PORT, errno, "socket %s", path);
    return EG_OK;
}

static void hang_up(struct vb__lines *lines)
{
    if (lines->caller >= 0)
        close(lines->caller);
    lines->caller = -1;
}

void vb__lines_close(struct vb__lines *lines)
{
    hang_up(lines);
    if (lines->listener >= 0)
        close(lines->listener);
    lines->listener = -1;
    if (lines->path[0] != '\0')
        unlink(lines->path);
    lines->path[0] = '\0';
}

int vb__lines_fd(const struct vb__lines *lines)
{
    return lines->caller >= 0 ? lines->caller : lines->listener;
}

bool vb__lines_take(struct vb__lines *lines, unsigned char *request)
{
    if (lines->caller < 0) {
        lines->caller = accept4(lines->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        return false;
    }
    const ssize_t got = read(lines->caller, request, 1);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        hang_up(lines);
    return got == 1;
}

void vb__lines_answer(struct vb__lines *lines, unsigned char answer)
{
    if (send(lines->caller, &answer, 1, MSG_NOSIGNAL) != 1)
        hang_up(lines);
}
