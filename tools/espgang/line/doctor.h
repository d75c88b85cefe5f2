/* SPDX-License-Identifier: Apache-2.0 */

/* The findings of `espgang doctor`, and the checks that depend on the operating system. */

#ifndef TOOLS_ESPGANG_LINE_DOCTOR_H
#define TOOLS_ESPGANG_LINE_DOCTOR_H

#include "engine/link/discover.h"

#include <jansson.h>

enum cli_severity { CLI_WARNING, CLI_PROBLEM };

struct cli_doctor {
    json_t *findings; /* NULL = print them as text */
    unsigned warnings, problems;
    bool sets_latency; /* latency timers are set to 1 ms */
};

/**
 * Report a finding.
 *
 * @param check    stable name of the check: "port-busy"
 * @param subject  the port, file or program that it is about
 * @param remedy   what to do, one sentence
 * @param format   one sentence: what is wrong
 */
void cli_doctor_find(struct cli_doctor *doctor, enum cli_severity severity, const char *check,
                     const char *subject, const char *remedy, const char *format, ...) EG_PRINTF(6, 7);

/** Check the ports' drivers and the USB devices that carry them: modem lines, latency, bandwidth, power,
 * endpoints. EG_NO_MEMORY. */
enum eg_code cli_doctor_usb(struct cli_doctor *doctor, const struct eg_found_port *ports, size_t count,
                            struct eg_error *err) EG_CHECKED;

/** Check this machine: udev, programs that take ports, the clock. */
void cli_doctor_system(struct cli_doctor *doctor);

#endif
