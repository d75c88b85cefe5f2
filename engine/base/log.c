/* SPDX-License-Identifier: Apache-2.0 */

/* Calls of the logger, and the tee. The console logger is in console.c, the one for JSON events in
 * tools/espgang/events/, which uses jansson. */

#include "engine/base/log.h"

#include <stdarg.h>

static const struct eg_log_origin nowhere = {"", "", ""};

void eg_log_record(struct eg_logger *logger, const struct eg_log_record *record)
{
    if (logger != NULL)
        logger->log(logger, record);
}

void eg_log_set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity)
{
    if (logger != NULL && logger->set_verbosity != NULL)
        logger->set_verbosity(logger, verbosity);
}

static void say(struct eg_logger *logger, const struct eg_log_origin *origin, enum eg_log_kind kind,
                enum eg_verbosity level, const char *format, va_list args)
{
    char text[1024];

    vsnprintf(text, sizeof text, format, args);
    eg_log_record(logger, &(struct eg_log_record){
                              .kind = kind,
                              .level = level,
                              .origin = origin != NULL ? *origin : nowhere,
                              .text = text,
                              .stage = "",
                              .outcome = "",
                          });
}

#define SAY(kind, level)                                                                                     \
    do {                                                                                                     \
        va_list args;                                                                                        \
        va_start(args, format);                                                                              \
        say(logger, origin, kind, level, format, args);                                                      \
        va_end(args);                                                                                        \
    } while (0)

void eg_log_print(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
{
    SAY(EG_LOG_PRINT, EG_NORMAL);
}

void eg_log_note(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
{
    SAY(EG_LOG_NOTE, EG_NORMAL);
}

void eg_log_warning(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
{
    SAY(EG_LOG_WARNING, EG_NORMAL);
}

void eg_log_verbose(struct eg_logger *logger, const struct eg_log_origin *origin, const char *format, ...)
{
    SAY(EG_LOG_PRINT, EG_VERBOSE);
}

void eg_log_error(struct eg_logger *logger, const struct eg_log_origin *origin, const struct eg_error *err)
{
    eg_log_record(logger, &(struct eg_log_record){
                              .kind = EG_LOG_ERROR,
                              .level = EG_SILENT,
                              .origin = origin != NULL ? *origin : nowhere,
                              .text = err->text,
                              .stage = "",
                              .outcome = "",
                              .code = err->code,
                          });
}

void eg_log_progress(struct eg_logger *logger, const struct eg_log_origin *origin, const char *stage,
                     const char *what, uint64_t done, uint64_t total)
{
    eg_log_record(logger, &(struct eg_log_record){
                              .kind = EG_LOG_PROGRESS,
                              .level = EG_NORMAL,
                              .origin = origin != NULL ? *origin : nowhere,
                              .text = what,
                              .stage = stage,
                              .outcome = "",
                              .done = done,
                              .total = total,
                          });
}

const char *eg_log_kind_name(enum eg_log_kind kind)
{
    switch (kind) {
    case EG_LOG_PRINT:
        return "print";
    case EG_LOG_NOTE:
        return "note";
    case EG_LOG_WARNING:
        return "warning";
    case EG_LOG_ERROR:
        return "error";
    case EG_LOG_STAGE_BEGIN:
        return "stage-begin";
    case EG_LOG_PROGRESS:
        return "progress";
    case EG_LOG_STAGE_END:
        return "stage-end";
    case EG_LOG_OUTCOME:
        return "outcome";
    case EG_LOG_UNPLUGGED:
        return "unplugged";
    }
    return "";
}

static void tee_log(struct eg_logger *logger, const struct eg_log_record *record)
{
    struct eg_tee_logger *tee = (struct eg_tee_logger *)logger;

    tee->first->log(tee->first, record);
    tee->second->log(tee->second, record);
}

static void tee_set_verbosity(struct eg_logger *logger, enum eg_verbosity verbosity)
{
    struct eg_tee_logger *tee = (struct eg_tee_logger *)logger;

    eg_log_set_verbosity(tee->first, verbosity);
    eg_log_set_verbosity(tee->second, verbosity);
}

struct eg_logger *eg_tee_logger_init(struct eg_tee_logger *tee, struct eg_logger *first,
                                     struct eg_logger *second)
{
    *tee = (struct eg_tee_logger){{tee_log, tee_set_verbosity}, first, second};
    return &tee->logger;
}
