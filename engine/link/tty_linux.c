/* SPDX-License-Identifier: Apache-2.0 */

/* What libserialport does not offer and POSIX does not have. For Linux only. */

#define _DEFAULT_SOURCE /* flock(), TIOCM_* */

#include "engine/link/carriers.h"

#include <errno.h>
#include <linux/serial.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>

int eg__tty_lock(int fd)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? EBUSY : errno;
    return 0;
}

int eg__tty_exclude(int fd)
{
    /* The lock stops only who asks for it, TIOCEXCL does not stop root: both are needed. */
    const int errnum = eg__tty_lock(fd);

    return errnum != 0 || ioctl(fd, TIOCEXCL) == 0 ? errnum : errno;
}

int eg__tty_set_lines(int fd, bool dtr, bool rts)
{
    int lines;

    if (ioctl(fd, TIOCMGET, &lines) != 0)
        return errno;
    lines &= ~(TIOCM_DTR | TIOCM_RTS);
    lines |= (dtr ? TIOCM_DTR : 0) | (rts ? TIOCM_RTS : 0);
    return ioctl(fd, TIOCMSET, &lines) == 0 ? 0 : errno;
}

int eg__tty_keep_lines(int fd)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) != 0)
        return errno;
    settings.c_cflag &= ~(tcflag_t)HUPCL; /* which libserialport sets when it opens */
    return tcsetattr(fd, TCSANOW, &settings) == 0 ? 0 : errno;
}

void eg__tty_hurry(int fd)
{
    struct serial_struct serial;

    if (ioctl(fd, TIOCGSERIAL, &serial) != 0)
        return;
    serial.flags |= ASYNC_LOW_LATENCY; /* FTDI: 1 ms instead of 16 */
    (void)ioctl(fd, TIOCSSERIAL, &serial);
}
