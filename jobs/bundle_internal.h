/* SPDX-License-Identifier: Apache-2.0 */

/* A bundle in memory, and functions shared by reading and making bundles. */

#ifndef JOBS_BUNDLE_INTERNAL_H
#define JOBS_BUNDLE_INTERNAL_H

#include "engine/plan/stage.h"
#include "jobs/document.h"
#include "jobs/seal.h"
#include "jobs/trust.h"

#define EG__BUNDLE_FORMAT   "1"
#define EG__BUNDLE_MANIFEST "manifest.json"
#define EG__BUNDLE_JOB      "job.yaml"

/* Whatever the locale. */
#define EG__PLAIN_LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* Largest content of a bundle: twice that of jobs, so that every bundle that was made can be read. */
#define EG__BUNDLE_MAX ((size_t)256 << 20)

/** A file in a bundle. */
struct eg__member {
    char *name;
    size_t size;           /* size in the manifest; equal to that of the data */
    struct eg_buffer data; /* followed by a NUL, which is not counted */
    uint8_t sha256[EG_SHA256_SIZE];
};

/** Zero-initialise it; EG_CLEANUP(eg__bundle_finish) frees it. */
struct eg__bundle {
    char *path;
    struct eg__seal seal;
    bool by_key; /* it runs because a key is trusted: nothing unsigned may run for it */
    struct eg__document manifest;
    struct eg__member *members; /* in the order of the manifest: the job is first */
    unsigned count;
};

void eg__bundle_finish(struct eg__bundle *bundle);

/** Return whether a file begins like a bundle; false also if it cannot be opened: the reader reports why. */
bool eg__bundle_is(const char *path);

/** Read the content before the seal, a zstd stream of a tar archive, into members. EG_BAD_BUNDLE. */
enum eg_code eg__bundle_unpack(struct eg__bundle *bundle, const void *content, size_t size,
                               struct eg_error *err) EG_CHECKED;

/** A whole bundle file: the seal first of all, then whether it is trusted, then what is in it. */
enum eg_code eg__bundle_read(struct eg__bundle *bundle, const char *path, const void *file, size_t size,
                             const struct eg_trust *trust, struct eg_error *err) EG_CHECKED;

/** Make the plan of the job in a bundle; its path is "BUNDLE/job.yaml". */
enum eg_code eg__bundle_plan(struct eg_plan **plan, const struct eg__bundle *bundle,
                             const struct eg_stage *const *stages, struct eg_error *err) EG_CHECKED;

/** The line in a bundle's job that has the digest of another member. */
#define EG__PIN_TEXT 200
void eg__member_pin(char text[EG__PIN_TEXT], const struct eg__member *member);

/** Make a file in memory that can be started by `path` as long as this process lives. The caller frees
 * `path`. */
enum eg_code eg__memory_program(char **path, const struct eg_buffer *content,
                                struct eg_error *err) EG_CHECKED;

#endif
