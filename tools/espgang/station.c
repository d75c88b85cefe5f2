/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/station.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool cli_station_is_file(const char *value)
{
    static const char *const ends[] = {".yaml", ".yml", ".json"};
    const size_t length = strlen(value);
    bool ends_so = false;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        ends_so |= length > strlen(ends[i]) && strcmp(value + length - strlen(ends[i]), ends[i]) == 0;
    return ends_so || strchr(value, '/') != NULL;
}

enum eg_code cli_station_read(struct cli_station *station, const char *named, struct eg_error *err)
{
    const char *const variable = getenv("ESPGANG_STATION");

    if (named == NULL && variable != NULL && variable[0] != '\0')
        named = variable;
    if (access(EG_STATION_FILE, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)) {
        EG_TRY(eg_station_file_read(&station->installed, EG_STATION_FILE, err));
        station->file = &station->installed;
    }
    if (named != NULL) {
        EG_TRY(eg_station_file_read(&station->named, named, err));
        station->file = &station->named;
    }
    station->trust = station->installed.keys != NULL ? &station->installed : station->file;
    return EG_OK;
}

void cli_station_finish(struct cli_station *station)
{
    eg_station_file_finish(&station->installed);
    eg_station_file_finish(&station->named);
}

static enum eg_code ask(const struct eg_station_file *file, const struct cli_command *command,
                        enum eg_station_right right, struct eg_error *err)
{
    if (file->path == NULL || eg_station_file_allows(file, right))
        return EG_OK;
    return eg_error_set(err, EG_NOT_TRUSTED,
                        "%s: this station does not allow it to you; %s in %s names who may", command->name,
                        eg_station_right_key(right), file->path);
}

/* False = whoever may start programs may use it, too: it needs neither board nor ledger. */
static bool needs_right(const struct cli_command *command, enum eg_station_right *right)
{
    *right = EG_STATION_ONE_BOARD;
    if ((command->flags & (CLI_BOARD | CLI_BURNS)) != 0)
        return true;
    switch (command->group) {
    case CLI_LINE:
        *right = EG_STATION_LINE;
        return true;
    case CLI_JOBS:
        *right = EG_STATION_JOBS;
        return true;
    case CLI_LEDGER:
        *right = EG_STATION_LEDGER;
        return true;
    case CLI_ONE_BOARD:
        return true;
    case CLI_IMAGES:
    case CLI_SECURITY:
    case CLI_GROUPS:
        break;
    }
    return false;
}

enum eg_code cli_station_permit(const struct cli_command *command, struct eg_error *err)
{
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};
    enum eg_station_right right;

    if (!needs_right(command, &right))
        return EG_OK;
    EG_TRY(cli_station_read(&station, NULL, err));
    EG_TRY(ask(&station.installed, command, right, err));
    return ask(&station.named, command, right, err);
}

enum eg_code cli_station_give_ledger(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};
    const char *const variable = getenv("ESPGANG_LEDGER");

    if (!cli_has_option(call, "ledger") || cli_has_option(call, "sim") || cli_text(call, "ledger") != NULL ||
        (variable != NULL && variable[0] != '\0'))
        return EG_OK;
    EG_TRY(cli_station_read(&station, NULL, err));
    return station.file != NULL && station.file->ledger != NULL
               ? eg_strdup(&call->ledger, station.file->ledger, err)
               : EG_OK;
}

enum eg_code cli_station_trust(struct cli_station *station, const struct cli_call *call, const char **folder,
                               struct eg_error *err)
{
    const char *const value = cli_has_option(call, "station") ? cli_text(call, "station") : NULL;

    EG_TRY(cli_station_read(station, value != NULL && cli_station_is_file(value) ? value : NULL, err));
    *folder = cli_text(call, "trust-dir");
    if (station->trust == NULL || station->trust->keys == NULL)
        return EG_OK;
    if (*folder != NULL)
        return eg_error_set(err, EG_BAD_ARGUMENT, "--trust-dir: %s sets the folder of the trusted keys, %s",
                            station->trust->path, station->trust->keys);
    *folder = station->trust->keys;
    return EG_OK;
}
