/* SPDX-License-Identifier: Apache-2.0 */

/* What the files about burning share. */

#ifndef ENGINE_EFUSE_PLAN_INTERNAL_H
#define ENGINE_EFUSE_PLAN_INTERNAL_H

#include "engine/efuse/plan.h"

/** Tell whoever watches. */
void eg__efuse_say(const struct eg_efuse_plan *plan, const char *format, ...) EG_PRINTF(2, 3);

/** The chip as it would be with all that is queued: `wanted->after`. */
const struct eg_efuses *eg__efuse_after(struct eg_efuse_plan *plan);

/** Refuse what would make the board useless, or less safe than it looks; see plan_rules.c. */
enum eg_code eg__efuse_rules(struct eg_efuse_plan *plan, struct eg_error *err) EG_CHECKED;

/** Mark the bits of a field in words of its block. */
void eg__efuse_place(uint32_t word[EG_EFUSE_WORDS_MAX], const struct eg_efuse_field *field,
                     const uint8_t *bits);

/** A field that every chip has. */
const struct eg_efuse_field *eg__efuse_field(const struct eg_efuses *fuses, const char *name);

/** Whether all bits of `small` are in `big`. */
bool eg__efuse_within(const uint32_t *small, const uint32_t *big, unsigned words);

/** Whether a block has errors. Its burn was interrupted, or its fuses are bad. */
bool eg__efuse_is_damaged(const struct eg_efuses *fuses, unsigned block);

/** Whether no bit is set. */
bool eg__efuse_is_empty(const uint32_t *word, unsigned words);

#endif
