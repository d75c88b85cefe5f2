/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/session.h"

#include <string.h>

static enum eg_code number_of(const struct eg_efuse_field *field, const char *text, uint32_t *number,
                              struct eg_error *err)
{
    uint64_t value;

    if (text == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs a value", field->name);
    if (!cli_number(text, UINT32_MAX, &value))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: \"%.60s\" is no number", field->name, text);
    if (value == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: 0 is what an eFuse has before it is burnt",
                            field->name);
    *number = (uint32_t)value;
    return EG_OK;
}

static enum eg_code want_number(struct efuse_session *session, const struct eg_efuse_field *field,
                                const char *text, struct eg_error *err)
{
    uint32_t number = 1;

    if (field->kind == EG_AS_COUNTER && text == NULL)
        return eg_efuse_want_step(&session->plan, field, err);
    if (field->bits > 1 || text != NULL)
        EG_TRY(number_of(field, text, &number, err));
    return eg_efuse_want_number(&session->plan, field, number, err);
}

static enum eg_code want_pin(struct efuse_session *session, const struct eg_efuse_field *field,
                             const char *text, struct eg_error *err)
{
    uint32_t pin;

    EG_TRY(number_of(field, text, &pin, err));
    EG_TRY(eg_efuse_parse_pin(field, pin, &pin, err));
    return eg_efuse_want_number(&session->plan, field, pin, err);
}

static enum eg_code want_bytes(struct efuse_session *session, const struct eg_efuse_field *field,
                               const char *text, struct eg_error *err)
{
    uint8_t bits[EG_EFUSE_BYTES_MAX];

    EG_TRY(eg_efuse_parse_bytes(field, text != NULL ? text : "", bits, err));
    const enum eg_code code = eg_efuse_want(&session->plan, field, bits, err);
    eg_wipe(bits, sizeof bits);
    return code;
}

static enum eg_code want_mac(struct efuse_session *session, const struct eg_efuse_field *field,
                             const char *text, struct eg_error *err)
{
    uint8_t bits[EG_EFUSE_BYTES_MAX] = {0};

    if (strcmp(field->name, "CUSTOM_MAC") != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is burnt by the factory", field->name);
    if (text == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs a value", field->name);
    EG_TRY(efuse_check_mac(session, text, bits, err));
    return eg_efuse_want(&session->plan, field, bits, err);
}

static enum eg_code want_purpose(struct efuse_session *session, const struct eg_efuse_field *field,
                                 const char *text, struct eg_error *err)
{
    struct eg_efuse_purpose purpose;
    uint64_t number;

    if (text == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s needs a value", field->name);
    if (cli_number(text, UINT8_MAX, &number))
        return want_number(session, field, text, err);
    EG_TRY(eg_efuse_get_purpose(&session->fuses, text, &purpose, err));
    if (purpose.number < 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no value of %s: burn-key divides it over two blocks",
                            text, field->name);
    return eg_efuse_want_number(&session->plan, field, (uint32_t)purpose.number, err);
}

static enum eg_code want(struct efuse_session *session, const char *name, const char *text,
                         struct eg_error *err)
{
    const struct eg_efuse_field *field;

    EG_TRY(eg_efuse_get_field(&session->fuses, name, &field, err));
    switch ((enum eg_efuse_kind)field->kind) {
    case EG_AS_NUMBER:
    case EG_AS_COUNTER:
        return want_number(session, field, text, err);
    case EG_AS_BYTES:
    case EG_AS_KEY:
        return want_bytes(session, field, text, err);
    case EG_AS_MAC:
        return want_mac(session, field, text, err);
    case EG_AS_PURPOSE:
        return want_purpose(session, field, text, err);
    case EG_AS_PIN:
        return want_pin(session, field, text, err);
    case EG_AS_PARTS:
        if (field->category != EG_CAT_IDENTITY)
            return want_number(session, field, text, err);
        break;
    case EG_AS_ADC:
    case EG_AS_TEMPERATURE:
    case EG_AS_VREF:
    case EG_AS_WAFER:
    case EG_AS_EUI64:
        break;
    }
    return eg_error_set(err, EG_BAD_ARGUMENT, "%s is burnt by the factory", field->name);
}

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    if (call->count > 1 && call->count % 2 != 0)
        return cli_usage(call, err, "arguments are pairs of NAME and VALUE, and there are %d", call->count);
    return EG_OK;
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;

    session->plan.both = session->plan.both || cli_flag(call, "force");
    for (int i = 0; i < call->count; i += 2)
        EG_TRY(want(session, call->argument[i], i + 1 < call->count ? call->argument[i + 1] : NULL, err));
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "force", .help = "Burn both USB fields that the ROM of an ESP32-S3 does not take together"},
    EFUSE_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_burn_efuse = {
    .name = "efuse burn-efuse",
    .group = CLI_SECURITY,
    .summary = "Burn fields of the eFuses",
    .arguments = "NAME VALUE...\nNAME",
    .details =
        "A field of one bit takes 1 or no value; a counter without a value makes its next step. Bytes are "
        "hex digits in memory order, or with `0x` in front the last byte first. A key purpose is a name or "
        "a number.\n\n"
        "  espgang efuse burn-efuse DIS_PAD_JTAG 1 SPI_BOOT_CRYPT_CNT 7",
    .options = options,
    .least = 1,
    .most = -1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .check = check,
    .run = efuse_run,
    .step = step,
};
