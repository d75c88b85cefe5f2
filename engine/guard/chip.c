/* SPDX-License-Identifier: Apache-2.0 */

/* Images: for which chip and revision they are, and whether they are whole. */

#include "engine/guard/guard_internal.h"

#include "engine/image/elf.h"

EG__GUARD_PIECE_CHECK(eg__guard_elf)
{
    (void)view;
    if (piece->data == NULL || piece->raw || !eg_elf_is(piece->data, piece->size))
        return EG_OK;
    return eg_error_set(err, EG_BAD_IMAGE,
                        "%s is an ELF file; a chip runs the image that elf2image makes of it", piece->name);
}

EG__GUARD_PIECE_CHECK(eg__guard_uf2_family)
{
    const struct eg_target *const target = view->request->target;

    if (piece->uf2_family_id == 0 || piece->uf2_family_id == target->uf2_family_id)
        return EG_OK;
    return eg_error_set(err, EG_BAD_IMAGE, "%s is for chips of family 0x%08lx, %s has 0x%08lx", piece->name,
                        (unsigned long)piece->uf2_family_id, target->label,
                        (unsigned long)target->uf2_family_id);
}

static enum eg_code check_chip(const struct eg__guard_view *view, const char *name, const uint8_t *data,
                               size_t size, struct eg_error *err)
{
    if (eg_image_check_chip(view->request->target, data, size, err) == EG_OK)
        return EG_OK;
    return eg_error_prefix(err, "%s ", name);
}

EG__GUARD_PIECE_CHECK(eg__guard_image_chip)
{
    return piece->data != NULL ? check_chip(view, piece->name, piece->data, piece->size, err) : EG_OK;
}

/* One that a merged file has further on. */
EG__GUARD_IMAGE_CHECK(eg__guard_inner_image_chip)
{
    const bool first = view->request->pieces[image->piece].flash_addr == image->flash_addr;

    return first ? EG_OK : check_chip(view, image->name, image->data, image->size, err);
}

EG__GUARD_PIECE_CHECK(eg__guard_image_damage)
{
    const struct eg_target *const target = view->request->target;
    struct eg_image_info info;

    if (piece->data == NULL || !eg_image_looks_damaged(target, piece->data, piece->size) ||
        eg_image_parse(&info, target, piece->data, piece->size, err) == EG_OK)
        return EG_OK;
    return eg_error_prefix(err, "%s is a damaged image: ", piece->name);
}

EG__GUARD_IMAGE_CHECK(eg__guard_image_sums)
{
    (void)view;
    if (eg_image_check(&image->info, image->data, image->size, err) == EG_OK)
        return EG_OK;
    return eg_error_prefix(err, "%s is a damaged image: ", image->name);
}

EG__GUARD_IMAGE_CHECK(eg__guard_image_revision)
{
    const unsigned revision = view->request->chip->info.revision;
    uint16_t least, most;

    if (view->request->chip->info.secure_download)
        return EG_OK; /* the revision is not known */
    eg_image_revisions(&image->info, view->request->target, &least, &most);
    if (revision < least)
        return eg_error_set(err, EG_WRONG_REVISION, "%s needs revision v%u.%u or later, the chip is v%u.%u",
                            image->name, least / 100, least % 100, revision / 100, revision % 100);
    if (revision > most)
        return eg_error_set(err, EG_WRONG_REVISION, "%s runs up to revision v%u.%u, the chip is v%u.%u",
                            image->name, most / 100, most % 100, revision / 100, revision % 100);
    return EG_OK;
}
