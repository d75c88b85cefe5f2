/* SPDX-License-Identifier: Apache-2.0 */

/* A plan in words, for whoever is about to run it. */

#include "jobs/job.h"

#include "engine/stages/unit.h"

#include <errno.h>
#include <string.h>

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

/* What a template comes to for the example; else the template itself. */
static enum eg_code print_example(const char *template, const struct eg_names *names, FILE *out,
                                  struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    bool secret = false;
    const enum eg_code code = eg_template_text(&text, &secret, template, names, err);

    if (code == EG_NO_MEMORY)
        return code;
    fprintf(out, "%s\n", code != EG_OK ? template : secret ? "(secret)" : text);
    return EG_OK;
}

static enum eg_code explain_place(const struct eg_unit_place *place, const struct eg_names *names, FILE *out,
                                  struct eg_error *err)
{
    fprintf(out, "  0x%08lx  ", (unsigned long)place->flash_addr);
    if (place->size != 0)
        fprintf(out, "%10lu", (unsigned long)place->size);
    else
        fprintf(out, "%10s", "its own");
    fprintf(out, "  %s", place->name);
    switch (place->kind) {
    case EG_UNIT_TEXT:
    case EG_UNIT_HEX:
        fputs(place->kind == EG_UNIT_HEX ? ": hex " : ": ", out);
        return print_example(place->template->text, names, out, err);
    case EG_UNIT_FILE:
        fprintf(out, " (%s)\n", place->path);
        return EG_OK;
    case EG_UNIT_NVS:
        break;
    }
    fprintf(out, " (%s)\n", place->path);
    for (unsigned i = 0; i < place->template->item_count; i++) {
        fprintf(out, "  %22s    %s: ", "", place->template->items[i].name);
        EG_TRY(print_example(place->template->items[i].text, names, out, err));
    }
    return EG_OK;
}

/* What each board has of its own, shown for one that there is not. */
static enum eg_code explain_unit(const struct eg_plan *plan, FILE *out, struct eg_error *err)
{
    const struct eg_setting *const pool = eg_plan_setting(plan, "unit.serial.pool");
    const struct eg_setting *const values = eg_plan_setting(plan, "unit.values");
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};
    const char *place;

    EG_TRY(eg_unit_places_find(&places, plan, &place, err));
    EG_TRY(eg_unit_names_example(&names, plan, err));
    const struct eg_name *const serial = eg_names_find(&names, "serial");
    if (places.count == 0 && serial == NULL && values->item_count == 0)
        return EG_OK;
    fprintf(out, "  each board, for example of MAC %s%s%s\n", eg_names_find(&names, "mac")->value,
            pool->given ? " and of a row 1 of pool " : "", pool->given ? pool->text : "");
    if (serial != NULL)
        fprintf(out, "  serial: %s\n", serial->secret ? "(secret)" : serial->value);
    for (unsigned i = 0; i < values->item_count; i++) {
        fprintf(out, "  %s: ", values->items[i].name);
        EG_TRY(print_example(values->items[i].text, &names, out, err));
    }
    for (unsigned i = 0; i < places.count; i++)
        EG_TRY(explain_place(&places.list[i], &names, out, err));
    fputc('\n', out);
    return EG_OK;
}

/* The value on one line; maps and groups are shown by what they do. */
static void explain_setting(const struct eg_setting *setting, FILE *out)
{
    char text[64] = "";

    switch (setting->option->type) {
    case EG_OPTION_MAP:
        snprintf(text, sizeof text, "%u name%s", setting->item_count, setting->item_count == 1 ? "" : "s");
        break;
    case EG_OPTION_GROUPS:
        snprintf(text, sizeof text, "%u of them", setting->group_count);
        break;
    case EG_OPTION_TEXT_LIST:
    case EG_OPTION_PROGRAM:
        for (unsigned i = 0; i < setting->item_count; i++) {
            const size_t used = strlen(text);
            snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", setting->items[i].text);
        }
        break;
    case EG_OPTION_TEXT:
    case EG_OPTION_CHOICE:
    case EG_OPTION_NUMBER:
    case EG_OPTION_NUMBER_LIST:
    case EG_OPTION_DURATION:
    case EG_OPTION_FILE:
        break;
    }
    fprintf(out, "  %-22s  %-20s  %s%s\n", setting->option->key, text[0] != '\0' ? text : setting->text,
            setting->option->help, setting->given ? "" : " (default)");
}

enum eg_code eg_job_explain(const struct eg_plan *plan, FILE *out, struct eg_error *err)
{
    const uint32_t size = plan->declared_flash_size;
    const bool mega = size >= 1u << 20;
    char sha256[EG_SHA256_TEXT];

    eg_hex(sha256, plan->job_sha256, EG_SHA256_SIZE);
    fprintf(out, "job    %s%s%s\n", plan->job_name, plan->job_version[0] == '\0' ? "" : " ",
            plan->job_version);
    fprintf(out, "file   %s, SHA-256 %s\n", plan->job_path, sha256);
    fprintf(out, "chip   %s\n", plan->target->label);
    if (size != 0)
        fprintf(out, "flash  %lu %s\n", (unsigned long)(mega ? size >> 20 : size >> 10), mega ? "MB" : "KB");
    explain_regions(plan, out);
    EG_TRY(explain_unit(plan, out, err));
    for (unsigned i = 0; i < plan->setting_count; i++)
        if (plan->settings[i].given || plan->settings[i].text != NULL)
            explain_setting(&plan->settings[i], out);
    if (fflush(out) != 0 || ferror(out))
        return eg_error_errno(err, EG_IO, errno, "writing the plan of %s", plan->job_path);
    return EG_OK;
}
