/* SPDX-License-Identifier: Apache-2.0 */

/* The `firmware` of a job: which file goes where, from the job itself, from an ESP-IDF build folder or from a
 * file that is all of it. */

#ifndef JOBS_FIRMWARE_H
#define JOBS_FIRMWARE_H

#include "jobs/document.h"

enum eg__at {
    EG__AT_ADDR, /* at `flash_addr` */
    EG__AT_NAME, /* at the partition `partition` */
    EG__AT_FILE, /* the file says it */
};

/** A file and its address, neither of them looked at yet. */
struct eg__entry {
    char *name;
    char *path; /* as it can be opened */
    enum eg__at at;
    uint64_t flash_addr;
    const char *partition; /* belongs to the document */
    struct eg__place addr_place, file_place;
};

/** What a file says besides: text and where it stands; text NULL = nothing. Belongs to the document. */
struct eg__word {
    const char *text;
    struct eg__place place;
};

struct eg__firmware {
    struct eg__entry *entries;
    unsigned count;
    struct eg__document build; /* flasher_args.json, when there is one */
    struct eg__word chip, flash_mode, flash_freq, flash_size;
};

/**
 * Read the node of the key `firmware`.
 *
 * @param firmware  zero-initialised; eg__firmware_finish() frees what is in it, also after a failure
 * @param job_path  relative paths start from its folder
 */
enum eg_code eg__firmware_read(struct eg__firmware *firmware, const struct eg__node *node,
                               const char *job_path, struct eg_error *err) EG_CHECKED;

void eg__firmware_finish(struct eg__firmware *firmware);

#endif
