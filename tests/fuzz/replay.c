/* SPDX-License-Identifier: Apache-2.0 */

/* Runs a target on every file of a folder, in builds without libFuzzer, so that old findings stay fixed. */

#include "engine/base/file.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>

static void replay(const char *path)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    struct eg_error err;

    if (eg_file_read(&file, path, 1 << 24, &err) != EG_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    /* A copy of the exact size, so that a read past its end is found. */
    uint8_t *const copy = malloc(file.size > 0 ? file.size : 1);
    HOLDS(copy != NULL);
    for (size_t i = 0; i < file.size; i++)
        copy[i] = file.data[i];
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(copy, file.size);
    free(copy);
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    DIR *const folder = argc == 2 ? opendir(argv[1]) : NULL;

    if (folder == NULL) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        replay(path);
        count++;
    }
    closedir(folder);
    printf("%u files\n", count);
    return count > 0 ? 0 : 1;
}
