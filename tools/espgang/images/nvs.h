/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the command nvs share. */

#ifndef TOOLS_ESPGANG_IMAGES_NVS_H
#define TOOLS_ESPGANG_IMAGES_NVS_H

#include "tools/espgang/command.h"

/** Show what is in an image, as text or JSON; faults go to standard error and make it CLI_NOT_PASSED. */
enum eg_code cli_nvs_print(struct cli_call *call, const char *path, struct eg_error *err) EG_CHECKED;

/** Check that an image is whole; faults as above. */
enum eg_code cli_nvs_check(struct cli_call *call, const char *path, struct eg_error *err) EG_CHECKED;

#endif
