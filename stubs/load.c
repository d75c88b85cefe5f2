/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Read a stub file.
 *
 * The same code reads the files of `--stub-dir` at run time and the pinned files at build time, so that the
 * built-in stubs have passed the same checks. A stub is code that a chip jumps to: every number that could
 * send the chip elsewhere is checked here, before a board is touched. Unknown keys are ignored, because the
 * format is Espressif's and grows (plugins for NAND flash were added that way).
 *
 * Text and data are padded with zeros to whole words, because the loaders take words.
 *
 * Threads: nothing here has state; any thread.
 */

#include "stubs/stub.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX    ((size_t)1024 * 1024)
#define SECTION_SIZE_MAX ((size_t)256 * 1024) /* more RAM than any chip has for a stub */

struct loaded {
    struct eg_stub stub; /* first: eg_stub_destroy() is given this */
    struct eg_buffer text;
    struct eg_buffer data;
    char sha256[EG_SHA256_TEXT];
    char *name;
};

static void json_cleanup(json_t **json)
{
    json_decref(*json);
}

static void loaded_destroy(struct loaded *loaded)
{
    if (loaded == NULL)
        return;
    eg_buffer_finish(&loaded->text);
    eg_buffer_finish(&loaded->data);
    free(loaded->name);
    free(loaded);
}

static void loaded_cleanup(struct loaded **loaded)
{
    loaded_destroy(*loaded);
}

/* Return the six bits of a base64 character; -1 = it is not one. */
static int base64_bits(char character)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = character != '\0' ? strchr(alphabet, character) : NULL;

    return at != NULL ? (int)(at - alphabet) : -1;
}

/* Decode canonical base64 and nothing else; `*bad` is the first offset that is wrong. */
static enum eg_code base64_decode(struct eg_buffer *out, const char *text, size_t size, size_t *bad,
                                  struct eg_error *err)
{
    size_t letters = size;

    while (letters > 0 && size - letters < 2 && text[letters - 1] == '=')
        letters--;
    *bad = size;
    EG_TRY(eg_buffer_resize(out, letters / 4 * 3 + letters % 4 * 3 / 4, 0, err));
    uint32_t word = 0;
    size_t used = 0;
    for (size_t i = 0; i < letters; i++) {
        const int bits = base64_bits(text[i]);
        if (bits < 0) {
            *bad = i;
            return EG_BAD_STUB;
        }
        word = word << 6 | (uint32_t)bits;
        if (i % 4 != 0)
            out->data[used++] = (uint8_t)(word >> (6 - i % 4 * 2));
    }
    const uint32_t left_over = letters % 4 == 2 ? word & 0xf : letters % 4 == 3 ? word & 0x3 : 0;
    if (size % 4 != 0 || left_over != 0)
        return EG_BAD_STUB;
    return EG_OK;
}

static enum eg_code read_section(struct eg_buffer *out, const char *path, const json_t *json, const char *key,
                                 struct eg_error *err)
{
    const json_t *value = json_object_get(json, key);
    size_t bad;

    if (!json_is_string(value))
        return eg_error_set(err, EG_BAD_STUB, "%s: %s is not a string", path, key);
    const size_t size = json_string_length(value);
    if (size / 4 * 3 > SECTION_SIZE_MAX)
        return eg_error_set(err, EG_BAD_STUB, "%s: %s has %zu characters, more than the %zu that fit a chip",
                            path, key, size, SECTION_SIZE_MAX / 3 * 4);
    const enum eg_code code = base64_decode(out, json_string_value(value), size, &bad, err);
    if (code == EG_BAD_STUB && bad < size)
        return eg_error_set(err, EG_BAD_STUB, "%s: %s is not base64 at character %zu", path, key, bad + 1);
    if (code == EG_BAD_STUB)
        return eg_error_set(err, EG_BAD_STUB, "%s: %s is cut off, its base64 does not end properly", path,
                            key);
    EG_TRY(code);
    return eg_buffer_resize(out, (out->size + 3) / 4 * 4, 0, err);
}

static enum eg_code read_number(uint32_t *out, const char *path, const json_t *json, const char *key,
                                struct eg_error *err)
{
    const json_t *value = json_object_get(json, key);

    if (value == NULL)
        return eg_error_set(err, EG_BAD_STUB, "%s: %s is missing", path, key);
    if (!json_is_integer(value))
        return eg_error_set(err, EG_BAD_STUB, "%s: %s is not a whole number", path, key);
    const json_int_t number = json_integer_value(value);
    if (number <= 0 || number > UINT32_MAX)
        return eg_error_set(err, EG_BAD_STUB, "%s: %s is %" JSON_INTEGER_FORMAT ", not an address", path, key,
                            number);
    *out = (uint32_t)number;
    return EG_OK;
}

static enum eg_code check_range(const char *path, const char *what, uint32_t addr, uint32_t size,
                                struct eg_error *err)
{
    if (addr % 4 != 0)
        return eg_error_set(err, EG_BAD_STUB, "%s: %s_start 0x%08x is not a multiple of 4", path, what,
                            (unsigned)addr);
    if (size > UINT32_MAX - addr)
        return eg_error_set(err, EG_BAD_STUB, "%s: %u bytes of %s at 0x%08x end beyond the address space",
                            path, (unsigned)size, what, (unsigned)addr);
    return EG_OK;
}

static enum eg_code read_stub(struct loaded *loaded, const char *path, const json_t *json,
                              struct eg_error *err)
{
    struct eg_stub *stub = &loaded->stub;

    if (json_object_get(json, "text") == NULL)
        return eg_error_set(err, EG_BAD_STUB, "%s: text is missing", path);
    EG_TRY(read_section(&loaded->text, path, json, "text", err));
    if (loaded->text.size == 0)
        return eg_error_set(err, EG_BAD_STUB, "%s: text is empty", path);
    EG_TRY(read_number(&stub->text_addr, path, json, "text_start", err));
    stub->text = loaded->text.data;
    stub->text_size = (uint32_t)loaded->text.size;
    EG_TRY(check_range(path, "text", stub->text_addr, stub->text_size, err));

    if (json_object_get(json, "data") != NULL)
        EG_TRY(read_section(&loaded->data, path, json, "data", err));
    if (loaded->data.size > 0) {
        EG_TRY(read_number(&stub->data_addr, path, json, "data_start", err));
        stub->data = loaded->data.data;
        stub->data_size = (uint32_t)loaded->data.size;
        EG_TRY(check_range(path, "data", stub->data_addr, stub->data_size, err));
        if (stub->data_addr < stub->text_addr + stub->text_size &&
            stub->text_addr < stub->data_addr + stub->data_size)
            return eg_error_set(err, EG_BAD_STUB, "%s: data at 0x%08x overlaps text, 0x%08x up to 0x%08x",
                                path, (unsigned)stub->data_addr, (unsigned)stub->text_addr,
                                (unsigned)(stub->text_addr + stub->text_size));
    }
    if (json_object_get(json, "bss_start") != NULL)
        EG_TRY(read_number(&stub->bss_addr, path, json, "bss_start", err));

    EG_TRY(read_number(&stub->entry, path, json, "entry", err));
    if (stub->entry < stub->text_addr || stub->entry - stub->text_addr >= stub->text_size)
        return eg_error_set(err, EG_BAD_STUB, "%s: entry 0x%08x is outside text, 0x%08x up to 0x%08x", path,
                            (unsigned)stub->entry, (unsigned)stub->text_addr,
                            (unsigned)(stub->text_addr + stub->text_size));
    return EG_OK;
}

enum eg_code eg_stub_load(struct eg_stub **stub, const char *dir, const char *name, struct eg_error *err)
{
    EG_CLEANUP(loaded_cleanup) struct loaded *loaded = NULL;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer file = {0};
    EG_CLEANUP(json_cleanup) json_t *json = NULL;
    uint8_t digest[EG_SHA256_SIZE];
    json_error_t problem;
    char path[4096];

    if (snprintf(path, sizeof path, "%s/%s.json", dir, name) >= (int)sizeof path)
        return eg_error_set(err, EG_IO, "%.100s: the path of the stub folder is too long", dir);
    EG_TRY(eg_file_read(&file, path, FILE_SIZE_MAX, err));
    json = json_loadb((const char *)file.data, file.size, JSON_REJECT_DUPLICATES, &problem);
    if (json == NULL)
        return eg_error_set(err, EG_BAD_STUB, "%s: line %d, column %d: %s", path, problem.line,
                            problem.column, problem.text);
    if (!json_is_object(json))
        return eg_error_set(err, EG_BAD_STUB, "%s: is not a JSON object", path);

    EG_TRY(eg_alloc(&loaded, 1, sizeof *loaded, err));
    EG_TRY(eg_strdup(&loaded->name, name, err));
    EG_TRY(read_stub(loaded, path, json, err));
    EG_TRY(eg_sha256(digest, file.data, file.size, err));
    eg_hex(loaded->sha256, digest, sizeof digest);
    loaded->stub.sha256 = loaded->sha256;
    loaded->stub.name = loaded->name;
    *stub = &loaded->stub;
    loaded = NULL;
    return EG_OK;
}

void eg_stub_destroy(struct eg_stub *stub)
{
    loaded_destroy((struct loaded *)stub);
}

void eg_stub_destroy_cleanup(struct eg_stub **stub)
{
    eg_stub_destroy(*stub);
}
