/* SPDX-License-Identifier: Apache-2.0 */

/* Explain what a job burns: what a security engineer signs off. */

#include "jobs/explain_secure.h"

#include "engine/provision/provision.h"

struct printer {
    FILE *out;
    unsigned burn;
};

static void print_line(void *context, const struct eg_provision_line *line)
{
    struct printer *const printer = context;

    if (line->burn != printer->burn)
        fprintf(printer->out, "  burn %u, %s, stage %s\n", line->burn, line->block,
                eg_provision_step_name(line->step));
    printer->burn = line->burn;
    fprintf(printer->out, "    %-28s %-8s  %s\n", line->field, line->value, line->reason);
}

enum eg_code eg__explain_secure(const struct eg_plan *plan, FILE *out, struct eg_error *err)
{
    static const char *const modes[] = {"nothing is burnt; the job's mode is check, and would burn",
                                        "development: burnt for good into each board",
                                        "release: burnt for good into each board"};
    struct printer printer = {.out = out};
    struct eg_provision wishes;
    const char *place;

    if (!eg_provision_applies(plan))
        return EG_OK;
    EG_TRY(eg_provision_make(&wishes, plan, &place, err));
    fprintf(out, "  %s\n", modes[wishes.mode]);
    EG_TRY(eg_provision_explain(&wishes, print_line, &printer, err));
    if (printer.burn == 0)
        fputs("    nothing\n", out);
    fputc('\n', out);
    return EG_OK;
}
