/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/session.h"

#include <string.h>

static const char *const voltages[] = {"1.8V", "3.3V", "OFF", NULL};

/* By strap, off, 1.8 V, 3.3 V: each step burns one more bit, and none can be taken back. */
static enum eg_code check_change(const char *voltage, bool on, bool high, struct eg_error *err)
{
    if (strcmp(voltage, "OFF") == 0 && on)
        return eg_error_set(err, EG_SECURED,
                            "the regulator is on by eFuse and cannot be switched off any more");
    if (strcmp(voltage, "1.8V") == 0 && high)
        return eg_error_set(err, EG_SECURED, "3.3 V is burnt and cannot become 1.8 V any more");
    return EG_OK;
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;
    const struct eg_efuses *fuses = &session->fuses;
    const bool old = eg_efuse_find(fuses, "XPD_SDIO_FORCE") != NULL;
    const struct eg_efuse_field *force = eg_efuse_find(fuses, old ? "XPD_SDIO_FORCE" : "VDD_SPI_FORCE");
    const struct eg_efuse_field *on = eg_efuse_find(fuses, old ? "XPD_SDIO_REG" : "VDD_SPI_XPD");
    const struct eg_efuse_field *high = eg_efuse_find(fuses, old ? "XPD_SDIO_TIEH" : "VDD_SPI_TIEH");
    const char *voltage = call->argument[0];

    if (force == NULL || on == NULL || high == NULL)
        return eg_error_set(err, EG_UNSUPPORTED, "%s has no eFuses for the voltage of its flash",
                            fuses->label);
    EG_TRY(check_change(voltage, eg_efuse_number(fuses, on->name) != 0,
                        eg_efuse_number(fuses, high->name) != 0, err));
    cli_say(call,
            "A voltage that the flash does not bear makes the board useless, and it cannot be taken back");
    EG_TRY(eg_efuse_want_number(&session->plan, force, 1, err));
    if (strcmp(voltage, "OFF") != 0)
        EG_TRY(eg_efuse_want_number(&session->plan, on, 1, err));
    if (strcmp(voltage, "3.3V") == 0)
        EG_TRY(eg_efuse_want_number(&session->plan, high, 1, err));
    return EG_OK;
}

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    for (const char *const *voltage = voltages; *voltage != NULL; voltage++)
        if (strcmp(*voltage, call->argument[0]) == 0)
            return EG_OK;
    return cli_usage(call, err, "\"%.20s\" is none of 1.8V, 3.3V, OFF", call->argument[0]);
}

static const struct cli_option options[] = {EFUSE_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_set_flash_voltage = {
    .name = "efuse set-flash-voltage",
    .group = CLI_SECURITY,
    .summary = "Fix the supply of the flash by eFuse (ESP32, S2, S3)",
    .arguments = "VOLTAGE",
    .details = "After this the strap pin no longer sets the voltage. OFF can be changed to 1.8V later, and "
               "1.8V to 3.3V, but not back.",
    .options = options,
    .words = voltages,
    .least = 1,
    .most = 1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .check = check,
    .run = efuse_run,
    .step = step,
};
