/* SPDX-License-Identifier: Apache-2.0 */

/* Rates above the usual one, on simulated boards: proved, not proved, and given up in mid-write. */

#include "engine/base/bytes.h"
#include "engine/loader/loader.h"
#include "tests/fakes/check.h"
#include "tools/vboard/carrier.h"
#include "tools/vboard/model/model.h"

#include <stdio.h>
#include <string.h>

#define ADDR 0x10000
#define SIZE 0x20000

/* A board whose stub runs. */
struct bench {
    struct vb_gang *gang;
    struct eg_port *port;
    struct eg_loader loader;
};

static void finish(struct bench *bench)
{
    eg_port_close(bench->port);
    vb_gang_destroy(bench->gang);
}

/* Faults as vb_gang_create() takes them. */
#define FAULTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_FAULTS   ((const char *const[]){NULL})

static void start_at(struct bench *bench, const char *chip, struct vb_config config,
                     const char *const *faults, uint32_t baud)
{
    const struct eg_target *const target = eg_target_by_name(chip);
    const struct eg_stub *stub = eg_stub_by_name(chip);
    unsigned fault_count = 0;
    const struct eg_port_scheme *schemes[2] = {NULL};
    struct eg_loader *const loader = &bench->loader;
    struct eg_error err;
    char url[64];

    *bench = (struct bench){0};
    if (stub == NULL) {
        print_message("SKIPPED: no stubs in this build\n");
        skip();
    }
    while (faults[fault_count] != NULL)
        fault_count++;
    config.target = target;
    config.fast = true;
    assert_ok(vb_gang_create(&bench->gang, &config, 1, faults, fault_count, &err), err);
    schemes[0] = vb_gang_scheme(bench->gang);
    vb_gang_url(bench->gang, 1, url, sizeof url);
    assert_ok(eg_port_open(&bench->port, url, schemes, NULL, &err), err);
    eg_loader_init(loader, bench->port);
    assert_ok(eg_loader_connect(loader, EG_BEFORE_DEFAULT_RESET, 921600, 3, &err), err);
    assert_ok(eg_loader_detect(loader, target, &err), err);
    assert_ok(eg_loader_run_stub(loader, stub, &err), err);
    assert_ok(eg_loader_attach_flash(loader, NULL, &err), err);
    assert_ok(eg_loader_set_flash_size(loader, 4 << 20, &err), err);
    assert_ok(eg_loader_change_baud(loader, baud, &err), err);
}

static const uint8_t *flash(const struct bench *bench)
{
    size_t size;

    return vb_board_flash(vb_gang_board(bench->gang, 1), &size);
}

static void assert_blank(const struct bench *bench)
{
    for (uint32_t i = 0; i < ADDR + SIZE; i++)
        assert_int_equal(flash(bench)[i], 0xff);
}

static void a_rate_that_the_wire_carries_is_proved_and_nothing_is_written(void **state)
{
    static const char *const chips[] = {"esp32", "esp32c3", "esp32s3", "esp8266"};
    struct eg_error err;

    (void)state;
    for (unsigned i = 0; i < sizeof chips / sizeof chips[0]; i++) {
        EG_CLEANUP(finish) struct bench bench;

        start_at(&bench, chips[i], (struct vb_config){.wire_baud = 2000000}, NO_FAULTS, 2000000);
        assert_ok(eg_loader_prove_rate(&bench.loader, ADDR, &err), err);
        assert_blank(&bench);
        assert_int_equal(bench.loader.digest_redos + bench.loader.resends, 0);
    }
}

static void used_flash_stays_as_it_is(void **state)
{
    EG_CLEANUP(finish) struct bench bench;
    static uint8_t before[SIZE];
    struct eg_error err;

    (void)state;
    start_at(&bench, "esp32", (struct vb_config){.used = true}, NO_FAULTS, 3000000);
    memcpy(before, flash(&bench) + ADDR, SIZE);
    assert_ok(eg_loader_prove_rate(&bench.loader, ADDR, &err), err);
    assert_memory_equal(flash(&bench) + ADDR, before, SIZE);
}

static void a_rate_that_damages_bytes_is_not_proved(void **state)
{
    struct eg_error err;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        EG_CLEANUP(finish) struct bench bench;

        start_at(&bench, "esp32", (struct vb_config){.seed = seed}, NO_FAULTS, 3000000);
        bench.loader.settings.timeout_ms = 100;
        vb_gang_board(bench.gang, 1)->config.wire_baud = 2000000;
        assert_int_not_equal(eg_loader_prove_rate(&bench.loader, ADDR, &err), EG_OK);
        assert_non_null(strstr(err.text, "proving 3000000 baud: "));
        assert_blank(&bench);
    }
}

static void assert_noticed(const char *word, unsigned long long after, uint64_t seed)
{
    EG_CLEANUP(finish) struct bench bench;
    struct eg_error err;

    start_at(&bench, "esp32", (struct vb_config){.seed = seed}, NO_FAULTS, 2000000);
    bench.loader.settings.timeout_ms = 100;
    struct vb_board *const board = vb_gang_board(bench.gang, 1);
    char text[40];
    snprintf(text, sizeof text, "%s@%llu", word, (unsigned long long)board->faults.received + after);
    struct vb_fault fault;
    assert_ok(vb_fault_parse(&fault, text, &err), err);
    board->config.faults[0] = fault;
    board->config.fault_count = 1;
    const uint64_t received = board->faults.received;
    vb__faults_init(board);
    board->faults.received = received;
    assert_int_not_equal(eg_loader_prove_rate(&bench.loader, ADDR, &err), EG_OK);
    assert_blank(&bench);
}

/* Every bit of the stream is checked by the board, by checksum or by inflating. */
static void a_single_bit_is_noticed_wherever_it_is(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 12; i++)
        assert_noticed("flip", 200 + i * 1300, i + 1);
}

/* The second packet of the flash comes after 16561 bytes: four blocks, BEGIN, END, the request, and half of
 * the first acknowledgement. */
static void a_single_bit_is_noticed_on_its_way_back(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 6; seed++)
        assert_noticed("garble", 16561, seed);
}

static void a_rom_proves_nothing(void **state)
{
    EG_CLEANUP(finish) struct bench bench;
    struct eg_error err;

    (void)state;
    start_at(&bench, "esp32", (struct vb_config){0}, NO_FAULTS, 2000000);
    bench.loader.stub = false;
    assert_error(eg_loader_prove_rate(&bench.loader, ADDR, &err), err, EG_UNSUPPORTED,
                 "only a stub can prove a rate");
}

static void make_data(uint8_t *data)
{
    uint64_t random = 7;

    for (uint32_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)vb__random(&random);
}

static void a_bridge_makes_the_rates_that_its_clock_allows(void **state)
{
    EG_CLEANUP(finish) struct bench bench;
    struct eg_error err;

    (void)state;
    /* 16 MHz / 5 is 3.2 Mbaud, too fast by 7 %. */
    start_at(&bench, "esp32", (struct vb_config){.bridge_clock = 16000000}, NO_FAULTS, 2000000);
    assert_ok(eg_loader_prove_rate(&bench.loader, ADDR, &err), err);
    assert_int_not_equal(eg_loader_change_baud(&bench.loader, 3000000, &err), EG_OK);
}

static void the_second_resend_lowers_the_rate_in_mid_write(void **state)
{
    EG_CLEANUP(finish) struct bench bench;
    static uint8_t data[SIZE];
    const struct eg_flash_data what = {.flash_addr = ADDR, .data = data, .size = SIZE};
    struct eg_write_times times;
    struct eg_error err;

    (void)state;
    make_data(data);
    start_at(&bench, "esp32", (struct vb_config){0}, FAULTS("flip@40000", "flip@70000", "flip@100000"),
             3000000);
    bench.loader.steps_down = true;
    assert_ok(eg_loader_write_flash(&bench.loader, &what, NULL, NULL, &times, &err), err);
    assert_memory_equal(flash(&bench) + ADDR, data, SIZE);
    assert_int_equal(bench.loader.resends, 3);
    assert_int_equal(bench.loader.baud, 2000000);
    assert_int_equal(bench.loader.baud_failed, 3000000);
    assert_int_equal(bench.loader.region_redos, 0);
}

static void a_lost_answer_lowers_the_rate_at_once(void **state)
{
    EG_CLEANUP(finish) struct bench bench;
    static uint8_t data[SIZE];
    const struct eg_flash_data what = {.flash_addr = ADDR, .data = data, .size = SIZE};
    struct eg_error err;

    (void)state;
    make_data(data);
    start_at(&bench, "esp32c3", (struct vb_config){0}, FAULTS("drop@60000"), 2000000);
    bench.loader.steps_down = true;
    bench.loader.settings.timeout_ms = 100;
    bench.loader.settings.erase_write_timeout_per_mb_ms = 1000;
    assert_ok(eg_loader_write_flash(&bench.loader, &what, NULL, NULL, NULL, &err), err);
    assert_memory_equal(flash(&bench) + ADDR, data, SIZE);
    assert_int_equal(bench.loader.region_redos, 1);
    assert_int_equal(bench.loader.baud, 1500000);
}

static void the_rate_stays_without_leave_to_lower_it(void **state)
{
    EG_CLEANUP(finish) struct bench bench;
    static uint8_t data[SIZE];
    const struct eg_flash_data what = {.flash_addr = ADDR, .data = data, .size = SIZE};
    struct eg_error err;

    (void)state;
    make_data(data);
    start_at(&bench, "esp32", (struct vb_config){0}, FAULTS("flip@40000", "flip@70000", "flip@100000"),
             3000000);
    assert_ok(eg_loader_write_flash(&bench.loader, &what, NULL, NULL, NULL, &err), err);
    assert_int_equal(bench.loader.resends, 3);
    assert_int_equal(bench.loader.baud, 3000000);
    assert_int_equal(bench.loader.baud_failed, 0);
}

/*
 * A wire so bad that any request may be damaged, the one for the lower rate and BEGIN included, which have no
 * checksum: a write that ends well goes on at a lower rate, and its digest tells whether it went where it
 * should.
 */
static void after_a_write_on_a_bad_wire_the_digest_is_right(void **state)
{
    static uint8_t data[SIZE];
    const struct eg_flash_data what = {.flash_addr = ADDR, .data = data, .size = SIZE};
    uint8_t wanted[EG_MD5_SIZE], is[EG_MD5_SIZE];
    struct eg_error err;

    (void)state;
    make_data(data);
    assert_ok(eg_md5(wanted, data, SIZE, &err), err);
    for (unsigned seed = 1; seed <= 6; seed++) {
        EG_CLEANUP(finish) struct bench bench;

        start_at(&bench, "esp32", (struct vb_config){.seed = seed}, NO_FAULTS, 3000000);
        bench.loader.steps_down = true;
        bench.loader.settings.timeout_ms = 100;
        bench.loader.settings.erase_write_timeout_per_mb_ms = 1000;
        bench.loader.settings.write_block_attempts = 20;
        vb_gang_board(bench.gang, 1)->config.wire_baud = 2000000;
        if (eg_loader_write_flash(&bench.loader, &what, NULL, NULL, NULL, &err) != EG_OK)
            continue;
        assert_int_equal(bench.loader.baud, 2000000);
        bench.loader.settings.timeout_ms = 3000;
        assert_ok(eg_loader_md5(&bench.loader, ADDR, SIZE, is, &err), err);
        assert_int_equal(memcmp(is, wanted, sizeof is) == 0, memcmp(flash(&bench) + ADDR, data, SIZE) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_that_the_wire_carries_is_proved_and_nothing_is_written),
        cmocka_unit_test(used_flash_stays_as_it_is),
        cmocka_unit_test(a_rate_that_damages_bytes_is_not_proved),
        cmocka_unit_test(a_single_bit_is_noticed_wherever_it_is),
        cmocka_unit_test(a_single_bit_is_noticed_on_its_way_back),
        cmocka_unit_test(a_rom_proves_nothing),
        cmocka_unit_test(a_bridge_makes_the_rates_that_its_clock_allows),
        cmocka_unit_test(the_second_resend_lowers_the_rate_in_mid_write),
        cmocka_unit_test(a_lost_answer_lowers_the_rate_at_once),
        cmocka_unit_test(the_rate_stays_without_leave_to_lower_it),
        cmocka_unit_test(after_a_write_on_a_bad_wire_the_digest_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
