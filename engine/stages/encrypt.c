/* SPDX-License-Identifier: Apache-2.0 */

/*
 * encrypt: make the ciphertext of what the flash holds encrypted, with the board's own key, before anything
 * is written.
 *
 * A board whose key is hidden and no longer known has its ciphertext already, put there by an earlier run:
 * its digests are on record, and `verify` holds the flash against them.
 */

#include "engine/secure/flash_crypt.h"
#include "engine/secure/nvs_crypt.h"
#include "engine/stages/board_keys.h"

#include <string.h>

/* The unit of both ciphers, for the whole of which a region is filled up. */
#define UNIT 32

static bool applies(const struct eg_plan *plan)
{
    return (eg_provision_has_flash_key(plan) || eg_provision_nvs(plan) != EG_PROVISION_NVS_PLAIN) &&
           eg_provision_burns(plan, EG_PROVISION_KEYS);
}

static enum eg_code copy_region(struct eg_region *copy, const struct eg_region *plain, struct eg_error *err)
{
    *copy = (struct eg_region){.flash_addr = plain->flash_addr, .file_size = plain->file_size};
    EG_TRY(eg_strdup(&copy->path, plain->path, err));
    EG_TRY(eg_buffer_append(&copy->data, plain->data.data, plain->data.size, err));
    EG_TRY(eg_buffer_resize(&copy->data, (plain->data.size + UNIT - 1) / UNIT * UNIT, 0xff, err));
    return eg_strdup(&copy->name, plain->name, err);
}

static struct eg_flash_crypt crypt_of(const struct eg_run *run)
{
    return (struct eg_flash_crypt){.scheme = eg_efuse_of(run->plan->target)->purposes == NULL ? EG_FLASH_ESP32
                                                                                              : EG_FLASH_XTS,
                                   .config = EG_FLASH_CRYPT_CONFIG};
}

static enum eg_code encrypt_region(struct eg_run *run, struct eg_region *copy, const struct eg_secret *key,
                                   struct eg_error *err)
{
    const struct eg_flash_crypt how = crypt_of(run);

    EG_TRY(eg_flash_crypt(copy->data.data, copy->data.size, copy->flash_addr, &how, key, err));
    return eg_region_finish(copy, err);
}

static enum eg_code on_record(struct eg_run *run, const char *what, const struct eg_region *region,
                              uint8_t *digest, size_t size, bool *found, struct eg_error *err)
{
    char name[EG_SECURITY_VALUE], value[EG_SECURITY_VALUE];

    eg_run_content_name(name, what, region->flash_addr);
    EG_TRY(run->recorder->ops->secured(run->recorder, &run->unit, EG_SECURITY_LEFT, name, value, sizeof value,
                                       err));
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
    return eg_error_set(err, EG_SECURED,
                        "%s: the chip hides the key, %s, and %s: the board keeps what it has", copy->name,
                        eg_run_key_in_escrow(run) ? "which is in escrow (--private-key FILE decrypts it)"
                                                  : "nobody knows it any more",
                        has_cipher && has_plain ? "the job has another content than what was encrypted for it"
                                                : "no ciphertext of this place is on record");
}

/* What becomes of a region. */
enum content { STAYS_PLAIN, BY_FLASH_KEY, NVS, KEYS_OF_NVS };

static enum eg_code find_content(const struct eg_run *run, unsigned index, enum content *content,
                                 struct eg_error *err)
{
    const unsigned own = index - run->plan->region_count; /* of the board alone; huge if it is the job's */
    const struct eg_unit_data *const data = run->unit_data;
    bool encrypts = false;

    if (eg_provision_has_flash_key(run->plan))
        EG_TRY(eg_provision_encrypts(run->plan, eg_run_plain_region(run, index)->flash_addr, &encrypts, err));
    *content = encrypts ? BY_FLASH_KEY : STAYS_PLAIN;
    if (eg_provision_nvs(run->plan) == EG_PROVISION_NVS_PLAIN || data == NULL || own >= data->region_count)
        return EG_OK;
    if (own == data->nvs_region)
        *content = NVS;
    if (own == data->keys_region)
        *content = KEYS_OF_NVS;
    return EG_OK;
}

/* The plain keys of NVS are in locked memory alone. */
static enum eg_code encrypt_nvs_keys(struct eg_run *run, struct eg_region *copy, const struct eg_secret *key,
                                     struct eg_error *err)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret partition = {0};
    const struct eg_flash_crypt how = crypt_of(run);

    EG_TRY(eg_nvs_keys_write(&partition, &run->nvs_keys, err));
    EG_TRY(eg_flash_crypt(partition.data, partition.size, copy->flash_addr, &how, key, err));
    memcpy(copy->data.data, partition.data, partition.size);
    return eg_region_finish(copy, err);
}

static enum eg_code encrypt_nvs(struct eg_run *run, struct eg_region *copy, struct eg_error *err)
{
    EG_TRY(eg_nvs_encrypt(copy->data.data, copy->data.size, &run->nvs_keys, err));
    return eg_region_finish(copy, err);
}

static enum eg_code make_region(struct eg_run *run, unsigned index, enum content content,
                                const struct eg_secret *key, struct eg_error *err)
{
    const struct eg_region *const plain = eg_run_plain_region(run, index);
    struct eg_region *const copy = &run->cipher[index];

    EG_TRY(copy_region(copy, plain, err));
    run->cipher_kept[index] = content == NVS ? run->nvs_keys.size == 0 : key->size == 0;
    if (run->cipher_kept[index])
        EG_TRY(recall_region(run, copy, plain, err));
    else if (content == NVS)
        EG_TRY(encrypt_nvs(run, copy, err));
    else if (content == KEYS_OF_NVS)
        EG_TRY(encrypt_nvs_keys(run, copy, key, err));
    else
        EG_TRY(encrypt_region(run, copy, key, err));
    memcpy(copy->sha256, plain->sha256, sizeof copy->sha256); /* on record is which firmware it is */
    return EG_OK;
}

static enum eg_code make_ciphertext(struct eg_run *run, struct eg_error *err)
{
    const unsigned count = eg_run_region_count(run);
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    enum content content;

    for (unsigned i = 0; i < run->cipher_count; i++)
        eg_region_destroy(&run->cipher[i]);
    eg_free_cleanup(&run->cipher);
    eg_free_cleanup(&run->cipher_kept);
    run->cipher_count = 0;
    EG_TRY(eg_run_flash_key(run, &key, err));
    EG_TRY(eg_run_find_nvs_keys(run, &key, err));
    EG_TRY(eg_alloc(&run->cipher, count, sizeof *run->cipher, err));
    EG_TRY(eg_alloc(&run->cipher_kept, count, sizeof *run->cipher_kept, err));
    run->cipher_count = count;
    for (unsigned i = 0; i < count; i++) {
        EG_TRY(find_content(run, i, &content, err));
        if (content == STAYS_PLAIN)
            continue;
        EG_TRY(make_region(run, i, content, &key, err));
        eg_run_progress(run, run->cipher[i].name, i + 1, count);
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
