/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bundles: with a correct seal around any content, the files read are those of the manifest.
 *
 * An input that begins like zstd is the part before the seal, otherwise the archive inside; so every change
 * of the input reaches the reader.
 */

#include "jobs/bundle_internal.h"
#include "engine/stages/stages.h"
#include "tests/fuzz/fuzz.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

static la_ssize_t take(struct archive *archive, void *context, const void *data, size_t size)
{
    struct eg_error err;

    (void)archive;
    HOLDS(eg_buffer_append(context, data, size, &err) == EG_OK);
    return (la_ssize_t)size;
}

static void compress(struct eg_buffer *content, const uint8_t *data, size_t size)
{
    struct archive *const archive = archive_write_new();
    struct archive_entry *const entry = archive_entry_new();

    HOLDS(archive_write_set_format_raw(archive) == ARCHIVE_OK);
    HOLDS(archive_write_add_filter_zstd(archive) == ARCHIVE_OK);
    HOLDS(archive_write_set_filter_option(archive, "zstd", "compression-level", "1") == ARCHIVE_OK);
    HOLDS(archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK);
    HOLDS(archive_write_open(archive, content, NULL, take, NULL) == ARCHIVE_OK);
    archive_entry_set_filetype(entry, AE_IFREG);
    HOLDS(archive_write_header(archive, entry) == ARCHIVE_OK);
    HOLDS(archive_write_data(archive, data, size) == (la_ssize_t)size);
    HOLDS(archive_write_close(archive) == ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_free(archive);
}

static void check_members(const struct eg__bundle *bundle)
{
    uint8_t sha256[EG_SHA256_SIZE];
    struct eg_error err;

    HOLDS(bundle->count > 0 && strcmp(bundle->members[0].name, "job.yaml") == 0);
    for (unsigned i = 0; i < bundle->count; i++) {
        const struct eg__member *const member = &bundle->members[i];
        HOLDS(member->data.size == member->size && member->data.data[member->size] == 0);
        HOLDS(eg_sha256(sha256, member->data.data, member->size, &err) == EG_OK);
        HOLDS(memcmp(sha256, member->sha256, sizeof sha256) == 0);
        HOLDS(member->name[0] != '/' && member->name[0] != '.' && strstr(member->name, "/.") == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg_plan *plan = NULL;
    struct eg__seal seal;
    struct eg_error err;

    HOLDS(eg__seal_check(&seal, data, size, &err) == EG_OK || err.code == EG_BAD_BUNDLE);
    if (size >= 4 && eg_get32(data) == 0xfd2fb528u)
        HOLDS(eg_buffer_append(&file, data, size, &err) == EG_OK);
    else
        compress(&file, data, size);
    HOLDS(eg__seal_append(&file, NULL, false, &err) == EG_OK);
    if (eg__bundle_read(&bundle, "x", file.data, file.size, NULL, &err) != EG_OK)
        return 0;
    check_members(&bundle);
    if (eg__bundle_plan(&plan, &bundle, eg_stages, &err) == EG_OK)
        eg_plan_destroy(plan);
    return 0;
}
