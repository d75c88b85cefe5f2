/* SPDX-License-Identifier: Apache-2.0 */

/* Reading flash as code that runs from it. */

#include "tests/tools/vboard/fuses.h"
#include "tools/vboard/board/life.h"

#define SIZE 3000u

static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 7 + i / 256);
}

/* Compare ranges of any place and size, plain or encrypted in the flash. */
static void any_range_is_read_through_the_cipher_when_that_is_on(void **state)
{
    static const uint32_t ranges[][2] = {{0, SIZE}, {5, 1}, {15, 2}, {17, 1024}, {1000, 1100}, {1024, 16}};

    (void)state;
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        struct vb_config config = fuses_fast("esp32c3");

        config.flash_encryption = encrypted != 0;
        struct vb_board *const board = fuses_make(&config);
        uint8_t data[SIZE + 8];

        for (size_t i = 0; i < sizeof data; i++)
            data[i] = byte_at(i);
        if (encrypted)
            vb__encrypt(board, 0x2000, data, sizeof data);
        memcpy(board->flash.data + 0x2000, data, sizeof data);
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
            uint8_t seen[SIZE];

            vb__look(board, 0x2000 + ranges[i][0], seen, ranges[i][1]);
            for (uint32_t k = 0; k < ranges[i][1]; k++)
                assert_int_equal(seen[k], byte_at(ranges[i][0] + k));
        }
        vb_board_destroy(board);
    }
}

static void where_no_flash_answers_there_are_ones(void **state)
{
    struct vb_config config = fuses_fast("esp32c3");
    uint8_t seen[20] = {0};

    (void)state;
    config.part = player_part("none");
    struct vb_board *const board = fuses_make(&config);
    vb__look(board, 3, seen, sizeof seen);
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_equal(seen[i], 0xff);
    vb_board_destroy(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_range_is_read_through_the_cipher_when_that_is_on),
        cmocka_unit_test(where_no_flash_answers_there_are_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
