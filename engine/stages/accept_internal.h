/* SPDX-License-Identifier: Apache-2.0 */

/* What checking a board and comparing two jobs both need: the values of accept.*, parsed. */

#ifndef ENGINE_STAGES_ACCEPT_INTERNAL_H
#define ENGINE_STAGES_ACCEPT_INTERNAL_H

#include "engine/plan/setting.h"

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

#endif
