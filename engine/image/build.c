/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Builds an image from an ELF file: options, page size and segments. The layouts are in layout_esp32.c and
 * layout_esp8266.c.
 *
 * The result is byte for byte that of esptool's elf2image, since build systems compare images and secure boot
 * signs them. Where esptool makes an image that no chip loads, or ignores a mistake, this code
 * refuses the input.
 */

#include "engine/image/build.h"

#include "engine/image/descriptor.h"
#include "engine/image/image.h"
#include "engine/image/build_internal.h"
#include "engine/image/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    DEFAULT_PAGE_SIZE = 0x10000,
    FILE_HEADERS_SIZE = 24 + 8, /* before the data of the first segment */
    DESCRIBED_SHA256_OFFSET = FILE_HEADERS_SIZE + 144,
};

static void layout_cleanup(struct eg__layout *layout)
{
    eg__segments_finish(&layout->segments);
}

EG_PRINTF(2, 3) static void warn(struct eg_image_files *files, const char *format, ...)
{
    va_list args;

    if (files->warning_count == EG_IMAGE_WARNINGS_MAX)
        return;
    va_start(args, format);
    vsnprintf(files->warning[files->warning_count++], sizeof files->warning[0], format, args);
    va_end(args);
}

static enum eg_code check_number(const char *what, unsigned value, unsigned max, struct eg_error *err)
{
    if (value > max)
        return eg_error_set(err, EG_BAD_JOB, "%s %u is more than %u", what, value, max);
    return EG_OK;
}

static enum eg_code check_options(const struct eg_image_options *options, struct eg_error *err)
{
    EG_TRY(check_number("image version", options->version, 3, err));
    EG_TRY(check_number("legacy minimum revision", options->min_rev, UINT8_MAX, err));
    EG_TRY(check_number("minimum revision", options->min_rev_full, UINT16_MAX, err));
    if (options->has_max_rev_full)
        EG_TRY(check_number("maximum revision", options->max_rev_full, UINT16_MAX, err));
    return EG_OK;
}

static enum eg_code choose_secure_pad(struct eg__layout *layout, struct eg_image_files *files,
                                      struct eg_error *err)
{
    const struct eg_image_options *const options = layout->options;

    if (layout->target->image_chip_id < 0)
        return EG_OK;
    if (options->secure_pad == EG_SECURE_PAD_V1 && strcmp(layout->target->name, "esp32") != 0)
        warn(files, "padding for secure boot v1 is the ESP32's and left out on %s", layout->target->label);
    else
        layout->secure_pad = options->secure_pad;
    if (layout->secure_pad != EG_SECURE_PAD_NONE && (options->no_digest || options->ram_only_header))
        return eg_error_set(err, EG_BAD_JOB, "secure padding needs the SHA-256 at the end of the image");
    return EG_OK;
}

static enum eg_code parse_settings(struct eg__layout *layout, struct eg_error *err)
{
    const struct eg_image_options *const options = layout->options;
    struct eg_flash_settings settings;

    EG_TRY(eg_flash_settings_parse(
        &settings, layout->coded_as, options->flash_mode != NULL ? options->flash_mode : "qio",
        options->flash_freq, options->flash_size != NULL ? options->flash_size : "1MB", err));
    if (settings.mode < 0 || settings.size < 0 || (options->flash_freq != NULL && settings.freq < 0))
        return eg_error_set(err, EG_BAD_JOB, "\"keep\" means nothing for an image that is just being made");
    layout->flash_mode = (uint8_t)settings.mode;
    layout->flash_size_freq = (uint8_t)(settings.size | (settings.freq > 0 ? settings.freq : 0));
    return EG_OK;
}

static const struct eg_elf_part *find_app_descriptor(const struct eg_target *target,
                                                     const struct eg_elf_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(parts[i].name, ".flash.appdesc") != NULL)
            return eg_memory_is_flash(target, parts[i].addr) ? &parts[i] : NULL;
    return NULL;
}

static enum eg_code check_page_size(const struct eg_target *target, uint32_t page_size, struct eg_error *err)
{
    char sizes[100] = "";
    size_t used = 0;

    for (const uint32_t *size = target->mmu_page_sizes; *size != 0 && used < sizeof sizes; size++) {
        if (*size == page_size)
            return EG_OK;
        used += (size_t)snprintf(sizes + used, sizeof sizes - used, "%s%luKB", used > 0 ? ", " : "",
                                 (unsigned long)*size / 1024);
    }
    return eg_error_set(err, EG_BAD_IMAGE, "MMU page size of %lu bytes is none of %s: %s",
                        (unsigned long)page_size, target->label, sizes);
}

/* Return the page size for which an application descriptor lies right after the headers; 0 = none. */
static uint32_t page_size_of(const struct eg_target *target, uint32_t addr)
{
    uint32_t largest = 0;

    for (const uint32_t *size = target->mmu_page_sizes; *size != 0; size++)
        if ((addr - FILE_HEADERS_SIZE) % *size == 0)
            largest = *size;
    return largest;
}

static enum eg_code choose_page_size(struct eg__layout *layout, struct eg_image_files *files,
                                     struct eg_error *err)
{
    const struct eg_target *const target = layout->target;
    const struct eg_elf *const elf = layout->elf;
    const struct eg_elf_part *const part = find_app_descriptor(target, elf->sections, elf->section_count);
    struct eg_app_descriptor descriptor;
    uint32_t page_size = 0;

    layout->page_size = DEFAULT_PAGE_SIZE;
    if (target->image_chip_id < 0)
        return EG_OK;
    if (layout->options->mmu_page_size != NULL)
        EG_TRY(eg_size_parse(&page_size, layout->options->mmu_page_size, err));
    if (target->mmu_page_sizes == NULL) {
        if (page_size != 0 && page_size != DEFAULT_PAGE_SIZE)
            warn(files, "the MMU page size of %s is always 64KB", target->label);
        return EG_OK;
    }
    if (page_size == 0 && part != NULL && eg_app_descriptor_read(&descriptor, part->data, part->size)) {
        page_size =
            descriptor.mmu_page_size != 0 ? descriptor.mmu_page_size : page_size_of(target, part->addr);
        if (page_size == 0)
            warn(files, "%s at 0x%08lx is on no MMU page of %s; the page size is taken for 64KB", part->name,
                 (unsigned long)part->addr, target->label);
    }
    if (page_size == 0)
        return EG_OK;
    EG_TRY(check_page_size(target, page_size, err));
    layout->page_size = page_size;
    return EG_OK;
}

static void choose_elf_sha256(struct eg__layout *layout, const struct eg_elf_part *parts, size_t count)
{
    const bool by_itself = layout->target->image_chip_id >= 0 || layout->options->version == 3;

    layout->elf_sha256_offset = layout->options->elf_sha256_offset;
    if (layout->elf_sha256_offset == 0 && by_itself &&
        find_app_descriptor(layout->target, parts, count) != NULL)
        layout->elf_sha256_offset = DESCRIBED_SHA256_OFFSET;
    layout->wants_elf_sha256 = layout->elf_sha256_offset != 0;
}

static enum eg_code pad(struct eg_buffer *data, const char *to, struct eg_error *err)
{
    uint32_t unit;

    EG_TRY(eg_size_parse(&unit, to, err));
    return eg_buffer_resize(data, (data->size + unit - 1) / unit * unit, 0xff, err);
}

static enum eg_code build(struct eg_image_files *files, struct eg__layout *layout, struct eg_error *err)
{
    const struct eg_target *const target = layout->target;
    const struct eg_image_options *const options = layout->options;
    const struct eg_elf *const elf = layout->elf;
    const struct eg_elf_part *const parts = options->use_segments ? elf->segments : elf->sections;
    const size_t count = options->use_segments ? elf->segment_count : elf->section_count;

    if (elf->xtensa != target->xtensa)
        return eg_error_set(err, EG_BAD_IMAGE, "is an ELF file for %s, while %s is %s",
                            elf->xtensa ? "Xtensa" : "RISC-V", target->label,
                            target->xtensa ? "Xtensa" : "RISC-V");
    if (elf->odd_section[0] != '\0' && !options->use_segments)
        warn(files, "section %s is of a type that is not loaded and is left out", elf->odd_section);
    EG_TRY(choose_secure_pad(layout, files, err));
    EG_TRY(parse_settings(layout, err));
    EG_TRY(choose_page_size(layout, files, err));
    choose_elf_sha256(layout, parts, count);
    EG_TRY(eg__segments_collect(&layout->segments, target, layout->coded_as, parts, count,
                                options->ram_only_header, &files->merged, err));
    files->mmu_page_size = layout->page_size;
    if (target->image_chip_id < 0)
        return eg__layout_esp8266(files, layout, err);
    files->count = 1;
    EG_TRY(eg__layout_esp32(&files->file[0].data, layout, err));
    return options->pad_to_size != NULL ? pad(&files->file[0].data, options->pad_to_size, err) : EG_OK;
}

enum eg_code eg_image_build(struct eg_image_files *files, const struct eg_target *target, const uint8_t *elf,
                            size_t size, const struct eg_image_options *options, struct eg_error *err)
{
    EG_CLEANUP(eg_image_files_finish) struct eg_image_files built = {0};
    EG_CLEANUP(eg_elf_finish) struct eg_elf parsed = {0};
    EG_CLEANUP(layout_cleanup)
    struct eg__layout layout = {.target = target, .coded_as = target, .options = options, .elf = &parsed};

    if (target->image_chip_id < 0 && options->version == 3)
        layout.coded_as = eg_target_by_name("esp32");
    EG_TRY(check_options(options, err));
    EG_TRY(eg_elf_parse(&parsed, elf, size, err));
    EG_TRY(build(&built, &layout, err));
    *files = built;
    built = (struct eg_image_files){0};
    return EG_OK;
}

void eg_image_files_finish(struct eg_image_files *files)
{
    for (unsigned i = 0; i < EG_IMAGE_FILES_MAX; i++)
        eg_buffer_finish(&files->file[i].data);
    *files = (struct eg_image_files){0};
}
