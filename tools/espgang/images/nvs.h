/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the command nvs share. */

#ifndef TOOLS_ESPGANG_IMAGES_NVS_H
#define TOOLS_ESPGANG_IMAGES_NVS_H

#include "tools/espgang/cli.h"

/** Show what is in an image, as text or JSON; what is wrong goes to standard error and makes it
 * CLI_NOT_PASSED. */
enum cli_status cli_nvs_print(const char *path, bool json);

/** Say whether an image is whole. */
enum cli_status cli_nvs_check(const char *path);

#endif
