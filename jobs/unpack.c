/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From the archive in a bundle to its files in memory, and to those who read files; nothing of it ever goes
 * to a disk.
 *
 * The manifest is the first file, and after it come those that it lists, in its order and with its sizes, and
 * nothing else. So how much is unpacked is known, and bounded, before it is; names are those of the manifest.
 */

#include "engine/base/file.h"
#include "jobs/bundle_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_LENGTH_MAX = 99, FILE_MAX = 64 << 20 };

static void archive_cleanup(struct archive **archive)
{
    archive_read_free(*archive);
}

static enum eg_code refuse_archive(struct archive *archive, struct eg_error *err)
{
    const char *const cause = archive_error_string(archive);

    return eg_error_set(err, EG_BAD_BUNDLE, "its archive cannot be read: %s",
                        cause != NULL ? cause : "unknown cause");
}

/* The file of this name must come next. */
static enum eg_code next_file(struct archive *archive, const char *name, struct eg_error *err)
{
    struct archive_entry *entry;
    const int result = archive_read_next_header(archive, &entry);

    if (result == ARCHIVE_EOF)
        return eg_error_set(err, EG_BAD_BUNDLE, "its archive ends where %s should be", name);
    if (result != ARCHIVE_OK)
        return refuse_archive(archive, err);
    const char *const found = archive_entry_pathname(entry);
    if (found == NULL || strcmp(found, name) != 0)
        return eg_error_set(err, EG_BAD_BUNDLE, "its archive has something else where %s should be", name);
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL)
        return eg_error_set(err, EG_BAD_BUNDLE, "%s in its archive is not a regular file", name);
    return EG_OK;
}

static enum eg_code read_data(struct eg_buffer *data, struct archive *archive, const char *name, size_t most,
                              struct eg_error *err)
{
    for (;;) {
        uint8_t piece[16384];
        const ssize_t got = archive_read_data(archive, piece, sizeof piece);
        if (got < 0)
            return refuse_archive(archive, err);
        if (got == 0)
            break;
        if ((size_t)got > most - data->size)
            return eg_error_set(err, EG_BAD_BUNDLE, "%s in its archive has more than %zu bytes", name, most);
        EG_TRY(eg_buffer_append(data, piece, (size_t)got, err));
    }
    EG_TRY(eg_buffer_append(data, "", 1, err));
    data->size--;
    return EG_OK;
}

/* A path that stays where it is put, in letters that are the same everywhere. */
static bool is_plain(const char *name)
{
    if (strlen(name) > NAME_LENGTH_MAX || name[strspn(name, EG__PLAIN_LETTERS "-./_")] != '\0')
        return false;
    for (const char *part = name; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (*part == '.' || *part == '/' || *part == '\0')
            return false;
    }
    return name[0] != '/';
}

static enum eg_code expect_text(const struct eg__node *map, const char *key, const char **text,
                                struct eg_error *err)
{
    const struct eg__node *const node = eg__node_get(map, key);

    if (node == NULL)
        return eg__refuse(&map->place, err, "the key %s is missing", key);
    EG_TRY(eg__node_expect(node, EG__TEXT, key, err));
    *text = node->text;
    return EG_OK;
}

static enum eg_code list_member(struct eg__bundle *bundle, const struct eg__node *file, uint64_t *all_size,
                                struct eg_error *err)
{
    struct eg__member *const member = &bundle->members[bundle->count];
    const char *name, *size_text, *sha256;
    uint64_t size;

    EG_TRY(eg__node_expect(file, EG__MAP, "a file", err));
    EG_TRY(expect_text(file, "name", &name, err));
    EG_TRY(expect_text(file, "size", &size_text, err));
    EG_TRY(expect_text(file, "sha256", &sha256, err));
    if (!is_plain(name) || (bundle->count == 0) != (strcmp(name, EG__BUNDLE_JOB) == 0))
        return eg__refuse(&file->place, err, "there is a name that no file of a bundle has there");
    for (unsigned i = 0; i < bundle->count; i++)
        if (strcmp(bundle->members[i].name, name) == 0)
            return eg__refuse(&file->place, err, "%s is listed twice", name);
    if (!eg_number_parse(size_text, &size) || size > FILE_MAX || (*all_size += size) > EG__BUNDLE_MAX)
        return eg__refuse(&file->place, err, "%s is too large", name);
    if (!eg_hex_parse(member->sha256, sizeof member->sha256, sha256))
        return eg__refuse(&file->place, err, "sha256 of %s is none", name);
    EG_TRY(eg_strdup(&member->name, name, err));
    member->size = (size_t)size;
    bundle->count++;
    return EG_OK;
}

static enum eg_code read_manifest(struct eg__bundle *bundle, struct eg_buffer *text, struct eg_error *err)
{
    struct eg__document *const manifest = &bundle->manifest;
    uint64_t all_size = 0;
    const char *word;

    EG_TRY(eg__document_parse(manifest, EG__BUNDLE_MANIFEST, text, err));
    EG_TRY(eg__node_expect(manifest->root, EG__MAP, "the manifest", err));
    EG_TRY(expect_text(manifest->root, "espgang-bundle", &word, err));
    if (strcmp(word, EG__BUNDLE_FORMAT) != 0)
        return eg__refuse(&manifest->root->place, err,
                          "the format is %.20s; this version of espgang reads bundles of format 1", word);
    EG_TRY(expect_text(manifest->root, "job", &word, err));
    EG_TRY(expect_text(manifest->root, "chip", &word, err));
    EG_TRY(expect_text(manifest->root, "tool", &word, err));
    const struct eg__node *const files = eg__node_get(manifest->root, "files");
    if (files == NULL)
        return eg__refuse(&manifest->root->place, err, "the key files is missing");
    EG_TRY(eg__node_expect(files, EG__LIST, "files", err));
    EG_TRY(eg_alloc(&bundle->members, files->count + 1, sizeof *bundle->members, err));
    for (size_t i = 0; i < files->count; i++)
        EG_TRY(list_member(bundle, files->items[i], &all_size, err));
    if (bundle->count == 0)
        return eg__refuse(&files->place, err, "there is no " EG__BUNDLE_JOB);
    return EG_OK;
}

static enum eg_code read_member(struct archive *archive, struct eg__member *member, struct eg_error *err)
{
    uint8_t sha256[EG_SHA256_SIZE];

    EG_TRY(next_file(archive, member->name, err));
    EG_TRY(read_data(&member->data, archive, member->name, member->size, err));
    EG_TRY(eg_sha256(sha256, member->data.data, member->data.size, err));
    if (member->data.size != member->size || memcmp(sha256, member->sha256, sizeof sha256) != 0)
        return eg_error_set(err, EG_BAD_BUNDLE, "%s in its archive is not the one that its manifest lists",
                            member->name);
    return EG_OK;
}

enum eg_code eg__bundle_unpack(struct eg__bundle *bundle, const void *content, size_t size,
                               struct eg_error *err)
{
    EG_CLEANUP(archive_cleanup) struct archive *archive = archive_read_new();
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct archive_entry *entry;

    if (archive == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "reading a bundle");
    /* By name, not by trying: one layer of zstd and no other, so that no file can unfold twice. */
    if (archive_read_append_filter(archive, ARCHIVE_FILTER_ZSTD) != ARCHIVE_OK ||
        archive_read_set_format(archive, ARCHIVE_FORMAT_TAR) != ARCHIVE_OK ||
        archive_read_open_memory(archive, content, size) != ARCHIVE_OK)
        return refuse_archive(archive, err);
    EG_TRY(next_file(archive, EG__BUNDLE_MANIFEST, err));
    EG_TRY(read_data(&text, archive, EG__BUNDLE_MANIFEST, EG__DOCUMENT_SIZE_MAX, err));
    if (read_manifest(bundle, &text, err) != EG_OK) {
        if (err->code == EG_BAD_JOB) /* so says who reads documents */
            err->code = EG_BAD_BUNDLE;
        return err->code;
    }
    for (unsigned i = 0; i < bundle->count; i++)
        EG_TRY(read_member(archive, &bundle->members[i], err));
    const int result = archive_read_next_header(archive, &entry);
    if (result == ARCHIVE_OK)
        return eg_error_set(err, EG_BAD_BUNDLE, "its archive has more than its manifest lists");
    return result == ARCHIVE_EOF ? EG_OK : refuse_archive(archive, err);
}

void eg__bundle_finish(struct eg__bundle *bundle)
{
    for (unsigned i = 0; bundle->members != NULL && i < bundle->count; i++) {
        free(bundle->members[i].name);
        eg_buffer_finish(&bundle->members[i].data);
    }
    free(bundle->members);
    eg__document_finish(&bundle->manifest);
    free(bundle->path);
    *bundle = (struct eg__bundle){.count = 0};
}

const struct eg_buffer *eg__bundle_file(const struct eg__bundle *bundle, const char *name)
{
    for (unsigned i = 0; i < bundle->count; i++)
        if (strcmp(bundle->members[i].name, name) == 0)
            return &bundle->members[i].data;
    return NULL;
}

enum eg_code eg__file_read(struct eg_buffer *buffer, const struct eg__place *place, const char *path,
                           size_t size_max, struct eg_error *err)
{
    const struct eg__bundle *const bundle = place->bundle;

    if (bundle == NULL)
        return eg_file_read(buffer, path, size_max, err);
    const size_t skip = strlen(bundle->path);
    const bool inside = strncmp(path, bundle->path, skip) == 0 && path[skip] == '/';
    const struct eg_buffer *const content = inside ? eg__bundle_file(bundle, path + skip + 1) : NULL;
    if (content == NULL)
        return eg_error_set(err, EG_IO, "%s: is not in the bundle", path);
    if (content->size > size_max)
        return eg_error_set(err, EG_IO, "%s: %zu bytes, more than the %zu that are allowed", path,
                            content->size, size_max);
    buffer->size = 0;
    EG_TRY(eg_buffer_append(buffer, content->data, content->size + 1, err));
    buffer->size--;
    return EG_OK;
}

enum eg_code eg__program_path(char **path, const struct eg__node *node, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *named = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer content = {0};

    if (node->place.bundle != NULL && node->place.bundle->by_key && strchr(node->text, '/') == NULL)
        return eg__refuse(
            &node->place, err,
            "'%s' would be whatever is found in PATH, and this station runs only what a key has "
            "signed; name the program by its path, so that the bundle has it",
            node->text);
    if (strchr(node->text, '/') == NULL)
        return eg_strdup(path, node->text, err);
    if (node->place.bundle == NULL)
        return eg__resolve(path, node->place.file, node->text, err);
    EG_TRY(eg__resolve(&named, node->place.file, node->text, err));
    if (eg__file_read(&content, &node->place, named, EG__BUNDLE_MAX, err) != EG_OK)
        return eg_error_prefix(err, "%s:%d:%d: ", node->place.file, node->place.line, node->place.column);
    return eg__memory_program(path, &content, err);
}
