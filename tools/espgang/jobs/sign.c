/* SPDX-License-Identifier: Apache-2.0 */

/* espgang sign: keys, and signatures of bundles. */

#include "engine/base/file.h"
#include "engine/stages/stages.h"
#include "jobs/bundle.h"
#include "tools/espgang/cli.h"

static enum cli_status new_key(const char *path)
{
    char fingerprint[EG_KEY_TEXT];
    struct eg_error err;
    struct eg_key key;

    if (eg_key_create(path, &key, &err) != EG_OK || eg_key_fingerprint(fingerprint, &key, &err) != EG_OK)
        return cli_fail(&err);
    printf("%s is a new private key, which stays secret; %s.pub is for 'espgang trust add'\nkey %s\n", path,
           path, fingerprint);
    return CLI_OK;
}

static enum cli_status sign(const char *path, const char *key_path, const char *output, bool force)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bundle = {0};
    const struct eg_file_options options = {
        .mode = 0666, .replace = force || output == NULL, .cancel = cli_cancel()};
    char fingerprint[EG_KEY_TEXT];
    struct eg_error err;
    struct eg_key signer;

    if (eg_bundle_sign(&bundle, &signer, path, key_path, eg_stages, &err) != EG_OK ||
        eg_key_fingerprint(fingerprint, &signer, &err) != EG_OK)
        return cli_fail(&err);
    cli_catch_signals(NULL, NULL);
    if (eg_file_write(output != NULL ? output : path, bundle.data, bundle.size, &options, &err) != EG_OK)
        return cli_fail(&err);
    printf("%s is signed by the key %s\n", output != NULL ? output : path, fingerprint);
    return CLI_OK;
}

enum cli_status cli_sign(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *key = NULL;
    EG_CLEANUP(eg_free_cleanup) char *created = NULL;
    EG_CLEANUP(eg_free_cleanup) char *output = NULL;
    int force = 0;
    const struct poptOption options[] = {
        {"key", 0, POPT_ARG_STRING, &key, 0, "private key to sign with", "FILE"},
        {"output", 'o', POPT_ARG_STRING, &output, 0, "write the signed bundle there (default: in its place)",
         "FILE"},
        {"force", 0, POPT_ARG_NONE, &force, 0, "replace a file that is there", NULL},
        {"new-key", 0, POPT_ARG_STRING, &created, 0, "make a private key, and its public key in FILE.pub",
         "FILE"},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;

    if (!cli_options(&context, argc, argv, options, "BUNDLE"))
        return CLI_USAGE;
    const char *const bundle = poptGetArg(context);
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "one bundle at a time, not '%s' too", poptPeekArg(context));
    if (created != NULL && (key != NULL || output != NULL || bundle != NULL))
        return cli_usage(context, "--new-key goes alone");
    if (created != NULL)
        return new_key(created);
    if (bundle == NULL)
        return cli_usage(context, "sign what? name a bundle");
    if (key == NULL)
        return cli_usage(context, "by which key? name its file with --key");
    return sign(bundle, key, output, force != 0);
}
