/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Turn the stub files of a folder into C data: eg_stub_embed TABLE FOLDER > C-FILE
 *
 * The build runs it. TABLE has a line for each stub, as sha256sum writes them. A file with another digest
 * stops the build, because the stubs run on customers' boards.
 */

#include "stubs/stub.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <stdio.h>
#include <string.h>

static void stub_cleanup(struct eg_stub **stub)
{
    eg_stub_destroy(*stub);
}

static void print_bytes(const char *what, unsigned number, const uint8_t *data, uint32_t size)
{
    printf("static const uint8_t %s_%u[] = {", what, number);
    for (uint32_t i = 0; i < size; i++)
        printf("%s%u,", i % 24 == 0 ? "\n" : "", data[i]);
    printf("\n};\n");
}

static void print_stub(unsigned number, const struct eg_stub *stub)
{
    print_bytes("text", number, stub->text, stub->text_size);
    if (stub->data_size > 0)
        print_bytes("data", number, stub->data, stub->data_size);
    printf("static const struct eg_stub stub_%u = {\n"
           ".name = \"%s\",\n.text = text_%u,\n.text_size = %u,\n.text_addr = 0x%08x,\n",
           number, stub->name, number, (unsigned)stub->text_size, (unsigned)stub->text_addr);
    if (stub->data_size > 0)
        printf(".data = data_%u,\n.data_size = %u,\n.data_addr = 0x%08x,\n", number,
               (unsigned)stub->data_size, (unsigned)stub->data_addr);
    printf(".bss_addr = 0x%08x,\n.entry = 0x%08x,\n.sha256 = \"%s\",\n};\n\n", (unsigned)stub->bss_addr,
           (unsigned)stub->entry, stub->sha256);
}

static enum eg_code embed(const char *table, const char *folder, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer lines = {0};
    unsigned count = 0;
    char *rest;

    EG_TRY(eg_file_read(&lines, table, 65536, err));
    printf("/* Generated from the stub files of the pinned package; do not edit. */\n"
           "#include \"stubs/stub.h\"\n\n");
    for (char *line = strtok_r((char *)lines.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        EG_CLEANUP(stub_cleanup) struct eg_stub *stub = NULL;
        char expected[EG_SHA256_TEXT], name[33];
        int end = 0;

        sscanf(line, "%64[0-9a-f]  %32[0-9a-z-].json%n", expected, name, &end);
        if (end == 0 || line[end] != '\0' || strlen(expected) != 64)
            return eg_error_set(err, EG_BAD_STUB, "%s: not a line of sha256sum: %s", table, line);
        EG_TRY(eg_stub_load(&stub, folder, name, err));
        if (strcmp(stub->sha256, expected) != 0)
            return eg_error_set(err, EG_BAD_STUB, "%s/%s.json: its SHA-256 is %s, and %s wants %s", folder,
                                name, stub->sha256, table, expected);
        print_stub(count++, stub);
    }
    printf("const struct eg_stub *const eg_stubs[] = {\n");
    for (unsigned i = 0; i < count; i++)
        printf("    &stub_%u,\n", i);
    printf("    NULL,\n};\n");
    return EG_OK;
}

int main(int argc, char **argv)
{
    struct eg_error err;

    if (argc != 3) {
        fprintf(stderr, "usage: eg_stub_embed TABLE FOLDER > C-FILE\n");
        return 2;
    }
    if (embed(argv[1], argv[2], &err) != EG_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (fflush(stdout) != 0) {
        perror("writing the stubs");
        return 1;
    }
    return 0;
}
