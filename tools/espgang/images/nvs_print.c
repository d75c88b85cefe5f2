/* SPDX-License-Identifier: Apache-2.0 */

/* espgang nvs print and check: what is in an NVS partition, and whether it is whole. */

#include "tools/espgang/images/nvs.h"

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/image/nvs.h"
#include "engine/secure/nvs_crypt.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)256 << 20)
#define JSON_VERSION  1
#define BYTES_SHOWN   32

/* An image that was read, and what is wrong with it. */
struct image {
    const char *path;
    struct eg_buffer file;
    struct eg_nvs_items items;
    struct eg_nvs_usage usage;
    json_t *faults; /* NULL = they are only told */
    unsigned fault_count;
};

static void image_finish(struct image *image)
{
    eg_buffer_finish(&image->file);
    eg_nvs_items_finish(&image->items);
    json_decref(image->faults);
}

static void on_fault(void *context, const char *sentence)
{
    struct image *const image = context;

    EG_CLEANUP(eg_free_cleanup) char *clean = NULL;
    struct eg_error err;

    image->fault_count++;
    if (eg_utf8_clean(&clean, sentence, &err) != EG_OK)
        return;
    fprintf(stderr, "espgang: %s: %s\n", image->path, clean);
    if (image->faults != NULL)
        json_array_append_new(image->faults, json_string(clean));
}

static enum eg_code load(struct image *image, const struct eg_secret *keys, struct eg_error *err)
{
    EG_TRY(cli_file_check(image->path, err));
    EG_TRY(eg_file_read(&image->file, image->path, FILE_SIZE_MAX, err));
    if (keys->size != 0 && eg_nvs_decrypt(image->file.data, image->file.size, keys, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", image->path);
    EG_TRY(eg_nvs_examine(&image->items, &image->usage, image->file.data, image->file.size, on_fault, image,
                          err));
    if (image->usage.version != 0 && image->usage.entries == 0 && image->fault_count > 0)
        on_fault(image, keys->size != 0
                            ? "not one entry is whole: the keys are others, or it is not encrypted"
                            : "not one entry is whole: it may be encrypted (see --keys)");
    return EG_OK;
}

static size_t key_count(const struct eg_nvs_items *items)
{
    size_t count = 0;

    for (size_t i = 0; i < items->count; i++)
        count += items->list[i].key[0] != '\0';
    return count;
}

static void tell_usage(const struct image *image)
{
    const struct eg_nvs_usage *const usage = &image->usage;

    if (usage->version == 0) {
        printf("%s: NVS, %zu pages, empty\n", image->path, usage->pages);
        return;
    }
    if (usage->pages > 0 && usage->pages_used == usage->pages)
        printf("%s: no page is empty: an application can read it, but not write to it\n", image->path);
    const size_t keys = key_count(&image->items);
    printf("%s: NVS version %u, %zu of %zu pages and %zu of their %zu entries in use, %zu key%s in %zu "
           "namespace%s\n",
           image->path, usage->version, usage->pages_used, usage->pages, usage->entries, usage->entries_of,
           keys, keys == 1 ? "" : "s", usage->namespaces, usage->namespaces == 1 ? "" : "s");
}

/* Characters that would disturb a terminal or a script become \n, \" or \xNN. */
static void print_text(const char *text, size_t size)
{
    for (size_t i = 0, step; i < size; i += step) {
        const unsigned char c = (unsigned char)text[i];
        step = eg_utf8_length(text + i, size - i);
        if (step == 0 || eg_utf8_is_control(text + i, step)) {
            printf(c == '\n' ? "\\n" : "\\x%02x", c);
            step = 1;
        } else {
            printf("%s%.*s", c == '"' || c == '\\' ? "\\" : "", (int)step, text + i);
        }
    }
}

static void print_item(const struct eg_nvs_item *item)
{
    char number[24];
    size_t i;

    printf("  ");
    print_text(item->key, strlen(item->key));
    printf("%*s%-6s  ", (int)(EG_NVS_NAME_SIZE + 1 - strlen(item->key)), "", eg_nvs_type_name(item->type));
    if (item->type == EG_NVS_STRING) {
        printf("\"");
        print_text((const char *)item->data, item->size);
        printf("\"\n");
    } else if (item->type == EG_NVS_BLOB) {
        printf("%zu bytes%s", item->size, item->size > 0 ? ":" : "");
        for (i = 0; i < item->size && i < BYTES_SHOWN; i++)
            printf("%s%02x", i % 4 == 0 ? " " : "", item->data[i]);
        puts(i < item->size ? " ..." : "");
    } else {
        eg_nvs_integer_text(number, item);
        puts(number);
    }
}

static void print_items(const struct eg_nvs_items *items)
{
    const char *space = "";

    for (size_t i = 0; i < items->count; i++) {
        const struct eg_nvs_item *const item = &items->list[i];
        if (strcmp(space, item->space) != 0) {
            printf("namespace ");
            print_text(item->space, strlen(item->space));
            puts("");
        }
        space = item->space;
        if (item->key[0] != '\0')
            print_item(item);
    }
}

static json_t *hex_json(const uint8_t *data, size_t size)
{
    char *const text = malloc(2 * size + 1);

    if (text == NULL)
        return NULL;
    eg_hex(text, data, size);
    json_t *const json = json_string(text);
    free(text);
    return json;
}

static json_t *text_json(const char *text)
{
    EG_CLEANUP(eg_free_cleanup) char *clean = NULL;
    struct eg_error err;

    return eg_utf8_clean(&clean, text, &err) == EG_OK ? json_string(clean) : NULL;
}

/* Numbers of 64 bits are text, as not every reader of JSON has room for them; what is no text is hex. */
static json_t *item_json(const struct eg_nvs_item *item)
{
    json_t *const json = json_pack("{s:o, s:o, s:s}", "namespace", text_json(item->space), "key",
                                   text_json(item->key), "type", eg_nvs_type_name(item->type));
    char number[24];

    if (item->type == EG_NVS_BLOB) {
        json_object_set_new(json, "hex", hex_json(item->data, item->size));
    } else if (item->type == EG_NVS_STRING) {
        json_t *const text = json_stringn((const char *)item->data, item->size);
        if (text != NULL)
            json_object_set_new(json, "value", text);
        else
            json_object_set_new(json, "hex", hex_json(item->data, item->size));
    } else {
        eg_nvs_integer_text(number, item);
        json_object_set_new(json, "value",
                            item->size == 8 ? json_string(number) : json_integer(strtoll(number, NULL, 10)));
    }
    return json;
}

static enum eg_code print_json(const struct image *image, struct eg_error *err)
{
    const struct eg_nvs_usage *const usage = &image->usage;
    json_t *const namespaces = json_array();
    json_t *const list = json_array();

    for (size_t i = 0; i < image->items.count; i++) {
        const struct eg_nvs_item *const item = &image->items.list[i];
        if (item->key[0] != '\0')
            json_array_append_new(list, item_json(item));
        else
            json_array_append_new(namespaces, text_json(item->space));
    }
    json_t *const whole =
        json_pack("{s:i, s:o, s:i, s:I, s:I, s:I, s:o, s:o, s:O}", "format", JSON_VERSION, "file",
                  text_json(image->path), "version", (int)usage->version, "pages", (json_int_t)usage->pages,
                  "pages_used", (json_int_t)usage->pages_used, "entries_used", (json_int_t)usage->entries,
                  "items", list, "empty_namespaces", namespaces, "faults", image->faults);
    char *const text = whole != NULL ? json_dumps(whole, JSON_INDENT(2)) : NULL;
    json_decref(whole);
    if (text == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%s: as JSON", image->path);
    puts(text);
    free(text);
    return EG_OK;
}

enum eg_code cli_nvs_print(struct cli_call *call, const char *path, const struct eg_secret *keys,
                           struct eg_error *err)
{
    const bool json = cli_flag(call, "json");
    EG_CLEANUP(image_finish) struct image image = {.path = path, .faults = json ? json_array() : NULL};

    EG_TRY(load(&image, keys, err));
    if (json) {
        EG_TRY(print_json(&image, err));
    } else {
        tell_usage(&image);
        print_items(&image.items);
    }
    call->status = image.fault_count == 0 ? CLI_OK : CLI_NOT_PASSED;
    return EG_OK;
}

enum eg_code cli_nvs_check(struct cli_call *call, const char *path, const struct eg_secret *keys,
                           struct eg_error *err)
{
    EG_CLEANUP(image_finish) struct image image = {.path = path};

    EG_TRY(load(&image, keys, err));
    if (image.fault_count == 0)
        tell_usage(&image);
    else
        call->status = CLI_NOT_PASSED;
    return EG_OK;
}
