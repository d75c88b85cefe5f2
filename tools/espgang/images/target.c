/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/images/target.h"

#include "targets/target.h"

#include <string.h>

enum eg_code cli_image_chip(const struct cli_call *call, const char **chip, struct eg_error *err)
{
    char names[256];

    *chip = cli_text(call, "chip");
    if (*chip != NULL && strcmp(*chip, "auto") != 0 && eg_target_by_name(*chip) != NULL)
        return EG_OK;
    eg_target_names(names, sizeof names);
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs --chip, one of %s", call->command->name, names);
}

enum eg_code cli_image_number(const struct cli_call *call, const char *option, uint64_t most,
                              unsigned *number, struct eg_error *err)
{
    uint64_t value;

    EG_TRY(cli_option_number(call, option, most, 0, &value, err));
    *number = (unsigned)value;
    return EG_OK;
}
