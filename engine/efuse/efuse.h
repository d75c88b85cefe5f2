/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The eFuses of one board: reading blocks, fields, errors and protection. Burning is in plan.h.
 *
 * Registers are reached through a struct eg_efuse_io: a board (engine/board/) or a virtual memory (virt.h).
 * One thread at a time. A call that reaches registers may end with whatever the io's functions end with, and
 * with EG_TIMEOUT when the controller stays busy.
 */

#ifndef ENGINE_EFUSE_EFUSE_H
#define ENGINE_EFUSE_EFUSE_H

#include "engine/base/error.h"
#include "engine/base/mac.h"
#include "targets/efuse.h"

/** The way to the registers of a chip. */
struct eg_efuse_io {
    enum eg_code (*read)(void *context, uint32_t addr, uint32_t *word, struct eg_error *err);
    /** Write a word; then keep the chip from anything else for `pause_us`. */
    enum eg_code (*write)(void *context, uint32_t addr, uint32_t word, uint32_t pause_us,
                          struct eg_error *err);
    /** From now on (or no longer) words are parts of a key, and must not be shown; may be NULL. */
    void (*hide)(void *context, bool on);
    /** Connect again after the chip fell silent; NULL = impossible. `secure_download` says whether it is in
     * secure download mode now. EG_SECURED the chip says that its loader is switched off */
    enum eg_code (*reconnect)(void *context, bool *secure_download, struct eg_error *err);
    void *context;
};

/** A block as it was last read. */
struct eg_efuse_content {
    uint32_t word[EG_EFUSE_WORDS_MAX];
    unsigned words;  /* that it has, under its coding */
    unsigned errors; /* bytes that were corrected; block 0: bits whose copies disagree */
    bool failed;     /* beyond correction; block 0: whenever there are errors */
};

struct eg_efuses {
    const struct eg_efuse *chip;
    const struct eg_efuse_field *fields; /* those of the chip's revision */
    struct eg_efuse_io io;
    const char *label;    /* "ESP32-C3", for sentences */
    uint16_t revision;    /* of the chip, major * 100 + minor */
    uint32_t crystal_mhz; /* decides the timing of a burn */
    unsigned block_count;
    enum eg_efuse_coding coding; /* of blocks 1 to 3 (ESP32); else EG_CODING_NONE */
    struct eg_efuse_content block[EG_EFUSE_BLOCKS_MAX];
    uint32_t date; /* APB_CTRL_DATE (ESP32) */
};

/** Wipes what was read, which may be keys. */
void eg_efuse_finish(struct eg_efuses *fuses);

/** Read everything. `target` has eFuses. EG_CLEANUP(eg_efuse_finish) also after a failure. */
enum eg_code eg_efuse_open(struct eg_efuses *fuses, const struct eg_target *target,
                           const struct eg_efuse_io *io, uint16_t revision, uint32_t crystal_mhz,
                           struct eg_error *err) EG_CHECKED;

/** Read the registers again. */
enum eg_code eg_efuse_read(struct eg_efuses *fuses, struct eg_error *err) EG_CHECKED;

/** Read the error registers alone. */
enum eg_code eg_efuse_read_errors(struct eg_efuses *fuses, struct eg_error *err) EG_CHECKED;

/** Whether a field exists in this chip as it is burnt. */
bool eg_efuse_has(const struct eg_efuses *fuses, const struct eg_efuse_field *field);

/** Find a field by its name or another name of it; NULL = the chip has none. */
const struct eg_efuse_field *eg_efuse_find(const struct eg_efuses *fuses, const char *name);

/** The same with EG_BAD_ARGUMENT. */
enum eg_code eg_efuse_get_field(const struct eg_efuses *fuses, const char *name,
                                const struct eg_efuse_field **field, struct eg_error *err) EG_CHECKED;

/** Find a block by its name or another name of it. EG_BAD_ARGUMENT */
enum eg_code eg_efuse_get_block(const struct eg_efuses *fuses, const char *name, unsigned *block,
                                struct eg_error *err) EG_CHECKED;

#define EG_EFUSE_BYTES_MAX 32

/** Bytes of a field, rounded up. */
size_t eg_efuse_size(const struct eg_efuse_field *field);

/** Copy the bits of a field, lowest first. A read-protected one is all zeros. Fields without bits of their
 * own are put together. */
void eg_efuse_bits(const struct eg_efuses *fuses, const struct eg_efuse_field *field,
                   uint8_t bits[EG_EFUSE_BYTES_MAX]);

/** The bytes of a MAC field, or of its extension, in the order in which they are printed. */
void eg_efuse_mac_bytes(const struct eg_efuses *fuses, const struct eg_efuse_field *field, uint8_t bytes[8]);

/** The value of a field of at most 32 bits, by name; 0 when the chip has none. */
uint32_t eg_efuse_number(const struct eg_efuses *fuses, const char *name);

/** Whether no part is read-protected: `rd` of a field or block. */
bool eg_efuse_readable(const struct eg_efuses *fuses, uint32_t rd);

/** Whether it is not write-protected: `wr` of a field or block. */
bool eg_efuse_writable(const struct eg_efuses *fuses, uint32_t wr);

/** Number of the purpose of a key block; -1 = its blocks have none. */
int eg_efuse_block_purpose(const struct eg_efuses *fuses, unsigned block);

/** Name of a purpose, "CUSTOM_n" if it has none; "" if the chip does not know the number. */
void eg_efuse_purpose_text(const struct eg_efuses *fuses, int number, char text[64]);

/** Whether some block has errors. */
bool eg_efuse_has_errors(const struct eg_efuses *fuses);

/* ---- value.c ---- */

#define EG_EFUSE_TEXT 160

enum eg_efuse_form { EG_FORM_YES_NO, EG_FORM_INTEGER, EG_FORM_FRACTION, EG_FORM_TEXT };

/** A value as people read it. */
struct eg_efuse_value {
    enum eg_efuse_form form;
    bool yes;
    int64_t integer;
    double fraction;
    char text[EG_EFUSE_TEXT]; /* always; a digit that cannot be read is '?' */
    char raw[80];             /* "0x": bytes in memory order, else the number with all its digits */
};

/** Read the value of a field. */
void eg_efuse_value(const struct eg_efuses *fuses, const struct eg_efuse_field *field,
                    struct eg_efuse_value *value);

/** Whether the check byte of a custom MAC is right; true on chips without one. */
bool eg_efuse_mac_is_right(const struct eg_efuses *fuses, const struct eg_efuse_field *field, uint8_t *stored,
                           uint8_t *computed);

/* ---- parse.c ---- */

/** Read the bits of a field that is bytes: all its hex digits in memory order; with 0x in front the last byte
 * comes first. EG_BAD_ARGUMENT */
enum eg_code eg_efuse_parse_bytes(const struct eg_efuse_field *field, const char *text,
                                  uint8_t bits[EG_EFUSE_BYTES_MAX], struct eg_error *err) EG_CHECKED;

/** Find the number that stands for a pin in a field of the kind EG_AS_PIN. EG_BAD_ARGUMENT */
enum eg_code eg_efuse_parse_pin(const struct eg_efuse_field *field, uint64_t pin, uint32_t *number,
                                struct eg_error *err) EG_CHECKED;

/** Refuse as a custom MAC what is multicast, or of the range of the chip's factory: EG_BAD_ARGUMENT. */
enum eg_code eg_efuse_check_custom_mac(const struct eg_efuses *fuses, const uint8_t mac[EG_MAC_SIZE],
                                       struct eg_error *err) EG_CHECKED;

#endif
