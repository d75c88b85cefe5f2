/* SPDX-License-Identifier: Apache-2.0 */

/* From wishes to burns, on a blank chip of every kind. */

#include "engine/provision/provision.h"

#include "engine/efuse/virt.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_secure.h"

#include <string.h>

/* The lines of a rehearsal, "STEP FIELD VALUE" each. */
struct told {
    char text[16384];
    enum eg_provision_step last;
};

static void hear(void *context, const struct eg_provision_line *line)
{
    struct told *const told = context;
    const size_t used = strlen(told->text);

    assert_true(line->step >= told->last);
    assert_true(line->reason[0] != '\0');
    told->last = line->step;
    snprintf(told->text + used, sizeof told->text - used, "%s %s %.8s\n", eg_provision_step_name(line->step),
             line->field, line->value);
}

static void explain(struct told *told, const struct eg_plan *plan)
{
    struct eg_provision wishes;
    struct eg_error err;
    const char *place;

    *told = (struct told){.text = ""};
    assert_ok(eg_provision_make(&wishes, plan, &place, &err), err);
    assert_ok(eg_provision_explain(&wishes, hear, told, &err), err);
}

/* Plan release mode with the chip's first scheme: "rsa3072" of "rsa3072 ecdsa256". */
static struct eg_plan *release_of(const struct eg_efuse *chip)
{
    struct eg_plan *const plan = fake_plan_create(chip->name);
    char scheme[20];

    snprintf(scheme, sizeof scheme, "%.*s", (int)strcspn(chip->boot_schemes, " "), chip->boot_schemes);
    fake_plan_add_image(plan, "bootloader", plan->target->bootloader_addr, 0x1000, 0, UINT16_MAX);
    fake_secure_add_table(plan);
    fake_secure_sign(plan, "boot.pem", scheme);
    fake_plan_set(plan, "secure.flash.key", "per-board");
    fake_plan_set(plan, "secure.mode", "release");
    fake_plan_set(plan, "secure.download", chip->download_secure != NULL ? "secure" : "off");
    fake_plan_add_group(plan, "test", (const char *const[]){"expect", "OK", NULL});
    return plan;
}

static void every_chip_is_secured_key_first_and_loader_last(void **state)
{
    struct told told;

    (void)state;
    for (const struct eg_efuse *const *chip = eg_efuses; *chip != NULL; chip++) {
        if ((*chip)->boot_schemes == NULL)
            continue;
        EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *plan = release_of(*chip);
        explain(&told, plan);
        const char *const boot = strstr(told.text, (*chip)->secure_boot);
        const char *const closed = strstr(told.text, "\nclose ");
        assert_int_equal(strncmp(told.text, "keys BLOCK", strlen("keys BLOCK")), 0);
        assert_non_null(boot);
        assert_non_null(closed);
        assert_true(boot < closed);
        assert_null(strstr(closed + 1, "\nlock "));
        assert_non_null(strstr(told.text, "keys RD_DIS "));
        assert_non_null(strstr(told.text, (*chip)->crypt_count));
        if (strstr((*chip)->enables.boot, "JTAG") != NULL)
            assert_non_null(strstr(told.text, "JTAG"));
    }
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
        assert_ok(eg_provision_make(&wishes, job, &place, &err), err);
        assert_ok(eg_efuse_virt_open(&virt, job->target, NULL, &err), err);
        const struct eg_efuse_io io = eg_efuse_virt_io(&virt);
        assert_ok(eg_efuse_open(&fuses, job->target, &io, virt.revision, virt.crystal_mhz, &err), err);
        for (unsigned i = 0; i < wishes.count; i++)
            assert_int_equal(eg_provision_look(&wishes.items[i], &fuses), EG_PROVISION_NO);
        EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
        assert_ok(
            eg_secret_make(&key, eg_provision_flash_key_size(eg_provision_flash_key(&wishes), &fuses), &err),
            err);
        wishes.flash_key = &key;
        for (unsigned round = 0; round < 2; round++, wishes.flash_key_hidden = true)
            for (enum eg_provision_step step = EG_PROVISION_KEYS; step < EG_PROVISION_STEPS; step++) {
                EG_CLEANUP(eg_efuse_plan_finish) struct eg_efuse_plan plan = {0};
                assert_ok(eg_efuse_plan_init(&plan, &fuses, &err), err);
                assert_ok(eg_provision_decide(&wishes, step, &plan, &err), err);
                assert_int_equal(plan.burns != 0, round == 0);
                assert_ok(eg_efuse_burn(&plan, &err), err);
            }
        for (unsigned i = 0; i < wishes.count; i++)
            if (eg_provision_look(&wishes.items[i], &fuses) !=
                (wishes.items[i].kind == EG_PROVISION_SECRET ? EG_PROVISION_UNKNOWN : EG_PROVISION_YES))
                fail_msg("%s: %s", (*chip)->name, wishes.items[i].name);
    }
}

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
        cmocka_unit_test(every_chip_is_secured_key_first_and_loader_last),
        cmocka_unit_test(burnt_wishes_read_back_as_wished),
        cmocka_unit_test(a_digest_that_can_be_replaced_is_not_there),
        cmocka_unit_test(the_loader_of_an_old_esp32_cannot_be_switched_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
