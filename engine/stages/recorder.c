/* SPDX-License-Identifier: Apache-2.0 */

/* The names of outcomes, which ledgers and reports keep for ever, and which failure leads to which. */

#include "engine/stages/recorder.h"

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

enum eg_outcome eg_outcome_of(enum eg_code code)
{
    if (code == EG_CANCELLED)
        return EG_ABORTED;
    return eg_code_blame(code) == EG_BLAME_BOARD ? EG_FAIL : EG_ERROR;
}
