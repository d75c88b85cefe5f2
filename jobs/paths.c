/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Find the files that a build's file names.
 *
 * The paths were written for the builder's tool and machine. Backslashes come from Windows. A file with
 * exactly this name is preferred to every other reading of the path.
 */

#include "jobs/entries.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

static bool on_drive(const char *text)
{
    return (isalpha((unsigned char)text[0]) && text[1] == ':' && (text[2] == '/' || text[2] == '\\')) ||
           strncmp(text, "\\\\", 2) == 0;
}

static bool is_here(const struct eg__firmware *firmware, const char *path)
{
    EG_CLEANUP(eg_free_cleanup) char *resolved = NULL;
    struct eg_error ignored;

    return eg__resolve(&resolved, firmware->build.file, path, &ignored) == EG_OK &&
           access(resolved, F_OK) == 0;
}

static enum eg_code refuse_drive(const struct eg__word *file, struct eg_error *err)
{
    return eg__refuse(&file->place, err,
                      "%.120s is a path of a Windows machine; name the file relative to this one",
                      file->text);
}

/* ---- URL references ---- */

static int digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* Decode "%20" to a blank, in place; a % without two digits stays. */
static void decode(char *text)
{
    char *out = text;

    for (; *text != '\0'; text++) {
        if (*text == '%' && digit(text[1]) >= 0 && digit(text[2]) >= 0) {
            *out++ = (char)(digit(text[1]) << 4 | digit(text[2]));
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

static enum eg_code check_url(const char *path, const struct eg__word *file, struct eg_error *err)
{
    if (path[0] == '/')
        return eg__refuse(&file->place, err,
                          "%.120s is a path from the root of a web site, not of this machine; name the file "
                          "relative to this one",
                          file->text);
    if (path[0] == '\0')
        return eg__refuse(&file->place, err, "%.120s names no file", file->text);
    for (const char *at = path; *at != '\0'; at++)
        if (iscntrl((unsigned char)*at))
            return eg__refuse(&file->place, err, "%.120s has a control character in it", file->text);
    return EG_OK;
}

static enum eg_code url_path(char *path, const struct eg__firmware *firmware, const struct eg__word *file,
                             struct eg_error *err)
{
    const bool escapes_nul = strstr(path, "%00") != NULL;

    EG_TRY(check_url(path, file, err));
    if (is_here(firmware, path))
        return EG_OK;
    path[strcspn(path, "?#")] = '\0';
    EG_TRY(check_url(path, file, err));
    if (is_here(firmware, path))
        return EG_OK;
    if (escapes_nul)
        return eg__refuse(&file->place, err, "%.120s has a control character in it", file->text);
    decode(path);
    return check_url(path, file, err);
}

/* ---- Files that came from another machine ---- */

/* Return the path itself, else its longest end that names a file beside the build's file. A relative path
 * without a file is returned as it is: reading it reports the error. */
static enum eg_code beside_path(char *path, const struct eg__firmware *firmware, const struct eg__word *file,
                                struct eg_error *err)
{
    const bool relative = !on_drive(file->text) && path[0] != '/';

    if (!on_drive(file->text) && is_here(firmware, path))
        return EG_OK;
    for (const char *end = strchr(path, '/'); end != NULL; end = strchr(end, '/')) {
        end += strspn(end, "/");
        if (end[0] == '\0' || strncmp(end, "../", 3) == 0 || !is_here(firmware, end))
            continue;
        memmove(path, end, strlen(end) + 1);
        return EG_OK;
    }
    if (relative)
        return EG_OK;
    const char *const build = strrchr(firmware->build.file, '/');
    return eg__refuse(&file->place, err, "there is neither %.120s nor %.80s beside %.80s", file->text,
                      strrchr(path, '/') + 1, build != NULL ? build + 1 : firmware->build.file);
}

enum eg_code eg__local_path(char **path, const struct eg__firmware *firmware, const struct eg__word *file,
                            struct eg_error *err)
{
    EG_TRY(eg_strdup(path, file->text, err));
    for (char *at = *path; *at != '\0'; at++)
        if (*at == '\\')
            *at = '/';
    if (strstr(*path, "://") != NULL)
        return eg__refuse(&file->place, err, "%.120s is a URL; a job takes files, so download it first",
                          file->text);
    switch (firmware->paths) {
    case EG__PATHS_FILES:
        return on_drive(file->text) ? refuse_drive(file, err) : EG_OK;
    case EG__PATHS_URLS:
        return on_drive(file->text) ? refuse_drive(file, err) : url_path(*path, firmware, file, err);
    case EG__PATHS_BESIDE:
        return beside_path(*path, firmware, file, err);
    }
    return eg_error_set(err, EG_INTERNAL, "paths of no kind");
}
