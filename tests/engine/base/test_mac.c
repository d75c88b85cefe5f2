/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/mac.h"
#include "tests/fakes/check.h"

#include <string.h>

static const uint8_t board[EG_MAC_SIZE] = {0x7c, 0xdf, 0xa1, 0x00, 0x11, 0x22};

static void a_mac_is_read_in_every_usual_form(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "7c:df:a1:00:11:22", "7C:DF:A1:00:11:22", "7c-df-a1-00-11-22", "7C-DF-A1-00-11-22",
        "7c.df.a1.00.11.22", "7cdf.a100.1122",    "7CDF-A100-1122",    "7cdfa1-001122",
        "7cdfa1001122",      "7CdFa1001122",
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        uint8_t mac[EG_MAC_SIZE];
        char text[EG_MAC_TEXT];

        assert_true(eg_mac_parse(mac, forms[i]));
        assert_memory_equal(mac, board, sizeof mac);
        assert_true(eg_mac_normalise(text, forms[i]));
        assert_string_equal(text, "7c:df:a1:00:11:22");
    }
}

static void text_that_is_not_a_whole_mac_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        "7c",
        "7c:df:a1",
        "7c:df:a1:00:11",
        "7c:df:a1:00:11:2",
        "7c:df:a1:00:11:22:33",
        "7c:df:a1:00:11:22:",
        "7c:df:a1:00:11:*",
        "7c:df:a1:00:11:22:*",
        "7c:df:a1:00:11:22*",
        "7c:df-a1:00:11:22", /* two separators */
        "7c:dfa1:00:11:22",  /* a separator too few */
        "7cdfa1:00:11:22",
        "7cdfa100:1122", /* groups of four bytes */
        ":7c:df:a1:00:11:22",
        "7c::df:a1:00:11:22",
        "7c:df:a1:00:11:2g",
        "7cdfa100112",
        "7cdfa10011223",
        "7cdfa100112233",
        " 7c:df:a1:00:11:22",
        "7c:df:a1:00:11:22\n",
        "7c df a1 00 11 22",
        "0x7cdfa1001122",
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        uint8_t mac[EG_MAC_SIZE] = {1, 2, 3, 4, 5, 6};
        char text[EG_MAC_TEXT] = "as it was";

        if (eg_mac_parse(mac, others[i]) || eg_mac_normalise(text, others[i]))
            fail_msg("\"%s\" was read as a MAC", others[i]);
        assert_memory_equal(mac, ((uint8_t[]){1, 2, 3, 4, 5, 6}), sizeof mac);
        assert_string_equal(text, "as it was");
    }
}

static void a_prefix_gives_as_many_bytes_as_it_has(void **state)
{
    (void)state;
    const struct {
        const char *text;
        size_t bytes;
    } cases[] = {
        {"7c", 1},
        {"7c*", 1},
        {"7c:*", 1},
        {"7c:df", 2},
        {"7c:df:*", 2},
        {"7cdf", 2},
        {"7c:df:a1", 3},
        {"7C-DF-A1-*", 3},
        {"7cdfa1", 3},
        {"7cdfa1*", 3},
        {"7cdf.a1", 3},
        {"7cdf.a100.*", 4},
        {"7cdfa1-00", 4},
        {"7cdfa1-*", 3},
        {"7c:df:a1:00:11", 5},
        {"7cdfa10011", 5},
        {"7c:df:a1:00:11:22", 6},
        {"7cdfa1001122", 6},
        {"", 0},
        {"*", 0},
        {":*", 0},
        {"7", 0},
        {"7c:", 0},
        {"7c:df*", 0},
        {"7c:df:a1:**", 0},
        {"7c:d*", 0},
        {"7c:df-*", 0},
        {"7c:df:a1:00:11:22*", 0},
        {"7cdfa10", 0},
        {"7c:df:a1:00:11:22:*", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t mac[EG_MAC_SIZE];
        const size_t bytes = eg_mac_parse_prefix(mac, cases[i].text, strlen(cases[i].text));

        if (bytes != cases[i].bytes)
            fail_msg("\"%s\" gives %zu bytes, not %zu", cases[i].text, bytes, cases[i].bytes);
        assert_memory_equal(mac, board, bytes);
    }
}

static void only_the_given_bytes_of_a_text_are_read(void **state)
{
    (void)state;
    uint8_t mac[EG_MAC_SIZE];

    assert_int_equal(eg_mac_parse_prefix(mac, "7c:df:a1:00:11:22", 8), 3);
    assert_int_equal(eg_mac_parse_prefix(mac, "7c:df:a1:00:11:22", 9), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mac_is_read_in_every_usual_form),
        cmocka_unit_test(text_that_is_not_a_whole_mac_is_refused_and_changes_nothing),
        cmocka_unit_test(a_prefix_gives_as_many_bytes_as_it_has),
        cmocka_unit_test(only_the_given_bytes_of_a_text_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
