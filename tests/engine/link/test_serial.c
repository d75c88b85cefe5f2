/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The serial port backend on a pty that looks like a USB serial port.
 *
 * libserialport asks sysfs what a port is and the driver for its modem lines, and a pty has neither. So this
 * program brings its own lstat(), readlink() and ioctl(), which libserialport finds before those of the C
 * library: every pty has an entry in sysfs, and modem lines that are kept here.
 */

#define _DEFAULT_SOURCE /* TIOCM_*, syscall() */

#include "engine/link/port.h"
#include "tests/fakes/check.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define SYSFS_PTY "/sys/class/tty/pts/"
#define USB_TTY   "../../devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/ttyUSB0/tty/ttyUSB0"

/* What the interposed calls have to share with the tests. */
static struct {
    int lines;
    char history[128]; /* "D0R0 D1R0": one entry per change */
} modem;

/* lstat(), under the names by which a libserialport built with an older or a newer C library calls it. */
int own_lstat(const char *path, struct stat *status) __asm__("lstat");
int own_lxstat(int version, const char *path, struct stat *status) __asm__("__lxstat");

int own_lstat(const char *path, struct stat *status)
{
    if (strncmp(path, SYSFS_PTY, strlen(SYSFS_PTY)) != 0)
        return fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
    memset(status, 0, sizeof *status);
    status->st_mode = S_IFLNK | 0777;
    return 0;
}

int own_lxstat(int version, const char *path, struct stat *status)
{
    (void)version;
    return own_lstat(path, status);
}

ssize_t readlink(const char *path, char *target, size_t size)
{
    if (strncmp(path, SYSFS_PTY, strlen(SYSFS_PTY)) != 0)
        return readlinkat(AT_FDCWD, path, target, size);
    const size_t length = strlen(USB_TTY) < size ? strlen(USB_TTY) : size;
    memcpy(target, USB_TTY, length);
    return (ssize_t)length;
}

static void set_lines(int lines)
{
    const size_t used = strlen(modem.history);
    const bool same = lines == modem.lines;

    modem.lines = lines;
    if (same) /* libserialport writes them again with every setting */
        return;
    snprintf(modem.history + used, sizeof modem.history - used, "%sD%dR%d", used > 0 ? " " : "",
             (lines & TIOCM_DTR) != 0, (lines & TIOCM_RTS) != 0);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;

    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    switch (request) {
    case TIOCMGET:
        *(int *)argument = modem.lines;
        return 0;
    case TIOCMSET:
        set_lines(*(const int *)argument);
        return 0;
    case TIOCMBIS:
        set_lines(modem.lines | *(const int *)argument);
        return 0;
    case TIOCMBIC:
        set_lines(modem.lines & ~*(const int *)argument);
        return 0;
    default:
        return (int)syscall(SYS_ioctl, fd, request, argument);
    }
}

/* The kernel's own, which the C library's headers leave out; ptys keep rates that have no Bnnn here only. */
struct termios2 {
    tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
    cc_t c_line;
    cc_t c_cc[19];
    speed_t c_ispeed, c_ospeed;
};

struct board {
    int master;
    char path[64];
    struct eg_port *port;
    struct eg_error err;
};

static void plug(struct board *board)
{
    memset(&modem, 0, sizeof modem);
    modem.lines = TIOCM_DTR | TIOCM_RTS | TIOCM_CTS; /* as Linux does on open */
    board->master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(board->master >= 0);
    assert_int_equal(grantpt(board->master), 0);
    assert_int_equal(unlockpt(board->master), 0);
    snprintf(board->path, sizeof board->path, "%s", ptsname(board->master));
    assert_ok(eg_port_open(&board->port, board->path, eg_port_schemes, NULL, &board->err), board->err);
}

static void unplug(struct board *board)
{
    eg_port_close(board->port);
    close(board->master);
}

static void it_opens_with_released_lines_raw_at_115200(void **state)
{
    (void)state;
    struct board board;
    struct termios termios;

    plug(&board);
    assert_true(eg_port_has_lines(board.port));
    assert_string_equal(modem.history, "D0R0");
    assert_int_equal(tcgetattr(board.master, &termios), 0);
    assert_int_equal(cfgetospeed(&termios), B115200);
    assert_int_equal(termios.c_cflag & (CSIZE | PARENB | CSTOPB | CRTSCTS), CS8);
    assert_int_equal(termios.c_iflag & (IXON | IXOFF | ICRNL | ISTRIP), 0);
    assert_int_equal(termios.c_lflag & (ICANON | ECHO | ISIG), 0);
    assert_int_equal(termios.c_oflag & OPOST, 0);
    unplug(&board);
}

static void both_lines_move_in_one_step_and_others_stay(void **state)
{
    (void)state;
    struct board board;

    plug(&board);
    assert_ok(eg_port_set_lines(board.port, true, false, &board.err), board.err);
    assert_ok(eg_port_set_lines(board.port, false, true, &board.err), board.err);
    assert_ok(eg_port_set_lines(board.port, true, true, &board.err), board.err);
    assert_string_equal(modem.history, "D0R0 D1R0 D0R1 D1R1");
    assert_int_equal(modem.lines & TIOCM_CTS, TIOCM_CTS);
    unplug(&board);
}

static void every_byte_passes_both_ways(void **state)
{
    (void)state;
    struct board board;
    uint8_t data[256];
    uint8_t back[256];
    size_t done = 0;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    plug(&board);
    assert_ok(eg_port_write(board.port, data, sizeof data, 1000, &board.err), board.err);
    while (done < sizeof back) {
        const ssize_t count = read(board.master, back + done, sizeof back - done);
        assert_true(count > 0);
        done += (size_t)count;
    }
    assert_memory_equal(back, data, sizeof data);
    assert_ok(eg_port_drain(board.port, 1000, &board.err), board.err);
    assert_int_equal(write(board.master, data, sizeof data), sizeof data);
    for (done = 0; done < sizeof back;) {
        size_t got = 0;
        assert_ok(eg_port_read(board.port, back + done, sizeof back - done, &got, 5000, &board.err),
                  board.err);
        assert_true(got > 0);
        done += got;
    }
    assert_memory_equal(back, data, sizeof data);
    unplug(&board);
}

static void silence_is_no_failure(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte;
    size_t got = 7;

    plug(&board);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 20, &board.err), board.err);
    assert_int_equal(got, 0);
    unplug(&board);
}

static void a_full_line_takes_no_more(void **state)
{
    (void)state;
    static const uint8_t data[1 << 20];
    struct board board;

    plug(&board);
    assert_int_equal(eg_port_write(board.port, data, sizeof data, 50, &board.err), EG_TIMEOUT);
    assert_true(board.port->bytes_sent > 0);
    assert_true(board.port->bytes_sent < sizeof data);
    unplug(&board);
}

static void any_rate_can_be_set(void **state)
{
    (void)state;
    static const uint32_t rates[] = {74880, 921600, 115200, 1417846, 460800};
    struct board board;
    struct termios2 termios;

    plug(&board);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        assert_ok(eg_port_set_baud(board.port, rates[i], &board.err), board.err);
        assert_int_equal(board.port->baud, rates[i]);
        assert_int_equal(ioctl(board.master, TCGETS2, &termios), 0);
        assert_int_equal(termios.c_ospeed, rates[i]);
        assert_int_equal(termios.c_ispeed, rates[i]);
    }
    unplug(&board);
}

static void what_was_discarded_is_not_read(void **state)
{
    (void)state;
    struct board board;
    uint8_t byte;
    size_t got;

    plug(&board);
    assert_int_equal(write(board.master, "\1\2", 2), 2);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 5000, &board.err), board.err);
    assert_int_equal(got, 1);
    assert_ok(eg_port_discard(board.port, &board.err), board.err);
    assert_ok(eg_port_read(board.port, &byte, 1, &got, 20, &board.err), board.err);
    assert_int_equal(got, 0);
    unplug(&board);
}

static void an_unplugged_board_is_gone(void **state)
{
    (void)state;
    struct board board;
    char expected[128];
    uint8_t byte;
    size_t got;

    plug(&board);
    close(board.master);
    snprintf(expected, sizeof expected, "%s: the device was unplugged", board.path);
    assert_error(eg_port_read(board.port, &byte, 1, &got, 5000, &board.err), board.err, EG_PORT_GONE,
                 expected);
    snprintf(expected, sizeof expected, "%s: the port is gone", board.path);
    assert_error(eg_port_write(board.port, &byte, 1, 100, &board.err), board.err, EG_PORT_GONE, expected);
    eg_port_close(board.port);
}

static void a_port_in_use_is_busy_under_any_name(void **state)
{
    (void)state;
    struct board board;
    struct eg_port *second;
    char folder[] = "/tmp/eg-serial-XXXXXX";
    char link[64];
    char expected[128];

    plug(&board);
    assert_non_null(mkdtemp(folder));
    snprintf(link, sizeof link, "%s/board", folder);
    assert_int_equal(symlink(board.path, link), 0);
    snprintf(expected, sizeof expected, "%s: another program uses it", link);
    const enum eg_code code = eg_port_open(&second, link, eg_port_schemes, NULL, &board.err);
    unlink(link);
    rmdir(folder);
    assert_error(code, board.err, EG_PORT_BUSY, expected);
    unplug(&board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_with_released_lines_raw_at_115200),
        cmocka_unit_test(both_lines_move_in_one_step_and_others_stay),
        cmocka_unit_test(every_byte_passes_both_ways),
        cmocka_unit_test(silence_is_no_failure),
        cmocka_unit_test(a_full_line_takes_no_more),
        cmocka_unit_test(any_rate_can_be_set),
        cmocka_unit_test(what_was_discarded_is_not_read),
        cmocka_unit_test(an_unplugged_board_is_gone),
        cmocka_unit_test(a_port_in_use_is_busy_under_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
