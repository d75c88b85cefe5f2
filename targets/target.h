/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a chip is, as data. One file per chip defines one constant eg_target_NAME; the build collects them.
 *
 * Behaviour is named, never pointed to: engine/ resolves the enumerators in switches without a default, and a
 * peculiarity is a bit in `quirks`. Addresses and masks are register numbers of the chip; sizes are bytes.
 */

#ifndef TARGETS_TARGET_H
#define TARGETS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** How the loader recognises the chip. */
enum eg_detect {
    EG_DETECT_MAGIC,   /* the word at 0x40001000 */
    EG_DETECT_CHIP_ID, /* the chip id in GET_SECURITY_INFO */
};

/** The number that CHANGE_BAUDRATE wants from a ROM for a given rate. */
enum eg_rom_baud {
    EG_ROM_BAUD_NONE,            /* the ROM cannot change its rate */
    EG_ROM_BAUD_PLAIN,           /* the rate itself */
    EG_ROM_BAUD_RTC_CALIBRATION, /* scaled by what the ROM believes its crystal to be; see `rtc_cali`,
                                    `ck8m_freq` */
};

/** How the MAC is put together. */
enum eg_mac_layout {
    EG_MAC_EFUSE, /* six bytes in two words: mac_addr (low four, big-endian) and mac_addr + 4 (high two) */
    EG_MAC_ESP8266_OTP, /* three bytes in OTP words 0 and 1, the vendor part in word 3 or implied */
};

/** How the chip's name and revision are put together. */
enum eg_revision_rule {
    EG_REVISION_NONE,     /* the chip has none */
    EG_REVISION_FIELDS,   /* rev_major and rev_minor */
    EG_REVISION_ESP32,    /* major from three single bits in rev_major: 0, 1, 3, 7 stand for 0, 1, 2, 3 */
    EG_REVISION_ESP32_S3, /* as fields, but v0.0 silicon reuses them: 0.0 when minor & 7 == 0 and block
                             version 1.1 */
};

enum {
    EG_QUIRK_ENCRYPT_WORD = 1u << 0,    /* ROM FLASH_BEGIN takes a fifth word, encrypted 0/1 */
    EG_QUIRK_ERASE_SIZE_BUG = 1u << 1,  /* ROM erases too much: the size word needs a correction (ESP8266) */
    EG_QUIRK_ATTACH_BY_BEGIN = 1u << 2, /* ROM attaches its flash by FLASH_BEGIN(0, 0, 0x400, 0) (ESP8266) */
    EG_QUIRK_EFUSE_PADS = 1u << 3, /* SPI_ATTACH of the ROM gets the flash pads read from efuse (ESP32) */
    EG_QUIRK_FORCE_DOWNLOAD_BIT =
        1u << 4, /* `force_download_addr` bit 0 must be cleared before a hard reset */
    EG_QUIRK_SECURE_BOOT_NO_STUB = 1u << 5, /* with secure boot on the ROM starts no stub */
    EG_QUIRK_SECURE_BOOT_STUB_HOOK = 1u
                                     << 6, /* with secure boot on the stub starts through `stub_hook_addr` */
    EG_QUIRK_USB_WATCHDOGS =
        1u << 7, /* over USB-Serial/JTAG the watchdogs must be switched off on connecting */
    EG_QUIRK_BIG_FLASH_BY_STUB = 1u << 8, /* the stub reaches beyond 16 MB */
    EG_QUIRK_STUB_RESETS_RATE =
        1u << 10, /* its stub raises the UART's clock as it starts, and goes by the rate that the ROM
                     believes in, 115200, whatever CHANGE_BAUDRATE has set (stub 1.1.0) */
    EG_QUIRK_LEGACY_REV_IS_MINOR =
        1u << 9, /* the legacy revision in image headers is the minor number (ESP32-C3) */
};

/** Opcodes a ROM knows, as bits: EG_ROM_HAS(0x14) is GET_SECURITY_INFO. All below 0x20. */
#define EG_ROM_HAS(opcode) (1u << (opcode))

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

/** A package (or variant) name; the first row whose conditions hold is the chip's. -1 = any. */
struct eg_package {
    const char *name;
    int package;   /* value of `package` */
    int rev_major; /* decoded major revision */
    int variant;   /* value of `variant` */
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

/** A register to write; the row with address 0 is the last. With `set_mask` those bits are set, the others
 * kept. */
struct eg_register_write {
    uint32_t addr;
    uint32_t value;
    uint32_t set_mask;
};

struct eg_target {
    const char *name;  /* as in the job file; equals the file name: "esp32c3" */
    const char *label; /* as people and esptool write it: "ESP32-C3" */

    enum eg_detect detect;
    uint32_t chip_id;  /* in GET_SECURITY_INFO; EG_DETECT_CHIP_ID only */
    uint32_t magic;    /* EG_DETECT_MAGIC only */
    int image_chip_id; /* in the extended image header; -1 = the chip's images have no extended header */
    uint32_t uf2_family_id;

    uint32_t rom_commands;   /* EG_ROM_HAS() bits of what the ROM accepts outside secure download mode */
    uint8_t rom_status_size; /* status bytes of a ROM reply: 2 or 4 */
    unsigned quirks;         /* EG_QUIRK_* */

    const char *stub;        /* name in stubs/, or NULL: ROM only */
    uint32_t stub_hook_addr; /* ROM pointer to its flash-read function; EG_QUIRK_SECURE_BOOT_STUB_HOOK only */

    uint32_t bootloader_addr;                 /* flash address of the second-stage bootloader */
    uint32_t encrypted_align;                 /* encrypted writes start and end on multiples of this */
    const struct eg_header_code *flash_sizes; /* code in the high nibble of header byte 3 */
    const struct eg_header_code *flash_freqs; /* code in the low nibble */
    const struct eg_memory_range *memory;

    struct {           /* flash SPI controller */
        uint32_t base; /* register address; the others are offsets from it */
        uint16_t cmd, addr, usr, usr1, usr2, mosi_dlen, miso_dlen,
            w0; /* *_dlen 0 = lengths are in usr1 (ESP8266) */
        bool address_left_aligned;
    } spi;
    struct eg_field spi_pads[5]; /* CLK, Q, D, HD, CS; EG_QUIRK_EFUSE_PADS only */

    struct { /* crystal; fixed_mhz != 0: known, else measured: baud * (word & mask) / 1e6 / divisor */
        uint8_t fixed_mhz;
        uint32_t clkdiv_addr;
        uint32_t clkdiv_mask;
        uint8_t divisor;
    } crystal;
    enum eg_rom_baud rom_baud;
    struct eg_field rtc_cali, ck8m_freq; /* EG_ROM_BAUD_RTC_CALIBRATION only */
    uint32_t uart_date_addr;
    uint32_t boot_log_baud; /* rate of the ROM's boot log: 115200, or 74880 (ESP8266 with its usual 26 MHz
                               crystal) */

    enum eg_mac_layout mac_layout;
    uint32_t mac_addr; /* register of the low word */
    enum eg_revision_rule revision_rule;
    struct eg_field rev_major, rev_minor, block_major, block_minor; /* block_*: EG_REVISION_ESP32_S3 only */
    struct eg_field package, variant;  /* variant: what else tells packages apart (ESP32: APP CPU disabled) */
    const struct eg_package *packages; /* the row with a NULL name is the last */
    const char *package_unknown;       /* name when no row holds */

    struct eg_field flash_crypt_count;  /* odd number of set bits = flash encryption is on */
    struct eg_field manual_encrypt_off; /* 1 = the loader may not encrypt by itself */
    struct eg_field secure_boot_v1, secure_boot_v2;
    uint16_t
        secure_boot_v2_from; /* revision (major * 100 + minor) from which secure_boot_v2 means something */
    uint8_t key_block_count; /* key purposes in GET_SECURITY_INFO that mean something */

    uint32_t force_download_addr;
    const struct eg_register_write *watchdogs_off;  /* EG_QUIRK_USB_WATCHDOGS only */
    const struct eg_register_write *watchdog_reset; /* NULL = the chip cannot */
};

/** Every target, NULL-terminated, by file name. */
extern const struct eg_target *const eg_targets[];

/** The target of a name, whatever its letter case and with or without hyphens ("ESP32-C3"); NULL = none. */
const struct eg_target *eg_target_by_name(const char *name);

/** The target with this chip id in its image headers; NULL = none. */
const struct eg_target *eg_target_by_image_id(int image_chip_id);

/** "esp32, esp32c3, …" for sentences and help; the text is cut when `size` is too small. */
void eg_target_names(char *text, size_t size);

/** The code of a flash size or frequency name; -1 = the chip has none of that name. */
int eg_header_code(const struct eg_header_code *codes, const char *name);

/** Reads one register; returns false to give up. */
typedef bool eg_target_reader(void *context, uint32_t addr, uint32_t *word);

/** Value of a field through `read`; false when a read fails. A field the chip lacks is 0. */
bool eg_field_read(const struct eg_field *field, eg_target_reader *read, void *context, uint32_t *value);

/** Whether the chip has the field. */
bool eg_field_exists(const struct eg_field *field);

/** Decoded MAC; false when a read fails or the OTP names no known vendor (ESP8266). */
bool eg_target_mac(const struct eg_target *target, eg_target_reader *read, void *context, uint8_t mac[6]);

/** Chip revision, major * 100 + minor; 0 for chips without one. */
bool eg_target_revision(const struct eg_target *target, eg_target_reader *read, void *context,
                        uint16_t *revision);

/** Package name, a static string ("ESP32-D0WD-V3"). */
bool eg_target_package(const struct eg_target *target, eg_target_reader *read, void *context,
                       const char **name);

#endif
