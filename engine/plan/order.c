/* SPDX-License-Identifier: Apache-2.0 */

/* The order of the stages: by number, and refused when a stage relies on a fact that none before it
 * establishes. */

#include "engine/plan/stage.h"

static const char *fact_name(unsigned fact)
{
    static const char *const names[] = {"connected", "identified", "admitted", "loader",
                                        "written",   "verified",   "left",     "closed"};
    unsigned n = 0;

    while ((fact & 1u << n) == 0)
        n++;
    return n < sizeof names / sizeof names[0] ? names[n] : "unknown";
}

enum eg_code eg_stages_order(const struct eg_stage *const *stages,
                             const struct eg_stage *ordered[EG_STAGES_MAX], struct eg_error *err)
{
    unsigned count = 0, facts = 0;

    for (; stages[count] != NULL; count++) {
        const struct eg_stage *stage = stages[count];
        if (count + 1 >= EG_STAGES_MAX)
            return eg_error_set(err, EG_INTERNAL, "there are more than %d stages", EG_STAGES_MAX - 1);
        unsigned at = count;
        for (; at > 0 && ordered[at - 1]->order > stage->order; at--)
            ordered[at] = ordered[at - 1];
        ordered[at] = stage;
    }
    ordered[count] = NULL;

    for (unsigned i = 0; i < count; i++) {
        const unsigned unmet = ordered[i]->needs & ~facts;
        if (unmet != 0)
            return eg_error_set(err, EG_INTERNAL, "stage %s needs '%s', which no stage before it gives",
                                ordered[i]->name, fact_name(unmet));
        facts |= ordered[i]->gives;
    }
    return EG_OK;
}
