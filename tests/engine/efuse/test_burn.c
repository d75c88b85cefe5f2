/* SPDX-License-Identifier: Apache-2.0 */

/* Burning: reading back, failing, interrupted, and closing the loader. */

#include "tests/engine/efuse/scene.h"

/* Plan a whole board: digest, hidden flash key, switches, protections. */
static void want_release(struct scene *scene)
{
    const struct eg_efuse *chip = scene->virt.chip;
    const bool esp32 = chip->purposes == NULL;

    if (esp32) {
        assert_int_equal(scene_want_key(scene, "flash_encryption", NULL, 1, 32), EG_OK);
        assert_int_equal(scene_want_key(scene, "secure_boot_v2", NULL, 2, 32), EG_OK);
        scene_want(scene, "FLASH_CRYPT_CONFIG", 0xf);
    } else {
        assert_int_equal(scene_want_key(scene, "BLOCK_KEY0", "XTS_AES_128_KEY", 1, 32), EG_OK);
        assert_int_equal(scene_want_key(scene, "BLOCK_KEY1", "SECURE_BOOT_DIGEST0", 2, 32), EG_OK);
        scene_want(scene, "SOFT_DIS_JTAG", 1);
    }
    if (chip->crypt_count != NULL)
        scene_want(scene, chip->crypt_count, chip->enables.crypt_release);
    scene_want(scene, chip->secure_boot, 1);
    assert_int_equal(eg_efuse_want_write_protection(&scene->plan, 1, "RD_DIS", &scene->err), EG_OK);
}

static void same_fuses(const struct scene *scene, const struct scene *reference, unsigned cut,
                       uint32_t subset)
{
    for (unsigned block = 0; block < scene->fuses.block_count; block++)
        for (unsigned i = 0; i < scene->fuses.block[block].words; i++)
            if (scene->fuses.block[block].word[i] != reference->fuses.block[block].word[i])
                fail_msg("%s: cut in burn %u (bits %08x): word %u of %s is %08x, not %08x",
                         scene->fuses.label, cut, (unsigned)subset, i, scene->virt.chip->blocks[block].name,
                         (unsigned)scene->fuses.block[block].word[i],
                         (unsigned)reference->fuses.block[block].word[i]);
}

static void cut_and_go_on(const struct scene *reference, const char *chip, unsigned cut, uint32_t subset)
{
    struct scene scene;

    scene_begin(&scene, chip);
    want_release(&scene);
    assert_int_equal(eg_efuse_decide(&scene.plan, &scene.err), EG_OK);
    scene.cut = (int)cut;
    scene.subset = subset;
    assert_int_equal(eg_efuse_burn(&scene.plan, &scene.err), EG_PORT_GONE);
    assert_int_equal(scene.plan.done, cut);
    scene_open(&scene);
    scene.plan.resume = true;
    want_release(&scene);
    scene_burn(&scene);
    assert_false(eg_efuse_has_errors(&scene.fuses));
    same_fuses(&scene, reference, cut, subset);
    scene_end(&scene);
}

static void after_a_power_cut_in_any_burn_the_same_plan_ends_with_the_same_fuses(void **state)
{
    (void)state;
    static const char *const chips[] = {"esp32",   "esp32s2",  "esp32s3", "esp32c3", "esp32c5", "esp32c6",
                                        "esp32h2", "esp32h21", "esp32h4", "esp32p4", "esp32s31"};
    static const uint32_t subsets[] = {0, UINT32_MAX, 0x55555555, 0xaaaaaaaa, 0x0f0f3c01, 0x80000001};

    for (size_t chip = 0; chip < sizeof chips / sizeof chips[0]; chip++) {
        struct scene whole;

        scene_begin(&whole, chips[chip]);
        want_release(&whole);
        scene_burn(&whole);
        assert_true(whole.plan.burns >= 5);
        for (unsigned cut = 0; cut < whole.plan.burns; cut++)
            for (size_t i = 0; i < sizeof subsets / sizeof subsets[0]; i++)
                cut_and_go_on(&whole, chips[chip], cut, subsets[i]);
        scene_end(&whole);
    }
}

static void a_key_that_reads_back_wrong_stops_everything_before_block_0(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    want_release(&scene);
    assert_int_equal(eg_efuse_decide(&scene.plan, &scene.err), EG_OK);
    scene.stuck = 0xff;
    scene_refused(&scene, eg_efuse_burn(&scene.plan, &scene.err), EG_NOT_BURNT,
                  "BLOCK_KEY1: not every wanted bit is set after it was burnt 3 times");
    assert_int_equal(scene.programs, 3);
    assert_int_equal(scene.plan.done, 0);
    assert_int_equal(eg_efuse_number(&scene.fuses, "WR_DIS"), 0);
    scene_end(&scene);
}

/* `reopened` is what a chip shows that gave no answer after the burn of a field; 0 = it is gone. */
static void scene_begin_silent(struct scene *scene, const char *field, int reopened)
{
    scene_begin(scene, "esp32c3");
    scene_want(scene, field, 1);
    assert_int_equal(eg_efuse_decide(&scene->plan, &scene->err), EG_OK);
    scene->silent_after = true;
    scene->reopened = reopened;
}

static void a_burn_that_closes_the_loader_is_the_last_and_may_end_without_an_answer(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin_silent(&scene, "DIS_DOWNLOAD_MODE", 3);
    assert_int_equal(eg_efuse_burn(&scene.plan, &scene.err), EG_OK);
    assert_int_equal(scene.plan.end, EG_EFUSE_CLOSED);
    scene_end(&scene);
}

static void a_chip_that_does_not_answer_has_not_closed_its_loader(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin_silent(&scene, "DIS_DOWNLOAD_MODE", 0);
    scene_refused(&scene, eg_efuse_burn(&scene.plan, &scene.err), EG_PORT_GONE, "burning BLOCK0: no power");
    assert_int_equal(scene.plan.end, EG_EFUSE_OPEN);
    scene_end(&scene);
}

/* `reopened` is what the chip shows after the burn of a field and of one more, without an answer. */
static void burn_two(const char *chip, const char *field, const char *more, int reopened, bool good)
{
    struct scene scene;

    scene_begin(&scene, chip);
    scene.plan.at_once = true;
    scene_want(&scene, field, 1);
    scene_want(&scene, more, 1);
    assert_int_equal(eg_efuse_decide(&scene.plan, &scene.err), EG_OK);
    scene.silent_after = true;
    scene.reopened = reopened;
    if (good)
        assert_int_equal(eg_efuse_burn(&scene.plan, &scene.err), EG_OK);
    else
        scene_refused(&scene, eg_efuse_burn(&scene.plan, &scene.err), EG_NOT_BURNT,
                      "burning BLOCK0: the loader closed before the burn was read back: whether every bit of "
                      "it is set cannot be known");
    scene_end(&scene);
}

static void other_bits_of_a_burn_that_closes_the_loader_are_not_taken_for_burnt(void **state)
{
    (void)state;
    burn_two("esp32c3", "ENABLE_SECURITY_DOWNLOAD", "DIS_PAD_JTAG", 2, false);
    burn_two("esp32c3", "DIS_DOWNLOAD_MODE", "DIS_PAD_JTAG", 3, false);
    burn_two("esp32", "UART_DOWNLOAD_DIS", "JTAG_DISABLE", 3, false);
    burn_two("esp32c3", "ENABLE_SECURITY_DOWNLOAD", "DIS_DOWNLOAD_MODE", 2, false);
    burn_two("esp32c3", "ENABLE_SECURITY_DOWNLOAD", "DIS_DOWNLOAD_MODE", 3, true); /* off is more */
}

static void a_burn_that_leads_into_secure_download_mode_is_good_when_the_chip_is_there(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin_silent(&scene, "ENABLE_SECURITY_DOWNLOAD", 2);
    assert_int_equal(eg_efuse_burn(&scene.plan, &scene.err), EG_OK);
    assert_int_equal(scene.plan.end, EG_EFUSE_SECURE_DOWNLOAD);
    scene_end(&scene);
}

static void silence_after_another_burn_is_a_failure(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin_silent(&scene, "DIS_PAD_JTAG", 0);
    scene_refused(&scene, eg_efuse_burn(&scene.plan, &scene.err), EG_PORT_GONE, "burning BLOCK0: no power");
    assert_int_equal(scene.plan.done, 0);
    scene_end(&scene);
}

static void a_hidden_key_reads_as_zeros_and_is_good(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    want_release(&scene);
    scene_burn(&scene);
    assert_int_equal(scene.fuses.block[4].word[0], 0);
    assert_false(eg_efuse_readable(&scene.fuses, scene.virt.chip->blocks[4].rd));
    assert_true(eg_efuse_readable(&scene.fuses, scene.virt.chip->blocks[5].rd));
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_power_cut_in_any_burn_the_same_plan_ends_with_the_same_fuses),
        cmocka_unit_test(a_key_that_reads_back_wrong_stops_everything_before_block_0),
        cmocka_unit_test(a_burn_that_closes_the_loader_is_the_last_and_may_end_without_an_answer),
        cmocka_unit_test(a_chip_that_does_not_answer_has_not_closed_its_loader),
        cmocka_unit_test(other_bits_of_a_burn_that_closes_the_loader_are_not_taken_for_burnt),
        cmocka_unit_test(a_burn_that_leads_into_secure_download_mode_is_good_when_the_chip_is_there),
        cmocka_unit_test(silence_after_another_burn_is_a_failure),
        cmocka_unit_test(a_hidden_key_reads_as_zeros_and_is_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
