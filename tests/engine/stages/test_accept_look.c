/* SPDX-License-Identifier: Apache-2.0 */

/* What each rule on boards looks at. */

#include "tests/engine/stages/accepting.h"

#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(a_revision_is_compared),
        RULE(a_package_is_one_of_those_named),
        RULE(a_flash_size_is_compared),
        RULE(the_maker_of_the_flash_is_one_of_those_named),
        RULE(secure_boot_and_flash_encryption_are_as_the_job_wants),
        RULE(a_mac_or_its_beginning_is_one_of_those_named),
        RULE(a_mac_is_looked_for_in_the_file),
        cmocka_unit_test(psram_is_what_the_efuses_tell),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
