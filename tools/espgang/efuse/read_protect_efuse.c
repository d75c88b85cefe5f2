/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/efuse/session.h"

#include <string.h>

/* A block whose purpose is read by the ROM or by software must stay readable. */
static enum eg_code check_purpose(const struct efuse_session *session, const struct eg_efuse_field *field,
                                  struct eg_error *err)
{
    const struct eg_efuses *fuses = &session->fuses;
    const struct eg_efuse_field *purpose_field =
        fuses->chip->blocks[field->block].purpose != NULL
            ? eg_efuse_find(fuses, fuses->chip->blocks[field->block].purpose)
            : NULL;
    struct eg_efuse_purpose purpose = {0};
    char name[64];

    if (purpose_field == NULL || field->kind != EG_AS_KEY)
        return EG_OK;
    /* A key that is burnt in the same run brings its purpose along. */
    const uint32_t queued = session->plan.wanted->queued[0][purpose_field->word] >> purpose_field->pos &
                            (EG_BIT(purpose_field->bits) - 1);
    eg_efuse_purpose_text(fuses, eg_efuse_block_purpose(fuses, field->block) | (int)queued, name);
    if (name[0] != '\0')
        EG_TRY(eg_efuse_get_purpose(fuses, name, &purpose, err));
    if ((purpose.flags & EG_PURPOSE_HIDDEN) == 0)
        return eg_error_set(err, EG_SECURED, "%s has the purpose %s, whose key must stay readable",
                            field->name, name);
    return EG_OK;
}

static enum eg_code check_old_chips(const struct efuse_session *session, const struct eg_efuse_field *field,
                                    struct eg_error *err)
{
    const struct eg_efuses *fuses = &session->fuses;
    const bool esp32 = fuses->chip->purposes == NULL;
    const bool divided = !esp32 && eg_efuse_find(fuses, "KEY_PURPOSE_0") == NULL;

    if (field->kind != EG_AS_KEY || (!esp32 && !divided))
        return EG_OK;
    if (esp32 && field->block == 2 && eg_efuse_number(fuses, "ABS_DONE_1") != 0 &&
        fuses->revision >= fuses->chip->secure_boot_from)
        return eg_error_set(err, EG_SECURED,
                            "%s has the digest of secure boot v2 (ABS_DONE_1 is set): it must stay readable",
                            field->name);
    if (divided && field->bits == 256 && eg_efuse_number(fuses, "XTS_KEY_LENGTH_256") == 0 &&
        (session->plan.wanted->queued[0][1] & EG_BIT(10)) == 0)
        return eg_error_set(
            err, EG_SECURED,
            "%s is no flash key as a whole while XTS_KEY_LENGTH_256 is 0: protect a half of it", field->name);
    if (divided && field->bits != 256 && eg_efuse_number(fuses, "SECURE_BOOT_EN") != 0)
        return eg_error_set(err, EG_SECURED,
                            "%s must stay readable: secure boot is on, and its digest shares the block",
                            field->name);
    return EG_OK;
}

static enum eg_code protect(struct cli_call *call, struct efuse_session *session, const char *name,
                            struct eg_error *err)
{
    const struct eg_efuse_field *field;
    char shared[400];

    EG_TRY(eg_efuse_get_field(&session->fuses, name, &field, err));
    if (field->rd == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s cannot be read-protected", field->name);
    if (eg_efuse_readable(&session->fuses, field->rd)) {
        EG_TRY(check_purpose(session, field, err));
        EG_TRY(check_old_chips(session, field, err));
    }
    efuse_shared(session, field, false, shared);
    if (shared[0] != '\0')
        cli_say(call, "%s: also read-protects %s", field->name, shared);
    return eg_efuse_want_read_protection(&session->plan, field->rd, field->name, err);
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    for (int i = 0; i < call->count; i++)
        EG_TRY(protect(call, context, call->argument[i], err));
    return EG_OK;
}

static const struct cli_option options[] = {EFUSE_OPTIONS, {.name = NULL}};

const struct cli_command cli_command_read_protect_efuse = {
    .name = "efuse read-protect-efuse",
    .group = CLI_SECURITY,
    .summary = "Read-protect fields of the eFuses",
    .arguments = "NAME...",
    .details =
        "One bit protects a group of fields, whose names are shown. A block that the ROM or software reads, "
        "such as one with a digest, is refused.",
    .options = options,
    .least = 1,
    .most = -1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .run = efuse_run,
    .step = step,
};
