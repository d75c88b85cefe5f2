/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/provision/provision.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

static const struct eg_efuse *chip_of(const char *name)
{
    for (size_t i = 0; eg_efuses[i] != NULL; i++)
        if (strcmp(eg_efuses[i]->name, name) == 0)
            return eg_efuses[i];
    fail_msg("no eFuses of %s", name);
    return NULL;
}

static enum eg_provision_state told(const char *chip, enum eg_provision_kind kind, const char *name,
                                    uint32_t number, const struct eg_security_info *info)
{
    struct eg_provision_item item = {.kind = kind, .number = number};

    snprintf(item.name, sizeof item.name, "%s", name);
    return eg_provision_told(&item, chip_of(chip), info);
}

static void the_security_info_tells_switches_counter_and_revoked_slots(void **state)
{
    static const struct {
        const char *field;
        uint32_t flag;
    } rows[] = {{"SECURE_BOOT_EN", 1u << 0},           {"SECURE_BOOT_AGGRESSIVE_REVOKE", 1u << 1},
                {"ENABLE_SECURITY_DOWNLOAD", 1u << 2}, {"SECURE_BOOT_KEY_REVOKE0", 1u << 3},
                {"SECURE_BOOT_KEY_REVOKE1", 1u << 4},  {"SECURE_BOOT_KEY_REVOKE2", 1u << 5}};
    const struct eg_security_info none = {0}, seven = {.flash_crypt_count = 7};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct eg_security_info one = {.flags = rows[i].flag}, others = {.flags = ~rows[i].flag};
        assert_int_equal(told("esp32c3", EG_PROVISION_FIELD, rows[i].field, 1, &one), EG_PROVISION_YES);
        assert_int_equal(told("esp32c3", EG_PROVISION_FIELD, rows[i].field, 1, &others), EG_PROVISION_NO);
    }
    assert_int_equal(told("esp32c3", EG_PROVISION_FIELD, "SPI_BOOT_CRYPT_CNT", 7, &seven), EG_PROVISION_YES);
    assert_int_equal(told("esp32c3", EG_PROVISION_FIELD, "SPI_BOOT_CRYPT_CNT", 1, &seven), EG_PROVISION_NO);
    assert_int_equal(told("esp32c3", EG_PROVISION_FIELD, "SPI_BOOT_CRYPT_CNT", 7, &none), EG_PROVISION_NO);
}

static void other_fields_and_protection_are_not_told(void **state)
{
    const struct eg_security_info all = {.flags = UINT32_MAX};

    (void)state;
    assert_int_equal(told("esp32c3", EG_PROVISION_FIELD, "DIS_FORCE_DOWNLOAD", 1, &all),
                     EG_PROVISION_UNKNOWN);
    assert_int_equal(told("esp32c3", EG_PROVISION_FIELD, "SOFT_DIS_JTAG", 7, &all), EG_PROVISION_UNKNOWN);
    assert_int_equal(told("esp32c3", EG_PROVISION_PROTECT, "RD_DIS", 0, &all), EG_PROVISION_UNKNOWN);
}

static void a_key_without_its_purpose_is_not_there(void **state)
{
    const struct eg_security_info info = {.key_purposes = {4, 9}};

    (void)state;
    assert_int_equal(told("esp32c3", EG_PROVISION_SECRET, "XTS_AES_128_KEY", 32, &info),
                     EG_PROVISION_UNKNOWN);
    assert_int_equal(told("esp32c3", EG_PROVISION_DIGEST, "SECURE_BOOT_DIGEST0", 0, &info),
                     EG_PROVISION_UNKNOWN);
    assert_int_equal(told("esp32c3", EG_PROVISION_DIGEST, "SECURE_BOOT_DIGEST1", 1, &info), EG_PROVISION_NO);
    /* The one key block of this chip has no purpose. */
    assert_int_equal(told("esp32c2", EG_PROVISION_DIGEST, "SECURE_BOOT_DIGEST", 0, &info),
                     EG_PROVISION_UNKNOWN);
}

static void a_key_of_the_job_is_told_by_its_purpose(void **state)
{
    const struct eg_security_info info = {.key_purposes = {0, 0, 8}}, none = {0};
    const struct eg_provision_item item = {
        .kind = EG_PROVISION_SECRET, .name = "HMAC_UP in BLOCK_KEY2", .purpose = "HMAC_UP"};

    (void)state;
    assert_int_equal(eg_provision_told(&item, chip_of("esp32c3"), &info), EG_PROVISION_UNKNOWN);
    assert_int_equal(eg_provision_told(&item, chip_of("esp32c3"), &none), EG_PROVISION_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_security_info_tells_switches_counter_and_revoked_slots),
        cmocka_unit_test(other_fields_and_protection_are_not_told),
        cmocka_unit_test(a_key_without_its_purpose_is_not_there),
        cmocka_unit_test(a_key_of_the_job_is_told_by_its_purpose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
