/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A file SHA256.zlib per region, in a folder that is its owner's alone. What a file holds is believed only
 * once it has been inflated and compared with the region, so nobody can change what is written to a board
 * through it. Files are written whole or not at all; two programs may write the same one.
 */

#include "jobs/stream_cache.h"

#include "engine/base/file.h"
#include "engine/image/compress.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".zlib"

/* Write the path; false = there is no such folder for this user, or it is too long. */
static bool find_folder(char *path, size_t size)
{
    const char *const cache = getenv("XDG_CACHE_HOME"), *const home = getenv("HOME");
    int length = -1;

    if (cache != NULL && cache[0] == '/')
        length = snprintf(path, size, "%s/espgang", cache);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, size, "%s/.cache/espgang", home);
    return length > 0 && (size_t)length < size;
}

/* Make the folder and the one it is in, if they are not there. */
static void make_folder(const char *path)
{
    char parent[PATH_MAX];

    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    (void)mkdir(parent, 0700);
    (void)mkdir(path, 0700);
}

/* Open the folder if it is a folder of this user's, and closed to others; else -1. */
static int open_folder(const char *path)
{
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;

    if (fd >= 0 && fstat(fd, &info) == 0 && info.st_uid == geteuid() && (info.st_mode & 0077) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Take the stream from the folder; false = it is not there, or not that of the region. */
static bool take(struct eg_region *region, int folder_fd, const char *name)
{
    const int fd = openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct eg_error ignored;

    if (fd < 0)
        return false;
    const bool good =
        eg_file_read_open(&region->zlib, fd, name, region->data.size, &ignored) == EG_OK &&
        eg_inflates_to(region->zlib.data, region->zlib.size, region->data.data, region->data.size);
    close(fd);
    return good;
}

static bool is_stream(const char *name)
{
    return strlen(name) == EG__STREAM_NAME - 1 && strcmp(name + EG_SHA256_TEXT - 1, SUFFIX) == 0;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* Return how many streams there are, and the name of the oldest. */
static unsigned count_streams(int folder_fd, char oldest[EG__STREAM_NAME])
{
    const int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *const folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct timespec oldest_time = {0};
    unsigned count = 0;

    for (const struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        struct stat info;
        if (!is_stream(entry->d_name) || fstatat(folder_fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (count++ == 0 || is_before(&info.st_mtim, &oldest_time)) {
            oldest_time = info.st_mtim;
            memcpy(oldest, entry->d_name, EG__STREAM_NAME);
        }
    }
    if (folder != NULL)
        closedir(folder);
    else if (fd >= 0)
        close(fd);
    return count;
}

/* Remove the oldest stream until at most EG__STREAMS_MAX are there. */
static void prune(int folder_fd)
{
    char oldest[EG__STREAM_NAME];

    while (count_streams(folder_fd, oldest) > EG__STREAMS_MAX)
        if (unlinkat(folder_fd, oldest, 0) != 0)
            return;
}

static void keep(const struct eg_region *region, const char *folder, int folder_fd, const char *name)
{
    char path[PATH_MAX];
    struct eg_error ignored;

    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
        return;
    if (eg_file_write(path, region->zlib.data, region->zlib.size,
                      &(struct eg_file_options){.mode = 0600, .replace = true, .no_device = true},
                      &ignored) == EG_OK)
        prune(folder_fd);
}

void eg__stream_name(char name[EG__STREAM_NAME], const struct eg_region *region)
{
    char sha256[EG_SHA256_TEXT];

    eg_hex(sha256, region->sha256, EG_SHA256_SIZE);
    snprintf(name, EG__STREAM_NAME, "%s" SUFFIX, sha256);
}

void eg__region_take(struct eg_region *region, const struct eg__bundle *bundle)
{
    char name[EG__STREAM_NAME], path[sizeof EG__BUNDLE_STREAMS + EG__STREAM_NAME];
    struct eg_error ignored;

    eg__stream_name(name, region);
    snprintf(path, sizeof path, EG__BUNDLE_STREAMS "%s", name);
    const struct eg_buffer *const zlib = bundle != NULL ? eg__bundle_file(bundle, path) : NULL;
    if (zlib != NULL && zlib->size < region->data.size &&
        eg_inflates_to(zlib->data, zlib->size, region->data.data, region->data.size))
        (void)!eg_buffer_append(&region->zlib, zlib->data, zlib->size, &ignored);
}

enum eg_code eg__region_pack(struct eg_region *region, struct eg_error *err)
{
    char folder[PATH_MAX], name[EG__STREAM_NAME];

    if (region->data.size < EG__STREAM_LEAST || !find_folder(folder, sizeof folder))
        return eg_region_compress(region, err);
    make_folder(folder);
    const int folder_fd = open_folder(folder);
    if (folder_fd < 0)
        return eg_region_compress(region, err);
    eg__stream_name(name, region);
    enum eg_code code = EG_OK;
    if (!take(region, folder_fd, name)) {
        code = eg_region_compress(region, err);
        if (code == EG_OK && region->zlib.size > 0)
            keep(region, folder, folder_fd, name);
    }
    close(folder_fd);
    return code;
}
