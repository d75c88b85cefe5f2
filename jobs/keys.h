/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of a job file: those of this folder, and the options of stages and pipeline. They are found by
 * their path ("link.baud"), so that a new stage adds its keys without a change here. */

#ifndef JOBS_KEYS_H
#define JOBS_KEYS_H

#include "engine/plan/plan.h"
#include "jobs/document.h"

/** Longest file of an option: schemas, templates, certificates, programs, but no firmware. */
#define EG__OPTION_FILE_MAX ((size_t)16 << 20)

/** In the order of the list for people. */
enum eg__own_key {
    EG__KEY_FORMAT,
    EG__KEY_JOB,
    EG__KEY_VERSION,
    EG__KEY_CHIP,
    EG__KEY_FIRMWARE,
    EG__KEY_MODE,
    EG__KEY_FREQ,
    EG__KEY_SIZE,
    EG__KEYS
};

/** The keys of this folder, by enum eg__own_key. Their fallbacks are only for people: no code reads them. */
extern const struct eg_option eg__own_options[EG__KEYS + 1];

/** The keys of `firmware` as a mapping, and of a region in its list. */
extern const struct eg_option eg__firmware_options[], eg__region_options[];

/**
 * Read the whole job: nodes of this folder's keys into `own`, all others into the plan's settings.
 *
 * @return EG_OK; EG_BAD_JOB with "FILE:LINE:COLUMN: " before the cause; EG_IO a file of an option cannot be
 * read, with the same place; EG_NO_MEMORY
 */
enum eg_code eg__keys_read(const struct eg__node *own[EG__KEYS], struct eg_plan *plan,
                           const struct eg__node *root, struct eg_error *err) EG_CHECKED;

/** Read a document by a table of settings, each under its path, as a job's: "trust.keys" is in the mapping
 * `trust`. As eg__keys_read(). */
enum eg_code eg__settings_read(struct eg_setting *settings, unsigned count, const struct eg__node *root,
                               struct eg_error *err) EG_CHECKED;

/** Append as much as fits to a text in an array of `size` bytes. */
void eg__append(char *text, size_t size, const char *more, size_t more_size);

/** Return whether a value is a mapping with the keys below a setting, such as secure.flash.key.file. */
bool eg__keys_nest(const struct eg_setting *setting, const struct eg__node *value);

#endif
