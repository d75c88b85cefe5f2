/* SPDX-License-Identifier: Apache-2.0 */

/* What is wanted, checked field by field and block by block, becomes a list of burns. */

#include "engine/efuse/plan.h"

#include "engine/base/bytes.h"
#include "engine/efuse/efuse_internal.h"
#include "engine/efuse/plan_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void eg_efuse_plan_finish(struct eg_efuse_plan *plan)
{
    eg_secret_finish(&plan->memory);
    plan->wanted = NULL;
}

enum eg_code eg_efuse_plan_init(struct eg_efuse_plan *plan, struct eg_efuses *fuses, struct eg_error *err)
{
    *plan = (struct eg_efuse_plan){.fuses = fuses};
    EG_TRY(eg_secret_init(&plan->memory, sizeof *plan->wanted, err));
    plan->wanted = (struct eg_efuse_wanted *)(void *)plan->memory.data;
    return EG_OK;
}

void eg__efuse_say(const struct eg_efuse_plan *plan, const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (plan->say != NULL)
        plan->say(plan->context, text);
}

const struct eg_efuses *eg__efuse_after(struct eg_efuse_plan *plan)
{
    struct eg_efuses *after = &plan->wanted->after;

    *after = *plan->fuses;
    for (unsigned block = 0; block < after->block_count; block++)
        for (unsigned i = 0; i < after->block[block].words; i++)
            after->block[block].word[i] |= plan->wanted->queued[block][i];
    return after;
}

void eg__efuse_place(uint32_t word[EG_EFUSE_WORDS_MAX], const struct eg_efuse_field *field,
                     const uint8_t *bits)
{
    for (unsigned i = 0; i < field->bits; i++) {
        const unsigned at = field->word * 32u + field->pos + i;

        word[at / 32] |= (uint32_t)(bits[i / 8] >> i % 8 & 1) << at % 32;
    }
}

const struct eg_efuse_field *eg__efuse_field(const struct eg_efuses *fuses, const char *name)
{
    const struct eg_efuse_field *field = fuses->fields;

    while (strcmp(field->name, name) != 0)
        field++;
    return field;
}

bool eg__efuse_within(const uint32_t *small, const uint32_t *big, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        if ((small[i] & ~big[i]) != 0)
            return false;
    return true;
}

bool eg__efuse_is_damaged(const struct eg_efuses *fuses, unsigned block)
{
    return fuses->block[block].errors != 0 || fuses->block[block].failed;
}

bool eg__efuse_is_empty(const uint32_t *word, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        if (word[i] != 0)
            return false;
    return true;
}

static bool has_own_bits(const struct eg_efuse_field *field)
{
    return field->parts == NULL;
}

static bool is_mask(const struct eg_efuse_field *field)
{
    return strcmp(field->name, "WR_DIS") == 0 || strcmp(field->name, "RD_DIS") == 0;
}

/* The field's words: wanted, queued and burnt, each with nothing but the field. */
struct view {
    uint32_t wanted[EG_EFUSE_WORDS_MAX], queued[EG_EFUSE_WORDS_MAX], burnt[EG_EFUSE_WORDS_MAX];
};

static void look(struct view *view, const struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                 const uint8_t *bits)
{
    static const uint8_t all[EG_EFUSE_BYTES_MAX] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint32_t mask[EG_EFUSE_WORDS_MAX] = {0};

    *view = (struct view){{0}, {0}, {0}};
    eg__efuse_place(view->wanted, field, bits);
    eg__efuse_place(mask, field, all);
    for (unsigned i = 0; i < EG_EFUSE_WORDS_MAX; i++) {
        view->queued[i] = plan->wanted->queued[field->block][i] & mask[i];
        view->burnt[i] = plan->fuses->block[field->block].word[i] & mask[i];
    }
}

static enum eg_code refuse_protected(const struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                                     struct eg_error *err)
{
    const bool readable = eg_efuse_readable(plan->fuses, field->rd);
    const bool writable = eg_efuse_writable(plan->fuses, field->wr);

    if (!readable && !writable)
        return eg_error_set(err, EG_SECURED, "%s is read- and write-protected: it cannot be burnt any more",
                            field->name);
    if (!writable)
        return eg_error_set(err, EG_SECURED, "%s is write-protected: it cannot be burnt any more",
                            field->name);
    if (!readable)
        return eg_error_set(err, EG_SECURED,
                            "%s is read-protected: what it holds cannot be seen, so it must not be burnt",
                            field->name);
    return EG_OK;
}

static enum eg_code want_view(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                              const struct view *view, struct eg_error *err)
{
    const unsigned words = EG_EFUSE_WORDS_MAX;
    uint32_t old[EG_EFUSE_WORDS_MAX];

    for (unsigned i = 0; i < words; i++)
        old[i] = view->burnt[i] | view->queued[i];
    if (eg__efuse_is_empty(view->wanted, words) && eg__efuse_is_empty(old, words))
        return EG_OK;
    if (!eg__efuse_is_empty(view->wanted, words) && !eg__efuse_is_damaged(plan->fuses, field->block) &&
        eg__efuse_within(view->wanted, view->burnt, words) &&
        (is_mask(field) || eg__efuse_within(old, view->wanted, words))) {
        eg__efuse_say(plan, "%s: burnt already", field->name);
        return EG_OK;
    }
    if (!is_mask(field) && !plan->force && !eg__efuse_within(old, view->wanted, words))
        return eg_error_set(err, EG_SECURED,
                            "%s has bits that are burnt, or wanted already, and not in the new value: "
                            "bits cannot be cleared",
                            field->name);
    if (plan->resume && field->kind == EG_AS_KEY && !eg_efuse_readable(plan->fuses, field->rd)) {
        eg__efuse_say(plan, "%s: is hidden, and counts as burnt", field->name);
        return EG_OK;
    }
    if (!plan->force)
        EG_TRY(refuse_protected(plan, field, err));
    for (unsigned i = 0; i < words; i++)
        plan->wanted->queued[field->block][i] |= view->wanted[i];
    return EG_OK;
}

enum eg_code eg_efuse_want(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                           const uint8_t bits[EG_EFUSE_BYTES_MAX], struct eg_error *err)
{
    struct view view;

    if (!has_own_bits(field))
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s is made of other fields (%s): burn those", field->name,
                            field->parts);
    look(&view, plan, field, bits);
    const enum eg_code code = want_view(plan, field, &view, err);
    eg_wipe(&view, sizeof view);
    return code;
}

static enum eg_code want_parts(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                               uint32_t number, struct eg_error *err)
{
    for (const char *from = field->parts; *from != '\0'; from += strspn(from, " ")) {
        const struct eg_efuse_field *part;
        char name[64];

        snprintf(name, sizeof name, "%.*s", (int)strcspn(from, " "), from);
        from += strlen(name);
        EG_TRY(eg_efuse_get_field(plan->fuses, name, &part, err));
        EG_TRY(eg_efuse_want_number(plan, part, number & ((1u << part->bits) - 1), err));
        number >>= part->bits;
    }
    return EG_OK;
}

enum eg_code eg_efuse_want_number(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                                  uint32_t number, struct eg_error *err)
{
    uint8_t bits[EG_EFUSE_BYTES_MAX] = {0};

    if (field->bits < 32 && number >> field->bits != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s has %u bits: 0x%x does not fit", field->name,
                            field->bits, (unsigned)number);
    if (field->kind == EG_AS_PARTS)
        return want_parts(plan, field, number, err);
    eg_put32(bits, number);
    return eg_efuse_want(plan, field, bits, err);
}

enum eg_code eg_efuse_want_step(struct eg_efuse_plan *plan, const struct eg_efuse_field *field,
                                struct eg_error *err)
{
    const uint32_t all = field->bits < 32 ? (1u << field->bits) - 1 : UINT32_MAX;
    const uint32_t number = eg_efuse_number(eg__efuse_after(plan), field->name);

    if (number == all)
        return eg_error_set(err, EG_SECURED, "%s is at its end (0x%x): no step is left", field->name,
                            (unsigned)number);
    return eg_efuse_want_number(plan, field, number | (number + 1), err);
}

enum eg_code eg_efuse_want_block(struct eg_efuse_plan *plan, unsigned block,
                                 const uint32_t word[EG_EFUSE_WORDS_MAX], struct eg_error *err)
{
    const unsigned words = plan->fuses->block[block].words;

    for (const struct eg_efuse_field *field = plan->fuses->fields; field->name != NULL; field++) {
        uint32_t bits[EG_EFUSE_WORDS_MAX] = {0}, missing = 0;
        uint8_t all[EG_EFUSE_BYTES_MAX];

        /* A whole block is checked later. */
        if (block != 0 || field->block != 0 || !has_own_bits(field) || plan->force || plan->repair)
            continue;
        memset(all, 0xff, sizeof all);
        eg__efuse_place(bits, field, all);
        for (unsigned i = 0; i < words; i++)
            missing |= bits[i] & word[i] & ~plan->fuses->block[0].word[i];
        if (missing != 0)
            EG_TRY(refuse_protected(plan, field, err));
    }
    for (unsigned i = 0; i < words; i++)
        plan->wanted->queued[block][i] |= word[i];
    return EG_OK;
}

static enum eg_code want_mask(struct eg_efuse_plan *plan, const char *name, uint32_t bits, const char *what,
                              const char *protection, struct eg_error *err)
{
    const struct eg_efuse_field *field = eg__efuse_field(plan->fuses, name);

    if ((eg_efuse_number(plan->fuses, name) & bits) == bits) {
        eg__efuse_say(plan, "%s is %s-protected already", what, protection);
        return EG_OK;
    }
    if (!eg_efuse_writable(plan->fuses, field->wr))
        return eg_error_set(err, EG_SECURED, "%s is write-protected: %s can no longer be %s-protected", name,
                            what, protection);
    return eg_efuse_want_number(plan, field, bits, err);
}

enum eg_code eg_efuse_want_write_protection(struct eg_efuse_plan *plan, uint32_t bits, const char *what,
                                            struct eg_error *err)
{
    return want_mask(plan, "WR_DIS", bits, what, "write", err);
}

enum eg_code eg_efuse_want_read_protection(struct eg_efuse_plan *plan, uint32_t bits, const char *what,
                                           struct eg_error *err)
{
    return want_mask(plan, "RD_DIS", bits, what, "read", err);
}

static uint8_t byte_at(const uint32_t *word, unsigned at)
{
    return (uint8_t)(word[at / 4] >> at % 4 * 8);
}

/* Under 3/4 coding a group of six bytes can be burnt once; what is there already is left out. After an
 * interrupted burn the same bytes are burnt again. */
static enum eg_code check_groups(const struct eg_efuse_plan *plan, unsigned block, uint32_t *queued,
                                 struct eg_error *err)
{
    const uint32_t *burnt = plan->fuses->block[block].word;

    for (unsigned group = 0; group < 4; group++) {
        const bool damaged = eg__efuse_is_damaged(plan->fuses, block);
        bool equal = true, within = true, wanted = false, there = false;

        for (unsigned i = 6 * group; i < 6 * group + 6; i++) {
            equal = equal && byte_at(queued, i) == byte_at(burnt, i);
            within = within && (byte_at(burnt, i) & ~byte_at(queued, i)) == 0;
            wanted = wanted || byte_at(queued, i) != 0;
            there = there || byte_at(burnt, i) != 0;
        }
        if (damaged && within)
            continue;
        if (wanted && there && !equal)
            return eg_error_set(
                err, EG_SECURED,
                "%s: bytes %u to %u are burnt already, and under 3/4 coding six bytes are burnt "
                "once for all",
                plan->fuses->chip->blocks[block].name, 6 * group, 6 * group + 5);
        for (unsigned i = 6 * group; wanted && there && i < 6 * group + 6; i++)
            queued[i / 4] &= ~(UINT32_C(0xff) << i % 4 * 8);
    }
    return EG_OK;
}

static enum eg_code check_block(const struct eg_efuse_plan *plan, unsigned block, uint32_t *queued,
                                struct eg_error *err)
{
    const struct eg_efuse_block *of = &plan->fuses->chip->blocks[block];
    const struct eg_efuse_content *content = &plan->fuses->block[block];

    if (!plan->force && !eg_efuse_readable(plan->fuses, of->rd))
        return eg_error_set(err, EG_SECURED,
                            "%s is read-protected: what it holds cannot be seen, so it must not be burnt",
                            of->name);
    if (!plan->force && !eg_efuse_writable(plan->fuses, of->wr))
        return eg_error_set(err, EG_SECURED, "%s is write-protected: it cannot be burnt any more", of->name);
    if (eg__efuse_is_empty(content->word, content->words) || block == 0)
        return EG_OK;
    const bool again = eg__efuse_is_damaged(plan->fuses, block) &&
                       eg__efuse_within(content->word, queued, content->words); /* it was interrupted */
    if (plan->fuses->chip->family == EG_EFUSE_PROGRAM_WINDOW && !plan->force && !again)
        return eg_error_set(err, EG_SECURED,
                            "%s is burnt already, and a block with Reed-Solomon coding is burnt once for all",
                            of->name);
    if (plan->fuses->coding == EG_CODING_3_4 && !plan->force)
        return check_groups(plan, block, queued, err);
    return EG_OK;
}

static void add_burn(struct eg_efuse_plan *plan, unsigned block, bool late, const uint32_t *word)
{
    struct eg_efuse_burn *burn = &plan->wanted->burn[plan->burns];

    if (eg__efuse_is_empty(word, EG_EFUSE_WORDS_MAX))
        return;
    burn->block = (uint8_t)block;
    burn->late = late;
    memcpy(burn->word, word, sizeof burn->word);
    plan->burns++;
}

/* Take the bits of the fields in `names` out of `from`. */
static void take_fields(const struct eg_efuse_plan *plan, const char *names, uint32_t *from,
                        uint32_t taken[EG_EFUSE_WORDS_MAX])
{
    uint32_t mask[EG_EFUSE_WORDS_MAX] = {0};
    uint8_t all[EG_EFUSE_BYTES_MAX];

    memset(all, 0xff, sizeof all);
    for (const struct eg_efuse_field *field = plan->fuses->fields; field->name != NULL; field++)
        if (field->block == 0 && has_own_bits(field) && eg_efuse_listed(names, field->name))
            eg__efuse_place(mask, field, all);
    for (unsigned i = 0; i < EG_EFUSE_WORDS_MAX; i++) {
        taken[i] = from[i] & mask[i];
        from[i] &= ~mask[i];
    }
}

/* Whether WR_DIS, as it is wanted, shuts out a field that is wanted, too. */
static bool seals(const struct eg_efuse_plan *plan, const uint32_t *masks, const char *name)
{
    const struct eg_efuse_field *field = name != NULL ? eg_efuse_find(plan->fuses, name) : NULL;

    return field != NULL && (masks[0] & field->wr) != 0;
}

/*
 * A burn that is interrupted sets any of its bits. So what hides keys is burnt, and read back, before
 * anything that could make hiding impossible (WR_DIS protects RD_DIS), and what closes the loader last, for
 * then nothing can be read back. It goes together with WR_DIS only if that would shut it out.
 */
static void add_block0(struct eg_efuse_plan *plan, const uint32_t *queued)
{
    const struct eg_efuse *chip = plan->fuses->chip;
    uint32_t rest[EG_EFUSE_WORDS_MAX], late[EG_EFUSE_WORDS_MAX], hide[EG_EFUSE_WORDS_MAX];
    uint32_t seal[EG_EFUSE_WORDS_MAX], off[EG_EFUSE_WORDS_MAX], secure[EG_EFUSE_WORDS_MAX];

    memcpy(rest, queued, sizeof rest);
    if (plan->at_once) {
        add_burn(plan, 0, true, rest);
        return;
    }
    take_fields(plan, chip->postponed, rest, late);
    add_burn(plan, 0, false, rest);
    take_fields(plan, "RD_DIS", late, hide);
    add_burn(plan, 0, true, hide);
    take_fields(plan, "WR_DIS", late, seal);
    take_fields(plan, chip->download_off, late, off);
    take_fields(plan, chip->download_secure, late, secure);
    add_burn(plan, 0, true, late);
    const bool together = seals(plan, seal, chip->download_off) || seals(plan, seal, chip->download_secure);
    for (unsigned i = 0; i < EG_EFUSE_WORDS_MAX; i++) {
        off[i] |= secure[i];
        seal[i] |= together ? off[i] : 0;
        off[i] = together ? 0 : off[i];
    }
    add_burn(plan, 0, true, seal);
    add_burn(plan, 0, true, off);
}

enum eg_code eg_efuse_decide(struct eg_efuse_plan *plan, struct eg_error *err)
{
    plan->burns = plan->done = 0;
    for (unsigned block = 0; block < plan->fuses->block_count; block++) {
        uint32_t *queued = plan->wanted->queued[block];
        const struct eg_efuse_content *content = &plan->fuses->block[block];

        /* Bits that are burnt need no burn; of a coded block all or none are. */
        if (!eg__efuse_is_damaged(plan->fuses, block) &&
            eg__efuse_within(queued, content->word, content->words)) {
            if (!eg__efuse_is_empty(queued, content->words))
                eg__efuse_say(plan, "%s: burnt already", plan->fuses->chip->blocks[block].name);
            memset(queued, 0, sizeof plan->wanted->queued[block]);
        }
        if (!eg__efuse_is_empty(queued, content->words))
            EG_TRY(check_block(plan, block, queued, err));
    }
    EG_TRY(eg__efuse_rules(plan, err));
    for (unsigned block = plan->fuses->block_count; block-- > 1;)
        add_burn(plan, block, false, plan->wanted->queued[block]);
    add_block0(plan, plan->wanted->queued[0]);
    return EG_OK;
}
