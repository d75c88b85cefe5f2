/* SPDX-License-Identifier: Apache-2.0 */

/* Lookups in the error table, and the sentence of a failure. */

#include "engine/base/error.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *name;
    const char *text;
    enum eg_blame blame;
    bool may_retry;
};

static const struct row rows[] = {[EG_OK] = {"ok", "ok", EG_BLAME_NONE, false},
#define ROW(code, name, blame, retry, text) [EG_##code] = {name, text, EG_BLAME_##blame, retry},
                                  EG_ERRORS(ROW)
#undef ROW
};

const char *eg_code_name(enum eg_code code)
{
    return rows[code].name;
}

const char *eg_code_text(enum eg_code code)
{
    return rows[code].text;
}

enum eg_blame eg_code_blame(enum eg_code code)
{
    return rows[code].blame;
}

bool eg_code_may_retry(enum eg_code code)
{
    return rows[code].may_retry;
}

const char *eg_blame_name(enum eg_blame blame)
{
    switch (blame) {
    case EG_BLAME_NONE:
        return "";
    case EG_BLAME_HOST:
        return "host";
    case EG_BLAME_LINK:
        return "link";
    case EG_BLAME_BOARD:
        return "board";
    case EG_BLAME_JOB:
        return "job";
    case EG_BLAME_PROGRAM:
        return "program";
    }
    return "";
}

/* Keep the end of `front` + `back`, because the cause comes last. */
static void join(struct eg_error *err, const char *front, const char *back)
{
    const size_t room = sizeof err->text - 1;
    size_t back_size = strlen(back);
    size_t front_size = strlen(front);

    if (back_size > room) {
        back += back_size - room;
        back_size = room;
    }
    if (front_size > room - back_size) {
        front += front_size - (room - back_size);
        front_size = room - back_size;
    }
    char whole[sizeof err->text];
    memcpy(whole, front, front_size);
    memcpy(whole + front_size, back, back_size);
    whole[front_size + back_size] = '\0';
    memcpy(err->text, whole, front_size + back_size + 1);
}

enum eg_code eg_error_set(struct eg_error *err, enum eg_code code, const char *format, ...)
{
    char text[PATH_MAX + sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err->code = code;
    err->device_status = 0;
    join(err, "", text);
    return code;
}

enum eg_code eg_error_prefix(struct eg_error *err, const char *format, ...)
{
    char text[PATH_MAX + sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    join(err, text, err->text);
    return err->code;
}

/* Causes that lie in the path as somebody named it, not in this host. */
static bool is_wrong_name(int errnum)
{
    return errnum == ENOENT || errnum == ENOTDIR || errnum == EISDIR || errnum == ELOOP || errnum == EACCES ||
           errnum == ENAMETOOLONG;
}

enum eg_code eg_error_errno(struct eg_error *err, enum eg_code code, int errnum, const char *format, ...)
{
    char text[PATH_MAX + sizeof err->text];
    char reason[128];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (strerror_r(errnum, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", errnum);
    if (errnum == ENOSPC || errnum == EDQUOT)
        code = EG_NO_ROOM;
    else if (code == EG_IO && is_wrong_name(errnum))
        code = EG_BAD_ARGUMENT;
    return eg_error_set(err, code, "%s: %s", text, reason);
}
