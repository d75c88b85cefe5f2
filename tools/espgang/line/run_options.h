/* SPDX-License-Identifier: Apache-2.0 */

/* The options of `espgang run`. */

#ifndef TOOLS_ESPGANG_LINE_RUN_OPTIONS_H
#define TOOLS_ESPGANG_LINE_RUN_OPTIONS_H

#include "engine/line/line.h"
#include "tools/espgang/command.h"
#include "tools/espgang/dashboard/dashboard.h"
#include "tools/espgang/labels/options.h"
#include "tools/espgang/line/limits.h"
#include "tools/espgang/station.h"
#include "tools/espgang/events/sinks.h"

enum cli_trigger { CLI_PLUG, CLI_POLL, CLI_ENTER, CLI_PROGRAM, CLI_API };

/** What the command line says. */
struct cli_run_options {
    struct cli_dashboard_options http; /* address NULL = no dashboard */
    struct eg_sink_options sinks;
    const char **ports, **faults, **labels,
        **http_names; /* owned lists, NULL after the last; NULL = none given */
    const char *ledger, *batch, *operator_name, *station, *stub_dir, *private_key;
    struct cli_station place;            /* the station's file, if there is one */
    const struct eg_station_file *slots; /* whose slots are used; NULL = those of `ports` */
    const char *real_ledger;             /* of the station, for a rehearsal; NULL = the default one */
    struct eg_turns turns;
    struct eg_power power; /* program NULL = supplies are not switched */
    const char *flash_dir, *app_log;
    unsigned boards; /* simulated, or slots with simulated hands; 0 = real ones */
    uint64_t seed;
    const char *insertions_given, *pace_given; /* as they are written; NULL = not */
    uint64_t insertions, pace;
    uint64_t target_yield; /* in percent; 0 = not said */
    struct cli_limits_options limits;
    struct cli_label_options print;
    enum cli_trigger trigger;
    const char *trigger_program;
    bool hooks; /* programs of the job run in a rehearsal, too */
    bool fast, watch, json, plain, verbose, silent, wall;
};

/** Whether somebody says when a board begins, and may give its label; simulated hands have the next board
 * ready. */
bool cli_begins_when_told(enum cli_trigger trigger);

extern const struct cli_option cli_run_options[];

/** Read the options and refuse what does not go together. EG_CLEANUP(cli_run_options_finish) frees the lists.
 */
enum eg_code cli_run_options_read(struct cli_run_options *options, const struct cli_call *call,
                                  struct eg_error *err) EG_CHECKED;
void cli_run_options_finish(struct cli_run_options *options);

#endif
