/* SPDX-License-Identifier: Apache-2.0 */

/* Values of fields as people read them. */

#include "engine/base/bytes.h"
#include "engine/efuse/coding.h"
#include "engine/efuse/efuse.h"

#include <stdio.h>
#include <string.h>

enum {
    ADC_STEP = 4,
    VREF_MV = 1100,
    VREF_STEP_MV = 7,
    PINS_SHIFT_FROM = 30, /* values from here on stand for two more (ESP32) */
};

bool eg_efuse_mac_is_right(const struct eg_efuses *fuses, const struct eg_efuse_field *field, uint8_t *stored,
                           uint8_t *computed)
{
    char name[40];
    uint8_t mac[8];

    eg_efuse_mac_bytes(fuses, field, mac);
    snprintf(name, sizeof name, "%s_CRC", field->name);
    *stored = (uint8_t)eg_efuse_number(fuses, name);
    *computed = eg_efuse_mac_crc(mac);
    return eg_efuse_find(fuses, name) == NULL || *stored == *computed;
}

static void mac_text(const struct eg_efuses *fuses, const struct eg_efuse_field *field,
                     char text[EG_EFUSE_TEXT])
{
    uint8_t bytes[8], stored, computed;
    char *to = text;

    eg_efuse_mac_bytes(fuses, field, bytes);
    for (size_t i = 0; i < eg_efuse_size(field); i++)
        to += sprintf(to, "%s%02x", i > 0 ? ":" : "", bytes[i]);
    if (fuses->chip->family != EG_EFUSE_BLOCK_REGISTERS)
        strcpy(to, " (OK)");
    else if (eg_efuse_mac_is_right(fuses, field, &stored, &computed))
        sprintf(to, " (CRC 0x%02x OK)", stored);
    else
        sprintf(to, " (CRC 0x%02x invalid - calculated 0x%02x)", stored, computed);
}

static int64_t signed_magnitude(uint32_t number, unsigned bits)
{
    const int64_t magnitude = number & ((1u << (bits - 1)) - 1);

    return number >> (bits - 1) != 0 ? -magnitude : magnitude;
}

/* The ESP32's points have an offset each (esp_adc_cal.c of ESP-IDF) and are two's complement. */
static int64_t adc_point(const struct eg_efuses *fuses, const struct eg_efuse_field *field, uint32_t number)
{
    static const struct {
        const char *name;
        int offset;
    } points[] = {{"ADC1_TP_LOW", 278}, {"ADC1_TP_HIGH", 3265}, {"ADC2_TP_LOW", 421}, {"ADC2_TP_HIGH", 3406}};

    if (fuses->chip->family != EG_EFUSE_BLOCK_REGISTERS)
        return ADC_STEP * signed_magnitude(number, field->bits);
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        const int64_t sign = number & 1u << (field->bits - 1);

        if (strcmp(points[i].name, field->name) == 0)
            return points[i].offset + ADC_STEP * ((int64_t)number - 2 * sign);
    }
    return number;
}

static void integer(struct eg_efuse_value *value, int64_t number)
{
    value->form = EG_FORM_INTEGER;
    value->integer = number;
    snprintf(value->text, sizeof value->text, "%lld", (long long)number);
}

static void number_text(const struct eg_efuse_field *field, struct eg_efuse_value *value, uint32_t number)
{
    for (const struct eg_numbered *row = field->values; row != NULL && row->name != NULL; row++) {
        if (row->number == number) {
            value->form = EG_FORM_TEXT;
            snprintf(value->text, sizeof value->text, "%s", row->name);
            return;
        }
    }
    if (field->bits == 1 && field->values == NULL) {
        value->form = EG_FORM_YES_NO;
        value->yes = number != 0;
        strcpy(value->text, value->yes ? "True" : "False");
        return;
    }
    integer(value, number);
}

/* Of a key block some bytes may be hidden: on an ESP32-C2 one half. */
static void bytes_text(const struct eg_efuses *fuses, const struct eg_efuse_field *field, const uint8_t *bits,
                       char text[EG_EFUSE_TEXT])
{
    const size_t size = eg_efuse_size(field);
    const bool halves = __builtin_popcount(field->rd) == 2;

    for (size_t i = 0; i < size; i++) {
        const uint32_t lower = field->rd & (~field->rd + 1);
        const uint32_t rd = !halves ? field->rd : i < size / 2 ? lower : field->rd & ~lower;
        char *digit = text + 3 * i;

        sprintf(digit, "%02x%s", bits[i], i + 1 < size ? " " : "");
        if (eg_efuse_readable(fuses, rd))
            continue;
        for (size_t j = 0; j < 2; j++)
            if (digit[j] == '0')
                digit[j] = '?';
    }
}

static bool is_bytes(const struct eg_efuse_field *field)
{
    return field->kind == EG_AS_BYTES || field->kind == EG_AS_KEY || field->kind == EG_AS_MAC ||
           field->kind == EG_AS_EUI64;
}

/* Bytes in memory order, except those of a MAC that is given as it is stored. */
static void raw_text(const struct eg_efuse_field *field, const uint8_t *bits, char raw[80])
{
    if (is_bytes(field)) {
        strcpy(raw, "0x");
        eg_hex(raw + 2, bits, eg_efuse_size(field));
        return;
    }
    snprintf(raw, 80, "0x%0*x", (field->bits + 3) / 4, (unsigned)eg_get32(bits));
}

void eg_efuse_value(const struct eg_efuses *fuses, const struct eg_efuse_field *field,
                    struct eg_efuse_value *value)
{
    uint8_t bits[EG_EFUSE_BYTES_MAX];
    const bool readable = eg_efuse_readable(fuses, field->rd);

    *value = (struct eg_efuse_value){.form = EG_FORM_TEXT};
    eg_efuse_bits(fuses, field, bits);
    raw_text(field, bits, value->raw);
    const uint32_t number = eg_get32(bits);
    switch ((enum eg_efuse_kind)field->kind) {
    case EG_AS_BYTES:
    case EG_AS_KEY:
        bytes_text(fuses, field, bits, value->text);
        return;
    case EG_AS_MAC:
    case EG_AS_EUI64:
        mac_text(fuses, field, value->text);
        break;
    case EG_AS_NUMBER:
    case EG_AS_COUNTER:
    case EG_AS_PARTS:
    case EG_AS_WAFER:
        number_text(field, value, number);
        break;
    case EG_AS_PURPOSE:
        for (unsigned block = 0; block < fuses->block_count; block++)
            if (fuses->chip->blocks[block].purpose != NULL &&
                strcmp(fuses->chip->blocks[block].purpose, field->name) == 0)
                eg_efuse_purpose_text(fuses, eg_efuse_block_purpose(fuses, block), value->text);
        if (value->text[0] == '\0') /* a number without a name, or the high bit of a purpose */
            number_text(field, value, number);
        break;
    case EG_AS_PIN:
        integer(value, number >= PINS_SHIFT_FROM ? number + 2 : number);
        break;
    case EG_AS_ADC:
        integer(value, adc_point(fuses, field, number));
        break;
    case EG_AS_TEMPERATURE:
        value->form = EG_FORM_FRACTION;
        value->fraction = (double)signed_magnitude(number, field->bits) / 10;
        snprintf(value->text, sizeof value->text, "%.1f", value->fraction);
        break;
    case EG_AS_VREF:
        integer(value, VREF_MV + VREF_STEP_MV * signed_magnitude(number, field->bits));
        break;
    }
    if (readable)
        return;
    value->form = EG_FORM_TEXT;
    for (char *digit = value->text; *digit != '\0'; digit++)
        if (*digit == '0')
            *digit = '?';
}
