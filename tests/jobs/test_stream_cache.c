/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/stream_cache.h"

#include "engine/base/file.h"
#include "engine/image/compress.h"
#include "tests/fakes/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct scene {
    char root[64], folder[80], file[200];
    struct eg_region region;
    struct eg_buffer other; /* another stream that inflates to the region */
};

static unsigned count_files(const char *path)
{
    DIR *const folder = opendir(path);
    unsigned count = 0;

    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* Fill the region with bytes that depend on `seed`, and name its file. */
static void fill(struct scene *scene, uint32_t size, unsigned seed)
{
    char sha256[EG_SHA256_TEXT];
    struct eg_error err;
    uLongf length = compressBound(size);

    eg_region_destroy(&scene->region);
    scene->region = (struct eg_region){0};
    assert_ok(eg_buffer_resize(&scene->region.data, size, 0, &err), err);
    for (uint32_t i = 0; i < size; i++)
        scene->region.data.data[i] = (uint8_t)((i * i >> 9) + seed);
    assert_ok(eg_region_hash(&scene->region, &err), err);
    eg_hex(sha256, scene->region.sha256, EG_SHA256_SIZE);
    snprintf(scene->file, sizeof scene->file, "%s/%s.zlib", scene->folder, sha256);
    assert_ok(eg_buffer_resize(&scene->other, length, 0, &err), err);
    assert_int_equal(compress2(scene->other.data, &length, scene->region.data.data, size, 1), Z_OK);
    scene->other.size = length;
}

static int setup(void **state)
{
    struct scene *const scene = calloc(1, sizeof *scene);

    assert_non_null(scene);
    strcpy(scene->root, "/tmp/eg-streams-XXXXXX");
    assert_non_null(mkdtemp(scene->root));
    snprintf(scene->folder, sizeof scene->folder, "%s/espgang", scene->root);
    setenv("XDG_CACHE_HOME", scene->root, 1);
    fill(scene, EG__STREAM_LEAST, 1);
    *state = scene;
    return 0;
}

static int teardown(void **state)
{
    struct scene *const scene = *state;
    char command[200];

    snprintf(command, sizeof command, "rm -rf '%s'", scene->root);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c): the name is ours */
    eg_region_destroy(&scene->region);
    eg_buffer_finish(&scene->other);
    free(scene);
    return 0;
}

static void put(const struct scene *scene, const void *data, size_t size)
{
    struct eg_error err;

    assert_ok(eg_file_write(scene->file, data, size, &(struct eg_file_options){.mode = 0600, .replace = true},
                            &err),
              err);
}

/* Pack the region again; return whether its stream is the `other` one. */
static bool takes_other(struct scene *scene)
{
    struct eg_error err;

    eg_buffer_finish(&scene->region.zlib);
    assert_ok(eg__region_pack(&scene->region, &err), err);
    assert_true(eg_inflates_to(scene->region.zlib.data, scene->region.zlib.size, scene->region.data.data,
                               scene->region.data.size));
    return scene->region.zlib.size == scene->other.size &&
           memcmp(scene->region.zlib.data, scene->other.data, scene->other.size) == 0;
}

static void a_stream_is_kept_for_its_owner_alone(void **state)
{
    struct scene *const scene = *state;
    struct stat info;

    assert_false(takes_other(scene));
    assert_int_equal(stat(scene->folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(stat(scene->file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(count_files(scene->folder), 1);
}

static void a_stream_that_was_kept_is_taken(void **state)
{
    struct scene *const scene = *state;

    assert_false(takes_other(scene));
    put(scene, scene->other.data, scene->other.size);
    assert_true(takes_other(scene));
}

static void a_stream_that_is_not_the_regions_is_made_again(void **state)
{
    struct scene *const scene = *state;
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer good = {0};
    struct eg_error err;

    assert_false(takes_other(scene));
    assert_ok(eg_buffer_append(&good, scene->other.data, scene->other.size, &err), err);
    good.data[good.size / 2] ^= 1;
    put(scene, good.data, good.size);
    assert_false(takes_other(scene));
    good.data[good.size / 2] ^= 1;
    assert_ok(eg_buffer_append(&good, "x", 1, &err), err);
    put(scene, good.data, good.size);
    assert_false(takes_other(scene));
    put(scene, "", 0);
    assert_false(takes_other(scene));
    fill(scene, EG__STREAM_LEAST, 2);
    put(scene, good.data, good.size - 1);
    assert_false(takes_other(scene));
}

static void a_link_is_not_followed(void **state)
{
    struct scene *const scene = *state;
    char target[100];

    assert_false(takes_other(scene));
    put(scene, scene->other.data, scene->other.size);
    snprintf(target, sizeof target, "%s/elsewhere", scene->root);
    assert_int_equal(rename(scene->file, target), 0);
    assert_int_equal(symlink(target, scene->file), 0);
    assert_false(takes_other(scene));
}

static void a_pipe_is_not_waited_for(void **state)
{
    struct scene *const scene = *state;
    struct eg_error err;

    assert_ok(eg__region_pack(&scene->region, &err), err);
    assert_int_equal(unlink(scene->file), 0);
    assert_int_equal(mkfifo(scene->file, 0600), 0);
    eg_buffer_finish(&scene->region.zlib);
    assert_ok(eg__region_pack(&scene->region, &err), err);
    assert_true(scene->region.zlib.size > 0);
}

static void a_folder_that_others_may_enter_is_left_alone(void **state)
{
    struct scene *const scene = *state;

    assert_int_equal(mkdir(scene->folder, 0700), 0);
    put(scene, scene->other.data, scene->other.size);
    assert_int_equal(chmod(scene->folder, 0750), 0);
    assert_false(takes_other(scene));
    fill(scene, EG__STREAM_LEAST, 3);
    assert_false(takes_other(scene));
    assert_int_equal(count_files(scene->folder), 1);
}

static void a_small_region_is_not_kept(void **state)
{
    struct scene *const scene = *state;

    fill(scene, EG__STREAM_LEAST - 4, 1);
    assert_false(takes_other(scene));
    assert_int_equal(count_files(scene->folder), 0);
}

static void without_a_place_for_it_nothing_is_kept(void **state)
{
    struct scene *const scene = *state;

    setenv("XDG_CACHE_HOME", "", 1);
    setenv("HOME", "", 1);
    assert_false(takes_other(scene));
    setenv("HOME", scene->root, 1);
    assert_false(takes_other(scene));
    snprintf(scene->folder, sizeof scene->folder, "%s/.cache/espgang", scene->root);
    assert_int_equal(count_files(scene->folder), 1);
}

static void the_oldest_streams_make_room(void **state)
{
    struct scene *const scene = *state;
    char first[200];

    strcpy(first, scene->file);
    for (unsigned seed = 1; seed <= EG__STREAMS_MAX + 1; seed++) {
        fill(scene, EG__STREAM_LEAST, seed);
        assert_false(takes_other(scene));
    }
    assert_int_equal(count_files(scene->folder), EG__STREAMS_MAX);
    assert_int_equal(access(first, F_OK), -1);
    assert_int_equal(access(scene->file, F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_stream_is_kept_for_its_owner_alone),
        TEST(a_stream_that_was_kept_is_taken),
        TEST(a_stream_that_is_not_the_regions_is_made_again),
        TEST(a_link_is_not_followed),
        TEST(a_pipe_is_not_waited_for),
        TEST(a_folder_that_others_may_enter_is_left_alone),
        TEST(a_small_region_is_not_kept),
        TEST(without_a_place_for_it_nothing_is_kept),
        TEST(the_oldest_streams_make_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
