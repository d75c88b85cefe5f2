/* SPDX-License-Identifier: Apache-2.0 */

/* UF2: the data is the same after it is written and read again. */

#include "engine/image/uf2.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces pieces = {0};
    EG_CLEANUP(eg_pieces_finish) struct eg_pieces again = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer blocks = {0};
    uint32_t family, family_again;
    struct eg_error err;

    if (eg_uf2_read(&pieces, &family, data, size, &err) != EG_OK)
        return 0;
    for (size_t i = 0; i < pieces.count; i++)
        HOLDS(eg_uf2_write(&blocks, family, pieces.list[i].addr, pieces.list[i].data.data,
                           pieces.list[i].data.size, size % 2 ? 4 : 0, size % 3, &err) == EG_OK);
    HOLDS(eg_uf2_read(&again, &family_again, blocks.data, blocks.size, &err) == EG_OK);
    HOLDS(again.count == pieces.count && family_again == family);
    for (size_t i = 0; i < pieces.count; i++) {
        HOLDS(again.list[i].addr == pieces.list[i].addr);
        HOLDS(again.list[i].data.size == pieces.list[i].data.size);
        HOLDS(memcmp(again.list[i].data.data, pieces.list[i].data.data, pieces.list[i].data.size) == 0);
    }
    return 0;
}
