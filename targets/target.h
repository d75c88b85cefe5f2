/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each chip as data. One file per chip defines one constant eg_target_NAME; the build collects them.
 *
 * Behaviour is named, never pointed to: engine/ resolves the enumerators in switches without a default, and a
 * peculiarity is a bit in `quirks`. Addresses and masks are register numbers of the chip; sizes are bytes.
 */

#ifndef TARGETS_TARGET_H
#define TARGETS_TARGET_H

#include "engine/espgang.h"
#include "targets/opcode.h"

/** Bytes of a sector: the smallest area that SPI flash can erase. */
#define EG_FLASH_SECTOR 0x1000u

/** How the loader recognises the chip. */
enum eg_detect {
    EG_DETECT_MAGIC,   /* the word at 0x40001000 */
    EG_DETECT_CHIP_ID, /* the chip id in GET_SECURITY_INFO */
};

/** The number that CHANGE_BAUDRATE takes in a ROM for a given rate. */
enum eg_rom_baud {
    EG_ROM_BAUD_NONE,            /* the ROM cannot change its rate */
    EG_ROM_BAUD_PLAIN,           /* the rate itself */
    EG_ROM_BAUD_RTC_CALIBRATION, /* scaled by what the ROM believes its crystal to be: EG_FIELD_RTC_CALI,
                                    EG_FIELD_CK8M_FREQ */
    EG_ROM_BAUD_CRYSTAL_RATIO,   /* scaled by expected crystal / real crystal; see `crystal.mistaken` */
};

/** The layout of the MAC in the eFuses. */
enum eg_mac_layout {
    EG_MAC_EFUSE, /* six bytes in two words: mac_addr (low four, big-endian) and mac_addr + 4 (high two) */
    EG_MAC_ESP8266_OTP, /* three bytes in OTP words 0 and 1, the vendor part in word 3 or implied */
};

/** The layout of the chip revision in the eFuses. */
enum eg_revision_rule {
    EG_REVISION_NONE,     /* the chip has none */
    EG_REVISION_FIELDS,   /* EG_FIELD_REV_MAJOR and EG_FIELD_REV_MINOR; a field that the chip lacks is 0 */
    EG_REVISION_ESP32,    /* major from three single bits: 0, 1, 3, 7 stand for 0, 1, 2, 3 */
    EG_REVISION_ESP32_S3, /* as fields, but v0.0 silicon reuses them: 0.0 when minor & 7 == 0 and block
                             version 1.1 */
};

/** How to hard reset a chip whose port is its own USB-OTG (not its USB-Serial/JTAG). */
enum eg_otg_reset {
    EG_OTG_RESET_NONE,        /* the chip has no such USB */
    EG_OTG_RESET_BY_WATCHDOG, /* the lines do not reach EN */
    EG_OTG_RESET_BY_STRAP,    /* by watchdog when the boot strap (EG_FIELD_SPI_BOOT) was low and the chip was
                                 not sent into its loader by EG_FIELD_FORCE_DOWNLOAD; else by RTS */
};

/** When the chip has a key for flash encryption. */
enum eg_key_rule {
    EG_KEY_NONE,     /* it encrypts no flash */
    EG_KEY_WORDS,    /* the key block is read-protected or not all zero: `key_block` */
    EG_KEY_PURPOSES, /* one of the key blocks has the purpose; `key_rule_xts256` says whether pairs count */
};

enum {
    EG_QUIRK_ENCRYPT_WORD = 1u << 0,    /* ROM FLASH_BEGIN takes a fifth word, encrypted 0/1 */
    EG_QUIRK_ERASE_SIZE_BUG = 1u << 1,  /* ROM erases too much: the size word needs a correction (ESP8266) */
    EG_QUIRK_ATTACH_BY_BEGIN = 1u << 2, /* ROM attaches its flash by FLASH_BEGIN(0, 0, 0x400, 0) (ESP8266) */
    EG_QUIRK_EFUSE_PADS = 1u << 3, /* SPI_ATTACH of the ROM gets the flash pads read from efuse (ESP32) */
    EG_QUIRK_LEAVE_FORCED_DOWNLOAD = 1u
                                     << 4,  /* EG_FIELD_FORCE_DOWNLOAD must be cleared before a hard reset */
    EG_QUIRK_SECURE_BOOT_NO_STUB = 1u << 5, /* with secure boot on the ROM starts no stub */
    EG_QUIRK_SECURE_BOOT_STUB_HOOK = 1u
                                     << 6, /* with secure boot on the stub starts through `stub_hook_addr` */
    EG_QUIRK_USB_WATCHDOGS = 1u << 7,      /* over USB-Serial/JTAG the watchdogs must be switched off when
                                              connecting */
    EG_QUIRK_BIG_FLASH_BY_STUB = 1u << 8,  /* the stub reaches beyond 16 MB */
    EG_QUIRK_LEGACY_REV_IS_MINOR =
        1u << 9, /* the legacy revision in image headers is the minor number (ESP32-C3) */
    EG_QUIRK_STUB_RESETS_RATE =
        1u << 10, /* its stub raises the UART's clock as it starts, and goes by the rate that the ROM
                     believes in, 115200, whatever CHANGE_BAUDRATE has set (stub 1.1.0): `stub_rate_addr` */
    EG_QUIRK_SMALL_ROM_BLOCKS = 1u << 11, /* over its own USB the ROM, too, takes small blocks of RAM data */
    EG_QUIRK_SECURE_RATE_KEPT = 1u << 12, /* in secure download mode the number for another rate cannot be
                                             computed */
    EG_QUIRK_MAC_EXTENSION = 1u << 13,    /* two more eFuse bytes extend the MAC to an EUI-64 */
    EG_QUIRK_SHORT_TAIL = 1u << 14,       /* a flash segment must not end less than 0x24 bytes after a page
                                             boundary (ESP32) */
    EG_QUIRK_ONE_REGISTER = 1u << 15, /* no more than one register per WRITE_REG has been tried on its ROM */
};

/** The opcodes of a ROM as a set of bits, such as EG_ROM_HAS(EG_OP_SYNC); all are below 0x20. */
#define EG_ROM_HAS(opcode) (1u << (opcode))

/** Opcodes of the ESP8266's ROM: write flash and RAM, read and write registers. */
#define EG_ROM_BASIC                                                                                         \
    (EG_ROM_HAS(EG_OP_FLASH_BEGIN) | EG_ROM_HAS(EG_OP_FLASH_DATA) | EG_ROM_HAS(EG_OP_FLASH_END) |            \
     EG_ROM_HAS(EG_OP_MEM_BEGIN) | EG_ROM_HAS(EG_OP_MEM_END) | EG_ROM_HAS(EG_OP_MEM_DATA) |                  \
     EG_ROM_HAS(EG_OP_SYNC) | EG_ROM_HAS(EG_OP_WRITE_REG) | EG_ROM_HAS(EG_OP_READ_REG))

/** The ESP32's ROM adds flash parameters, slow reading, rates, inflating and digests. */
#define EG_ROM_ESP32                                                                                         \
    (EG_ROM_BASIC | EG_ROM_HAS(EG_OP_SPI_SET_PARAMS) | EG_ROM_HAS(EG_OP_SPI_ATTACH) |                        \
     EG_ROM_HAS(EG_OP_READ_FLASH_SLOW) | EG_ROM_HAS(EG_OP_CHANGE_BAUDRATE) |                                 \
     EG_ROM_HAS(EG_OP_FLASH_DEFL_BEGIN) | EG_ROM_HAS(EG_OP_FLASH_DEFL_DATA) |                                \
     EG_ROM_HAS(EG_OP_FLASH_DEFL_END) | EG_ROM_HAS(EG_OP_SPI_FLASH_MD5))

/** Later ROMs add security info. */
#define EG_ROM_SECURE (EG_ROM_ESP32 | EG_ROM_HAS(EG_OP_GET_SECURITY_INFO))

/** One part of a value spread over words: ((word at addr) >> shift & mask) << out_shift. */
struct eg_field_part {
    uint32_t addr;
    uint8_t shift;
    uint32_t mask;
    uint8_t out_shift;
};

#define EG_FIELD_PARTS_MAX 3

/** A value in efuse or another register; parts with mask 0 are absent; no part = the chip lacks the field. */
struct eg_field {
    struct eg_field_part part[EG_FIELD_PARTS_MAX];
};

#define EG_KEY_BLOCKS_MAX 6

/** The fields chips have, as indices into `field` of a target. */
enum eg_field_id {
    EG_FIELD_PACKAGE,
    EG_FIELD_VARIANT, /* also tells packages apart: ESP8285, flash inside */
    EG_FIELD_REV_MAJOR,
    EG_FIELD_REV_MINOR,
    EG_FIELD_BLOCK_MAJOR, /* EG_REVISION_ESP32_S3 only */
    EG_FIELD_BLOCK_MINOR,
    EG_FIELD_FLASH_CAP, /* codes of the flash and PSRAM in the package */
    EG_FIELD_FLASH_VENDOR,
    EG_FIELD_PSRAM_CAP,
    EG_FIELD_PSRAM_VENDOR,
    EG_FIELD_BLOCK2_VERSION, /* ESP32-S2 */
    EG_FIELD_APP_CPU_OFF,    /* ESP32, down to CODING_SCHEME */
    EG_FIELD_BT_OFF,
    EG_FIELD_CPU_FREQ_RATED,
    EG_FIELD_CPU_FREQ_LOW,
    EG_FIELD_ADC_VREF,
    EG_FIELD_BLOCK3_RESERVED,
    EG_FIELD_CODING_SCHEME,
    EG_FIELD_PAD_CLK, /* flash pads, five bits each; EG_QUIRK_EFUSE_PADS only */
    EG_FIELD_PAD_Q,
    EG_FIELD_PAD_D,
    EG_FIELD_PAD_HD,
    EG_FIELD_PAD_CS,
    EG_FIELD_RTC_CALI, /* EG_ROM_BAUD_RTC_CALIBRATION only */
    EG_FIELD_CK8M_FREQ,
    EG_FIELD_ROM_CRYSTAL, /* MHz that the ROM expects; EG_ROM_BAUD_CRYSTAL_RATIO, 40 where it is absent */
    EG_FIELD_FLASH_CRYPT_COUNT,   /* odd number of set bits = flash encryption is on */
    EG_FIELD_MANUAL_ENCRYPT_OFF,  /* 1 = the loader may not encrypt by itself */
    EG_FIELD_CRYPT_CONFIG,        /* ESP32: which address bits tweak the key */
    EG_FIELD_CRYPT_CONFIG_HIDDEN, /* 1 = it cannot be read and counts as 0xf */
    EG_FIELD_KEY_MANAGER,         /* not 0 = the key manager holds the flash key */
    EG_FIELD_KEY_HIDDEN,          /* EG_KEY_WORDS only: read protection, one bit per half key */
    EG_FIELD_KEY_256,             /* likewise: 1 = the key has 256 bits */
    EG_FIELD_KEY_PURPOSE,         /* of key block 0; the others follow */
    EG_FIELD_KEY_PURPOSE_LAST = EG_FIELD_KEY_PURPOSE + EG_KEY_BLOCKS_MAX - 1,
    EG_FIELD_SECURE_BOOT_V1,
    EG_FIELD_SECURE_BOOT_V2,
    EG_FIELD_FLASH_OCTAL,     /* 0 = quad, 1 = octal */
    EG_FIELD_VDD_FORCE,       /* 1 = XPD and TIEH set the flash supply; 0 = the strap does */
    EG_FIELD_VDD_XPD,         /* 0 = off */
    EG_FIELD_VDD_TIEH,        /* 0 = 1.8 V, 1 = 3.3 V */
    EG_FIELD_VDD_STRAP,       /* 1 = 1.8 V */
    EG_FIELD_SPI_BOOT,        /* the boot strap as sampled at reset; 0 = loader */
    EG_FIELD_FORCE_DOWNLOAD,  /* the chip was sent into its loader by software */
    EG_FIELD_DOWNLOAD_XPD_ON, /* ESP32-P4: its ROM powers the flash by itself */
    EG_FIELD_COUNT,
};

/** True when bit number VALUE of `values` is set, where VALUE is the value of the field; `values` 0 = no
 * condition. Fields of conditions are at most five bits wide. */
struct eg_condition {
    uint8_t field; /* enum eg_field_id */
    uint32_t values;
};

#define EG_VALUE(value)   (UINT32_C(1) << (value))
#define EG_CONDITIONS_MAX 2

/** A text that applies when its conditions are true: a package's name, a feature. The row with a NULL text is
 * the last. A text that begins with a blank continues the one before. */
struct eg_rule {
    const char *text;
    struct eg_condition when[EG_CONDITIONS_MAX];
};

/** PSRAM in the package when the condition is true; the row with `mb` 0 is the last. */
struct eg_psram_rule {
    uint16_t mb; /* MiB, or EG_PSRAM_UNKNOWN */
    struct eg_condition when;
};

/** There is PSRAM, but the eFuses do not give its size. */
#define EG_PSRAM_UNKNOWN UINT16_MAX

/** PSRAM in the package of the chip. No chip knows of PSRAM outside it. */
struct eg_psram {
    enum { EG_PSRAM_NOT_TOLD, EG_PSRAM_NONE, EG_PSRAM_THERE } state;
    uint64_t size; /* bytes; 0 = not known */
};

/** A code of the image header: "40m" is 0, "4MB" is 0x20. The row with a NULL name is the last. */
struct eg_header_code {
    const char *name;
    uint8_t code;
};

/** A range of the address space; the row with a NULL name is the last. `end` is exclusive. */
struct eg_memory_range {
    uint32_t start;
    uint32_t end;
    const char *name;
};

/** A register to write; the row with address 0 is the last. With a mask only those bits change. */
struct eg_register_write {
    uint32_t addr;
    uint32_t value;    /* when both masks are 0 */
    uint32_t set_mask; /* bits to set */
    uint32_t clear_mask;
    uint32_t wait_us; /* afterwards */
};

/** A number and its name; the row with a NULL name is the last. */
struct eg_numbered {
    uint32_t number;
    const char *name;
};

/** Numbers from `first` to `last`; the end of a list has last 0. */
struct eg_pin_range {
    uint8_t first, last;
};

/** Addresses from `start` to `end`, which is exclusive. */
struct eg_range {
    uint32_t start, end;
};

/** A crystal that the ROM mistakes for another; the row with `there` 0 is the last. */
struct eg_mistaken_crystal {
    uint8_t there, expected; /* MHz */
};

struct eg_target {
    const char *name;  /* as in the job file; equals the file name: "esp32c3" */
    const char *label; /* as people and esptool write it: "ESP32-C3" */

    bool xtensa; /* true = Xtensa, false = RISC-V */

    enum eg_detect detect;
    uint32_t chip_id;  /* in GET_SECURITY_INFO; EG_DETECT_CHIP_ID only */
    uint32_t magic;    /* EG_DETECT_MAGIC only */
    int image_chip_id; /* in the extended image header; -1 = the chip's images have no extended header */
    uint32_t uf2_family_id;

    uint32_t rom_commands;   /* EG_ROM_HAS() bits of what the ROM accepts outside secure download mode */
    uint8_t rom_status_size; /* status bytes of a ROM reply: 2 or 4 */
    unsigned quirks;         /* EG_QUIRK_* */

    const char *stub;        /* name in stubs/; NULL = there is none, ROM only */
    uint16_t stub_from;      /* first chip revision that runs `stub`; earlier ones run `stub_before` */
    const char *stub_before; /* NULL = none */
    uint32_t stub_hook_addr; /* ROM pointer to its flash-read function; EG_QUIRK_SECURE_BOOT_STUB_HOOK only */

    uint32_t stub_rate_addr; /* ROM variable from which the stub takes its rate; EG_QUIRK_STUB_RESETS_RATE
                                only; 0 = not known */

    uint32_t bootloader_addr;                 /* flash address of the second-stage bootloader */
    uint32_t encrypted_align;                 /* encrypted writes start and end on multiples of this */
    const struct eg_header_code *flash_sizes; /* code in the high nibble of header byte 3 */
    const struct eg_header_code *flash_freqs; /* code in the low nibble */
    const struct eg_memory_range *memory;
    struct eg_range irom, drom;     /* where flash is mapped; end 0 = not at all */
    struct eg_range tcm;            /* tightly coupled memory, not in `memory`, which names what the reference
                                       does; end 0 = none known */
    const uint32_t *mmu_page_sizes; /* page sizes that an image may choose, ascending, 0 after the last; NULL
                                       = fixed at 64 KiB, the default of all chips */

    struct {           /* flash SPI controller */
        uint32_t base; /* register address; the others are offsets from it */
        uint16_t cmd, addr, usr, usr1, usr2, mosi_dlen, miso_dlen,
            w0; /* *_dlen 0 = lengths are in usr1 (ESP8266) */
        bool address_left_aligned;
        uint16_t clock; /* offset of its clock's divider; 0 = not known, then the next two mean nothing */
        uint32_t clock_of_rom, clock_fast; /* what the ROM leaves there; what reads twice as fast */
    } spi;
    struct eg_pin_range spi_pins[3]; /* pins that may carry the flash; none = only the usual ones (ESP8266) */
    uint8_t spi_hd_max;              /* the last pin that may be HD */
    struct eg_pin_range usb_pins;    /* pins that USB uses; last 0 = none */
    bool usb_serial_jtag;            /* it has USB-Serial/JTAG */

    struct { /* crystal; fixed_mhz != 0: known, else measured: baud * (word & mask) / 1e6 / divisor */
        uint8_t fixed_mhz;
        uint32_t clkdiv_addr;
        uint32_t clkdiv_mask;
        uint8_t divisor;
        const struct eg_mistaken_crystal *mistaken; /* EG_ROM_BAUD_CRYSTAL_RATIO only */
    } crystal;
    enum eg_rom_baud rom_baud;
    uint32_t uart_date_addr;
    uint32_t boot_log_baud; /* rate of the ROM's boot log: 115200, or 74880 (ESP8266 with its usual 26 MHz
                               crystal) */

    const struct eg_field *field; /* EG_FIELD_COUNT of them, by enum eg_field_id */

    enum eg_mac_layout mac_layout;
    uint32_t mac_addr; /* register of the low word */
    enum eg_revision_rule revision_rule;
    const struct eg_rule *packages;    /* the first that applies names the package */
    const char *package_unknown;       /* name when none applies */
    const struct eg_rule *features;    /* all that apply */
    const struct eg_psram_rule *psram; /* NULL = the eFuses do not say */

    uint16_t secure_boot_v2_from; /* first revision (major * 100 + minor) for which EG_FIELD_SECURE_BOOT_V2 is
                                     valid */
    uint8_t key_block_count;      /* number of key purposes in GET_SECURITY_INFO that are valid */
    const struct eg_numbered *key_purposes; /* NULL = the reference has none */
    enum eg_key_rule key_rule;
    bool key_rule_xts256; /* EG_KEY_PURPOSES: purposes 2 and 3 together are a key too; purpose 4 always is */
    struct {              /* EG_KEY_WORDS only */
        uint32_t addr;
        uint8_t words; /* of a key that is not of 256 bits by EG_FIELD_KEY_256, which has 8 */
    } key_block;
    uint32_t vddsdio_addr; /* RTC register that controls the flash supply (ESP32); 0 = none */

    enum eg_otg_reset otg_reset;
    const struct eg_register_write *watchdogs_off;  /* EG_QUIRK_USB_WATCHDOGS only */
    const struct eg_register_write *watchdog_reset; /* NULL = the chip cannot */
    const struct eg_register_write
        *cpu_fast; /* raise the CPU's clock while a stub runs; NULL = not known how */

    /* Revisions whose flash must be switched on after connecting; NULL = none (ESP32-P4). From the last of
     * these revisions, a chip with EG_FIELD_DOWNLOAD_XPD_ON needs `flash_on_already` instead. */
    const struct eg_register_write *flash_on, *flash_on_already;
    uint16_t flash_on_from, flash_on_to;
};

/*
 * The divider of the flash's clock in controllers whose clock is the crystal's, of 26 to 48 MHz, as long as
 * the ROM has not raised it: a quarter, what the register holds after a reset, and the half, of 24 MHz at
 * most.
 */
#define EG_SPI_CLOCK_RESET 0x00030103
#define EG_SPI_CLOCK_HALF  0x00010001

/** The flash sizes of all chips but the ESP8266. */
extern const struct eg_header_code eg_flash_sizes[];

/** Every target, NULL-terminated, by file name. */
extern const struct eg_target *const eg_targets[];

/** Return the target with this name, in any letter case, with or without hyphens ("ESP32-C3"); NULL = none.
 */
const struct eg_target *eg_target_by_name(const char *name);

/** Return the target with this chip id in its image headers; NULL = none. */
const struct eg_target *eg_target_by_image_id(int image_chip_id);

/** Write "esp32, esp32c2, …" for sentences and help; the text is cut when `size` is too small. */
void eg_target_names(char *text, size_t size);

/** Return the code of a flash size or frequency name; -1 = the chip has no such name. */
int eg_header_code(const struct eg_header_code *codes, const char *name);

/** Return the name of a key purpose; NULL = not known. */
const char *eg_target_key_purpose(const struct eg_target *target, uint32_t purpose);

/** Return the name in stubs/ of the stub for this revision; NULL = there is none. */
const char *eg_target_stub(const struct eg_target *target, uint16_t revision);

/** Reads one register; returns false to give up. */
typedef bool eg_target_reader(void *context, uint32_t addr, uint32_t *word);

/** Read the value of a field through `read`; false when a read fails. A field that the chip lacks is 0. */
bool eg_field_read(const struct eg_field *field, eg_target_reader *read, void *context, uint32_t *value);

/** Return whether the chip has the field. */
bool eg_field_exists(const struct eg_field *field);

/** Read and decode the MAC; false when a read fails or the OTP names no known vendor (ESP8266). */
bool eg_target_mac(const struct eg_target *target, eg_target_reader *read, void *context, uint8_t mac[6]);

/** Read the two middle bytes of the EUI-64; EG_QUIRK_MAC_EXTENSION only. */
bool eg_target_mac_extension(const struct eg_target *target, eg_target_reader *read, void *context,
                             uint8_t extension[2]);

/** Read the chip revision, major * 100 + minor; 0 for chips without one. */
bool eg_target_revision(const struct eg_target *target, eg_target_reader *read, void *context,
                        uint16_t *revision);

/** Find the package name, a static string ("ESP32-D0WD-V3"). */
bool eg_target_package(const struct eg_target *target, eg_target_reader *read, void *context,
                       const char **name);

/** Write the features of the chip, "Wi-Fi, BT 5 (LE), Single Core, 160MHz, Embedded Flash 4MB (GD)". */
bool eg_target_features(const struct eg_target *target, eg_target_reader *read, void *context,
                        char text[EG_FEATURES_TEXT]);

/** Read the PSRAM in the package. Chips without EG_FIELD_PSRAM_CAP can show that it is there, but not that it
 * is absent. */
bool eg_target_psram(const struct eg_target *target, eg_target_reader *read, void *context,
                     struct eg_psram *psram);

#endif
