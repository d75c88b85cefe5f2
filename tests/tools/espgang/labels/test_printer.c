/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/labels/printer.h"

#include "tests/fakes/check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static enum eg_code allow(void *context, struct eg_error *err)
{
    (void)err;
    ++*(unsigned *)context;
    return EG_OK;
}

static enum eg_code refuse(void *context, struct eg_error *err)
{
    (void)context;
    return eg_error_set(err, EG_NOT_ACCEPTED, "not green");
}

static enum eg_code print(const char *to, const void *data, size_t size, unsigned *begun,
                          struct eg_error *err)
{
    const struct cli_print_job job = {data, size, "12.zpl", allow, begun};
    struct cli_printer printer;
    bool sent;

    *begun = 0;
    EG_TRY(cli_printer_parse(&printer, to, err));
    printer.timeout_ms = 300;
    const enum eg_code code = cli_printer_print(&printer, &job, &sent, NULL, err);
    assert_int_equal(sent, *begun == 1);
    return code;
}

static void a_printer_is_one_of_four_forms(void **state)
{
    static const char *const good[][3] = {
        {"tcp://10.0.0.7", "10.0.0.7", "9100"},      {"tcp://zebra:6101", "zebra", "6101"},
        {"tcp://[fe80::1]:9100", "fe80::1", "9100"}, {"tcp://[::1]", "::1", "9100"},
        {"file:/dev/usb/lp0", "/dev/usb/lp0", ""},   {"folder:out", "out", ""},
        {"program:./print", "./print", ""},
    };
    static const char *const bad[] = {
        "",          "zebra",      "tcp://",       "tcp://:9100", "tcp://a:b", "tcp://a:123456",
        "tcp://a/b", "tcp://[::1", "tcp://[::1]x", "file:",       "lpr:a"};
    struct cli_printer printer;
    struct eg_error err;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_ok(cli_printer_parse(&printer, good[i][0], &err), err);
        assert_string_equal(printer.place, good[i][1]);
        assert_string_equal(printer.port, good[i][2]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (cli_printer_parse(&printer, bad[i], &err) != EG_BAD_ARGUMENT)
            fail_msg("'%s' is taken for a printer", bad[i]);
}

/* A printer on the loopback. */
struct fake {
    int listener;
    char url[40];
    char got[100];
    enum { READS, BREAKS, READS_NOTHING } way;
    pthread_t thread;
};

static void *serve(void *context)
{
    struct fake *const fake = context;
    const struct linger now = {1, 0};
    size_t used = 0;
    ssize_t size = 1;

    const int fd = accept(fake->listener, NULL, NULL);
    if (fake->way == BREAKS) {
        (void)!read(fd, fake->got, 1);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    } else if (fake->way == READS) {
        while (size > 0 && used < sizeof fake->got - 1) {
            size = read(fd, fake->got + used, sizeof fake->got - 1 - used);
            used += size > 0 ? (size_t)size : 0;
        }
    } else {
        (void)!accept(fake->listener, NULL, NULL); /* until the test ends the listener */
    }
    close(fd);
    return NULL;
}

static void fake_begin(struct fake *fake)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fake->listener, 5), 0);
    assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(fake->url, sizeof fake->url, "tcp://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

static void fake_end(struct fake *fake)
{
    shutdown(fake->listener, SHUT_RDWR);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
}

static void a_tcp_printer_gets_the_bytes_of_a_label(void **state)
{
    struct fake fake = {.way = READS};
    struct eg_error err;
    unsigned begun;

    (void)state;
    fake_begin(&fake);
    assert_ok(print(fake.url, "^XA^XZ", 6, &begun, &err), err);
    fake_end(&fake);
    assert_string_equal(fake.got, "^XA^XZ");
}

static void a_tcp_printer_that_is_not_there_was_sent_nothing(void **state)
{
    struct fake fake = {.way = READS};
    char expected[200];
    struct eg_error err;
    unsigned begun;

    (void)state;
    fake_begin(&fake);
    fake_end(&fake);
    snprintf(expected, sizeof expected, "printer %s: connecting: Connection refused", fake.url);
    assert_error(print(fake.url, "^XA", 3, &begun, &err), err, EG_IO, expected);
    assert_int_equal(begun, 0);
}

static void a_tcp_printer_that_breaks_off_or_reads_nothing_is_a_failure(void **state)
{
    struct fake breaks = {.way = BREAKS}, slow = {.way = READS_NOTHING};
    const size_t much = (size_t)32 << 20; /* more than sockets hold */
    char *const data = calloc(much, 1), expected[200];
    struct eg_error err;
    unsigned begun;

    (void)state;
    assert_non_null(data);
    fake_begin(&breaks);
    assert_int_equal(print(breaks.url, data, much, &begun, &err), EG_IO);
    assert_int_equal(begun, 1);
    fake_end(&breaks);
    fake_begin(&slow);
    snprintf(expected, sizeof expected, "printer %s: it takes no data", slow.url);
    assert_error(print(slow.url, data, much, &begun, &err), err, EG_TIMEOUT, expected);
    fake_end(&slow);
    free(data);
}

static void expect_file(const char *path, const char *expected)
{
    char text[100] = "";
    FILE *const file = fopen(path, "re");

    assert_non_null(file);
    (void)!fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_string_equal(text, expected);
}

static void labels_go_to_a_file_a_folder_and_a_program(void **state)
{
    char folder[] = "/tmp/eg-printer-XXXXXX", to[120], path[100], expected[200];
    const struct cli_print_job refused = {"x", 1, "13.zpl", refuse, NULL};
    struct cli_printer printer;
    struct eg_error err;
    unsigned begun;
    bool sent;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/all", folder);
    snprintf(to, sizeof to, "file:%s", path);
    assert_ok(print(to, "one\n", 4, &begun, &err), err);
    assert_ok(print(to, "two\n", 4, &begun, &err), err);
    expect_file(path, "one\ntwo\n");
    assert_ok(cli_printer_parse(&printer, to, &err), err);
    snprintf(expected, sizeof expected, "printer %s: not green", to);
    assert_error(cli_printer_print(&printer, &refused, &sent, NULL, &err), err, EG_NOT_ACCEPTED, expected);
    assert_false(sent);
    expect_file(path, "one\ntwo\n");
    unlink(path);

    snprintf(to, sizeof to, "folder:%s", folder);
    assert_ok(print(to, "^XA", 3, &begun, &err), err);
    snprintf(path, sizeof path, "%s/12.zpl", folder);
    expect_file(path, "^XA");
    unlink(path);

    snprintf(path, sizeof path, "%s/print", folder);
    FILE *const script = fopen(path, "we");
    assert_non_null(script);
    fprintf(script, "#!/bin/sh\ncat >%s/out; [ \"$ESPGANG_LABEL\" = 12.zpl ]; echo no paper >&2; exit 4\n",
            folder);
    fchmod(fileno(script), 0700);
    fclose(script);
    snprintf(to, sizeof to, "program:%s", path);
    assert_ok(cli_printer_parse(&printer, to, &err), err);
    assert_ok(cli_printer_check(&printer, &err), err);
    printer.timeout_ms = 30000;
    const struct cli_print_job job = {"^XA", 3, "12.zpl", allow, &begun};
    assert_int_equal(cli_printer_print(&printer, &job, &sent, NULL, &err), EG_PROGRAM_FAILED);
    assert_non_null(strstr(err.text, "print exited with status 4: no paper"));
    unlink(path);
    assert_int_equal(cli_printer_check(&printer, &err), EG_BAD_ARGUMENT);
    snprintf(path, sizeof path, "%s/out", folder);
    expect_file(path, "^XA");
    unlink(path);
    rmdir(folder);
    snprintf(to, sizeof to, "folder:%s", folder);
    assert_ok(cli_printer_parse(&printer, to, &err), err);
    assert_int_equal(cli_printer_check(&printer, &err), EG_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_printer_is_one_of_four_forms),
        cmocka_unit_test(a_tcp_printer_gets_the_bytes_of_a_label),
        cmocka_unit_test(a_tcp_printer_that_is_not_there_was_sent_nothing),
        cmocka_unit_test(a_tcp_printer_that_breaks_off_or_reads_nothing_is_a_failure),
        cmocka_unit_test(labels_go_to_a_file_a_folder_and_a_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
