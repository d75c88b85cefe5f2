/* SPDX-License-Identifier: Apache-2.0 */

/*
 * image-info: show the headers of a firmware file, as text or as JSON.
 *
 * An Intel HEX file may hold several images; they are shown range by range, and a range that is not an image
 * is named and skipped.
 */

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/image/hex.h"
#include "engine/image/inspect.h"
#include "tools/espgang/document.h"
#include "tools/espgang/images/target.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX ((size_t)768 << 20)
#define JSON_VERSION  1
#define WP_DISABLED   0xee
#define NO_LIMIT      65535

static void memory_text(const struct eg_image_segment *segment, char *text, size_t room)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < segment->memory_count && used < room; i++) {
        const int length = snprintf(text + used, room - used, "%s%s", i > 0 ? ", " : "", segment->memory[i]);
        used += length > 0 ? (size_t)length : 0;
    }
}

static void title(const struct cli_call *call, const char *text)
{
    cli_say(call, "%s", "");
    cli_say(call, "%s", text);
}

static void tell_revision(const struct cli_call *call, const char *what, unsigned revision)
{
    if (revision == NO_LIMIT)
        cli_say(call, "%-22s no limit", what);
    else
        cli_say(call, "%-22s v%u.%u", what, revision / 100, revision % 100);
}

static void tell_code(const struct cli_call *call, const char *what, const char *name, unsigned code)
{
    if (name != NULL)
        cli_say(call, "%-22s %s", what, name);
    else
        eg_log_warning(call->logger, NULL, "%s 0x%x means nothing on this chip", what, code);
}

static void tell_header(const struct cli_call *call, const struct eg_image_details *d)
{
    title(call, "Header");
    cli_say(call, "%-22s %u", "Image version:", d->version);
    cli_say(call, "%-22s 0x%08x", "Entry point:", (unsigned)d->entry);
    cli_say(call, "%-22s %u", "Segments:", d->segment_count);
    tell_code(call, "Flash size:", d->flash_size_name, d->flash_size_freq >> 4);
    tell_code(call, "Flash freq:", d->flash_freq_name, d->flash_size_freq & 0xf);
    tell_code(call, "Flash mode:", d->flash_mode_name, d->flash_mode);
    if (!d->extended)
        return;
    title(call, "Extended header");
    if (d->wp_pin == WP_DISABLED)
        cli_say(call, "%-22s 0x%02x (disabled)", "WP pin:", d->wp_pin);
    else
        cli_say(call, "%-22s 0x%02x", "WP pin:", d->wp_pin);
    cli_say(call, "%-22s clk 0x%x, q 0x%x, d 0x%x, cs 0x%x, hd 0x%x, wp 0x%x", "Flash pin drive:", d->clk_drv,
            d->q_drv, d->d_drv, d->cs_drv, d->hd_drv, d->wp_drv);
    cli_say(call, "%-22s %u (%s)", "Chip ID:", d->chip_id,
            d->chip_label != NULL ? d->chip_label : "not known");
    cli_say(call, "%-22s v%u.%u, legacy %u", "Minimal chip revision:", d->min_rev_full / 100,
            d->min_rev_full % 100, d->min_rev);
    tell_revision(call, "Maximal chip revision:", d->max_rev_full);
}

static void tell_segments(const struct cli_call *call, const struct eg_image_details *d)
{
    char memory[200];

    title(call, "Segments");
    cli_say(call, "%-3s %-10s %-10s %-10s %s", "", "Length", "Load at", "In file at", "Memory types");
    for (unsigned i = 0; i < d->segment_count; i++) {
        const struct eg_image_segment *segment = &d->segments[i];
        memory_text(segment, memory, sizeof memory);
        cli_say(call, "%-3u 0x%08x 0x%08x 0x%08zx %s", i, (unsigned)segment->size, (unsigned)segment->addr,
                segment->file_offset, memory);
    }
}

static void tell_sums(const struct cli_call *call, const struct eg_image_details *d)
{
    char stored[EG_SHA256_TEXT], actual[EG_SHA256_TEXT];

    title(call, "Footer");
    if (d->checksum == d->actual_checksum)
        cli_say(call, "%-22s 0x%02x (valid)", "Checksum:", d->checksum);
    else
        cli_say(call, "%-22s 0x%02x (invalid, the segments have 0x%02x)", "Checksum:", d->checksum,
                d->actual_checksum);
    if (d->has_crc)
        cli_say(call, "%-22s 0x%08x (%s)", "CRC-32:", (unsigned)d->crc,
                d->crc == d->actual_crc ? "valid" : "invalid");
    if (!d->hash_appended)
        return;
    eg_hex(stored, d->hash, sizeof d->hash);
    eg_hex(actual, d->actual_hash, sizeof d->actual_hash);
    if (strcmp(stored, actual) == 0)
        cli_say(call, "%-22s %s (valid)", "Validation hash:", stored);
    else
        cli_say(call, "%-22s %s (invalid, the data have %s)", "Validation hash:", stored, actual);
}

static void tell_descriptors(const struct cli_call *call, const struct eg_image_details *d)
{
    char sha256[EG_SHA256_TEXT];

    if (d->has_app) {
        const struct eg_app_descriptor *app = &d->app;
        title(call, "Application");
        eg_hex(sha256, app->elf_sha256, sizeof app->elf_sha256);
        cli_say(call, "%-22s %s", "Project name:", app->project);
        cli_say(call, "%-22s %s", "App version:", app->version);
        cli_say(call, "%-22s %s %s", "Compile time:", app->date, app->time);
        cli_say(call, "%-22s %s", "ELF file SHA256:", sha256);
        cli_say(call, "%-22s %s", "ESP-IDF:", app->idf_version);
        cli_say(call, "%-22s %u.%u to %u.%u", "eFuse block revision:", app->min_efuse_block_rev / 100,
                app->min_efuse_block_rev % 100, app->max_efuse_block_rev / 100,
                app->max_efuse_block_rev % 100);
        if (app->mmu_page_size != 0)
            cli_say(call, "%-22s %u KB", "MMU page size:", (unsigned)app->mmu_page_size / 1024);
        cli_say(call, "%-22s %u", "Secure version:", (unsigned)app->secure_version);
    }
    if (d->has_bootloader) {
        title(call, "Bootloader");
        cli_say(call, "%-22s %u", "Bootloader version:", (unsigned)d->bootloader.version);
        cli_say(call, "%-22s %s", "ESP-IDF:", d->bootloader.idf_version);
        cli_say(call, "%-22s %s", "Compile time:", d->bootloader.date_time);
    }
}

static void tell(const struct cli_call *call, const struct eg_image_details *d)
{
    cli_say(call, "%-22s %zu bytes", "Image size:", d->size);
    cli_say(call, "%-22s %s", "Image type:", d->target_label);
    tell_header(call, d);
    tell_segments(call, d);
    tell_sums(call, d);
    tell_descriptors(call, d);
}

static json_t *hex_json(const uint8_t *data, size_t size)
{
    char text[EG_SHA256_TEXT];

    eg_hex(text, data, size);
    return json_string(text);
}

static json_t *segments_json(const struct eg_image_details *d)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < d->segment_count; i++) {
        json_t *memory = json_array();
        for (unsigned j = 0; j < d->segments[i].memory_count; j++)
            json_array_append_new(memory, json_string(d->segments[i].memory[j]));
        json_array_append_new(list,
                              json_pack("{s:I, s:I, s:I, s:o}", "load", (json_int_t)d->segments[i].addr,
                                        "length", (json_int_t)d->segments[i].size, "file_offset",
                                        (json_int_t)d->segments[i].file_offset, "memory_types", memory));
    }
    return list;
}

static json_t *extended_json(const struct eg_image_details *d)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s?, s:i, s:i, s:i}", "wp_pin", d->wp_pin,
                     "clk_drv", d->clk_drv, "q_drv", d->q_drv, "d_drv", d->d_drv, "cs_drv", d->cs_drv,
                     "hd_drv", d->hd_drv, "wp_drv", d->wp_drv, "chip_id", d->chip_id, "chip", d->chip_label,
                     "min_rev", d->min_rev, "min_rev_full", d->min_rev_full, "max_rev_full", d->max_rev_full);
}

static json_t *app_json(const struct eg_app_descriptor *app)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:i, s:i, s:I}", "project", app->project, "version",
                     app->version, "date", app->date, "time", app->time, "idf_version", app->idf_version,
                     "elf_sha256", hex_json(app->elf_sha256, sizeof app->elf_sha256), "secure_version",
                     (json_int_t)app->secure_version, "min_efuse_block_rev", app->min_efuse_block_rev,
                     "max_efuse_block_rev", app->max_efuse_block_rev, "mmu_page_size",
                     (json_int_t)app->mmu_page_size);
}

static json_t *image_json(const struct eg_image_details *d)
{
    json_t *json =
        json_pack("{s:s, s:I, s:i, s:I, s:i, s:i, s:s?, s:s?, s:s?, s:o, s:i, s:b, s:b}", "chip", d->target,
                  "size", (json_int_t)d->size, "version", (int)d->version, "entry", (json_int_t)d->entry,
                  "flash_mode_code", d->flash_mode, "flash_size_freq_code", d->flash_size_freq, "flash_mode",
                  d->flash_mode_name, "flash_size", d->flash_size_name, "flash_freq", d->flash_freq_name,
                  "segments", segments_json(d), "checksum", d->checksum, "checksum_valid",
                  d->checksum == d->actual_checksum, "hash_appended", d->hash_appended);

    if (d->extended)
        json_object_set_new(json, "extended_header", extended_json(d));
    if (d->hash_appended) {
        json_object_set_new(json, "hash", hex_json(d->hash, sizeof d->hash));
        json_object_set_new(json, "hash_valid",
                            json_boolean(memcmp(d->hash, d->actual_hash, sizeof d->hash) == 0));
    }
    if (d->has_crc)
        json_object_set_new(json, "crc_valid", json_boolean(d->crc == d->actual_crc));
    if (d->has_app)
        json_object_set_new(json, "app", app_json(&d->app));
    if (d->has_bootloader)
        json_object_set_new(json, "bootloader",
                            json_pack("{s:I, s:s, s:s}", "version", (json_int_t)d->bootloader.version,
                                      "idf_version", d->bootloader.idf_version, "date_time",
                                      d->bootloader.date_time));
    return json;
}

/* One image; in a HEX file with others `addr` is where it goes. */
static enum eg_code show(const struct cli_call *call, json_t *images, const struct eg_target *target,
                         const uint8_t *data, size_t size, const uint32_t *addr, struct eg_error *err)
{
    struct eg_image_details details;

    const enum eg_code code = eg_image_inspect(&details, target, data, size, err);
    if (code != EG_OK && addr == NULL)
        return code;
    if (addr != NULL && images == NULL) {
        char text[80];
        snprintf(text, sizeof text, "Range at 0x%08x, %zu bytes", (unsigned)*addr, size);
        title(call, text);
    }
    if (code != EG_OK) {
        if (images == NULL)
            cli_say(call, "is no image: %s", err->text);
        return EG_OK;
    }
    if (images == NULL) {
        tell(call, &details);
        return EG_OK;
    }
    json_t *json = image_json(&details);
    if (addr != NULL)
        json_object_set_new(json, "addr", json_integer(*addr));
    json_array_append_new(images, json);
    return EG_OK;
}

static enum eg_code show_all(const struct cli_call *call, json_t *images, const struct eg_target *target,
                             const struct eg_buffer *file, struct eg_error *err)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces ranges = {0};

    if (!eg_hex_is(file->data, file->size))
        return show(call, images, target, file->data, file->size, NULL, err);
    EG_TRY(eg_hex_read(&ranges, file->data, file->size, err));
    for (size_t i = 0; i < ranges.count; i++)
        EG_TRY(show(call, images, target, ranges.list[i].data.data, ranges.list[i].data.size,
                    ranges.count > 1 ? &ranges.list[i].addr : NULL, err));
    return EG_OK;
}

static enum eg_code target_of(const struct cli_call *call, const struct eg_target **target,
                              struct eg_error *err)
{
    const char *chip = cli_text(call, "chip");
    char names[256];

    *target = NULL;
    if (chip == NULL || strcmp(chip, "auto") == 0)
        return EG_OK;
    *target = eg_target_by_name(chip);
    if (*target != NULL)
        return EG_OK;
    eg_target_names(names, sizeof names);
    return eg_error_set(err, EG_BAD_ARGUMENT, "--chip: \"%.40s\" is none of %s", chip, names);
}

static enum eg_code image_info(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(cli_json_cleanup) json_t *images = cli_flag(call, "json") ? json_array() : NULL;
    const char *path = call->argument[0];
    const struct eg_target *target;

    EG_TRY(target_of(call, &target, err));
    EG_TRY(eg_file_read(&file, path, FILE_SIZE_MAX, err));
    if (show_all(call, images, target, &file, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", path);
    if (images == NULL)
        return EG_OK;
    EG_CLEANUP(cli_json_cleanup)
    json_t *whole = json_pack("{s:i, s:s, s:O}", "format", JSON_VERSION, "file", path, "images", images);
    char *text = whole != NULL ? json_dumps(whole, JSON_INDENT(2)) : NULL;
    if (text == NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s: its name cannot be put into JSON", path);
    puts(text);
    free(text);
    return EG_OK;
}

static const struct cli_option options[] = {
    CLI_OPTION_IMAGE_CHIP(" (default: found out)"), {.name = "json", .help = "Print JSON"}, {.name = NULL}};

const struct cli_command cli_command_image_info = {
    .name = "image-info",
    .group = CLI_IMAGES,
    .summary = "Show what is in a firmware file",
    .arguments = "FILE",
    .options = options,
    .least = 1,
    .most = 1,
    .flags = CLI_OFFLINE,
    .check = cli_first_file_check,
    .run = image_info,
};
