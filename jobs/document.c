/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Read files into trees, by libfyaml's events.
 *
 * libfyaml's own document is not used, because a hostile file must end in one sentence with line and column,
 * in bounded memory: a key given twice, an alias bomb, a hundred thousand brackets. Aliases share the node of
 * their anchor, so they take no memory; merge keys copy entries, so these are counted.
 *
 * Not here: the meaning of keys (job.c, firmware.c).
 */

#include "jobs/document.h"

#include "engine/base/file.h"
#include "engine/base/text.h"

#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 32,
    VALUES_MAX = 20000, /* also limits the search for a key given twice */
    KEYS_MAX = 1000,    /* entries in one map */
};

struct anchor {
    char *name;
    struct eg__node *node;
};

struct builder {
    struct eg__document *document;
    struct fy_diag *diag;
    struct fy_parser *parser;
    struct anchor *anchors;
    size_t anchor_count;
    size_t value_count;
};

enum eg_code eg__prefix_place(const struct eg__place *place, struct eg_error *err)
{
    if (place->line == 0)
        return err->code;
    return eg_error_prefix(err, "%s:%d:%d: ", place->file, place->line, place->column);
}

enum eg_code eg__refuse(const struct eg__place *place, struct eg_error *err, const char *format, ...)
{
    char text[sizeof err->text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    eg_error_set(err, EG_BAD_JOB, "%s", text);
    return eg__prefix_place(place, err);
}

struct eg__node *eg__node_get(const struct eg__node *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->pairs[i].key, key) == 0)
            return map->pairs[i].value;
    return NULL;
}

static const char *kind_name(enum eg__kind kind)
{
    switch (kind) {
    case EG__TEXT:
        return "text";
    case EG__LIST:
        return "a list";
    case EG__MAP:
        return "a mapping";
    }
    abort();
}

enum eg_code eg__node_expect(const struct eg__node *node, enum eg__kind kind, const char *what,
                             struct eg_error *err)
{
    if (node->kind == EG__TEXT && node->text[0] == '\0')
        return eg__refuse(&node->place, err, "%s has no value", what);
    if (node->kind != kind)
        return eg__refuse(&node->place, err, "%s is %s, not %s", what, kind_name(node->kind),
                          kind_name(kind));
    return EG_OK;
}

enum eg_code eg__resolve(char **resolved, const char *from, const char *path, struct eg_error *err)
{
    const char *const slash = strrchr(from, '/');
    const size_t folder = slash == NULL || path[0] == '/' ? 0 : (size_t)(slash - from) + 1;

    EG_TRY(eg_alloc(resolved, folder + strlen(path) + 1, 1, err));
    memcpy(*resolved, from, folder);
    strcpy(*resolved + folder, path);
    return EG_OK;
}

static enum eg_code count_value(struct builder *builder, const struct eg__place *place, struct eg_error *err)
{
    if (++builder->value_count > VALUES_MAX)
        return eg__refuse(place, err, "the file has more than %d values", VALUES_MAX);
    return EG_OK;
}

static struct eg__place beginning(const struct eg__document *document)
{
    return (struct eg__place){document->file, 1, 1, document->bundle};
}

/* Return the place of a token; a token without content has the place of the one before it. */
static struct eg__place place_of(struct fy_token *token, const struct eg__place *before)
{
    const struct fy_mark *const mark = token != NULL ? fy_token_start_mark(token) : NULL;

    if (mark == NULL)
        return *before;
    return (struct eg__place){before->file, mark->line + 1, mark->column + 1, before->bundle};
}

static enum eg_code new_node(struct builder *builder, struct eg__node **node, enum eg__kind kind,
                             const struct eg__place *place, struct eg_error *err)
{
    struct eg__document *const document = builder->document;

    EG_TRY(count_value(builder, place, err));
    EG_TRY(eg_grow(&document->nodes, document->node_count, sizeof(struct eg__node *), err));
    EG_TRY(eg_alloc(node, 1, sizeof **node, err));
    **node = (struct eg__node){.kind = kind, .place = *place};
    document->nodes[document->node_count++] = *node;
    return EG_OK;
}

static enum eg_code token_text(char **text, struct fy_token *token, const struct eg__place *place,
                               struct eg_error *err)
{
    size_t size = 0;
    const char *const content = token != NULL ? fy_token_get_text(token, &size) : "";

    if (content == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "text at %s:%d:%d", place->file, place->line, place->column);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)content[i] < ' ' || content[i] == 0x7f)
            return eg__refuse(place, err, "the value has a control character, 0x%02x",
                              (unsigned)(unsigned char)content[i]);
    EG_TRY(eg_alloc(text, size + 1, 1, err));
    memcpy(*text, content, size);
    return EG_OK;
}

/* Return the next event, or the parser's error. */
static enum eg_code next_event(struct builder *builder, struct fy_event **event, struct eg_error *err)
{
    struct eg__place place = beginning(builder->document);
    void *iterator = NULL;

    *event = fy_parser_parse(builder->parser);
    if (*event != NULL)
        return EG_OK;
    const struct fy_diag_error *const first = fy_diag_errors_iterate(builder->diag, &iterator);
    if (first == NULL)
        return eg__refuse(&place, err, "this is not a YAML file");
    place.line = first->line;
    place.column = first->column;
    return eg__refuse(&place, err, "%s", first->msg);
}

static enum eg_code build(struct builder *builder, struct fy_event *event, unsigned depth,
                          const struct eg__place *before, struct eg__node **node, struct eg_error *err);

/* Get an event, pass it to build() and free it; *node is NULL if the event ends a list or map. */
static enum eg_code build_next(struct builder *builder, unsigned depth, const struct eg__place *before,
                               struct eg__node **node, bool *plain, struct eg_error *err)
{
    struct fy_event *event;
    enum eg_code code = EG_OK;

    EG_TRY(next_event(builder, &event, err));
    *node = NULL;
    *plain = event->type == FYET_SCALAR && fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
    if (event->type != FYET_SEQUENCE_END && event->type != FYET_MAPPING_END)
        code = build(builder, event, depth, before, node, err);
    fy_parser_event_free(builder->parser, event);
    return code;
}

static enum eg_code build_list(struct builder *builder, struct eg__node *list, unsigned depth,
                               struct eg_error *err)
{
    struct eg__node *item;
    bool plain;

    for (;;) {
        EG_TRY(build_next(builder, depth + 1, &list->place, &item, &plain, err));
        if (item == NULL)
            return EG_OK;
        EG_TRY(eg_grow(&list->items, list->count, sizeof *list->items, err));
        list->items[list->count++] = item;
    }
}

static enum eg_code add_pair(struct eg__node *map, const char *key, const struct eg__place *place,
                             struct eg__node *value, struct eg_error *err)
{
    char *copy;

    if (map->count == KEYS_MAX)
        return eg__refuse(place, err, "a mapping has more than %d keys", KEYS_MAX);
    EG_TRY(eg_grow(&map->pairs, map->count, sizeof *map->pairs, err));
    EG_TRY(eg_strdup(&copy, key, err));
    map->pairs[map->count++] = (struct eg__pair){copy, *place, value};
    return EG_OK;
}

/* A map's own keys win over merged ones; of merged maps, the first wins. */
static enum eg_code merge(struct builder *builder, struct eg__node *map, const struct eg__node *from,
                          const struct eg__place *place, struct eg_error *err)
{
    if (from->kind != EG__MAP)
        return eg__refuse(place, err, "<< takes a mapping or a list of them");
    for (size_t i = 0; i < from->count; i++) {
        const struct eg__pair *const pair = &from->pairs[i];
        if (eg__node_get(map, pair->key) != NULL)
            continue;
        EG_TRY(count_value(builder, place, err));
        EG_TRY(add_pair(map, pair->key, &pair->place, pair->value, err));
    }
    return EG_OK;
}

static enum eg_code build_map(struct builder *builder, struct eg__node *map, unsigned depth,
                              struct eg_error *err)
{
    const struct eg__node *merged = NULL;
    struct eg__place merged_place = map->place;
    struct eg__node *key, *value;
    bool plain, ignored;

    for (;;) {
        EG_TRY(build_next(builder, depth + 1, &map->place, &key, &plain, err));
        if (key == NULL)
            break;
        if (key->kind != EG__TEXT)
            return eg__refuse(&key->place, err, "a key is %s, not text", kind_name(key->kind));
        EG_TRY(build_next(builder, depth + 1, &key->place, &value, &ignored, err));
        if (plain && strcmp(key->text, "<<") == 0) {
            if (merged != NULL)
                return eg__refuse(&key->place, err, "key << is given twice, first in line %d",
                                  merged_place.line);
            merged = value;
            merged_place = key->place;
            continue;
        }
        for (size_t i = 0; i < map->count; i++)
            if (strcmp(map->pairs[i].key, key->text) == 0)
                return eg__refuse(&key->place, err, "key %s is given twice, first in line %d", key->text,
                                  map->pairs[i].place.line);
        EG_TRY(add_pair(map, key->text, &key->place, value, err));
    }
    if (merged == NULL)
        return EG_OK;
    if (merged->kind != EG__LIST)
        return merge(builder, map, merged, &merged_place, err);
    for (size_t i = 0; i < merged->count; i++)
        EG_TRY(merge(builder, map, merged->items[i], &merged_place, err));
    return EG_OK;
}

/* An anchor is known once its node is complete, so that no node can contain itself. */
static enum eg_code add_anchor(struct builder *builder, struct fy_token *token, struct eg__node *node,
                               struct eg_error *err)
{
    char *name;

    if (token == NULL)
        return EG_OK;
    EG_TRY(eg_grow(&builder->anchors, builder->anchor_count, sizeof *builder->anchors, err));
    EG_TRY(token_text(&name, token, &node->place, err));
    builder->anchors[builder->anchor_count++] = (struct anchor){name, node};
    return EG_OK;
}

static enum eg_code find_anchor(const struct builder *builder, struct fy_token *token,
                                const struct eg__place *place, struct eg__node **node, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *name = NULL;

    EG_TRY(token_text(&name, token, place, err));
    for (size_t i = builder->anchor_count; i > 0; i--) {
        if (strcmp(builder->anchors[i - 1].name, name) == 0) {
            *node = builder->anchors[i - 1].node;
            return EG_OK;
        }
    }
    return eg__refuse(place, err, "there is no anchor &%s before this alias", name);
}

static enum eg_code build(struct builder *builder, struct fy_event *event, unsigned depth,
                          const struct eg__place *before, struct eg__node **node, struct eg_error *err)
{
    struct fy_token *token, *anchor, *tag;
    enum eg__kind kind;

    switch (event->type) {
    case FYET_SCALAR:
        kind = EG__TEXT;
        token = event->scalar.value;
        anchor = event->scalar.anchor;
        tag = event->scalar.tag;
        break;
    case FYET_SEQUENCE_START:
        kind = EG__LIST;
        token = event->sequence_start.sequence_start;
        anchor = event->sequence_start.anchor;
        tag = event->sequence_start.tag;
        break;
    case FYET_MAPPING_START:
        kind = EG__MAP;
        token = event->mapping_start.mapping_start;
        anchor = event->mapping_start.anchor;
        tag = event->mapping_start.tag;
        break;
    case FYET_ALIAS: {
        struct eg__place place = place_of(event->alias.anchor, before);
        place.column--; /* the asterisk */
        EG_TRY(count_value(builder, &place, err));
        return find_anchor(builder, event->alias.anchor, &place, node, err);
    }
    default: /* the events of streams and documents; the enumeration is libfyaml's */
        return eg_error_set(err, EG_INTERNAL, "%s: event %d within a document", before->file,
                            (int)event->type);
    }

    struct eg__place place = place_of(token, before);
    if (event->type == FYET_SCALAR && (fy_token_scalar_style(token) == FYSS_DOUBLE_QUOTED ||
                                       fy_token_scalar_style(token) == FYSS_SINGLE_QUOTED))
        place.column--; /* the parser counts from the character after the quote */
    if (tag != NULL)
        return eg__refuse(&place, err, "tags have no meaning here");
    if (depth > DEPTH_MAX)
        return eg__refuse(&place, err, "lists and mappings are nested more than %d deep", DEPTH_MAX);
    EG_TRY(new_node(builder, node, kind, &place, err));
    switch (kind) {
    case EG__TEXT:
        EG_TRY(token_text(&(*node)->text, token, &place, err));
        break;
    case EG__LIST:
        EG_TRY(build_list(builder, *node, depth, err));
        break;
    case EG__MAP:
        EG_TRY(build_map(builder, *node, depth, err));
        break;
    }
    return add_anchor(builder, anchor, *node, err);
}

/* Go to the next event, which must have one of two types; true = it is `wanted`. */
static enum eg_code skip_to(struct builder *builder, enum fy_event_type wanted, enum fy_event_type other,
                            struct eg__place *place, bool *found, struct eg_error *err)
{
    for (;;) {
        struct fy_event *event;
        EG_TRY(next_event(builder, &event, err));
        const enum fy_event_type type = event->type;
        if (type == FYET_DOCUMENT_START)
            *place = place_of(event->document_start.document_start, place);
        fy_parser_event_free(builder->parser, event);
        *found = type == wanted;
        if (type == wanted || type == other)
            return EG_OK;
    }
}

static enum eg_code build_document(struct builder *builder, struct eg_error *err)
{
    struct eg__place place = beginning(builder->document);
    bool found, ignored;

    EG_TRY(skip_to(builder, FYET_DOCUMENT_START, FYET_STREAM_END, &place, &found, err));
    if (!found)
        return eg__refuse(&place, err, "the file is empty");
    EG_TRY(build_next(builder, 1, &place, &builder->document->root, &ignored, err));
    EG_TRY(skip_to(builder, FYET_DOCUMENT_START, FYET_STREAM_END, &place, &found, err));
    if (found)
        return eg__refuse(&place, err, "a second document begins here; there may be only one");
    return EG_OK;
}

/* Return the length of the first character; 0 = it is not UTF-8, or a control character that YAML forbids. */
static size_t character_length(const char *text, size_t size)
{
    const unsigned char first = (unsigned char)text[0];

    if (first == 0x7f || (first < ' ' && first != '\t' && first != '\n' && first != '\r'))
        return 0;
    return eg_utf8_length(text, size);
}

static enum eg_code check_text(const struct eg__document *document, struct eg_error *err)
{
    struct eg__place place = beginning(document);
    const char *text = (const char *)document->text.data;
    size_t size = document->text.size;

    if (size > 0 && eg_text_begin(&text, &size, err) != EG_OK) {
        err->code = EG_BAD_JOB;
        return eg__prefix_place(&place, err);
    }
    for (size_t at = 0; at < document->text.size;) {
        const uint8_t byte = document->text.data[at];
        const size_t length =
            character_length((const char *)document->text.data + at, document->text.size - at);
        if (length == 0 && (byte < ' ' || byte == 0x7f))
            return eg__refuse(&place, err, "the file has a control character, 0x%02x", byte);
        if (length == 0)
            return eg__refuse(&place, err, "byte 0x%02x is not UTF-8 text", byte);
        at += length;
        place.column++;
        if (byte == '\n') {
            place.line++;
            place.column = 1;
        }
    }
    return EG_OK;
}

static void builder_finish(struct builder *builder)
{
    for (size_t i = 0; i < builder->anchor_count; i++)
        free(builder->anchors[i].name);
    free(builder->anchors);
    if (builder->parser != NULL)
        fy_parser_destroy(builder->parser);
    if (builder->diag != NULL)
        fy_diag_destroy(builder->diag);
}

enum eg_code eg__document_read(struct eg__document *document, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};

    EG_TRY(eg_file_read(&text, path, EG__DOCUMENT_SIZE_MAX, err));
    return eg__document_parse(document, path, &text, err);
}

enum eg_code eg__document_parse(struct eg__document *document, const char *file, struct eg_buffer *text,
                                struct eg_error *err)
{
    EG_CLEANUP(builder_finish) struct builder builder = {.document = document};
    const char *const suffix = strrchr(file, '.');
    const bool json = suffix != NULL && strcmp(suffix, ".json") == 0;
    struct fy_diag_cfg diag_config;

    EG_TRY(eg_strdup(&document->file, file, err));
    document->text = *text;
    *text = (struct eg_buffer){0};
    EG_TRY(check_text(document, err));

    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    builder.diag = fy_diag_create(&diag_config);
    if (builder.diag == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "reading %s", file);
    fy_diag_set_collect_errors(builder.diag, true);
    builder.parser = fy_parser_create(
        &(struct fy_parse_cfg){.flags = json ? FYPCF_JSON_FORCE : FYPCF_JSON_NONE, .diag = builder.diag});
    if (builder.parser == NULL ||
        fy_parser_set_string(builder.parser, (const char *)document->text.data, document->text.size) != 0)
        return eg_error_set(err, EG_NO_MEMORY, "reading %s", file);
    return build_document(&builder, err);
}

void eg__document_finish(struct eg__document *document)
{
    for (size_t i = 0; i < document->node_count; i++) {
        struct eg__node *const node = document->nodes[i];
        for (size_t n = 0; node->kind == EG__MAP && n < node->count; n++)
            free(node->pairs[n].key);
        free(node->text);
        free(node->items);
        free(node->pairs);
        free(node);
    }
    free(document->nodes);
    free(document->file);
    eg_buffer_finish(&document->text);
    *document = (struct eg__document){0};
}
