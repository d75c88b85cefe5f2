/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What an application prints: the bytes as they came, for the record, and its lines, for whoever looks for
 * something in them. Both need bounded memory, whatever comes.
 *
 * A line ends with CR, LF or both; empty ones are passed over. It is a text without escape sequences of
 * terminals (colours) and without NULs, and may hold whatever bytes else.
 */

#ifndef ENGINE_STAGES_APP_LOG_H
#define ENGINE_STAGES_APP_LOG_H

#include "engine/base/bytes.h"

#include <stdbool.h>

#define EG_APP_LOG_MAX   (1u << 20) /* bytes that are kept: the first half MiB and the last */
#define EG_APP_LINE_MAX  16384      /* bytes of a line */
#define EG_APP_QUOTE_MAX 124        /* of a line that is quoted, with its NUL */

/** Zero-initialise it; eg_app_log_finish() frees what is in it. */
struct eg_app_log {
    struct eg_buffer kept;          /* once full, its second half is a ring */
    uint64_t received;              /* bytes */
    char line[EG_APP_LINE_MAX + 1]; /* the one under way, or the whole one that was just fed; ends with NUL */
    size_t line_size;
    bool complete; /* the next byte begins another line */
    bool too_long; /* the line has more bytes than there is room for; they are dropped */
    enum { EG_APP_TEXT, EG_APP_ESCAPE, EG_APP_SEQUENCE } state;
};

/** Keep bytes that came. When there are too many, those in the middle of the log are dropped. */
enum eg_code eg_app_log_keep(struct eg_app_log *log, const uint8_t *data, size_t size,
                             struct eg_error *err) EG_CHECKED;

/** Eat bytes up to and including the end of a line, and say how many; then log->complete, and log->line is
 * that line until the next call. */
size_t eg_app_log_feed(struct eg_app_log *log, const uint8_t *data, size_t size);

/** Whether more than half of what is kept is no text, as at a wrong rate. */
bool eg_app_log_is_noise(const struct eg_app_log *log);

/** Return how many bytes were dropped. */
uint64_t eg_app_log_dropped(const struct eg_app_log *log);

/** Compress what is kept with zstd; where bytes were dropped, a line says how many. Nothing when nothing
 * came. */
enum eg_code eg_app_log_compress(const struct eg_app_log *log, struct eg_buffer *compressed,
                                 struct eg_error *err) EG_CHECKED;

void eg_app_log_finish(struct eg_app_log *log);

/** A line, or `size` bytes of one, for sentences and records: what cannot be printed is "?", and a long one
 * is cut. */
void eg_app_quote(char quote[EG_APP_QUOTE_MAX], const char *line, size_t size);

#endif
