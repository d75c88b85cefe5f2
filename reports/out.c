/* SPDX-License-Identifier: Apache-2.0 */

/* Writing the file, and text that cannot leave its place in HTML, XML or JSON. */

#include "reports/out.h"

#include "engine/base/bytes.h"
#include "engine/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum eg_code eg__out_open(struct eg__out *out, const char *what, const char *path, struct eg_error *err)
{
    const size_t size = strlen(path) + 32;
    struct stat info;

    out->what = what;
    if (strcmp(path, "-") == 0) {
        out->file = tmpfile();
        return out->file != NULL ? EG_OK
                                 : eg_error_errno(err, EG_IO, errno, "%s: a temporary file", out->what);
    }
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s %s: is there and not a regular file", what, path);
    EG_TRY(eg_strdup(&out->path, path, err));
    EG_TRY(eg_alloc(&out->temporary, 1, size, err));
    snprintf(out->temporary, size, "%s.%ld.part", path, (long)getpid());
    unlink(out->temporary); /* of a program that was killed and had the same number */
    const int fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s %s", what, path);
    out->file = fdopen(fd, "w");
    if (out->file == NULL) {
        const int errnum = errno;
        close(fd);
        return eg_error_errno(err, EG_IO, errnum, "%s %s", what, path);
    }
    return EG_OK;
}

static enum eg_code commit_to_output(struct eg__out *out, struct eg_error *err)
{
    char bytes[16384];
    size_t size;

    errno = EIO;
    if (ferror(out->file) || fflush(out->file) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s: a temporary file", out->what);
    rewind(out->file);
    while ((size = fread(bytes, 1, sizeof bytes, out->file)) > 0)
        if (fwrite(bytes, 1, size, stdout) != size)
            return eg_error_errno(err, EG_IO, errno, "%s: standard output", out->what);
    if (ferror(out->file) || fflush(stdout) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s: standard output", out->what);
    return EG_OK;
}

enum eg_code eg__out_commit(struct eg__out *out, struct eg_error *err)
{
    if (out->path == NULL)
        return commit_to_output(out, err);
    errno = EIO; /* for a write that failed earlier and left only the stream's mark */
    if (ferror(out->file) || fflush(out->file) != 0 || fsync(fileno(out->file)) != 0 ||
        rename(out->temporary, out->path) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s %s", out->what, out->path);
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

/* What a format has instead of a character of `length` bytes, which may be shown as `shown` says; NULL = it
 * as it is. `room` is the function's for what it makes. */
typedef const char *instead_of(const char *character, size_t length, const char *shown, char room[8]);

static const char *in_markup(const char *character, size_t length, const char *shown, char room[8])
{
    (void)room;
    /* XML 1.0 has neither U+FFFE nor U+FFFF. */
    if (shown != NULL ||
        (length == 3 && memcmp(character, "\xef\xbf\xbe", 2) == 0 && (unsigned char)character[2] >= 0xbe))
        return EG_REPLACEMENT;
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
    case '\n':
        return "&#10;";
    case '\t':
        return "&#9;";
    case '\r':
        return "&#13;";
    default:
        return NULL;
    }
}

static const char *in_lines(const char *character, size_t length, const char *shown, char room[8])
{
    return length == 1 && (*character == '\n' || *character == '\t')
               ? NULL
               : in_markup(character, length, shown, room);
}

/* A program gets every character; of those that are not shown it gets the number. */
static const char *in_json(const char *character, size_t length, const char *shown, char room[8])
{
    if (*character == '"' || *character == '\\')
        snprintf(room, 8, "\\%c", *character);
    else if (eg_utf8_is_control(character, length))
        snprintf(room, 8, "\\u%04x", (unsigned char)character[length - 1]);
    else
        return shown;
    return room;
}

static void put(struct eg__out *out, const char *text, instead_of *format)
{
    const char *shown;
    char room[8];

    for (size_t left = strlen(text), step; left > 0; text += step, left -= step) {
        step = eg_text_take(text, left, &shown);
        const char *const instead = format(text, step, shown, room);
        if (instead != NULL)
            fputs(instead, out->file);
        else
            fwrite(text, 1, step, out->file);
    }
}

void eg__out_escaped(struct eg__out *out, const char *text)
{
    put(out, text, in_markup);
}

void eg__out_lines(struct eg__out *out, const char *text)
{
    put(out, text, in_lines);
}

void eg__out_json(struct eg__out *out, const char *text)
{
    putc('"', out->file);
    put(out, text, in_json);
    putc('"', out->file);
}
