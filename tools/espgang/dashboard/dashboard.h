/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The dashboard: an HTTP server with one page and a JSON API (api.md), by libmicrohttpd.
 *
 * Its threads read copies of the line's state and the ledger's file; they hold no lock that a board's thread
 * waits for while they talk to a client. A client that reads too slowly loses its stream.
 *
 * Threads: open, close and control are the station's.
 */

#ifndef TOOLS_ESPGANG_DASHBOARD_DASHBOARD_H
#define TOOLS_ESPGANG_DASHBOARD_DASHBOARD_H

#include "tools/espgang/events/events.h"
#include "tools/espgang/line/view.h"

/** What the command line says. */
struct cli_dashboard_options {
    const char *address;      /* "127.0.0.1:8080" */
    const char *token_file;   /* NULL = no token; then the address must be a loopback one */
    const char *const *names; /* host names under which it is reached; NULL = none */
    bool control;             /* clients may do more than read */
};

/** How a wish to begin a slot ended. CLI_START_AWAITS: the slot is known, and its label comes next. */
enum cli_start { CLI_START_BEGUN, CLI_START_AWAITS, CLI_START_BUSY, CLI_START_UNKNOWN, CLI_START_BAD };

#define CLI_SAID 400 /* a sentence, with its NUL */

/** What clients may ask of the line; called by the server's threads. */
struct cli_dashboard_control {
    /**
     * Begin the board in a slot; `slot` "" = in every free one.
     *
     * @param said  becomes a sentence when it is not begun
     */
    enum cli_start (*start)(void *context, const char *slot, const char *label, char said[CLI_SAID]);
    /** The same with what a scanner has read: a slot, a slot and a label, or a label. */
    enum cli_start (*scan)(void *context, const char *text, char said[CLI_SAID]);
    void *context;
};

/** What it shows; all must outlive the dashboard. */
struct cli_dashboard_line {
    struct cli_view *view;
    struct cli_events *events;
    const char *ledger, *batch, *operator_name; /* the last NULL = not named */
    bool begins_by_control;                     /* cli_dashboard_control() follows */
};

struct cli_dashboard;

/** Check the options, touching nothing: EG_BAD_ARGUMENT; EG_IO: the file of the token. */
enum eg_code cli_dashboard_check(const struct cli_dashboard_options *options,
                                 struct eg_error *err) EG_CHECKED;

/**
 * Listen, and add a sink to the events. Says by a note of `logger` where the page is.
 *
 * @return EG_OK; EG_IO the address cannot be listened to; what cli_dashboard_check() returns; EG_NO_MEMORY
 */
enum eg_code cli_dashboard_open(struct cli_dashboard **dashboard, const struct cli_dashboard_options *options,
                                const struct cli_dashboard_line *line, struct eg_logger *logger,
                                struct eg_error *err) EG_CHECKED;

/** Slots can be begun from now on, if the options allow it; NULL = no longer. */
void cli_dashboard_control(struct cli_dashboard *dashboard, const struct cli_dashboard_control *control);

/** Show clients the end of the line, give them two seconds to take it, and stop. NULL is allowed. */
void cli_dashboard_close(struct cli_dashboard *dashboard);

#endif
