/* SPDX-License-Identifier: Apache-2.0 */

/* The receivers of a line's events beside its standard output and the dashboard: options of commands, keys of
 * the station file, and their sinks. */

#ifndef TOOLS_ESPGANG_EVENTS_SINKS_H
#define TOOLS_ESPGANG_EVENTS_SINKS_H

#include "tools/espgang/command.h"
#include "tools/espgang/events/sink.h"

#include <stdio.h>

#define CLI_SINKS 2

/** The options of commands that send events. */
#define CLI_OPTIONS_SINKS                                                                                    \
    {.name = "mqtt",                                                                                         \
     .value = "URL",                                                                                         \
     .help = "Send the events to this MQTT broker, mqtts://HOST:PORT, or mqtt:// without encryption",        \
     .more = "A station file may have it, too; `none` sends nothing there. With URL nothing else of `mqtt` " \
             "is taken from the station file. station.md says what is sent and what happens while the "      \
             "receiver is away."},                                                                           \
        {.name = "mqtt-topic", .value = "TOPIC", .help = "Topic of the events (default: espgang)"},          \
        {.name = "mqtt-user", .value = "NAME", .help = "User name at the broker"},                           \
        {.name = "mqtt-password-file", .value = "FILE", .help = "The password of that user, mode 0600"},     \
        {.name = "mqtt-ca",                                                                                  \
         .value = "FILE",                                                                                    \
         .help = "Authorities that may sign the broker's certificate (default: those of the system)"},       \
        {.name = "mqtt-cert", .value = "FILE", .help = "Certificate of this client for the broker"},         \
        {.name = "mqtt-key", .value = "FILE", .help = "The private key of that certificate, mode 0600"},     \
        {.name = "webhook",                                                                                  \
         .value = "URL",                                                                                     \
         .help = "Post the events to this address, https:// or http:// without encryption",                  \
         .more = "A station file may have it, too; `none` posts nothing. With URL nothing else of "          \
                 "`webhook` is taken from the station file."},                                               \
        {.name = "webhook-headers-file",                                                                     \
         .value = "FILE",                                                                                    \
         .help = "Further headers of each request, one NAME: VALUE on each line, mode 0600"},                \
        {.name = "webhook-secret-file",                                                                      \
         .value = "FILE",                                                                                    \
         .help = "Secret that signs each request (HMAC-SHA256), mode 0600"},                                 \
        {.name = "webhook-ca",                                                                               \
         .value = "FILE",                                                                                    \
         .help = "Authorities that may sign the server's certificate (default: those of the system)"},       \
    {                                                                                                        \
        .name = "queue-mb", .value = "N",                                                                    \
        .help = "Megabytes that the queue of each receiver may grow to (default: 1024)"                      \
    }

/**
 * Take the options of the command line, and what it does not say from the station's file.
 *
 * @param station  NULL = there is no file, or nothing is to be taken from it
 */
enum eg_code cli_sinks_options(struct eg_sink_options *options, const struct cli_call *call,
                               const struct eg_sink_options *station, struct eg_error *err) EG_CHECKED;

/** Zero-initialise it; EG_CLEANUP(cli_sinks_close) ends what is open. */
struct cli_sinks {
    struct cli_sink *sinks[CLI_SINKS];
    struct cli_events *events;                                     /* which they take; NULL = none */
    char *paths[CLI_SINKS];                                        /* of the queues */
    char where[CLI_SINKS][sizeof((struct cli_carrier *)0)->where]; /* the receivers */
};

/** Check addresses and read the files that the options name, touching nothing: EG_BAD_ARGUMENT. */
enum eg_code cli_sinks_check(const struct eg_sink_options *options, struct eg_error *err) EG_CHECKED;

/**
 * Open the queues beside the ledger, say by notes where events go, and begin to send what waits.
 *
 * @param ledger  its path
 * @param events  which they take from now on; NULL = none
 */
enum eg_code cli_sinks_open(struct cli_sinks *sinks, const struct eg_sink_options *options,
                            const char *ledger, struct cli_events *events, struct eg_logger *logger,
                            struct eg_error *err) EG_CHECKED;

/** Send what is left as long as it is taken, end, and say on standard error what waits or is lost. Returns
 * whether nothing does. */
bool cli_sinks_end(struct cli_sinks *sinks, uint32_t patience_ms, const struct eg_cancel *cancel);
void cli_sinks_close(struct cli_sinks *sinks);

/** Where events go by one protocol, or went. */
struct cli_sink_state {
    const char *name;  /* of the protocol */
    const char *where; /* of the receiver; NULL = none now */
    int64_t waiting;   /* events */
    const char *queue; /* its file */
};

/** Call `visit` for each protocol that has a receiver, or events that wait. */
enum eg_code cli_sinks_each(const struct eg_sink_options *options, const char *ledger,
                            void (*visit)(void *context, const struct cli_sink_state *state), void *context,
                            struct eg_error *err) EG_CHECKED;

#endif
