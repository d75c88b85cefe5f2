/* SPDX-License-Identifier: Apache-2.0 */

/* espgang export: finished runs as JSON lines, plain or compressed. */

#include "db/files/export.h"

#include "tools/espgang/command.h"
#include "tools/espgang/ledger/selection.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

/* The destination of the lines. */
struct sink {
    const char *path;  /* for sentences */
    FILE *out;         /* NULL = not open */
    char *part;        /* beside its place until it is whole; NULL = it is written to as it is */
    ZSTD_CCtx *packer; /* NULL = plain */
    uint8_t *packed;
    int64_t runs;
};

static void sink_finish(struct sink *sink)
{
    if (sink->out != NULL && sink->out != stdout)
        fclose(sink->out);
    if (sink->part != NULL)
        unlink(sink->part);
    free(sink->part);
    free(sink->packed);
    ZSTD_freeCCtx(sink->packer);
}

static enum eg_code put(struct sink *sink, const void *data, size_t size, struct eg_error *err)
{
    if (fwrite(data, 1, size, sink->out) == size)
        return EG_OK;
    return eg_error_errno(err, EG_IO, errno, "%s", sink->path);
}

static enum eg_code pack(struct sink *sink, const char *line, size_t size, ZSTD_EndDirective end,
                         struct eg_error *err)
{
    ZSTD_inBuffer in = {line, size, 0};

    for (;;) {
        ZSTD_outBuffer out = {sink->packed, ZSTD_CStreamOutSize(), 0};
        const size_t left = ZSTD_compressStream2(sink->packer, &out, &in, end);
        if (ZSTD_isError(left))
            return eg_error_set(err, EG_NO_MEMORY, "%s: compressing: %s", sink->path,
                                ZSTD_getErrorName(left));
        EG_TRY(put(sink, sink->packed, out.pos, err));
        if (end == ZSTD_e_end ? left == 0 : in.pos == in.size)
            return EG_OK;
    }
}

static enum eg_code write_line(void *context, const char *line, size_t size, struct eg_error *err)
{
    struct sink *sink = context;

    if (eg_cancel_requested(cli_cancel()))
        return eg_error_set(err, EG_CANCELLED, "%s: not written, as asked for", sink->path);
    sink->runs++;
    if (sink->packer != NULL)
        return pack(sink, line, size, ZSTD_e_continue, err);
    return put(sink, line, size, err);
}

static enum eg_code open_beside(struct sink *sink, struct eg_error *err)
{
    const size_t size = strlen(sink->path) + 32;
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;

    EG_TRY(eg_alloc(&name, 1, size, err));
    snprintf(name, size, "%s.%ld.part", sink->path, (long)getpid());
    unlink(name); /* of a program that was killed and had the same number */
    const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return eg_error_errno(err, EG_IO, errno, "%s", sink->path);
    sink->part = name;
    name = NULL;
    sink->out = fdopen(fd, "w");
    if (sink->out != NULL)
        return EG_OK;
    close(fd);
    return eg_error_errno(err, EG_IO, errno, "%s", sink->path);
}

static enum eg_code open_sink(struct sink *sink, const char *path, bool packed, struct eg_error *err)
{
    struct stat link, target;

    sink->path = path != NULL ? path : "standard output";
    if (packed) {
        EG_TRY(eg_alloc(&sink->packed, 1, ZSTD_CStreamOutSize(), err));
        sink->packer = ZSTD_createCCtx();
        if (sink->packer == NULL)
            return eg_error_set(err, EG_NO_MEMORY, "out of memory");
        ZSTD_CCtx_setParameter(sink->packer, ZSTD_c_checksumFlag, 1);
    }
    if (path == NULL) {
        sink->out = stdout;
        return EG_OK;
    }
    if (lstat(path, &link) != 0)
        return open_beside(sink, err);
    if (stat(path, &target) == 0 && !S_ISREG(target.st_mode)) {
        sink->out = fopen(path, "we");
        return sink->out != NULL ? EG_OK : eg_error_errno(err, EG_IO, errno, "%s", path);
    }
    if (S_ISLNK(link.st_mode))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: is a symbolic link; name the file itself", path);
    return open_beside(sink, err);
}

static enum eg_code close_sink(struct sink *sink, struct eg_error *err)
{
    if (sink->packer != NULL)
        EG_TRY(pack(sink, NULL, 0, ZSTD_e_end, err));
    if (fflush(sink->out) != 0 || (sink->part != NULL && fsync(fileno(sink->out)) != 0))
        return eg_error_errno(err, EG_IO, errno, "%s", sink->path);
    if (sink->part == NULL)
        return EG_OK;
    if (rename(sink->part, sink->path) != 0)
        return eg_error_errno(err, EG_IO, errno, "%s", sink->path);
    free(sink->part);
    sink->part = NULL;
    return EG_OK;
}

static enum eg_code export(struct cli_call *call, struct eg_error *err) {
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(sink_finish) struct sink sink = {0};
    EG_CLEANUP(cli_selection_finish) struct cli_selection selection = {.run_numbers = true};
    const char *const path = cli_text(call, "output");
    const size_t length = path != NULL ? strlen(path) : 0;
    struct eg_export what = {.logs = cli_flag(call, "logs")};

    EG_TRY(cli_selection_read(&selection, call, err));
    if (path != NULL && length == 0) return cli_usage(call, err, "--output: the path is empty");
    const bool packed = cli_flag(call, "zstd") || (length > 4 && strcmp(path + length - 4, ".zst") == 0);
    cli_catch_signals(NULL, NULL);
    EG_TRY(eg_query_open(&query, cli_text(call, "ledger"), err));
    EG_TRY(cli_selection_batches(&selection, call, query, err));
    what.runs = selection.runs;
    what.after_run = selection.after_run;
    EG_TRY(open_sink(&sink, path, packed, err));
    EG_TRY(eg_query_export(query, &what, write_line, &sink, err));
    EG_TRY(close_sink(&sink, err));
    if (path != NULL)
        fprintf(stderr, "%" PRId64 " run%s in %s\n", sink.runs, sink.runs == 1 ? "" : "s", path);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_SELECTION_OPTIONS,
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "Write to this file instead of standard output; compress it when its name ends in .zst",
     .more = "The file gets its name when it is whole."},
    {.name = "zstd", .help = "Compress with zstd"},
    {.name = "logs",
     .help = "Include what applications printed, compressed with zstd, in base64",
     .more = "Without it there are its length and digest."},
    CLI_OPTION_LEDGER("Ledger to read"),
    {.name = NULL}};

const struct cli_command cli_command_export = {
    .name = "export",
    .group = CLI_LEDGER,
    .summary = "Write finished runs as JSON lines",
    .arguments = "",
    .details = "Each line is a run, in the order they finished: session, job by its digest, unit, stages, "
               "regions, values, "
               "rows of pools, outcome and place in the chain. It begins with "
               "`{\"espgang\":\"run\",\"version\":2`; the "
               "version grows when a field changes its meaning or goes. Values of secret columns are null. "
               "`--since` "
               "also takes the number of a run, and selects those that finished after it.",
    .options = options,
    .run = export,
};
