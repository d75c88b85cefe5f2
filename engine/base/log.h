/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Logging and progress: text for people and events for programs, through one replaceable logger.
 *
 * A logger is a struct eg_logger (espgang.h). Its log() gets each record whole. There are loggers for the
 * console, for JSON lines, for two loggers at once (tee), for nothing and for recording. Logging never
 * replaces an error code: calls return their errors.
 *
 * Threads: the station and every worker may call log() at the same time. A logger has its own lock and calls
 * nothing of the engine while it holds that lock.
 */

#ifndef ENGINE_BASE_LOG_H
#define ENGINE_BASE_LOG_H

#include "engine/base/error.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

/* Like eg_log_print() and the others in espgang.h. */
void eg_log_verbose(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
    EG_PRINTF(3, 4);
void eg_log_progress(struct eg_logger *logger, const struct eg_log_origin *origin, const char *stage,
                     const char *what, uint64_t done, uint64_t total);
void eg_log_record(struct eg_logger *logger, const struct eg_log_record *record);

/** Writes one line for each record, "slot: text". Shows progress of records without a slot, that is with one
 * board: as a bar on a terminal, else in steps of ten percent. */
struct eg_console_logger {
    struct eg_logger logger;
    FILE *out;
    bool terminal;
    enum eg_verbosity verbosity;
    pthread_mutex_t lock;
    unsigned bar_width; /* columns of the bar in the terminal's last line; 0 = no bar */
    unsigned step;      /* tenths of the current progress that were printed, without a terminal */
};

/** Make the logger. `out` stays the caller's; finish destroys only the lock. */
struct eg_logger *eg_console_logger_init(struct eg_console_logger *console, FILE *out);
void eg_console_logger_finish(struct eg_console_logger *console);

/** Print nothing more: `out` is about to be closed, while other threads may still log. Any thread. */
void eg_console_logger_end(struct eg_console_logger *console);

/** End an unfinished bar before other code writes to the terminal. */
void eg_console_logger_end_line(struct eg_console_logger *console);

/** Passes every record to both loggers; neither may be NULL. */
struct eg_tee_logger {
    struct eg_logger logger;
    struct eg_logger *first, *second;
};

struct eg_logger *eg_tee_logger_init(struct eg_tee_logger *tee, struct eg_logger *first,
                                     struct eg_logger *second);

#endif
