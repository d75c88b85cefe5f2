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

#include "engine/base/mac.h"
#include "engine/base/text.h"
#include "engine/provision/provision.h"
#include "engine/stages/accept_internal.h"
#include "engine/stages/mac_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HAS_TEXT = 120, LIST_TEXT = 240 };

static const char *const switch_choices[] = {"any", "on", "off", NULL};

static const char *const repeat_choices[] = {"allow", "refuse", "rework", NULL};
enum { REPEAT_ALLOW, REPEAT_REFUSE, REPEAT_REWORK };

static const char *const closed_choices[] = {"refuse", "prove", NULL};
enum { CLOSED_REFUSE, CLOSED_PROVE };

static const char *const clones_choices[] = {"refuse", "allow", NULL};
enum { CLONES_REFUSE, CLONES_ALLOW };

/* ---- Comparisons: ">=0.3 <1.0" ---- */

enum verdict { HOLDS, FAILS, NONSENSE };

enum { LESS = 1, EQUAL = 2, MORE = 4 };

bool eg__accept_next_comparison(const char **text, eg__accept_parser *parse, unsigned *holds_for,
                                uint64_t *value)
{
    static const struct {
        const char *sign;
        unsigned holds_for;
    } signs[] = {{">=", MORE | EQUAL}, {"<=", LESS | EQUAL}, {">", MORE},
                 {"<", LESS},          {"=", EQUAL},         {"", EQUAL}};
    unsigned i = 0;
    char word[32];

    while (strncmp(*text, signs[i].sign, strlen(signs[i].sign)) != 0)
        i++;
    *text += strlen(signs[i].sign);
    *text += strspn(*text, " ");
    const size_t size = strcspn(*text, " ");
    snprintf(word, sizeof word, "%.*s", (int)(size < sizeof word ? size : 0), *text);
    *holds_for = signs[i].holds_for;
    *text += size;
    *text += strspn(*text, " ");
    return parse(word, value);
}

/* Hold a number against all comparisons of a text. */
static enum verdict compare(const char *text, eg__accept_parser *parse, uint64_t have)
{
    enum verdict verdict = HOLDS;

    do {
        unsigned holds_for;
        uint64_t value;
        if (!eg__accept_next_comparison(&text, parse, &holds_for, &value))
            return NONSENSE;
        if ((holds_for & (have < value ? LESS : have == value ? EQUAL : MORE)) == 0)
            verdict = FAILS;
    } while (*text != '\0');
    return verdict;
}

bool eg__accept_all_hold(const struct eg_setting *setting, eg__accept_parser *parse, uint64_t have)
{
    for (unsigned i = 0; i < setting->item_count; i++)
        if (compare(setting->items[i].text, parse, have) != HOLDS)
            return false;
    return true;
}

bool eg__accept_parse_revision(const char *text, uint64_t *revision)
{
    static const char digits[] = "0123456789";
    const size_t major = strspn(text, digits);
    const size_t minor = text[major] == '.' ? strspn(text + major + 1, digits) : 0;

    if (major < 1 || major > 2 || minor < 1 || minor > 2 || text[major + 1 + minor] != '\0')
        return false;
    *revision = strtoul(text, NULL, 10) * 100 + strtoul(text + major + 1, NULL, 10);
    return true;
}

static enum eg_code check_revisions(const char *text, struct eg_error *err)
{
    if (compare(text, eg__accept_parse_revision, 0) != NONSENSE)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB,
                        "is \"%.80s\", not a revision such as 1.1 or comparisons such as >=0.3 <1.0", text);
}

static enum eg_code check_sizes(const char *text, struct eg_error *err)
{
    if (compare(text, eg_number_parse, 0) != NONSENSE)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB,
                        "is \"%.80s\", not a size such as 4MB or comparisons such as >=4MB <=16MB", text);
}

static enum eg_code check_psram_sizes(const char *text, struct eg_error *err)
{
    if (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0)
        return EG_OK;
    if (compare(text, eg_number_parse, 0) != NONSENSE)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB,
                        "is \"%.80s\", not yes, no, a size such as 8MB or comparisons such as >=2MB", text);
}

/* "4MB" */
static void size_text(char *text, size_t room, uint64_t size)
{
    const bool mega = size % (1u << 20) == 0;

    snprintf(text, room, "%" PRIu64 "%s", mega ? size >> 20 : size >> 10, mega ? "MB" : "KB");
}

static enum eg_code look_at_revision(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                     char has[HAS_TEXT], struct eg_error *err)
{
    const unsigned revision = run->chip.revision;

    (void)err;
    *accepted = eg__accept_all_hold(setting, eg__accept_parse_revision, revision);
    snprintf(has, HAS_TEXT, "the chip is revision %u.%u", revision / 100, revision % 100);
    return EG_OK;
}

static enum eg_code look_at_flash_size(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                       char has[HAS_TEXT], struct eg_error *err)
{
    char text[EG_JEDEC_TEXT + 20];

    (void)err;
    *accepted = run->flash.size != 0 && eg__accept_all_hold(setting, eg_number_parse, run->flash.size);
    if (run->flash.size != 0) {
        size_text(text, sizeof text, run->flash.size);
        snprintf(has, HAS_TEXT, "the flash has %s", text);
    } else {
        eg_jedec_text(text, run->flash.jedec);
        snprintf(has, HAS_TEXT, "flash id %s does not tell a size", text);
    }
    return EG_OK;
}

bool eg__accept_psram(const struct eg_setting *setting, bool none, bool known, uint64_t size)
{
    bool accepted = true;

    for (unsigned i = 0; i < setting->item_count; i++) {
        const char *const text = setting->items[i].text;
        if (strcmp(text, "yes") == 0)
            accepted = accepted && !none;
        else if (strcmp(text, "no") == 0)
            accepted = accepted && none;
        else
            accepted = accepted && known && compare(text, eg_number_parse, size) == HOLDS;
    }
    return accepted;
}

static enum eg_code look_at_psram(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                  char has[HAS_TEXT], struct eg_error *err)
{
    struct eg_psram psram;
    char word[24];

    EG_TRY(eg_loader_psram(&run->loader, &psram, err));
    const bool none = psram.state != EG_PSRAM_THERE;
    const bool known = none || psram.size != 0;
    *accepted = eg__accept_psram(setting, none, known, psram.size);
    size_text(word, sizeof word, psram.size);
    if (none)
        snprintf(has, HAS_TEXT, "the chip has no PSRAM");
    else
        snprintf(has, HAS_TEXT, "the chip has PSRAM of %s", known ? word : "unknown size");
    return EG_OK;
}

/* ---- Package ---- */

static bool knows_package(const struct eg_target *target, const char *name)
{
    for (const struct eg_rule *rule = target->packages; rule->text != NULL; rule++)
        if (strcasecmp(rule->text, name) == 0)
            return true;
    return false;
}

/* "ESP8266EX, ESP8285H08, ...", each once: equal ones are neighbours. */
static void list_packages(char list[LIST_TEXT], const struct eg_target *target)
{
    size_t used = 0;

    for (const struct eg_rule *rule = target->packages; rule->text != NULL && used < LIST_TEXT; rule++)
        if (rule == target->packages || strcmp(rule[-1].text, rule->text) != 0)
            used += (size_t)snprintf(list + used, LIST_TEXT - used, "%s%s", used > 0 ? ", " : "", rule->text);
}

static enum eg_code check_packages(const struct eg_setting *setting, const struct eg_target *target,
                                   const char **place, struct eg_error *err)
{
    char known[LIST_TEXT];

    for (unsigned i = 0; i < setting->item_count; i++) {
        if (knows_package(target, setting->items[i].text))
            continue;
        list_packages(known, target);
        *place = setting->items[i].place;
        return eg_error_set(err, EG_BAD_JOB, "accept.package is \"%.80s\", not one of %s",
                            setting->items[i].text, known);
    }
    return EG_OK;
}

static enum eg_code look_at_package(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                    char has[HAS_TEXT], struct eg_error *err)
{
    (void)err;
    *accepted = false;
    for (unsigned i = 0; i < setting->item_count; i++)
        *accepted = *accepted || strcasecmp(setting->items[i].text, run->chip.package) == 0;
    snprintf(has, HAS_TEXT, "the package is %s", run->chip.package);
    return EG_OK;
}

/* ---- Maker of the flash ---- */

/* First bytes of flash ids. XMC and Micron share one. */
static const struct {
    const char *name;
    uint8_t id;
} makers[] = {
    {"adesto", 0x1f},     {"boya", 0x68}, {"eon", 0x1c},      {"fudan", 0xa1},
    {"gigadevice", 0xc8}, {"issi", 0x9d}, {"macronix", 0xc2}, {"puya", 0x85},
    {"winbond", 0xef},    {"xmc", 0x20},  {"xtx", 0x0b},      {"zbit", 0x5e},
};

#define MAKERS (sizeof makers / sizeof *makers)

bool eg__accept_parse_vendor(const char *text, uint32_t *mask, uint32_t *id)
{
    const char *const digits = strncasecmp(text, "0x", 2) == 0 ? text + 2 : text;
    uint8_t bytes[4] = {0};

    *mask = 0xff;
    for (size_t i = 0; i < MAKERS; i++) {
        *id = makers[i].id;
        if (strcasecmp(text, makers[i].name) == 0)
            return true;
    }
    if (eg_hex_parse(bytes, 3, digits))
        *mask = 0xffffff;
    else if (digits == text || !eg_hex_parse(bytes, 1, digits))
        return false;
    *id = eg_get32(bytes);
    return true;
}

static enum eg_code check_vendor(const char *text, struct eg_error *err)
{
    char known[LIST_TEXT] = "";
    uint32_t mask, id;

    if (eg__accept_parse_vendor(text, &mask, &id))
        return EG_OK;
    for (size_t i = 0, used = 0; i < MAKERS; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s, ", makers[i].name);
    return eg_error_set(err, EG_BAD_JOB,
                        "is \"%.80s\", not one of %sa maker's byte such as 0xc8 or an id such as c84016",
                        text, known);
}

static enum eg_code look_at_vendor(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                   char has[HAS_TEXT], struct eg_error *err)
{
    const uint32_t jedec = run->flash.jedec;
    char text[EG_JEDEC_TEXT];
    const char *maker = "no known maker";

    (void)err;
    *accepted = false;
    for (unsigned i = 0; i < setting->item_count; i++) {
        uint32_t mask, id;
        *accepted = *accepted ||
                    (eg__accept_parse_vendor(setting->items[i].text, &mask, &id) && (jedec & mask) == id);
    }
    for (size_t i = 0; i < MAKERS; i++)
        if (makers[i].id == (jedec & 0xff))
            maker = makers[i].name;
    eg_jedec_text(text, jedec);
    snprintf(has, HAS_TEXT, "the flash id is %s (%s)", text, maker);
    return EG_OK;
}

/* ---- Security ---- */

static enum eg_code look_at_switch(const char *what, bool on, const struct eg_setting *setting,
                                   bool *accepted, char has[HAS_TEXT])
{
    *accepted = setting->choice == EG__SWITCH_ANY || on == (setting->choice == EG__SWITCH_ON);
    snprintf(has, HAS_TEXT, "%s is %s", what, on ? "on" : "off");
    return EG_OK;
}

static enum eg_code look_at_secure_boot(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                        char has[HAS_TEXT], struct eg_error *err)
{
    (void)err;
    return look_at_switch("secure boot", run->chip.secure_boot, setting, accepted, has);
}

static enum eg_code look_at_encryption(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                       char has[HAS_TEXT], struct eg_error *err)
{
    (void)err;
    return look_at_switch("flash encryption", run->chip.flash_encryption, setting, accepted, has);
}

/* ---- MAC ---- */

static enum eg_code check_mac(const char *text, struct eg_error *err)
{
    uint8_t mac[EG_MAC_SIZE];

    if (eg_mac_parse_prefix(mac, text, strlen(text)) != 0)
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_JOB,
        "is \"%.80s\", neither a MAC such as 7c:df:a1:00:11:22 nor the beginning of one such as "
        "7c:df:a1",
        text);
}

static enum eg_code look_at_mac(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                char has[HAS_TEXT], struct eg_error *err)
{
    (void)err;
    *accepted = false;
    for (unsigned i = 0; i < setting->item_count; i++) {
        const char *const text = setting->items[i].text;
        uint8_t mac[EG_MAC_SIZE];
        *accepted =
            *accepted || memcmp(mac, run->chip.mac, eg_mac_parse_prefix(mac, text, strlen(text))) == 0;
    }
    snprintf(has, HAS_TEXT, "the MAC is %s", run->unit.mac);
    return EG_OK;
}

static enum eg_code look_at_mac_file(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                     char has[HAS_TEXT], struct eg_error *err)
{
    (void)err;
    *accepted = eg__mac_list_has(&setting->content, run->chip.mac);
    snprintf(has, HAS_TEXT, "the MAC is %s", run->unit.mac);
    return EG_OK;
}

/* ---- All of them ---- */

/* What a rule looks at. In secure download mode no register can be read, and the MAC may come late. */
enum facts { OF_REGISTERS, OF_MAC, OF_SECURITY };

static const struct rule {
    const char *key;
    enum facts facts;
    const char *between; /* items of a list */
    /* Tell what the board has, as the first half of a sentence, and whether the setting accepts it. */
    enum eg_code (*look)(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                         char has[HAS_TEXT], struct eg_error *err);
} rules[] = {
    {"accept.revision", OF_REGISTERS, " and ", look_at_revision},
    {"accept.package", OF_REGISTERS, " or ", look_at_package},
    {"accept.flash_size", OF_REGISTERS, " and ", look_at_flash_size},
    {"accept.flash_vendor", OF_REGISTERS, " or ", look_at_vendor},
    {"accept.psram", OF_REGISTERS, " and ", look_at_psram},
    {"accept.secure_boot", OF_SECURITY, "", look_at_secure_boot},
    {"accept.flash_encryption", OF_SECURITY, "", look_at_encryption},
    {"accept.mac", OF_MAC, " or ", look_at_mac},
    {"accept.mac_file", OF_MAC, "", look_at_mac_file},
};

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

static bool can_look(const struct eg_run *run, enum facts facts)
{
    switch (facts) {
    case OF_REGISTERS:
        return !run->chip.secure_download;
    case OF_MAC:
        return run->chip.has_mac;
    case OF_SECURITY:
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
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct eg_setting *const setting = eg_plan_setting(run->plan, rules[i].key);
        char has[HAS_TEXT], accepts[LIST_TEXT];
        bool accepted;
        if (!setting->given || !can_look(run, rules[i].facts))
            continue;
        EG_TRY(rules[i].look(run, setting, &accepted, has, err));
        if (accepted)
            continue;
        accepted_text(accepts, setting, rules[i].between);
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
    if (!eg_provision_burns(plan, EG_PROVISION_CLOSE))
        return eg_error_set(err, EG_BAD_JOB,
                            "accept.secure_download is prove, and the job has no section secure that closes "
                            "the loader, which a board could be held against");
    if (eg_plan_setting(plan, "test")->group_count == 0)
        return eg_error_set(err, EG_BAD_JOB,
                            "accept.secure_download is prove, and the job has no test: only the log of the "
                            "application proves a board that cannot be read");
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
    EG_TRY(check_packages(eg_plan_setting(plan, "accept.package"), target, place, err));
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
    return eg_error_set(err, EG_BAD_JOB, "has \"%.80s\", which is no rule%s%s; jobs/README.md lists them",
                        text, nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "");
}

const struct eg_option eg__accept_options[] = {
    {.key = "accept.revision",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = check_revisions,
     .help = "revisions of the chip that are programmed: `1.1`, `>=0.3`, `>=0.3 <1.0`; all comparisons must "
             "hold"},
    {.key = "accept.package",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .help = "packages of the chip that are programmed: `ESP32-D0WD-V3`, `ESP32-C3 (QFN32)`, …"},
    {.key = "accept.flash_size",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = check_sizes,
     .help = "sizes of the flash: `4MB`, `>=4MB`, `>=4MB <=16MB`; all comparisons must hold"},
    {.key = "accept.flash_vendor",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = check_vendor,
     .help =
         "makers of the flash: `gigadevice`, `winbond`, …, the first byte of its id, `0xc8`, or all of it, "
         "`c84016`"},
    {.key = "accept.psram",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = check_psram_sizes,
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
         "boards in secure download mode: refused, or, if this ledger finished them, proved again without "
         "writing; the log must give the MAC as the value `mac`, unless the chip has USB of its own"},
    {.key = "accept.mac",
     .type = EG_OPTION_TEXT_LIST,
     .without = "any",
     .check = check_mac,
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
