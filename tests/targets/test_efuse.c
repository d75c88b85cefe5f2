/* SPDX-License-Identifier: Apache-2.0 */

/* Compares the eFuses of every chip with the reference on eFuses, efuse.json next to the fixtures. */

#include "targets/efuse.h"
#include "tests/targets/reference.h"

static void a_name_is_found_whole_in_a_list_of_names(void **state)
{
    (void)state;
    assert_true(eg_efuse_listed("WR_DIS RD_DIS", "WR_DIS"));
    assert_true(eg_efuse_listed("WR_DIS RD_DIS", "RD_DIS"));
    assert_false(eg_efuse_listed("WR_DIS RD_DIS", "DIS"));
    assert_false(eg_efuse_listed("WR_DIS RD_DIS", "RD_DI"));
    assert_false(eg_efuse_listed("WR_DIS RD_DIS", "WR_DIS RD"));
    assert_false(eg_efuse_listed("", "WR_DIS"));
    assert_false(eg_efuse_listed(NULL, "WR_DIS"));
}

static void the_esp8266_has_no_efuses_to_burn_and_every_other_chip_has(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_efuse *efuse = eg_efuse_of(eg_targets[i]);

        if (strcmp(eg_targets[i]->name, "esp8266") == 0)
            assert_null(efuse);
        else
            assert_string_equal(efuse->name, eg_targets[i]->name);
    }
}

/* Compare numbers; the message names the chip and the difference. */
#define same_number(chip, what, ours, theirs)                                                                \
    do {                                                                                                     \
        const long long mine = (long long)(ours), reference = (long long)(theirs);                           \
        if (mine != reference)                                                                               \
            fail_msg("%s: %s: %s is 0x%llx, the reference has 0x%llx", (chip)->name, (what), #ours,          \
                     (unsigned long long)mine, (unsigned long long)reference);                               \
    } while (0)

/* Return bits of protection, given as a number, a list, or null. */
static uint32_t bits_of(const json_t *json)
{
    uint32_t bits = 0;

    if (json_is_integer(json))
        return EG_BIT(json_integer_value(json));
    for (size_t i = 0; i < json_array_size(json); i++)
        bits |= bits_of(json_array_get(json, i));
    return bits;
}

/* Check that a JSON list of names equals the list of words, without the name `but`. */
static void same_names(const struct eg_efuse *chip, const char *what, const char *ours, const json_t *theirs,
                       const char *but)
{
    char text[400] = "";

    for (size_t i = 0; i < json_array_size(theirs); i++) {
        const char *name = json_string_value(json_array_get(theirs, i));

        if (but != NULL && strcmp(name, but) == 0)
            continue;
        assert_true(strlen(text) + strlen(name) + 2 < sizeof text);
        sprintf(text + strlen(text), "%s%s", text[0] != '\0' ? " " : "", name);
    }
    if (strcmp(text, ours != NULL ? ours : "") != 0)
        fail_msg("%s: %s: is \"%s\", the reference has \"%s\"", chip->name, what, ours, text);
}

static uint32_t offset_of(const struct eg_efuse *chip, const json_t *json, const char *path)
{
    return ref_number(json, path) - chip->base;
}

static enum eg_efuse_kind kind_of(const json_t *field)
{
    static const struct {
        const char *class;
        enum eg_efuse_kind kind;
    } kinds[] = {{"bitcount", EG_AS_COUNTER},
                 {"keyblock", EG_AS_KEY},
                 {"mac", EG_AS_MAC},
                 {"keypurpose", EG_AS_PURPOSE},
                 {"spipin", EG_AS_PIN},
                 {"adc_tp", EG_AS_ADC},
                 {"t_sensor", EG_AS_TEMPERATURE},
                 {"vref", EG_AS_VREF},
                 {"wafer", EG_AS_PARTS},
                 {"pkg", EG_AS_PARTS},
                 {"psram_cap", EG_AS_PARTS},
                 {"recovery_bootloader", EG_AS_PARTS},
                 {"bootloader_anti_rollback", EG_AS_PARTS}};
    const char *class = ref_text(field, "class");

    if (class == NULL)
        return strncmp(ref_text(field, "type"), "bytes", 5) == 0 ? EG_AS_BYTES : EG_AS_NUMBER;
    if (json_is_true(ref_at(field, "calc")) && strcmp(class, "mac") == 0)
        return EG_AS_EUI64;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].class, class) == 0)
            return kinds[i].kind;
    fail_msg("%s: no kind for \"%s\"", ref_text(field, "name"), class);
    return EG_AS_NUMBER;
}

static struct eg_efuse_when when_of(const json_t *field)
{
    const char *text = ref_text(field, "when");
    unsigned number;

    if (text == NULL)
        return (struct eg_efuse_when){EG_WHEN_ALWAYS, 0};
    if (sscanf(text, "block_version >= %u", &number) == 1)
        return (struct eg_efuse_when){EG_WHEN_BLOCK_VERSION, (uint16_t)number};
    if (sscanf(text, "revision <= %u", &number) == 1)
        return (struct eg_efuse_when){EG_WHEN_REVISION_TO, (uint16_t)number};
    if (strncmp(text, "never", 5) == 0)
        return (struct eg_efuse_when){EG_WHEN_NEVER, 0};
    if (strcmp(text, "BLK3_PART_RESERVE == 1") == 0)
        return (struct eg_efuse_when){EG_WHEN_BLOCK3_RESERVED, 1};
    return (struct eg_efuse_when){EG_WHEN_CODING,
                                  strcmp(text, "coding scheme 3/4") == 0 ? EG_CODING_3_4 : EG_CODING_NONE};
}

static void same_values(const struct eg_efuse *chip, const struct eg_efuse_field *ours, const json_t *theirs)
{
    const size_t count = ours->kind == EG_AS_KEY ? 0 : json_object_size(ref_at(theirs, "values"));
    size_t found = 0;

    for (const struct eg_numbered *row = ours->values; row != NULL && row->name != NULL; row++, found++) {
        char key[30];

        sprintf(key, "values.%u", (unsigned)row->number);
        const char *text =
            json_string_value(json_object_get(ref_at(theirs, "values"), key + strlen("values.")));
        if (text == NULL || strcmp(text, row->name) != 0)
            fail_msg("%s: %s: %u is \"%s\", the reference has \"%s\"", chip->name, ours->name,
                     (unsigned)row->number, row->name, text);
    }
    same_number(chip, ours->name, found, count);
}

static void same_field(const struct eg_efuse *chip, const struct eg_efuse_field *ours, const json_t *theirs)
{
    static const char *const categories[EG_CATS] = {"calibration", "config", "flash",    "identity",
                                                    "jtag",        "MAC",    "security", "spi pad",
                                                    "usb",         "vdd",    "wdt"};
    const struct eg_efuse_when when = when_of(theirs);
    enum eg_efuse_kind kind = kind_of(theirs);

    if (ours->name == NULL || strcmp(ours->name, ref_text(theirs, "name")) != 0)
        fail_msg("%s: field %s, the reference has %s", chip->name, ours->name, ref_text(theirs, "name"));
    if (kind == EG_AS_PARTS && strcmp(chip->name, "esp32") == 0 &&
        strcmp(ours->name, "WAFER_VERSION_MAJOR") == 0)
        kind = EG_AS_WAFER;
    if (strcmp(categories[ours->category], ref_text(theirs, "cat")) != 0)
        fail_msg("%s: %s: another category", chip->name, ours->name);
    same_number(chip, ours->name, ours->kind, kind);
    same_number(chip, ours->name, ours->parts != NULL, json_is_true(ref_at(theirs, "calc")));
    same_number(chip, ours->name, ours->block, ref_number(theirs, "block"));
    same_number(chip, ours->name, ours->word, ref_number(theirs, "word"));
    same_number(chip, ours->name, ours->pos, ref_number(theirs, "pos"));
    same_number(chip, ours->name, ours->bits, ref_number(theirs, "len"));
    same_number(chip, ours->name, ours->wr, bits_of(ref_at(theirs, "wr")));
    same_number(chip, ours->name, ours->rd, bits_of(ref_at(theirs, "rd")));
    same_number(chip, ours->name, ours->when.what, when.what);
    same_number(chip, ours->name, ours->when.number, when.number);
    same_names(chip, ours->name, ours->alt, ref_at(theirs, "alt"), NULL);
    same_values(chip, ours, theirs);
}

static void same_fields(const struct eg_efuse *chip, const struct eg_efuse_field *ours, const json_t *theirs)
{
    size_t i = 0;

    for (; i < json_array_size(theirs); i++)
        same_field(chip, &ours[i], json_array_get(theirs, i));
    assert_null(ours[i].name);
}

static void same_block(const struct eg_efuse *chip, const struct eg_efuse_block *ours, const json_t *theirs)
{
    assert_string_equal(ours->name, ref_text(theirs, "name"));
    same_number(chip, ours->name, ours->read, offset_of(chip, theirs, "read"));
    same_number(chip, ours->name, ours->write, offset_of(chip, theirs, "write"));
    same_number(chip, ours->name, ours->words, ref_number(theirs, "len"));
    same_number(chip, ours->name, ours->wr, bits_of(ref_at(theirs, "wr")));
    same_number(chip, ours->name, ours->rd, bits_of(ref_at(theirs, "rd")));
    same_names(chip, ours->name, ours->alt, ref_at(theirs, "alias"), ours->name);
    if (ref_text(theirs, "purpose_field") == NULL)
        assert_null(ours->purpose);
    else
        assert_string_equal(ours->purpose, ref_text(theirs, "purpose_field"));
}

static void same_errors(const struct eg_efuse *chip, const json_t *theirs)
{
    const json_t *others = ref_at(theirs, "others");

    if (chip->family == EG_EFUSE_BLOCK_REGISTERS) {
        same_number(chip, "errors", chip->dec_status, offset_of(chip, theirs, "register"));
        return;
    }
    same_number(chip, "errors", chip->repeat_errors, offset_of(chip, theirs, "block0.first"));
    same_number(chip, "errors", chip->repeat_error_words, ref_number(theirs, "block0.words"));
    for (size_t i = 0; i < json_array_size(others); i++) {
        const json_t *row = json_array_get(others, i);
        const struct eg_efuse_block *block = &chip->blocks[ref_number(row, "block")];

        same_number(chip, block->name, block->count_at.reg, offset_of(chip, row, "register"));
        same_number(chip, block->name, block->count_at.shift, ref_number(row, "count_shift"));
        same_number(chip, block->name, block->fail_at.reg != 0, ref_at(row, "fail_bit") != NULL);
        if (block->fail_at.reg == 0)
            continue;
        same_number(chip, block->name, block->fail_at.shift, ref_number(row, "fail_bit"));
        same_number(
            chip, block->name, block->fail_at.reg,
            offset_of(chip, row, ref_at(row, "fail_register") != NULL ? "fail_register" : "register"));
    }
}

static void same_timing(const struct eg_efuse *chip, const json_t *json)
{
    const json_t *crystals = ref_at(json, "timing.crystal_mhz"), *steps;
    const char *mhz;
    size_t count = 0;

    while (chip->timing[count].mhz != 0)
        count++;
    same_number(chip, "crystals", count, json_object_size(crystals));
    json_object_foreach((json_t *)crystals, mhz, steps)
    {
        const struct eg_efuse_timing *row = chip->timing;

        while (row->mhz != 0 && row->mhz != atoi(mhz))
            row++;
        same_number(chip, "crystal", row->mhz, atoi(mhz));
        same_number(chip, mhz, row->steps == NULL, json_array_size(steps) == 0);
        for (size_t i = 0; i < json_array_size(steps); i++) {
            const char *reg = ref_text(json_array_get(steps, i), "0");
            char path[60];

            sprintf(path, "registers.%s", reg);
            same_number(chip, reg, row->steps[i].reg, offset_of(chip, json, path));
            same_number(chip, reg, row->steps[i].mask, ref_number(json_array_get(steps, i), "1"));
            same_number(chip, reg, row->steps[i].value, ref_number(json_array_get(steps, i), "2"));
        }
        if (row->steps != NULL)
            same_number(chip, mhz, row->steps[json_array_size(steps)].mask, 0);
    }
}

static void same_purposes(const struct eg_efuse *chip, const json_t *json)
{
    const json_t *theirs = ref_at(json, "key_purposes"), *custom = ref_at(json, "custom_purposes");
    uint32_t numbers = 0;
    size_t i = 0;

    for (; i < json_array_size(theirs); i++) {
        const json_t *row = json_array_get(theirs, i);
        const struct eg_efuse_purpose *ours = &chip->purposes[i];

        assert_string_equal(ours->name, ref_text(row, "name"));
        same_number(chip, ours->name, ours->number, json_integer_value(ref_at(row, "number")));
        same_number(chip, ours->name, (ours->flags & EG_PURPOSE_REVERSED) != 0,
                    json_is_true(ref_at(row, "reverse")));
        same_number(chip, ours->name, (ours->flags & EG_PURPOSE_HIDDEN) != 0,
                    json_is_true(ref_at(row, "read_protect")));
        same_number(chip, ours->name, (ours->flags & EG_PURPOSE_DIGEST) != 0,
                    json_is_true(ref_at(row, "digest")));
    }
    assert_true(i == 0 ? chip->purposes == NULL : chip->purposes[i].name == NULL);
    for (i = 0; i < json_array_size(custom); i++)
        numbers |= EG_BIT(json_integer_value(json_array_get(custom, i)));
    same_number(chip, "purposes", chip->custom_purposes, numbers);
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "(none)";
}

static void same_switches(const struct eg_efuse *chip, const json_t *json, const json_t *postponed)
{
    const json_t *burns = ref_at(json, "bootloader_burns");

    same_names(chip, "postponed", chip->postponed,
               ref_at(postponed, chip->name) != NULL ? ref_at(postponed, chip->name)
                                                     : ref_at(postponed, "others"),
               NULL);
    assert_string_equal(or_none(chip->no_xts), or_none(ref_text(json, "key_purpose_ban.block")));
    same_number(chip, "caps", chip->secure_boot_from, ref_number(json, "caps.secure_boot_v2_from_revision"));
    same_number(chip, "caps", chip->ds_bits, ref_number(json, "caps.ds_max_bits"));
    same_names(chip, "schemes", chip->boot_schemes, ref_at(json, "caps.secure_boot_v2"), NULL);
    if (burns == NULL)
        return;
    assert_string_equal(chip->crypt_count, ref_text(burns, "crypt_count"));
    assert_string_equal(chip->secure_boot, ref_text(burns, "secure_boot_switch"));
    assert_string_equal(chip->download_off, ref_text(burns, "download.off"));
    assert_string_equal(or_none(chip->download_secure), or_none(ref_text(burns, "download.secure")));
    same_number(chip, "release", chip->enables.crypt_release, ref_number(burns, "crypt_count_release"));
    same_names(chip, "enables", chip->enables.encryption, ref_at(burns, "flash_encryption"), NULL);
    same_names(chip, "enables", chip->enables.encryption_protects, ref_at(burns, "flash_encryption_protect"),
               NULL);
    same_names(chip, "enables", chip->enables.boot, ref_at(burns, "secure_boot"), NULL);
}

static void same_registers(const struct eg_efuse *chip, const json_t *json)
{
    const bool window = chip->family == EG_EFUSE_PROGRAM_WINDOW;
    const char *check = ref_at(json, "registers.EFUSE_CHECK_VALUE0_REG") != NULL
                            ? "registers.EFUSE_CHECK_VALUE0_REG"
                            : "registers.EFUSE_PGM_CHECK_VALUE0_REG";

    same_number(chip, "registers", window, ref_at(json, "errors.block0") != NULL);
    same_number(chip, "registers", chip->size, ref_number(json, "size"));
    same_number(chip, "registers", chip->conf,
                offset_of(chip, json, window ? "registers.EFUSE_CONF_REG" : "registers.EFUSE_REG_CONF"));
    same_number(chip, "registers", chip->cmd,
                offset_of(chip, json, window ? "registers.EFUSE_CMD_REG" : "registers.EFUSE_REG_CMD"));
    if (window)
        same_number(chip, "registers", chip->check, offset_of(chip, json, check));
}

static void every_number_of_every_chip_is_that_of_the_reference(void **state)
{
    (void)state;
    char path[4096];
    json_error_t problem;
    json_t *all = json_load_file(fixture_path(path, "../reference/efuse.json"), 0, &problem);
    size_t count = 0;

    if (all == NULL) {
        print_message("SKIPPED: no reference at %s: %s\n", path, problem.text);
        skip();
    }
    while (eg_efuses[count] != NULL)
        count++;
    assert_int_equal(count, json_object_size(ref_at(all, "chips")));
    for (size_t i = 0; i < count; i++) {
        const struct eg_efuse *chip = eg_efuses[i];
        const json_t *json = json_object_get(ref_at(all, "chips"), chip->name);
        const json_t *blocks = ref_at(json, "blocks"), *tables = ref_at(json, "tables");
        size_t block = 0;

        same_number(chip, "base", chip->base, ref_number(json, "base"));
        same_registers(chip, json);
        for (; block < json_array_size(blocks); block++)
            same_block(chip, &chip->blocks[block], json_array_get(blocks, block));
        assert_null(chip->blocks[block].name);
        same_errors(chip, ref_at(json, "errors"));
        if (chip->fields_before != NULL) {
            same_number(chip, "tables", json_array_size(tables), 2);
            same_fields(chip, chip->fields_before, ref_at(tables, "0.fields"));
            same_fields(chip, chip->fields, ref_at(tables, "1.fields"));
            assert_string_equal(ref_text(tables, "1.revision"), "revision >= 300");
            same_number(chip, "tables", chip->fields_from, 300);
        } else {
            same_number(chip, "tables", json_array_size(tables), 1);
            same_fields(chip, chip->fields, ref_at(tables, "0.fields"));
        }
        same_timing(chip, json);
        same_purposes(chip, json);
        same_switches(chip, json, ref_at(all, "common.postponed_block0_fields"));
    }
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_found_whole_in_a_list_of_names),
        cmocka_unit_test(the_esp8266_has_no_efuses_to_burn_and_every_other_chip_has),
        cmocka_unit_test(every_number_of_every_chip_is_that_of_the_reference),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
