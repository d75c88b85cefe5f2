/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A simulated board, as seen from its UART and its two modem lines.
 *
 * The board lives in its own time, in microseconds, which its carrier advances: bytes, rates and lines are
 * handed in with the moment they happen, and what the board sends is handed out once its last bit would have
 * arrived. So it needs no thread, and the same inputs at the same times always give the same outputs.
 * Carriers (in process, RFC 2217, pty) map this time to the monotonic clock.
 *
 * It computes and never plays back: the flash it hashes is the flash that was written, and a stub runs only
 * if the uploaded bytes are a known stub's. Its protocol code shares nothing with engine/ but targets/ and
 * stubs/, so that a mistake of the programmer does not meet the same mistake here.
 *
 * Threads: one board, one thread at a time.
 */

#ifndef TOOLS_VBOARD_BOARD_H
#define TOOLS_VBOARD_BOARD_H

#include "engine/base/error.h"
#include "targets/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A flash part: identity and datasheet times. */
struct vb_flash_part {
    const char *name; /* "W25Q32JV" */
    uint32_t jedec;   /* maker | type << 8 | capacity << 16; VB_NO_FLASH = no flash */
    uint32_t size;    /* bytes, a power of two */
    /* Programming up to 32 bytes and 256 bytes, erasing 4 KiB and 64 KiB: typical, maximum. */
    uint32_t chunk_us[2], page_us[2], sector_us[2], block_us[2];
    uint32_t chip_ms[2];
    bool sfdp;       /* answers 5A with a table */
    bool odd_start;  /* gives a wrong id after power-on, until it has been put to sleep and woken (XMC) */
    uint32_t status; /* as it leaves the factory: register 1 | 2 << 8 | 3 << 16 */
    bool unique_id;  /* answers 4B */
};

/** The id that is read when nothing drives the line. */
#define VB_NO_FLASH UINT32_C(0xffffff)

/** The parts, ends with a NULL name; the first is the default (GigaDevice, c8 40 16, 4 MB: the recordings'
 * part). */
extern const struct vb_flash_part vb_flash_parts[];

/** The link between host and chip. */
enum vb_usb {
    VB_USB_BRIDGE,      /* a USB-serial bridge at the UART, with the usual two transistors */
    VB_USB_SERIAL_JTAG, /* the chip's USB-Serial/JTAG */
    VB_USB_OTG,         /* the chip's USB, run by its ROM or by the stub */
};

/** A register that holds this word after every reset, whatever else the configuration says; of an eFuse's
 * register: the word is burnt when the board is made. */
struct vb_register {
    uint32_t addr, word;
};

#define VB_REGISTERS_MAX 128

#define VB_PINS_DEFAULT 0u
#define VB_PINS_HSPI    1u

/** v0.0 for `revision` of a configuration, whose 0 is the usual one. */
#define VB_REVISION_0 UINT16_MAX

#define VB_FAULTS_MAX 8

/** One fault, as vb_fault_parse() reads it. */
struct vb_fault {
    unsigned row;   /* in the table of faults */
    uint64_t at;    /* BYTES received from the host when it strikes */
    unsigned count; /* N: how often; 0 = not given */
    uint32_t ms;    /* MS; 0 = not given */
    uint32_t addr;  /* ADDR, BIT and V of a stuck bit */
    uint8_t mask;
    bool value;
    uint32_t bits; /* BITS */
    uint8_t block; /* BLOCK and FUSE of an eFuse */
    uint16_t fuse;
    unsigned mac_of; /* BOARD, for vb_gang_create(); a board by itself ignores it */
};

/* Settings that the chip does not support are refused by vb_board_create(), except where a comment says that
 * they have no effect. */
/** What boards of one chip have in common, where boards of several are made by one pattern. */
struct vb_kind {
    const struct eg_target *target;
    const struct vb_flash_part *part; /* NULL = the first */
};

struct vb_config {
    const struct eg_target *target;
    const struct vb_flash_part *part; /* NULL = the first */
    const struct vb_kind *kinds;      /* of a gang or of hands: board N gets kind (N - 1) % kind_count */
    unsigned kind_count;              /* 0 = all boards are as above */
    uint8_t mac[6];                   /* all zero = made from `number` */
    unsigned flash_number; /* tells flashes of boards with one MAC apart; 0 where no other has it */
    unsigned number;       /* tells boards of one program apart; also seeds the faults */
    uint16_t revision;     /* chip revision, major * 100 + minor; 0 = the chip's usual one */
    bool fast;             /* leave time out: infinite baud, instant flash */
    bool maximum_times;    /* flash at the datasheet's maximum times */
    bool used;             /* a flash that is not from a file holds old data, else it is blank */
    uint32_t
        latency_us;     /* of the USB-serial bridge: bytes reach the host this much later; not in fast mode */
    uint32_t wire_baud; /* at a higher rate about one byte in 500 arrives damaged; 0 = never; not over
                           native USB, as the next one */
    uint32_t
        bridge_clock; /* of the bridge, in Hz, which it divides by a whole number; 0 = it makes every rate */
    bool strap_low;   /* a jumper holds the boot strap low: every reset that samples it ends in the loader */
    bool force_download; /* an application has sent the chip into its loader, by EG_FIELD_FORCE_DOWNLOAD */
    enum vb_usb usb;
    uint8_t crystal_mhz;     /* 0 = the chip's usual one */
    uint8_t rom_crystal_mhz; /* ESP32-C5: what its ROM expects; 0 = what is there */
    uint32_t spi_pins; /* where the flash hangs, as SPI_ATTACH says it: VB_PINS_*, else clk | q << 6 | d << 12
                          | cs << 18 | hd << 24; in efuse, too, on chips with EG_QUIRK_EFUSE_PADS */
    /* Security; what the chip has no efuse for has no effect. */
    bool secure_boot;      /* v2 where the chip and its revision have it */
    bool secure_boot_v1;   /* v1, refused where the chip has none */
    bool flash_encryption; /* with its key in efuse */
    bool
        no_manual_encryption; /* the loader may not encrypt by itself; refused where there is no such efuse */
    bool key_manager;         /* holds the flash key in place of efuse; refused likewise */
    bool secure_download;     /* no effect on chips whose ROM knows no such mode (ESP8266, ESP32) */
    struct vb_register registers[VB_REGISTERS_MAX];
    unsigned register_count;
    const char *flash_path; /* file with the flash contents, made blank when absent; NULL = memory only */
    const char *efuse_path; /* file with the eFuses, burnt as this says when absent; NULL = memory only */
    const char *stub_dir;   /* also accept the stubs of this folder */
    const char *app_log; /* file with what the application in the flash prints; NULL = nothing of its own */
    struct vb_fault faults[VB_FAULTS_MAX];
    unsigned fault_count;
    uint64_t seed;
};

struct vb_board;

/**
 * Make a board that is powered and runs whatever its flash holds (an application that prints a boot log).
 *
 * @return EG_OK; EG_BAD_JOB the chip cannot be as `config` says, or a line of app_log makes no sense; EG_IO
 * a file or the chip's stub in stub_dir cannot be used (wrong size, no permission); EG_BAD_STUB; EG_NO_MEMORY
 */
enum eg_code vb_board_create(struct vb_board **board, const struct vb_config *config,
                             struct eg_error *err) EG_CHECKED;

/** Writes the files back. NULL is allowed. */
void vb_board_destroy(struct vb_board *board);

/** State of the port's lines: true = asserted. Through a bridge that is pin low, by the usual two-transistor
 * circuit; the chip's own USB takes it for a request. */
void vb_board_set_lines(struct vb_board *board, uint64_t now_us, bool dtr, bool rts);

/** Rate of the host's side, 115200 at first; a rate that is not the board's makes garbage in both directions.
 * 0 = whatever the board's is, for a carrier without a rate. No effect over the chip's own USB. */
void vb_board_set_host_baud(struct vb_board *board, uint64_t now_us, uint32_t baud);

/** The board gets power again, after it had none. */
void vb_board_power_on(struct vb_board *board, uint64_t now_us);

/** Bytes that the host hands to its adapter now; they take their time on the wire after those before them.
 * What would make more than 256 KiB be under way is lost. */
void vb_board_receive(struct vb_board *board, uint64_t now_us, const uint8_t *data, size_t size);

/** Return when the last byte handed over will have left the host; carriers with a finite buffer wait for it.
 */
uint64_t vb_board_wire_free_us(const struct vb_board *board);

/** Take bytes that have arrived at the host by now. */
size_t vb_board_transmit(struct vb_board *board, uint64_t now_us, uint8_t *data, size_t size);

/** Return when something will happen next (a byte arrives, the port vanishes or returns); UINT64_MAX = never.
 */
uint64_t vb_board_next_us(struct vb_board *board, uint64_t now_us);

/** Return whether the port is there. */
bool vb_board_present(struct vb_board *board, uint64_t now_us);

/** Ids of the USB device that is the port. */
void vb_board_usb_ids(const struct vb_board *board, uint16_t *vid, uint16_t *pid);

/** Return the flash contents, for tests; they stay the board's. */
const uint8_t *vb_board_flash(const struct vb_board *board, size_t *size);

/** What a board has done since it was made. */
struct vb_tally {
    unsigned requests, before_data; /* to a loader; before the first data block for the flash */
    uint64_t flash_us;              /* the flash's own work, erasing and programming */
};

struct vb_tally vb_board_tally(const struct vb_board *board);

const uint8_t *vb_board_mac(const struct vb_board *board);

/**
 * Parse one fault, such as "gone@40000:2000"; vb_fault_row() tells the forms.
 *
 * @return EG_OK; EG_BAD_JOB the sentence says what is allowed
 */
enum eg_code vb_fault_parse(struct vb_fault *fault, const char *text, struct eg_error *err) EG_CHECKED;

/** Set `form` ("lose@BYTES[xN]") and `help` of a fault; false = there is no such row, `index` counts from 0.
 */
bool vb_fault_row(size_t index, const char **form, const char **help);

/**
 * Parse what options say: "bridge", "jtag" or "otg"; "default", "hspi" or the pins "CLK,Q,D,HD,CS"; a
 * register and its word, "0x6001a000=0x1".
 *
 * @return EG_OK; EG_BAD_JOB the sentence begins with the text and says what would be allowed
 */
enum eg_code vb_usb_parse(enum vb_usb *usb, const char *text, struct eg_error *err) EG_CHECKED;
enum eg_code vb_spi_pins_parse(uint32_t *pins, const char *text, struct eg_error *err) EG_CHECKED;
enum eg_code vb_register_parse(struct vb_register *reg, const char *text, struct eg_error *err) EG_CHECKED;

#endif
