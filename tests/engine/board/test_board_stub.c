/* SPDX-License-Identifier: Apache-2.0 */

#include "stubs/stub.h"
#include "tests/fakes/chips.h"
#include "tests/fakes/fake_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_base64(FILE *file, const uint8_t *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    assert_int_equal(size % 4, 0);
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const uint32_t three = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                               (left > 2 ? data[i + 2] : 0);
        fprintf(file, "%c%c%c%c", digits[three >> 18], digits[three >> 12 & 63],
                left > 1 ? digits[three >> 6 & 63] : '=', left > 2 ? digits[three & 63] : '=');
    }
}

/* Write the built-in stub to a file of the test's folder; `spoil` changes its code. */
static void write_stub(struct fake_board *fake, const char *name, bool spoil)
{
    const struct eg_stub *stub = eg_stub_by_name(name);
    char file_name[64], path[4096];
    EG_CLEANUP(eg_free_cleanup) uint8_t *text = NULL;

    assert_non_null(stub);
    text = malloc(stub->text_size);
    assert_non_null(text);
    memcpy(text, stub->text, stub->text_size);
    text[0] ^= spoil;
    snprintf(file_name, sizeof file_name, "%s.json", name);
    FILE *file = fopen(fake_board_path(fake, path, file_name), "w");
    assert_non_null(file);
    fprintf(file, "{\"entry\": %u, \"text_start\": %u, \"text\": \"", (unsigned)stub->entry,
            (unsigned)stub->text_addr);
    write_base64(file, text, stub->text_size);
    fprintf(file, "\", \"data_start\": %u, \"data\": \"", (unsigned)stub->data_addr);
    write_base64(file, stub->data, stub->data_size);
    fprintf(file, "\"}\n");
    assert_int_equal(fclose(file), 0);
}

static void the_stub_is_uploaded_once(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake->options.trace = true;
    fake_board_connect(fake, FAKE_STUB);
    assert_int_equal(eg_board_flash_block_size(fake->board), 0x4000);
    const unsigned uploads = fake_board_count(fake, "trace: ");
    assert_ok(eg_board_run_stub(fake->board, &err), err);
    assert_int_equal(fake_board_count(fake, "trace: "), uploads);
    assert_int_equal(fake_board_count(fake, "warning: "), 0);
}

static void a_stub_that_waits_there_is_taken_over(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_ok(eg_board_reset_chip(fake->board, EG_AFTER_NO_RESET_STUB, &err), err);
    assert_ok(eg_board_connect(fake->board, &err), err);
    assert_true(eg_board_has_stub(fake->board));
    assert_string_equal(eg_board_chip_name(fake->board), "esp32c3");

    eg_board_destroy(fake->board);
    fake->options.before = EG_BEFORE_NO_RESET_NO_SYNC;
    assert_ok(eg_board_detect_chip(&fake->board, &fake->options, &err), err);
    assert_true(eg_board_has_stub(fake->board));
}

static void a_stub_of_a_folder_goes_before_the_one_built_in(void **state)
{
    struct fake_board *fake = *state;
    char path[4096], sentence[4200];
    struct eg_error err;

    fake->options.stub_dir = fake->folder;
    fake_board_start(fake, "esp32c3", FAKE_STUB); /* no such stub in the folder: the built-in one */
    fake_board_unplug(fake);

    write_stub(fake, "esp32c3", false);
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    fake_board_unplug(fake);

    write_stub(fake, "esp32c3", true); /* no chip can run that */
    fake_board_start(fake, "esp32c3", FAKE_ROM);
    assert_error(eg_board_run_stub(fake->board, &err), err, EG_STUB_FAILED,
                 "starting the stub: no greeting within 3000 ms");
    assert_false(eg_board_has_stub(fake->board));
    fake_board_unplug(fake);

    fake_board_write(fake, "esp32c3.json", "{}", 2);
    fake_board_start(fake, "esp32c3", FAKE_ROM);
    snprintf(sentence, sizeof sentence, "%s: text is missing", fake_board_path(fake, path, "esp32c3.json"));
    assert_error(eg_board_run_stub(fake->board, &err), err, EG_BAD_STUB, sentence);
    assert_false(eg_board_has_stub(fake->board));
}

static void assert_rom_goes_on(struct fake_board *fake, const char *warning)
{
    uint8_t data[100] = {1, 2, 3}, back[100];
    const struct eg_flash_file file = {.addr = 0x10000, .input = {.data = data, .size = sizeof data}};
    const struct eg_output output = {.data = back, .size = sizeof back};
    struct eg_error err;

    assert_ok(eg_board_run_stub(fake->board, &err), err);
    assert_false(eg_board_has_stub(fake->board));
    assert_true(fake_board_said(fake, warning));
    assert_ok(eg_board_write_flash(fake->board, &file, 1, NULL, NULL, &err), err);
    assert_memory_equal(fake_board_flash(fake) + 0x10000, data, sizeof data);
    if (eg_board_secure_download(fake->board))
        return;
    assert_ok(eg_board_read_flash(fake->board, 0x10000, sizeof back, &output, false, &err), err);
    assert_memory_equal(back, data, sizeof data);
}

static void where_there_is_no_stub_the_rom_goes_on(void **state)
{
    struct fake_board *fake = *state;
    static const struct {
        const char *chip, *warning;
        struct vb_config config;
    } rows[] = {
        {"esp32c3",
         "warning: ESP32-C3 starts no stub in secure download mode; its ROM goes on",
         {.secure_download = true}},
        {"esp32s2",
         "warning: ESP32-S2 starts no stub in secure download mode; its ROM goes on",
         {.secure_download = true}},
        {"esp32c3",
         "warning: ESP32-C3 starts no stub with secure boot on; its ROM goes on",
         {.secure_boot = true}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vb_config config = rows[i].config;
        config.fast = config.strap_low = true;
        fake_board_plug(fake, rows[i].chip, &config, NO_FAULTS);
        fake_board_connect(fake, FAKE_ROM);
        assert_rom_goes_on(fake, rows[i].warning);
        fake_board_unplug(fake);
    }
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        char warning[120];

        if (eg_targets[i]->stub != NULL)
            continue;
        snprintf(warning, sizeof warning, "warning: there is no stub for this %s, its ROM goes on",
                 eg_targets[i]->label);
        fake_board_plug(fake, eg_targets[i]->name, FAKE_USUAL, NO_FAULTS);
        fake_board_connect(fake, FAKE_ROM);
        assert_rom_goes_on(fake, warning);
        fake_board_unplug(fake);
    }
    fake_board_plug(fake, "esp32c2", FAKE_USUAL, NO_FAULTS);
    fake_board_burn(fake, EG_FIELD_REV_MAJOR, 0);
    fake_board_burn(fake, EG_FIELD_REV_MINOR, 0);
    fake_board_connect(fake, FAKE_ROM);
    assert_rom_goes_on(fake, "warning: there is no stub for this ESP32-C2, its ROM goes on");
}

static void an_esp32_s3_with_secure_boot_runs_its_stub_by_a_detour(void **state)
{
    struct fake_board *fake = *state;

    fake_board_plug(fake, "esp32s3", FAKE_CONFIG(.secure_boot = true), NO_FAULTS);
    fake_board_connect(fake, FAKE_STUB);
    assert_int_equal(fake_board_count(fake, "warning: "), 0);
}

/* ---- Leaving the loader, and rates ---- */
int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(the_stub_is_uploaded_once),
        FAKE_TEST(a_stub_that_waits_there_is_taken_over),
        FAKE_TEST(a_stub_of_a_folder_goes_before_the_one_built_in),
        FAKE_TEST(where_there_is_no_stub_the_rom_goes_on),
        FAKE_TEST(an_esp32_s3_with_secure_boot_runs_its_stub_by_a_detour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
