/* SPDX-License-Identifier: Apache-2.0 */

#include "tests/fakes/check.h"
#include "tests/fakes/digest_port.h"
#include "tests/fakes/fake_line.h"
#include "tools/vboard/chip/chip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct vb_config fast = {.fast = true};

/*
 * Skip without stubs. A ROM checks its writes and refuses the block, so bad bits reach verification only with
 * a stub.
 */
static void need_stub(void)
{
    if (eg_stub_by_name("esp32") == NULL) {
        print_message("SKIPPED: this build has no stubs\n");
        skip();
    }
}

/* Make a fault that holds one bit of the flash at the wrong value; `*value` is that value. */
static void stuck_fault(char text[64], const struct fake_line *line, uint32_t flash_addr, unsigned bit,
                        int *value)
{
    const struct eg_region *app = &line->plan->regions[1];

    *value = (app->data.data[flash_addr - app->flash_addr] >> bit & 1) == 0;
    snprintf(text, 64, "stuck@0x%x.%u=%d", (unsigned)flash_addr, bit, *value);
}

static void assert_regions(const struct fake_line *line, const char *method)
{
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");

    assert_int_equal(run->record.region_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_ptr_equal(run->regions[i].region, &line->plan->regions[i]);
        assert_true(run->regions[i].read_back);
        assert_string_equal(run->regions[i].method, method);
        assert_string_equal(run->regions[i].verdict, "equal");
        assert_memory_equal(run->regions[i].md5, line->plan->regions[i].md5, EG_MD5_SIZE);
    }
}

static void the_chip_s_own_digest_of_every_region_is_on_record(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    fake_line_assert_written(line, 1);
    assert_regions(line, "md5-by-chip");
}

/* Check with a correct flash whose reported digest differs in one byte. */
static void assert_digest_is_compared(struct fake_line *line, unsigned byte)
{
    struct digest_scheme digest;

    need_stub();
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    digest_scheme_init(&digest, line->schemes[0], byte);
    line->schemes[0] = &digest.scheme;
    fake_line_run(line);
    fake_line_assert_result(
        line, 1, EG_FAIL, EG_VERIFY_MISMATCH,
        "verify: bootloader at 0x00001000: the chip's digest is not the job's, but sector "
        "0x00001000 reads as it should");
    assert_int_not_equal(digest.changed, 0);
}

static void a_digest_that_differs_in_its_second_byte_is_another(void **state)
{
    assert_digest_is_compared(*state, 1);
}

static void a_digest_that_differs_in_its_ninth_byte_is_another(void **state)
{
    assert_digest_is_compared(*state, 8);
}

static void a_digest_that_differs_in_its_last_byte_is_another(void **state)
{
    assert_digest_is_compared(*state, EG_MD5_SIZE - 1);
}

static void reading_back_is_a_choice(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "verify", "read-back");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
    assert_regions(line, "read-back");
    assert_true(fake_recorder_run(&line->recorder, "1")->record.bytes_received > line->plan->data_size);
}

static void a_board_that_says_ok_and_writes_nothing_is_caught(void **state)
{
    struct fake_line *line = *state;

    fake_line_plug(line, &fast, 1, FAULTS("lie"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_NOT_WRITTEN,
                            "verify: bootloader at 0x00001000: sector 0x00001000 is still erased, the board "
                            "answered OK but wrote nothing: check the flash's supply, or replace the flash");
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_string_equal(run->regions[0].verdict, "different");
    assert_string_equal(run->regions[1].verdict, "not-checked");
    assert_string_equal(run->regions[1].method, "none");
    assert_false(run->regions[1].read_back);
}

static void reading_back_catches_the_liar_too(void **state)
{
    struct fake_line *line = *state;

    fake_plan_set(line->plan, "verify", "read-back");
    fake_line_plug(line, &fast, 1, FAULTS("lie"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_NOT_WRITTEN,
                            "verify: bootloader at 0x00001000: sector 0x00001000 is still erased, the board "
                            "answered OK but wrote nothing: check the flash's supply, or replace the flash");
}

/* Verify by digest and by reading back. */
static void assert_diagnosed(struct fake_line *line, const char *fault, enum eg_code code, const char *text)
{
    static const char *const methods[] = {"digest", "read-back"};

    for (size_t i = 0; i < 2; i++) {
        fake_plan_set(line->plan, "verify", methods[i]);
        vb_gang_destroy(line->gang);
        fake_recorder_finish(&line->recorder);
        fake_recorder_init(&line->recorder);
        fake_line_plug(line, &fast, 1, FAULTS(fault));
        fake_line_run(line);
        fake_line_assert_result(line, 1, EG_FAIL, code, text);
    }
}

static void a_protected_flash_is_told_with_its_bits(void **state)
{
    assert_diagnosed(
        *state, "protect", EG_FLASH_PROTECTED,
        "verify: bootloader at 0x00001000: sector 0x00001000 is unchanged, the flash is "
        "write-protected (its status is 0x009c: BP0, BP1, BP2, SRP0): pull its WP pin high and clear "
        "these bits with write-flash-status");
}

static void a_flash_that_is_read_in_a_wrong_mode_is_told(void **state)
{
    need_stub();
    assert_diagnosed(
        *state, "shift-flash", EG_FLASH_SHIFTED,
        "verify: bootloader at 0x00001000: sector 0x00001000 reads shifted by 4 bits: the flash is "
        "read in a mode that it is not in; reset it by a power cycle, and check its WP and HOLD pins "
        "and what is burned for them");
}

static void a_noisy_flash_is_told(void **state)
{
    struct fake_line *line = *state;

    need_stub();
    fake_line_plug(line, &fast, 1, FAULTS("noisy-flash"));
    fake_line_run(line);
    assert_int_equal(line->results[0].code, EG_FLASH_NOISY);
    assert_non_null(strstr(line->results[0].text, "verify: bootloader at 0x00001000: sector 0x0000"));
    assert_non_null(strstr(line->results[0].text, " of 4096 bytes: check the flash's supply and wiring"));
}

static void a_stuck_bit_is_named(void **state)
{
    struct fake_line *line = *state;
    char fault[64], text[128];
    int value;

    need_stub();
    stuck_fault(fault, line, 0x1a010, 3, &value);
    snprintf(text, sizeof text, "verify: app at 0x00010000: bit 3 of 0x0001a010 stays %d: replace the flash",
             value);
    fake_line_plug(line, &fast, 1, FAULTS(fault));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_STUCK_BITS, text);
    const struct fake_run *run = fake_recorder_run(&line->recorder, "1");
    assert_string_equal(run->regions[0].verdict, "equal");
    assert_string_equal(run->regions[1].verdict, "different");
}

static void a_board_with_a_stuck_bit_is_not_tried_again(void **state)
{
    struct fake_line *line = *state;
    char fault[64];
    int value;

    need_stub();
    fake_plan_set(line->plan, "retry.attempts", "3");
    stuck_fault(fault, line, 0x10000, 0, &value);
    fake_line_plug(line, &fast, 1, FAULTS(fault));
    fake_line_run(line);
    assert_int_equal(line->results[0].code, EG_STUCK_BITS);
    assert_int_equal(line->results[0].attempts, 1);
}

/* Return the first address, from `from` in the app, where the plan has a byte whose `bit` is `value`. */
static uint32_t find(const struct fake_line *line, uint32_t from, unsigned bit, unsigned value)
{
    const struct eg_region *app = &line->plan->regions[1];

    while ((app->data.data[from - app->flash_addr] >> bit & 1u) != value)
        from++;
    return from;
}

static void stuck_bits_of_several_bytes_are_counted(void **state)
{
    struct fake_line *line = *state;
    char first[64], second[64], third[64], text[160];
    const uint32_t at = find(line, 0x13200, 2, 0), next = find(line, at + 1, 5, 0);

    need_stub();
    snprintf(first, sizeof first, "stuck@0x%x.2=1", (unsigned)at);
    snprintf(second, sizeof second, "stuck@0x%x.5=1", (unsigned)next);
    snprintf(third, sizeof third, "stuck@0x%x.0=1", (unsigned)find(line, next + 1, 0, 0));
    snprintf(text, sizeof text,
             "verify: app at 0x00010000: bit 2 of 0x%08x stays 1, and so in 2 more bytes of its sector: "
             "replace the flash",
             (unsigned)at);
    fake_line_plug(line, &fast, 1, FAULTS(first, second, third));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_STUCK_BITS, text);
}

static void two_stuck_bits_of_one_byte_are_both_named(void **state)
{
    struct fake_line *line = *state;
    char first[64], second[64], text[128];
    uint32_t at = find(line, 0x12000, 1, 0);

    need_stub();
    while (line->plan->regions[1].data.data[at - 0x10000] & 0x22)
        at++;
    snprintf(first, sizeof first, "stuck@0x%x.1=1", (unsigned)at);
    snprintf(second, sizeof second, "stuck@0x%x.5=1", (unsigned)at);
    snprintf(text, sizeof text, "verify: app at 0x00010000: bits 1, 5 of 0x%08x stay 1: replace the flash",
             (unsigned)at);
    fake_line_plug(line, &fast, 1, FAULTS(first, second));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_STUCK_BITS, text);
}

static void other_contents_are_told_by_their_first_difference(void **state)
{
    struct fake_line *line = *state;
    char first[64], second[64], text[160];
    const struct eg_region *app = &line->plan->regions[1];
    const uint32_t at = find(line, 0x14321, 2, 0);

    need_stub();
    snprintf(first, sizeof first, "stuck@0x%x.2=1", (unsigned)at);
    snprintf(second, sizeof second, "stuck@0x%x.5=0", (unsigned)find(line, at + 1, 5, 1));
    const unsigned wanted = app->data.data[at - app->flash_addr];
    snprintf(text, sizeof text,
             "verify: app at 0x00010000: 0x%08x holds 0x%02x instead of 0x%02x, 2 of 4096 bytes of sector "
             "0x00014000 differ",
             (unsigned)at, wanted | 4, wanted);
    fake_line_plug(line, &fast, 1, FAULTS(first, second));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_VERIFY_MISMATCH, text);
}

/* Return how many bytes the board had received when the stage began. */
static uint64_t bytes_before(const struct fake_run *run, const char *stage)
{
    uint64_t sum = 0;

    for (unsigned i = 0; strcmp(run->stages[i].stage, stage) != 0; i++)
        sum += run->stages[i].bytes_sent;
    return sum;
}

/* Return the MD5 of the bootloader's 12 KiB in erased flash. */
static void blank_md5(char text[EG_MD5_TEXT])
{
    uint8_t blank[0x3000], md5[EG_MD5_SIZE];
    struct eg_error err;

    memset(blank, 0xff, sizeof blank);
    assert_ok(eg_md5(md5, blank, sizeof blank, &err), err);
    eg_hex(text, md5, sizeof md5);
}

#define MD5_REQUEST_SIZE 26 /* two ends, eight bytes of header, four words */

static void a_board_that_cannot_be_looked_at_more_closely_fails_by_its_digest(void **state)
{
    struct fake_line *line = *state;
    char silent[64], text[256], is[EG_MD5_TEXT], wanted[EG_MD5_TEXT];

    /* Measure on the first board how many bytes the second one must receive before it falls silent. */
    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &fast, 1, FAULTS("lie"));
    fake_line_run(line);
    snprintf(silent, sizeof silent, "silent@%u",
             (unsigned)bytes_before(fake_recorder_run(&line->recorder, "1"), "verify") + MD5_REQUEST_SIZE +
                 1);
    vb_gang_destroy(line->gang);
    fake_recorder_finish(&line->recorder);
    fake_recorder_init(&line->recorder);

    fake_line_plug(line, &fast, 1, FAULTS("lie", silent));
    fake_line_run(line);
    blank_md5(is);
    eg_hex(wanted, line->plan->regions[0].md5, EG_MD5_SIZE);
    snprintf(text, sizeof text,
             "verify: bootloader at 0x00001000: the digest of what the flash holds is %s, of the job %s", is,
             wanted);
    fake_line_assert_result(line, 1, EG_FAIL, EG_VERIFY_MISMATCH, text);
}

/* A line that damages only the chip's first reply to each of these commands. */
struct noise {
    struct fake_line *line;
    uint8_t opcodes[2]; /* damage one reply to the first command, then one to the second; 0 = none */
};

struct noisy_port {
    struct eg_port base;
    struct eg_port *inner;
    struct noise left;
};

static struct eg_port *inner_of(struct eg_port *port)
{
    return ((struct noisy_port *)port)->inner;
}

static enum eg_code noisy_read(struct eg_port *port, uint8_t *data, size_t size, size_t *got,
                               uint32_t timeout_ms, struct eg_error *err)
{
    struct noisy_port *noisy = (struct noisy_port *)port;

    EG_TRY(inner_of(port)->ops->read(inner_of(port), data, size, got, timeout_ms, err));
    uint8_t *const opcode = &noisy->left.opcodes[noisy->left.opcodes[0] == 0];
    if (*opcode != 0 && *got > 9 && data[0] == 0xc0 && data[1] == 1 && data[2] == *opcode) {
        data[9] =
            data[9] == '0' ? '1' : '0'; /* first byte of the result; a hex digit of a digest stays one */
        *opcode = 0;
    }
    return EG_OK;
}

static enum eg_code noisy_write(struct eg_port *port, const uint8_t *data, size_t size, size_t *put,
                                uint32_t timeout_ms, struct eg_error *err)
{
    return inner_of(port)->ops->write(inner_of(port), data, size, put, timeout_ms, err);
}

static enum eg_code noisy_drain(struct eg_port *port, bool *done, uint32_t timeout_ms, struct eg_error *err)
{
    return inner_of(port)->ops->drain(inner_of(port), done, timeout_ms, err);
}

static enum eg_code noisy_set_baud(struct eg_port *port, uint32_t baud, struct eg_error *err)
{
    return inner_of(port)->ops->set_baud(inner_of(port), baud, err);
}

static enum eg_code noisy_set_lines(struct eg_port *port, bool dtr, bool rts, struct eg_error *err)
{
    return inner_of(port)->ops->set_lines(inner_of(port), dtr, rts, err);
}

static enum eg_code noisy_discard(struct eg_port *port, struct eg_error *err)
{
    return inner_of(port)->ops->discard(inner_of(port), err);
}

static void noisy_close(struct eg_port *port)
{
    inner_of(port)->ops->close(inner_of(port));
    free(port);
}

static enum eg_code noisy_open(struct eg_port **port, const char *url, void *context,
                               const struct eg_cancel *cancel, struct eg_error *err)
{
    static const struct eg_port_ops ops = {
        .read = noisy_read,
        .write = noisy_write,
        .drain = noisy_drain,
        .set_baud = noisy_set_baud,
        .set_lines = noisy_set_lines,
        .discard = noisy_discard,
        .close = noisy_close,
    };
    const struct noise *noise = context;
    const struct eg_port_scheme *sim = vb_gang_scheme(noise->line->gang);
    struct noisy_port *noisy;

    (void)url;
    EG_TRY(eg_alloc(&noisy, 1, sizeof *noisy, err));
    const enum eg_code code = sim->open(&noisy->inner, noise->line->urls[0], sim->context, cancel, err);
    if (code != EG_OK) {
        free(noisy);
        return code;
    }
    noisy->base.ops = &ops;
    noisy->left = *noise;
    noisy->base.cancel = cancel;
    snprintf(noisy->base.url, sizeof noisy->base.url, "noisy:");
    *port = &noisy->base;
    return EG_OK;
}

static void run_noisy(struct noise *noise)
{
    const struct eg_port_scheme scheme = {
        .scheme = "noisy:", .help = "", .open = noisy_open, .context = noise};
    struct fake_line *line = noise->line;

    fake_plan_set(line->plan, "link.stub", "off");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    line->slots[0].url = "noisy:";
    line->schemes[0] = &scheme;
    fake_line_run(line);
    fake_line_assert_written(line, 1);
}

static void a_damaged_digest_is_not_blamed_on_the_flash(void **state)
{
    struct noise noise = {*state, {EG_OP_SPI_FLASH_MD5}};

    run_noisy(&noise);
    fake_line_assert_result(
        noise.line, 1, EG_FAIL, EG_VERIFY_MISMATCH,
        "verify: bootloader at 0x00001000: the chip's digest is not the job's, but sector "
        "0x00003000 reads as it should");
}

static void a_sector_that_reads_differently_each_time_is_no_stuck_bit(void **state)
{
    struct noise noise = {*state, {EG_OP_SPI_FLASH_MD5, EG_OP_READ_FLASH_SLOW}};

    run_noisy(&noise);
    fake_line_assert_result(noise.line, 1, EG_FAIL, EG_FLASH_NOISY,
                            "verify: bootloader at 0x00001000: sector 0x00003000 reads differently each "
                            "time, in 1 of 4096 bytes: "
                            "check the flash's supply and wiring, and the cable, as a ROM sends no checksum");
}

/* Return how many digests the host requests from a board whose digests are changed on their way. */
static unsigned digests_changed(struct fake_line *line, const char *chip)
{
    struct digest_scheme digest;
    const struct eg_port_scheme *const scheme = line->schemes[0];

    line->plan->target = eg_target_by_name(chip);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    digest_scheme_init(&digest, line->schemes[0], 3);
    line->schemes[0] = &digest.scheme;
    fake_line_run(line);
    assert_int_equal(line->results[0].code, EG_VERIFY_MISMATCH);
    vb_gang_destroy(line->gang);
    line->gang = NULL;
    line->schemes[0] = scheme;
    return digest.changed;
}

static void a_digest_that_differs_at_a_faster_clock_is_computed_again_at_the_rom_s(void **state)
{
    need_stub();
    assert_int_equal(digests_changed(*state, "esp32c3"), digests_changed(*state, "esp32") + 1);
}

static void the_clock_of_the_flash_is_put_back(void **state)
{
    struct fake_line *line = *state;

    need_stub();
    line->plan->target = eg_target_by_name("esp32c3");
    fake_plan_set(line->plan, "link.after", "no-reset-stub");
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    assert_int_equal(line->results[0].outcome, EG_PASS);
    assert_int_equal(vb__memory_get(vb_gang_board(line->gang, 1), 0x60002014), 0x00030103);
}

static void a_flash_of_half_the_size_that_a_job_needs_is_told(void **state)
{
    struct fake_line *line = *state;

    for (unsigned i = 0; i < 4; i++) {
        const bool rule = i % 2 == 1, half = i >= 2;

        fake_line_plug(line, &fast, 1, half ? FAULTS("1:half-flash") : NO_FAULTS);
        if (rule)
            fake_plan_set(line->plan, "accept.flash_size", ">=4MB");
        else
            eg_setting_clear(eg_plan_setting(line->plan, "accept.flash_size"));
        fake_line_run_again(line);
        if (rule && half)
            fake_line_assert_result(line, 1, EG_FAIL, EG_FLASH_TOO_SMALL,
                                    "verify: the flash holds bootloader a second time, at 0x00201000: it has "
                                    "half of the 4 MB that its id says, or less; replace it");
        else
            fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
        vb_gang_destroy(line->gang);
        line->gang = NULL;
    }
}

static void a_region_in_the_upper_half_needs_the_whole_flash(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add(line->plan, "data", 0x300000, 0x1000);
    fake_line_plug(line, &fast, 1, FAULTS("1:half-flash"));
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_FAIL, EG_FLASH_TOO_SMALL, "verify: the flash holds bootloader *");
}

static void a_bootloader_that_the_job_writes_twice_tells_nothing(void **state)
{
    struct fake_line *line = *state;

    fake_plan_add(line->plan, "copy", 0x200000, 0x4000);
    struct eg_region *const copy = &line->plan->regions[2];
    struct eg_error err;
    memcpy(copy->data.data + 0x1000, line->plan->regions[0].data.data, 0x3000);
    eg_buffer_finish(&copy->zlib);
    assert_ok(eg_region_finish(copy, &err), err);
    fake_line_plug(line, &fast, 1, NO_FAULTS);
    fake_line_run(line);
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_line_setup, fake_line_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_chip_s_own_digest_of_every_region_is_on_record),
        TEST(a_digest_that_differs_in_its_second_byte_is_another),
        TEST(a_digest_that_differs_in_its_ninth_byte_is_another),
        TEST(a_digest_that_differs_in_its_last_byte_is_another),
        TEST(reading_back_is_a_choice),
        TEST(a_board_that_says_ok_and_writes_nothing_is_caught),
        TEST(reading_back_catches_the_liar_too),
        TEST(a_protected_flash_is_told_with_its_bits),
        TEST(a_flash_that_is_read_in_a_wrong_mode_is_told),
        TEST(a_noisy_flash_is_told),
        TEST(a_stuck_bit_is_named),
        TEST(a_board_with_a_stuck_bit_is_not_tried_again),
        TEST(stuck_bits_of_several_bytes_are_counted),
        TEST(two_stuck_bits_of_one_byte_are_both_named),
        TEST(other_contents_are_told_by_their_first_difference),
        TEST(a_board_that_cannot_be_looked_at_more_closely_fails_by_its_digest),
        TEST(a_damaged_digest_is_not_blamed_on_the_flash),
        TEST(a_sector_that_reads_differently_each_time_is_no_stuck_bit),
        TEST(a_digest_that_differs_at_a_faster_clock_is_computed_again_at_the_rom_s),
        TEST(a_flash_of_half_the_size_that_a_job_needs_is_told),
        TEST(a_region_in_the_upper_half_needs_the_whole_flash),
        TEST(a_bootloader_that_the_job_writes_twice_tells_nothing),
        TEST(the_clock_of_the_flash_is_put_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
