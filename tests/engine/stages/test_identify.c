/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/mac.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <string.h>

static void the_board_is_on_record_by_chip_mac_and_flash(void **state)
{
    struct fake_line *line = *state;
    char mac[EG_MAC_TEXT];

    fake_line_plug(line, &(struct vb_config){.revision = 301, .fast = true}, 1, NO_FAULTS);
    fake_line_run(line);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    eg_mac_text(mac, vb_board_mac(vb_gang_board(line->gang, 1)));
    assert_true(run->has_unit);
    assert_string_equal(run->unit.mac, mac);
    assert_string_equal(run->unit.chip, "esp32");
    assert_int_equal(run->unit.revision, 301);
    assert_int_equal(run->unit.flash_jedec, vb_flash_parts[0].jedec);
    assert_int_equal(run->unit.flash_size, vb_flash_parts[0].size);
    assert_false(run->unit.secure_boot);
    assert_string_equal(line->results[0].mac, mac);
    assert_string_equal(line->results[0].chip, "esp32");
    assert_int_equal(line->results[0].revision, 301);
    assert_string_not_equal(line->results[0].package, "");
}

/* Check the unique id of a board's flash, and its PSRAM's state and size. */
static void closer(const char *chip, const struct vb_config *config, const char *stub, bool has_id,
                   unsigned psram, uint64_t psram_size)
{
    void *state;

    assert_int_equal(fake_line_setup(&state), 0);
    struct fake_line *line = state;
    line->plan->target = eg_target_by_name(chip);
    fake_plan_set(line->plan, "link.stub", stub);
    fake_line_plug(line, config, 1, NO_FAULTS);
    fake_line_run(line);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    if (run->record.outcome != EG_PASS)
        fail_msg("%s, stub %s: %s", chip, stub, run->text);
    if ((strlen(run->unit.flash_unique_id) == 16) != has_id)
        fail_msg("%s, stub %s: unique id %s", chip, stub, run->unit.flash_unique_id);
    assert_int_equal(run->unit.psram.state, psram);
    assert_int_equal(run->unit.psram.size, psram_size);
    fake_line_teardown(&state);
}

static void every_chip_shows_the_unique_id_of_its_flash(void **state)
{
    (void)state;
    for (size_t i = 0; eg_targets[i] != NULL; i++) {
        const char *const name = eg_targets[i]->name;
        const unsigned psram =
            eg_field_exists(&eg_targets[i]->field[EG_FIELD_PSRAM_CAP]) ? EG_PSRAM_NONE : EG_PSRAM_NOT_TOLD;
        closer(name, &(struct vb_config){.fast = true}, "auto", true, psram, 0);
        if ((eg_targets[i]->rom_commands & EG_ROM_HAS(EG_OP_SPI_FLASH_MD5)) != 0)
            closer(name, &(struct vb_config){.fast = true}, "off", true, psram, 0);
    }
}

static void values_that_the_chip_does_not_give_are_unknown(void **state)
{
    const struct vb_flash_part *part = vb_flash_parts;

    (void)state;
    while (part->unique_id)
        part++;
    closer("esp32", &(struct vb_config){.fast = true, .part = part}, "auto", false, EG_PSRAM_NOT_TOLD, 0);
    closer("esp32s3",
           &(struct vb_config){.fast = true, .registers = {{0x60007054, 1 << 3}}, .register_count = 1},
           "auto", true, EG_PSRAM_THERE, 8 << 20);
    closer("esp32s2",
           &(struct vb_config){.fast = true, .registers = {{0x3f41a050, 7 << 28}}, .register_count = 1},
           "auto", true, EG_PSRAM_THERE, 0);
}

/* A slot in which board 2 replaces board 1 after the port was opened. */
struct swap {
    struct fake_line *line;
    unsigned opened;
};

static enum eg_code open_swapped(struct eg_port **port, const char *url, void *context,
                                 const struct eg_cancel *cancel, struct eg_error *err)
{
    struct swap *swap = context;
    const struct eg_port_scheme *sim = vb_gang_scheme(swap->line->gang);

    (void)url;
    return sim->open(port, swap->line->urls[swap->opened++ == 0 ? 0 : 1], sim->context, cancel, err);
}

static void a_board_that_is_exchanged_in_mid_run_is_not_touched(void **state)
{
    struct fake_line *line = *state;
    struct swap swap = {.line = line};
    const struct eg_port_scheme scheme = {
        .scheme = "swap:", .help = "", .open = open_swapped, .context = &swap};
    char first[EG_MAC_TEXT], second[EG_MAC_TEXT], text[256];

    fake_plan_set(line->plan, "retry.attempts", "2");
    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &(struct vb_config){.fast = true}, 2, FAULTS("1:gone@20000"));
    line->station.slot_count = 1;
    line->slots[0].url = "swap:";
    line->schemes[0] = &scheme;
    fake_line_run(line);
    eg_mac_text(first, vb_board_mac(vb_gang_board(line->gang, 1)));
    eg_mac_text(second, vb_board_mac(vb_gang_board(line->gang, 2)));
    snprintf(text, sizeof text,
             "first write: app at 0x00010000: block * of 32 at 0x0001*: swap:: the simulated board was "
             "unplugged; "
             "then identify: the board in the slot is now %s, the run began with %s",
             second, first);
    fake_line_assert_result(line, 1, EG_ERROR, EG_BOARD_EXCHANGED, text);
    assert_string_equal(line->results[0].mac, first);
    assert_true(fake_line_blank(line, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_board_is_on_record_by_chip_mac_and_flash),
        cmocka_unit_test(every_chip_shows_the_unique_id_of_its_flash),
        cmocka_unit_test(values_that_the_chip_does_not_give_are_unknown),
        TEST(a_board_that_is_exchanged_in_mid_run_is_not_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
