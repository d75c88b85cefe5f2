/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/image/hex.h"

#include "tests/fakes/check.h"

#include <stdio.h>
#include <string.h>

static enum eg_code read_text(struct eg_pieces *pieces, const char *text, struct eg_error *err)
{
    return eg_hex_read(pieces, (const uint8_t *)text, strlen(text), err);
}

static void assert_piece(const struct eg_piece *piece, uint32_t addr, const uint8_t *data, size_t size)
{
    assert_int_equal(piece->addr, addr);
    assert_int_equal(piece->data.size, size);
    assert_memory_equal(piece->data.data, data, size);
}

#define END "\n:00000001FF\n"

static void data_are_split_at_gaps_and_joined_where_they_meet_in_any_order(void **state)
{
    (void)state;
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    struct eg_error err;

    assert_ok(read_text(&pieces,
                        ":020000040001F9\r\n"
                        ":0400000001020304F2\r\n"
                        "\r\n"
                        ":020008000a0be1\r\n"
                        ":0400040005060708DE\r\n"
                        ":0400000540080400AB\r\n"
                        ":0400000300000000F9\r\n"
                        ":020000021000EC\r\n"
                        ":01002000558A\r\n"
                        ":00000001FF\r\n",
                        &err),
              err);
    assert_int_equal(pieces.count, 2);
    assert_piece(&pieces.list[0], 0x10000, BYTES(1, 2, 3, 4, 5, 6, 7, 8, 10, 11));
    assert_piece(&pieces.list[1], 0x10020, BYTES(0x55));

    /* No newline at the end; the second reading replaces the first. */
    assert_ok(read_text(&pieces, ":02000004FFFFFC\n:04FFFC0001020304F7\n:00000001FF", &err), err);
    assert_int_equal(pieces.count, 1);
    assert_piece(&pieces.list[0], 0xfffffffc, BYTES(1, 2, 3, 4));
}

static void mistakes_in_a_hex_file_are_named_with_their_line(void **state)
{
    (void)state;
    const struct {
        const char *file, *text;
    } rows[] = {
        {":0400000001020304F2\n:020008000A0BE0" END, "line 2 has checksum 0xe0, its bytes have 0xe1"},
        {":0400000001020304F2\n:02000", "line 2 has 6 characters, which make no record"},
        {":0400000001020304F2", "there is no end record after line 1: the file was cut"},
        {"", "there is no end record after line 0: the file was cut"},
        {":0500000001020304F1" END, "line 1 has 4 data bytes, its count says 5"},
        {":04000000010203G4F2" END, "line 1 has no hex digits in columns 16 and 17"},
        {"0400000001020304F2" END, "line 1 does not begin with a colon"},
        {":00000006FA" END, "line 1 is a record of unknown type 6"},
        {":0100000400FB" END, "line 1 is a record of type 4 with 1 data bytes, not 2"},
        {":0100000101FD" END, "line 1 is a record of type 1 with 1 data bytes, not 0"},
        {":00000001FF\n:0400000001020304F2\n", "line 2 comes after the end record"},
        {":00000001FF\n", "there are no data in the file"},
        {":0400000001020304F2\n:020002000909EA" END,
         "the data from line 2 on overlap those from line 1 on at 0x00000002"},
        {":02000004FFFFFC\n:04FFFE0001020304F5" END,
         "line 2: 4 bytes at 0xfffffffe run out of the address space"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
        struct eg_error err;
        print_message("%s\n", rows[i].text);
        assert_error(read_text(&pieces, rows[i].file, &err), err, EG_BAD_IMAGE, rows[i].text);
        assert_int_equal(pieces.count, 0);
    }
}

static void only_a_colon_and_hex_digits_make_a_file_a_hex_file(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool is;
    } rows[] = {{":00000001FF", true},   {":0000abcdEF1", true}, {":00000001F", false},
                {":0000000 1FF", false}, {"00000001FFF", false}, {"", false}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(eg_hex_is((const uint8_t *)rows[i].text, strlen(rows[i].text)), rows[i].is);
}

static void writing_starts_a_record_at_gaps_at_64_kb_and_after_16_bytes(void **state)
{
    (void)state;
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    uint8_t data[20];
    struct eg_error err;

    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    assert_ok(eg__pieces_add(&pieces, 0xfffe, data, sizeof data, "line", 1, &err), err);
    assert_ok(eg__pieces_add(&pieces, 0x20000, data, 1, "line", 2, &err), err);
    assert_ok(eg_hex_write(&out, &pieces, &err), err);
    assert_ok(eg_buffer_append(&out, "", 1, &err), err);
    assert_string_equal((const char *)out.data, ":020000040000FA\n"
                                                ":02FFFE00000100\n"
                                                ":020000040001F9\n"
                                                ":1000000002030405060708090A0B0C0D0E0F101158\n"
                                                ":020010001213C9\n"
                                                ":020000040002F8\n"
                                                ":0100000000FF\n"
                                                ":00000001FF\n");
}

static void where_all_addresses_have_16_bits_none_is_extended(void **state)
{
    (void)state;
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer out = {0};
    struct eg_error err;

    assert_ok(eg__pieces_add(&pieces, 0xffff, "\x7f", 1, "line", 1, &err), err);
    assert_ok(eg_hex_write(&out, &pieces, &err), err);
    assert_ok(eg_buffer_append(&out, "", 1, &err), err);
    assert_string_equal((const char *)out.data, ":01FFFF007F82\n:00000001FF\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_are_split_at_gaps_and_joined_where_they_meet_in_any_order),
        cmocka_unit_test(mistakes_in_a_hex_file_are_named_with_their_line),
        cmocka_unit_test(only_a_colon_and_hex_digits_make_a_file_a_hex_file),
        cmocka_unit_test(writing_starts_a_record_at_gaps_at_64_kb_and_after_16_bytes),
        cmocka_unit_test(where_all_addresses_have_16_bits_none_is_extended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
