/* SPDX-License-Identifier: Apache-2.0 */

/* A line that provisions its boards; see the header. */

#include "tests/fakes/fake_secure.h"

#include "engine/secure/signature.h"
#include "tests/fakes/check.h"
#include "tools/vboard/chip/chip.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAYS "vboard says: self-test: OK"

static const char key_file[] = "/tmp/eg-key-XXXXXX";

static void make_key(struct eg_sign_key *key, const char *scheme)
{
    char folder[sizeof key_file], path[sizeof key_file + 8];
    struct eg_error err;
    int number = 0;

    while (strcmp(eg_sign_scheme_name((enum eg_sign_scheme)number), scheme) != 0)
        number++;
    memcpy(folder, key_file, sizeof folder);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key.pem", folder);
    assert_ok(eg_sign_key_make(path, (enum eg_sign_scheme)number, &err), err);
    assert_ok(eg_sign_key_read(key, path, &err), err);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void sign_region(struct eg_plan *plan, struct eg_region *region, const struct eg_sign_key *key)
{
    struct eg_signed_image is;
    struct eg_error err;
    const bool more = eg_signed_image_find(&is, region->data.data, region->data.size);

    plan->data_size -= region->data.size;
    plan->wire_size -= region->zlib.size;
    assert_ok(eg_sign_image(&region->data, key, 1, more, false, &err), err);
    region->file_size = (uint32_t)region->data.size;
    eg_buffer_finish(&region->zlib);
    assert_ok(eg_region_finish(region, &err), err);
    plan->data_size += region->data.size;
    plan->wire_size += region->zlib.size;
}

void fake_secure_add_file(struct eg_plan *plan, const char *key, const char *name, const void *content,
                          size_t size)
{
    struct eg_setting *const setting = eg_plan_setting(plan, key);
    struct eg_error err;

    fake_plan_add_item(plan, key, NULL, name);
    struct eg_setting_item *const item = &setting->items[setting->item_count - 1];
    assert_ok(eg_buffer_append(&item->content, content, size, &err), err);
}

void fake_secure_sign(struct eg_plan *plan, const char *name, const char *scheme)
{
    EG_CLEANUP(eg_sign_key_finish) struct eg_sign_key key = {0};
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer pem = {0};
    struct eg_error err;

    make_key(&key, scheme);
    for (unsigned i = 0; i < plan->region_count; i++)
        if (plan->regions[i].is_image)
            sign_region(plan, &plan->regions[i], &key);
    assert_ok(eg_sign_key_public(&pem, &key, &err), err);
    fake_secure_add_file(plan, "secure.boot.keys", name, pem.data, pem.size);
}

void fake_secure_add_table(struct eg_plan *plan)
{
    static const uint8_t row[32] = {0xaa, 0x50, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 'a', 'p', 'p'};
    struct eg_region *const table = fake_plan_add(plan, "partition-table", 0x8000, 0x1000);
    struct eg_error err;

    plan->wire_size -= table->zlib.size;
    memset(table->data.data, 0xff, table->data.size);
    memcpy(table->data.data, row, sizeof row);
    eg_buffer_finish(&table->zlib);
    assert_ok(eg_region_finish(table, &err), err);
    plan->wire_size += table->zlib.size;
}

struct eg_plan *fake_secure_plan(void)
{
    return fake_secure_plan_of("esp32c6", "ecdsa256");
}

struct eg_plan *fake_secure_plan_of(const char *chip, const char *scheme)
{
    struct eg_plan *const plan = fake_plan_create(chip);

    fake_plan_add_image(plan, "bootloader", plan->target->bootloader_addr, 0x1000, 0, UINT16_MAX);
    fake_secure_add_table(plan);
    struct eg_region *const app = fake_plan_add_image(plan, "app", 0x10000, 0x2000, 0, UINT16_MAX);
    memcpy(app->data.data + 0x100, SAYS, sizeof SAYS);
    fake_secure_sign(plan, "boot.pem", scheme);
    fake_plan_set(plan, "secure.mode", "release");
    fake_plan_set(plan, "secure.download",
                  eg_efuse_of(plan->target)->download_secure != NULL ? "secure" : "off");
    fake_plan_add_group(plan, "test",
                        (const char *const[]){"expect", "self-test: OK", "timeout", "2s", NULL});
    fake_plan_set(plan, "settle", "10ms");
    fake_plan_set(plan, "retry.attempts", "1");
    return plan;
}

int fake_secure_setup(void **state)
{
    const int failed = fake_line_setup(state);
    struct fake_line *const line = *state;

    eg_plan_destroy(line->plan);
    line->plan = fake_secure_plan();
    return failed;
}

uint32_t fake_secure_field(const struct fake_line *line, unsigned board, const char *name)
{
    return vb__efuse_field(vb_gang_board(line->gang, board), name);
}
