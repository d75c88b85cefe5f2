/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The eFuses of a chip, as data. One file per chip, NAME_efuse.c, defines one constant eg_target_NAME_efuse;
 * the build collects them. Code that reads and burns them is in engine/efuse/.
 *
 * Registers are byte offsets from `base`. Bits are numbered from 0; word 0 is the lowest of a block.
 */

#ifndef TARGETS_EFUSE_H
#define TARGETS_EFUSE_H

#include "targets/target.h"

#define EG_BIT(n) (UINT32_C(1) << (n))

#define EG_EFUSE_BLOCKS_MAX 11
#define EG_EFUSE_WORDS_MAX  9  /* of a block, as it is read */
#define EG_EFUSE_CODED_MAX  11 /* of the program window: 8 words of data and 3 of check bytes */

/** How the controller burns. */
enum eg_efuse_family {
    EG_EFUSE_BLOCK_REGISTERS, /* each block has write registers; one command burns them all (ESP32) */
    EG_EFUSE_PROGRAM_WINDOW,  /* one window for all; the command has the block's number */
};

/** Values of CODING_SCHEME (ESP32). */
enum eg_efuse_coding { EG_CODING_NONE, EG_CODING_3_4, EG_CODING_REPEAT, EG_CODING_NONE_TOO };

/** Headings of a summary, in its order. */
enum eg_efuse_category {
    EG_CAT_CALIBRATION,
    EG_CAT_CONFIG,
    EG_CAT_FLASH,
    EG_CAT_IDENTITY,
    EG_CAT_JTAG,
    EG_CAT_MAC,
    EG_CAT_SECURITY,
    EG_CAT_SPI_PAD,
    EG_CAT_USB,
    EG_CAT_VDD,
    EG_CAT_WDT,
    EG_CAT_USER, /* of a project; no chip has any */
    EG_CATS,
};

/** What the bits of a field are. */
enum eg_efuse_kind {
    EG_AS_NUMBER,      /* one bit: yes or no */
    EG_AS_COUNTER,     /* the number of set bits counts; they are set from the lowest up */
    EG_AS_BYTES,       /* whole bytes in memory order */
    EG_AS_KEY,         /* likewise: a key block, or half of one */
    EG_AS_MAC,         /* a MAC address: the factory's is stored last byte first, a custom one as printed */
    EG_AS_PURPOSE,     /* of a key block: a number of `purposes` */
    EG_AS_PIN,         /* 30 and 31 stand for GPIO 32 and 33 (ESP32) */
    EG_AS_ADC,         /* sign and magnitude, in steps of 4; ESP32: two's complement, and an offset */
    EG_AS_TEMPERATURE, /* sign and magnitude, in steps of 0.1 */
    EG_AS_VREF,        /* sign and magnitude, in steps of 7 mV around 1100 mV */
    /* The rest has no bits of its own. */
    EG_AS_PARTS, /* the fields in `parts`, the lowest first */
    EG_AS_WAFER, /* those, and bit 31 of APB_CTRL_DATE; 0, 1, 3, 7 stand for revision 0, 1, 2, 3 (ESP32) */
    EG_AS_EUI64, /* the MAC with its extension in the middle */
};

/** When a chip has a field. */
struct eg_efuse_when {
    enum {
        EG_WHEN_ALWAYS,
        EG_WHEN_BLOCK_VERSION,   /* BLK_VERSION_MAJOR * 100 + BLK_VERSION_MINOR is `number` or more */
        EG_WHEN_REVISION_TO,     /* the revision in its fields, major * 100 + minor, is `number` or less */
        EG_WHEN_CODING,          /* CODING_SCHEME is `number`, an enum eg_efuse_coding */
        EG_WHEN_BLOCK3_RESERVED, /* BLK3_PART_RESERVE is set */
        EG_WHEN_NEVER,           /* a table that no chip uses yet */
    } what;
    uint16_t number;
};

/** A field; the row with a NULL name is the last. */
struct eg_efuse_field {
    const char *name;
    uint8_t category; /* enum eg_efuse_category */
    uint8_t block, word, pos;
    uint16_t bits;
    uint8_t kind;     /* enum eg_efuse_kind */
    uint32_t wr;      /* bits of WR_DIS, one of which write-protects it; 0 = nothing does */
    uint32_t rd;      /* bits of RD_DIS, each of which read-protects (part of) it; 0 = nothing does */
    const char *help; /* what it does */
    struct eg_efuse_when when;
    const char *alt;                  /* further names, separated by blanks; NULL = none */
    const struct eg_numbered *values; /* texts of values; NULL = none */
    const char *parts; /* names of fields, separated by blanks; EG_AS_PARTS and what follows it */
};

/** Description and condition of a field that the factory burns, of chips from a block version on. */
#define EG_TRIM(block_version)                                                                               \
    .help = "factory calibration or supply trim", .when = {EG_WHEN_BLOCK_VERSION, (block_version)}

/** Bits in a register. */
struct eg_efuse_place {
    uint16_t reg;
    uint8_t shift;
};

/** A block; its index is its number. The row with a NULL name is the last. */
struct eg_efuse_block {
    const char *name;
    uint16_t read, write;           /* registers of word 0 */
    uint8_t words;                  /* 32 bits each */
    uint32_t wr, rd;                /* as of fields */
    const char *alt;                /* as of fields */
    const char *purpose;            /* field that says what its key is for; NULL = none */
    struct eg_efuse_place count_at; /* three bits: bytes that were corrected; reg 0 = no error bits */
    struct eg_efuse_place fail_at;  /* one bit: beyond correction; reg 0 = the chip does not say */
};

enum {
    EG_PURPOSE_REVERSED = 1, /* the key's bytes are burnt last first */
    EG_PURPOSE_HIDDEN = 2,   /* only hardware may see it: it is read-protected */
    EG_PURPOSE_DIGEST = 4,   /* of a public key; burn-key-digest takes it */
};

/** What a key block may be for; the row with a NULL name is the last. */
struct eg_efuse_purpose {
    const char *name;
    int8_t number; /* as in the purpose field; below 0: no purpose, the key is split over two blocks */
    uint8_t flags;
};

/** Purposes that are split: 64 bytes as two XTS keys, the same for PSRAM, an ECDSA key of P-384. */
enum { EG_PURPOSE_XTS_256 = -1, EG_PURPOSE_XTS_256_PSRAM = -2, EG_PURPOSE_ECDSA_P384 = -3 };

/** Put `value` into the bits of `mask`; the row with mask 0 is the last. */
struct eg_efuse_step {
    uint16_t reg;
    uint32_t mask;
    uint32_t value;
};

/** What to write before burning, by crystal; the row with 0 MHz is the last. Other crystals are refused. */
struct eg_efuse_timing {
    uint8_t mhz;
    const struct eg_efuse_step *steps; /* NULL = none */
};

struct eg_efuse {
    const char *name; /* of the target */
    enum eg_efuse_family family;
    uint32_t base;
    uint16_t size; /* of the register space, bytes */
    uint16_t conf, cmd;
    uint16_t dec_status;    /* EG_EFUSE_BLOCK_REGISTERS only: bits 0 to 11 taint blocks 1, 2 and 3 */
    uint16_t check;         /* check bytes in the program window, whose first word is at 0 */
    uint16_t repeat_errors; /* of block 0, from its word 1 on: bits whose copies disagree */
    uint8_t repeat_error_words;
    const struct eg_efuse_block *blocks;
    const struct eg_efuse_field *fields;
    const struct eg_efuse_field *fields_before; /* of chips before revision `fields_from`; NULL = the same */
    uint16_t fields_from;
    const struct eg_efuse_purpose *purposes; /* NULL = key blocks have none (ESP32) */
    uint32_t custom_purposes;                /* bit n: number n without a name is taken as "CUSTOM_n" */
    const char *no_xts;                      /* block whose key the flash cipher cannot use; NULL = none */
    const struct eg_efuse_timing *timing;
    const char
        *never_both; /* two fields, separated by a blank: with both the ROM does not work; NULL = none */
    uint16_t secure_boot_from; /* revision from which secure boot v2 works */
    const char *boot_schemes;  /* keys of secure boot v2, separated by blanks: "rsa3072 ecdsa256"; NULL = not
                                  known */
    const char *postponed;     /* fields of block 0 that are burnt after its others, separated by blanks */
    const char *crypt_count,
        *secure_boot;            /* switches of flash encryption and secure boot; NULL = not known */
    const char *download_off;    /* closes the loader */
    const char *download_secure; /* reduces it to secure download mode; NULL = none */
    uint16_t ds_bits; /* longest RSA key of the digital signature peripheral; 0 = the chip has none */
    struct { /* what ESP-IDF's bootloader burns in release mode, separated by blanks: "NAME" is 1, "NAME=all"
                every bit, "NAME=n" a number; NULL = not known */
        uint8_t crypt_release; /* value of `crypt_count` */
        const char *encryption, *encryption_protects, *boot;
    } enables;
};

/** Every chip with eFuses that may be burnt, NULL-terminated, by file name. */
extern const struct eg_efuse *const eg_efuses[];

/** The eFuses of a target; NULL = it has none that may be burnt (ESP8266). */
const struct eg_efuse *eg_efuse_of(const struct eg_target *target);

/** Whether `name` is one of the words in `names`, which are separated by blanks; NULL has none. */
bool eg_efuse_listed(const char *names, const char *name);

#endif
