/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The form of a job in a bundle. The job file's own words stay, except what depends on other files: the
 * firmware becomes one file for each region, as it was built; flash settings of the build become keys of the
 * job; the files of options become members.
 */

#include "jobs/freeze.h"

#include "engine/image/compress.h"
#include "jobs/keys.h"
#include "jobs/stream_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Longest frozen job: aliases may make a short file long. */
#define TEXT_MAX ((long)EG__DOCUMENT_SIZE_MAX)

/* Characters of a member's name; others are replaced. */
#define NAME_LETTERS EG__PLAIN_LETTERS "-./_"

enum { PATH_TEXT = 200, NAME_TEXT = 99, BASE_MAX = 60 };

struct freezer {
    struct eg__bundle *bundle;
    const struct eg_plan *plan;
    FILE *out;
};

static enum eg_code put_node(const struct freezer *freezer, const struct eg__node *node,
                             struct eg_error *err);

/* espgang reads every scalar as text, so only words that are YAML syntax need quotes. */
static bool is_plain(const char *text)
{
    return text[0] != '\0' && strcspn(text, EG__PLAIN_LETTERS) == 0 &&
           text[strspn(text, EG__PLAIN_LETTERS "-./_+")] == '\0';
}

void eg__put_quoted(FILE *out, const char *text)
{
    putc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            putc('\\', out);
        putc(*at, out);
    }
    putc('"', out);
}

static void put_text(FILE *out, const char *text)
{
    if (is_plain(text))
        fputs(text, out);
    else
        eg__put_quoted(out, text);
}

static enum eg_code check_length(const struct freezer *freezer, const struct eg__node *node,
                                 struct eg_error *err)
{
    if (ftell(freezer->out) > TEXT_MAX)
        return eg__refuse(&node->place, err, "frozen, the job has more than %ld bytes", TEXT_MAX);
    return EG_OK;
}

/* Add a member whose data are set. */
static enum eg_code finish_member(struct eg__member *member, struct eg_error *err)
{
    member->size = member->data.size;
    EG_TRY(eg_buffer_append(&member->data, "", 1, err));
    member->data.size--;
    return eg_sha256(member->sha256, member->data.data, member->size, err);
}

static enum eg_code add_member(const struct freezer *freezer, const char *name, const void *data, size_t size,
                               struct eg_error *err)
{
    struct eg__bundle *const bundle = freezer->bundle;
    struct eg__member *const more = realloc(bundle->members, (bundle->count + 1) * sizeof *more);

    if (more == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "%u files of a bundle", bundle->count + 1);
    bundle->members = more;
    struct eg__member *const member = &more[bundle->count];
    *member = (struct eg__member){.name = NULL};
    EG_TRY(eg_strdup(&member->name, name, err));
    bundle->count++;
    EG_TRY(eg_buffer_append(&member->data, data, size, err));
    return finish_member(member, err);
}

/* Add a file under a name that is made of its place in the bundle and its own name. */
static enum eg_code add_named(char name[NAME_TEXT + 1], const struct freezer *freezer, const char *folder,
                              const char *file, const char *suffix, const void *data, size_t size,
                              struct eg_error *err)
{
    const char *const slash = strrchr(file, '/');
    const char *const base = slash != NULL ? slash + 1 : file;

    snprintf(name, NAME_TEXT + 1, "%s/%02u-%.*s%s", folder, freezer->bundle->count - 1, BASE_MAX, base,
             suffix);
    for (char *at = name + strspn(name, NAME_LETTERS); *at != '\0'; at += strspn(at, NAME_LETTERS))
        *at = '_';
    return add_member(freezer, name, data, size, err);
}

static enum eg_code put_file(const struct freezer *freezer, const char *file, const struct eg_buffer *content,
                             struct eg_error *err)
{
    char name[NAME_TEXT + 1];

    EG_TRY(add_named(name, freezer, "files", file, "", content->data, content->size, err));
    put_text(freezer->out, name);
    return EG_OK;
}

static enum eg_code put_files(const struct freezer *freezer, const struct eg_setting *setting,
                              struct eg_error *err)
{
    putc('[', freezer->out);
    for (unsigned i = 0; i < setting->item_count; i++) {
        fputs(i == 0 ? "" : ", ", freezer->out);
        EG_TRY(put_file(freezer, setting->items[i].text, &setting->items[i].content, err));
    }
    putc(']', freezer->out);
    return EG_OK;
}

/* The first word of a program is a file if it has a slash; otherwise the station has the program. */
static enum eg_code put_program(const struct freezer *freezer, const struct eg_setting *setting,
                                const struct eg__node *node, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer content = {0};
    const struct eg__node *const program = node->kind == EG__LIST ? node->items[0] : node;

    if (strchr(program->text, '/') == NULL)
        return put_node(freezer, node, err);
    if (eg__file_read(&content, &program->place, setting->items[0].text, EG__OPTION_FILE_MAX, err) != EG_OK)
        return eg_error_prefix(err, "%s:%d:%d: ", program->place.file, program->place.line,
                               program->place.column);
    putc('[', freezer->out);
    EG_TRY(put_file(freezer, program->text, &content, err));
    for (size_t i = 1; node->kind == EG__LIST && i < node->count; i++) {
        fputs(", ", freezer->out);
        EG_TRY(put_node(freezer, node->items[i], err));
    }
    putc(']', freezer->out);
    return EG_OK;
}

static enum eg_code put_setting(const struct freezer *freezer, const struct eg_setting *setting,
                                const struct eg__node *node, struct eg_error *err);

static enum eg_code put_group(const struct freezer *freezer, const struct eg_setting_group *group,
                              const struct eg__node *map, struct eg_error *err)
{
    putc('{', freezer->out);
    for (size_t i = 0; i < map->count; i++) {
        const struct eg__pair *const pair = &map->pairs[i];
        fputs(i == 0 ? "" : ", ", freezer->out);
        put_text(freezer->out, pair->key);
        fputs(": ", freezer->out);
        EG_TRY(put_setting(freezer, eg_group_setting(group, pair->key), pair->value, err));
    }
    putc('}', freezer->out);
    return EG_OK;
}

static enum eg_code put_groups(const struct freezer *freezer, const struct eg_setting *setting,
                               const struct eg__node *node, struct eg_error *err)
{
    if (node->kind != EG__LIST)
        return put_group(freezer, &setting->groups[0], node, err);
    putc('[', freezer->out);
    for (unsigned i = 0; i < setting->group_count; i++) {
        fputs(i == 0 ? "" : ", ", freezer->out);
        EG_TRY(put_group(freezer, &setting->groups[i], node->items[i], err));
    }
    putc(']', freezer->out);
    return EG_OK;
}

/* A station has its own keys. */
static enum eg_code put_secret(const struct freezer *freezer, const struct eg_setting *setting,
                               const struct eg__node *node, struct eg_error *err)
{
    if (node->text[0] == '/')
        return put_node(freezer, node, err);
    return eg__refuse(
        &node->place, err,
        "%s is a secret, which no bundle takes along: give the absolute path that it has on the "
        "stations",
        setting->option->key);
}

static enum eg_code put_setting(const struct freezer *freezer, const struct eg_setting *setting,
                                const struct eg__node *node, struct eg_error *err)
{
    switch (setting->option->type) {
    case EG_OPTION_FILE:
        return put_file(freezer, node->text, &setting->content, err);
    case EG_OPTION_FILE_LIST:
        return put_files(freezer, setting, err);
    case EG_OPTION_SECRET_FILE:
        return put_secret(freezer, setting, node, err);
    case EG_OPTION_PROGRAM:
        return put_program(freezer, setting, node, err);
    case EG_OPTION_GROUPS:
        return put_groups(freezer, setting, node, err);
    case EG_OPTION_TEXT:
    case EG_OPTION_CHOICE:
    case EG_OPTION_NUMBER:
    case EG_OPTION_NUMBER_LIST:
    case EG_OPTION_DURATION:
    case EG_OPTION_TEXT_LIST:
    case EG_OPTION_MAP:
        return put_node(freezer, node, err);
    }
    abort();
}

static enum eg_code put_node(const struct freezer *freezer, const struct eg__node *node, struct eg_error *err)
{
    const bool list = node->kind == EG__LIST;

    EG_TRY(check_length(freezer, node, err));
    if (node->kind == EG__TEXT) {
        put_text(freezer->out, node->text);
        return EG_OK;
    }
    putc(list ? '[' : '{', freezer->out);
    for (size_t i = 0; i < node->count; i++) {
        fputs(i == 0 ? "" : ", ", freezer->out);
        if (!list) {
            put_text(freezer->out, node->pairs[i].key);
            fputs(": ", freezer->out);
        }
        EG_TRY(put_node(freezer, list ? node->items[i] : node->pairs[i].value, err));
    }
    putc(list ? ']' : '}', freezer->out);
    return EG_OK;
}

/* The keys that are written from the plan. */
static bool is_own(const char *path)
{
    for (unsigned k = 0; k < EG__KEYS; k++)
        if (strcmp(eg__own_options[k].key, path) == 0)
            return true;
    return false;
}

/* Write the keys of options in a mapping; the keys of this folder come from the plan. */
static enum eg_code put_keys(const struct freezer *freezer, const struct eg__node *map, const char *prefix,
                             unsigned depth, struct eg_error *err)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct eg__pair *const pair = &map->pairs[i];
        char path[PATH_TEXT], inner[PATH_TEXT + 1];
        snprintf(path, sizeof path, "%s%s", prefix, pair->key);
        if (is_own(path))
            continue;
        EG_TRY(check_length(freezer, pair->value, err));
        const struct eg_setting *setting = eg_plan_setting(freezer->plan, path);
        if (setting != NULL && eg__keys_nest(setting, pair->value))
            setting = NULL;
        snprintf(inner, sizeof inner, "%s.", path);
        if (setting == NULL && strcmp(inner, "flash.") == 0)
            continue;
        fprintf(freezer->out, "%*s", (int)(2 * depth), "");
        put_text(freezer->out, pair->key);
        putc(':', freezer->out);
        if (setting == NULL) {
            putc('\n', freezer->out);
            EG_TRY(put_keys(freezer, pair->value, inner, depth + 1, err));
            continue;
        }
        putc(' ', freezer->out);
        EG_TRY(put_setting(freezer, setting, pair->value, err));
        putc('\n', freezer->out);
    }
    return EG_OK;
}

/* Return whether there is a header that can take mode and frequency. */
static bool has_bootloader(const struct eg_plan *plan)
{
    for (unsigned i = 0; i < plan->region_count; i++)
        if (plan->regions[i].flash_addr == plan->target->bootloader_addr && plan->regions[i].is_image)
            return true;
    return false;
}

/* Write the flash settings of job and build; whether they change a bootloader's header is decided for each
 * board.
 */
static enum eg_code put_flash(const struct freezer *freezer, const struct eg__node *root,
                              struct eg_error *err)
{
    const struct eg_plan *const plan = freezer->plan;
    const struct eg__node *const flash = eg__node_get(root, "flash");
    const bool header = has_bootloader(plan);
    const char *const words[][2] = {
        {"mode", header ? eg_flash_mode_name(plan->header.mode) : NULL},
        {"freq", header ? eg_header_name(plan->target->flash_freqs, plan->header.freq) : NULL},
        {"size", eg_header_name(plan->target->flash_sizes, plan->header.size)},
    };
    bool any = false;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (words[i][1] == NULL)
            continue;
        fprintf(freezer->out, "%s  %s: %s\n", any ? "" : "flash:\n", words[i][0], words[i][1]);
        any = true;
    }
    if (!any && flash != NULL)
        fputs("flash:\n  size: keep\n", freezer->out);
    return flash != NULL ? put_keys(freezer, flash, "flash.", 1, err) : EG_OK;
}

static enum eg_code put_firmware(const struct freezer *freezer, struct eg_error *err)
{
    fputs("firmware:\n", freezer->out);
    for (unsigned i = 0; i < freezer->plan->region_count; i++) {
        const struct eg_region *const patched = &freezer->plan->regions[i];
        const struct eg_region *const region = patched->as_built != NULL ? patched->as_built : patched;
        char name[NAME_TEXT + 1];
        const size_t length = strlen(region->name);
        const bool bin = length > 4 && strcmp(region->name + length - 4, ".bin") == 0;
        EG_TRY(add_named(name, freezer, "images", region->name, bin ? "" : ".bin", region->data.data,
                         region->file_size, err));
        fputs("  - {name: ", freezer->out);
        put_text(freezer->out, region->name);
        fprintf(freezer->out, ", at: 0x%lx, file: %s}\n", (unsigned long)region->flash_addr, name);
    }
    return EG_OK;
}

/* Add the stream of a region, compressed anew: what is in a bundle depends on the job alone. */
static enum eg_code put_stream(const struct freezer *freezer, const struct eg_region *region,
                               struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer zlib = {0};
    char name[EG__STREAM_NAME], path[NAME_TEXT + 1];

    eg__stream_name(name, region);
    snprintf(path, sizeof path, EG__BUNDLE_STREAMS "%s", name);
    for (unsigned i = 0; i < freezer->bundle->count; i++)
        if (strcmp(freezer->bundle->members[i].name, path) == 0)
            return EG_OK;
    EG_TRY(eg_compress(&zlib, region->data.data, region->data.size, err));
    return zlib.size < region->data.size ? add_member(freezer, path, zlib.data, zlib.size, err) : EG_OK;
}

static enum eg_code put_streams(const struct freezer *freezer, struct eg_error *err)
{
    for (unsigned i = 0; i < freezer->plan->region_count; i++) {
        const struct eg_region *const region = &freezer->plan->regions[i];
        EG_TRY(put_stream(freezer, region, err));
        if (region->as_built != NULL)
            EG_TRY(put_stream(freezer, region->as_built, err));
    }
    return EG_OK;
}

static enum eg_code put_job(const struct freezer *freezer, const struct eg__document *document,
                            struct eg_error *err)
{
    const struct eg_plan *const plan = freezer->plan;

    fputs("espgang: 1\njob: ", freezer->out);
    put_text(freezer->out, plan->job_name);
    if (plan->job_version[0] != '\0') {
        fputs("\nversion: ", freezer->out);
        put_text(freezer->out, plan->job_version);
    }
    fprintf(freezer->out, "\nchip: %s\n", plan->target->name);
    EG_TRY(put_firmware(freezer, err));
    EG_TRY(put_flash(freezer, document->root, err));
    EG_TRY(put_keys(freezer, document->root, "", 0, err));
    return put_streams(freezer, err);
}

/* Put the digests of all other members before the job; they are known only now. */
static enum eg_code finish_job(struct eg__bundle *bundle, const char *text, size_t size, struct eg_error *err)
{
    static const char title[] = "# A job frozen by espgang. SHA-256 of its files:\n";
    struct eg__member *const job = &bundle->members[0];

    EG_TRY(eg_buffer_append(&job->data, title, sizeof title - 1, err));
    for (unsigned i = 1; i < bundle->count; i++) {
        char pin[EG__PIN_TEXT];
        eg__member_pin(pin, &bundle->members[i]);
        EG_TRY(eg_buffer_append(&job->data, pin, strlen(pin), err));
    }
    EG_TRY(eg_buffer_append(&job->data, text, size, err));
    return finish_member(job, err);
}

static void close_cleanup(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

enum eg_code eg__freeze(struct eg__bundle *bundle, const struct eg__document *document,
                        const struct eg_plan *plan, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    size_t size = 0;
    EG_CLEANUP(close_cleanup) FILE *out = open_memstream(&text, &size);
    const struct freezer freezer = {bundle, plan, out};

    if (out == NULL)
        return eg_error_errno(err, EG_NO_MEMORY, errno, "freezing %s", document->file);
    EG_TRY(eg_alloc(&bundle->members, 1, sizeof *bundle->members, err));
    EG_TRY(eg_strdup(&bundle->members[0].name, EG__BUNDLE_JOB, err));
    bundle->count = 1;
    EG_TRY(put_job(&freezer, document, err));
    if (fflush(out) != 0 || ferror(out))
        return eg_error_set(err, EG_NO_MEMORY, "freezing %s", document->file);
    return finish_job(bundle, text, size, err);
}
