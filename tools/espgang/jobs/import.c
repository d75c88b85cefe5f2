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
#include "tools/espgang/jobs/load.h"

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

/* Write the job to a temporary file and check it by the reader of jobs. */
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
    const int fd = open(scratch.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        if (errno == EEXIST)
            eg_error_set(err, EG_BAD_ARGUMENT,
                         "%s: exists already; remove it unless another import writes it", scratch.path);
        else
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
    wanted->job_path = "job.yaml"; /* in the present folder, whatever its name will be */
    EG_TRY(eg_import(&text, wanted, err));
    if (fwrite(text.data, 1, text.size, stdout) != text.size)
        return eg_error_errno(err, EG_IO, errno, "standard output");
    return EG_OK;
}

/* Check the output's name before anything is read. */
static enum eg_code check_output(const char *output, bool force, struct eg_error *err)
{
    const char *const suffix = strrchr(output, '.');
    struct stat status;

    if (suffix != NULL && strcmp(suffix, ".json") == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT,
                            "%s: a file of this name is read as JSON, and this will be YAML", output);
    if (lstat(output, &status) != 0)
        return EG_OK;
    if (!force)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: exists already; --force replaces it", output);
    if (!S_ISREG(status.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is not a regular file", output);
    return EG_OK;
}

static enum eg_code import(struct cli_call *call, struct eg_error *err)
{
    struct eg_import wanted = {
        .source = call->argument[0], .name = cli_text(call, "name"), .chip = cli_text(call, "chip")};
    const char *const output = cli_text(call, "output");
    const bool force = cli_flag(call, "force");

    EG_TRY(cli_check_name(call, "name", err));
    if (output == NULL)
        return to_standard_output(&wanted, err);
    EG_TRY(check_output(output, force, err));
    return to_file(&wanted, output, force, err);
}

static const struct cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "Job file to write (default: standard output, with paths relative to the current folder)"},
    {.name = "name",
     .value = "NAME",
     .help = "Name of the job (default: the name of the build or of its application)"},
    {.name = "chip",
     .value = "CHIP",
     .help = "Chip of the build",
     .more =
         "Needed when neither the build nor the header of an image names it, and when a manifest has several "
         "builds."},
    {.name = "force", .help = "Replace a file that exists"},
    {.name = NULL}};

const struct cli_command cli_command_import = {
    .name = "import",
    .group = CLI_JOBS,
    .summary = "Make a job file from the output of a build",
    .arguments = "BUILD",
    .details = "BUILD is `flasher_args.json` or `flash_args` of ESP-IDF (Arduino has the latter, too), "
               "`manifest.json` of "
               "ESP Web Tools, `idedata.json` of PlatformIO, a file with a copied command line of esptool, a "
               "folder with "
               "one of these, a folder that PlatformIO (`.pio/build/NAME`) or Arduino (Export Compiled "
               "Binary) made, or "
               "one file that is all of the firmware: merged, Intel HEX, UF2 or ELF. The format is "
               "recognised by the "
               "content.\n"
               "\n"
               "Comments in the job file name the origin of everything, and the settings of the build that a "
               "job does not "
               "take over. The job and all its files are checked as by `check` before anything is written.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = import,
};
