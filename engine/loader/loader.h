/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One board's loader, ROM or stub: connect, detect, commands, flash.
 *
 * A struct eg_loader knows whether ROM or stub is running and handles the differences (status bytes, block
 * sizes, when a write is answered, the form of a digest). The port is the caller's and must outlive it.
 *
 * Threads: as the port, one thread at a time. No call blocks longer than the time limits of its commands, and
 * every call returns EG_CANCELLED within 100 ms of the port's cancel flag.
 *
 * Any call may return EG_PORT_GONE, EG_CANCELLED, EG_TIMEOUT, EG_BAD_FRAME, EG_BAD_REPLY, EG_BOARD_RESET,
 * EG_DEVICE_REFUSED (the chip's own status is in the sentence and in device_status), EG_CORRUPTED (the chip
 * reports that data arrived damaged) and EG_UNSUPPORTED; the comments below name further codes.
 */

#ifndef ENGINE_LOADER_LOADER_H
#define ENGINE_LOADER_LOADER_H

#include "engine/base/digest.h"
#include "engine/link/port.h"
#include "engine/link/slip.h"
#include "stubs/stub.h"
#include "targets/opcode.h"
#include "targets/target.h"

#include <stdbool.h>
#include <stdint.h>

/** What eg_loader_leave() did. */
enum eg_left {
    EG_LEFT_NOT_YET,
    EG_LEFT_BY_RTS,       /* reset: the application starts */
    EG_LEFT_BY_WATCHDOG,  /* the same, by the chip's watchdog */
    EG_LEFT_BY_COMMAND,   /* the loader was told to start the application */
    EG_LEFT_IN_ROM,       /* nothing was reset: the ROM loader waits */
    EG_LEFT_IN_STUB,      /* nothing was reset: the stub waits */
    EG_LEFT_WITHOUT_LINES /* nothing was reset, because the port has no DTR and RTS */
};

struct eg_loader {
    struct eg_port *port;
    struct eg_settings settings; /* the defaults, unless set after eg_loader_init() */
    struct eg_slip slip;
    const struct eg_target *target; /* NULL until detected */
    bool stub;                      /* a stub is running */
    struct eg_range stub_ram[2];    /* where the stub that was uploaded lies; end 0 = not known */
    bool secure_download;
    bool has_security;
    struct eg_security_info security;
    uint32_t baud;       /* current rate of both sides */
    uint32_t flash_size; /* told to the loader by eg_loader_set_flash_size(); 0 = not yet */
    uint32_t log_baud; /* eg_loader_leave() sets the port to this rate before the application starts to print;
                          0 = the port keeps its rate */

    uint32_t en_low_ms;     /* how long EN was low when the board was reset into its loader; 0 = it was not */
    enum eg_left left;      /* how eg_loader_leave() left it */
    unsigned syncs;         /* SYNC requests sent */
    bool port_is_stuck;     /* the port did not take the last SYNC within its time limit */
    unsigned resends;       /* data blocks sent again */
    unsigned region_redos;  /* regions begun again after a late error */
    bool cpu_fast;          /* eg_loader_speed_up() had an effect */
    bool steps_down;        /* a write goes on at a lower rate of eg_rates after its second resend at one */
    uint32_t baud_failed;   /* the lowest rate that was given up so; 0 = none */
    unsigned requests;      /* answered */
    uint32_t round_trip_us; /* shortest time from a request to its answer, without the time of their bytes on
                               the wire; 0 = none */
    unsigned digest_redos;  /* digests asked for again, because the answer was lost */
    char boot_log[200];     /* the end of what the board printed before it answered, for sentences */

    struct { /* a write block by block, see eg_loader_flash_begin() */
        bool compressed, encrypted;
        uint32_t size, sequence;
        uint32_t next_ms; /* time limit of the next command */
    } flash_write;
    unsigned resends_here; /* at the present rate, counted while steps_down */
    uint32_t mem_sequence;
};

/** `port` is open at any rate. */
void eg_loader_init(struct eg_loader *loader, struct eg_port *port);

/**
 * Reset into the loader and sync, at min(115200, baud), up to `attempts` times; 0 or less = no limit.
 *
 * Forgets everything about an earlier connection, counters included, except the settings.
 *
 * @return EG_NO_SYNC no answer; the sentence tells a chip that prints nothing from one whose receive line is
 * dead, and names another program that reads the port; EG_BOOT_MODE the chip started something else; the
 * sentence has its boot mode; EG_SECURED the chip says that its loader is switched off
 */
enum eg_code eg_loader_connect(struct eg_loader *loader, enum eg_before before, uint32_t baud, int attempts,
                               struct eg_error *err) EG_CHECKED;

/**
 * Detect the chip; set target, security and secure_download, and do what the chip needs first: watchdogs off
 * over USB-Serial/JTAG, the flash's supply on.
 *
 * @param expected  the chip that is probably there, which may save a request; NULL = any
 *
 * @return EG_UNKNOWN_CHIP no target has this id or magic
 */
enum eg_code eg_loader_detect(struct eg_loader *loader, const struct eg_target *expected,
                              struct eg_error *err) EG_CHECKED;

/** Do the same, but assume `target` if the chip cannot be detected. EG_WRONG_CHIP: it is another chip. */
enum eg_code eg_loader_detect_as(struct eg_loader *loader, const struct eg_target *target,
                                 struct eg_error *err) EG_CHECKED;

/** Identity of the chip; zero or "" where secure download mode forbids reading. */
struct eg_chip_info {
    bool has_mac;
    uint8_t mac[6];
    uint16_t revision;   /* major * 100 + minor */
    const char *package; /* static string, "ESP32-D0WD-V3" */
    bool secure_boot, secure_boot_v1;
    bool flash_encryption;
    bool manual_encrypt_off;
    bool key_manager; /* holds the key of flash encryption */
    bool secure_download;
};

/** Needs the target. EG_BAD_REPLY when the MAC is impossible (all zeros, all ones, multicast) or reads
 * differently the second time. */
enum eg_code eg_loader_identify(struct eg_loader *loader, struct eg_chip_info *info,
                                struct eg_error *err) EG_CHECKED;

/** The MAC with its extension; as above. */
enum eg_code eg_loader_read_mac(struct eg_loader *loader, struct eg_mac *mac,
                                struct eg_error *err) EG_CHECKED;

/** Revision alone, major * 100 + minor. */
enum eg_code eg_loader_revision(struct eg_loader *loader, uint16_t *revision,
                                struct eg_error *err) EG_CHECKED;

enum eg_code eg_loader_features(struct eg_loader *loader, char text[EG_FEATURES_TEXT],
                                struct eg_error *err) EG_CHECKED;

/** Read the PSRAM in the chip's package; see eg_target_psram(). */
enum eg_code eg_loader_psram(struct eg_loader *loader, struct eg_psram *psram,
                             struct eg_error *err) EG_CHECKED;

/** Find out whether the chip has a key for flash encryption. */
enum eg_code eg_loader_has_flash_key(struct eg_loader *loader, bool *has, struct eg_error *err) EG_CHECKED;

/** Find out whether FLASH_CRYPT_CONFIG is as ESP-IDF needs it; true on chips without one. */
enum eg_code eg_loader_crypt_config_ok(struct eg_loader *loader, bool *ok, struct eg_error *err) EG_CHECKED;

/** GET_SECURITY_INFO; EG_UNSUPPORTED on ESP8266 and ESP32. */
enum eg_code eg_loader_security_info(struct eg_loader *loader, struct eg_security_info *info,
                                     struct eg_error *err) EG_CHECKED;

/**
 * Upload a stub and start it. A stub that runs already is kept and assumed to be this one. A stub that raises
 * the UART's clock is told the present rate first. The rate may be 115200 afterwards, because a stub may
 * begin there all the same.
 *
 * @return EG_STUB_FAILED  no greeting; the sentence says what came instead
 *         EG_SECURED      the chip does not start a stub in this security state
 */
enum eg_code eg_loader_run_stub(struct eg_loader *loader, const struct eg_stub *stub,
                                struct eg_error *err) EG_CHECKED;

/** Frequency of the crystal in MHz, where it is not fixed measured by the divider that the chip found for the
 * present rate. Needs the target. EG_UNSUPPORTED while a stub runs that changes the UART's clock (ESP32). */
enum eg_code eg_loader_crystal_mhz(struct eg_loader *loader, uint32_t *mhz, struct eg_error *err) EG_CHECKED;

/** Raise or lower both sides' rate. EG_OK without effect on a ROM that cannot (or cannot in secure download
 * mode), on a port that cannot, and when the rate is the same. Needs the target; returns when the chip has
 * answered at the new rate. */
enum eg_code eg_loader_change_baud(struct eg_loader *loader, uint32_t baud, struct eg_error *err) EG_CHECKED;

/**
 * Prove that the present rate carries data without damage: 16 KiB to the stub, each bit of which it checks,
 * and 8 KiB from its flash, with digests by the chip. Needs a stub and an attached flash. Nothing is erased
 * or written, but for this: what arrives damaged, and passes the checksum all the same, may be inflated and
 * written to the 32 KiB from `flash_addr`. So they must be about to be written, and verified.
 *
 * @param flash_addr  multiple of 4096
 *
 * @return EG_OK; EG_CORRUPTED, EG_BAD_REPLY and others: not proved, and perhaps nothing works at this rate
 */
enum eg_code eg_loader_prove_rate(struct eg_loader *loader, uint32_t flash_addr,
                                  struct eg_error *err) EG_CHECKED;

/** Identity of the flash part. */
struct eg_flash_info {
    uint32_t jedec; /* maker | type << 8 | capacity << 16, as RDID gives it; 0 = not readable (secure download
                       mode) */
    uint32_t size;  /* bytes; 0 = not known */
};

/** Attach the flash with its default pins, as ROM or stub need it, wake an XMC part that started badly, and
 * reset the part out of the mode that an application left it in. Needs the target.
 *
 * @param info  what eg_loader_flash_info() gives, from the same requests; NULL = not asked for
 */
enum eg_code eg_loader_attach_flash(struct eg_loader *loader, struct eg_flash_info *info,
                                    struct eg_error *err) EG_CHECKED;

/** Do the same on other pins: `word` is 1 for HSPI (ESP32), else packed by eg_loader_spi_pins(). */
enum eg_code eg_loader_attach_flash_at(struct eg_loader *loader, uint32_t word,
                                       struct eg_error *err) EG_CHECKED;

/** The word of five pins, CLK, Q, D, HD, CS. EG_BAD_ARGUMENT when the chip does not have one of them. */
enum eg_code eg_loader_spi_pins(const struct eg_target *target, const uint8_t pins[5], uint32_t *word,
                                struct eg_error *err) EG_CHECKED;

/** EG_FLASH_ABSENT when the id is all ones, all zeros or FFFF3F; EG_BAD_REPLY when it reads differently the
 * second time. */
enum eg_code eg_loader_flash_info(struct eg_loader *loader, struct eg_flash_info *info,
                                  struct eg_error *err) EG_CHECKED;

#define EG_FLASH_UNIQUE_SIZE 8
#define EG_FLASH_UNIQUE_TEXT (2 * EG_FLASH_UNIQUE_SIZE + 1)

/** Unique id of the flash part (command 4B, eight bytes), as lower-case hex in the order it gives them; ""
 * when the part has none (all zeros, all ones) or secure download mode hides it. Needs the flash attached.
 * EG_BAD_REPLY when it reads differently the second time. */
enum eg_code eg_loader_flash_unique_id(struct eg_loader *loader, char text[EG_FLASH_UNIQUE_TEXT],
                                       struct eg_error *err) EG_CHECKED;

/** SPI_SET_PARAMS; EG_OK without effect on the ESP8266 ROM. */
enum eg_code eg_loader_set_flash_size(struct eg_loader *loader, uint32_t size,
                                      struct eg_error *err) EG_CHECKED;

/** Data to write. Nothing is copied; many threads may share it. */
struct eg_flash_data {
    uint32_t flash_addr; /* multiple of 4096 for a ROM; any for a stub, which erases whole sectors */
    const uint8_t *data; /* uncompressed */
    uint32_t size;       /* multiple of 4 */
    const uint8_t *zlib; /* the same as a zlib stream; NULL = send plain */
    uint32_t zlib_size;
    const uint32_t *marks; /* of zlib, by eg_inflate_marks(); NULL = they are found each time */
    bool encrypted;        /* by the chip; address and size are multiples of the target's encrypted_align */
};

/** How long erasing and programming took, as far as it can be measured from outside. */
struct eg_write_times {
    uint64_t wire_us;  /* what its bytes alone take on the wire */
    uint64_t total_us; /* BEGIN to the answer of END (or of the last block, on a ROM) */

    /* Of the way that ended well, when a region was begun again. A block's time is that from one answer to
     * the next, its bytes' way included. A ROM has programmed the block when it answers; a stub answers when
     * it has received it, and works on it while the next arrives, but the last one's time includes END. */
    unsigned blocks;
    bool erases_first; /* a ROM: erase_us is the answer of BEGIN; a stub erases as it programs */
    uint64_t erase_us;
    uint32_t block_min_us, block_median_us, block_max_us;
    uint32_t slowest_addr; /* where in the flash the block that took longest begins */
};

/**
 * Erase and write one region.
 *
 * A block that the chip reports as damaged is sent up to three times. After an error that a stub reports
 * late, or a missing or garbled reply, the region begins again, once; encrypted data is never sent twice.
 * Data is sent compressed when `zlib` is given and the loader can inflate, else plain. On EG_OK every block
 * has been accepted and, with a stub, programmed; verify with eg_loader_md5(). With steps_down the rate may
 * be lower afterwards.
 */
enum eg_code eg_loader_write_flash(struct eg_loader *loader, const struct eg_flash_data *what,
                                   eg_progress *progress, void *context, struct eg_write_times *times,
                                   struct eg_error *err) EG_CHECKED;

/** MD5 of flash contents, computed by the chip. An answer that is lost is asked for once more.
 * EG_CANNOT_VERIFY on the ESP8266 ROM and in secure download mode. */
enum eg_code eg_loader_md5(struct eg_loader *loader, uint32_t flash_addr, uint32_t size,
                           uint8_t md5[EG_MD5_SIZE], struct eg_error *err) EG_CHECKED;

/** Let a stub read the flash twice as fast as the ROM does, at 24 MHz at most, where the target tells how and
 * the register holds what the ROM leaves there; *faster is whether. eg_loader_read_as_before() undoes it. */
enum eg_code eg_loader_read_faster(struct eg_loader *loader, bool *faster, struct eg_error *err) EG_CHECKED;
enum eg_code eg_loader_read_as_before(struct eg_loader *loader, struct eg_error *err) EG_CHECKED;

/**
 * Find out why flash does not hold what it should, and what to do. Reads the first sector that differs twice,
 * the flash's id and its status registers; changes nothing.
 *
 * @param wanted   `size` bytes, of which the flash holds at least one otherwise
 * @param written  they were just written, not only compared
 * @param err      in: EG_VERIFY_MISMATCH with a sentence that stays when the flash cannot be looked at
 *
 * @return the code in `err`: EG_FLASH_ABSENT, EG_FLASH_PROTECTED, EG_FLASH_SHIFTED, EG_FLASH_NOISY,
 *         EG_STUCK_BITS, EG_NOT_WRITTEN, EG_VERIFY_MISMATCH, EG_CANCELLED
 */
enum eg_code eg_loader_diagnose(struct eg_loader *loader, uint32_t flash_addr, const uint8_t *wanted,
                                uint32_t size, bool written, struct eg_error *err);

/** Read flash; any address and size. EG_UNSUPPORTED on the ESP8266 ROM. */
enum eg_code eg_loader_read_flash(struct eg_loader *loader, uint32_t flash_addr, uint8_t *data, uint32_t size,
                                  eg_progress *progress, void *context, struct eg_error *err) EG_CHECKED;

/** Erase the whole flash; EG_UNSUPPORTED without a stub. */
enum eg_code eg_loader_erase_flash(struct eg_loader *loader, struct eg_error *err) EG_CHECKED;

/** Erase sectors; both numbers are multiples of 4096. EG_UNSUPPORTED on the ESP8266 ROM. */
enum eg_code eg_loader_erase_region(struct eg_loader *loader, uint32_t flash_addr, uint32_t size,
                                    struct eg_error *err) EG_CHECKED;

/** "hard reset by RTS" and so on. */
const char *eg_left_text(enum eg_left left);

/** Return what leaving this way will do, to announce or refuse it. EG_LEFT_WITHOUT_LINES: it needs a reset
 * that the port cannot do. */
enum eg_left eg_loader_will_leave(const struct eg_loader *loader, enum eg_after after);

/** Leave the loader; `left` of the struct says how. A chip that cannot do what `after` says gets a hard
 * reset. EG_OK without a reset where the port has no modem lines. */
enum eg_code eg_loader_leave(struct eg_loader *loader, enum eg_after after, struct eg_error *err) EG_CHECKED;

/** Start the application by the loader's command; a stub treats it as the end of a write and stays. */
enum eg_code eg_loader_run(struct eg_loader *loader, struct eg_error *err) EG_CHECKED;

/** Return whether the port is the chip's USB-Serial/JTAG. */
bool eg_loader_usb_jtag(const struct eg_loader *loader);

/** Return whether the port is the chip's USB-OTG. Needs the target. */
bool eg_loader_usb_otg(const struct eg_loader *loader);

/* Flash and RAM block by block, as in espgang.h. */
uint32_t eg_loader_flash_block_size(const struct eg_loader *loader);
enum eg_code eg_loader_flash_begin(struct eg_loader *loader, uint32_t size, uint32_t flash_addr,
                                   bool encrypted, struct eg_error *err) EG_CHECKED;
enum eg_code eg_loader_flash_defl_begin(struct eg_loader *loader, uint32_t size, uint32_t compressed_size,
                                        uint32_t flash_addr, bool encrypted, struct eg_error *err) EG_CHECKED;
/** Send a block of the current write, plain or deflated. */
enum eg_code eg_loader_flash_block(struct eg_loader *loader, const uint8_t *data, uint32_t size,
                                   struct eg_error *err) EG_CHECKED;
enum eg_code eg_loader_flash_finish(struct eg_loader *loader, bool reboot, struct eg_error *err) EG_CHECKED;

uint32_t eg_loader_ram_block_size(const struct eg_loader *loader);
enum eg_code eg_loader_mem_begin(struct eg_loader *loader, uint32_t size, uint32_t addr,
                                 struct eg_error *err) EG_CHECKED;
enum eg_code eg_loader_mem_block(struct eg_loader *loader, const uint8_t *data, uint32_t size,
                                 struct eg_error *err) EG_CHECKED;
enum eg_code eg_loader_mem_finish(struct eg_loader *loader, uint32_t entry, struct eg_error *err) EG_CHECKED;

/** Write a whole piece of RAM, begin and blocks. EG_BAD_ARGUMENT when it overlaps the running stub. */
enum eg_code eg_loader_load_mem(struct eg_loader *loader, uint32_t addr, const uint8_t *data, uint32_t size,
                                struct eg_error *err) EG_CHECKED;

enum eg_code eg_loader_read_reg(struct eg_loader *loader, uint32_t addr, uint32_t *word,
                                struct eg_error *err) EG_CHECKED;
enum eg_code eg_loader_write_reg(struct eg_loader *loader, uint32_t addr, uint32_t word, uint32_t mask,
                                 uint32_t delay_us, struct eg_error *err) EG_CHECKED;

/** Raise the CPU's clock until the next reset, where the target tells how; EG_OK without effect elsewhere, on
 * a ROM, and over USB-Serial/JTAG, where the stub has done it. */
enum eg_code eg_loader_speed_up(struct eg_loader *loader, struct eg_error *err) EG_CHECKED;

/** Write a whole register, then keep the chip from anything else for `pause_us`: a second write in the same
 * command, which changes nothing, waits so long. Needs the target. */
enum eg_code eg_loader_write_reg_and_pause(struct eg_loader *loader, uint32_t addr, uint32_t word,
                                           uint32_t pause_us, struct eg_error *err) EG_CHECKED;

/** Status registers of the flash, as in espgang.h; `bytes` from 1 to 3. */
enum eg_code eg_loader_read_status(struct eg_loader *loader, unsigned bytes, uint32_t *status,
                                   struct eg_error *err) EG_CHECKED;
enum eg_code eg_loader_write_status(struct eg_loader *loader, uint32_t status, unsigned bytes,
                                    bool non_volatile, struct eg_error *err) EG_CHECKED;

/** `bytes` (1 to 4) of the SFDP table. */
enum eg_code eg_loader_read_sfdp(struct eg_loader *loader, uint32_t addr, unsigned bytes, uint32_t *word,
                                 struct eg_error *err) EG_CHECKED;

/** Find the bus, "quad" or "octal"; NULL = not known. */
enum eg_code eg_loader_flash_type(struct eg_loader *loader, const char **type,
                                  struct eg_error *err) EG_CHECKED;

/** Find the flash's supply, a static string; NULL = not known. */
enum eg_code eg_loader_flash_voltage(struct eg_loader *loader, const char **voltage,
                                     struct eg_error *err) EG_CHECKED;

/** "1.8V", "1.9V" or "OFF" (ESP32). EG_BAD_ARGUMENT for another word, EG_UNSUPPORTED on other chips. */
enum eg_code eg_loader_override_vddsdio(struct eg_loader *loader, const char *voltage,
                                        struct eg_error *err) EG_CHECKED;

/** A raw SPI command to the flash. Zero means "none" in every field but the first. */
struct eg_spi_command {
    uint8_t opcode;
    const uint8_t *data; /* sent after the command */
    size_t size;         /* of `data`, at most 64 */
    unsigned read_bits;  /* at most 32 */
    uint32_t addr;
    unsigned addr_bits;  /* at most 32 */
    unsigned dummy_bits; /* clock cycles after the address, at most 256 */
};

/**
 * Send a raw SPI command to the flash through the chip's SPI registers.
 *
 * @param result  the bits read, first byte lowest; may be NULL
 *
 * @return EG_BAD_ARGUMENT a number is beyond the limits above
 */
enum eg_code eg_loader_spi_command(struct eg_loader *loader, const struct eg_spi_command *command,
                                   uint32_t *result, struct eg_error *err) EG_CHECKED;

/** Synchronise by SYNC after a failure; ends whatever the chip was receiving. EG_BOARD_RESET when a stub was
 * running and the ROM answers. */
enum eg_code eg_loader_resync(struct eg_loader *loader, struct eg_error *err) EG_CHECKED;

/** "READ_REG" and so on; NULL = not known. */
const char *eg_opcode_name(uint8_t opcode);

/** "flash write error" and the like for the two status bytes; "unknown error" when no list has them. */
const char *eg_device_status_text(uint16_t status);

#endif
