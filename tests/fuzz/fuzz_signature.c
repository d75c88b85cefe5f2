/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A signature block, and the content that it signs. Its CRC is corrected; otherwise every search would end
 * there.
 */

#include "engine/secure/signature.h"
#include "tests/fuzz/fuzz.h"

#include <libdeflate.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer content = {0};
    uint8_t block[EG_SIGNATURE_BLOCK_SIZE];
    struct eg_signature_info info;
    struct eg_error err;

    if (size <= sizeof block)
        return 0;
    memcpy(block, data, sizeof block);
    eg_put32(block + 1196, libdeflate_crc32(0, block, 1196));
    HOLDS(eg_buffer_append(&content, data + sizeof block, size - sizeof block, &err) == EG_OK);
    const enum eg_code code = eg_signature_check(&info, block, content.data, content.size, &err);
    HOLDS(code == EG_OK || code == EG_BAD_IMAGE);
    if (code != EG_OK)
        return 0;
    content.data[0] ^= 1;
    HOLDS(eg_signature_check(&info, block, content.data, content.size, &err) == EG_BAD_IMAGE);
    return 0;
}
