/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Fills in struct eg_error. The table of error codes is in espgang.h.
 *
 * The code that finds the cause writes the sentence with eg_error_set(). The layers above it add what they
 * were doing with eg_error_prefix(). The stable name of a code goes into the ledger and into reports and is
 * never renamed.
 */

#ifndef ENGINE_BASE_ERROR_H
#define ENGINE_BASE_ERROR_H

#include "engine/espgang.h"

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

/** Put text before the sentence in `err`. Returns err->code. */
enum eg_code eg_error_prefix(struct eg_error *err, const char *format, ...) EG_PRINTF(2, 3);

/** Do the same as eg_error_set() and append ": " and the system's text for `errnum`. For ENOSPC and EDQUOT
 * the code becomes EG_NO_ROOM. */
enum eg_code eg_error_errno(struct eg_error *err, enum eg_code code, int errnum, const char *format, ...)
    EG_PRINTF(4, 5);

#endif
