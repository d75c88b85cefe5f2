/* SPDX-License-Identifier: Apache-2.0 */

/* A stub's JSON file: an accepted stub has whole words, as the loader sends them. */

#include "stubs/stub.h"
#include "tests/fuzz/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    EG_CLEANUP(eg_stub_destroy_cleanup) struct eg_stub *stub = NULL;
    struct eg_error err;

    fuzz_file("esp32.json", data, size);
    const enum eg_code code = eg_stub_load(&stub, fuzz_folder(), "esp32", &err);
    HOLDS(code == EG_OK || code == EG_BAD_STUB || code == EG_IO);
    if (code != EG_OK)
        return 0;
    HOLDS(stub->text != NULL && stub->text_size > 0 && stub->text_size % 4 == 0 && stub->data_size % 4 == 0);
    HOLDS((stub->data == NULL) == (stub->data_size == 0));
    return 0;
}
