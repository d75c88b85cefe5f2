/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What may be written to a board: every rule, as pure functions over facts.
 *
 * A rule is a row of a table with a stable name. It is asked with what is known: the files alone, the chip
 * once it is identified, the flash once it is read. The commands of one board and the line ask the same
 * rules. They differ in one point: nobody reads warnings on a line, so a rule that warns the user of one
 * board refuses in a job, unless the job allows the rule by its name.
 *
 * Nothing here talks to a board, and nothing is kept. Any thread.
 */

#ifndef ENGINE_GUARD_GUARD_H
#define ENGINE_GUARD_GUARD_H

#include "engine/image/partitions.h"
#include "engine/image/settings.h"
#include "engine/loader/loader.h"

/** The planned action on the flash. */
enum eg_guard_action {
    EG_GUARD_WRITE,
    EG_GUARD_READ,  /* or compare */
    EG_GUARD_ERASE, /* pieces have no data then */
    EG_GUARD_MERGE, /* a file is made of the pieces; no board is there */
};

/** A stretch of flash and what goes there. Nothing in it is owned. */
struct eg_guard_piece {
    const char *name; /* for sentences; NULL = a range that the user gave by numbers */
    uint64_t flash_addr;
    const uint8_t *data; /* NULL = there are no bytes to look at */
    uint64_t size;
    bool encrypted;        /* the chip encrypts it while writing */
    bool as_it_must_be;    /* whoever gives it knows the chip's flash key: ciphertext, or meant to be plain */
    bool raw;              /* the file is stored as it is, whatever its format */
    bool of_unit;          /* data of one board alone: may take sectors of other pieces that are all FF */
    const char *partition; /* the partition that it was put into by name; NULL = by address */
    uint64_t room;         /* of that partition, bytes */
    uint32_t uf2_family_id; /* chips that the UF2 file is for; 0 = it does not say */
};

/** Facts of the chip. */
struct eg_guard_chip {
    struct eg_chip_info info;
    bool rom;      /* the ROM will do the work, not a stub */
    bool has_keys; /* the two below were read */
    bool flash_key, crypt_config_ok;
};

/** What a board holds where the pieces write nothing. */
struct eg_guard_board {
    const uint8_t *table; /* EG_PARTITIONS_SIZE bytes from `table_addr`; NULL = the pieces bring a table, or
                             write there */
    uint32_t table_addr;
    bool no_bootloader; /* neither the pieces nor the board have one */
};

struct eg_guard_rule;

/** A rule that had something to say. */
struct eg_guard_finding {
    const struct eg_guard_rule *rule;
    size_t piece; /* index of the piece at fault; the count of pieces = no single one */
    bool allowed; /* the job allows it; else it is a warning */
    const char *text;
};

struct eg_guard_request {
    const struct eg_target *target; /* NULL = not known yet: only rules that need nothing are asked */
    enum eg_guard_action action;
    bool job;   /* the pieces are a whole job */
    bool again; /* what depends on the files alone has been asked before */
    const struct eg_guard_piece *pieces;
    size_t count;
    const struct eg_guard_piece *written; /* of a job that erases: what it writes afterwards */
    size_t written_count;
    const struct eg_guard_chip *chip;   /* NULL = not known yet */
    const struct eg_flash_info *flash;  /* NULL = not known; its size is 0 where the id does not tell one */
    const struct eg_guard_board *board; /* NULL = not known; else only rules with `of_board` are asked */
    uint32_t declared_size;             /* flash size that the job or the command names, bytes; 0 = none */
    struct eg_flash_settings settings;  /* wanted in the bootloader's header */
    bool force;                         /* leave out every rule that can be forced */
    bool ignore_flash_key;              /* leave out the rules about the key of flash encryption */
    uint64_t allowed;                   /* rules that the job allows: eg_guard_bit() */
    /** Told of warnings, and of refusals that the job allows. May be NULL. */
    void (*say)(void *context, const struct eg_guard_finding *finding);
    void *context;
};

/** Facts that a rule needs before it can be asked. */
enum eg_guard_needs {
    EG_GUARD_NEEDS_NOTHING, /* but names, addresses and sizes */
    EG_GUARD_NEEDS_FILES,   /* the bytes, and for which chip they are */
    EG_GUARD_NEEDS_SIZE,    /* likewise, and asked again with the flash of the board */
    EG_GUARD_NEEDS_CHIP,
    EG_GUARD_NEEDS_FLASH,
    EG_GUARD_NEEDS_BOARD, /* what the board holds */
};

enum eg_guard_weight {
    EG_GUARD_REFUSES,
    EG_GUARD_WARNS,   /* the user of one board; in a job it refuses */
    EG_GUARD_MENTIONS /* in a job, a warning */
};

/** Bits of `waiver`: who may have a rule left out. */
enum {
    EG_GUARD_FORCE_WRITE = 1u << 0, /* --force of write-flash */
    EG_GUARD_FORCE_ERASE = 1u << 1, /* --force of erase-flash and erase-region */
    EG_GUARD_IGNORE_KEY = 1u << 2,  /* --ignore-flash-enc-efuse */
    EG_GUARD_ALLOW = 1u << 3,       /* `allow` in a job */
};

struct eg__guard_view;
struct eg__guard_image;

struct eg_guard_rule {
    const char *name;    /* "image-chip"; never renamed */
    const char *summary; /* what it refuses or warns of, for documents */
    enum eg_guard_needs needs;
    enum eg_guard_weight weight;
    unsigned actions; /* EG_GUARD_ON() of those that it is asked for */
    bool job_only, one_board_only;
    bool of_board;   /* asked again with what the board holds */
    bool about_file; /* the file is at fault, else its place */
    unsigned waiver;

    /* Checks of each piece, of each image in them, and of all; NULL = none. EG_OK, or a code and a sentence.
     */
    enum eg_code (*piece)(const struct eg__guard_view *view, const struct eg_guard_piece *piece,
                          struct eg_error *err);
    enum eg_code (*image)(const struct eg__guard_view *view, const struct eg__guard_image *image,
                          struct eg_error *err);
    enum eg_code (*whole)(const struct eg__guard_view *view, size_t *piece, struct eg_error *err);
};

#define EG_GUARD_ON(action) (1u << (action))

/** All rules, in the order in which they are asked; the last has no name. */
extern const struct eg_guard_rule eg_guard_rules[];

/** The rule of a name; NULL = none. */
const struct eg_guard_rule *eg_guard_rule_by_name(const char *name);

/** Its bit in `allowed`. */
uint64_t eg_guard_bit(const struct eg_guard_rule *rule);

/**
 * Ask all rules that can be asked with what is known.
 *
 * @param found  the rule that refuses; written only then; may be NULL
 *
 * @return EG_OK; the code and the sentence of the first rule that refuses; EG_NO_MEMORY
 */
enum eg_code eg_guard_ask(const struct eg_guard_request *request, struct eg_guard_finding *found,
                          struct eg_error *err) EG_CHECKED;

/**
 * Decide whether flash settings may be put into the header of a bootloader. A signed image is never changed,
 * nor is anything on a board with secure boot on, or in secure download mode, where secure boot may be on.
 *
 * @param chip  NULL = not known yet
 */
bool eg_guard_may_patch(const struct eg_target *target, const struct eg_guard_chip *chip, const uint8_t *data,
                        size_t size);

/** A partition table among pieces. */
struct eg_guard_table {
    bool found;
    size_t piece; /* that it lies in */
    uint64_t flash_addr;
    struct eg_partitions partitions;
};

/**
 * Find the partition table that a bootloader would read: at 0x8000 or where else a piece or a merged file has
 * one. Pieces that go to a partition by name are skipped.
 *
 * @return EG_OK, also when there is none; EG_BAD_IMAGE it is damaged; the sentence does not name the file,
 * which is that of `piece`
 */
enum eg_code eg_guard_find_table(struct eg_guard_table *table, const struct eg_target *target,
                                 const struct eg_guard_piece *pieces, size_t count,
                                 struct eg_error *err) EG_CHECKED;

/** Return what the bytes look like, for sentences: "a web page", "an Intel HEX file"; NULL = nothing that is
 * known.
 */
const char *eg_guard_kind(const uint8_t *data, uint64_t size);

#endif
