/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The keys of a job file.
 *
 * Those below are owned by this folder; all others are options of stages and of the pipeline, found by their
 * path ("link.baud"), so that a new stage brings its keys without a change here.
 *
 * Not here: reading files to trees (document.c), where firmware comes from (firmware.c), what is checked of
 * it and made from it (regions.c).
 */

#include "jobs/job.h"

#include "engine/stages/stage.h"
#include "jobs/document.h"
#include "jobs/firmware.h"
#include "jobs/regions.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_VERSION "1"

/* A path of keys, and of what an unknown key may look like before it is cut. */
enum { PATH_TEXT = 200, NAME_MAX_SIZE = 200, TYPO_MAX = 2 };

/* In the order in which they are listed for people. */
enum own_key { KEY_FORMAT, KEY_JOB, KEY_VERSION, KEY_CHIP, KEY_FIRMWARE, KEY_MODE, KEY_FREQ, KEY_SIZE, KEYS };

static const char *const own_keys[KEYS] = {
    [KEY_FORMAT] = "espgang",  [KEY_JOB] = "job",           [KEY_VERSION] = "version",
    [KEY_CHIP] = "chip",       [KEY_FIRMWARE] = "firmware", [KEY_MODE] = "flash.mode",
    [KEY_FREQ] = "flash.freq", [KEY_SIZE] = "flash.size",
};

struct job {
    const struct eg__document *document;
    struct eg_plan *plan;
    const struct eg__node *own[KEYS]; /* NULL = not given */
};

/* The n-th key of all there are; NULL behind the last. */
static const char *key_at(const struct job *job, unsigned n)
{
    if (n < KEYS)
        return own_keys[n];
    return n - KEYS < job->plan->setting_count ? job->plan->settings[n - KEYS].option->key : NULL;
}

/* Edits that turn one word into the other, as far as they matter here. */
static unsigned distance(const char *left, const char *right)
{
    unsigned row[PATH_TEXT + 1];
    const size_t width = strlen(right);

    if (strlen(left) > PATH_TEXT || width > PATH_TEXT)
        return UINT_MAX;
    for (unsigned i = 0; i <= width; i++)
        row[i] = i;
    for (size_t at = 0; left[at] != '\0'; at++) {
        unsigned diagonal = row[0];
        row[0]++;
        for (size_t i = 1; i <= width; i++) {
            const unsigned above = row[i];
            const unsigned changed = diagonal + (left[at] != right[i - 1]);
            const unsigned shifted = (above < row[i - 1] ? above : row[i - 1]) + 1;
            row[i] = changed < shifted ? changed : shifted;
            diagonal = above;
        }
    }
    return row[width];
}

static void append(char *text, size_t size, const char *more, size_t more_size)
{
    const size_t used = strlen(text);
    const size_t room = size - used - 1;

    snprintf(text + used, room + 1, "%.*s", (int)(more_size < room ? more_size : room), more);
}

/* Keys that may stand under `prefix` ("" or "link."), each once: "baud, before, after". */
static void list_keys(const struct job *job, const char *prefix, char *text, size_t size)
{
    const size_t skip = strlen(prefix);
    const char *key;

    text[0] = '\0';
    for (unsigned n = 0; (key = key_at(job, n)) != NULL; n++) {
        const size_t length = strncmp(key, prefix, skip) == 0 ? strcspn(key + skip, ".") : 0;
        bool listed = length == 0;
        for (unsigned before = 0; before < n && !listed; before++)
            listed = strncmp(key_at(job, before), key, skip + length) == 0 &&
                     strcspn(key_at(job, before) + skip, ".") == length;
        if (listed)
            continue;
        if (text[0] != '\0')
            append(text, size, ", ", 2);
        append(text, size, key + skip, length);
    }
}

static enum eg_code refuse_unknown(const struct job *job, const struct eg__place *place, const char *prefix,
                                   const char *path, struct eg_error *err)
{
    char known[300];
    char nearest[PATH_TEXT] = "";
    unsigned least = TYPO_MAX + 1;
    const char *key;

    for (unsigned n = 0; (key = key_at(job, n)) != NULL; n++) {
        /* A map is as good as a key: "lnik" stands for "link". */
        char start[PATH_TEXT];
        const size_t skip = strncmp(key, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
        snprintf(start, sizeof start, "%.*s", (int)(skip + strcspn(key + skip, ".")), key);
        const unsigned whole = distance(path, key), part = distance(path, start);
        if (part < least || whole < least) {
            least = part < whole ? part : whole;
            snprintf(nearest, sizeof nearest, "%s", part < whole ? start : key);
        }
    }
    /* Half of a short word changed is another word. */
    if (nearest[0] != '\0' && 2 * least <= strlen(path + strlen(prefix)))
        return eg__refuse(place, err, "there is no key %.80s; did you mean %s", path, nearest);
    list_keys(job, prefix, known, sizeof known);
    return eg__refuse(place, err, "there is no key %.80s; known here are %s", path, known);
}

/* A list's numbers as one text, the form in which settings take them. */
static enum eg_code join(struct eg_buffer *text, const struct eg__node *list, const char *path,
                         struct eg_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        EG_TRY(eg__node_expect(list->items[i], EG__TEXT, path, err));
        if (i > 0)
            EG_TRY(eg_buffer_append(text, " ", 1, err));
        EG_TRY(eg_buffer_append(text, list->items[i]->text, strlen(list->items[i]->text), err));
    }
    return eg_buffer_append(text, "", 1, err);
}

static enum eg_code set(struct eg_setting *setting, const struct eg__node *node, const char *path,
                        struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer joined = {0};
    const bool list = setting->option->type == EG_OPTION_NUMBER_LIST && node->kind == EG__LIST;

    if (list)
        EG_TRY(join(&joined, node, path, err));
    else
        EG_TRY(eg__node_expect(node, EG__TEXT, path, err));
    const enum eg_code code = eg_setting_set(setting, list ? (const char *)joined.data : node->text, err);
    if (code == EG_BAD_JOB)
        return eg_error_prefix(err, "%s:%d:%d: ", node->place.file, node->place.line, node->place.column);
    return code;
}

static enum eg_code read_keys(struct job *job, const struct eg__node *map, const char *prefix,
                              struct eg_error *err)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct eg__pair *const pair = &map->pairs[i];
        char path[PATH_TEXT], inner[PATH_TEXT + 1];
        bool is_key = false, is_map = false;
        const int length = snprintf(path, sizeof path, "%s%s", prefix, pair->key);

        if (strchr(pair->key, '.') != NULL)
            return eg__refuse(&pair->place, err,
                              "key %.80s has a dot; write a mapping, such as link: {baud: 115200}",
                              pair->key);
        if (length < 0 || length >= (int)sizeof path)
            return refuse_unknown(job, &pair->place, prefix, path, err);
        snprintf(inner, sizeof inner, "%s.", path);
        for (unsigned k = 0; k < KEYS; k++) {
            if (strcmp(own_keys[k], path) != 0)
                continue;
            job->own[k] = pair->value;
            is_key = true;
        }
        struct eg_setting *const setting = eg_plan_setting(job->plan, path);
        if (setting != NULL)
            EG_TRY(set(setting, pair->value, path, err));
        if (is_key || setting != NULL)
            continue;
        for (unsigned n = 0; key_at(job, n) != NULL && !is_map; n++)
            is_map = strncmp(key_at(job, n), inner, strlen(inner)) == 0;
        if (!is_map)
            return refuse_unknown(job, &pair->place, prefix, path, err);
        EG_TRY(eg__node_expect(pair->value, EG__MAP, path, err));
        EG_TRY(read_keys(job, pair->value, inner, err));
    }
    return EG_OK;
}

/* First of all: a file of another format version would otherwise be answered with complaints about its keys.
 */
static enum eg_code check_format(const struct job *job, struct eg_error *err)
{
    const struct eg__node *const root = job->document->root;

    EG_TRY(eg__node_expect(root, EG__MAP, "the job", err));
    const struct eg__node *const format = eg__node_get(root, "espgang");
    if (format == NULL)
        return eg__refuse(&root->place, err, "the key espgang is missing; a job file says espgang: 1");
    EG_TRY(eg__node_expect(format, EG__TEXT, "espgang", err));
    if (strcmp(format->text, FORMAT_VERSION) != 0)
        return eg__refuse(&format->place, err,
                          "espgang is \"%.80s\"; this version of espgang reads job files of format 1",
                          format->text);
    return EG_OK;
}

static enum eg_code copy_name(char **copy, const struct job *job, enum own_key key, struct eg_error *err)
{
    const struct eg__node *const node = job->own[key];

    EG_TRY(eg__node_expect(node, EG__TEXT, own_keys[key], err));
    if (strlen(node->text) > NAME_MAX_SIZE)
        return eg__refuse(&node->place, err, "%s has %zu bytes, more than %d", own_keys[key],
                          strlen(node->text), NAME_MAX_SIZE);
    return eg_strdup(copy, node->text, err);
}

static enum eg_code find_target(const struct eg_target **target, const struct eg__word *chip,
                                struct eg_error *err)
{
    char names[300];

    *target = eg_target_by_name(chip->text);
    if (*target != NULL)
        return EG_OK;
    eg_target_names(names, sizeof names);
    return eg__refuse(&chip->place, err, "chip is \"%.80s\", not one of %s", chip->text, names);
}

static struct eg__word word_of(const struct eg__node *node)
{
    return (struct eg__word){node->text, node->place};
}

static enum eg_code choose_target(struct job *job, const struct eg__firmware *firmware, struct eg_error *err)
{
    const struct eg__node *const chip = job->own[KEY_CHIP];
    const struct eg_target *built_for = NULL;

    if (chip == NULL && firmware->chip.text == NULL)
        return eg__refuse(&job->document->root->place, err, "the key chip is missing");
    if (firmware->chip.text != NULL)
        EG_TRY(find_target(&built_for, &firmware->chip, err));
    job->plan->target = built_for;
    if (chip == NULL)
        return EG_OK;
    EG_TRY(eg__node_expect(chip, EG__TEXT, "chip", err));
    const struct eg__word word = word_of(chip);
    EG_TRY(find_target(&job->plan->target, &word, err));
    if (built_for != NULL && built_for != job->plan->target)
        return eg__refuse(&chip->place, err, "chip is %s, but %s:%d:%d is for %s", job->plan->target->name,
                          firmware->chip.place.file, firmware->chip.place.line, firmware->chip.place.column,
                          built_for->name);
    return EG_OK;
}

/* What the job says of a flash setting, else what the build says; text NULL = to be kept as it is. */
static enum eg_code flash_word(struct eg__word *word, const struct job *job, enum own_key key,
                               const struct eg__word *built, struct eg_error *err)
{
    *word = *built;
    if (job->own[key] != NULL) {
        EG_TRY(eg__node_expect(job->own[key], EG__TEXT, own_keys[key], err));
        *word = word_of(job->own[key]);
    }
    if (word->text != NULL && strcmp(word->text, "keep") == 0)
        word->text = NULL;
    return EG_OK;
}

static enum eg_code refuse_code(const struct eg__word *word, enum own_key key,
                                const struct eg_header_code *codes, struct eg_error *err)
{
    char names[300] = "keep";

    for (const struct eg_header_code *code = codes; code->name != NULL; code++) {
        append(names, sizeof names, ", ", 2);
        append(names, sizeof names, code->name, strlen(code->name));
    }
    return eg__refuse(&word->place, err, "%s is \"%.80s\", not one of %s", own_keys[key], word->text, names);
}

static enum eg_code read_flash(struct eg_flash_settings *settings, struct job *job,
                               const struct eg__firmware *firmware, struct eg_error *err)
{
    const struct eg_target *const target = job->plan->target;
    struct eg__word mode, freq, size;

    *settings = (struct eg_flash_settings){-1, -1, -1};
    EG_TRY(flash_word(&mode, job, KEY_MODE, &firmware->flash_mode, err));
    EG_TRY(flash_word(&freq, job, KEY_FREQ, &firmware->flash_freq, err));
    EG_TRY(flash_word(&size, job, KEY_SIZE, &firmware->flash_size, err));
    if (mode.text != NULL && (settings->mode = eg_flash_mode_code(mode.text)) < 0)
        return eg__refuse(&mode.place, err, "flash.mode is \"%.80s\", not one of keep, qio, qout, dio, dout",
                          mode.text);
    if (freq.text != NULL && (settings->freq = eg_header_code(target->flash_freqs, freq.text)) < 0)
        return refuse_code(&freq, KEY_FREQ, target->flash_freqs, err);
    if (size.text == NULL)
        return EG_OK;
    if (strcmp(size.text, "detect") == 0) {
        if (job->own[KEY_SIZE] == NULL)
            return EG_OK;
        return eg__refuse(&size.place, err,
                          "flash.size is detect, but one image serves all boards; give a size such as 4MB");
    }
    settings->size = eg_header_code(target->flash_sizes, size.text);
    if (settings->size < 0)
        return refuse_code(&size, KEY_SIZE, target->flash_sizes, err);

    /* "2MB-c1" is 2 MB with another layout. */
    char digits[PATH_TEXT];
    uint64_t declared;
    snprintf(digits, sizeof digits, "%.*s", (int)strcspn(size.text, "-"), size.text);
    if (!eg_number_parse(digits, &declared))
        return eg_error_set(err, EG_INTERNAL, "flash size %s of %s is no number", size.text, target->name);
    job->plan->declared_flash_size = (uint32_t)declared;
    return EG_OK;
}

/* A mode that the job asks for and that reaches no board would be a silent surprise. */
static enum eg_code check_settings_used(const struct job *job, const struct eg_flash_settings *settings,
                                        struct eg_error *err)
{
    const struct eg_plan *const plan = job->plan;
    const enum own_key key = job->own[KEY_MODE] != NULL ? KEY_MODE : KEY_FREQ;

    if (job->own[key] == NULL || (key == KEY_MODE ? settings->mode : settings->freq) < 0)
        return EG_OK;
    for (unsigned i = 0; i < plan->region_count; i++)
        if (plan->regions[i].flash_addr == plan->target->bootloader_addr && plan->regions[i].is_image)
            return EG_OK;
    return eg__refuse(&job->own[key]->place, err,
                      "%s is set in the bootloader, but no bootloader goes to 0x%08lx", own_keys[key],
                      (unsigned long)plan->target->bootloader_addr);
}

static enum eg_code make_plan(struct job *job, struct eg_error *err)
{
    EG_CLEANUP(eg__firmware_finish) struct eg__firmware firmware = {.job_chip = job->own[KEY_CHIP]};
    const struct eg__place *const root = &job->document->root->place;
    struct eg_plan *const plan = job->plan;
    struct eg_flash_settings settings;

    if (job->own[KEY_JOB] == NULL)
        return eg__refuse(root, err, "the key job, the name of the job, is missing");
    EG_TRY(copy_name(&plan->job_name, job, KEY_JOB, err));
    if (job->own[KEY_VERSION] != NULL)
        EG_TRY(copy_name(&plan->job_version, job, KEY_VERSION, err));
    else
        EG_TRY(eg_strdup(&plan->job_version, "", err));
    EG_TRY(eg_strdup(&plan->job_path, job->document->file, err));
    EG_TRY(eg_buffer_append(&plan->job_text, job->document->text.data, job->document->text.size, err));
    EG_TRY(eg_sha256(plan->job_sha256, plan->job_text.data, plan->job_text.size, err));
    if (job->own[KEY_FIRMWARE] == NULL)
        return eg__refuse(root, err, "the key firmware is missing");
    EG_TRY(eg__firmware_read(&firmware, job->own[KEY_FIRMWARE], plan->job_path, err));
    EG_TRY(choose_target(job, &firmware, err));
    EG_TRY(read_flash(&settings, job, &firmware, err));
    EG_TRY(eg__regions_make(plan, &firmware, &settings, err));
    return check_settings_used(job, &settings, err);
}

/* What only a stage knows to be impossible. The stages know no file, so the whole job is the place. */
static enum eg_code check_by_stages(const struct job *job, struct eg_error *err)
{
    for (const struct eg_stage *const *stage = eg_stages; *stage != NULL; stage++) {
        if ((*stage)->check != NULL && (*stage)->check(job->plan, err) != EG_OK)
            return eg_error_prefix(err, "%s:%d:%d: ", job->document->file, job->document->root->place.line,
                                   job->document->root->place.column);
    }
    return EG_OK;
}

enum eg_code eg_job_load(struct eg_plan **plan, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg__document_finish) struct eg__document document = {0};
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *made = NULL;

    EG_TRY(eg__document_read(&document, path, err));
    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    EG_TRY(eg_plan_init_settings(made, err));
    struct job job = {.document = &document, .plan = made};
    EG_TRY(check_format(&job, err));
    EG_TRY(read_keys(&job, document.root, "", err));
    EG_TRY(make_plan(&job, err));
    EG_TRY(check_by_stages(&job, err));
    *plan = made;
    made = NULL;
    return EG_OK;
}
