/* SPDX-License-Identifier: Apache-2.0 */

/* Explain the data that a job gives to each board. */

#include "jobs/explain_unit.h"

#include "engine/plan/unit.h"

/* Return the template filled in for the example; if that is not possible, the template itself. */
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

enum eg_code eg__explain_unit(const struct eg_plan *plan, FILE *out, struct eg_error *err)
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
            pool->given ? " and of row 1 of pool " : "", pool->given ? pool->text : "");
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
