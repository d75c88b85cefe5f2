/* SPDX-License-Identifier: Apache-2.0 */

#define _GNU_SOURCE /* mkdtemp() */

#include "tools/espgang/images/nvs.h"

#include "engine/secure/nvs_crypt.h"
#include "tests/fakes/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/eg-nvs-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink("keys.bin");
    unlink("hmac.key");
    return chdir("/") != 0 || rmdir(folder) != 0;
}

static void keys_are_written_for_their_owner_and_read_back(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret back = {0};
    struct eg_error err;
    struct stat status;

    assert_ok(eg_nvs_keys_make(&keys, &err), err);
    assert_ok(cli_nvs_keys_write("keys.bin", &keys, &err), err);
    assert_int_equal(stat("keys.bin", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, EG_NVS_KEYS_FILE_SIZE);
    assert_ok(cli_nvs_keys_load(&back, "keys.bin", NULL, &err), err);
    assert_memory_equal(back.data, keys.data, EG_NVS_KEYS_SIZE);
    assert_int_equal(cli_nvs_keys_write("keys.bin", &keys, &err), EG_BAD_ARGUMENT);
}

static void without_a_file_there_are_no_keys(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    struct eg_error err;

    assert_ok(cli_nvs_keys_load(&keys, NULL, NULL, &err), err);
    assert_int_equal(keys.size, 0);
}

static void a_bad_key_file_is_a_wrong_argument(void **state)
{
    (void)state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    struct eg_error err;

    assert_error(cli_nvs_keys_load(&keys, "none.bin", NULL, &err), err, EG_BAD_ARGUMENT,
                 "none.bin: No such file or directory");
    assert_ok(eg_secret_write("hmac.key", (const uint8_t *)"0123456789", 10, &err), err);
    assert_error(cli_nvs_keys_load(&keys, NULL, "hmac.key", &err), err, EG_BAD_ARGUMENT,
                 "hmac.key: an HMAC key has 32 bytes, this one has 10");
    assert_error(cli_nvs_keys_load(&keys, "hmac.key", NULL, &err), err, EG_BAD_ARGUMENT,
                 "hmac.key: 10 bytes are less than the 68 that NVS keys have");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_written_for_their_owner_and_read_back),
        cmocka_unit_test(without_a_file_there_are_no_keys),
        cmocka_unit_test(a_bad_key_file_is_a_wrong_argument),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
