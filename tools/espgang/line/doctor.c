/* SPDX-License-Identifier: Apache-2.0 */

/* espgang doctor: find what on this machine keeps a line from working, and say how to mend it. */

#include "tools/espgang/line/doctor.h"

#include "db/path.h"
#include "db/query/query.h"
#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/line/json.h"
#include "engine/link/port.h"
#include "tools/espgang/document.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define DISK_LOW   ((uint64_t)1 << 30) /* a batch of 10 000 boards takes some 50 MB of ledger */
#define DISK_EMPTY ((uint64_t)100 << 20)

void cli_doctor_find(struct cli_doctor *doctor, enum cli_severity severity, const char *check,
                     const char *subject, const char *remedy, const char *format, ...)
{
    const char *const word = severity == CLI_PROBLEM ? "problem" : "warning";
    char text[500];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ++*(severity == CLI_PROBLEM ? &doctor->problems : &doctor->warnings);
    if (doctor->findings == NULL)
        printf("%s: %s: %s\n  remedy: %s\n", word, subject, text, remedy);
    else
        json_array_append_new(doctor->findings,
                              json_pack("{ssssso?so?so?}", "severity", word, "check", check, "subject",
                                        eg_json_text(subject), "text", eg_json_text(text), "remedy",
                                        eg_json_text(remedy)));
}

static void check_permission(struct cli_doctor *doctor, const struct eg_found_port *port)
{
    const struct group *group;
    struct stat status;
    char remedy[300];

    if (access(port->path, R_OK | W_OK) == 0 || errno != EACCES || stat(port->path, &status) != 0)
        return;
    group = getgrgid(status.st_gid);
    snprintf(remedy, sizeof remedy,
             "add the user to the group %s (usermod -aG %s USER) and log in again, or install the rule that "
             "'espgang ports --udev' prints",
             group != NULL ? group->gr_name : "of the port", group != NULL ? group->gr_name : "GROUP");
    cli_doctor_find(doctor, CLI_PROBLEM, "port-permission", port->path, remedy,
                    "this user may not open the port");
}

static enum eg_code check_ports(struct cli_doctor *doctor, const struct eg_found_port *ports, size_t count,
                                struct eg_error *err)
{
    char holder[64];

    for (size_t i = 0; i < count; i++) {
        check_permission(doctor, &ports[i]);
        if (eg_port_holder(holder, sizeof holder, ports[i].path))
            cli_doctor_find(doctor, CLI_PROBLEM, "port-busy", ports[i].path,
                            "end that program, or leave the port out with --ports", "it is in use by %s",
                            holder);
    }
    return cli_doctor_usb(doctor, ports, count, err);
}

static void check_disk(struct cli_doctor *doctor, const char *ledger)
{
    struct statvfs status;
    char *const copy = strdup(ledger);

    if (copy != NULL && statvfs(dirname(copy), &status) == 0) {
        const uint64_t room = (uint64_t)status.f_bavail * status.f_frsize;
        if (room < DISK_LOW)
            cli_doctor_find(doctor, room < DISK_EMPTY ? CLI_PROBLEM : CLI_WARNING, "disk", ledger,
                            "make room on that disk, or move the ledger: a run is refused when its record "
                            "cannot be written",
                            "%" PRIu64 " MiB are free on the disk of the ledger", room >> 20);
    }
    free(copy);
}

/* A clock that was set back gives new records earlier times than the last ones. */
static enum eg_code check_ledger(struct cli_doctor *doctor, const char *given, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_free_cleanup) char *path = NULL;
    char now[EG_UTC_TEXT];
    struct eg_batch batch;
    struct eg_error why;

    EG_TRY(eg__path_choose(&path, given, err));
    check_disk(doctor, path);
    if (access(path, F_OK) != 0)
        return EG_OK; /* the first run makes it */
    if (eg_query_open(&query, path, &why) != EG_OK) {
        cli_doctor_find(doctor, CLI_PROBLEM, "ledger", path,
                        "use another ledger, or restore a backup and check it with 'espgang audit'", "%s",
                        why.text);
        return EG_OK;
    }
    eg_clock_utc(now);
    if (eg_query_batch(query, NULL, &batch, &why) == EG_OK && strcmp(batch.last_utc, now) > 0)
        cli_doctor_find(doctor, CLI_PROBLEM, "clock", "clock",
                        "set the clock: records with wrong times cannot be corrected",
                        "it shows %s, but the ledger has a run that ended at %s", now, batch.last_utc);
    return EG_OK;
}

static enum eg_code examine(struct cli_call *call, struct eg_error *err)
{
    EG_CLEANUP(eg_free_cleanup) struct eg_found_port *ports = NULL;
    struct cli_doctor doctor = {.findings = cli_flag(call, "json") ? json_array() : NULL,
                                .sets_latency = cli_flag(call, "set-latency")};
    size_t count;

    EG_TRY(eg_discover_ports(&ports, &count, err));
    if (count == 0)
        cli_doctor_find(&doctor, CLI_WARNING, "no-port", "USB", "plug a board in, and check cable and hub",
                        "there is no serial port");
    EG_TRY(check_ports(&doctor, ports, count, err));
    cli_doctor_system(&doctor);
    EG_TRY(check_ledger(&doctor, cli_text(call, "ledger"), err));
    if (doctor.findings != NULL) {
        EG_TRY(cli_print_document(call,
                                  json_pack("{s:o, s:i, s:i}", "findings", doctor.findings, "problems",
                                            (int)doctor.problems, "warnings", (int)doctor.warnings),
                                  err));
    } else {
        printf("%zu port%s: %u problem%s, %u warning%s\n", count, count == 1 ? "" : "s", doctor.problems,
               doctor.problems == 1 ? "" : "s", doctor.warnings, doctor.warnings == 1 ? "" : "s");
    }
    call->status = doctor.problems > 0 ? CLI_STATION : CLI_OK;
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "set-latency", .help = "Set the latency timers of FTDI's bridges to 1 ms, where this user may"},
    CLI_OPTION_JSON,
    CLI_OPTION_LEDGER("Ledger to check"),
    {.name = NULL}};

const struct cli_command cli_command_doctor = {
    .name = "doctor",
    .group = CLI_LINE,
    .summary = "Check ports, USB, clock, disk and ledger of this station",
    .arguments = "",
    .details = "Nothing is opened, and nothing but latency timers (`--set-latency`) is changed. Each finding "
               "has a remedy. A problem stops boards, a warning makes "
               "them slow or unreliable. The exit status is 3 when there is a problem.\n"
               "\n"
               "- brltty: the driver for Braille displays takes bridges that Espressif boards use.\n"
               "- clock: it shows a time before the last run on record, or is not synchronised.\n"
               "- disk: the disk of the ledger is nearly full.\n"
               "- latency-timer: an FTDI bridge holds answers back.\n"
               "- ledger: it cannot be read.\n"
               "- modem-lines: a port has no DTR and RTS.\n"
               "- modem-manager: ModemManager opens new ports and writes to boards.\n"
               "- no-port: there is no serial port.\n"
               "- port-busy: another program has the port open.\n"
               "- port-permission: this user may not open the port.\n"
               "- udev: no udev runs, so ports are found by looking twice a second.\n"
               "- usb-bandwidth: more boards share 12 Mbit/s than it carries at 921600 baud.\n"
               "- usb-endpoints: boards and hubs take more endpoints than every USB controller has.\n"
               "- usb-power: boards at a hub without a supply of its own need more than it may draw.\n",
    .options = options,
    .run = examine,
};
