/* SPDX-License-Identifier: Apache-2.0 */

#include "db/ledger.h"
#include "engine/link/discover.h"
#include "jobs/trust.h"
#include "tools/espgang/events/sinks.h"
#include "tools/espgang/line/station_slots.h"
#include "tools/espgang/station.h"

#include <stdio.h>
#include <stdlib.h>

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

static enum eg_code show_sinks(const struct eg_station_file *file, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    bool exists;

    EG_TRY(eg_ledger_locate(&ledger, &exists, file->ledger, err));
    return cli_sinks_show(stdout, &file->sinks, ledger, err);
}

static enum eg_code show_slots(const struct eg_station_file *file, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *found = NULL;
    size_t count = 0;

    if (file->slot_count == 0)
        return EG_OK;
    EG_TRY(eg_discover_ports(&found, &count, err));
    printf("\n%-10s  %-24s  %-10s  %-8s  %s\n", "SLOT", "ADDRESS", "GROUP", "BAUD", "PORT NOW");
    for (unsigned i = 0; i < file->slot_count; i++) {
        const struct eg_station_slot *const slot = &file->slots[i];
        const struct eg_found_port *const port = cli_station_port(slot, found, count);
        char baud[16] = "";
        if (slot->baud != 0)
            snprintf(baud, sizeof baud, "%u", slot->baud);
        printf("%-10s  %-24s  %-10s  %-8s  %s\n", slot->name, slot->address, slot->group, baud,
               slot->disabled               ? "disabled"
               : slot->by == EG_SLOT_BY_URL ? slot->address
               : port != NULL               ? port->path
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

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};

    EG_TRY(cli_station_read(&station, call->argument[0], err));
    if (station.file == NULL)
        return eg_error_set(err, EG_IO,
                            "there is no station file: neither %s nor $ESPGANG_STATION; 'espgang "
                            "slots learn' writes one",
                            EG_STATION_FILE);
    const struct eg_station_file *const file = station.file;
    printf("station file: %s\n", file->path);
    printf("name: %s\n", file->name != NULL ? file->name : "the host's");
    if (file->ledger != NULL) {
        EG_TRY(cli_station_check_ledger(file, err));
        printf("ledger: %s\n", file->ledger);
    }
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
    EG_TRY(show_sinks(file, err));
    EG_TRY(show_trust(file, err));
    return show_slots(file, err);
}

const struct cli_command cli_command_station_check = {
    .name = "station check",
    .group = CLI_LINE,
    .summary = "Check the station file and show what it says; touch nothing",
    .arguments = "[FILE]",
    .details =
        "Without FILE the one of $ESPGANG_STATION, else `" EG_STATION_FILE "`. Shows which slots have a "
        "port now.",
    .least = 0,
    .most = 1,
    .run = check,
};
