/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the command nvs share. */

#ifndef TOOLS_ESPGANG_IMAGES_NVS_H
#define TOOLS_ESPGANG_IMAGES_NVS_H

#include "engine/secure/secret.h"
#include "tools/espgang/cli.h"

/* `keys` of size 0: the partition is not encrypted. */

/** Show what is in an image, as text or JSON; what is wrong goes to standard error and makes it
 * CLI_NOT_PASSED. */
enum cli_status cli_nvs_print(const char *path, const struct eg_secret *keys, bool json);

/** Say whether an image is whole. */
enum cli_status cli_nvs_check(const char *path, const struct eg_secret *keys);

/** Encrypt or decrypt a partition into another file. */
enum cli_status cli_nvs_crypt(const char *input, const char *output, const struct eg_secret *keys,
                              bool encrypt);

/** Read the keys of a keys partition, or derive them from an HMAC key; both NULL = none. */
enum eg_code cli_nvs_keys_load(struct eg_secret *keys, const char *keys_path, const char *hmac_key_path,
                               struct eg_error *err) EG_CHECKED;

/** Write a keys partition, mode 0600; a file that is there already is refused. */
enum eg_code cli_nvs_keys_write(const char *path, const struct eg_secret *keys,
                                struct eg_error *err) EG_CHECKED;

/** Write an image, which may have credentials in it, mode 0600. */
enum eg_code cli_nvs_write(const char *path, const struct eg_buffer *image, struct eg_error *err) EG_CHECKED;

#endif
