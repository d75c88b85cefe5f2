/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/trust.h"

#include "tools/espgang/document.h"
#include "tools/espgang/station.h"

#include <string.h>

static enum eg_code show(const char *what, const char *name, const struct eg_key *key, struct eg_error *err)
{
    char fingerprint[EG_KEY_TEXT];

    EG_TRY(eg_key_fingerprint(fingerprint, key, err));
    printf("%s%s  %s\n", what, fingerprint, name);
    return EG_OK;
}

static enum eg_code print_json(const struct cli_call *call, const struct eg_trust *trust,
                               struct eg_error *err)
{
    json_t *const keys = json_array(), *const revoked = json_array();
    enum eg_code code = EG_OK;

    for (unsigned i = 0; i < trust->count && code == EG_OK; i++) {
        char fingerprint[EG_KEY_TEXT];
        code = eg_key_fingerprint(fingerprint, &trust->keys[i].key, err);
        if (code == EG_OK)
            json_array_append_new(keys, json_pack("{s:s, s:o}", "fingerprint", fingerprint, "name",
                                                  cli_json_text(trust->keys[i].name)));
    }
    for (unsigned i = 0; i < trust->revoked_count; i++)
        json_array_append_new(revoked, json_string(trust->revoked[i]));
    json_t *const members =
        json_pack("{s:o, s:b, s:o, s:o}", "folder", cli_json_text(trust->folder), "only_trusted",
                  eg_trust_is_closed(trust), "keys", keys, "revoked", revoked);
    if (code == EG_OK)
        return cli_print_document(call, members, err);
    json_decref(members);
    return code;
}

static enum eg_code list(const struct cli_call *call, const char *folder, struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};

    EG_TRY(eg_trust_read(&trust, folder, err));
    if (cli_flag(call, "json"))
        return print_json(call, &trust, err);
    for (unsigned i = 0; i < trust.count; i++)
        EG_TRY(show("", trust.keys[i].name, &trust.keys[i].key, err));
    for (unsigned i = 0; i < trust.revoked_count; i++)
        printf("%s  revoked\n", trust.revoked[i]);
    if (!eg_trust_is_closed(&trust))
        printf("no key is trusted in %s: every job and every bundle runs\n", trust.folder);
    return EG_OK;
}

static enum eg_code trust(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};
    const char *const action = call->argument[0], *const what = call->argument[1];
    const char *folder;
    struct eg_key key;

    EG_TRY(cli_station_trust(&station, call, &folder, err));
    if (strcmp(action, "list") == 0)
        return what == NULL ? list(call, folder, err)
                            : cli_usage(call, err, "unexpected argument '%s'", what);
    if (cli_flag(call, "json"))
        return cli_usage(call, err, "--json goes with list");
    if (strcmp(action, "add") == 0) {
        if (what == NULL)
            return cli_usage(call, err, "missing argument: FILE of a public key");
        EG_TRY(eg_trust_add(folder, what, &key, err));
        return show("trusted now: ", what, &key, err);
    }
    if (strcmp(action, "remove") == 0) {
        if (what == NULL)
            return cli_usage(call, err, "missing argument: KEY, as 'espgang trust list' shows it");
        EG_TRY(eg_trust_remove(folder, what, &key, err));
        return show("trusted no longer: ", what, &key, err);
    }
    if (strcmp(action, "revoke") == 0) {
        char fingerprint[EG_KEY_TEXT];
        if (what == NULL)
            return cli_usage(call, err, "missing argument: KEY, by its name or fingerprint");
        EG_TRY(eg_trust_revoke(folder, what, fingerprint, err));
        printf("revoked: %s\n", fingerprint);
        return EG_OK;
    }
    return cli_usage(call, err, "'%s' is none of add, list, remove and revoke", action);
}

static const char *const actions[] = {"add", "list", "remove", "revoke", NULL};
static const struct cli_option options[] = {CLI_OPTION_TRUST_DIR, CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_trust = {
    .name = "trust",
    .group = CLI_JOBS,
    .summary = "Choose the keys whose bundles this station runs",
    .arguments = "add FILE\nlist\nremove KEY\nrevoke KEY",
    .details =
        "As soon as one key is trusted, `run` and `check` take only bundles that a trusted key has "
        "signed. KEY "
        "is a name or a fingerprint, as `list` shows them. Such a station runs no version of a job that is "
        "older than one its ledger has runs of, unless the bundle is signed with `--allow-rollback`, and no "
        "program that is searched in PATH: hooks are programs of the bundle.\n"
        "\n"
        "`revoke` adds a key to the list of revoked ones, the file `revoked` in the folder of trusted keys, "
        "which may be copied from station to station: a fingerprint in each line. What a revoked key has "
        "signed does not run, even if somebody adds the key again under another name. A line that is running "
        "goes "
        "on with its bundle: end it.",
    .options = options,
    .words = actions,
    .least = 1,
    .most = 2,
    .run = trust,
};
