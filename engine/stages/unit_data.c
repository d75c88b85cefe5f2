/* SPDX-License-Identifier: Apache-2.0 */

/* From names to bytes: an NVS partition by its schema, texts, hex digits and files with names in them. */

#include "engine/stages/unit_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_SIZE = EG_NVS_PAGE_SIZE };

/* ---- NVS ---- */

static enum eg_code parse_schema(struct eg_nvs_schema **schema, const struct eg_plan *plan,
                                 struct eg_error *err)
{
    const struct eg_setting *const file = eg_plan_setting(plan, "unit.nvs.schema");
    EG_CLEANUP(eg_free_cleanup) char *folder = NULL;

    EG_TRY(eg_strdup(&folder, file->text, err));
    char *const slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    return eg_nvs_schema_parse(schema, file->text, (const char *)file->content.data, file->content.size,
                               slash != NULL ? folder : NULL, err);
}

/* Return whether the job has a value for a row of the schema. */
static bool has_value(const struct eg_setting *values, const struct eg_nvs_schema *schema,
                      const struct eg_nvs_row *row)
{
    for (unsigned i = 0; i < values->item_count; i++)
        if (eg_nvs_schema_find(schema, values->items[i].name, 0) == row)
            return true;
    return false;
}

/* Values by key, their texts on the heap. */
struct values {
    struct eg_nvs_value *list;
    unsigned count;
};

static void values_finish(struct values *values)
{
    for (unsigned i = 0; i < values->count; i++)
        free((char *)values->list[i].text);
    free(values->list);
}

static enum eg_code expand_values(struct values *values, const struct eg_setting *map,
                                  const struct eg_names *names, struct eg_error *err)
{
    EG_TRY(eg_alloc(&values->list, map->item_count + 1, sizeof *values->list, err));
    for (; values->count < map->item_count; values->count++) {
        const struct eg_setting_item *const item = &map->items[values->count];
        char *text;
        if (eg_template_text(&text, NULL, item->text, names, err) != EG_OK)
            return eg_error_prefix(err, "unit.nvs.values.%.80s ", item->name);
        values->list[values->count] = (struct eg_nvs_value){item->name, text};
    }
    return EG_OK;
}

/* A value that the encoding takes. */
static const char *any_value(const char *encoding)
{
    return strcmp(encoding, "hex2bin") == 0           ? "00"
           : strcmp(encoding, "base64") == 0          ? "AA=="
           : encoding[0] == 'u' || encoding[0] == 'i' ? "0"
                                                      : "x";
}

/* Build it with placeholder values, so that errors of the schema itself are found before the line
 * begins. */
static enum eg_code rehearse(const struct eg_nvs_schema *schema, const struct eg_plan *plan,
                             struct eg_error *err)
{
    const struct eg_setting *const map = eg_plan_setting(plan, "unit.nvs.values");
    EG_CLEANUP(eg_unit_places_finish) struct eg_unit_places places = {0};
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};
    EG_CLEANUP(values_finish) struct values values = {0};
    const char *place;

    EG_TRY(eg_unit_places_find(&places, plan, &place, err));
    EG_TRY(eg_unit_names_of_nobody(&names, plan, err));
    EG_TRY(eg_alloc(&values.list, map->item_count + 1, sizeof *values.list, err));
    for (; values.count < map->item_count; values.count++) {
        const struct eg_setting_item *const item = &map->items[values.count];
        struct eg_error ignored;
        char *text;
        if (eg_template_text(&text, NULL, item->text, &names, &ignored) != EG_OK)
            EG_TRY(eg_strdup(&text, any_value(eg_nvs_schema_find(schema, item->name, 0)->encoding), err));
        values.list[values.count] = (struct eg_nvs_value){item->name, text};
    }
    return eg_nvs_schema_build(&image, schema, values.list, values.count, places.list[0].size, EG_NVS_VERSION,
                               err);
}

enum eg_code eg_unit_nvs_check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    const struct eg_setting *const values = eg_plan_setting(plan, "unit.nvs.values");
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = NULL;

    *place = eg_plan_setting(plan, "unit.nvs.schema")->place;
    EG_TRY(parse_schema(&schema, plan, err));
    for (unsigned i = 0; i < values->item_count; i++) {
        *place = values->items[i].place;
        if (eg_nvs_schema_find(schema, values->items[i].name, 0) == NULL)
            return eg_error_set(err, EG_BAD_JOB, "unit.nvs.values.%.80s is no key of %s",
                                values->items[i].name, eg_nvs_schema_name(schema));
    }
    *place = values->item_count != 0 ? values->place : eg_plan_setting(plan, "unit.nvs.schema")->place;
    for (size_t i = 0; i < eg_nvs_schema_count(schema); i++) {
        const struct eg_nvs_row *const row = eg_nvs_schema_row(schema, i);
        if (row->key[0] != '\0' && row->text == NULL && !has_value(values, schema, row))
            return eg_error_set(err, EG_BAD_JOB,
                                "unit.nvs.values lacks %s, which line %zu of %s leaves to each board",
                                row->key, row->line, eg_nvs_schema_name(schema));
    }
    EG_TRY(rehearse(schema, plan, err));
    *place = NULL;
    return EG_OK;
}

static enum eg_code make_nvs(struct eg_unit_data *data, struct eg_buffer *image, const struct eg_plan *plan,
                             const struct eg_unit_place *place, struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_schema_cleanup) struct eg_nvs_schema *schema = NULL;
    EG_CLEANUP(values_finish) struct values values = {0};

    EG_TRY(expand_values(&values, place->template, &data->names, err));
    EG_TRY(parse_schema(&schema, plan, err));
    EG_TRY(eg_nvs_schema_items(&data->nvs, schema, values.list, values.count, EG_NVS_VERSION, err));
    return eg_nvs_build(image, data->nvs.list, data->nvs.count, place->size, EG_NVS_VERSION, err);
}

/* ---- Texts and files ---- */

static enum eg_code parse_hex(struct eg_buffer *image, const struct eg_buffer *digits, struct eg_error *err)
{
    const size_t size = digits->size / 2;

    EG_TRY(eg_buffer_resize(image, size, 0, err));
    if (digits->size % 2 != 0 || !eg_hex_parse(image->data, size, (const char *)digits->data))
        return eg_error_set(err, EG_BAD_UNIT_DATA, "comes to what is not pairs of hexadecimal digits");
    return EG_OK;
}

static enum eg_code make_text(struct eg_buffer *image, const struct eg_unit_place *place,
                              const struct eg_names *names, struct eg_error *err)
{
    const struct eg_buffer *const content = &place->template->content;
    const struct eg_template template =
        place->kind == EG_UNIT_FILE
            ? (struct eg_template){EG_TEMPLATE_FILE, (const char *)content->data, content->size}
            : eg_template_of(place->template->text);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    enum eg_code code = eg_template_expand(&text, NULL, &template, names, err);

    if (code == EG_OK && text.size == 0)
        code = eg_error_set(err, EG_BAD_UNIT_DATA, "comes to nothing");
    if (code == EG_OK && place->kind == EG_UNIT_HEX) {
        EG_TRY(eg_buffer_append(&text, "", 1, err));
        text.size--;
        code = parse_hex(image, &text, err);
    } else if (code == EG_OK) {
        *image = text;
        text = (struct eg_buffer){0};
    }
    if (code == EG_OK && place->size != 0 && image->size > place->size)
        code = eg_error_set(err, EG_BAD_UNIT_DATA, "comes to %zu bytes, its size is %" PRIu32, image->size,
                            place->size);
    if (code != EG_OK)
        return eg_error_prefix(err, "%s at %s ", place->key, place->at);
    return place->size == 0 ? EG_OK : eg_buffer_resize(image, place->size, 0xff, err);
}

/* ---- Regions ---- */

static enum eg_code make_region(struct eg_unit_data *data, struct eg_region *region,
                                const struct eg_plan *plan, const struct eg_unit_places *places,
                                unsigned index, struct eg_error *err)
{
    const struct eg_unit_place *const place = &places->list[index];

    region->flash_addr = place->flash_addr;
    EG_TRY(eg_strdup(&region->name, place->name, err));
    EG_TRY(eg_strdup(&region->path, place->path, err));
    EG_TRY(place->kind == EG_UNIT_NVS ? make_nvs(data, &region->data, plan, place, err)
                                      : make_text(&region->data, place, &data->names, err));
    if (place->kind == EG_UNIT_NVS)
        data->nvs_region = index;
    EG_TRY(eg_unit_place_check(places, index, region->data.size, plan, err));
    region->file_size = (uint32_t)region->data.size;
    return eg_region_finish(region, err);
}

enum eg_code eg_unit_data_make(struct eg_unit_data *data, const struct eg_plan *plan,
                               struct eg_unit_places *places, struct eg_error *err)
{
    EG_TRY(eg_alloc(&data->regions, places->count + 1, sizeof *data->regions, err));
    data->region_count = data->nvs_region = places->count;
    for (unsigned i = 0; i < places->count; i++) {
        const enum eg_code code = make_region(data, &data->regions[i], plan, places, i, err);
        if (code == EG_BAD_JOB || code == EG_BAD_IMAGE || code == EG_BAD_ARGUMENT)
            err->code = EG_BAD_UNIT_DATA;
        if (code != EG_OK)
            return err->code;
        places->list[i].size = (uint32_t)data->regions[i].data.size;
    }
    return EG_OK;
}

enum eg_code eg_unit_name_board(struct eg_names *names, const struct eg_run *run, struct eg_error *err)
{
    char number[24], revision[16], now[EG_UTC_TEXT];

    snprintf(number, sizeof number, "%" PRId64, run->number);
    snprintf(revision, sizeof revision, "%u.%u", run->unit.revision / 100, run->unit.revision % 100);
    eg_clock_utc(now);
    now[strcspn(now, "T")] = '\0';
    const struct eg_unit_board board = {
        .mac = run->unit.mac,
        .chip = run->unit.chip,
        .revision = revision,
        .slot = run->slot,
        .run = number,
        .date = now,
    };
    return eg_unit_names_of_board(names, run->plan, &board, err);
}

enum eg_code eg_unit_expand(char **text, bool *secret, const struct eg_setting *template,
                            const struct eg_run *run, struct eg_error *err)
{
    EG_CLEANUP(eg_names_finish) struct eg_names of_board = {0};
    const struct eg_names *names = &of_board;

    if (run->unit_data != NULL)
        names = &run->unit_data->names;
    else
        EG_TRY(eg_unit_name_board(&of_board, run, err));
    if (eg_template_text(text, secret, template->text, names, err) != EG_OK)
        return eg_error_prefix(err, "%s ", template->option->key);
    return EG_OK;
}

void eg_unit_data_destroy(struct eg_unit_data *data)
{
    if (data == NULL)
        return;
    for (unsigned i = 0; i < data->region_count; i++)
        eg_region_destroy(&data->regions[i]);
    free(data->regions);
    eg_nvs_items_finish(&data->nvs);
    eg_names_finish(&data->names);
    free(data);
}

/* ---- Read back ---- */

static const struct eg_nvs_item *find_item(const struct eg_nvs_items *items, const struct eg_nvs_item *wanted)
{
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->list[i].space, wanted->space) == 0 && strcmp(items->list[i].key, wanted->key) == 0)
            return &items->list[i];
    return NULL;
}

static size_t count_keys(const struct eg_nvs_items *items)
{
    size_t count = 0;

    for (size_t i = 0; i < items->count; i++)
        count += items->list[i].key[0] != '\0';
    return count;
}

enum eg_code eg_unit_nvs_compare(const uint8_t *image, size_t size, const struct eg_nvs_items *wanted,
                                 struct eg_error *err)
{
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items is = {0};

    if (eg_nvs_read(&is, NULL, image, size, err) != EG_OK) {
        if (err->code == EG_BAD_IMAGE)
            err->code = EG_VERIFY_MISMATCH;
        return err->code;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        const struct eg_nvs_item *const item = &wanted->list[i];
        const struct eg_nvs_item *const read = item->key[0] != '\0' ? find_item(&is, item) : item;
        if (read == NULL)
            return eg_error_set(err, EG_VERIFY_MISMATCH, "key %s of namespace %s is not there", item->key,
                                item->space);
        if (read->type != item->type || read->size != item->size ||
            (item->size != 0 && memcmp(read->data, item->data, item->size) != 0))
            return eg_error_set(err, EG_VERIFY_MISMATCH,
                                "key %s of namespace %s reads otherwise than it was given", item->key,
                                item->space);
    }
    if (count_keys(&is) != count_keys(wanted))
        return eg_error_set(err, EG_VERIFY_MISMATCH, "there are %zu keys, the board was given %zu",
                            count_keys(&is), count_keys(wanted));
    return EG_OK;
}

/* Pages after the last one in use are erased, as the digest has shown. */
static size_t used(const struct eg_buffer *image)
{
    size_t size = image->size;

    while (size > 0 && image->data[size - 1] == 0xff)
        size--;
    return (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

enum eg_code eg_unit_nvs_read_back(struct eg_run *run, struct eg_error *err)
{
    const struct eg_unit_data *const data = run->unit_data;
    const struct eg_log_origin origin = eg_run_origin(run);
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer image = {0};

    if (data == NULL || data->nvs_region >= data->region_count)
        return EG_OK;
    const struct eg_region *const region = &data->regions[data->nvs_region];
    EG_TRY(eg_buffer_resize(&image, region->data.size, 0xff, err));
    enum eg_code code = eg_loader_read_flash(&run->loader, region->flash_addr, image.data,
                                             (uint32_t)used(&region->data), NULL, NULL, err);
    if (code == EG_OK)
        code = eg_unit_nvs_compare(image.data, image.size, &data->nvs, err);
    if (code != EG_OK)
        return eg_error_prefix(err, "%s at 0x%08" PRIx32 ": read back: ", region->name, region->flash_addr);
    eg_log_verbose(run->logger, &origin, "%s at 0x%08" PRIx32 ": %zu keys read back as they were given",
                   region->name, region->flash_addr, count_keys(&data->nvs));
    return EG_OK;
}
