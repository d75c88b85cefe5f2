/* SPDX-License-Identifier: Apache-2.0 */

/* Burn after burn, each read back before the next. */

#include "engine/base/bytes.h"
#include "engine/efuse/coding.h"
#include "engine/efuse/efuse_internal.h"
#include "engine/efuse/plan_internal.h"

#include <string.h>

enum { ATTEMPTS = 3, ERROR_POLLS = 5, BLOCK_WORDS = 8 };

static void to_words(uint32_t *word, const uint8_t *bytes, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        word[i] = eg_get32(bytes + 4 * i);
}

/* Return how many words are to be written for a burn. */
static unsigned encode(const struct eg_efuses *fuses, const struct eg_efuse_burn *burn,
                       uint32_t coded[EG_EFUSE_CODED_MAX])
{
    const bool window = fuses->chip->family == EG_EFUSE_PROGRAM_WINDOW;
    const unsigned words = fuses->chip->blocks[burn->block].words;
    uint8_t data[4 * EG_EFUSE_WORDS_MAX], check[32] = {0};
    unsigned count = BLOCK_WORDS;

    memset(coded, 0, EG_EFUSE_CODED_MAX * sizeof coded[0]);
    memcpy(coded, burn->word, sizeof burn->word);
    for (unsigned i = 0; i < EG_EFUSE_WORDS_MAX; i++)
        eg_put32(data + 4 * i, burn->word[i]);
    if (burn->block == 0) {
        count = !window || words > BLOCK_WORDS ? words : BLOCK_WORDS;
    } else if (window) {
        eg_efuse_reed_solomon(check, data);
        to_words(coded + BLOCK_WORDS, check, EG_EFUSE_CHECK_SIZE / 4);
        count = EG_EFUSE_CODED_MAX;
    } else if (fuses->coding == EG_CODING_3_4) {
        eg_efuse_three_quarters(check, data);
        to_words(coded, check, BLOCK_WORDS);
    }
    eg_wipe(data, sizeof data);
    eg_wipe(check, sizeof check);
    return count;
}

/* Whether the burn has the only bit of the field `name` of block 0. */
static bool burns_field(const struct eg_efuses *fuses, const struct eg_efuse_burn *burn, const char *name)
{
    const struct eg_efuse_field *field = name != NULL ? eg_efuse_find(fuses, name) : NULL;

    return burn->block == 0 && field != NULL && (burn->word[field->word] >> field->pos & 1) != 0;
}

/* Whether the burn has bits that are in none of the two fields. */
static bool burns_more(const struct eg_efuses *fuses, const struct eg_efuse_burn *burn, const char *one,
                       const char *two)
{
    uint32_t rest[EG_EFUSE_WORDS_MAX];
    const char *const names[] = {one, two};

    memcpy(rest, burn->word, sizeof rest);
    for (unsigned i = 0; i < 2; i++) {
        const struct eg_efuse_field *field = names[i] != NULL ? eg_efuse_find(fuses, names[i]) : NULL;
        if (field != NULL)
            rest[field->word] &= ~(1u << field->pos);
    }
    return !eg__efuse_is_empty(rest, EG_EFUSE_WORDS_MAX);
}

/*
 * The burn may have switched the loader off, or into secure download mode: then it does not answer as
 * before, and that is what was wanted. The chip itself must say so (EG_SECURED), for a board that is gone
 * does not answer either. Of what was burnt with it nothing can be known.
 */
static enum eg_code reopen(struct eg_efuse_plan *plan, const struct eg_efuse_burn *burn, struct eg_error *err)
{
    const struct eg_efuses *fuses = plan->fuses;
    const char *const off = fuses->chip->download_off, *const secure_only = fuses->chip->download_secure;
    const bool closes = burns_field(fuses, burn, off), secures = burns_field(fuses, burn, secure_only);
    bool secure = false;
    struct eg_error second;

    if (fuses->io.reconnect == NULL || (!closes && !secures) || err->code == EG_CANCELLED)
        return err->code;
    const enum eg_code code = fuses->io.reconnect(fuses->io.context, &secure, &second);
    if (code == EG_OK && !secure)
        return eg__efuse_read_command(fuses, err);
    if (code == EG_OK ? !secures : !closes || code != EG_SECURED)
        return err->code;
    plan->end = secure ? EG_EFUSE_SECURE_DOWNLOAD : EG_EFUSE_CLOSED;
    if (!burns_more(fuses, burn, secure_only, secure ? NULL : off))
        return EG_OK;
    return eg_error_set(err, EG_NOT_BURNT,
                        "the loader closed before the burn was read back: whether every bit of it is set "
                        "cannot be known");
}

/* More errors than `before`, in any of the polls. */
static enum eg_code poll_errors(struct eg_efuses *fuses, unsigned block,
                                const struct eg_efuse_content *before, bool *worse, struct eg_error *err)
{
    *worse = false;
    for (unsigned i = 0; i < ERROR_POLLS && !*worse; i++) {
        if (i > 0)
            EG_TRY(eg__efuse_read_command(fuses, err));
        EG_TRY(eg_efuse_read_errors(fuses, err));
        *worse =
            fuses->block[block].errors > before->errors || (fuses->block[block].failed && !before->failed);
    }
    return EG_OK;
}

/* Clear bits that cannot be seen: a hidden block's, and block 0's fields that are hidden by now. */
static void leave_visible(const struct eg_efuses *fuses, unsigned block, uint32_t word[EG_EFUSE_WORDS_MAX])
{
    uint32_t hidden[EG_EFUSE_WORDS_MAX] = {0};
    uint8_t all[EG_EFUSE_BYTES_MAX];

    memset(all, 0xff, sizeof all);
    for (const struct eg_efuse_field *field = fuses->fields; field->name != NULL; field++)
        if (field->block == block && field->parts == NULL && !eg_efuse_readable(fuses, field->rd))
            eg__efuse_place(hidden, field, all);
    for (unsigned i = 0; i < EG_EFUSE_WORDS_MAX; i++)
        word[i] = i < fuses->block[block].words ? word[i] & ~hidden[i] : 0;
}

/* Whether every wanted bit is set, and every bit that was set before. */
static bool is_good(const struct eg_efuses *fuses, const struct eg_efuse_burn *burn,
                    const struct eg_efuse_content *before)
{
    uint32_t want[EG_EFUSE_WORDS_MAX];

    for (unsigned i = 0; i < EG_EFUSE_WORDS_MAX; i++)
        want[i] = burn->word[i] | before->word[i];
    leave_visible(fuses, burn->block, want);
    const bool good = eg__efuse_within(want, fuses->block[burn->block].word, EG_EFUSE_WORDS_MAX);
    eg_wipe(want, sizeof want);
    return good;
}

static enum eg_code burn_once(struct eg_efuse_plan *plan, const struct eg_efuse_burn *burn,
                              const struct eg_efuse_content *before, bool *good, bool *worse,
                              struct eg_error *err)
{
    struct eg_efuses *fuses = plan->fuses;
    uint32_t *coded = plan->wanted->coded;
    const unsigned count = encode(fuses, burn, coded);

    *good = *worse = false;
    enum eg_code code = eg__efuse_program(fuses, burn->block, coded, count, err);
    eg_wipe(coded, sizeof plan->wanted->coded);
    if (code == EG_OK)
        code = eg__efuse_read_command(fuses, err);
    if (code != EG_OK)
        EG_TRY(reopen(plan, burn, err));
    if (plan->end != EG_EFUSE_OPEN)
        return EG_OK;
    EG_TRY(poll_errors(fuses, burn->block, before, worse, err));
    EG_TRY(eg_efuse_read(fuses, err));
    *good = is_good(fuses, burn, before);
    return EG_OK;
}

static enum eg_code burn_block(struct eg_efuse_plan *plan, const struct eg_efuse_burn *burn,
                               struct eg_error *err)
{
    const char *name = plan->fuses->chip->blocks[burn->block].name;
    struct eg_efuse_content before = plan->fuses->block[burn->block];
    bool good = false, worse = false;
    enum eg_code code = EG_OK;

    for (unsigned i = 0; i < ATTEMPTS && code == EG_OK && (!good || worse); i++) {
        code = burn_once(plan, burn, &before, &good, &worse, err);
        if (plan->end != EG_EFUSE_OPEN)
            break;
    }
    eg_wipe(&before, sizeof before);
    if (code != EG_OK)
        return eg_error_prefix(err, "burning %s: ", name);
    if (plan->end != EG_EFUSE_OPEN)
        return EG_OK;
    if (worse)
        return eg_error_set(err, EG_NOT_BURNT,
                            "%s has errors after it was burnt %d times; 'check-error' shows them", name,
                            ATTEMPTS);
    if (!good)
        return eg_error_set(err, EG_NOT_BURNT, "%s: not every wanted bit is set after it was burnt %d times",
                            name, ATTEMPTS);
    return EG_OK;
}

enum eg_code eg_efuse_burn(struct eg_efuse_plan *plan, struct eg_error *err)
{
    for (; plan->done < plan->burns; plan->done++) {
        const struct eg_efuse_burn *burn = &plan->wanted->burn[plan->done];

        if (plan->end != EG_EFUSE_OPEN)
            return eg_error_set(err, EG_INTERNAL, "the loader is closed, and %s is still to be burnt",
                                plan->fuses->chip->blocks[burn->block].name);
        EG_TRY(burn_block(plan, burn, err));
        eg__efuse_say(plan, "%s: burnt%s", plan->fuses->chip->blocks[burn->block].name,
                      plan->end != EG_EFUSE_OPEN ? "" : " and read back");
    }
    return EG_OK;
}
