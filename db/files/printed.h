/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Printed labels on record: which template the passes of a session get, and each print.
 *
 * A label is only begun when the ledger, on the disk, has a pass as the last word on its board. The record of
 * its beginning comes before the first byte for the printer, so no label is printed twice unnoticed, whatever
 * is killed when.
 *
 * Threads: one opener, one thread. Lines and other openers may record meanwhile.
 */

#ifndef DB_FILES_PRINTED_H
#define DB_FILES_PRINTED_H

#include "engine/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eg_printed;

/**
 * Open a ledger to record prints.
 *
 * @param ledger         as eg_ledger_open() takes it; migrated when old, never created
 * @param operator_name  NULL = the login name
 *
 * @return EG_OK; EG_LEDGER, EG_LEDGER_LOCKED, EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_printed_open(struct eg_printed **printed, const char *ledger, const char *operator_name,
                             struct eg_error *err) EG_CHECKED;
/** NULL is allowed. */
void eg_printed_close(struct eg_printed *printed);
void eg_printed_close_cleanup(struct eg_printed **printed);

/**
 * Record the template of a session, once, before its first run ends.
 *
 * @param kind  "zpl" or "text"
 */
enum eg_code eg_printed_form(struct eg_printed *printed, int64_t session, const char *kind,
                             const char *template, struct eg_error *err) EG_CHECKED;

/** A pass that gets a label. Strings live until the next call. */
struct eg_printed_due {
    int64_t run;
    const char *kind, *template;
    const char *mac, *slot;
};

/** Find the next pass, in the order they finished, of the sessions of eg_printed_form() that has no print on
 * record. */
enum eg_code eg_printed_next(struct eg_printed *printed, struct eg_printed_due *due, bool *found,
                             struct eg_error *err) EG_CHECKED;

/** Read the label of any run. EG_BAD_ARGUMENT: its session prints none. */
enum eg_code eg_printed_of_run(struct eg_printed *printed, int64_t run, struct eg_printed_due *due,
                               struct eg_error *err) EG_CHECKED;

struct eg_print {
    int64_t run;
    const char *printer;
    const char *reason; /* of another print; NULL = this is the first, or the last one failed */
    const void *data;   /* what will be sent */
    size_t size;
};

/**
 * Record that a label is about to be sent.
 *
 * @param refusal  its code is EG_OK when the print is begun; else the sentence says why it must not be sent:
 * the board's last run did not pass or goes on, its label is printed already. A first print that is refused
 * is recorded as dropped, with that sentence.
 */
enum eg_code eg_printed_begin(struct eg_printed *printed, const struct eg_print *print,
                              struct eg_error *refusal, struct eg_error *err) EG_CHECKED;

/** Record how a print ended. NULL = it is printed; else why not. */
enum eg_code eg_printed_end(struct eg_printed *printed, const struct eg_print *print, const char *failure,
                            struct eg_error *err) EG_CHECKED;

/** Record that a run needs no label, and why. */
enum eg_code eg_printed_drop(struct eg_printed *printed, int64_t run, const char *reason,
                             struct eg_error *err) EG_CHECKED;

/** Find out whether the session of a run is still recorded by a program. */
enum eg_code eg_printed_goes_on(struct eg_printed *printed, int64_t run, bool *goes_on,
                                struct eg_error *err) EG_CHECKED;

#endif
