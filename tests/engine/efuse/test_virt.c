/* SPDX-License-Identifier: Apache-2.0 */

/* The virtual memory: its file, and protection. */

#define _GNU_SOURCE /* mkdtemp() */

#include "tests/engine/efuse/scene.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void the_memory_is_kept_in_a_file_that_only_its_owner_reads(void **state)
{
    (void)state;
    char folder[] = "/tmp/eg-virt-XXXXXX", path[64];
    struct scene scene;
    struct stat info;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/memory", folder);
    scene_begin(&scene, "esp32c3");
    scene.virt.path = path;
    scene_want(&scene, "DIS_PAD_JTAG", 1);
    scene_burn(&scene);
    scene_end(&scene);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 0x200);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(eg_efuse_virt_open(&scene.virt, eg_target_by_name("esp32c3"), path, &scene.err), EG_OK);
    scene_open(&scene);
    assert_int_equal(eg_efuse_number(&scene.fuses, "DIS_PAD_JTAG"), 1);
    scene_end(&scene);
    assert_int_equal(truncate(path, 100), 0); /* of another size: blank */
    assert_int_equal(eg_efuse_virt_open(&scene.virt, eg_target_by_name("esp32c3"), path, &scene.err), EG_OK);
    scene_open(&scene);
    assert_int_equal(eg_efuse_number(&scene.fuses, "DIS_PAD_JTAG"), 0);
    scene_end(&scene);
    unlink(path);
    rmdir(folder);
}

static void write_protection_holds_against_force(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32c3");
    scene_want(&scene, "WR_DIS", 1 << 2);
    scene_burn(&scene);
    scene_open(&scene);
    scene.plan.force = true;
    scene_want(&scene, "DIS_PAD_JTAG", 1);
    assert_int_equal(eg_efuse_decide(&scene.plan, &scene.err), EG_OK);
    scene_refused(&scene, eg_efuse_burn(&scene.plan, &scene.err), EG_NOT_BURNT,
                  "BLOCK0: not every wanted bit is set after it was burnt 3 times");
    scene_end(&scene);
}

static void a_read_protected_block_is_zeros(void **state)
{
    (void)state;
    struct scene scene;

    scene_begin(&scene, "esp32s2");
    assert_int_equal(scene_want_key(&scene, "BLOCK_KEY2", "HMAC_UP", 1, 32), EG_OK);
    scene_burn(&scene);
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(scene.virt.space[scene.virt.chip->blocks[6].read + i], 0);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_memory_is_kept_in_a_file_that_only_its_owner_reads),
        cmocka_unit_test(write_protection_holds_against_force),
        cmocka_unit_test(a_read_protected_block_is_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
