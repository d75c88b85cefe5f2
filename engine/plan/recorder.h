/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where the line writes down what happened. The engine knows no database: db/ implements this.
 *
 * Every call returns when its record is durable, and may be made by many workers at once. Strings belong to
 * the caller and live as long as the call. Each returns EG_OK or EG_LEDGER, EG_NO_ROOM, EG_IO; after one of
 * those the run must not turn green.
 */

#ifndef ENGINE_PLAN_RECORDER_H
#define ENGINE_PLAN_RECORDER_H

#include "engine/base/clock.h"
#include "engine/base/digest.h"
#include "engine/base/mac.h"
#include "engine/link/discover.h"
#include "engine/loader/loader.h"
#include "engine/plan/plan.h"

#include <stdint.h>

enum eg_outcome { EG_PASS, EG_PASS_MARGINAL, EG_FAIL, EG_ERROR, EG_ABORTED };

/** Why a pass is marginal whose flash was slow (engine/stages/pace.h); reports count by it. */
#define EG_MARGINAL_SLOW "a region took longer to write than on the other boards"

/** "pass", "pass-marginal", "fail", "error", "aborted". */
const char *eg_outcome_name(enum eg_outcome outcome);

static inline bool eg_outcome_passed(enum eg_outcome outcome)
{
    return outcome == EG_PASS || outcome == EG_PASS_MARGINAL;
}

/** The outcome a failure leads to: fail (blame board), aborted (cancelled), else error. */
enum eg_outcome eg_outcome_of(enum eg_code code);

/** The identity of the board. */
struct eg_unit {
    char mac[EG_MAC_TEXT]; /* "" = not readable */
    const char *chip;      /* target name */
    uint16_t revision;     /* major * 100 + minor */
    const char *package;
    uint32_t flash_jedec; /* maker | type << 8 | capacity << 16 */
    uint32_t flash_size;  /* bytes */
    bool secure_boot, flash_encryption, secure_download;
    char flash_unique_id[EG_FLASH_UNIQUE_TEXT]; /* lower-case hex; "" = none or not known */
    struct eg_psram psram;
};

/** Facts at the beginning of a run. */
struct eg_run_begin {
    const char *slot, *port;
    const char *label;       /* of the board, as it was scanned; NULL = not known */
    struct eg_bridge bridge; /* the USB device of the port */
};

/** What made a stage take the time that it took: the rate, where it took little more than its bytes on the
 * wire; else what most of the rest is due to. */
enum eg_limit {
    EG_LIMIT_NONE,    /* not known */
    EG_LIMIT_RATE,    /* of the link */
    EG_LIMIT_LATENCY, /* of each request and its answer: the bridge, a network */
    EG_LIMIT_RESENDS, /* blocks or a whole region were sent again */
    EG_LIMIT_ERASE,   /* the flash was not blank */
    EG_LIMIT_FLASH,   /* the chip inflates, erases and programs more slowly than data comes */
    EG_LIMIT_DIGEST,  /* the chip reads its flash and computes */
};

/** "rate", "latency", "resends", "erase", "flash", "digest"; "" = not known. */
const char *eg_limit_name(enum eg_limit limit);

struct eg_stage_record {
    const char *stage;
    unsigned attempt; /* from 1 */
    char started_utc[EG_UTC_TEXT];
    uint64_t duration_us;
    enum eg_code code;
    char text[480]; /* the sentence when code is not EG_OK */
    uint32_t baud;
    uint64_t bytes_sent, bytes_received;
    unsigned resends;
    uint64_t wire_us; /* the least time that its bytes need; 0 = the link has no rate, or keeps none */
    enum eg_limit limit;
};

struct eg_region_record {
    const struct eg_region *region; /* name, address, SHA-256; before it is encrypted; NULL = not begun */
    uint32_t size;                  /* as it is written, as is the next one */
    uint8_t expected_md5[EG_MD5_SIZE];
    unsigned attempt;
    uint32_t written; /* bytes that were written; the flash held the rest already */
    bool read_back;   /* md5 was computed by the chip */
    uint8_t md5[EG_MD5_SIZE];
    const char *method;          /* "md5-by-chip", "read-back"; "none" while not checked */
    const char *verdict;         /* "equal", "different", "not-checked" */
    struct eg_write_times times; /* zero while it is not written */
};

/** A stretch of flash that was erased and is not written: nothing but FF. */
struct eg_erased_record {
    const char *name; /* the partition, or "the whole flash" */
    uint32_t flash_addr, size;
    unsigned attempt;
    bool was_blank; /* by the chip's digest; nothing was erased */
    uint64_t erase_us;
    bool read_back; /* as of a region, with the next three */
    uint8_t md5[EG_MD5_SIZE];
    const char *method, *verdict;
};

/** The kind of a value. */
enum eg_value_kind {
    EG_VALUE_UNIT,     /* given to the board: a serial number, a column of its pool's row */
    EG_VALUE_MEASURED, /* read from its log */
};

/** The name of the values that say which rules of the guard the job allowed to be broken. */
#define EG_VALUE_ALLOWED "allowed"

struct eg_value_record {
    enum eg_value_kind kind;
    const char *name;
    const char *value;         /* as it was read or given; a secret's is "" */
    const char *limits;        /* "3.0 to 3.6 V", what it was held against; "" = nothing */
    const char *unit;          /* of a measured value, "" = none; NULL of other values */
    const char *lower, *upper; /* limits as decimal text; NULL = none */
    bool is_number;
    double number; /* what `value` says, if it is a number */
    bool passed;
};

#define EG_STUB_TEXT 80

/** What wrote to the board, and how fast. */
struct eg_link_record {
    char stub[EG_STUB_TEXT]; /* "esp32c3 of esptool-js 0.7.0", "ROM"; "" = not known */
    uint32_t baud;           /* at the end of the write; 0 = none */
    uint32_t baud_most;   /* highest to try on this cable with the next board; 0 = the job names the rate */
    uint32_t baud_failed; /* lowest that was tried in vain or given up; 0 = none */
};

/** What earlier runs have found out about the rates of a slot and its bridge. */
struct eg_rates_seen {
    uint32_t baud_most; /* of the newest; 0 = there is none */
    unsigned clean;     /* newest runs in a row that passed plainly with this limit, and gave up no rate */
};

/** The end of a run. */
struct eg_run_record {
    enum eg_outcome outcome;
    enum eg_code code;
    const char *text;     /* the sentence; "" on pass */
    const char *marginal; /* why a pass is marginal; "" else */
    unsigned attempts;
    uint64_t duration_us;
    uint64_t bytes_sent, bytes_received;
    unsigned resends;
    const struct eg_link_record *link; /* NULL = nothing was begun */
    const struct eg_unit *unit;        /* NULL when the board was never identified */
    const struct eg_stage_record *stages;
    unsigned stage_count;
    const struct eg_region_record *regions;
    unsigned region_count;
    const struct eg_erased_record *erased;
    unsigned erased_count;
    const struct eg_value_record *values;
    unsigned value_count;
    const uint8_t *log; /* what the application printed, compressed with zstd; NULL = nothing */
    size_t log_size;
};

/**
 * The way of one row of a pool (serial numbers, keys, certificates): reserved for a run; written before the
 * first byte of it goes to a flash; verified when it was read back; consumed with the commit of the run's
 * pass. A run that ends as reserved sets it free again. What was written and did not pass stays with that MAC
 * and is never given to another.
 */
enum eg_pool_state {
    EG_POOL_RESERVED,
    EG_POOL_WRITTEN,
    EG_POOL_VERIFIED,
    EG_POOL_CONSUMED,
    EG_POOL_RELEASED
};

/** "reserved", "written", "verified", "consumed", "released". */
const char *eg_pool_state_name(enum eg_pool_state state);

/** A row of a pool as it was imported. eg_pool_row_finish() frees it. */
struct eg_pool_row {
    int64_t number; /* the ledger's number of the row */
    char **names;   /* of the pool's columns */
    char **values;  /* as many */
    bool *secrets;  /* as many: never shown; NULL = none is */
    bool *uniques;  /* as many: belongs to one board; NULL = none does */
    unsigned count;
    char passed_over[400]; /* rows before it with a value of another board, told once; "" = none */
};

/* A secret value that is a key, encrypted to a public key: it begins so, and goes on with "FINGERPRINT ID
 * BASE64", as a key in escrow. It is no name for templates. */
#define EG_POOL_SEALED "sealed:"

void eg_pool_row_finish(struct eg_pool_row *row);

/** History of a board in the ledger, from finished runs; refusals because it had passed are not counted. */
struct eg_seen {
    unsigned runs,
        passed; /* passes are no longer counted once two boards have shown the MAC at the same time */
    char last_utc[EG_UTC_TEXT];
    char last_outcome[16];
    unsigned admitted; /* of the runs: an intent is on record */
    bool mac_known;    /* some run, perhaps of another board, has this MAC */
    /* A run of the same MAC with another flash, if no run of this MAC had this board's flash; 0 = none. */
    int64_t clone_run;
    char clone_flash[EG_FLASH_UNIQUE_TEXT];
};

/** A value that belongs to one board. */
struct eg_claim {
    enum eg_claim_kind { EG_CLAIM_LABEL, EG_CLAIM_VALUE } kind;
    const char *name; /* of a value: "serial", a pool's column, a name of `unit`; "" of a label */
    const char *value;
    bool secret; /* compared, but neither stored nor shown */
};

/** A row that a run asks for. */
struct eg_pool_wish {
    const char *pool;
    const struct eg_unit *unit; /* the board of the run */
    bool held;                  /* only to look: the row that the board has, and nothing is recorded */
    /**
     * Say what the board claims when it gets the row; NULL = nothing. Called by another thread before
     * reserve() returns.
     *
     * @param claims  its texts live until the next call and until reserve() returns
     */
    enum eg_code (*claims)(void *context, const struct eg_pool_row *row, const struct eg_claim **claims,
                           unsigned *count, struct eg_error *err);
    void *context;
};

/** What happens to the security of a board, item by item. */
enum eg_security_event {
    EG_SECURITY_FOUND,    /* a block as it was before anything was burnt; keys are masked */
    EG_SECURITY_WANTED,   /* what the job wants of the item */
    EG_SECURITY_INTENDED, /* it will be burnt next */
    EG_SECURITY_OBSERVED, /* read back: "yes", "no", "unknown" */
    EG_SECURITY_LEFT,     /* a block as it is afterwards, keys are masked; the MD5 of a region's ciphertext; a
                             key in escrow; a public key */
    EG_SECURITY_REACHED,  /* a step is complete; the item is the job's mode */
};

/** "found", "wanted", "intended", "observed", "left", "reached". */
const char *eg_security_event_name(enum eg_security_event event);

struct eg_security_record {
    enum eg_security_event event;
    const char *item;
    const char *value; /* never a key, nor anything from which one follows */
};

#define EG_FINGERPRINT_TEXT 17 /* 16 digits of hex */
#define EG_SECURITY_VALUE   100
#define EG_SECURITY_SEALED  3072 /* of a key in escrow */
#define EG_SECURITY_ESCROW                                                                                   \
    "escrow of " /* the item goes on with the key's; its value is "FINGERPRINT ID BASE64" */
#define EG_SECURITY_PUBLIC                                                                                   \
    "public key of " /* likewise; its value is Base64 of the DER (SubjectPublicKeyInfo) */

/** "label", "value". */
const char *eg_claim_kind_name(enum eg_claim_kind kind);

struct eg_recorder;

struct eg_recorder_ops {
    /** A run begins in a slot; nothing is known of the chip yet. *run is the ledger's number of it. */
    enum eg_code (*begin)(struct eg_recorder *recorder, const struct eg_run_begin *begin, int64_t *run,
                          struct eg_error *err);
    /** The board is admitted and will be erased next; repeated by a later attempt. EG_DUPLICATE_MAC another
     * program has a board of its MAC at work. */
    enum eg_code (*intent)(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                           struct eg_error *err);
    /** Put the outcome on record. EG_DUPLICATE_MAC, nothing is recorded: it is a pass, and another program
     * has refused a board of the MAC meanwhile. */
    enum eg_code (*finish)(struct eg_recorder *recorder, int64_t run, const struct eg_run_record *record,
                           struct eg_error *err);
    /** Return the history of the board; of its MAC alone while the unique id of its flash is not known. */
    enum eg_code (*seen)(struct eg_recorder *recorder, const struct eg_unit *unit, struct eg_seen *seen,
                         struct eg_error *err);
    /** Tell whether the last admitted run of the board has left exactly this region in its flash, by its own
     * check. A hint: only the board itself knows. */
    enum eg_code (*holds)(struct eg_recorder *recorder, const struct eg_unit *unit,
                          const struct eg_region *region, bool *probably, struct eg_error *err);
    /** Tell what earlier runs in a slot have found out about rates through this bridge, and no other. */
    enum eg_code (*rates)(struct eg_recorder *recorder, const char *slot, const struct eg_bridge *bridge,
                          struct eg_rates_seen *seen, struct eg_error *err);
    /**
     * Claim values for the board of a run, all or none, durable before anything is erased. A claim holds
     * while the run goes on, and afterwards unless it ended without having passed or written anything.
     *
     * @return EG_OK, also when this board has a value already; EG_NOT_UNIQUE another board has one: the
     * sentence names the value, unless it is secret, and that board
     */
    enum eg_code (*claim)(struct eg_recorder *recorder, int64_t run, const struct eg_unit *unit,
                          const struct eg_claim *claims, unsigned count, struct eg_error *err);
    /**
     * A row of a pool for the board of a run: the one its MAC holds already; else, of a pool with a column
     * "mac", the row of its MAC; else the first that is free and claims nothing that another board has. The
     * same again for a later attempt of the run. What goes with the row is claimed with it.
     *
     * @param row  caller's, to be freed with eg_pool_row_finish()
     * @return EG_OK; EG_POOL_EMPTY there is no such pool, or no row left: no other board gets one either;
     * EG_NOT_UNIQUE another board has what goes with the row, or with every row that is free;
     * EG_NOT_ACCEPTED it has no row for this MAC, or the MAC is not known; of a wish for a held row, also
     * that the board has none
     */
    enum eg_code (*reserve)(struct eg_recorder *recorder, int64_t run, const struct eg_pool_wish *wish,
                            struct eg_pool_row *row, struct eg_error *err);
    /** Every row that the run has reserved is now EG_POOL_WRITTEN or EG_POOL_VERIFIED. finish() does the
     * rest. */
    enum eg_code (*mark)(struct eg_recorder *recorder, int64_t run, enum eg_pool_state state,
                         struct eg_error *err);
    /** What happens to the security of the board of a run; all of it or nothing, before finish(). */
    enum eg_code (*secure)(struct eg_recorder *recorder, int64_t run,
                           const struct eg_security_record *records, unsigned count, struct eg_error *err);
    /** Read the value that a board's runs have last put on record for an event of an item; "" = none. What
     * has no room is cut. */
    enum eg_code (*secured)(struct eg_recorder *recorder, const struct eg_unit *unit,
                            enum eg_security_event event, const char *item, char *value, size_t room,
                            struct eg_error *err);
    /** What a key is known by: the same key has the same one, and nobody finds the key by it. It needs the
     * ledger's secret, which is not in the ledger. */
    enum eg_code (*fingerprint)(struct eg_recorder *recorder, const uint8_t *key, size_t size,
                                char print[EG_FINGERPRINT_TEXT], struct eg_error *err);
};

/** An implementation's struct begins with it. */
struct eg_recorder {
    const struct eg_recorder_ops *ops;
};

#endif
