/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libespgang: everything that can be done with one Espressif board.
 *
 *     struct eg_board *board = NULL;
 *     struct eg_error err;
 *     const struct eg_flash_file file = {.addr = 0x10000, .input = {.path = "app.bin"}};
 *
 *     if (eg_board_detect_chip(&board, NULL, &err) != EG_OK ||
 *         eg_board_run_stub(board, &err) != EG_OK ||
 *         eg_board_attach_flash(board, NULL, &err) != EG_OK ||
 *         eg_board_write_flash(board, &file, 1, NULL, NULL, &err) != EG_OK ||
 *         eg_board_reset_chip(board, EG_AFTER_HARD_RESET, &err) != EG_OK)
 *         fprintf(stderr, "%s\n", err.text);
 *     eg_board_destroy(board);
 *
 * Failure. A call that can fail returns an enum eg_code and takes a struct eg_error last, which must not be
 * NULL and is written only when the call fails: a code, and one sentence that names the cause. Outputs are
 * written only on EG_OK unless the call says otherwise. Every call that talks to a board may return, besides
 * what its comment lists,
 *
 *     EG_PORT_GONE, EG_CANCELLED, EG_TIMEOUT, EG_BAD_FRAME, EG_BAD_REPLY, EG_BOARD_RESET, EG_CORRUPTED,
 *     EG_DEVICE_REFUSED (err->device_status has the chip's own two bytes) and EG_NO_MEMORY.
 *
 * Ownership. Strings and data that a caller passes stay the caller's and are not kept beyond the call, unless
 * a comment says so. Strings that a call returns are the board's or static and live as long as the board.
 *
 * Threads. A board belongs to one thread at a time; different boards are independent. Only
 * eg_board_cancel() may be called from any thread and from signal handlers. Nothing here has mutable state
 * of its own outside the structs it is given; eg_main() is the exception and says so.
 *
 * Zero. A struct of options that is all zero, or NULL in its place, means the defaults.
 *
 * Numbers. Addresses and sizes are bytes; rates are bits per second; times are in the unit that the name
 * ends with. Flash sizes, modes and frequencies are esptool's words: "4MB", "dio", "40m".
 */

#ifndef ESPGANG_H
#define ESPGANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EG_API          __attribute__((visibility("default")))
#define EG_CHECKED      __attribute__((warn_unused_result))
#define EG_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* ---- What can go wrong ---- */

/* clang-format off */
/*      code              stable name            blame    retry  text */
#define EG_ERRORS(X)                                                                                        \
    X(NO_MEMORY,         "no-memory",            HOST,    false, "out of memory")                           \
    X(IO,                "io",                   HOST,    false, "a file or system call failed")            \
    X(NO_ROOM,           "no-room",              HOST,    false, "no space left")                           \
    X(CANCELLED,         "cancelled",            HOST,    false, "cancelled by the operator")               \
    X(BAD_JOB,           "bad-job",              JOB,     false, "the job cannot be used")                  \
    X(BAD_IMAGE,         "bad-image",            JOB,     false, "a firmware file cannot be used")          \
    X(BAD_STUB,          "bad-stub",             JOB,     false, "a flasher stub file cannot be used")      \
    X(BAD_ARGUMENT,      "bad-argument",         JOB,     false, "what was asked for makes no sense")       \
    X(NO_PORT,           "no-port",              HOST,    false, "no such port")                            \
    X(PORT_BUSY,         "port-busy",            HOST,    false, "the port is in use")                      \
    X(PORT_REFUSED,      "port-refused",         HOST,    false, "the port cannot be opened or set")        \
    X(PORT_GONE,         "port-gone",            LINK,    true,  "the port disappeared")                    \
    X(BOARD_REMOVED,     "board-removed",        LINK,    false, "the board was taken out")                 \
    X(BOARD_EXCHANGED,   "board-exchanged",      LINK,    false, "another board is in its place")           \
    X(TIMEOUT,           "timeout",              LINK,    true,  "no answer in time")                       \
    X(BAD_FRAME,         "bad-frame",            LINK,    true,  "bytes that are not a SLIP frame")         \
    X(BAD_REPLY,         "bad-reply",            LINK,    true,  "a frame that is not a valid answer")      \
    X(CORRUPTED,         "corrupted",            LINK,    true,  "data arrived damaged at the chip")        \
    X(NO_SYNC,           "no-sync",              LINK,    true,  "the loader does not answer")              \
    X(BOOT_MODE,         "boot-mode",            BOARD,   true,  "the chip did not enter its loader")       \
    X(BOARD_RESET,       "board-reset",          BOARD,   true,  "the chip restarted by itself")            \
    X(DEVICE_REFUSED,    "device-refused",       BOARD,   true,  "the device refused the command")          \
    X(UNSUPPORTED,       "unsupported-command",  BOARD,   false, "the loader lacks the command")            \
    X(UNKNOWN_CHIP,      "unknown-chip",         BOARD,   false, "the chip is not known")                   \
    X(STUB_FAILED,       "stub-failed",          BOARD,   true,  "the flasher stub did not start")          \
    X(FLASH_ABSENT,      "flash-absent",         BOARD,   true,  "the flash does not answer")               \
    X(NOT_WRITTEN,       "flash-not-written",    BOARD,   true,  "the flash did not take the data")         \
    X(STUCK_BITS,        "flash-stuck-bits",     BOARD,   false, "flash bits do not change")                \
    X(VERIFY_MISMATCH,   "verify-mismatch",      BOARD,   true,  "the flash holds other data")              \
    X(CANNOT_VERIFY,     "cannot-verify",        JOB,     false, "the loader cannot verify what it wrote")  \
    X(WRONG_CHIP,        "wrong-chip",           BOARD,   false, "the chip is not the one meant")           \
    X(WRONG_REVISION,    "wrong-revision",       BOARD,   false, "the chip revision is not the one meant")  \
    X(FLASH_TOO_SMALL,   "flash-too-small",      BOARD,   false, "the flash is too small")                  \
    X(SECURED,           "secured",              BOARD,   false, "a security setting forbids it")           \
    X(DUPLICATE_MAC,     "duplicate-mac",        BOARD,   false, "two boards show the same MAC")            \
    X(NOT_ACCEPTED,      "not-accepted",         BOARD,   false, "a rule of the job refuses the board")     \
    X(SEEN_BEFORE,       "seen-before",          BOARD,   false, "the ledger knows the board already")      \
    X(TEST_FAILED,       "test-failed",          BOARD,   true,  "the application did not pass its test")   \
    X(BAD_UNIT_DATA,     "bad-unit-data",        JOB,     false, "data of this one board cannot be used")   \
    X(POOL_EMPTY,        "pool-empty",           HOST,    false, "a pool has nothing left to give")         \
    X(PROGRAM_FAILED,    "program-failed",       HOST,    false, "a program of the job did not do its work")\
    X(BAD_BUNDLE,        "bad-bundle",           JOB,     false, "the bundle is damaged")                   \
    X(NOT_TRUSTED,       "not-trusted",          JOB,     false, "no trusted key has signed the bundle")    \
    X(LEDGER,            "ledger",               HOST,    false, "the ledger cannot be used")               \
    X(LEDGER_LOCKED,     "ledger-locked",        HOST,    false, "another process holds the ledger")        \
    X(LEDGER_NEWER,      "ledger-newer",         HOST,    false, "the ledger is of a newer version")        \
    X(ABANDONED,         "abandoned",            HOST,    false, "the program ended before the run did")    \
    X(INTERNAL,          "internal",             PROGRAM, false, "a defect of espgang")
/* clang-format on */

enum eg_code {
    EG_OK = 0,
#define EG__ENUMERATOR(code, name, blame, retry, text) EG_##code,
    EG_ERRORS(EG__ENUMERATOR)
#undef EG__ENUMERATOR
};

enum eg_blame { EG_BLAME_NONE, EG_BLAME_HOST, EG_BLAME_LINK, EG_BLAME_BOARD, EG_BLAME_JOB, EG_BLAME_PROGRAM };

/** The reason of a failure. Owned by the caller; written only by a call that fails. */
struct eg_error {
    enum eg_code code;
    uint16_t device_status; /* the two status bytes of the chip, first byte high; 0 = none */
    char text[480];         /* one sentence without a full stop; when full, the front is cut */
};

/** The stable name ("port-gone"); "ok" for EG_OK. Never renamed; made for logs and programs. */
EG_API const char *eg_code_name(enum eg_code code);

/** What the code means in general. */
EG_API const char *eg_code_text(enum eg_code code);

EG_API enum eg_blame eg_code_blame(enum eg_code code);

/** "host", "link", "board", "job", "program"; "" for EG_BLAME_NONE. */
EG_API const char *eg_blame_name(enum eg_blame blame);

/** Whether another attempt with the same board may end better. */
EG_API bool eg_code_may_retry(enum eg_code code);

/* ---- What is said while something goes on ---- */

enum eg_log_kind {
    EG_LOG_PRINT,       /* text */
    EG_LOG_NOTE,        /* text */
    EG_LOG_WARNING,     /* text */
    EG_LOG_ERROR,       /* text, code */
    EG_LOG_STAGE_BEGIN, /* stage, attempt */
    EG_LOG_PROGRESS,    /* stage, done, total; text = what is being worked on */
    EG_LOG_STAGE_END,   /* stage, attempt, duration_ms, code; text = the sentence when code is not EG_OK */
    EG_LOG_OUTCOME,   /* outcome, code, duration_ms; text = the sentence, or ""; only where many boards run */
    EG_LOG_UNPLUGGED, /* the board that had its outcome is gone; likewise */
};

enum eg_verbosity { EG_SILENT, EG_NORMAL, EG_VERBOSE, EG_TRACE };

/** Where a record comes from. Strings are the sender's and live as long as the call; "" = not known (yet). */
struct eg_log_origin {
    const char *slot;  /* name of the place, "" where there is only one board */
    const char *port;  /* path or URL */
    const char *board; /* MAC */
};

struct eg_log_record {
    enum eg_log_kind kind;
    enum eg_verbosity level; /* EG_NORMAL for most; EG_VERBOSE and EG_TRACE for more talkative sinks */
    struct eg_log_origin origin;
    const char *text; /* never NULL, without a newline at the end */
    const char *stage;
    const char *outcome;
    enum eg_code code;
    unsigned attempt; /* from 1 */
    uint64_t done, total;
    uint64_t duration_ms;
};

/**
 * Takes what is said; a program that wants it elsewhere begins a struct of its own with one of these.
 *
 * esptool's logger has a method per kind; here one function gets all of them and looks at `kind`: print,
 * note, warning, error, stage (begin and end), progress_bar. Logging never tells a caller of a failure.
 */
struct eg_logger {
    /** Take one record; strings must be copied to be kept. Called in the thread that uses the board; with
     * many boards from many threads at once. May block briefly, never on a board. */
    void (*log)(struct eg_logger *logger, const struct eg_log_record *record);
    /** May be NULL: the sink then takes every record. */
    void (*set_verbosity)(struct eg_logger *logger, enum eg_verbosity verbosity);
};

/* To say something oneself. `logger` may be NULL: then nothing is said; `origin` may be NULL too. */
EG_API void eg_log_print(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format,
                         ...) EG_PRINTF(3, 4);
EG_API void eg_log_note(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
    EG_PRINTF(3, 4);
EG_API void eg_log_warning(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format,
                           ...) EG_PRINTF(3, 4);
EG_API void eg_log_error(struct eg_logger *logger, const struct eg_log_origin *origin,
                         const struct eg_error *err);
EG_API void eg_log_set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity);

/** "print", "note", "warning", "error", "stage-begin", "progress", "stage-end", "outcome", "unplugged". */
EG_API const char *eg_log_kind_name(enum eg_log_kind kind);

/** Text for people: lines, and on a terminal a bar for progress. `out` stays the caller's. */
EG_API enum eg_code eg_console_create(struct eg_logger **logger, FILE *out, struct eg_error *err) EG_CHECKED;

/** NULL is allowed. Only for what eg_console_create() made, once nothing uses it. */
EG_API void eg_console_destroy(struct eg_logger *logger);

/** Called with bytes done and all of them, from the thread of the call that works. */
typedef void eg_progress(void *context, uint64_t done, uint64_t total);

/* ---- Where data comes from and goes to ---- */

/** A firmware file: exactly one of `path`, `data` and `file` is given. */
struct eg_input {
    const char *path;
    const void *data; /* `size` bytes */
    size_t size;
    FILE *file;       /* read from where it stands up to its end */
    const char *name; /* what sentences call data or file; NULL = "data" */
};

/** Where to put bytes: exactly one of `path`, `data` and `file` is given. A path is written beside itself
 * and renamed when whole, so that a failure leaves what was there. Memory and FILE get the bytes as they come
 * and keep them when the call fails later; memory that is too small is refused first, by EG_BAD_ARGUMENT. */
struct eg_output {
    const char *path;
    void *data; /* room for `size` bytes */
    size_t size;
    FILE *file;
};

/* ---- Settings ---- */

/** Time limits and attempts: the keys of esptool.cfg. All of them have a value once eg_settings_init() ran.
 */
struct eg_settings {
    uint32_t timeout_ms;                     /* of a command without a limit of its own: 3000 */
    uint32_t chip_erase_timeout_ms;          /* 120000 */
    uint32_t max_timeout_ms;                 /* no command gets more: 240000 */
    uint32_t sync_timeout_ms;                /* 100 */
    uint32_t md5_timeout_per_mb_ms;          /* 8000; a MB is 1 000 000 bytes here and below */
    uint32_t erase_region_timeout_per_mb_ms; /* 40000 */
    uint32_t erase_write_timeout_per_mb_ms;  /* 40000 */
    uint32_t mem_end_rom_timeout_ms;         /* 200 */
    uint32_t serial_write_timeout_ms;        /* 10000 */
    int connect_attempts;                    /* 7; 0 or less = for ever */
    unsigned write_block_attempts;           /* 3 */
    uint32_t reset_delay_ms;                 /* how long the boot strap is held; 0 = 50 and 550 in turn */
    int open_port_attempts;                  /* 1; 0 = for ever; needs a port and a chip */
    char custom_reset_sequence[256];         /* in the words D0 D1 R0 R1 U<d>,<r> W<seconds>, joined by | */
    char custom_hard_reset_sequence[256];    /* likewise; "" = the usual ones */
};

EG_API void eg_settings_init(struct eg_settings *settings);

/**
 * Start from the defaults and take what the configuration file says.
 *
 * Looked for as by esptool: $ESPTOOL_CFGFILE, else esptool.cfg, setup.cfg and tox.ini in the current folder,
 * in ~/.config/esptool and in the home folder; the first with a section [esptool] counts. Then
 * $ESPTOOL_OPEN_PORT_ATTEMPTS. Keys that are not known are named by a warning.
 *
 * @return EG_OK; EG_BAD_JOB a value cannot be used (the sentence names file, line and key); EG_IO the file
 *         named by $ESPTOOL_CFGFILE cannot be read
 */
EG_API enum eg_code eg_settings_load(struct eg_settings *settings, struct eg_logger *logger,
                                     struct eg_error *err) EG_CHECKED;

/* ---- A board ---- */

/** How to get into the loader; esptool's --before. */
enum eg_before {
    EG_BEFORE_DEFAULT_RESET,
    EG_BEFORE_USB_RESET,        /* as over USB-Serial/JTAG */
    EG_BEFORE_NO_RESET,         /* sync only */
    EG_BEFORE_NO_RESET_NO_SYNC, /* no traffic at all: a stub or a pass-through is there */
};

/** How to leave it; esptool's --after. */
enum eg_after {
    EG_AFTER_HARD_RESET,
    EG_AFTER_SOFT_RESET,
    EG_AFTER_NO_RESET,
    EG_AFTER_NO_RESET_STUB,
    EG_AFTER_WATCHDOG_RESET,
};

struct eg_port_scheme; /* kinds of port beyond the built-in ones; for programs inside this project */

struct eg_board_options {
    const char *port; /* "/dev/ttyUSB0", "rfc2217://host:port", "tcp://host:port"; NULL = the first attached
                         port at which a board answers, of the chip that is named */
    const char *const *port_filters; /* without a port: "vid=0x303a", "pid=…", "name=…", "serial=…";
                                        NULL-terminated; NULL = every port */
    const char *chip;                /* "esp32c3"; NULL or "auto" = whichever answers */
    uint32_t baud;         /* to connect at, at most 115200 unless nothing is synchronised; 0 = 115200 */
    enum eg_before before; /* a port without modem lines is never reset */
    int connect_attempts;  /* 0 = as the settings say; negative = for ever */
    const char *stub_dir;  /* folder of stub files that go before the built-in ones; NULL = none */
    const struct eg_settings *settings; /* copied; NULL = the defaults, no file is read */
    struct eg_logger *logger;           /* must outlive the board; NULL = nothing is said */
    eg_progress *progress;              /* of long work, besides the logger's records; may be NULL */
    void *progress_context;
    bool trace;                                  /* every frame goes to the logger, at level EG_TRACE */
    const struct eg_port_scheme *const *schemes; /* NULL = the built-in ones */
};

/** One board: its port, its loader, and what is known of it. */
struct eg_board;

/**
 * Make a board. Nothing is opened or sent yet.
 *
 * @param options  copied, strings too; NULL = the defaults
 *
 * @return EG_OK; EG_BAD_ARGUMENT a chip, a filter or a reset sequence that does not exist
 */
EG_API enum eg_code eg_board_create(struct eg_board **board, const struct eg_board_options *options,
                                    struct eg_error *err) EG_CHECKED;

/**
 * Open the port, reset into the loader, synchronise, find out which chip answers, and do what this chip needs
 * right after connecting.
 *
 * May be called again, after the board was reset or unplugged: what was known of it is forgotten first.
 *
 * @return EG_NO_PORT, EG_PORT_BUSY, EG_PORT_REFUSED; EG_NO_SYNC nothing or nothing valid answers;
 * EG_BOOT_MODE the chip started something else; EG_UNKNOWN_CHIP; EG_WRONG_CHIP it is not the one named
 */
EG_API enum eg_code eg_board_connect(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Make a board and connect it. On failure *board is NULL. */
EG_API enum eg_code eg_board_detect_chip(struct eg_board **board, const struct eg_board_options *options,
                                         struct eg_error *err) EG_CHECKED;

/** What goes on with the board returns EG_CANCELLED within 100 ms (a file that is being read or compressed
 * comes first), and so does every later call. Any thread, any signal handler. */
EG_API void eg_board_cancel(struct eg_board *board);

/** Close the port, without a reset. NULL is allowed. */
EG_API void eg_board_destroy(struct eg_board *board);

/** Path or URL of the port; "" while the board is not connected. */
EG_API const char *eg_board_port(const struct eg_board *board);

/**
 * Upload the flasher stub and start it: faster, and able to do what the ROM cannot. Nothing happens when one
 * runs. Where this chip in this state can run none, a warning says so and the ROM goes on: EG_OK.
 *
 * @return EG_STUB_FAILED it did not start; EG_BAD_STUB
 */
EG_API enum eg_code eg_board_run_stub(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Whether a stub runs. */
EG_API bool eg_board_has_stub(const struct eg_board *board);

/** Change both sides' rate. EG_UNSUPPORTED when the ROM cannot, EG_PORT_REFUSED when the port cannot. */
EG_API enum eg_code eg_board_change_baud(struct eg_board *board, uint32_t baud,
                                         struct eg_error *err) EG_CHECKED;

/** The present rate. */
EG_API uint32_t eg_board_baud(const struct eg_board *board);

/** Leave the loader. A chip that cannot do what is asked gets a hard reset. Only eg_board_connect() makes
 * sense afterwards, unless `after` is EG_AFTER_NO_RESET_STUB. */
EG_API enum eg_code eg_board_reset_chip(struct eg_board *board, enum eg_after after,
                                        struct eg_error *err) EG_CHECKED;

/** Start the application in flash, by command where the loader can, else as a hard reset. */
EG_API enum eg_code eg_board_run(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/* ---- Which chip ---- */

/** "esp32c3"; "" while the board is not connected. */
EG_API const char *eg_board_chip_name(const struct eg_board *board);

/** "ESP32-C3", as people write it. */
EG_API const char *eg_board_chip_label(const struct eg_board *board);

/** Whether the chip is in secure download mode: then no call that reads a register works. */
EG_API bool eg_board_secure_download(const struct eg_board *board);

/** "USB-Serial/JTAG" or "USB-OTG" when the chip's own USB carries the port; NULL = a bridge, or not known. */
EG_API const char *eg_board_usb_mode(const struct eg_board *board);

#define EG_DESCRIPTION_TEXT 96
#define EG_FEATURES_TEXT    300

/* The calls from here to eg_board_chip_id() return EG_SECURED in secure download mode. */

/** "ESP32-C3 (QFN32) (revision v0.4)". */
EG_API enum eg_code eg_board_chip_description(struct eg_board *board, char text[EG_DESCRIPTION_TEXT],
                                              struct eg_error *err) EG_CHECKED;

/** "Wi-Fi, BT 5 (LE), Single Core, 160MHz". */
EG_API enum eg_code eg_board_chip_features(struct eg_board *board, char text[EG_FEATURES_TEXT],
                                           struct eg_error *err) EG_CHECKED;

/** Revision as major * 100 + minor; 0 for chips without one. */
EG_API enum eg_code eg_board_chip_revision(struct eg_board *board, uint16_t *revision,
                                           struct eg_error *err) EG_CHECKED;

/** Frequency of the crystal, measured where it is not always the same. */
EG_API enum eg_code eg_board_crystal_mhz(struct eg_board *board, uint32_t *mhz,
                                         struct eg_error *err) EG_CHECKED;

struct eg_mac {
    uint8_t base[6];
    bool has_extension; /* chips with IEEE 802.15.4; the two below mean something then only */
    uint8_t extension[2];
    uint8_t eui64[8]; /* the MAC with the extension in its middle */
};

/** EG_BAD_REPLY when the MAC is impossible (all zeros, all ones, multicast) or reads differently the second
 * time. */
EG_API enum eg_code eg_board_read_mac(struct eg_board *board, struct eg_mac *mac,
                                      struct eg_error *err) EG_CHECKED;

/** The number that an ESP8266 has; EG_UNSUPPORTED on all others, which have their MAC. */
EG_API enum eg_code eg_board_chip_id(struct eg_board *board, uint32_t *id, struct eg_error *err) EG_CHECKED;

enum {
    EG_SECURITY_SECURE_BOOT = 1u << 0,
    EG_SECURITY_AGGRESSIVE_REVOKE = 1u << 1,
    EG_SECURITY_SECURE_DOWNLOAD = 1u << 2,
    EG_SECURITY_KEY0_REVOKED = 1u << 3,
    EG_SECURITY_KEY1_REVOKED = 1u << 4,
    EG_SECURITY_KEY2_REVOKED = 1u << 5,
    EG_SECURITY_JTAG_SOFT_OFF = 1u << 6,
    EG_SECURITY_JTAG_HARD_OFF = 1u << 7,
    EG_SECURITY_USB_OFF = 1u << 8,
    EG_SECURITY_DOWNLOAD_DCACHE_OFF = 1u << 9,
    EG_SECURITY_DOWNLOAD_ICACHE_OFF = 1u << 10,
};

#define EG_SECURITY_KEYS 7

/** What GET_SECURITY_INFO says. */
struct eg_security_info {
    uint32_t flags;            /* EG_SECURITY_* */
    uint8_t flash_crypt_count; /* an odd number of set bits = flash encryption is on */
    uint8_t key_purposes[EG_SECURITY_KEYS];
    bool has_chip_id; /* not on the ESP32-S2; the two below mean something then only */
    uint32_t chip_id;
    uint32_t api_version;
};

/** EG_UNSUPPORTED on ESP8266 and ESP32. */
EG_API enum eg_code eg_board_get_security_info(struct eg_board *board, struct eg_security_info *info,
                                               struct eg_error *err) EG_CHECKED;

/** How many of the key purposes mean something on this chip. */
EG_API unsigned eg_board_key_blocks(const struct eg_board *board);

/** "XTS_AES_128_KEY" and the like; NULL = not known. */
EG_API const char *eg_board_key_purpose(const struct eg_board *board, uint8_t purpose);

/* ---- Memory and registers ---- */

EG_API enum eg_code eg_board_read_mem(struct eg_board *board, uint32_t addr, uint32_t *word,
                                      struct eg_error *err) EG_CHECKED;

/** Change the bits of `mask`, 0xffffffff for all of the word. */
EG_API enum eg_code eg_board_write_mem(struct eg_board *board, uint32_t addr, uint32_t word, uint32_t mask,
                                       struct eg_error *err) EG_CHECKED;

/** Word by word, for there is nothing faster. EG_BAD_ARGUMENT when an address or size is no multiple of 4. */
EG_API enum eg_code eg_board_dump_mem(struct eg_board *board, uint32_t addr, uint32_t size,
                                      const struct eg_output *output, struct eg_error *err) EG_CHECKED;

/**
 * Load an image into RAM and start it. The board then runs it: nothing else can be asked of the loader.
 *
 * @param image  or an Intel HEX file of a single range
 *
 * @return EG_BAD_IMAGE it is none of this chip; EG_BAD_ARGUMENT it would overwrite the stub that runs
 */
EG_API enum eg_code eg_board_load_ram(struct eg_board *board, const struct eg_input *image,
                                      struct eg_error *err) EG_CHECKED;

/* Registers, as the loader's commands have them. */
EG_API enum eg_code eg_board_read_reg(struct eg_board *board, uint32_t addr, uint32_t *word,
                                      struct eg_error *err) EG_CHECKED;
/** `delay_us` passes on the chip before it writes. */
EG_API enum eg_code eg_board_write_reg(struct eg_board *board, uint32_t addr, uint32_t word, uint32_t mask,
                                       uint32_t delay_us, struct eg_error *err) EG_CHECKED;
/** Put `value`, shifted to the lowest bit of `mask`, into these bits; read, change and write. */
EG_API enum eg_code eg_board_update_reg(struct eg_board *board, uint32_t addr, uint32_t mask, uint32_t value,
                                        struct eg_error *err) EG_CHECKED;

/* RAM block by block: begin, then blocks of eg_board_ram_block_size() bytes, the last one shorter, then
 * finish. The calls count the blocks themselves. A board that is not connected has size 0. */
EG_API uint32_t eg_board_ram_block_size(const struct eg_board *board);
EG_API enum eg_code eg_board_mem_begin(struct eg_board *board, uint32_t size, uint32_t addr,
                                       struct eg_error *err) EG_CHECKED;
EG_API enum eg_code eg_board_mem_block(struct eg_board *board, const void *data, uint32_t size,
                                       struct eg_error *err) EG_CHECKED;
/** Jump to `entry`; 0 = stay in the loader. */
EG_API enum eg_code eg_board_mem_finish(struct eg_board *board, uint32_t entry,
                                        struct eg_error *err) EG_CHECKED;

/* ---- Flash ---- */

/**
 * Attach the flash; needed before any of the calls below.
 *
 * @param spi_connection  "SPI", "HSPI" (ESP32), or five pins "CLK,Q,D,HD,CS"; NULL = the chip's usual ones
 *
 * @return EG_BAD_ARGUMENT pins that this chip does not have
 */
EG_API enum eg_code eg_board_attach_flash(struct eg_board *board, const char *spi_connection,
                                          struct eg_error *err) EG_CHECKED;

struct eg_flash_id {
    uint8_t maker;
    uint16_t device;     /* type and capacity: 0x4016 */
    uint32_t size;       /* bytes; 0 = the id does not tell */
    const char *type;    /* "quad" or "octal"; NULL = the chip does not tell */
    const char *voltage; /* of its supply: "3.3V by a strapping pin"; NULL = the chip does not tell */
};

/** EG_FLASH_ABSENT when nothing answers; EG_SECURED in secure download mode. */
EG_API enum eg_code eg_board_flash_id(struct eg_board *board, struct eg_flash_id *id,
                                      struct eg_error *err) EG_CHECKED;

/**
 * Read flash: any address and size.
 *
 * What arrives is checked by the chip's digest, which a stub sends and a ROM is asked for; a stretch that
 * arrives damaged is read again.
 *
 * @param resume  an output that is a path: go on with what an interrupted read has left beside it
 *                (PATH.part), once the chip has confirmed its digest
 *
 * @return EG_UNSUPPORTED on the ESP8266 without a stub; EG_FLASH_TOO_SMALL when the end is beyond the flash;
 *         EG_IO, EG_NO_ROOM
 */
EG_API enum eg_code eg_board_read_flash(struct eg_board *board, uint32_t addr, uint32_t size,
                                        const struct eg_output *output, bool resume,
                                        struct eg_error *err) EG_CHECKED;

enum eg_compress { EG_COMPRESS_AUTO, EG_COMPRESS_ON, EG_COMPRESS_OFF };

/** One file and where it goes. Intel HEX and UF2 files bring their addresses: `addr` must be 0 or their lowest
 * one. A UF2 file whose addresses count from an application partition needs `in_partition`. Whole sectors of 4096 bytes are erased for it, bytes in front of it and behind included; by the ESP8266's
 * ROM the sector behind it, too. */
struct eg_flash_file {
    uint32_t addr;
    struct eg_input input;
    bool encrypt;              /* by the chip */
    bool in_partition;         /* `addr` is where a partition begins */
    bool raw;                  /* write an Intel HEX or UF2 file as it is, at `addr` */
    struct eg_input diff_with; /* what was flashed there before: only sectors that differ are written. A HEX
                                  file must have as many ranges, and counts where their addresses agree */
};

struct eg_write_flash_options {
    const char *flash_mode; /* NULL and "keep" leave the header of a bootloader as it is */
    const char *flash_freq;
    const char *flash_size; /* or "detect" */
    bool erase_all;         /* the whole chip first */
    bool encrypt;           /* every file */
    bool
        ignore_flash_enc_efuse; /* do not ask whether the chip has a key and uses it as its bootloader does */
    enum eg_compress compress;
    bool skip_flashed;        /* leave out files whose digest the flash has already */
    bool trust_flash_content; /* with diff_with: a file that has not changed is not even checked */
    bool no_progress;
    bool force; /* no checks of chip, revision, security and size */
};

/** What became of one file. */
struct eg_flash_result {
    uint32_t addr,
        size;      /* what was written, padded: multiples of 4, with a ROM from the sector's beginning */
    uint64_t sent; /* bytes of data that went over the line, 0 when it was skipped */
    uint64_t duration_ms;
    bool skipped;  /* the flash had it already */
    bool verified; /* the chip's digest is the file's; false where it cannot tell: then it may be wrong */
};

/** Whether the files can be read and keep apart, without a board: EG_OK, or as eg_board_write_flash(). */
EG_API enum eg_code eg_flash_files_check(const struct eg_flash_file *files, size_t count,
                                         struct eg_error *err) EG_CHECKED;

/**
 * Write files, and have the chip confirm what its flash then holds.
 *
 * Everything that can be refused is refused before anything is erased. When the port disappears in the middle
 * it is awaited, the board is connected again and the region begins anew, once; encrypted regions are not
 * tried twice. A board that does not come back, or that another one has replaced, is no longer connected.
 *
 * @param files    `count` of them; they must not share a sector
 * @param results  one per file, written also on failure, for the files that were reached; may be NULL. A HEX
 *                 file has one for all its ranges, with the first address
 *
 * @return EG_BAD_IMAGE a file cannot be used, or is for another chip; EG_BAD_ARGUMENT options or addresses
 *         that do not fit; EG_WRONG_REVISION; EG_FLASH_TOO_SMALL; EG_SECURED; EG_UNSUPPORTED erasing all
 *         without a stub, encryption by a ROM that has none; EG_VERIFY_MISMATCH; EG_WRONG_CHIP another board
 *         came back; EG_IO
 */
EG_API enum eg_code eg_board_write_flash(struct eg_board *board, const struct eg_flash_file *files,
                                         size_t count, const struct eg_write_flash_options *options,
                                         struct eg_flash_result *results, struct eg_error *err) EG_CHECKED;

struct eg_verify_flash_options {
    const char *flash_mode, *flash_freq, *flash_size; /* as they were given for writing */
    bool diff;                                        /* say which bytes differ */
};

/** Whether the flash holds the files. EG_VERIFY_MISMATCH names the first that it does not; all are looked at.
 * EG_CANNOT_VERIFY on the ESP8266 without a stub and in secure download mode. */
EG_API enum eg_code eg_board_verify_flash(struct eg_board *board, const struct eg_flash_file *files,
                                          size_t count, const struct eg_verify_flash_options *options,
                                          struct eg_error *err) EG_CHECKED;

/** Erase all of it. EG_UNSUPPORTED without a stub; EG_SECURED with encryption or secure boot on, unless
 * forced. */
EG_API enum eg_code eg_board_erase_flash(struct eg_board *board, bool force, struct eg_error *err) EG_CHECKED;

/** Erase sectors. EG_BAD_ARGUMENT when an end is no multiple of 4096; EG_UNSUPPORTED on the ESP8266 without
 * a stub; EG_FLASH_TOO_SMALL; EG_SECURED as above. */
EG_API enum eg_code eg_board_erase_region(struct eg_board *board, uint32_t addr, uint32_t size, bool force,
                                          struct eg_error *err) EG_CHECKED;

#define EG_MD5_SIZE 16

/** MD5 of flash contents, computed by the chip. EG_CANNOT_VERIFY as above; EG_FLASH_TOO_SMALL. */
EG_API enum eg_code eg_board_flash_md5(struct eg_board *board, uint32_t addr, uint32_t size,
                                       uint8_t md5[EG_MD5_SIZE], struct eg_error *err) EG_CHECKED;

/** The status registers of the flash: `bytes` is 1, 2 or 3; the first is the lowest byte. */
EG_API enum eg_code eg_board_read_flash_status(struct eg_board *board, unsigned bytes, uint32_t *status,
                                               struct eg_error *err) EG_CHECKED;

/** Write them; until the next power-on, or for good. What they then hold only reading tells. */
EG_API enum eg_code eg_board_write_flash_status(struct eg_board *board, uint32_t status, unsigned bytes,
                                                bool non_volatile, struct eg_error *err) EG_CHECKED;

/** `bytes` (1 to 4) of the SFDP table; the first is the lowest. */
EG_API enum eg_code eg_board_read_flash_sfdp(struct eg_board *board, uint32_t addr, unsigned bytes,
                                             uint32_t *word, struct eg_error *err) EG_CHECKED;

/**
 * A raw SPI command to the flash.
 *
 * @param data       sent after the command; at most 64 bytes, NULL when size is 0
 * @param read_bits  0 to 32
 * @param addr_bits  0 to 32; 0 = no address
 * @param dummy_bits clock cycles behind the address, 0 to 256
 * @param result     the bits read, first byte lowest; may be NULL
 *
 * @return EG_BAD_ARGUMENT a number is beyond these
 */
EG_API enum eg_code eg_board_spi_command(struct eg_board *board, uint8_t opcode, const void *data,
                                         size_t size, unsigned read_bits, uint32_t addr, unsigned addr_bits,
                                         unsigned dummy_bits, uint32_t *result,
                                         struct eg_error *err) EG_CHECKED;

/** Set the flash's supply of an ESP32: "1.8V", "1.9V" or "OFF". EG_UNSUPPORTED on the others. */
EG_API enum eg_code eg_board_override_vddsdio(struct eg_board *board, const char *voltage,
                                              struct eg_error *err) EG_CHECKED;

/* Flash block by block: begin, then blocks of eg_board_flash_block_size() bytes, then finish. Nothing is
 * checked but the chip's own answers; eg_board_flash_md5() tells whether it holds. The calls count the blocks
 * themselves. A plain block shorter than the block size is filled with FF. A board that is not connected has
 * block size 0. */
EG_API uint32_t eg_board_flash_block_size(const struct eg_board *board);
EG_API enum eg_code eg_board_flash_begin(struct eg_board *board, uint32_t size, uint32_t addr, bool encrypt,
                                         struct eg_error *err) EG_CHECKED;
EG_API enum eg_code eg_board_flash_block(struct eg_board *board, const void *data, uint32_t size,
                                         struct eg_error *err) EG_CHECKED;
/** With a ROM nothing is sent unless `reboot`, for it would leave the loader. */
EG_API enum eg_code eg_board_flash_finish(struct eg_board *board, bool reboot,
                                          struct eg_error *err) EG_CHECKED;

/* The same with a zlib stream: `size` bytes come out of `compressed_size`. EG_UNSUPPORTED on the ESP8266
 * without a stub. */
EG_API enum eg_code eg_board_flash_defl_begin(struct eg_board *board, uint32_t size, uint32_t compressed_size,
                                              uint32_t addr, bool encrypt, struct eg_error *err) EG_CHECKED;
EG_API enum eg_code eg_board_flash_defl_block(struct eg_board *board, const void *data, uint32_t size,
                                              struct eg_error *err) EG_CHECKED;
EG_API enum eg_code eg_board_flash_defl_finish(struct eg_board *board, bool reboot,
                                               struct eg_error *err) EG_CHECKED;

/* ---- Firmware files, without a board ---- */

#define EG_SHA256_SIZE 32

/** So that the image, once signed, ends on an MMU page. */
enum eg_secure_pad { EG_SECURE_PAD_NONE, EG_SECURE_PAD_V1 /* ESP32 only */, EG_SECURE_PAD_V2 };

/** All zero = what esptool's elf2image does without options. What the ESP8266 lacks it passes over, as
 * esptool does: revisions, padding, `no_digest`, `ram_only_header`, `mmu_page_size`. */
struct eg_image_options {
    const char *flash_mode; /* NULL = "qio" */
    const char *flash_freq; /* NULL = code 0, whatever that is on the chip */
    const char *flash_size; /* NULL = "1MB" */
    unsigned version;       /* ESP8266 only: 1, 2, 3; 0 = 1 */
    unsigned min_rev;       /* legacy, 0 to 255 */
    unsigned min_rev_full;  /* major * 100 + minor, to 65535 */
    bool has_max_rev_full;  /* else 65535, no limit */
    unsigned max_rev_full;
    enum eg_secure_pad secure_pad;
    uint32_t elf_sha256_offset; /* in the image; 0 = 0xb0 when there is an application descriptor in flash */
    bool no_digest;             /* no SHA-256 at the end */
    bool use_segments;          /* program headers instead of sections */
    const char
        *mmu_page_size;      /* "64KB"; NULL = what the application descriptor says or sits on, else 64 KB */
    const char *pad_to_size; /* "4MB": FF to a multiple of it; NULL = none */
    bool ram_only_header;    /* the ROM sees the RAM segments only; no SHA-256 */
};

#define EG_ELF_IMAGE_FILES 2

/** What eg_elf2image() made; eg_elf_image_free() frees it. ESP8266 images of version 1 are two files, that
 * say where they go. */
struct eg_elf_image {
    struct {
        bool has_addr;
        uint32_t flash_addr;
        uint8_t *data;
        size_t size;
        char *path; /* that it was written to; NULL = to none */
    } file[EG_ELF_IMAGE_FILES];
    unsigned count;
};

/**
 * Make of an ELF file the image that a chip loads.
 *
 * @param image    what was made; NULL = not wanted
 * @param options  NULL = esptool's defaults
 * @param output   path to write to, for the ESP8266's version 1 the beginning of the paths; "" = named after
 *                 the ELF, whose input then is a path; NULL = not written
 * @param logger   gets warnings and notes; may be NULL
 *
 * @return EG_OK; EG_BAD_IMAGE the ELF cannot become such an image; EG_BAD_ARGUMENT, EG_BAD_JOB an option
 * cannot be used; EG_IO, EG_NO_ROOM, EG_NO_MEMORY. Any thread.
 */
EG_API enum eg_code eg_elf2image(struct eg_elf_image *image, const struct eg_input *elf, const char *chip,
                                 const struct eg_image_options *options, const char *output,
                                 struct eg_logger *logger, struct eg_error *err) EG_CHECKED;
EG_API void eg_elf_image_free(struct eg_elf_image *image);

enum eg_merge_format { EG_MERGE_RAW, EG_MERGE_UF2, EG_MERGE_HEX };

/** All zero = what esptool's merge-bin does without options. */
struct eg_merge_options {
    enum eg_merge_format format;
    const char *flash_mode, *flash_freq,
        *flash_size;         /* for the bootloader's header; NULL or "keep" = as it is */
    uint32_t target_offset;  /* address of the first byte of a raw file; nothing may lie before it */
    const char *pad_to_size; /* raw: FF up to this address, "4MB"; NULL = up to the last input's end */
    uint32_t chunk_size;     /* UF2: data bytes per block; 0 = all there is room for */
    bool no_md5;             /* UF2 */
};

/**
 * Merge files at their addresses into one; Intel HEX files bring their own addresses.
 *
 * @param output  a path, a FILE, or memory that is large enough
 *
 * @return as eg_elf2image()
 */
EG_API enum eg_code eg_merge_bin(const struct eg_flash_file *files, size_t count, const char *chip,
                                 const struct eg_merge_options *options, const struct eg_output *output,
                                 struct eg_logger *logger, struct eg_error *err) EG_CHECKED;

/** Texts are UTF-8; bytes that are not, and control characters, have become '?'. Revisions are major * 100 +
 * minor. */
struct eg_app_descriptor {
    uint32_t secure_version;
    char version[33], project[33], time[17], date[17], idf_version[33];
    uint8_t elf_sha256[EG_SHA256_SIZE];
    uint16_t min_efuse_block_rev, max_efuse_block_rev;
    uint32_t mmu_page_size; /* 0 = not told */
};

struct eg_bootloader_descriptor {
    uint32_t version;
    char idf_version[33], date_time[25];
};

#define EG_MEMORY_NAMES_MAX     6  /* of one address */
#define EG_IMAGE_SEGMENTS_SHOWN 17 /* with the irom part of version 2 */

struct eg_image_segment {
    uint32_t addr, size;
    size_t file_offset;                      /* of the segment's header; its data are 8 bytes further */
    const char *memory[EG_MEMORY_NAMES_MAX]; /* what lies at `addr`: "DRAM", "BYTE_ACCESSIBLE" */
    unsigned memory_count;
};

/** Needs no clean-up; names are static. */
struct eg_image_details {
    const char *target;       /* "esp32c3": the caller's, or found out */
    const char *target_label; /* "ESP32-C3" */
    size_t size;              /* of all the data, whatever stands behind the image */
    size_t end;               /* of the image, with checksum and hash */

    unsigned version; /* 1; 2 = ESP8266 with the irom part in front */
    uint32_t entry;
    uint8_t flash_mode, flash_size_freq;                             /* header bytes 2 and 3 */
    const char *flash_mode_name, *flash_size_name, *flash_freq_name; /* NULL = no such code on the target */

    bool extended;  /* has the extended header; the fields down to max_rev_full mean something then only */
    uint8_t wp_pin; /* 0xee = disabled */
    uint8_t clk_drv, q_drv, d_drv, cs_drv, hd_drv, wp_drv;
    uint16_t chip_id;
    const char
        *chip_label; /* of that id; NULL = unknown. Differs from the target when the caller was wrong */
    uint8_t min_rev;
    uint16_t min_rev_full, max_rev_full;

    struct eg_image_segment segments[EG_IMAGE_SEGMENTS_SHOWN];
    unsigned segment_count;

    uint8_t checksum, actual_checksum;
    bool hash_appended;
    uint8_t hash[EG_SHA256_SIZE], actual_hash[EG_SHA256_SIZE];
    bool has_crc; /* version 2, when there is something behind its checksum */
    uint32_t crc, actual_crc;

    bool has_app;
    struct eg_app_descriptor app;
    bool has_bootloader;
    struct eg_bootloader_descriptor bootloader;
};

/**
 * Read what an image says of itself; wrong checksums and hashes are reported, not refused.
 *
 * @param input  an image, or an Intel HEX file of a single range
 * @param chip   NULL or "auto" = found out
 *
 * @return EG_OK; EG_BAD_IMAGE with what is wrong and at which offset, or what else it is; EG_BAD_ARGUMENT the
 *         chip does not exist; EG_IO, EG_NO_MEMORY. Any thread.
 */
EG_API enum eg_code eg_image_info(struct eg_image_details *details, const struct eg_input *input,
                                  const char *chip, struct eg_error *err) EG_CHECKED;

/* ---- The library ---- */

/** "0.1.0". */
EG_API const char *eg_version(void);

/**
 * Run a command line as the program espgang does: eg_main(2, {"espgang", "flash-id"}).
 *
 * Prints to standard output and error and returns the program's exit status. One call at a time in a process;
 * it takes over SIGINT, SIGTERM, SIGHUP and SIGPIPE while it runs and gives them back.
 */
EG_API int eg_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
