/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a run says while it goes on: text for people and events for programs, through one replaceable sink.
 *
 * A sink is a struct eg_logger whose log() gets every record whole; the console, JSON lines, tee, null and
 * recording sinks are such structs. Logging never tells a caller of a failure: calls return their errors.
 *
 * Threads: log() is called from the station and from every worker at once; a sink locks for itself and calls
 * nothing of the engine while it holds its lock.
 */

#ifndef ENGINE_BASE_LOG_H
#define ENGINE_BASE_LOG_H

#include "engine/base/error.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

enum eg_log_kind {
    EG_LOG_PRINT,       /* text */
    EG_LOG_NOTE,        /* text */
    EG_LOG_WARNING,     /* text */
    EG_LOG_ERROR,       /* text, code */
    EG_LOG_STAGE_BEGIN, /* stage, attempt */
    EG_LOG_PROGRESS,    /* stage, done, total; text = what is being worked on */
    EG_LOG_STAGE_END,   /* stage, attempt, duration_ms, code; text = the sentence when code is not EG_OK */
    EG_LOG_OUTCOME,     /* outcome, code, duration_ms; text = the sentence, or "" */
    EG_LOG_UNPLUGGED,   /* the board that had its outcome is gone; the slot waits for the next */
};

enum eg_verbosity { EG_SILENT, EG_NORMAL, EG_VERBOSE, EG_TRACE };

/** Where a record comes from. Strings are the sender's and live as long as the call; "" = not known (yet). */
struct eg_log_origin {
    const char *slot;  /* name of the place, "" for the station itself */
    const char *port;  /* URL */
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

struct eg_logger {
    /** Take one record; strings must be copied to be kept. Any thread; may block briefly, never on a board.
     */
    void (*log)(struct eg_logger *logger, const struct eg_log_record *record);
    /** May be NULL: the sink then takes every record. */
    void (*set_verbosity)(struct eg_logger *logger, enum eg_verbosity verbosity);
};

/* esptool's logger calls. `logger` may be NULL; `origin` too, for the station itself. */
void eg_log_print(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
    EG_PRINTF(3, 4);
void eg_log_note(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
    EG_PRINTF(3, 4);
void eg_log_warning(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
    EG_PRINTF(3, 4);
void eg_log_error(struct eg_logger *logger, const struct eg_log_origin *origin, const struct eg_error *err);
void eg_log_verbose(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
    EG_PRINTF(3, 4);
void eg_log_progress(struct eg_logger *logger, const struct eg_log_origin *origin, const char *stage,
                     const char *what, uint64_t done, uint64_t total);
void eg_log_record(struct eg_logger *logger, const struct eg_log_record *record);
void eg_log_set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity);

/** "print", "note", "warning", "error", "stage-begin", "progress", "stage-end", "outcome", "unplugged": the
 * JSON event names. */
const char *eg_log_kind_name(enum eg_log_kind kind);

/** Plain lines, "slot: text", one per record, progress left out; notes and above to `out`. */
struct eg_console_logger {
    struct eg_logger logger;
    FILE *out;
    enum eg_verbosity verbosity;
    pthread_mutex_t lock;
};

/** `out` stays the caller's. Finish destroys the lock only. */
struct eg_logger *eg_console_logger_init(struct eg_console_logger *console, FILE *out);
void eg_console_logger_finish(struct eg_console_logger *console);

/** Every record to both; neither may be NULL. */
struct eg_tee_logger {
    struct eg_logger logger;
    struct eg_logger *first, *second;
};

struct eg_logger *eg_tee_logger_init(struct eg_tee_logger *tee, struct eg_logger *first,
                                     struct eg_logger *second);

#endif
