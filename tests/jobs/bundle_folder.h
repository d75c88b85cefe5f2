/* SPDX-License-Identifier: Apache-2.0 */

/* Bundles in the folder of a test, correct and crafted ones. Include it first. */

#ifndef TESTS_JOBS_BUNDLE_FOLDER_H
#define TESTS_JOBS_BUNDLE_FOLDER_H

#include "engine/stages/stages.h"
#include "tests/jobs/job_folder.h"

#include "engine/base/file.h"
#include "jobs/bundle.h"
#include "jobs/bundle_internal.h"

#include <archive.h>
#include <archive_entry.h>

/* A job of two regions that is small when frozen. */
#define SMALL_JOB                                                                                            \
    "espgang: 1\njob: acme\nversion: 1.4.0\nchip: esp32\n"                                                   \
    "firmware:\n  - {name: bootloader, at: 0x1000, file: boot.bin}\n"                                        \
    "  - {at: 0x10000, file: data.bin}\n"

static inline void make_bundle(const char *job_name, const char *bundle_name)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bundle = {0};
    struct eg_error err;
    char path[256];

    path_of(path, job_name);
    assert_ok(eg_bundle_make(&bundle, path, eg_stages, &err), err);
    put_bytes(bundle_name, bundle.data, bundle.size);
}

static inline struct eg_buffer read_back(const char *name)
{
    struct eg_buffer content = {0};
    struct eg_error err;
    char path[256];

    path_of(path, name);
    assert_ok(eg_file_read(&content, path, 1 << 24, &err), err);
    return content;
}

/* Make a key in the files NAME and NAME.pub. */
static inline struct eg_key make_key(const char *name)
{
    struct eg_key key;
    struct eg_error err;
    char path[256];

    path_of(path, name);
    assert_ok(eg_key_create(path, &key, &err), err);
    return key;
}

static inline void sign_bundle(const char *bundle_name, const char *key_name)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bundle = {0};
    struct eg_error err;
    struct eg_key signer;
    char path[256], key_path[256];

    path_of(path, bundle_name);
    path_of(key_path, key_name);
    assert_ok(eg_bundle_sign(&bundle, &signer, path, key_path, false, eg_stages, &err), err);
    put_bytes(bundle_name, bundle.data, bundle.size);
}

/** An entry of a crafted archive; a NULL name ends the list. */
struct crafted {
    const char *name;
    const char *data;
    size_t zeros;         /* that follow the data */
    unsigned type;        /* 0 = a regular file */
    const char *link;     /* target of a symbolic link */
    const char *hardlink; /* likewise */
};

static inline la_ssize_t crafted_bytes(struct archive *archive, void *context, const void *data, size_t size)
{
    struct eg_error err;

    (void)archive;
    assert_ok(eg_buffer_append(context, data, size, &err), err);
    return (la_ssize_t)size;
}

static inline void craft_entry(struct archive *archive, const struct crafted *crafted)
{
    static const char zeros[65536];
    const size_t size = strlen(crafted->data != NULL ? crafted->data : "");
    struct archive_entry *const entry = archive_entry_new();

    archive_entry_set_pathname(entry, crafted->name);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, crafted->type != 0 ? crafted->type : AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)(size + crafted->zeros));
    if (crafted->link != NULL)
        archive_entry_set_symlink(entry, crafted->link);
    if (crafted->hardlink != NULL)
        archive_entry_set_hardlink(entry, crafted->hardlink);
    assert_true(archive_write_header(archive, entry) >= ARCHIVE_WARN); /* a name that is not valid UTF-8 */
    archive_entry_free(entry);
    if (size > 0)
        assert_int_equal(archive_write_data(archive, crafted->data, size), size);
    for (size_t left = crafted->zeros, step; left > 0; left -= step) {
        step = left < sizeof zeros ? left : sizeof zeros;
        assert_int_equal(archive_write_data(archive, zeros, step), step);
    }
}

static inline void tar_of(struct eg_buffer *tar, const struct crafted *entries)
{
    struct archive *const archive = archive_write_new();

    assert_int_equal(archive_write_set_format_pax_restricted(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_open(archive, tar, NULL, crafted_bytes, NULL), ARCHIVE_OK);
    for (; entries->name != NULL; entries++)
        craft_entry(archive, entries);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
}

static inline void compress_by_zstd(struct eg_buffer *bytes, const struct eg_buffer *plain)
{
    struct archive *const archive = archive_write_new();
    struct archive_entry *const entry = archive_entry_new();

    assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter_zstd(archive), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open(archive, bytes, NULL, crafted_bytes, NULL), ARCHIVE_OK);
    archive_entry_set_filetype(entry, AE_IFREG);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(archive, plain->data, plain->size), plain->size);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_entry_free(entry);
    archive_write_free(archive);
}

/* Make a bundle of these bytes, compressed once, with a correct seal. */
static inline void craft_bytes(const char *bundle_name, const struct eg_buffer *plain)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer bytes = {0};
    struct eg_error err;

    compress_by_zstd(&bytes, plain);
    assert_ok(eg__seal_append(&bytes, NULL, false, &err), err);
    put_bytes(bundle_name, bytes.data, bytes.size);
}

/* Make a bundle of a tar archive with these entries. */
static inline void craft(const char *bundle_name, const struct crafted *entries)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer tar = {0};

    tar_of(&tar, entries);
    craft_bytes(bundle_name, &tar);
}

#endif
