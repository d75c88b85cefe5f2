/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/table.h"

#include <stdio.h>
#include <string.h>

#define SLOT_WIDTH     14 /* at least; a longer slot widens the column */
#define SLOT_WIDTH_MAX 40

static size_t wider(size_t width, const char *slot)
{
    const size_t length = strlen(slot) < SLOT_WIDTH_MAX ? strlen(slot) : SLOT_WIDTH_MAX;

    return length > width ? length : width;
}

unsigned cli_counts_all(const struct cli_counts *counts)
{
    unsigned all = 0;

    for (enum eg_outcome outcome = EG_PASS; outcome <= EG_ABORTED; outcome++)
        all += counts->of[outcome];
    return all;
}

unsigned cli_counts_passed(const struct cli_counts *counts)
{
    return counts->of[EG_PASS] + counts->of[EG_PASS_MARGINAL];
}

void cli_table_counts(FILE *out, const struct cli_counts *counts, uint64_t duration_ms)
{
    fprintf(out, "%u of %u passed in %.1f s", cli_counts_passed(counts), cli_counts_all(counts),
            (double)duration_ms / 1000);
    for (enum eg_outcome outcome = EG_PASS_MARGINAL; outcome <= EG_ABORTED; outcome++) {
        if (counts->of[outcome] != 0)
            fprintf(out, ", %u %s", counts->of[outcome], eg_outcome_name(outcome));
    }
    fputc('\n', out);
}

void cli_table_results(FILE *out, const struct eg_result *results, unsigned count)
{
    size_t width = SLOT_WIDTH;

    for (unsigned i = 0; i < count; i++)
        width = wider(width, results[i].slot);
    fprintf(out, "%-*s  %-6s  %-17s  %-20s  %-13s  %-18s  %8s  %8s\n", (int)width, "SLOT", "RUN", "BOARD",
            "CHIP", "OUTCOME", "CODE", "ATTEMPTS", "TIME");
    for (unsigned i = 0; i < count; i++) {
        const struct eg_result *result = &results[i];
        char chip[64] = "";
        if (result->package[0] != '\0')
            snprintf(chip, sizeof chip, "%s v%u.%u", result->package, result->revision / 100u,
                     result->revision % 100u);
        fprintf(out, "%-*s  %-6lld  %-17s  %-20s  %-13s  %-18s  %8u  %6.1f s\n", (int)width, result->slot,
                (long long)result->run, result->mac, chip, eg_outcome_name(result->outcome),
                result->code == EG_OK ? "" : eg_code_name(result->code), result->attempts,
                (double)result->duration_us / 1e6);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct eg_result *result = &results[i];
        if (!eg_outcome_passed(result->outcome))
            fprintf(out, "%s: %s\n", result->slot, result->text);
        else if (result->outcome == EG_PASS_MARGINAL)
            fprintf(out, "%s: passed, but %s\n", result->slot, result->marginal);
    }
}
