/* SPDX-License-Identifier: Apache-2.0 */

/* espgang trust: the keys whose bundles this station runs; and loading jobs by them. */

#include "jobs/trust.h"

#include "engine/stages/stages.h"
#include "jobs/job.h"
#include "tools/espgang/cli.h"

#include <string.h>

void cli_tell_notices(const struct eg_plan *plan)
{
    for (unsigned i = 0; i < plan->notice_count; i++) {
        const struct eg_notice *const notice = &plan->notices[i];
        if (notice->allowed)
            fprintf(stderr, "espgang: note: the job allows %s: %s\n", notice->rule->name, notice->text);
        else
            fprintf(stderr, "espgang: warning: %s\n", notice->text);
    }
}

enum cli_status cli_load_job(struct eg_plan **plan, const char *job, const char *trust_dir)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    struct eg_error err;

    if (eg_trust_read(&trust, trust_dir, &err) != EG_OK)
        return cli_fail(&err);
    if (eg_job_load_trusted(plan, job, &trust, eg_stages, &err) != EG_OK) {
        cli_fail(&err);
        return CLI_USAGE;
    }
    cli_tell_notices(*plan);
    return CLI_OK;
}

static enum cli_status show(const char *what, const char *name, const struct eg_key *key)
{
    char fingerprint[EG_KEY_TEXT];
    struct eg_error err;

    if (eg_key_fingerprint(fingerprint, key, &err) != EG_OK)
        return cli_fail(&err);
    printf("%s%s  %s\n", what, fingerprint, name);
    return CLI_OK;
}

static enum cli_status list(const char *folder)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};
    struct eg_error err;

    if (eg_trust_read(&trust, folder, &err) != EG_OK)
        return cli_fail(&err);
    for (unsigned i = 0; i < trust.count; i++)
        if (show("", trust.keys[i].name, &trust.keys[i].key) != CLI_OK)
            return CLI_STATION;
    if (trust.count == 0)
        printf("no key is trusted in %s: every job and every bundle runs\n", trust.folder);
    return CLI_OK;
}

static enum cli_status add(const char *folder, const char *path)
{
    struct eg_error err;
    struct eg_key key;

    if (eg_trust_add(folder, path, &key, &err) != EG_OK)
        return cli_fail(&err);
    return show("trusted now: ", path, &key);
}

static enum cli_status take_away(const char *folder, const char *which)
{
    struct eg_error err;
    struct eg_key key;

    if (eg_trust_remove(folder, which, &key, &err) != EG_OK)
        return cli_fail(&err);
    return show("trusted no longer: ", which, &key);
}

enum cli_status cli_trust(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *folder = NULL;
    const struct poptOption options[] = {
        {"trust-dir", 0, POPT_ARG_STRING, &folder, 0, CLI_TRUST_DIR_HELP, "DIR"},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;

    if (!cli_options(&context, argc, argv, options, "add FILE | list | remove NAME"))
        return CLI_USAGE;
    const char *const action = poptGetArg(context), *const what = poptGetArg(context);
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "one key at a time, not '%s' too", poptPeekArg(context));
    if (action != NULL && strcmp(action, "list") == 0)
        return what == NULL ? list(folder) : cli_usage(context, "list takes nothing, but got '%s'", what);
    if (action != NULL && strcmp(action, "add") == 0)
        return what != NULL ? add(folder, what) : cli_usage(context, "add what? name a public key's file");
    if (action != NULL && strcmp(action, "remove") == 0)
        return what != NULL ? take_away(folder, what)
                            : cli_usage(context, "remove what? name a key as 'espgang trust list' does");
    return cli_usage(context, "say one of add, list, remove");
}
