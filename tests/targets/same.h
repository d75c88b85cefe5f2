/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Compares a target with the reference, item by item. Each expected number comes from the reference, none
 * from the chip files. test_decode.c compares the results of the rules for packages and features.
 */

#ifndef TESTS_TARGETS_SAME_H
#define TESTS_TARGETS_SAME_H

#include "targets/target.h"
#include "tests/targets/expected.h"
#include "tests/targets/reference.h"

/* Source of each bit of a value; address 0 = none, the bit is 0. */
struct bits {
    uint32_t addr[32];
    uint8_t bit[32];
};

static inline void add_bits(struct bits *bits, const struct eg_field_part *part, unsigned out_shift)
{
    for (unsigned i = 0; i < 32; i++) {
        const unsigned to = i + part->out_shift + out_shift;

        if ((part->mask >> i & 1) == 0)
            continue;
        assert_true(to < 32);
        bits->addr[to] = part->addr;
        bits->bit[to] = (uint8_t)(i + part->shift);
    }
}

/*
 * Place of each field in the reference, by first bit of ours. Fields that differ by chip, or are single bits
 * there, have several rows.
 */
static const struct {
    unsigned field, out_shift;
    const char *path;
} field_paths[] = {
    {EG_FIELD_PACKAGE, 0, "efuse.fields.pkg_version"},
    {EG_FIELD_PACKAGE, 0, "efuse.fields.r0_bit4"},
    {EG_FIELD_PACKAGE, 1, "efuse.fields.r0_bit5"},
    {EG_FIELD_PACKAGE, 2, "efuse.fields.r2_bit16"},
    {EG_FIELD_VARIANT, 0, "efuse.fields.r3_bit25"},
    {EG_FIELD_VARIANT, 1, "efuse.fields.r3_bit26"},
    {EG_FIELD_VARIANT, 2, "efuse.fields.r3_bit27"},
    {EG_FIELD_REV_MAJOR, 0, "efuse.fields.chip_rev_major"},
    {EG_FIELD_REV_MAJOR, 0, "efuse.fields.chip_rev_major_raw"},
    {EG_FIELD_REV_MAJOR, 0, "efuse.fields.rev_bit0"},
    {EG_FIELD_REV_MAJOR, 1, "efuse.fields.rev_bit1"},
    {EG_FIELD_REV_MAJOR, 2, "efuse.fields.rev_bit2"},
    {EG_FIELD_REV_MINOR, 0, "efuse.fields.chip_rev_minor"},
    {EG_FIELD_REV_MINOR, 0, "efuse.fields.chip_rev_minor_raw"},
    {EG_FIELD_BLOCK_MAJOR, 0, "efuse.fields.blk_version_major"},
    {EG_FIELD_BLOCK_MINOR, 0, "efuse.fields.blk_version_minor"},
    {EG_FIELD_FLASH_CAP, 0, "efuse.fields.flash_cap"},
    {EG_FIELD_FLASH_VENDOR, 0, "efuse.fields.flash_vendor"},
    {EG_FIELD_PSRAM_CAP, 0, "efuse.fields.psram_cap"},
    {EG_FIELD_PSRAM_VENDOR, 0, "efuse.fields.psram_vendor"},
    {EG_FIELD_BLOCK2_VERSION, 0, "efuse.fields.blk2_version"},
    {EG_FIELD_APP_CPU_OFF, 0, "efuse.fields.dis_app_cpu"},
    {EG_FIELD_BT_OFF, 0, "efuse.fields.dis_bt"},
    {EG_FIELD_CPU_FREQ_RATED, 0, "efuse.fields.cpu_freq_rated"},
    {EG_FIELD_CPU_FREQ_LOW, 0, "efuse.fields.cpu_freq_low"},
    {EG_FIELD_ADC_VREF, 0, "efuse.fields.adc_vref"},
    {EG_FIELD_BLOCK3_RESERVED, 0, "efuse.fields.blk3_part_reserve"},
    {EG_FIELD_CODING_SCHEME, 0, "efuse.fields.coding_scheme"},
    {EG_FIELD_PAD_CLK, 0, "spi.efuse_pads.clk"},
    {EG_FIELD_PAD_Q, 0, "spi.efuse_pads.q"},
    {EG_FIELD_PAD_D, 0, "spi.efuse_pads.d"},
    {EG_FIELD_PAD_HD, 0, "spi.efuse_pads.hd"},
    {EG_FIELD_PAD_CS, 0, "spi.efuse_pads.cs"},
    {EG_FIELD_RTC_CALI, 0, "baud_change.rom_value.cali"},
    {EG_FIELD_CK8M_FREQ, 0, "baud_change.rom_value.ck8m_freq"},
    {EG_FIELD_ROM_CRYSTAL, 0, "baud_change.rom_value.rom_expected_mhz"},
    {EG_FIELD_FLASH_CRYPT_COUNT, 0, "security.spi_boot_crypt_cnt"},
    {EG_FIELD_MANUAL_ENCRYPT_OFF, 0, "security.dis_download_manual_encrypt"},
    {EG_FIELD_CRYPT_CONFIG, 0, "security.flash_crypt_config.value"},
    {EG_FIELD_CRYPT_CONFIG_HIDDEN, 0, "security.flash_crypt_config.read_disable"},
    {EG_FIELD_KEY_MANAGER, 0, "security.key_manager_flash_encryption"},
    {EG_FIELD_KEY_HIDDEN, 0, "security.flash_encryption_key_valid.read_disable"},
    {EG_FIELD_KEY_256, 0, "security.flash_encryption_key_valid.key_len_256"},
    {EG_FIELD_KEY_PURPOSE, 0, "security.key_purpose_fields.0"},
    {EG_FIELD_KEY_PURPOSE + 1, 0, "security.key_purpose_fields.1"},
    {EG_FIELD_KEY_PURPOSE + 2, 0, "security.key_purpose_fields.2"},
    {EG_FIELD_KEY_PURPOSE + 3, 0, "security.key_purpose_fields.3"},
    {EG_FIELD_KEY_PURPOSE + 4, 0, "security.key_purpose_fields.4"},
    {EG_FIELD_KEY_PURPOSE + 5, 0, "security.key_purpose_fields.5"},
    {EG_FIELD_SECURE_BOOT_V1, 0, "security.secure_boot.v1"},
    {EG_FIELD_SECURE_BOOT_V2, 0, "security.secure_boot.v2"},
    {EG_FIELD_FLASH_OCTAL, 0, "efuse.fields.flash_type_octal"},
    {EG_FIELD_VDD_FORCE, 0, "flash_voltage.force"},
    {EG_FIELD_VDD_XPD, 0, "flash_voltage.xpd"},
    {EG_FIELD_VDD_TIEH, 0, "flash_voltage.tieh"},
    {EG_FIELD_VDD_STRAP, 0, "flash_voltage.strap"},
    {EG_FIELD_SPI_BOOT, 0, "straps.spi_boot_bit"},
    {EG_FIELD_FORCE_DOWNLOAD, 0, "straps.force_download_boot"},
    {EG_FIELD_DOWNLOAD_XPD_ON, 0, "flash_power_on.shortcut.and_bit_set"},
};

/* Return whether the reference itself says that this address belongs to another chip. */
static inline bool unconfirmed(const json_t *chip, const char *what)
{
    const json_t *caveats = ref_at(chip, "caveats");

    for (size_t i = 0; i < json_array_size(caveats); i++) {
        const char *caveat = json_string_value(json_array_get(caveats, i));
        if (strncmp(caveat, what, strlen(what)) == 0 && strstr(caveat, "treat as unconfirmed") != NULL)
            return true;
    }
    return false;
}

static inline void same_fields(const struct eg_target *target, const json_t *chip)
{
    struct bits expected[EG_FIELD_COUNT] = {0};
    const json_t *fields = ref_at(chip, "efuse.fields");
    const char *name;
    json_t *field;

    for (size_t i = 0; i < sizeof field_paths / sizeof field_paths[0]; i++) {
        const json_t *parts = ref_at(chip, field_paths[i].path);
        const size_t count = json_is_array(parts) ? json_array_size(parts) : parts != NULL;

        if (field_paths[i].field == EG_FIELD_FORCE_DOWNLOAD && unconfirmed(chip, "force_download_boot"))
            continue;
        for (size_t j = 0; j < count; j++) {
            const json_t *part = json_is_array(parts) ? json_array_get(parts, j) : parts;
            add_bits(&expected[field_paths[i].field],
                     &(struct eg_field_part){ref_number(part, "word_addr"),
                                             (uint8_t)ref_number(part, "shift"), ref_number(part, "mask"),
                                             (uint8_t)ref_number(part, "out_shift")},
                     field_paths[i].out_shift);
        }
    }
    for (unsigned i = 0; i < EG_FIELD_COUNT; i++) {
        struct bits bits = {0};

        for (size_t j = 0; j < EG_FIELD_PARTS_MAX; j++)
            add_bits(&bits, &target->field[i].part[j], 0);
        for (unsigned bit = 0; bit < 32; bit++)
            if (bits.addr[bit] != expected[i].addr[bit] || bits.bit[bit] != expected[i].bit[bit])
                fail_msg("%s: bit %u of field %u is bit %u of 0x%08x, the reference has bit %u of 0x%08x",
                         target->name, bit, i, bits.bit[bit], (unsigned)bits.addr[bit], expected[i].bit[bit],
                         (unsigned)expected[i].addr[bit]);
    }
    json_object_foreach((json_t *)fields, name, field)
    {
        bool known = strcmp(name, "chip_id") == 0; /* the ESP8266's, which is part of its MAC */

        for (size_t i = 0; i < sizeof field_paths / sizeof field_paths[0]; i++)
            known = known || ref_at(chip, field_paths[i].path) == field;
        if (!known)
            fail_msg("%s: the reference has a field %s that no target has", target->name, name);
    }
}

#define same_number(target, value, chip, path)                                                               \
    do {                                                                                                     \
        if ((uint32_t)(value) != ref_number(chip, path))                                                     \
            fail_msg("%s: %s is 0x%x, the reference has 0x%x", (target)->name, path, (unsigned)(value),      \
                     (unsigned)ref_number(chip, path));                                                      \
    } while (0)

/* Compare texts; either may be NULL. */
static inline void same_text(const struct eg_target *target, const char *text, const char *expected,
                             const char *what)
{
    if ((text == NULL) != (expected == NULL) || (text != NULL && strcmp(text, expected) != 0))
        fail_msg("%s: %s is %s, the reference has %s", target->name, what, text != NULL ? text : "absent",
                 expected != NULL ? expected : "none");
}

/* Compare in order: of two names with the same code the first counts. */
static inline void same_codes(const struct eg_target *target, const struct eg_header_code *codes,
                              const json_t *json)
{
    const char *name;
    json_t *code;

    json_object_foreach((json_t *)json, name, code)
    {
        same_text(target, codes->name, name, "a header code");
        same_number(target, codes->code, code, "");
        codes++;
    }
    assert_null(codes->name);
}

static inline void same_memory(const struct eg_target *target, const json_t *json)
{
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *expected = json_array_get(json, i);
        same_text(target, target->memory[i].name, ref_text(expected, "name"), "a memory range");
        same_number(target, target->memory[i].start, expected, "start");
        same_number(target, target->memory[i].end, expected, "end");
    }
    assert_null(target->memory[json_array_size(json)].name);
}

static inline void same_pins(const struct eg_target *target, const json_t *spi)
{
    for (size_t i = 0; i < 3; i++) {
        const json_t *range = json_array_get(ref_at(spi, "custom_pins.allowed_ranges"), i);
        same_number(target, target->spi_pins[i].first, range, "0");
        same_number(target, target->spi_pins[i].last, range, "1");
    }
    assert_true(json_array_size(ref_at(spi, "custom_pins.allowed_ranges")) <= 3);
    assert_true(json_array_size(ref_at(spi, "custom_pins.usb_shared_pins")) <= 2);
    same_number(target, target->spi_hd_max, spi, "custom_pins.hd_max");
    same_number(target, target->usb_pins.first, spi, "custom_pins.usb_shared_pins.0");
    same_number(target, target->usb_pins.last, spi, "custom_pins.usb_shared_pins.1");
}

/*
 * Compare writes. A row is [address, value], {write, value}, {set_bits, mask}, {clear_bits, mask}, or
 * {wait_us}, which belongs to the row before.
 */
static inline void same_writes(const struct eg_target *target, const struct eg_register_write *writes,
                               const json_t *json)
{
    struct eg_register_write expected[20] = {0};
    size_t count = 0;

    assert_int_equal(writes != NULL, json != NULL);
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *row = json_array_get(json, i);

        assert_true(count < sizeof expected / sizeof expected[0] - 1);
        if (ref_at(row, "wait_us") != NULL && count > 0)
            expected[count - 1].wait_us = ref_number(row, "wait_us");
        else if (json_is_array(row))
            expected[count++] =
                (struct eg_register_write){ref_number(row, "0"), ref_number(row, "1"), 0, 0, 0};
        else
            expected[count++] = (struct eg_register_write){
                .addr =
                    ref_number(row, "write") | ref_number(row, "set_bits") | ref_number(row, "clear_bits"),
                .value = ref_number(row, "value"),
                .set_mask = ref_at(row, "set_bits") != NULL ? ref_number(row, "mask") : 0,
                .clear_mask = ref_at(row, "clear_bits") != NULL ? ref_number(row, "mask") : 0,
            };
    }
    for (size_t i = 0; writes != NULL && i <= count; i++)
        if (writes[i].addr != expected[i].addr || writes[i].value != expected[i].value ||
            writes[i].set_mask != expected[i].set_mask || writes[i].clear_mask != expected[i].clear_mask ||
            writes[i].wait_us != expected[i].wait_us)
            fail_msg("%s: write %zu to 0x%08x differs from the reference", target->name, i,
                     (unsigned)writes[i].addr);
}

static inline void same_key_purposes(const struct eg_target *target, const json_t *security)
{
    const struct eg_numbered *row = target->key_purposes;
    const char *number;
    json_t *name;

    assert_int_equal(row != NULL, json_object_size(ref_at(security, "key_purposes")) > 0);
    json_object_foreach((json_t *)ref_at(security, "key_purposes"), number, name)
    {
        assert_int_equal(row->number, strtoul(number, NULL, 10));
        same_text(target, row->name, json_string_value(name), "a key purpose");
        row++;
    }
    assert_true(row == NULL || row->name == NULL);
}

static inline void same_key_rule(const struct eg_target *target, const json_t *security)
{
    static const char *const methods[] = {
        [EG_KEY_NONE] = NULL, [EG_KEY_WORDS] = "key_block_words", [EG_KEY_PURPOSES] = "key_purposes"};
    const json_t *rule = ref_at(security, "flash_encryption_key_valid");
    const json_t *alternatives = ref_at(rule, "any_of_values"), *words = ref_at(rule, "words");

    same_text(target, methods[target->key_rule], ref_text(rule, "method"), "key_rule");
    same_number(target, target->key_block.addr, rule, "first_word");
    same_number(target, target->key_block.words, words, json_is_object(words) ? "key_128" : "");
    /* target.h has these values for all chips. */
    if (json_is_object(words)) {
        assert_int_equal(ref_number(words, "key_256"), 8);
        assert_int_equal(ref_number(rule, "read_disabled_when.key_256"), 3);
        assert_int_equal(ref_number(rule, "read_disabled_when.key_128"), 1);
    }
    assert_int_equal(json_is_true(ref_at(rule, "or_key_manager")),
                     ref_at(security, "key_manager_flash_encryption") != NULL);
    if (alternatives != NULL) {
        assert_int_equal(json_array_size(ref_at(alternatives, "0")), 1);
        assert_int_equal(ref_number(alternatives, "0.0"), 4);
    }
    assert_int_equal(target->key_rule_xts256, ref_at(alternatives, "1") != NULL);
    if (target->key_rule_xts256) {
        assert_int_equal(json_array_size(ref_at(alternatives, "1")), 2);
        assert_int_equal(ref_number(alternatives, "1.0"), 2);
        assert_int_equal(ref_number(alternatives, "1.1"), 3);
    }
    assert_true(json_array_size(alternatives) <= 2);
}

static inline void same_crystal(const struct eg_target *target, const json_t *chip)
{
    static const char *const methods[] = {[EG_ROM_BAUD_NONE] = NULL,
                                          [EG_ROM_BAUD_PLAIN] = "plain",
                                          [EG_ROM_BAUD_RTC_CALIBRATION] = "rtc_calibration",
                                          [EG_ROM_BAUD_CRYSTAL_RATIO] = "xtal_ratio"};
    const struct eg_mistaken_crystal *row = target->crystal.mistaken;
    const json_t *rules = ref_at(chip, "baud_change.rom_value.rules");

    same_text(target, methods[target->rom_baud], ref_text(chip, "baud_change.rom_value.method"), "rom_baud");
    same_number(target, target->crystal.fixed_mhz, chip, "crystal.mhz");
    same_number(target, target->crystal.clkdiv_addr, chip, "crystal.clkdiv_reg");
    same_number(target, target->crystal.clkdiv_mask, chip, "crystal.clkdiv_mask");
    same_number(target, target->crystal.divisor, chip, "crystal.divisor");
    assert_int_equal(row != NULL, rules != NULL);
    for (size_t i = 0; i < json_array_size(rules); i++, row++) {
        const json_t *rule = json_array_get(rules, i);
        same_number(target, row->there, rule, "detected_mhz");
        same_number(target, row->expected, rule, "rom_expects_mhz");
        assert_int_equal(ref_number(rule, "num"), ref_number(rule, "rom_expects_mhz"));
        assert_int_equal(ref_number(rule, "den"), ref_number(rule, "detected_mhz"));
    }
    assert_true(row == NULL || row->there == 0);
}

/* Compare a stub with its file, "esp32.json"; either may be NULL. */
static inline void same_file(const struct eg_target *target, const char *stub, const char *file,
                             const char *what)
{
    char name[40];

    snprintf(name, sizeof name, "%s.json", stub != NULL ? stub : "");
    same_text(target, stub != NULL ? name : NULL, file, what);
}

/* Compare a single stub, or one for revisions below a limit and one from it on. */
static inline void same_stub(const struct eg_target *target, const json_t *stub)
{
    const json_t *by_revision = ref_at(stub, "json"), *disabled = ref_at(stub, "disabled_when");
    const char *from = ref_text(stub, "json"), *before = NULL, *key;
    uint32_t revision = 0;
    json_t *file;

    json_object_foreach((json_t *)by_revision, key, file)
    {
        if (strncmp(key, "from_", 5) == 0) {
            from = json_string_value(file);
            revision = (uint32_t)strtoul(key + 5, NULL, 10);
        } else if (strncmp(key, "below_", 6) == 0) {
            before = json_string_value(file);
        }
    }
    for (size_t i = 0; i < json_array_size(disabled); i++)
        if (strcmp(json_string_value(json_array_get(disabled, i)), "chip revision 0 (v0.0)") == 0)
            revision = 1;
    if (!json_is_true(ref_at(stub, "supported")))
        from = NULL;
    same_file(target, target->stub, from, "stub");
    same_file(target, target->stub_before, before, "stub_before");
    assert_int_equal(target->stub_from, revision);
    same_number(target, target->stub_hook_addr, stub,
                "secure_boot_launch_workaround.rom_read_function_pointer_addr");
}

/* Compare the ESP32-P4's. esptool 5.3.1 writes 0 in the shortcut; its later versions are right. */
static inline void same_flash_on(const struct eg_target *target, const json_t *json)
{
    const struct eg_register_write *already = target->flash_on_already;
    const json_t *revisions = ref_at(json, "only_chip_revisions"), *shortcut = ref_at(json, "shortcut");

    same_writes(target, target->flash_on, ref_at(json, "steps"));
    assert_int_equal(already != NULL, json != NULL);
    same_number(target, target->flash_on_from, revisions, "0");
    for (size_t i = 0; i < json_array_size(revisions); i++)
        assert_int_equal(json_integer_value(json_array_get(revisions, i)), target->flash_on_from + i);
    assert_int_equal(target->flash_on_to + (json != NULL),
                     target->flash_on_from + json_array_size(revisions));
    if (already != NULL) {
        const char *later = strstr(ref_text(shortcut, "later_change"), "clear just mask ");
        assert_non_null(later);
        assert_int_equal(already->clear_mask, strtoul(later + strlen("clear just mask "), NULL, 16));
        same_number(target, already->addr, shortcut, "then.0.write");
        same_number(target, target->flash_on_to, shortcut, "when_revision");
        assert_true(already->value == 0 && already->set_mask == 0 && already->wait_us == 0);
        assert_int_equal(already[1].addr, 0);
    }
}

/* Return the row after those with this text: one name may need several. */
static inline const struct eg_rule *same_rule(const struct eg_target *target, const struct eg_rule *row,
                                              const char *text)
{
    same_text(target, row->text, text, "the text of a rule");
    while (row->text != NULL && strcmp(row->text, text) == 0)
        row++;
    return row;
}

/* Compare the texts of a switch, each between its prefix and suffix. */
static inline const struct eg_rule *same_switch(const struct eg_target *target, const struct eg_rule *row,
                                                const json_t *json, const char *before, const char *after)
{
    const char *value, *other = ref_text(json, "default");
    char text[100];
    json_t *found;

    json_object_foreach((json_t *)ref_at(json, "cases"), value, found)
    {
        snprintf(text, sizeof text, "%s%s%s", before, json_string_value(found), after);
        row = same_rule(target, row, text);
    }
    return other != NULL && *other != '\0' ? same_rule(target, row, other) : row;
}

static inline void same_rules(const struct eg_target *target, const json_t *chip)
{
    const json_t *names = ref_at(chip, "description.names"), *features = ref_at(chip, "features");
    const struct eg_rule *row = target->packages;

    for (size_t i = 0; i < json_array_size(names); i++)
        row = same_rule(target, row, ref_text(json_array_get(names, i), "name"));
    assert_null(row->text);
    row = target->features;
    for (size_t i = 0; i < json_array_size(features); i++) {
        const json_t *feature = json_array_get(features, i), *suffix = ref_at(feature, "suffix");
        if (ref_at(feature, "text") != NULL)
            row = same_rule(target, row, ref_text(feature, "text"));
        row = same_switch(target, row, feature, "", "");
        row = same_switch(target, row, suffix, ref_text(suffix, "wrap.0"), ref_text(suffix, "wrap.1"));
    }
    assert_null(row->text);
    same_text(target, target->package_unknown, ref_text(chip, "description.default"), "package_unknown");
}

static inline void same_range(const struct eg_target *target, struct eg_range range, const json_t *json)
{
    same_number(target, range.start, json, "0");
    same_number(target, range.end, json, "1");
}

static inline void same_page_sizes(const struct eg_target *target, const json_t *image)
{
    const json_t *sizes = ref_at(image, "configurable_mmu_page_sizes");
    const uint32_t *size = target->mmu_page_sizes;

    assert_int_equal(size != NULL, json_array_size(sizes) > 0);
    for (size_t i = 0; i < json_array_size(sizes); i++)
        same_number(target, *size++, json_array_get(sizes, i), "");
    assert_true(size == NULL || *size == 0);
    /* target.h has this value for all chips. */
    assert_true(ref_at(image, "default_mmu_page_size") == NULL ||
                ref_number(image, "default_mmu_page_size") == 0x10000);
}

static inline void same_spi(const struct eg_target *target, const json_t *spi)
{
    same_number(target, target->spi.base, spi, "reg_base");
    same_number(target, target->spi.cmd, spi, "cmd_offs");
    same_number(target, target->spi.addr, spi, "addr_offs");
    same_number(target, target->spi.usr, spi, "usr_offs");
    same_number(target, target->spi.usr1, spi, "usr1_offs");
    same_number(target, target->spi.usr2, spi, "usr2_offs");
    same_number(target, target->spi.mosi_dlen, spi, "mosi_dlen_offs");
    same_number(target, target->spi.miso_dlen, spi, "miso_dlen_offs");
    same_number(target, target->spi.w0, spi, "w0_offs");
    assert_int_equal(target->spi.address_left_aligned, json_is_true(ref_at(spi, "address_left_aligned")));
    assert_int_equal(target->spi.mosi_dlen == 0, json_is_true(ref_at(spi, "lengths_in_usr1")));
}

/** Compare all of `target` with the reference's `chip`. */
static inline void same_chip(const struct eg_target *target, const json_t *all, const json_t *chip)
{
    static const char *const detects[] = {
        [EG_DETECT_MAGIC] = "magic_register", [EG_DETECT_CHIP_ID] = "security_info_chip_id"};
    const json_t *boot_baud = ref_at(chip, "uart.initial_rom_baud");
    const bool otp = ref_at(chip, "efuse.mac.otp_mac0") != NULL;
    const unsigned expected = quirks(chip);

    same_text(target, target->label, ref_text(chip, "name"), "label");
    same_text(target, detects[target->detect], ref_text(chip, "detection.method"), "detect");
    same_number(target, target->chip_id, chip, "detection.security_info_chip_id");
    same_number(target, target->magic, chip, "detection.magic_value");
    if (ref_at(chip, "image_chip_id") == NULL)
        assert_int_equal(target->image_chip_id, -1);
    else
        same_number(target, target->image_chip_id, chip, "image_chip_id");
    assert_int_equal(target->image_chip_id >= 0, json_is_true(ref_at(chip, "image.extended_header")));
    same_number(target, target->uf2_family_id, chip, "uf2_family_id");
    if (target->rom_commands != opcodes(all, chip))
        fail_msg("%s: rom_commands 0x%x, the reference has 0x%x", target->name,
                 (unsigned)target->rom_commands, (unsigned)opcodes(all, chip));
    same_number(target, target->rom_status_size, chip, "rom.response_status_bytes");
    /* Except quirks of the stub, and one found by trying: the reference has neither. */
    if ((target->quirks & ~(unsigned)(EG_QUIRK_STUB_RESETS_RATE | EG_QUIRK_ONE_REGISTER)) != expected)
        fail_msg("%s: quirks 0x%x, the reference has 0x%x", target->name, target->quirks, expected);
    same_stub(target, ref_at(chip, "stub"));
    same_number(target, target->bootloader_addr, chip, "flash.bootloader_offset");
    same_number(target, target->encrypted_align, chip, "flash.encrypted_write_align");
    same_codes(target, target->flash_sizes, ref_at(chip, "flash.size_encoding_high_nibble"));
    same_codes(target, target->flash_freqs, ref_at(chip, "flash.freq_encoding_low_nibble"));
    same_memory(target, ref_at(chip, "memory_map"));
    same_range(target, target->irom, ref_at(chip, "flash_map.irom"));
    same_range(target, target->drom, ref_at(chip, "flash_map.drom"));
    same_page_sizes(target, ref_at(chip, "image"));
    same_spi(target, ref_at(chip, "spi"));
    same_pins(target, ref_at(chip, "spi"));
    same_crystal(target, chip);
    same_number(target, target->uart_date_addr, chip, "uart.date_reg");
    same_number(target, target->boot_log_baud, boot_baud, json_is_object(boot_baud) ? "xtal_26mhz" : "");
    same_fields(target, chip);
    assert_int_equal(target->mac_layout, otp ? EG_MAC_ESP8266_OTP : EG_MAC_EFUSE);
    same_number(target, target->mac_addr, chip,
                otp ? "efuse.mac.otp_mac0" : "efuse.mac.base_mac_bytes.5.word_addr");
    assert_int_equal(target->revision_rule, revision_rule(chip));
    same_rules(target, chip);
    same_number(target, target->secure_boot_v2_from, chip, "security.secure_boot.v2.only_from_chip_revision");
    same_number(target, target->key_block_count, chip, "security.key_block_count");
    same_key_purposes(target, ref_at(chip, "security"));
    same_key_rule(target, ref_at(chip, "security"));
    same_number(target, target->vddsdio_addr, chip, "flash_voltage.rtc_cntl.reg");
    assert_int_equal(target->otg_reset, otg_reset(chip));
    same_writes(target, target->watchdogs_off, ref_at(chip, "watchdogs.disable_writes"));
    same_writes(target, target->watchdog_reset, ref_at(chip, "watchdogs.watchdog_reset_writes"));
    same_flash_on(target, ref_at(chip, "flash_power_on"));
}

#endif
