/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/line/step.h"

#include "engine/line/limit.h"

#include <inttypes.h>
#include <stdio.h>

#define WIRE_LEAST_US 50000 /* what is worth a word */

struct eg__traffic eg__traffic_of(const struct eg_run *run)
{
    return (struct eg__traffic){
        .sent = run->port != NULL ? run->port->bytes_sent : 0,
        .received = run->port != NULL ? run->port->bytes_received : 0,
        .wire_ns = run->port != NULL ? run->port->wire_ns : 0,
        .resends = run->loader.resends,
        .requests = run->loader.requests,
        .redos = run->loader.region_redos,
    };
}

/* Say what the wire alone takes for the bytes of a stage, why the stage took longer, and of a write its
 * slowest block. */
static void tell_wire(char *text, size_t size, const struct eg_run *run, const struct eg_stage_record *record)
{
    const bool wire = record->wire_us >= WIRE_LEAST_US;
    const struct eg_write_times *slowest = NULL;
    size_t used = 0;

    text[0] = '\0';
    if (wire)
        used = (size_t)snprintf(text, size, "wire %.2f s", (double)record->wire_us / 1e6);
    if (wire && run->link.baud_most != 0)
        used += (size_t)snprintf(text + used, size - used, " at %" PRIu32 " baud", record->baud);
    if (record->limit != EG_LIMIT_NONE && record->duration_us >= WIRE_LEAST_US)
        used += (size_t)snprintf(text + used, size - used, "%slimited by %s", used > 0 ? ", " : "",
                                 eg_limit_name(record->limit));
    if (!wire)
        return;
    for (unsigned i = 0; (run->stage->gives & EG_FACT_WRITTEN) != 0 && i < eg_run_region_count(run); i++)
        if (slowest == NULL || run->regions[i].times.block_max_us > slowest->block_max_us)
            slowest = &run->regions[i].times;
    if (slowest != NULL && record->limit != EG_LIMIT_RATE)
        used += (size_t)snprintf(text + used, size - used,
                                 ", slowest block %.2f s at 0x%08" PRIx32 " (median %.2f s)",
                                 (double)slowest->block_max_us / 1e6, slowest->slowest_addr,
                                 (double)slowest->block_median_us / 1e6);
    if (record->resends > 0)
        snprintf(text + used, size - used, ", %u sent again", record->resends);
}

static void log_stage(const struct eg_run *run, enum eg_log_kind kind, enum eg_verbosity level,
                      const struct eg_stage_record *record)
{
    char wire[160] = "";

    if (kind == EG_LOG_STAGE_END && record->code == EG_OK)
        tell_wire(wire, sizeof wire, run, record);
    eg_log_record(run->logger, &(struct eg_log_record){
                                   .kind = kind,
                                   .level = level,
                                   .origin = eg_run_origin(run),
                                   .text = record->code == EG_OK ? wire : record->text,
                                   .stage = record->stage,
                                   .outcome = "",
                                   .code = record->code,
                                   .attempt = record->attempt,
                                   .duration_ms = record->duration_us / 1000,
                               });
}

struct eg__step eg__step_begin(struct eg_run *run, const struct eg_stage *stage,
                               struct eg_stage_record *record)
{
    const struct eg__step step = {
        .record = record,
        .before = eg__traffic_of(run),
        .start_us = eg_clock_us(),
    };

    *record = (struct eg_stage_record){.stage = stage->name, .attempt = run->attempt};
    eg_clock_utc(record->started_utc);
    run->stage = stage;
    log_stage(run, EG_LOG_STAGE_BEGIN, EG_NORMAL, record);
    return step;
}

void eg__step_end(struct eg_run *run, const struct eg__step *step, enum eg_code code, enum eg_verbosity level,
                  const struct eg_error *err)
{
    struct eg_stage_record *const record = step->record;
    const struct eg__traffic after = eg__traffic_of(run);

    record->code = code;
    if (code != EG_OK)
        snprintf(record->text, sizeof record->text, "%s", err->text);
    record->duration_us = eg_clock_us() - step->start_us;
    record->baud = run->loader.baud;
    record->bytes_sent = after.sent - step->before.sent;
    record->bytes_received = after.received - step->before.received;
    record->resends = after.resends - step->before.resends;
    record->wire_us = eg__floor_us(run, (after.wire_ns - step->before.wire_ns) / 1000, record->duration_us);
    if (code == EG_OK)
        record->limit = eg__limit_of(run, record, after.requests - step->before.requests,
                                     after.redos - step->before.redos);
    log_stage(run, EG_LOG_STAGE_END, level, record);
}
