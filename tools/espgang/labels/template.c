/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/labels/template.h"

#include "engine/plan/plan.h"

struct eg_print_form cli_label_form(const struct eg_plan *plan, const struct eg_print_form *station)
{
    const struct eg_setting *const own = eg_plan_setting(plan, "label.template");

    if (!own->given)
        return *station;
    return (struct eg_print_form){eg_print_kind_of(own->text), own->text, (const char *)own->content.data,
                                  own->content.size};
}

enum eg_code cli_label_check(const struct eg_plan *plan, const struct eg_print_form *station,
                             const struct eg_pool_row *row, struct eg_error *err)
{
    const struct eg_print_form form = cli_label_form(plan, station);
    const struct eg_setting *const captures = eg_plan_setting(plan, "capture");
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};
    bool all_known;

    if (form.path == NULL)
        return EG_OK;
    EG_TRY(eg_unit_names_known(&names, &all_known, plan, row, err));
    EG_TRY(eg_print_add_names(&names, err));
    for (unsigned i = 0; i < captures->group_count; i++)
        EG_TRY(eg_names_add(&names,
                            &(struct eg_name){.name = eg_group_setting(&captures->groups[i], "name")->text,
                                              .value = (char *)""},
                            err));
    return eg_print_check(&form, &names, all_known, err);
}
