/* SPDX-License-Identifier: Apache-2.0 */

/* Secrets have pages of their own, so that locking and wiping touches nothing else. */

#include "engine/secure/secret.h"

#include "engine/base/file.h"
#include "engine/secure/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

void eg_wipe(void *data, size_t size)
{
    OPENSSL_cleanse(data, size);
}

void eg_secret_finish(struct eg_secret *secret)
{
    if (secret->data == NULL)
        return;
    eg_wipe(secret->data, secret->room);
    eg__pages_unmap(secret->data, secret->room);
    *secret = (struct eg_secret){0};
}

enum eg_code eg_secret_init(struct eg_secret *secret, size_t size, struct eg_error *err)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t room = (size + page - 1) / page * page;

    void *data;

    eg_secret_finish(secret);
    EG_TRY(eg__pages_map(&data, room, err));
    *secret = (struct eg_secret){data, size, room};
    return EG_OK;
}

enum eg_code eg_secret_make(struct eg_secret *secret, size_t size, struct eg_error *err)
{
    EG_TRY(eg_secret_init(secret, size, err));
    if (RAND_priv_bytes(secret->data, (int)size) != 1)
        return eg_error_set(err, EG_INTERNAL, "the system's random source gives nothing");
    return EG_OK;
}

static enum eg_code read_open(struct eg_secret *secret, int fd, const char *path, struct eg_error *err)
{
    size_t done = 0;

    while (done < secret->size) {
        const ssize_t got = read(fd, secret->data + done, secret->size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return eg_error_errno(err, EG_IO, errno, "%s", path);
        if (got == 0)
            return eg_error_set(err, EG_IO, "%s: became shorter while it was read", path);
        done += (size_t)got;
    }
    return EG_OK;
}

enum eg_code eg_secret_read(struct eg_secret *secret, const char *path, size_t size_max, bool *open_to_others,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    if (!S_ISREG(status.st_mode))
        return eg_error_set(err, EG_IO, "%s: is not a regular file", path);
    if (status.st_size == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is empty", path);
    if ((uintmax_t)status.st_size > size_max)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: has %llu bytes, more than %zu", path,
                            (unsigned long long)status.st_size, size_max);
    if (open_to_others != NULL)
        *open_to_others = (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
    EG_TRY(eg_secret_init(secret, (size_t)status.st_size, err));
    return read_open(secret, fd, path, err);
}

enum eg_code eg_secret_write(const char *path, const uint8_t *data, size_t size, struct eg_error *err)
{
    const struct eg_file_options options = {.mode = 0600};

    return eg_file_write(path, data, size, &options, err);
}

bool eg_secret_is_uniform(const uint8_t *data, size_t size)
{
    uint8_t differs = 0;

    for (size_t i = 1; i < size; i++)
        differs |= data[i] ^ data[0];
    return differs == 0;
}
