/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A plan is a job made ready: every byte that will be written, padded, patched, compressed and hashed once,
 * and every setting with its value. It is made by jobs/ (or by a test), frozen, and then shared read-only by
 * all workers.
 */

#ifndef ENGINE_PLAN_PLAN_H
#define ENGINE_PLAN_PLAN_H

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/digest.h"
#include "engine/guard/guard.h"
#include "engine/plan/setting.h"
#include "targets/target.h"

/** A stretch of flash and what goes there. */
struct eg_region {
    char *name;            /* "bootloader", "app", or the file's name */
    char *path;            /* file it came from, for people */
    uint32_t flash_addr;   /* multiple of 4096 */
    uint32_t file_size;    /* bytes in the file */
    struct eg_buffer data; /* padded with FF to 4 bytes and patched: what will be in the flash */
    struct eg_buffer zlib; /* the same compressed; size 0 when that is not smaller */
    uint32_t *marks;       /* of zlib, by eg_inflate_marks(); NULL = not found yet */
    uint8_t md5[EG_MD5_SIZE];
    uint8_t sha256[EG_SHA256_SIZE];
    bool is_image;              /* parses as an image of the chip */
    struct eg_region *as_built; /* the same with the header that the file has, for boards that go by
                                   signatures; NULL = the job's flash settings changed nothing */
};

/** Pad the data with FF to 4 bytes and hash it. EG_NO_MEMORY. */
enum eg_code eg_region_hash(struct eg_region *region, struct eg_error *err) EG_CHECKED;

/** Compress the padded data. EG_NO_MEMORY. */
enum eg_code eg_region_compress(struct eg_region *region, struct eg_error *err) EG_CHECKED;

/** Do both. */
enum eg_code eg_region_finish(struct eg_region *region, struct eg_error *err) EG_CHECKED;

/** Free what is in it. */
void eg_region_destroy(struct eg_region *region);

/** A finding of the guard about a job that is not refused. */
struct eg_notice {
    const struct eg_guard_rule *rule;
    bool allowed; /* the job allows what the rule would refuse; else it is a warning */
    char *text;
};

struct eg_plan {
    char *job_name;
    char *job_version; /* "" = none given */
    bool forward_only; /* not to run where a newer version has: keys are trusted, and none permits it */
    char *job_path;
    struct eg_buffer job_text; /* the job file as read */
    uint8_t job_sha256[EG_SHA256_SIZE];
    const struct eg_target *target;
    uint32_t declared_flash_size;    /* bytes, from the job; 0 = not declared */
    struct eg_flash_settings header; /* for the header of the bootloader, from job and build */
    struct eg_notice *notices;
    unsigned notice_count;
    struct eg_region *regions; /* by address */
    unsigned region_count;
    uint64_t data_size; /* sum over regions */
    uint64_t wire_size; /* sum of what is sent: compressed where that is smaller; once all are packed */
    struct eg_packing *packing; /* NULL = every region has its stream, or is sent as it is */
    struct eg_setting *settings;
    unsigned setting_count;
    bool
        programs_left_out; /* of a rehearsal: its hooks are cleared, and unit.generate.program does not run */
};

/** Set the stream of a region, which has its digests; leave it empty where it would not be smaller. Called by
 * another thread. */
typedef enum eg_code eg_pack(struct eg_region *region, struct eg_error *err);

/** Compress every region that has no stream, and sum up wire_size, in a thread that ends with the plan.
 * EG_NO_MEMORY. */
enum eg_code eg_plan_pack_begin(struct eg_plan *plan, eg_pack *pack, struct eg_error *err) EG_CHECKED;

/**
 * Wait until a region has its stream: its `zlib` may not be read before. Regions that are not the plan's have
 * theirs.
 *
 * @param cancel  may be NULL
 *
 * @return EG_OK; EG_CANCELLED; what compressing it, or one before it, failed with
 */
enum eg_code eg_plan_packed(const struct eg_plan *plan, const struct eg_region *region,
                            const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/** Wait for all regions, and for wire_size. */
enum eg_code eg_plan_pack_end(const struct eg_plan *plan, struct eg_error *err) EG_CHECKED;

void eg__plan_pack_stop(struct eg_packing *packing);

/** The rules of the guard that the job allows, as bits. */
uint64_t eg_plan_allowed(const struct eg_plan *plan);

/** Keep what the guard says: the `say` of a request whose context is the plan. */
void eg_plan_notice(void *context, const struct eg_guard_finding *finding);

/** The regions as the guard takes them, in a list for free() that has room for `more` pieces. */
enum eg_code eg_plan_pieces(const struct eg_plan *plan, unsigned more, struct eg_guard_piece **list,
                            struct eg_error *err) EG_CHECKED;

/**
 * Find the partition table among the regions.
 *
 * @return EG_OK, also when there is none; EG_BAD_IMAGE it is damaged; EG_NO_MEMORY
 */
enum eg_code eg_plan_find_table(const struct eg_plan *plan, struct eg_guard_table *table,
                                struct eg_error *err) EG_CHECKED;

/** The setting of a key; NULL = no option has that key. */
struct eg_setting *eg_plan_setting(const struct eg_plan *plan, const char *key);

/** Value of a key that exists; a wrong key or type is a defect and ends the program. A duration is a number
 * of milliseconds. */
uint64_t eg_plan_number(const struct eg_plan *plan, const char *key);
unsigned eg_plan_choice(const struct eg_plan *plan, const char *key);

/** NULL is allowed. */
void eg_plan_destroy(struct eg_plan *plan);
void eg_plan_destroy_cleanup(struct eg_plan **plan);

#endif
