/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/secure/escrow.h"

#include "engine/base/file.h"
#include "engine/secure/sign_key.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-escrow-XXXXXX";
static char private_path[64], other_path[64];
static struct eg_buffer public_pem;

static void make_pair(char path[64], const char *name, struct eg_buffer *pem, enum eg_sign_scheme scheme)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    struct eg_error err;

    snprintf(path, 64, "%s/%s", folder, name);
    assert_ok(eg_sign_key_make(path, scheme, &err), err);
    assert_ok(eg_sign_key_read(&key, path, &err), err);
    assert_ok(eg_sign_key_public(pem, &key, &err), err);
}

static int set_up(void **state)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer other = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    make_pair(private_path, "escrow.pem", &public_pem, EG_SIGN_RSA3072);
    make_pair(other_path, "other.pem", &other, EG_SIGN_RSA3072);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    eg_buffer_finish(&public_pem);
    (void)unlink(private_path);
    (void)unlink(other_path);
    return rmdir(folder);
}

static void seal(struct eg_buffer *text, const struct eg_secret *key)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
    struct eg_error err;

    assert_ok(eg_escrow_parse(&escrow, "escrow.pub", public_pem.data, public_pem.size, &err), err);
    assert_ok(eg_escrow_seal(&escrow, key, text, &err), err);
}

static void what_is_sealed_is_recovered_with_the_private_key_alone(void **state)
{
    struct eg_error err;

    (void)state;
    for (size_t size = 16; size <= 64; size *= 2) {
        EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret back = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer again = {0};
        assert_ok(eg_secret_make(&key, size, &err), err);
        seal(&text, &key);
        seal(&again, &key);
        assert_string_not_equal((const char *)text.data, (const char *)again.data);
        assert_ok(eg_escrow_recover(&back, private_path, (const char *)text.data, &err), err);
        assert_int_equal(back.size, size);
        assert_memory_equal(back.data, key.data, size);
        assert_int_equal(eg_escrow_recover(&back, other_path, (const char *)text.data, &err),
                         EG_BAD_ARGUMENT);
        assert_non_null(strstr(err.text, "the key in escrow was encrypted to the public key "));
    }
}

static void what_is_damaged_is_not_recovered(void **state)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret back = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    (void)state;
    assert_ok(eg_secret_make(&key, 32, &err), err);
    seal(&text, &key);
    char *const sealed = (char *)text.data;
    sealed[40] = sealed[40] == 'A' ? 'B' : 'A';
    assert_int_equal(eg_escrow_recover(&back, private_path, sealed, &err), EG_BAD_ARGUMENT);
    sealed[30] = '*';
    assert_error(eg_escrow_recover(&back, private_path, sealed, &err), err, EG_BAD_ARGUMENT,
                 "what is in escrow is damaged: it is not Base64");
    sealed[17] = '\0'; /* nothing follows the name of the key */
    assert_int_equal(eg_escrow_recover(&back, private_path, sealed, &err), EG_BAD_ARGUMENT);
    sealed[3] = '\0';
    assert_int_equal(eg_escrow_recover(&back, private_path, sealed, &err), EG_BAD_ARGUMENT);
    assert_int_equal(back.size, 0);
}

static void assert_no_escrow(const char *name, const void *pem, size_t size, enum eg_code code,
                             const char *text)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
    struct eg_error err;

    assert_error(eg_escrow_parse(&escrow, name, pem, size, &err), err, code, text);
}

static void keys_of_other_kinds_are_refused(void **state)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char path[64];
    struct eg_error err;

    (void)state;
    assert_ok(eg_file_read(&text, private_path, 1 << 20, &err), err);
    assert_no_escrow("a.pem", text.data, text.size, EG_BAD_ARGUMENT,
                     "a.pem is a private key, which must not be on a line: give the public one");
    assert_no_escrow("a.pem", "hello", 5, EG_BAD_ARGUMENT, "a.pem is no public key in PEM");
    assert_no_escrow("a.pem", "", 0, EG_BAD_ARGUMENT, "a.pem is no public key in PEM");
    make_pair(path, "ec.pem", &pem, EG_SIGN_ECDSA256);
    assert_int_equal(unlink(path), 0);
    assert_no_escrow("ec.pem", pem.data, pem.size, EG_BAD_ARGUMENT,
                     "ec.pem is no RSA key of 3072 bits or more, to which keys are encrypted");
}

static void a_key_whose_private_half_is_published_is_refused(void **state)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    char path[4096];
    struct eg_error err;

    (void)state;
    assert_ok(eg_file_read(&pem, fixture_path(path, "security/keys/rsa3072-a.pub.pem"), 1 << 20, &err), err);
    assert_no_escrow("a.pem", pem.data, pem.size, EG_SECURED,
                     "a.pem is a key for tests that anyone can have: make one of your own");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_is_recovered_with_the_private_key_alone),
        cmocka_unit_test(what_is_damaged_is_not_recovered),
        cmocka_unit_test(keys_of_other_kinds_are_refused),
        cmocka_unit_test(a_key_whose_private_half_is_published_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
