/* SPDX-License-Identifier: Apache-2.0 */

/* Signed images stay as they were signed. */

#include "engine/guard/guard_internal.h"

#include "engine/image/signed.h"

bool eg_guard_may_patch(const struct eg_target *target, const struct eg_guard_chip *chip, const uint8_t *data,
                        size_t size)
{
    struct eg_image_info info;
    struct eg_error ignored;

    if (chip != NULL && (chip->info.secure_download || chip->info.secure_boot))
        return false;
    return eg_image_parse(&info, target, data, size, &ignored) != EG_OK ||
           !eg_image_is_signed(&info, data, size);
}

/* Return whether the settings would change a byte of a header. */
static bool would_change(const struct eg_flash_settings *settings, const struct eg_image_info *info)
{
    return (settings->mode >= 0 && settings->mode != info->flash_mode) ||
           (settings->size >= 0 && settings->size != (info->flash_size_freq & 0xf0)) ||
           (settings->freq >= 0 && settings->freq != (info->flash_size_freq & 0x0f));
}

EG__GUARD_IMAGE_CHECK(eg__guard_signed_header)
{
    if (image->flash_addr != view->request->target->bootloader_addr ||
        !would_change(&view->request->settings, &image->info) ||
        !eg_image_is_signed(&image->info, image->data, image->size))
        return EG_OK;
    return eg_error_set(
        err, EG_BAD_ARGUMENT,
        "%s is signed: the given flash mode, frequency or size would change its header, and the "
        "signature would no longer fit",
        image->name);
}

EG__GUARD_IMAGE_CHECK(eg__guard_signature)
{
    (void)view;
    if (eg_image_check_signed(&image->info, image->data, image->size, err) == EG_OK)
        return EG_OK;
    return eg_error_prefix(err, "%s ", image->name);
}

EG__GUARD_IMAGE_CHECK(eg__guard_unsigned)
{
    const struct eg_chip_info *const chip = &view->request->chip->info;

    if (!chip->secure_boot || chip->secure_boot_v1 ||
        eg_image_is_signed(&image->info, image->data, image->size))
        return EG_OK;
    if (image->flash_addr != view->request->target->bootloader_addr && !image->application &&
        !image->bootloader)
        return EG_OK;
    return eg_error_set(err, EG_SECURED,
                        "secure boot is on and %s is not signed: the chip would not start it", image->name);
}
