/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/mac.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdatomic.h>
#include <string.h>

/* Check that a refused board is unchanged, and no intent to erase it is recorded. */
static void assert_refused(struct fake_line *line, enum eg_code code, const char *text)
{
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, code, text);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->intents, 0);
    assert_true(fake_line_blank(line, 1));
}

static void a_board_of_another_chip_is_refused(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &(struct vb_config){.target = eg_target_by_name("esp32c3"), .fast = true}, 1,
                   NO_FAULTS);
    assert_refused(line, EG_WRONG_CHIP, "admit: the board is an ESP32-C3, the job is for ESP32");
}

static void a_chip_older_than_the_image_wants_is_refused(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_image(line->plan, "image", 0x200000, 0x1000, 301, UINT16_MAX);
    fake_line_plug(line, &(struct vb_config){.revision = 300, .fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_WRONG_REVISION, "admit: image needs revision v3.1 or later, the chip is v3.0");
}

static void a_chip_newer_than_the_image_knows_is_refused(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_image(line->plan, "image", 0x200000, 0x1000, 0, 299);
    fake_line_plug(line, &(struct vb_config){.revision = 300, .fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_WRONG_REVISION, "admit: image runs up to revision v2.99, the chip is v3.0");
}

static void a_flash_smaller_than_declared_is_refused(void **state)
{
    struct fake_line *line = *state;

    line->plan->declared_flash_size = 8 << 20;
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_FLASH_TOO_SMALL, "admit: the flash has 4 MB, the given flash size is 8 MB");
}

static void a_region_beyond_the_end_of_the_flash_is_refused(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add(line->plan, "tail", 0x3ff000, 0x2000);
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_FLASH_TOO_SMALL,
                   "admit: tail: 0x003ff000 to 0x00401000 goes beyond the end of the flash at 0x00400000");
}

static void a_region_that_ends_with_the_flash_is_written(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add(line->plan, "tail", 0x3ff000, 0x1000);
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
}

static void secure_download_mode_is_refused(void **state)
{
    struct fake_line *line = *state;

    line->plan->target = eg_target_by_name("esp32c3");
    fake_line_plug(line, &(struct vb_config){.secure_download = true, .fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_SECURED,
                   "admit: the chip is in secure download mode: its MAC cannot be read and what is written "
                   "cannot be verified");
}

static void plain_data_for_an_encrypted_flash_is_refused(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &(struct vb_config){.flash_encryption = true, .fast = true}, 1, NO_FAULTS);
    assert_refused(
        line, EG_SECURED,
        "admit: flash encryption is on and bootloader is written plain: the chip runs it only if it was "
        "encrypted before");
}

static void the_bootloader_that_secure_boot_v1_trusts_is_not_overwritten(void **state)
{
    struct fake_line *line = *state;
    struct eg_target v1 = *line->plan->target;

    struct eg_field fields[EG_FIELD_COUNT];

    memcpy(fields, v1.field, sizeof fields);
    fields[EG_FIELD_SECURE_BOOT_V2] = (struct eg_field){0}; /* so the board burns the bit of v1 */
    v1.field = fields;
    fake_line_plug(line, &(struct vb_config){.target = &v1, .secure_boot = true, .fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_SECURED,
                   "admit: secure boot is on and bootloader at 0x00001000 would overwrite the bootloader it "
                   "trusts");
}

static void an_image_without_a_signature_is_refused_under_secure_boot_v2(void **state)
{
    struct fake_line *line = *state;

    line->plan->regions[0].flash_addr = 0x200000; /* makes room */
    fake_plan_add_image(line->plan, "image", 0x1000, 0x1000, 0, UINT16_MAX);
    fake_line_plug(line, &(struct vb_config){.secure_boot = true, .revision = 300, .fast = true}, 1,
                   NO_FAULTS);
    assert_refused(line, EG_SECURED,
                   "admit: secure boot is on and image is not signed: the chip would not start it");
}

static void what_a_job_allows_goes_on_record(void **state)
{
    struct fake_line *line = *state;

    line->plan->regions[0].flash_addr = 0x200000;
    fake_plan_add_image(line->plan, "image", 0x1000, 0x1000, 0, UINT16_MAX);
    fake_plan_add_item(line->plan, "allow", NULL, "unsigned-image");
    fake_plan_add_item(line->plan, "allow", NULL, "board-table");
    fake_plan_add_item(line->plan, "allow", NULL, "image-revision"); /* an exception that is not needed */
    fake_line_plug(line, &(struct vb_config){.secure_boot = true, .revision = 300, .fast = true}, 1,
                   NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_non_null(strstr(line->recorder.transcript,
                           "allowed (unsigned-image): secure boot is on and image is not "
                           "signed: the chip would not start it\n"));
    assert_null(strstr(line->recorder.transcript, "image-revision"));
}

static void a_header_is_left_as_it_was_built_on_a_board_with_secure_boot(void **state)
{
    struct fake_line *line = *state;
    struct eg_error err;
    size_t size;

    line->plan->regions[0].flash_addr = 0x200000;
    struct eg_region *const region = fake_plan_add_image(line->plan, "image", 0x1000, 0x1000, 0, UINT16_MAX);
    fake_plan_add_item(line->plan, "allow", NULL, "unsigned-image");
    fake_plan_add_item(line->plan, "allow", NULL, "board-table");
    assert_ok(eg_alloc(&region->as_built, 1, sizeof *region->as_built, &err), err);
    *region->as_built = (struct eg_region){.flash_addr = 0x1000, .file_size = 0x1000, .is_image = true};
    assert_ok(eg_strdup(&region->as_built->name, "image", &err), err);
    assert_ok(eg_strdup(&region->as_built->path, "image", &err), err);
    assert_ok(eg_buffer_append(&region->as_built->data, region->data.data, region->data.size, &err), err);
    assert_ok(eg_region_finish(region->as_built, &err), err);
    region->data.data[2] = 3; /* as the job wants it */
    eg_buffer_finish(&region->zlib);
    assert_ok(eg_region_finish(region, &err), err);

    fake_line_plug(line, &(struct vb_config){.secure_boot = true, .revision = 300, .fast = true}, 1,
                   NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(vb_board_flash(vb_gang_board(line->gang, 1), &size)[0x1002], 0);
}

static void a_signed_bootloader_may_be_replaced_under_secure_boot_v2(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &(struct vb_config){.secure_boot = true, .revision = 300, .fast = true}, 1,
                   NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_true(fake_recorder_run(&line->recorder, "1")->unit.secure_boot);
}

/* Delay writing of the first board until the other one is refused. */
static void write_after_the_other(void *context, const struct eg_log_record *record)
{
    atomic_bool *const refused = context;

    if (record->kind == EG_LOG_OUTCOME)
        atomic_store(refused, true);
    while (record->kind == EG_LOG_STAGE_BEGIN && strcmp(record->stage, "write") == 0 && !atomic_load(refused))
        eg_clock_sleep_until_us(eg_clock_us() + 1000);
}

static void of_two_boards_that_show_one_mac_neither_passes(void **state)
{
    struct fake_line *line = *state;
    atomic_bool refused = false;
    char text[160];

    line->recorder.at_log = write_after_the_other;
    line->recorder.context = &refused;
    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, FAULTS("2:mac=1"));
    fake_line_run(line);
    const unsigned second = strncmp(line->results[1].text, "admit: ", 7) == 0 ? 2 : 1;
    const unsigned first = 3 - second;
    snprintf(text, sizeof text, "admit: the board in slot %u shows the same MAC %s", first,
             line->results[first - 1].mac);
    fake_line_assert_result(line, second, EG_FAIL, EG_DUPLICATE_MAC, text);
    snprintf(text, sizeof text, "write: the board in slot %u shows the same MAC %s", second,
             line->results[first - 1].mac);
    fake_line_assert_result(line, first, EG_FAIL, EG_DUPLICATE_MAC, text);
    assert_true(fake_line_blank(line, second));
}

static void a_clone_is_refused(void **state)
{
    struct fake_line *line = *state;

    line->recorder.seen = (struct eg_seen){.mac_known = true, .clone_run = 7, .clone_flash = "aa55"};
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    assert_string_equal(eg_code_name(line->results[0].code), "clone");
    assert_non_null(
        strstr(line->results[0].text, " is a clone: the board of run 7 has this MAC with flash aa55"));
    assert_true(fake_line_blank(line, 1));
}

static void a_clone_is_programmed_when_the_job_allows_it(void **state)
{
    struct fake_line *line = *state;

    line->recorder.seen = (struct eg_seen){.mac_known = true, .clone_run = 7, .clone_flash = "aa55"};
    fake_plan_set(line->plan, "accept.clones", "allow");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
}

static void a_label_that_another_board_has_is_refused_before_anything_is_erased(void **state)
{
    struct fake_line *line = *state;

    line->recorder.taken = "L7";
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    line->slots[0].label = "L7";
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_NOT_UNIQUE, "admit: another board has it");
    assert_true(fake_line_blank(line, 1));
}

static void a_board_that_was_seen_before_is_noted(void **state)
{
    struct fake_line *line = *state;

    line->recorder.seen = (struct eg_seen){
        .runs = 2, .passed = 1, .last_utc = "2026-11-23T08:24:00.123Z", .last_outcome = "pass"};
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    assert_non_null(
        strstr(line->recorder.transcript,
               "\nnote seen before: 2 runs, 1 passed, the last at 2026-11-23T08:24:00.123Z (pass)\n"));
}

/* State that the worker finds when the intent is recorded. */
struct moment {
    struct fake_line *line;
    bool blank;
    char mac[EG_MAC_TEXT];
};

static void look(void *context, const struct eg_unit *unit)
{
    struct moment *moment = context;

    moment->blank = fake_line_blank(moment->line, 1);
    memcpy(moment->mac, unit->mac, sizeof moment->mac);
}

static void the_intent_is_on_record_before_the_first_erase(void **state)
{
    struct fake_line *line = *state;
    struct moment moment = {.line = line};
    char mac[EG_MAC_TEXT];

    line->recorder.at_intent = look;
    line->recorder.context = &moment;
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->intents, 1);
    assert_true(moment.blank);
    assert_false(fake_line_blank(line, 1));
    eg_mac_text(mac, vb_board_mac(vb_gang_board(line->gang, 1)));
    assert_string_equal(moment.mac, mac);
}

static void nothing_is_written_when_the_intent_cannot_be_recorded(void **state)
{
    struct fake_line *line = *state;

    line->recorder.fail_intent = EG_NO_ROOM;
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_NO_ROOM, "admit: the disk is on fire");
    assert_true(fake_line_blank(line, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_board_of_another_chip_is_refused),
        TEST(a_chip_older_than_the_image_wants_is_refused),
        TEST(a_chip_newer_than_the_image_knows_is_refused),
        TEST(a_flash_smaller_than_declared_is_refused),
        TEST(a_region_beyond_the_end_of_the_flash_is_refused),
        TEST(a_region_that_ends_with_the_flash_is_written),
        TEST(secure_download_mode_is_refused),
        TEST(plain_data_for_an_encrypted_flash_is_refused),
        TEST(the_bootloader_that_secure_boot_v1_trusts_is_not_overwritten),
        TEST(an_image_without_a_signature_is_refused_under_secure_boot_v2),
        TEST(what_a_job_allows_goes_on_record),
        TEST(a_header_is_left_as_it_was_built_on_a_board_with_secure_boot),
        TEST(a_signed_bootloader_may_be_replaced_under_secure_boot_v2),
        TEST(of_two_boards_that_show_one_mac_neither_passes),
        TEST(a_clone_is_refused),
        TEST(a_clone_is_programmed_when_the_job_allows_it),
        TEST(a_label_that_another_board_has_is_refused_before_anything_is_erased),
        TEST(a_board_that_was_seen_before_is_noted),
        TEST(the_intent_is_on_record_before_the_first_erase),
        TEST(nothing_is_written_when_the_intent_cannot_be_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
