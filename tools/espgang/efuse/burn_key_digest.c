/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/published.h"
#include "engine/secure/signature.h"
#include "tools/espgang/efuse/session.h"

/* Blocks are not named where a digest has only one place: an ESP32's block 2, half of an ESP32-C2's block. */
static const char *only_block(const struct eg_efuses *fuses)
{
    if (fuses->chip->purposes == NULL)
        return "secure_boot_v2";
    return eg_efuse_find(fuses, "KEY_PURPOSE_0") == NULL ? "BLOCK_KEY0" : NULL;
}

static enum eg_code check_chip(const struct efuse_session *session, struct eg_error *err)
{
    const struct eg_efuses *fuses = &session->fuses;

    if (fuses->coding == EG_CODING_3_4)
        return eg_error_set(err, EG_SECURED, "a digest needs 32 bytes, and under 3/4 coding a block has 24");
    if (fuses->revision < fuses->chip->secure_boot_from)
        return eg_error_set(err, EG_WRONG_REVISION,
                            "secure boot v2 needs chip revision v%u.%u, and this one is v%u.%u",
                            fuses->chip->secure_boot_from / 100u, fuses->chip->secure_boot_from % 100u,
                            fuses->revision / 100u, fuses->revision % 100u);
    return EG_OK;
}

static enum eg_code want_digest(struct efuse_session *session, const struct cli_call *call, const char *block,
                                const char *path, const char *purpose, enum eg_sign_scheme *scheme,
                                bool first, struct eg_error *err)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key pair = {0};
    uint8_t digest[EG_SHA256_SIZE];
    struct eg_efuse_purpose found;

    if (purpose != NULL)
        EG_TRY(eg_efuse_get_purpose(&session->fuses, purpose, &found, err));
    if (purpose != NULL && (found.flags & EG_PURPOSE_DIGEST) == 0 && found.name != purpose)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is no purpose of a digest", purpose);
    EG_TRY(cli_file_check(path, err));
    EG_TRY(eg_sign_key_read(&pair, path, err));
    if (!first && pair.scheme != *scheme)
        return eg_error_set(
            err, EG_BAD_ARGUMENT,
            "%s: is a key of %s, and the one before it of %s: a chip takes keys of one scheme", path,
            eg_sign_scheme_name(pair.scheme), eg_sign_scheme_name(*scheme));
    *scheme = pair.scheme;
    EG_TRY(eg_sign_key_digest(digest, &pair, err));
    if (!session->is_virtual && eg_secret_refuse_published(digest, sizeof digest, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    const struct eg_efuse_key key = {
        .block = block,
        .purpose = purpose,
        .data = digest,
        .size = sizeof digest,
        .writable = cli_flag(call, "no-write-protect") || cli_flag(call, "no-protect-key"),
    };
    return eg_efuse_want_key(&session->plan, &key, err);
}

static enum eg_code step(struct cli_call *call, void *context, struct eg_error *err)
{
    struct efuse_session *session = context;
    const char *block = only_block(&session->fuses);
    const char *purpose = session->fuses.chip->purposes != NULL ? "SECURE_BOOT_DIGEST" : NULL;
    enum eg_sign_scheme scheme = EG_SIGN_RSA3072;

    EG_TRY(check_chip(session, err));
    session->plan.force = session->plan.force || cli_flag(call, "force-write-always");
    if (block != NULL && call->count != 1)
        return cli_usage(call, err, "%s has room for one digest: the argument is one KEYFILE",
                         session->fuses.label);
    if (block != NULL)
        return want_digest(session, call, block, call->argument[0], purpose, &scheme, true, err);
    EG_TRY(efuse_check_blocks(call, 3, err));
    for (int i = 0; i < call->count; i += 3)
        EG_TRY(want_digest(session, call, call->argument[i], call->argument[i + 1], call->argument[i + 2],
                           &scheme, i == 0, err));
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "no-protect-key", .help = "ESP32: leave the block writable"},
    {.name = "no-write-protect", .help = "Leave the block writable"},
    {.name = "no-read-protect", .help = "Accepted: a digest is never read-protected"},
    {.name = "show-sensitive-info", .help = "Accepted: a digest is no secret"},
    EFUSE_FORCE,
    EFUSE_OPTIONS,
    {.name = NULL}};

const struct cli_command cli_command_burn_key_digest = {
    .name = "efuse burn-key-digest",
    .group = CLI_SECURITY,
    .summary = "Burn digests of public keys, for secure boot v2",
    .arguments = "BLOCK KEYFILE PURPOSE...\nKEYFILE",
    .details =
        "The second form is the one of ESP32 and ESP32-C2, which have room for one digest. KEYFILE is a PEM "
        "file with a public or private key; purposes are SECURE_BOOT_DIGEST0 to 2. All keys must be of one "
        "scheme.",
    .options = options,
    .least = 1,
    .most = -1,
    .flags = EFUSE_FLAGS | CLI_BURNS,
    .run = efuse_run,
    .step = step,
};
