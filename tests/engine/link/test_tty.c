/* SPDX-License-Identifier: Apache-2.0 */

/* Why opening a tty fails, and the notes about an open one. */

#include "engine/link/carriers.h"
#include "tests/fakes/check.h"

#include <errno.h>
#include <stdio.h>

#define NOBODY_HAS_IT "/dev/null/none"

static void every_failure_of_an_opening_has_its_code_and_its_sentence(void **state)
{
    (void)state;
    static const struct {
        int errnum;
        enum eg_code code;
        const char *sentence;
    } rows[] = {
        {EBUSY, EG_PORT_BUSY, "slot 3: another program uses it"},
        {ENOENT, EG_NO_PORT, "slot 3: No such file or directory"},
        {ENODEV, EG_NO_PORT, "slot 3: No such device"},
        {ENXIO, EG_NO_PORT, "slot 3: No such device or address"},
        {EIO, EG_NO_PORT, "slot 3: Input/output error"},
        {EACCES, EG_PORT_REFUSED, "slot 3: is your user in the group dialout?: Permission denied"},
        {EPERM, EG_PORT_REFUSED, "slot 3: is your user in the group dialout?: Operation not permitted"},
        {EMFILE, EG_PORT_REFUSED, "slot 3: Too many open files"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct eg_error err;
        assert_error(eg__tty_cannot_open("slot 3", NOBODY_HAS_IT, rows[i].errnum, &err), err, rows[i].code,
                     rows[i].sentence);
    }
}

static void path_place_presence_and_usb_numbers_are_noted(void **state)
{
    (void)state;
    const struct eg__tty tty = {
        .place = "1-2.3:1.0", .bridge = {.vid = 0x10c4, .pid = 0xea60}, .presence = {.device = 5}};
    struct eg_port port = {0};

    eg__tty_note(&port, "/dev/ttyUSB7", &tty);
    assert_string_equal(port.path, "/dev/ttyUSB7");
    assert_string_equal(port.place, "1-2.3:1.0");
    assert_int_equal(port.vid, 0x10c4);
    assert_int_equal(port.pid, 0xea60);
    assert_int_equal(port.presence.device, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_of_an_opening_has_its_code_and_its_sentence),
        cmocka_unit_test(path_place_presence_and_usb_numbers_are_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
