/* SPDX-License-Identifier: Apache-2.0 */

/* Writing a report's file, and text that cannot leave its place in HTML. */

#include "reports/out.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum eg_code eg__out_open(struct eg__out *out, const char *path, struct eg_error *err)
{
    const size_t size = strlen(path) + 32;
    struct stat info;

    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return eg_error_set(err, EG_IO, "report %s: is there and not a regular file", path);
    EG_TRY(eg_strdup(&out->path, path, err));
    EG_TRY(eg_alloc(&out->temporary, 1, size, err));
    snprintf(out->temporary, size, "%s.%ld.part", path, (long)getpid());
    unlink(out->temporary); /* of a program that was killed and had the same number */
    const int fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "report %s", path);
    out->file = fdopen(fd, "w");
    if (out->file == NULL) {
        const int errnum = errno;
        close(fd);
        return eg_error_errno(err, EG_IO, errnum, "report %s", path);
    }
    return EG_OK;
}

enum eg_code eg__out_commit(struct eg__out *out, struct eg_error *err)
{
    errno = EIO; /* for a write that failed earlier and left only the stream's mark */
    if (ferror(out->file) || fflush(out->file) != 0 || fsync(fileno(out->file)) != 0 ||
        rename(out->temporary, out->path) != 0)
        return eg_error_errno(err, EG_IO, errno, "report %s", out->path);
    free(out->temporary);
    out->temporary = NULL;
    return EG_OK;
}

void eg__out_discard(struct eg__out *out)
{
    if (out->file != NULL)
        fclose(out->file);
    if (out->temporary != NULL)
        unlink(out->temporary);
    free(out->temporary);
    free(out->path);
    *out = (struct eg__out){0};
}

/* What cannot stand in HTML as it is; NULL = it can. */
static const char *instead_of(const char *character, size_t length)
{
    if (length == 0 || (iscntrl((unsigned char)*character) && *character != '\t' && *character != '\n'))
        return "\xef\xbf\xbd";
    switch (*character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void eg__out_escaped(struct eg__out *out, const char *text)
{
    for (size_t left = strlen(text), step; left > 0; text += step, left -= step) {
        const size_t length = eg_utf8_length(text, left);
        const char *instead = instead_of(text, length);

        step = length != 0 ? length : 1;
        if (instead != NULL)
            fputs(instead, out->file);
        else
            fwrite(text, 1, step, out->file);
    }
}
