/* SPDX-License-Identifier: Apache-2.0 */

/* Files with a secret, which only their owner may read. */

#ifndef TOOLS_ESPGANG_EVENTS_SECRET_FILE_H
#define TOOLS_ESPGANG_EVENTS_SECRET_FILE_H

#include "engine/secure/secret.h"

/** Check that no other user may read or change a file: EG_BAD_ARGUMENT. */
enum eg_code cli_secret_file_check(const char *path, struct eg_error *err) EG_CHECKED;

/** Read a secret without the line break at its end; a NUL follows it. EG_BAD_ARGUMENT as
 * cli_secret_file_check(), or it is empty, too long, or has a NUL in it. */
enum eg_code cli_secret_file_read(struct eg_secret *secret, const char *path, size_t size_max,
                                  struct eg_error *err) EG_CHECKED;

#endif
