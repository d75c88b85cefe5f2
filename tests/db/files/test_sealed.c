/* SPDX-License-Identifier: Apache-2.0 */

/* Columns of keys that are encrypted when a file is imported. */

#include "db/files/sealed.h"

#include "engine/base/file.h"
#include "engine/secure/escrow.h"
#include "engine/secure/sign_key.h"
#include "tests/db/pools.h"

#define KEY_A "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f"
#define KEY_B "80112233445566778899AABBCCDDEEFF102132435465768798A9BACBDCEDFE0F"

static char private_path[220], public_path[220];

static bool has(const struct eg_buffer *file, const void *text, size_t size)
{
    for (size_t at = 0; at + size <= file->size; at++)
        if (memcmp(file->data + at, text, size) == 0)
            return true;
    return false;
}

/* Make the pair of keys in the sample's folder. */
static void make_pair(const struct sample *sample)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    struct eg_error err;

    snprintf(private_path, sizeof private_path, "%s/station.key", sample->folder);
    assert_ok(eg_sign_key_make(private_path, EG_SIGN_ECDSA256, &err), err);
    assert_ok(eg_sign_key_read(&key, private_path, &err), err);
    assert_ok(eg_sign_key_public(&pem, &key, &err), err);
    assert_ok(eg_buffer_append(&pem, "", 1, &err), err);
    snprintf(public_path, sizeof public_path, "%s",
             pools_file(sample, "station.pem", (const char *)pem.data));
}

static enum eg_code import(const struct sample *sample, const char *text, const char *column, const char *to,
                           struct eg_error *err)
{
    const char *const seals[] = {column, NULL};
    const struct eg_pool_import import = {.ledger = sample->path,
                                          .pool = "keys",
                                          .path = pools_file(sample, "keys.csv", text),
                                          .seals = column != NULL ? seals : NULL,
                                          .seal_to = to};
    struct eg_pool_imported imported;

    return eg_pool_import(&import, &imported, err);
}

static void a_sealed_column_is_in_the_ledger_encrypted_and_is_recovered(void **state)
{
    const struct sample *const sample = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    EG_CLEANUP(eg_pool_row_finish) struct eg_pool_row row = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    const struct eg_unit unit = sample_unit(1);
    uint8_t expected[32];
    struct eg_error err;
    int64_t run;

    make_pair(sample);
    assert_ok(import(sample, "id,flash_key\nk1," KEY_A "\nk2," KEY_B "\n", "flash_key", public_path, &err),
              err);
    assert_sql(sample->path,
               "SELECT count(*), min(fields ->> 1 LIKE 'sealed:________________ ________________ %'), secret"
               " FROM pool_row, pool_column WHERE pool_column.name = 'flash_key'",
               "2|1|1");
    assert_ok(eg_file_read(&file, sample->path, 1 << 24, &err), err);
    assert_false(has(&file, KEY_A, 20));
    assert_false(has(&file, "80112233445566778899aabb", 20));
    assert_true(eg_hex_parse(expected, sizeof expected, KEY_A));
    assert_false(has(&file, expected, 16));

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *const recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    assert_ok(recorder->ops->reserve(recorder, run, &(struct eg_pool_wish){.pool = "keys", .unit = &unit},
                                     &row, &err),
              err);
    const char *const sealed = strchr(row.values[1], ' ') + 1;
    assert_ok(eg_escrow_recover(&key, private_path, sealed, &err), err);
    assert_int_equal(key.size, sizeof expected);
    assert_memory_equal(key.data, expected, sizeof expected);
    assert_int_equal(chmod(private_path, 0640), 0);
    assert_int_equal(eg_escrow_recover(&key, private_path, sealed, &err), EG_BAD_ARGUMENT);
    assert_non_null(strstr(err.text, "other users can read "));
}

static void assert_refused(const struct sample *sample, const char *text, const char *column,
                           const char *sentence)
{
    struct eg_error err;
    char expected[500];

    snprintf(expected, sizeof expected, "%s/keys.csv%s", sample->folder, sentence);
    assert_error(import(sample, text, column, public_path, &err), err, EG_BAD_ARGUMENT, expected);
}

static void what_is_no_key_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *column, *sentence;
    } refused[] = {
        {"id,k\na," KEY_A "\nb,hello\n", "k", ":3: k is no key: 32, 48, 64 or 128 hexadecimal digits"},
        {"id,k\na,\n", "k", ":2: k is no key: 32, 48, 64 or 128 hexadecimal digits"},
        {"id,k\na," KEY_A "00\n", "k", ":2: k is no key: 32, 48, 64 or 128 hexadecimal digits"},
        {"id,k\na,x0112233445566778899aabbccddeeff\n", "k",
         ":2: k is no key: 32, 48, 64 or 128 hexadecimal digits"},
        {"id,k\na,ffffffffffffffffffffffffffffffff\n", "k", ":2: k is no key: all its bytes are the same"},
        {"id,k\na," KEY_A "\nb," KEY_B
         "\nc,00112233445566778899AABBCCDDEEFF102132435465768798A9BACBDCEDFE0F\n",
         "k", ":4: k is the same as in line 2"},
        {"k,id\n" KEY_A ",a\n", "k", ": column k is the first, by which rows are known: it cannot be sealed"},
        {"id,k\na," KEY_A "\n", "key", ": has no column 'key' to seal"},
        {"id,k\na,sealed:1\n", NULL, ":2: k begins with sealed:, as only an encrypted key does"},
    };
    const struct sample *const sample = *state;

    make_pair(sample);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_refused(sample, refused[i].text, refused[i].column, refused[i].sentence);
    assert_int_equal(access(sample->path, F_OK), -1);
}

static void the_same_key_is_refused_in_a_later_file(void **state)
{
    const struct sample *const sample = *state;
    struct eg_error err;

    make_pair(sample);
    assert_ok(import(sample, "id,k\na," KEY_A "\n", "k", public_path, &err), err);
    assert_refused(sample, "id,k\nb," KEY_B "\nc," KEY_A "\n", "k", ":3: k is in pool keys already");
    assert_refused(sample, "id,k\nb," KEY_B "\n", NULL,
                   ": column k of pool keys is sealed: give --seal and --to, too");
    assert_ok(import(sample, "id,k\nb," KEY_B "\n", "k", public_path, &err), err);
    assert_sql(sample->path, "SELECT count(*) FROM pool_row", "2");
}

static void a_column_with_plain_values_cannot_be_sealed_later(void **state)
{
    const struct sample *const sample = *state;
    struct eg_error err;

    make_pair(sample);
    const char *const secrets[] = {"k", NULL};
    struct eg_pool_imported imported;
    const struct eg_pool_import plain = {.ledger = sample->path,
                                         .pool = "keys",
                                         .path = pools_file(sample, "plain.csv", "id,k\na," KEY_A "\n"),
                                         .secrets = secrets};
    assert_ok(eg_pool_import(&plain, &imported, &err), err);
    assert_refused(sample, "id,k\nb," KEY_B "\n", "k",
                   ": column k of pool keys is not sealed: its values are in the ledger as they are");
}

static void a_private_key_seals_nothing(void **state)
{
    const struct sample *const sample = *state;
    char sentence[400];
    struct eg_error err;

    make_pair(sample);
    snprintf(sentence, sizeof sentence,
             "%s is a private key, which must not be on a line: give the public one", private_path);
    assert_error(import(sample, "id,k\na," KEY_A "\n", "k", private_path, &err), err, EG_BAD_ARGUMENT,
                 sentence);
    assert_int_equal(access(sample->path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_sample(a_sealed_column_is_in_the_ledger_encrypted_and_is_recovered),
        with_sample(what_is_no_key_is_refused_with_its_line),
        with_sample(the_same_key_is_refused_in_a_later_file),
        with_sample(a_column_with_plain_values_cannot_be_sealed_later),
        with_sample(a_private_key_seals_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
