/* SPDX-License-Identifier: Apache-2.0 */

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "tools/espgang/line/station_slots.h"
#include "tools/espgang/station.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 200

static const char *const ways[] = {"usb", "serial", NULL};

static const struct cli_option options[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "Station file to write (default: station.yaml)"},
    {.name = "by",
     .value = "WHAT",
     .choices = ways,
     .help = "Know a slot by its place in the USB tree, or by the serial number of its bridge (default: usb)",
     .more = "A place stays when a bridge is replaced; a serial number stays when a hub is moved. Bridges "
             "without a "
             "serial number are known by their place."},
    {.name = "name", .value = "NAME", .help = "Name of the station, for the file"},
    {.name = NULL}};

/* What has been learnt, and the ports of the last look. */
struct learner {
    struct eg_found_port *before;
    size_t before_count;
    struct eg_found_port *learnt; /* one for each argument */
    unsigned count;
    const char *const *names;
};

static void learner_finish(struct learner *learner)
{
    free(learner->before);
    free(learner->learnt);
}

static bool was_there(const struct learner *learner, const struct eg_found_port *port)
{
    for (size_t i = 0; i < learner->before_count; i++)
        if (strcmp(learner->before[i].slot, port->slot) == 0 &&
            eg_presence_same(&learner->before[i].presence, &port->presence))
            return true;
    return false;
}

/* The name of the slot that has this place already; NULL = none. */
static const char *owner_of(const struct learner *learner, const struct eg_found_port *port)
{
    for (unsigned i = 0; i < learner->count; i++)
        if (strcmp(learner->learnt[i].slot, port->slot) == 0)
            return learner->names[i];
    return NULL;
}

/* Look once: a port that was plugged in since the last look; count of them. */
static enum eg_code look(struct learner *learner, struct eg_found_port *plugged, unsigned *count,
                         struct eg_error *err)
{
    struct eg_found_port *found;
    size_t found_count;

    *count = 0;
    EG_TRY(eg_discover_ports(&found, &found_count, err));
    for (size_t i = 0; i < found_count; i++) {
        if (found[i].vid == 0 || was_there(learner, &found[i]))
            continue;
        *plugged = found[i];
        ++*count;
    }
    free(learner->before);
    learner->before = found;
    learner->before_count = found_count;
    return EG_OK;
}

static enum eg_code learn(struct learner *learner, struct eg_error *err)
{
    const char *const name = learner->names[learner->count];
    struct eg_found_port plugged;
    unsigned count;

    printf("plug a board into socket %s …\n", name);
    fflush(stdout);
    for (;;) {
        EG_TRY(eg_sleep_ms(cli_cancel(), LOOK_MS, err));
        EG_TRY(look(learner, &plugged, &count, err));
        if (count == 0)
            continue;
        const char *const owner = owner_of(learner, &plugged);
        if (count > 1)
            printf("%u ports came at once: unplug them, and plug one board into socket %s\n", count, name);
        else if (owner != NULL)
            printf("that is socket %s, which is known: plug a board into socket %s\n", owner, name);
        else
            break;
        fflush(stdout);
    }
    learner->learnt[learner->count++] = plugged;
    printf("%s: %s, %s%s%s\n", name, plugged.slot, plugged.path,
           plugged.serial[0] != '\0' ? ", serial number " : "", plugged.serial);
    fflush(stdout);
    return EG_OK;
}

/* Whether a text can stand between quotes of YAML as it is. */
static bool is_plain(const char *text)
{
    struct eg_error ignored;

    return text[0] != '\0' && strpbrk(text, "\"\\") == NULL &&
           eg_text_check(text, strlen(text), &ignored) == EG_OK;
}

static void print_file(FILE *out, const struct learner *learner, const char *name, bool by_serial)
{
    fputs("espgang_station: 1\n", out);
    if (name != NULL)
        fprintf(out, "name: %s\n", name);
    fputs("slots:\n", out);
    for (unsigned i = 0; i < learner->count; i++) {
        const struct eg_found_port *const port = &learner->learnt[i];
        const bool serial = by_serial && is_plain(port->serial);
        fprintf(out, "  - {name: \"%s\", %s: \"%s\"}\n", learner->names[i], serial ? "serial" : "usb",
                serial ? port->serial : port->slot);
    }
}

static enum eg_code write_file(const char *path, const struct learner *learner, const char *name,
                               bool by_serial, struct eg_error *err)
{
    EG_CLEANUP(eg_station_file_finish) struct eg_station_file written = {.path = NULL};
    EG_CLEANUP(eg_free_cleanup) char *text = NULL;
    const struct eg_file_options options_of_file = {.mode = 0644, .cancel = cli_cancel()};
    size_t size = 0;
    FILE *const out = open_memstream(&text, &size);

    if (out == NULL)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for %s", path);
    print_file(out, learner, name, by_serial);
    if (fclose(out) != 0)
        return eg_error_set(err, EG_NO_MEMORY, "out of memory for %s", path);
    EG_TRY(eg_file_write(path, text, size, &options_of_file, err));
    return eg_station_file_read(&written, path, err);
}

static enum eg_code check(struct cli_call *call, struct eg_error *err)
{
    const char *const path = cli_text(call, "output");

    for (int i = 0; i < call->count; i++) {
        if (!eg_station_name_is_good(call->argument[i]))
            return cli_usage(call, err, "'%s' is no name of a slot", call->argument[i]);
        for (int k = 0; k < i; k++)
            if (strcmp(call->argument[i], call->argument[k]) == 0)
                return cli_usage(call, err, "slot %s is named twice", call->argument[i]);
    }
    if (cli_text(call, "name") != NULL && !eg_station_name_is_good(cli_text(call, "name")))
        return cli_usage(call, err, "'%s' is no name of a station", cli_text(call, "name"));
    if (access(path != NULL ? path : "station.yaml", F_OK) == 0)
        return eg_error_set(err, EG_BAD_ARGUMENT, "%s exists; --output names another file",
                            path != NULL ? path : "station.yaml");
    return EG_OK;
}

static enum eg_code run(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(learner_finish) struct learner learner = {.names = call->argument};
    const char *const by = cli_text(call, "by");
    const char *const path = cli_text(call, "output") != NULL ? cli_text(call, "output") : "station.yaml";
    struct eg_found_port ignored;
    unsigned count;

    cli_catch_signals("\nespgang: nothing was written\n", NULL);
    EG_TRY(eg_alloc(&learner.learnt, (size_t)call->count, sizeof *learner.learnt, err));
    EG_TRY(look(&learner, &ignored, &count, err)); /* what is there before is no answer */
    while (learner.count < (unsigned)call->count)
        EG_TRY(learn(&learner, err));
    EG_TRY(write_file(path, &learner, cli_text(call, "name"), by != NULL && strcmp(by, "serial") == 0, err));
    printf("written: %s; 'espgang station check %s' shows it\n", path, path);
    return EG_OK;
}

const struct cli_command cli_command_slots_learn = {
    .name = "slots learn",
    .group = CLI_LINE,
    .summary = "Ask for a board in each socket, one after the other, and write a station file",
    .arguments = "SLOT...",
    .details = "SLOT is the name of a socket on the fixture, in the order of the fixture. Boards that are "
               "plugged in "
               "already are no answer: unplug the one that is asked for and plug it in again.",
    .options = options,
    .least = 1,
    .most = -1,
    .check = check,
    .run = run,
};
