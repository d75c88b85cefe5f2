/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The station file, `station.yaml`: what a station is, its slots, and whom it trusts.
 *
 * It is read by the same tables of options as a job file, so keys, help, JSON Schema and sentences with line
 * and column come from one place.
 */

#ifndef JOBS_STATION_FILE_H
#define JOBS_STATION_FILE_H

#include "engine/plan/setting.h"

#include <stdio.h>

/** Where the station file is when nobody says otherwise. What it says of trust holds for every command. */
#define EG_STATION_FILE "/etc/espgang/station.yaml"

/** How the port of a slot is found. */
enum eg_slot_by { EG_SLOT_BY_USB, EG_SLOT_BY_SERIAL, EG_SLOT_BY_URL };

/** Texts belong to the settings. */
struct eg_station_slot {
    const char *name;
    enum eg_slot_by by;
    const char *address; /* place in the USB tree, serial number of the bridge, or URL */
    const char *group;   /* "" = none */
    uint32_t baud;       /* most that it is worked at; 0 = as the job says */
    bool disabled;
};

/** Where events go by MQTT. NULL = not said; url NULL = nowhere. */
struct eg_mqtt_options {
    const char *url;   /* as eg_broker_parse() takes it */
    const char *topic; /* NULL = EG_MQTT_TOPIC */
    const char *user, *password_file;
    const char *ca, *cert, *key; /* PEM files; ca NULL = the authorities of the system */
};

#define EG_MQTT_TOPIC "espgang"

/** Where events go by HTTP. NULL = not said; url NULL = nowhere. */
struct eg_webhook_options {
    const char *url; /* as eg_webhook_url_check() takes it */
    const char *headers_file, *secret_file;
    const char *ca; /* PEM file; NULL = the authorities of the system */
};

/** Receivers of events. Texts belong to the settings or to the command line. */
struct eg_sink_options {
    struct eg_mqtt_options mqtt;
    struct eg_webhook_options webhook;
    uint64_t queue_mb; /* most that each queue grows to */
};

#define EG_QUEUE_MB 1024 /* without a word of it */

/** Zero-initialise it; EG_CLEANUP(eg_station_file_finish) frees it. */
struct eg_station_file {
    char *path;
    struct eg_setting *settings; /* of all keys but those of slots */
    unsigned setting_count;
    const char *name, *ledger;             /* NULL = not said */
    const char *trigger, *trigger_program; /* NULL = not said */
    const char *private_key;               /* NULL = not said */
    struct eg_station_slot *slots;         /* in their order */
    unsigned slot_count;
    unsigned at_once, at_once_of_group; /* boards; 0 = no limit */
    uint32_t stagger_ms;
    const struct eg_setting *power; /* `power.program` */
    uint32_t power_timeout_ms;
    uint64_t stop_failures, pause_failures; /* in a row; 0 = no limit */
    bool disable_slots;
    const struct eg_setting *printer, *label; /* `printer.to`, `printer.template` */
    const char *keys; /* folder of the trusted keys; NULL = the file says nothing of trust */
    const char *http, *http_token_file; /* of the dashboard; NULL = not said */
    const char **http_names;            /* NULL after the last; NULL = none */
    bool http_control;
    struct eg_sink_options sinks;
};

/**
 * Read and check a station file (YAML or JSON).
 *
 * @return EG_OK; EG_BAD_JOB with "FILE:LINE:COLUMN: " before the cause; EG_IO it cannot be read, or it sets
 * trust and others may write to it; EG_NO_MEMORY
 */
enum eg_code eg_station_file_read(struct eg_station_file *station, const char *path,
                                  struct eg_error *err) EG_CHECKED;
void eg_station_file_finish(struct eg_station_file *station);

/** Return whether a text can be the name of a slot or a station. */
bool eg_station_name_is_good(const char *text);

/** A broker's address. */
struct eg_broker {
    char host[256];
    uint16_t port;
    bool tls;
};

/** Read mqtt://HOST[:PORT] or mqtts://HOST[:PORT]; EG_BAD_JOB with a sentence that follows the key ("is
 * ..."). */
enum eg_code eg_broker_parse(struct eg_broker *broker, const char *text, struct eg_error *err) EG_CHECKED;

/** Check an address that events are posted to, http:// or https:// without user and password; as
 * eg_broker_parse(). */
enum eg_code eg_webhook_url_check(const char *text, struct eg_error *err) EG_CHECKED;

/** Check a topic to publish to; as eg_broker_parse(). */
enum eg_code eg_mqtt_topic_check(const char *text, struct eg_error *err) EG_CHECKED;

/** Find a key that goes with another one which is missing; NULL = there is none. */
const char *eg_sink_options_astray(const struct eg_sink_options *options, const char **needs);

/** What a station may allow to some only. */
enum eg_station_right { EG_STATION_LINE, EG_STATION_JOBS, EG_STATION_LEDGER, EG_STATION_ONE_BOARD };

/** Return the key that says who has a right: "trust.one_board". */
const char *eg_station_right_key(enum eg_station_right right);

/** Return whether the user of this process has a right: its key names him, or a group of his ("@engineers"),
 * or everybody ("*"), or there is no such key. Without it nobody has that of one board where the file sets
 * keys. */
bool eg_station_file_allows(const struct eg_station_file *station, enum eg_station_right right);

/** Print the JSON Schema, or tables of the keys for people. EG_IO: `out` fails. */
enum eg_code eg_station_file_schema(FILE *out, struct eg_error *err) EG_CHECKED;
enum eg_code eg_station_file_keys(FILE *out, struct eg_error *err) EG_CHECKED;

#endif
