/* SPDX-License-Identifier: Apache-2.0 */

/* A job with a test, and simulated boards whose application prints the contents of a file. */

#ifndef TESTS_ENGINE_STAGES_TESTING_H
#define TESTS_ENGINE_STAGES_TESTING_H

#include "engine/image/compress.h"
#include "engine/stages/run.h"
#include "tests/fakes/check.h"
#include "tests/fakes/fake_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct eg_stage eg_stage_test;

static char app_log[] = "/tmp/eg-app-log-XXXXXX";

/* Set the beginning of a region, which is added if the plan lacks it. */
static inline void put_region(struct eg_plan *plan, const char *name, uint32_t flash_addr,
                              const uint8_t *data, size_t size)
{
    struct eg_region *region = NULL;
    struct eg_error err;

    for (unsigned i = 0; i < plan->region_count; i++)
        if (strcmp(plan->regions[i].name, name) == 0)
            region = &plan->regions[i];
    if (region == NULL)
        region = fake_plan_add(plan, name, flash_addr, 0x1000);
    memcpy(region->data.data, data, size);
    eg_buffer_finish(&region->zlib);
    assert_ok(eg_compress(&region->zlib, region->data.data, region->data.size, &err), err);
    assert_ok(eg_md5(region->md5, region->data.data, region->data.size, &err), err);
    assert_ok(eg_sha256(region->sha256, region->data.data, region->data.size, &err), err);
}

static inline void make_bootable(struct eg_plan *plan)
{
    static const uint8_t table[64] = {0xaa, 0x50, 0x00, 0x10, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00};

    put_region(plan, "bootloader", 0x1000, (const uint8_t[]){0xe9, 0}, 2);
    put_region(plan, "partition-table", 0x8000, table, sizeof table);
    put_region(plan, "app", 0x10000, (const uint8_t[0x21]){0xe9}, 0x21);
}

static inline int set_up(void **state)
{
    fake_line_setup(state);
    make_bootable(((struct fake_line *)*state)->plan);
    strcpy(app_log, "/tmp/eg-app-log-XXXXXX");
    const int fd = mkstemp(app_log);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static inline int tear_down(void **state)
{
    remove(app_log);
    return fake_line_teardown(state);
}

/* Add a group of settings, given as key, text, key, text, NULL; the place is "job.yaml:KEY". */
static inline void add(struct fake_line *line, const char *key, ...)
{
    struct eg_setting_group *group;
    struct eg_error err;
    va_list words;
    char place[80];

    snprintf(place, sizeof place, "job.yaml:%s", key);
    assert_ok(eg_setting_add_group(eg_plan_setting(line->plan, key), place, &group, &err), err);
    va_start(words, key);
    for (const char *word; (word = va_arg(words, const char *)) != NULL;) {
        struct eg_setting *const setting = eg_settings_find(group->settings, group->setting_count, word);
        assert_non_null(setting);
        if (setting->option->type == EG_OPTION_TEXT_LIST) {
            assert_ok(eg_setting_add_item(setting, NULL, va_arg(words, const char *), "job.yaml:item", &err),
                      err);
            continue;
        }
        assert_ok(eg_setting_set(setting, va_arg(words, const char *), &err), err);
        snprintf(place, sizeof place, "job.yaml:%s.%s", key, word);
        free(setting->place);
        assert_ok(eg_strdup(&setting->place, place, &err), err);
    }
    va_end(words);
}

static inline void plug(struct fake_line *line, struct vb_config config, const char *log,
                        const char *const *faults)
{
    FILE *const file = fopen(app_log, "wb");

    assert_non_null(file);
    assert_true(fputs(log, file) >= 0);
    assert_int_equal(fclose(file), 0);
    config.fast = true;
    config.app_log = app_log;
    fake_line_plug(line, &config, 1, faults);
}

static inline void run(struct fake_line *line, const char *log)
{
    plug(line, (struct vb_config){0}, log, NO_FAULTS);
    fake_line_run(line);
}

static inline void assert_fails(struct fake_line *line, const char *text)
{
    fake_line_assert_result(line, 1, EG_FAIL, EG_TEST_FAILED, text);
}

static inline void assert_passes(struct fake_line *line)
{
    fake_line_assert_result(line, 1, EG_PASS, EG_OK, "");
}

/* Check the refusal of check(), and its place. */
static inline void assert_refused(struct fake_line *line, const char *place, const char *text)
{
    const char *where = NULL;
    struct eg_error err;

    assert_error(eg_stage_test.check(line->plan, &where, &err), err, EG_BAD_JOB, text);
    if (place == NULL)
        assert_null(where);
    else
        assert_string_equal(where, place);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
