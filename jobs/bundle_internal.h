/* SPDX-License-Identifier: Apache-2.0 */

/* A bundle in memory, and what reading and making one share. */

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

/* What a bundle may hold: twice what jobs may, because nothing is refused here that could be made. */
#define EG__BUNDLE_MAX ((size_t)256 << 20)

/** A file in a bundle. */
struct eg__member {
    char *name;
    size_t size;           /* as the manifest says; equal to that of the data */
    struct eg_buffer data; /* followed by a NUL that is not counted */
    uint8_t sha256[EG_SHA256_SIZE];
};

/** Zero-initialise it; EG_CLEANUP(eg__bundle_finish) frees it. */
struct eg__bundle {
    char *path;
    struct eg__seal seal;
    struct eg__document manifest;
    struct eg__member *members; /* as the manifest lists them: first the job */
    unsigned count;
};

void eg__bundle_finish(struct eg__bundle *bundle);

/** Whether a file begins as bundles do. False also for what cannot be opened: who reads it says why. */
bool eg__bundle_is(const char *path);

/** Read what is in front of the seal, a zstd stream of a tar archive, to members. EG_BAD_BUNDLE. */
enum eg_code eg__bundle_unpack(struct eg__bundle *bundle, const void *content, size_t size,
                               struct eg_error *err) EG_CHECKED;

/** A whole bundle file: the seal first of all, then whether it is trusted, then what is in it. */
enum eg_code eg__bundle_read(struct eg__bundle *bundle, const char *path, const void *file, size_t size,
                             const struct eg_trust *trust, struct eg_error *err) EG_CHECKED;

/** The plan of the job in a bundle; its path is "BUNDLE/job.yaml". */
enum eg_code eg__bundle_plan(struct eg_plan **plan, const struct eg__bundle *bundle,
                             const struct eg_stage *const *stages, struct eg_error *err) EG_CHECKED;

/** The line by which the job in a bundle tells the digest of a file beside it. */
#define EG__PIN_TEXT 200
void eg__member_pin(char text[EG__PIN_TEXT], const struct eg__member *member);

/** Make a file of its own that is in memory alone and can be started by `path`, for free(), as long as this
 * process lives. */
enum eg_code eg__memory_program(char **path, const struct eg_buffer *content,
                                struct eg_error *err) EG_CHECKED;

#endif
