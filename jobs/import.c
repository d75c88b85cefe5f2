/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Make job files from builds.
 *
 * The regions are those of `firmware.from`, with the same readers and checks, so that an error names the
 * place in the build's own file.
 */

#include "jobs/import.h"

#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/image/inspect.h"
#include "engine/plan/plan.h"
#include "jobs/builds.h"
#include "jobs/regions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_SIZE_MAX ((size_t)64 << 20)

/* Everything that must be known before the first line is written. */
struct making {
    const struct eg_import *wanted;
    char *source; /* the file itself */
    char *folder; /* of the job, absolute */
    struct eg__node chip;
    struct eg__firmware firmware;
    struct eg_plan *plan;
    char chip_from[200]; /* for people */
    char app_name[33], app_version[33];
    FILE *out; /* to `text` */
    char *text;
    size_t size;
};

static void making_finish(struct making *making)
{
    free(making->source);
    free(making->folder);
    eg__firmware_finish(&making->firmware);
    eg_plan_destroy(making->plan);
    free(making->chip.text);
    if (making->out != NULL)
        fclose(making->out);
    free(making->text);
}

static const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool is_clean(const char *text)
{
    struct eg_error ignored;

    return eg_text_check(text, strlen(text), &ignored) == EG_OK;
}

/* ---- The source ---- */

/* Read a build's file or folder, or one merged file. */
static enum eg_code read_source(struct making *making, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg__firmware *const firmware = &making->firmware;
    bool is_build;

    if (making->wanted->chip != NULL) {
        EG_TRY(eg_strdup(&making->chip.text, making->wanted->chip, err));
        firmware->job_chip = &making->chip;
    }
    EG_TRY(eg_strdup(&making->source, making->wanted->source, err));
    enum eg_code code = eg__build_read(firmware, making->source, &is_build, err);
    if (code == EG_OK && !is_build)
        code = eg_file_read(&file, making->source, FILE_SIZE_MAX, err);
    if (code == EG_IO)
        err->code = EG_BAD_ARGUMENT; /* the caller named the source, so the mistake is in an argument */
    EG_TRY(code == EG_OK ? EG_OK : err->code);
    if (is_build) { /* for a folder: the file in it */
        free(making->source);
        making->source = NULL;
        return eg_strdup(&making->source, firmware->build.file, err);
    }
    EG_TRY(eg_alloc(&firmware->entries, 1, sizeof *firmware->entries, err));
    firmware->count = 1;
    firmware->entries[0].at = EG__AT_FILE;
    firmware->entries[0].file_place = firmware->entries[0].addr_place =
        (struct eg__place){making->source, 0, 0, NULL};
    return eg__entry_set_file(&firmware->entries[0], NULL, making->source, base_name(making->source), err);
}

/* ---- The chip ---- */

static enum eg_code find_target(struct making *making, const struct eg_target **target, struct eg_error *err)
{
    const struct eg__firmware *const firmware = &making->firmware;
    const struct eg__word *const said = &firmware->chip;
    const struct eg_target *built_for = NULL;
    char names[300];

    eg_target_names(names, sizeof names);
    if (said->text != NULL) {
        built_for = eg_target_by_name(said->text);
        if (built_for == NULL)
            return eg__refuse(&said->place, err, "chip is \"%.80s\", not one of %s", said->text, names);
        if (said->place.line > 0)
            snprintf(making->chip_from, sizeof making->chip_from, "line %d of %.150s", said->place.line,
                     base_name(said->place.file));
        else
            snprintf(making->chip_from, sizeof making->chip_from, "as %.150s says",
                     base_name(said->place.file));
    }
    *target = built_for;
    if (making->wanted->chip != NULL) {
        *target = eg_target_by_name(making->wanted->chip);
        if (built_for != NULL && *target != built_for)
            return eg__refuse(&said->place, err, "this is for %s, not for %s", built_for->name,
                              (*target)->name);
        if (built_for == NULL)
            snprintf(making->chip_from, sizeof making->chip_from, "as it was said to espgang import");
    }
    for (unsigned i = 0; i < firmware->count && *target == NULL; i++) {
        *target = eg__chip_of_file(firmware->entries[i].path, firmware->entries[i].at == EG__AT_FILE);
        snprintf(making->chip_from, sizeof making->chip_from, "as %.150s says", firmware->entries[i].name);
    }
    if (*target == NULL)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s: nothing in it says which chip it is for; say it with --chip, one of %s",
                            making->source, names);
    return EG_OK;
}

/* ---- What will be written ---- */

static void find_application(struct making *making)
{
    struct eg_image_details details;
    struct eg_error ignored;

    for (unsigned i = 0; i < making->plan->region_count; i++) {
        const struct eg_buffer *const data = &making->plan->regions[i].data;
        if (eg_image_inspect(&details, making->plan->target, data->data, data->size, &ignored) != EG_OK ||
            !details.has_app)
            continue;
        if (is_clean(details.app.project))
            strcpy(making->app_name, details.app.project);
        if (is_clean(details.app.version))
            strcpy(making->app_version, details.app.version);
        return;
    }
}

/* The checks here need only the size, which is known now. */
static enum eg_code check_settings(const struct making *making, struct eg_error *err)
{
    const struct eg__firmware *const firmware = &making->firmware;
    const struct eg__word *const words[] = {&firmware->flash_mode, &firmware->flash_freq,
                                            &firmware->flash_size};
    struct eg_plan *const plan = making->plan;
    struct eg_flash_settings ignored;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *const text = words[i]->text;
        if (text == NULL || strcmp(text, "keep") == 0 || (i == 2 && strcmp(text, "detect") == 0))
            continue;
        enum eg_code code = eg_flash_settings_parse(&ignored, plan->target, i == 0 ? text : NULL,
                                                    i == 1 ? text : NULL, i == 2 ? text : NULL, err);
        if (code == EG_OK && i == 2)
            code = eg_size_parse(&plan->declared_flash_size, text, err);
        if (code != EG_OK)
            return eg__prefix_place(&words[i]->place, err);
    }
    return EG_OK;
}

static enum eg_code make_plan(struct making *making, struct eg_error *err)
{

    EG_TRY(eg_alloc(&making->plan, 1, sizeof *making->plan, err));
    making->plan->header = (struct eg_flash_settings){-1, -1, -1};
    EG_TRY(find_target(making, &making->plan->target, err));
    EG_TRY(check_settings(making, err));
    EG_TRY(eg__regions_make(making->plan, &making->firmware, err));
    find_application(making);
    return EG_OK;
}

static bool has_bootloader(const struct eg_plan *plan)
{
    for (unsigned i = 0; i < plan->region_count; i++)
        if (plan->regions[i].flash_addr == plan->target->bootloader_addr && plan->regions[i].is_image)
            return true;
    return false;
}

/* ---- Paths ---- */

static enum eg_code real_folder(char **folder, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *copy = NULL;
    char *slash;

    EG_TRY(eg_strdup(&copy, path, err));
    slash = strrchr(copy, '/');
    if (slash != NULL)
        slash[slash == copy ? 1 : 0] = '\0';
    *folder = realpath(slash != NULL ? copy : ".", NULL);
    return *folder != NULL ? EG_OK : eg_error_errno(err, EG_IO, errno, "%s", slash != NULL ? copy : ".");
}

/* Return `path` relative to the job's folder. */
static enum eg_code relative(struct eg_buffer *text, const struct making *making, const char *path,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *folder = NULL;
    const char *from = making->folder, *to;
    size_t same = 0;

    EG_TRY(real_folder(&folder, path, err));
    to = folder;
    for (size_t i = 0;; i++) {
        if ((from[i] == '/' || from[i] == '\0') && (to[i] == '/' || to[i] == '\0'))
            same = i;
        if (from[i] != to[i] || from[i] == '\0')
            break;
    }
    for (from += same; *from != '\0'; from++)
        if (*from == '/' && from[1] != '\0')
            EG_TRY(eg_buffer_append(text, "../", 3, err));
    for (to += same; *to == '/'; to++) {
    }
    if (*to != '\0') {
        EG_TRY(eg_buffer_append(text, to, strlen(to), err));
        EG_TRY(eg_buffer_append(text, "/", 1, err));
    }
    EG_TRY(eg_buffer_append(text, base_name(path), strlen(base_name(path)) + 1, err));
    if (!is_clean((const char *)text->data))
        return eg_error_set(err, EG_BAD_JOB, "%s: the name is no text, so no job file can name it", path);
    return EG_OK;
}

/* ---- The text ---- */

/* Write a scalar, in quotes if it could be read differently. */
static void put_scalar(FILE *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+@";

    if (text[0] != '\0' && strchr("-+@", text[0]) == NULL && text[strspn(text, plain)] == '\0') {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static enum eg_code put_path(const struct making *making, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};

    EG_TRY(relative(&text, making, path, err));
    put_scalar(making->out, (const char *)text.data);
    return EG_OK;
}

static enum eg_code put_head(const struct making *making, struct eg_error *err)
{
    const struct eg__firmware *const firmware = &making->firmware;
    const char *const source = base_name(making->source);
    const char *const version =
        firmware->build_version.text != NULL ? firmware->build_version.text : making->app_version;
    char stem[256];

    snprintf(stem, sizeof stem, "%.*s",
             (int)(strrchr(source, '.') > source ? strrchr(source, '.') - source : (long)strlen(source)),
             source);
    const char *const name = making->wanted->name != NULL        ? making->wanted->name
                             : firmware->build_name.text != NULL ? firmware->build_name.text
                             : making->app_name[0] != '\0'       ? making->app_name
                                                                 : stem;

    fputs("# Made by espgang import from ", making->out);
    EG_TRY(put_path(making, making->source, err));
    if (firmware->build_kind != NULL)
        fprintf(making->out, ", %s", firmware->build_kind);
    fputs(
        ".\n# Paths are relative to this file. What it will do is shown by espgang check.\nespgang: 1\njob: ",
        making->out);
    put_scalar(making->out, name);
    if (version[0] != '\0') {
        fputs("\nversion: ", making->out);
        put_scalar(making->out, version);
        fprintf(making->out, " # as %s says",
                firmware->build_version.text != NULL ? base_name(firmware->build.file) : "the application");
    }
    fprintf(making->out, "\nchip: %s # %s\n\n", making->plan->target->name, making->chip_from);
    return EG_OK;
}

static enum eg_code put_entry(const struct making *making, const struct eg__entry *entry,
                              struct eg_error *err)
{
    FILE *const out = making->out;

    if (entry->at == EG__AT_ADDR) {
        if (entry->addr_place.line > 0)
            fprintf(out, "  # line %d of %s\n", entry->addr_place.line, base_name(entry->addr_place.file));
        fputs("  - {", out);
        if (strcmp(entry->name, base_name(entry->path)) != 0) {
            fputs("name: ", out);
            put_scalar(out, entry->name);
            fputs(", ", out);
        }
        fprintf(out, "at: 0x%llx, file: ", (unsigned long long)entry->flash_addr);
    } else {
        for (unsigned i = 0; i < making->plan->region_count; i++)
            fprintf(out, "  # says itself where it goes: %zu bytes at 0x%lx\n",
                    making->plan->regions[i].data.size, (unsigned long)making->plan->regions[i].flash_addr);
        fputs("  - {file: ", out);
    }
    EG_TRY(put_path(making, entry->path, err));
    fputs("}\n", out);
    return EG_OK;
}

static int by_addr(const void *left, const void *right)
{
    const struct eg__entry *const a = left, *const b = right;

    return (a->flash_addr > b->flash_addr) - (a->flash_addr < b->flash_addr);
}

/* Write a key of `flash` and the reason for its value. */
static void put_setting(const struct making *making, const char *key, const struct eg__word *word)
{
    const struct eg_target *const target = making->plan->target;
    const bool size = strcmp(key, "size") == 0;
    FILE *const out = making->out;

    fprintf(out, "  %s: ", key);
    if (word->text == NULL) {
        fputs("keep # nobody says it, so it stays as it was built\n", out);
        return;
    }
    if (size && strcmp(word->text, "detect") == 0) {
        fputs("keep # the build says detect, but one job serves all boards;", out);
    } else if (!size && strcmp(word->text, "keep") != 0 && !has_bootloader(making->plan)) {
        fprintf(out, "keep # the build says %s, but no bootloader goes to 0x%lx;", word->text,
                (unsigned long)target->bootloader_addr);
    } else {
        put_scalar(out, word->text);
        fputs(" #", out);
    }
    fprintf(out, " line %d of %s\n", word->place.line, base_name(word->place.file));
}

static void put_unused(const struct making *making)
{
    const struct eg__firmware *const firmware = &making->firmware;

    if (firmware->unused_count == 0)
        return;
    fputs("\n# The build says this, too. A job does not take it over, for it is a matter of the place where "
          "boards\n"
          "# are programmed; see the keys link.baud, link.before, link.after and link.stub.\n",
          making->out);
    for (unsigned i = 0; i < firmware->unused_count; i++)
        fprintf(making->out, "#   %s: %s\n", firmware->unused[i].key, firmware->unused[i].value);
}

static enum eg_code put_job(const struct making *making, struct eg_error *err)
{
    const struct eg__firmware *const firmware = &making->firmware;

    EG_TRY(put_head(making, err));
    qsort(firmware->entries, firmware->count, sizeof *firmware->entries, by_addr);
    if (firmware->build_note != NULL)
        fprintf(making->out, "# %s\n", firmware->build_note);
    fputs("firmware:\n", making->out);
    for (unsigned i = 0; i < firmware->count; i++)
        EG_TRY(put_entry(making, &firmware->entries[i], err));
    fputs("\n# Set in the header of the bootloader.\nflash:\n", making->out);
    put_setting(making, "mode", &firmware->flash_mode);
    put_setting(making, "freq", &firmware->flash_freq);
    put_setting(making, "size", &firmware->flash_size);
    put_unused(making);
    return EG_OK;
}

enum eg_code eg_import(struct eg_buffer *text, const struct eg_import *wanted, struct eg_error *err)
{
    EG_CLEANUP(making_finish) struct making making = {.wanted = wanted};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer whole = {0};
    char names[300];

    eg_target_names(names, sizeof names);
    if (wanted->chip != NULL && eg_target_by_name(wanted->chip) == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "chip \"%.60s\" is none of %s", wanted->chip, names);
    EG_TRY(real_folder(&making.folder, wanted->job_path, err));
    EG_TRY(read_source(&making, err));
    EG_TRY(make_plan(&making, err));
    making.out = open_memstream(&making.text, &making.size);
    if (making.out != NULL)
        EG_TRY(put_job(&making, err));
    if (making.out == NULL || fflush(making.out) != 0 || ferror(making.out))
        return eg_error_set(err, EG_NO_MEMORY, "the text of %s", wanted->job_path);
    EG_TRY(eg_buffer_append(&whole, making.text, making.size, err));
    eg_buffer_finish(text);
    *text = whole;
    whole = (struct eg_buffer){0};
    return EG_OK;
}
