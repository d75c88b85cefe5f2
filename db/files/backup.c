/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The copy is made page by page from one read transaction, which neither disturbs recording nor is disturbed
 * by it. Then SQLite checks the copy, and the last link of its chain is compared with the ledger's.
 */

#include "db/files/backup.h"

#include "engine/base/file.h"

#include "db/migrate.h"
#include "db/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Pages copied between two checks of the cancel flag. */
#define PAGES_AT_ONCE 1024

/* Remove a copy that was not moved to its place. */
static void part_cleanup(char **part)
{
    if (*part != NULL)
        unlink(*part);
    free(*part);
}

static enum eg_code check_target(const char *path, const char *ledger, bool force, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *wal = NULL;
    struct stat target, source;

    if (lstat(path, &target) != 0)
        return errno == ENOENT ? EG_OK : eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", path);
    if (S_ISLNK(target.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is a symbolic link; name the file itself", path);
    if (!S_ISREG(target.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is not a regular file", path);
    if (stat(ledger, &source) == 0 && source.st_dev == target.st_dev && source.st_ino == target.st_ino)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is the ledger itself", path);
    if (!force)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is there already; --force replaces it", path);
    EG_TRY(eg_alloc(&wal, 1, strlen(path) + 5, err));
    snprintf(wal, strlen(path) + 5, "%s-wal", path);
    if (access(wal, F_OK) == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: is a ledger in use, as %s-wal shows, and is not replaced", path, path);
    return EG_OK;
}

static enum eg_code head_of(sqlite3 *db, struct eg_backed_up *head, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_finalize_cleanup) sqlite3_stmt *last = NULL;

    *head = (struct eg_backed_up){.finished = 0};
    if (sqlite3_prepare_v2(db, "SELECT chain_id, hash FROM chain ORDER BY chain_id DESC LIMIT 1", -1, &last,
                           NULL) != SQLITE_OK)
        return eg__sqlite_error(db, err);
    const int status = sqlite3_step(last);
    if (status == SQLITE_ROW) {
        head->finished = sqlite3_column_int64(last, 0);
        snprintf(head->hash, sizeof head->hash, "%s", (const char *)sqlite3_column_text(last, 1));
    }
    return status == SQLITE_ROW || status == SQLITE_DONE ? EG_OK : eg__sqlite_error(db, err);
}

/* Copy into a single file, in a journal mode that needs no other file. */
static enum eg_code copy_into(const char *part, sqlite3 *source, const struct eg_backed_up *head,
                              const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *copy = NULL;
    struct eg_backed_up copied;

    if (sqlite3_open_v2(part, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return copy != NULL ? eg__sqlite_error(copy, err) : eg_error_set(err, EG_NO_MEMORY, "out of memory");
    EG_TRY(eg__sqlite_exec(copy, "PRAGMA synchronous = FULL", err));
    sqlite3_backup *const backup = sqlite3_backup_init(copy, "main", source, "main");
    if (backup == NULL)
        return eg__sqlite_error(copy, err);
    while (!eg_cancel_requested(cancel) && sqlite3_backup_step(backup, PAGES_AT_ONCE) == SQLITE_OK)
        ;
    if (sqlite3_backup_finish(backup) != SQLITE_OK)
        return eg__sqlite_error(copy, err);
    if (eg_cancel_requested(cancel))
        return eg_error_set(err, EG_CANCELLED, "not written, as asked for");
    EG_TRY(eg__sqlite_exec(copy, "PRAGMA journal_mode = DELETE", err));
    EG_TRY(eg__sqlite_look_through(copy, err));
    EG_TRY(head_of(copy, &copied, err));
    if (copied.finished != head->finished || strcmp(copied.hash, head->hash) != 0)
        return eg_error_set(err, EG_LEDGER, "the copy does not end as the ledger does");
    return EG_OK;
}

static enum eg_code sync_folder_of(const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *folder = NULL;
    char *slash;

    EG_TRY(eg_strdup(&folder, path, err));
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    EG_CLEANUP(eg_fd_close_cleanup)
    const int fd = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    return EG_OK;
}

static enum eg_code make_part(char **part, const char *path, const char *ledger, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    const size_t size = strlen(path) + 32;
    struct stat info;

    EG_TRY(eg_alloc(&name, 1, size, err));
    snprintf(name, size, "%s.%ld.part", path, (long)getpid());
    unlink(name); /* left by a killed program with the same process number */
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    *part = name;
    name = NULL;
    if (stat(ledger, &info) != 0 || fchmod(fd, info.st_mode & 0777) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    return EG_OK;
}

static enum eg_code put_in_place(char **part, const struct eg_backup *backup, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(*part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 || fsync(fd) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", backup->path);
    if (!backup->force && link(*part, backup->path) == 0) {
        unlink(*part);
    } else if (!backup->force && errno == EEXIST) {
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is there already; --force replaces it", backup->path);
    } else if (rename(*part, backup->path) != 0) { /* works on file systems without hard links, too */
        return eg_error_errno(err, EG_IO, errno, "%s", backup->path);
    }
    free(*part);
    *part = NULL;
    return sync_folder_of(backup->path, err);
}

/* Open the ledger and read the last link of its chain. */
static enum eg_code open_source(sqlite3 **db, const char *full, struct eg_backed_up *head,
                                struct eg_error *err)
{
    EG_TRY(eg__open_reading(db, full, err));
    EG_TRY(eg__sqlite_exec(*db, "PRAGMA temp_store = MEMORY; BEGIN", err));
    return head_of(*db, head, err);
}

enum eg_code eg_ledger_backup(const struct eg_backup *backup, struct eg_backed_up *result,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    EG_CLEANUP(eg_free_cleanup) char *full = NULL;
    EG_CLEANUP(part_cleanup) char *part = NULL;
    EG_CLEANUP(eg__sqlite_close_cleanup) sqlite3 *db = NULL;

    EG_TRY(eg__path_choose(&ledger, backup->ledger, err));
    if (eg__path_resolve(&full, ledger, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", ledger);
    EG_TRY(check_target(backup->path, full, backup->force, err));
    if (open_source(&db, full, result, err) != EG_OK)
        return eg_error_prefix(err, "ledger %s: ", ledger);
    EG_TRY(make_part(&part, backup->path, full, err));
    if (copy_into(part, db, result, backup->cancel, err) != EG_OK)
        return err->code == EG_LEDGER ? eg_error_prefix(err, "ledger %s: ", ledger)
                                      : eg_error_prefix(err, "%s: ", backup->path);
    return put_in_place(&part, backup, err);
}
