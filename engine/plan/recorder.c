/* SPDX-License-Identifier: Apache-2.0 */

/* The names of outcomes, which ledgers and reports keep for ever, and which failure leads to which. */

#include "engine/plan/recorder.h"

#include <stdlib.h>

const char *eg_outcome_name(enum eg_outcome outcome)
{
    switch (outcome) {
    case EG_PASS:
        return "pass";
    case EG_PASS_MARGINAL:
        return "pass-marginal";
    case EG_FAIL:
        return "fail";
    case EG_ERROR:
        return "error";
    case EG_ABORTED:
        return "aborted";
    }
    return "";
}

const char *eg_limit_name(enum eg_limit limit)
{
    static const char *const names[] = {
        [EG_LIMIT_NONE] = "",           [EG_LIMIT_RATE] = "rate",   [EG_LIMIT_LATENCY] = "latency",
        [EG_LIMIT_RESENDS] = "resends", [EG_LIMIT_ERASE] = "erase", [EG_LIMIT_FLASH] = "flash",
        [EG_LIMIT_DIGEST] = "digest",
    };

    return names[limit];
}

enum eg_outcome eg_outcome_of(enum eg_code code)
{
    if (code == EG_CANCELLED)
        return EG_ABORTED;
    return eg_code_blame(code) == EG_BLAME_BOARD ? EG_FAIL : EG_ERROR;
}

const char *eg_pool_state_name(enum eg_pool_state state)
{
    switch (state) {
    case EG_POOL_RESERVED:
        return "reserved";
    case EG_POOL_WRITTEN:
        return "written";
    case EG_POOL_VERIFIED:
        return "verified";
    case EG_POOL_CONSUMED:
        return "consumed";
    case EG_POOL_RELEASED:
        return "released";
    }
    return "";
}

const char *eg_security_event_name(enum eg_security_event event)
{
    static const char *const names[] = {"found", "wanted", "intended", "observed", "left", "reached"};

    return names[event];
}

void eg_pool_row_finish(struct eg_pool_row *row)
{
    for (unsigned i = 0; i < row->count; i++) {
        free(row->names[i]);
        free(row->values[i]);
    }
    free(row->names);
    free(row->values);
    free(row->secrets);
    free(row->uniques);
    *row = (struct eg_pool_row){0};
}

const char *eg_claim_kind_name(enum eg_claim_kind kind)
{
    switch (kind) {
    case EG_CLAIM_LABEL:
        return "label";
    case EG_CLAIM_VALUE:
        break;
    }
    return "value";
}
