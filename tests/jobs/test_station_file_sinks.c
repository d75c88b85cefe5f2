/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/station_file.h"
#include "tests/fakes/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96];
static struct eg_station_file station;
static struct eg_error err;

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/eg-station-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/station.yaml", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    eg_station_file_finish(&station);
    unlink(path);
    rmdir(folder);
    return 0;
}

static enum eg_code read_keys(const char *text)
{
    FILE *const file = fopen(path, "w");

    assert_non_null(file);
    fprintf(file, "espgang_station: 1\n%s", text);
    fclose(file);
    eg_station_file_finish(&station);
    return eg_station_file_read(&station, path, &err);
}

static void a_station_file_names_receivers_and_a_dashboard(void **state)
{
    char expected[128];
    (void)state;

    assert_ok(
        read_keys(
            "mqtt: {url: 'mqtts://broker:8884', topic: fab/line-2, user: line-2, password_file: pw,\n"
            "  ca: ca.pem, cert: c.pem, key: k.pem}\n"
            "webhook: {url: 'https://mes/espgang', headers_file: h, secret_file: s}\n"
            "queue_mb: 64\n"
            "dashboard: {http: '127.0.0.1:8080', token_file: token, names: [line-2.fab], control: yes}\n"),
        err);
    assert_string_equal(station.sinks.mqtt.url, "mqtts://broker:8884");
    assert_string_equal(station.sinks.mqtt.topic, "fab/line-2");
    snprintf(expected, sizeof expected, "%s/pw", folder);
    assert_string_equal(station.sinks.mqtt.password_file, expected);
    assert_string_equal(station.sinks.webhook.url, "https://mes/espgang");
    assert_null(station.sinks.webhook.ca);
    assert_int_equal(station.sinks.queue_mb, 64);
    assert_string_equal(station.http, "127.0.0.1:8080");
    snprintf(expected, sizeof expected, "%s/token", folder);
    assert_string_equal(station.http_token_file, expected);
    assert_string_equal(station.http_names[0], "line-2.fab");
    assert_null(station.http_names[1]);
    assert_true(station.http_control);

    assert_ok(read_keys(""), err);
    assert_null(station.sinks.mqtt.url);
    assert_null(station.sinks.webhook.url);
    assert_null(station.http);
    assert_int_equal(station.sinks.queue_mb, EG_QUEUE_MB);
}

static void mistakes_are_reported_with_line_and_column(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"mqtt: {topic: x}\n", ":2:15: mqtt.topic goes with mqtt.url"},
        {"mqtt: {url: 'mqtts://b', password_file: pw}\n", ":2:41: mqtt.password_file goes with mqtt.user"},
        {"mqtt: {url: 'mqtt://b', ca: ca.pem}\n", ":2:29: mqtt.ca goes with an mqtt.url with mqtts://"},
        {"mqtt: {url: 'mqtts://b', cert: c.pem}\n", ":2:32: mqtt.cert goes with mqtt.key"},
        {"mqtt: {url: 'http://b'}\n",
         ":2:13: mqtt.url is 'http://b', not mqtts://HOST:PORT or mqtt://HOST:PORT"},
        {"mqtt: {url: 'mqtts://b', topic: 'a/#'}\n", ":2:33: mqtt.topic is 'a/#', not a topic of at most 200 "
                                                     "bytes without + and #, and without $ in front"},
        {"webhook: {secret_file: s}\n", ":2:24: webhook.secret_file goes with webhook.url"},
        {"webhook: {url: 'http://h/', ca: c}\n", ":2:33: webhook.ca goes with a webhook.url with https://"},
        {"webhook: {url: 'ftp://h/'}\n",
         ":2:16: webhook.url is 'ftp://h/', not an address with https:// or http://"},
        {"dashboard: {control: yes}\n", ":2:22: dashboard.control goes with dashboard.http"},
        {"queue_mb: 0\n", ":2:11: queue_mb is \"0\", not a number from 1 to 65536"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[300];
        snprintf(expected, sizeof expected, "%s%s", path, cases[i].sentence);
        assert_error(read_keys(cases[i].text), err, EG_BAD_JOB, expected);
    }
}

static void brokers_have_a_host_a_port_and_perhaps_tls(void **state)
{
    struct eg_broker broker;
    static const char *const bad[] = {"mqtt://",        "mqtt://:1883",
                                      "mqtt://h:",      "mqtt://h:0",
                                      "mqtt://h:65536", "mqtt://h:1x",
                                      "mqtt://h/t",     "mqtt://[::1",
                                      "mqtt://[]:18",   "h:1883",
                                      "MQTT://h",       "mqtt://h h",
                                      "mqtt://[::1]x",  ""};
    (void)state;

    assert_ok(eg_broker_parse(&broker, "mqtt://127.0.0.1", &err), err);
    assert_string_equal(broker.host, "127.0.0.1");
    assert_int_equal(broker.port, 1883);
    assert_false(broker.tls);
    assert_ok(eg_broker_parse(&broker, "mqtts://[::1]:99", &err), err);
    assert_string_equal(broker.host, "::1");
    assert_int_equal(broker.port, 99);
    assert_true(broker.tls);
    assert_ok(eg_broker_parse(&broker, "mqtts://broker", &err), err);
    assert_int_equal(broker.port, 8883);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(eg_broker_parse(&broker, bad[i], &err), EG_BAD_JOB);
}

static void no_sentence_shows_a_password_of_an_address(void **state)
{
    struct eg_broker broker;
    (void)state;

    assert_error(eg_broker_parse(&broker, "mqtt://u:hush@h", &err), err, EG_BAD_JOB,
                 "has a user or a password in it: those are told apart, the password in a file");
    assert_error(eg_webhook_url_check("https://u:hush@h/", &err), err, EG_BAD_JOB,
                 "has a user or a password in it: a header in the file of headers says who sends");
    assert_ok(eg_webhook_url_check("https://h/@team?x=a@b", &err), err);
    assert_error(eg_webhook_url_check("https://h/a b", &err), err, EG_BAD_JOB,
                 "has a character that an address must spell as %XX");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_station_file_names_receivers_and_a_dashboard, begin, end),
        cmocka_unit_test_setup_teardown(mistakes_are_reported_with_line_and_column, begin, end),
        cmocka_unit_test(brokers_have_a_host_a_port_and_perhaps_tls),
        cmocka_unit_test(no_sentence_shows_a_password_of_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
