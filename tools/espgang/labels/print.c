/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/labels/print.h"

#include "reports/print.h"
#include "tools/espgang/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum eg_code make(struct eg_buffer *text, const char *ledger, const struct eg_printed_due *due,
                         struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg_names_finish) struct eg_names names = {0};
    const struct eg_print_form form = {eg_print_kind_named(due->kind), "the label's template", due->template,
                                       strlen(due->template)};

    EG_TRY(eg_query_open(&query, ledger, err));
    EG_TRY(eg_print_names(&names, query, due->run, err));
    return eg_print_make(text, &form, &names, err);
}

struct begin {
    struct eg_printed *printed;
    const struct eg_print *print;
    struct eg_error *refusal;
};

/* A refusal ends the print as EG_NOT_ACCEPTED. */
static enum eg_code begin(void *context, struct eg_error *err)
{
    const struct begin *const at = context;

    EG_TRY(eg_printed_begin(at->printed, at->print, at->refusal, err));
    if (at->refusal->code != EG_OK)
        *err = *at->refusal;
    return at->refusal->code;
}

enum eg_code cli_label_print(const struct cli_label_print *how, const struct eg_printed_due *due,
                             struct cli_label_end *end, struct eg_error *err)
{
    EG_CLEANUP(eg_buffer_finish) struct eg_buffer text = {0};
    struct eg_print record = {.run = due->run, .printer = how->printer->text, .reason = how->reason};
    struct begin at = {how->printed, &record, &end->refusal};
    struct eg_error made;
    char name[40];

    *end = (struct cli_label_end){.sent = false};
    if (make(&text, how->ledger, due, &made) != EG_OK) {
        *err = made;
        end->unfit = made.code == EG_BAD_UNIT_DATA || made.code == EG_BAD_JOB || made.code == EG_BAD_ARGUMENT;
        if (end->unfit)
            EG_TRY(eg_printed_end(how->printed, &record, made.text, err));
        *err = made;
        return made.code;
    }
    record.data = text.data;
    record.size = text.size;
    snprintf(name, sizeof name, "%" PRId64 ".%s", due->run, strcmp(due->kind, "zpl") == 0 ? "zpl" : "txt");
    const struct cli_print_job job = {text.data, text.size, name, begin, &at};
    const enum eg_code code = cli_printer_print(how->printer, &job, &end->sent, cli_cancel(), &made);
    if (end->refusal.code != EG_OK)
        return EG_OK;
    if (end->sent)
        EG_TRY(eg_printed_end(how->printed, &record, code == EG_OK ? NULL : made.text, err));
    if (code != EG_OK)
        *err = made;
    return code;
}
