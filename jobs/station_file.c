/* SPDX-License-Identifier: Apache-2.0 */

#include "jobs/station_file.h"

#include "engine/base/text.h"
#include "jobs/keys.h"
#include "jobs/schema.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES 40
#define SLOTS_MAX      512
#define GROUPS_MAX     256
#define BAUD_LEAST     9600
#define BAUD_MOST      5000000

/* People type names, and options and files put them between other words. */
bool eg_station_name_is_good(const char *text)
{
    struct eg_error ignored;

    return text[0] != '\0' && strlen(text) <= NAME_MAX_BYTES && strpbrk(text, " =,*\"\\") == NULL &&
           eg_text_check(text, strlen(text), &ignored) == EG_OK;
}

static enum eg_code check_name(const char *text, struct eg_error *err)
{
    return eg_station_name_is_good(text)
               ? EG_OK
               : eg_error_set(
                     err, EG_BAD_JOB,
                     "is '%.80s', not a word of at most %d bytes without blanks, quotes, = , * and \\", text,
                     NAME_MAX_BYTES);
}

static enum eg_code check_usb(const char *text, struct eg_error *err)
{
    if (strpbrk(text, " /") != NULL || strchr(text, '-') == NULL)
        return eg_error_set(err, EG_BAD_JOB,
                            "is '%.80s', not a place in the USB tree such as 1-1.4:1.0; 'espgang "
                            "ports' lists them",
                            text);
    return EG_OK;
}

static enum eg_code check_url(const char *text, struct eg_error *err)
{
    if (strstr(text, "://") == NULL)
        return eg_error_set(err, EG_BAD_JOB,
                            "is '%.80s', not a URL; 'espgang ports' shows the forms of ports", text);
    return EG_OK;
}

static enum eg_code check_broker(const char *text, struct eg_error *err)
{
    struct eg_broker ignored;

    return eg_broker_parse(&ignored, text, err);
}

static const char *const yes_no[] = {"no", "yes", NULL};
static const char *const triggers[] = {"plug", "poll", "enter", "program", "api", NULL};

static const struct eg_option slot_options[] = {
    {.key = "name",
     .type = EG_OPTION_TEXT,
     .required = true,
     .check = check_name,
     .help = "name on the fixture, such as `A1`; for the screen, the ledger and reports"},
    {.key = "usb",
     .type = EG_OPTION_TEXT,
     .check = check_usb,
     .help = "its place in the USB tree, as `espgang ports` lists it: `1-1.4:1.0`; one of `usb`, `serial` "
             "and `url` must be there"},
    {.key = "serial", .type = EG_OPTION_TEXT, .help = "the USB serial number of its bridge"},
    {.key = "url",
     .type = EG_OPTION_TEXT,
     .check = check_url,
     .help = "its port, such as `tcp://fixture:3001`"},
    {.key = "group",
     .type = EG_OPTION_TEXT,
     .check = check_name,
     .help = "slots that share a hub, a controller or a supply, for `at_once.per_group`"},
    {.key = "baud",
     .type = EG_OPTION_NUMBER,
     .least = BAUD_LEAST,
     .most = BAUD_MOST,
     .without = "as the job says",
     .help = "most that its boards are worked at"},
    {.key = "disabled",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = yes_no,
     .help = "leave the slot out"},
    {.key = NULL},
};

static const struct eg_option station_options[] = {
    {.key = "espgang_station",
     .type = EG_OPTION_NUMBER,
     .required = true,
     .least = 1,
     .most = 1,
     .help = "version of the format: 1"},
    {.key = "name",
     .type = EG_OPTION_TEXT,
     .without = "the host's name",
     .check = check_name,
     .help = "name of the station, in the ledger and in reports"},
    {.key = "ledger",
     .type = EG_OPTION_TEXT,
     .without = "as without a station file",
     .help = "file of the ledger, which must exist: a slip of the path makes no new one"},
    {.key = "trigger",
     .type = EG_OPTION_CHOICE,
     .choices = triggers,
     .without = "one board in each slot, once",
     .help = "what begins a board, as `--trigger`"},
    {.key = "trigger_program", .type = EG_OPTION_TEXT, .help = "as `--trigger-program`"},
    {.key = "private_key",
     .type = EG_OPTION_TEXT,
     .without = "no key is decrypted",
     .help = "PEM file, mode 0600, as `--private-key`"},
    {.key = "slots",
     .type = EG_OPTION_GROUPS,
     .group = slot_options,
     .without = "every attached board",
     .help = "a list of the slots, in the order of the fixture"},
    {.key = "power.program",
     .type = EG_OPTION_TEXT,
     .without = "supplies are not switched",
     .help = "program that switches the supply of a socket off and on before a board is tried again, run as "
             "`PROGRAM SLOT`; its bridge must stay plugged meanwhile"},
    {.key = "power.timeout",
     .type = EG_OPTION_DURATION,
     .fallback = "10s",
     .least = 100,
     .most = 60000,
     .help = "how long it may take"},
    {.key = "limits.stop_failures",
     .type = EG_OPTION_NUMBER,
     .least = 1,
     .most = UINT32_MAX,
     .without = "no limit",
     .help = "boards in a row that did not pass, after which a line ends, as `--stop-failures`"},
    {.key = "limits.pause_failures",
     .type = EG_OPTION_NUMBER,
     .least = 1,
     .most = UINT32_MAX,
     .without = "no limit",
     .help = "the same, after which it waits until somebody lets it go on, as `--pause-failures`"},
    {.key = "limits.disable_slots",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = yes_no,
     .help = "begin no further board in a slot that fails more often than the others, as `--disable-slots`"},
    {.key = "printer.to",
     .type = EG_OPTION_TEXT,
     .without = "no labels are printed",
     .help = "where the labels of boards that passed go: `tcp://HOST:9100`, `file:PATH`, `folder:PATH` or "
             "`program:PATH`"},
    {.key = "printer.template",
     .type = EG_OPTION_FILE,
     .without = "as `label.template` of the job says",
     .help = "template of a label: ZPL if its name ends in `.zpl`, else text; that of a job goes first"},
    {.key = "at_once.most",
     .type = EG_OPTION_NUMBER,
     .least = 1,
     .most = SLOTS_MAX,
     .without = "all",
     .help = "boards at work at once; the others wait for their turn"},
    {.key = "at_once.per_group",
     .type = EG_OPTION_NUMBER,
     .least = 1,
     .most = SLOTS_MAX,
     .without = "all",
     .help = "boards at work at once in each `group` of slots"},
    {.key = "at_once.stagger",
     .type = EG_OPTION_DURATION,
     .fallback = "0ms",
     .least = 0,
     .most = 60000,
     .help = "time from the beginning of one board to the next, for supplies that do not take all at once"},
    {.key = "dashboard.http",
     .type = EG_OPTION_TEXT,
     .without = "no dashboard",
     .help = "address and port of the dashboard, as `--http`"},
    {.key = "dashboard.token_file", .type = EG_OPTION_TEXT, .help = "as `--http-token-file`"},
    {.key = "dashboard.names", .type = EG_OPTION_TEXT_LIST, .help = "as `--http-name`"},
    {.key = "dashboard.control",
     .type = EG_OPTION_CHOICE,
     .fallback = "no",
     .choices = yes_no,
     .help = "let clients begin boards and end the line, as `--http-control`"},
    {.key = "mqtt.url",
     .type = EG_OPTION_TEXT,
     .check = check_broker,
     .without = "no MQTT",
     .help = "broker that gets the events: `mqtts://HOST:PORT` with TLS, `mqtt://HOST:PORT` without"},
    {.key = "mqtt.topic",
     .type = EG_OPTION_TEXT,
     .check = eg_mqtt_topic_check,
     .without = "`" EG_MQTT_TOPIC "`",
     .help = "topic of all events"},
    {.key = "mqtt.user", .type = EG_OPTION_TEXT, .help = "user name at the broker"},
    {.key = "mqtt.password_file", .type = EG_OPTION_TEXT, .help = "file with the password, mode 0600"},
    {.key = "mqtt.ca",
     .type = EG_OPTION_TEXT,
     .without = "those of the system",
     .help = "PEM file with the authorities that may sign the broker's certificate"},
    {.key = "mqtt.cert", .type = EG_OPTION_TEXT, .help = "PEM file with the certificate of this client"},
    {.key = "mqtt.key", .type = EG_OPTION_TEXT, .help = "PEM file with its private key, mode 0600"},
    {.key = "webhook.url",
     .type = EG_OPTION_TEXT,
     .check = eg_webhook_url_check,
     .without = "no webhook",
     .help = "address that the events are posted to: `https://…`, or `http://…` without encryption"},
    {.key = "webhook.headers_file",
     .type = EG_OPTION_TEXT,
     .help = "file with further headers, one `NAME: VALUE` on each line, mode 0600"},
    {.key = "webhook.secret_file",
     .type = EG_OPTION_TEXT,
     .help = "file with the secret that signs each request, mode 0600"},
    {.key = "webhook.ca",
     .type = EG_OPTION_TEXT,
     .without = "those of the system",
     .help = "PEM file with the authorities that may sign the server's certificate"},
    {.key = "queue_mb",
     .type = EG_OPTION_NUMBER,
     .fallback = "1024",
     .least = 1,
     .most = 65536,
     .help = "megabytes that the queue of each receiver may grow to while it is away"},
    {.key = "trust.keys",
     .type = EG_OPTION_TEXT,
     .without = "as without a station file",
     .help = "folder of the trusted keys: only bundles signed by one of them run, and no option or variable "
             "changes that"},
    {.key = "trust.line",
     .type = EG_OPTION_TEXT_LIST,
     .without = "everybody",
     .help = "who may use commands of the line, such as `run`: login names, `@GROUP`, or `\"*\"`"},
    {.key = "trust.jobs",
     .type = EG_OPTION_TEXT_LIST,
     .without = "everybody",
     .help = "who may use commands about jobs, bundles and keys, such as `trust`"},
    {.key = "trust.ledger",
     .type = EG_OPTION_TEXT_LIST,
     .without = "everybody",
     .help = "who may use commands about the ledger, such as `pool` and `report`"},
    {.key = "trust.one_board",
     .type = EG_OPTION_TEXT_LIST,
     .without = "with `trust.keys` nobody, else everybody",
     .help = "who may use commands of one board, such as `write-flash`"},
    {.key = NULL},
};

static const struct eg_setting *setting(const struct eg_station_file *station, const char *key)
{
    return eg_settings_find(station->settings, station->setting_count, key);
}

static const char *text_of(const struct eg_station_file *station, const char *key)
{
    const struct eg_setting *const found = setting(station, key);

    return found->given ? found->text : NULL;
}

/* Put the place of a setting, or of what lacks one, before a sentence. */
static enum eg_code refuse(const char *place, struct eg_error *err, const char *sentence, const char *name)
{
    return eg_error_set(err, EG_BAD_JOB, "%s: %s%s", place, sentence, name);
}

static enum eg_code read_slot(struct eg_station_slot *slot, const struct eg_setting_group *group,
                              struct eg_error *err)
{
    static const char *const keys[] = {
        [EG_SLOT_BY_USB] = "usb", [EG_SLOT_BY_SERIAL] = "serial", [EG_SLOT_BY_URL] = "url"};
    const struct eg_setting *const baud = eg_group_setting(group, "baud");
    const struct eg_setting *const of_group = eg_group_setting(group, "group");

    *slot = (struct eg_station_slot){
        .name = eg_group_setting(group, "name")->text,
        .group = of_group->given ? of_group->text : "",
        .baud = baud->given ? (uint32_t)baud->number[0] : 0,
        .disabled = eg_group_setting(group, "disabled")->choice == 1,
    };
    for (enum eg_slot_by by = EG_SLOT_BY_USB; by <= EG_SLOT_BY_URL; by++) {
        const struct eg_setting *const address = eg_group_setting(group, keys[by]);
        if (!address->given)
            continue;
        if (slot->address != NULL)
            return refuse(group->place, err, "give one of usb, serial and url, not two, for slot ",
                          slot->name);
        slot->by = by;
        slot->address = address->text;
    }
    if (slot->address == NULL)
        return refuse(group->place, err, "usb, serial or url is missing for slot ", slot->name);
    return EG_OK;
}

static enum eg_code read_slots(struct eg_station_file *station, struct eg_error *err)
{
    const struct eg_setting *const slots = setting(station, "slots");

    if (slots->group_count > SLOTS_MAX)
        return eg_error_set(err, EG_BAD_JOB, "%s: has more than %d slots", slots->place, SLOTS_MAX);
    EG_TRY(eg_alloc(&station->slots, slots->group_count + 1, sizeof *station->slots, err));
    for (unsigned i = 0; i < slots->group_count; i++) {
        struct eg_station_slot *const slot = &station->slots[i];
        EG_TRY(read_slot(slot, &slots->groups[i], err));
        for (unsigned k = 0; k < i; k++) {
            if (strcmp(station->slots[k].name, slot->name) == 0)
                return refuse(slots->groups[i].place, err, "there is a slot before it with the name ",
                              slot->name);
            if (station->slots[k].by == slot->by && strcmp(station->slots[k].address, slot->address) == 0)
                return eg_error_set(err, EG_BAD_JOB, "%s: slot %s has the port of slot %s",
                                    slots->groups[i].place, slot->name, station->slots[k].name);
        }
        station->slot_count++;
    }
    return EG_OK;
}

/* Who may write to the file would decide whom the station trusts. */
static enum eg_code check_writers(const struct eg_station_file *station, struct eg_error *err)
{
    struct stat info;

    if (stat(station->path, &info) != 0)
        return eg_error_set(err, EG_IO, "%s: it is gone", station->path);
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0 || (info.st_uid != 0 && info.st_uid != geteuid()))
        return eg_error_set(err, EG_IO,
                            "%s: sets trust, and others may write to it: chown root and chmod go-w",
                            station->path);
    return EG_OK;
}

static bool sets_trust(const struct eg_station_file *station)
{
    bool sets = station->keys != NULL;

    for (enum eg_station_right right = EG_STATION_LINE; right <= EG_STATION_ONE_BOARD; right++)
        sets |= setting(station, eg_station_right_key(right))->given;
    return sets;
}

/* Paths start from the file's folder. */
static enum eg_code resolve(struct eg_station_file *station, const char *key, struct eg_error *err)
{
    struct eg_setting *const found = eg_settings_find(station->settings, station->setting_count, key);
    char *resolved;

    if (!found->given)
        return EG_OK;
    EG_TRY(eg__resolve(&resolved, station->path, found->text, err));
    free(found->text);
    found->text = resolved;
    return EG_OK;
}

/* The path after "file:" and the like starts from the file's folder, too. */
static enum eg_code resolve_printer(struct eg_station_file *station, struct eg_error *err)
{
    struct eg_setting *const to = eg_settings_find(station->settings, station->setting_count, "printer.to");
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    char *resolved;

    const char *const colon = to->given ? strchr(to->text, ':') : NULL;
    if (colon == NULL || strncmp(colon, "://", 3) == 0)
        return EG_OK;
    EG_TRY(eg__resolve(&path, station->path, colon + 1, err));
    const size_t size = (size_t)(colon + 1 - to->text) + strlen(path) + 1;
    EG_TRY(eg_alloc(&resolved, size, 1, err));
    snprintf(resolved, size, "%.*s%s", (int)(colon + 1 - to->text), to->text, path);
    free(to->text);
    to->text = resolved;
    return EG_OK;
}

static enum eg_code take(struct eg_station_file *station, struct eg_error *err)
{
    EG_TRY(resolve(station, "ledger", err));
    EG_TRY(resolve(station, "trust.keys", err));
    EG_TRY(resolve(station, "private_key", err));
    EG_TRY(resolve_printer(station, err));
    if (setting(station, "power.program")->given && strchr(text_of(station, "power.program"), '/') != NULL)
        EG_TRY(resolve(station, "power.program", err));
    station->name = text_of(station, "name");
    station->ledger = text_of(station, "ledger");
    station->trigger = text_of(station, "trigger");
    station->trigger_program = text_of(station, "trigger_program");
    station->private_key = text_of(station, "private_key");
    station->keys = text_of(station, "trust.keys");
    station->power = setting(station, "power.program");
    station->power_timeout_ms = (uint32_t)setting(station, "power.timeout")->number[0];
    station->stop_failures = setting(station, "limits.stop_failures")->number[0];
    station->pause_failures = setting(station, "limits.pause_failures")->number[0];
    station->disable_slots = setting(station, "limits.disable_slots")->choice == 1;
    station->printer = setting(station, "printer.to");
    station->label = setting(station, "printer.template");
    station->at_once = (unsigned)setting(station, "at_once.most")->number[0];
    station->at_once_of_group = (unsigned)setting(station, "at_once.per_group")->number[0];
    station->stagger_ms = (uint32_t)setting(station, "at_once.stagger")->number[0];
    const struct eg_setting *const program = setting(station, "trigger_program");
    if (program->given && (station->trigger == NULL || strcmp(station->trigger, "program") != 0))
        return refuse(program->place, err, "trigger_program goes with trigger: ", "program");
    if (!program->given && station->trigger != NULL && strcmp(station->trigger, "program") == 0)
        return refuse(setting(station, "trigger")->place, err, "trigger: program lacks ", "trigger_program");
    EG_TRY(read_slots(station, err));
    return sets_trust(station) ? check_writers(station, err) : EG_OK;
}

static enum eg_code take_dashboard(struct eg_station_file *station, struct eg_error *err)
{
    static const char *const others[] = {"dashboard.token_file", "dashboard.names", "dashboard.control"};
    const struct eg_setting *const names = setting(station, "dashboard.names");

    EG_TRY(resolve(station, "dashboard.token_file", err));
    station->http = text_of(station, "dashboard.http");
    station->http_token_file = text_of(station, "dashboard.token_file");
    station->http_control = setting(station, "dashboard.control")->choice == 1;
    for (size_t i = 0; i < sizeof others / sizeof others[0] && station->http == NULL; i++)
        if (setting(station, others[i])->given)
            return refuse(setting(station, others[i])->place, err, others[i], " goes with dashboard.http");
    if (!names->given)
        return EG_OK;
    EG_TRY(eg_alloc(&station->http_names, names->item_count + 1, sizeof *station->http_names, err));
    for (unsigned i = 0; i < names->item_count; i++)
        station->http_names[i] = names->items[i].text;
    return EG_OK;
}

static enum eg_code take_sinks(struct eg_station_file *station, struct eg_error *err)
{
    struct eg_mqtt_options *const mqtt = &station->sinks.mqtt;
    struct eg_webhook_options *const webhook = &station->sinks.webhook;
    static const char *const paths[] = {
        "mqtt.password_file",  "mqtt.ca",   "mqtt.cert", "mqtt.key", "webhook.headers_file",
        "webhook.secret_file", "webhook.ca"};
    const struct {
        const char *key, **text;
    } texts[] = {
        {"mqtt.url", &mqtt->url},
        {"mqtt.topic", &mqtt->topic},
        {"mqtt.user", &mqtt->user},
        {"mqtt.password_file", &mqtt->password_file},
        {"mqtt.ca", &mqtt->ca},
        {"mqtt.cert", &mqtt->cert},
        {"mqtt.key", &mqtt->key},
        {"webhook.url", &webhook->url},
        {"webhook.headers_file", &webhook->headers_file},
        {"webhook.secret_file", &webhook->secret_file},
        {"webhook.ca", &webhook->ca},
    };
    const char *needs;

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        EG_TRY(resolve(station, paths[i], err));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i].text = text_of(station, texts[i].key);
    station->sinks.queue_mb = setting(station, "queue_mb")->number[0];
    const char *const astray = eg_sink_options_astray(&station->sinks, &needs);
    if (astray == NULL)
        return EG_OK;
    return eg_error_set(err, EG_BAD_JOB, "%s: %s goes with %s", setting(station, astray)->place, astray,
                        needs);
}

enum eg_code eg_station_file_read(struct eg_station_file *station, const char *path, struct eg_error *err)
{
    EG_CLEANUP(eg__document_finish) struct eg__document document = {0};

    EG_TRY(eg_strdup(&station->path, path, err));
    EG_TRY(eg__document_read(&document, path, err));
    EG_TRY(eg__node_expect(document.root, EG__MAP, "the station file", err));
    EG_TRY(eg_settings_add(&station->settings, &station->setting_count, station_options, err));
    EG_TRY(eg__settings_read(station->settings, station->setting_count, document.root, err));
    if (!setting(station, "espgang_station")->given)
        return eg__refuse(
            &document.root->place, err,
            "the key espgang_station is missing: a station file begins with espgang_station: 1");
    EG_TRY(take(station, err));
    EG_TRY(take_dashboard(station, err));
    return take_sinks(station, err);
}

void eg_station_file_finish(struct eg_station_file *station)
{
    eg_settings_destroy(station->settings, station->setting_count);
    free(station->slots);
    free(station->http_names);
    free(station->path);
    *station = (struct eg_station_file){0};
}

static bool is_in_group(const char *name)
{
    const struct group *const group = getgrnam(name);
    gid_t groups[GROUPS_MAX];

    if (group == NULL)
        return false;
    const gid_t wanted = group->gr_gid;
    const int count = getgroups(GROUPS_MAX, groups);
    bool found = getgid() == wanted;
    for (int i = 0; i < count; i++)
        found |= groups[i] == wanted;
    return found;
}

const char *eg_station_right_key(enum eg_station_right right)
{
    static const char *const keys[] = {[EG_STATION_LINE] = "trust.line",
                                       [EG_STATION_JOBS] = "trust.jobs",
                                       [EG_STATION_LEDGER] = "trust.ledger",
                                       [EG_STATION_ONE_BOARD] = "trust.one_board"};

    return keys[right];
}

bool eg_station_file_allows(const struct eg_station_file *station, enum eg_station_right right)
{
    const struct eg_setting *const who = setting(station, eg_station_right_key(right));
    const struct passwd *const user = getpwuid(getuid());

    if (!who->given)
        return right != EG_STATION_ONE_BOARD || station->keys == NULL;
    for (unsigned i = 0; i < who->item_count; i++) {
        const char *const name = who->items[i].text;
        if (strcmp(name, "*") == 0 || (name[0] == '@' && is_in_group(name + 1)) ||
            (user != NULL && strcmp(name, user->pw_name) == 0))
            return true;
    }
    return false;
}

enum eg_code eg_station_file_schema(FILE *out, struct eg_error *err)
{
    return eg__schema_print(out, "espgang station file", station_options, err);
}

enum eg_code eg_station_file_keys(FILE *out, struct eg_error *err)
{
    return eg__keys_print(out, "In the station file:", station_options, err);
}
