/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Making bundles. What is in one depends on the job alone: no times, no users, no paths of this machine, and
 * always the same order, so that two people who froze the same job can compare files.
 */

#include "jobs/bundle.h"
#include "jobs/freeze.h"
#include "jobs/job_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Dense, and a second for what most jobs have. */
#define COMPRESSION_LEVEL "12"

static void close_cleanup(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

static enum eg_code make_manifest(struct eg_buffer *manifest, const struct eg__bundle *bundle,
                                  const struct eg_plan *plan, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    size_t size = 0;
    EG_CLEANUP(close_cleanup) FILE *out = open_memstream(&text, &size);
    const char *const words[][2] = {{"job", plan->job_name}, {"version", plan->job_version}};
    char sha256[EG_SHA256_TEXT];

    if (out == NULL)
        return eg_error_errno(err, EG_NO_MEMORY, errno, "the manifest of a bundle");
    fputs("{\n  \"espgang-bundle\": " EG__BUNDLE_FORMAT ",\n", out);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        fprintf(out, "  \"%s\": ", words[i][0]);
        eg__put_quoted(out, words[i][1]);
        fputs(",\n", out);
    }
    fprintf(out, "  \"chip\": \"%s\",\n  \"tool\": \"espgang " EG_VERSION "\",\n  \"files\": [",
            plan->target->name);
    for (unsigned i = 0; i < bundle->count; i++) {
        const struct eg__member *const member = &bundle->members[i];
        eg_hex(sha256, member->sha256, sizeof member->sha256);
        fprintf(out, "%s\n    {\"name\": \"%s\", \"size\": %zu, \"sha256\": \"%s\"}", i == 0 ? "" : ",",
                member->name, member->size, sha256);
    }
    fputs("\n  ]\n}\n", out);
    if (fflush(out) != 0 || ferror(out))
        return eg_error_set(err, EG_NO_MEMORY, "the manifest of a bundle");
    return eg_buffer_append(manifest, text, size, err);
}

struct sink {
    struct eg_buffer *bytes;
    struct eg_error *err;
};

static la_ssize_t take(struct archive *archive, void *context, const void *data, size_t size)
{
    const struct sink *const sink = context;

    if (eg_buffer_append(sink->bytes, data, size, sink->err) == EG_OK)
        return (la_ssize_t)size;
    archive_set_error(archive, ENOMEM, "%s", sink->err->text);
    return -1;
}

static enum eg_code refuse_archive(struct archive *archive, struct eg_error *err)
{
    return eg_error_set(err, EG_INTERNAL, "the archive of a bundle cannot be made: %s",
                        archive_error_string(archive));
}

static enum eg_code put_member(struct archive *archive, const char *name, const struct eg_buffer *data,
                               struct eg_error *err)
{
    struct archive_entry *const entry = archive_entry_new();

    if (entry == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "a file of a bundle");
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)data->size);
    archive_entry_set_mtime(entry, 0, 0);
    const int result = archive_write_header(archive, entry);
    archive_entry_free(entry);
    if (result != ARCHIVE_OK || archive_write_data(archive, data->data, data->size) != (la_ssize_t)data->size)
        return refuse_archive(archive, err);
    return EG_OK;
}

static void archive_cleanup(struct archive **archive)
{
    archive_write_free(*archive);
}

static enum eg_code make_archive(struct eg_buffer *bytes, const struct eg__bundle *bundle,
                                 const struct eg_buffer *manifest, struct eg_error *err)
{
    struct sink sink = {bytes, err};
    EG_CLEANUP(archive_cleanup) struct archive *archive = archive_write_new();

    if (archive == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "making a bundle");
    if (archive_write_set_format_ustar(archive) != ARCHIVE_OK ||
        archive_write_add_filter_zstd(archive) != ARCHIVE_OK ||
        archive_write_set_filter_option(archive, "zstd", "compression-level", COMPRESSION_LEVEL) !=
            ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        archive_write_open(archive, &sink, NULL, take, NULL) != ARCHIVE_OK)
        return refuse_archive(archive, err);
    EG_TRY(put_member(archive, EG__BUNDLE_MANIFEST, manifest, err));
    for (unsigned i = 0; i < bundle->count; i++)
        EG_TRY(put_member(archive, bundle->members[i].name, &bundle->members[i].data, err));
    return archive_write_close(archive) == ARCHIVE_OK ? EG_OK : refuse_archive(archive, err);
}

static bool same_text(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool same_content(const struct eg_buffer *left, const struct eg_buffer *right)
{
    return left->size == right->size && (left->size == 0 || memcmp(left->data, right->data, left->size) == 0);
}

/* Files are found under other names, but have the same content. */
static bool same_settings(const struct eg_setting *left, const struct eg_setting *right, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct eg_setting *const a = &left[i], *const b = &right[i];
        const enum eg_option_type type = a->option->type;
        if (a->given != b->given || (type != EG_OPTION_FILE && !same_text(a->text, b->text)) ||
            a->item_count != b->item_count || a->group_count != b->group_count ||
            !same_content(&a->content, &b->content))
            return false;
        for (unsigned n = type == EG_OPTION_PROGRAM; n < a->item_count; n++)
            if (!same_text(a->items[n].name, b->items[n].name) ||
                (type != EG_OPTION_FILE_LIST && !same_text(a->items[n].text, b->items[n].text)) ||
                !same_content(&a->items[n].content, &b->items[n].content))
                return false;
        for (unsigned n = 0; n < a->group_count; n++)
            if (!same_settings(a->groups[n].settings, b->groups[n].settings, a->groups[n].setting_count))
                return false;
    }
    return true;
}

static bool same_region(const struct eg_region *left, const struct eg_region *right)
{
    return strcmp(left->name, right->name) == 0 && left->flash_addr == right->flash_addr &&
           left->file_size == right->file_size && left->is_image == right->is_image &&
           left->data.size == right->data.size &&
           memcmp(left->data.data, right->data.data, left->data.size) == 0;
}

/* Nobody should meet at the line what could be seen here. */
static enum eg_code check_same(const struct eg_plan *plan, const struct eg_buffer *file,
                               const struct eg_stage *const *stages, struct eg_error *err)
{
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle read = {.count = 0};
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *frozen = NULL;

    if (eg__bundle_read(&read, "the bundle", file->data, file->size, NULL, err) != EG_OK ||
        eg__bundle_plan(&frozen, &read, stages, err) != EG_OK)
        return eg_error_prefix(err, "%s: frozen, it is refused: ", plan->job_path);
    for (unsigned i = 0; i < plan->region_count && i < frozen->region_count; i++)
        if (!same_region(&plan->regions[i], &frozen->regions[i]))
            return eg_error_set(err, EG_BAD_JOB, "%s: frozen, region %.80s would be another", plan->job_path,
                                plan->regions[i].name);
    if (plan->region_count != frozen->region_count ||
        plan->declared_flash_size != frozen->declared_flash_size ||
        !same_settings(plan->settings, frozen->settings, plan->setting_count))
        return eg_error_set(err, EG_BAD_JOB, "%s: frozen, it would be another job", plan->job_path);
    return EG_OK;
}

enum eg_code eg_bundle_make(struct eg_buffer *bundle, const char *job_path,
                            const struct eg_stage *const *stages, struct eg_error *err)
{
    EG_CLEANUP(eg__document_finish) struct eg__document document = {.file = NULL};
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle frozen = {.count = 0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer manifest = {0}, bytes = {0};

    if (eg__bundle_is(job_path))
        return eg_error_set(err, EG_BAD_JOB, "%s: is a bundle already", job_path);
    EG_TRY(eg__document_read(&document, job_path, err));
    EG_TRY(eg__job_make(&plan, &document, stages, err));
    EG_TRY(eg__freeze(&frozen, &document, plan, err));
    EG_TRY(make_manifest(&manifest, &frozen, plan, err));
    EG_TRY(make_archive(&bytes, &frozen, &manifest, err));
    eg__bundle_finish(&frozen);
    EG_TRY(eg__seal_append(&bytes, NULL, false, err));
    EG_TRY(check_same(plan, &bytes, stages, err));
    *bundle = bytes;
    bytes = (struct eg_buffer){0};
    return EG_OK;
}
