/* SPDX-License-Identifier: Apache-2.0 */

/* Intel HEX: the data is the same after it is written and read again. */

#include "engine/image/hex.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces again = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_error err;

    if (eg_hex_read(&pieces, data, size, &err) != EG_OK)
        return 0;
    HOLDS(eg_hex_write(&text, &pieces, &err) == EG_OK);
    HOLDS(eg_hex_is(text.data, text.size));
    HOLDS(eg_hex_read(&again, text.data, text.size, &err) == EG_OK);
    HOLDS(again.count == pieces.count);
    for (size_t i = 0; i < pieces.count; i++) {
        HOLDS(again.list[i].addr == pieces.list[i].addr);
        HOLDS(again.list[i].data.size == pieces.list[i].data.size);
        HOLDS(memcmp(again.list[i].data.data, pieces.list[i].data.data, pieces.list[i].data.size) == 0);
        HOLDS(i == 0 || pieces.list[i].addr - pieces.list[i - 1].addr > pieces.list[i - 1].data.size);
    }
    return 0;
}
