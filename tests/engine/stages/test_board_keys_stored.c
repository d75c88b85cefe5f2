/* SPDX-License-Identifier: Apache-2.0 */

/* Keys from pools, and keys in escrow. */

#include "engine/secure/ecdsa.h"
#include "engine/secure/escrow.h"
#include "engine/secure/flash_crypt.h"
#include "engine/secure/sign_key.h"
#include "tests/engine/stages/board_keys.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Keys from a pool ---- */

/* Make a pair of keys for escrow. The private one is at `path`. */
static void make_escrow(char folder[], char path[64], struct eg_buffer *pem, enum eg_sign_scheme scheme)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    struct eg_error err;

    assert_non_null(mkdtemp(folder));
    snprintf(path, 64, "%s/escrow.pem", folder);
    assert_ok(eg_sign_key_make(path, scheme, &err), err);
    assert_ok(eg_sign_key_read(&key, path, &err), err);
    assert_ok(eg_sign_key_public(pem, &key, &err), err);
    assert_ok(eg_buffer_append(pem, "", 1, &err), err);
}

/* Seal a key as a pool has it. */
static void seal(struct eg_buffer *text, const struct eg_buffer *pem, const struct eg_secret *key)
{
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
    static const char head[] = EG_POOL_SEALED "0123456789abcdef ";
    struct eg_error err;

    text->size = 0;
    assert_ok(eg_escrow_parse(&escrow, "station.pem", pem->data, pem->size - 1, &err), err);
    assert_ok(eg_buffer_append(text, head, strlen(head), &err), err);
    assert_ok(eg_escrow_seal(&escrow, key, text, &err), err);
}

static void a_key_from_a_pool_encrypts_the_flash_of_its_board(void **state)
{
    struct fake_line *line = *state;
    char folder[] = "/tmp/eg-pool-XXXXXX", path[64];
    const struct eg_flash_crypt how = {.scheme = EG_FLASH_XTS, .decrypt = true};
    const struct eg_region *const app = &line->plan->regions[2];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer sealed = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret other = {0};
    struct eg_error err;
    uint8_t flash[256];
    size_t size;

    make_escrow(folder, path, &pem, EG_SIGN_ECDSA256);
    assert_ok(eg_secret_make(&key, 32, &err), err);
    assert_ok(eg_secret_make(&other, 32, &err), err);
    seal(&sealed, &pem, &key);
    eg_setting_clear(eg_plan_setting(line->plan, "secure.flash.key"));
    fake_plan_set(line->plan, "secure.flash.key.pool", "keys");
    fake_plan_set(line->plan, "secure.flash.key.column", "key");
    fake_plan_set(line->plan, "secure.download", "open");
    line->recorder.serial = "k1";
    line->recorder.key = (const char *)sealed.data;
    line->private_key = path;
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    uint8_t *const of_board =
        (uint8_t *)vb_board_flash(vb_gang_board(line->gang, 1), &size) + app->flash_addr;

    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_non_null(strstr(line->recorder.transcript, "reserve keys\nclaim flash key "));
    assert_non_null(strstr(line->recorder.transcript, "mark written\n"));
    memcpy(flash, of_board, sizeof flash);
    assert_ok(eg_flash_crypt(flash, sizeof flash, app->flash_addr, &how, &key, &err), err);
    assert_memory_equal(flash, app->data.data, sizeof flash);

    /* The row is the board's: its key makes the ciphertext again. */
    of_board[16] ^= 1;
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    memcpy(flash, of_board, sizeof flash);
    assert_ok(eg_flash_crypt(flash, sizeof flash, app->flash_addr, &how, &key, &err), err);
    assert_memory_equal(flash, app->data.data, sizeof flash);

    seal(&sealed, &pem, &other);
    line->recorder.key = (const char *)sealed.data;
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "fuses-check: the chip hides a flash key that is not that of pool keys: it was "
                            "burnt by another job");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void a_key_of_a_pool_that_cannot_be_had_is_refused_with_the_reason(void **state)
{
    struct fake_line *line = *state;
    char folder[] = "/tmp/eg-pool-XXXXXX", path[64];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer sealed = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer half = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    struct eg_error err;

    make_escrow(folder, path, &pem, EG_SIGN_ECDSA256);
    assert_ok(eg_secret_make(&key, 32, &err), err);
    seal(&sealed, &pem, &key);
    key.size = 16;
    seal(&half, &pem, &key);
    const struct {
        const char *value, *private_key, *column, *sentence;
    } rows[] = {
        {(const char *)sealed.data, NULL, "key",
         "fuses-check: the keys of pool keys are sealed, and no private key is given: say --private-key "
         "FILE"},
        {(const char *)sealed.data, path, "other", "fuses-check: pool keys has no column other"},
        {"00112233", path, "key",
         "fuses-check: column key of pool keys is not sealed: import it with 'espgang pool import --seal'"},
        {(const char *)half.data, path, "key",
         "fuses-check: the key in column key of pool keys has 16 bytes, and that of this board has 32"},
        {(const char *)sealed.data, "/dev/null/none", "key",
         "fuses-check: pool keys: /dev/null/none: Not a directory"},
    };
    eg_setting_clear(eg_plan_setting(line->plan, "secure.flash.key"));
    fake_plan_set(line->plan, "secure.flash.key.pool", "keys");
    line->recorder.serial = "k1";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake_plan_set(line->plan, "secure.flash.key.column", rows[i].column);
        line->recorder.key = rows[i].value;
        line->private_key = rows[i].private_key;
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
        fake_line_run_again(line);
        fake_line_assert_result(line, 1, EG_ERROR, EG_BAD_UNIT_DATA, rows[i].sentence);
        assert_true(fake_line_blank(line, 1));
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void want_escrow(struct fake_line *line, char folder[], char path[64])
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};

    make_escrow(folder, path, &pem, EG_SIGN_RSA3072);
    fake_plan_set_file(line->plan, "secure.flash.escrow", "escrow.pub", (const char *)pem.data);
}

/* Recover a key from the transcript, where its deposit must come before the intent to burn it. Returns false
 * if the key was neither deposited nor to be burnt. */
static bool recover(const struct fake_line *line, struct eg_secret *key, const char *item, const char *path)
{
    char deposit[100], intent[100], text[1024];
    struct eg_error err;

    snprintf(deposit, sizeof deposit, "left escrow of %s ", item);
    snprintf(intent, sizeof intent, "intended %s ", item);
    const char *const held = strstr(line->recorder.transcript, deposit);
    const char *const burnt = strstr(line->recorder.transcript, intent);
    if (burnt == NULL)
        return false;
    assert_non_null(held);
    assert_true(held < burnt);
    /* the same fingerprint */
    assert_memory_equal(held + strlen(deposit), burnt + strlen(intent), EG_FINGERPRINT_TEXT - 1);
    const char *const sealed = held + strlen(deposit) + EG_FINGERPRINT_TEXT;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(sealed, "\n"), sealed);
    assert_ok(eg_escrow_recover(key, path, text, &err), err);
    return true;
}

static void a_key_in_escrow_decrypts_the_flash_of_its_board(void **state)
{
    struct fake_line *line = *state;
    EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
    char folder[] = "/tmp/eg-escrow-XXXXXX", path[64];
    const struct eg_flash_crypt how = {.scheme = EG_FLASH_XTS, .decrypt = true};
    const struct eg_region *const app = &line->plan->regions[2];
    uint8_t flash[256];
    struct eg_error err;
    size_t size;

    want_escrow(line, folder, path);
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_true(recover(line, &key, "XTS_AES_128_KEY", path));
    memcpy(flash, vb_board_flash(vb_gang_board(line->gang, 1), &size) + app->flash_addr, sizeof flash);
    assert_ok(eg_flash_crypt(flash, sizeof flash, app->flash_addr, &how, &key, &err), err);
    assert_memory_equal(flash, app->data.data, sizeof flash);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Put another record of the escrow of board 1's flash key after that of its run. */
static void forge_escrow(struct fake_line *line, const char *sealed)
{
    static const char begins[] = "left escrow of XTS_AES_128_KEY ";
    const char *const held = strstr(line->recorder.transcript, begins);
    char *const end = line->recorder.transcript + strlen(line->recorder.transcript);

    assert_non_null(held);
    snprintf(end, (size_t)(line->recorder.transcript + sizeof line->recorder.transcript - end), "%s%.*s %s\n",
             begins, EG_FINGERPRINT_TEXT - 1, held + strlen(begins), sealed);
}

static void a_key_in_escrow_is_used_only_if_it_is_the_boards(void **state)
{
    struct fake_line *line = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer sealed = {0};
    EG_CLEANUP(eg_escrow_finish) struct eg_escrow escrow = {0};
    EG_CLEANUP(eg_secret_finish) struct eg_secret other = {0};
    char folder[] = "/tmp/eg-escrow-XXXXXX", path[64], damaged[80];
    struct eg_error err;

    want_escrow(line, folder, path);
    fake_plan_set(line->plan, "secure.download", "open");
    line->private_key = path;
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");

    const struct eg_setting *const station = eg_plan_setting(line->plan, "secure.flash.escrow");
    assert_ok(eg_escrow_parse(&escrow, "escrow.pub", station->content.data, station->content.size, &err),
              err);
    assert_ok(eg_secret_make(&other, 32, &err), err);
    assert_ok(eg_escrow_seal(&escrow, &other, &sealed, &err), err);

    forge_escrow(line, (const char *)sealed.data);
    fake_line_run_again(line);
    fake_line_assert_result(
        line, 1, EG_ERROR, EG_BAD_UNIT_DATA,
        "fuses-check: the flash key in escrow is not the one that was burnt into the board");
    snprintf(damaged, sizeof damaged, "%s AAAA", escrow.id);
    forge_escrow(line, damaged);
    fake_line_run_again(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_BAD_UNIT_DATA,
                            "fuses-check: what is in escrow is damaged: * does not decrypt it");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Add a key in BLOCK_KEY3 with escrow. */
static void want_key_in_escrow(struct fake_line *line, const char *purpose, const struct eg_buffer *pem)
{
    struct eg_error err;

    fake_plan_add_group(
        line->plan, "secure.keys",
        (const char *const[]){"purpose", purpose, "block", "BLOCK_KEY3", "escrow", "escrow.pub", NULL});
    struct eg_setting *const keys = eg_plan_setting(line->plan, "secure.keys");
    struct eg_setting *const escrow =
        eg_settings_find(keys->groups[0].settings, keys->groups[0].setting_count, "escrow");
    assert_ok(eg_buffer_append(&escrow->content, pem->data, pem->size, &err), err);
}

/* Return a line of the transcript that begins so, without its beginning. */
static void line_of(const struct fake_line *line, const char *begins, char *text, size_t room)
{
    const char *const at = strstr(line->recorder.transcript, begins);

    assert_non_null(at);
    snprintf(text, room, "%.*s", (int)strcspn(at + strlen(begins), "\n"), at + strlen(begins));
}

static void the_public_key_of_a_boards_own_ecdsa_key_is_on_record(void **state)
{
    static const struct {
        const char *chip, *purpose, *key, *low;
        enum eg_sign_scheme scheme;
        uint32_t number;
    } rows[] = {
        {"esp32h2", "ECDSA_KEY", "ECDSA_KEY in BLOCK_KEY3", NULL, EG_SIGN_ECDSA256, 1},
        {"esp32c5", "ECDSA_KEY_P192", "ECDSA_KEY_P192 in BLOCK_KEY3", NULL, EG_SIGN_ECDSA192, 16},
        {"esp32c5", "ECDSA_KEY_P384", "ECDSA_KEY_P384_H in BLOCK_KEY3", "ECDSA_KEY_P384_L in BLOCK_KEY4",
         EG_SIGN_ECDSA384, 18},
    };
    struct fake_line *line = *state;
    char folder[] = "/tmp/eg-escrow-XXXXXX", path[64], begins[100], text[300];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    struct eg_error err;

    make_escrow(folder, path, &pem, EG_SIGN_ECDSA256);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
        EG_CLEANUP(eg_secret_finish) struct eg_secret low = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer public = {0};
        eg_plan_destroy(line->plan);
        line->plan = fake_secure_plan_of(rows[i].chip, "ecdsa256");
        want_key_in_escrow(line, rows[i].purpose, &pem);
        line->recorder.transcript[0] = '\0';
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
        fake_line_run_again(line);
        fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
        assert_true(recover(line, &key, rows[i].key, path));
        if (rows[i].low != NULL)
            assert_true(recover(line, &low, rows[i].low, path));
        assert_ok(eg_ecdsa_public(&public, rows[i].scheme, &key, rows[i].low != NULL ? &low : NULL, &err),
                  err);
        snprintf(begins, sizeof begins, "left public key of %s ", rows[i].key);
        line_of(line, begins, text, sizeof text);
        assert_string_equal(text, (const char *)public.data);
        assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_3"), rows[i].number);
        assert_int_equal(fake_secure_field(line, 1, "RD_DIS") & 8, 8);
        /* the chip has it last byte first */
        assert_int_equal(fake_secure_field(line, 1, "BLOCK_KEY3"),
                         (uint32_t)key.data[31] | (uint32_t)key.data[30] << 8 | (uint32_t)key.data[29] << 16 |
                             (uint32_t)key.data[28] << 24);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Whatever of a key is burnt, the key is in escrow: the power fails, and each run has one attempt. */
static void no_key_is_lost_between_escrow_and_burn(void **state)
{
    struct fake_line *line = *state;
    char folder[] = "/tmp/eg-escrow-XXXXXX", path[64], cut[32];
    unsigned recovered = 0;

    want_escrow(line, folder, path);
    for (unsigned bits = 0; bits < 240; bits += 60) {
        EG_CLEANUP(eg_secret_finish) struct eg_secret key = {0};
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux1", bits);
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS(cut));
        line->recorder.transcript[0] = '\0';
        fake_line_run_again(line);
        assert_int_not_equal(line->results[0].code, EG_OK);
        recovered += recover(line, &key, "XTS_AES_128_KEY", path);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
    assert_int_equal(recovered, 4);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* With the private key at the line, no board is lost by a power cut. */
static void a_key_in_escrow_is_burnt_again_after_a_power_cut(void **state)
{
    struct fake_line *line = *state;
    char folder[] = "/tmp/eg-escrow-XXXXXX", path[64], cut[32];
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    unsigned waited = 0;

    make_escrow(folder, path, &pem, EG_SIGN_ECDSA256);
    want_three_keys(line);
    fake_plan_set_file(line->plan, "secure.flash.escrow", "escrow.pub", (const char *)pem.data);
    eg_setting_clear(eg_plan_setting(line->plan, "secure.keys"));
    want_key_in_escrow(line, "HMAC_UP", &pem);
    for (unsigned bits = 3; bits < 400; bits += 40) {
        snprintf(cut, sizeof cut, "1:efuse-cut@%ux1", bits);
        line->private_key = NULL;
        fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS(cut));
        line->recorder.transcript[0] = '\0';
        fake_line_run_again(line);
        assert_int_not_equal(line->results[0].code, EG_OK);
        fake_line_run_again(line);
        if (line->results[0].code != EG_OK) {
            fake_line_assert_result(
                line, 1, EG_FAIL, EG_SECURED,
                "fuses-check: the burn of the board's * was interrupted, and ESP32-S3 has no "
                "other block for one: the key is in escrow, give --private-key FILE, which "
                "decrypts it");
            line->station.private_key = path;
            fake_line_run_again(line);
            waited++;
        }
        if (line->results[0].code != EG_OK)
            fail_msg("%s: %s", cut, line->results[0].text);
        assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_3"), 8);
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
    assert_true(waited > 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void a_record_that_fails_leaves_the_board_without_a_key(void **state)
{
    struct fake_line *line = *state;
    char folder[] = "/tmp/eg-escrow-XXXXXX", path[64];

    want_escrow(line, folder, path);
    line->recorder.fail_secure = EG_NO_ROOM;
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    assert_int_equal(line->results[0].code, EG_NO_ROOM);
    assert_true(fake_line_blank(line, 1));
    assert_int_equal(fake_secure_field(line, 1, "KEY_PURPOSE_0"), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_in_escrow_decrypts_the_flash_of_its_board, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_key_in_escrow_is_used_only_if_it_is_the_boards, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(the_public_key_of_a_boards_own_ecdsa_key_is_on_record, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(no_key_is_lost_between_escrow_and_burn, set_up, fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_key_in_escrow_is_burnt_again_after_a_power_cut, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_key_from_a_pool_encrypts_the_flash_of_its_board, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_key_of_a_pool_that_cannot_be_had_is_refused_with_the_reason, set_up,
                                        fake_line_teardown),
        cmocka_unit_test_setup_teardown(a_record_that_fails_leaves_the_board_without_a_key, set_up,
                                        fake_line_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
