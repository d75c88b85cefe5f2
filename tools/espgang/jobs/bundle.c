/* SPDX-License-Identifier: Apache-2.0 */

/* espgang bundle: a job and all its files as one file, and what is in such a file. */

#include "engine/base/file.h"
#include "engine/stages/stages.h"
#include "jobs/bundle.h"
#include "tools/espgang/cli.h"

#include <string.h>
#include <sys/stat.h>

/* Devices and pipes are written to, as elsewhere; what is wrong with a path is said when it is written. */
static bool is_taken(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 && (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) &&
           (stat(path, &info) != 0 || S_ISREG(info.st_mode));
}

static enum cli_status make(const char *job, const char *output, bool force)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bundle = {0};
    const struct eg_file_options options = {.mode = 0666, .replace = force, .cancel = cli_cancel()};
    struct eg_error err;

    if (eg_bundle_make(&bundle, job, eg_stages, &err) != EG_OK) {
        cli_fail(&err);
        return CLI_USAGE;
    }
    cli_catch_signals(NULL, NULL);
    if (eg_file_write(output, bundle.data, bundle.size, &options, &err) != EG_OK)
        return cli_fail(&err);
    return CLI_OK;
}

enum cli_status cli_bundle(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *output = NULL;
    EG_CLEANUP(eg_free_cleanup) char *list = NULL;
    int force = 0;
    const struct poptOption options[] = {
        {"output", 'o', POPT_ARG_STRING, &output, 0, "the bundle to write", "FILE"},
        {"force", 0, POPT_ARG_NONE, &force, 0, "replace a file that is there", NULL},
        {"list", 0, POPT_ARG_STRING, &list, 0, "show what is in a bundle and who signed it; nothing else",
         "FILE"},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    struct eg_error err;

    if (!cli_options(&context, argc, argv, options, "JOB"))
        return CLI_USAGE;
    const char *const job = poptGetArg(context);
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "one job file at a time, not '%s' too", poptPeekArg(context));
    if (list != NULL && (job != NULL || output != NULL))
        return cli_usage(context, "--list takes a bundle and nothing else");
    if (list != NULL)
        return eg_bundle_list(list, stdout, &err) == EG_OK ? CLI_OK : cli_fail(&err);
    if (job == NULL)
        return cli_usage(context, "bundle what? name a job file");
    if (output == NULL)
        return cli_usage(context, "where to? name a file with -o");
    if (!force && is_taken(output))
        return cli_usage(context, "%s is there already; --force replaces it", output);
    return make(job, output, force != 0);
}
