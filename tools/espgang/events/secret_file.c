/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/events/secret_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum eg_code cli_secret_file_check(const char *path, struct eg_error *err)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", path);
    return (info.st_mode & 077) == 0
               ? EG_OK
               : eg_error_set(err, EG_BAD_ARGUMENT,
                              "%s: other users may read or change it; run: chmod 600 %s", path, path);
}

enum eg_code cli_secret_file_read(struct eg_secret *secret, const char *path, size_t size_max,
                                  struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret file = {0};

    EG_TRY(cli_secret_file_check(path, err));
    if (eg_secret_read(&file, path, size_max, NULL, err) != EG_OK) {
        err->code = EG_BAD_ARGUMENT;
        return err->code;
    }
    size_t size = file.size;
    while (size > 0 && (file.data[size - 1] == '\n' || file.data[size - 1] == '\r'))
        size--;
    if (size == 0 || memchr(file.data, '\0', size) != NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: it is empty or has a NUL byte in it", path);
    EG_TRY(eg_secret_init(secret, size + 1, err));
    memcpy(secret->data, file.data, size);
    secret->size = size;
    return EG_OK;
}
