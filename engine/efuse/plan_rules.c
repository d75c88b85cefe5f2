/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What no caller may burn: rules over the chip as it is and as it would be. They are asked
 * once, with everything that is wanted, before the first burn.
 */

#include "engine/efuse/efuse_internal.h"
#include "engine/efuse/plan_internal.h"

#include <stdio.h>
#include <string.h>

enum {
    XTS_256_KEY_1 = 2,
    XTS_256_KEY_2 = 3,
    XTS_128_KEY = 4,
    DIGEST_0 = 9,
    DIGEST_2 = 11,
    CRYPT_CONFIG = 0xf,
};

/* The chip before and after. */
struct change {
    struct eg_efuse_plan *plan;
    const struct eg_efuses *before, *after;
};

static bool newly(const struct change *change, const char *name)
{
    return name != NULL && eg_efuse_number(change->before, name) != eg_efuse_number(change->after, name);
}

static const char *block_name(const struct change *change, unsigned block)
{
    return change->after->chip->blocks[block].name;
}

/* Errors may only be where this plan burns the same bits again. */
static enum eg_code check_errors(const struct change *change, struct eg_error *err)
{
    const struct eg_efuses *fuses = change->before;
    const bool together = fuses->chip->family == EG_EFUSE_BLOCK_REGISTERS;
    bool coded_queued = false;

    for (unsigned block = 1; block < fuses->block_count; block++)
        coded_queued =
            coded_queued || !eg__efuse_is_empty(change->plan->wanted->queued[block], EG_EFUSE_WORDS_MAX);
    for (unsigned block = 0; block < fuses->block_count; block++) {
        const bool queued = !eg__efuse_is_empty(change->plan->wanted->queued[block], EG_EFUSE_WORDS_MAX);

        if (!change->plan->repair && eg__efuse_is_damaged(fuses, block) && !queued &&
            !(together && block > 0 && coded_queued))
            return eg_error_set(err, EG_SECURED,
                                "%s has errors (%u): nothing is burnt before it is repaired; 'check-error "
                                "--recovery' tries to",
                                block_name(change, block), fuses->block[block].errors);
    }
    return EG_OK;
}

static enum eg_code check_controller(const struct change *change, struct eg_error *err)
{
    const struct eg_efuses *fuses = change->before;

    if (fuses->coding == EG_CODING_REPEAT)
        return eg_error_set(err, EG_UNSUPPORTED,
                            "CODING_SCHEME is 2 (repeat): how such blocks are burnt is not known");
    if (eg__efuse_timing(fuses) == NULL)
        return eg_error_set(err, EG_UNSUPPORTED,
                            "%s with a crystal of %u MHz: the timing of a burn is not known", fuses->label,
                            (unsigned)fuses->crystal_mhz);
    return EG_OK;
}

static bool is_xts(int purpose)
{
    return purpose >= XTS_256_KEY_1 && purpose <= XTS_128_KEY;
}

static bool is_digest(int purpose)
{
    return purpose >= DIGEST_0 && purpose <= DIGEST_2;
}

/* Of key blocks with purposes: the block's rules, when the plan changes something of it. */
static enum eg_code check_key_block(const struct change *change, unsigned block, struct eg_error *err)
{
    const struct eg_efuse_block *of = &change->after->chip->blocks[block];
    const int purpose = eg_efuse_block_purpose(change->after, block);
    const bool fresh = purpose != eg_efuse_block_purpose(change->before, block);
    const bool hidden = !eg_efuse_readable(change->after, of->rd);
    char text[64];

    eg_efuse_purpose_text(change->after, purpose, text);
    if (is_digest(purpose) && hidden && (fresh || eg_efuse_readable(change->before, of->rd)))
        return eg_error_set(err, EG_SECURED,
                            "%s has the digest %s: it must stay readable, or secure boot sees zeros",
                            of->name, text);
    if (fresh && strncmp(text, "XTS_AES_", strlen("XTS_AES_")) == 0 && change->after->chip->no_xts != NULL &&
        strcmp(change->after->chip->no_xts, of->name) == 0)
        return eg_error_set(err, EG_SECURED, "%s of an %s: the flash cipher cannot use a key of that block",
                            of->name, change->after->label);
    return EG_OK;
}

/* Two blocks of one purpose, or keys of both lengths: which of them counts differs between ROM and software.
 */
static enum eg_code check_two_blocks(const struct change *change, unsigned block, unsigned other,
                                     struct eg_error *err)
{
    const int one = eg_efuse_block_purpose(change->after, block);
    const int two = eg_efuse_block_purpose(change->after, other);
    const bool fresh = one != eg_efuse_block_purpose(change->before, block) ||
                       two != eg_efuse_block_purpose(change->before, other);
    char text[64];

    if (!fresh || (!is_xts(one) && !is_digest(one)))
        return EG_OK;
    eg_efuse_purpose_text(change->after, one, text);
    if (one == two)
        return eg_error_set(err, EG_SECURED, "%s and %s would both have the purpose %s: only one block may",
                            block_name(change, block), block_name(change, other), text);
    if (is_xts(one) && is_xts(two) && (one == XTS_128_KEY) != (two == XTS_128_KEY))
        return eg_error_set(
            err, EG_SECURED,
            "%s and %s would have flash keys of 128 and of 256 bits: a board has one or the other",
            block_name(change, block), block_name(change, other));
    return EG_OK;
}

static enum eg_code check_purposes(const struct change *change, struct eg_error *err)
{
    for (unsigned block = 0; block < change->after->block_count; block++) {
        if (change->after->chip->blocks[block].purpose == NULL)
            continue;
        EG_TRY(check_key_block(change, block, err));
        for (unsigned other = block + 1; other < change->after->block_count; other++)
            if (change->after->chip->blocks[other].purpose != NULL)
                EG_TRY(check_two_blocks(change, block, other, err));
    }
    return EG_OK;
}

static enum eg_code check_usb(const struct change *change, struct eg_error *err)
{
    const char *both = change->after->chip->never_both;
    char one[64];

    if (both == NULL || change->plan->both)
        return EG_OK;
    snprintf(one, sizeof one, "%.*s", (int)strcspn(both, " "), both);
    const char *two = both + strlen(one) + 1;
    if ((newly(change, one) || newly(change, two)) && eg_efuse_number(change->after, one) != 0 &&
        eg_efuse_number(change->after, two) != 0)
        return eg_error_set(err, EG_SECURED,
                            "%s and %s together: the ROM of an %s then crashes in its loader", one, two,
                            change->after->label);
    return EG_OK;
}

/* ESP32: with another number than 15 the flash cipher uses the address in part or not at all. */
static enum eg_code check_crypt_config(const struct change *change, struct eg_error *err)
{
    const struct eg_efuse_field *config = eg_efuse_find(change->before, "FLASH_CRYPT_CONFIG");

    if (config == NULL || !eg_efuse_readable(change->before, config->rd))
        return EG_OK;
    const uint32_t number = eg_efuse_number(change->after, config->name);
    if (newly(change, config->name) && number != CRYPT_CONFIG)
        return eg_error_set(err, EG_SECURED, "FLASH_CRYPT_CONFIG must be 0xf or stay 0, not 0x%x",
                            (unsigned)number);
    if (number != CRYPT_CONFIG && eg_efuse_writable(change->before, config->wr) &&
        !eg_efuse_writable(change->after, config->wr))
        return eg_error_set(
            err, EG_SECURED,
            "FLASH_CRYPT_CONFIG is 0x%x: write-protected so, flash encryption would be weak for "
            "good; burn 0xf first",
            (unsigned)number);
    return EG_OK;
}

static enum eg_code check_secure_boot(const struct change *change, struct eg_error *err)
{
    const struct eg_efuse *chip = change->after->chip;

    if (!newly(change, chip->secure_boot))
        return EG_OK;
    if (change->after->revision < chip->secure_boot_from)
        return eg_error_set(err, EG_WRONG_REVISION,
                            "%s: secure boot v2 needs chip revision v%u.%u, and this one is v%u.%u",
                            chip->secure_boot, chip->secure_boot_from / 100u, chip->secure_boot_from % 100u,
                            change->after->revision / 100u, change->after->revision % 100u);
    for (unsigned block = 0; block < change->after->block_count; block++)
        if (is_digest(eg_efuse_block_purpose(change->after, block)) &&
            !eg_efuse_readable(change->after, chip->blocks[block].rd))
            return eg_error_set(err, EG_SECURED,
                                "%s: the digest in %s is read-protected, so no image could be verified",
                                chip->secure_boot, block_name(change, block));
    return EG_OK;
}

static bool has_flash_key(const struct eg_efuses *fuses)
{
    const struct eg_efuse *chip = fuses->chip;

    for (unsigned block = 1; block < fuses->block_count; block++) {
        /* Without purposes the flash key is in the first block that can be hidden. */
        if (chip->blocks[block].purpose == NULL && chip->blocks[block].rd != 0 &&
            (chip->purposes == NULL || eg_efuse_find(fuses, "KEY_PURPOSE_0") == NULL))
            return !eg_efuse_readable(fuses, chip->blocks[block].rd) ||
                   !eg__efuse_is_empty(fuses->block[block].word, fuses->block[block].words);
        if (is_xts(eg_efuse_block_purpose(fuses, block)))
            return true;
    }
    return false;
}

/* The board may get its key by other means, such as a key manager: a warning. */
static void warn_counter(const struct change *change)
{
    const char *counter = change->after->chip->crypt_count;

    if (newly(change, counter) && __builtin_parity(eg_efuse_number(change->after, counter)) != 0 &&
        !has_flash_key(change->after))
        eg__efuse_say(
            change->plan,
            "warning: %s turns flash encryption on, and no block has a flash key: what is in the flash "
            "will be garbage",
            counter);
}

enum eg_code eg__efuse_rules(struct eg_efuse_plan *plan, struct eg_error *err)
{
    const struct change change = {plan, plan->fuses, eg__efuse_after(plan)};

    for (unsigned block = 0;; block++) {
        if (block == plan->fuses->block_count)
            return EG_OK; /* nothing is wanted */
        if (!eg__efuse_is_empty(plan->wanted->queued[block], EG_EFUSE_WORDS_MAX))
            break;
    }
    EG_TRY(check_controller(&change, err));
    EG_TRY(check_errors(&change, err));
    EG_TRY(check_purposes(&change, err));
    EG_TRY(check_usb(&change, err));
    EG_TRY(check_crypt_config(&change, err));
    EG_TRY(check_secure_boot(&change, err));
    warn_counter(&change);
    return EG_OK;
}
