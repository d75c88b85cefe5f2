/* SPDX-License-Identifier: Apache-2.0 */

/* All reports that are wanted, from one look at the ledger. */

#include "reports/report.h"

#include "reports/html.h"

#define FORMATS 5

static void discard_all(struct eg__out (*outs)[FORMATS])
{
    for (unsigned i = 0; i < FORMATS; i++)
        eg__out_discard(&(*outs)[i]);
}

enum eg_code eg_report_write(const char *ledger_path, const char *batch, const struct eg_report_files *files,
                             const struct eg_cancel *cancel, struct eg_error *err)
{
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg__numbers_finish) struct eg__numbers numbers = {0};
    EG_CLEANUP(eg__values_finish) struct eg__values values = {0};
    EG_CLEANUP(discard_all) struct eg__out outs[FORMATS] = {0};
    const struct {
        const char *path;
        eg__format *write;
    } formats[FORMATS] = {
        {files->html, eg__html},   {files->csv, eg__csv}, {files->json, eg__json},
        {files->junit, eg__junit}, {files->pdf, NULL},
    };
    const char *chromium = NULL;

    if (files->pdf != NULL && eg__pdf_program(&chromium, err) != EG_OK)
        return eg_error_prefix(err, "report %s: ", files->pdf);
    EG_TRY(eg_query_open(&query, ledger_path, err));
    EG_TRY(eg__numbers_collect(&numbers, query, batch, err));
    if (files->csv != NULL || files->json != NULL || files->junit != NULL ||
        numbers.batch.units <= EG__UNITS_SHOWN)
        EG_TRY(eg__values_collect(&values, query, numbers.batch.name, err));
    const struct eg__report report = {query, &numbers, &values};
    for (unsigned i = 0; i < FORMATS; i++) {
        if (formats[i].path == NULL)
            continue;
        EG_TRY(eg__out_open(&outs[i], formats[i].path, err));
        if (formats[i].write != NULL)
            EG_TRY(formats[i].write(&outs[i], &report, err));
        else if (eg__pdf(&outs[i], &report, chromium, cancel, err) != EG_OK)
            return eg_error_prefix(err, "report %s: ", files->pdf);
    }
    for (unsigned i = 0; i < FORMATS; i++)
        if (formats[i].path != NULL)
            EG_TRY(eg__out_commit(&outs[i], err));
    return EG_OK;
}
