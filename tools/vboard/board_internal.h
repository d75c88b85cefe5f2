/* SPDX-License-Identifier: Apache-2.0 */

/* What the parts of the simulated board share. Times ending in _ns are of the board's own clock. */

#ifndef TOOLS_VBOARD_BOARD_INTERNAL_H
#define TOOLS_VBOARD_BOARD_INTERNAL_H

#include "engine/base/bytes.h"
#include "stubs/stub.h"
#include "tools/vboard/board.h"

#include <zlib.h>

#define VB__NEVER     UINT64_MAX
#define VB__FRAME_MAX 16647u /* largest frame without its escapes: 8 + 0x4000 + 0xff */
#define VB__REPLY_MAX 4096u
#define VB__BLOCK     0x10000u
#define VB__WINDOW    0x8000u /* what is inflated is programmed when so much has come together */
#define VB__ADDR_24   0xffffffu
#define VB__PIN_MASK  0x3fu
#define VB__USB_BAUD  8000000u /* native USB, full speed less what its packets cost */

#define VB__UNATTACHED   UINT32_MAX
#define VB__SEGMENTS_MAX 32

/* What brings the chip to a restart; reset.c says how deep each goes. */
enum vb__cause {
    VB__CAUSE_POWER, /* plugged in */
    VB__CAUSE_EN,    /* the reset pin */
    VB__CAUSE_BROWNOUT,
    VB__CAUSE_WATCHDOG,
    VB__CAUSE_USB, /* the chip's own USB was asked to */
    VB__CAUSE_SOFTWARE,
};

/** Bytes under way in one direction. */
struct vb__wire {
    uint8_t *data; /* `size` bytes from `head` are under way */
    size_t head, size, room;
    struct vb__run *runs; /* the same bytes by when they were sent; the first may have been taken in part */
    size_t run_head, run_count, run_room;
    uint64_t free_ns; /* when the last byte will have passed */
    bool instant;     /* bytes take no time */
};

/** Bytes that follow each other without a gap: byte `i` has passed at start_ns + (i + 1) * 10 bits. */
struct vb__run {
    uint64_t start_ns;
    uint32_t baud;
    size_t count, done; /* `done` have been taken */
    size_t judged;      /* so many have met the receiver's rate (towards the host) */
};

enum vb__state {
    VB__HELD,  /* EN is low */
    VB__START, /* EN has risen, the ROM starts */
    VB__APP,   /* code from flash runs: the UART is read by nobody */
    VB__ROM,
    VB__STUB,
    VB__CRASHED, /* nothing answers until the next reset */
};

/** SLIP towards the device; frames that cannot be decoded are dropped without a word. */
struct vb__decoder {
    uint8_t *frame; /* room for VB__FRAME_MAX */
    size_t size;
    bool inside, escaped, spoiled;
};

/** RAM and registers: words by page, zero where nothing was written. */
struct vb__page {
    uint32_t number; /* address >> 12 */
    uint32_t word[EG_FLASH_SECTOR / 4];
};

struct vb__memory {
    struct vb__page **pages;
    size_t count, room, last;
};

/** A write that BEGIN opened. */
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
    uint32_t mem_addr, mem_left; /* MEM_BEGIN */
    bool mem_open;               /* stub: begun and not ended */
};

/** What the efuse words make of the board, once the configured registers are in. */
struct vb__security {
    bool secure_boot;
    bool flash_encrypted; /* what runs sees the flash through the cipher */
    bool encrypts;        /* the loader can write encrypted: there is a key, and it may */
    uint8_t crypt_count;
    uint8_t purposes[EG_KEY_BLOCKS_MAX];
};

/** What a core reset leaves alone. */
struct vb__rtc {
    bool force_download;
    bool watchdog, super; /* they run */
    bool super_fed;       /* the super watchdog feeds itself */
    bool flash_on;        /* chips whose loader finds its flash without a supply */
    unsigned flash_step;  /* rows of the list that switches it on which have been done */
};

/** Where MEM_BEGIN has put something. */
struct vb__segment {
    uint32_t addr, size;
};

/** One line of what the application prints. */
struct vb__app_line {
    uint64_t wait_ns;         /* after the line before */
    uint32_t baud;            /* from here on; 0 = as before */
    const char *await, *text; /* goes on when the host has sent this; prints that; NULL = nothing */
    size_t await_size, text_size;
};

#define VB__AWAIT_MAX 64

/** The application's log; see app.c. */
struct vb__app {
    struct eg_buffer text; /* the file */
    struct vb__app_line *lines;
    size_t count, at;
    uint64_t next_ns; /* when it goes on; VB__NEVER = it does not run, waits for the host or is at its end */
    char heard[VB__AWAIT_MAX]; /* the newest bytes from the host, since it waits */
    size_t heard_size;
    bool silent, crashed;
    unsigned panics; /* so many starts end in one */
    size_t panic_at; /* this line */
};

struct vb__fault_state {
    struct vb_fault fault;
    uint64_t next; /* received bytes at which it strikes; VB__NEVER = done */
    unsigned left;
};

struct vb_board {
    struct vb_config config; /* its strings are not kept */
    const struct eg_target *target;
    const struct vb_flash_part *part;
    uint8_t mac[6];
    uint16_t revision; /* as efuse shows it */
    struct vb__security security;
    struct vb__rtc rtc;
    uint64_t random;

    uint64_t now_ns;
    bool dtr, rts;
    uint32_t host_baud;
    uint32_t baud; /* the board's UART */
    bool autobaud; /* until the first good SYNC the board's rate is the host's */
    struct vb__wire rx, tx;
    struct vb__decoder decoder;

    enum vb__state state;
    uint64_t strap_ns; /* EN crosses its threshold: the strap is sampled; VB__NEVER = not rising */
    uint64_t ready_ns; /* VB__START: the loader listens */
    uint64_t loop_ns;  /* nothing to run: the next complaint */
    uint64_t bite_ns, super_bite_ns; /* the watchdogs; VB__NEVER = fed or off */
    bool strapped;                   /* the strap was low when it was sampled */
    bool usb_download;               /* flag of native USB: a core reset leads into the loader */
    uint64_t cpu_ns;                 /* the loader is busy until then */
    uint64_t flash_ns;               /* the flash is busy until then */

    struct vb__memory memory;
    uint32_t value;  /* ROM: what READ_REG read last stays in every later reply */
    uint8_t last_op; /* ROM: the opcode of the reply buffer */
    uint8_t slow[64];
    uint32_t rom_flash_size; /* what the ROM believes */
    struct vb__write write;
    uint16_t late_error; /* stub: for the next command */
    struct {
        bool active;
        uint32_t start, addr, end, acked, packet;
    } read;

    uint8_t *flash;
    uint32_t flash_size;
    bool flash_mapped;
    uint32_t attached_to;     /* SPI_ATTACH's word, its default pins as VB_PINS_*; VB__UNATTACHED */
    uint32_t addr_mask;       /* address lines that the loader drives */
    uint32_t stub_flash_size; /* what the stub believes */
    uint8_t status[3], status_kept[3];
    bool write_enabled, volatile_enabled, reset_enabled, asleep;
    bool odd; /* started badly and gives a wrong id */
    size_t odd_step;
    uint64_t odd_ns;

    struct vb__segment segments[VB__SEGMENTS_MAX];
    unsigned segment_count;

    struct eg_stub *extra_stub; /* from config.stub_dir */
    struct vb__app app;

    struct vb__fault_state faults[VB_FAULTS_MAX];
    unsigned fault_count;
    uint64_t fault_next; /* the smallest `next` */
    uint64_t received;   /* bytes from the host */
    bool silent, lie, drop_reply, no_jump_reply, same_flash_id;
    uint32_t late_ms;
    uint64_t gone_ns, back_ns; /* the port is away in between */
    uint64_t off_bus_ns;       /* likewise until then, while the chip goes on; VB__NEVER = it is there */
};

/* wire.c */
void vb__wire_put(struct vb__wire *wire, uint64_t ready_ns, uint32_t baud, const uint8_t *data, size_t size);
/** How many bytes of a run have passed by then. */
size_t vb__wire_reached(const struct vb__wire *wire, const struct vb__run *run, uint64_t now_ns);
/** The first run, NULL when no byte is under way, and how many of its bytes have passed and are not taken. */
struct vb__run *vb__wire_passed(struct vb__wire *wire, uint64_t now_ns, size_t *count);
/** When byte `index` of the run has passed. */
uint64_t vb__wire_time(const struct vb__wire *wire, const struct vb__run *run, size_t index);
const uint8_t *vb__wire_bytes(const struct vb__wire *wire);
void vb__wire_take(struct vb__wire *wire, size_t count);
/** Forget what has not begun to pass by then. */
void vb__wire_cut(struct vb__wire *wire, uint64_t now_ns);
void vb__wire_finish(struct vb__wire *wire);

/* slip_device.c */
/** Eat bytes up to and including the end of a frame; *complete when decoder->frame holds one. */
size_t vb__slip_feed(struct vb__decoder *decoder, const uint8_t *data, size_t size, bool *complete);
/** `out` has room for 2 * size + 2. */
size_t vb__slip_frame(uint8_t *out, const uint8_t *data, size_t size);

/* board.c */
/** Send bytes as they are once the board is done with what it does. */
void vb__send(struct vb_board *board, const uint8_t *data, size_t size);
/** A frame; subject to the reply faults. */
void vb__send_frame(struct vb_board *board, const uint8_t *data, size_t size);
/** The loader is busy for so long. */
void vb__busy(struct vb_board *board, uint64_t ns);
/** EN goes low: what waits to be received and what has not left yet is lost. */
void vb__stop(struct vb_board *board);
uint64_t vb__random(uint64_t *state);
uint8_t vb__checksum(const uint8_t *data, size_t size);

/* config.c */
enum eg_code vb__config_check(const struct vb_config *config, struct eg_error *err) EG_CHECKED;

/* reset.c */
void vb__reset(struct vb_board *board, enum vb__cause cause);
/** The registers that tell how the chip got where it is. */
void vb__reset_put(struct vb_board *board);
void vb__reset_written(struct vb_board *board);

/* watchdog.c */
void vb__watchdog_reset(struct vb_board *board);
/** Code that feeds them begins to run, code that does not. */
void vb__watchdog_fed(struct vb_board *board);
void vb__watchdog_unfed(struct vb_board *board);
/** When one bites; VB__NEVER. */
uint64_t vb__watchdog_next(const struct vb_board *board);
/** Whether the register takes a word now. */
bool vb__watchdog_takes(struct vb_board *board, uint32_t addr);
void vb__watchdog_written(struct vb_board *board, uint32_t addr);

/* usb.c */
bool vb__usb_native(const struct vb_board *board);
bool vb__usb_has_serial_jtag(const struct eg_target *target);
void vb__usb_lines(struct vb_board *board, bool dtr, bool rts);
bool vb__usb_loses(const struct vb_board *board, size_t frame_size);

/* crystal.c */
enum eg_code vb__crystal_check(const struct vb_config *config, struct eg_error *err) EG_CHECKED;
void vb__crystal_reset(struct vb_board *board);
/** The rate that results when the ROM is told this one. */
uint32_t vb__rom_baud(struct vb_board *board, uint32_t word);
uint32_t vb__log_baud(struct vb_board *board);
/** Whether the ROM finds the host's rate. */
bool vb__autobauds(const struct vb_board *board, uint32_t baud);
/** Set the board's rate, as it really is, and the divider that shows it. 0 changes nothing. */
void vb__set_baud(struct vb_board *board, uint32_t baud);

/* security.c */
void vb__security_burn(struct vb_board *board);
void vb__security_read(struct vb_board *board);
/** Returns the size, 12 or 20. */
size_t vb__security_info(const struct vb_board *board, uint8_t info[20]);
void vb__encrypt(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size);
void vb__decrypt(const struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size);

/* boot.c */
void vb__boot(struct vb_board *board, bool download, enum vb__cause cause);
void vb__boot_complain(struct vb_board *board);
/** Print what stands behind each "vboard says: ". */
void vb__boot_say(struct vb_board *board, const uint8_t *data, size_t size);

/* app.c */
enum eg_code vb__app_open(struct vb_board *board, const char *path, struct eg_error *err) EG_CHECKED;
void vb__app_finish(struct vb_board *board);
/** What the flash holds begins to run; it ends. */
void vb__app_start(struct vb_board *board);
void vb__app_stop(struct vb_board *board);
/** The next line is due. */
void vb__app_go_on(struct vb_board *board);
bool vb__app_awaits(const struct vb_board *board);
/** What came from the host. */
void vb__app_hear(struct vb_board *board, const uint8_t *data, size_t size);

/* rom.c, stub.c: one whole frame */
void vb__rom_frame(struct vb_board *board, const uint8_t *frame, size_t size);
void vb__rom_start(struct vb_board *board);
void vb__stub_frame(struct vb_board *board, const uint8_t *frame, size_t size);
void vb__stub_start(struct vb_board *board);
/** Whether the stub reads and writes there, or refuses. */
bool vb__stub_reaches(const struct vb_board *board, uint32_t addr, uint32_t size);

/* ram.c */
/** `payload`: of MEM_BEGIN; size, count, block size, address. */
void vb__ram_begin(struct vb_board *board, const uint8_t *payload);
/** Jump there. */
void vb__ram_run(struct vb_board *board, uint32_t entry);

/* write.c */
void vb__write_close(struct vb_board *board);
enum vb__write_result {
    VB__WRITE_OK,
    VB__WRITE_BAD_STREAM,
    VB__WRITE_TOO_MUCH,
    VB__WRITE_READBACK, /* the flash holds something else now */
    VB__WRITE_REFUSED,  /* nothing was written */
};
/** Inflate or pass on, and program. */
enum vb__write_result vb__write_data(struct vb_board *board, const uint8_t *data, uint32_t size);
/** `payload`: of a BEGIN; size, count, block size, address. False when a stub finds that it cannot go there.
 */
bool vb__write_open(struct vb_board *board, const uint8_t *payload, bool deflate, bool encrypted);

/* flash.c */
enum eg_code vb__flash_open(struct vb_board *board, const char *path, struct eg_error *err);
void vb__flash_finish(struct vb_board *board);
/** NOR: program clears bits only. Both wrap at the part's end or at the last address line that is driven, and
 * take the part's time on board->flash_ns. Where no part answers, the loader hangs. */
void vb__flash_program(struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size);
void vb__flash_erase(struct vb_board *board, uint32_t addr, uint32_t size);
void vb__flash_erase_chip(struct vb_board *board);
void vb__flash_read(struct vb_board *board, uint32_t addr, uint8_t *data, uint32_t size);
bool vb__flash_holds(const struct vb_board *board, uint32_t addr, const uint8_t *data, uint32_t size);
bool vb__flash_md5(struct vb_board *board, uint32_t addr, uint32_t size, uint8_t md5[16]);
/** The flash is busy for so long. */
void vb__flash_take_us(struct vb_board *board, uint64_t us);
/** The loader waits until the flash is idle. */
void vb__flash_wait(struct vb_board *board);

/* attach.c */
void vb__attach_reset(struct vb_board *board);
/** SPI_ATTACH. */
void vb__attach(struct vb_board *board, uint32_t word);
/** As a stub does when it starts. */
void vb__attach_itself(struct vb_board *board);
void vb__power_reset(struct vb_board *board);
void vb__power_written(struct vb_board *board, uint32_t addr);
/** Whether the part hears what the chip sends it. */
bool vb__flash_answers(struct vb_board *board);

/* status.c */
void vb__status_init(struct vb_board *board);
void vb__status_power_on(struct vb_board *board);
/** The part's own reset. */
void vb__status_reset(struct vb_board *board);
/** `number` from 0. */
uint8_t vb__status_read(const struct vb_board *board, size_t number, bool busy);
/** Registers from `first`, as write-enable allows. */
void vb__status_write(struct vb_board *board, size_t first, const uint8_t *data, size_t size);
/** Whether erasing and programming have no effect. */
bool vb__status_protects(const struct vb_board *board);
/** As a loader takes protection off: everything but quad-enable is cleared. */
void vb__status_unlock(struct vb_board *board);

/* registers.c */
void vb__memory_reset(struct vb_board *board);
uint32_t vb__memory_get(struct vb_board *board, uint32_t addr);
void vb__memory_put(struct vb_board *board, uint32_t addr, uint32_t word);
void vb__memory_put_bytes(struct vb_board *board, uint32_t addr, const uint8_t *data, size_t size);
bool vb__memory_equal(struct vb_board *board, uint32_t addr, const uint8_t *data, size_t size);
void vb__memory_finish(struct vb_board *board);
/** WRITE_REG: entries of address, value, mask, delay. */
void vb__registers_write(struct vb_board *board, const uint8_t *entries, size_t size);
/** Value of a field as the registers are now; 0 where the chip lacks it. */
uint32_t vb__field(struct vb_board *board, enum eg_field_id field);
void vb__put_field(struct vb_board *board, enum eg_field_id field, uint32_t value);

/* spi.c */
void vb__spi_run(struct vb_board *board);

/* faults.c */
void vb__faults_init(struct vb_board *board);
/** The number of bytes, at most `size`, before the next fault strikes. */
size_t vb__faults_reach(const struct vb_board *board, size_t size);
/** Let the faults strike that are due at this byte; false when the byte is lost. */
bool vb__faults_strike(struct vb_board *board, uint8_t *byte);
void vb__faults_stick(const struct vb_board *board, uint32_t addr, uint32_t size);

#endif
