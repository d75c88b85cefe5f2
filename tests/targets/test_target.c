/* SPDX-License-Identifier: Apache-2.0 */

#include "targets/target.h"
#include "tests/fakes/check.h"

#include <jansson.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void a_name_is_found_in_any_case_with_or_without_hyphens(void **state)
{
    (void)state;
    assert_ptr_equal(eg_target_by_name("esp32s3"), eg_target_by_name("ESP32-S3"));
    assert_non_null(eg_target_by_name("Esp32-s3"));
    assert_string_equal(eg_target_by_name("esp-32-s3-")->name, "esp32s3");
    assert_string_equal(eg_target_by_name("esp32")->name, "esp32");
    assert_null(eg_target_by_name("esp3"));
    assert_null(eg_target_by_name("esp32s3x"));
    assert_null(eg_target_by_name(""));
}

static void an_image_chip_id_names_one_target_and_images_without_one_none(void **state)
{
    (void)state;
    assert_string_equal(eg_target_by_image_id(0)->name, "esp32");
    assert_string_equal(eg_target_by_image_id(5)->name, "esp32c3");
    assert_string_equal(eg_target_by_image_id(9)->name, "esp32s3");
    assert_null(eg_target_by_image_id(-1));
    assert_null(eg_target_by_image_id(4711));
}

static void the_names_are_listed_and_cut_when_they_do_not_fit(void **state)
{
    (void)state;
    char text[200];
    size_t length = 0;

    eg_target_names(text, sizeof text);
    assert_non_null(strstr(text, "esp32, esp32c3"));
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        assert_non_null(strstr(text, eg_targets[i]->name));
        length += strlen(eg_targets[i]->name) + 2;
    }
    assert_int_equal(strlen(text), length - 2);
    eg_target_names(text, 8);
    assert_string_equal(text, "esp32, ");
    eg_target_names(text, 1);
    assert_string_equal(text, "");
}

static void a_header_code_is_found_by_its_name(void **state)
{
    (void)state;
    const struct eg_target *esp32 = eg_target_by_name("esp32");
    const struct eg_target *esp8266 = eg_target_by_name("esp8266");

    assert_int_equal(eg_header_code(esp32->flash_sizes, "4MB"), 0x20);
    assert_int_equal(eg_header_code(esp8266->flash_sizes, "4MB"), 0x40);
    assert_int_equal(eg_header_code(esp32->flash_freqs, "40m"), 0);
    assert_int_equal(eg_header_code(esp32->flash_sizes, "4mb"), -1);
    assert_int_equal(eg_header_code(esp32->flash_freqs, "48m"), -1);
}

/* The message names the chip, so that whoever adds one knows what it lacks. */
#define chip_assert(target, condition)                                                                       \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("%s: not so: %s", (target)->name, #condition);                                          \
    } while (0)

static void every_target_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        const bool esp8266_ids = target->image_chip_id < 0;

        chip_assert(target, target->name != NULL && target->label != NULL);
        chip_assert(target, eg_target_by_name(target->label) == target);
        chip_assert(target, esp8266_ids || eg_target_by_image_id(target->image_chip_id) == target);
        chip_assert(target, target->detect != EG_DETECT_MAGIC || target->magic != 0);
        chip_assert(target, target->detect != EG_DETECT_CHIP_ID || target->chip_id != 0);
        chip_assert(target, target->detect != EG_DETECT_CHIP_ID || (target->rom_commands & EG_ROM_HAS(0x14)));
        chip_assert(target, target->uf2_family_id != 0);
        chip_assert(target, target->rom_status_size == 2 || target->rom_status_size == 4);
        chip_assert(target, (target->rom_commands & EG_ROM_HAS(0x08)) != 0);
        chip_assert(target,
                    target->stub == NULL || strncmp(target->stub, target->name, strlen(target->name)) == 0);
        chip_assert(target,
                    !(target->quirks & EG_QUIRK_SECURE_BOOT_STUB_HOOK) == (target->stub_hook_addr == 0));
        chip_assert(target,
                    !(target->quirks & EG_QUIRK_FORCE_DOWNLOAD_BIT) == (target->force_download_addr == 0));
        chip_assert(target, !(target->quirks & EG_QUIRK_USB_WATCHDOGS) == (target->watchdogs_off == NULL));
        chip_assert(target,
                    !(target->quirks & EG_QUIRK_EFUSE_PADS) == !eg_field_exists(&target->spi_pads[0]));
        chip_assert(target, target->encrypted_align % 16 == 0 && target->encrypted_align > 0);
        chip_assert(target, eg_header_code(target->flash_sizes, "4MB") >= 0);
        chip_assert(target, eg_header_code(target->flash_freqs, "80m") >= 0);
        chip_assert(target, target->memory[0].name != NULL);
        for (const struct eg_memory_range *range = target->memory; range->name != NULL; range++)
            chip_assert(target, range->start < range->end);
        chip_assert(target, target->spi.base != 0 && target->spi.w0 != 0);
        chip_assert(target, (target->spi.mosi_dlen == 0) == (target->spi.miso_dlen == 0));
        chip_assert(target, target->crystal.fixed_mhz != 0 ||
                                (target->crystal.clkdiv_addr != 0 && target->crystal.divisor != 0));
        chip_assert(target,
                    (target->rom_baud == EG_ROM_BAUD_NONE) == !(target->rom_commands & EG_ROM_HAS(0x0f)));
        chip_assert(target,
                    (target->rom_baud == EG_ROM_BAUD_RTC_CALIBRATION) == eg_field_exists(&target->rtc_cali));
        chip_assert(target, target->uart_date_addr != 0 && target->boot_log_baud != 0);
        chip_assert(target, target->mac_addr != 0);
        chip_assert(target,
                    (target->revision_rule == EG_REVISION_NONE) == !eg_field_exists(&target->rev_major));
        chip_assert(target,
                    (target->revision_rule == EG_REVISION_ESP32_S3) == eg_field_exists(&target->block_major));
        chip_assert(target, eg_field_exists(&target->package));
        chip_assert(target, target->packages[0].name != NULL && target->package_unknown != NULL);
    }
}

static void no_two_targets_share_what_tells_them_apart(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        for (size_t j = i + 1; eg_targets[j] != NULL; j++) {
            const struct eg_target *a = eg_targets[i], *b = eg_targets[j];
            if (strcmp(a->name, b->name) >= 0)
                fail_msg("%s and %s are out of order or the same", a->name, b->name);
            if (a->uf2_family_id == b->uf2_family_id)
                fail_msg("%s and %s share UF2 family 0x%08x", a->name, b->name, (unsigned)a->uf2_family_id);
            if (a->image_chip_id >= 0 && a->image_chip_id == b->image_chip_id)
                fail_msg("%s and %s share image chip id %d", a->name, b->name, a->image_chip_id);
            if (a->detect != b->detect)
                continue;
            if (a->detect == EG_DETECT_CHIP_ID && a->chip_id == b->chip_id)
                fail_msg("%s and %s share chip id %u", a->name, b->name, (unsigned)a->chip_id);
            if (a->detect == EG_DETECT_MAGIC && a->magic == b->magic)
                fail_msg("%s and %s share magic 0x%08x", a->name, b->name, (unsigned)a->magic);
        }
    }
}

/* Each chip file must define the constant of its own name, which the registry refers to by symbol. */
static void every_chip_file_is_in_the_registry_under_its_own_name(void **state)
{
    (void)state;
    char folder[4096];
    size_t files = 0, targets = 0;

    snprintf(folder, sizeof folder, "%s", __FILE__);
    char *end = strstr(folder, "tests/targets/");
    assert_non_null(end);
    snprintf(end, sizeof folder - (size_t)(end - folder), "targets");
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        print_message("SKIPPED: the sources are not at %s\n", folder);
        skip();
    }
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (strncmp(entry->d_name, "esp", 3) != 0 || dot == NULL || strcmp(dot, ".c") != 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(dot - entry->d_name), entry->d_name);
        const struct eg_target *target = eg_target_by_name(name);
        if (target == NULL || strcmp(target->name, name) != 0)
            fail_msg("%s does not define a target named %s", entry->d_name, name);
        files++;
    }
    closedir(dir);
    while (eg_targets[targets] != NULL)
        targets++;
    assert_int_equal(files, targets);
}

/* The value at a path of keys, "rom.commands"; NULL and JSON null are the same. */
static const json_t *at(const json_t *json, const char *path)
{
    char keys[100], *rest;

    snprintf(keys, sizeof keys, "%s", path);
    for (char *key = strtok_r(keys, ".", &rest); key != NULL; key = strtok_r(NULL, ".", &rest))
        json = json_object_get(json, key);
    return json_is_null(json) ? NULL : json;
}

/* A number, written as one or as a string of hex; what is absent is 0. */
static uint32_t number(const json_t *json, const char *path)
{
    const json_t *value = *path != '\0' ? at(json, path) : json;

    if (json_is_string(value))
        return (uint32_t)strtoul(json_string_value(value), NULL, 16);
    return (uint32_t)json_integer_value(value);
}

#define same_number(target, value, chip, path)                                                               \
    do {                                                                                                     \
        if ((uint32_t)(value) != number(chip, path))                                                         \
            fail_msg("%s: %s is 0x%x, the reference has 0x%x", (target)->name, path, (unsigned)(value),      \
                     (unsigned)number(chip, path));                                                          \
    } while (0)

/* A field is a list of parts, one part without a list, or absent. */
static void same_field(const struct eg_target *target, const struct eg_field *field, const json_t *json,
                       const char *what)
{
    for (size_t i = 0; i < EG_FIELD_PARTS_MAX; i++) {
        const struct eg_field_part *part = &field->part[i];
        const json_t *expected = json_is_array(json) ? json_array_get(json, i) : i == 0 ? json : NULL;
        if (part->addr != number(expected, "word_addr") || part->mask != number(expected, "mask") ||
            part->shift != number(expected, "shift") || part->out_shift != number(expected, "out_shift"))
            fail_msg("%s: part %zu of %s differs from the reference", target->name, i, what);
    }
}

static void same_codes(const struct eg_target *target, const struct eg_header_code *codes, const json_t *json)
{
    size_t count = 0;

    for (; codes[count].name != NULL; count++) {
        const json_t *code = json_object_get(json, codes[count].name);
        if (code == NULL || number(code, "") != codes[count].code)
            fail_msg("%s: the header code of %s differs from the reference", target->name, codes[count].name);
    }
    assert_int_equal(count, json_object_size(json));
}

static void same_memory(const struct eg_target *target, const json_t *json)
{
    for (size_t i = 0; i < json_array_size(json); i++) {
        const struct eg_memory_range *range = &target->memory[i];
        const json_t *expected = json_array_get(json, i);
        if (range->name == NULL || strcmp(range->name, json_string_value(at(expected, "name"))) != 0 ||
            range->start != number(expected, "start") || range->end != number(expected, "end"))
            fail_msg("%s: memory range %zu differs from the reference", target->name, i);
    }
    assert_null(target->memory[json_array_size(json)].name);
}

/* A row is [address, value], {write, value} or {set_bits, mask}. */
static void same_writes(const struct eg_target *target, const struct eg_register_write *writes,
                        const json_t *json)
{
    assert_int_equal(writes != NULL, json != NULL);
    for (size_t i = 0; writes != NULL && i <= json_array_size(json); i++) {
        const json_t *row = json_array_get(json, i);
        struct eg_register_write expected = {0};
        if (json_is_array(row))
            expected = (struct eg_register_write){number(json_array_get(row, 0), ""),
                                                  number(json_array_get(row, 1), ""), 0};
        else if (at(row, "write") != NULL)
            expected = (struct eg_register_write){number(row, "write"), number(row, "value"), 0};
        else if (row != NULL)
            expected = (struct eg_register_write){number(row, "set_bits"), 0, number(row, "mask")};
        if (writes[i].addr != expected.addr || writes[i].value != expected.value ||
            writes[i].set_mask != expected.set_mask)
            fail_msg("%s: register write %zu differs from the reference", target->name, i);
    }
}

static void same_packages(const struct eg_target *target, const json_t *chip)
{
    const json_t *names = at(chip, "description.names");

    if (strcmp(target->package_unknown, json_string_value(at(chip, "description.default"))) != 0)
        fail_msg("%s: package_unknown differs from the reference", target->name);
    if (target->mac_layout == EG_MAC_ESP8266_OTP)
        return; /* its conditions are put another way; see the_esp8266s_package_follows_from_six_bits */
    for (size_t i = 0; i < json_array_size(names); i++) {
        const struct eg_package *row = &target->packages[i];
        const json_t *expected = json_array_get(names, i), *when = at(expected, "when");
        const json_t *major = at(when, "chip_rev_major"), *variant = at(when, "dis_app_cpu");
        if (row->name == NULL || strcmp(row->name, json_string_value(at(expected, "name"))) != 0 ||
            row->package != (int)number(when, "pkg_version") ||
            row->rev_major != (major != NULL ? (int)number(major, "") : -1) ||
            row->variant != (variant != NULL ? (int)number(variant, "") : -1))
            fail_msg("%s: package %zu differs from the reference", target->name, i);
    }
    assert_null(target->packages[json_array_size(names)].name);
}

static uint32_t opcodes(const json_t *all, const json_t *chip)
{
    const json_t *names = at(chip, "rom.commands");
    uint32_t bits = 0;

    for (size_t i = 0; i < json_array_size(names); i++)
        bits |= EG_ROM_HAS(number(
            json_object_get(at(all, "common.opcodes"), json_string_value(json_array_get(names, i))), ""));
    return bits;
}

static unsigned quirks(const json_t *chip)
{
    const json_t *legacy = at(chip, "image.legacy_min_rev_compares");
    unsigned bits = 0;

    if (number(chip, "rom.flash_begin_words") == 5)
        bits |= EG_QUIRK_ENCRYPT_WORD;
    if (json_is_true(at(chip, "rom.erase_size_bug")))
        bits |= EG_QUIRK_ERASE_SIZE_BUG;
    if (json_is_string(at(chip, "rom.spi_attach_via")) &&
        strcmp(json_string_value(at(chip, "rom.spi_attach_via")), "SPI_ATTACH") != 0)
        bits |= EG_QUIRK_ATTACH_BY_BEGIN;
    if (at(chip, "spi.efuse_pads") != NULL)
        bits |= EG_QUIRK_EFUSE_PADS;
    if (at(chip, "straps.force_download_boot") != NULL)
        bits |= EG_QUIRK_FORCE_DOWNLOAD_BIT;
    for (size_t i = 0; i < json_array_size(at(chip, "stub.disabled_when")); i++)
        if (strcmp(json_string_value(json_array_get(at(chip, "stub.disabled_when"), i)),
                   "secure boot enabled") == 0)
            bits |= EG_QUIRK_SECURE_BOOT_NO_STUB;
    if (at(chip, "stub.secure_boot_launch_workaround") != NULL)
        bits |= EG_QUIRK_SECURE_BOOT_STUB_HOOK;
    if (json_is_true(at(chip, "watchdogs.disabled_on_connect_over_usb_jtag_serial")))
        bits |= EG_QUIRK_USB_WATCHDOGS;
    if (json_is_true(at(chip, "flash.over_16mb_with_stub")))
        bits |= EG_QUIRK_BIG_FLASH_BY_STUB;
    if (json_is_string(legacy) && strcmp(json_string_value(legacy), "minor") == 0)
        bits |= EG_QUIRK_LEGACY_REV_IS_MINOR;
    return bits;
}

static void same_chip(const struct eg_target *target, const json_t *all, const json_t *chip)
{
    static const char *const pads[] = {"spi.efuse_pads.clk", "spi.efuse_pads.q", "spi.efuse_pads.d",
                                       "spi.efuse_pads.hd", "spi.efuse_pads.cs"};
    const json_t *boot_baud = at(chip, "uart.initial_rom_baud");

    assert_string_equal(target->label, json_string_value(at(chip, "name")));
    same_number(target, target->chip_id, chip, "detection.security_info_chip_id");
    same_number(target, target->magic, chip, "detection.magic_value");
    if (at(chip, "image_chip_id") == NULL)
        assert_int_equal(target->image_chip_id, -1);
    else
        same_number(target, target->image_chip_id, chip, "image_chip_id");
    same_number(target, target->uf2_family_id, chip, "uf2_family_id");
    if (target->rom_commands != opcodes(all, chip))
        fail_msg("%s: rom_commands 0x%x, the reference has 0x%x", target->name,
                 (unsigned)target->rom_commands, (unsigned)opcodes(all, chip));
    same_number(target, target->rom_status_size, chip, "rom.response_status_bytes");
    /* Of the stub, not of the chip: the reference has nothing on it. */
    if ((target->quirks & ~(unsigned)EG_QUIRK_STUB_RESETS_RATE) != quirks(chip))
        fail_msg("%s: quirks 0x%x, the reference has 0x%x", target->name, target->quirks, quirks(chip));
    assert_int_equal(target->stub != NULL, json_is_true(at(chip, "stub.supported")));
    same_number(target, target->stub_hook_addr, chip,
                "stub.secure_boot_launch_workaround.rom_read_function_pointer_addr");
    same_number(target, target->bootloader_addr, chip, "flash.bootloader_offset");
    same_number(target, target->encrypted_align, chip, "flash.encrypted_write_align");
    same_codes(target, target->flash_sizes, at(chip, "flash.size_encoding_high_nibble"));
    same_codes(target, target->flash_freqs, at(chip, "flash.freq_encoding_low_nibble"));
    same_memory(target, at(chip, "memory_map"));
    same_number(target, target->spi.base, chip, "spi.reg_base");
    same_number(target, target->spi.cmd, chip, "spi.cmd_offs");
    same_number(target, target->spi.addr, chip, "spi.addr_offs");
    same_number(target, target->spi.usr, chip, "spi.usr_offs");
    same_number(target, target->spi.usr1, chip, "spi.usr1_offs");
    same_number(target, target->spi.usr2, chip, "spi.usr2_offs");
    same_number(target, target->spi.mosi_dlen, chip, "spi.mosi_dlen_offs");
    same_number(target, target->spi.miso_dlen, chip, "spi.miso_dlen_offs");
    same_number(target, target->spi.w0, chip, "spi.w0_offs");
    assert_int_equal(target->spi.address_left_aligned, json_is_true(at(chip, "spi.address_left_aligned")));
    for (size_t i = 0; i < 5; i++)
        same_field(target, &target->spi_pads[i], at(chip, pads[i]), pads[i]);
    same_number(target, target->crystal.fixed_mhz, chip, "crystal.mhz");
    same_number(target, target->crystal.clkdiv_addr, chip, "crystal.clkdiv_reg");
    same_number(target, target->crystal.clkdiv_mask, chip, "crystal.clkdiv_mask");
    same_number(target, target->crystal.divisor, chip, "crystal.divisor");
    same_field(target, &target->rtc_cali, at(chip, "baud_change.rom_value.cali"), "rtc_cali");
    same_field(target, &target->ck8m_freq, at(chip, "baud_change.rom_value.ck8m_freq"), "ck8m_freq");
    same_number(target, target->uart_date_addr, chip, "uart.date_reg");
    same_number(target, target->boot_log_baud, boot_baud, json_is_object(boot_baud) ? "xtal_26mhz" : "");
    same_packages(target, chip);
    same_field(target, &target->flash_crypt_count, at(chip, "security.spi_boot_crypt_cnt"),
               "flash_crypt_count");
    same_field(target, &target->manual_encrypt_off, at(chip, "security.dis_download_manual_encrypt"),
               "manual_encrypt_off");
    same_field(target, &target->secure_boot_v1, at(chip, "security.secure_boot.v1"), "secure_boot_v1");
    same_field(target, &target->secure_boot_v2, at(chip, "security.secure_boot.v2"), "secure_boot_v2");
    same_number(target, target->secure_boot_v2_from, chip, "security.secure_boot.v2.only_from_chip_revision");
    same_number(target, target->key_block_count, chip, "security.key_block_count");
    same_number(target, target->force_download_addr, chip, "straps.force_download_boot.word_addr");
    same_writes(target, target->watchdogs_off, at(chip, "watchdogs.disable_writes"));
    same_writes(target, target->watchdog_reset, at(chip, "watchdogs.watchdog_reset_writes"));

    switch (target->mac_layout) {
    case EG_MAC_ESP8266_OTP:
        same_number(target, target->mac_addr, chip, "efuse.mac.otp_mac0");
        break;
    case EG_MAC_EFUSE:
        same_number(target, target->mac_addr, json_array_get(at(chip, "efuse.mac.base_mac_bytes"), 5),
                    "word_addr");
        same_field(target, &target->package, at(chip, "efuse.fields.pkg_version"), "package");
        break;
    }
    switch (target->revision_rule) {
    case EG_REVISION_NONE:
        break;
    case EG_REVISION_ESP32:
        for (size_t i = 0; i < 3; i++) {
            const struct eg_field_part *part = &target->rev_major.part[i];
            const char *const bits[] = {"rev_bit0", "rev_bit1", "rev_bit2"};
            const struct eg_field bit = {{{part->addr, part->shift, part->mask, 0}}};
            same_field(target, &bit, json_object_get(at(chip, "efuse.fields"), bits[i]), bits[i]);
            assert_int_equal(part->out_shift, i);
        }
        same_field(target, &target->rev_minor, at(chip, "efuse.fields.chip_rev_minor"), "rev_minor");
        same_field(target, &target->variant, at(chip, "efuse.fields.dis_app_cpu"), "variant");
        break;
    case EG_REVISION_FIELDS:
        same_field(target, &target->rev_major, at(chip, "efuse.fields.chip_rev_major"), "rev_major");
        same_field(target, &target->rev_minor, at(chip, "efuse.fields.chip_rev_minor"), "rev_minor");
        break;
    case EG_REVISION_ESP32_S3:
        same_field(target, &target->rev_major, at(chip, "efuse.fields.chip_rev_major_raw"), "rev_major");
        same_field(target, &target->rev_minor, at(chip, "efuse.fields.chip_rev_minor_raw"), "rev_minor");
        same_field(target, &target->block_major, at(chip, "efuse.fields.blk_version_major"), "block_major");
        same_field(target, &target->block_minor, at(chip, "efuse.fields.blk_version_minor"), "block_minor");
        break;
    }
}

static void every_number_is_the_references(void **state)
{
    (void)state;
    char path[4096];
    json_error_t problem;

    fixture_path(path, "../reference/chips.json");
    json_t *all = json_load_file(path, 0, &problem);
    if (all == NULL) {
        print_message("SKIPPED: no reference at %s: %s\n", path, problem.text);
        skip();
    }
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const json_t *chip = json_object_get(at(all, "chips"), eg_targets[i]->name);
        if (chip == NULL)
            fail_msg("%s: the reference does not have it", eg_targets[i]->name);
        same_chip(eg_targets[i], all, chip);
    }
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_target_is_complete),
        cmocka_unit_test(no_two_targets_share_what_tells_them_apart),
        cmocka_unit_test(every_chip_file_is_in_the_registry_under_its_own_name),
        cmocka_unit_test(a_name_is_found_in_any_case_with_or_without_hyphens),
        cmocka_unit_test(an_image_chip_id_names_one_target_and_images_without_one_none),
        cmocka_unit_test(the_names_are_listed_and_cut_when_they_do_not_fit),
        cmocka_unit_test(a_header_code_is_found_by_its_name),
        cmocka_unit_test(every_number_is_the_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
