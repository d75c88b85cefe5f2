/* SPDX-License-Identifier: Apache-2.0 */

#include "db/ledger.h"
#include "engine/link/discover.h"
#include "jobs/trust.h"
#include "tools/espgang/document.h"
#include "tools/espgang/events/sinks.h"
#include "tools/espgang/line/station_slots.h"
#include "tools/espgang/station.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_limits(const struct eg_station_file *file)
{
    if (file->at_once != 0)
        printf("at once: %u boards\n", file->at_once);
    if (file->at_once_of_group != 0)
        printf("at once in a group: %u boards\n", file->at_once_of_group);
    if (file->stagger_ms != 0)
        printf("from one board to the next: %u ms\n", file->stagger_ms);
}

static void show_dashboard(const struct eg_station_file *file)
{
    if (file->http != NULL)
        printf("dashboard: %s%s%s\n", file->http, file->http_token_file != NULL ? ", with a token" : "",
               file->http_control ? ", clients may begin boards" : "");
}

static void show_sink(void *context, const struct cli_sink_state *state)
{
    (void)context;
    if (state->where != NULL)
        printf("events by %s: %s; %" PRId64 " waiting\n", state->name, state->where, state->waiting);
    else
        printf("events by %s: to nobody now; %" PRId64 " waiting in %s\n", state->name, state->waiting,
               state->queue);
}

/* The receivers of the file, and queues of others beside the ledger. */
static enum eg_code each_sink(const struct eg_station_file *file,
                              void (*visit)(void *context, const struct cli_sink_state *state), void *context,
                              struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    bool exists;

    EG_TRY(eg_ledger_locate(&ledger, &exists, file->ledger, err));
    return cli_sinks_each(&file->sinks, ledger, visit, context, err);
}

/* The path of the slot's port: of one by URL its URL; NULL = no port is there, or the slot is disabled. */
static const char *port_of(const struct eg_station_slot *slot, const struct eg_found_port *found,
                           size_t count)
{
    const struct eg_found_port *const port = cli_station_port(slot, found, count);

    return slot->disabled               ? NULL
           : slot->by == EG_SLOT_BY_URL ? slot->address
           : port != NULL               ? port->path
                                        : NULL;
}

static enum eg_code show_slots(const struct eg_station_file *file, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    size_t count = 0;
    int wide = 24;

    if (file->slot_count == 0)
        return EG_OK;
    for (unsigned i = 0; i < file->slot_count; i++)
        if ((int)strlen(file->slots[i].address) > wide)
            wide = (int)strlen(file->slots[i].address);
    EG_TRY(eg_discover_ports(&found, &count, err));
    printf("\n%-10s  %-*s  %-10s  %-8s  %s\n", "SLOT", wide, "ADDRESS", "GROUP", "BAUD", "PORT NOW");
    for (unsigned i = 0; i < file->slot_count; i++) {
        const struct eg_station_slot *const slot = &file->slots[i];
        const char *const port = port_of(slot, found, count);
        char baud[16] = "";
        if (slot->baud != 0)
            snprintf(baud, sizeof baud, "%u", slot->baud);
        printf("%-10s  %-*s  %-10s  %-8s  %s\n", slot->name, wide, slot->address, slot->group, baud,
               slot->disabled ? "disabled"
               : port != NULL ? port
                              : "none");
    }
    return EG_OK;
}

static enum eg_code show_trust(const struct eg_station_file *file, struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};

    if (file->keys == NULL) {
        puts("trust: the file says nothing of it");
        return EG_OK;
    }
    EG_TRY(eg_trust_read(&trust, file->keys, err));
    printf("trust: %u key%s in %s; nothing else runs\n", trust.count, trust.count == 1 ? "" : "s",
           file->keys);
    printf("commands of one board: %s\n",
           eg_station_file_allows(file, EG_STATION_ONE_BOARD) ? "allowed to you" : "not allowed to you");
    return EG_OK;
}

static enum eg_code show(const struct eg_station_file *file, struct eg_error *err)
{
    printf("station file: %s\n", file->path);
    printf("name: %s\n", file->name != NULL ? file->name : "the host's");
    if (file->ledger != NULL)
        printf("ledger: %s\n", file->ledger);
    if (file->trigger != NULL)
        printf("trigger: %s%s%s\n", file->trigger, file->trigger_program != NULL ? ", " : "",
               file->trigger_program != NULL ? file->trigger_program : "");
    if (file->power->given)
        printf("power: %s\n", file->power->text);
    if (file->printer->given)
        printf("printer: %s%s%s\n", file->printer->text, file->label->given ? ", template " : "",
               file->label->given ? file->label->text : "");
    show_limits(file);
    show_dashboard(file);
    EG_TRY(each_sink(file, show_sink, NULL, err));
    EG_TRY(show_trust(file, err));
    return show_slots(file, err);
}

/* ---- As JSON ---- */

static json_t *limit(unsigned number)
{
    return number != 0 ? json_integer(number) : json_null();
}

static json_t *given(const struct eg_setting *setting)
{
    return cli_json_text(setting->given ? setting->text : NULL);
}

static void add_sink(void *rows, const struct cli_sink_state *state)
{
    json_array_append_new(rows, json_pack("{s:s, s:o, s:I, s:o}", "protocol", state->name, "receiver",
                                          cli_json_text(state->where), "waiting", (json_int_t)state->waiting,
                                          "queue", cli_json_text(state->queue)));
}

static enum eg_code add_slots(json_t *facts, const struct eg_station_file *file, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    json_t *const rows = json_array();
    size_t count = 0;

    json_object_set_new(facts, "slots", rows);
    if (file->slot_count > 0)
        EG_TRY(eg_discover_ports(&found, &count, err));
    for (unsigned i = 0; i < file->slot_count; i++) {
        const struct eg_station_slot *const slot = &file->slots[i];
        json_array_append_new(rows,
                              json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "slot", cli_json_text(slot->name),
                                        "address", cli_json_text(slot->address), "group",
                                        cli_json_text(slot->group), "baud", limit(slot->baud), "disabled",
                                        slot->disabled, "port", cli_json_text(port_of(slot, found, count))));
    }
    return EG_OK;
}

static enum eg_code add_trust(json_t *facts, const struct eg_station_file *file, struct eg_error *err)
{
    EG_CLEANUP(eg_trust_finish) struct eg_trust trust = {.count = 0};

    if (file->keys == NULL) {
        json_object_set_new(facts, "trust", json_null());
        return EG_OK;
    }
    EG_TRY(eg_trust_read(&trust, file->keys, err));
    json_object_set_new(facts, "trust",
                        json_pack("{s:o, s:i, s:b}", "folder", cli_json_text(file->keys), "keys",
                                  (int)trust.count, "one_board",
                                  eg_station_file_allows(file, EG_STATION_ONE_BOARD)));
    return EG_OK;
}

static enum eg_code print_json(const struct cli_call *call, const struct eg_station_file *file,
                               struct eg_error *err)
{
    json_t *const sinks = json_array();
    EG_CLEANUP(cli_json_cleanup)
    json_t *facts = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "file",
        cli_json_text(file->path), "name", cli_json_text(file->name), "ledger", cli_json_text(file->ledger),
        "trigger", cli_json_text(file->trigger), "trigger_program", cli_json_text(file->trigger_program),
        "power", given(file->power), "printer", given(file->printer), "label", given(file->label), "at_once",
        limit(file->at_once), "at_once_of_group", limit(file->at_once_of_group), "stagger_ms",
        limit(file->stagger_ms), "dashboard",
        file->http != NULL ? json_pack("{s:o, s:b, s:b}", "address", cli_json_text(file->http), "token",
                                       file->http_token_file != NULL, "control", file->http_control)
                           : json_null(),
        "events", sinks);

    EG_TRY(each_sink(file, add_sink, sinks, err));
    EG_TRY(add_trust(facts, file, err));
    EG_TRY(add_slots(facts, file, err));
    json_t *const whole = facts;
    facts = NULL;
    return cli_print_document(call, whole, err);
}

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};

    EG_TRY(cli_station_read(&station, call->argument[0], err));
    if (station.file == NULL)
        return eg_error_set(err, EG_IO,
                            "there is no station file: neither %s nor $ESPGANG_STATION; 'espgang "
                            "slots learn' writes one",
                            EG_STATION_FILE);
    if (station.file->ledger != NULL)
        EG_TRY(cli_station_check_ledger(station.file, err));
    return cli_flag(call, "json") ? print_json(call, station.file, err) : show(station.file, err);
}

static const struct cli_option options[] = {CLI_OPTION_JSON, {.name = NULL}};

const struct cli_command cli_command_station_check = {
    .name = "station check",
    .group = CLI_LINE,
    .summary = "Check the station file and show what it says; touch nothing",
    .arguments = "[FILE]",
    .details =
        "Without FILE the one of $ESPGANG_STATION, else `" EG_STATION_FILE "`. Shows which slots have a "
        "port now.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = check,
};
