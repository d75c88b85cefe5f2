/* SPDX-License-Identifier: Apache-2.0 */

/* A job and every file it names, frozen into one file, which may be signed. */

#ifndef JOBS_BUNDLE_H
#define JOBS_BUNDLE_H

#include "engine/base/key.h"
#include "engine/plan/stage.h"

#include <jansson.h>
#include <stdio.h>

/**
 * Freeze a job: the same job gives the same bytes.
 *
 * Before it is handed out, the bundle has been read again, and its plan is that of the job.
 *
 * @param bundle  empty; the bytes of the file
 * @param stages  as for eg_job_load(), here and below
 *
 * @return EG_OK; as eg_job_load(); EG_BAD_JOB also when the job is a bundle, or too large for one
 */
enum eg_code eg_bundle_make(struct eg_buffer *bundle, const char *job_path,
                            const struct eg_stage *const *stages, struct eg_error *err) EG_CHECKED;

/**
 * Read a bundle file and sign it with a private key, replacing an earlier signature.
 *
 * @param bundle  empty; the bytes of the signed file
 * @param allow_rollback  it may run where a newer version of the job has run
 *
 * @return EG_OK; EG_BAD_BUNDLE; as eg_key_sign()
 */
enum eg_code eg_bundle_sign(struct eg_buffer *bundle, struct eg_key *signer, const char *path,
                            const char *key_path, bool allow_rollback, const struct eg_stage *const *stages,
                            struct eg_error *err) EG_CHECKED;

/** What is in a bundle and who signed it, for people. EG_BAD_BUNDLE; EG_IO also when `out` fails. */
enum eg_code eg_bundle_list(const char *path, FILE *out, struct eg_error *err) EG_CHECKED;

/** The same as an object for json_decref(): `job`, `job_version`, `chip`, `tool`, `signed_by` (fingerprint),
 * `allows_rollback`, `files` (for each `name`, `size`, `sha256`); what is absent is null. EG_BAD_BUNDLE,
 * EG_IO, EG_NO_MEMORY. */
enum eg_code eg_bundle_members(json_t **members, const char *path, struct eg_error *err) EG_CHECKED;

#endif
