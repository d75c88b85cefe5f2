/* SPDX-License-Identifier: Apache-2.0 */

#include "targets/target.h"
#include "tests/targets/same.h"

#include <dirent.h>

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
    assert_non_null(strstr(text, "esp32, esp32c2, esp32c3"));
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

static void a_stub_is_chosen_by_revision(void **state)
{
    (void)state;
    const struct eg_target *p4 = eg_target_by_name("esp32p4");
    const struct eg_target *c2 = eg_target_by_name("esp32c2");

    assert_string_equal(eg_target_stub(p4, 299), "esp32p4-rev1");
    assert_string_equal(eg_target_stub(p4, 300), "esp32p4");
    assert_null(eg_target_stub(c2, 0));
    assert_string_equal(eg_target_stub(c2, 1), "esp32c2");
    assert_string_equal(eg_target_stub(eg_target_by_name("esp32"), 0), "esp32");
    assert_null(eg_target_stub(eg_target_by_name("esp32h21"), 100));
}

static void a_key_purpose_has_a_name_or_is_not_known(void **state)
{
    (void)state;
    const struct eg_target *c61 = eg_target_by_name("esp32c61");

    assert_string_equal(eg_target_key_purpose(c61, 0), "USER/EMPTY");
    assert_string_equal(eg_target_key_purpose(c61, 11), "SECURE_BOOT_DIGEST2");
    assert_null(eg_target_key_purpose(c61, 5));
    assert_null(eg_target_key_purpose(c61, 12));
    assert_null(eg_target_key_purpose(eg_target_by_name("esp32c2"), 0));
}

/* Messages name the chip, to help whoever adds one. */
#define chip_assert(target, condition)                                                                       \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("%s: not so: %s", (target)->name, #condition);                                          \
    } while (0)

static bool has_field(const struct eg_target *target, enum eg_field_id field)
{
    return eg_field_exists(&target->field[field]);
}

static bool has_quirk(const struct eg_target *target, unsigned quirk)
{
    return (target->quirks & quirk) != 0;
}

static bool all_ones(void *context, uint32_t addr, uint32_t *word)
{
    (void)context;
    (void)addr;
    *word = UINT32_MAX;
    return true;
}

/* Check that a condition can name every value of its field. */
static void complete_rules(const struct eg_target *target, const struct eg_rule *rules)
{
    chip_assert(target, rules != NULL && rules[0].text != NULL && rules[0].text[0] != ' ');
    for (const struct eg_rule *rule = rules; rule->text != NULL; rule++) {
        for (size_t i = 0; i < EG_CONDITIONS_MAX && rule->when[i].values != 0; i++) {
            uint32_t greatest;

            chip_assert(target, rule->when[i].field < EG_FIELD_COUNT);
            chip_assert(target,
                        eg_field_read(&target->field[rule->when[i].field], all_ones, NULL, &greatest));
            chip_assert(target, greatest < 32);
        }
    }
}

/* Check that `psram` and the features name the same sizes under the same conditions. */
static void complete_psram(const struct eg_target *target)
{
    const struct eg_psram_rule *psram = target->psram;

    for (const struct eg_rule *rule = target->features; rule->text != NULL; rule++) {
        const char *const name = strstr(rule->text, "Embedded PSRAM");
        unsigned megabytes = EG_PSRAM_UNKNOWN;

        if (name == NULL || strncmp(rule->text, "No ", 3) == 0)
            continue;
        sscanf(name, "Embedded PSRAM %3uMB", &megabytes);
        chip_assert(target, psram != NULL && psram->mb == megabytes);
        chip_assert(target, psram->when.field == rule->when[0].field);
        chip_assert(target, psram->when.values == rule->when[0].values && rule->when[1].values == 0);
        psram++;
    }
    chip_assert(target, psram == NULL || psram->mb == 0);
}

static void complete_fields(const struct eg_target *target)
{
    for (unsigned i = 0; i < EG_FIELD_COUNT; i++) {
        for (size_t j = 0; j < EG_FIELD_PARTS_MAX; j++) {
            const struct eg_field_part *part = &target->field[i].part[j];

            chip_assert(target, part->shift < 32 && part->out_shift < 32);
            chip_assert(target, (part->mask == 0) == (part->addr == 0));
            chip_assert(target, part->mask << part->shift >> part->shift == part->mask);
            chip_assert(target, part->mask << part->out_shift >> part->out_shift == part->mask);
        }
    }
    for (unsigned i = EG_FIELD_PAD_CLK; i <= EG_FIELD_PAD_CS; i++)
        chip_assert(target, has_field(target, i) == has_quirk(target, EG_QUIRK_EFUSE_PADS));
    for (unsigned i = 0; i < EG_KEY_BLOCKS_MAX; i++)
        chip_assert(target, has_field(target, EG_FIELD_KEY_PURPOSE + i) == (i < target->key_block_count));
    for (unsigned i = EG_FIELD_VDD_XPD; i <= EG_FIELD_VDD_STRAP; i++)
        chip_assert(target, has_field(target, i) == has_field(target, EG_FIELD_VDD_FORCE));
    chip_assert(target, !has_quirk(target, EG_QUIRK_LEAVE_FORCED_DOWNLOAD) ||
                            has_field(target, EG_FIELD_FORCE_DOWNLOAD));
    chip_assert(target,
                has_field(target, EG_FIELD_CRYPT_CONFIG) == has_field(target, EG_FIELD_CRYPT_CONFIG_HIDDEN));
    chip_assert(target, (target->rom_baud == EG_ROM_BAUD_RTC_CALIBRATION) ==
                            (has_field(target, EG_FIELD_RTC_CALI) && has_field(target, EG_FIELD_CK8M_FREQ)));
    chip_assert(target,
                target->rom_baud == EG_ROM_BAUD_CRYSTAL_RATIO || !has_field(target, EG_FIELD_ROM_CRYSTAL));
    chip_assert(target, target->revision_rule != EG_REVISION_NONE || !has_field(target, EG_FIELD_REV_MAJOR));
    chip_assert(target,
                (target->revision_rule == EG_REVISION_ESP32_S3) ==
                    (has_field(target, EG_FIELD_BLOCK_MAJOR) && has_field(target, EG_FIELD_BLOCK_MINOR)));
    chip_assert(target, (target->key_rule == EG_KEY_WORDS) == has_field(target, EG_FIELD_KEY_HIDDEN));
    chip_assert(target, target->otg_reset != EG_OTG_RESET_BY_STRAP || has_field(target, EG_FIELD_SPI_BOOT));
    chip_assert(target, (target->flash_on_already != NULL) == has_field(target, EG_FIELD_DOWNLOAD_XPD_ON));
}

static void every_target_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        const bool esp8266_ids = target->image_chip_id < 0;

        chip_assert(target, target->name != NULL && target->label != NULL);
        chip_assert(target, eg_target_by_name(target->label) == target);
        chip_assert(target, esp8266_ids || eg_target_by_image_id(target->image_chip_id) == target);
        chip_assert(target, (target->detect == EG_DETECT_MAGIC) == (target->magic != 0));
        chip_assert(target, (target->detect == EG_DETECT_CHIP_ID) == (target->chip_id != 0));
        chip_assert(target, target->detect != EG_DETECT_CHIP_ID ||
                                (target->rom_commands & EG_ROM_HAS(EG_OP_GET_SECURITY_INFO)));
        chip_assert(target, target->uf2_family_id != 0);
        chip_assert(target, target->rom_status_size == 2 || target->rom_status_size == 4);
        chip_assert(target, (target->rom_commands & EG_ROM_HAS(EG_OP_SYNC)) != 0);
        chip_assert(target, target->stub == NULL || strcmp(target->stub, target->name) == 0);
        chip_assert(target, target->stub_before == NULL || target->stub_from > 0);
        chip_assert(target, target->stub_from == 0 || target->stub != NULL);
        chip_assert(target,
                    has_quirk(target, EG_QUIRK_SECURE_BOOT_STUB_HOOK) == (target->stub_hook_addr != 0));
        chip_assert(target, has_quirk(target, EG_QUIRK_USB_WATCHDOGS) == (target->watchdogs_off != NULL));
        chip_assert(target, target->encrypted_align % 16 == 0 && target->encrypted_align > 0);
        chip_assert(target, eg_header_code(target->flash_sizes, "4MB") >= 0);
        chip_assert(target, target->flash_freqs[0].name != NULL);
        for (const struct eg_header_code *row = target->flash_sizes; row->name != NULL; row++)
            chip_assert(target, (row->code & 0x0f) == 0);
        for (const struct eg_header_code *row = target->flash_freqs; row->name != NULL; row++)
            chip_assert(target, (row->code & 0xf0) == 0);
        chip_assert(target, target->memory[0].name != NULL);
        for (const struct eg_memory_range *range = target->memory; range->name != NULL; range++)
            chip_assert(target, range->start < range->end);
        chip_assert(target, target->irom.start < target->irom.end);
        chip_assert(target, target->drom.start < target->drom.end || target->drom.end == 0);
        for (const uint32_t *size = target->mmu_page_sizes; size != NULL && size[0] != 0; size++)
            chip_assert(target, size[1] == 0 || size[1] == 2 * size[0]);
        chip_assert(target, target->spi.base != 0 && target->spi.w0 != 0);
        chip_assert(target, (target->spi.mosi_dlen == 0) == (target->spi.miso_dlen == 0));
        for (size_t j = 0; j < 3; j++)
            chip_assert(target, target->spi_pins[j].first <= target->spi_pins[j].last);
        chip_assert(target, (target->spi_pins[0].last == 0) == (target->spi_hd_max == 0));
        chip_assert(target, target->crystal.fixed_mhz != 0 ||
                                (target->crystal.clkdiv_addr != 0 && target->crystal.divisor != 0));
        chip_assert(target, (target->rom_baud == EG_ROM_BAUD_NONE) ==
                                !(target->rom_commands & EG_ROM_HAS(EG_OP_CHANGE_BAUDRATE)));
        chip_assert(target,
                    (target->rom_baud == EG_ROM_BAUD_CRYSTAL_RATIO) == (target->crystal.mistaken != NULL));
        chip_assert(target, target->crystal.mistaken == NULL || target->crystal.fixed_mhz == 0);
        chip_assert(target, !target->usb_serial_jtag || target->usb_pins.last != 0);
        chip_assert(target, !has_quirk(target, EG_QUIRK_USB_WATCHDOGS) || target->usb_serial_jtag);
        chip_assert(target, target->uart_date_addr != 0 && target->boot_log_baud != 0);
        chip_assert(target, target->mac_addr != 0);
        chip_assert(target, target->package_unknown != NULL);
        chip_assert(target, (target->key_rule == EG_KEY_PURPOSES) == (target->key_block_count != 0));
        chip_assert(target, (target->key_rule == EG_KEY_PURPOSES) == (target->key_purposes != NULL));
        chip_assert(target, target->key_rule == EG_KEY_PURPOSES || !target->key_rule_xts256);
        chip_assert(target, (target->key_rule == EG_KEY_WORDS) == (target->key_block.addr != 0));
        chip_assert(target, (target->key_rule == EG_KEY_WORDS) == (target->key_block.words != 0));
        chip_assert(target, target->otg_reset != EG_OTG_RESET_BY_WATCHDOG || target->watchdog_reset != NULL);
        chip_assert(target, (target->flash_on != NULL) == (target->flash_on_already != NULL));
        chip_assert(target, (target->flash_on != NULL) == (target->flash_on_from != 0));
        chip_assert(target, target->flash_on_from <= target->flash_on_to);
        complete_fields(target);
        complete_rules(target, target->packages);
        complete_rules(target, target->features);
        complete_psram(target);
    }
}

static void no_two_targets_share_what_tells_them_apart(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        for (size_t j = i + 1; eg_targets[j] != NULL; j++) {
            const struct eg_target *a = eg_targets[i], *b = eg_targets[j];
            /* The ESP32-E22 has no known family id of its own. */
            const bool families = strcmp(a->name, "esp32") != 0 || strcmp(b->name, "esp32e22") != 0;
            if (strcmp(a->name, b->name) >= 0)
                fail_msg("%s and %s are out of order or the same", a->name, b->name);
            if (families && a->uf2_family_id == b->uf2_family_id)
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

/* Check that each chip file defines the constant of its own name, to which the registry refers. */
static void every_chip_file_is_in_the_registry_under_its_own_name(void **state)
{
    (void)state;
    char folder[4096];
    size_t files = 0, targets = 0;

    DIR *dir = opendir(source_path(folder, "targets"));
    if (dir == NULL)
        fail_msg("the sources are not at %s (EG_SOURCES)", folder);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (strncmp(entry->d_name, "esp", 3) != 0 || dot == NULL || strcmp(dot, ".c") != 0 ||
            strstr(entry->d_name, "_efuse.c") != NULL)
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

static void every_target_is_the_references(void **state)
{
    (void)state;
    json_t *all = ref_open();
    const char *name;
    json_t *chip;

    json_object_foreach((json_t *)ref_at(all, "chips"), name, chip)
    {
        const struct eg_target *target = eg_target_by_name(name);
        if (target == NULL || strcmp(target->name, name) != 0)
            fail_msg("%s: there is no such target", name);
        same_chip(target, all, chip);
    }
    for (size_t i = 0; eg_targets[i] != NULL; i++)
        if (json_object_get(ref_at(all, "chips"), eg_targets[i]->name) == NULL)
            print_message("%s is not in the reference and was not compared\n", eg_targets[i]->name);
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
        cmocka_unit_test(a_stub_is_chosen_by_revision),
        cmocka_unit_test(a_key_purpose_has_a_name_or_is_not_known),
        cmocka_unit_test(every_target_is_the_references),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
