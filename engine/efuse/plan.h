/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Burning, in three steps: say what is wanted (eg_efuse_want…), decide, burn. Until eg_efuse_burn() nothing
 * is written to the chip, and all that can be refused has been refused.
 *
 * Order of the burns: the highest block first, block 0 last, since it has the protection bits. Of block 0
 * first all but the chip's `postponed` fields, then RD_DIS, then switches, then WR_DIS, and what closes the
 * loader last. After each burn the block is read back, and nothing more is burnt unless every wanted bit is
 * set. A burn that is interrupted may set any of its bits; the same plan, made anew, then burns what is
 * missing.
 */

#ifndef ENGINE_EFUSE_PLAN_H
#define ENGINE_EFUSE_PLAN_H

#include "engine/efuse/efuse.h"
#include "engine/secure/secret.h"

/** One burn: bits of one block. */
struct eg_efuse_burn {
    uint8_t block;
    bool late; /* of block 0: the postponed fields */
    uint32_t word[EG_EFUSE_WORDS_MAX];
};

#define EG_EFUSE_BURNS_MAX (EG_EFUSE_BLOCKS_MAX + 4) /* block 0 in up to five */

/** What is wanted and what was decided. It holds keys and lives in locked memory. */
struct eg_efuse_wanted {
    uint32_t queued[EG_EFUSE_BLOCKS_MAX][EG_EFUSE_WORDS_MAX];
    struct eg_efuses after; /* the chip with it, while rules are checked */
    struct eg_efuse_burn burn[EG_EFUSE_BURNS_MAX];
    uint32_t coded[EG_EFUSE_CODED_MAX];
};

/** What the loader became by the burns. */
enum eg_efuse_end { EG_EFUSE_OPEN, EG_EFUSE_SECURE_DOWNLOAD, EG_EFUSE_CLOSED };

struct eg_efuse_plan {
    struct eg_efuses *fuses;
    bool force;   /* skip the checks for what is written already, protected, or coded; hardware has its own */
    bool at_once; /* burn block 0 in one */
    bool resume;  /* a key block that is hidden counts as burnt: the caller knows from its records that this
                     very key is in it */
    bool repair;  /* blocks with errors are no reason to refuse */
    bool both;    /* burn even what the ROM does not take together (`never_both` of the chip) */
    void (*say)(void *context, const char *text); /* sentences for whoever watches; may be NULL */
    void *context;
    struct eg_secret memory;
    struct eg_efuse_wanted *wanted; /* in `memory` */
    unsigned burns;                 /* decided */
    unsigned done;                  /* of them, burnt and read back */
    enum eg_efuse_end end;
};

void eg_efuse_plan_finish(struct eg_efuse_plan *plan);

/** Begin with nothing wanted. `fuses` must outlive the plan. EG_NO_MEMORY */
enum eg_code eg_efuse_plan_init(struct eg_efuse_plan *plan, struct eg_efuses *fuses,
                                struct eg_error *err) EG_CHECKED;

/*
 * The calls below return EG_BAD_ARGUMENT for a value that the field cannot have, and EG_SECURED when it is
 * protected or has bits that would have to be cleared.
 */

/** Want the bits of a field, lowest first. What is burnt already is said and needs no burn. */
enum eg_code eg_efuse_want(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                           const uint8_t bits[EG_EFUSE_BYTES_MAX], struct eg_error *err) EG_CHECKED;

/** The same as a number; a field that is made of others is taken apart. */
enum eg_code eg_efuse_want_number(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                                  uint32_t number, struct eg_error *err) EG_CHECKED;

/** Want the lowest clear bit of a counter. EG_SECURED: no step is left. */
enum eg_code eg_efuse_want_step(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                                struct eg_error *err) EG_CHECKED;

/** Want bits of a block, whatever fields they are. */
enum eg_code eg_efuse_want_block(struct eg_efuse_plan *plan, unsigned block,
                                 const uint32_t word[EG_EFUSE_WORDS_MAX], struct eg_error *err) EG_CHECKED;

/** Want bits of WR_DIS or of RD_DIS. `what` is what they protect, for sentences. */
enum eg_code eg_efuse_want_write_protection(struct eg_efuse_plan *plan, uint32_t bits, const char *what,
                                            struct eg_error *err) EG_CHECKED;
enum eg_code eg_efuse_want_read_protection(struct eg_efuse_plan *plan, uint32_t bits, const char *what,
                                           struct eg_error *err) EG_CHECKED;

/**
 * Check all that is wanted against the chip, and decide what to burn: `burns`, in `wanted->burn`.
 *
 * @return EG_OK, also when nothing is left to burn; EG_SECURED, EG_BAD_ARGUMENT, EG_UNSUPPORTED with one
 * sentence about what must not be burnt
 */
enum eg_code eg_efuse_decide(struct eg_efuse_plan *plan, struct eg_error *err) EG_CHECKED;

/**
 * Burn what was decided, and read it back. `end` tells what the loader became; when it closed, the last burn
 * could not be read back.
 *
 * @return EG_NOT_BURNT some bit is not set, or a block has errors; `done` burns before it are good
 */
enum eg_code eg_efuse_burn(struct eg_efuse_plan *plan, struct eg_error *err) EG_CHECKED;

/* ---- key.c ---- */

struct eg_efuse_key {
    const char *block;   /* name */
    const char *purpose; /* name; NULL on an ESP32, whose block names say it */
    const uint8_t *data;
    size_t size;
    bool readable, writable; /* leave it so */
};

/** Find a purpose by its name, or "CUSTOM_n"; `purpose->name` is then `name`. EG_BAD_ARGUMENT lists them. */
enum eg_code eg_efuse_get_purpose(const struct eg_efuses *fuses, const char *name,
                                  struct eg_efuse_purpose *purpose, struct eg_error *err) EG_CHECKED;

/**
 * Find the block for a key, on chips whose blocks have purposes: the one that has the purpose and is hidden,
 * or has these bytes (an interrupted burn makes one purpose look like another); else the preferred one, free
 * or with an interrupted burn of these bytes; else another one that has these bytes alone; else the first
 * that is free.
 *
 * @param preferred  number of a key block, from 0
 *
 * @return EG_OK; EG_SECURED no block is free
 */
enum eg_code eg_efuse_find_block(const struct eg_efuse_plan *plan, const struct eg_efuse_key *key,
                                 unsigned preferred, unsigned *block, struct eg_error *err) EG_CHECKED;

/** Bytes that a key with this purpose, in this block, must have. `purpose` is NULL on an ESP32. */
size_t eg_efuse_key_size(const struct eg_efuses *fuses, const struct eg_efuse_purpose *purpose);

/** Want a key: data, purpose, protection. A purpose that needs two blocks takes the next free one, too. */
enum eg_code eg_efuse_want_key(struct eg_efuse_plan *plan, const struct eg_efuse_key *key,
                               struct eg_error *err) EG_CHECKED;

#endif
