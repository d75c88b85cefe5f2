/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/engine/loader/talk.h"

struct word {
    uint32_t addr, word;
};

/*
 * Return whether the chip has a key when the registers, in the order they are read, hold these words; address
 * 0 ends the list.
 */
static bool has_key(const char *chip, const struct word *words)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    bool has = false;

    for (; words->addr != 0; words++)
        talk_read(&talk, words->addr, words->word);
    talk_begin(&talk, &script, &loader, chip, false);
    assert_ok(eg_loader_has_flash_key(&loader, &has, &err), err);
    talk_end(&script);
    return has;
}

#define HAS_KEY(chip, ...) has_key(chip, (const struct word[]){__VA_ARGS__, {0, 0}})

static void a_key_block_that_hides_holds_a_key(void **state)
{
    (void)state;
    assert_true(HAS_KEY("esp32", {0x3ff5a000, 1u << 16}));
    assert_true(HAS_KEY("esp32c2", {0x60008830, 1}, {0x60008830, 1}));
    assert_true(HAS_KEY("esp32c2", {0x60008830, 1u << 10 | 3}, {0x60008830, 1u << 10 | 3}));
}

static void a_key_block_that_shows_a_word_holds_a_key(void **state)
{
    (void)state;
    assert_true(HAS_KEY("esp32", {0x3ff5a000, 0}, {0x3ff5a038, 0}, {0x3ff5a03c, 0}, {0x3ff5a040, 1}));
    assert_true(HAS_KEY("esp32", {0x3ff5a000, 0}, {0x3ff5a038, 0}, {0x3ff5a03c, 0}, {0x3ff5a040, 0},
                        {0x3ff5a044, 0}, {0x3ff5a048, 0}, {0x3ff5a04c, 0}, {0x3ff5a050, 0}, {0x3ff5a054, 1}));
}

static void an_empty_key_block_is_read_to_its_end(void **state)
{
    (void)state;
    assert_false(HAS_KEY("esp32", {0x3ff5a000, ~(1u << 16)}, {0x3ff5a038, 0}, {0x3ff5a03c, 0},
                         {0x3ff5a040, 0}, {0x3ff5a044, 0}, {0x3ff5a048, 0}, {0x3ff5a04c, 0}, {0x3ff5a050, 0},
                         {0x3ff5a054, 0}));
    assert_false(HAS_KEY("esp32c2", {0x60008830, 0}, {0x60008830, 0}, {0x60008860, 0}, {0x60008864, 0},
                         {0x60008868, 0}, {0x6000886c, 0}));
}

static void a_long_key_of_the_esp32c2_takes_all_of_its_block(void **state)
{
    (void)state;
    /* one hidden half is not a key yet */
    assert_false(HAS_KEY("esp32c2", {0x60008830, 1u << 10 | 1}, {0x60008830, 1u << 10 | 1}, {0x60008860, 0},
                         {0x60008864, 0}, {0x60008868, 0}, {0x6000886c, 0}, {0x60008870, 0}, {0x60008874, 0},
                         {0x60008878, 0}, {0x6000887c, 0}));
}

/* Return whether an ESP32-S3 whose six key blocks have these purposes has a key. */
static bool has_key_for(unsigned k0, unsigned k1, unsigned k2, unsigned k3, unsigned k4, unsigned k5)
{
    const uint32_t low = k0 << 24 | k1 << 28, high = k2 | k3 << 4 | k4 << 8 | k5 << 12;

    return HAS_KEY("esp32s3", {0x60007034, low}, {0x60007034, low}, {0x60007038, high}, {0x60007038, high},
                   {0x60007038, high}, {0x60007038, high});
}

static void a_key_for_aes_128_is_one(void **state)
{
    (void)state;
    assert_true(has_key_for(4, 0, 0, 0, 0, 0));
    assert_true(has_key_for(0, 0, 0, 0, 0, 4));
    assert_false(has_key_for(9, 10, 11, 8, 5, 7));
}

static void a_key_for_aes_256_needs_both_halves(void **state)
{
    (void)state;
    assert_true(has_key_for(0, 3, 0, 0, 2, 0));
    assert_false(has_key_for(2, 2, 0, 0, 0, 0));
    assert_false(has_key_for(0, 3, 0, 0, 0, 0));
}

static void halves_count_only_where_the_chip_has_aes_256(void **state)
{
    (void)state;
    assert_false(HAS_KEY("esp32c3", {0x60008834, 2u << 24 | 3u << 28}, {0x60008834, 2u << 24 | 3u << 28},
                         {0x60008838, 0}, {0x60008838, 0}, {0x60008838, 0}, {0x60008838, 0}));
}

static void the_key_manager_may_hold_the_key(void **state)
{
    (void)state;
    assert_true(HAS_KEY("esp32p4", {0x5012d034, 1u << 10}));
    assert_false(HAS_KEY("esp32p4", {0x5012d034, 1u << 9}, {0x5012d034, 0}, {0x5012d034, 0}, {0x5012d038, 0},
                         {0x5012d038, 0}, {0x5012d038, 0}, {0x5012d038, 0}));
}

static void the_esp8266_has_no_key(void **state)
{
    (void)state;
    assert_false(has_key("esp8266", (const struct word[]){{0, 0}}));
}

static void a_key_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    bool has;

    TALK_WORDS(&talk, 0x0a, 0x3ff5a000);
    talk_reply(&talk, 0x0a, 0, 0x0106);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_error(eg_loader_has_flash_key(&loader, &has, &err), err, EG_DEVICE_REFUSED,
                 "reading register 0x3ff5a000: device status 0x0106 (operation failed)");
    talk_end(&script);
}

static bool crypt_config(uint32_t word0, uint32_t word5)
{
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    bool ok = false;

    talk_read(&talk, 0x3ff5a000, word0);
    talk_read(&talk, 0x3ff5a014, word5);
    talk_begin(&talk, &script, &loader, "esp32", false);
    assert_ok(eg_loader_crypt_config_ok(&loader, &ok, &err), err);
    talk_end(&script);
    return ok;
}

static void the_crypt_config_of_an_esp32_is_f_or_hidden(void **state)
{
    (void)state;
    assert_true(crypt_config(0, 0xf0000000));
    assert_false(crypt_config(0, 0x70000000));
    assert_false(crypt_config(~(1u << 19), 0x0fffffff));
    assert_true(crypt_config(1u << 19, 0));
}

static void a_chip_without_a_crypt_config_has_none_that_is_wrong(void **state)
{
    (void)state;
    struct talk talk = {.status_size = 4};
    struct scripted_port script;
    struct eg_loader loader;
    struct eg_error err;
    bool ok = false;

    talk_begin(&talk, &script, &loader, "esp32s3", false);
    assert_ok(eg_loader_crypt_config_ok(&loader, &ok, &err), err);
    assert_true(ok);
    talk_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_block_that_hides_holds_a_key),
        cmocka_unit_test(a_key_block_that_shows_a_word_holds_a_key),
        cmocka_unit_test(an_empty_key_block_is_read_to_its_end),
        cmocka_unit_test(a_long_key_of_the_esp32c2_takes_all_of_its_block),
        cmocka_unit_test(a_key_for_aes_128_is_one),
        cmocka_unit_test(a_key_for_aes_256_needs_both_halves),
        cmocka_unit_test(halves_count_only_where_the_chip_has_aes_256),
        cmocka_unit_test(the_key_manager_may_hold_the_key),
        cmocka_unit_test(the_esp8266_has_no_key),
        cmocka_unit_test(a_key_that_cannot_be_read_is_an_error),
        cmocka_unit_test(the_crypt_config_of_an_esp32_is_f_or_hidden),
        cmocka_unit_test(a_chip_without_a_crypt_config_has_none_that_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
