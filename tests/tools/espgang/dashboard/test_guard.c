/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/dashboard/guard.h"
#include "tests/fakes/check.h"

#include <arpa/inet.h>
#include <string.h>

static void an_address_is_digits_or_localhost_with_a_port(void **state)
{
    static const struct {
        const char *text;
        bool loopback;
        unsigned port;
    } good[] = {
        {"127.0.0.1:8080", true, 8080}, {"127.8.8.8:1", true, 1},  {"localhost:0", true, 0},
        {"[::1]:65535", true, 65535},   {"0.0.0.0:80", false, 80}, {"192.0.2.7:80", false, 80},
        {"[::]:80", false, 80},
    };
    static const char *const bad[] = {"",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:65536",
                                      ":80",
                                      "[::1]",
                                      "[::1:80",
                                      "::1:80",
                                      "example.com:80",
                                      "127.0.0.1:-1",
                                      "[::1]80:1",
                                      "127.0.0.1:80x",
                                      "127.0.0.1:80:1",
                                      "[]:80"};
    struct cli_http_address address;
    struct eg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(cli_http_address(&address, good[i].text, &err), EG_OK);
        assert_int_equal(address.loopback, good[i].loopback);
        assert_int_equal(ntohs(address.socket.in.sin_port), good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (cli_http_address(&address, bad[i], &err) != EG_BAD_ARGUMENT)
            fail_msg("'%s' was taken", bad[i]);
    assert_string_equal(err.text, "'[]:80' is not ADDRESS:PORT, such as 127.0.0.1:8080");
}

static void a_host_name_that_was_not_given_is_refused(void **state)
{
    static const char *const names[] = {"line2.example", NULL};
    static const char *const allowed[] = {"127.0.0.1:8080", "127.0.0.1",       "[::1]:80",     "LocalHost:1",
                                          "192.0.2.7",      "Line2.Example:4", "line2.example"};
    static const char *const refused[] = {"",
                                          "evil.example",
                                          "line2.example.evil.example",
                                          "localhost.evil.example:80",
                                          "127.0.0.1x",
                                          "127.0.0.1:evil",
                                          "[::1",
                                          "line2.example:70000"};

    (void)state;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        assert_true(cli_http_host_allowed(allowed[i], names));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (cli_http_host_allowed(refused[i], names))
            fail_msg("'%s' is allowed", refused[i]);
    assert_false(cli_http_host_allowed(NULL, names));
    assert_false(cli_http_host_allowed("line2.example", NULL));
}

static void a_page_of_another_origin_is_refused(void **state)
{
    (void)state;
    assert_true(cli_http_same_site(NULL, NULL, "127.0.0.1:80"));
    assert_true(cli_http_same_site("http://127.0.0.1:80", "same-origin", "127.0.0.1:80"));
    assert_true(cli_http_same_site("https://line2.example", NULL, "Line2.example"));
    assert_true(cli_http_same_site(NULL, "none", "127.0.0.1:80"));
    assert_false(cli_http_same_site("http://127.0.0.1:81", NULL, "127.0.0.1:80"));
    assert_false(cli_http_same_site("http://127.0.0.1:80.evil.example", NULL, "127.0.0.1:80"));
    assert_false(cli_http_same_site("null", NULL, "127.0.0.1:80"));
    assert_false(cli_http_same_site("file://127.0.0.1:80", NULL, "127.0.0.1:80"));
    assert_false(cli_http_same_site("http://127.0.0.1:80", "cross-site", "127.0.0.1:80"));
    assert_false(cli_http_same_site(NULL, "same-site", "127.0.0.1:80"));
}

static void only_the_token_itself_opens(void **state)
{
    static const char token[] = "0123456789abcdef";
    static const char *const refused[] = {"",
                                          "Bearer",
                                          "Bearer ",
                                          "Bearer 0123456789abcde",
                                          "Bearer 0123456789abcdef0",
                                          "Digest 0123456789abcdef",
                                          "Basic",
                                          "Basic ",
                                          "Basic =",
                                          "Basic ====",
                                          "Basic MDEyMzQ1Njc4OWFiY2RlZg==",
                                          "Basic bWlyYTowMTIzNDU2Nzg5YWJjZGVn",
                                          "Basic !!!!",
                                          "Basic bWlyYTow"};

    (void)state;
    assert_true(cli_http_authorized("Bearer 0123456789abcdef", token));
    assert_true(cli_http_authorized("bearer 0123456789abcdef", token));
    assert_true(cli_http_authorized("Basic bWlyYTowMTIzNDU2Nzg5YWJjZGVm", token)); /* mira: and the token */
    assert_true(cli_http_authorized("Basic OjAxMjM0NTY3ODlhYmNkZWY=", token));     /* no name */
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (cli_http_authorized(refused[i], token))
            fail_msg("'%s' opens", refused[i]);
    assert_false(cli_http_authorized(NULL, token));
}

static void a_short_or_odd_token_is_refused(void **state)
{
    struct eg_error err;
    char longest[CLI_HTTP_TOKEN_MAX + 2];

    (void)state;
    assert_int_equal(cli_http_token_check("0123456789abcdef", &err), EG_OK);
    assert_int_equal(cli_http_token_check("0123456789abcde", &err), EG_BAD_ARGUMENT);
    assert_string_equal(err.text, "the token has 15 characters, not 16 to 200");
    assert_int_equal(cli_http_token_check("0123456789 abcdef", &err), EG_BAD_ARGUMENT);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(cli_http_token_check(longest, &err), EG_BAD_ARGUMENT);
    longest[CLI_HTTP_TOKEN_MAX] = '\0';
    assert_int_equal(cli_http_token_check(longest, &err), EG_OK);
}

static enum eg_code wish(struct cli_http_wish *wanted, const char *body, struct eg_error *err)
{
    return cli_http_wish(wanted, body, strlen(body), err);
}

static void a_wish_names_a_slot_and_a_label_or_nothing(void **state)
{
    struct cli_http_wish wanted;
    struct eg_error err;

    (void)state;
    assert_int_equal(wish(&wanted, "{\"slot\": \"A1\", \"label\": \"X 1\"}", &err), EG_OK);
    assert_string_equal(wanted.slot, "A1");
    assert_string_equal(wanted.label, "X 1");
    assert_int_equal(wish(&wanted, "", &err), EG_OK);
    assert_string_equal(wanted.slot, "");
    assert_int_equal(wish(&wanted, "{}", &err), EG_OK);
}

static void a_wish_that_is_none_is_refused_with_its_cause(void **state)
{
    static const struct {
        const char *body, *sentence;
    } rows[] = {
        {"[]", "the body is not a JSON object"},
        {"{\"slot\": 1}", "\"slot\" is not a string"},
        {"{\"label\": \"X\"}", "a \"label\" needs its \"slot\""},
        {"{\"path\": \"X\"}", "unknown member \"path\"; known: slot, label, text"},
    };
    static const char *const bad[] = {"{", "{\"slot\": \"a\", \"slot\": \"b\"}",
                                      "{\"slot\": \"A1\", \"label\": \"a\\u001bb\"}"};
    struct cli_http_wish wanted;
    struct eg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(wish(&wanted, rows[i].body, &err), EG_BAD_ARGUMENT);
        assert_string_equal(err.text, rows[i].sentence);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(wish(&wanted, bad[i], &err), EG_BAD_ARGUMENT);
}

static void a_number_is_digits_alone(void **state)
{
    (void)state;
    assert_int_equal(cli_http_number("12"), 12);
    assert_int_equal(cli_http_number("0"), 0);
    assert_int_equal(cli_http_number(""), 0);
    assert_int_equal(cli_http_number(NULL), 0);
    assert_int_equal(cli_http_number("-1"), 0);
    assert_int_equal(cli_http_number("1 "), 0);
    assert_int_equal(cli_http_number("9999999999999999999"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_digits_or_localhost_with_a_port),
        cmocka_unit_test(a_host_name_that_was_not_given_is_refused),
        cmocka_unit_test(a_page_of_another_origin_is_refused),
        cmocka_unit_test(only_the_token_itself_opens),
        cmocka_unit_test(a_short_or_odd_token_is_refused),
        cmocka_unit_test(a_wish_names_a_slot_and_a_label_or_nothing),
        cmocka_unit_test(a_wish_that_is_none_is_refused_with_its_cause),
        cmocka_unit_test(a_number_is_digits_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
