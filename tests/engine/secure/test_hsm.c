/* SPDX-License-Identifier: Apache-2.0 */

/* The configuration file. Signing by a module: tests/tools/espgang/secure/test_hsm.sh. */

#include "engine/secure/hsm.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/eg-hsm-XXXXXX";

static enum eg_code read_text(struct eg_hsm_config *config, const char *text, mode_t mode,
                              struct eg_error *err)
{
    FILE *const file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return eg_hsm_config_read(config, path, err);
}

static void every_key_is_read_and_other_sections_are_left_alone(void **state)
{
    EG_CLEANUP(eg_hsm_config_finish) struct eg_hsm_config config = {0};
    struct eg_error err;

    (void)state;
    assert_ok(
        read_text(&config,
                  "[other]\nslot = 9\n; a comment\n[hsm_config]\r\n  pkcs11_lib = /a b.so \n"
                  "slot: 0x10\nlabel=private\nlabel_pubkey = public\ncredentials = 12 = 34\nunknown = 1\n",
                  0600, &err),
        err);
    assert_string_equal(config.library, "/a b.so");
    assert_int_equal(config.slot, 16);
    assert_string_equal(config.label, "private");
    assert_string_equal(config.public_label, "public");
    assert_int_equal(config.pin.size, sizeof "12 = 34");
    assert_string_equal((const char *)config.pin.data, "12 = 34");
}

static void both_halves_have_one_label_unless_told_otherwise(void **state)
{
    EG_CLEANUP(eg_hsm_config_finish) struct eg_hsm_config config = {0};
    struct eg_error err;

    (void)state;
    assert_ok(read_text(&config, "[hsm_config]\npkcs11_lib = a\nslot = 0\nlabel = key", 0644, &err), err);
    assert_string_equal(config.public_label, "key");
    assert_int_equal(config.pin.size, 0);
}

static void a_value_that_does_not_fit_is_refused(void **state)
{
    EG_CLEANUP(eg_hsm_config_finish) struct eg_hsm_config config = {0};
    struct eg_error err;
    char text[600] = "[hsm_config]\nlabel = ", wanted[200];

    (void)state;
    memset(text + strlen(text), 'x', 64);
    assert_int_equal(read_text(&config, text, 0600, &err), EG_BAD_ARGUMENT);
    snprintf(wanted, sizeof wanted, "%s:2: a value of 64 characters is too long", path);
    assert_string_equal(err.text, wanted);
    assert_int_equal(eg_hsm_config_read(&config, "/nonexistent/hsm.ini", &err), EG_BAD_ARGUMENT);
}

static int make_path(void **state)
{
    const int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_read_and_other_sections_are_left_alone),
        cmocka_unit_test(both_halves_have_one_label_unless_told_otherwise),
        cmocka_unit_test(a_value_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
