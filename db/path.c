/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The path of the ledger, and whether it may be used.
 *
 * A ledger is a production record, so it is opened only where nobody else can exchange it unnoticed: a
 * regular file, no symbolic link, not world-writable, in a folder that is not world-writable.
 *
 * A file that is removed, replaced or moved while it is open stays writable, but all data written to it is
 * lost when the program ends. So after each commit the writer checks whether the path still leads to the same
 * file. It also checks the write-ahead log, which holds commits until they are copied into the ledger.
 */

#include "db/path.h"

#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum eg_code join(char **path, const char *folder, const char *rest, struct eg_error *err)
{
    const size_t size = strlen(folder) + strlen(rest) + 1;

    EG_TRY(eg_alloc(path, 1, size, err));
    snprintf(*path, size, "%s%s", folder, rest);
    return EG_OK;
}

/* Return the default path of the ledger; NULL = none. */
static enum eg_code default_path(char **path, struct eg_error *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    *path = NULL;
    if (state != NULL && state[0] == '/')
        return join(path, state, "/espgang/ledger.db", err);
    if (home != NULL && home[0] == '/')
        return join(path, home, "/.local/state/espgang/ledger.db", err);
    return EG_OK;
}

enum eg_code eg__path_choose(char **path, const char *given, struct eg_error *err)
{
    const char *named = given != NULL ? given : getenv("ESPGANG_LEDGER");

    if (named != NULL && named[0] != '\0')
        return eg_strdup(path, named, err);
    if (given != NULL)
        return eg_error_set(err, EG_LEDGER, "the path of the ledger is empty");
    EG_TRY(default_path(path, err));
    if (*path != NULL)
        return EG_OK;
    return eg_error_set(err, EG_LEDGER,
                        "no place for the ledger: neither ESPGANG_LEDGER nor XDG_STATE_HOME nor HOME is set");
}

/* Sync a folder. Otherwise a power cut after the first green slot could lose the new folder. */
static enum eg_code sync_folder(const char *folder, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0)
        return eg_error_errno(err, EG_LEDGER, errno, "folder %s", folder);
    return EG_OK;
}

static enum eg_code make_folder(const char *folder, struct eg_error *err)
{
    char parent[PATH_MAX];

    if (access(folder, F_OK) == 0)
        return EG_OK;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return eg_error_errno(err, EG_LEDGER, errno, "making folder %s", folder);
    if ((size_t)snprintf(parent, sizeof parent, "%s/..", folder) >= sizeof parent)
        return eg_error_errno(err, EG_LEDGER, ENAMETOOLONG, "folder %s", folder);
    return sync_folder(parent, err);
}

/* Create `folder` and its missing parents; the text is unchanged afterwards. */
static enum eg_code make_folders(char *folder, struct eg_error *err)
{
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const enum eg_code code = make_folder(folder, err);
        *slash = '/';
        EG_TRY(code);
    }
    return make_folder(folder, err);
}

/* Return the folder part of `path` ("." if it has none); the caller frees it. */
static enum eg_code folder_of(char **folder, const char *path, struct eg_error *err)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return eg_strdup(folder, ".", err);
    if (slash == path)
        return eg_strdup(folder, "/", err);
    EG_TRY(eg_strdup(folder, path, err));
    (*folder)[slash - path] = '\0';
    return EG_OK;
}

static enum eg_code check_file(const char *full, const char *in, struct eg_error *err)
{
    struct stat file, folder;

    if (lstat(full, &file) != 0)
        return eg_error_errno(err, EG_LEDGER, errno, "opening it");
    if (S_ISLNK(file.st_mode))
        return eg_error_set(err, EG_LEDGER, "is a symbolic link; name the file itself");
    if (S_ISDIR(file.st_mode))
        return eg_error_set(err, EG_LEDGER, "is a directory");
    if (!S_ISREG(file.st_mode))
        return eg_error_set(err, EG_LEDGER, "is not a regular file");
    if ((file.st_mode & S_IWOTH) != 0)
        return eg_error_set(err, EG_LEDGER, "is writable for every user of this machine (mode %03o)",
                            (unsigned)file.st_mode & 0777u);
    if (stat(in, &folder) != 0)
        return eg_error_errno(err, EG_LEDGER, errno, "folder %s", in);
    if ((folder.st_mode & S_IWOTH) != 0 && file.st_uid != geteuid())
        return eg_error_set(err, EG_LEDGER,
                            "belongs to another user, in a folder that everyone may write to");
    return EG_OK;
}

/*
 * Prepare the folder of a new ledger. Only the default folder is created: any other missing folder is a
 * typing error or a disk that is not mounted, and a new ledger there would not know earlier boards.
 */
static enum eg_code prepare_folder(char *folder, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *usual = NULL;

    EG_TRY(default_path(&usual, err));
    if (usual != NULL && strcmp(usual, path) == 0)
        return make_folders(folder, err);
    if (access(folder, F_OK) != 0 && errno == ENOENT)
        return eg_error_set(err, EG_LEDGER,
                            "folder %s is not there; make it, mount it, or name another ledger", folder);
    return EG_OK;
}

/* Resolve symbolic links in the folder of a path, and build the whole path in it. */
static enum eg_code resolve(char resolved[PATH_MAX], char whole[PATH_MAX], const char *folder,
                            const char *name, struct eg_error *err)
{
    struct stat info;

    if (realpath(folder, resolved) == NULL || stat(resolved, &info) != 0)
        return eg_error_errno(err, EG_LEDGER, errno, "folder %s", folder);
    if (!S_ISDIR(info.st_mode))
        return eg_error_errno(err, EG_LEDGER, ENOTDIR, "folder %s", folder);
    if ((info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0)
        return eg_error_set(err, EG_LEDGER,
                            "every user of this machine may exchange files in folder %s (mode %03o)", folder,
                            (unsigned)info.st_mode & 0777u);
    if ((size_t)snprintf(whole, PATH_MAX, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved, name) >=
        PATH_MAX)
        return eg_error_errno(err, EG_LEDGER, ENAMETOOLONG, "opening it");
    return EG_OK;
}

static enum eg_code make_file(const char *whole, const char *folder, bool *made, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup)
    const int fd = open(whole, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno != EEXIST)
        return eg_error_errno(err, EG_LEDGER, errno, "making it");
    *made = fd >= 0;
    return fd >= 0 ? sync_folder(folder, err) : EG_OK;
}

/* Find the file, or create it unless `made` is NULL. */
static enum eg_code find(char **full, const char *path, bool *made, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *folder = NULL;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char resolved[PATH_MAX], whole[PATH_MAX];

    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return eg_error_set(err, EG_LEDGER, "is a directory");
    EG_TRY(folder_of(&folder, path, err));
    if (made != NULL)
        EG_TRY(prepare_folder(folder, path, err));
    EG_TRY(resolve(resolved, whole, folder, name, err));
    if (made != NULL)
        EG_TRY(make_file(whole, resolved, made, err));
    EG_TRY(check_file(whole, resolved, err));
    return eg_strdup(full, whole, err);
}

enum eg_code eg__path_resolve(char **full, const char *path, struct eg_error *err)
{
    return find(full, path, NULL, err);
}

enum eg_code eg__path_make(char **full, const char *path, bool *made, struct eg_error *err)
{
    bool ignored;

    return find(full, path, made != NULL ? made : &ignored, err);
}

enum eg_code eg__path_check(char **full, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *folder = NULL;
    EG_CLEANUP(eg_free_cleanup) char *usual = NULL;
    const bool exists = access(path, F_OK) == 0 || errno != ENOENT;

    *full = NULL;
    EG_TRY(folder_of(&folder, path, err));
    EG_TRY(default_path(&usual, err));
    if (!exists && usual != NULL && strcmp(usual, path) == 0)
        return EG_OK;
    EG_TRY(prepare_folder(folder, path, err));
    if (access(folder, W_OK | X_OK) != 0)
        return eg_error_errno(err, EG_LEDGER, errno, "writing to folder %s", folder);
    if (!exists)
        return EG_OK;
    EG_TRY(find(full, path, NULL, err));
    if (access(*full, W_OK) == 0)
        return EG_OK;
    return eg_error_errno(err, EG_LEDGER, errno, "writing to it");
}

/* Read inode and device number of the file; 0 if it does not exist. */
static enum eg_code identify(struct eg__place_file *file, const char *full, const char *suffix,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    struct stat info = {0};

    EG_TRY(join(&path, full, suffix, err));
    if (stat(path, &info) != 0 && errno != ENOENT && errno != ENOTDIR)
        return eg_error_errno(err, EG_LEDGER, errno, "looking for %s", path);
    *file = (struct eg__place_file){.device = info.st_dev, .number = info.st_ino};
    return EG_OK;
}

static enum eg_code identify_all(struct eg__place *place, const char *full, struct eg_error *err)
{
    EG_TRY(identify(&place->ledger, full, "", err));
    EG_TRY(identify(&place->wal, full, "-wal", err));
    return identify(&place->lock, full, ".lock", err);
}

enum eg_code eg__place_note(struct eg__place *place, char *full, struct eg_error *err)
{
    place->full = full;
    return identify_all(place, full, err);
}

static bool is_same(const struct eg__place_file *file, const struct eg__place_file *other)
{
    return file->number == other->number && file->device == other->device;
}

enum eg_code eg__place_check(const struct eg__place *place, struct eg_error *err)
{
    struct eg__place now = {0};

    EG_TRY(identify_all(&now, place->full, err));
    if (!is_same(&now.ledger, &place->ledger))
        return eg_error_set(err, EG_LEDGER, "the file was removed, replaced or moved while it was in use");
    if (is_same(&now.wal, &place->wal) && is_same(&now.lock, &place->lock))
        return EG_OK;
    return eg_error_set(
        err, EG_LEDGER,
        "its %s file, which belongs to it, was removed, replaced or moved while it was in use",
        is_same(&now.wal, &place->wal) ? ".lock" : "-wal");
}

void eg__place_finish(struct eg__place *place)
{
    free(place->full);
}
