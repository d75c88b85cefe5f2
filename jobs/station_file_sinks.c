/* SPDX-License-Identifier: Apache-2.0 */

/* Receivers of events: their addresses, and which of their keys belong together. */

#include "jobs/station_file.h"

#include "engine/base/text.h"

#include <stdlib.h>
#include <string.h>

#define TOPIC_MAX 200
#define URL_MAX   1000

/* Copy the host of "HOST[:PORT]" or "[HOST][:PORT]", and return what follows it; NULL = there is none. */
static const char *take_host(char *host, size_t size, const char *text)
{
    const bool bracketed = text[0] == '[';
    const char *const from = text + bracketed;
    const size_t length = strcspn(from, bracketed ? "]" : ":");

    if (length == 0 || length >= size || (bracketed && from[length] != ']'))
        return NULL;
    memcpy(host, from, length);
    host[length] = '\0';
    return from + length + bracketed;
}

enum eg_code eg_broker_parse(struct eg_broker *broker, const char *text, struct eg_error *err)
{
    const bool tls = strncmp(text, "mqtts://", 8) == 0;

    *broker = (struct eg_broker){.tls = tls, .port = tls ? 8883 : 1883};
    if (strchr(text, '@') != NULL) /* the text stays out of the sentence: it may have a password */
        return eg_error_set(err, EG_BAD_JOB,
                            "has a user or a password in it: those are told apart, the password in a file");
    const char *const at = tls ? text + 8 : strncmp(text, "mqtt://", 7) == 0 ? text + 7 : NULL;
    const char *const after =
        at != NULL && strpbrk(at, " /?#") == NULL ? take_host(broker->host, sizeof broker->host, at) : NULL;
    bool good = after != NULL && (after[0] == '\0' || after[0] == ':');
    if (good && after[0] == ':') {
        const size_t digits = strspn(after + 1, "0123456789");
        const long port =
            digits > 0 && digits <= 5 && after[1 + digits] == '\0' ? strtol(after + 1, NULL, 10) : 0;
        good = port > 0 && port <= UINT16_MAX;
        broker->port = (uint16_t)port;
    }
    if (good)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB, "is '%.80s', not mqtts://HOST:PORT or mqtt://HOST:PORT", text);
}

enum eg_code eg_webhook_url_check(const char *text, struct eg_error *err)
{
    const char *const host = strncmp(text, "https://", 8) == 0  ? text + 8
                             : strncmp(text, "http://", 7) == 0 ? text + 7
                                                                : NULL;
    const size_t length = host != NULL ? strcspn(host, "/?#") : 0;

    if (host != NULL && memchr(host, '@', length) != NULL)
        return eg_error_set(err, EG_BAD_JOB,
                            "has a user or a password in it: a header in the file of headers says who sends");
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            return eg_error_set(err, EG_BAD_JOB, "has a character that an address must spell as %%XX");
    if (length == 0 || strlen(text) > URL_MAX)
        return eg_error_set(err, EG_BAD_JOB, "is '%.80s', not an address with https:// or http://", text);
    return EG_OK;
}

enum eg_code eg_mqtt_topic_check(const char *text, struct eg_error *err)
{
    struct eg_error ignored;

    if (text[0] != '\0' && text[0] != '$' && strlen(text) <= TOPIC_MAX && strpbrk(text, "+#") == NULL &&
        eg_text_check(text, strlen(text), &ignored) == EG_OK)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB,
                        "is '%.80s', not a topic of at most %d bytes without + and #, and without $ in front",
                        text, TOPIC_MAX);
}

const char *eg_sink_options_astray(const struct eg_sink_options *options, const char **needs)
{
    const struct eg_mqtt_options *const mqtt = &options->mqtt;
    const struct eg_webhook_options *const webhook = &options->webhook;
    struct eg_broker broker = {.tls = false};
    struct eg_error ignored;

    if (mqtt->url != NULL)
        (void)!eg_broker_parse(&broker, mqtt->url, &ignored);
    const bool hook_tls = webhook->url != NULL && strncmp(webhook->url, "https://", 8) == 0;
    const struct {
        const char *text, *key;
        bool has;
        const char *needs;
    } rules[] = {
        {mqtt->topic, "mqtt.topic", mqtt->url != NULL, "mqtt.url"},
        {mqtt->user, "mqtt.user", mqtt->url != NULL, "mqtt.url"},
        {mqtt->password_file, "mqtt.password_file", mqtt->user != NULL, "mqtt.user"},
        {mqtt->ca, "mqtt.ca", broker.tls, "an mqtt.url with mqtts://"},
        {mqtt->cert, "mqtt.cert", broker.tls, "an mqtt.url with mqtts://"},
        {mqtt->cert, "mqtt.cert", mqtt->key != NULL, "mqtt.key"},
        {mqtt->key, "mqtt.key", mqtt->cert != NULL, "mqtt.cert"},
        {webhook->headers_file, "webhook.headers_file", webhook->url != NULL, "webhook.url"},
        {webhook->secret_file, "webhook.secret_file", webhook->url != NULL, "webhook.url"},
        {webhook->ca, "webhook.ca", hook_tls, "a webhook.url with https://"},
    };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].text != NULL && !rules[i].has) {
            *needs = rules[i].needs;
            return rules[i].key;
        }
    }
    return NULL;
}
