/* SPDX-License-Identifier: Apache-2.0 */

/* A plan as JSON: the facts that explain.c says in words. */

#include "jobs/explain_json.h"

#include "engine/plan/erase.h"
#include "engine/plan/unit.h"
#include "engine/provision/provision.h"

#include <string.h>

static void decref(json_t **json)
{
    json_decref(*json);
}

/* null for none, and for what is not UTF-8. */
static json_t *text_of(const char *text)
{
    json_t *const value = text != NULL && text[0] != '\0' ? json_string(text) : NULL;

    return value != NULL ? value : json_null();
}

static json_t *hex(const uint8_t *digest, size_t size)
{
    char text[EG_SHA256_TEXT];

    eg_hex(text, digest, size);
    return json_string(text);
}

static json_t *regions_of(const struct eg_plan *plan)
{
    json_t *const rows = json_array();

    for (unsigned i = 0; i < plan->region_count; i++) {
        const struct eg_region *const region = &plan->regions[i];
        const size_t sent = region->zlib.size != 0 ? region->zlib.size : region->data.size;
        json_array_append_new(
            rows, json_pack("{s:o, s:o, s:I, s:I, s:I, s:o, s:o}", "name", text_of(region->name), "path",
                            text_of(region->path), "address", (json_int_t)region->flash_addr, "size",
                            (json_int_t)region->data.size, "sent", (json_int_t)sent, "md5",
                            hex(region->md5, EG_MD5_SIZE), "sha256", hex(region->sha256, EG_SHA256_SIZE)));
    }
    return rows;
}

static enum eg_code add_erased(json_t *facts, const struct eg_plan *plan, struct eg_error *err)
{
    EG_CLEANUP(eg_erase_finish) struct eg_erase erase;
    const char *place = NULL;

    EG_TRY(eg_erase_find(&erase, plan, 0, &place, err));
    json_t *const rows = json_array();
    for (unsigned i = 0; i < erase.count; i++) {
        const bool placed = erase.list[i].flash_addr != 0;
        json_array_append_new(
            rows, json_pack("{s:o, s:o, s:o}", "name", text_of(erase.list[i].name), "address",
                            placed ? json_integer((json_int_t)erase.list[i].flash_addr) : json_null(), "size",
                            placed ? json_integer((json_int_t)erase.list[i].size) : json_null()));
    }
    json_object_set_new(facts, "erased", rows);
    return EG_OK;
}

static enum eg_code add_unit_places(json_t *facts, const struct eg_plan *plan, struct eg_error *err)
{
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};
    const char *place;

    EG_TRY(eg_unit_places_find(&places, plan, &place, err));
    json_t *const rows = json_array();
    for (unsigned i = 0; i < places.count; i++)
        json_array_append_new(rows, json_pack("{s:o, s:I, s:o}", "name", text_of(places.list[i].name),
                                              "address", (json_int_t)places.list[i].flash_addr, "size",
                                              places.list[i].size != 0
                                                  ? json_integer((json_int_t)places.list[i].size)
                                                  : json_null()));
    json_object_set_new(facts, "unit_places", rows);
    return EG_OK;
}

static void add_burn(void *rows, const struct eg_provision_line *line)
{
    json_array_append_new(rows, json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "burn", (int)line->burn, "block",
                                          line->block, "stage", eg_provision_step_name(line->step), "field",
                                          line->field, "value", line->value, "reason", line->reason));
}

static enum eg_code add_burns(json_t *facts, const struct eg_plan *plan, struct eg_error *err)
{
    struct eg_provision wishes;
    const char *place;
    json_t *const rows = json_array();

    json_object_set_new(facts, "burns", rows);
    if (!eg_provision_applies(plan)) {
        json_object_set_new(facts, "secure_mode", json_null());
        return EG_OK;
    }
    EG_TRY(eg_provision_make(&wishes, plan, &place, err));
    json_object_set_new(facts, "secure_mode", json_string(eg_provision_mode_name(wishes.mode)));
    return eg_provision_explain(&wishes, add_burn, rows, err);
}

static json_t *value_of(const struct eg_setting *setting);

static json_t *groups_of(const struct eg_setting *setting)
{
    json_t *const rows = json_array();

    for (unsigned i = 0; i < setting->group_count; i++) {
        const struct eg_setting_group *const group = &setting->groups[i];
        json_t *const row = json_object();
        for (unsigned k = 0; k < group->setting_count; k++)
            json_object_set_new(row, group->settings[k].option->key, value_of(&group->settings[k]));
        json_array_append_new(rows, row);
    }
    return rows;
}

/* As in a job file: a number or word as text, a list, a mapping. */
static json_t *value_of(const struct eg_setting *setting)
{
    if (setting->group_count > 0)
        return groups_of(setting);
    if (setting->item_count == 0)
        return text_of(setting->text);
    const bool map = setting->option->type == EG_OPTION_MAP;
    json_t *const value = map ? json_object() : json_array();
    for (unsigned i = 0; i < setting->item_count; i++)
        if (map)
            json_object_set_new(value, setting->items[i].name, text_of(setting->items[i].text));
        else
            json_array_append_new(value, text_of(setting->items[i].text));
    return value;
}

static json_t *settings_of(const struct eg_plan *plan)
{
    json_t *const settings = json_object();

    for (unsigned i = 0; i < plan->setting_count; i++)
        json_object_set_new(
            settings, plan->settings[i].option->key,
            json_pack("{s:o, s:b}", "value", value_of(&plan->settings[i]), "given", plan->settings[i].given));
    return settings;
}

enum eg_code eg_job_facts(json_t **facts, const struct eg_plan *plan, struct eg_error *err)
{
    EG_CLEANUP(decref) json_t *made = NULL;

    EG_TRY(eg_plan_pack_end(plan, err));
    made = json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:o}", "job", plan->job_name, "version",
                     text_of(plan->job_version), "file", text_of(plan->job_path), "sha256",
                     hex(plan->job_sha256, EG_SHA256_SIZE), "chip", plan->target->name, "flash_size",
                     plan->declared_flash_size != 0 ? json_integer(plan->declared_flash_size) : json_null(),
                     "regions", regions_of(plan), "size", (json_int_t)plan->data_size, "sent",
                     (json_int_t)plan->wire_size, "settings", settings_of(plan));
    if (made == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for the plan of %s", plan->job_path);
    EG_TRY(add_erased(made, plan, err));
    EG_TRY(add_unit_places(made, plan, err));
    EG_TRY(add_burns(made, plan, err));
    *facts = made;
    made = NULL;
    return EG_OK;
}
