/* SPDX-License-Identifier: Apache-2.0 */

/* Writing a report's file, and text that cannot leave its place in HTML, XML, JSON or CSV. */

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

#define REPLACEMENT "\xef\xbf\xbd"

enum eg_code eg__out_open(struct eg__out *out, const char *path, struct eg_error *err)
{
    const size_t size = strlen(path) + 32;
    struct stat info;

    if (strcmp(path, "-") == 0) {
        out->file = tmpfile();
        return out->file != NULL ? EG_OK : eg_error_errno(err, EG_IO, errno, "report: a temporary file");
    }
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "report %s: is there and not a regular file", path);
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

static enum eg_code commit_to_output(struct eg__out *out, struct eg_error *err)
{
    char bytes[16384];
    size_t size;

    errno = EIO;
    if (ferror(out->file) || fflush(out->file) != 0)
        return eg_error_errno(err, EG_IO, errno, "report: a temporary file");
    rewind(out->file);
    while ((size = fread(bytes, 1, sizeof bytes, out->file)) > 0)
        if (fwrite(bytes, 1, size, stdout) != size)
            return eg_error_errno(err, EG_IO, errno, "report: standard output");
    if (ferror(out->file) || fflush(stdout) != 0)
        return eg_error_errno(err, EG_IO, errno, "report: standard output");
    return EG_OK;
}

enum eg_code eg__out_commit(struct eg__out *out, struct eg_error *err)
{
    if (out->path == NULL)
        return commit_to_output(out, err);
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

/* The character that a text begins with, `length` bytes of UTF-8 or 0, as a format has it; NULL = as it is.
 * `room` is the function's for what it makes. */
typedef const char *instead_of(const char *character, size_t length, char room[8]);

static const char *in_markup(const char *character, size_t length, char room[8])
{
    (void)room;
    /* XML 1.0 has no control characters but TAB, LF and CR, and neither U+FFFE nor U+FFFF. */
    if (length == 0 || (iscntrl((unsigned char)*character) && strchr("\t\n\r", *character) == NULL) ||
        (length == 3 && memcmp(character, "\xef\xbf\xbe", 2) == 0 && (unsigned char)character[2] >= 0xbe))
        return REPLACEMENT;
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

static const char *in_json(const char *character, size_t length, char room[8])
{
    const unsigned char first = (unsigned char)*character;

    if (length == 0)
        return REPLACEMENT;
    if (first == '"' || first == '\\')
        snprintf(room, 8, "\\%c", first);
    else if (first < 0x20 || first == 0x7f)
        snprintf(room, 8, "\\u%04x", first);
    else
        return NULL;
    return room;
}

static const char *in_csv(const char *character, size_t length, char room[8])
{
    (void)room;
    if (length == 0)
        return REPLACEMENT;
    return *character == '"' ? "\"\"" : NULL;
}

static void put(struct eg__out *out, const char *text, instead_of *format)
{
    char room[8];

    for (size_t left = strlen(text), step; left > 0; text += step, left -= step) {
        const size_t length = eg_utf8_length(text, left);
        const char *instead = format(text, length, room);

        step = length != 0 ? length : 1;
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

void eg__out_json(struct eg__out *out, const char *text)
{
    putc('"', out->file);
    put(out, text, in_json);
    putc('"', out->file);
}

/* "-61", "+3.30 V": a number for a spreadsheet, too, and with a unit no formula that it could compute. */
static bool signed_number(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%";
    const size_t digits = strspn(text + 1, "0123456789.");
    const char *rest = text + 1 + digits;

    if (digits == 0 || strchr("+-", text[0]) == NULL)
        return false;
    if (*rest == ' ')
        rest++;
    return rest[strspn(rest, letters)] == '\0';
}

void eg__out_csv(struct eg__out *out, const char *text)
{
    const bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL && !signed_number(text);
    const bool quoted = formula || strpbrk(text, ",\"\r\n") != NULL;

    if (quoted)
        putc('"', out->file);
    if (formula)
        putc('\'', out->file);
    put(out, text, in_csv);
    if (quoted)
        putc('"', out->file);
}
