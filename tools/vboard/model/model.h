/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The parts of a simulated board: one struct per part, and the board that holds them.
 *
 * Each struct names the file that writes it. Other files read its members and change them only through the
 * functions of that file; tests/tools/vboard/test_parts.sh checks this.
 *
 * Times ending in _ns are of the board's own clock.
 */

#ifndef TOOLS_VBOARD_MODEL_MODEL_H
#define TOOLS_VBOARD_MODEL_MODEL_H

#include "engine/base/bytes.h"
#include "stubs/stub.h"
#include "tools/vboard/board.h"

#include <zlib.h>

#define VB__NEVER     UINT64_MAX
#define VB__FRAME_MAX 16647u /* largest frame without its escapes: 8 + 0x4000 + 0xff */
#define VB__REPLY_MAX 4096u
#define VB__BLOCK     0x10000u
#define VB__WINDOW    0x8000u /* the loader programs this much inflated data at once */
#define VB__ADDR_24   0xffffffu
#define VB__PIN_MASK  0x3fu

#define VB__CODED_DATA   32u /* bytes of a block of eFuses, before its check bytes */
#define VB__CODED_SIZE   44u
#define VB__CIPHER_BLOCK 16u

#define VB__EFUSE_BLOCKS 11u
#define VB__EFUSE_COPIES 4u  /* of block 0 */
#define VB__EFUSE_COPY   36u /* bytes of each */
#define VB__EFUSE_ROOM   (VB__EFUSE_COPIES * VB__EFUSE_COPY)
#define VB__EFUSE_SIZE   (VB__EFUSE_BLOCKS * VB__EFUSE_ROOM)

#define VB__UNATTACHED   UINT32_MAX
#define VB__SEGMENTS_MAX 32
#define VB__AWAIT_MAX    64

enum vb__state {
    VB__HELD,  /* EN is low */
    VB__START, /* EN has risen, the ROM starts */
    VB__APP,   /* code from flash runs; only an application that awaits text reads the UART */
    VB__ROM,
    VB__STUB,
    VB__CRASHED, /* nothing answers until the next reset */
};

/** The board's time and state. Written by model/clock.c. */
struct vb__clock {
    uint64_t now_ns;
    uint64_t cpu_ns; /* the loader is busy until then */
    enum vb__state state;
    uint64_t
        ends_ns; /* when the state ends by itself: VB__HELD: EN crosses its threshold; VB__START: the loader
                    listens; VB__APP: a ROM without a bootloader complains again; VB__NEVER = it does not */
};

/** Something that a fault does to the whole board. */
enum vb__mishap {
    VB__MISHAP_NONE,
    VB__MISHAP_UNPLUGGED,
    VB__MISHAP_BROWNOUT,
    VB__MISHAP_WATCHDOG,
};

struct vb__fault_state {
    struct vb_fault fault;
    uint64_t next; /* received bytes at which it strikes; VB__NEVER = done */
    unsigned left;
    uint64_t burnt; /* eFuse bits when it last struck */
};

/** Faults that hold from when they strike: the first group once, for the next reply or write, the others for
 * ever. */
enum vb__flag {
    VB__DROP_REPLY,
    VB__GARBLE_REPLY, /* one bit of it */
    VB__LOSE_BACK,    /* one byte of it */
    VB__DOUBLE_BACK,
    VB__NOISE,       /* garbage before it */
    VB__REFUSE,      /* the command is not done; the reply says that its checksum is wrong */
    VB__WRITE_ERROR, /* the loader finds that the flash did not take what it wrote */
    VB__POWER_CUT,   /* the supply has dropped while eFuses were burnt */

    VB__SILENT,        /* nothing is sent */
    VB__LIE,           /* the flash takes commands and does nothing */
    VB__NO_JUMP_REPLY, /* the ROM's reply to a jump is lost */
    VB__SLOW_RESET,    /* EN has a large capacitor */
    VB__NO_RATE,       /* CHANGE_BAUDRATE is refused */
    VB__SAME_FLASH_ID, /* unique id of all boards with this fault */
    VB__OTHER_ID,      /* the flash shows another id than before */
    VB__HALF_FLASH,    /* the flash has half of the size that its id says */
    VB__FLASH_OFF,     /* the flash does not answer */
    VB__PROTECTED,     /* block protection is on and cannot be taken off */
    VB__NOISY_FLASH,   /* bits of what is read are wrong, others each time */
    VB__SHIFT_FLASH,   /* what is read begins four bits late */
    VB__SLOW_FLASH,    /* erasing and programming take ten times as long */
    VB__APP_SILENT,    /* the application prints nothing */
    VB__EFUSE_STUCK,   /* the next four: see the table of faults */
    VB__EFUSE_WEAK,
    VB__EFUSE_CUT,
    VB__EFUSE_LIE,
    VB__FLAG_COUNT,
};

/** Faults that have struck or will. Written by model/faults.c. */
struct vb__faults {
    struct vb__fault_state states[VB_FAULTS_MAX];
    unsigned count;
    uint64_t next;     /* the smallest `next` */
    uint64_t received; /* bytes from the host */
    uint64_t random;
    bool flags[VB__FLAG_COUNT];
    uint32_t late_ms;    /* of the next reply */
    uint64_t burnt;      /* eFuse bits */
    unsigned panics;     /* starts of the application that end in one */
    uint64_t panic_draw; /* modulo the number of lines: at which line */
};

/** RAM and registers: words by page, zero where nothing was written. Written by chip/memory.c. */
struct vb__page {
    uint32_t number; /* address >> 12 */
    uint32_t word[EG_FLASH_SECTOR / 4];
};

struct vb__memory {
    struct vb__page **pages;
    size_t count, room, last;
};

/** The eFuses and their controller. Written by chip/efuse.c. */
struct vb__efuse {
    /* VB__EFUSE_ROOM bytes per block, a set bit is burnt: block 0 is its copies one after the other, the
     * others are coded, data before check bytes. */
    uint8_t *fuses;
    bool mapped, made; /* made: they hold something; else what the configuration says is still to be burnt */
    uint32_t content[VB__EFUSE_BLOCKS][VB__EFUSE_COPY / 4]; /* as last read, hidden or not */
    uint32_t wr_dis;                                        /* as last read */
    uint64_t busy_ns;
    bool idled; /* has seemed idle while it was busy */
};

/** MAC and revision as the eFuses show them. Written by chip/identity.c. */
struct vb__identity {
    uint8_t mac[6];
    uint16_t revision;
};

/** Security as the eFuse words say it. Written by chip/security.c. */
struct vb__security {
    bool secure_boot, secure_boot_v1, secure_boot_v2;
    bool flash_encrypted; /* running code sees the flash through the cipher */
    bool encrypts;        /* the loader can write encrypted: there is a key, and it may */
    uint8_t key[64];      /* of the flash cipher, `key_size` bytes as hosts write them; 0 = none */
    uint8_t key_size;
    uint8_t crypt_config; /* ESP32: FLASH_CRYPT_CONFIG */
    bool secure_download; /* the next two as of the last reset */
    bool download_off;    /* there is no loader */
    uint8_t crypt_count;
    uint8_t purposes[EG_KEY_BLOCKS_MAX];
};

/** The mode of the next boot. A core reset keeps it. Written by chip/rtc.c. */
struct vb__rtc {
    bool strapped;       /* the strap was low when it was sampled */
    bool usb_download;   /* flag of native USB: a core reset leads into the loader */
    bool force_download; /* EG_FIELD_FORCE_DOWNLOAD */
};

/** The RTC watchdog and the super watchdog. A core reset keeps the first three. Written by chip/watchdog.c.
 */
struct vb__watchdog {
    bool running, super;             /* they run */
    bool super_fed;                  /* the super watchdog feeds itself */
    uint64_t bite_ns, super_bite_ns; /* VB__NEVER = fed or off */
};

/** Bytes that follow each other without a gap: byte `i` has passed at start_ns + (i + 1) * 10 bits. */
struct vb__run {
    uint64_t start_ns;
    uint32_t baud;
    size_t count, done; /* `done` have been taken */
    size_t judged;      /* this many have met the receiver's rate (towards the host) */
};

/** Bytes on their way in one direction. Written by uart/wire.c. */
struct vb__wire {
    uint8_t *data; /* `size` bytes from `head` are on their way */
    size_t head, size, room;
    struct vb__run *runs; /* the same bytes by when they were sent; the first may have been taken in part */
    size_t run_head, run_count, run_room;
    uint64_t free_ns; /* when the last byte will have passed */
    bool instant;     /* bytes take no time */
};

/** SLIP towards the device; frames that cannot be decoded are dropped silently. Written by
 * uart/slip_device.c. */
struct vb__decoder {
    uint8_t *frame; /* room for VB__FRAME_MAX */
    size_t size;
    bool inside, escaped, spoiled;
};

/** The board's UART. Written by uart/uart.c. */
struct vb__uart {
    struct vb__wire rx, tx;
    struct vb__decoder decoder;
    uint32_t host_baud; /* 0 = always the board's rate */
    uint32_t baud;      /* the board's */
    bool autobaud;      /* until the first good SYNC the board's rate is the host's */
    uint64_t random;    /* of the garbage that a wrong rate makes */
};

/** The port that the host has open. Written by uart/port.c. */
struct vb__port {
    bool dtr, rts;
    uint64_t pulled_ns;        /* since when EN is pulled; VB__NEVER = it is not */
    uint64_t gone_ns, back_ns; /* it is away in between */
    uint64_t off_bus_ns;       /* likewise until then, while the chip goes on; VB__NEVER = it is there */
};

/** The flash's contents. Written by flash/flash.c. */
struct vb__flash {
    uint8_t *data;
    uint32_t size;
    bool mapped;
    uint64_t busy_ns; /* until then */
    uint64_t work_ns; /* in all, so far */
};

/** The flash's status registers. Written by flash/status.c. */
struct vb__status {
    uint8_t now[3], kept[3];
    bool write_enabled, volatile_enabled;
};

/** The flash part besides its contents and status. Written by flash/spi.c. */
struct vb__spi {
    bool reset_enabled, asleep;
    bool odd; /* started badly and gives a wrong id */
    size_t odd_step;
    uint64_t odd_ns;
};

/** The flash controller's connection to the flash. Written by flash/attach.c. */
struct vb__attach {
    uint32_t pins;      /* SPI_ATTACH's word, its default pins as VB_PINS_*; VB__UNATTACHED */
    uint32_t addr_mask; /* address lines that the controller drives */
    uint32_t size;      /* flash size that the stub assumes */
    bool supplied;      /* chips whose loader starts with the flash's supply off; a core reset keeps it */
    unsigned step;      /* rows done of the list that switches the supply on */
};

/** A write that BEGIN opened. Written by loader/write.c. */
struct vb__write {
    bool open, deflate, encrypted;
    uint32_t addr; /* where the next byte goes */
    uint32_t left; /* bytes still to be written */
    uint32_t erased_to, erase_end;
    bool dirty_seen; /* stub: a sector was not blank, from there on it erases without looking */
    uint32_t block_size;
    bool inflating; /* `z` is live */
    bool stream_ended;
    z_stream z;
    uint8_t window[VB__WINDOW]; /* inflated, not programmed yet */
    uint32_t window_used;
};

/** RAM that MEM_BEGIN and MEM_DATA fill. Written by loader/ram.c. */
struct vb__segment {
    uint32_t addr, size;
};

struct vb__ram {
    uint32_t addr, left;
    bool open; /* stub: begun and not ended */
    struct vb__segment segments[VB__SEGMENTS_MAX];
    unsigned segment_count;
    struct eg_stub *extra_stub; /* of config.stub_dir */
};

/** The ROM loader. Written by loader/rom.c. */
struct vb__rom {
    uint32_t value;  /* the last READ_REG's value stays in every later reply */
    uint8_t last_op; /* opcode of the reply buffer */
    uint8_t slow[64];
    uint32_t flash_size; /* that the ROM assumes */
};

/** The flasher stub. Written by loader/stub.c. */
struct vb__stub {
    uint16_t late_error; /* for the next command */
    struct {
        bool active;
        uint32_t start, addr, end, packet;
        struct eg_buffer sent; /* for its digest at the end */
    } read;
};

/** One line of what the application prints. */
struct vb__app_line {
    uint64_t wait_ns;         /* after the line before */
    uint32_t baud;            /* from here on; 0 = as before */
    const char *await, *text; /* goes on when the host has sent `await`; prints `text`; NULL = nothing */
    size_t await_size, text_size;
    bool part; /* no end of line after `text` */
    bool mac;  /* the board's own, after `text` */
};

/** The application's log. Written by board/app.c. */
struct vb__app {
    struct eg_buffer text; /* the file */
    struct vb__app_line *lines;
    size_t count, at;
    uint64_t next_ns; /* next line; VB__NEVER = it does not run, waits for the host or is at its end */
    char heard[VB__AWAIT_MAX]; /* the newest bytes from the host, since it waits */
    size_t heard_size;
    bool crashed;
    unsigned panics; /* starts that are still to end in one */
    size_t panic_at; /* at this line */
};

/** Requests to the loaders. Written by board/board.c. */
struct vb__requests {
    unsigned all, before_data;
    bool data; /* a data block has come */
};

/** A board. `config`, `target` and `part` do not change after board/board.c has set them. */
struct vb_board {
    struct vb_config config; /* its strings are not kept */
    const struct eg_target *target;
    const struct vb_flash_part *part;

    struct vb__clock clock;
    struct vb__faults faults;
    struct vb__memory memory;
    struct vb__efuse efuse;
    struct vb__identity identity;
    struct vb__security security;
    struct vb__rtc rtc;
    struct vb__watchdog watchdog;
    struct vb__uart uart;
    struct vb__port port;
    struct vb__flash flash;
    struct vb__status status;
    struct vb__spi spi;
    struct vb__attach attach;
    struct vb__write write;
    struct vb__ram ram;
    struct vb__rom rom;
    struct vb__stub stub;
    struct vb__app app;
    struct vb__requests requests;
};

/* clock.c */
/** Let the time be at least this. */
void vb__reach_time(struct vb_board *board, uint64_t ns);
/** Keep the loader busy for this long; no time at all in fast mode. */
void vb__busy(struct vb_board *board, uint64_t ns);
/** Do the same, also in fast mode. */
void vb__delay(struct vb_board *board, uint64_t ns);
void vb__busy_until(struct vb_board *board, uint64_t ns);
/** Drop everything the loader is busy with. */
void vb__idle(struct vb_board *board);
/** Return when the loader is idle, which may be now. */
uint64_t vb__idle_ns(const struct vb_board *board);
void vb__enter(struct vb_board *board, enum vb__state state, uint64_t ends_ns);
/** Return whether a loader reads the UART. */
bool vb__listening(const struct vb_board *board);

/** A pseudo-random number; advances `state`. */
uint64_t vb__random(uint64_t *state);

/* faults.c */
void vb__faults_init(struct vb_board *board);
/** Return the number of bytes, at most `size`, before the next fault strikes. */
size_t vb__faults_reach(const struct vb_board *board, size_t size);
/** Count bytes that no fault strikes. */
void vb__faults_pass(struct vb_board *board, size_t count);
/** Count one byte and let the faults strike that are due at it. `copies` is how often the byte then arrives:
 * 0, 1 or
 * 2. A mishap with `back_ms` 0 lasts. */
enum vb__mishap vb__faults_strike(struct vb_board *board, uint8_t *byte, unsigned *copies, uint32_t *back_ms);
bool vb__faulty(const struct vb_board *board, enum vb__flag flag);
/** Do the same, and clear it. */
bool vb__faults_take(struct vb_board *board, enum vb__flag flag);
/** Return by how many milliseconds the next reply is late, and clear it. */
uint32_t vb__faults_take_delay(struct vb_board *board);
/** Disturb what was read from the flash. */
void vb__faults_disturb(struct vb_board *board, uint8_t *data, uint32_t size);
/** Set the stuck bits among these bytes of `flash`, whose size is `flash_size`. */
void vb__faults_stick(const struct vb_board *board, uint8_t *flash, uint32_t flash_size, uint32_t addr,
                      uint32_t size);
/** Hold the stuck eFuses among these of a block as they are. */
void vb__faults_stick_efuse(const struct vb_board *board, unsigned block, uint8_t *fuses);
/** Let weak ones among these read as not burnt, or not. */
void vb__faults_weaken_efuse(struct vb_board *board, unsigned block, uint8_t *fuses);
/** Count an eFuse that is about to be burnt; false = the supply drops before it. */
bool vb__faults_burn(struct vb_board *board);

#endif
