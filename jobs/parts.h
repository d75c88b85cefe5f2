/* SPDX-License-Identifier: Apache-2.0 */

/* The bytes of a job's files and their addresses in the flash. */

#ifndef JOBS_PARTS_H
#define JOBS_PARTS_H

#include "jobs/entries.h"
#include "targets/target.h"

/** Contiguous bytes in the flash. */
struct eg__part {
    const struct eg__entry *entry; /* entry of the source file */
    char *name;
    uint64_t flash_addr;
    uint64_t room;          /* size of the partition that the entry names */
    uint32_t uf2_family_id; /* chips that the UF2 file is for; 0 = not in the file */
    struct eg_buffer data;
};

/** Zero-initialise it; EG_CLEANUP(eg__parts_finish) frees it. */
struct eg__parts {
    struct eg__part *list; /* by address */
    size_t count;
    uint64_t size; /* of all data */
};

/**
 * Read the files. Most are one part; Intel HEX and UF2 files may have several, with their own addresses; an
 * ELF file is converted to an image.
 *
 * Names of partitions are looked up in the partition table among the files.
 *
 * @return EG_OK; EG_BAD_JOB an address cannot be used; EG_BAD_IMAGE a file cannot be used; EG_NO_MEMORY
 */
enum eg_code eg__parts_read(struct eg__parts *parts, const struct eg__firmware *firmware,
                            const struct eg_target *target, struct eg_error *err) EG_CHECKED;

void eg__parts_finish(struct eg__parts *parts);

/** Put the place where a file is named before an error about it. A file that cannot be read is the job's
 * fault. */
enum eg_code eg__prefix_file(const struct eg__entry *entry, struct eg_error *err);

#endif
