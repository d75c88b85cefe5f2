/* SPDX-License-Identifier: Apache-2.0 */

/* Register sequences of both controllers. */

#include "engine/efuse/efuse_internal.h"
#include "tests/engine/efuse/scene.h"

/* Register writes of a chip whose command register stays busy for some reads. */
struct log {
    struct scene scene;
    unsigned busy, writes;
    bool glitch; /* one idle reading among busy ones */
    struct {
        unsigned reg;
        uint32_t word, pause_us;
    } write[200];
};

static enum eg_code log_read(void *context, uint32_t addr, uint32_t *word, struct eg_error *err)
{
    struct log *log = context;

    EG_TRY(scene_read(&log->scene, addr, word, err));
    if (addr == log->scene.virt.chip->base + log->scene.virt.chip->cmd && log->busy > 0) {
        log->busy--;
        *word = log->glitch && log->busy == 2 ? 0 : 2;
    }
    return EG_OK;
}

static enum eg_code log_write(void *context, uint32_t addr, uint32_t word, uint32_t pause_us,
                              struct eg_error *err)
{
    struct log *log = context;

    assert_true(log->writes < 200);
    log->write[log->writes].reg = addr - log->scene.virt.chip->base;
    log->write[log->writes].word = word;
    log->write[log->writes++].pause_us = pause_us;
    return scene_write(&log->scene, addr, word, pause_us, err);
}

static void begin(struct log *log, const char *chip)
{
    memset(log, 0, sizeof *log);
    scene_begin(&log->scene, chip);
    log->scene.fuses.io.read = log_read;
    log->scene.fuses.io.write = log_write;
    log->scene.fuses.io.context = log;
}

static void the_whole_program_window_is_cleared_after_a_burn(void **state)
{
    (void)state;
    const uint32_t word[EG_EFUSE_CODED_MAX] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    struct log log;

    begin(&log, "esp32c3");
    assert_int_equal(eg__efuse_program(&log.scene.fuses, 3, word, 11, &log.scene.err), EG_OK);
    for (unsigned i = 0; i < EG_EFUSE_CODED_MAX; i++) {
        assert_int_equal(log.write[log.writes - EG_EFUSE_CODED_MAX + i].reg, 4 * i);
        assert_int_equal(log.write[log.writes - EG_EFUSE_CODED_MAX + i].word, 0);
    }
    const unsigned command = log.writes - EG_EFUSE_CODED_MAX - 1;
    assert_int_equal(log.write[command].reg, log.scene.virt.chip->cmd);
    assert_int_equal(log.write[command].word, 2 | 3 << 2);
    assert_int_equal(log.write[command - 1].word, 0x5a5a);
    scene_end(&log.scene);
}

static void the_other_blocks_of_an_esp32_get_zeros_since_one_command_burns_all(void **state)
{
    (void)state;
    const uint32_t word[8] = {1};
    struct log log;

    begin(&log, "esp32");
    eg_put32(log.scene.virt.space + log.scene.virt.chip->blocks[3].write, 0xdead); /* of a program before */
    assert_int_equal(eg__efuse_program(&log.scene.fuses, 1, word, 8, &log.scene.err), EG_OK);
    assert_int_equal(eg_efuse_read(&log.scene.fuses, &log.scene.err), EG_OK);
    assert_int_equal(log.scene.fuses.block[1].word[0], 1);
    assert_int_equal(log.scene.fuses.block[3].word[0], 0);
    assert_int_equal(eg_get32(log.scene.virt.space + log.scene.virt.chip->blocks[1].write), 0);
    scene_end(&log.scene);
}

static void a_read_command_keeps_the_chip_from_the_efuses_for_a_while(void **state)
{
    (void)state;
    struct log log;

    begin(&log, "esp32c3");
    assert_int_equal(eg__efuse_read_command(&log.scene.fuses, &log.scene.err), EG_OK);
    assert_int_equal(log.writes, 2);
    assert_int_equal(log.write[0].word, 0x5aa5);
    assert_int_equal(log.write[1].word, 1);
    assert_int_equal(log.write[1].pause_us, 1000);
    scene_end(&log.scene);
}

static void idle_counts_when_it_is_seen_twice_in_a_row(void **state)
{
    (void)state;
    struct log log;

    begin(&log, "esp32c3");
    log.busy = 5;
    log.glitch = true;
    assert_int_equal(eg__efuse_read_command(&log.scene.fuses, &log.scene.err), EG_OK);
    assert_int_equal(log.busy, 0);
    scene_end(&log.scene);
}

static void a_controller_that_stays_busy_is_a_timeout(void **state)
{
    (void)state;
    struct log log;

    begin(&log, "esp32c3");
    log.busy = UINT32_MAX;
    scene_refused(&log.scene, eg__efuse_read_command(&log.scene.fuses, &log.scene.err), EG_TIMEOUT,
                  "the eFuse controller stays busy (command 0x2)");
    scene_end(&log.scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_program_window_is_cleared_after_a_burn),
        cmocka_unit_test(the_other_blocks_of_an_esp32_get_zeros_since_one_command_burns_all),
        cmocka_unit_test(a_read_command_keeps_the_chip_from_the_efuses_for_a_while),
        cmocka_unit_test(idle_counts_when_it_is_seen_twice_in_a_row),
        cmocka_unit_test(a_controller_that_stays_busy_is_a_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
