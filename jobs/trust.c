/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The station's trusted keys. Whoever may write to the folder decides what the station runs, so it must be
 * the user's or root's and nobody else may write to it, nor to a file in it; and what cannot be read there
 * ends the command, because a key that is passed over would open the station to everything when it is the
 * last.
 */

#include "jobs/trust.h"

#include "engine/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More are a mistake, such as a folder of something else. */
enum { KEYS_MAX = 1000, REVOKED_MAX = 1 << 20 };

static void dir_cleanup(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
}

void eg_trust_finish(struct eg_trust *trust)
{
    for (unsigned i = 0; i < trust->count; i++)
        free(trust->keys[i].name);
    free(trust->keys);
    free(trust->revoked);
    free(trust->folder);
    *trust = (struct eg_trust){.count = 0};
}

bool eg_trust_is_closed(const struct eg_trust *trust)
{
    return trust->closed || trust->count + trust->revoked_count > 0;
}

bool eg_trust_is_revoked(const struct eg_trust *trust, const char *fingerprint)
{
    for (unsigned i = 0; i < trust->revoked_count; i++)
        if (strcmp(trust->revoked[i], fingerprint) == 0)
            return true;
    return false;
}

const struct eg_trusted *eg_trust_find(const struct eg_trust *trust, const struct eg_key *key)
{
    for (unsigned i = 0; i < trust->count; i++)
        if (memcmp(trust->keys[i].key.raw, key->raw, sizeof key->raw) == 0)
            return &trust->keys[i];
    return NULL;
}

static enum eg_code join(char **path, const char *folder, const char *rest, struct eg_error *err)
{
    const size_t size = strlen(folder) + strlen(rest) + 1;

    EG_TRY(eg_alloc(path, 1, size, err));
    snprintf(*path, size, "%s%s", folder, rest);
    return EG_OK;
}

/* The file of a key of this name. */
static enum eg_code key_path(char **path, const struct eg_trust *trust, const char *name,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *rest = NULL;

    EG_TRY(join(&rest, "/", name, err));
    return join(path, trust->folder, rest, err);
}

/* Without HOME, such as in a service, the user's keys count as well. */
static enum eg_code home_folder(char **folder, struct eg_error *err)
{
    const char *const home = getenv("HOME");
    char text[4096];
    struct passwd user, *found = NULL;

    if (home != NULL && home[0] == '/')
        return join(folder, home, "/.config/espgang/trusted", err);
    if (getpwuid_r(geteuid(), &user, text, sizeof text, &found) != 0 || found == NULL)
        return eg_error_set(
            err, EG_IO,
            "no place for trusted keys: neither ESPGANG_TRUST nor XDG_CONFIG_HOME nor HOME is "
            "set");
    return join(folder, user.pw_dir, "/.config/espgang/trusted", err);
}

/* `named` = by the user, so that it must be there. */
static enum eg_code choose_folder(char **folder, bool *named, const char *given, struct eg_error *err)
{
    const char *const variable = getenv("ESPGANG_TRUST");
    const char *const config = getenv("XDG_CONFIG_HOME");
    const char *const name = given != NULL ? given : variable;

    *named = name != NULL && (given != NULL || name[0] != '\0');
    if (*named && name[0] == '\0')
        return eg_error_set(err, EG_BAD_ARGUMENT, "the path of the trusted keys is empty");
    if (*named)
        return eg_strdup(folder, name, err);
    if (config != NULL && config[0] == '/')
        return join(folder, config, "/espgang/trusted", err);
    return home_folder(folder, err);
}

static enum eg_code check_owner(const struct stat *info, const char *path, struct eg_error *err)
{
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return eg_error_set(err, EG_IO, "%s: belongs to another user, who would decide what runs here", path);
    if ((info->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return eg_error_set(err, EG_IO, "%s: others may write to it (mode %03o) and decide what runs here",
                            path, (unsigned)info->st_mode & 0777u);
    return EG_OK;
}

/* A file of the folder. */
static enum eg_code read_text(struct eg_buffer *text, int folder, const char *name, const char *path,
                              size_t size_max, struct eg_error *err)
{
    EG_CLEANUP(eg_fd_close_cleanup)
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    EG_TRY(check_owner(&info, path, err));
    return eg_file_read_open(text, fd, path, size_max, err);
}

static enum eg_code read_key(struct eg_key *key, int folder, const char *name, const char *path,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};

    if (read_text(&text, folder, name, path, EG_KEY_FILE_MAX, err) == EG_OK &&
        eg_key_parse(key, path, &text, err) == EG_OK)
        return EG_OK;
    err->code = EG_IO; /* of the station, and not of the command line */
    return EG_IO;
}

static enum eg_code add_key(struct eg_trust *trust, int folder, const char *name, struct eg_error *err)
{
    struct eg_trusted *const more = realloc(trust->keys, (trust->count + 1) * sizeof *more);
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%u trusted keys", trust->count + 1);
    trust->keys = more;
    EG_TRY(key_path(&path, trust, name, err));
    if (trust->count == KEYS_MAX)
        return eg_error_set(err, EG_IO, "%s: has more than %d keys", trust->folder, KEYS_MAX);
    EG_TRY(read_key(&more[trust->count].key, folder, name, path, err));
    EG_TRY(eg_strdup(&more[trust->count].name, name, err));
    trust->count++;
    return EG_OK;
}

static enum eg_code add_revoked(struct eg_trust *trust, const char *word, size_t length, const char *path,
                                unsigned line, struct eg_error *err)
{
    char(*const more)[EG_KEY_TEXT] = realloc(trust->revoked, (trust->revoked_count + 1) * sizeof *more);

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%u revoked keys", trust->revoked_count + 1);
    trust->revoked = more;
    if (length != EG_KEY_TEXT - 1 || strspn(word, "0123456789abcdef") < length)
        return eg_error_set(err, EG_IO, "%s:%u: '%.*s' is no fingerprint of a key: %d digits 0 to 9, a to f",
                            path, line, (int)(length < 80 ? length : 80), word, EG_KEY_TEXT - 1);
    memcpy(more[trust->revoked_count], word, length);
    more[trust->revoked_count++][length] = '\0';
    return EG_OK;
}

static enum eg_code read_revoked(struct eg_trust *trust, int folder, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    unsigned number = 1;

    EG_TRY(key_path(&path, trust, EG_TRUST_REVOKED, err));
    EG_TRY(read_text(&text, folder, EG_TRUST_REVOKED, path, REVOKED_MAX, err));
    if (memchr(text.data, '\0', text.size) != NULL)
        return eg_error_set(err, EG_IO, "%s: is no text: it has a zero byte", path);
    for (const char *line = (const char *)text.data; *line != '\0'; number++) {
        const size_t length = strcspn(line, "\n");
        const char *const word = line + strspn(line, " \t\r");
        size_t word_length = strcspn(word, "\r\n#");
        while (word_length > 0 && (word[word_length - 1] == ' ' || word[word_length - 1] == '\t'))
            word_length--;
        if (word_length > 0)
            EG_TRY(add_revoked(trust, word, word_length, path, number, err));
        line += length + (line[length] == '\n');
    }
    return EG_OK;
}

static int by_name(const void *left, const void *right)
{
    const struct eg_trusted *const a = left, *const b = right;

    return strcmp(a->name, b->name);
}

static enum eg_code read_folder(struct eg_trust *trust, DIR *dir, struct eg_error *err)
{
    struct stat info;

    if (fstat(dirfd(dir), &info) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", trust->folder);
    EG_TRY(check_owner(&info, trust->folder, err));
    for (;;) {
        errno = 0;
        const struct dirent *const entry = readdir(dir);
        if (entry == NULL && errno != 0)
            return eg_error_errno(err, EG_IO, errno, "%s", trust->folder);
        if (entry == NULL)
            break;
        if (strcmp(entry->d_name, EG_TRUST_REVOKED) == 0)
            EG_TRY(read_revoked(trust, dirfd(dir), err));
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            EG_TRY(add_key(trust, dirfd(dir), entry->d_name, err));
    }
    if (trust->count > 0)
        qsort(trust->keys, trust->count, sizeof *trust->keys, by_name);
    return EG_OK;
}

enum eg_code eg_trust_read(struct eg_trust *trust, const char *folder, struct eg_error *err)
{
    bool named;

    EG_TRY(choose_folder(&trust->folder, &named, folder, err));
    EG_CLEANUP(dir_cleanup) DIR *dir = opendir(trust->folder);
    if (dir == NULL && errno == ENOENT && !named)
        return EG_OK;
    if (dir == NULL)
        return eg_error_errno(err, EG_IO, errno, "trusted keys: %s", trust->folder);
    return read_folder(trust, dir, err);
}

/* Makes the folder and what is missing above it. */
static enum eg_code make_folders(char *folder, struct eg_error *err)
{
    for (char *end = folder + 1;; end++) {
        end += strcspn(end, "/");
        const char former = *end;
        *end = '\0';
        const int errnum = mkdir(folder, 0700) == 0 || errno == EEXIST ? 0 : errno;
        *end = former;
        if (errnum != 0)
            return eg_error_errno(err, EG_IO, errnum, "making folder %s", folder);
        if (former == '\0')
            return EG_OK;
    }
}

enum eg_code eg_trust_add(const char *folder, const char *key_file, struct eg_key *key, struct eg_error *err)
{
    static const struct eg_file_options options = {.mode = 0644};
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    const char *const slash = strrchr(key_file, '/');
    char fingerprint[EG_KEY_TEXT];
    bool named;

    EG_TRY(eg_file_read(&text, key_file, EG_KEY_FILE_MAX, err));
    EG_TRY(eg_key_parse(key, key_file, &text, err));
    EG_TRY(choose_folder(&trust.folder, &named, folder, err));
    EG_TRY(make_folders(trust.folder, err));
    eg_trust_finish(&trust);
    EG_TRY(eg_trust_read(&trust, folder, err));
    const struct eg_trusted *const known = eg_trust_find(&trust, key);
    if (known != NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: the key is trusted already, as %s", key_file,
                            known->name);
    EG_TRY(eg_key_fingerprint(fingerprint, key, err));
    if (eg_trust_is_revoked(&trust, fingerprint))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: the key %s is revoked, in %s/" EG_TRUST_REVOKED,
                            key_file, fingerprint, trust.folder);
    EG_TRY(key_path(&path, &trust, slash != NULL ? slash + 1 : key_file, err));
    if (strcmp(path + strlen(trust.folder), "/" EG_TRUST_REVOKED) == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: that is the name of the list of revoked keys; rename the file", path);
    return eg_file_write(path, text.data, text.size, &options, err);
}

/* The trusted key of this name or fingerprint, which is written to `fingerprint`; NULL = there is none. */
static const struct eg_trusted *find_named(const struct eg_trust *trust, const char *which,
                                           char fingerprint[EG_KEY_TEXT])
{
    struct eg_error err;

    for (unsigned i = 0; i < trust->count; i++)
        if (eg_key_fingerprint(fingerprint, &trust->keys[i].key, &err) == EG_OK &&
            (strcmp(trust->keys[i].name, which) == 0 || strcmp(fingerprint, which) == 0))
            return &trust->keys[i];
    return NULL;
}

enum eg_code eg_trust_revoke(const char *folder, const char *which, char fingerprint[EG_KEY_TEXT],
                             struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    const struct eg_file_options options = {.mode = 0644, .replace = true, .no_device = true};
    bool named;

    EG_TRY(choose_folder(&trust.folder, &named, folder, err));
    EG_TRY(make_folders(trust.folder, err));
    eg_trust_finish(&trust);
    EG_TRY(eg_trust_read(&trust, folder, err));
    if (find_named(&trust, which, fingerprint) == NULL) {
        if (strlen(which) != EG_KEY_TEXT - 1 || strspn(which, "0123456789abcdef") != EG_KEY_TEXT - 1)
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "'%s' is neither the name of a key in %s nor a fingerprint", which,
                                trust.folder);
        memcpy(fingerprint, which, EG_KEY_TEXT);
    }
    EG_TRY(key_path(&path, &trust, EG_TRUST_REVOKED, err));
    if (eg_trust_is_revoked(&trust, fingerprint))
        return eg_error_set(err, EG_BAD_ARGUMENT, "the key %s is revoked already, in %s", fingerprint, path);
    if (access(path, F_OK) == 0)
        EG_TRY(eg_file_read(&text, path, REVOKED_MAX, err));
    if (text.size > 0 && text.data[text.size - 1] != '\n')
        EG_TRY(eg_buffer_append(&text, "\n", 1, err));
    EG_TRY(eg_buffer_append(&text, fingerprint, EG_KEY_TEXT - 1, err));
    EG_TRY(eg_buffer_append(&text, "\n", 1, err));
    return eg_file_write(path, text.data, text.size, &options, err);
}

enum eg_code eg_trust_remove(const char *folder, const char *which, struct eg_key *key, struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    char fingerprint[EG_KEY_TEXT];

    EG_TRY(eg_trust_read(&trust, folder, err));
    const struct eg_trusted *const found = find_named(&trust, which, fingerprint);
    if (found == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s has no key of the name or fingerprint '%s'",
                            trust.folder, which);
    *key = found->key;
    EG_TRY(key_path(&path, &trust, found->name, err));
    if (unlink(path) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    return EG_OK;
}
