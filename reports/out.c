/* SPDX-License-Identifier: Apache-2.0 */

/* Writing a report's file, and text that cannot leave its place in HTML. */

#include "reports/out.h"

#include "engine/base/bytes.h"

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

void eg__out_escaped(struct eg__out *out, const char *text)
{
    static const char special[] =
        "&<>\"'\1\2\3\4\5\6\7\b\v\f\r\16\17\20\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37";

    for (;;) {
        const size_t plain = strcspn(text, special);
        fwrite(text, 1, plain, out->file);
        text += plain;
        switch (*text++) {
        case '\0':
            return;
        case '&':
            fputs("&amp;", out->file);
            break;
        case '<':
            fputs("&lt;", out->file);
            break;
        case '>':
            fputs("&gt;", out->file);
            break;
        case '"':
            fputs("&quot;", out->file);
            break;
        case '\'':
            fputs("&#39;", out->file);
            break;
        default:
            fputs("\xef\xbf\xbd", out->file);
        }
    }
}
