/* SPDX-License-Identifier: Apache-2.0 */

/* Refusals of secure.keys and of the files of keys, before any board is touched, and the blocks of keys. */

#include "engine/base/bytes.h"
#include "engine/secure/secret.h"
#include "tests/engine/provision/section.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-keys-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/shared.key", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static void write_key(uint8_t first, uint8_t rest, size_t size)
{
    uint8_t key[64];
    struct eg_error err;

    (void)unlink(path);
    memset(key, rest, sizeof key);
    key[0] = first;
    assert_ok(eg_secret_write(path, key, size, &err), err);
}

static void add_key(const char *purpose, const char *block)
{
    fake_plan_add_group(plan, "secure.keys", (const char *const[]){"purpose", purpose, "block", block, NULL});
}

static void purposes_and_blocks_are_those_of_the_chip(void **state)
{
    (void)state;
    add_key("HMAC_UP", "BLOCK_KEY4");
    section_accepted();
    add_key("HMAC_DOWN_JTAG", "BLOCK_KEY4");
    section_refused("secure.keys: BLOCK_KEY4 is the block of two keys");
    eg_setting_clear(eg_plan_setting(plan, "secure.keys"));
    add_key("HMAC_UP", "BLOCK_KEY6");
    section_refused("secure.keys: ESP32-C6 has no key block BLOCK_KEY6");
    eg_setting_clear(eg_plan_setting(plan, "secure.keys"));
    add_key("XTS_AES_128_KEY", "BLOCK_KEY4");
    section_refused("secure.keys: purpose XTS_AES_128_KEY is none of HMAC_DOWN_ALL, HMAC_DOWN_JTAG, "
                    "HMAC_DOWN_DIGITAL_SIGNATURE, HMAC_UP");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    plan->target = eg_target_by_name("esp32c61");
    section_refused("secure.keys: purpose XTS_AES_128_KEY is none of ECDSA_KEY");
    plan->target = eg_target_by_name("esp32c2");
    section_refused("secure.keys: ESP32-C2 has no hidden keys but that of its flash");
}

static void forget_keys(void)
{
    eg_setting_clear(eg_plan_setting(plan, "secure.keys"));
}

static void an_ecdsa_key_is_of_the_chips_that_have_it_and_takes_no_file(void **state)
{
    static const char *const chips[] = {"esp32h2", "esp32h21", "esp32c5", "esp32c61", "esp32p4"};

    (void)state;
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    add_key("ECDSA_KEY", "BLOCK_KEY3");
    for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
        plan->target = eg_target_by_name(chips[i]);
        section_accepted();
    }
    plan->target = eg_target_by_name("esp32c3");
    section_refused("secure.keys: purpose ECDSA_KEY is none of HMAC_DOWN_ALL, HMAC_DOWN_JTAG, "
                    "HMAC_DOWN_DIGITAL_SIGNATURE, HMAC_UP");
    plan->target = eg_target_by_name("esp32h2");
    forget_keys();
    add_key("ECDSA_KEY_P384", "BLOCK_KEY3");
    section_refused(
        "secure.keys: purpose ECDSA_KEY_P384 is none of ECDSA_KEY, HMAC_DOWN_ALL, HMAC_DOWN_JTAG, "
        "HMAC_DOWN_DIGITAL_SIGNATURE, HMAC_UP");
    forget_keys();
    write_key(1, 2, 32);
    fake_plan_add_group(plan, "secure.keys",
                        (const char *const[]){"purpose", "ECDSA_KEY", "block", "BLOCK_KEY3", "file", path,
                                              "shared", "yes", NULL});
    char sentence[300];
    snprintf(sentence, sizeof sentence,
             "secure.keys: ECDSA_KEY is made for each board, and %s is a key for all", path);
    section_refused(sentence);
}

static void a_key_of_p384_takes_its_block_and_the_next_one(void **state)
{
    struct eg_provision wishes;
    struct eg_error err;
    const char *place;

    (void)state;
    plan->target = eg_target_by_name("esp32c5");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    add_key("ECDSA_KEY_P384", "BLOCK_KEY0");
    section_accepted();
    fake_plan_set(plan, "secure.flash.key", "per-board");
    assert_ok(eg_provision_make(&wishes, plan, &place, &err), err);
    assert_string_equal(wishes.items[0].name, "ECDSA_KEY_P384_H in BLOCK_KEY0");
    assert_string_equal(wishes.items[1].name, "ECDSA_KEY_P384_L in BLOCK_KEY1");
    assert_int_equal(wishes.items[1].value, EG_PROVISION_P384_LOW);
    assert_int_equal(wishes.items[2].place, 2);
    add_key("HMAC_UP", "BLOCK_KEY1");
    section_refused("secure.keys: BLOCK_KEY1 is the block of two keys");
    forget_keys();
    add_key("ECDSA_KEY_P384", "BLOCK_KEY5");
    section_refused("secure.keys: a key of ECDSA_KEY_P384 takes two blocks, and BLOCK_KEY5 is the last one");
    forget_keys();
    add_key("ECDSA_KEY_P384_H", "BLOCK_KEY3");
    section_refused(
        "secure.keys: purpose ECDSA_KEY_P384_H is none of ECDSA_KEY_P256, ECDSA_KEY, HMAC_DOWN_ALL, "
        "HMAC_DOWN_JTAG, HMAC_DOWN_DIGITAL_SIGNATURE, HMAC_UP, ECDSA_KEY_P192, ECDSA_KEY_P384");
}

static void a_file_is_for_all_boards_only_if_the_job_says_so(void **state)
{
    char sentence[300];
    struct eg_error err;

    (void)state;
    write_key(1, 2, 32);
    fake_plan_set(plan, "secure.flash.key.file", path);
    snprintf(sentence, sizeof sentence,
             "secure.flash.key: all boards would get the key of %s: say shared: yes if they shall", path);
    section_refused(sentence);
    fake_plan_set(plan, "secure.flash.key.shared", "yes");
    section_accepted();
    fake_plan_set_file(plan, "secure.flash.escrow", "escrow.pub", "hello");
    snprintf(sentence, sizeof sentence,
             "secure.flash: escrow is for keys of single boards, and %s is one for all", path);
    section_refused(sentence);
    eg_setting_clear(eg_plan_setting(plan, "secure.flash.key.file"));
    fake_plan_set(plan, "secure.flash.key", "per-board");
    assert_ok(eg_strdup(&eg_plan_setting(plan, "secure.flash.key.shared")->place, "job.yaml:9:7", &err), err);
    section_refused("secure.flash.key: job.yaml:9:7 says shared, but there is no file: "
                    "each board has its own key");
}

static void a_file_that_is_no_key_is_refused(void **state)
{
    static const struct {
        uint8_t first, rest;
        size_t size;
        const char *sentence;
    } rows[] = {
        {1, 2, 31, "secure.flash.key: %s has 31 bytes, and the key has 32"},
        {1, 2, 64, "secure.flash.key: %s has 64 bytes, and the key has 32"},
        {0, 0, 32, "secure.flash.key: %s is no key: all its bytes are the same"},
        {0xff, 0xff, 32, "secure.flash.key: %s is no key: all its bytes are the same"},
    };
    char sentence[300];

    (void)state;
    fake_plan_set(plan, "secure.flash.key.file", path);
    fake_plan_set(plan, "secure.flash.key.shared", "yes");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_key(rows[i].first, rows[i].rest, rows[i].size);
        snprintf(sentence, sizeof sentence, rows[i].sentence, path);
        section_refused(sentence);
    }
    write_key(1, 2, 32);
    assert_int_equal(chmod(path, 0644), 0);
    snprintf(sentence, sizeof sentence, "secure.flash.key: other users can read %s: chmod 600", path);
    section_refused(sentence);
}

static void a_key_that_anyone_can_have_is_refused(void **state)
{
    char sentence[300], command[8192], fixture[4096];

    (void)state;
    snprintf(command, sizeof command, "install -m 600 %s %s",
             fixture_path(fixture, "security/keys/flash-32.key"), path);
    (void)unlink(path);
    assert_int_equal(system(command), 0);
    fake_plan_set(plan, "secure.flash.key.file", path);
    fake_plan_set(plan, "secure.flash.key.shared", "yes");
    snprintf(sentence, sizeof sentence,
             "secure.flash.key: %s is a key for tests that anyone can have: make one of your own", path);
    section_refused(sentence);
}

static void blocks_of_the_job_are_left_free_for_its_keys(void **state)
{
    struct eg_provision wishes;
    struct eg_error err;
    const char *place;

    (void)state;
    plan->target = eg_target_by_name("esp32s3");
    eg_setting_clear(eg_plan_setting(plan, "secure.boot.keys"));
    fake_plan_set(plan, "secure.flash.key", "per-board");
    fake_plan_set(plan, "secure.flash.bits", "512");
    add_key("HMAC_UP", "BLOCK_KEY1");
    assert_ok(eg_provision_make(&wishes, plan, &place, &err), err);
    assert_int_equal(wishes.secret_count, 3);
    assert_string_equal(wishes.items[0].name, "HMAC_UP in BLOCK_KEY1");
    assert_string_equal(wishes.items[1].name, "XTS_AES_256_KEY_1");
    assert_int_equal(wishes.items[1].place, 0);
    assert_string_equal(wishes.items[2].name, "XTS_AES_256_KEY_2");
    assert_int_equal(wishes.items[2].place, 2);
    assert_int_equal(wishes.items[2].part_at, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECTION_TEST(purposes_and_blocks_are_those_of_the_chip),
        SECTION_TEST(an_ecdsa_key_is_of_the_chips_that_have_it_and_takes_no_file),
        SECTION_TEST(a_key_of_p384_takes_its_block_and_the_next_one),
        SECTION_TEST(a_file_is_for_all_boards_only_if_the_job_says_so),
        SECTION_TEST(a_file_that_is_no_key_is_refused),
        SECTION_TEST(a_key_that_anyone_can_have_is_refused),
        SECTION_TEST(blocks_of_the_job_are_left_free_for_its_keys),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
