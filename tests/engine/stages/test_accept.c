/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/plan/pipeline.h"
#include "engine/stages/accept.h"

#include "engine/stages/stages.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdlib.h>
#include <string.h>

/* An identified board: ESP32, revision 3.0, 4 MB of GigaDevice's flash, no eFuse burnt. */
struct board {
    struct eg_plan *plan;
    struct eg_run run;
    struct eg_seen seen;
};

static int make_board(void **state)
{
    struct board *board = calloc(1, sizeof *board);

    assert_non_null(board);
    board->plan = fake_plan_create("esp32");
    board->run = (struct eg_run){
        .plan = board->plan,
        .chip = {.has_mac = true,
                 .mac = {0x24, 0x0a, 0xc4, 0x00, 0x10, 0x01},
                 .revision = 300,
                 .package = "ESP32-D0WD-V3"},
        .flash = {.jedec = 0x1640c8, .size = 4 << 20},
        .unit = {.mac = "24:0a:c4:00:10:01"},
    };
    *state = board;
    return 0;
}

static int drop_board(void **state)
{
    struct board *board = *state;

    eg_plan_destroy(board->plan);
    free(board);
    return 0;
}

/* Give a key of the job its values. */
static void set_rule(struct board *board, const char *key, const char *const *values)
{
    struct eg_setting *const setting = eg_plan_setting(board->plan, key);
    struct eg_error err;

    assert_non_null(setting);
    if (setting->option->type == EG_OPTION_CHOICE) {
        fake_plan_set(board->plan, key, values[0]);
        return;
    }
    for (; *values != NULL; values++)
        assert_ok(eg_setting_add_item(setting, NULL, *values, "job.yaml:7:9", &err), err);
}

static void forget_rules(struct board *board)
{
    struct eg_error err;

    eg_settings_destroy(board->plan->settings, board->plan->setting_count);
    board->plan->settings = NULL;
    board->plan->setting_count = 0;
    assert_ok(eg_plan_init_settings(board->plan, eg_stages, &err), err);
}

#define VALUES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void takes(struct board *board, const char *key, const char *const *values)
{
    const char *place = NULL;
    struct eg_error err;

    set_rule(board, key, values);
    assert_ok(eg__accept_check(board->plan, &place, &err), err);
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
    forget_rules(board);
}

static void refuses(struct board *board, const char *key, const char *const *values, const char *sentence)
{
    struct eg_error err = {0};

    set_rule(board, key, values);
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED, sentence);
    forget_rules(board);
}

static void without_rules_every_board_is_taken(void **state)
{
    struct board *board = *state;
    const char *place = NULL;
    struct eg_error err;

    board->seen = (struct eg_seen){.runs = 3, .passed = 2, .admitted = 3};
    assert_ok(eg__accept_check(board->plan, &place, &err), err);
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
}

static void a_revision_is_compared(void **state)
{
    struct board *board = *state;

    takes(board, "accept.revision", VALUES("3.0"));
    takes(board, "accept.revision", VALUES("=3.0"));
    takes(board, "accept.revision", VALUES(">=3.0"));
    takes(board, "accept.revision", VALUES("<=3.0"));
    takes(board, "accept.revision", VALUES(">2.99"));
    takes(board, "accept.revision", VALUES("<3.1"));
    takes(board, "accept.revision", VALUES(">= 1.0  < 4.0"));
    takes(board, "accept.revision", VALUES(">=1.0", "<10.0"));
    refuses(board, "accept.revision", VALUES("3.1"), "the chip is revision 3.0, the job accepts 3.1");
    refuses(board, "accept.revision", VALUES(">=3.1"), "the chip is revision 3.0, the job accepts >=3.1");
    refuses(board, "accept.revision", VALUES("<=2.99"), "the chip is revision 3.0, the job accepts <=2.99");
    refuses(board, "accept.revision", VALUES(">3.0"), "the chip is revision 3.0, the job accepts >3.0");
    refuses(board, "accept.revision", VALUES("<3.0"), "the chip is revision 3.0, the job accepts <3.0");
    refuses(board, "accept.revision", VALUES(">=1.0 <3.0"),
            "the chip is revision 3.0, the job accepts >=1.0 <3.0");
    refuses(board, "accept.revision", VALUES(">3.0 <9.0"),
            "the chip is revision 3.0, the job accepts >3.0 <9.0");
    refuses(board, "accept.revision", VALUES(">=1.0", "<3.0"),
            "the chip is revision 3.0, the job accepts >=1.0 and <3.0");
    board->run.chip.revision = 2;
    refuses(board, "accept.revision", VALUES(">=0.3"), "the chip is revision 0.2, the job accepts >=0.3");
}

static void a_package_is_one_of_those_named(void **state)
{
    struct board *board = *state;

    takes(board, "accept.package", VALUES("ESP32-D0WD-V3"));
    takes(board, "accept.package", VALUES("ESP32-U4WDH", "esp32-d0wd-v3"));
    refuses(board, "accept.package", VALUES("ESP32-D0WD"),
            "the package is ESP32-D0WD-V3, the job accepts ESP32-D0WD");
    refuses(board, "accept.package", VALUES("ESP32-U4WDH", "ESP32-PICO-D4"),
            "the package is ESP32-D0WD-V3, the job accepts ESP32-U4WDH or ESP32-PICO-D4");
}

static void a_flash_size_is_compared(void **state)
{
    struct board *board = *state;

    takes(board, "accept.flash_size", VALUES("4MB"));
    takes(board, "accept.flash_size", VALUES("4096k"));
    takes(board, "accept.flash_size", VALUES(">=2MB <8MB"));
    refuses(board, "accept.flash_size", VALUES(">=8MB"), "the flash has 4MB, the job accepts >=8MB");
    board->run.flash.size = 512 << 10;
    refuses(board, "accept.flash_size", VALUES(">=1MB"), "the flash has 512KB, the job accepts >=1MB");
    board->run.flash.size = 0;
    refuses(board, "accept.flash_size", VALUES("<=16MB"),
            "flash id c84016 does not tell a size, the job accepts <=16MB");
}

static void the_maker_of_the_flash_is_one_of_those_named(void **state)
{
    struct board *board = *state;

    takes(board, "accept.flash_vendor", VALUES("gigadevice"));
    takes(board, "accept.flash_vendor", VALUES("winbond", "GigaDevice"));
    takes(board, "accept.flash_vendor", VALUES("0xc8"));
    takes(board, "accept.flash_vendor", VALUES("c84016"));
    takes(board, "accept.flash_vendor", VALUES("0xC84016"));
    refuses(board, "accept.flash_vendor", VALUES("winbond"),
            "the flash id is c84016 (gigadevice), the job accepts winbond");
    refuses(board, "accept.flash_vendor", VALUES("0x40", "c84017"),
            "the flash id is c84016 (gigadevice), the job accepts 0x40 or c84017");
    board->run.flash.jedec = 0x334477;
    takes(board, "accept.flash_vendor", VALUES("0x77"));
    refuses(board, "accept.flash_vendor", VALUES("xmc"),
            "the flash id is 774433 (no known maker), the job accepts xmc");
}

static void secure_boot_and_flash_encryption_are_as_the_job_wants(void **state)
{
    struct board *board = *state;

    for (unsigned on = 0; on < 2; on++) {
        board->run.chip.secure_boot = board->run.chip.flash_encryption = on == 1;
        takes(board, "accept.secure_boot", VALUES("any"));
        takes(board, "accept.flash_encryption", VALUES("any"));
        takes(board, "accept.secure_boot", VALUES(on == 1 ? "on" : "off"));
        takes(board, "accept.flash_encryption", VALUES(on == 1 ? "on" : "off"));
        refuses(board, "accept.secure_boot", VALUES(on == 1 ? "off" : "on"),
                on == 1 ? "secure boot is on, the job accepts off"
                        : "secure boot is off, the job accepts on");
        refuses(board, "accept.flash_encryption", VALUES(on == 1 ? "off" : "on"),
                on == 1 ? "flash encryption is on, the job accepts off"
                        : "flash encryption is off, the job accepts on");
    }
}

static void a_mac_or_its_beginning_is_one_of_those_named(void **state)
{
    struct board *board = *state;
    const char *many[41];

    takes(board, "accept.mac", VALUES("24:0a:c4:00:10:01"));
    takes(board, "accept.mac", VALUES("24:0A:C4"));
    takes(board, "accept.mac", VALUES("7c:df:a1:*", "24-0a-c4-00-10"));
    takes(board, "accept.mac", VALUES("24:*"));
    refuses(board, "accept.mac", VALUES("24:0a:c4:00:10:02"),
            "the MAC is 24:0a:c4:00:10:01, the job accepts 24:0a:c4:00:10:02");
    refuses(board, "accept.mac", VALUES("7c:df:a1", "0a:c4:*"),
            "the MAC is 24:0a:c4:00:10:01, the job accepts 7c:df:a1 or 0a:c4:*");
    for (unsigned i = 0; i < 40; i++)
        many[i] = "7c:df:a1:00:00:*";
    many[40] = NULL;
    refuses(
        board, "accept.mac", many,
        "the MAC is 24:0a:c4:00:10:01, the job accepts 7c:df:a1:00:00:* or 7c:df:a1:00:00:* or "
        "7c:df:a1:00:00:* or 7c:df:a1:00:00:* or 7c:df:a1:00:00:* or 7c:df:a1:00:00:* or "
        "7c:df:a1:00:00:* or 7c:df:a1:00:00:* or 7c:df:a1:00:00:* or 7c:df:a1:00:00:* or 7c:df:a1:00:00:* "
        "or 7c:df:a1:00:00: ...");
}

static void a_mac_is_looked_for_in_the_file(void **state)
{
    struct board *board = *state;
    struct eg_setting *const setting = eg_plan_setting(board->plan, "accept.mac_file");
    const char *place = NULL;
    struct eg_error err = {0};
    char line[32];

    fake_plan_set(board->plan, "accept.mac_file", "lists/macs.txt");
    for (unsigned i = 0x100000; i < 0x100000 + 100000; i++) {
        const int size =
            snprintf(line, sizeof line, "7c:df:a1:%02x:%02x:%02x\n", i >> 16, i >> 8 & 0xff, i & 0xff);
        assert_ok(eg_buffer_append(&setting->content, line, (size_t)size, &err), err);
    }
    assert_ok(eg__accept_check(board->plan, &place, &err), err);
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED,
                 "the MAC is 24:0a:c4:00:10:01, the job accepts those in macs.txt");
    assert_ok(eg_buffer_append(&setting->content, "24:0a:c4:00:10:01", 17, &err), err);
    assert_ok(eg__accept_check(board->plan, &place, &err), err);
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
}

static void the_first_rule_that_refuses_is_told(void **state)
{
    struct board *board = *state;
    struct eg_error err = {0};

    fake_plan_set(board->plan, "accept.mac", "7c:df:a1");
    fake_plan_set(board->plan, "accept.flash_size", "8MB");
    fake_plan_set(board->plan, "accept.revision", "3.0");
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED,
                 "the flash has 4MB, the job accepts 8MB");
}

static void a_board_that_has_passed_is_not_programmed_again(void **state)
{
    struct board *board = *state;
    struct eg_error err = {0};

    fake_plan_set(board->plan, "accept.repeat", "refuse");
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
    board->seen = (struct eg_seen){
        .runs = 2, .last_utc = "2026-11-23T08:24:00.123Z", .last_outcome = "fail", .admitted = 2};
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
    board->seen.passed = 1;
    assert_error(
        eg__accept(&board->run, &board->seen, &err), err, EG_SEEN_BEFORE,
        "the board has passed before: 2 runs, 1 passed, the last at 2026-11-23T08:24:00.123Z (fail)");
    board->seen.runs = 1;
    strcpy(board->seen.last_outcome, "pass");
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_SEEN_BEFORE,
                 "the board has passed before: 1 run, 1 passed, the last at 2026-11-23T08:24:00.123Z (pass)");
}

static void a_rework_station_accepts_boards_programmed_before(void **state)
{
    struct board *board = *state;
    const char *const sentence =
        "the board is new to the ledger, the job accepts boards that come back for rework";
    struct eg_error err = {0};

    fake_plan_set(board->plan, "accept.repeat", "rework");
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED, sentence);
    board->seen.runs = 1; /* refused, too */
    assert_error(eg__accept(&board->run, &board->seen, &err), err, EG_NOT_ACCEPTED, sentence);
    board->seen = (struct eg_seen){.runs = 2, .admitted = 1};
    assert_ok(eg__accept(&board->run, &board->seen, &err), err);
}

static void refuses_job(struct board *board, const char *chip, const char *key, const char *value,
                        const char *sentence)
{
    const char *place = NULL;
    struct eg_error err = {0};

    board->plan->target = eg_target_by_name(chip);
    set_rule(board, key, VALUES(value));
    assert_error(eg__accept_check(board->plan, &place, &err), err, EG_BAD_JOB, sentence);
    forget_rules(board);
}

static void registers_that_cannot_be_read_impose_no_rule(void **state)
{
    struct board *board = *state;

    refuses_job(board, "esp8266", "accept.revision", ">=1.0", "accept.revision: ESP8266 has no revision");
    refuses_job(board, "esp32", "accept.psram", "yes",
                "accept.psram: the eFuses of ESP32 do not tell its PSRAM");
    refuses_job(board, "esp8266", "accept.package", "ESP32-D0WD-V3",
                "accept.package is \"ESP32-D0WD-V3\", not one of ESP8266EX, ESP8285H08, ESP8285N08, "
                "ESP8285H16, ESP8285N16");
    refuses_job(
        board, "esp32", "accept.package", "ESP32-D0WD-V4",
        "accept.package is \"ESP32-D0WD-V4\", not one of ESP32-S0WDQ6, ESP32-D0WDQ6-V3, ESP32-D0WDQ6, "
        "ESP32-S0WD, ESP32-D0WD-V3, ESP32-D0WD, ESP32-D2WD, ESP32-U4WDH, ESP32-PICO-V3, ESP32-PICO-D4, "
        "ESP32-PICO-V3-02, ESP32-D0WDR2-V3");
}

/* Below: whole boards. Check that a refused board is unchanged, and no intent to erase it is recorded. */

static void assert_refused(struct fake_line *line, enum eg_code code, const char *text)
{
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, code, text);
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->intents, 0);
    assert_true(fake_line_blank(line, 1));
}

static void a_board_that_a_rule_refuses_is_as_it_came(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "accept.revision", ">=3.1");
    fake_plan_set(line->plan, "retry.attempts", "3"); /* a retry would not help */
    fake_line_plug(line, &(struct vb_config){.revision = 300, .fast = true}, 1, NO_FAULTS);
    assert_refused(line, EG_NOT_ACCEPTED, "admit: the chip is revision 3.0, the job accepts >=3.1");
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->record.attempts, 1);
}

static void a_board_that_the_ledger_has_passed_is_as_it_came(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "accept.repeat", "refuse");
    line->recorder.seen = (struct eg_seen){.runs = 1,
                                           .passed = 1,
                                           .last_utc = "2026-11-23T08:24:00.123Z",
                                           .last_outcome = "pass-marginal",
                                           .admitted = 1};
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, NO_FAULTS);
    assert_refused(
        line, EG_SEEN_BEFORE,
        "admit: the board has passed before: 1 run, 1 passed, the last at 2026-11-23T08:24:00.123Z "
        "(pass-marginal)");
}

static void a_rule_is_asked_in_a_later_attempt_too(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "accept.repeat", "rework");
    fake_plan_set(line->plan, "retry.attempts", "2");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 1, FAULTS("gone@100:300"));
    assert_refused(
        line, EG_NOT_ACCEPTED,
        "first connect: changing the rate to 921600 baud: sim:esp32/1: the simulated board was unplugged; "
        "then admit: the board is new to the ledger, the job accepts boards that come back for rework");
    assert_int_equal(fake_recorder_run(&line->recorder, "1")->record.attempts, 2);
}

static void a_board_that_meets_every_rule_is_written(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "accept.revision", "3.0");
    fake_plan_set(line->plan, "accept.package", "ESP32-D0WD-V3");
    fake_plan_set(line->plan, "accept.flash_size", "4MB");
    fake_plan_set(line->plan, "accept.flash_vendor", "c84016");
    fake_plan_set(line->plan, "accept.secure_boot", "off");
    fake_plan_set(line->plan, "accept.flash_encryption", "off");
    fake_plan_set(line->plan, "accept.mac", "24:0a:c4");
    fake_plan_set(line->plan, "accept.repeat", "refuse");
    fake_line_plug(line,
                   &(struct vb_config){.mac = {0x24, 0x0a, 0xc4, 1, 2, 3}, .revision = 300, .fast = true}, 1,
                   NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
}

/* Test an ESP32-S3 or S2 whose eFuses hold this word; NULL = it is accepted. */
static void psram_case(const char *chip, uint32_t addr, uint32_t word, const char *rule, const char *refusal)
{
    void *state;

    assert_int_equal(fake_line_setup(&state), 0);
    struct fake_line *line = state;
    line->plan->target = eg_target_by_name(chip);
    fake_plan_set(line->plan, "accept.psram", rule);
    fake_line_plug(line, &(struct vb_config){.fast = true, .registers = {{addr, word}}, .register_count = 1},
                   1, NO_FAULTS);
    if (refusal != NULL) {
        assert_refused(line, EG_NOT_ACCEPTED, refusal);
    } else {
        fake_line_run(line);
        fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    }
    fake_line_teardown(&state);
}

static void psram_is_what_the_efuses_tell(void **state)
{
    enum {
        S3 = 0x60007054,
        S3_8MB = 1 << 3,
        S3_2MB = 2 << 3,
        S2 = 0x3f41a050,
        S2_2MB = 1 << 28,
        S2_ODD = 7 << 28
    };

    (void)state;
    psram_case("esp32s3", S3, S3_8MB, "yes", NULL);
    psram_case("esp32s3", S3, S3_8MB, "8MB", NULL);
    psram_case("esp32s3", S3, S3_8MB, ">=2MB", NULL);
    psram_case("esp32s3", S3, 0, "no", NULL);
    psram_case("esp32s3", S3, S3_8MB, "no", "admit: the chip has PSRAM of 8MB, the job accepts no");
    psram_case("esp32s3", S3, S3_2MB, ">=8MB", "admit: the chip has PSRAM of 2MB, the job accepts >=8MB");
    psram_case("esp32s3", S3, 0, "yes", "admit: the chip has no PSRAM, the job accepts yes");
    psram_case("esp32s2", S2, 0, ">=2MB", "admit: the chip has no PSRAM, the job accepts >=2MB");
    psram_case("esp32s2", S2, 0, "no", NULL);
    psram_case("esp32s2", S2, S2_2MB, "2MB", NULL);
    psram_case("esp32s2", S2, S2_ODD, "yes", NULL);
    psram_case("esp32s2", S2, S2_ODD, ">=2MB",
               "admit: the chip has PSRAM of unknown size, the job accepts >=2MB");
}

#define RULE(name) cmocka_unit_test_setup_teardown(name, make_board, drop_board)
#define LINE(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(without_rules_every_board_is_taken),
        RULE(a_revision_is_compared),
        RULE(a_package_is_one_of_those_named),
        RULE(a_flash_size_is_compared),
        RULE(the_maker_of_the_flash_is_one_of_those_named),
        RULE(secure_boot_and_flash_encryption_are_as_the_job_wants),
        RULE(a_mac_or_its_beginning_is_one_of_those_named),
        RULE(a_mac_is_looked_for_in_the_file),
        RULE(the_first_rule_that_refuses_is_told),
        RULE(a_board_that_has_passed_is_not_programmed_again),
        RULE(a_rework_station_accepts_boards_programmed_before),
        RULE(registers_that_cannot_be_read_impose_no_rule),
        LINE(a_board_that_a_rule_refuses_is_as_it_came),
        LINE(a_board_that_the_ledger_has_passed_is_as_it_came),
        LINE(a_rule_is_asked_in_a_later_attempt_too),
        LINE(a_board_that_meets_every_rule_is_written),
        cmocka_unit_test(psram_is_what_the_efuses_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
