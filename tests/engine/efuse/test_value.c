/* SPDX-License-Identifier: Apache-2.0 */

/* Values with a scale. tests/tools/espgang/efuse/test_session.c compares all others with espefuse's. */

#include "tests/engine/efuse/scene.h"

static void value_is(const struct scene *scene, const char *name, uint32_t number, const char *text)
{
    struct eg_efuses fuses = scene->fuses;
    const struct eg_efuse_field *field = eg_efuse_find(&fuses, name);
    struct eg_efuse_value value;

    assert_non_null(field);
    for (unsigned i = 0; i < field->bits; i++)
        if ((number >> i & 1) != 0)
            fuses.block[field->block].word[(field->word * 32u + field->pos + i) / 32] |=
                EG_BIT((field->pos + i) % 32);
    eg_efuse_value(&fuses, field, &value);
    assert_string_equal(value.text, text);
}

static void calibration_has_a_sign_and_a_scale(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "BLK_VERSION_MAJOR", 1);
    scene_burn(&scene);
    value_is(&scene, "ADC1_INIT_CODE_ATTEN0", 0x205, "-20");
    value_is(&scene, "ADC1_INIT_CODE_ATTEN0", 0x005, "20");
    value_is(&scene, "TEMP_CALIB", 0x10b, "-1.1");
    scene_end(&scene);
    scene_begin(&scene, "esp32");
    value_is(&scene, "ADC_VREF", 0x13, "1079");
    value_is(&scene, "SPI_PAD_CONFIG_CLK", 31, "33");
    scene_want(&scene, "BLK3_PART_RESERVE", 1);
    scene_burn(&scene);
    value_is(&scene, "ADC1_TP_LOW", 0x7f, "274");
    value_is(&scene, "ADC2_TP_HIGH", 0x001, "3410");
    scene_end(&scene);
}

static void unreadable_values_are_shown_with_question_marks(void **state)
{
    (void)state;
    struct scene scene;
    struct eg_efuse_value value;

    scene_begin(&scene, "esp32c2");
    assert_int_equal(
        scene_want_key(&scene, "BLOCK_KEY0", "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS", 1, 16), EG_OK);
    scene_burn(&scene);
    eg_efuse_value(&scene.fuses, eg_efuse_find(&scene.fuses, "BLOCK_KEY0"), &value);
    assert_string_equal(value.text, "?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? "
                                    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calibration_has_a_sign_and_a_scale),
        cmocka_unit_test(unreadable_values_are_shown_with_question_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
