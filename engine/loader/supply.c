/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The chip's settings for its flash: bus and supply.
 *
 * The supply of an ESP32, ESP32-S2 or ESP32-S3 is set by efuse when that is programmed, else by a strap; on
 * the ESP32 a register of its RTC overrides both.
 */

#include "engine/loader/loader_internal.h"

#include <string.h>

/* RTC_CNTL_SDIO_CONF of the ESP32. */
#define VDDSDIO_FORCE 0x00400000u
#define VDDSDIO_XPD   0x80000000u
#define VDDSDIO_PD_EN 0x00200000u
#define VDDSDIO_DREFH 0x60000000u
#define VDDSDIO_DREF  0x7e000000u /* high, middle, low: all up */

enum eg_code eg_loader_flash_type(struct eg_loader *loader, const char **type, struct eg_error *err)
{
    uint32_t octal;

    *type = NULL;
    if (!eg_field_exists(&loader->target->field[EG_FIELD_FLASH_OCTAL]))
        return EG_OK;
    EG_TRY(eg__read_field(loader, EG_FIELD_FLASH_OCTAL, &octal, err));
    *type = octal != 0 ? "octal" : "quad";
    return EG_OK;
}

/* NULL when the register does not force anything. */
static enum eg_code by_register(struct eg_loader *loader, const char **voltage, struct eg_error *err)
{
    uint32_t word;

    *voltage = NULL;
    if (loader->target->vddsdio_addr == 0)
        return EG_OK;
    EG_TRY(eg_loader_read_reg(loader, loader->target->vddsdio_addr, &word, err));
    if ((word & VDDSDIO_FORCE) == 0)
        return EG_OK;
    if ((word & VDDSDIO_DREFH) != 0)
        *voltage = "1.9V by RTC_CNTL register";
    else
        *voltage = (word & VDDSDIO_XPD) != 0 ? "1.8V by RTC_CNTL register" : "OFF by RTC_CNTL register";
    return EG_OK;
}

enum eg_code eg_loader_flash_voltage(struct eg_loader *loader, const char **voltage, struct eg_error *err)
{
    uint32_t force, xpd, tieh, strap;

    *voltage = NULL;
    if (!eg_field_exists(&loader->target->field[EG_FIELD_VDD_FORCE]))
        return EG_OK;
    EG_TRY(by_register(loader, voltage, err));
    if (*voltage != NULL)
        return EG_OK;
    EG_TRY(eg__read_field(loader, EG_FIELD_VDD_FORCE, &force, err));
    if (force == 0) {
        EG_TRY(eg__read_field(loader, EG_FIELD_VDD_STRAP, &strap, err));
        *voltage = strap != 0 ? "1.8V by a strapping pin" : "3.3V by a strapping pin";
        return EG_OK;
    }
    EG_TRY(eg__read_field(loader, EG_FIELD_VDD_XPD, &xpd, err));
    EG_TRY(eg__read_field(loader, EG_FIELD_VDD_TIEH, &tieh, err));
    if (xpd == 0)
        *voltage = "OFF by efuse";
    else
        *voltage = tieh != 0 ? "3.3V by efuse" : "1.8V by efuse";
    return EG_OK;
}

enum eg_code eg_loader_override_vddsdio(struct eg_loader *loader, const char *voltage, struct eg_error *err)
{
    uint32_t word = VDDSDIO_FORCE | VDDSDIO_PD_EN;

    if (strcmp(voltage, "1.9V") == 0)
        word |= VDDSDIO_XPD | VDDSDIO_DREF;
    else if (strcmp(voltage, "1.8V") == 0)
        word |= VDDSDIO_XPD;
    else if (strcmp(voltage, "OFF") != 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "unknown flash supply \"%.40s\"; use 1.8V, 1.9V or OFF",
                            voltage);
    if (loader->target->vddsdio_addr == 0)
        return eg_error_set(err, EG_UNSUPPORTED, "the flash supply of %s cannot be set",
                            loader->target->label);
    return eg_loader_write_reg(loader, loader->target->vddsdio_addr, word, 0xffffffff, 0, err);
}
