/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The run that a stage gets, and its calls. One file in this folder defines one constant
 * eg_stage_NAME; the build collects them.
 */

#ifndef ENGINE_STAGES_RUN_H
#define ENGINE_STAGES_RUN_H

#include "engine/base/log.h"
#include "engine/guard/guard.h"
#include "engine/image/nvs.h"
#include "engine/loader/loader.h"
#include "engine/plan/recorder.h"
#include "engine/plan/stage.h"
#include "engine/plan/unit.h"
#include "engine/provision/provision.h"
#include "engine/secure/secret.h"

struct eg_claims;

/** What one board is given; kept over all attempts of its run. */
struct eg_unit_data {
    struct eg_names names;
    struct eg_region *regions;
    unsigned region_count;
    struct eg_nvs_items nvs; /* what the NVS region must be read back as */
    unsigned nvs_region;     /* its index; region_count = there is none */
    unsigned keys_region;    /* likewise, of the keys of encrypted NVS, which `encrypt` fills in */
};

/** A key of one board, in locked memory as long as its run. */
struct eg_board_key {
    struct eg_secret key;            /* of size 0 = none, or not known any more */
    char print[EG_FINGERPRINT_TEXT]; /* what the ledger knows it by; "" = no key yet */
    bool hidden;                     /* the chip hides it, and this board's own runs have put it there */
    bool in_escrow;                  /* it is not known, but encrypted on record, for another private key */
    unsigned place;                  /* number of the key block for it, if greater than that of the wish */
};

/** A program that takes the supply of a socket away and gives it back: `PROGRAM SLOT`. */
struct eg_power {
    const char *program;
    uint32_t timeout_ms;
};

struct eg_pace;

/** One board's way through the pipeline; belongs to its worker. */
struct eg_run {
    /* given, not owned */
    const struct eg_plan *plan;
    struct eg_recorder *recorder;
    struct eg_logger *logger;
    const struct eg_cancel *cancel;
    const struct eg_port_scheme *const *schemes;
    const char *stub_dir; /* NULL = the built-in stubs */
    struct eg_claims *claims;
    struct eg_pace *pace;         /* of the line; NULL = times are not compared */
    const char *slot;             /* name of the place */
    const char *address;          /* by which its port is found, each time it is opened */
    const char *url;              /* of the port when it was opened last */
    const char *batch;            /* its name, for hooks; NULL = none */
    const char *label;            /* of the board; NULL = not known */
    struct eg_bridge bridge;      /* the USB device of the port */
    uint32_t baud_most;           /* of its slot; 0 = no limit */
    const char *private_key;      /* file that decrypts keys in pools and in escrow; NULL = none */
    const struct eg_power *power; /* what takes its supply away before another attempt; NULL = nothing */
    bool replaceable; /* as long as it has not told its MAC, the board may be another insertion's */
    int64_t number;   /* of the run, from the recorder */

    /* of this attempt */
    unsigned attempt; /* from 1 */
    uint32_t baud;    /* to begin at */
    uint32_t rate;    /* what eg_rate_raise() came to; 0 = it had no reason yet */
    unsigned facts;
    const struct eg_stage *stage; /* the one that runs */
    struct eg_port *port;
    struct eg_loader loader;
    struct eg_chip_info chip;
    struct eg_flash_info flash;
    uint32_t crystal_mhz;           /* once fuses-check has asked; it decides how eFuses are burnt */
    struct eg_value_record *values; /* see eg_run_add_value() */
    unsigned value_count;
    struct eg_buffer log; /* what the application printed, compressed with zstd */

    /* of the whole run */
    struct eg_presence presence; /* the insertion that is the board of the run */
    char path[256];              /* where `url` points once the port of a place was opened */
    bool native_usb;             /* the chip's own, which may leave the bus with a reset */
    struct eg_unit unit;
    bool has_unit;
    bool written_before;              /* an earlier run may have written to it: its flash is not blank */
    struct eg_unit_data *unit_data;   /* NULL = not made yet */
    bool has_rows;                    /* rows of pools are reserved for it */
    struct eg_region_record *regions; /* eg_run_region_room() of the plan, newest attempt */
    struct eg_erased_record *erased;  /* of the newest attempt */
    unsigned erased_count;
    uint8_t custom_mac[EG_MAC_SIZE]; /* that the job gives the board */
    bool has_custom_mac;
    struct eg_board_key keys[EG_PROVISION_SECRETS_MAX]; /* by the `secret` of the wishes */
    bool broken_blocks;                                 /* key blocks have a broken key of an earlier run */
    struct eg_region *cipher; /* regions as ciphertext, by index; without a name = the region stays plain */
    unsigned cipher_count;
    bool *cipher_kept;         /* likewise: it is in the flash already, and there is no key to make it anew */
    struct eg_secret nvs_keys; /* of the board's NVS; of size 0 = none, or not known any more */
    const char *marginal;      /* static string, the first reason found; NULL = none */
    struct eg_link_record link; /* see rate.h */
};

/** Put a value on record with this attempt; the texts are copied. EG_NO_MEMORY. */
enum eg_code eg_run_add_value(struct eg_run *run, const struct eg_value_record *value,
                              struct eg_error *err) EG_CHECKED;

/** Forget values and log: another attempt begins, or the run is on record. */
void eg_run_forget(struct eg_run *run);

/** The most regions that a run has: those of the plan and of the board alone. */
unsigned eg_run_region_room(const struct eg_plan *plan);

/** Regions to write: those of the plan, then those of the board alone, once they are made. A bootloader keeps
 * the header that its file has where the guard does not let it be changed. */
unsigned eg_run_region_count(const struct eg_run *run);
const struct eg_region *eg_run_region(const struct eg_run *run, unsigned index);

/** The same before it is encrypted. */
const struct eg_region *eg_run_plain_region(const struct eg_run *run, unsigned index);

/** The regions as the guard takes them, in a list for free(). */
enum eg_code eg_run_pieces(const struct eg_run *run, struct eg_guard_piece **list,
                           struct eg_error *err) EG_CHECKED;

/** Return whether a region is in the flash already, verified, and must not be written. */
bool eg_run_keeps(const struct eg_run *run, unsigned index);

/** Return whether a key of the board that is not known is in escrow. */
bool eg_run_key_in_escrow(const struct eg_run *run);

/** Wipe the board's keys and free its ciphertext: the run is on record. */
void eg_run_forget_keys(struct eg_run *run);

/**
 * Ask the guard whether these regions may be written to this board, whose chip and flash are known, and
 * whether the rest that the job erases may be erased. What the job allows goes on record.
 *
 * @param board  what it holds elsewhere, for the rules about that alone; NULL = all other rules
 *
 * @return what eg_guard_ask() refuses
 */
enum eg_code eg_run_ask_guard(struct eg_run *run, const struct eg_guard_board *board,
                              struct eg_error *err) EG_CHECKED;

/** Put it on record that the rows that the board has from pools are in this state, if it has any. */
enum eg_code eg_run_mark_rows(struct eg_run *run, enum eg_pool_state state, struct eg_error *err) EG_CHECKED;

/** Progress of the stage that runs. */
void eg_run_progress(struct eg_run *run, const char *what, uint64_t done, uint64_t total);

/** Progress of a stage that goes through the run's regions: the one at work and the bytes of those before
 * it. */
struct eg_region_progress {
    struct eg_run *run;
    const char *what;
    uint64_t done_before;
};

/** An eg_progress whose context is a struct eg_region_progress; the whole is all the run's
 * regions. */
void eg_region_progress(void *context, uint64_t done, uint64_t total);

/** Return the origin of this run's log records. */
struct eg_log_origin eg_run_origin(const struct eg_run *run);

#endif
