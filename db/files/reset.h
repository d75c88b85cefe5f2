/* SPDX-License-Identifier: Apache-2.0 */

/* Resetting the contact count of a slot, on record. */

#ifndef DB_FILES_RESET_H
#define DB_FILES_RESET_H

#include "engine/base/error.h"

#include <stdint.h>

struct eg_slot_reset {
    const char *ledger; /* as eg_ledger_open() takes it; migrated when old, never created */
    const char *station, *slot;
    const char *operator_name; /* NULL = the login name */
    const char *reason;        /* "needles replaced" */
};

/**
 * Record that the contact count of a slot starts again. Lines may record meanwhile.
 *
 * @param contacts  the count until then
 *
 * @return EG_OK; EG_BAD_ARGUMENT: the station has had no run in the slot; EG_LEDGER, EG_LEDGER_LOCKED,
 * EG_LEDGER_NEWER, EG_NO_ROOM, EG_IO, EG_NO_MEMORY
 */
enum eg_code eg_slot_reset(int64_t *contacts, const struct eg_slot_reset *reset,
                           struct eg_error *err) EG_CHECKED;

#endif
