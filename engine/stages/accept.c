/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each rule pairs a job key with a check of the board. Keys absent from the job impose nothing. A value is
 * parsed again for each board, by the same function that checked it when the job was loaded: texts are short,
 * and searching a file of 100 000 MACs takes some ten milliseconds.
 *
 * Not here: the rules about what may be written, such as an image on a chip that cannot run it
 * (engine/guard/).
 */

#include "engine/stages/accept.h"

#include "engine/base/text.h"
#include "engine/provision/provision.h"
#include "engine/stages/accept_internal.h"
#include "engine/stages/mac_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIST_TEXT = 240 };

static const char *const switch_choices[] = {"any", "on", "off", NULL};

static const char *const repeat_choices[] = {"allow", "refuse", "rework", NULL};
enum { REPEAT_ALLOW, REPEAT_REFUSE, REPEAT_REWORK };

static const char *const closed_choices[] = {"refuse", "prove", NULL};
enum { CLOSED_REFUSE, CLOSED_PROVE };

static const char *const clones_choices[] = {"refuse", "allow", NULL};
enum { CLONES_REFUSE, CLONES_ALLOW };

/* Write what a setting accepts, as the second half of a sentence. */
static void accepted_text(char text[LIST_TEXT], const struct eg_setting *setting, const char *between)
{
    static const char cut[] = " ...";
    size_t used = 0;

    if (setting->option->type == EG_OPTION_FILE) {
        const char *const slash = strrchr(setting->text, '/');
        snprintf(text, LIST_TEXT, "those in %s", slash != NULL ? slash + 1 : setting->text);
        return;
    }
    if (setting->item_count == 0)
        snprintf(text, LIST_TEXT, "%s", setting->text);
    for (unsigned i = 0; i < setting->item_count && used < LIST_TEXT; i++)
        used += (size_t)snprintf(text + used, LIST_TEXT - used, "%s%s", i > 0 ? between : "",
                                 setting->items[i].text);
    if (used >= LIST_TEXT)
        memcpy(text + LIST_TEXT - sizeof cut, cut, sizeof cut);
}

static enum eg_code check_clone(const struct eg_run *run, const struct eg_seen *seen, struct eg_error *err)
{
    if (seen->clone_run == 0 || eg_plan_choice(run->plan, "accept.clones") == CLONES_ALLOW)
        return EG_OK;
    return eg_error_set(err, EG_CLONE,
                        "MAC %s with flash %s is a clone: the board of run %" PRId64
                        " has this MAC with flash %s",
                        run->unit.mac, run->unit.flash_unique_id, seen->clone_run, seen->clone_flash);
}

static enum eg_code check_repeat(const struct eg_plan *plan, const struct eg_seen *seen, struct eg_error *err)
{
    const unsigned repeat = eg_plan_choice(plan, "accept.repeat");

    if (repeat == REPEAT_REFUSE && seen->passed > 0)
        return eg_error_set(
            err, EG_SEEN_BEFORE, "the board has passed before: %u %s, %u passed, the last at %s (%s)",
            seen->runs, seen->runs == 1 ? "run" : "runs", seen->passed, seen->last_utc, seen->last_outcome);
    if (repeat == REPEAT_REWORK && seen->admitted == 0)
        return eg_error_set(
            err, EG_NOT_ACCEPTED,
            "the board is new to the ledger, the job accepts boards that come back for rework");
    return EG_OK;
}

static bool can_look(const struct eg_run *run, enum eg__accept_facts facts)
{
    switch (facts) {
    case EG__ACCEPT_OF_REGISTERS:
        return !run->chip.secure_download;
    case EG__ACCEPT_OF_MAC:
        return run->chip.has_mac;
    case EG__ACCEPT_OF_SECURITY:
        return true;
    }
    return true;
}

bool eg__accept_closed(const struct eg_plan *plan)
{
    return eg_plan_choice(plan, "accept.secure_download") == CLOSED_PROVE;
}

enum eg_code eg_accept_board(struct eg_run *run, struct eg_error *err)
{
    for (const struct eg__accept_rule *rule = eg__accept_rules; rule->key != NULL; rule++) {
        const struct eg_setting *const setting = eg_plan_setting(run->plan, rule->key);
        char has[EG__ACCEPT_TEXT], accepts[LIST_TEXT];
        bool accepted;
        if (!setting->given || !can_look(run, rule->facts))
            continue;
        EG_TRY(rule->look(run, setting, &accepted, has, err));
        if (accepted)
            continue;
        accepted_text(accepts, setting, rule->between);
        return eg_error_set(err, EG_NOT_ACCEPTED, "%s, the job accepts %s", has, accepts);
    }
    return EG_OK;
}

enum eg_code eg__accept(struct eg_run *run, const struct eg_seen *seen, struct eg_error *err)
{
    EG_TRY(eg_accept_board(run, err));
    EG_TRY(check_clone(run, seen, err));
    return check_repeat(run->plan, seen, err);
}

/* What the ledger and the log must tell of a board whose registers cannot be read. */
static enum eg_code check_closed(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    const struct eg_setting *const closed = eg_plan_setting(plan, "accept.secure_download");
    const struct eg_efuse *const chip = eg_efuse_of(plan->target);

    if (!eg__accept_closed(plan))
        return EG_OK;
    *place = closed->place;
    if (chip == NULL || chip->download_secure == NULL)
        return eg_error_set(err, EG_BAD_JOB, "accept.secure_download: %s has no secure download mode",
                            plan->target->label);
    if (eg_plan_setting(plan, "test")->group_count == 0)
        return eg_error_set(err, EG_BAD_JOB,
                            "accept.secure_download is prove, and the job has no test: only the log of the "
                            "application proves a board that cannot be read");
    if (!eg_provision_burns(plan, EG_PROVISION_CLOSE))
        return eg_error_set(err, EG_BAD_JOB,
                            "accept.secure_download is prove, and the job has no section secure that closes "
                            "the loader, which a board could be held against");
    if (eg_plan_choice(plan, "accept.repeat") == REPEAT_REFUSE)
        return eg_error_set(err, EG_BAD_JOB,
                            "accept.secure_download is prove, and accept.repeat refuses boards that have "
                            "passed");
    *place = NULL;
    return EG_OK;
}

enum eg_code eg__accept_check(const struct eg_plan *plan, const char **place, struct eg_error *err)
{
    const struct eg_target *const target = plan->target;
    const struct eg_setting *const revision = eg_plan_setting(plan, "accept.revision");
    const struct eg_setting *const psram = eg_plan_setting(plan, "accept.psram");
    const struct eg_setting *const mac = eg_plan_setting(plan, "accept.mac");
    const struct eg_setting *const mac_file = eg_plan_setting(plan, "accept.mac_file");

    if (revision->given && target->revision_rule == EG_REVISION_NONE) {
        *place = revision->place;
        return eg_error_set(err, EG_BAD_JOB, "accept.revision: %s has no revision", target->label);
    }
    EG_TRY(check_closed(plan, place, err));
    EG_TRY(eg__accept_check_packages(eg_plan_setting(plan, "accept.package"), target, place, err));
    if (psram->given && !eg_field_exists(&target->field[EG_FIELD_PSRAM_CAP])) {
        *place = psram->place;
        return eg_error_set(err, EG_BAD_JOB, "accept.psram: the eFuses of %s do not tell its PSRAM",
                            target->label);
    }
    if (!mac_file->given)
        return EG_OK;
    *place = mac_file->place;
    if (mac->given)
        return eg_error_set(err, EG_BAD_JOB,
                            "accept.mac_file is given beside accept.mac; one of them is enough");
    return eg__mac_list_check(&mac_file->content, mac_file->text, err);
}

/* ---- Rules of the guard that the job allows ---- */

static enum eg_code check_allowed(const char *text, struct eg_error *err)
{
    const struct eg_guard_rule *const rule = eg_guard_rule_by_name(text);
    const char *nearest = NULL;
    unsigned least = 4;

    if (rule != NULL && (rule->waiver & EG_GUARD_ALLOW) != 0)
        return EG_OK;
    if (rule != NULL)
        return eg_error_set(err, EG_BAD_JOB, "has %s, a rule that no job can allow", rule->name);
    for (const struct eg_guard_rule *other = eg_guard_rules; other->name != NULL; other++) {
        const unsigned distance = eg_text_distance(text, other->name);
        if (distance >= least)
            continue;
        least = distance;
        nearest = other->name;
    }
    return eg_error_set(err, EG_BAD_JOB,
                        "has \"%.80s\", which is no rule%s%s; 'espgang schema --markdown' lists them", text,
                        nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "");
}

const struct eg_option eg__accept_options[] = {
    {.key = "accept.revision",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = eg__accept_check_revisions,
     .help = "revisions of the chip that are programmed: `1.1`, `>=0.3`, `>=0.3 <1.0`; all comparisons must "
             "hold"},
    {.key = "accept.package",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .help = "packages of the chip that are programmed: `ESP32-D0WD-V3`, `ESP32-C3 (QFN32)`, …"},
    {.key = "accept.flash_size",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = eg__accept_check_sizes,
     .help = "sizes of the flash: `4MB`, `>=4MB`, `>=4MB <=16MB`; all comparisons must hold"},
    {.key = "accept.flash_vendor",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = eg__accept_check_vendor,
     .help =
         "makers of the flash: `gigadevice`, `winbond`, …, the first byte of its id, `0xc8`, or all of it, "
         "`c84016`"},
    {.key = "accept.psram",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = eg__accept_check_psram_sizes,
     .help = "PSRAM in the chip's package, where its eFuses tell: `yes`, `no`, `8MB`, `>=2MB`"},
    {.key = "accept.secure_boot",
     .type = EG_OPTION_CHOICE,
     .fallback = "any",
     .choices = switch_choices,
     .help = "whether secure boot may be on, must be on, or must be off"},
    {.key = "accept.flash_encryption",
     .type = EG_OPTION_CHOICE,
     .fallback = "any",
     .choices = switch_choices,
     .help = "whether flash encryption may be on, must be on, or must be off"},
    {.key = "accept.secure_download",
     .type = EG_OPTION_CHOICE,
     .fallback = "refuse",
     .choices = closed_choices,
     .help =
         "what to do with boards in secure download mode: refuse them, or prove those that this ledger "
         "finished once more, without a write; the log must then give the factory MAC as the value `mac`, "
         "unless the chip has USB of its own"},
    {.key = "accept.mac",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = eg__accept_check_mac,
     .help = "MACs or their first bytes, in any usual form: `7c:df:a1:00:11:22`, `7CDFA1001122`, `7c:df:a1`"},
    {.key = "accept.mac_file",
     .type = EG_OPTION_FILE,
     .without = "any",
     .help = "the same from a file, one a line, each once; `#` begins a comment"},
    {.key = "accept.clones",
     .type = EG_OPTION_CHOICE,
     .fallback = "refuse",
     .choices = clones_choices,
     .help = "boards whose MAC is on record with another flash: refused, or allowed, as after the flash was "
             "replaced"},
    {.key = "accept.repeat",
     .type = EG_OPTION_CHOICE,
     .fallback = "allow",
     .choices = repeat_choices,
     .help = "boards already in the ledger: accept them, refuse those that passed, or accept only those "
             "(`rework`)"},
    {.key = "allow",
     .type = EG_OPTION_TEXT_LIST,
     .without = "none",
     .check = check_allowed,
     .help = "rules that this job may break, by name; each goes on record where it would have refused"},
    {.key = NULL},
};
