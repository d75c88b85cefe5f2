/* SPDX-License-Identifier: Apache-2.0 */

/* What each rule looks at, and the form of its values. */

#include "engine/stages/accept_internal.h"

#include "engine/base/mac.h"
#include "engine/stages/mac_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LIST_TEXT = 240 };

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

enum eg_code eg__accept_check_revisions(const char *text, struct eg_error *err)
{
    if (compare(text, eg__accept_parse_revision, 0) != NONSENSE)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB,
                        "is \"%.80s\", not a revision such as 1.1 or comparisons such as >=0.3 <1.0", text);
}

enum eg_code eg__accept_check_sizes(const char *text, struct eg_error *err)
{
    if (compare(text, eg_number_parse, 0) != NONSENSE)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB,
                        "is \"%.80s\", not a size such as 4MB or comparisons such as >=4MB <=16MB", text);
}

enum eg_code eg__accept_check_psram_sizes(const char *text, struct eg_error *err)
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
                                     char has[EG__ACCEPT_TEXT], struct eg_error *err)
{
    const unsigned revision = run->chip.revision;

    (void)err;
    *accepted = eg__accept_all_hold(setting, eg__accept_parse_revision, revision);
    snprintf(has, EG__ACCEPT_TEXT, "the chip is revision %u.%u", revision / 100, revision % 100);
    return EG_OK;
}

static enum eg_code look_at_flash_size(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                       char has[EG__ACCEPT_TEXT], struct eg_error *err)
{
    char text[EG_JEDEC_TEXT + 20];

    (void)err;
    *accepted = run->flash.size != 0 && eg__accept_all_hold(setting, eg_number_parse, run->flash.size);
    if (run->flash.size != 0) {
        size_text(text, sizeof text, run->flash.size);
        snprintf(has, EG__ACCEPT_TEXT, "the flash has %s", text);
    } else {
        eg_jedec_text(text, run->flash.jedec);
        snprintf(has, EG__ACCEPT_TEXT, "flash id %s does not tell a size", text);
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
                                  char has[EG__ACCEPT_TEXT], struct eg_error *err)
{
    struct eg_psram psram;
    char word[24];

    EG_TRY(eg_loader_psram(&run->loader, &psram, err));
    const bool none = psram.state != EG_PSRAM_THERE;
    const bool known = none || psram.size != 0;
    *accepted = eg__accept_psram(setting, none, known, psram.size);
    size_text(word, sizeof word, psram.size);
    if (none)
        snprintf(has, EG__ACCEPT_TEXT, "the chip has no PSRAM");
    else
        snprintf(has, EG__ACCEPT_TEXT, "the chip has PSRAM of %s", known ? word : "unknown size");
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

enum eg_code eg__accept_check_packages(const struct eg_setting *setting, const struct eg_target *target,
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
                                    char has[EG__ACCEPT_TEXT], struct eg_error *err)
{
    (void)err;
    *accepted = false;
    for (unsigned i = 0; i < setting->item_count; i++)
        *accepted = *accepted || strcasecmp(setting->items[i].text, run->chip.package) == 0;
    snprintf(has, EG__ACCEPT_TEXT, "the package is %s", run->chip.package);
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

enum eg_code eg__accept_check_vendor(const char *text, struct eg_error *err)
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
                                   char has[EG__ACCEPT_TEXT], struct eg_error *err)
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
    snprintf(has, EG__ACCEPT_TEXT, "the flash id is %s (%s)", text, maker);
    return EG_OK;
}

/* ---- Security ---- */

static enum eg_code look_at_switch(const char *what, bool on, const struct eg_setting *setting,
                                   bool *accepted, char has[EG__ACCEPT_TEXT])
{
    *accepted = setting->choice == EG__SWITCH_ANY || on == (setting->choice == EG__SWITCH_ON);
    snprintf(has, EG__ACCEPT_TEXT, "%s is %s", what, on ? "on" : "off");
    return EG_OK;
}

static enum eg_code look_at_secure_boot(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                        char has[EG__ACCEPT_TEXT], struct eg_error *err)
{
    (void)err;
    return look_at_switch("secure boot", run->chip.secure_boot, setting, accepted, has);
}

static enum eg_code look_at_encryption(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                       char has[EG__ACCEPT_TEXT], struct eg_error *err)
{
    (void)err;
    return look_at_switch("flash encryption", run->chip.flash_encryption, setting, accepted, has);
}

/* ---- MAC ---- */

enum eg_code eg__accept_check_mac(const char *text, struct eg_error *err)
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
                                char has[EG__ACCEPT_TEXT], struct eg_error *err)
{
    (void)err;
    *accepted = false;
    for (unsigned i = 0; i < setting->item_count; i++) {
        const char *const text = setting->items[i].text;
        uint8_t mac[EG_MAC_SIZE];
        *accepted =
            *accepted || memcmp(mac, run->chip.mac, eg_mac_parse_prefix(mac, text, strlen(text))) == 0;
    }
    snprintf(has, EG__ACCEPT_TEXT, "the MAC is %s", run->unit.mac);
    return EG_OK;
}

static enum eg_code look_at_mac_file(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                                     char has[EG__ACCEPT_TEXT], struct eg_error *err)
{
    (void)err;
    *accepted = eg__mac_list_has(&setting->content, run->chip.mac);
    snprintf(has, EG__ACCEPT_TEXT, "the MAC is %s", run->unit.mac);
    return EG_OK;
}

/* ---- All of them ---- */

const struct eg__accept_rule eg__accept_rules[] = {
    {"accept.revision", EG__ACCEPT_OF_REGISTERS, " and ", look_at_revision},
    {"accept.package", EG__ACCEPT_OF_REGISTERS, " or ", look_at_package},
    {"accept.flash_size", EG__ACCEPT_OF_REGISTERS, " and ", look_at_flash_size},
    {"accept.flash_vendor", EG__ACCEPT_OF_REGISTERS, " or ", look_at_vendor},
    {"accept.psram", EG__ACCEPT_OF_REGISTERS, " and ", look_at_psram},
    {"accept.secure_boot", EG__ACCEPT_OF_SECURITY, "", look_at_secure_boot},
    {"accept.flash_encryption", EG__ACCEPT_OF_SECURITY, "", look_at_encryption},
    {"accept.mac", EG__ACCEPT_OF_MAC, " or ", look_at_mac},
    {"accept.mac_file", EG__ACCEPT_OF_MAC, "", look_at_mac_file},
    {NULL, EG__ACCEPT_OF_REGISTERS, NULL, NULL},
};
