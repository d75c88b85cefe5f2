/* SPDX-License-Identifier: Apache-2.0 */

/*
 * espgang import: what a build made becomes a job file.
 *
 * The text is loaded as a job before anybody gets it: from where it will be, under another name, so that its
 * relative paths are those that count.
 */

#include "jobs/import.h"

#include "engine/stages/stages.h"
#include "jobs/job.h"
#include "tools/espgang/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is gone again unless it got its name. */
struct scratch {
    char path[4096]; /* "" = there is none */
};

static void scratch_finish(struct scratch *scratch)
{
    if (scratch->path[0] != '\0')
        unlink(scratch->path);
}

static enum eg_code scratch_name(struct scratch *scratch, const char *output, struct eg_error *err)
{
    const char *const folder = getenv("TMPDIR");
    const int length = output != NULL ? snprintf(scratch->path, sizeof scratch->path, "%s.part", output)
                                      : snprintf(scratch->path, sizeof scratch->path, "%s/espgang-XXXXXX",
                                                 folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    if (length >= 0 && length < (int)sizeof scratch->path)
        return EG_OK;
    scratch->path[0] = '\0';
    return eg_error_set(err, EG_BAD_ARGUMENT, "%.100s...: the path is too long",
                        output != NULL ? output : folder);
}

/* Writes the job for real and lets the job's own reader have it. */
static enum eg_code try_job(struct scratch *scratch, int fd, const struct eg_import *wanted,
                            struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    FILE *const out = fdopen(fd, "wb");

    if (out == NULL) {
        close(fd);
        return eg_error_errno(err, EG_IO, errno, "%s", scratch->path);
    }
    const enum eg_code code = eg_import(&text, wanted, err);
    const bool written = code != EG_OK || fwrite(text.data, 1, text.size, out) == text.size;
    const bool kept = written && fflush(out) == 0 && fsync(fd) == 0;
    const int cause = errno;
    fclose(out);
    EG_TRY(code);
    if (!kept)
        return eg_error_errno(err, EG_IO, cause, "%s", scratch->path);
    EG_TRY(eg_job_load(&plan, scratch->path, eg_stages, err));
    cli_tell_notices(plan);
    return EG_OK;
}

/* Without --force the name is taken first, so that nobody's file is lost who took it meanwhile. */
static enum eg_code give_name(struct scratch *scratch, const char *output, bool force, struct eg_error *err)
{
    if (!force) {
        const int fd = open(output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0)
            return eg_error_errno(err, EG_IO, errno, "%s", output);
        close(fd);
    }
    if (rename(scratch->path, output) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", output);
    scratch->path[0] = '\0';
    return EG_OK;
}

static enum eg_code to_file(struct eg_import *wanted, const char *output, bool force, struct eg_error *err)
{
    EG_CLEANUP(scratch_finish) struct scratch scratch = {""};

    EG_TRY(scratch_name(&scratch, output, err));
    const int fd = open(scratch.path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        eg_error_errno(err, EG_IO, errno, "%s", scratch.path);
        scratch.path[0] = '\0';
        return err->code;
    }
    wanted->job_path = output;
    EG_TRY(try_job(&scratch, fd, wanted, err));
    return give_name(&scratch, output, force, err);
}

static enum eg_code to_standard_output(struct eg_import *wanted, struct eg_error *err)
{
    EG_CLEANUP(scratch_finish) struct scratch scratch = {""};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};

    EG_TRY(scratch_name(&scratch, NULL, err));
    const int fd = mkstemp(scratch.path);
    if (fd < 0) {
        eg_error_errno(err, EG_IO, errno, "%s", scratch.path);
        scratch.path[0] = '\0';
        return err->code;
    }
    wanted->job_path = scratch.path;
    EG_TRY(try_job(&scratch, fd, wanted, err));
    wanted->job_path = "job.yaml"; /* here, whatever its name will be */
    EG_TRY(eg_import(&text, wanted, err));
    if (fwrite(text.data, 1, text.size, stdout) != text.size)
        return eg_error_errno(err, EG_IO, errno, "standard output");
    return EG_OK;
}

/* What can be said about the name of the output before anything is read. */
static bool check_output(const char *output, bool force)
{
    const char *const suffix = strrchr(output, '.');
    struct stat status;

    if (suffix != NULL && strcmp(suffix, ".json") == 0)
        fprintf(stderr, "espgang: %s: a file of this name is read as JSON, and this will be YAML\n", output);
    else if (lstat(output, &status) != 0)
        return true;
    else if (!force)
        fprintf(stderr, "espgang: %s: is there already; --force replaces it\n", output);
    else if (!S_ISREG(status.st_mode))
        fprintf(stderr, "espgang: %s: is not a regular file\n", output);
    else
        return true;
    return false;
}

enum cli_status cli_import(int argc, const char **argv)
{
    EG_CLEANUP(eg_free_cleanup) char *output = NULL;
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    EG_CLEANUP(eg_free_cleanup) char *chip = NULL;
    int force = 0;
    const struct poptOption options[] = {
        {"output", 'o', POPT_ARG_STRING, &output, 0, "where to (default: standard output)", "FILE"},
        {"name", 0, POPT_ARG_STRING, &name, 0, "name of the job (default: what the build is called)", "NAME"},
        {"chip", 0, POPT_ARG_STRING, &chip, 0, "which chip it is for, when nothing else says it", "CHIP"},
        {"force", 0, POPT_ARG_NONE, &force, 0, "replace a file that is there", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    EG_CLEANUP(cli_options_finish) poptContext context = NULL;
    struct eg_error err;

    if (!cli_options(&context, argc, argv, options, "BUILD"))
        return CLI_USAGE;
    struct eg_import wanted = {.source = poptGetArg(context), .name = name, .chip = chip};
    if (wanted.source == NULL)
        return cli_usage(context, "import what? name a file or folder that a build made");
    if (poptPeekArg(context) != NULL)
        return cli_usage(context, "one build at a time, not '%s' too", poptPeekArg(context));
    if (!cli_check_name(context, "--name", name) || (output != NULL && !check_output(output, force != 0)))
        return CLI_USAGE;
    if ((output != NULL ? to_file(&wanted, output, force != 0, &err) : to_standard_output(&wanted, &err)) ==
        EG_OK)
        return CLI_OK;
    return cli_fail(&err);
}
