/* SPDX-License-Identifier: Apache-2.0 */

/* espgang sign: keys, and signatures of bundles. */

#include "engine/base/file.h"
#include "engine/stages/stages.h"
#include "jobs/bundle.h"
#include "tools/espgang/command.h"

static enum eg_code new_key(const char *path, struct eg_error *err)
{
    char fingerprint[EG_KEY_TEXT];
    struct eg_key key;

    EG_TRY(eg_key_create(path, &key, err));
    EG_TRY(eg_key_fingerprint(fingerprint, &key, err));
    printf("%s is a new private key: keep it secret; %s.pub is for 'espgang trust add'\nkey %s\n", path, path,
           fingerprint);
    return EG_OK;
}

static enum eg_code sign(const struct cli_call *call, const char *key, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bundle = {0};
    const char *const path = call->argument[0], *const given = cli_text(call, "output");
    const char *const output = given != NULL ? given : path;
    const struct eg_file_options options = {
        .mode = 0666, .replace = given == NULL || cli_flag(call, "force"), .cancel = cli_cancel()};
    char fingerprint[EG_KEY_TEXT];
    struct eg_key signer;

    EG_TRY(eg_bundle_sign(&bundle, &signer, path, key, cli_flag(call, "allow-rollback"), eg_stages, err));
    EG_TRY(eg_key_fingerprint(fingerprint, &signer, err));
    cli_catch_signals(NULL, NULL);
    EG_TRY(eg_file_write(output, bundle.data, bundle.size, &options, err));
    printf("%s is signed by the key %s%s\n", output, fingerprint,
           cli_flag(call, "allow-rollback") ? ", with permission for a rollback" : "");
    return EG_OK;
}

static enum eg_code sign_or_make_key(struct cli_call *call, struct eg_error *err)
{
    const char *const key = cli_text(call, "key"), *const created = cli_text(call, "new-key");

    if (created != NULL && (key != NULL || cli_flag(call, "allow-rollback") ||
                            cli_text(call, "output") != NULL || call->count > 0))
        return cli_usage(call, err, "--new-key excludes everything else");
    if (created != NULL)
        return new_key(created, err);
    if (call->count == 0)
        return cli_usage(call, err, "missing argument: BUNDLE");
    if (key == NULL)
        return cli_usage(call, err, "missing option: --key FILE");
    return sign(call, key, err);
}

static const struct cli_option options[] = {
    {.name = "key",
     .value = "FILE",
     .help = "Private key to sign with",
     .more = "PKCS#8 in PEM, readable only by its owner."},
    {.name = "allow-rollback",
     .help = "Let the bundle run also on stations that have run a newer version of the job"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "Write the signed bundle there (default: replace the bundle)"},
    {.name = "force", .help = "Replace a file that exists"},
    {.name = "new-key",
     .value = "FILE",
     .help = "Make a private key in FILE, and its public key in FILE.pub"},
    {.name = NULL}};

const struct cli_command cli_command_sign = {
    .name = "sign",
    .group = CLI_JOBS,
    .summary = "Sign a bundle, or make a key to sign with",
    .arguments = "--key FILE BUNDLE\n--new-key FILE",
    .details = "The key is an Ed25519 key. A former signature is replaced.",
    .options = options,
    .most = 1,
    .run = sign_or_make_key,
};
