/* SPDX-License-Identifier: Apache-2.0 */

/* The message about a sector with wrong contents; boards with these faults are in test_verify.c. */

#include "engine/loader/loader_internal.h"
#include "tests/fakes/check.h"

#include <string.h>

struct bench {
    uint8_t is[EG_FLASH_SECTOR], again[EG_FLASH_SECTOR], wanted[EG_FLASH_SECTOR];
    struct eg__sample sample;
};

static int set_up(void **state)
{
    static struct bench bench;
    uint32_t random = 1;

    for (size_t i = 0; i < sizeof bench.wanted; i++) {
        random = random * 1664525 + 1013904223;
        bench.wanted[i] = (uint8_t)(random >> 24);
    }
    memcpy(bench.is, bench.wanted, sizeof bench.is);
    bench.sample = (struct eg__sample){.flash_addr = 0x11000,
                                       .is = bench.is,
                                       .again = bench.is,
                                       .wanted = bench.wanted,
                                       .size = sizeof bench.is,
                                       .written = true,
                                       .checked = true};
    *state = &bench;
    return 0;
}

static void assert_cause(const struct bench *bench, enum eg_code code, const char *text)
{
    struct eg_error err;

    assert_error(eg__flash_cause(&bench->sample, &err), err, code, text);
}

static void noise_is_counted(void **state)
{
    struct bench *const bench = *state;

    memcpy(bench->again, bench->is, sizeof bench->again);
    bench->sample.again = bench->again;
    bench->is[7] ^= 1;
    bench->again[8] ^= 1;
    assert_cause(
        bench, EG_FLASH_NOISY,
        "sector 0x00011000 reads differently each time, in 2 of 4096 bytes: check the flash's supply and "
        "wiring");
    bench->sample.checked = false;
    assert_cause(
        bench, EG_FLASH_NOISY,
        "sector 0x00011000 reads differently each time, in 2 of 4096 bytes: check the flash's supply and "
        "wiring, and the cable, as a ROM sends no checksum");
}

static void a_shift_is_found_in_both_directions(void **state)
{
    struct bench *const bench = *state;

    for (size_t i = 0; i + 1 < sizeof bench->is; i++)
        bench->is[i] = (uint8_t)(bench->wanted[i] << 1 | bench->wanted[i + 1] >> 7);
    assert_cause(
        bench, EG_FLASH_SHIFTED,
        "sector 0x00011000 reads shifted by 1 bit: the flash is read in a mode that it is not in; reset it "
        "by a power cycle, and check its WP and HOLD pins and what is burned for them");
    memcpy(bench->is + 1, bench->wanted, sizeof bench->is - 1);
    assert_cause(
        bench, EG_FLASH_SHIFTED,
        "sector 0x00011000 reads shifted by 8 bits: the flash is read in a mode that it is not in; reset "
        "it by a power cycle, and check its WP and HOLD pins and what is burned for them");
}

static void constant_data_with_one_wrong_bit_is_not_shifted(void **state)
{
    struct bench *const bench = *state;

    memset(bench->wanted, 0, sizeof bench->wanted);
    memset(bench->is, 0, sizeof bench->is);
    bench->is[0] = 0x80;
    assert_cause(bench, EG_STUCK_BITS, "bit 7 of 0x00011000 stays 1: replace the flash");
}

static void a_broken_data_line_is_told_from_bad_cells(void **state)
{
    struct bench *const bench = *state;

    for (size_t i = 0; i < sizeof bench->is; i++)
        bench->is[i] |= 0x22;
    assert_cause(
        bench, EG_STUCK_BITS,
        "bits 1, 5 of every byte from 0x00011000 read 1: check the solder joints of the flash's data pins");
    for (size_t i = 0; i < sizeof bench->is; i++)
        bench->is[i] = bench->wanted[i] & 0xf7;
    assert_cause(
        bench, EG_STUCK_BITS,
        "bit 3 of every byte from 0x00011000 reads 0: check the solder joints of the flash's data pins");
}

static void unwritten_data_has_no_stuck_bits(void **state)
{
    struct bench *const bench = *state;

    bench->sample.written = false;
    bench->is[0x10] = (uint8_t)~0x08;
    bench->wanted[0x10] = 0xff;
    assert_cause(bench, EG_VERIFY_MISMATCH,
                 "0x00011010 holds 0xf7 instead of 0xff, 1 of 4096 bytes of sector 0x00011000 differ");
}

static void write_protection_is_named_bit_by_bit(void **state)
{
    struct bench *const bench = *state;

    memset(bench->is, 0x55, sizeof bench->is);
    bench->sample.has_status = true;
    bench->sample.status = 0x029c;
    assert_cause(
        bench, EG_FLASH_PROTECTED,
        "sector 0x00011000 is unchanged, the flash is write-protected (its status is 0x029c: BP0, BP1, BP2, "
        "SRP0): pull its WP pin high and clear these bits with write-flash-status");
    bench->sample.status = 0x4000;
    assert_cause(
        bench, EG_FLASH_PROTECTED,
        "sector 0x00011000 is unchanged, the flash is write-protected (its status is 0x4000: CMP): pull its "
        "WP pin high and clear these bits with write-flash-status");
    bench->sample.written = false;
    assert_cause(bench, EG_VERIFY_MISMATCH,
                 "0x00011000 holds 0x55 instead of 0x3c, 4080 of 4096 bytes of sector 0x00011000 differ");
}

static void quad_enable_and_locked_registers_are_no_protection(void **state)
{
    struct bench *const bench = *state;

    memset(bench->is, 0xff, sizeof bench->is);
    bench->sample.has_status = true;
    bench->sample.status = 0x0280;
    assert_cause(
        bench, EG_NOT_WRITTEN,
        "sector 0x00011000 is still erased, the board answered OK but wrote nothing: check the flash's "
        "supply, or replace the flash");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(noise_is_counted),
        TEST(a_shift_is_found_in_both_directions),
        TEST(constant_data_with_one_wrong_bit_is_not_shifted),
        TEST(a_broken_data_line_is_told_from_bad_cells),
        TEST(unwritten_data_has_no_stuck_bits),
        TEST(write_protection_is_named_bit_by_bit),
        TEST(quad_enable_and_locked_registers_are_no_protection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
