/* SPDX-License-Identifier: Apache-2.0 */

/* Key files, and texts that a key may have signed: the first byte chooses the reader. */

#include "engine/base/key.h"
#include "engine/secure/signature_v1.h"
#include "jobs/seal.h"
#include "tests/fuzz/file.h"

#include <string.h>

static void read_public(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    char fingerprint[EG_KEY_TEXT];
    struct eg_error err;
    struct eg_key key;

    HOLDS(eg_buffer_append(&text, data, size, &err) == EG_OK);
    HOLDS(eg_buffer_append(&text, "", 1, &err) == EG_OK);
    text.size--;
    const enum eg_code code = eg_key_parse(&key, "key", &text, &err);
    HOLDS(code == EG_OK || code == EG_BAD_ARGUMENT);
    HOLDS(code != EG_OK || eg_key_fingerprint(fingerprint, &key, &err) == EG_OK);
}

static void read_sign_key(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    uint8_t image[EG_SIGNATURE_V1_SIZE + 4] = {0};
    struct eg_error err;

    const enum eg_code code = eg_sign_key_read(&key, fuzz_file("key.pem", data, size), &err);
    HOLDS(code == EG_OK || code == EG_BAD_ARGUMENT || code == EG_IO);
    if (code != EG_OK)
        return;
    HOLDS(eg_sign_key_public(&pem, &key, &err) == EG_OK);
    HOLDS(eg_signature_v1_check(&key, image, sizeof image, &err) != EG_OK);
}

static void read_seal(const uint8_t *data, size_t size)
{
    struct eg__seal seal;
    struct eg_error err;

    const enum eg_code code = eg__seal_check(&seal, data, size, &err);
    HOLDS(code == EG_OK || code == EG_BAD_BUNDLE);
    HOLDS(code != EG_OK || seal.content_size < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0] % 3) {
    case 0:
        read_public(data + 1, size - 1);
        break;
    case 1:
        read_sign_key(data + 1, size - 1);
        break;
    default:
        read_seal(data + 1, size - 1);
        break;
    }
    return 0;
}
