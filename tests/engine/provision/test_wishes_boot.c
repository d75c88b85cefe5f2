/* SPDX-License-Identifier: Apache-2.0 */

/* Refusals of secure.boot, before any board is touched. */

#include "tests/engine/provision/section.h"

#include <string.h>

static void an_image_that_is_not_signed_is_refused(void **state)
{
    (void)state;
    fake_plan_add_image(plan, "other", 0x40000, 0x1000, 0, UINT16_MAX);
    section_refused("other is not signed, and the board would not start it: 'espgang secure sign-data' signs "
                    "it");
}

static void an_image_that_another_key_has_signed_is_refused(void **state)
{
    struct eg_setting *const keys = eg_plan_setting(plan, "secure.boot.keys");

    (void)state;
    eg_setting_clear(keys);
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *other = fake_secure_plan();
    const struct eg_buffer *const pem = &eg_plan_setting(other, "secure.boot.keys")->items[0].content;
    fake_secure_add_file(plan, "secure.boot.keys", "other.pem", pem->data, pem->size);
    section_refused("bootloader is signed, but with none of secure.boot.keys");
}

static void an_image_that_was_changed_after_it_was_signed_is_refused(void **state)
{
    struct eg_error err = {0};
    const char *place;

    (void)state;
    plan->regions[0].data.data[100] ^= 1;
    assert_int_equal(eg_provision_check(plan, &place, &err), EG_BAD_JOB);
    assert_non_null(strstr(err.text, "bootloader, signature 1: "));
}

static void a_job_without_a_bootloader_is_refused(void **state)
{
    (void)state;
    plan->regions[0].is_image = false;
    section_refused(
        "secure.boot.keys: the firmware has no bootloader at 0x0, the first that secure boot would "
        "check");
}

static void a_private_key_is_refused(void **state)
{
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\nMIG2\n-----END PRIVATE KEY-----\n";

    (void)state;
    fake_secure_add_file(plan, "secure.boot.keys", "secret.pem", pem, strlen(pem));
    section_refused("secure.boot.keys: secret.pem: is a private key, which must not be on a line; 'espgang "
                    "secure extract-public-key' makes the public one");
}

static void an_invalid_key_is_refused(void **state)
{
    (void)state;
    fake_secure_add_file(plan, "secure.boot.keys", "notes.txt", "hello", 5);
    section_refused("secure.boot.keys: notes.txt: is no public key in PEM");
}

static void a_key_given_twice_is_refused(void **state)
{
    const struct eg_setting *const keys = eg_plan_setting(plan, "secure.boot.keys");
    char pem[2000];
    const size_t size = keys->items[0].content.size;

    (void)state;
    memcpy(pem, keys->items[0].content.data, size);
    fake_secure_add_file(plan, "secure.boot.keys", "again.pem", pem, size);
    section_refused("secure.boot.keys: again.pem is given twice");
}

static void keys_of_two_kinds_are_refused(void **state)
{
    (void)state;
    EG_CLEANUP(eg_plan_destroy_cleanup) struct eg_plan *other = fake_plan_create("esp32c6");
    fake_secure_sign(other, "rsa.pem", "rsa3072");
    const struct eg_buffer *const pem = &eg_plan_setting(other, "secure.boot.keys")->items[0].content;
    fake_secure_add_file(plan, "secure.boot.keys", "rsa.pem", pem->data, pem->size);
    section_refused("secure.boot.keys: rsa.pem is an rsa3072 key and the first is an ecdsa256 key; a chip "
                    "takes one kind");
}

static void a_key_that_the_chip_does_not_take_is_refused(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32c3");
    section_refused("secure.boot.keys: boot.pem is an ecdsa256 key; the ROM of ESP32-C3 takes rsa3072");
}

static void more_keys_than_the_chip_has_room_for_are_refused(void **state)
{
    (void)state;
    plan->target = eg_target_by_name("esp32c2");
    fake_secure_add_file(plan, "secure.boot.keys", "b.pem", "", 0);
    section_refused("secure.boot.keys has 2 keys, ESP32-C2 has room for 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECTION_TEST(an_image_that_is_not_signed_is_refused),
        SECTION_TEST(an_image_that_another_key_has_signed_is_refused),
        SECTION_TEST(an_image_that_was_changed_after_it_was_signed_is_refused),
        SECTION_TEST(a_job_without_a_bootloader_is_refused),
        SECTION_TEST(a_private_key_is_refused),
        SECTION_TEST(an_invalid_key_is_refused),
        SECTION_TEST(a_key_given_twice_is_refused),
        SECTION_TEST(keys_of_two_kinds_are_refused),
        SECTION_TEST(a_key_that_the_chip_does_not_take_is_refused),
        SECTION_TEST(more_keys_than_the_chip_has_room_for_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
