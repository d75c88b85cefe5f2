/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/power_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 8
#define SECTOR    512

struct event {
    enum { WRITE, TRUNCATE, SYNC, DELETE } kind;
    unsigned file;
    sqlite3_int64 at; /* TRUNCATE: the size; SYNC and DELETE: whether the folder is synced, too */
    size_t size;
    unsigned char *data;
};

static struct {
    pthread_mutex_t lock; /* of all of this */
    char names[FILES_MAX][100];
    unsigned file_count;
    struct event *events;
    size_t count, room;
    unsigned syncs;
    bool keeps;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct watched {
    sqlite3_file base;
    unsigned file;
    bool syncs_folder;  /* SQLite's own VFS syncs the folder with the first sync of a journal that it may have
                           created */
    sqlite3_file *real; /* follows it in the same memory */
};

static sqlite3_vfs vfs;
static sqlite3_vfs *system_vfs;

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct watched *)file)->real;
}

static void keep(unsigned file, int kind, sqlite3_int64 at, const void *data, size_t size)
{
    pthread_mutex_lock(&disk.lock);
    if (!disk.keeps) {
        pthread_mutex_unlock(&disk.lock);
        return;
    }
    if (disk.count == disk.room) {
        disk.room = disk.room * 2 + 64;
        disk.events = realloc(disk.events, disk.room * sizeof disk.events[0]);
    }
    struct event *event = &disk.events[disk.count++];
    event->kind = kind;
    event->file = file;
    event->at = at;
    event->size = size;
    event->data = NULL;
    if (size > 0) {
        event->data = malloc(size);
        memcpy(event->data, data, size);
    }
    disk.syncs += kind == SYNC;
    pthread_mutex_unlock(&disk.lock);
}

/* Return the number of a file. Its name identifies it, closed or not. */
static unsigned number_of(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    unsigned i = 0;

    pthread_mutex_lock(&disk.lock);
    while (i < disk.file_count && strcmp(disk.names[i], name) != 0)
        i++;
    if (i == FILES_MAX)
        abort();
    if (i == disk.file_count)
        snprintf(disk.names[disk.file_count++], sizeof disk.names[0], "%s", name);
    pthread_mutex_unlock(&disk.lock);
    return i;
}

static int file_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int file_read(sqlite3_file *file, void *data, int size, sqlite3_int64 at)
{
    return real(file)->pMethods->xRead(real(file), data, size, at);
}

static int file_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
    keep(((struct watched *)file)->file, WRITE, at, data, (size_t)size);
    return real(file)->pMethods->xWrite(real(file), data, size, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    keep(((struct watched *)file)->file, TRUNCATE, size, NULL, 0);
    return real(file)->pMethods->xTruncate(real(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct watched *watched = (struct watched *)file;

    (void)flags; /* the real disk is not synced */
    keep(watched->file, SYNC, watched->syncs_folder, NULL, 0);
    watched->syncs_folder = false;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real(file)->pMethods->xFileSize(real(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xLock(real(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int file_reserved(sqlite3_file *file, int *reserved)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
}

static int file_control(sqlite3_file *file, int what, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int file_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int file_characteristics(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **at)
{
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, at);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int shm_unmap(sqlite3_file *file, int remove)
{
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

/* Version 2: no memory-mapped files, whose writes would not be seen. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *self, sqlite3_filename name, sqlite3_file *file, int flags, int *got)
{
    struct watched *watched = (struct watched *)file;

    (void)self;
    if (name == NULL)
        abort(); /* a temporary file, which the ledger does not use */
    watched->real = (sqlite3_file *)(watched + 1);
    watched->file = number_of(name);
    watched->syncs_folder =
        (flags & SQLITE_OPEN_CREATE) != 0 && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    watched->real->pMethods = NULL;
    const int status = system_vfs->xOpen(system_vfs, name, watched->real, flags, got);
    file->pMethods = watched->real->pMethods != NULL ? &methods : NULL;
    return status;
}

static int vfs_delete(sqlite3_vfs *self, const char *name, int sync_folder)
{
    (void)self;
    keep(number_of(name), DELETE, sync_folder, NULL, 0);
    return system_vfs->xDelete(system_vfs, name, sync_folder);
}

void power_vfs_forget(void)
{
    for (size_t i = 0; i < disk.count; i++)
        free(disk.events[i].data);
    free(disk.events);
    disk.events = NULL;
    disk.count = disk.room = disk.file_count = disk.syncs = 0;
}

void power_vfs_begin(void)
{
    power_vfs_forget();
    disk.keeps = true;
    if (system_vfs != NULL)
        return;
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = *system_vfs;
    vfs.zName = "power";
    vfs.szOsFile = (int)sizeof(struct watched) + system_vfs->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    sqlite3_vfs_register(&vfs, 1);
}

void power_vfs_end(void)
{
    disk.keeps = false;
}

unsigned power_vfs_syncs(void)
{
    pthread_mutex_lock(&disk.lock);
    const unsigned syncs = disk.syncs;
    pthread_mutex_unlock(&disk.lock);
    return syncs;
}

struct content {
    unsigned char *data;
    size_t size, room;
    bool there;
};

static void resize(struct content *content, size_t size)
{
    if (size > content->room) {
        content->room = size * 2;
        content->data = realloc(content->data, content->room);
    }
    if (size > content->size)
        memset(content->data + content->size, 0, size - content->size);
    content->size = size;
    content->there = true;
}

static bool chosen(enum power_vfs_kept kept, unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return kept == POWER_VFS_EVERYTHING || (kept == POWER_VFS_SOME && (*seed >> 16 & 1) != 0);
}

static void apply(struct content *content, const struct event *event, enum power_vfs_kept kept,
                  unsigned *seed)
{
    for (size_t done = 0; event->kind == WRITE && done < event->size; done += SECTOR) {
        const size_t part = event->size - done < SECTOR ? event->size - done : SECTOR;
        const size_t end = (size_t)event->at + done + part;
        if (!chosen(kept, seed))
            continue;
        if (end > content->size || !content->there)
            resize(content, end > content->size ? end : content->size);
        memcpy(content->data + end - part, event->data + done, part);
    }
    if (event->kind == TRUNCATE && chosen(kept, seed))
        resize(content, (size_t)event->at);
    if (event->kind == DELETE && chosen(kept, seed))
        content->size = content->there = 0;
}

/* Replay a file's events up to the moment; `kept` decides about unsynced data. */
static void replay(struct content *content, unsigned file, size_t moment, enum power_vfs_kept kept,
                   unsigned seed)
{
    size_t synced = 0, folder_synced = 0;

    for (size_t i = 0; i < moment; i++) {
        const struct event *event = &disk.events[i];
        if (event->file == file && event->kind == SYNC)
            synced = i + 1;
        if ((event->kind == SYNC || event->kind == DELETE) && event->at != 0)
            folder_synced = i + 1;
    }
    for (size_t i = 0; i < moment; i++)
        if (disk.events[i].file == file)
            apply(content, &disk.events[i],
                  i < (disk.events[i].kind == DELETE ? folder_synced : synced) ? POWER_VFS_EVERYTHING : kept,
                  &seed);
}

void power_vfs_restore(const char *folder, unsigned syncs, enum power_vfs_kept kept, unsigned seed)
{
    size_t moment = 0;
    unsigned done = 0;

    while (moment < disk.count && (disk.events[moment].kind != SYNC || done++ < syncs))
        moment++;
    for (unsigned file = 0; file < disk.file_count; file++) {
        struct content content = {0};
        char path[300];

        snprintf(path, sizeof path, "%s/%s", folder, disk.names[file]);
        remove(path);
        replay(&content, file, moment, kept, seed + file);
        FILE *out = content.there ? fopen(path, "w") : NULL;
        if (out != NULL && (fwrite(content.data, 1, content.size, out) != content.size || fclose(out) != 0))
            abort();
        free(content.data);
    }
}
