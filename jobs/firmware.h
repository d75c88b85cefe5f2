/* SPDX-License-Identifier: Apache-2.0 */

/* The `firmware` of a job: which file goes where, from the job itself, from what a build made or from a file
 * that is all of it. */

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
    bool raw; /* store the bytes as they are, of an Intel HEX, UF2 or ELF file, too */
    uint64_t flash_addr;
    const char *partition; /* belongs to the document */
    struct eg__place addr_place, file_place;
};

/** What a file says besides: text and where it stands; text NULL = nothing. Belongs to the document. */
struct eg__word {
    const char *text;
    struct eg__place place;
};

/** A setting of a build that a job does not take over. Belongs to the document. */
struct eg__unused {
    const char *key, *value;
};

/** How the paths in a build's file become files here. */
enum eg__paths {
    EG__PATHS_FILES,  /* as they stand */
    EG__PATHS_URLS,   /* URL references: a query and a fragment are cut off, %20 is a blank */
    EG__PATHS_BESIDE, /* those of another machine are looked for beside the build's file */
};

struct eg__firmware {
    const struct eg__node *job_chip; /* the caller's: the job's key `chip`; NULL = it has none */
    struct eg__entry *entries;
    unsigned count;
    struct eg__document build; /* the file in which a build tells what goes where, when there is one */
    const char *build_kind;    /* what that file is, for people; NULL = there is none */
    const char *build_note;    /* what people should know of the build besides; NULL = nothing */
    enum eg__paths paths;
    struct eg__word chip, flash_mode, flash_freq, flash_size;
    struct eg__word build_name, build_version; /* what the build is called in it */
    struct eg__unused *unused;
    unsigned unused_count;
};

/**
 * Read the node of the key `firmware`.
 *
 * @param firmware  zero-initialised but for `job_chip`; eg__firmware_finish() frees what is in it, also after
 * a failure
 * @param job_path  relative paths start from its folder
 */
enum eg_code eg__firmware_read(struct eg__firmware *firmware, const struct eg__node *node,
                               const char *job_path, struct eg_error *err) EG_CHECKED;

void eg__firmware_finish(struct eg__firmware *firmware);

#endif
