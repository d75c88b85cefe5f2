/* SPDX-License-Identifier: Apache-2.0 */

/* espgang nvs: files with secrets in them: encrypted partitions, keys, images with credentials. */

#include "tools/espgang/images/nvs.h"

#include "engine/base/file.h"
#include "engine/image/nvs.h"
#include "engine/secure/nvs_crypt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX ((size_t)256 << 20)
#define PATH_ROOM     4096

/* PATH.part, which becomes PATH when it is whole. */
struct part {
    char path[PATH_ROOM];
    int fd; /* -1 = there is none */
};

static void part_finish(struct part *part)
{
    if (part->fd < 0)
        return;
    close(part->fd);
    unlink(part->path);
}

static enum eg_code put(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const ssize_t put = write(fd, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return EG_IO;
        data += put, size -= (size_t)put;
    }
    return EG_OK;
}

enum eg_code cli_nvs_write(const char *path, const struct eg_buffer *image, struct eg_error *err)
{
    EG_CLEANUP(part_finish) struct part part = {.fd = -1};
    struct stat info;

    if (lstat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is there and not a regular file", path);
    if (snprintf(part.path, sizeof part.path, "%s.part", path) >= (int)sizeof part.path)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%.100s...: the path is too long", path);
    unlink(part.path); /* of a program that was killed */
    part.fd = open(part.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (part.fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", part.path);
    if (put(part.fd, image->data, image->size) != EG_OK || fsync(part.fd) != 0 ||
        rename(part.path, path) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", path);
    close(part.fd);
    part.fd = -1;
    return EG_OK;
}

static enum eg_code read_keys(struct eg_secret *keys, const char *keys_path, const char *hmac_key_path,
                              struct eg_error *err)
{
    const char *const path = keys_path != NULL ? keys_path : hmac_key_path;
    EG_CLEANUP(eg_secret_finish) struct eg_secret file = {0};
    bool open_to_others = false;

    EG_TRY(eg_secret_read(&file, path, EG_NVS_KEYS_FILE_SIZE, &open_to_others, err));
    if ((keys_path != NULL ? eg_nvs_keys_parse(keys, &file, err) : eg_nvs_keys_derive(keys, &file, err)) !=
        EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    if (open_to_others)
        fprintf(stderr, "espgang: warning: %s: others may read these keys; chmod 600\n", path);
    return EG_OK;
}

enum eg_code cli_nvs_keys_load(struct eg_secret *keys, const char *keys_path, const char *hmac_key_path,
                               struct eg_error *err)
{
    if (keys_path == NULL && hmac_key_path == NULL)
        return EG_OK;
    if (read_keys(keys, keys_path, hmac_key_path, err) == EG_OK)
        return EG_OK;
    if (err->code == EG_IO)
        err->code = EG_BAD_ARGUMENT; /* it is what was named */
    return err->code;
}

enum eg_code cli_nvs_keys_write(const char *path, const struct eg_secret *keys, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret partition = {0};

    EG_TRY(eg_nvs_keys_write(&partition, keys, err));
    return eg_secret_write(path, partition.data, partition.size, err);
}

/* Only a partition that makes sense in plain is encrypted, and only one that does once it is plain was
 * decrypted by the right keys. */
static enum eg_code check_plain(const struct eg_buffer *image, const char *path, bool encrypt,
                                struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};

    if (eg_nvs_read(&items, NULL, image->data, image->size, err) == EG_OK)
        return EG_OK;
    return eg_error_prefix(
        err, encrypt ? "%s: is no plain NVS partition: " : "%s: is not encrypted, or by other keys: ", path);
}

enum eg_code cli_nvs_crypt(const char *input, const char *output, const struct eg_secret *keys, bool encrypt,
                           struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};

    EG_TRY(cli_file_check(input, err));
    EG_TRY(eg_file_read(&image, input, FILE_SIZE_MAX, err));
    if (encrypt)
        EG_TRY(check_plain(&image, input, true, err));
    if ((encrypt ? eg_nvs_encrypt(image.data, image.size, keys, err)
                 : eg_nvs_decrypt(image.data, image.size, keys, err)) != EG_OK)
        return eg_error_prefix(err, "%s: ", input);
    if (!encrypt)
        EG_TRY(check_plain(&image, input, false, err));
    EG_TRY(cli_nvs_write(output, &image, err));
    printf("%s: %zu bytes\n", output, image.size);
    return EG_OK;
}
