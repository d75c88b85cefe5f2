/* SPDX-License-Identifier: Apache-2.0 */

/* espgang events send: what the receivers of events do not have yet. */

#include "db/ledger.h"
#include "tools/espgang/events/sinks.h"
#include "tools/espgang/station.h"

#include <stdlib.h>

#define PATIENCE_MS 60000

static const struct cli_option options[] = {
    CLI_OPTION_LEDGER("Ledger that the events are of"), CLI_OPTIONS_SINKS, {.name = NULL}};

static enum eg_code send(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(cli_station_finish) struct cli_station station = {.file = NULL};
    EG_CLEANUP(cli_sinks_close) struct cli_sinks sinks = {.sinks = {NULL}};
    EG_CLEANUP(eg_free_cleanup) char *ledger = NULL;
    struct eg_sink_options wanted;
    bool exists;

    EG_TRY(cli_station_read(&station, NULL, err));
    EG_TRY(cli_sinks_options(&wanted, call, station.file != NULL ? &station.file->sinks : NULL, err));
    if (wanted.mqtt.url == NULL && wanted.webhook.url == NULL)
        return cli_usage(call, err,
                         "nobody to send to: give --mqtt or --webhook, or a station file that has one");
    EG_TRY(eg_ledger_locate(&ledger, &exists, cli_text(call, "ledger"), err));
    if (!exists)
        return eg_error_set(err, EG_LEDGER, "there is no ledger %s", ledger);
    cli_catch_signals(NULL, NULL);
    EG_TRY(cli_sinks_open(&sinks, &wanted, ledger, NULL, call->logger, err));
    if (!cli_sinks_end(&sinks, PATIENCE_MS, cli_cancel()))
        call->status = eg_cancel_requested(cli_cancel()) ? CLI_INTERRUPTED : CLI_STATION;
    return EG_OK;
}

const struct cli_command cli_command_send = {
    .name = "events send",
    .group = CLI_LINE,
    .summary = "Send the events that wait for their receiver",
    .arguments = "",
    .details =
        "Every run sends them, too. This is for a station that is not at work, or for a new receiver. The "
        "exit status is 0 when nothing waits any more, else 3.",
    .options = options,
    .run = send,
};
