/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The station that a command is used at. Its file is that of --station, else of $ESPGANG_STATION, else the
 * installed one, EG_STATION_FILE. What the installed one says of trust holds whichever of them is named.
 */

#ifndef TOOLS_ESPGANG_STATION_H
#define TOOLS_ESPGANG_STATION_H

#include "jobs/station_file.h"
#include "tools/espgang/command.h"

/** Zero-initialise it; EG_CLEANUP(cli_station_finish) frees it. */
struct cli_station {
    struct eg_station_file installed, named;
    const struct eg_station_file *file;  /* which describes the station; NULL = none does */
    const struct eg_station_file *trust; /* which says whom it trusts; NULL = none does */
};

/** Return whether a value of --station is a file, not a name: it has a slash, or ends in .yaml, .yml or
 * .json.
 */
bool cli_station_is_file(const char *value);

/** Read the files. `named`: a file, or NULL for $ESPGANG_STATION. A file that is named must be there. As
 * eg_station_file_read(). */
enum eg_code cli_station_read(struct cli_station *station, const char *named,
                              struct eg_error *err) EG_CHECKED;
void cli_station_finish(struct cli_station *station);

/** Refuse a command to a user whom the station does not allow it: EG_NOT_TRUSTED. The failure of
 * a file that cannot be read is one, too. */
enum eg_code cli_station_permit(const struct cli_command *command, struct eg_error *err) EG_CHECKED;

/** Give a command that asks for a ledger, but is no run, the one of the station's file, unless --ledger or
 * $ESPGANG_LEDGER names one. As cli_station_read(). */
enum eg_code cli_station_give_ledger(struct cli_call *call, struct eg_error *err) EG_CHECKED;

/**
 * Choose the folder of the trusted keys for a command with --trust-dir, and --station if it has that.
 *
 * @param folder  NULL = as without a station; belongs to the station or the call
 *
 * @return EG_OK; EG_BAD_ARGUMENT --trust-dir is given, and the station's file sets the folder; else as
 * cli_station_read()
 */
enum eg_code cli_station_trust(struct cli_station *station, const struct cli_call *call, const char **folder,
                               struct eg_error *err) EG_CHECKED;

#endif
