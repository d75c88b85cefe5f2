/* SPDX-License-Identifier: Apache-2.0 */

/* How a list of wishes is made from the section `secure`; shared by the files of the module. */

#ifndef ENGINE_PROVISION_WISHES_H
#define ENGINE_PROVISION_WISHES_H

#include "engine/provision/provision_internal.h"
#include "engine/secure/sign_key.h"

/* Digests that a chip has room for. */
#define EG__DIGESTS_MAX 3

struct eg__wish_maker {
    struct eg_provision *made;
    const struct eg_plan *plan;
    const struct eg_efuse *chip;
    const char **place;
    struct eg_sign_key keys[EG__DIGESTS_MAX]; /* of secure boot */
    uint8_t digests[EG__DIGESTS_MAX][EG_SHA256_SIZE];
    unsigned key_count;
};

void eg__wish_maker_finish(struct eg__wish_maker *maker);

/* ---- wishes.c ---- */

const struct eg_setting *eg__wish_setting(const struct eg__wish_maker *maker, const char *key);

/** Add a wish; one that is there already is left out, and another number for the same is EG_BAD_JOB. */
enum eg_code eg__wish_add(struct eg__wish_maker *maker, const struct eg_provision_item *item,
                          struct eg_error *err) EG_CHECKED;
enum eg_code eg__wish_add_field(struct eg__wish_maker *maker, enum eg_provision_step step, const char *name,
                                uint32_t number, const char *reason, struct eg_error *err) EG_CHECKED;

/** Add every field of a chip's list: "NAME NAME=all NAME=n". */
enum eg_code eg__wish_add_list(struct eg__wish_maker *maker, const char *list, const char *reason,
                               struct eg_error *err) EG_CHECKED;

/** Say where in the job the fault is. Returns EG_BAD_JOB. */
enum eg_code eg__wish_refuse_at(const struct eg__wish_maker *maker, const char *place, struct eg_error *err);

/* ---- wishes_efuses.c ---- */

/** Add the custom MAC, and the fields of `secure.efuses`. */
enum eg_code eg__wish_mac(struct eg__wish_maker *maker, struct eg_error *err) EG_CHECKED;
enum eg_code eg__wish_efuses(struct eg__wish_maker *maker, struct eg_error *err) EG_CHECKED;

/* ---- wishes_boot.c ---- */

/** Read the public keys of the job, and refuse those that the chip does not take. */
enum eg_code eg__wish_read_keys(struct eg__wish_maker *maker, struct eg_error *err) EG_CHECKED;

/** Check that every image is signed with one of them. */
enum eg_code eg__wish_check_images(const struct eg__wish_maker *maker, struct eg_error *err) EG_CHECKED;

/** Add digests, revocation and the switch. */
enum eg_code eg__wish_boot(struct eg__wish_maker *maker, struct eg_error *err) EG_CHECKED;

/* ---- wishes_flash.c ---- */

/** Add the flash key, the counter and what goes with them. */
enum eg_code eg__wish_encryption(struct eg__wish_maker *maker, struct eg_error *err) EG_CHECKED;

#endif
