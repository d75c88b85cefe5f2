/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/line/display.h"

#include "tools/espgang/command.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

void cli_display_end_view(struct cli_display *display)
{
    if (display->terminal == NULL)
        return;
    display->shown.first = &display->console.logger;
    display->shows = cli_terminal_shows(display->terminal);
    cli_terminal_destroy(display->terminal);
    display->terminal = NULL;
}

void cli_display_results(struct cli_display *display, const struct eg_result *results, unsigned count)
{
    if (display->options.json)
        return;
    if (display->shows.columns == 0) {
        if (results != NULL)
            cli_table_results(display->out, results, count);
    } else if (results != NULL) {
        cli_final_slots(display->out, &display->view, display->shows);
    } else {
        cli_final_failures(display->out, &display->view, display->shows);
    }
}

bool cli_display_close(struct cli_display *display)
{
    struct cli_outlet_end end;
    char text[sizeof end.said + 16];

    cli_display_end_view(display);
    /* Receivers of events, which end later, still log. */
    eg_console_logger_end(&display->console);
    cli_events_remove(&display->events, display->out);
    cli_outlet_close(display->outlet, cli_cancel(), &end);
    display->outlet = NULL;
    display->out = NULL;
    snprintf(text, sizeof text, "espgang: %s\n", end.said);
    if (end.said[0] != '\0')
        cli_say_at_once(text);
    return end.whole;
}

void cli_display_finish(struct cli_display *display)
{
    if (display->outlet == NULL && display->out == NULL && display->view.logger.log == NULL)
        return;
    if (display->outlet != NULL)
        (void)cli_display_close(display);
    pthread_mutex_destroy(&display->console.lock);
    cli_recorder_finish(&display->recorder);
    for (unsigned i = 0; i < display->more_count; i++)
        cli_recorder_finish(&display->recorders[i]);
    free(display->recorders);
    free(display->more);
    cli_view_finish(&display->view);
    cli_events_finish(&display->events);
}

/* Made only when there is something to put into it. */
static void name_spill(char *path, size_t size, const char *ledger)
{
    const char *const given = getenv("TMPDIR");
    const char *const folder = given != NULL && given[0] != '\0' ? given : "/tmp";
    char utc[EG_UTC_TEXT];

    eg_clock_utc(utc);
    snprintf(path, size, "%s%s-%.19s-%ld.events", ledger != NULL ? ledger : folder,
             ledger != NULL ? "" : "/espgang", utc, (long)getpid());
}

/* Put events and view before every recorder of the station. */
static enum eg_code wrap_recorders(struct cli_display *display, struct eg_station *station,
                                   struct eg_error *err)
{
    station->recorder =
        cli_recorder_init(&display->recorder, station->recorder, &display->events, &display->view);
    if (station->more_count == 0)
        return EG_OK;
    EG_TRY(eg_alloc(&display->recorders, station->more_count, sizeof *display->recorders, err));
    EG_TRY(eg_alloc(&display->more, station->more_count, sizeof *display->more, err));
    for (unsigned i = 0; i < station->more_count; i++) {
        display->more[i] = station->more[i];
        display->more[i].recorder = cli_recorder_init(&display->recorders[i], station->more[i].recorder,
                                                      &display->events, &display->view);
    }
    display->more_count = station->more_count;
    station->more = display->more;
    return EG_OK;
}

enum eg_code cli_display_init(struct cli_display *display, const struct cli_display_options *options,
                              struct eg_station *station, struct eg_error *err)
{
    const bool live = !options->json && !options->plain && !options->silent;
    const struct cli_terminal_options shown = {
        .wall = options->wall,
        .serves = options->serves,
        .lines = options->lines,
        .counts = {.ledger = options->ledger, .batch = options->batch},
    };
    const bool is_picture = isatty(STDOUT_FILENO) && !options->json && !options->plain;
    char spill[PATH_MAX];

    display->options = *options;
    name_spill(spill, sizeof spill, options->rehearses ? NULL : options->ledger);
    EG_TRY(cli_outlet_open(&display->outlet, STDOUT_FILENO, is_picture ? NULL : spill, err));
    display->out = cli_outlet_file(display->outlet);
    eg_console_logger_init(&display->console, display->out);
    EG_TRY(cli_events_init(&display->events, err));
    if (options->json)
        cli_events_add(&display->events, cli_events_print(display->out));
    EG_TRY(cli_view_init(&display->view, station->plan, station->slots, station->slot_count, err));
    for (unsigned i = 0; i < station->more_count; i++)
        cli_view_add_job(&display->view, station->more[i].plan);
    cli_view_name(&display->view, options->station, options->batch);
    display->view.target = options->target;
    display->view.target_yield = options->target_yield;
    EG_TRY(wrap_recorders(display, station, err));
    station->logger = eg_tee_logger_init(&display->told, &display->view.logger, &display->events.logger);
    if (live)
        EG_TRY(cli_terminal_create(&display->terminal, display->outlet, &display->view, &shown, err));
    if (!options->json)
        station->logger = eg_tee_logger_init(
            &display->shown,
            display->terminal != NULL ? cli_terminal_logger(display->terminal) : &display->console.logger,
            &display->told.logger);
    eg_log_set_verbosity(station->logger, options->silent    ? EG_SILENT
                                          : options->verbose ? EG_VERBOSE
                                                             : EG_NORMAL);
    return EG_OK;
}
