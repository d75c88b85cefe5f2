/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/link/topology.h"
#include "tests/fakes/fake_board.h"

#include <libserialport.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum eg_code connect_to(struct fake_board *fake, struct eg_error *err)
{
    return eg_board_detect_chip(&fake->board, &fake->options, err);
}

/* ---- Which board ---- */

static void a_chip_that_is_not_the_one_named_is_refused(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    fake->options.chip = "esp32";
    assert_error(connect_to(fake, &err), err, EG_WRONG_CHIP, "the chip is an ESP32-C3, not an ESP32");
    fake->options.chip = "auto";
    assert_ok(connect_to(fake, &err), err);
}

static void a_port_that_is_not_there_is_named(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake->options.port = "/nonexistent/ttyUSB0";
    fake->options.schemes = NULL;
    assert_error(connect_to(fake, &err), err, EG_NO_PORT, "/nonexistent/ttyUSB0: No such file or directory");

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    const struct eg_port_scheme *const sim[] = {vb_gang_scheme(fake->gang), NULL};
    fake->options.schemes = sim;
    assert_error(connect_to(fake, &err), err, EG_NO_PORT, "/nonexistent/ttyUSB0: unknown kind of port");
    fake->options.port = "sim:esp32c3/3";
    assert_error(connect_to(fake, &err), err, EG_NO_PORT,
                 "sim:esp32c3/3: there is no such simulated board, only sim:esp32c3/1 to sim:esp32c3/2");
}

static void a_port_that_another_board_has_open_is_busy(void **state)
{
    struct fake_board *fake = *state;
    struct eg_board *second;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    assert_ok(connect_to(fake, &err), err);
    assert_error(eg_board_detect_chip(&second, &fake->options, &err), err, EG_PORT_BUSY,
                 "sim:esp32c3/1: the simulated board is open already");
    eg_board_destroy(fake->board);
    fake->board = NULL;
    assert_ok(connect_to(fake, &err), err);
}

static void a_board_that_says_nothing_is_no_board(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("1:silent"));
    fake->options.connect_attempts = 2;
    assert_error(connect_to(fake, &err), err, EG_NO_SYNC,
                 "no answer in 2 attempts: check power, cable and the seat of the board");
    fake->number = 2;
    assert_ok(connect_to(fake, &err), err);
}

static void the_settings_say_how_often_to_try(void **state)
{
    struct fake_board *fake = *state;
    struct eg_settings settings;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("1:silent"));
    eg_settings_init(&settings);
    settings.connect_attempts = 1;
    fake->options.settings = &settings;
    assert_error(connect_to(fake, &err), err, EG_NO_SYNC,
                 "no answer in 1 attempt: check power, cable and the seat of the board");
}

static void a_board_that_runs_its_application_says_so(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_APP, NO_FAULTS);
    fake->options.connect_attempts = 1;
    assert_error(
        connect_to(fake, &err), err, EG_BOOT_MODE,
        "the chip started in boot mode 0x0c, not in its loader: check DTR, RTS and the boot strap, or "
        "hold BOOT down while it resets");
    fake->options.before = EG_BEFORE_DEFAULT_RESET;
    assert_ok(connect_to(fake, &err), err);
}

static void a_chip_in_secure_download_mode_is_known_and_cannot_be_read(void **state)
{
    struct fake_board *fake = *state;
    char text[EG_DESCRIPTION_TEXT];
    struct eg_security_info info;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    assert_ok(connect_to(fake, &err), err);
    assert_string_equal(eg_board_chip_name(fake->board), "esp32c3");
    assert_true(eg_board_secure_download(fake->board));
    assert_ok(eg_board_get_security_info(fake->board, &info, &err), err);
    assert_int_equal(info.flags, EG_SECURITY_SECURE_DOWNLOAD);
    assert_error(eg_board_chip_description(fake->board, text, &err), err, EG_SECURED,
                 "ESP32-C3 is in secure download mode: its registers cannot be read");
}

/* It has no chip id, and its magic word cannot be read. */
static void an_esp32_s2_in_secure_download_mode_is_found(void **state)
{
    struct fake_board *fake = *state;
    struct eg_security_info info;
    struct eg_error err;
    struct eg_mac mac;

    fake_board_plug(fake, "esp32s2", FAKE_CONFIG(.secure_download = true), NO_FAULTS);
    assert_ok(connect_to(fake, &err), err);
    assert_string_equal(eg_board_chip_name(fake->board), "esp32s2");
    assert_true(eg_board_secure_download(fake->board));
    assert_ok(eg_board_get_security_info(fake->board, &info, &err), err);
    assert_false(info.has_chip_id);
    assert_error(eg_board_read_mac(fake->board, &mac, &err), err, EG_SECURED,
                 "ESP32-S2 is in secure download mode: its MAC cannot be read");

    eg_board_destroy(fake->board);
    fake->options.chip = "esp32s2";
    assert_ok(connect_to(fake, &err), err);
    assert_true(eg_board_secure_download(fake->board));
    eg_board_destroy(fake->board);
    fake->options.chip = "esp32s3";
    assert_error(connect_to(fake, &err), err, EG_WRONG_CHIP, "the chip is an ESP32-S2, not an ESP32-S3");
}

static void connecting_again_forgets_what_was_known(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_APP, NO_FAULTS);
    fake->options.before = EG_BEFORE_DEFAULT_RESET;
    fake_board_connect(fake, FAKE_STUB);
    assert_ok(eg_board_change_baud(fake->board, 921600, &err), err);
    assert_ok(eg_board_connect(fake->board, &err), err);
    assert_false(eg_board_has_stub(fake->board));
    assert_int_equal(eg_board_baud(fake->board), 115200);

    fake->number = 2;
    assert_ok(eg_board_connect(fake->board, &err), err);
    struct eg_mac mac;
    assert_ok(eg_board_read_mac(fake->board, &mac, &err), err);
    assert_int_equal(mac.base[5], 2);
}

/* ---- Ports that come and go ---- */

struct hurry {
    struct fake_board *fake;
    sem_t opened;
};

static enum eg_code open_and_tell(struct eg_port **port, const char *url, void *context,
                                  const struct eg_cancel *cancel, struct eg_error *err)
{
    struct hurry *hurry = context;
    struct fake_board *fake = hurry->fake;
    const enum eg_code code = fake->scheme.open(port, url, fake->scheme.context, cancel, err);

    sem_post(&hurry->opened);
    return code;
}

static void *cancel_once_opened(void *context)
{
    struct hurry *hurry = context;

    sem_wait(&hurry->opened);
    eg_board_cancel(hurry->fake->board);
    return NULL;
}

/* The sentence's prefix depends on what the call was waiting for, so it is not checked. */
static void assert_cancelled_from_another_thread(struct fake_board *fake)
{
    struct hurry hurry = {.fake = fake};
    const struct eg_port_scheme scheme = {.scheme = "", .help = "", .open = open_and_tell, .context = &hurry};
    const struct eg_port_scheme *const schemes[] = {&scheme, NULL};
    struct eg_error err;
    pthread_t thread;

    assert_int_equal(sem_init(&hurry.opened, 0, 0), 0);
    fake->options.schemes = schemes;
    assert_ok(eg_board_create(&fake->board, &fake->options, &err), err);
    assert_int_equal(pthread_create(&thread, NULL, cancel_once_opened, &hurry), 0);
    const enum eg_code code = eg_board_connect(fake->board, &err);
    pthread_join(thread, NULL);
    sem_destroy(&hurry.opened);
    assert_int_equal(code, EG_CANCELLED);
    assert_string_equal(err.text + strlen(err.text) - strlen("cancelled"), "cancelled");
}

static void a_cancel_from_another_thread_ends_the_wait_for_an_answer(void **state)
{
    struct fake_board *fake = *state;

    fake_board_plug(fake, "esp32c3", &(const struct vb_config){.strap_low = true}, FAULTS("silent"));
    fake->options.connect_attempts = -1;
    assert_cancelled_from_another_thread(fake);
}

static void a_cancel_from_another_thread_ends_the_wait_for_a_port(void **state)
{
    struct fake_board *fake = *state;
    struct eg_settings settings;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    eg_settings_init(&settings);
    settings.open_port_attempts = 0;
    fake->refusals = 1000000;
    fake->options.chip = "esp32c3";
    fake->options.settings = &settings;
    assert_cancelled_from_another_thread(fake);
}

static void a_port_is_opened_as_often_as_the_settings_say(void **state)
{
    struct fake_board *fake = *state;
    struct eg_settings settings;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, NO_FAULTS);
    eg_settings_init(&settings);
    settings.open_port_attempts = 3;
    fake->options.settings = &settings;
    fake->options.chip = "esp32c3";
    fake->refusals = 3;
    assert_error(connect_to(fake, &err), err, EG_PORT_BUSY, FAKE_PORT ": somebody else has it");
    assert_int_equal(fake->refusals, 0);
    fake->refusals = 2;
    assert_ok(connect_to(fake, &err), err);

    eg_board_destroy(fake->board);
    settings.open_port_attempts = 0;
    fake->refusals = 5;
    assert_ok(connect_to(fake, &err), err);

    eg_board_destroy(fake->board);
    fake->options.chip = NULL; /* then once is enough */
    fake->refusals = 2;
    assert_error(connect_to(fake, &err), err, EG_PORT_BUSY, FAKE_PORT ": somebody else has it");
    assert_int_equal(fake->refusals, 1);
}

static void a_port_that_goes_while_its_board_is_reset_is_opened_again(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("1:gone@20:100"));
    assert_ok(connect_to(fake, &err), err);
    assert_int_equal(fake->opened, 2);
}

/* ---- In the middle of a write ---- */

#define APP_SIZE 200000u

static enum eg_code write_app(struct fake_board *fake, const uint8_t *app, bool encrypt,
                              struct eg_flash_result *result, struct eg_error *err)
{
    const struct eg_flash_file file = {
        .addr = 0x10000, .input = {.data = app, .size = APP_SIZE, .name = "app"}, .encrypt = encrypt};

    return eg_board_write_flash(fake->board, &file, 1, NULL, result, err);
}

static void a_port_lost_in_the_middle_of_a_write_is_waited_for(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t app[APP_SIZE];
    struct eg_flash_result result;
    struct eg_error err;

    fake_noise(app, sizeof app, 1);
    for (int stub = 0; stub < 2; stub++) {
        fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("1:gone@100000:300"));
        fake_board_fill(fake);
        fake->opened = 0;
        fake->log.text.size = 0;
        fake_board_connect(fake, stub ? FAKE_STUB : FAKE_ROM);
        assert_ok(eg_board_change_baud(fake->board, 921600, &err), err);
        assert_ok(write_app(fake, app, false, &result, &err), err);

        assert_int_equal(fake->opened, 2);
        assert_int_equal(fake_board_count(fake, "warning: block "), 1);
        assert_int_equal(fake_board_count(fake, "warning: "), 1);
        assert_true(result.verified && !result.skipped);
        assert_int_equal(result.sent, APP_SIZE);
        assert_memory_equal(fake_board_flash(fake) + 0x10000, app, APP_SIZE);
        fake_board_assert_untouched_but(fake, 0x10000, 0x10000 + 0x31000);
        /* Stub, rate and port are as before. */
        assert_int_equal(eg_board_has_stub(fake->board), stub);
        assert_int_equal(eg_board_baud(fake->board), 921600);
        assert_string_equal(fake->log.port, FAKE_PORT);
        assert_string_equal(fake->log.board, "02:65:67:00:00:01");
        fake_board_unplug(fake);
    }
}

static void a_board_that_does_not_come_back_is_not_connected(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t app[APP_SIZE];
    struct eg_flash_result result;
    struct eg_error err;

    fake_noise(app, sizeof app, 1);
    fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("1:gone@100000"));
    fake_board_connect(fake, FAKE_STUB);
    assert_error(write_app(fake, app, false, &result, &err), err, EG_NO_PORT,
                 "app: sim:esp32c3/1: the simulated board is unplugged");
    assert_false(result.verified);
    assert_error(write_app(fake, app, false, &result, &err), err, EG_NO_PORT, "the board is not connected");
}

static void exchange(void *context, uint64_t done, uint64_t total)
{
    struct fake_board *fake = context;

    (void)total;
    if (done > 0)
        fake->number = 2;
}

static void another_board_in_the_place_of_the_lost_one_is_not_written_to(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t app[APP_SIZE];
    struct eg_flash_result result;
    struct eg_error err;

    fake_noise(app, sizeof app, 1);
    fake_board_plug(fake, "esp32c3", FAKE_USUAL, FAULTS("1:gone@100000:300"));
    fake->number = 2;
    fake_board_fill(fake);
    fake->number = 1;
    fake->options.progress = exchange;
    fake->options.progress_context = fake;
    fake_board_connect(fake, FAKE_STUB);
    assert_error(write_app(fake, app, false, &result, &err), err, EG_WRONG_CHIP,
                 "app: the board is now an ESP32-C3 with MAC 02:65:67:00:00:02, it was 02:65:67:00:00:01");
    assert_int_equal(result.addr, 0x10000);
    assert_false(result.verified);
    fake_board_assert_untouched(fake);
    /* The next call, which does not know of the exchange, does not write either. */
    assert_error(write_app(fake, app, false, &result, &err), err, EG_NO_PORT, "the board is not connected");
    fake_board_assert_untouched(fake);
}

static void encrypted_data_is_not_sent_twice(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t app[APP_SIZE];
    struct eg_error err;

    fake_noise(app, sizeof app, 1);
    fake_board_plug(fake, "esp32c3", FAKE_CONFIG(.flash_encryption = true), FAULTS("1:gone@100000:300"));
    fake_board_connect(fake, FAKE_STUB);
    const enum eg_code code = write_app(fake, app, true, NULL, &err);
    assert_int_equal(code, EG_PORT_GONE);
    assert_int_equal(strncmp(err.text, "app: block ", 11), 0);
    assert_int_equal(fake->opened, 1);
}

static void cancel_here(void *context, uint64_t done, uint64_t total)
{
    struct fake_board *fake = context;

    if (done > total / 2)
        eg_board_cancel(fake->board);
}

static void a_write_that_is_cancelled_ends(void **state)
{
    struct fake_board *fake = *state;
    static uint8_t app[APP_SIZE];
    struct eg_flash_result result;
    struct eg_error err;

    fake_noise(app, sizeof app, 1);
    fake->options.progress = cancel_here;
    fake->options.progress_context = fake;
    fake_board_start(fake, "esp32c3", FAKE_STUB);
    assert_int_equal(write_app(fake, app, false, &result, &err), EG_CANCELLED);
    assert_false(result.verified);
    assert_int_equal(result.addr, 0x10000);
    assert_int_equal(result.size, APP_SIZE);
    assert_int_equal(result.sent, 0);
    fake_board_assert_blank(fake, 0x10000 + APP_SIZE - 1000, 0x10000 + APP_SIZE);
}

/* ---- Ways in ---- */

static void a_reset_sequence_of_ones_own_is_the_way_into_the_loader(void **state)
{
    struct fake_board *fake = *state;
    struct eg_settings settings;
    struct eg_error err;

    fake_board_plug(fake, "esp32", FAKE_APP, NO_FAULTS);
    eg_settings_init(&settings);
    fake->options.settings = &settings;
    fake->options.before = EG_BEFORE_DEFAULT_RESET;
    fake->options.connect_attempts = 1;
    strcpy(settings.custom_reset_sequence, "R1|W0.1|R0|W0.1");
    assert_error(
        connect_to(fake, &err), err, EG_BOOT_MODE,
        "the chip started in boot mode 0x13, not in its loader: check DTR, RTS and the boot strap, or "
        "hold BOOT down while it resets");
    strcpy(settings.custom_reset_sequence, "D0|R1|W0.1|U1,0|W0.1|D0");
    assert_ok(connect_to(fake, &err), err);
}

/* ---- Which of many ports ---- */

/*
 * Replaces libserialport's function, which would list this machine's ports: three bridges, and a port without
 * one.
 */
static const char *const paths[] = {"/dev/ttyUSB0", "/dev/ttyUSB1", "/dev/ttyUSB2", "/dev/ttyS0"};

static size_t index_of(const struct sp_port *port)
{
    return (size_t)((const char *const *)(const void *)port - paths);
}

enum sp_return sp_list_ports(struct sp_port ***list)
{
    const size_t count = getenv("FAKE_NO_PORTS") != NULL ? 0 : sizeof paths / sizeof *paths;

    *list = calloc(count + 1, sizeof **list);
    for (size_t i = 0; i < count; i++)
        (*list)[i] = (struct sp_port *)(uintptr_t)&paths[i];
    return SP_OK;
}

void sp_free_port_list(struct sp_port **list)
{
    free(list);
}

char *sp_get_port_name(const struct sp_port *port)
{
    return (char *)(uintptr_t)paths[index_of(port)];
}

/* Replace the function that searches with libudev. */
bool eg__tty_look(struct eg__tty *tty, const char *path)
{
    const bool usb = strncmp(path, "/dev/ttyUSB", 11) == 0;

    *tty = (struct eg__tty){.ready = true, .bridge = {.vid = usb ? 0x10c4 : 0, .pid = usb ? 0xea60 : 0}};
    return true;
}

bool eg__tty_look_at(struct eg__tty *tty, int fd)
{
    (void)tty;
    (void)fd;
    return false;
}

/* Open the board that the port's number selects. */
static enum eg_code open_by_number(struct eg_port **port, const char *url, void *context,
                                   const struct eg_cancel *cancel, struct eg_error *err)
{
    struct fake_board *fake = context;

    if (strcmp(url, "/dev/ttyUSB2") == 0)
        return eg_error_set(err, EG_PORT_BUSY, "%s: somebody else has it", url);
    fake->number = strcmp(url, "/dev/ttyUSB1") == 0 ? 2 : 1;
    assert_string_not_equal(url, "/dev/ttyS0");
    return fake->scheme.open(port, FAKE_PORT, fake->scheme.context, cancel, err);
}

static void search(struct fake_board *fake, const char *const *faults)
{
    static struct eg_port_scheme scheme;
    static const struct eg_port_scheme *const schemes[] = {&scheme, NULL};

    scheme = (struct eg_port_scheme){.scheme = "", .help = "", .open = open_by_number, .context = fake};
    fake_board_plug(fake, "esp32c3", FAKE_USUAL, faults);
    fake->options.port = NULL;
    fake->options.schemes = schemes;
    fake->options.connect_attempts = 1;
}

static void without_a_port_likely_ports_are_tried_highest_first(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    search(fake, NO_FAULTS);
    assert_ok(connect_to(fake, &err), err);
    assert_string_equal(eg_board_port(fake->board), "/dev/ttyUSB1");
    assert_true(fake_board_said(fake, "note: /dev/ttyUSB2: somebody else has it"));
    assert_int_equal(fake_board_count(fake, "note: "), 1);
    /* The failure of a port that has been closed since must not be read from that port. */
    assert_ok(eg_board_connect(fake->board, &err), err);
    assert_string_equal(eg_board_port(fake->board), "/dev/ttyUSB1");
}

static void a_board_of_another_chip_is_passed_over_in_the_search(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    search(fake, NO_FAULTS);
    fake->options.chip = "esp32";
    assert_error(connect_to(fake, &err), err, EG_WRONG_CHIP, "no ESP32 answers at any of 3 ports");
    assert_true(fake_board_said(fake, "note: /dev/ttyUSB1: the chip is an ESP32-C3, not an ESP32"));
    assert_true(fake_board_said(fake, "note: /dev/ttyUSB0: the chip is an ESP32-C3, not an ESP32"));
}

static void a_search_in_vain_says_so(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    search(fake, FAULTS("silent"));
    assert_error(connect_to(fake, &err), err, EG_NO_SYNC, "no board answers at any of 3 ports");
    setenv("FAKE_NO_PORTS", "1", 1);
    const enum eg_code code = connect_to(fake, &err);
    unsetenv("FAKE_NO_PORTS");
    assert_error(code, err, EG_NO_PORT, "no port looks like a board: name one");
}

static void filters_choose_among_the_ports(void **state)
{
    struct fake_board *fake = *state;
    struct eg_error err;

    search(fake, NO_FAULTS);
    fake->options.port_filters = (const char *const[]){"name=USB0", NULL};
    assert_ok(connect_to(fake, &err), err);
    assert_string_equal(eg_board_port(fake->board), "/dev/ttyUSB0");
    assert_int_equal(fake_board_count(fake, "note: "), 0);
    fake->options.port_filters = (const char *const[]){"name=USB2", NULL};
    eg_board_destroy(fake->board);
    assert_error(connect_to(fake, &err), err, EG_PORT_BUSY, "/dev/ttyUSB2: somebody else has it");
    fake->options.port_filters = (const char *const[]){"vid=1", NULL};
    assert_error(connect_to(fake, &err), err, EG_NO_PORT, "no port passes the filters: name one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(a_chip_that_is_not_the_one_named_is_refused),
        FAKE_TEST(a_port_that_is_not_there_is_named),
        FAKE_TEST(a_port_that_another_board_has_open_is_busy),
        FAKE_TEST(a_board_that_says_nothing_is_no_board),
        FAKE_TEST(the_settings_say_how_often_to_try),
        FAKE_TEST(a_board_that_runs_its_application_says_so),
        FAKE_TEST(a_chip_in_secure_download_mode_is_known_and_cannot_be_read),
        FAKE_TEST(an_esp32_s2_in_secure_download_mode_is_found),
        FAKE_TEST(connecting_again_forgets_what_was_known),
        FAKE_TEST(a_cancel_from_another_thread_ends_the_wait_for_an_answer),
        FAKE_TEST(a_cancel_from_another_thread_ends_the_wait_for_a_port),
        FAKE_TEST(a_port_is_opened_as_often_as_the_settings_say),
        FAKE_TEST(a_port_that_goes_while_its_board_is_reset_is_opened_again),
        FAKE_TEST(a_port_lost_in_the_middle_of_a_write_is_waited_for),
        FAKE_TEST(a_board_that_does_not_come_back_is_not_connected),
        FAKE_TEST(another_board_in_the_place_of_the_lost_one_is_not_written_to),
        FAKE_TEST(encrypted_data_is_not_sent_twice),
        FAKE_TEST(a_write_that_is_cancelled_ends),
        FAKE_TEST(a_reset_sequence_of_ones_own_is_the_way_into_the_loader),
        FAKE_TEST(without_a_port_likely_ports_are_tried_highest_first),
        FAKE_TEST(a_board_of_another_chip_is_passed_over_in_the_search),
        FAKE_TEST(a_search_in_vain_says_so),
        FAKE_TEST(filters_choose_among_the_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
