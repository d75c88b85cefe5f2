/* SPDX-License-Identifier: Apache-2.0 */

#include "targets/target.h"
#include "tests/targets/reference.h"

/* Registers as a list that ends with address 0; words outside the list cannot be read. */
struct word {
    uint32_t addr;
    uint32_t value;
};

static bool read_word(void *context, uint32_t addr, uint32_t *word)
{
    for (const struct word *row = (const struct word *)context; row->addr != 0; row++) {
        if (row->addr == addr) {
            *word = row->value;
            return true;
        }
    }
    return false;
}

/* Decode `words` into "MAC revision package"; "-" for values that cannot be read. */
static void described_as(const char *name, const struct word *words, const char *expected)
{
    const struct eg_target *target = eg_target_by_name(name);
    assert_non_null(target);
    char text[200], mac_text[18] = "-", revision_text[10] = "-";
    const char *package = "-";
    uint8_t mac[6];
    uint16_t revision;

    if (eg_target_mac(target, read_word, (void *)words, mac))
        snprintf(mac_text, sizeof mac_text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                 mac[4], mac[5]);
    if (eg_target_revision(target, read_word, (void *)words, &revision))
        snprintf(revision_text, sizeof revision_text, "%u", revision);
    if (!eg_target_package(target, read_word, (void *)words, &package))
        package = "-";
    snprintf(text, sizeof text, "%s %s %s", mac_text, revision_text, package);
    assert_string_equal(text, expected);
}

static void a_field_is_put_together_from_its_parts(void **state)
{
    (void)state;
    const struct eg_field field = {{{0x10, 4, 0xf, 0}, {0x14, 31, 0x1, 4}, {0x10, 0, 0x3, 5}}};
    const struct eg_field absent = {0};
    struct word words[] = {{0x10, 0xffffffa2}, {0x14, 0x80000000}, {0}};
    uint32_t value;

    assert_true(eg_field_exists(&field));
    assert_true(eg_field_read(&field, read_word, words, &value));
    assert_int_equal(value, 0x5a);
    assert_false(eg_field_exists(&absent));
    assert_true(eg_field_read(&absent, read_word, words, &value));
    assert_int_equal(value, 0);
    words[1].addr = 0;
    assert_false(eg_field_read(&field, read_word, words, &value));
}

static void a_condition_does_not_hold_for_a_value_beyond_its_set(void **state)
{
    (void)state;
    const struct eg_field fields[EG_FIELD_COUNT] = {[EG_FIELD_PACKAGE] = {{{0x10, 0, 0xff, 0}}}};
    const struct eg_rule packages[] = {{"one", {{EG_FIELD_PACKAGE, EG_VALUE(1)}}}, {0}};
    const struct eg_target target = {.field = fields, .packages = packages, .package_unknown = "none"};
    struct word words[] = {{0x10, 1}, {0}};
    const char *name;

    assert_true(eg_target_package(&target, read_word, words, &name));
    assert_string_equal(name, "one");
    words[0].value = 33;
    assert_true(eg_target_package(&target, read_word, words, &name));
    assert_string_equal(name, "none");
}

/* The words in the recordings of read-mac: an ESP32 and an ESP32-C3 mask ROM with emulated efuses. */
static void the_recorded_chips_are_described_as_by_the_client_that_recorded_them(void **state)
{
    (void)state;
    const struct word esp32[] = {
        {0x3ff5a004, 0xc4001000}, {0x3ff5a008, 0x000c240a}, {0x3ff5a00c, 0x00008200},
        {0x3ff5a014, 0x01100000}, {0x3ff6607c, 0x96042000}, {0},
    };
    const struct word esp32c3[] = {
        {0x60008844, 0xc4001001}, {0x60008848, 0x0000240a}, {0x60008850, 0x00100000}, {0x60008858, 0}, {0},
    };

    described_as("esp32", esp32, "24:0a:c4:00:10:00 301 ESP32-D0WD-V3");
    described_as("esp32c3", esp32c3, "24:0a:c4:00:10:01 4 ESP32-C3 (QFN32)");
}

/* Facts that depend on no register are known without reading. */
static void unreadable_values_are_not_made_up(void **state)
{
    (void)state;
    const struct word none[] = {{0}};

    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        char features[EG_FEATURES_TEXT];
        uint8_t extension[2];
        bool conditional = false;

        if (strcmp(target->name, "esp8266") == 0)
            described_as(target->name, none, "- 0 -");
        else if (strcmp(target->name, "esp32e22") == 0)
            described_as(target->name, none, "- 0 ESP32-E22");
        else
            described_as(target->name, none, "- - -");
        for (const struct eg_rule *rule = target->features; rule->text != NULL; rule++)
            conditional = conditional || rule->when[0].values != 0;
        assert_int_equal(eg_target_features(target, read_word, (void *)none, features), !conditional);
        assert_false(eg_target_mac_extension(target, read_word, (void *)none, extension));
    }
}

static void the_esp32_knows_four_patterns_of_its_revision_bits(void **state)
{
    (void)state;
    const struct {
        uint32_t bit0, bit1, bit2;
        const char *expected;
    } cases[] = {
        {0, 0, 0, "00:00:00:00:00:00 2 ESP32-D0WDQ6"},   {1, 0, 0, "00:00:00:00:00:00 102 ESP32-D0WDQ6"},
        {1, 1, 0, "00:00:00:00:00:00 202 ESP32-D0WDQ6"}, {1, 1, 1, "00:00:00:00:00:00 302 ESP32-D0WDQ6-V3"},
        {0, 1, 0, "00:00:00:00:00:00 2 ESP32-D0WDQ6"},   {0, 1, 1, "00:00:00:00:00:00 2 ESP32-D0WDQ6"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct word words[] = {
            {0x3ff5a004, 0},
            {0x3ff5a008, 0},
            {0x3ff5a00c, cases[i].bit0 << 15},
            {0x3ff5a014, cases[i].bit1 << 20 | 2U << 24},
            {0x3ff6607c, cases[i].bit2 << 31},
            {0},
        };
        described_as("esp32", words, cases[i].expected);
    }
}

static void the_esp32s_package_depends_on_revision_and_app_cpu(void **state)
{
    (void)state;
    const struct {
        uint32_t package, app_cpu_off, v3;
        const char *name;
    } cases[] = {
        {0, 1, 1, "ESP32-S0WDQ6"},  {1, 1, 0, "ESP32-S0WD"},       {1, 0, 0, "ESP32-D0WD"},
        {2, 0, 0, "ESP32-D2WD"},    {4, 0, 0, "ESP32-U4WDH"},      {5, 0, 1, "ESP32-PICO-V3"},
        {5, 0, 0, "ESP32-PICO-D4"}, {6, 0, 0, "ESP32-PICO-V3-02"}, {7, 0, 0, "ESP32-D0WDR2-V3"},
        {3, 0, 0, "Unknown ESP32"}, {8, 0, 0, "Unknown ESP32"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t v3 = cases[i].v3;
        const struct word words[] = {
            {0x3ff5a004, 0},
            {0x3ff5a008, 0},
            {0x3ff5a00c,
             (cases[i].package & 7) << 9 | cases[i].package >> 3 << 2 | cases[i].app_cpu_off | v3 << 15},
            {0x3ff5a014, v3 << 20},
            {0x3ff6607c, v3 << 31},
            {0},
        };
        char expected[100];
        snprintf(expected, sizeof expected, "00:00:00:00:00:00 %s %s", v3 ? "300" : "0", cases[i].name);
        described_as("esp32", words, expected);
    }
}

static void the_first_esp32s3_silicon_reuses_its_revision_fields(void **state)
{
    (void)state;
    struct word words[] = {
        {0x60007044, 0x11223344}, {0x60007048, 0xffff7cdf}, {0x60007050, 1U << 24 | 1U << 21},
        {0x60007058, 2U << 24},   {0x6000706c, 1},          {0},
    };

    described_as("esp32s3", words, "7c:df:11:22:33:44 0 ESP32-S3-PICO-1 (LGA56)");
    words[2].value = 2U << 24; /* block version 1.2: the fields are what they say */
    described_as("esp32s3", words, "7c:df:11:22:33:44 200 ESP32-S3 (QFN56)");
    words[2].value = 1U << 24 | 2U << 18;
    described_as("esp32s3", words, "7c:df:11:22:33:44 202 ESP32-S3 (QFN56)");
    words[2].value = 1U << 24;
    words[3].value = 1U << 23; /* minor 8: its low three bits decide */
    described_as("esp32s3", words, "7c:df:11:22:33:44 0 ESP32-S3 (QFN56)");
    words[4].value = 0;
    words[2].value = 7U << 21;
    described_as("esp32s3", words, "7c:df:11:22:33:44 8 Unknown ESP32-S3");
}

static void the_esp32c3_tells_its_packages_apart(void **state)
{
    (void)state;
    const char *names[] = {"ESP32-C3 (QFN32)", "ESP8685 (QFN28)", "ESP32-C3 AZ (QFN32)", "ESP8686 (QFN24)",
                           "Unknown ESP32-C3"};

    for (uint32_t i = 0; i < 5; i++) {
        const struct word words[] = {
            {0x60008844, 0}, {0x60008848, 0}, {0x60008850, i << 21 | 3U << 18}, {0x60008858, 1U << 24}, {0},
        };
        char expected[100];
        snprintf(expected, sizeof expected, "00:00:00:00:00:00 103 %s", names[i]);
        described_as("esp32c3", words, expected);
    }
}

static void the_esp8266s_vendor_part_comes_from_otp_or_is_implied(void **state)
{
    (void)state;
    struct word words[] = {
        {0x3ff00050, 0x56000000}, {0x3ff00054, 0x02001234}, {0x3ff00058, 0}, {0x3ff0005c, 0}, {0},
    };

    described_as("esp8266", words, "18:fe:34:12:34:56 0 ESP8266EX");
    words[1].value = 0x02011234;
    described_as("esp8266", words, "ac:d0:74:12:34:56 0 ESP8266EX");
    words[1].value = 0x02021234;
    described_as("esp8266", words, "- 0 ESP8266EX");
    words[3].value = 0x00600194;
    described_as("esp8266", words, "60:01:94:12:34:56 0 ESP8266EX");
}

/* Compare with the rule itself, for all values of the six bits that it reads. */
static void the_esp8266s_package_follows_from_six_bits(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 64; bits++) {
        const uint32_t r0_bit4 = bits & 1, r0_bit5 = bits >> 1 & 1, r2_bit16 = bits >> 2 & 1;
        const uint32_t r3_bit25 = bits >> 3 & 1, r3_bit26 = bits >> 4 & 1, r3_bit27 = bits >> 5 & 1;
        const struct word words[] = {
            {0x3ff00050, r0_bit4 << 4 | r0_bit5 << 5},
            {0x3ff00054, 0},
            {0x3ff00058, r2_bit16 << 16},
            {0x3ff0005c, r3_bit25 << 25 | r3_bit26 << 26 | r3_bit27 << 27 | 0xaabbcc},
            {0},
        };
        unsigned flash_mb = 0;
        if (r0_bit4 && !r3_bit25 && !r3_bit27)
            flash_mb = r3_bit26 ? 2 : 1;
        else if (!r0_bit4 && r3_bit25 && !r3_bit27)
            flash_mb = r3_bit26 ? 4 : 2;
        const char *name = "ESP8285";
        if (!r0_bit4 && !r2_bit16)
            name = "ESP8266EX";
        else if (flash_mb == 1)
            name = r0_bit5 ? "ESP8285H08" : "ESP8285N08";
        else if (flash_mb == 2)
            name = r0_bit5 ? "ESP8285H16" : "ESP8285N16";
        const char *found;
        assert_true(eg_target_package(eg_target_by_name("esp8266"), read_word, (void *)words, &found));
        assert_string_equal(found, name);
    }
}

static void features_are(const struct word *words, const char *name, const char *expected)
{
    char text[EG_FEATURES_TEXT];

    assert_true(eg_target_features(eg_target_by_name(name), read_word, (void *)words, text));
    assert_string_equal(text, expected);
}

static void features_are_listed_with_the_vendor_after_embedded_parts(void **state)
{
    (void)state;
    struct word c3[] = {{0x60008850, 1U << 27}, {0x60008854, 1}, {0}};
    const struct word esp32[] = {{0x3ff5a00c, 3U << 12}, {0x3ff5a010, 1U << 8}, {0x3ff5a018, 0}, {0}};

    features_are(c3, "esp32c3", "Wi-Fi, BT 5 (LE), Single Core, 160MHz, Embedded Flash 4MB (XMC)");
    c3[1].value = 7; /* an unknown vendor */
    features_are(c3, "esp32c3", "Wi-Fi, BT 5 (LE), Single Core, 160MHz, Embedded Flash 4MB");
    c3[1].value = 1;
    c3[0].value = 0; /* and one without flash */
    features_are(c3, "esp32c3", "Wi-Fi, BT 5 (LE), Single Core, 160MHz");
    features_are(esp32, "esp32",
                 "Wi-Fi, BT, Dual Core + LP Core, 160MHz, Vref calibration in eFuse, Coding Scheme None");
}

static void the_mac_extension_is_above_the_mac(void **state)
{
    (void)state;
    const struct word words[] = {{0x600b0844, 0x11223344}, {0x600b0848, 0xfffe6055}, {0}};
    uint8_t extension[2];

    assert_true(eg_target_mac_extension(eg_target_by_name("esp32c6"), read_word, (void *)words, extension));
    assert_int_equal(extension[0], 0xff);
    assert_int_equal(extension[1], 0xfe);
}

/* Which rows of a target's rules have applied at least once. */
struct seen {
    bool package[16], feature[32];
};

static bool read_register(void *context, uint32_t addr, uint32_t *word)
{
    *word = ref_word((const struct registers *)context, addr);
    return true;
}

static void compare(const struct eg_target *target, const json_t *chip, struct registers *registers,
                    struct seen *seen)
{
    const unsigned seed = (unsigned)registers->seed;
    char features[EG_FEATURES_TEXT], expected_features[2 * EG_FEATURES_TEXT];
    uint8_t mac[6] = {0}, expected_mac[6] = {0}, extension[2], expected_extension[2];
    uint16_t revision;
    const char *package;

    assert_true(eg_target_revision(target, read_register, registers, &revision));
    if (revision != ref_revision(chip, registers))
        fail_msg("%s, seed %u: revision %u, by the reference %u", target->name, seed, revision,
                 (unsigned)ref_revision(chip, registers));

    assert_true(eg_target_package(target, read_register, registers, &package));
    if (strcmp(package, ref_package(chip, registers)) != 0)
        fail_msg("%s, seed %u: package %s, by the reference %s", target->name, seed, package,
                 ref_package(chip, registers));
    for (size_t i = 0; target->packages[i].text != NULL; i++)
        seen->package[i] = seen->package[i] || strcmp(target->packages[i].text, package) == 0;

    assert_true(eg_target_features(target, read_register, registers, features));
    ref_features(chip, registers, expected_features, sizeof expected_features);
    if (strcmp(features, expected_features) != 0)
        fail_msg("%s, seed %u: \"%s\", by the reference \"%s\"", target->name, seed, features,
                 expected_features);
    for (size_t i = 0; target->features[i].text != NULL; i++)
        seen->feature[i] = seen->feature[i] || strstr(features, target->features[i].text) != NULL;

    if (eg_target_mac(target, read_register, registers, mac) != ref_mac(chip, registers, expected_mac))
        fail_msg("%s, seed %u: only one of target and reference has a MAC", target->name, seed);
    if (ref_mac(chip, registers, expected_mac) && memcmp(mac, expected_mac, 6) != 0)
        fail_msg("%s, seed %u: the MAC is not the reference's", target->name, seed);
    if ((target->quirks & EG_QUIRK_MAC_EXTENSION) != 0) {
        assert_true(eg_target_mac_extension(target, read_register, registers, extension));
        ref_bytes(ref_at(chip, "efuse.mac.mac_ext_bytes"), registers, expected_extension);
        if (memcmp(extension, expected_extension, 2) != 0)
            fail_msg("%s, seed %u: the MAC extension is not the reference's", target->name, seed);
    }
}

/* Return the greatest value of a field of the reference; 0 if it is not made of register bits. */
static uint32_t greatest(const json_t *field)
{
    uint32_t value = 0;

    for (size_t i = 0; i < json_array_size(field); i++)
        value |= ref_number(json_array_get(field, i), "mask")
                 << ref_number(json_array_get(field, i), "out_shift");
    return value;
}

static void force(struct registers *registers, const json_t *field, uint32_t value)
{
    for (size_t i = 0; i < json_array_size(field); i++) {
        const json_t *part = json_array_get(field, i);
        const uint32_t mask = ref_number(part, "mask"), shift = ref_number(part, "shift");

        assert_true(registers->forced_count < sizeof registers->forced / sizeof registers->forced[0]);
        registers->forced[registers->forced_count].addr = ref_number(part, "word_addr");
        registers->forced[registers->forced_count].mask = mask << shift;
        registers->forced[registers->forced_count++].bits = (value >> ref_number(part, "out_shift") & mask)
                                                            << shift;
    }
}

/* Compare all values of every pair of small fields. */
static void compare_forced(const struct eg_target *target, const json_t *chip, uint32_t *seed,
                           struct seen *seen)
{
    const json_t *fields = ref_at(chip, "efuse.fields");
    const char *name, *other_name;
    json_t *field, *other;

    json_object_foreach((json_t *)fields, name, field)
    {
        json_object_foreach((json_t *)fields, other_name, other)
        {
            if (strcmp(name, other_name) >= 0 || greatest(field) > 31 || greatest(other) > 31)
                continue;
            for (uint32_t a = 0; a <= greatest(field); a++) {
                for (uint32_t b = 0; b <= greatest(other); b++) {
                    struct registers registers = {.seed = ++*seed};
                    force(&registers, field, a);
                    force(&registers, other, b);
                    compare(target, chip, &registers, seen);
                }
            }
        }
    }
}

static void every_chip_is_what_the_reference_says_of_its_registers(void **state)
{
    (void)state;
    json_t *all = ref_open();
    const json_t *const chips = ref_at(all, "chips");
    size_t compared = 0;
    uint32_t seed = 0;

    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const struct eg_target *target = eg_targets[i];
        const json_t *chip = json_object_get(chips, target->name);
        struct seen seen = {0};

        if (chip == NULL) {
            print_message("%s is not in the reference and was not compared\n", target->name);
            continue;
        }
        for (unsigned round = 0; round < 3000; round++) {
            struct registers registers = {.seed = ++seed};
            compare(target, chip, &registers, &seen);
        }
        compare_forced(target, chip, &seed, &seen);
        for (size_t row = 0; target->packages[row].text != NULL; row++)
            if (!seen.package[row])
                fail_msg("%s: it is never a %s", target->name, target->packages[row].text);
        for (size_t row = 0; target->features[row].text != NULL; row++)
            if (!seen.feature[row])
                fail_msg("%s: it never has \"%s\"", target->name, target->features[row].text);
        compared++;
    }
    assert_int_equal(compared,
                     json_object_size(chips)); /* no chip of the reference is missing or misspelled */
    json_decref(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_put_together_from_its_parts),
        cmocka_unit_test(a_condition_does_not_hold_for_a_value_beyond_its_set),
        cmocka_unit_test(the_recorded_chips_are_described_as_by_the_client_that_recorded_them),
        cmocka_unit_test(unreadable_values_are_not_made_up),
        cmocka_unit_test(the_esp32_knows_four_patterns_of_its_revision_bits),
        cmocka_unit_test(the_esp32s_package_depends_on_revision_and_app_cpu),
        cmocka_unit_test(the_first_esp32s3_silicon_reuses_its_revision_fields),
        cmocka_unit_test(the_esp32c3_tells_its_packages_apart),
        cmocka_unit_test(the_esp8266s_vendor_part_comes_from_otp_or_is_implied),
        cmocka_unit_test(the_esp8266s_package_follows_from_six_bits),
        cmocka_unit_test(features_are_listed_with_the_vendor_after_embedded_parts),
        cmocka_unit_test(the_mac_extension_is_above_the_mac),
        cmocka_unit_test(every_chip_is_what_the_reference_says_of_its_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
