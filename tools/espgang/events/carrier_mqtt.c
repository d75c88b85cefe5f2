/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Events to an MQTT broker, by libmosquitto: QoS 1, a window of events in flight, acknowledged in their
 * order. After a failure the client is made anew, so that the library's own queue never sends anything twice
 * or out of its turn. MQTT 5, whose acknowledgement says whether the broker took the message; 3.1.1 for
 * brokers that refuse it.
 */

#include "tools/espgang/events/carrier.h"

#include "engine/secure/secret.h"
#include "tools/espgang/events/secret_file.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEPALIVE_S  30
#define PATIENCE_MS  10000 /* without an acknowledgement */
#define LOOK_MS      100
#define FLIGHT_MAX   256
#define PASSWORD_MAX 1024

struct carrier {
    struct cli_carrier base;
    struct eg_mqtt_options options;
    struct eg_broker broker;
    struct eg_secret password;
    int version;              /* of MQTT, for the next connection */
    struct mosquitto *client; /* NULL = there is no connection */
    bool connected;
    char refusal[160]; /* of the broker; "" = none */
    char detail[160];  /* the library's last words about an error */
    /* The events in flight, in their order. */
    int flight[FLIGHT_MAX];
    bool acknowledged[FLIGHT_MAX];
    unsigned flying;
};

static void on_connect(struct mosquitto *client, void *context, int reason, int flags,
                       const mosquitto_property *properties)
{
    struct carrier *const self = context;
    const bool old = self->version != MQTT_PROTOCOL_V5;

    (void)client;
    (void)flags;
    (void)properties;
    self->connected = reason == 0;
    if (reason == 0)
        return;
    if (!old &&
        (reason == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION || reason == CONNACK_REFUSED_PROTOCOL_VERSION))
        self->version = MQTT_PROTOCOL_V311;
    snprintf(self->refusal, sizeof self->refusal, "the broker refuses the connection: %s",
             old ? mosquitto_connack_string(reason) : mosquitto_reason_string(reason));
}

static void on_publish(struct mosquitto *client, void *context, int message, int reason,
                       const mosquitto_property *properties)
{
    struct carrier *const self = context;

    (void)client;
    (void)properties;
    if (reason >= MQTT_RC_UNSPECIFIED) {
        snprintf(self->refusal, sizeof self->refusal, "the broker refuses an event: %s",
                 mosquitto_reason_string(reason));
        return;
    }
    for (unsigned i = 0; i < self->flying; i++)
        self->acknowledged[i] |= self->flight[i] == message;
}

static void on_log(struct mosquitto *client, void *context, int level, const char *text)
{
    struct carrier *const self = context;

    (void)client;
    if (level == MOSQ_LOG_ERR)
        snprintf(self->detail, sizeof self->detail, "%s", text);
}

/* Without it OpenSSL would ask the terminal for the password of an encrypted key. */
static int no_password(char *text, int size, int is_writing, void *context)
{
    (void)text;
    (void)size;
    (void)is_writing;
    (void)context;
    return 0;
}

static void hang_up(struct carrier *self)
{
    mosquitto_destroy(self->client);
    self->client = NULL;
    self->connected = false;
    self->flying = 0;
}

/* Say why a call of the library failed. */
static enum eg_code failed(struct carrier *self, int status, int errnum, struct eg_error *err)
{
    if (self->refusal[0] != '\0')
        return eg_error_set(err, EG_IO, "%s", self->refusal);
    if (status == MOSQ_ERR_ERRNO)
        return eg_error_set(err, EG_IO, "%s", strerror(errnum));
    if (status == MOSQ_ERR_TLS && self->detail[0] != '\0')
        return eg_error_set(err, EG_IO, "TLS: %s", self->detail);
    return eg_error_set(err, EG_IO, "%.*s", (int)strcspn(mosquitto_strerror(status), "."),
                        mosquitto_strerror(status));
}

static int set_up(struct carrier *self)
{
    const struct eg_mqtt_options *const options = &self->options;
    int status = mosquitto_int_option(self->client, MOSQ_OPT_PROTOCOL_VERSION, self->version);

    mosquitto_connect_v5_callback_set(self->client, on_connect);
    mosquitto_publish_v5_callback_set(self->client, on_publish);
    mosquitto_log_callback_set(self->client, on_log);
    if (status == MOSQ_ERR_SUCCESS) /* the window is ours */
        status = mosquitto_int_option(self->client, MOSQ_OPT_SEND_MAXIMUM, UINT16_MAX);
    if (status == MOSQ_ERR_SUCCESS && options->user != NULL)
        status = mosquitto_username_pw_set(
            self->client, options->user, self->password.size > 0 ? (const char *)self->password.data : NULL);
    if (status != MOSQ_ERR_SUCCESS || !self->broker.tls)
        return status;
    status = options->ca != NULL || options->cert != NULL
                 ? mosquitto_tls_set(self->client, options->ca, options->ca == NULL ? "/etc/ssl/certs" : NULL,
                                     options->cert, options->key, no_password)
                 : mosquitto_int_option(self->client, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    return status == MOSQ_ERR_SUCCESS ? mosquitto_tls_opts_set(self->client, 1, "tlsv1.2", NULL) : status;
}

/* Let the library work until there is something to do. */
static enum eg_code turn(struct carrier *self, const struct eg_cancel *cancel, struct eg_error *err)
{
    const int status = mosquitto_loop(self->client, LOOK_MS, 1), errnum = errno;

    if (status != MOSQ_ERR_SUCCESS || self->refusal[0] != '\0')
        return failed(self, status, errnum, err);
    return eg_cancel_requested(cancel) ? eg_error_set(err, EG_CANCELLED, "cancelled") : EG_OK;
}

static enum eg_code connect_to_broker(struct carrier *self, const struct eg_cancel *cancel,
                                      struct eg_error *err)
{
    const uint64_t begun_ms = eg_clock_ms();

    self->refusal[0] = self->detail[0] = '\0';
    self->client = mosquitto_new(NULL, true, self);
    if (self->client == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for MQTT");
    int status = set_up(self);
    if (status == MOSQ_ERR_SUCCESS)
        status = mosquitto_connect_async(self->client, self->broker.host, self->broker.port, KEEPALIVE_S);
    if (status != MOSQ_ERR_SUCCESS)
        return failed(self, status, errno, err);
    while (!self->connected) {
        EG_TRY(turn(self, cancel, err));
        if (eg_clock_ms() - begun_ms > PATIENCE_MS)
            return eg_error_set(err, EG_IO, "no answer in %d s", PATIENCE_MS / 1000);
    }
    return EG_OK;
}

static unsigned acknowledged(const struct carrier *self)
{
    unsigned count = 0;

    while (count < self->flying && self->acknowledged[count])
        count++;
    return count;
}

static enum eg_code publish(struct carrier *self, const struct eg_queue_item *events, unsigned count,
                            const struct eg_cancel *cancel, struct eg_error *err)
{
    const char *const topic = self->options.topic != NULL ? self->options.topic : EG_MQTT_TOPIC;
    uint64_t progress_ms = eg_clock_ms();
    unsigned taken = 0;

    for (self->flying = 0; self->flying < count; self->flying++) {
        int *const message = &self->flight[self->flying];
        self->acknowledged[self->flying] = false;
        const int status = mosquitto_publish(self->client, message, topic, (int)events[self->flying].size,
                                             events[self->flying].text, 1, false);
        if (status != MOSQ_ERR_SUCCESS)
            return failed(self, status, errno, err);
    }
    while (taken < count) {
        EG_TRY(turn(self, cancel, err));
        if (acknowledged(self) > taken)
            progress_ms = eg_clock_ms();
        taken = acknowledged(self);
        if (taken < count && eg_clock_ms() - progress_ms > PATIENCE_MS)
            return eg_error_set(err, EG_IO, "the broker acknowledges nothing for %d s", PATIENCE_MS / 1000);
    }
    return EG_OK;
}

static enum eg_code deliver(struct cli_carrier *carrier, const struct eg_queue_item *events, unsigned count,
                            const struct eg_cancel *cancel, unsigned *taken, struct eg_error *err)
{
    struct carrier *const self = (struct carrier *)carrier;
    enum eg_code code = self->client != NULL ? EG_OK : connect_to_broker(self, cancel, err);

    if (code == EG_OK)
        code = publish(self, events, count < FLIGHT_MAX ? count : FLIGHT_MAX, cancel, err);
    *taken = acknowledged(self);
    if (code != EG_OK)
        hang_up(self);
    return code;
}

/* A lost connection is made anew for the next event. */
static void idle(struct cli_carrier *carrier)
{
    struct carrier *const self = (struct carrier *)carrier;

    if (self->client != NULL && mosquitto_loop(self->client, 0, 1) != MOSQ_ERR_SUCCESS)
        hang_up(self);
}

static void destroy(struct cli_carrier *carrier)
{
    struct carrier *const self = (struct carrier *)carrier;

    if (self->client != NULL && self->connected) {
        mosquitto_disconnect(self->client);
        mosquitto_loop(self->client, 0, 1);
    }
    hang_up(self);
    eg_secret_finish(&self->password);
    free(self);
    mosquitto_lib_cleanup();
}

static enum eg_code check_files(const struct carrier *self, struct eg_error *err)
{
    const char *const files[] = {self->options.ca, self->options.cert, self->options.key};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i] != NULL && access(files[i], R_OK) != 0)
            return eg_error_errno(err, EG_BAD_ARGUMENT, errno, "%s", files[i]);
    return self->options.key != NULL ? cli_secret_file_check(self->options.key, err) : EG_OK;
}

enum eg_code cli_carrier_mqtt(struct cli_carrier **carrier, const struct eg_mqtt_options *options,
                              struct eg_error *err)
{
    static const struct cli_carrier_ops ops = {"mqtt", deliver, idle, destroy};
    struct carrier *made;

    EG_TRY(eg_alloc(&made, 1, sizeof *made, err));
    mosquitto_lib_init();
    made->base.ops = &ops;
    made->options = *options;
    made->version = MQTT_PROTOCOL_V5;
    if (eg_broker_parse(&made->broker, options->url, err) != EG_OK || check_files(made, err) != EG_OK ||
        (options->password_file != NULL &&
         cli_secret_file_read(&made->password, options->password_file, PASSWORD_MAX, err) != EG_OK)) {
        destroy(&made->base);
        return err->code;
    }
    snprintf(made->base.where, sizeof made->base.where, "%.255s, topic %.100s%s", options->url,
             options->topic != NULL ? options->topic : EG_MQTT_TOPIC,
             made->broker.tls ? "" : ", not encrypted");
    *carrier = &made->base;
    return EG_OK;
}
