/* SPDX-License-Identifier: Apache-2.0 */

/* Boards with their own flash keys: the contents of their flash, and the next run of an interrupted board. */

#include "engine/secure/flash_crypt.h"
#include "engine/secure/nvs_crypt.h"
#include "engine/secure/sign_key.h"
#include "tests/engine/stages/board_keys.h"
#include "tests/fakes/digest_port.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void the_flash_has_ciphertext_that_differs_from_board_to_board(void **state)
{
    struct fake_line *line = *state;
    const uint8_t *flash[2];
    size_t size;

    fake_plan_add(line->plan, "data", 0x200000, 0x1000); /* outside all partitions: it stays plain */
    const struct eg_region *const app = &line->plan->regions[2];
    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    fake_line_run(line);
    for (unsigned board = 1; board <= 2; board++) {
        fake_line_assert_result(line, board, EG_PASS, EG_OK, "");
        flash[board - 1] = vb_board_flash(vb_gang_board(line->gang, board), &size);
        assert_int_equal(fake_secure_field(line, board, "SPI_BOOT_CRYPT_CNT"), 7);
        assert_int_equal(fake_secure_field(line, board, "KEY_PURPOSE_0"), 4);
        assert_int_equal(fake_secure_field(line, board, "RD_DIS") & 1, 1);
        assert_memory_not_equal(flash[board - 1] + app->flash_addr, app->data.data, 256);
        assert_memory_equal(flash[board - 1] + 0x200000, line->plan->regions[3].data.data, 0x1000);
    }
    assert_memory_not_equal(flash[0] + app->flash_addr, flash[1] + app->flash_addr, 256);
}

static void the_same_attempt_made_again_uses_the_same_key(void **state)
{
    struct fake_line *line = *state;
    char cut[32];

    fake_plan_set(line->plan, "retry.attempts", "4");
    for (unsigned bits = 0; bits < 200; bits += 40) {
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux2", bits);
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS(cut));
        line->recorder.transcript[0] = '\0';
        fake_line_run_again(line);
        fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
        assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_0"), 4);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

/* Each attempt makes its ciphertext anew; that of an earlier one is gone when the run is put on record. */
static void a_region_is_on_record_without_the_ciphertext_of_its_attempt(void **state)
{
    struct fake_line *line = *state;
    uint8_t md5[EG_MD5_SIZE];
    struct eg_error err;
    size_t size;

    fake_plan_set(line->plan, "retry.attempts", "2");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("1:efuse-cut@40"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS_MARGINAL, EG_OK, "");
    const uint8_t *const flash = vb_board_flash(vb_gang_board(line->gang, 1), &size);
    assert_int_equal(line->recorder.runs[0].record.region_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct eg_region_record *const record = &line->recorder.runs[0].regions[i];
        assert_ptr_equal(record->region, &line->plan->regions[i]);
        assert_ok(eg_md5(md5, flash + record->region->flash_addr, record->size, &err), err);
        assert_memory_equal(record->expected_md5, md5, sizeof md5);
    }
}

static void a_later_run_goes_on_where_the_power_failed(void **state)
{
    struct fake_line *line = *state;
    unsigned runs = 1;

    /* Each run has one attempt, and no key outlives its run. */
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("1:efuse-cut@40x2"));
    fake_line_run_again(line);
    while (line->results[0].code != EG_OK && runs++ < 20)
        fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_true(runs > 1);
    assert_int_equal(fake_secure_field(line, 1, "SPI_BOOT_CRYPT_CNT"), 7);
    assert_int_equal(fake_secure_field(line, 1, "SECURE_BOOT_EN"), 1);
    assert_int_equal(fake_secure_field(line, 1, "ENABLE_SECURITY_DOWNLOAD"), 1);
}

static void a_board_whose_key_is_hidden_keeps_its_ciphertext(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_string_equal(line->recorder.runs[0].regions[0].verdict, "equal");
    assert_int_equal(line->recorder.runs[0].regions[0].times.blocks, 0);
}

static void kept_ciphertext_that_may_have_been_read_too_fast_is_digested_once_more(void **state)
{
    struct fake_line *line = *state;
    struct digest_scheme digest;

    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    digest_scheme_init(&digest, line->schemes[0], 3);
    line->schemes[0] = &digest.scheme;
    fake_line_run_again(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "verify: bootloader at 0x00000000: the flash does not hold what was encrypted for "
        "the key in the chip, and nobody knows that key any more: the board is lost");
    assert_int_equal(digest.changed, 2);
}

/* Give the application another byte, which nobody starts or signs. */
static void change_app(struct fake_line *line)
{
    struct eg_region *const app = &line->plan->regions[2];
    struct eg_error err;

    app->data.data[0x1800] ^= 1;
    line->plan->wire_size -= app->zlib.size;
    eg_buffer_finish(&app->zlib);
    assert_ok(eg_region_finish(app, &err), err);
    line->plan->wire_size += app->zlib.size;
}

static void another_firmware_is_not_taken_for_the_one_that_was_encrypted(void **state)
{
    struct fake_line *line = *state;

    eg_setting_clear(eg_plan_setting(line->plan, "secure.boot.keys"));
    fake_plan_set(line->plan, "secure.mode", "development");
    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    change_app(line);
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "encrypt: app: the chip hides the key, nobody knows it any more, and the "
                            "job has another content than what was encrypted for it: the board keeps what "
                            "it has");
}

/* Make a pair of keys; the job gets the public one for escrow. */
static void want_escrow(struct fake_line *line, const char *private_path)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    struct eg_error err;

    assert_ok(eg_sign_key_make(private_path, EG_SIGN_ECDSA256, &err), err);
    assert_ok(eg_sign_key_read(&key, private_path, &err), err);
    assert_ok(eg_sign_key_public(&pem, &key, &err), err);
    assert_ok(eg_buffer_append(&pem, "", 1, &err), err);
    fake_plan_set_file(line->plan, "secure.flash.escrow", "escrow.pub", (const char *)pem.data);
}

static void with_its_key_from_escrow_a_board_gets_other_content(void **state)
{
    struct fake_line *line = *state;
    char own[] = "/tmp/eg-escrow-XXXXXX", path_of_key[64], other[64];
    size_t size;

    assert_non_null(mkdtemp(own));
    snprintf(other, sizeof other, "%s/other.pem", own);
    want_escrow(line, other);
    snprintf(path_of_key, sizeof path_of_key, "%s/escrow.pem", own);
    eg_setting_clear(eg_plan_setting(line->plan, "secure.flash.escrow"));
    want_escrow(line, path_of_key);
    eg_setting_clear(eg_plan_setting(line->plan, "secure.boot.keys"));
    eg_setting_clear(eg_plan_setting(line->plan, "secure.download"));
    fake_plan_set(line->plan, "secure.mode", "development");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    uint8_t *const flash = (uint8_t *)vb_board_flash(vb_gang_board(line->gang, 1), &size);
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    const uint8_t before = flash[0x11800];

    change_app(line);
    fake_line_run_again(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "encrypt: app: the chip hides the key, which is in escrow (--private-key FILE "
        "decrypts it), and the job has another content than what was encrypted for it: the "
        "board keeps what it has");
    line->station.private_key = other;
    fake_line_run_again(line);
    assert_int_equal(line->results[0].code, EG_SECURED);
    assert_int_equal(flash[0x11800], before);

    line->station.private_key = path_of_key;
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_not_equal(flash[0x11800], before);
    assert_int_equal(fake_secure_field(line, 1, "SPI_BOOT_CRYPT_CNT"), 1);

    line->station.private_key = NULL; /* what the flash holds now is on record */
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    flash[0x11800] ^= 1;
    fake_line_run_again(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "verify: app at 0x00010000: the flash does not hold what was encrypted for the key "
        "in the chip, and that key is in escrow: give --private-key FILE, which decrypts it");
    line->station.private_key = path_of_key;
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(unlink(path_of_key), 0);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(rmdir(own), 0);
}

static void ciphertext_that_is_gone_is_lost_with_its_key(void **state)
{
    struct fake_line *line = *state;
    size_t size;

    fake_plan_set(line->plan, "secure.download", "open");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run_again(line);
    ((uint8_t *)vb_board_flash(vb_gang_board(line->gang, 1), &size))[0x10010] ^= 1;
    fake_line_run_again(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_SECURED,
        "verify: app at 0x00010000: the flash does not hold what was encrypted for the key "
        "in the chip, and nobody knows that key any more: the board is lost");
}

/* ---- NVS ---- */

#define NVS_ADDR  0x9000
#define NVS_SIZE  0x3000
#define KEYS_ADDR 0xc000

static char folder[] = "/tmp/eg-nvs-XXXXXX";
static char path[64];
static uint8_t shared[32];

static int make_file(void **state)
{
    struct eg_error err;

    (void)state;
    for (unsigned i = 0; i < sizeof shared; i++)
        shared[i] = (uint8_t)(11 * i + 5);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/shared.key", folder);
    assert_ok(eg_secret_write(path, shared, sizeof shared, &err), err);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

/* Give each board NVS with its MAC, in a partition; there is one for keys of NVS, too. */
static void give_nvs(struct fake_line *line, const char *encrypt)
{
    static const uint8_t rows[2][32] = {
        {0xaa, 0x50, 1, 2, 0, 0x90, 0, 0, 0, 0x30, 0, 0, 'n', 'v', 's'},
        {0xaa, 0x50, 1, 4, 0, 0xc0, 0, 0, 0, 0x10, 0, 0, 'k', 'e', 'y', 's'},
    };
    struct eg_region *const table = &line->plan->regions[1];
    struct eg_error err;

    memcpy(table->data.data + 32, rows, sizeof rows);
    line->plan->wire_size -= table->zlib.size;
    eg_buffer_finish(&table->zlib);
    assert_ok(eg_region_finish(table, &err), err);
    line->plan->wire_size += table->zlib.size;
    fake_plan_set(line->plan, "unit.nvs.at", "nvs");
    fake_plan_set_file(line->plan, "unit.nvs.schema", "nvs.csv",
                       "key,type,encoding,value\ndevice,namespace,,\nmac,data,string,\n");
    fake_plan_add_item(line->plan, "unit.nvs.values", "mac", "{mac}");
    fake_plan_set(line->plan, "secure.nvs.encrypt", encrypt);
    fake_plan_set(line->plan, "secure.download", "open");
}

/* The NVS of a board as its flash has it, decrypted. */
static void assert_nvs(struct fake_line *line, unsigned board, const struct eg_secret *keys)
{
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    uint8_t image[NVS_SIZE];
    struct eg_error err;
    size_t size;

    memcpy(image, vb_board_flash(vb_gang_board(line->gang, board), &size) + NVS_ADDR, sizeof image);
    assert_int_not_equal(eg_nvs_read(&items, NULL, image, sizeof image, &err) == EG_OK && items.count == 1,
                         1);
    eg_nvs_items_finish(&items);
    assert_ok(eg_nvs_decrypt(image, sizeof image, keys, &err), err);
    assert_ok(eg_nvs_read(&items, NULL, image, sizeof image, &err), err);
    assert_int_equal(items.count, 1);
    assert_string_equal(items.list[0].key, "mac");
    assert_int_equal(items.list[0].size, EG_MAC_TEXT - 1);
}

static void nvs_is_encrypted_by_keys_of_the_board_in_the_encrypted_flash(void **state)
{
    struct fake_line *line = *state;
    const struct eg_flash_crypt how = {.scheme = EG_FLASH_XTS, .decrypt = true};
    uint8_t first[EG_NVS_KEYS_SIZE] = {0};
    struct eg_error err;
    size_t size;

    eg_setting_clear(eg_plan_setting(line->plan, "secure.flash.key"));
    fake_plan_set(line->plan, "secure.flash.key.file", path);
    fake_plan_set(line->plan, "secure.flash.key.shared", "yes");
    give_nvs(line, "flash");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, NO_FAULTS);
    fake_line_run(line);
    for (unsigned board = 1; board <= 2; board++) {
        EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret partition = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
        fake_line_assert_result(line, board, EG_PASS, EG_OK, "");
        assert_ok(eg_secret_init(&key, sizeof shared, &err), err);
        memcpy(key.data, shared, sizeof shared);
        assert_ok(eg_secret_init(&partition, EG_NVS_KEYS_FILE_SIZE, &err), err);
        memcpy(partition.data, vb_board_flash(vb_gang_board(line->gang, board), &size) + KEYS_ADDR,
               partition.size);
        assert_ok(eg_flash_crypt(partition.data, partition.size, KEYS_ADDR, &how, &key, &err), err);
        assert_ok(eg_nvs_keys_parse(&keys, &partition, &err), err);
        assert_memory_not_equal(keys.data, first, sizeof first);
        memcpy(first, keys.data, sizeof first);
        assert_nvs(line, board, &keys);
    }
}

static void nvs_is_encrypted_by_keys_from_the_chips_hidden_key(void **state)
{
    struct fake_line *line = *state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret keys = {0};
    struct eg_error err;

    eg_setting_clear(eg_plan_setting(line->plan, "secure.flash.key"));
    fake_plan_add_group(line->plan, "secure.keys",
                        (const char *const[]){"purpose", "HMAC_UP", "block", "BLOCK_KEY4", "file", path,
                                              "shared", "yes", NULL});
    give_nvs(line, "hmac");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_4"), 8);
    assert_ok(eg_secret_init(&key, sizeof shared, &err), err);
    memcpy(key.data, shared, sizeof shared);
    assert_ok(eg_nvs_keys_derive(&keys, &key, &err), err);
    assert_nvs(line, 1, &keys);
}

static void nvs_whose_keys_are_not_known_any_more_is_left_and_verified(void **state)
{
    struct fake_line *line = *state;
    size_t size;

    fake_plan_add_group(line->plan, "secure.keys",
                        (const char *const[]){"purpose", "HMAC_UP", "block", "BLOCK_KEY4", NULL});
    for (unsigned hmac = 0; hmac < 2; hmac++) {
        line->recorder.transcript[0] = '\0';
        if (hmac == 1)
            fake_plan_set(line->plan, "secure.nvs.encrypt", "hmac");
        else
            give_nvs(line, "flash");
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
        fake_line_run_again(line);
        fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
        fake_line_run_again(line);
        fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
        ((uint8_t *)vb_board_flash(vb_gang_board(line->gang, 1), &size))[NVS_ADDR + 0x60] ^= 1;
        fake_line_run_again(line);
        assert_int_equal(line->results[0].code, EG_SECURED);
        assert_non_null(strstr(line->results[0].text,
                               "verify: nvs at 0x00009000: the flash does not hold what was "
                               "encrypted for the key in the chip"));
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

static void nvs_survives_power_cuts_from_run_to_run(void **state)
{
    struct fake_line *line = *state;
    char cut[32];

    give_nvs(line, "flash");
    for (unsigned bits = 20; bits < 200; bits += 60) {
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux2", bits);
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS(cut));
        line->recorder.transcript[0] = '\0';
        for (unsigned runs = 0; runs < 8 && (runs == 0 || line->results[0].code != EG_OK); runs++)
            fake_line_run_again(line);
        fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
        assert_non_null(strstr(line->recorder.transcript, "left ciphertext at 0x00009000 "));
        assert_non_null(strstr(line->recorder.transcript, "left ciphertext at 0x0000c000 "));
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_flash_has_ciphertext_that_differs_from_board_to_board, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(the_same_attempt_made_again_uses_the_same_key, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_region_is_on_record_without_the_ciphertext_of_its_attempt, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_later_run_goes_on_where_the_power_failed, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_board_whose_key_is_hidden_keeps_its_ciphertext, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(
            kept_ciphertext_that_may_have_been_read_too_fast_is_digested_once_more, set_up,
            fake_line_teardown),
        cmocka_unit_test_setup_teardown(with_its_key_from_escrow_a_board_gets_other_content, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(another_firmware_is_not_taken_for_the_one_that_was_encrypted, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(ciphertext_that_is_gone_is_lost_with_its_key, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(nvs_is_encrypted_by_keys_of_the_board_in_the_encrypted_flash, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(nvs_is_encrypted_by_keys_from_the_chips_hidden_key, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(nvs_whose_keys_are_not_known_any_more_is_left_and_verified, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(nvs_survives_power_cuts_from_run_to_run, set_up, fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
