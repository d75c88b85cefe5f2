/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/espgang/labels/options.h"

#include "engine/base/file.h"

#include <string.h>

static enum eg_code read_printer(struct cli_label_options *labels, const char *text, const char *source,
                                 struct eg_error *err)
{
    if (strcmp(text, "none") == 0)
        return EG_OK;
    labels->prints = true;
    if (cli_printer_parse(&labels->printer, text, err) != EG_OK ||
        cli_printer_check(&labels->printer, err) != EG_OK)
        return eg_error_prefix(err, "%s: ", source);
    return EG_OK;
}

enum eg_code cli_label_options_read(struct cli_label_options *labels, const struct cli_call *call,
                                    const struct eg_station_file *file, struct eg_error *err)
{
    const char *const printer = cli_text(call, "printer");
    const char *const template =
        cli_has_option(call, "label-template") ? cli_text(call, "label-template") : NULL;

    if (printer != NULL)
        EG_TRY(read_printer(labels, printer, "--printer", err));
    else if (file != NULL && file->printer->given &&
             read_printer(labels, file->printer->text, file->printer->place, err) != EG_OK) {
        err->code = EG_BAD_JOB;
        return err->code;
    }
    if (template != NULL) {
        EG_TRY(eg_file_read(&labels->content, template, EG_PRINT_TEMPLATE_MAX, err));
        labels->form = (struct eg_print_form){eg_print_kind_of(template), template,
                                              (const char *)labels->content.data, labels->content.size};
    } else if (file != NULL && file->label->given) {
        labels->form =
            (struct eg_print_form){eg_print_kind_of(file->label->text), file->label->text,
                                   (const char *)file->label->content.data, file->label->content.size};
    }
    return EG_OK;
}

void cli_label_options_finish(struct cli_label_options *labels)
{
    eg_buffer_finish(&labels->content);
}
