/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The manifest.json of ESP Web Tools.
 *
 * It has one build for each chip, and the browser takes the build of the connected chip. A job is for one
 * chip, so its key `chip` chooses. Paths are URL references. Offsets are numbers. The header of the
 * bootloader stays as it was built, because the browser does not change it either.
 */

#include "jobs/builds.h"

#include "targets/target.h"

#include <stdio.h>
#include <string.h>

static enum eg_code refuse_choice(const struct eg__node *builds, const char *problem, struct eg_error *err)
{
    char families[200] = "";

    for (size_t i = 0; i < builds->count; i++) {
        const size_t used = strlen(families);
        snprintf(families + used, sizeof families - used, "%s%.40s", i > 0 ? ", " : "",
                 eg__node_get(builds->items[i], "chipFamily")->text);
    }
    return eg__refuse(&builds->place, err, "%s the builds here are for %s", problem, families);
}

/* Return whether two builds are for the same chip, which may have several spellings. */
static bool same_chip(const char *one, const char *other)
{
    const struct eg_target *const target = eg_target_by_name(one);

    return strcmp(one, other) == 0 || (target != NULL && target == eg_target_by_name(other));
}

static const char *family_of(const struct eg__node *build)
{
    return eg__node_get(build, "chipFamily")->text;
}

/* Refuse a chip that has two builds. */
static enum eg_code check_builds(const struct eg__node *builds, const struct eg_target *wanted,
                                 struct eg_error *err)
{
    for (size_t i = 0; i < builds->count; i++) {
        const struct eg__node *family;
        EG_TRY(eg__node_expect(builds->items[i], EG__MAP, "a build", err));
        EG_TRY(eg__need(&family, builds->items[i], "chipFamily", EG__TEXT, err));
        if (wanted != NULL && eg_target_by_name(family->text) != wanted)
            continue;
        for (size_t k = 0; k < i; k++)
            if (same_chip(family_of(builds->items[k]), family->text))
                return eg__refuse(
                    &family->place, err,
                    "this is a second build for %.40s, the first is in line %d; a job takes one",
                    wanted != NULL ? wanted->label : family->text, builds->items[k]->place.line);
    }
    return EG_OK;
}

/* Find the build for the job's chip, or the only build. */
static enum eg_code choose(const struct eg__node **build, const struct eg__firmware *firmware,
                           const struct eg__node *builds, const struct eg_target *wanted,
                           struct eg_error *err)
{
    char problem[100];

    EG_TRY(check_builds(builds, wanted, err));
    for (size_t i = 0; i < builds->count && wanted != NULL; i++)
        if (eg_target_by_name(family_of(builds->items[i])) == wanted)
            *build = builds->items[i];
    if (*build != NULL)
        return EG_OK;
    if (firmware->job_chip != NULL) {
        snprintf(problem, sizeof problem, "chip is %s, but", wanted->name);
        return refuse_choice(builds, problem, err);
    }
    if (builds->count > 1)
        return refuse_choice(builds, "the chip must be said, for", err);
    *build = builds->items[0];
    return EG_OK;
}

static enum eg_code read_parts(struct eg__firmware *firmware, const struct eg__node *build,
                               struct eg_error *err)
{
    const struct eg__node *parts;

    EG_TRY(eg__take_word(&firmware->chip, eg__node_get(build, "chipFamily"), "chipFamily", err));
    EG_TRY(eg__need(&parts, build, "parts", EG__LIST, err));
    return eg__build_add_list(firmware, parts, "parts", err);
}

enum eg_code eg__manifest_read(struct eg__firmware *firmware, struct eg_error *err)
{
    const struct eg__node *const root = firmware->build.root;
    const struct eg__node *const name = eg__node_get(root, "name"), *const version =
                                                                        eg__node_get(root, "version");
    const struct eg__node *const erase = eg__node_get(root, "new_install_prompt_erase");
    const struct eg__node *const chip = firmware->job_chip;
    const struct eg_target *const wanted =
        chip != NULL && chip->kind == EG__TEXT ? eg_target_by_name(chip->text) : NULL;
    const struct eg__node *builds, *build = NULL;

    EG_TRY(eg__need(&builds, root, "builds", EG__LIST, err));
    if (builds->count == 0)
        return eg__refuse(&builds->place, err, "builds names no build");
    if (chip != NULL && wanted == NULL)
        return EG_OK;
    firmware->paths = EG__PATHS_URLS;
    EG_TRY(choose(&build, firmware, builds, wanted, err));
    if (name != NULL)
        EG_TRY(eg__take_word(&firmware->build_name, name, "name", err));
    if (version != NULL)
        EG_TRY(eg__take_word(&firmware->build_version, version, "version", err));
    if (erase != NULL && erase->kind == EG__TEXT)
        EG_TRY(eg__build_unused(firmware, "new_install_prompt_erase", erase->text, err));
    return read_parts(firmware, build, err);
}
