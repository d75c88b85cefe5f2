/* SPDX-License-Identifier: Apache-2.0 */

/* All reports that are wanted, from one look at the ledger. */

#include "reports/report.h"

#include "reports/report_internal.h"

#include <stdlib.h>
#include <string.h>

const struct eg_report_format *eg_report_find_format(const char *name)
{
    for (unsigned i = 0; eg_report_formats[i] != NULL; i++)
        if (strcmp(eg_report_formats[i]->name, name) == 0)
            return eg_report_formats[i];
    return NULL;
}

struct outs {
    struct eg__out *items;
    size_t count;
};

static void outs_finish(struct outs *outs)
{
    for (size_t i = 0; i < outs->count; i++)
        eg__out_discard(&outs->items[i]);
    free(outs->items);
}

/* Ask each format for what it needs; `*every_value` becomes whether one of them shows all values. */
static enum eg_code check_formats(const struct eg_report_file *files, size_t count, bool *every_value,
                                  struct eg_error *err)
{
    *every_value = false;
    for (size_t i = 0; i < count; i++) {
        const struct eg_report_format *const format = files[i].format;
        *every_value = *every_value || format->every_value;
        if (format->check != NULL && format->check(err) != EG_OK)
            return eg_error_prefix(err, "report %s: ", files[i].path);
    }
    return EG_OK;
}

/* One of the two reports is given. */
static enum eg_code write_all(struct outs *outs, const struct eg_report_file *files, size_t count,
                              const struct eg__report *report, const struct eg__trend_report *trend,
                              struct eg_error *err)
{
    EG_TRY(eg_alloc(&outs->items, count, sizeof outs->items[0], err));
    outs->count = count;
    for (size_t i = 0; i < outs->count; i++) {
        EG_TRY(eg__out_open(&outs->items[i], "report", files[i].path, err));
        EG_TRY(report != NULL ? files[i].format->write(&outs->items[i], report, err)
                              : files[i].format->write_trend(&outs->items[i], trend, err));
    }
    for (size_t i = 0; i < outs->count; i++)
        EG_TRY(eg__out_commit(&outs->items[i], err));
    return EG_OK;
}

/* What is given, and for the rest what the job says. */
static struct eg_report_look complete_look(const struct eg_report_look *given,
                                           const struct eg_batch_look *of_job)
{
    struct eg_report_look look = given != NULL ? *given : (struct eg_report_look){0};

    if (look.customer == NULL)
        look.customer = of_job->customer;
    if (look.target <= 0)
        look.target = of_job->target;
    if (look.logo_path == NULL && look.logo.size == 0)
        look.logo = of_job->logo;
    return look;
}

enum eg_code eg_report_write(const char *ledger_path, const char *batch, const struct eg_report_file *files,
                             size_t count, const struct eg_report_look *look, const struct eg_cancel *cancel,
                             struct eg_error *err)
{
    EG_CLEANUP(eg_batch_look_finish) struct eg_batch_look of_job = {0};
    EG_CLEANUP(eg__causes_finish) struct eg__causes causes = {0};
    EG_CLEANUP(eg_query_close_cleanup) struct eg_query *query = NULL;
    EG_CLEANUP(eg__numbers_finish) struct eg__numbers numbers = {0};
    EG_CLEANUP(eg__values_finish) struct eg__values values = {0};
    EG_CLEANUP(outs_finish) struct outs outs = {0};
    bool every_value;

    EG_TRY(check_formats(files, count, &every_value, err));
    EG_TRY(eg_query_open(&query, ledger_path, err));
    EG_TRY(eg__numbers_collect(&numbers, query, batch, err));
    EG_TRY(eg__causes_collect(&causes, query, &numbers, err));
    if (every_value)
        EG_TRY(eg__values_collect(&values, query, numbers.batch.name, err));
    EG_TRY(eg_query_batch_look(query, numbers.batch.name, &of_job, err));
    const struct eg_report_look shown = complete_look(look, &of_job);
    const struct eg__report report = {.query = query,
                                      .numbers = &numbers,
                                      .causes = &causes,
                                      .look = &shown,
                                      .values = &values,
                                      .cancel = cancel};
    return write_all(&outs, files, count, &report, NULL, err);
}

/* Keep of a look what another batch's is, too. */
static void keep_common(struct eg_batch_look *look, const struct eg_batch_look *other)
{
    if (look->customer != NULL && (other->customer == NULL || strcmp(look->customer, other->customer) != 0)) {
        free(look->customer);
        look->customer = NULL;
    }
    if (look->target < other->target || look->target > other->target)
        look->target = 0;
    if (look->logo.size != other->logo.size ||
        (look->logo.size > 0 && memcmp(look->logo.data, other->logo.data, look->logo.size) != 0))
        eg_buffer_finish(&look->logo);
}

/* What the jobs of all batches say alike. */
static enum eg_code common_look(struct eg_batch_look *look, struct eg_query *query,
                                const struct eg__trend *trend, struct eg_error *err)
{
    if (trend->batch_count > 0)
        EG_TRY(eg_query_batch_look(query, trend->batches[0].name, look, err));
    for (size_t i = 1; i < trend->batch_count; i++) {
        EG_CLEANUP(eg_batch_look_finish) struct eg_batch_look other = {0};
        EG_TRY(eg_query_batch_look(query, trend->batches[i].name, &other, err));
        keep_common(look, &other);
    }
    return EG_OK;
}

enum eg_code eg_report_write_trend(struct eg_query *query, const struct eg_selection *selection,
                                   enum eg_trend_by by, const struct eg_report_file *files, size_t count,
                                   const struct eg_report_look *look, const struct eg_cancel *cancel,
                                   struct eg_error *err)
{
    EG_CLEANUP(eg_batch_look_finish) struct eg_batch_look of_jobs = {0};
    EG_CLEANUP(eg__trend_finish) struct eg__trend trend = {0};
    EG_CLEANUP(outs_finish) struct outs outs = {0};
    bool ignored;

    for (size_t i = 0; i < count; i++)
        if (files[i].format->write_trend == NULL)
            return eg_error_set(err, EG_BAD_ARGUMENT,
                                "--%s is a report of one batch: give one --batch and no other selection",
                                files[i].format->name);
    EG_TRY(check_formats(files, count, &ignored, err));
    EG_TRY(eg__trend_collect(&trend, query, selection, by, err));
    EG_TRY(common_look(&of_jobs, query, &trend, err));
    const struct eg_report_look shown = complete_look(look, &of_jobs);
    const struct eg__trend_report report = {
        .trend = &trend, .look = &shown, .selection = selection, .cancel = cancel};
    return write_all(&outs, files, count, NULL, &report, err);
}
