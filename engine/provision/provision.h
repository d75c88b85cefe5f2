/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a job's section `secure` makes of a chip: the eFuses that it wants, in the order in which they are
 * burnt, each with its reason.
 *
 * Three steps, of which each is finished before the next begins: keys (digests of public keys), locks
 * (switches and protection), and the loader. Between the second and the third the application must have
 * started, since a board whose loader is closed cannot be helped any more.
 */

#ifndef ENGINE_PROVISION_PROVISION_H
#define ENGINE_PROVISION_PROVISION_H

#include "engine/efuse/plan.h"
#include "engine/plan/plan.h"

/** Keys of the section; the table of a stage. */
extern const struct eg_option eg_provision_options[];

enum eg_provision_mode { EG_PROVISION_CHECK, EG_PROVISION_DEVELOPMENT, EG_PROVISION_RELEASE };

/** "check", "development", "release". */
const char *eg_provision_mode_name(enum eg_provision_mode mode);

enum eg_provision_step { EG_PROVISION_KEYS, EG_PROVISION_LOCK, EG_PROVISION_CLOSE, EG_PROVISION_STEPS };

/** "keys", "lock", "close". */
const char *eg_provision_step_name(enum eg_provision_step step);

enum eg_provision_kind {
    EG_PROVISION_FIELD,   /* `number` in the field `name` */
    EG_PROVISION_BYTES,   /* `size` bytes in the field `name`, in memory order */
    EG_PROVISION_SECRET,  /* a key, hidden, of `number` bytes */
    EG_PROVISION_DIGEST,  /* of a public key, readable and write-protected; `name` is its purpose */
    EG_PROVISION_PROTECT, /* what write-protects the field `name` */
};

/* What a key is made of, if each board gets its own. */
enum eg_provision_value {
    EG_PROVISION_RANDOM,
    EG_PROVISION_P192, /* private values of ECDSA; of P-384 one half is in a key block each */
    EG_PROVISION_P256,
    EG_PROVISION_P384_HIGH,
    EG_PROVISION_P384_LOW, /* the item after EG_PROVISION_P384_HIGH */
};

#define EG_PROVISION_NAME 48
#define EG_PROVISION_TEXT 80

struct eg_provision_item {
    enum eg_provision_step step;
    enum eg_provision_kind kind;
    char name[EG_PROVISION_NAME];
    uint32_t number;
    uint8_t bytes[EG_EFUSE_BYTES_MAX];
    size_t size;    /* of the bytes; of a digest those that the chip has */
    bool of_board;  /* number and bytes are one board's own */
    bool unknown;   /* and not known yet: nothing is burnt */
    bool if_there;  /* an earlier revision of the chip lacks the field, and nothing is wanted of it */
    unsigned place; /* of a key or digest: number of the key block that it goes into if that is free */
    /* Of a key: */
    unsigned secret; /* index of the board's secret */
    enum eg_provision_value value;
    const char *purpose;             /* NULL = key blocks have none (ESP32) */
    const char *block;               /* that the job says; NULL = any */
    const char *file;                /* that has it, for all boards; NULL = each board has its own */
    const char *pool, *column;       /* of the ledger, that has it for one board; NULL = no pool has it */
    size_t part_at, whole_size;      /* in the file or the pool: offset, and bytes of the whole key */
    const struct eg_setting *escrow; /* public key that it is encrypted to for the record; NULL = none */
    bool of_flash;                   /* the flash key, or a half of it */
    const char *reason;              /* static, or the job's */
};

/* Purpose of a key that software uses by the HMAC peripheral, as for NVS. */
#define EG_PROVISION_HMAC_UP "HMAC_UP"

#define EG_PROVISION_ITEMS_MAX   64
#define EG_PROVISION_SECRETS_MAX 8 /* more than key blocks */

/** A key of one board, as far as whoever burns it knows it. */
struct eg_provision_secret {
    const struct eg_secret *key; /* NULL = a key of nobody stands for it, and nothing is burnt */
    bool hidden;                 /* the chip hides a key, and it is this board's own */
    unsigned place;              /* as of the item; what is greater counts */
};

/** The wishes of a job. */
struct eg_provision {
    const struct eg_target *target;
    enum eg_provision_mode mode;
    bool encrypts;         /* there is a flash key among them */
    unsigned secret_count; /* keys among them */
    /* Of one board, set by whoever knows it: */
    struct eg_provision_secret secret[EG_PROVISION_SECRETS_MAX];
    bool
        broken_blocks; /* key blocks in which the burn of a key, lost since, was interrupted are left alone */
    struct eg_provision_item items[EG_PROVISION_ITEMS_MAX];
    unsigned count;
};

/** Return whether the job has a section `secure`. */
bool eg_provision_applies(const struct eg_plan *plan);

/** Return whether the job wants something in a step, and burns it. */
bool eg_provision_burns(const struct eg_plan *plan, enum eg_provision_step step);

/**
 * Make the list of wishes, and refuse those that no board could have: EG_BAD_JOB.
 *
 * @param place  set to the place of the setting at fault, which belongs to the plan; NULL else
 */
enum eg_code eg_provision_make(struct eg_provision *provision, const struct eg_plan *plan, const char **place,
                               struct eg_error *err) EG_CHECKED;

/** Do the same, verify the signature of every image, and decide the burns of a blank chip of the newest
 * revision that is known, as a job is checked. */
enum eg_code eg_provision_check(const struct eg_plan *plan, const char **place,
                                struct eg_error *err) EG_CHECKED;

/**
 * Find out whether the flash encrypted by a job holds ciphertext at an address: bootloader, partition table,
 * applications, and what the partition table says.
 *
 * @return EG_OK; EG_BAD_IMAGE the partition table is damaged; EG_NO_MEMORY
 */
enum eg_code eg_provision_encrypts(const struct eg_plan *plan, uint32_t flash_addr, bool *encrypts,
                                   struct eg_error *err) EG_CHECKED;

/** How the NVS that the job gives its boards is encrypted. */
enum eg_provision_nvs { EG_PROVISION_NVS_PLAIN, EG_PROVISION_NVS_FLASH, EG_PROVISION_NVS_HMAC };

/** Return what the job says. */
enum eg_provision_nvs eg_provision_nvs(const struct eg_plan *plan);

/** Find the partition for the keys of NVS that is encrypted by flash encryption. EG_BAD_JOB there is none, or
 * it has another size; EG_BAD_IMAGE */
enum eg_code eg_provision_find_nvs_keys(const struct eg_plan *plan, struct eg_partition *partition,
                                        struct eg_error *err) EG_CHECKED;

/* The item of the custom MAC. */
#define EG_PROVISION_CUSTOM_MAC "CUSTOM_MAC"

/** Give the board its MAC, which the job wants (`secure.mac`). */
void eg_provision_set_mac(struct eg_provision *provision, const uint8_t mac[EG_MAC_SIZE]);

/** Whether something is as it was wished. */
enum eg_provision_state { EG_PROVISION_NO, EG_PROVISION_YES, EG_PROVISION_UNKNOWN };

/** "no", "yes", "unknown". */
const char *eg_provision_state_name(enum eg_provision_state state);

/** Return whether a wish is about this chip. */
bool eg_provision_concerns(const struct eg_provision_item *item, const struct eg_efuses *fuses);

/** Look at one wish in eFuses as they were read. */
enum eg_provision_state eg_provision_look(const struct eg_provision_item *item,
                                          const struct eg_efuses *fuses);

/**
 * Look at one wish in what a chip in secure download mode still tells.
 *
 * @return NO it is not so; YES; UNKNOWN it does not tell: also of keys and digests, of which only the purpose
 * can be seen
 */
enum eg_provision_state eg_provision_told(const struct eg_provision_item *item, const struct eg_efuse *chip,
                                          const struct eg_security_info *info);

/** Return whether the job encrypts the flash of its boards: it says which key does. */
bool eg_provision_has_flash_key(const struct eg_plan *plan);

/** Return whether the chip hides a key where this one goes. */
bool eg_provision_hides_key(const struct eg_provision_item *item, const struct eg_efuses *fuses);

/** Return whether a block is that of a key, by what the job says or by its purpose. */
bool eg_provision_is_block_of(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                              unsigned block);

/** Bytes of the key that this chip takes. */
size_t eg_provision_key_size(const struct eg_provision_item *item, const struct eg_efuses *fuses);

/** Copy the bytes that a readable block would have as this key, in the order of the host.
 *
 * @return false: it is no block for it, is hidden, is of another purpose, or is empty and whole */
bool eg_provision_read_key(const struct eg_provision_item *item, const struct eg_efuses *fuses,
                           unsigned block, uint8_t key[32]);

/** Write a wish as text: "1", "write-protected", "9e3ef7c3…", the digest in full; of a key nothing of it. */
void eg_provision_wanted(char text[EG_PROVISION_TEXT], const struct eg_provision_item *item);

/**
 * Want everything of a step that is not burnt already, in a plan without wishes, and decide the burns.
 *
 * @return EG_OK; EG_SECURED, EG_WRONG_REVISION, ... one sentence about why this chip cannot become what the
 * job says
 */
enum eg_code eg_provision_decide(const struct eg_provision *provision, enum eg_provision_step step,
                                 struct eg_efuse_plan *plan, struct eg_error *err) EG_CHECKED;

/** One line of what would be burnt: bits of a field of one burn. */
struct eg_provision_line {
    enum eg_provision_step step;
    unsigned burn; /* from 1, over all steps */
    const char *block;
    char field[EG_PROVISION_NAME];
    char value[EG_PROVISION_TEXT];
    char reason[160];
};

/**
 * Decide all steps one after the other, each on the chip as the one before leaves it; nothing is burnt.
 *
 * @param fuses  as they are; not changed
 * @param say    hears every line, in the order of the burns; may be NULL
 *
 * @return as eg_provision_decide()
 */
enum eg_code eg_provision_rehearse(const struct eg_provision *provision, const struct eg_efuses *fuses,
                                   void (*say)(void *context, const struct eg_provision_line *line),
                                   void *context, struct eg_error *err) EG_CHECKED;

/** The same on a blank chip, for showing a job. */
enum eg_code eg_provision_explain(const struct eg_provision *provision,
                                  void (*say)(void *context, const struct eg_provision_line *line),
                                  void *context, struct eg_error *err) EG_CHECKED;

#endif
