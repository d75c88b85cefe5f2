/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"

#include <errno.h>
#include <string.h>

static void a_sentence_reads_from_the_place_to_the_cause(void **state)
{
    (void)state;
    struct eg_error err;

    eg_error_set(&err, EG_TIMEOUT, "no answer in %d ms", 100);
    eg_error_prefix(&err, "block %u: ", 3u);
    assert_int_equal(eg_error_prefix(&err, "writing %s: ", "app.bin"), EG_TIMEOUT);
    assert_string_equal(err.text, "writing app.bin: block 3: no answer in 100 ms");
}

static void a_long_prefix_never_cuts_the_cause(void **state)
{
    (void)state;
    struct eg_error err;
    char path[1000];

    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    eg_error_set(&err, EG_IO, "cause");
    eg_error_prefix(&err, "%s: ", path);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_string_equal(err.text + strlen(err.text) - 8, "x: cause");
}

static void a_full_disk_has_its_own_code(void **state)
{
    (void)state;
    struct eg_error err;

    assert_int_equal(eg_error_errno(&err, EG_IO, ENOSPC, "ledger.db"), EG_NO_ROOM);
    assert_string_equal(err.text, "ledger.db: No space left on device");
    assert_int_equal(eg_error_errno(&err, EG_IO, EDQUOT, "ledger.db"), EG_NO_ROOM);
    assert_int_equal(eg_error_errno(&err, EG_IO, EINVAL, "ledger.db"), EG_IO);
    assert_int_equal(eg_error_errno(&err, EG_IO, EIO, "job.yaml"), EG_IO);
    assert_string_equal(err.text, "job.yaml: Input/output error");
}

static void a_wrong_path_is_not_the_fault_of_the_host(void **state)
{
    (void)state;
    static const int wrong[] = {ENOENT, ENOTDIR, EISDIR, ELOOP, EACCES, ENAMETOOLONG};
    struct eg_error err;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(eg_error_errno(&err, EG_IO, wrong[i], "job.yaml"), EG_BAD_ARGUMENT);
    assert_int_equal(eg_error_errno(&err, EG_LEDGER, ENOENT, "ledger.db"), EG_LEDGER);
}

static void every_code_has_a_unique_stable_name(void **state)
{
    (void)state;
    static const enum eg_code codes[] = {
#define CODE(code, name, blame, retry, text) EG_##code,
        EG_ERRORS(CODE)
#undef CODE
    };
    const size_t count = sizeof codes / sizeof codes[0];

    for (size_t i = 0; i < count; i++) {
        const char *name = eg_code_name(codes[i]);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name));
        assert_true(eg_blame_name(eg_code_blame(codes[i]))[0] != '\0');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(name, eg_code_name(codes[j]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_reads_from_the_place_to_the_cause),
        cmocka_unit_test(a_long_prefix_never_cuts_the_cause),
        cmocka_unit_test(a_full_disk_has_its_own_code),
        cmocka_unit_test(a_wrong_path_is_not_the_fault_of_the_host),
        cmocka_unit_test(every_code_has_a_unique_stable_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
