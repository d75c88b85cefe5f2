/* SPDX-License-Identifier: Apache-2.0 */

/*
 * encrypt: make the ciphertext of what the flash holds encrypted, with the board's own key, before anything
 * is written.
 *
 * A board whose key is hidden and no longer known has its ciphertext already, put there by an earlier run:
 * its digests are on record, and `verify` holds the flash against them.
 */

#include "engine/secure/flash_crypt.h"
#include "engine/stages/secure.h"

#include <string.h>

/* The unit of both ciphers, for the whole of which a region is filled up. */
#define UNIT 32

static bool applies(const struct eg_plan *plan)
{
    return eg_plan_setting(plan, "secure.flash.key")->given && eg_provision_burns(plan, EG_PROVISION_KEYS);
}

static enum eg_code copy_region(struct eg_region *copy, const struct eg_region *plain, struct eg_error *err)
{
    *copy = (struct eg_region){.flash_addr = plain->flash_addr, .file_size = plain->file_size};
    EG_TRY(eg_strdup(&copy->path, plain->path, err));
    EG_TRY(eg_buffer_append(&copy->data, plain->data.data, plain->data.size, err));
    EG_TRY(eg_buffer_resize(&copy->data, (plain->data.size + UNIT - 1) / UNIT * UNIT, 0xff, err));
    return eg_strdup(&copy->name, plain->name, err);
}

static enum eg_code encrypt_region(struct eg_run *run, struct eg_region *copy, struct eg_error *err)
{
    const struct eg_flash_crypt how = {
        .scheme = eg_efuse_of(run->plan->target)->purposes == NULL ? EG_FLASH_ESP32 : EG_FLASH_XTS,
        .config = EG_FLASH_CRYPT_CONFIG};

    EG_TRY(eg_flash_crypt(copy->data.data, copy->data.size, copy->flash_addr, &how, &run->flash_key, err));
    return eg_region_finish(copy, err);
}

static enum eg_code on_record(struct eg_run *run, const char *what, const struct eg_region *region,
                              uint8_t *digest, size_t size, bool *found, struct eg_error *err)
{
    char name[EG_SECURITY_VALUE], value[EG_SECURITY_VALUE];

    eg_run_content_name(name, what, region->flash_addr);
    EG_TRY(run->recorder->ops->secured(run->recorder, &run->unit, EG_SECURITY_LEFT, name, value, err));
    *found = eg_hex_parse(digest, size, value);
    return EG_OK;
}

/* What the flash must hold is on record, and so is what it was made of. */
static enum eg_code recall_region(struct eg_run *run, struct eg_region *copy, const struct eg_region *plain,
                                  struct eg_error *err)
{
    uint8_t sha256[EG_SHA256_SIZE];
    bool has_cipher, has_plain;

    EG_TRY(on_record(run, EG_CIPHERTEXT, copy, copy->md5, sizeof copy->md5, &has_cipher, err));
    EG_TRY(on_record(run, EG_PLAINTEXT, copy, sha256, sizeof sha256, &has_plain, err));
    if (has_cipher && has_plain && memcmp(sha256, plain->sha256, sizeof sha256) == 0)
        return EG_OK;
    return eg_error_set(
        err, EG_SECURED,
        "%s: the chip hides its flash key, nobody knows it any more, and %s: the board keeps what it has",
        copy->name,
        has_cipher && has_plain ? "the job has another content than what was encrypted for it"
                                : "no ciphertext of this place is on record");
}

static enum eg_code make_ciphertext(struct eg_run *run, struct eg_error *err)
{
    const unsigned count = eg_run_region_count(run);

    for (unsigned i = 0; i < run->cipher_count; i++)
        eg_region_destroy(&run->cipher[i]);
    eg_free_cleanup(&run->cipher);
    run->cipher_count = 0;
    run->cipher_kept = run->flash_key.size == 0;
    EG_TRY(eg_alloc(&run->cipher, count, sizeof *run->cipher, err));
    run->cipher_count = count;
    for (unsigned i = 0; i < count; i++) {
        const struct eg_region *const plain = eg_run_plain_region(run, i);
        bool encrypts;
        EG_TRY(eg_provision_encrypts(run->plan, plain->flash_addr, &encrypts, err));
        if (!encrypts)
            continue;
        EG_TRY(copy_region(&run->cipher[i], plain, err));
        EG_TRY(run->cipher_kept ? recall_region(run, &run->cipher[i], plain, err)
                                : encrypt_region(run, &run->cipher[i], err));
        memcpy(run->cipher[i].sha256, plain->sha256, EG_SHA256_SIZE); /* on record is which firmware it is */
        eg_run_progress(run, plain->name, i + 1, count);
    }
    return EG_OK;
}

const struct eg_stage eg_stage_encrypt = {
    .name = "encrypt",
    .summary = "encrypt what the flash holds encrypted, with the board's own key",
    .order = 45,
    .needs = EG_FACT_CONNECTED | EG_FACT_ADMITTED,
    .weight = 2,
    .applies = applies,
    .run = make_ciphertext,
};
