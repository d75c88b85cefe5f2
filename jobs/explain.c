/* SPDX-License-Identifier: Apache-2.0 */

/* Explain a plan in words. */

#include "jobs/job.h"

#include "engine/plan/erase.h"
#include "jobs/explain_secure.h"
#include "jobs/explain_unit.h"

#include <errno.h>
#include <string.h>

enum { VALUE_TEXT = 200 };

static void explain_regions(const struct eg_plan *plan, FILE *out)
{
    fprintf(out, "\n  %-10s  %10s  %16s  %-32s  %s\n", "address", "bytes", "sent", "MD5", "region");
    for (unsigned i = 0; i < plan->region_count; i++) {
        const struct eg_region *const region = &plan->regions[i];
        const size_t sent = region->zlib.size != 0 ? region->zlib.size : region->data.size;
        char md5[EG_MD5_TEXT];
        eg_hex(md5, region->md5, EG_MD5_SIZE);
        fprintf(out, "  0x%08lx  %10zu  %9zu (%3zu%%)  %s  %s (%s)\n", (unsigned long)region->flash_addr,
                region->data.size, sent, sent * 100 / region->data.size, md5, region->name, region->path);
    }
    fprintf(out, "  %-10s  %10llu  %9llu (%3llu%%)\n\n", "all", (unsigned long long)plan->data_size,
            (unsigned long long)plan->wire_size,
            (unsigned long long)(plan->wire_size * 100 / plan->data_size));
}

/* Say what is erased besides the sectors of the regions. */
static enum eg_code explain_erase(const struct eg_plan *plan, FILE *out, struct eg_error *err)
{
    EG_CLEANUP(eg_erase_finish) struct eg_erase erase;
    const char *place = NULL;

    EG_TRY(eg_erase_find(&erase, plan, 0, &place, err));
    for (unsigned i = 0; i < erase.count; i++) {
        const struct eg_guard_piece *const piece = &erase.list[i];
        if (piece->flash_addr == 0)
            fprintf(out, "  erased before writing: %s\n", piece->name);
        else
            fprintf(out, "  erased before writing: %s, 0x%08llx to 0x%08llx\n", piece->name,
                    (unsigned long long)piece->flash_addr,
                    (unsigned long long)(piece->flash_addr + piece->size));
    }
    if (erase.count > 0)
        putc('\n', out);
    return EG_OK;
}

/* Return the value, or the effect of its absence. */
static void explain_value(char text[VALUE_TEXT], const struct eg_setting *setting)
{
    size_t used = 0;

    snprintf(text, VALUE_TEXT, "%s",
             setting->text != NULL              ? setting->text
             : setting->option->without != NULL ? setting->option->without
                                                : "");
    if (setting->group_count > 0)
        snprintf(text, VALUE_TEXT, "%u given", setting->group_count);
    for (unsigned i = 0; i < setting->item_count && used < VALUE_TEXT; i++)
        used += (size_t)snprintf(text + used, VALUE_TEXT - used, "%s%s%s%s", i > 0 ? ", " : "",
                                 setting->option->type == EG_OPTION_MAP ? setting->items[i].name : "",
                                 setting->option->type == EG_OPTION_MAP ? ": " : "",
                                 setting->option->type == EG_OPTION_PROGRAM && setting->items[i].name != NULL
                                     ? setting->items[i].name
                                     : setting->items[i].text);
}

enum eg_code eg_job_explain(const struct eg_plan *plan, FILE *out, struct eg_error *err)
{
    const uint32_t size = plan->declared_flash_size;
    const bool mega = size >= 1u << 20;
    char sha256[EG_SHA256_TEXT];

    EG_TRY(eg_plan_pack_end(plan, err));
    eg_hex(sha256, plan->job_sha256, EG_SHA256_SIZE);
    fprintf(out, "job    %s%s%s\n", plan->job_name, plan->job_version[0] == '\0' ? "" : " ",
            plan->job_version);
    fprintf(out, "file   %s, SHA-256 %s\n", plan->job_path, sha256);
    fprintf(out, "chip   %s\n", plan->target->label);
    if (size != 0)
        fprintf(out, "flash  %lu %s\n", (unsigned long)(mega ? size >> 20 : size >> 10), mega ? "MB" : "KB");
    explain_regions(plan, out);
    EG_TRY(explain_erase(plan, out, err));
    EG_TRY(eg__explain_unit(plan, out, err));
    EG_TRY(eg__explain_secure(plan, out, err));
    for (unsigned i = 0; i < plan->setting_count; i++) {
        const struct eg_setting *const setting = &plan->settings[i];
        char value[VALUE_TEXT];
        explain_value(value, setting);
        fprintf(out, "  %-23s  %-20s  %s%s\n", setting->option->key, value, setting->option->help,
                setting->given ? "" : " (default)");
    }
    if (fflush(out) != 0 || ferror(out))
        return eg_error_errno(err, EG_IO, errno, "writing the plan of %s", plan->job_path);
    return EG_OK;
}
