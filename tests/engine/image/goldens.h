/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The command lines of image-goldens.json, converted to the options of our calls. An unknown word fails the
 * test, so that no case is skipped.
 */

#ifndef TESTS_ENGINE_IMAGE_GOLDENS_H
#define TESTS_ENGINE_IMAGE_GOLDENS_H

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/image/build.h"
#include "engine/image/merge.h"
#include "tests/fakes/check.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOLDEN_WORDS_MAX = 32, GOLDEN_INPUTS_MAX = 4 };

struct golden {
    const struct eg_target *target;
    const char *verb, *output;
    struct {
        uint32_t addr;
        const char *path;
    } inputs[GOLDEN_INPUTS_MAX];
    size_t input_count;
    struct eg_image_options build;
    struct eg_merge_options merge;
    json_t *files; /* files made by the reference */
};

static inline void golden_input(struct golden *golden, const char *const *words, size_t count)
{
    const bool pairs = strcmp(golden->verb, "merge-bin") == 0;

    assert_true(count % (pairs ? 2 : 1) == 0 && count / (pairs ? 2 : 1) <= GOLDEN_INPUTS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (pairs)
            golden->inputs[golden->input_count].addr = (uint32_t)strtoul(words[i++], NULL, 0);
        golden->inputs[golden->input_count++].path = words[i];
    }
}

static inline bool golden_flag(struct golden *golden, const char *word)
{
    const bool build = strcmp(golden->verb, "elf2image") == 0;

    if (build && strcmp(word, "--secure-pad") == 0)
        golden->build.secure_pad = EG_SECURE_PAD_V1;
    else if (build && strcmp(word, "--secure-pad-v2") == 0)
        golden->build.secure_pad = EG_SECURE_PAD_V2;
    else if (build && strcmp(word, "--dont-append-digest") == 0)
        golden->build.no_digest = true;
    else if (build && strcmp(word, "--use-segments") == 0)
        golden->build.use_segments = true;
    else if (build && strcmp(word, "--ram-only-header") == 0)
        golden->build.ram_only_header = true;
    else if (!build && strcmp(word, "--md5-disable") == 0)
        golden->merge.no_md5 = true;
    else
        return false;
    return true;
}

static inline bool golden_option(struct golden *golden, const char *word, const char *value)
{
    const bool build = strcmp(golden->verb, "elf2image") == 0;
    const unsigned long number = strtoul(value, NULL, 0);

    if (strcmp(word, "-o") == 0 || strcmp(word, "--output") == 0)
        golden->output = value;
    else if (strcmp(word, "--flash-mode") == 0)
        golden->build.flash_mode = golden->merge.flash_mode = value;
    else if (strcmp(word, "--flash-freq") == 0)
        golden->build.flash_freq = golden->merge.flash_freq = value;
    else if (strcmp(word, "--flash-size") == 0)
        golden->build.flash_size = golden->merge.flash_size = value;
    else if (strcmp(word, "--pad-to-size") == 0)
        golden->build.pad_to_size = golden->merge.pad_to_size = value;
    else if (build && strcmp(word, "--version") == 0)
        golden->build.version = (unsigned)number;
    else if (build && strcmp(word, "--min-rev") == 0)
        golden->build.min_rev = (unsigned)number;
    else if (build && strcmp(word, "--min-rev-full") == 0)
        golden->build.min_rev_full = (unsigned)number;
    else if (build && strcmp(word, "--max-rev-full") == 0) {
        golden->build.has_max_rev_full = true;
        golden->build.max_rev_full = (unsigned)number;
    } else if (build && strcmp(word, "--elf-sha256-offset") == 0)
        golden->build.elf_sha256_offset = (uint32_t)number;
    else if (build && strcmp(word, "--flash-mmu-page-size") == 0)
        golden->build.mmu_page_size = value;
    else if (!build && strcmp(word, "--target-offset") == 0)
        golden->merge.target_offset = (uint32_t)number;
    else if (!build && strcmp(word, "--chunk-size") == 0)
        golden->merge.chunk_size = (uint32_t)number;
    else if (!build && strcmp(word, "--format") == 0 && strcmp(value, "raw") == 0)
        golden->merge.format = EG_MERGE_RAW;
    else if (!build && strcmp(word, "--format") == 0 && strcmp(value, "uf2") == 0)
        golden->merge.format = EG_MERGE_UF2;
    else if (!build && strcmp(word, "--format") == 0 && strcmp(value, "hex") == 0)
        golden->merge.format = EG_MERGE_HEX;
    else
        return false;
    return true;
}

static inline void golden_read(struct golden *golden, const json_t *test)
{
    const char *words[GOLDEN_WORDS_MAX] = {0};
    const json_t *const args = json_object_get(test, "args");
    const size_t count = json_array_size(args);

    *golden = (struct golden){.files = json_object_get(test, "files")};
    assert_in_range(count, 4, GOLDEN_WORDS_MAX - 1);
    for (size_t i = 0; i < count; i++)
        words[i] = json_string_value(json_array_get(args, i));
    assert_int_equal(json_integer_value(json_object_get(test, "rc")), 0);
    assert_string_equal(words[0], "--chip");
    golden->target = eg_target_by_name(words[1]);
    assert_non_null(golden->target);
    golden->verb = words[2];
    if (strcmp(golden->verb, "elf2image") != 0 && strcmp(golden->verb, "merge-bin") != 0)
        fail_msg("unknown verb %s", golden->verb);
    size_t i = 3;
    while (i < count && words[i][0] == '-') {
        if (golden_flag(golden, words[i]))
            i++;
        else if (words[i + 1] != NULL && golden_option(golden, words[i], words[i + 1]))
            i += 2;
        else
            fail_msg("unknown option %s of %s", words[i], golden->verb);
    }
    golden_input(golden, words + i, count - i);
}

/** Run every case of a verb. */
static inline void golden_each(const char *verb, void run(const struct golden *))
{
    char path[4096];
    json_error_t json_err;
    json_t *const all = json_load_file(fixture_path(path, "image-goldens.json"), 0, &json_err);
    json_t *test;
    size_t i, ran = 0;

    assert_non_null(all);
    json_array_foreach(json_object_get(all, "cases"), i, test)
    {
        struct golden golden;
        golden_read(&golden, test);
        if (strcmp(golden.verb, verb) != 0)
            continue;
        char *const text = json_dumps(json_object_get(test, "args"), 0);
        print_message("%s\n", text);
        free(text);
        run(&golden);
        ran++;
    }
    print_message("%zu cases of %s\n", ran, verb);
    assert_true(ran > 0);
    json_decref(all);
}

static inline void golden_load(struct eg_buffer *buffer, const char *fixture)
{
    char path[4096];
    struct eg_error err;

    assert_ok(eg_file_read(buffer, fixture_path(path, fixture), 1 << 26, &err), err);
}

static inline void golden_assert_file(const struct golden *golden, const char *name,
                                      const struct eg_buffer *data)
{
    const json_t *const file = json_object_get(golden->files, name);
    uint8_t sha256[EG_SHA256_SIZE];
    char text[EG_SHA256_TEXT];
    struct eg_error err;

    if (file == NULL)
        fail_msg("the reference makes no %s", name);
    assert_int_equal(data->size, json_integer_value(json_object_get(file, "size")));
    assert_ok(eg_sha256(sha256, data->data, data->size, &err), err);
    eg_hex(text, sha256, sizeof sha256);
    assert_string_equal(text, json_string_value(json_object_get(file, "sha256")));
}

#endif
