/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Turn a job file into a plan.
 *
 * Not here: telling job files from bundles (bundle.c), the keys (keys.c), reading files into trees
 * (document.c), finding firmware (firmware.c), checking and preparing it (regions.c).
 */

#include "jobs/job_internal.h"

#include "engine/plan/pipeline.h"
#include "jobs/firmware.h"
#include "jobs/keys.h"
#include "jobs/regions.h"

#include <stdio.h>
#include <string.h>

#define FORMAT_VERSION "1"

/* Longest name of a job, and longest word in a sentence. */
enum { NAME_MAX_SIZE = 200, WORD_TEXT = 200 };

struct job {
    const struct eg__document *document;
    struct eg_plan *plan;
    const struct eg__node *own[EG__KEYS]; /* NULL = not given */
};

/* This comes first: otherwise a file of another format version would give errors about its keys. */
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

static enum eg_code copy_name(char **copy, const struct job *job, enum eg__own_key key, struct eg_error *err)
{
    const struct eg__node *const node = job->own[key];

    EG_TRY(eg__node_expect(node, EG__TEXT, eg__own_options[key].key, err));
    if (strlen(node->text) > NAME_MAX_SIZE)
        return eg__refuse(&node->place, err, "%s has %zu bytes, more than %d", eg__own_options[key].key,
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
    const struct eg__node *const chip = job->own[EG__KEY_CHIP];
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

/* Return a flash setting of the job, else that of the build; text NULL = keep it as it is. */
static enum eg_code flash_word(struct eg__word *word, const struct job *job, enum eg__own_key key,
                               const struct eg__word *built, struct eg_error *err)
{
    *word = *built;
    if (job->own[key] != NULL) {
        EG_TRY(eg__node_expect(job->own[key], EG__TEXT, eg__own_options[key].key, err));
        *word = word_of(job->own[key]);
    }
    if (word->text != NULL && strcmp(word->text, "keep") == 0)
        word->text = NULL;
    return EG_OK;
}

static enum eg_code refuse_code(const struct eg__word *word, enum eg__own_key key,
                                const struct eg_header_code *codes, struct eg_error *err)
{
    char names[300] = "keep";

    for (const struct eg_header_code *code = codes; code->name != NULL; code++) {
        eg__append(names, sizeof names, ", ", 2);
        eg__append(names, sizeof names, code->name, strlen(code->name));
    }
    return eg__refuse(&word->place, err, "%s is \"%.80s\", not one of %s", eg__own_options[key].key,
                      word->text, names);
}

static enum eg_code read_flash(struct job *job, const struct eg__firmware *firmware, struct eg_error *err)
{
    const struct eg_target *const target = job->plan->target;
    struct eg_flash_settings *const settings = &job->plan->header;
    struct eg__word mode, freq, size;

    *settings = (struct eg_flash_settings){-1, -1, -1};
    EG_TRY(flash_word(&mode, job, EG__KEY_MODE, &firmware->flash_mode, err));
    EG_TRY(flash_word(&freq, job, EG__KEY_FREQ, &firmware->flash_freq, err));
    EG_TRY(flash_word(&size, job, EG__KEY_SIZE, &firmware->flash_size, err));
    if (mode.text != NULL && (settings->mode = eg_flash_mode_code(mode.text)) < 0)
        return eg__refuse(&mode.place, err, "flash.mode is \"%.80s\", not one of keep, qio, qout, dio, dout",
                          mode.text);
    if (freq.text != NULL && (settings->freq = eg_header_code(target->flash_freqs, freq.text)) < 0)
        return refuse_code(&freq, EG__KEY_FREQ, target->flash_freqs, err);
    if (size.text == NULL)
        return EG_OK;
    if (strcmp(size.text, "detect") == 0) {
        if (job->own[EG__KEY_SIZE] == NULL)
            return EG_OK;
        return eg__refuse(&size.place, err,
                          "flash.size is detect, but one image serves all boards; give a size such as 4MB");
    }
    settings->size = eg_header_code(target->flash_sizes, size.text);
    if (settings->size < 0)
        return refuse_code(&size, EG__KEY_SIZE, target->flash_sizes, err);

    /* "2MB-c1" is 2 MB with another layout. */
    char digits[WORD_TEXT];
    uint64_t declared;
    snprintf(digits, sizeof digits, "%.*s", (int)strcspn(size.text, "-"), size.text);
    if (!eg_number_parse(digits, &declared))
        return eg_error_set(err, EG_INTERNAL, "flash size %s of %s is no number", size.text, target->name);
    job->plan->declared_flash_size = (uint32_t)declared;
    return EG_OK;
}

/* Refuse a mode that the job gives but that no board would get. */
static enum eg_code check_settings_used(const struct job *job, struct eg_error *err)
{
    const struct eg_plan *const plan = job->plan;
    const enum eg__own_key key = job->own[EG__KEY_MODE] != NULL ? EG__KEY_MODE : EG__KEY_FREQ;

    if (job->own[key] == NULL || (key == EG__KEY_MODE ? plan->header.mode : plan->header.freq) < 0)
        return EG_OK;
    for (unsigned i = 0; i < plan->region_count; i++)
        if (plan->regions[i].flash_addr == plan->target->bootloader_addr && plan->regions[i].is_image)
            return EG_OK;
    return eg__refuse(&job->own[key]->place, err,
                      "%s is set in the bootloader, but no bootloader goes to 0x%08lx",
                      eg__own_options[key].key, (unsigned long)plan->target->bootloader_addr);
}

/* In a bundle `firmware` must be a list of regions: it must not name files that name further files. */
static enum eg_code check_bundled(const struct eg__node *firmware, struct eg_error *err)
{
    if (firmware->place.bundle == NULL || firmware->kind == EG__LIST)
        return EG_OK;
    return eg__refuse(&firmware->place, err, "firmware in a bundle is a list of regions");
}

static enum eg_code make_plan(struct job *job, struct eg_error *err)
{
    EG_CLEANUP(eg__firmware_finish) struct eg__firmware firmware = {.job_chip = job->own[EG__KEY_CHIP]};
    const struct eg__place *const root = &job->document->root->place;
    struct eg_plan *const plan = job->plan;

    if (job->own[EG__KEY_JOB] == NULL)
        return eg__refuse(root, err, "the key job, the name of the job, is missing");
    EG_TRY(copy_name(&plan->job_name, job, EG__KEY_JOB, err));
    if (job->own[EG__KEY_VERSION] != NULL)
        EG_TRY(copy_name(&plan->job_version, job, EG__KEY_VERSION, err));
    else
        EG_TRY(eg_strdup(&plan->job_version, "", err));
    EG_TRY(eg_strdup(&plan->job_path, job->document->file, err));
    EG_TRY(eg_buffer_append(&plan->job_text, job->document->text.data, job->document->text.size, err));
    EG_TRY(eg_sha256(plan->job_sha256, plan->job_text.data, plan->job_text.size, err));
    if (job->own[EG__KEY_FIRMWARE] == NULL)
        return eg__refuse(root, err, "the key firmware is missing");
    EG_TRY(check_bundled(job->own[EG__KEY_FIRMWARE], err));
    EG_TRY(eg__firmware_read(&firmware, job->own[EG__KEY_FIRMWARE], plan->job_path, err));
    EG_TRY(choose_target(job, &firmware, err));
    EG_TRY(read_flash(job, &firmware, err));
    EG_TRY(eg__regions_make(plan, &firmware, err));
    return check_settings_used(job, err);
}

static enum eg_code refuse_setting(const struct job *job, const char *place, struct eg_error *err)
{
    const struct eg__place *const root = &job->document->root->place;

    return place != NULL ? eg_error_prefix(err, "%s: ", place)
                         : eg_error_prefix(err, "%s:%d:%d: ", root->file, root->line, root->column);
}

/* Ask stages and pipeline for what only they can refuse. */
static enum eg_code check_by_stages(const struct job *job, const struct eg_stage *const *stages,
                                    struct eg_error *err)
{
    const char *place = NULL;

    if (eg_pipeline_check(job->plan, &place, err) != EG_OK)
        return refuse_setting(job, place, err);
    for (const struct eg_stage *const *stage = stages; *stage != NULL; stage++) {
        place = NULL;
        if ((*stage)->check != NULL && (*stage)->check(job->plan, &place, err) != EG_OK)
            return refuse_setting(job, place, err);
    }
    return EG_OK;
}

enum eg_code eg__job_make(struct eg_plan **plan, const struct eg__document *document,
                          const struct eg_stage *const *stages, struct eg_error *err)
{
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *made = NULL;

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    EG_TRY(eg_plan_init_settings(made, stages, err));
    struct job job = {.document = document, .plan = made};
    EG_TRY(check_format(&job, err));
    EG_TRY(eg__keys_read(job.own, made, document->root, err));
    EG_TRY(make_plan(&job, err));
    EG_TRY(check_by_stages(&job, stages, err));
    *plan = made;
    made = NULL;
    return EG_OK;
}
