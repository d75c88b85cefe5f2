/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/simulated.h"

#include "tools/espgang/line/rehearsal.h"
#include "tools/vboard/carrier.h"

#include <stdlib.h>
#include <string.h>

static void url_of(const struct cli_simulated *simulated, unsigned number, char *url, size_t size)
{
    if (simulated->hands != NULL)
        vb_hands_url(simulated->hands, number, url, size);
    else
        vb_gang_url(simulated->gang, number, url, size);
}

static enum eg_code add_kinds(struct cli_simulated *simulated, struct vb_config *config,
                              const struct cli_jobs *jobs, struct eg_error *err)
{
    config->target = jobs->plans[0]->target;
    EG_TRY(cli_rehearsal_part(&config->part, jobs->plans[0], err));
    if (jobs->count == 1)
        return EG_OK;
    EG_TRY(eg_alloc(&simulated->kinds, jobs->count, sizeof *simulated->kinds, err));
    for (unsigned i = 0; i < jobs->count; i++) {
        simulated->kinds[i].target = jobs->plans[i]->target;
        EG_TRY(cli_rehearsal_part(&simulated->kinds[i].part, jobs->plans[i], err));
    }
    config->kinds = simulated->kinds;
    config->kind_count = jobs->count;
    return EG_OK;
}

enum eg_code cli_simulated_init(struct cli_simulated *simulated, const struct cli_jobs *jobs,
                                const struct vb_config *pattern, const char *const *faults,
                                unsigned slot_count, const struct vb_hands_config *hands,
                                struct cli_slots *slots, struct eg_error *err)
{
    struct vb_config config = *pattern;
    unsigned fault_count = 0;
    char url[64];

    while (faults != NULL && faults[fault_count] != NULL)
        fault_count++;
    EG_TRY(add_kinds(simulated, &config, jobs, err));
    if (hands != NULL)
        EG_TRY(vb_hands_create(&simulated->hands, hands, &config, faults, fault_count, err));
    else
        EG_TRY(vb_gang_create(&simulated->gang, &config, slot_count, faults, fault_count, err));
    simulated->slot_count = slot_count;
    for (unsigned number = 1; number <= slot_count; number++) {
        url_of(simulated, number, url, sizeof url);
        EG_TRY(cli_slots_add(slots, url, url, err));
    }
    return EG_OK;
}

void cli_simulated_finish(struct cli_simulated *simulated)
{
    cli_slots_finish(&simulated->there);
    vb_hands_destroy(simulated->hands);
    vb_gang_destroy(simulated->gang);
    free(simulated->kinds);
}

const struct eg_port_scheme *cli_simulated_scheme(struct cli_simulated *simulated)
{
    return simulated->hands != NULL ? vb_hands_scheme(simulated->hands) : vb_gang_scheme(simulated->gang);
}

static enum eg_code scan(void *context, const struct eg_slot **slots, unsigned *count, struct eg_error *err)
{
    struct cli_simulated *const simulated = context;
    const struct eg_port_scheme *const schemes[] = {cli_simulated_scheme(simulated), NULL};
    struct eg_found_port found;
    struct eg_error empty;
    char url[64];

    cli_slots_finish(&simulated->there);
    for (unsigned number = 1; number <= simulated->slot_count; number++) {
        url_of(simulated, number, url, sizeof url);
        if (eg_port_find(&found, url, schemes, &empty) == EG_OK)
            EG_TRY(cli_slots_add_found(&simulated->there, &found, url, err));
    }
    *slots = simulated->there.slots;
    *count = simulated->there.count;
    if (vb_hands_check(simulated->hands, err) != EG_OK)
        cli_request_ending(); /* no further board comes */
    return err->code;
}

struct eg_slot_source cli_simulated_source(struct cli_simulated *simulated)
{
    return (struct eg_slot_source){scan, simulated};
}

bool cli_simulated_tell(struct cli_simulated *simulated, const struct eg_result *result)
{
    if (simulated->hands == NULL)
        return false;
    vb_hands_tell(simulated->hands, result->slot, result->mac);
    return vb_hands_done(simulated->hands);
}

void cli_simulated_report(const struct cli_simulated *simulated, struct eg_logger *logger)
{
    unsigned count, pulled = 0, again = 0;

    if (simulated->hands == NULL)
        return;
    const struct vb_insertion *const insertions = vb_hands_insertions(simulated->hands, &count);
    for (unsigned i = 0; i < count; i++) {
        pulled += insertions[i].pulled;
        again += insertions[i].again;
    }
    eg_log_note(logger, NULL,
                "the simulated hands put in %u boards, %u of them once more, and took out %u too early",
                count, again, pulled);
}
