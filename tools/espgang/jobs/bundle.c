/* SPDX-License-Identifier: Apache-2.0 */

/* espgang bundle: a job and all its files as one file, and what is in such a file. */

#include "engine/base/file.h"
#include "engine/stages/stages.h"
#include "jobs/bundle.h"
#include "tools/espgang/document.h"
#include "tools/espgang/jobs/load.h"

#include <string.h>
#include <sys/stat.h>

/* Devices and pipes are written to, as elsewhere. */
static bool is_taken(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 && (S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) &&
           (stat(path, &info) != 0 || S_ISREG(info.st_mode));
}

static enum eg_code make(const char *job, const char *output, bool force, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bundle = {0};
    const struct eg_file_options options = {.mode = 0666, .replace = force, .cancel = cli_cancel()};

    if (eg_bundle_make(&bundle, job, eg_stages, err) != EG_OK)
        return cli_blame_job(err);
    cli_catch_signals(NULL, NULL);
    return eg_file_write(output, bundle.data, bundle.size, &options, err);
}

static enum eg_code print_json(const struct cli_call *call, const char *path, struct eg_error *err)
{
    json_t *members;

    EG_TRY(eg_bundle_members(&members, path, err));
    return cli_print_document(call, members, err);
}

static enum eg_code bundle(struct cli_call *call, struct eg_error *err)
{
    const char *const output = cli_text(call, "output"), *const list = cli_text(call, "list");
    const bool force = cli_flag(call, "force");

    if (list != NULL && (call->count > 0 || output != NULL))
        return cli_usage(call, err, "--list takes a bundle and nothing else");
    if (list == NULL && cli_flag(call, "json"))
        return cli_usage(call, err, "--json goes with --list");
    if (list != NULL && cli_flag(call, "json"))
        return print_json(call, list, err);
    if (list != NULL)
        return eg_bundle_list(list, stdout, err);
    if (call->count == 0)
        return cli_usage(call, err, "missing argument: JOB");
    if (output == NULL)
        return cli_usage(call, err, "missing option: --output FILE");
    if (!force && is_taken(output))
        return cli_usage(call, err, "%s exists already; --force replaces it", output);
    return make(call->argument[0], output, force, err);
}

static const struct cli_option options[] = {
    {.name = "output", .letter = 'o', .value = "FILE", .help = "Bundle to write"},
    {.name = "force", .help = "Replace a file that exists"},
    {.name = "list",
     .value = "FILE",
     .help = "Show what is in a bundle, with sizes and SHA-256, and who signed it; do nothing else"},
    CLI_OPTION_JSON,
    {.name = NULL}};

const struct cli_command cli_command_bundle = {
    .name = "bundle",
    .group = CLI_JOBS,
    .summary = "Freeze a job and all its files into one file",
    .arguments = "JOB --output FILE\n--list FILE",
    .details =
        "`run` and `check` take a bundle as they take a job file. The same job makes the same bundle. A "
        "bundle in which a byte was changed is refused. Other programs read it as `.tar.zst`.",
    .options = options,
    .most = 1,
    .run = bundle,
};
