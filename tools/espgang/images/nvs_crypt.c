/* SPDX-License-Identifier: Apache-2.0 */

/* espgang nvs: encrypted partitions and their keys. */

#include "tools/espgang/images/nvs.h"

#include "engine/base/file.h"
#include "engine/image/nvs.h"
#include "engine/secure/nvs_crypt.h"

#include <stdio.h>

#define FILE_SIZE_MAX ((size_t)256 << 20)

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
