/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What can go wrong, in one table, and the record a failing call fills in.
 *
 * The place that knows writes the sentence with eg_error_set(); the layers above add where they were with
 * eg_error_prefix(). The stable name goes into the ledger and into reports and is never renamed.
 */

#ifndef ENGINE_BASE_ERROR_H
#define ENGINE_BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

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
    X(NO_PORT,           "no-port",              HOST,    false, "no such port")                            \
    X(PORT_BUSY,         "port-busy",            HOST,    false, "the port is in use")                      \
    X(PORT_REFUSED,      "port-refused",         HOST,    false, "the port cannot be opened or set")        \
    X(PORT_GONE,         "port-gone",            LINK,    true,  "the port disappeared")                    \
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
    X(WRONG_CHIP,        "wrong-chip",           BOARD,   false, "the chip is not the job's")               \
    X(WRONG_REVISION,    "wrong-revision",       BOARD,   false, "the chip revision is not the job's")      \
    X(FLASH_TOO_SMALL,   "flash-too-small",      BOARD,   false, "the flash is too small for the job")      \
    X(SECURED,           "secured",              BOARD,   false, "a security setting forbids it")           \
    X(DUPLICATE_MAC,     "duplicate-mac",        BOARD,   false, "two boards show the same MAC")            \
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

#define EG_CHECKED       __attribute__((warn_unused_result))
#define EG_PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define EG_CLEANUP(func) __attribute__((cleanup(func)))

/** Return from the calling function when `call` fails. */
#define EG_TRY(call)                                                                                         \
    do {                                                                                                     \
        const enum eg_code eg__code = (call);                                                                \
        if (eg__code != EG_OK)                                                                               \
            return eg__code;                                                                                 \
    } while (0)

/** Write code and sentence; clears device_status. Returns `code`. `err` must not be NULL. */
enum eg_code eg_error_set(struct eg_error *err, enum eg_code code, const char *format, ...) EG_PRINTF(3, 4);

/** Put text in front of the sentence that is there. Returns err->code. */
enum eg_code eg_error_prefix(struct eg_error *err, const char *format, ...) EG_PRINTF(2, 3);

/** As eg_error_set(), with ": " and the system's text for `errnum` at the end; ENOSPC and EDQUOT make it
 * EG_NO_ROOM. */
enum eg_code eg_error_errno(struct eg_error *err, enum eg_code code, int errnum, const char *format, ...)
    EG_PRINTF(4, 5);

/** The stable name ("port-gone"); "ok" for EG_OK. */
const char *eg_code_name(enum eg_code code);

/** What the code means in general, for help and reports. */
const char *eg_code_text(enum eg_code code);

enum eg_blame eg_code_blame(enum eg_code code);

/** "host", "link", "board", "job", "program"; "" for EG_BLAME_NONE. */
const char *eg_blame_name(enum eg_blame blame);

/** Whether the pipeline may try the board again after this code. */
bool eg_code_may_retry(enum eg_code code);

#endif
