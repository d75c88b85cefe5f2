/* SPDX-License-Identifier: Apache-2.0 */

/* From wishes to burns, on a chip of every kind. */

#include "engine/provision/provision.h"

#include "engine/efuse/virt.h"
#include "tests/engine/provision/release.h"
#include "tests/fakes/check.h"

#include <string.h>

/* Give the wishes keys of a board. */
static void give_keys(struct eg_provision *wishes, struct eg_secret *keys, const struct eg_efuses *fuses)
{
    struct eg_error err;

    for (unsigned i = 0; i < wishes->count; i++) {
        const struct eg_provision_item *const item = &wishes->items[i];
        if (item->kind != EG_PROVISION_SECRET)
            continue;
        assert_ok(eg_secret_make(&keys[item->secret], eg_provision_key_size(item, fuses), &err), err);
        wishes->secret[item->secret].key = &keys[item->secret];
    }
}

static void hide_keys(struct eg_provision *wishes)
{
    for (unsigned i = 0; i < wishes->secret_count; i++)
        wishes->secret[i].hidden = true;
}

static bool has_purpose(const struct eg_efuse *chip, const char *name)
{
    for (const struct eg_efuse_purpose *row = chip->purposes; row != NULL && row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}

/* Add to a job what of keys the chip has: a flash key in two blocks, and a key of the HMAC peripheral. */
static void want_more_keys(struct eg_plan *plan, const struct eg_efuse *chip)
{
    if (has_purpose(chip, "XTS_AES_256_KEY_1"))
        fake_plan_set(plan, "secure.flash.bits", "512");
    if (has_purpose(chip, "HMAC_UP"))
        fake_plan_add_group(plan, "secure.keys",
                            (const char *const[]){"purpose", "HMAC_UP", "block", "BLOCK_KEY0", NULL});
}

/* After burning, no wish is missing, and the same plan burns nothing. */
static void burnt_wishes_read_back_as_wished(void **state)
{
    struct eg_provision wishes;
    struct eg_efuse_virt virt;
    struct eg_error err;
    const char *place;

    (void)state;
    for (const struct eg_efuse *const *chip = eg_efuses; *chip != NULL; chip++) {
        if ((*chip)->boot_schemes == NULL)
            continue;
        EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *job = release_of(*chip);
        EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
        want_more_keys(job, *chip);
        assert_ok(eg_provision_make(&wishes, job, &place, &err), err);
        assert_ok(eg_efuse_virt_open(&virt, job->target, NULL, &err), err);
        const struct eg_efuse_io io = eg_efuse_virt_io(&virt);
        assert_ok(eg_efuse_open(&fuses, job->target, &io, virt.revision, virt.crystal_mhz, &err), err);
        for (unsigned i = 0; i < wishes.count; i++)
            assert_int_equal(eg_provision_look(&wishes.items[i], &fuses), EG_PROVISION_NO);
        struct eg_secret keys[EG_PROVISION_SECRETS_MAX] = {0};
        give_keys(&wishes, keys, &fuses);
        for (unsigned round = 0; round < 2; round++, hide_keys(&wishes))
            for (enum eg_provision_step step = EG_PROVISION_KEYS; step < EG_PROVISION_STEPS; step++) {
                EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan = {0};
                assert_ok(eg_efuse_plan_init(&plan, &fuses, &err), err);
                assert_ok(eg_provision_decide(&wishes, step, &plan, &err), err);
                assert_int_equal(plan.burns != 0, round == 0);
                assert_ok(eg_efuse_burn(&plan, &err), err);
            }
        for (unsigned i = 0; i < EG_PROVISION_SECRETS_MAX; i++)
            eg_secret_finish(&keys[i]);
        for (unsigned i = 0; i < wishes.count; i++)
            if (eg_provision_look(&wishes.items[i], &fuses) !=
                (wishes.items[i].kind == EG_PROVISION_SECRET ? EG_PROVISION_UNKNOWN : EG_PROVISION_YES))
                fail_msg("%s: %s", (*chip)->name, wishes.items[i].name);
    }
}

static void the_loader_of_an_old_esp32_cannot_be_switched_off(void **state)
{
    struct eg_provision wishes;
    struct eg_efuse_virt virt;
    struct eg_error err;
    const char *place;

    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = fake_plan_create("esp32");
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
    fake_plan_set(plan, "secure.mode", "development");
    fake_plan_set(plan, "secure.download", "off");
    assert_ok(eg_provision_make(&wishes, plan, &place, &err), err);
    assert_ok(eg_efuse_virt_open(&virt, plan->target, NULL, &err), err);
    const struct eg_efuse_io io = eg_efuse_virt_io(&virt);
    assert_ok(eg_efuse_open(&fuses, plan->target, &io, 101, virt.crystal_mhz, &err), err);
    assert_error(
        eg_provision_rehearse(&wishes, &fuses, NULL, NULL, &err), err, EG_WRONG_REVISION,
        "UART_DOWNLOAD_DIS: the loader of chip revision v1.1 cannot be switched off, that of v3.0 can");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burnt_wishes_read_back_as_wished),
        cmocka_unit_test(the_loader_of_an_old_esp32_cannot_be_switched_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
