/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The modem lines of the shim: ioctls that a pseudo-terminal does not support become requests to the socket
 * next to it (lines.h). If nobody serves that socket the terminal itself answers: it has no lines, or it has
 * hung up.
 *
 * Not here: which paths are devices, and the reason for the shim (tty_shim.c).
 */

#undef _FILE_OFFSET_BITS
#define _GNU_SOURCE

#include "tests/fakes/tty_shim.h"
#include "tools/vboard/carrier/lines.h"

#include <errno.h>
#include <linux/serial.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

/* Send a request to the socket next to the terminal that `device` leads to; -1 if nobody serves it. */
static int ask(const char *device, unsigned char request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char target[PATH_MAX], path[PATH_MAX];
    unsigned char answer;

    if (!tty_shim_read_link(device, target) || !tty_shim_join(path, target, VB_LINES_SUFFIX) ||
        strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path));
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const bool answered = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                          send(fd, &request, 1, MSG_NOSIGNAL) == 1 && recv(fd, &answer, 1, 0) == 1;
    close(fd);
    return answered ? answer : -1;
}

int tty_shim_unsent(const char *device)
{
    return ask(device, VB_LINES_UNSENT);
}

void tty_shim_assert_lines(const char *device)
{
    (void)ask(device, VB_LINES_SET + (VB_LINES_DTR | VB_LINES_RTS));
}

/* Return the TIOCM_* flags of an answer; the input lines are asserted, as over most bridges. */
static int modem_lines(int answer)
{
    return ((answer & VB_LINES_DTR) != 0 ? TIOCM_DTR : 0) | ((answer & VB_LINES_RTS) != 0 ? TIOCM_RTS : 0) |
           TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
}

static int set_lines(const char *device, int modem)
{
    return ask(device, (unsigned char)(VB_LINES_SET + ((modem & TIOCM_DTR) != 0 ? VB_LINES_DTR : 0) +
                                       ((modem & TIOCM_RTS) != 0 ? VB_LINES_RTS : 0)));
}

static bool is_for_lines(unsigned long request)
{
    switch (request) {
    case TIOCMGET:
    case TIOCMSET:
    case TIOCMBIS:
    case TIOCMBIC:
    case TIOCOUTQ:
    case TIOCEXCL:
    case TIOCGSERIAL:
    case TIOCSSERIAL:
        return true;
    default:
        return false;
    }
}

/* Perform an ioctl, with its result in `argument`; -1 if nobody serves the lines. */
static int perform(const char *device, unsigned long request, void *argument)
{
    struct serial_struct *serial = argument;
    int *number = argument;
    const int state = ask(device, request == TIOCOUTQ ? VB_LINES_UNSENT : VB_LINES_ASK);

    if (state < 0)
        return -1;
    switch (request) {
    case TIOCMGET:
        *number = modem_lines(state);
        return state;
    case TIOCMSET:
        return set_lines(device, *number);
    case TIOCMBIS:
        return set_lines(device, modem_lines(state) | *number);
    case TIOCMBIC:
        return set_lines(device, modem_lines(state) & ~*number);
    case TIOCOUTQ:
        *number = state;
        return 0;
    case TIOCEXCL:
        return ask(device, VB_LINES_EXCLUSIVE);
    case TIOCGSERIAL:
        *serial = (struct serial_struct){.type = PORT_16550A};
        return state;
    default:
        return (serial->flags & ASYNC_LOW_LATENCY) != 0 ? ask(device, VB_LINES_LOW_LATENCY) : state;
    }
}

int ioctl(int fd, unsigned long request, ...)
{
    NEXT(ioctl);
    char device[PATH_MAX];
    va_list args;

    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    if (!is_for_lines(request))
        return next(fd, request, argument);
    const int trouble = tty_shim_trouble(fd, TTY_SHIM_LINES);
    if (trouble != 0) {
        errno = trouble;
        return -1;
    }
    const int answer =
        tty_shim_state(fd, device, NULL) == TTY_SHIM_HERE ? perform(device, request, argument) : -1;
    if (answer < 0 && tty_shim_state(fd, NULL, NULL) == TTY_SHIM_AWAY) { /* unplugged meanwhile */
        errno = EIO;
        return -1;
    }
    if (answer < 0)
        return next(fd, request, argument);
    if (answer != VB_LINES_REFUSED)
        return 0;
    errno = EINVAL;
    return -1;
}

int tcdrain(int fd)
{
    NEXT(tcdrain);
    char device[PATH_MAX];

    while (tty_shim_state(fd, device, NULL) == TTY_SHIM_HERE && ask(device, VB_LINES_UNSENT) > 0)
        usleep(1000);
    return next(fd);
}
