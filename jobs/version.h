/* SPDX-License-Identifier: Apache-2.0 */

/* Which of two versions of a job is the newer one. */

#ifndef JOBS_VERSION_H
#define JOBS_VERSION_H

/**
 * Compare two versions as Semantic Versioning 2.0.0 orders them: "1.10.0" is newer than "1.9", "1.4.0-rc.2"
 * is older than "1.4.0", and what follows '+' does not count.
 *
 * Versions may have any number of parts (a missing one is 0) and begin with 'v'; a part that is no number is
 * newer than any number, and such parts compare by their bytes. "", no version, is older than all.
 *
 * @return below 0: `first` is older; 0: neither is; above 0: it is newer
 */
int eg_job_version_compare(const char *first, const char *second);

#endif
