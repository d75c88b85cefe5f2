/* SPDX-License-Identifier: Apache-2.0 */

/* Whether some board may fit two jobs: each key that both give is compared. */

#include "engine/stages/accept.h"

#include "engine/base/mac.h"
#include "engine/base/text.h"
#include "engine/stages/accept_internal.h"

#include <string.h>
#include <strings.h>

typedef bool number_test(const struct eg_setting *setting, uint64_t number);

static bool accepts_revision(const struct eg_setting *setting, uint64_t revision)
{
    return eg__accept_all_hold(setting, eg__accept_parse_revision, revision);
}

static bool accepts_size(const struct eg_setting *setting, uint64_t size)
{
    return eg__accept_all_hold(setting, eg_number_parse, size);
}

static bool accepts_psram_size(const struct eg_setting *setting, uint64_t size)
{
    return eg__accept_psram(setting, size == 0, true, size);
}

/* Whether both accept a number that `limits` names, or a neighbour of one. */
static bool meet_at(const struct eg_setting *limits, eg__accept_parser *parse, number_test *accepts,
                    const struct eg_setting *one, const struct eg_setting *other)
{
    for (unsigned i = 0; i < limits->item_count; i++) {
        const char *text = limits->items[i].text;
        unsigned ignored;
        uint64_t value;
        while (*text != '\0' && eg__accept_next_comparison(&text, parse, &ignored, &value))
            for (uint64_t near = value - (value > 0); near <= value + 1; near++)
                if (accepts(one, near) && accepts(other, near))
                    return true;
    }
    return false;
}

/* If both accept a number at all, then one at a limit of either. */
static bool numbers_meet(eg__accept_parser *parse, number_test *accepts, const struct eg_setting *one,
                         const struct eg_setting *other)
{
    return meet_at(one, parse, accepts, one, other) || meet_at(other, parse, accepts, one, other);
}

static bool revisions_meet(const struct eg_setting *one, const struct eg_setting *other)
{
    return numbers_meet(eg__accept_parse_revision, accepts_revision, one, other);
}

static bool flash_sizes_meet(const struct eg_setting *one, const struct eg_setting *other)
{
    return numbers_meet(eg_number_parse, accepts_size, one, other);
}

static bool psrams_meet(const struct eg_setting *one, const struct eg_setting *other)
{
    return (accepts_psram_size(one, 0) && accepts_psram_size(other, 0)) ||
           (accepts_psram_size(one, 1) && accepts_psram_size(other, 1)) ||
           numbers_meet(eg_number_parse, accepts_psram_size, one, other);
}

/* Whether a text of one list and a text of the other are of the same board. */
static bool texts_meet(const struct eg_setting *one, const struct eg_setting *other,
                       bool same(const char *text, const char *beside))
{
    for (unsigned i = 0; i < one->item_count; i++)
        for (unsigned k = 0; k < other->item_count; k++)
            if (same(one->items[i].text, other->items[k].text))
                return true;
    return false;
}

static bool same_package(const char *text, const char *beside)
{
    return strcasecmp(text, beside) == 0;
}

static bool same_vendor(const char *text, const char *beside)
{
    uint32_t mask, id, beside_mask, beside_id;

    return eg__accept_parse_vendor(text, &mask, &id) &&
           eg__accept_parse_vendor(beside, &beside_mask, &beside_id) &&
           ((id ^ beside_id) & mask & beside_mask) == 0;
}

static bool same_mac(const char *text, const char *beside)
{
    uint8_t mac[EG_MAC_SIZE], beside_mac[EG_MAC_SIZE];
    const size_t size = eg_mac_parse_prefix(mac, text, strlen(text));
    const size_t beside_size = eg_mac_parse_prefix(beside_mac, beside, strlen(beside));

    return memcmp(mac, beside_mac, size < beside_size ? size : beside_size) == 0;
}

static bool packages_meet(const struct eg_setting *one, const struct eg_setting *other)
{
    return texts_meet(one, other, same_package);
}

static bool vendors_meet(const struct eg_setting *one, const struct eg_setting *other)
{
    return texts_meet(one, other, same_vendor);
}

static bool macs_meet(const struct eg_setting *one, const struct eg_setting *other)
{
    return texts_meet(one, other, same_mac);
}

static bool switches_meet(const struct eg_setting *one, const struct eg_setting *other)
{
    return one->choice == other->choice || one->choice == EG__SWITCH_ANY || other->choice == EG__SWITCH_ANY;
}

/* Keys that are not here keep no jobs apart. */
static const struct {
    const char *key;
    bool (*meet)(const struct eg_setting *one, const struct eg_setting *other);
} comparisons[] = {
    {"accept.revision", revisions_meet},
    {"accept.package", packages_meet},
    {"accept.flash_size", flash_sizes_meet},
    {"accept.flash_vendor", vendors_meet},
    {"accept.psram", psrams_meet},
    {"accept.secure_boot", switches_meet},
    {"accept.flash_encryption", switches_meet},
    {"accept.mac", macs_meet},
};

bool eg_accept_both(const struct eg_plan *one, const struct eg_plan *other)
{
    if (one->target != other->target)
        return false;
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        const struct eg_setting *const setting = eg_plan_setting(one, comparisons[i].key);
        const struct eg_setting *const beside = eg_plan_setting(other, comparisons[i].key);
        if (setting->given && beside->given && !comparisons[i].meet(setting, beside))
            return false;
    }
    return true;
}
