/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/document.h"
#include "tools/espgang/efuse/session.h"

static bool is_shown(const struct efuse_session *session, const struct eg_efuse_field *field)
{
    return field->category == EG_CAT_CALIBRATION && eg_efuse_has(&session->fuses, field);
}

static json_t *document(const struct efuse_session *session)
{
    json_t *const values = json_object(), *const root = json_object();

    for (const struct eg_efuse_field *field = session->fuses.fields; field->name != NULL; field++) {
        struct eg_efuse_value value;

        if (!is_shown(session, field))
            continue;
        eg_efuse_value(&session->fuses, field, &value);
        json_object_set_new(values, field->name, efuse_json(&value));
    }
    if (eg_efuse_find(&session->fuses, "BLK_VERSION_MAJOR") != NULL)
        json_object_set_new(root, "block_version",
                            json_sprintf("%u.%u",
                                         (unsigned)eg_efuse_number(&session->fuses, "BLK_VERSION_MAJOR"),
                                         (unsigned)eg_efuse_number(&session->fuses, "BLK_VERSION_MINOR")));
    json_object_set_new(root, "values", values);
    return root;
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    const struct efuse_session *session = context;
    unsigned shown = 0;

    if (cli_flag(call, "json"))
        return cli_print_document(call, document(session), err);
    if (eg_efuse_find(&session->fuses, "BLK_VERSION_MAJOR") != NULL)
        cli_say(call, "Block version: %u.%u", (unsigned)eg_efuse_number(&session->fuses, "BLK_VERSION_MAJOR"),
                (unsigned)eg_efuse_number(&session->fuses, "BLK_VERSION_MINOR"));
    for (const struct eg_efuse_field *field = session->fuses.fields; field->name != NULL; field++) {
        struct eg_efuse_value value;

        if (!is_shown(session, field))
            continue;
        cli_say(call, "%-32s %s", field->name, efuse_text(session, field, &value));
        shown++;
    }
    if (shown == 0)
        cli_say(call, "%s has no calibration values in its eFuses", session->fuses.label);
    return EG_OK;
}

static const struct cli_option options[] = {EFUSE_OPTIONS, CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_adc_info = {
    .name = "efuse adc-info",
    .group = CLI_SECURITY,
    .summary = "Show what the factory burnt for calibration",
    .arguments = "",
    .options = options,
    .least = 0,
    .most = 0,
    .flags = EFUSE_FLAGS,
    .run = efuse_run,
    .step = step,
};
