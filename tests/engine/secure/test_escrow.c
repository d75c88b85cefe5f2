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
static char other_path[64];

/* The kinds of keys that keys are encrypted to. */
enum { RSA, EC256, EC384, KINDS };
static char private_path[KINDS][64];
static struct eg_buffer public_pem[KINDS];

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
    make_pair(private_path[RSA], "escrow.pem", &public_pem[RSA], EG_SIGN_RSA3072);
    make_pair(private_path[EC256], "ec256.pem", &public_pem[EC256], EG_SIGN_ECDSA256);
    make_pair(private_path[EC384], "ec384.pem", &public_pem[EC384], EG_SIGN_ECDSA384);
    make_pair(other_path, "other.pem", &other, EG_SIGN_RSA3072);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        eg_buffer_finish(&public_pem[kind]);
        (void)unlink(private_path[kind]);
    }
    (void)unlink(other_path);
    return rmdir(folder);
}

static void seal(struct eg_buffer *text, const struct eg_secret *key, int kind)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
    struct eg_error err;

    assert_ok(eg_escrow_parse(&escrow, "escrow.pub", public_pem[kind].data, public_pem[kind].size, &err),
              err);
    assert_ok(eg_escrow_seal(&escrow, key, text, &err), err);
}

static void recover_one(int kind, size_t size)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret back = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer again = {0};
    struct eg_error err;

    assert_ok(eg_secret_make(&key, size, &err), err);
    seal(&text, &key, kind);
    seal(&again, &key, kind);
    assert_string_not_equal((const char *)text.data, (const char *)again.data);
    bool is_for = false;
    assert_ok(eg_escrow_is_for(&is_for, private_path[kind], (const char *)text.data, &err), err);
    assert_true(is_for);
    assert_ok(eg_escrow_is_for(&is_for, other_path, (const char *)text.data, &err), err);
    assert_false(is_for);
    assert_ok(eg_escrow_recover(&back, private_path[kind], (const char *)text.data, &err), err);
    assert_int_equal(back.size, size);
    assert_memory_equal(back.data, key.data, size);
    assert_int_equal(eg_escrow_recover(&back, other_path, (const char *)text.data, &err), EG_BAD_ARGUMENT);
    assert_non_null(strstr(err.text, "the key in escrow was encrypted to the public key "));
}

static void what_is_sealed_is_recovered_with_the_private_key_alone(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t size = 16; size <= 64; size *= 2)
            recover_one(kind, size);
}

static void damage(int kind)
{
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret back = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    assert_ok(eg_secret_make(&key, 32, &err), err);
    seal(&text, &key, kind);
    char *const sealed = (char *)text.data;
    const size_t places[] = {20, 40, text.size - 40, text.size - 20}; /* EC: point, ciphertext, tag */
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char was = sealed[places[i]];
        sealed[places[i]] = was == 'A' ? 'B' : 'A';
        assert_int_equal(eg_escrow_recover(&back, private_path[kind], sealed, &err), EG_BAD_ARGUMENT);
        sealed[places[i]] = was;
    }
    const char was = sealed[17 + 32];
    sealed[17 + 32] = '\0';
    assert_int_equal(eg_escrow_recover(&back, private_path[kind], sealed, &err), EG_BAD_ARGUMENT);
    sealed[17 + 32] = was;
    sealed[30] = '*';
    assert_error(eg_escrow_recover(&back, private_path[kind], sealed, &err), err, EG_BAD_ARGUMENT,
                 "what is in escrow is damaged: it is not Base64");
    sealed[17] = '\0'; /* nothing follows the name of the key */
    assert_int_equal(eg_escrow_recover(&back, private_path[kind], sealed, &err), EG_BAD_ARGUMENT);
    sealed[3] = '\0';
    assert_int_equal(eg_escrow_recover(&back, private_path[kind], sealed, &err), EG_BAD_ARGUMENT);
    assert_int_equal(back.size, 0);
}

static void what_is_damaged_is_not_recovered(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++)
        damage(kind);
}

static void openssl(const char *command)
{
    char line[400];

    snprintf(line, sizeof line, "cd %s && openssl %s 2>/dev/null", folder, command);
    assert_int_equal(system(line), 0);
}

/* The same key in other forms: compressed points, and the curve written out. */
static void every_form_of_an_ec_key_is_the_same_key(void **state)
{
    static const struct {
        const char *private_form, *public_form;
    } forms[] = {
        {"-conv_form uncompressed", "-conv_form compressed"},
        {"-conv_form compressed", "-conv_form uncompressed"},
        {"-param_enc explicit", "-param_enc named_curve"},
        {"-param_enc named_curve", "-param_enc explicit"},
    };
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    char command[200], path[80], public_path[80];
    struct eg_error err;

    (void)state;
    snprintf(path, sizeof path, "%s/form.pem", folder);
    snprintf(public_path, sizeof public_path, "%s/form.pub", folder);
    assert_ok(eg_secret_make(&key, 32, &err), err);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret back = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
        snprintf(command, sizeof command, "ec -in ec256.pem -out form.pem %s", forms[i].private_form);
        openssl(command);
        snprintf(command, sizeof command, "ec -in ec256.pem -pubout -out form.pub %s", forms[i].public_form);
        openssl(command);
        assert_ok(eg_file_read(&pem, public_path, 1 << 20, &err), err);
        assert_ok(eg_escrow_parse(&escrow, "form.pub", pem.data, pem.size, &err), err);
        assert_ok(eg_escrow_seal(&escrow, &key, &text, &err), err);
        assert_ok(eg_escrow_recover(&back, path, (const char *)text.data, &err), err);
        assert_memory_equal(back.data, key.data, key.size);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(public_path), 0);
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
    assert_ok(eg_file_read(&text, private_path[RSA], 1 << 20, &err), err);
    assert_no_escrow("a.pem", text.data, text.size, EG_BAD_ARGUMENT,
                     "a.pem is a private key, which must not be on a line: give the public one");
    assert_no_escrow("a.pem", "hello", 5, EG_BAD_ARGUMENT, "a.pem is no public key in PEM");
    assert_no_escrow("a.pem", "", 0, EG_BAD_ARGUMENT, "a.pem is no public key in PEM");
    make_pair(path, "ec.pem", &pem, EG_SIGN_ECDSA192);
    assert_int_equal(unlink(path), 0);
    assert_no_escrow("ec.pem", pem.data, pem.size, EG_BAD_ARGUMENT,
                     "ec.pem is neither an RSA key of 3072 bits or more nor an EC key of P-256, P-384 or "
                     "P-521, to which keys are encrypted");
}

static void a_key_whose_private_half_is_published_is_refused(void **state)
{
    static const char *const files[] = {"security/keys/rsa3072-a.pub.pem", "security/keys/ec256-a.pub.pem"};
    char path[4096];
    struct eg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
        assert_ok(eg_file_read(&pem, fixture_path(path, files[i]), 1 << 20, &err), err);
        assert_no_escrow("a.pem", pem.data, pem.size, EG_SECURED,
                         "a.pem is a key for tests that anyone can have: make one of your own");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_is_recovered_with_the_private_key_alone),
        cmocka_unit_test(what_is_damaged_is_not_recovered),
        cmocka_unit_test(every_form_of_an_ec_key_is_the_same_key),
        cmocka_unit_test(keys_of_other_kinds_are_refused),
        cmocka_unit_test(a_key_whose_private_half_is_published_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
