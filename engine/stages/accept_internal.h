/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the module share: the rules, and the values of accept.*, parsed. */

#ifndef ENGINE_STAGES_ACCEPT_INTERNAL_H
#define ENGINE_STAGES_ACCEPT_INTERNAL_H

#include "engine/stages/run.h"

#include <stdbool.h>
#include <stdint.h>

/* The choices of accept.secure_boot and accept.flash_encryption, in their order. */
enum { EG__SWITCH_ANY, EG__SWITCH_ON };

/* Parse one value of a comparison; false = it is none. */
typedef bool eg__accept_parser(const char *text, uint64_t *value);

/* Parse a revision: "3.1" is 301, major * 100 + minor. */
bool eg__accept_parse_revision(const char *text, uint64_t *revision);

/* Read the comparison at `*text` (">=0.3 <1.0") and go to the next one; false = it makes no sense. */
bool eg__accept_next_comparison(const char **text, eg__accept_parser *parse, unsigned *holds_for,
                                uint64_t *value);

/* Return whether `have` meets every comparison of a setting. */
bool eg__accept_all_hold(const struct eg_setting *setting, eg__accept_parser *parse, uint64_t have);

/* Return whether accept.psram accepts a chip without PSRAM, or with PSRAM of this size if it is known. */
bool eg__accept_psram(const struct eg_setting *setting, bool none, bool known, uint64_t size);

/* Parse "winbond", "0xef" or "ef4016" to the bits of a flash id that must match, and their values. */
bool eg__accept_parse_vendor(const char *text, uint32_t *mask, uint32_t *id);

/* ---- The rules ---- */

enum { EG__ACCEPT_TEXT = 120 };

/* What a rule looks at. In secure download mode no register can be read, and the MAC may come late. */
enum eg__accept_facts { EG__ACCEPT_OF_REGISTERS, EG__ACCEPT_OF_MAC, EG__ACCEPT_OF_SECURITY };

struct eg__accept_rule {
    const char *key;
    enum eg__accept_facts facts;
    const char *between; /* items of a list */
    /* Tell what the board has, as the first half of a sentence, and whether the setting accepts it. */
    enum eg_code (*look)(struct eg_run *run, const struct eg_setting *setting, bool *accepted,
                         char has[EG__ACCEPT_TEXT], struct eg_error *err);
};

/* In the order in which they are asked; the last has no key. */
extern const struct eg__accept_rule eg__accept_rules[];

/* Check the form of a value, as the `check` of an option does. EG_BAD_JOB. */
enum eg_code eg__accept_check_revisions(const char *text, struct eg_error *err) EG_CHECKED;
enum eg_code eg__accept_check_sizes(const char *text, struct eg_error *err) EG_CHECKED;
enum eg_code eg__accept_check_psram_sizes(const char *text, struct eg_error *err) EG_CHECKED;
enum eg_code eg__accept_check_vendor(const char *text, struct eg_error *err) EG_CHECKED;
enum eg_code eg__accept_check_mac(const char *text, struct eg_error *err) EG_CHECKED;

/* Check that the chip has the packages. */
enum eg_code eg__accept_check_packages(const struct eg_setting *setting, const struct eg_target *target,
                                       const char **place, struct eg_error *err) EG_CHECKED;

#endif
