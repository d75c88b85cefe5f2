/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The open ports of the shim: which device a descriptor was opened on, whether it is still plugged in, and
 * the errors of its driver when the link is in trouble.
 *
 * An unplugged device hangs up as in Linux: read() returns the end of file, write() and ioctl() fail with
 * EIO, poll() reports POLLHUP.
 *
 * The folder's trouble/NAME makes the driver of /dev/NAME fail. Its first line is "seed NUMBER"; every other
 * line is
 *
 *     CALL ERROR EVERY MS TIMES
 *
 * CALL is read, write, lines, settings or all. On average every EVERYth such call begins a disturbance, in
 * which these calls fail with ERROR for MS milliseconds (0 = this call only); after TIMES disturbances there
 * are no more (0 = no limit). "lines EPROTO 1 120 1": the first change of DTR or RTS fails, and all others
 * for 120 ms. Writing the file again restarts the counts.
 *
 * Threads: any; a lock guards the tables, which are per process.
 */

#undef _FILE_OFFSET_BITS
#define _GNU_SOURCE

#include "tests/fakes/tty_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define FD_MAX        1024
#define DEVICES_MAX   64
#define RULES_MAX     8
#define NAME          32
#define LITTLE_UNSENT 128 /* bytes */
#define POLL_MS       20  /* interval in which poll() checks for unplugging */

/* Identity of a file: a file created again gets another one. */
struct stamp {
    uint64_t inode, changed_ns;
};

struct opened {
    char name[NAME]; /* "" = not a device of the folder */
    dev_t number;
    struct stamp node;
};

struct rule {
    unsigned calls; /* one bit for every enum tty_shim_call */
    int errnum;
    uint64_t every, duration_ms, times;
    uint64_t begun, until_ms;
};

struct device {
    char name[NAME];
    struct stamp file;
    uint64_t random;
    unsigned count;
    struct rule rules[RULES_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct opened table[FD_MAX];
static struct device devices[DEVICES_MAX];

/* Return the identity of the file itself, links not followed; all zero if it does not exist. */
static struct stamp stamp_of(const char *path)
{
    struct statx status;

    if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_CTIME, &status) != 0)
        return (struct stamp){0};
    return (struct stamp){status.stx_ino,
                          (uint64_t)status.stx_ctime.tv_sec * 1000000000 + status.stx_ctime.tv_nsec};
}

static bool same(struct stamp a, struct stamp b)
{
    return a.inode == b.inode && a.changed_ns == b.changed_ns;
}

static bool path_in(char path[PATH_MAX], const char *folder, const char *name)
{
    return tty_shim_root() != NULL &&
           (size_t)snprintf(path, PATH_MAX, "%s/%s/%s", tty_shim_root(), folder, name) < PATH_MAX;
}

static bool is_ours(int fd)
{
    return fd >= 0 && fd < FD_MAX && tty_shim_root() != NULL;
}

void tty_shim_opened(int fd, const char *name, dev_t number)
{
    char path[PATH_MAX];

    if (!is_ours(fd) || !path_in(path, "dev", name))
        return;
    pthread_mutex_lock(&lock);
    table[fd] = (struct opened){.number = number, .node = stamp_of(path)};
    snprintf(table[fd].name, NAME, "%s", name);
    pthread_mutex_unlock(&lock);
}

/* Look up a descriptor; its name is "" if it is not a device of the folder. */
static struct opened opened_at(int fd)
{
    struct opened opened = {.name = ""};

    if (!is_ours(fd))
        return opened;
    pthread_mutex_lock(&lock);
    opened = table[fd];
    pthread_mutex_unlock(&lock);
    return opened;
}

enum tty_shim_state tty_shim_state(int fd, char device[PATH_MAX], struct tty_shim_node *node)
{
    const struct opened opened = opened_at(fd);
    char path[PATH_MAX];

    if (opened.name[0] == '\0' || !path_in(path, "dev", opened.name))
        return TTY_SHIM_OTHER;
    if (device != NULL)
        memcpy(device, path, PATH_MAX);
    if (node != NULL)
        *node = (struct tty_shim_node){opened.number,
                                       {.tv_sec = (time_t)(opened.node.changed_ns / 1000000000),
                                        .tv_nsec = (long)(opened.node.changed_ns % 1000000000)}};
    return same(stamp_of(path), opened.node) ? TTY_SHIM_HERE : TTY_SHIM_AWAY;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t value = *state += 0x9e3779b97f4a7c15;

    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

static int errnum_of(const char *word)
{
    static const struct {
        const char *word;
        int errnum;
    } known[] = {{"EAGAIN", EAGAIN},       {"EPROTO", EPROTO}, {"ETIMEDOUT", ETIMEDOUT}, {"EPIPE", EPIPE},
                 {"ESHUTDOWN", ESHUTDOWN}, {"ENODEV", ENODEV}, {"EILSEQ", EILSEQ},       {"EIO", EIO}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].word, word) == 0)
            return known[i].errnum;
    return EIO;
}

static unsigned calls_of(const char *word)
{
    static const char *const words[] = {[TTY_SHIM_READ] = "read",
                                        [TTY_SHIM_WRITE] = "write",
                                        [TTY_SHIM_LINES] = "lines",
                                        [TTY_SHIM_SETTINGS] = "settings"};

    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], word) == 0)
            return 1u << i;
    return ~0u;
}

static void load(struct device *device, const char *path)
{
    char call[16], error[16];
    unsigned long long seed, every, duration_ms, times;
    FILE *file = fopen(path, "re");

    device->count = 0;
    if (file == NULL)
        return;
    device->random = fscanf(file, "seed %llu", &seed) == 1 ? seed : 0;
    while (device->count < RULES_MAX &&
           fscanf(file, "%15s %15s %llu %llu %llu", call, error, &every, &duration_ms, &times) == 5)
        device->rules[device->count++] = (struct rule){.calls = calls_of(call),
                                                       .errnum = errnum_of(error),
                                                       .every = every > 0 ? every : 1,
                                                       .duration_ms = duration_ms,
                                                       .times = times};
    fclose(file);
}

/* Return the row of this name, or a free one; NULL if all are used. */
static struct device *row_of(const char *name)
{
    for (size_t i = 0; i < DEVICES_MAX; i++) {
        if (devices[i].name[0] == '\0')
            snprintf(devices[i].name, NAME, "%s", name);
        if (strcmp(devices[i].name, name) == 0)
            return &devices[i];
    }
    return NULL;
}

static int apply(struct device *device, enum tty_shim_call call)
{
    const uint64_t at_ms = now_ms();

    for (unsigned i = 0; i < device->count; i++) {
        struct rule *rule = &device->rules[i];

        if ((rule->calls & 1u << call) == 0)
            continue;
        if (at_ms < rule->until_ms)
            return rule->errnum;
        if ((rule->times != 0 && rule->begun == rule->times) ||
            next_random(&device->random) % rule->every != 0)
            continue;
        rule->begun++;
        rule->until_ms = at_ms + rule->duration_ms;
        return rule->errnum;
    }
    return 0;
}

static int trouble_of(const char *name, enum tty_shim_call call)
{
    char path[PATH_MAX];

    if (!path_in(path, "trouble", name))
        return 0;
    const struct stamp file = stamp_of(path);
    if (file.inode == 0)
        return 0;
    pthread_mutex_lock(&lock);
    struct device *device = row_of(name);
    if (device != NULL && !same(device->file, file)) {
        device->file = file;
        load(device, path);
    }
    const int errnum = device != NULL ? apply(device, call) : 0;
    pthread_mutex_unlock(&lock);
    return errnum;
}

int tty_shim_trouble(int fd, enum tty_shim_call call)
{
    switch (tty_shim_state(fd, NULL, NULL)) {
    case TTY_SHIM_OTHER:
        return 0;
    case TTY_SHIM_AWAY:
        return EIO;
    case TTY_SHIM_HERE:
        return trouble_of(opened_at(fd).name, call);
    }
    return 0;
}

static bool fails(int fd, enum tty_shim_call call)
{
    const int errnum = tty_shim_trouble(fd, call);

    if (errnum != 0)
        errno = errnum;
    return errnum != 0;
}

int close(int fd)
{
    NEXT(close);

    if (is_ours(fd)) {
        pthread_mutex_lock(&lock);
        table[fd].name[0] = '\0';
        pthread_mutex_unlock(&lock);
    }
    return next(fd);
}

ssize_t read(int fd, void *data, size_t size)
{
    NEXT(read);

    if (tty_shim_state(fd, NULL, NULL) == TTY_SHIM_AWAY)
        return 0;
    return fails(fd, TTY_SHIM_READ) ? -1 : next(fd, data, size);
}

ssize_t write(int fd, const void *data, size_t size)
{
    NEXT(write);

    return fails(fd, TTY_SHIM_WRITE) ? -1 : next(fd, data, size);
}

int tcgetattr(int fd, struct termios *settings)
{
    NEXT(tcgetattr);

    return fails(fd, TTY_SHIM_SETTINGS) ? -1 : next(fd, settings);
}

int tcsetattr(int fd, int when, const struct termios *settings)
{
    NEXT(tcsetattr);

    return fails(fd, TTY_SHIM_SETTINGS) ? -1 : next(fd, when, settings);
}

int tcflush(int fd, int queue)
{
    NEXT(tcflush);

    return fails(fd, TTY_SHIM_SETTINGS) ? -1 : next(fd, queue);
}

/* Count the devices that have been unplugged, and report them as poll() does. */
static int count_away(struct pollfd *polls, nfds_t count, bool *watched)
{
    int away = 0;

    *watched = false;
    for (nfds_t i = 0; i < count; i++) {
        const enum tty_shim_state state = tty_shim_state(polls[i].fd, NULL, NULL);

        *watched = *watched || state == TTY_SHIM_HERE;
        polls[i].revents =
            state == TTY_SHIM_AWAY ? (short)(POLLHUP | POLLERR | (polls[i].events & (POLLIN | POLLOUT))) : 0;
        away += state == TTY_SHIM_AWAY;
    }
    return away;
}

/* As Linux does for a tty, tell of room only once little of what was written is left. Return how many files
 * have something to tell. */
static int hide_room(struct pollfd *polls, nfds_t count, int told)
{
    char device[PATH_MAX];

    for (nfds_t i = 0; i < count && told > 0; i++) {
        if ((polls[i].revents & POLLOUT) == 0 || tty_shim_state(polls[i].fd, device, NULL) != TTY_SHIM_HERE ||
            tty_shim_unsent(device) < LITTLE_UNSENT)
            continue;
        polls[i].revents &= (short)~POLLOUT;
        told -= polls[i].revents == 0;
        (void)usleep(1000);
    }
    return told;
}

int poll(struct pollfd *polls, nfds_t count, int timeout_ms)
{
    NEXT(poll);
    const uint64_t until_ms = now_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);

    if (tty_shim_root() == NULL)
        return next(polls, count, timeout_ms);
    for (;;) {
        bool watched;
        const int away = count_away(polls, count, &watched);
        if (away > 0)
            return away;
        if (!watched)
            return next(polls, count, timeout_ms);
        const uint64_t at_ms = now_ms();
        const uint64_t left_ms = timeout_ms < 0 ? POLL_MS : until_ms > at_ms ? until_ms - at_ms : 0;
        const int told = next(polls, count, (int)(left_ms < POLL_MS ? left_ms : POLL_MS));
        const int result = hide_room(polls, count, told);
        if (result != 0 || (timeout_ms >= 0 && (told != 0 ? left_ms == 0 : left_ms <= POLL_MS)))
            return result;
    }
}

int __poll_chk(struct pollfd *polls, nfds_t count, int timeout_ms, size_t size);

int __poll_chk(struct pollfd *polls, nfds_t count, int timeout_ms, size_t size)
{
    (void)size;
    return poll(polls, count, timeout_ms);
}
