/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The data of one board alone: names from its identity, from a pool of the ledger, from a program; and the
 * regions of flash made from them.
 *
 *     eg_unit_places_find()   once per job: what goes where
 *     eg_unit_names_make()    per board, in its worker
 *     eg_unit_data_make()     the bytes
 *
 * Threads: nothing here is shared but the plan, which is only read.
 */

#ifndef ENGINE_STAGES_UNIT_H
#define ENGINE_STAGES_UNIT_H

#include "engine/image/nvs.h"
#include "engine/stages/stage.h"
#include "engine/stages/template.h"

enum eg_unit_kind { EG_UNIT_NVS, EG_UNIT_TEXT, EG_UNIT_HEX, EG_UNIT_FILE };

/** Where data of each board goes. Belongs to the plan but for the struct itself. */
struct eg_unit_place {
    enum eg_unit_kind kind;
    const char *key;  /* of the template: "unit.raw.value" */
    const char *at;   /* as the job says it: partition or address */
    const char *name; /* of the region: "nvs" */
    const char *path; /* of the file it is made from; "" = none */
    uint32_t flash_addr;
    uint32_t size; /* of the region; 0 = that of its data */
    uint32_t room; /* the most it may have */
    const struct eg_setting *template;
    const char *where; /* in the job file */
};

/** Zero-initialise it; EG_CLEANUP(eg_unit_places_finish) frees it. */
struct eg_unit_places {
    struct eg_unit_place *list;
    unsigned count;
};

/**
 * Where the job's unit data goes, checked against its regions, its partition table and each other as far as
 * sizes are known.
 *
 * @param place  set to where in the job the fault is
 *
 * @return EG_OK; EG_BAD_JOB; EG_BAD_IMAGE the partition table is damaged
 */
enum eg_code eg_unit_places_find(struct eg_unit_places *places, const struct eg_plan *plan,
                                 const char **place, struct eg_error *err) EG_CHECKED;

void eg_unit_places_finish(struct eg_unit_places *places);

/** Whether `size` bytes at the place leave everything else alone. EG_BAD_JOB. */
enum eg_code eg_unit_place_check(const struct eg_unit_places *places, unsigned index, uint64_t size,
                                 const struct eg_plan *plan, struct eg_error *err) EG_CHECKED;

/** What names are made from. */
struct eg_unit_board {
    const char *mac, *chip, *revision, *slot, *run, *date;
};

/** What every board has: mac, chip, job, … */
enum eg_code eg_unit_names_of_board(struct eg_names *names, const struct eg_plan *plan,
                                    const struct eg_unit_board *board, struct eg_error *err) EG_CHECKED;

/** The columns of a pool's row (NULL = no pool) and the serial. EG_BAD_UNIT_DATA. */
enum eg_code eg_unit_names_of_row(struct eg_names *names, const struct eg_plan *plan,
                                  const struct eg_pool_row *row, struct eg_error *err) EG_CHECKED;

/** What the job's program answers when it is asked for the names of a board. EG_BAD_UNIT_DATA,
 * EG_PROGRAM_FAILED, EG_CANCELLED. */
enum eg_code eg_unit_names_of_program(struct eg_names *names, const struct eg_plan *plan,
                                      const struct eg_cancel *cancel, struct eg_error *err) EG_CHECKED;

/** Those of `unit.values`. EG_BAD_UNIT_DATA. */
enum eg_code eg_unit_names_of_values(struct eg_names *names, const struct eg_plan *plan,
                                     struct eg_error *err) EG_CHECKED;

/** Add a name that comes with the board; EG_BAD_UNIT_DATA it is there already, or its value cannot be given.
 * `source` is for the sentence: "pool serials". */
enum eg_code eg_unit_names_give(struct eg_names *names, const struct eg_plan *plan, const char *name,
                                const char *value, bool secret, const char *source,
                                struct eg_error *err) EG_CHECKED;

/** Refuse templates with names that no board will have. `*place` as above. EG_BAD_JOB. */
enum eg_code eg_unit_names_check(const struct eg_plan *plan, const char **place,
                                 struct eg_error *err) EG_CHECKED;

/** What every board has, of one that there is not. */
enum eg_code eg_unit_names_of_nobody(struct eg_names *names, const struct eg_plan *plan,
                                     struct eg_error *err) EG_CHECKED;

/** Names for showing what a job does, of a board that there is not. */
enum eg_code eg_unit_names_example(struct eg_names *names, const struct eg_plan *plan,
                                   struct eg_error *err) EG_CHECKED;

/** What one board is given; kept over all attempts of its run. */
struct eg_unit_data {
    struct eg_names names;
    bool from_pool; /* a row is reserved for it */
    struct eg_region *regions;
    unsigned region_count;
    struct eg_nvs_items nvs; /* what the NVS region must be read back as */
    unsigned nvs_region;     /* its index; region_count = there is none */
};

/** The schema of the job's NVS data, checked against `unit.nvs.values`. EG_BAD_JOB, EG_BAD_IMAGE; `*place` as
 * above. */
enum eg_code eg_unit_nvs_check(const struct eg_plan *plan, const char **place,
                               struct eg_error *err) EG_CHECKED;

/** Make the regions from the names; places get their sizes. EG_BAD_UNIT_DATA. */
enum eg_code eg_unit_data_make(struct eg_unit_data *data, const struct eg_plan *plan,
                               struct eg_unit_places *places, struct eg_error *err) EG_CHECKED;

/** NULL is allowed. */
void eg_unit_data_destroy(struct eg_unit_data *data);

/** Whether an NVS image decodes to these keys and no others. EG_VERIFY_MISMATCH, the sentence shows no value.
 */
enum eg_code eg_unit_nvs_compare(const uint8_t *image, size_t size, const struct eg_nvs_items *wanted,
                                 struct eg_error *err) EG_CHECKED;

/** Read the NVS region back and hold it against what the board was given. EG_VERIFY_MISMATCH. */
enum eg_code eg_unit_nvs_read_back(struct eg_run *run, struct eg_error *err) EG_CHECKED;

#endif
