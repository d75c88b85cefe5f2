/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/nvs.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct vb_config fast = {.fast = true};

#define NVS_ADDR 0x9000
#define RAW_ADDR 0x200000
#define SCHEMA   "key,type,encoding\ndevice,namespace,\nserial,data,string\nnumber,data,u32\n"

#define GROUP(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Give the job a serial from a pool, in NVS and as text. */
static void give_serials(struct fake_line *line)
{
    line->recorder.serial = "17";
    fake_plan_set(line->plan, "unit.serial.pool", "serials");
    fake_plan_set(line->plan, "unit.serial.format", "ACME-{:06d}");
    fake_plan_set(line->plan, "unit.nvs.at", "0x9000");
    fake_plan_set(line->plan, "unit.nvs.size", "0x3000");
    fake_plan_set_file(line->plan, "unit.nvs.schema", "nvs.csv", SCHEMA);
    fake_plan_add_item(line->plan, "unit.nvs.values", "serial", "{serial}");
    fake_plan_add_item(line->plan, "unit.nvs.values", "number", "{:d}");
    fake_plan_add_group(line->plan, "unit.raw",
                        GROUP("at", "2MB", "value", "{serial} {mac:plain}", "size", "64"));
}

static const uint8_t *flash_of(struct fake_line *line, unsigned board, uint32_t flash_addr)
{
    size_t size;
    const uint8_t *flash = vb_board_flash(vb_gang_board(line->gang, board), &size);

    assert_true(flash_addr < size);
    return flash + flash_addr;
}

static void the_boards_own_data_is_written_after_the_jobs_and_verified(void **state)
{
    struct fake_line *line = *state;
    EG_CLEANUP(eg_nvs_items_finish) struct eg_nvs_items items = {0};
    struct eg_error err;

    give_serials(line);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_ok(eg_nvs_read(&items, NULL, flash_of(line, 1, NVS_ADDR), 0x3000, &err), err);
    assert_int_equal(items.count, 2);
    assert_string_equal(items.list[0].space, "device");
    assert_string_equal(items.list[0].key, "serial");
    assert_int_equal(items.list[0].size, 11);
    assert_memory_equal(items.list[0].data, "ACME-000017", 11);
    assert_int_equal(items.list[1].type, EG_NVS_U32);
    assert_int_equal(items.list[1].data[0], 17);
    assert_memory_equal(flash_of(line, 1, RAW_ADDR), "ACME-000017 026567000001\xff\xff", 26);

    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_int_equal(run->record.region_count, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(run->regions[i].verdict, "equal");
    assert_int_equal(run->value_count, 1);
    assert_int_equal(run->values[0].kind, EG_VALUE_UNIT);
    assert_string_equal(run->values[0].name, "serial");
    assert_string_equal(run->values[0].value, "ACME-000017");
    assert_true(run->values[0].passed);
}

static void the_rom_writes_and_reads_it_back_as_the_stub_does(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    fake_plan_set(line->plan, "link.stub", "off");
    fake_plan_set(line->plan, "verify", "read-back");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_memory_equal(flash_of(line, 1, RAW_ADDR), "ACME-000017 ", 12);
}

static void a_row_that_a_flash_did_not_take_is_written_but_not_verified(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    fake_line_plug(line, &fast, 1, FAULTS("stuck@0x9000.0=1"));
    fake_line_run(line);
    assert_int_equal(line->results[0].outcome, EG_FAIL);
    assert_non_null(strstr(line->recorder.transcript, "mark written\n"));
    assert_null(strstr(line->recorder.transcript, "mark verified\n"));
}

/* Check the order of stages and records. */
static void assert_order(const struct fake_line *line, const char *const *lines)
{
    const char *at = line->recorder.transcript;

    for (; *lines != NULL; lines++) {
        const char *const found = strstr(at, *lines);
        if (found == NULL)
            fail_msg("no \"%s\" in its place in\n%s", *lines, line->recorder.transcript);
        at = found + strlen(*lines);
    }
}

static void a_row_is_reserved_after_the_intent_and_marked_when_written_and_verified(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    assert_order(line, GROUP("intent ", "stage-begin unit 1\n", "reserve serials\n", "stage-end unit 1 ok\n",
                             "stage-begin write 1\n", "mark written\n", "stage-end write 1 ok\n",
                             "stage-begin verify 1\n", "mark verified\n", "stage-end verify 1 ok\n",
                             "finish pass\n"));
}

/* A recorder that checks the flash when it is told that a row will be written. */
struct looker {
    struct eg_recorder_ops ops;
    const struct eg_recorder_ops *fake;
    struct fake_line *line;
    bool asked, job_was_there, unit_was_not;
    enum eg_code fail_mark, fail_reserve;
    const struct eg_pool_row *row;
};

static struct looker *looker; /* of the test that runs */

static enum eg_code mark(struct eg_recorder *recorder, int64_t run, enum eg_pool_state state,
                         struct eg_error *err)
{
    if (state == EG_POOL_WRITTEN) {
        const struct eg_region *app = &looker->line->plan->regions[1];
        looker->asked = true;
        looker->job_was_there =
            memcmp(flash_of(looker->line, 1, app->flash_addr), app->data.data, app->data.size) == 0;
        looker->unit_was_not = flash_of(looker->line, 1, NVS_ADDR)[0] == 0xff;
    }
    if (looker->fail_mark != EG_OK)
        return eg_error_set(err, looker->fail_mark, "the disk is on fire");
    return looker->fake->mark(recorder, run, state, err);
}

static enum eg_code copy(char ***out, char *const *texts, unsigned count, struct eg_error *err)
{
    EG_TRY(eg_alloc(out, count, sizeof **out, err));
    for (unsigned i = 0; i < count; i++)
        EG_TRY(eg_strdup(&(*out)[i], texts[i], err));
    return EG_OK;
}

static enum eg_code reserve(struct eg_recorder *recorder, int64_t run, const struct eg_pool_wish *wish,
                            struct eg_pool_row *row, struct eg_error *err)
{
    if (looker->fail_reserve != EG_OK)
        return eg_error_set(err, looker->fail_reserve, "the disk is on fire");
    if (looker->row == NULL)
        return looker->fake->reserve(recorder, run, wish, row, err);
    *row = (struct eg_pool_row){.count = looker->row->count};
    if (looker->row->secrets != NULL) {
        EG_TRY(eg_alloc(&row->secrets, row->count, sizeof *row->secrets, err));
        memcpy(row->secrets, looker->row->secrets, row->count * sizeof *row->secrets);
    }
    EG_TRY(copy(&row->names, looker->row->names, row->count, err));
    return copy(&row->values, looker->row->values, row->count, err);
}

static void look(struct looker *with, struct fake_line *line)
{
    with->fake = line->recorder.recorder.ops;
    with->ops = *with->fake;
    with->ops.mark = mark;
    with->ops.reserve = reserve;
    with->line = line;
    looker = with;
    line->recorder.recorder.ops = &with->ops;
}

static void that_a_row_is_written_is_on_record_before_its_first_byte_is_sent(void **state)
{
    struct fake_line *line = *state;
    struct looker with = {.asked = false};

    give_serials(line);
    look(&with, line);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_true(with.asked);
    assert_true(with.job_was_there);
    assert_true(with.unit_was_not);
}

static void a_record_that_fails_leaves_the_boards_own_data_unwritten(void **state)
{
    struct fake_line *line = *state;
    struct looker with = {.fail_mark = EG_LEDGER};

    give_serials(line);
    look(&with, line);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_ERROR, EG_LEDGER, "write: the disk is on fire");
    assert_int_equal(flash_of(line, 1, NVS_ADDR)[0], 0xff);
    assert_int_equal(flash_of(line, 1, RAW_ADDR)[0], 0xff);
}

static void a_serial_that_goes_into_no_flash_is_written_and_verified_all_the_same(void **state)
{
    struct fake_line *line = *state;

    line->recorder.serial = "17";
    fake_plan_set(line->plan, "unit.serial.pool", "serials");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_order(line, GROUP("mark written\n", "mark verified\n", "finish pass\n"));
    assert_string_equal(fake_recorder_run(&line->recorder, "1")->values[0].value, "17");
}

static void columns_are_names_and_secrets_are_on_record_without_their_value(void **state)
{
    struct fake_line *line = *state;
    char *names[] = {"id", "mac", "lot", "token"}, *values[] = {"17", "02-65-67-00-00-01", "L5", "t0ken"};
    bool secrets[] = {false, false, false, true};
    const struct eg_pool_row row = {.names = names, .values = values, .secrets = secrets, .count = 4};
    struct looker with = {.row = &row};
    static const struct {
        const char *name, *value;
    } expected[] = {{"id", "17"},  {"lot", "L5"}, {"token", ""},      {"serial", "L5-0011"},
                    {"key_a", ""}, {"login", ""}, {"label", "L5/3.1"}};

    look(&with, line);
    fake_plan_set(line->plan, "unit.serial.pool", "devices");
    fake_plan_set(line->plan, "unit.serial.format", "{lot}-{id:04x}");
    fake_plan_add_item(line->plan, "unit.secret", NULL, "key_*");
    fake_plan_add_item(line->plan, "unit.values", "key_a", "{id}");
    fake_plan_add_item(line->plan, "unit.values", "login", "{id}:{token}");
    fake_plan_add_item(line->plan, "unit.values", "label", "{lot}/{revision}");
    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "2MB", "value", "{login} {mac}"));
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_int_equal(run->value_count, sizeof expected / sizeof expected[0]);
    for (unsigned i = 0; i < run->value_count; i++) {
        assert_string_equal(run->values[i].name, expected[i].name);
        assert_string_equal(run->values[i].value, expected[i].value);
    }
    assert_memory_equal(flash_of(line, 1, RAW_ADDR), "17:t0ken 02:65:67:00:00:01\xff\xff", 28);
    assert_null(strstr(line->recorder.transcript, "t0ken"));
}

static void every_way_of_giving_a_board_bytes_reaches_its_flash(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "0x200000", "hex", "{mac:plain}00FF{run:02x}"));
    fake_plan_add_group(line->plan, "unit.raw",
                        GROUP("at", "0x201000", "value", "{slot} {chip} {job} {run}"));
    fake_plan_add_group(line->plan, "unit.file", GROUP("at", "0x202000", "template", "conf.json"));
    struct eg_setting *file =
        eg_settings_find(eg_plan_setting(line->plan, "unit.file")->groups[0].settings, 2, "template");
    struct eg_error err;
    assert_ok(eg_buffer_append(&file->content, "{\"nic\": {mac_nic:d}}\n", 21, &err), err);
    fake_line_plug(line, &fast, 2, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 2, EG_PASS, EG_OK, "");
    assert_memory_equal(flash_of(line, 2, 0x200000), "\x02\x65\x67\x00\x00\x02\x00\xff", 8);
    assert_memory_equal(flash_of(line, 2, 0x201000), "2 esp32 a job ", 14);
    assert_memory_equal(flash_of(line, 2, 0x202000), "{\"nic\": 2}\n\xff", 12);
    assert_memory_equal(flash_of(line, 1, 0x202000), "{\"nic\": 1}\n\xff", 12);
}

/* Check that the unit data cannot be made for this board; the test has set it up. */
static void assert_unmade(struct fake_line *line, enum eg_code code, const char *text)
{
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, eg_outcome_of(code), code, text);
    assert_true(fake_line_blank(line, 1));
}

static void a_column_that_is_no_number_is_refused_before_anything_is_erased(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    line->recorder.serial = "A-17";
    assert_unmade(line, EG_BAD_UNIT_DATA,
                  "unit: unit.serial.format has {:06d}, but the first column is no whole number");
}

static void a_name_that_no_column_brought_is_refused_before_anything_is_erased(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    fake_plan_add_item(line->plan, "unit.values", "label", "{lot}");
    assert_unmade(line, EG_BAD_UNIT_DATA,
                  "unit: unit.values.label has {lot}, which is none of mac, mac_plain, mac_nic, chip, "
                  "revision, slot, job, version, run, date, serial");
}

static void a_column_with_the_name_of_something_else_is_refused(void **state)
{
    struct fake_line *line = *state;
    char *names[] = {"serial", "version"}, *values[] = {"17", "2"};
    const struct eg_pool_row row = {.names = names, .values = values, .count = 2};
    struct looker with = {.row = &row};

    give_serials(line);
    look(&with, line);
    assert_unmade(line, EG_BAD_UNIT_DATA, "unit: pool serials has the name version, which is there already");
}

static void a_control_character_is_refused_without_showing_the_value(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    line->recorder.serial = "1\n7";
    assert_unmade(line, EG_BAD_UNIT_DATA, "unit: pool serials: serial has the control character 0x0a");
}

static void a_value_that_nvs_cannot_hold_is_refused(void **state)
{
    struct fake_line *line = *state;

    give_serials(line);
    fake_plan_set(line->plan, "unit.serial.format", "{}");
    line->recorder.serial = "4294967296";
    assert_unmade(
        line, EG_BAD_UNIT_DATA,
        "unit: nvs.csv:4: key \"number\": value 4294967296 is out of the range of a u32, 0 to 4294967295");
}

static void text_that_is_longer_than_its_size_is_refused(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "2MB", "value", "{mac}", "size", "16"));
    assert_unmade(line, EG_BAD_UNIT_DATA, "unit: unit.raw.value at 2MB comes to 17 bytes, its size is 16");
}

static void text_that_comes_to_nothing_is_refused(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "2MB", "value", "{version}"));
    assert_unmade(line, EG_BAD_UNIT_DATA, "unit: unit.raw.value at 2MB comes to nothing");
}

static void digits_that_are_not_hexadecimal_are_refused(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "2MB", "hex", "{mac_plain}0"));
    assert_unmade(line, EG_BAD_UNIT_DATA,
                  "unit: unit.raw.hex at 2MB comes to what is not pairs of hexadecimal digits");
}

static void data_that_grows_into_something_else_is_refused(void **state)
{
    struct fake_line *line = *state;
    char text[4097];

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fake_plan_add_item(line->plan, "unit.values", "long", text);
    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "0x200000", "value", "{long}{mac}"));
    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "0x201000", "value", "{mac}"));
    assert_unmade(line, EG_BAD_UNIT_DATA,
                  "unit: raw at 0x00201000 shares a sector with raw, which takes 0x00200000 to 0x00201011");
}

static void a_region_past_the_end_of_this_boards_flash_is_refused(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "8MB", "value", "{mac}"));
    assert_unmade(line, EG_FLASH_TOO_SMALL,
                  "unit: raw: 0x00800000 to 0x00800014 goes beyond the end of the flash at 0x00400000");
}

static void the_bootloader_that_secure_boot_v1_trusts_is_kept(void **state)
{
    struct fake_line *line = *state;
    struct eg_target v1 = *line->plan->target;
    struct eg_field fields[EG_FIELD_COUNT];
    struct vb_config secured = {.target = &v1, .fast = true, .secure_boot = true};

    memcpy(fields, v1.field, sizeof fields);
    fields[EG_FIELD_SECURE_BOOT_V2] = (struct eg_field){0}; /* so the board burns the bit of v1 */
    v1.field = fields;
    line->plan->regions[0].flash_addr = 0x100000;
    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "0x7000", "value", "{mac}"));
    fake_line_plug(line, &secured, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_SECURED,
                            "unit: secure boot is on and raw at 0x00007000 would overwrite the bootloader it "
                            "trusts");
    assert_true(fake_line_blank(line, 1));
}

static void set_program(struct fake_line *line, const char *script)
{
    fake_plan_add_item(line->plan, "unit.generate.program", NULL, "sh");
    fake_plan_add_item(line->plan, "unit.generate.program", NULL, "-c");
    fake_plan_add_item(line->plan, "unit.generate.program", NULL, script);
}

static void a_later_attempt_has_the_same_data_and_no_second_row(void **state)
{
    struct fake_line *line = *state;
    char counter[] = "/tmp/eg-unit-XXXXXX", script[200], lines[8] = "";

    const int fd = mkstemp(counter);
    assert_true(fd >= 0);
    snprintf(script, sizeof script, "echo x >>%s; echo '{\"token\": \"'$(wc -l <%s)'\"}'", counter, counter);
    give_serials(line);
    set_program(line, script);
    fake_plan_add_group(line->plan, "unit.raw", GROUP("at", "0x300000", "value", "token {token}"));
    fake_plan_set(line->plan, "retry.attempts", "2");
    fake_line_plug(line, &fast, 1, FAULTS("gone@60000:500"));
    fake_line_run(line);
    assert_int_equal(read(fd, lines, sizeof lines - 1), 2);
    close(fd);
    unlink(counter);
    assert_string_equal(lines, "x\n");
    assert_int_equal(line->results[0].outcome, EG_PASS_MARGINAL);
    assert_memory_equal(flash_of(line, 1, 0x300000), "token 1\xff", 8);
    assert_order(line, GROUP("stage-begin unit 1\n", "reserve serials\n", "stage-begin unit 2\n",
                             "stage-end unit 2 ok\n"));
    assert_null(strstr(strstr(line->recorder.transcript, "reserve") + 1, "reserve"));
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->value_count, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_boards_own_data_is_written_after_the_jobs_and_verified),
        TEST(the_rom_writes_and_reads_it_back_as_the_stub_does),
        TEST(a_row_that_a_flash_did_not_take_is_written_but_not_verified),
        TEST(a_row_is_reserved_after_the_intent_and_marked_when_written_and_verified),
        TEST(that_a_row_is_written_is_on_record_before_its_first_byte_is_sent),
        TEST(a_record_that_fails_leaves_the_boards_own_data_unwritten),
        TEST(a_serial_that_goes_into_no_flash_is_written_and_verified_all_the_same),
        TEST(columns_are_names_and_secrets_are_on_record_without_their_value),
        TEST(every_way_of_giving_a_board_bytes_reaches_its_flash),
        TEST(a_column_that_is_no_number_is_refused_before_anything_is_erased),
        TEST(a_name_that_no_column_brought_is_refused_before_anything_is_erased),
        TEST(a_column_with_the_name_of_something_else_is_refused),
        TEST(a_control_character_is_refused_without_showing_the_value),
        TEST(a_value_that_nvs_cannot_hold_is_refused),
        TEST(text_that_is_longer_than_its_size_is_refused),
        TEST(text_that_comes_to_nothing_is_refused),
        TEST(digits_that_are_not_hexadecimal_are_refused),
        TEST(data_that_grows_into_something_else_is_refused),
        TEST(a_region_past_the_end_of_this_boards_flash_is_refused),
        TEST(the_bootloader_that_secure_boot_v1_trusts_is_kept),
        TEST(a_later_attempt_has_the_same_data_and_no_second_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
