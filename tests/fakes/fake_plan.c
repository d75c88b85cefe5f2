/* SPDX-License-Identifier: Apache-2.0 */

/* Plans without a job file; see the header. */

#include "engine/plan/pipeline.h"
#include "tests/fakes/fake_plan.h"

#include "engine/image/image.h"
#include "engine/stages/stages.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct eg_plan *fake_plan_create(const char *target)
{
    struct eg_plan *plan;
    struct eg_error err;

    assert_ok(eg_alloc(&plan, 1, sizeof *plan, &err), err);
    assert_ok(eg_strdup(&plan->job_name, "a job", &err), err);
    assert_ok(eg_strdup(&plan->job_version, "", &err), err);
    assert_ok(eg_strdup(&plan->job_path, "job.yaml", &err), err);
    plan->target = eg_target_by_name(target);
    assert_non_null(plan->target);
    assert_ok(eg_plan_init_settings(plan, eg_stages, &err), err);
    return plan;
}

/*
 * Fill with sixteen bytes of which a few change now and then, like instructions of one kind: zlib compresses
 * them to a third.
 */
static void fill(uint8_t *data, uint32_t size, uint32_t seed)
{
    uint8_t last[16] = {0};

    for (uint32_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        if (seed >> 30 == 0)
            last[i % sizeof last] = (uint8_t)(seed >> 16);
        data[i] = last[i % sizeof last];
    }
}

static struct eg_region *add(struct eg_plan *plan, const char *name, uint32_t flash_addr, uint32_t size)
{
    struct eg_error err;
    uint32_t seed = 1;

    struct eg_region *regions = realloc(plan->regions, (plan->region_count + 1) * sizeof *regions);
    assert_non_null(regions);
    plan->regions = regions;
    struct eg_region *region = &regions[plan->region_count++];
    *region = (struct eg_region){.flash_addr = flash_addr, .file_size = size};
    assert_ok(eg_strdup(&region->name, name, &err), err);
    assert_ok(eg_strdup(&region->path, name, &err), err);
    assert_ok(eg_buffer_resize(&region->data, size, 0, &err), err);
    for (const char *c = name; *c != '\0'; c++)
        seed = seed * 31 + (uint8_t)*c;
    fill(region->data.data, size, seed);
    return region;
}

static struct eg_region *finish(struct eg_plan *plan, struct eg_region *region)
{
    struct eg_error err;

    assert_ok(eg_region_finish(region, &err), err);
    plan->data_size += region->data.size;
    plan->wire_size += region->zlib.size;
    return region;
}

struct eg_region *fake_plan_add(struct eg_plan *plan, const char *name, uint32_t flash_addr, uint32_t size)
{
    return finish(plan, add(plan, name, flash_addr, size));
}

struct eg_region *fake_plan_add_image(struct eg_plan *plan, const char *name, uint32_t flash_addr,
                                      uint32_t size, uint16_t min_rev, uint16_t max_rev)
{
    struct eg_region *const region = add(plan, name, flash_addr, size);
    uint8_t *const data = region->data.data;

    memset(data, 0, 24);
    data[0] = EG_IMAGE_MAGIC;
    data[1] = 1;
    data[3] = 0x20; /* 4 MB */
    eg_put16(data + 12, (uint16_t)plan->target->image_chip_id);
    eg_put16(data + 15, min_rev);
    eg_put16(data + 17, max_rev);
    eg_put32(data + 24, plan->target->memory[2].start);
    eg_put32(data + 28, size - 64);
    region->is_image = true;
    return finish(plan, region);
}

void fake_plan_set(struct eg_plan *plan, const char *key, const char *text)
{
    struct eg_setting *setting = eg_plan_setting(plan, key);
    struct eg_error err;

    assert_non_null(setting);
    assert_ok(eg_setting_set(setting, text, &err), err);
}

void fake_plan_set_file(struct eg_plan *plan, const char *key, const char *name, const char *content)
{
    struct eg_setting *setting = eg_plan_setting(plan, key);
    struct eg_error err;

    fake_plan_set(plan, key, name);
    assert_ok(eg_buffer_append(&setting->content, content, strlen(content), &err), err);
}

void fake_plan_add_item(struct eg_plan *plan, const char *key, const char *name, const char *text)
{
    struct eg_setting *setting = eg_plan_setting(plan, key);
    struct eg_error err;

    assert_non_null(setting);
    assert_ok(eg_setting_add_item(setting, name, text, "job.yaml:1:1", &err), err);
}

void fake_plan_add_group(struct eg_plan *plan, const char *key, const char *const *values)
{
    struct eg_setting *setting = eg_plan_setting(plan, key);
    struct eg_setting_group *group;
    struct eg_error err;

    assert_non_null(setting);
    assert_ok(eg_setting_add_group(setting, "job.yaml:1:1", &group, &err), err);
    for (; *values != NULL; values += 2) {
        struct eg_setting *inner = eg_settings_find(group->settings, group->setting_count, values[0]);
        assert_non_null(inner);
        assert_ok(eg_setting_set(inner, values[1], &err), err);
    }
}

/* Add a partition table with one application. */
static void add_table(struct eg_plan *plan, uint32_t app_addr, uint32_t app_size)
{
    struct eg_region *const region = add(plan, "table", 0x8000, 0xc00);
    uint8_t *const data = region->data.data;

    memset(data, 0xff, region->data.size);
    memset(data, 0, 32);
    data[0] = 0xaa;
    data[1] = 0x50;
    eg_put32(data + 4, app_addr);
    eg_put32(data + 8, app_size);
    finish(plan, region);
}

void fake_plan_add_tested(struct eg_plan *plan)
{
    fake_plan_add_image(plan, "bootloader", plan->target->bootloader_addr, 0x3000, 0, UINT16_MAX);
    add_table(plan, 0x10000, 0x10000);
    fake_plan_add_image(plan, "app", 0x10000, 0x10000, 0, UINT16_MAX);
    fake_plan_add_group(plan, "test", (const char *[]){"expect", "ready", "timeout", "3s", NULL});
    fake_plan_add_group(plan, "test",
                        (const char *[]){"send", "self-test\\n", "expect", "OK$", "timeout", "3s", NULL});
}

void fake_plan_write_app_log(char *path)
{
    static const char text[] = "ready\n@await self-test\nself-test: OK\n";
    const int file = mkstemp(path);

    assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
    close(file);
}
