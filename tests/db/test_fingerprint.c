/* SPDX-License-Identifier: Apache-2.0 */

#include "db/fingerprint.h"

#include "tests/db/sample.h"

#include <sys/stat.h>

static const uint8_t one[32] = {1}, two[32] = {2};

static void the_same_key_has_the_same_fingerprint_in_one_ledger_alone(void **state)
{
    const struct sample *sample = *state;
    char first[EG_FINGERPRINT_TEXT], again[EG_FINGERPRINT_TEXT], other[EG_FINGERPRINT_TEXT], path[300];
    struct eg_error err;
    struct stat info;

    assert_ok(eg__fingerprint(sample->path, one, sizeof one, first, &err), err);
    assert_ok(eg__fingerprint(sample->path, one, sizeof one, again, &err), err);
    assert_ok(eg__fingerprint(sample->path, two, sizeof two, other, &err), err);
    assert_int_equal(strlen(first), 16);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    snprintf(path, sizeof path, "%s.secret", sample->path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(unlink(path), 0);
    assert_ok(eg__fingerprint(sample->path, one, sizeof one, other, &err), err);
    assert_string_not_equal(first, other);
    assert_int_equal(unlink(path), 0);
}

static void a_secret_that_others_can_read_or_of_another_size_is_refused(void **state)
{
    const struct sample *sample = *state;
    char print[EG_FINGERPRINT_TEXT], path[300], sentence[700];
    struct eg_error err;

    assert_ok(eg__fingerprint(sample->path, one, sizeof one, print, &err), err);
    snprintf(path, sizeof path, "%s.secret", sample->path);
    assert_int_equal(chmod(path, 0644), 0);
    snprintf(sentence, sizeof sentence,
             "the secret for fingerprints of keys: %s can be read by others: make it readable to its owner "
             "alone (chmod 600)",
             path);
    assert_error(eg__fingerprint(sample->path, one, sizeof one, print, &err), err, EG_BAD_ARGUMENT, sentence);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 31), 0);
    snprintf(sentence, sizeof sentence,
             "the secret for fingerprints of keys: %s has 31 bytes, not 32: it is not the secret of a ledger",
             path);
    assert_error(eg__fingerprint(sample->path, one, sizeof one, print, &err), err, EG_BAD_ARGUMENT, sentence);
    assert_int_equal(unlink(path), 0);
}

/* The values that a board's last run recorded, of this board alone. */
static void the_ledger_knows_the_last_value_of_a_board(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit first = sample_unit(1), second = sample_unit(2);
    const struct eg_security_record old = {EG_SECURITY_INTENDED, "KEY", "0011"},
                                    new = {EG_SECURITY_INTENDED, "KEY", "2233"},
                                    other = {EG_SECURITY_OBSERVED, "KEY", "yes"};
    char value[EG_SECURITY_VALUE];
    struct eg_error err;

    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *const recorder = eg_ledger_recorder(ledger);
    for (unsigned i = 0; i < 2; i++) {
        int64_t run;
        assert_ok(
            recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
            err);
        assert_ok(recorder->ops->intent(recorder, run, &first, &err), err);
        assert_ok(recorder->ops->secure(recorder, run, i == 0 ? &old : &new, 1, &err), err);
        assert_ok(recorder->ops->secure(recorder, run, &other, 1, &err), err);
    }
    assert_ok(
        recorder->ops->secured(recorder, &first, EG_SECURITY_INTENDED, "KEY", value, sizeof value, &err),
        err);
    assert_string_equal(value, "2233");
    assert_ok(
        recorder->ops->secured(recorder, &second, EG_SECURITY_INTENDED, "KEY", value, sizeof value, &err),
        err);
    assert_string_equal(value, "");
    assert_ok(
        recorder->ops->secured(recorder, &first, EG_SECURITY_INTENDED, "OTHER", value, sizeof value, &err),
        err);
    assert_string_equal(value, "");
}

static void a_long_value_is_read_whole(void **state)
{
    struct sample *sample = *state;
    EG_CLEANUP(eg_ledger_close_cleanup) struct eg_ledger *ledger = NULL;
    const struct eg_unit unit = sample_unit(1);
    char longest[EG_SECURITY_SEALED] = "", value[EG_SECURITY_SEALED];
    const struct eg_security_record record = {EG_SECURITY_LEFT, "escrow of KEY", longest};
    struct eg_error err;
    int64_t run;

    memset(longest, 'A', sizeof longest - 1);
    assert_ok(eg_ledger_open(&ledger, sample->path, &sample->session, &sample->plan, NULL, &err), err);
    struct eg_recorder *const recorder = eg_ledger_recorder(ledger);
    assert_ok(recorder->ops->begin(recorder, &(struct eg_run_begin){.slot = "a", .port = "sim:"}, &run, &err),
              err);
    assert_ok(recorder->ops->intent(recorder, run, &unit, &err), err);
    assert_ok(recorder->ops->secure(recorder, run, &record, 1, &err), err);
    assert_ok(
        recorder->ops->secured(recorder, &unit, EG_SECURITY_LEFT, "escrow of KEY", value, sizeof value, &err),
        err);
    assert_string_equal(value, longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_long_value_is_read_whole, sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(the_same_key_has_the_same_fingerprint_in_one_ledger_alone,
                                        sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(a_secret_that_others_can_read_or_of_another_size_is_refused,
                                        sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(the_ledger_knows_the_last_value_of_a_board, sample_setup,
                                        sample_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
