/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A board's configuration: its words, and whether a chip can be configured so.
 *
 * An impossible configuration is refused instead of ignored, because a rehearsal on other boards than the
 * ones asked for proves nothing.
 */

#include "tools/vboard/board/life.h"

#include "tools/vboard/chip/chip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const usb_words[] = {
    [VB_USB_BRIDGE] = "bridge",
    [VB_USB_SERIAL_JTAG] = "jtag",
    [VB_USB_OTG] = "otg",
};

enum eg_code vb_usb_parse(enum vb_usb *usb, const char *text, struct eg_error *err)
{
    for (size_t i = 0; i < sizeof usb_words / sizeof usb_words[0]; i++) {
        if (strcmp(text, usb_words[i]) == 0) {
            *usb = (enum vb_usb)i;
            return EG_OK;
        }
    }
    return eg_error_set(err, EG_BAD_JOB, "%s: not one of bridge, jtag, otg", text);
}

/* Read a number up to `maximum` at *text, which is moved past it. */
static bool number(const char **text, unsigned long maximum, uint32_t *value)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    const unsigned long parsed = strtoul(*text, &end, 0);
    if (errno != 0 || parsed > maximum)
        return false;
    *value = (uint32_t)parsed;
    *text = end;
    return true;
}

enum eg_code vb_spi_pins_parse(uint32_t *pins, const char *text, struct eg_error *err)
{
    static const unsigned shifts[] = {0, 6, 12, 24, 18};
    const char *at = text;
    uint32_t word = 0, pin;

    if (strcmp(text, "default") == 0 || strcmp(text, "hspi") == 0) {
        *pins = text[0] == 'h' ? VB_PINS_HSPI : VB_PINS_DEFAULT;
        return EG_OK;
    }
    for (size_t i = 0; i < sizeof shifts / sizeof shifts[0]; i++) {
        if ((i > 0 && *at++ != ',') || !number(&at, VB__PIN_MASK, &pin))
            return eg_error_set(err, EG_BAD_JOB, "%s: not default, hspi or five pins CLK,Q,D,HD,CS", text);
        word |= pin << shifts[i];
    }
    if (*at != '\0')
        return eg_error_set(err, EG_BAD_JOB, "%s: not default, hspi or five pins CLK,Q,D,HD,CS", text);
    *pins = word;
    return EG_OK;
}

enum eg_code vb_register_parse(struct vb_register *reg, const char *text, struct eg_error *err)
{
    const char *at = text;
    struct vb_register parsed;

    if (!number(&at, UINT32_MAX, &parsed.addr) || *at++ != '=' || !number(&at, UINT32_MAX, &parsed.word) ||
        *at != '\0' || parsed.addr % 4 != 0)
        return eg_error_set(err, EG_BAD_JOB, "%s: not a register and its word, such as 0x3ff5a00c=0x8200",
                            text);
    *reg = parsed;
    return EG_OK;
}

static enum eg_code need_field(const struct eg_target *target, enum eg_field_id field, const char *what,
                               struct eg_error *err)
{
    if (!eg_field_exists(&target->field[field]))
        return eg_error_set(err, EG_BAD_JOB, "%s has no %s", target->label, what);
    return EG_OK;
}

static enum eg_code check_usb(const struct vb_config *config, struct eg_error *err)
{
    switch (config->usb) {
    case VB_USB_BRIDGE:
        return EG_OK;
    case VB_USB_SERIAL_JTAG:
        if (!config->target->usb_serial_jtag)
            return eg_error_set(err, EG_BAD_JOB, "%s has no USB-Serial/JTAG", config->target->label);
        return EG_OK;
    case VB_USB_OTG:
        if (config->target->otg_reset == EG_OTG_RESET_NONE)
            return eg_error_set(err, EG_BAD_JOB, "%s has no USB-OTG", config->target->label);
        return EG_OK;
    }
    return EG_OK;
}

static bool pin_fits(const struct eg_target *target, uint32_t pin)
{
    for (size_t i = 0; i < sizeof target->spi_pins / sizeof target->spi_pins[0]; i++) {
        const struct eg_pin_range *range = &target->spi_pins[i];

        if (range->last != 0 && pin >= range->first && pin <= range->last)
            return true;
    }
    return false;
}

static enum eg_code check_pins(const struct vb_config *config, struct eg_error *err)
{
    const struct eg_target *target = config->target;

    if (config->spi_pins == VB_PINS_DEFAULT)
        return EG_OK;
    if (config->spi_pins == VB_PINS_HSPI) {
        if ((target->quirks & EG_QUIRK_EFUSE_PADS) == 0)
            return eg_error_set(err, EG_BAD_JOB, "%s cannot have its flash at HSPI", target->label);
        return EG_OK;
    }
    for (unsigned shift = 0; shift <= 24; shift += 6) {
        const uint32_t pin = config->spi_pins >> shift & VB__PIN_MASK;

        if (!pin_fits(target, pin))
            return eg_error_set(err, EG_BAD_JOB, "%s cannot have its flash at pin %u", target->label,
                                (unsigned)pin);
    }
    return EG_OK;
}

enum eg_code vb__config_check(const struct vb_config *config, struct eg_error *err)
{
    const struct eg_target *target = config->target;

    EG_TRY(check_usb(config, err));
    EG_TRY(check_pins(config, err));
    EG_TRY(vb__crystal_check(config, err));
    if (config->secure_boot_v1)
        EG_TRY(need_field(target, EG_FIELD_SECURE_BOOT_V1, "secure boot v1", err));
    if (config->no_manual_encryption)
        EG_TRY(need_field(target, EG_FIELD_MANUAL_ENCRYPT_OFF, "eFuse against manual encryption", err));
    if (config->key_manager)
        EG_TRY(need_field(target, EG_FIELD_KEY_MANAGER, "key manager", err));
    if (config->force_download)
        EG_TRY(need_field(target, EG_FIELD_FORCE_DOWNLOAD, "register that forces it into its loader", err));
    return EG_OK;
}
