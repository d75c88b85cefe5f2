/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a run says while it goes on: text for people and events for programs, through one replaceable sink.
 *
 * A sink is a struct eg_logger (espgang.h) whose log() gets every record whole; the console, JSON lines, tee,
 * null and recording sinks are such structs. Logging never tells a caller of a failure: calls return their
 * errors.
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

/* As eg_log_print() and its like in espgang.h. */
void eg_log_verbose(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
    EG_PRINTF(3, 4);
void eg_log_progress(struct eg_logger *logger, const struct eg_log_origin *origin, const char *stage,
                     const char *what, uint64_t done, uint64_t total);
void eg_log_record(struct eg_logger *logger, const struct eg_log_record *record);

/** Lines, "slot: text", one per record. Progress is shown where there is one board, that is without a slot:
 * as a bar on a terminal, else in steps of ten percent. */
struct eg_console_logger {
    struct eg_logger logger;
    FILE *out;
    bool terminal;
    enum eg_verbosity verbosity;
    pthread_mutex_t lock;
    unsigned bar_width; /* columns of the bar that stands on the terminal's last line; 0 = none */
    unsigned step;      /* tenths shown of the present progress where there is no terminal */
};

/** `out` stays the caller's. Finish destroys the lock only. */
struct eg_logger *eg_console_logger_init(struct eg_console_logger *console, FILE *out);
void eg_console_logger_finish(struct eg_console_logger *console);

/** End a bar that stands unfinished, before something else writes to the terminal. */
void eg_console_logger_end_line(struct eg_console_logger *console);

/** Every record to both; neither may be NULL. */
struct eg_tee_logger {
    struct eg_logger logger;
    struct eg_logger *first, *second;
};

struct eg_logger *eg_tee_logger_init(struct eg_tee_logger *tee, struct eg_logger *first,
                                     struct eg_logger *second);

#endif
