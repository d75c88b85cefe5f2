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
 * Ownership. The caller keeps the strings and data it passes; a call does not keep them after it returns,
 * unless its comment says so. Returned strings are static or belong to the board and live as long as the
 * board.
 *
 * Threads. A board belongs to one thread at a time; different boards are independent. Only
 * eg_board_cancel() may be called from any thread and from signal handlers. The library has no global mutable
 * state, except in eg_main() and eg_main_logged().
 *
 * Zero. An all-zero struct of options, or NULL in its place, means the defaults.
 *
 * Numbers. Addresses and sizes are bytes; rates are bits per second; the end of a name gives the unit of a
 * time. Flash sizes, modes and frequencies are esptool's words: "4MB", "dio", "40m".
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
    X(FLASH_PROTECTED,   "flash-protected",      BOARD,   false, "the flash is write-protected")            \
    X(FLASH_SHIFTED,     "flash-shifted",        BOARD,   true,  "the flash reads shifted")                 \
    X(FLASH_NOISY,       "flash-noisy",          BOARD,   true,  "the flash reads differently each time")   \
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
    X(CLONE,             "clone",                BOARD,   false, "the MAC is on record with another flash") \
    X(NOT_UNIQUE,        "not-unique",           JOB,     false, "another board has the value")             \
    X(TEST_FAILED,       "test-failed",          BOARD,   true,  "the application did not pass its test")   \
    X(PATTERN_LIMIT,     "pattern-limit",        JOB,     false, "a pattern takes too long on a line")        \
    X(BAD_UNIT_DATA,     "bad-unit-data",        JOB,     false, "data of this one board cannot be used")   \
    X(POOL_EMPTY,        "pool-empty",           HOST,    false, "a pool has nothing left to give")         \
    X(PROGRAM_FAILED,    "program-failed",       HOST,    false, "a program of the job did not do its work")\
    X(BAD_BUNDLE,        "bad-bundle",           JOB,     false, "the bundle is damaged")                   \
    X(NOT_TRUSTED,       "not-trusted",          JOB,     false, "no trusted key has signed the bundle")    \
    X(LEDGER,            "ledger",               HOST,    false, "the ledger cannot be used")               \
    X(LEDGER_LOCKED,     "ledger-locked",        HOST,    false, "another process holds the ledger")        \
    X(LEDGER_NEWER,      "ledger-newer",         HOST,    false, "the ledger is of a newer version")        \
    X(ABANDONED,         "abandoned",            HOST,    false, "the program ended before the run did")    \
    X(INTERNAL,          "internal",             PROGRAM, false, "a defect of espgang")                         \
    X(NOT_BURNT,         "efuse-not-burnt",      BOARD,   false, "eFuses did not take what was burnt")
/* clang-format on */

enum eg_code {
    EG_OK = 0,
#define EG__ENUMERATOR(code, name, blame, retry, text) EG_##code,
    EG_ERRORS(EG__ENUMERATOR)
#undef EG__ENUMERATOR
};

enum eg_blame { EG_BLAME_NONE, EG_BLAME_HOST, EG_BLAME_LINK, EG_BLAME_BOARD, EG_BLAME_JOB, EG_BLAME_PROGRAM };

/** Why a call failed. Owned by the caller; written only by a call that fails. */
struct eg_error {
    enum eg_code code;
    uint16_t device_status; /* the two status bytes of the chip, first byte high; 0 = none */
    char text[480];         /* one sentence without a full stop; when full, the front is cut */
};

/** Return the stable name ("port-gone"); "ok" for EG_OK. Never renamed; for logs and programs. */
EG_API const char *eg_code_name(enum eg_code code);

/** Return what the code means in general. */
EG_API const char *eg_code_text(enum eg_code code);

EG_API enum eg_blame eg_code_blame(enum eg_code code);

/** "host", "link", "board", "job", "program"; "" for EG_BLAME_NONE. */
EG_API const char *eg_blame_name(enum eg_blame blame);

/** Return whether another attempt with the same board may succeed. */
EG_API bool eg_code_may_retry(enum eg_code code);

/* ---- Logging and progress ---- */

enum eg_log_kind {
    EG_LOG_PRINT,       /* text */
    EG_LOG_NOTE,        /* text */
    EG_LOG_WARNING,     /* text */
    EG_LOG_ERROR,       /* text, code */
    EG_LOG_STAGE_BEGIN, /* stage, attempt */
    EG_LOG_PROGRESS,    /* stage, done, total; text = the file or step in progress */
    EG_LOG_STAGE_END,   /* stage, attempt, duration_ms, code; text = the sentence when code is not EG_OK */
    EG_LOG_OUTCOME, /* outcome, code, duration_ms; text = the sentence, or ""; only for runs of many boards */
    EG_LOG_UNPLUGGED, /* a board was removed after its outcome; likewise */
};

enum eg_verbosity { EG_SILENT, EG_NORMAL, EG_VERBOSE, EG_TRACE };

/** Where a record comes from. The strings live as long as the call of log(); "" = not known (yet). */
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
    unsigned attempt; /* from 1; 0 of an outcome that takes a pass back */
    uint64_t done, total;
    uint64_t duration_ms;
};

/**
 * A sink for log records. To write your own, begin a struct with a struct eg_logger.
 *
 * esptool's logger has a method per kind; here log() gets all records and looks at `kind`. One board's calls
 * send stages (connect, stub, attach, write, read, verify) at EG_VERBOSE, and progress. A failure is always
 * returned, never only logged.
 */
struct eg_logger {
    /** Take one record. Copy strings to keep them. Called from the thread that uses the board, so with many
     * boards from many threads at once. May block briefly, but must not use a board. */
    void (*log)(struct eg_logger *logger, const struct eg_log_record *record);
    /** May be NULL: the sink then gets every record. */
    void (*set_verbosity)(struct eg_logger *logger, enum eg_verbosity verbosity);
};

/* Log a message of your own. `logger` may be NULL: then nothing is logged; `origin` may be NULL too. */
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

/** Create a logger that prints lines, and on a terminal a progress bar. `out` stays the caller's. */
EG_API enum eg_code eg_console_create(struct eg_logger **logger, FILE *out, struct eg_error *err) EG_CHECKED;

/** Free a logger of eg_console_create() when nothing uses it any more. NULL is allowed. */
EG_API void eg_console_destroy(struct eg_logger *logger);

/** Called with the bytes done and the total, from the thread of the call in progress. */
typedef void eg_progress(void *context, uint64_t done, uint64_t total);

/* ---- Where data comes from and goes to ---- */

/** A firmware file: exactly one of `path`, `data` and `file` is given. */
struct eg_input {
    const char *path;
    const void *data; /* `size` bytes */
    size_t size;
    FILE *file; /* read from its present position to its end, then put back there; a pipe cannot be put back,
                   so a second call finds it empty */
    const char *name; /* name for `data` or `file` in messages; NULL = "data" */
};

/** Where to put bytes: exactly one of `path`, `data` and `file` is given. A path is written as PATH.part and
 * renamed when it is complete, so a failure leaves the old file. Memory and FILE get the bytes as they arrive
 * and keep them if the call fails later. Memory that is too small is refused at once with EG_BAD_ARGUMENT. */
struct eg_output {
    const char *path;
    void *data; /* room for `size` bytes */
    size_t size;
    FILE *file;
};

/* ---- Settings ---- */

/** Time limits and attempts: the keys of esptool.cfg. eg_settings_init() gives all of them a value. */
struct eg_settings {
    uint32_t timeout_ms;                     /* for commands that have no limit of their own: 3000 */
    uint32_t chip_erase_timeout_ms;          /* 120000 */
    uint32_t max_timeout_ms;                 /* no command gets more: 240000 */
    uint32_t sync_timeout_ms;                /* 100 */
    uint32_t md5_timeout_per_mb_ms;          /* 8000; a MB is 1 000 000 bytes here and below */
    uint32_t erase_region_timeout_per_mb_ms; /* 40000 */
    uint32_t erase_write_timeout_per_mb_ms;  /* 40000 */
    uint32_t mem_end_rom_timeout_ms;         /* 200 */
    uint32_t serial_write_timeout_ms;        /* 10000 */
    int connect_attempts;                    /* 7; 0 or less = no limit */
    unsigned write_block_attempts;           /* 3 */
    uint32_t reset_delay_ms;                 /* how long the boot strap is held; 0 = until the ROM
                                               says that it waits, at most 50 and 550 in turn */
    int open_port_attempts;                  /* 1; 0 = no limit; only with a named port and chip */
    char custom_reset_sequence[256];         /* D0 D1 R0 R1 U<d>,<r> W<seconds>, joined by | */
    char custom_hard_reset_sequence[256];    /* likewise; "" = the built-in ones */
};

EG_API void eg_settings_init(struct eg_settings *settings);

/**
 * Load the defaults, then the configuration file.
 *
 * The file is found as esptool finds it: $ESPTOOL_CFGFILE, else esptool.cfg, setup.cfg and tox.ini in the
 * current folder, in ~/.config/esptool and in the home folder; the first with a section [esptool] is used.
 * A warning says when $ESPTOOL_CFGFILE names no file. $ESPTOOL_OPEN_PORT_ATTEMPTS comes last. A warning names
 * unknown keys.
 *
 * @return EG_OK; EG_BAD_JOB a value cannot be used (the sentence names file, line and key); EG_IO the file
 *         named by $ESPTOOL_CFGFILE is there and cannot be read
 */
EG_API enum eg_code eg_settings_load(struct eg_settings *settings, struct eg_logger *logger,
                                     struct eg_error *err) EG_CHECKED;

/* ---- A board ---- */

/** How to get into the loader; esptool's --before. */
enum eg_before {
    EG_BEFORE_DEFAULT_RESET,
    EG_BEFORE_USB_RESET,        /* the sequence for USB-Serial/JTAG */
    EG_BEFORE_NO_RESET,         /* sync only */
    EG_BEFORE_NO_RESET_NO_SYNC, /* no traffic at all: a stub or a pass-through is running */
};

/** How to leave it; esptool's --after. */
enum eg_after {
    EG_AFTER_HARD_RESET,
    EG_AFTER_SOFT_RESET,
    EG_AFTER_NO_RESET,
    EG_AFTER_NO_RESET_STUB,
    EG_AFTER_WATCHDOG_RESET,
};

struct eg_port_scheme; /* further kinds of port; for programs inside this project */

struct eg_board_options {
    const char *port; /* "/dev/ttyUSB0", its place in the USB tree ("1-2:1.0"), "rfc2217://host:port",
                         "tcp://host:port"; NULL = the first attached port with a board of the named chip */
    const char *const *port_filters; /* without a port: "vid=0x303a", "pid=…", "name=…", "serial=…";
                                        NULL-terminated; NULL = every port */
    const char *chip;                /* "esp32c3"; NULL or "auto" = any */
    uint32_t baud;         /* for connecting, at most 115200 unless `before` sends no SYNC; 0 = 115200 */
    enum eg_before before; /* a port without modem lines is never reset */
    int connect_attempts;  /* 0 = as in the settings; negative = no limit */
    const char *stub_dir;  /* folder of stub files, preferred to the built-in ones; NULL = none */
    const struct eg_settings *settings; /* copied; NULL = the defaults, no file is read */
    struct eg_logger *logger;           /* must outlive the board; NULL = nothing is logged */
    eg_progress *progress;              /* of long work, in addition to the logger's records; may be NULL */
    void *progress_context;
    bool trace;                                  /* every frame goes to the logger, at level EG_TRACE */
    const struct eg_port_scheme *const *schemes; /* NULL = the built-in ones */
};

/** One board: its port, its loader and its state. */
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
 * Open the port, reset into the loader, synchronise, detect the chip, and set the chip up (watchdogs off,
 * flash supply on).
 *
 * May be called again, after the board was reset, unplugged or cancelled: what was known of it is forgotten
 * first, and an earlier eg_board_cancel() is taken back. A cancel before the first call holds for that call.
 *
 * @return EG_NO_PORT, EG_PORT_BUSY, EG_PORT_REFUSED; EG_NO_SYNC there is no valid answer;
 * EG_BOOT_MODE the chip started something else; EG_SECURED it says that its loader is switched off;
 * EG_UNKNOWN_CHIP; EG_WRONG_CHIP it is not the named one
 */
EG_API enum eg_code eg_board_connect(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/** Make a board and connect it. On failure *board is NULL. */
EG_API enum eg_code eg_board_detect_chip(struct eg_board **board, const struct eg_board_options *options,
                                         struct eg_error *err) EG_CHECKED;

/** Make the call in progress return EG_CANCELLED within 100 ms (a file that is being read or compressed is
 * finished first), and every later call too, until eg_board_connect() is called again. Any thread, any signal
 * handler. */
EG_API void eg_board_cancel(struct eg_board *board);

/** Close the port, without a reset. NULL is allowed. */
EG_API void eg_board_destroy(struct eg_board *board);

/** Path or URL of the port; "" while the board is not connected. */
EG_API const char *eg_board_port(const struct eg_board *board);

/**
 * Upload the flasher stub and start it. It is faster than the ROM and has more commands. Does nothing when a
 * stub runs already. When this chip in this state cannot run one, logs a warning and stays with the ROM:
 * EG_OK.
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

/**
 * Leave the loader. A chip that cannot do what is asked gets a hard reset. Only eg_board_connect() makes
 * sense afterwards, unless `after` is EG_AFTER_NO_RESET_STUB. A note says so when something else happened
 * than was asked for, for example nothing, because the port has no DTR and RTS.
 */
EG_API enum eg_code eg_board_reset_chip(struct eg_board *board, enum eg_after after,
                                        struct eg_error *err) EG_CHECKED;

/** Check whether the connected board can be left this way. EG_PORT_REFUSED when that takes a reset by DTR and
 * RTS, which the port does not have. */
EG_API enum eg_code eg_board_can_leave(struct eg_board *board, enum eg_after after,
                                       struct eg_error *err) EG_CHECKED;

/** Say what the last eg_board_reset_chip() really did: "hard reset by RTS", "reset by watchdog", ...; "" =
 * nothing yet. */
EG_API const char *eg_board_left_by(const struct eg_board *board);

/** Start the application in flash, by command where the loader can, else as a hard reset. */
EG_API enum eg_code eg_board_run(struct eg_board *board, struct eg_error *err) EG_CHECKED;

/* ---- Which chip ---- */

/** Return "esp32c3" or the like; "" while the board is not connected. */
EG_API const char *eg_board_chip_name(const struct eg_board *board);

/** Return "ESP32-C3" or the like; "" while the board is not connected. */
EG_API const char *eg_board_chip_label(const struct eg_board *board);

/** Return whether the chip is in secure download mode: then no call that reads a register works. */
EG_API bool eg_board_secure_download(const struct eg_board *board);

/** Return "USB-Serial/JTAG" or "USB-OTG" when the port is the chip's native USB; NULL = a bridge, or not
 * known. */
EG_API const char *eg_board_usb_mode(const struct eg_board *board);

#define EG_DESCRIPTION_TEXT 96
#define EG_FEATURES_TEXT    300

/* The calls from here to eg_board_chip_id() return EG_SECURED in secure download mode. */

/** Write package and revision: "ESP32-C3 (QFN32) (revision v0.4)". */
EG_API enum eg_code eg_board_chip_description(struct eg_board *board, char text[EG_DESCRIPTION_TEXT],
                                              struct eg_error *err) EG_CHECKED;

/** Write the features: "Wi-Fi, BT 5 (LE), Single Core, 160MHz". */
EG_API enum eg_code eg_board_chip_features(struct eg_board *board, char text[EG_FEATURES_TEXT],
                                           struct eg_error *err) EG_CHECKED;

/** Read the revision as major * 100 + minor; 0 for chips without one. */
EG_API enum eg_code eg_board_chip_revision(struct eg_board *board, uint16_t *revision,
                                           struct eg_error *err) EG_CHECKED;

/** Find the frequency of the crystal; measured on chips that come with several. */
EG_API enum eg_code eg_board_crystal_mhz(struct eg_board *board, uint32_t *mhz,
                                         struct eg_error *err) EG_CHECKED;

struct eg_mac {
    uint8_t base[6];
    bool has_extension; /* chips with IEEE 802.15.4; the next two fields are valid only then */
    uint8_t extension[2];
    uint8_t eui64[8]; /* the MAC with the extension in the middle */
};

/** Read the MAC twice. EG_BAD_REPLY when it is impossible (all zeros, all ones, multicast) or the readings
 * differ. */
EG_API enum eg_code eg_board_read_mac(struct eg_board *board, struct eg_mac *mac,
                                      struct eg_error *err) EG_CHECKED;

/** Read the chip id of an ESP8266; EG_UNSUPPORTED on all other chips. */
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

/** The answer to GET_SECURITY_INFO. */
struct eg_security_info {
    uint32_t flags;            /* EG_SECURITY_* */
    uint8_t flash_crypt_count; /* an odd number of set bits = flash encryption is on */
    uint8_t key_purposes[EG_SECURITY_KEYS];
    bool has_chip_id; /* not on the ESP32-S2; the next two fields are valid only then */
    uint32_t chip_id;
    uint32_t api_version;
};

/** Ask the loader for its security info. EG_UNSUPPORTED on the ESP8266 and the ESP32, which do not know the
 * command. */
EG_API enum eg_code eg_board_get_security_info(struct eg_board *board, struct eg_security_info *info,
                                               struct eg_error *err) EG_CHECKED;

/** The security settings that every chip has, the ESP32 included. */
struct eg_security_state {
    bool secure_boot;    /* of either version */
    bool secure_boot_v1; /* ESP32 only */
    bool flash_encryption;
    bool manual_encrypt_off; /* the loader may not encrypt; not known in secure download mode */
    bool secure_download;
};

/** Read the security settings from the chip's eFuses; in secure download mode from its security info.
 * EG_UNSUPPORTED on the ESP8266, which has none of them. */
EG_API enum eg_code eg_board_read_security_state(struct eg_board *board, struct eg_security_state *state,
                                                 struct eg_error *err) EG_CHECKED;

#define EG_EFUSE_VALUE_TEXT 160

/** A field of the eFuses as it is burnt. */
struct eg_efuse_reading {
    char value[EG_EFUSE_VALUE_TEXT]; /* for people: "True", "XTS_AES_128_KEY", "aa bb"; '?' cannot be read */
    uint32_t number;                 /* the lowest 32 bits; 0 when it cannot be read */
    bool readable;                   /* false = read-protected: 0 says nothing */
    bool writable;                   /* false = write-protected: it stays as it is */
};

/** Read a field by its name, as espefuse has it ("SPI_BOOT_CRYPT_CNT"). EG_BAD_ARGUMENT the chip has none of
 * this name; EG_SECURED in secure download mode; EG_UNSUPPORTED on the ESP8266. */
EG_API enum eg_code eg_board_efuse_read(struct eg_board *board, const char *name,
                                        struct eg_efuse_reading *reading, struct eg_error *err) EG_CHECKED;

/** What shall be burnt: a field, or a key. Zero means "none". Everything is the caller's. */
struct eg_efuse_wish {
    const char *field;   /* name of a field, for the next two */
    uint32_t number;     /* bits to be set in it */
    bool write_protect;  /* write-protect it, and the fields that share its protection */
    const char *block;   /* name of a block, for a key: "BLOCK_KEY0"; ESP32: "flash_encryption", ... */
    const char *purpose; /* "XTS_AES_128_KEY"; NULL on an ESP32 */
    const void *key;     /* as espefuse's burn-key takes it */
    size_t key_size;     /* bytes */
};

/**
 * Burn eFuses, which cannot be undone. All wishes are checked together, against the chip and against what
 * would make it useless, before the first burn. Each burn is read back, keys before they are hidden: EG_OK
 * says that every wanted bit is set, unless a wish closed the loader or led into secure download mode.
 *
 * @param dry_run  check only: nothing is burnt
 *
 * @return EG_OK, also when everything is burnt already; EG_BAD_ARGUMENT; EG_SECURED it is protected, or must
 * not be burnt; EG_WRONG_REVISION; EG_UNSUPPORTED; EG_NOT_BURNT some bit was not burnt: what came after it
 * was not begun, and the same call may be made again
 */
EG_API enum eg_code eg_board_efuse_burn(struct eg_board *board, const struct eg_efuse_wish *wishes,
                                        size_t count, bool dry_run, struct eg_error *err) EG_CHECKED;

/** Return how many entries of key_purposes this chip uses. */
EG_API unsigned eg_board_key_blocks(const struct eg_board *board);

/** Return the name of a key purpose, "XTS_AES_128_KEY"; NULL = not known. */
EG_API const char *eg_board_key_purpose(const struct eg_board *board, uint8_t purpose);

/* ---- Memory and registers ---- */

EG_API enum eg_code eg_board_read_mem(struct eg_board *board, uint32_t addr, uint32_t *word,
                                      struct eg_error *err) EG_CHECKED;

/** Change the bits of `mask`; 0xffffffff = the whole word. */
EG_API enum eg_code eg_board_write_mem(struct eg_board *board, uint32_t addr, uint32_t word, uint32_t mask,
                                       struct eg_error *err) EG_CHECKED;

/** Read memory word by word, which is slow. EG_BAD_ARGUMENT when address or size is not a multiple of 4. */
EG_API enum eg_code eg_board_dump_mem(struct eg_board *board, uint32_t addr, uint32_t size,
                                      const struct eg_output *output, struct eg_error *err) EG_CHECKED;

/**
 * Load an image into RAM and start it. The loader is gone then.
 *
 * @param image  an image, or an Intel HEX file with one range
 *
 * @return EG_BAD_IMAGE it is not an image for this chip; EG_BAD_ARGUMENT it would overwrite the running stub
 */
EG_API enum eg_code eg_board_load_ram(struct eg_board *board, const struct eg_input *image,
                                      struct eg_error *err) EG_CHECKED;

/* Registers, by the loader's commands. */
EG_API enum eg_code eg_board_read_reg(struct eg_board *board, uint32_t addr, uint32_t *word,
                                      struct eg_error *err) EG_CHECKED;
/** The chip waits `delay_us` before it writes. */
EG_API enum eg_code eg_board_write_reg(struct eg_board *board, uint32_t addr, uint32_t word, uint32_t mask,
                                       uint32_t delay_us, struct eg_error *err) EG_CHECKED;
/** Read a register, replace the bits of `mask` by `value` shifted to the lowest of them, write it. */
EG_API enum eg_code eg_board_update_reg(struct eg_board *board, uint32_t addr, uint32_t mask, uint32_t value,
                                        struct eg_error *err) EG_CHECKED;

/* Write RAM block by block: begin, then blocks of eg_board_ram_block_size() bytes (the last one may be
 * shorter), then finish. The calls count the blocks. The block size of an unconnected board is 0. */
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
 * @param spi_connection  "SPI", "HSPI" (ESP32), or five pins "CLK,Q,D,HD,CS"; NULL = the chip's default pins
 *
 * @return EG_BAD_ARGUMENT this chip does not have these pins
 */
EG_API enum eg_code eg_board_attach_flash(struct eg_board *board, const char *spi_connection,
                                          struct eg_error *err) EG_CHECKED;

struct eg_flash_id {
    uint8_t maker;
    uint16_t device;     /* type and capacity: 0x4016 */
    uint32_t size;       /* bytes; 0 = not known */
    const char *type;    /* "quad" or "octal"; NULL = not known */
    const char *voltage; /* of its supply: "3.3V by a strapping pin"; NULL = not known */
};

/** Read the id of the flash. EG_FLASH_ABSENT when nothing answers; EG_SECURED in secure download mode. */
EG_API enum eg_code eg_board_flash_id(struct eg_board *board, struct eg_flash_id *id,
                                      struct eg_error *err) EG_CHECKED;

/**
 * Read flash: any address and size.
 *
 * The data is checked against the chip's digest; a part that arrives damaged is read again.
 *
 * @param resume  for an output that is a path: continue an interrupted read from its PATH.part, after the
 * chip has confirmed the digest of that part
 *
 * @return EG_UNSUPPORTED on the ESP8266 without a stub; EG_FLASH_TOO_SMALL when the end is past the end of
 * the flash; EG_IO, EG_NO_ROOM
 */
EG_API enum eg_code eg_board_read_flash(struct eg_board *board, uint32_t addr, uint32_t size,
                                        const struct eg_output *output, bool resume,
                                        struct eg_error *err) EG_CHECKED;

enum eg_compress { EG_COMPRESS_AUTO, EG_COMPRESS_ON, EG_COMPRESS_OFF };

/** One file and its address. Intel HEX and UF2 files have their own addresses: `addr` must be 0 or their
 * lowest one. A UF2 file whose addresses count from an application partition needs `in_partition`. Whole
 * sectors of 4096 bytes are erased, including bytes before and after the file; the ESP8266's ROM also erases
 * the next sector. */
struct eg_flash_file {
    uint32_t addr;
    struct eg_input input;
    bool encrypt;              /* by the chip */
    bool in_partition;         /* `addr` is the start of a partition */
    bool raw;                  /* write an Intel HEX or UF2 file as it is, at `addr` */
    struct eg_input diff_with; /* the previous contents: only sectors that differ are written. A HEX file must
                                  have the same number of ranges; ranges with the same address are compared */
};

struct eg_write_flash_options {
    const char *flash_mode; /* NULL or "keep" = leave the bootloader's header unchanged */
    const char *flash_freq;
    const char *flash_size;      /* or "detect" */
    bool erase_all;              /* the whole chip first */
    bool encrypt;                /* every file */
    bool ignore_flash_enc_efuse; /* do not check the chip's key and encryption configuration */
    enum eg_compress compress;
    bool skip_flashed;        /* skip files that the flash holds already, by digest */
    bool trust_flash_content; /* with diff_with: do not check unchanged files */
    bool no_progress;
    bool force; /* skip the checks of chip, revision, security and size */
};

/** The result for one file. */
struct eg_flash_result {
    uint32_t addr,
        size;      /* what was written, padded to multiples of 4; with a ROM from the start of the sector */
    uint64_t sent; /* bytes of data sent over the line; 0 when skipped */
    uint64_t duration_ms;
    bool skipped;  /* the flash held it already */
    bool verified; /* the chip's digest matches; false when the chip cannot compute one */
};

/** Check without a board that the files can be read and do not overlap: EG_OK, or as eg_board_write_flash().
 */
EG_API enum eg_code eg_flash_files_check(const struct eg_flash_file *files, size_t count,
                                         struct eg_error *err) EG_CHECKED;

/**
 * Write files and verify them by the chip's digest.
 *
 * All checks come before the first erase. When the port disappears during a write, the call waits for it,
 * connects again and repeats the region, once; encrypted regions are not repeated. A USB port is found by its
 * place, even under another name. If the board does not come back, or another board is there, the board is no
 * longer connected.
 *
 * @param files    `count` of them; they must not share a sector
 * @param results  one per file, also written on failure, for the files reached so far; may be NULL. All
 * ranges of a HEX file share one, with the first address
 *
 * @return EG_BAD_IMAGE a file cannot be used, or is for another chip; EG_BAD_ARGUMENT options or addresses
 *         are wrong; EG_WRONG_REVISION; EG_FLASH_TOO_SMALL; EG_SECURED; EG_UNSUPPORTED erasing all
 *         without a stub, encryption by a ROM that has none; EG_VERIFY_MISMATCH; EG_WRONG_CHIP another board
 *         came back; EG_IO
 */
EG_API enum eg_code eg_board_write_flash(struct eg_board *board, const struct eg_flash_file *files,
                                         size_t count, const struct eg_write_flash_options *options,
                                         struct eg_flash_result *results, struct eg_error *err) EG_CHECKED;

struct eg_verify_flash_options {
    const char *flash_mode, *flash_freq, *flash_size; /* as given for writing */
    bool diff;                                        /* list the bytes that differ */
};

/** Compare the flash with files. EG_VERIFY_MISMATCH names the first file that differs; all are compared.
 * EG_BAD_ARGUMENT when there is nothing to compare: no file, or only empty ones. EG_CANNOT_VERIFY on the
 * ESP8266 without a stub and in secure download mode. */
EG_API enum eg_code eg_board_verify_flash(struct eg_board *board, const struct eg_flash_file *files,
                                          size_t count, const struct eg_verify_flash_options *options,
                                          struct eg_error *err) EG_CHECKED;

/** Erase the whole flash. EG_UNSUPPORTED without a stub; EG_SECURED with encryption or secure boot on, unless
 * forced. */
EG_API enum eg_code eg_board_erase_flash(struct eg_board *board, bool force, struct eg_error *err) EG_CHECKED;

/** Erase sectors. EG_BAD_ARGUMENT when address or size is not a multiple of 4096; EG_UNSUPPORTED on the
 * ESP8266 without a stub; EG_FLASH_TOO_SMALL; EG_SECURED as above. */
EG_API enum eg_code eg_board_erase_region(struct eg_board *board, uint32_t addr, uint32_t size, bool force,
                                          struct eg_error *err) EG_CHECKED;

#define EG_MD5_SIZE 16

/** Have the chip compute the MD5 of flash contents. EG_CANNOT_VERIFY as above; EG_FLASH_TOO_SMALL. */
EG_API enum eg_code eg_board_flash_md5(struct eg_board *board, uint32_t addr, uint32_t size,
                                       uint8_t md5[EG_MD5_SIZE], struct eg_error *err) EG_CHECKED;

/** Read the status registers of the flash: `bytes` is 1, 2 or 3; the first is the lowest byte. */
EG_API enum eg_code eg_board_read_flash_status(struct eg_board *board, unsigned bytes, uint32_t *status,
                                               struct eg_error *err) EG_CHECKED;

/** Write them, until the next power-on or permanently. Read them back to see what the flash accepted. */
EG_API enum eg_code eg_board_write_flash_status(struct eg_board *board, uint32_t status, unsigned bytes,
                                                bool non_volatile, struct eg_error *err) EG_CHECKED;

/** Read `bytes` (1 to 4) of the SFDP table; the first is the lowest. */
EG_API enum eg_code eg_board_read_flash_sfdp(struct eg_board *board, uint32_t addr, unsigned bytes,
                                             uint32_t *word, struct eg_error *err) EG_CHECKED;

/**
 * Send a raw SPI command to the flash.
 *
 * @param data       sent after the command; at most 64 bytes, NULL when size is 0
 * @param read_bits  0 to 32
 * @param addr_bits  0 to 32; 0 = no address
 * @param dummy_bits clock cycles after the address, 0 to 256
 * @param result     the bits read, first byte lowest; may be NULL
 *
 * @return EG_BAD_ARGUMENT a number exceeds these limits
 */
EG_API enum eg_code eg_board_spi_command(struct eg_board *board, uint8_t opcode, const void *data,
                                         size_t size, unsigned read_bits, uint32_t addr, unsigned addr_bits,
                                         unsigned dummy_bits, uint32_t *result,
                                         struct eg_error *err) EG_CHECKED;

/** Set the flash's supply of an ESP32: "1.8V", "1.9V" or "OFF". EG_UNSUPPORTED on other chips. */
EG_API enum eg_code eg_board_override_vddsdio(struct eg_board *board, const char *voltage,
                                              struct eg_error *err) EG_CHECKED;

/* Write flash block by block: begin, then blocks of eg_board_flash_block_size() bytes, then finish. Only the
 * chip's answers are checked; verify with eg_board_flash_md5(). The calls count the blocks. A plain block
 * that is too short is filled with FF. The block size of an unconnected board is 0. */
EG_API uint32_t eg_board_flash_block_size(const struct eg_board *board);
EG_API enum eg_code eg_board_flash_begin(struct eg_board *board, uint32_t size, uint32_t addr, bool encrypt,
                                         struct eg_error *err) EG_CHECKED;
EG_API enum eg_code eg_board_flash_block(struct eg_board *board, const void *data, uint32_t size,
                                         struct eg_error *err) EG_CHECKED;
/** With a ROM, nothing is sent unless `reboot`: the command would leave the loader. */
EG_API enum eg_code eg_board_flash_finish(struct eg_board *board, bool reboot,
                                          struct eg_error *err) EG_CHECKED;

/* The same with a zlib stream: `compressed_size` bytes that inflate to `size`. EG_UNSUPPORTED on the ESP8266
 * without a stub. */
EG_API enum eg_code eg_board_flash_defl_begin(struct eg_board *board, uint32_t size, uint32_t compressed_size,
                                              uint32_t addr, bool encrypt, struct eg_error *err) EG_CHECKED;
EG_API enum eg_code eg_board_flash_defl_block(struct eg_board *board, const void *data, uint32_t size,
                                              struct eg_error *err) EG_CHECKED;
EG_API enum eg_code eg_board_flash_defl_finish(struct eg_board *board, bool reboot,
                                               struct eg_error *err) EG_CHECKED;

/* ---- Firmware files, without a board ---- */

#define EG_SHA256_SIZE 32

/** Padding so that the signed image ends on an MMU page. */
enum eg_secure_pad { EG_SECURE_PAD_NONE, EG_SECURE_PAD_V1 /* ESP32 only */, EG_SECURE_PAD_V2 };

/** All zero = esptool's elf2image without options. The ESP8266 ignores what it does not have, as esptool
 * does: revisions, padding, `no_digest`, `ram_only_header`, `mmu_page_size`. */
struct eg_image_options {
    const char *flash_mode; /* NULL = "qio" */
    const char *flash_freq; /* NULL = code 0 of the chip */
    const char *flash_size; /* NULL = "1MB" */
    unsigned version;       /* ESP8266 only: 1, 2, 3; 0 = 1 */
    unsigned min_rev;       /* legacy, 0 to 255 */
    unsigned min_rev_full;  /* major * 100 + minor, to 65535 */
    bool has_max_rev_full;  /* false = 65535, no limit */
    unsigned max_rev_full;
    enum eg_secure_pad secure_pad;
    uint32_t elf_sha256_offset; /* in the image; 0 = 0xb0 when there is an application descriptor in flash */
    bool no_digest;             /* no SHA-256 at the end */
    bool use_segments;          /* program headers instead of sections */
    const char *mmu_page_size;  /* "64KB"; NULL = from the application descriptor, else 64 KB */
    const char *pad_to_size;    /* "4MB": pad with FF to a multiple of it; NULL = no padding */
    bool ram_only_header;       /* the ROM sees only the RAM segments; no SHA-256 */
};

#define EG_ELF_IMAGE_FILES 2

/** The result of eg_elf2image(); eg_elf_image_free() frees it. ESP8266 images of version 1 are two files with
 * addresses. */
struct eg_elf_image {
    struct {
        bool has_addr;
        uint32_t flash_addr;
        uint8_t *data;
        size_t size;
        char *path; /* the file that was written; NULL = none */
    } file[EG_ELF_IMAGE_FILES];
    unsigned count;
};

/**
 * Convert an ELF file to an image for a chip.
 *
 * @param image    receives the result; may be NULL
 * @param options  NULL = esptool's defaults
 * @param output   path to write to, for the ESP8266's version 1 the beginning of the paths; "" = named after
 *                 the ELF, whose input then is a path; NULL = not written
 * @param logger   gets warnings and notes; may be NULL
 *
 * @return EG_OK; EG_BAD_IMAGE the ELF cannot be converted; EG_BAD_ARGUMENT, EG_BAD_JOB an option
 * cannot be used; EG_IO, EG_NO_ROOM, EG_NO_MEMORY. Any thread.
 */
EG_API enum eg_code eg_elf2image(struct eg_elf_image *image, const struct eg_input *elf, const char *chip,
                                 const struct eg_image_options *options, const char *output,
                                 struct eg_logger *logger, struct eg_error *err) EG_CHECKED;
EG_API void eg_elf_image_free(struct eg_elf_image *image);

enum eg_merge_format { EG_MERGE_RAW, EG_MERGE_UF2, EG_MERGE_HEX };

/** All zero = esptool's merge-bin without options. */
struct eg_merge_options {
    enum eg_merge_format format;
    const char *flash_mode, *flash_freq,
        *flash_size;         /* for the bootloader's header; NULL or "keep" = as it is */
    uint32_t target_offset;  /* address of the first byte of a raw file; nothing may lie before it */
    const char *pad_to_size; /* raw: FF up to this address, "4MB"; NULL = up to the last input's end */
    uint32_t chunk_size;     /* UF2: data bytes per block; 0 = as many as fit */
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
    size_t size;              /* of all the data, including what follows the image */
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
    bool has_crc; /* version 2, when data follows the checksum */
    uint32_t crc, actual_crc;

    bool has_app;
    struct eg_app_descriptor app;
    bool has_bootloader;
    struct eg_bootloader_descriptor bootloader;
};

/**
 * Read the headers of an image. Wrong checksums and hashes are reported, not refused.
 *
 * @param input  an image, or an Intel HEX file with one range
 * @param chip   NULL or "auto" = detected
 *
 * @return EG_OK; EG_BAD_IMAGE with the error and its offset, or what the file is instead; EG_BAD_ARGUMENT the
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

/**
 * The same, with the lines, stages and progress of a command on one board going to `logger` instead of to
 * standard output. Other commands, help, and the sentence of a failure (to standard error) are printed as
 * before.
 *
 * @param logger  the caller's; NULL = as eg_main()
 */
EG_API int eg_main_logged(int argc, char **argv, struct eg_logger *logger);

#ifdef __cplusplus
}
#endif

#endif
