/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/stages/flash_key.h"

#include <stdio.h>
#include <string.h>

static enum eg_code on_record(struct eg_run *run, const struct eg_provision_item *item,
                              char print[EG_SECURITY_VALUE], struct eg_error *err)
{
    return run->recorder->ops->secured(run->recorder, &run->unit, EG_SECURITY_INTENDED, item->name, print,
                                       err);
}

/* A block that still shows the key whose fingerprint is on record. */
static enum eg_code adopt(struct eg_run *run, const struct eg_provision_item *item,
                          const struct eg_efuses *fuses, const char *known, struct eg_error *err)
{
    const size_t size = eg_provision_flash_key_size(item, fuses);
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    char print[EG_FINGERPRINT_TEXT];

    EG_TRY(eg_secret_init(&key, 32, err));
    for (unsigned block = 0; block < fuses->block_count; block++) {
        if (!eg_provision_read_flash_key(item, fuses, block, key.data))
            continue;
        EG_TRY(run->recorder->ops->fingerprint(run->recorder, key.data, size, print, err));
        if (strcmp(print, known) != 0)
            continue;
        EG_TRY(eg_secret_init(&run->flash_key, size, err));
        memcpy(run->flash_key.data, key.data, size);
        memcpy(run->flash_key_print, print, sizeof print);
        return EG_OK;
    }
    return EG_OK;
}

/* A key whose burn was interrupted and that nobody knows any more has spoilt its block: another takes the
 * next key, where there is another. */
static enum eg_code pass_over_broken(struct eg_run *run, const struct eg_provision_item *item,
                                     const struct eg_efuses *fuses, struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    unsigned number = 0;

    run->broken_blocks = false;
    run->flash_key_place = 0;
    EG_TRY(eg_secret_init(&key, 32, err));
    for (unsigned block = 0; block < fuses->block_count; block++) {
        const bool has = eg_provision_read_flash_key(item, fuses, block, key.data);
        if (has && fuses->chip->blocks[block].purpose == NULL)
            return eg_error_set(err, EG_SECURED,
                                "the burn of the board's flash key was interrupted, nobody knows the key any "
                                "more, and %s has no other block for one: the board is lost for this job",
                                fuses->label);
        if (fuses->chip->blocks[block].purpose == NULL)
            continue;
        if (has && eg_run_is_damaged(fuses, block)) {
            run->broken_blocks = true;
            run->flash_key_place = number + 1;
        }
        number++;
    }
    return EG_OK;
}

static enum eg_code make(struct eg_run *run, const struct eg_provision_item *item,
                         const struct eg_efuses *fuses, struct eg_error *err)
{
    const struct eg_claim claim = {
        .kind = EG_CLAIM_VALUE, .name = "flash key", .value = run->flash_key_print};

    EG_TRY(eg_secret_make(&run->flash_key, eg_provision_flash_key_size(item, fuses), err));
    EG_TRY(run->recorder->ops->fingerprint(run->recorder, run->flash_key.data, run->flash_key.size,
                                           run->flash_key_print, err));
    return run->recorder->ops->claim(run->recorder, run->number, &run->unit, &claim, 1, err);
}

/* Flash encryption is on, or was. */
static enum eg_code check_counter(const struct eg_efuses *fuses, struct eg_error *err)
{
    const uint32_t count = eg_efuse_number(fuses, fuses->chip->crypt_count);

    if (count == 0)
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "%s is 0x%x and no block hides a flash key: flash encryption was switched on without "
                        "one, and a key cannot come later",
                        fuses->chip->crypt_count, (unsigned)count);
}

enum eg_code eg_run_find_flash_key(struct eg_run *run, const struct eg_provision *wishes,
                                   const struct eg_efuses *fuses, struct eg_error *err)
{
    const struct eg_provision_item *const item = eg_provision_flash_key(wishes);
    char known[EG_SECURITY_VALUE] = "";

    run->flash_key_hidden = false;
    if (item == NULL || wishes->mode == EG_PROVISION_CHECK)
        return EG_OK;
    if (run->flash_key.size == 0)
        EG_TRY(on_record(run, item, known, err));
    if (eg_provision_hides_flash_key(item, fuses)) {
        if (run->flash_key.size == 0 && known[0] == '\0')
            return eg_error_set(err, EG_SECURED,
                                "the chip hides a flash key that this ledger does not know: it was burnt "
                                "elsewhere");
        if (run->flash_key.size == 0)
            snprintf(run->flash_key_print, sizeof run->flash_key_print, "%.16s", known);
        run->flash_key_hidden = true;
        return EG_OK;
    }
    EG_TRY(check_counter(fuses, err));
    if (run->flash_key.size != 0)
        return EG_OK;
    if (known[0] != '\0')
        EG_TRY(adopt(run, item, fuses, known, err));
    if (run->flash_key.size != 0)
        return EG_OK;
    EG_TRY(pass_over_broken(run, item, fuses, err));
    return make(run, item, fuses, err);
}
