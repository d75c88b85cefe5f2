/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by the files of the command nvs. */

#ifndef TOOLS_ESPGANG_IMAGES_NVS_H
#define TOOLS_ESPGANG_IMAGES_NVS_H

#include "engine/secure/secret.h"
#include "tools/espgang/command.h"

/* `keys` of size 0: the partition is not encrypted. */

/** Show what is in an image, as text or JSON; faults go to standard error and make it CLI_NOT_PASSED. */
enum eg_code cli_nvs_print(struct cli_call *call, const char *path, const struct eg_secret *keys,
                           struct eg_error *err) EG_CHECKED;

/** Check that an image is whole; faults as above. */
enum eg_code cli_nvs_check(struct cli_call *call, const char *path, const struct eg_secret *keys,
                           struct eg_error *err) EG_CHECKED;

/** Encrypt or decrypt a partition into another file. */
enum eg_code cli_nvs_crypt(const char *input, const char *output, const struct eg_secret *keys, bool encrypt,
                           struct eg_error *err) EG_CHECKED;

/** Read the keys of a keys partition, or derive them from an HMAC key; both NULL = none. */
enum eg_code cli_nvs_keys_load(struct eg_secret *keys, const char *keys_path, const char *hmac_key_path,
                               struct eg_error *err) EG_CHECKED;

/** Write a keys partition, mode 0600; a file that is there already is refused. */
enum eg_code cli_nvs_keys_write(const char *path, const struct eg_secret *keys,
                                struct eg_error *err) EG_CHECKED;

/** Write an image, which may have credentials in it, mode 0600. */
enum eg_code cli_nvs_write(const char *path, const struct eg_buffer *image, struct eg_error *err) EG_CHECKED;

#endif
