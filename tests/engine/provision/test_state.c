/* SPDX-License-Identifier: Apache-2.0 */

/* What a chip has of the wishes. */

#include "engine/provision/provision.h"

#include "engine/efuse/virt.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

static void a_digest_that_can_be_replaced_is_not_there(void **state)
{
    struct eg_provision wishes;
    struct eg_efuse_virt virt;
    struct eg_error err;
    const char *place;

    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *job = fake_secure_plan();
    EG_CLEANUP(eg_efuse_finish) struct eg_efuses fuses = {0};
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan = {0};
    assert_ok(eg_provision_make(&wishes, job, &place, &err), err);
    assert_ok(eg_efuse_virt_open(&virt, job->target, NULL, &err), err);
    const struct eg_efuse_io io = eg_efuse_virt_io(&virt);
    assert_ok(eg_efuse_open(&fuses, job->target, &io, virt.revision, virt.crystal_mhz, &err), err);
    assert_ok(eg_efuse_plan_init(&plan, &fuses, &err), err);
    const struct eg_efuse_key key = {.block = "BLOCK_KEY3",
                                     .purpose = "SECURE_BOOT_DIGEST0",
                                     .data = wishes.items[0].bytes,
                                     .size = sizeof wishes.items[0].bytes,
                                     .writable = true};
    assert_ok(eg_efuse_want_key(&plan, &key, &err), err);
    assert_ok(eg_efuse_decide(&plan, &err), err);
    assert_ok(eg_efuse_burn(&plan, &err), err);
    assert_int_equal(eg_provision_look(&wishes.items[0], &fuses), EG_PROVISION_NO);

    /* The key is protected in whichever block it is. */
    EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan more = {0};
    assert_ok(eg_efuse_plan_init(&more, &fuses, &err), err);
    assert_ok(eg_provision_decide(&wishes, EG_PROVISION_KEYS, &more, &err), err);
    assert_ok(eg_efuse_burn(&more, &err), err);
    assert_int_equal(eg_provision_look(&wishes.items[0], &fuses), EG_PROVISION_YES);
    assert_int_equal(eg_efuse_number(&fuses, "KEY_PURPOSE_0"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_that_can_be_replaced_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
