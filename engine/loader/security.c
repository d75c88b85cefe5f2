/* SPDX-License-Identifier: Apache-2.0 */

/* Check whether flash encryption can work on this chip: its key and its configuration. */

#include "engine/loader/loader_internal.h"

enum {
    PURPOSE_XTS_256_1 = 2,
    PURPOSE_XTS_256_2 = 3,
    PURPOSE_XTS_128 = 4,
    KEY_WORDS_256 = 8,
    CRYPT_CONFIG_ALL = 0xf, /* all bits of the address go into the key */
};

/* There is one key block for everything: if it is read-protected, it has been programmed. */
static enum eg_code key_in_block(struct eg_loader *loader, bool *has, struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    uint32_t hidden, long_key, word = 0;

    EG_TRY(eg__read_field(loader, EG_FIELD_KEY_HIDDEN, &hidden, err));
    EG_TRY(eg__read_field(loader, EG_FIELD_KEY_256, &long_key, err));
    *has = hidden == (long_key != 0 ? 3 : 1);
    for (unsigned i = 0; i < (long_key != 0 ? KEY_WORDS_256 : target->key_block.words) && !*has; i++) {
        EG_TRY(eg_loader_read_reg(loader, target->key_block.addr + 4 * i, &word, err));
        *has = word != 0;
    }
    return EG_OK;
}

static enum eg_code key_by_purpose(struct eg_loader *loader, bool *has, struct eg_error *err)
{
    const struct eg_target *target = loader->target;
    bool first = false, second = false;

    *has = false;
    for (unsigned i = 0; i < EG_KEY_BLOCKS_MAX; i++) {
        const enum eg_field_id field = (enum eg_field_id)(EG_FIELD_KEY_PURPOSE + i);
        uint32_t purpose;
        EG_TRY(eg__read_field(loader, field, &purpose, err));
        *has = *has || purpose == PURPOSE_XTS_128;
        first = first || purpose == PURPOSE_XTS_256_1;
        second = second || purpose == PURPOSE_XTS_256_2;
    }
    *has = *has || (target->key_rule_xts256 && first && second);
    return EG_OK;
}

enum eg_code eg_loader_has_flash_key(struct eg_loader *loader, bool *has, struct eg_error *err)
{
    uint32_t managed;

    EG_TRY(eg__read_field(loader, EG_FIELD_KEY_MANAGER, &managed, err));
    *has = managed != 0;
    if (*has)
        return EG_OK;
    switch (loader->target->key_rule) {
    case EG_KEY_NONE:
        return EG_OK;
    case EG_KEY_WORDS:
        return key_in_block(loader, has, err);
    case EG_KEY_PURPOSES:
        return key_by_purpose(loader, has, err);
    }
    return eg_error_set(err, EG_INTERNAL, "no such rule for the flash key");
}

enum eg_code eg_loader_crypt_config_ok(struct eg_loader *loader, bool *ok, struct eg_error *err)
{
    uint32_t hidden, config;

    *ok = true;
    if (!eg_field_exists(&loader->target->field[EG_FIELD_CRYPT_CONFIG]))
        return EG_OK;
    EG_TRY(eg__read_field(loader, EG_FIELD_CRYPT_CONFIG_HIDDEN, &hidden, err));
    EG_TRY(eg__read_field(loader, EG_FIELD_CRYPT_CONFIG, &config, err));
    *ok = hidden != 0 || config == CRYPT_CONFIG_ALL;
    return EG_OK;
}
