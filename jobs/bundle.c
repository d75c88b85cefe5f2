/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reading bundles. First the seal is held against the bytes, then the signer against the station's keys, and
 * only then anything is unpacked, to memory.
 *
 * The job of a bundle is a job file like any other, but for its files, which are the bundle's. It has the
 * digests of all of them in its text, and that is checked, so that its own digest in the ledger says exactly
 * what was programmed.
 */

#include "jobs/bundle.h"

#include "engine/base/file.h"
#include "jobs/bundle_internal.h"
#include "jobs/job_internal.h"
#include "jobs/stream_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};

bool eg__bundle_is(const char *path)
{
    EG_CLEANUP(eg_fd_close_cleanup) const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    uint8_t begin[sizeof zstd_magic];
    struct stat info;

    return fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
           read(fd, begin, sizeof begin) == (ssize_t)sizeof begin &&
           memcmp(begin, zstd_magic, sizeof begin) == 0;
}

static bool is_closed(const struct eg_trust *trust)
{
    return trust != NULL && eg_trust_is_closed(trust);
}

static enum eg_code check_trust(const struct eg__seal *seal, const struct eg_trust *trust,
                                struct eg_error *err)
{
    char fingerprint[EG_KEY_TEXT];

    if (!is_closed(trust))
        return EG_OK;
    if (!seal->is_signed)
        return eg_error_set(err, EG_NOT_TRUSTED,
                            "is not signed, and this station runs only what a key in %s has signed",
                            trust->folder);
    EG_TRY(eg_key_fingerprint(fingerprint, &seal->signer, err));
    if (eg_trust_is_revoked(trust, fingerprint))
        return eg_error_set(err, EG_NOT_TRUSTED,
                            "is signed by the key %s, which is revoked in %s/" EG_TRUST_REVOKED, fingerprint,
                            trust->folder);
    if (eg_trust_find(trust, &seal->signer) != NULL)
        return EG_OK;
    return eg_error_set(err, EG_NOT_TRUSTED,
                        "is signed by the key %s, and this station runs only what a key in %s has signed",
                        fingerprint, trust->folder);
}

enum eg_code eg__bundle_read(struct eg__bundle *bundle, const char *path, const void *file, size_t size,
                             const struct eg_trust *trust, struct eg_error *err)
{
    EG_TRY(eg_strdup(&bundle->path, path, err));
    bundle->by_key = is_closed(trust);
    if (eg__seal_check(&bundle->seal, file, size, err) != EG_OK ||
        check_trust(&bundle->seal, trust, err) != EG_OK ||
        eg__bundle_unpack(bundle, file, bundle->seal.content_size, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    return EG_OK;
}

static enum eg_code read_file(struct eg__bundle *bundle, const char *path, const struct eg_trust *trust,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};

    EG_TRY(eg_file_read(&file, path, EG__BUNDLE_MAX, err));
    return eg__bundle_read(bundle, path, file.data, file.size, trust, err);
}

void eg__member_pin(char text[EG__PIN_TEXT], const struct eg__member *member)
{
    char sha256[EG_SHA256_TEXT];

    eg_hex(sha256, member->sha256, sizeof member->sha256);
    snprintf(text, EG__PIN_TEXT, "# %s  %s\n", sha256, member->name);
}

static enum eg_code check_pins(const struct eg__bundle *bundle, struct eg_error *err)
{
    for (unsigned i = 1; i < bundle->count; i++) {
        char pin[EG__PIN_TEXT];
        eg__member_pin(pin, &bundle->members[i]);
        if (strstr((const char *)bundle->members[0].data.data, pin) == NULL)
            return eg_error_set(err, EG_BAD_BUNDLE, "%s: " EG__BUNDLE_JOB " does not have the digest of %s",
                                bundle->path, bundle->members[i].name);
    }
    return EG_OK;
}

/* What the manifest says of the job, which is shown without reading the job. */
static bool agrees(const struct eg__bundle *bundle, const struct eg_plan *plan)
{
    const struct eg__node *const root = bundle->manifest.root;
    const struct eg__node *const version = eg__node_get(root, "version");

    return strcmp(eg__node_get(root, "job")->text, plan->job_name) == 0 &&
           strcmp(eg__node_get(root, "chip")->text, plan->target->name) == 0 &&
           strcmp(version != NULL && version->kind == EG__TEXT ? version->text : "", plan->job_version) == 0;
}

enum eg_code eg__bundle_plan(struct eg_plan **plan, const struct eg__bundle *bundle,
                             const struct eg_stage *const *stages, struct eg_error *err)
{
    EG_CLEANUP(eg__document_finish) struct eg__document document = {.bundle = bundle};
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *made = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;
    const struct eg__place place = {.file = bundle->path, .bundle = bundle};
    const size_t name_size = strlen(bundle->path) + sizeof "/" EG__BUNDLE_JOB;

    EG_TRY(check_pins(bundle, err));
    EG_TRY(eg_alloc(&name, 1, name_size, err));
    snprintf(name, name_size, "%s/" EG__BUNDLE_JOB, bundle->path);
    EG_TRY(eg__file_read(&text, &place, name, EG__DOCUMENT_SIZE_MAX, err));
    EG_TRY(eg__document_parse(&document, name, &text, err));
    EG_TRY(eg__job_make(&made, &document, stages, err));
    if (!agrees(bundle, made))
        return eg_error_set(err, EG_BAD_BUNDLE, "%s: its manifest is that of another job", bundle->path);
    made->forward_only = bundle->by_key && !bundle->seal.allows_rollback;
    *plan = made;
    made = NULL;
    return EG_OK;
}

static enum eg_code load(struct eg_plan **plan, const char *path, const struct eg_trust *trust,
                         const struct eg_stage *const *stages, struct eg_error *err)
{
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    EG_CLEANUP(eg__document_finish) struct eg__document document = {.file = NULL};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};

    if (eg__bundle_is(path)) {
        EG_TRY(read_file(&bundle, path, trust, err));
        return eg__bundle_plan(plan, &bundle, stages, err);
    }
    EG_TRY(eg_file_read(&text, path, EG__DOCUMENT_SIZE_MAX, err));
    if (is_closed(trust))
        return eg_error_set(err, EG_NOT_TRUSTED,
                            "%s: is no bundle, and this station runs only what a key in %s has signed", path,
                            trust->folder);
    EG_TRY(eg__document_parse(&document, path, &text, err));
    return eg__job_make(plan, &document, stages, err);
}

enum eg_code eg_job_load_trusted(struct eg_plan **plan, const char *path, const struct eg_trust *trust,
                                 const struct eg_stage *const *stages, struct eg_error *err)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *made = NULL;

    EG_TRY(load(&made, path, trust, stages, err));
    EG_TRY(eg_plan_pack_begin(made, eg__region_pack, err));
    *plan = made;
    made = NULL;
    return EG_OK;
}

enum eg_code eg_job_load(struct eg_plan **plan, const char *path, const struct eg_stage *const *stages,
                         struct eg_error *err)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *made = NULL;

    EG_TRY(eg_job_load_trusted(&made, path, NULL, stages, err));
    EG_TRY(eg_plan_pack_end(made, err));
    *plan = made;
    made = NULL;
    return EG_OK;
}

enum eg_code eg_bundle_sign(struct eg_buffer *bundle, struct eg_key *signer, const char *path,
                            const char *key_path, bool allow_rollback, const struct eg_stage *const *stages,
                            struct eg_error *err)
{
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle read = {.count = 0};
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};

    EG_TRY(eg_file_read(&file, path, EG__BUNDLE_MAX, err));
    EG_TRY(eg__bundle_read(&read, path, file.data, file.size, NULL, err));
    EG_TRY(eg__bundle_plan(&plan, &read, stages, err));
    file.size = read.seal.content_size;
    EG_TRY(eg__seal_append(&file, key_path, allow_rollback, err));
    EG_TRY(eg__seal_check(&read.seal, file.data, file.size, err));
    *signer = read.seal.signer;
    *bundle = file;
    file = (struct eg_buffer){0};
    return EG_OK;
}

enum eg_code eg_bundle_list(const char *path, FILE *out, struct eg_error *err)
{
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    char sha256[EG_SHA256_TEXT], fingerprint[EG_KEY_TEXT];

    EG_TRY(read_file(&bundle, path, NULL, err));
    const struct eg__node *const root = bundle.manifest.root;
    const struct eg__node *const version = eg__node_get(root, "version");
    const char *const version_text = version != NULL && version->kind == EG__TEXT ? version->text : "";
    fprintf(out, "job     %s%s%s\n", eg__node_get(root, "job")->text, version_text[0] != '\0' ? " " : "",
            version_text);
    fprintf(out, "chip    %s\n", eg__node_get(root, "chip")->text);
    fprintf(out, "made by %s\n", eg__node_get(root, "tool")->text);
    if (bundle.seal.is_signed) {
        EG_TRY(eg_key_fingerprint(fingerprint, &bundle.seal.signer, err));
        fprintf(out, "signed  by the key %s%s\n", fingerprint,
                bundle.seal.allows_rollback ? ", with permission for a rollback" : "");
    } else {
        fprintf(out, "signed  by nobody\n");
    }
    fprintf(out, "\n  %10s  %-64s  %s\n", "bytes", "SHA-256", "file");
    for (unsigned i = 0; i < bundle.count; i++) {
        eg_hex(sha256, bundle.members[i].sha256, EG_SHA256_SIZE);
        fprintf(out, "  %10zu  %s  %s\n", bundle.members[i].size, sha256, bundle.members[i].name);
    }
    if (fflush(out) != 0 || ferror(out))
        return eg_error_errno(err, EG_IO, errno, "listing %s", path);
    return EG_OK;
}

static json_t *file_rows(const struct eg__bundle *bundle)
{
    json_t *const rows = json_array();
    char sha256[EG_SHA256_TEXT];

    for (unsigned i = 0; i < bundle->count; i++) {
        const struct eg__member *const member = &bundle->members[i];
        eg_hex(sha256, member->sha256, EG_SHA256_SIZE);
        json_array_append_new(rows, json_pack("{s:s, s:I, s:s}", "name", member->name, "size",
                                              (json_int_t)member->size, "sha256", sha256));
    }
    return rows;
}

enum eg_code eg_bundle_members(json_t **members, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg__bundle_finish) struct eg__bundle bundle = {.count = 0};
    char fingerprint[EG_KEY_TEXT];

    EG_TRY(read_file(&bundle, path, NULL, err));
    const struct eg__node *const root = bundle.manifest.root;
    const struct eg__node *const version = eg__node_get(root, "version");
    const bool has_version = version != NULL && version->kind == EG__TEXT && version->text[0] != '\0';
    if (bundle.seal.is_signed)
        EG_TRY(eg_key_fingerprint(fingerprint, &bundle.seal.signer, err));
    *members = json_pack("{s:s, s:s?, s:s, s:s, s:s?, s:b, s:o}", "job", eg__node_get(root, "job")->text,
                         "job_version", has_version ? version->text : NULL, "chip",
                         eg__node_get(root, "chip")->text, "tool", eg__node_get(root, "tool")->text,
                         "signed_by", bundle.seal.is_signed ? fingerprint : NULL, "allows_rollback",
                         bundle.seal.is_signed && bundle.seal.allows_rollback, "files", file_rows(&bundle));
    return *members != NULL ? EG_OK : eg_error_set(err, EG_NO_MEMORY, "out of memory for %s", path);
}
