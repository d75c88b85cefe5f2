/* SPDX-License-Identifier: Apache-2.0 */

/* bench_compress FILE...: our compressed size against zlib level 9. */

#include "engine/base/file.h"
#include "engine/image/compress.h"

#include <stdio.h>
#include <zlib.h>

int main(int argc, char **argv)
{
    printf("%-40s %10s %10s %10s %7s\n", "FILE", "BYTES", "ZLIB 9", "OURS", "RATIO");
    for (int i = 1; i < argc; i++) {
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer raw = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer ours = {0};
        EG_CLEANUP(eg_buffer_finish) struct eg_buffer theirs = {0};
        struct eg_error err;
        if (eg_file_read(&raw, argv[i], 1 << 26, &err) != EG_OK ||
            eg_compress(&ours, raw.data, raw.size, &err) != EG_OK ||
            eg_buffer_resize(&theirs, compressBound(raw.size), 0, &err) != EG_OK) {
            fprintf(stderr, "bench_compress: %s\n", err.text);
            return 1;
        }
        uLongf size = theirs.size;
        if (compress2(theirs.data, &size, raw.data, raw.size, 9) != Z_OK)
            return 1;
        printf("%-40.40s %10zu %10lu %10zu %7.4f\n", argv[i], raw.size, (unsigned long)size, ours.size,
               (double)ours.size / (double)size);
    }
    return 0;
}
