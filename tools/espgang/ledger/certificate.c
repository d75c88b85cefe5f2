/* SPDX-License-Identifier: Apache-2.0 */

/* espgang certificate: a page about one unit that passed. */

#include "reports/certificate.h"

#include "tools/espgang/command.h"

#include <stdio.h>
#include <string.h>

static enum eg_code certify(struct cli_call *call, struct eg_error *err)
{
    const struct eg_certificate wanted = {.ledger = cli_text(call, "ledger"),
                                          .unit = call->argument[0],
                                          .html = cli_text(call, "html"),
                                          .pdf = cli_text(call, "pdf")};
    struct eg_error refusal;

    if (wanted.unit[0] == '\0')
        return cli_usage(call, err, "the MAC, serial number or label is empty");
    if (wanted.html == NULL && wanted.pdf == NULL)
        return cli_usage(call, err, "missing option: --html FILE or --pdf FILE");
    if (wanted.html != NULL && wanted.pdf != NULL && strcmp(wanted.html, wanted.pdf) == 0)
        return cli_usage(call, err, "--html and --pdf name the same file '%s'", wanted.html);
    if (wanted.pdf != NULL) /* a program works for it */
        cli_catch_signals(NULL, NULL);
    EG_TRY(eg_certificate_write(&wanted, &refusal, cli_cancel(), err));
    if (refusal.code != EG_OK) {
        fprintf(stderr, "espgang: %s\n", refusal.text);
        call->status = CLI_NOT_PASSED;
    }
    return EG_OK;
}

static const struct cli_option options[] = {
    {.name = "html", .value = "FILE", .help = "Write one HTML file that needs no network and prints on A4"},
    {.name = "pdf",
     .value = "FILE",
     .help = "Write the HTML file printed by Chromium, which must be installed"},
    CLI_OPTION_LEDGER("Ledger to read"),
    {.name = NULL}};

const struct cli_command cli_command_certificate = {
    .name = "certificate",
    .group = CLI_LEDGER,
    .summary = "Write the certificate of a unit that passed",
    .arguments = "MAC|SERIAL|LABEL",
    .details =
        "One page for the customer's file: who the unit is, its batch and job, the digests of its firmware, "
        "measured values with their limits, the security state, where and when, and the hash of its run in "
        "the ledger, also as a QR code. The unit is named as for `history`. A FILE `-` is standard output, "
        "for one of them.\n"
        "\n"
        "Only a unit whose last run passed gets a certificate; a refusal because it had passed before does "
        "not count. Otherwise, for a unit that is not in the ledger, and for a name that several units have "
        "had, the exit status is 1 and files stay as they were. The page of a simulated board says on top "
        "that it certifies nothing.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = certify,
};
