/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The data of one board alone: where it goes, and the names it is made from, which come from the board's
 * identity, from a pool of the ledger, from a program and from the job.
 *
 * Threads: nothing here is shared but the plan, which is only read.
 */

#ifndef ENGINE_PLAN_UNIT_H
#define ENGINE_PLAN_UNIT_H

#include "engine/plan/recorder.h"
#include "engine/plan/template.h"

enum eg_unit_kind { EG_UNIT_NVS, EG_UNIT_TEXT, EG_UNIT_HEX, EG_UNIT_FILE };

/** A place for unit data. Its content belongs to the plan. */
struct eg_unit_place {
    enum eg_unit_kind kind;
    const char *key;  /* of the template: "unit.raw.value" */
    const char *at;   /* from the job: partition or address */
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
 * Find where the job's unit data goes, and check it against its regions, its partition table and each other
 * as far as sizes are known.
 *
 * @param place  set to where in the job the fault is
 *
 * @return EG_OK; EG_BAD_JOB; EG_BAD_IMAGE the partition table is damaged
 */
enum eg_code eg_unit_places_find(struct eg_unit_places *places, const struct eg_plan *plan,
                                 const char **place, struct eg_error *err) EG_CHECKED;

void eg_unit_places_finish(struct eg_unit_places *places);

/** A place as the guard takes it, with `size` bytes in it; 0 = not known yet. */
void eg_unit_place_piece(struct eg_guard_piece *piece, const struct eg_unit_place *place, uint64_t size);

/** Ask the guard whether `size` bytes at the place leave everything else alone. EG_BAD_ARGUMENT. */
enum eg_code eg_unit_place_check(const struct eg_unit_places *places, unsigned index, uint64_t size,
                                 const struct eg_plan *plan, struct eg_error *err) EG_CHECKED;

/** The sources of names. */
struct eg_unit_board {
    const char *mac, *chip, *revision, *slot, *run, *date;
};

/** The built-in names: mac, chip, job, … */
enum eg_code eg_unit_names_of_board(struct eg_names *names, const struct eg_plan *plan,
                                    const struct eg_unit_board *board, struct eg_error *err) EG_CHECKED;

/** The columns of a pool's row (NULL = no pool) and the serial. EG_BAD_UNIT_DATA. */
enum eg_code eg_unit_names_of_row(struct eg_names *names, const struct eg_plan *plan,
                                  const struct eg_pool_row *row, struct eg_error *err) EG_CHECKED;

/**
 * The answer of the job's program when it is asked for the names of a board. EG_BAD_UNIT_DATA,
 * EG_PROGRAM_FAILED, EG_CANCELLED.
 *
 * In a rehearsal that leaves programs out each name that the templates want and nobody else gives is
 * "SIMULATED-NAME-MAC", without colons; in unit.raw.hex that text in hexadecimal digits; with a number's
 * format the last three bytes of the MAC.
 */
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

/** The same with the columns of the job's pool, which has `row`: no name is there twice, and the templates
 * can be filled in as far as no program's answer is needed. */
enum eg_code eg_unit_names_check_row(const struct eg_plan *plan, const struct eg_pool_row *row,
                                     const char **place, struct eg_error *err) EG_CHECKED;

/** Built-in names with placeholder values, for checking a job without a board. */
enum eg_code eg_unit_names_of_nobody(struct eg_names *names, const struct eg_plan *plan,
                                     struct eg_error *err) EG_CHECKED;

/**
 * Add the names that a board of the job will have, with placeholder values; those that are secret say so.
 *
 * @param row        of the job's pool; NULL = not known
 * @param all_known  false: the pool or the job's program brings more
 */
enum eg_code eg_unit_names_known(struct eg_names *names, bool *all_known, const struct eg_plan *plan,
                                 const struct eg_pool_row *row, struct eg_error *err) EG_CHECKED;

/** Names with placeholder values, for showing what a job does. */
enum eg_code eg_unit_names_example(struct eg_names *names, const struct eg_plan *plan,
                                   struct eg_error *err) EG_CHECKED;

#endif
