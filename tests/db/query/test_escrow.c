/* SPDX-License-Identifier: Apache-2.0 */

#include "db/query/questions.h"
#include "engine/secure/escrow.h"
#include "engine/secure/sign_key.h"
#include "tests/db/batches.h"
#include "tests/db/pools.h"

#define OLD "1111111111111111"
#define NEW "2222222222222222"

static enum eg_code see(void *context, const void *row, struct eg_error *err)
{
    const struct eg_escrow_row *const held = row;
    char *const seen = context;

    (void)err;
    snprintf(seen + strlen(seen), 400 - strlen(seen), "%s=%s;", held->key, held->sealed);
    return EG_OK;
}

/* Record a run of a board with these items and values; the last item is NULL. */
static void record(struct sample *sample, unsigned number, const struct eg_security_record *records)
{
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(number);
    const struct eg_run_begin begin = {.slot = "slot", .port = "port"};
    struct eg_error err;
    int64_t run;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *const recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(recorder, &begin, &run, &err), err);
    assert_ok(recorder->ops->intent(recorder, run, &unit, &err), err);
    for (; records->item != NULL; records++)
        assert_ok(recorder->ops->secure(recorder, run, records, 1, &err), err);
}

static void assert_held(struct sample *sample, unsigned number, const char *expected)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    const struct eg_unit unit = sample_unit(number);
    char seen[400] = "";
    struct eg_error err;

    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_escrow(query, unit.mac, see, seen, &err), err);
    assert_string_equal(seen, expected);
}

static void the_key_in_the_chip_is_the_one_that_is_recovered(void **state)
{
    static const struct eg_security_record deposits[] = {
        {EG_SECURITY_LEFT, "escrow of KEY", OLD " id old"},
        {EG_SECURITY_LEFT, "ciphertext at 0x00000000", "00"},
        {EG_SECURITY_LEFT, "escrow of HMAC_UP in BLOCK_KEY4", OLD " id hmac"},
        {EG_SECURITY_LEFT, NULL, NULL}};
    static const struct eg_security_record burnt[] = {{EG_SECURITY_INTENDED, "KEY", OLD},
                                                      {EG_SECURITY_LEFT, NULL, NULL}};
    static const struct eg_security_record more[] = {{EG_SECURITY_LEFT, "escrow of KEY", NEW " id new"},
                                                     {EG_SECURITY_LEFT, NULL, NULL}};
    static const struct eg_security_record more_burnt[] = {{EG_SECURITY_INTENDED, "KEY", NEW},
                                                           {EG_SECURITY_LEFT, NULL, NULL}};
    struct sample *sample = *state;

    record(sample, 1, deposits);
    assert_held(sample, 1, "HMAC_UP in BLOCK_KEY4=id hmac;KEY=id old;");
    assert_held(sample, 2, "");
    record(sample, 1, burnt);
    record(sample, 1, more); /* deposited, and the run ended before the burn */
    assert_held(sample, 1, "HMAC_UP in BLOCK_KEY4=id hmac;KEY=id old;");
    record(sample, 1, more_burnt);
    assert_held(sample, 1, "HMAC_UP in BLOCK_KEY4=id hmac;KEY=id new;");
    record(sample, 1, more); /* the same again is one key */
    assert_held(sample, 1, "HMAC_UP in BLOCK_KEY4=id hmac;KEY=id new;");
    record(sample, 2, burnt); /* burnt without escrow */
    record(sample, 2, more);
    assert_held(sample, 2, "");
}

static void import(const struct sample *sample, const char *pool, const char *const *seals, const char *to)
{
    static const char *const secrets[] = {"k", NULL};
    const char *const path = pools_file(
        sample, pool, seals != NULL ? "id,k\na,00112233445566778899aabbccddeeff\n" : "id,k\na,plain\n");
    const struct eg_pool_import import = {.ledger = sample->path,
                                          .pool = pool,
                                          .path = path,
                                          .secrets = secrets,
                                          .seals = seals,
                                          .seal_to = to};
    struct eg_pool_imported imported;
    struct eg_error err;

    assert_ok(eg_pool_import(&import, &imported, &err), err);
}

static void the_sealed_value_of_a_column_is_found(void **state)
{
    static const char *const seals[] = {"k", NULL};
    struct sample *sample = *state;
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret back = {0};
    char path[200], to[200];
    struct eg_error err;

    snprintf(path, sizeof path, "%s/station.key", sample->folder);
    assert_ok(eg_sign_key_make(path, EG_SIGN_ECDSA256, &err), err);
    assert_ok(eg_sign_key_read(&key, path, &err), err);
    assert_ok(eg_sign_key_public(&pem, &key, &err), err);
    assert_ok(eg_buffer_append(&pem, "", 1, &err), err);
    snprintf(to, sizeof to, "%s", pools_file(sample, "station.pem", (const char *)pem.data));
    import(sample, "sealed", seals, to);
    import(sample, "plain", NULL, NULL);
    assert_ok(eg_query_open(&query, sample->path, &err), err);
    assert_ok(eg_query_sealed(query, "sealed", "k", NULL, &text, &err), err);
    assert_ok(eg_escrow_recover(&back, path, (const char *)text.data, &err), err);
    assert_memory_equal(back.data, "\0\x11\x22\x33", 4);
    text.size = 0;
    assert_ok(eg_query_sealed(query, "sealed", "k", "7c:df:a1:00:00:01", &text, &err), err);
    assert_int_equal(text.size, 0);
    assert_ok(eg_query_sealed(query, "plain", "k", NULL, &text, &err), err);
    assert_int_equal(text.size, 0);
    assert_error(eg_query_sealed(query, "sealed", "other", NULL, &text, &err), err, EG_BAD_ARGUMENT,
                 "pool sealed has no column other");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_key_in_the_chip_is_the_one_that_is_recovered, sample_setup,
                                        sample_teardown),
        cmocka_unit_test_setup_teardown(the_sealed_value_of_a_column_is_found, sample_setup, sample_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
