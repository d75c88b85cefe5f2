/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/events/sinks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MB       (1024u * 1024)
#define MB_MOST  65536
#define GRACE_MS 5000

static const char *const names[CLI_SINKS] = {"mqtt", "webhook"};

/* NULL = the option says `none`. */
static enum eg_code read_mqtt(struct eg_mqtt_options *mqtt, const struct cli_call *call,
                              const struct eg_mqtt_options *station, struct eg_error *err)
{
    const struct eg_mqtt_options given = {
        .url = cli_text(call, "mqtt"),
        .topic = cli_text(call, "mqtt-topic"),
        .user = cli_text(call, "mqtt-user"),
        .password_file = cli_text(call, "mqtt-password-file"),
        .ca = cli_text(call, "mqtt-ca"),
        .cert = cli_text(call, "mqtt-cert"),
        .key = cli_text(call, "mqtt-key"),
    };
    struct eg_broker ignored;
    const bool none = given.url != NULL && strcmp(given.url, "none") == 0;

    *mqtt = given;
    if (none)
        mqtt->url = NULL;
    else if (given.url != NULL && eg_broker_parse(&ignored, given.url, err) != EG_OK)
        return cli_usage(call, err, "--mqtt %s", err->text);
    if (given.topic != NULL && eg_mqtt_topic_check(given.topic, err) != EG_OK)
        return cli_usage(call, err, "--mqtt-topic %s", err->text);
    if (given.url == NULL && given.topic == NULL && given.user == NULL && given.password_file == NULL &&
        given.ca == NULL && given.cert == NULL && given.key == NULL && station != NULL)
        *mqtt = *station;
    return EG_OK;
}

static enum eg_code read_webhook(struct eg_webhook_options *webhook, const struct cli_call *call,
                                 const struct eg_webhook_options *station, struct eg_error *err)
{
    const struct eg_webhook_options given = {
        .url = cli_text(call, "webhook"),
        .headers_file = cli_text(call, "webhook-headers-file"),
        .secret_file = cli_text(call, "webhook-secret-file"),
        .ca = cli_text(call, "webhook-ca"),
    };
    const bool none = given.url != NULL && strcmp(given.url, "none") == 0;

    *webhook = given;
    if (none)
        webhook->url = NULL;
    else if (given.url != NULL && eg_webhook_url_check(given.url, err) != EG_OK)
        return cli_usage(call, err, "--webhook %s", err->text);
    if (given.url == NULL && given.headers_file == NULL && given.secret_file == NULL && given.ca == NULL &&
        station != NULL)
        *webhook = *station;
    return EG_OK;
}

enum eg_code cli_sinks_options(struct eg_sink_options *options, const struct cli_call *call,
                               const struct eg_sink_options *station, struct eg_error *err)
{
    const char *needs;

    EG_TRY(read_mqtt(&options->mqtt, call, station != NULL ? &station->mqtt : NULL, err));
    EG_TRY(read_webhook(&options->webhook, call, station != NULL ? &station->webhook : NULL, err));
    EG_TRY(cli_option_number(call, "queue-mb", MB_MOST, station != NULL ? station->queue_mb : EG_QUEUE_MB,
                             &options->queue_mb, err));
    if (options->queue_mb == 0)
        return cli_usage(call, err, "--queue-mb takes 1 to %d", MB_MOST);
    const char *const astray = eg_sink_options_astray(options, &needs);
    if (astray == NULL)
        return EG_OK;
    /* "mqtt.ca" is --mqtt-ca, "mqtt.url" is --mqtt. */
    char option[60];
    snprintf(option, sizeof option, "%s", astray);
    for (char *at = option; *at != '\0'; at++)
        if (*at == '.' || *at == '_')
            *at = '-';
    return cli_usage(call, err, "--%s goes with %s", option, needs);
}

/* NULL = the options name no such receiver. */
static enum eg_code make_carrier(struct cli_carrier **carrier, unsigned i,
                                 const struct eg_sink_options *options, struct eg_error *err)
{
    enum eg_code code = EG_OK;

    *carrier = NULL;
    if (i == 0 && options->mqtt.url != NULL)
        code = cli_carrier_mqtt(carrier, &options->mqtt, err);
    else if (i == 1 && options->webhook.url != NULL)
        code = cli_carrier_webhook(carrier, &options->webhook, err);
    return code == EG_OK ? EG_OK : eg_error_prefix(err, "%s: ", names[i]);
}

enum eg_code cli_sinks_check(const struct eg_sink_options *options, struct eg_error *err)
{
    struct cli_carrier *carrier;

    for (unsigned i = 0; i < CLI_SINKS; i++) {
        EG_TRY(make_carrier(&carrier, i, options, err));
        if (carrier != NULL)
            carrier->ops->destroy(carrier);
    }
    return EG_OK;
}

static enum eg_code name_queue(char **path, unsigned i, const char *ledger, struct eg_error *err)
{
    const size_t size = strlen(ledger) + strlen(names[i]) + sizeof ".-queue";

    EG_TRY(eg_alloc(path, size, 1, err));
    snprintf(*path, size, "%s.%s-queue", ledger, names[i]);
    return EG_OK;
}

static enum eg_code open_sink(struct cli_sinks *sinks, unsigned i, const struct eg_sink_options *options,
                              const char *ledger, struct eg_logger *logger, struct eg_error *err)
{
    struct cli_carrier *carrier;

    EG_TRY(make_carrier(&carrier, i, options, err));
    if (carrier == NULL)
        return EG_OK;
    memcpy(sinks->where[i], carrier->where, sizeof sinks->where[i]);
    if (name_queue(&sinks->paths[i], i, ledger, err) != EG_OK) {
        carrier->ops->destroy(carrier);
        return err->code;
    }
    return cli_sink_open(&sinks->sinks[i], carrier, sinks->paths[i], options->queue_mb * MB, logger, err);
}

enum eg_code cli_sinks_open(struct cli_sinks *sinks, const struct eg_sink_options *options,
                            const char *ledger, struct cli_events *events, struct eg_logger *logger,
                            struct eg_error *err)
{
    for (unsigned i = 0; i < CLI_SINKS; i++)
        EG_TRY(open_sink(sinks, i, options, ledger, logger, err));
    sinks->events = events;
    for (unsigned i = 0; i < CLI_SINKS && events != NULL; i++)
        if (sinks->sinks[i] != NULL)
            cli_events_add(events, cli_sink_events(sinks->sinks[i]));
    for (unsigned i = 0; i < CLI_SINKS; i++)
        if (sinks->sinks[i] != NULL)
            eg_log_note(logger, NULL, "events go to %s", sinks->where[i]);
    return EG_OK;
}

static void say(const char *name, const char *path, const struct cli_sink_end *end)
{
    const char *const cause = end->failure[0] != '\0' ? end->failure : NULL;

    if (end->lost > 0)
        fprintf(stderr, "espgang: %s: %" PRIu64 " event%s lost: %s\n", name, end->lost,
                end->lost == 1 ? " is" : "s are", end->loss[0] != '\0' ? end->loss : "out of memory");
    if (end->waiting < 0)
        fprintf(stderr, "espgang: %s: %s: %s\n", name, path, cause);
    else if (end->waiting > 0 && end->elsewhere)
        fprintf(stderr, "espgang: %s: another espgang sends the events in %s\n", name, path);
    else if (end->waiting > 0)
        fprintf(stderr,
                "espgang: %s: %" PRId64
                " event%s in %s%s%s; the next run sends them, or 'espgang events send'\n",
                name, end->waiting, end->waiting == 1 ? " waits" : "s wait", path, cause != NULL ? ": " : "",
                cause != NULL ? cause : "");
}

bool cli_sinks_end(struct cli_sinks *sinks, uint32_t patience_ms, const struct eg_cancel *cancel)
{
    bool whole = true;

    for (unsigned i = 0; i < CLI_SINKS; i++) {
        struct cli_sink_end end;
        if (sinks->sinks[i] == NULL)
            continue;
        if (sinks->events != NULL)
            cli_events_remove(sinks->events, sinks->sinks[i]);
        cli_sink_close(sinks->sinks[i], patience_ms, cancel, &end);
        sinks->sinks[i] = NULL;
        say(names[i], sinks->paths[i], &end);
        whole = whole && end.lost == 0 && (end.waiting == 0 || end.elsewhere);
    }
    return whole;
}

void cli_sinks_close(struct cli_sinks *sinks)
{
    (void)cli_sinks_end(sinks, GRACE_MS, cli_cancel());
    for (unsigned i = 0; i < CLI_SINKS; i++)
        free(sinks->paths[i]);
    *sinks = (struct cli_sinks){.sinks = {NULL}};
}

enum eg_code cli_sinks_each(const struct eg_sink_options *options, const char *ledger,
                            void (*visit)(void *context, const struct cli_sink_state *state), void *context,
                            struct eg_error *err)
{
    for (unsigned i = 0; i < CLI_SINKS; i++) {
        EG_CLEANUP(eg_free_cleanup) char *path = NULL;
        struct cli_carrier *carrier;
        int64_t waiting;
        EG_TRY(make_carrier(&carrier, i, options, err));
        EG_TRY(name_queue(&path, i, ledger, err));
        if (eg_queue_waiting(path, &waiting, err) != EG_OK) {
            if (carrier != NULL)
                carrier->ops->destroy(carrier);
            return err->code;
        }
        if (carrier != NULL || waiting > 0)
            visit(context, &(struct cli_sink_state){.name = names[i],
                                                    .where = carrier != NULL ? carrier->where : NULL,
                                                    .waiting = waiting,
                                                    .queue = path});
        if (carrier != NULL)
            carrier->ops->destroy(carrier);
    }
    return EG_OK;
}
