/* SPDX-License-Identifier: Apache-2.0 */

/* Fields of the eFuses that the job names, and the custom MAC. */

#include "engine/provision/wishes.h"

#include "engine/efuse/coding.h"

#include <stdio.h>
#include <string.h>

/* ---- The custom MAC ---- */

static const char mac_name[] = EG_PROVISION_CUSTOM_MAC, crc_name[] = "CUSTOM_MAC_CRC";

/* Fields that mark the custom MAC as valid. */
static const char *const mac_marks[] = {"MAC_VERSION", "CUSTOM_MAC_USED"};

enum eg_code eg__wish_mac(struct eg__wish_maker *maker, struct eg_error *err)
{
    struct eg_provision_item mac = {.step = EG_PROVISION_LOCK,
                                    .kind = EG_PROVISION_BYTES,
                                    .size = EG_MAC_SIZE,
                                    .of_board = true,
                                    .unknown = true,
                                    .reason = "secure.mac"};
    struct eg_provision_item crc = {.step = EG_PROVISION_LOCK,
                                    .of_board = true,
                                    .unknown = true,
                                    .reason = "check byte of the custom MAC"};

    if (!eg__wish_setting(maker, "secure.mac")->given)
        return EG_OK;
    snprintf(mac.name, sizeof mac.name, "%s", mac_name);
    snprintf(crc.name, sizeof crc.name, "%s", crc_name);
    EG_TRY(eg__wish_add(maker, &mac, err));
    if (eg__provision_field(maker->chip, crc_name) != NULL)
        EG_TRY(eg__wish_add(maker, &crc, err));
    for (size_t i = 0; i < sizeof mac_marks / sizeof *mac_marks; i++)
        if (eg__provision_field(maker->chip, mac_marks[i]) != NULL)
            EG_TRY(
                eg__wish_add_field(maker, EG_PROVISION_LOCK, mac_marks[i], 1, "there is a custom MAC", err));
    return EG_OK;
}

/* Return where the MAC lies in a field of bytes that covers a whole block; NULL = it is elsewhere. */
static uint8_t *mac_inside(const struct eg_efuse *chip, struct eg_provision_item *item)
{
    const struct eg_efuse_field *const mac = eg__provision_field(chip, mac_name);

    if (item->kind != EG_PROVISION_BYTES || strcmp(item->name, mac_name) == 0)
        return NULL;
    const struct eg_efuse_field *const field = eg__provision_field(chip, item->name);
    return field->block == mac->block ? item->bytes + 4 * mac->word + mac->pos / 8 : NULL;
}

void eg_provision_set_mac(struct eg_provision *provision, const uint8_t mac[EG_MAC_SIZE])
{
    for (unsigned i = 0; i < provision->count; i++) {
        struct eg_provision_item *const item = &provision->items[i];
        if (!item->of_board)
            continue;
        uint8_t *const inside = mac_inside(eg_efuse_of(provision->target), item);
        item->unknown = false;
        if (strcmp(item->name, crc_name) == 0)
            item->number = eg_efuse_mac_crc(mac);
        else
            memcpy(inside != NULL ? inside : item->bytes, mac, EG_MAC_SIZE);
    }
}

/* ---- Fields ---- */

/* The key of the job that decides about a field; NULL = none. */
static const char *other_key(const struct eg_efuse *chip, const struct eg_efuse_field *field)
{
    if (strcmp(field->name, chip->secure_boot) == 0)
        return "secure.boot.keys";
    if (strcmp(field->name, chip->download_off) == 0 ||
        (chip->download_secure != NULL && strcmp(field->name, chip->download_secure) == 0))
        return "secure.download";
    if (strcmp(field->name, chip->crypt_count) == 0)
        return "secure.flash.key";
    if (strcmp(field->name, mac_name) == 0 || strcmp(field->name, crc_name) == 0)
        return "secure.mac";
    for (size_t i = 0; i < sizeof mac_marks / sizeof *mac_marks; i++)
        if (strcmp(field->name, mac_marks[i]) == 0)
            return "secure.mac";
    return NULL;
}

static enum eg_code refuse_field(const struct eg__wish_maker *maker, const struct eg_efuse_field *field,
                                 struct eg_error *err)
{
    static const char supply[] =
        "XPD_SDIO_FORCE XPD_SDIO_REG XPD_SDIO_TIEH VDD_SPI_FORCE VDD_SPI_XPD VDD_SPI_TIEH";
    const char *const key = other_key(maker->chip, field);

    if (key != NULL)
        return eg_error_set(err, EG_BAD_JOB, "%s is burnt by the key %s of the job", field->name, key);
    if (strcmp(field->name, "WR_DIS") == 0 || strcmp(field->name, "RD_DIS") == 0 ||
        field->kind == EG_AS_KEY || field->kind == EG_AS_PURPOSE)
        return eg_error_set(err, EG_BAD_JOB, "%s is part of keys or protection, which no job burns by number",
                            field->name);
    if (eg_efuse_listed(supply, field->name))
        return eg_error_set(err, EG_BAD_JOB,
                            "%s decides the supply of the flash, which works as it is: another voltage makes "
                            "the board useless for good",
                            field->name);
    return EG_OK;
}

static enum eg_code factory(const struct eg_efuse_field *field, struct eg_error *err)
{
    return eg_error_set(err, EG_BAD_JOB, "%s is burnt by the factory", field->name);
}

static enum eg_code parse_number(struct eg_provision_item *item, const struct eg_efuse_field *field,
                                 const char *text, struct eg_error *err)
{
    uint64_t number;

    if (!eg_number_parse(text, &number) || number == 0 ||
        (field->kind != EG_AS_PIN && field->bits < 32 && number >> field->bits != 0) || number > UINT32_MAX)
        return eg_error_set(err, EG_BAD_JOB, "%s is \"%.40s\", not a number from 1 to %llu", field->name,
                            text, (1ULL << field->bits) - 1);
    item->number = (uint32_t)number;
    return field->kind == EG_AS_PIN ? eg_efuse_parse_pin(field, number, &item->number, err) : EG_OK;
}

static enum eg_code parse_bytes(const struct eg__wish_maker *maker, struct eg_provision_item *item,
                                const struct eg_efuse_field *field, const char *text, struct eg_error *err)
{
    static const uint8_t none[EG_MAC_SIZE];

    item->kind = EG_PROVISION_BYTES;
    item->size = eg_efuse_size(field);
    EG_TRY(eg_efuse_parse_bytes(field, text, item->bytes, err));
    if (eg_secret_is_uniform(item->bytes, item->size) && item->bytes[0] == 0)
        return eg_error_set(err, EG_BAD_JOB, "%s: 0 is what an eFuse has before it is burnt", field->name);
    const uint8_t *const mac = mac_inside(maker->chip, item);
    if (mac == NULL || !eg__wish_setting(maker, "secure.mac")->given)
        return EG_OK;
    item->of_board = item->unknown = true;
    if (memcmp(mac, none, sizeof none) != 0)
        return eg_error_set(err, EG_BAD_JOB,
                            "%s: bytes %td to %td must be 00, since secure.mac puts the MAC there",
                            field->name, mac - item->bytes, mac - item->bytes + EG_MAC_SIZE - 1);
    return EG_OK;
}

static enum eg_code parse_value(const struct eg__wish_maker *maker, struct eg_provision_item *item,
                                const struct eg_efuse_field *field, const char *text, struct eg_error *err)
{
    switch ((enum eg_efuse_kind)field->kind) {
    case EG_AS_PARTS:
        return field->category == EG_CAT_IDENTITY ? factory(field, err)
                                                  : parse_number(item, field, text, err);
    case EG_AS_NUMBER:
    case EG_AS_COUNTER:
    case EG_AS_PIN:
        return field->bits <= 32 ? parse_number(item, field, text, err)
                                 : parse_bytes(maker, item, field, text, err);
    case EG_AS_BYTES:
        return parse_bytes(maker, item, field, text, err);
    case EG_AS_KEY:
    case EG_AS_PURPOSE:
    case EG_AS_MAC:
    case EG_AS_ADC:
    case EG_AS_TEMPERATURE:
    case EG_AS_VREF:
    case EG_AS_WAFER:
    case EG_AS_EUI64:
        break;
    }
    return factory(field, err);
}

static enum eg_code read_wish(struct eg__wish_maker *maker, const struct eg_setting_item *given,
                              struct eg_error *err)
{
    const struct eg_efuse_field *const field = eg__provision_field(maker->chip, given->name);
    struct eg_provision_item item = {
        .step = EG_PROVISION_LOCK, .kind = EG_PROVISION_FIELD, .reason = "secure.efuses"};

    if (field == NULL)
        return eg_error_set(err, EG_BAD_JOB, "%s has no eFuse field %.60s", maker->plan->target->label,
                            given->name);
    snprintf(item.name, sizeof item.name, "%s", field->name);
    EG_TRY(refuse_field(maker, field, err));
    EG_TRY(parse_value(maker, &item, field, given->text, err));
    return eg__wish_add(maker, &item, err);
}

enum eg_code eg__wish_efuses(struct eg__wish_maker *maker, struct eg_error *err)
{
    const struct eg_setting *const fields = eg__wish_setting(maker, "secure.efuses");

    for (unsigned i = 0; i < fields->item_count; i++)
        if (read_wish(maker, &fields->items[i], err) != EG_OK) {
            (void)eg_error_prefix(err, "secure.efuses: ");
            return eg__wish_refuse_at(maker, fields->items[i].place, err);
        }
    return EG_OK;
}
